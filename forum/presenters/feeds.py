"""Feeds of posts, from rows to Atom entries: as visitors see them, with absolute addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.lib.atom import DeletedEntry, Entry, Feed, InReplyTo, Replies
from forum.models import Mention, Post, Quote
from forum.models.posts import post_path
from forum.models.visibility import Reader
from forum.presenters.post_html import fill_post_html
from forum.queries.feeds import FeedPage

FEED = "feed.atom"
EMPTY_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
# Part of the ids of entries and feeds, which never change (RFC 4151).
TAG_DATE = "2026"
# An address within the site, or within the page; text of members never has an unescaped "<a".
_RELATIVE = re.compile(r'(<a\b[^>]*? href=")(?=[/#])(#?)')


def absolute(path: str) -> str:
    """Return the address of a path with the name of the site."""
    return f"{settings.SITE_URL}{path}"


def tag_uri(path: str) -> str:
    """Return an id for a feed or an entry that stays the same when titles and addresses change."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{TAG_DATE}:{path}"


def post_tag(post_id: int) -> str:
    """Return the id of a post in all feeds; it survives a move into another thread."""
    return tag_uri(f"/p/{post_id}")


def absolute_links(html: str, page: str) -> str:
    """Return `html` with whole addresses; those within the page lead to `page`."""
    return _RELATIVE.sub(
        lambda match: match[1] + (f"{page}#" if match[2] else settings.SITE_URL), html
    )


@dataclass(frozen=True, slots=True)
class FeedSubject:
    """The subject of a feed: its title, the path of its page, and the id that it keeps."""

    title: str
    path: str  # of the page; the feed's is the same with `FEED`
    tag: str
    query: str = ""  # of a search


class PostFeed:
    """A page of a feed for one reader. `moved_out` are posts that are elsewhere now.

    `feed_path` is the path of the feed where it isn't that of its page with `FEED`.
    """

    def __init__(
        self,
        subject: FeedSubject,
        page: FeedPage,
        reader: Reader,
        *,
        before: int | None = None,
        moved_out: Iterable[Post] = (),
        feed_path: str = "",
    ) -> None:
        self.subject = subject
        self.page = page
        self.before = before
        self.moved_out = moved_out
        self.feed_path = feed_path or f"{subject.path}{FEED}{subject.query}"
        ids = [post.pk for post in page.posts if post.is_readable]
        self.mentions = Mention.objects.on_posts(ids)
        self.quotes = Quote.objects.on_posts(ids, reader)

    def to_atom(self) -> Feed:
        """Return the feed with its entries and with the ids of those to drop."""
        deleted = [(post.pk, removed_at(post)) for post in self.page.posts if not post.is_readable]
        deleted += [(post.pk, timezone.now()) for post in self.moved_out]
        entries = [self.entry(post) for post in self.page.posts if post.is_readable]
        times = [entry.updated for entry in entries] + [when for _post, when in deleted]
        return Feed(
            id=tag_uri(self.subject.tag),
            title=f"{self.subject.title} · {settings.SITE_NAME}",
            link=absolute(self.subject.path + self.subject.query),
            address=self._address(self.before),
            updated=max(times, default=EMPTY_SINCE),
            current=self._address(None),
            entries=entries,
            deleted=[DeletedEntry(post_tag(pk), when) for pk, when in deleted],
            older=self._address(self.page.posts[-1].pk) if self.page.has_older else None,
        )

    def _address(self, before: int | None) -> str:
        address = absolute(self.feed_path)
        if before is None:
            return address
        return f"{address}{'&' if self.subject.query else '?'}before=p{before}"

    def entry(self, post: Post) -> Entry:
        """Return a readable post as an entry."""
        page = absolute(post_path(post.pk))
        html = fill_post_html(
            post.shown_html,
            mentions=self.mentions.get(post.pk, []),
            quotes=self.quotes.get(post.pk, {}),
            thread_id=post.thread_id,
            is_opening=post.is_opening,
        )
        names = {"name": post.author.username, "title": post.thread.title}
        return Entry(
            id=post_tag(post.pk),
            link=page,
            title=_("%(name)s on %(title)s") % names,
            content=absolute_links(html, page),
            author=post.author.username,
            author_link=None if post.author.is_erased else absolute(post.author.get_absolute_url()),
            published=post.created_at,
            updated=post.edited_at or post.created_at,
            in_reply_to=self._in_reply_to(post),
            replies=self._replies(post),
        )

    def _in_reply_to(self, post: Post) -> InReplyTo | None:
        if post.parent_id is None:
            return None
        return InReplyTo(
            ref=post_tag(post.parent_id),
            href=absolute(post_path(post.parent_id)),
            source=absolute(post.thread.get_absolute_url() + FEED),
        )

    def _replies(self, post: Post) -> Replies:
        found = post.replies or {}  # type: ignore[attr-defined]
        latest = found.get("latest")
        page = post.thread.get_absolute_url()
        return Replies(
            href=absolute((f"{post_path(post.pk)}branch/" if post.parent_id else page) + FEED),
            count=found.get("count", 0),
            updated=datetime.fromisoformat(latest) if latest else None,
        )


def removed_at(post: Post) -> datetime:
    """Return since when a post is unreadable."""
    return post.deleted_at or post.hidden_at or post.thread.removed_at or post.created_at
