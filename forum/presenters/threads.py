"""A page of a thread, from its rows to HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape  # Django's costs three times as much

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.lib.avatars import avatar_colour
from forum.lib.languages import detect_language
from forum.lib.text import excerpt
from forum.lib.tree import branch_sizes, depths
from forum.models import Mention, Post, Quote, Subscription, Thread
from forum.models.mentions import MentionRow
from forum.models.moderation import moderator_in_words
from forum.models.quotes import QuoteRow
from forum.models.read_state import ThreadReadState
from forum.models.threads import POSTS_PER_PAGE
from forum.models.visibility import Reader
from forum.permissions import can_reply, is_moderator_of
from forum.presenters.backlinks import BacklinkSummary, summarise_backlinks
from forum.presenters.branches import (
    MIN_POSTS_TO_FOLD_ALL,
    Folds,
    missing_ancestors_note,
    summarise_replies,
)
from forum.presenters.compiled_templates import (
    POST_TEMPLATE,
    TOMBSTONE_TEMPLATE,
    PostVariant,
    TombstoneVariant,
)
from forum.presenters.drafts import Offers
from forum.presenters.outline import render_page_outline
from forum.presenters.post_html import also_addressed, fill_post_html, has_mentions, has_quotes
from forum.presenters.read_state import PageReadState, unread_suffix
from forum.presenters.report_badge import report_badge
from forum.presenters.search_hits import SearchHits
from forum.presenters.slow_mode import branch_restrictions, describe_moves, thread_restrictions
from forum.presenters.subscriptions import SubscriptionControl
from forum.presenters.times import Clock, date_of, iso
from forum.presenters.tombstones import select_visible_rows
from forum.queries.sort_orders import SORT_ORDERS, SortOrder
from forum.queries.thread_pages import MAX_POSTS_COUNTED, PostRow, PostWindow

# With more posts than this, those off the screen are not laid out.
MIN_POSTS_FOR_LAZY_LAYOUT = 50
PARENT_EXCERPT_CHARACTERS = 60  # characters
NODE_HTML = '<li class="node">'


@dataclass(frozen=True, slots=True)
class OpeningPost:
    """An opening post for `threads/_opening.html`."""

    id: int
    author: str
    hue: str
    initial: str
    text: SafeString
    row: PostRow
    hidden_by: str
    edited_by: str
    mark: str
    is_tracked: bool
    nth: str
    next: str
    backlinks: BacklinkSummary
    lang: str
    reported: SafeString
    hit: SafeString


class ThreadPage:
    """One page of a thread for one reader: the opening post, the tree, and the links onward.

    `also_in_page` are posts that the browser has already, besides those of the window.
    `is_continuation` leaves out the posts above the window, for a reader whose page has them.
    """

    # Set before rendering: of a search in the thread, and what the reader follows or mutes in it.
    hits: SearchHits | None = None
    subscriptions: Sequence[Subscription] = ()

    def __init__(
        self,
        thread: Thread,
        reader: Reader,
        window: PostWindow,
        read_state: ThreadReadState | None = None,
        *,
        folds: Folds | None = None,
        also_in_page: Iterable[int] = (),
        is_continuation: bool = False,
    ) -> None:
        self.thread = thread
        self.reader = reader
        self.is_moderator = is_moderator_of(reader, thread.board)
        self.is_open = bool(can_reply(reader, thread)) or (
            not reader.is_authenticated and not thread.is_locked and not thread.board.is_closed
        )
        self.window = window
        self.opening = next(row for row in window.rows if row.parent_id is None)
        replies = [row for row in window.rows if row is not self.opening]
        self.rows, self.merged = select_visible_rows(replies, window)
        if is_continuation:
            self.rows = [row for row in self.rows if row.id in window.page]
        self.is_continuation = is_continuation
        in_page = {row.id for row in window.rows} | set(also_in_page)
        self.in_page = frozenset(in_page - {self.opening.id} if window.head_id else in_page)
        self.mentions = Mention.objects.on_posts(
            [row.id for row in window.rows if has_mentions(row.html)]
        )
        self.quotes = Quote.objects.on_posts(
            [row.id for row in window.rows if has_quotes(row.html)], reader
        )
        self.read_state = read_state
        self.clock = Clock()
        self.folds = folds or Folds()
        self.offers = Offers(thread)

    @property
    def subscription(self) -> SubscriptionControl | None:
        """Return the buttons to follow or mute the thread, for members."""
        if not self.reader.is_authenticated:
            return None
        around = [each for each in self.subscriptions if not each.branch or each.branch.is_opening]
        nearest = around[0] if around else None
        key = f"p{self.opening.id}"
        own = next((each.choice for each in around if each.target_key == key), "stop")
        return SubscriptionControl(key, "thread", own, nearest)

    @cached_property
    def muted(self) -> frozenset[int]:
        """Return the heads of the branches that the reader muted."""
        return frozenset(
            each.branch_id
            for each in self.subscriptions
            if each.branch_id and each.branch and not each.branch.is_opening
        )

    @cached_property
    def unread(self) -> PageReadState:
        """Return the read state of the rows that are shown."""
        has_opening = not (self.is_continuation or self.window.head_id)
        rows = [self.opening, *self.rows] if has_opening else self.rows
        return PageReadState(self.thread, self.reader, self.window, self.read_state, rows)

    @property
    def added(self) -> str:
        """Return the announcement when this page is added to another."""
        if not self.is_continuation:
            return ""
        count = len(self.rows)
        shown = ngettext("%(count)d more reply shown.", "%(count)d more replies shown.", count)
        return shown % {"count": count}

    @property
    def earlier(self) -> int | None:
        """Return the id of the post before which earlier ones are asked for."""
        return self._edge(first=True) if self.window.has_earlier else None

    @property
    def later(self) -> int | None:
        """Return the id of the post after which later ones are asked for."""
        return self._edge(first=False) if self.window.remaining else None

    def _edge(self, *, first: bool) -> int:
        page = [row.id for row in self.window.rows if row.id in self.window.page]
        return page[0] if first else page[-1]

    @property
    def is_part(self) -> bool:
        """Return whether the thread, or branch, has more than this page shows."""
        return self.window.has_earlier or bool(self.window.remaining)

    @property
    def first(self) -> str:
        return f"p{self._edge(first=True)}"

    @property
    def last(self) -> str:
        return f"p{self._edge(first=False)}"

    @property
    def remaining(self) -> str:
        """Return “Show 23 more replies, 2 unread”, of many “Show 200 of 821 more replies”."""
        count = self.window.remaining
        if count >= MAX_POSTS_COUNTED:
            shown = _("Show more replies")
        elif count > POSTS_PER_PAGE:
            shown = _("Show %(some)d of %(count)d more replies")
        else:
            shown = ngettext("Show %(count)d more reply", "Show %(count)d more replies", count)
        return shown % {"some": POSTS_PER_PAGE, "count": count} + self.unread.after

    @property
    def takes_replies(self) -> bool:
        """Return whether replying to the opening post can be offered."""
        return self.is_open and self.opening.deleted_at is None and self.opening.hidden_at is None

    @property
    def restrictions(self) -> list[str]:
        """Return the notes at the head of a thread that is locked or in slow mode."""
        return thread_restrictions(self.thread, self.clock)

    @property
    def moves(self) -> list[tuple[int, SafeString]]:
        """Return the notes at the head of a thread about branches that were moved."""
        return describe_moves(self.thread, self.reader)

    @property
    def order(self) -> SortOrder:
        return self.window.order

    @property
    def orders(self) -> list[tuple[SortOrder, object]]:
        """Return the sort orders to choose from; none where they make no difference."""
        return list(SORT_ORDERS.items()) if self.thread.reply_count > 1 else []

    @property
    def in_order(self) -> str:
        """Return the start of a query string that keeps order and search on other pages."""
        find = self.hits.param if self.hits else ""
        as_of = f"asof={self.window.as_of}&" if self.window.as_of is not None else ""
        return find if self.order == "tree" else f"{find}order={self.order}&{as_of}"

    @property
    def can_fold(self) -> bool:
        """Return whether folding all branches is offered."""
        return self.order != "time" and len(self.rows) > MIN_POSTS_TO_FOLD_ALL

    @property
    def outline(self) -> SafeString:
        """Return the outline of the posts on the page."""
        rows = [self.opening, *self.rows]
        new = frozenset(row.id for row in rows if self.unread.is_unread(row))
        return render_page_outline(rows, self.thread.title, new)

    @property
    def is_large(self) -> bool:
        return len(self.rows) > MIN_POSTS_FOR_LAZY_LAYOUT

    def opening_post(self) -> OpeningPost:
        """Return the opening post, whose template also shows the thread's title."""
        row = self.opening
        text = mark_safe(self._text(row))  # noqa: S308 (cleaned when rendered)
        return OpeningPost(
            id=row.id,
            author=row.author,
            hue=avatar_colour(row.author),
            initial=row.author[0],
            text=text,
            row=row,
            hidden_by=self.moderator(row.hidden_by),
            edited_by=self.moderator(row.edited_by),
            mark=self.unread.mark(row),
            is_tracked=self.unread.is_tracked(row),
            nth=self.unread.nth(row),
            next=self.unread.address_after(row),
            backlinks=self._backlinks(row),
            lang=detect_language(row.excerpt),
            reported=report_badge(row),
            hit=self._hit(row),
        )

    def tree(self) -> SafeString:
        """Return the replies as nested lists, `li > article + ol`."""
        is_flat = self.order == "time"
        levels = (
            [0] * len(self.rows)
            if is_flat
            else depths([(row.id, row.parent_id) for row in self.rows])
        )
        sizes = branch_sizes(levels)
        unread = self.unread.below(self.rows, sizes)
        answers = Counter(row.parent_id for row in self.rows)
        html: list[str] = []
        closing: list[str] = []  # of the posts that are open, the innermost last
        above = None if self.window.head_id else self.opening.id
        begun = {*self.in_page, self.opening.id, self.window.path[-1].id if self.window.path else 0}
        for place, row in enumerate(self.rows):
            while len(closing) > levels[place]:
                html.append(closing.pop())
            if not (is_flat or levels[place] or row.parent_id in begun):
                html.append(missing_ancestors_note(row))
            is_loose = not (is_flat or levels[place] or row.parent_id == self.opening.id)
            html.append(
                f'<li class="node" data-parent="{row.parent_id}">' if is_loose else NODE_HTML
            )
            html.append(self.post(row, above, replies=sizes[place], new=unread[place]))
            html.append(self.offers.at(row.id))
            above = row.id
            if not sizes[place]:
                closing.append("</li>")
                continue
            kind = "fork" if answers[row.id] > 1 else "chain"
            is_muted = row.id in self.muted
            folds = kind == "fork" or levels[place] == 0 or row.id == self.folds.only or is_muted
            if folds:
                below = self.rows[place + 1 : place + 1 + sizes[place]]
                summary = summarise_replies(below) + unread_suffix(unread[place])
                summary += self.hits.suffix(below) if self.hits else ""
                summary += _(", muted") if is_muted else ""
                state = "" if self.folds.closes(row.id, is_muted=is_muted) else " open"
                html.append(f'<details class="branch"{state}><summary>{summary}</summary>')
            html.append(f'<ol class="replies {kind}" role="list">')
            closing.append("</ol></details></li>" if folds else "</ol></li>")
        html.extend(reversed(closing))
        return mark_safe("".join(html))  # noqa: S308 (escaped in the templates)

    def post(
        self,
        row: PostRow,
        above: int | None,
        *,
        replies: int = 0,
        new: int = 0,
        is_focused: bool = False,
    ) -> str:
        """Return one reply or its tombstone; `above` is the post shown before it."""
        if not row.is_readable:
            return self._tombstone(row, replies, new)
        also = self._also(row)
        restrictions = branch_restrictions(row, self.clock)
        citing = self._backlinks(row)
        variant = PostVariant(
            to=self._to(row, above),
            has_also=bool(also),
            is_edited=row.edited_at is not None,
            is_starter=row.author_id == self.thread.author_id,
            is_yours=row.author_id == self.reader.pk,
            mark=self.unread.mark(row),
            is_tracked=self.unread.is_tracked(row),
            is_hidden=row.hidden_at is not None,
            is_nested=row.level > 1,
            is_open=self.is_open and (self.is_moderator or not row.is_closed),
            has_restrictions=bool(restrictions),
            is_edited_for=row.edited_action_id is not None,
            is_focused=is_focused,
            is_answered=bool(citing.answered),
            is_quoted=bool(citing.quoted),
            is_hit=self.hits is not None and row.id in self.hits,
            is_ignored=row.is_ignored,
            is_parent_ignored=row.parent is not None and row.parent.is_ignored,
            is_bookmarked=row.is_bookmarked,
            is_muted=row.id in self.muted,
            lang=detect_language(row.excerpt),
        )
        return POST_TEMPLATE.fill(
            variant,
            {
                "id": str(row.id),
                "author": row.author,
                "hue": avatar_colour(row.author),
                "initial": row.author[0],
                "iso": iso(row.created_at),
                "time": self.clock.moment(row.created_at),
                "edited": self.clock.tag(row.edited_at) if row.edited_at else "",
                "level": str(row.level),
                "number": str(row.latest_number),
                "seen": str(row.seen_revision),
                "nth": self.unread.nth(row),
                "next": self.unread.address_after(row),
                "parent_id": str(row.parent_id),
                "parent": row.parent.author if row.parent else "",
                "parent_words": _first_words(row.parent) if variant.says_words else "",
                "also": ", ".join(
                    f'<a href="/u/{name}/"><bdi>{name}</bdi></a>' for name in also or ()
                ),
                "hidden_by": self.moderator(row.hidden_by),
                "edited_by": self.moderator(row.edited_by),
                "reason": escape(row.hidden_reason) if row.hidden_reason else "",
                "entry": str(row.hidden_action_id),
                "edit_entry": str(row.edited_action_id),
                "restrictions": escape(" ".join(restrictions)) if restrictions else "",
                "answered": citing.answered,
                "quoted": citing.quoted,
                "reported": report_badge(row),
                "hit": self._hit(row),
                "text": self._text(row, folds=also is not None),
            },
        )

    @cached_property
    def places(self) -> dict[int, int]:
        """Return the position of each post of the page, from the top."""
        drawn = enumerate([self.opening, *self.rows])
        return {row.id: place for place, row in drawn if row.id in self.in_page}

    def _backlinks(self, row: PostRow) -> BacklinkSummary:
        return summarise_backlinks(row, self.thread.pk, self.places)

    def _to(self, row: PostRow, above: int | None) -> str:
        if row.parent is None or not row.parent.is_readable:
            return "gone"
        if row.parent_id == self.opening.id and self.opening.id in self.in_page:
            return "opening"
        if row.parent_id == above:
            return "near"
        return "far" if row.parent_id in self.in_page else "away"

    def moderator(self, name: str | None) -> SafeString:
        """Return who moderated here, as members read it; empty for nobody."""
        if not name:
            return SafeString()
        words = moderator_in_words(name, self.thread.board.name)
        return mark_safe(escape(words))  # noqa: S308 (escaped)

    def _also(self, row: PostRow) -> list[str] | None:
        mentions = self.mentions.get(row.id)
        if not mentions or row.parent is None:
            return None
        return also_addressed(row.html, mentions, row.parent.author_id)

    def _text(self, row: PostRow, *, folds: bool = False) -> str:
        mentions: list[MentionRow] = self.mentions.get(row.id, [])
        quotes: dict[int, QuoteRow] = self.quotes.get(row.id, {})
        html = fill_post_html(
            row.html,
            mentions=mentions,
            quotes=quotes,
            thread_id=self.thread.pk,
            in_page=self.in_page,
            folds=folds,
            is_opening=row.parent_id is None,
        )
        return self.hits.mark_words(row.id, html) if self.hits else html

    def _hit(self, row: PostRow) -> SafeString:
        return self.hits.links_at(row.id) if self.hits else SafeString()

    def _tombstone(self, row: PostRow, replies: int, new: int) -> str:
        is_hidden, is_erased = row.deleted_at is None, row.erased_action_id is not None
        count = self.merged.get(row.id, 1)
        removed_at = row.deleted_at or row.hidden_at or row.created_at
        return TOMBSTONE_TEMPLATE.fill(
            TombstoneVariant(is_hidden, is_erased, count > 1, bool(replies), bool(new)),
            {
                "id": str(row.id),
                "level": str(row.level),
                "date": date_of(removed_at),
                "hidden_by": self.moderator(row.hidden_by),
                "reason": escape(row.hidden_reason or ""),
                "entry": str(row.erased_action_id or row.hidden_action_id),
                "count": ngettext("%(count)d post", "%(count)d posts", count) % {"count": count},
                "replies": ngettext("%(count)d reply below", "%(count)d replies below", replies)
                % {"count": replies},
                "new": unread_suffix(new),
            },
        )


def _first_words(row: PostRow | None) -> str:
    return escape(excerpt(row.excerpt, PARENT_EXCERPT_CHARACTERS)) if row else ""


def render_post_text(post: Post, reader: Reader, *, is_official: bool = False) -> SafeString:
    """Return the text of one post on a page of its own; empty when `reader` may not read it.

    Where moderators decide about it, `is_official`, no quote of somebody they ignore is folded.
    """
    quotes = Quote.objects.on_posts([post.pk], reader).get(post.pk, {})
    if is_official:
        quotes = {ordinal: replace(quote, is_ignored=False) for ordinal, quote in quotes.items()}
    html = fill_post_html(
        post.shown_html,
        mentions=Mention.objects.on_posts([post.pk]).get(post.pk, []),
        quotes=quotes,
        thread_id=post.thread_id,
        is_opening=post.is_opening,
    )
    return mark_safe(html)  # noqa: S308 (cleaned when rendered)
