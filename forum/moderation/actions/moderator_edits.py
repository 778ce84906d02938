"""Editing another member's post, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from forum.actions.posts import PreparedPost, rendered_post, revise
from forum.actions.quote_sources import find_sources
from forum.actions.read_state import mark_own_post_read
from forum.lib.text import clean_source
from forum.log_entry_types import LogEntryType, register_type
from forum.markup.rendered_post import MAX_SOURCE, Rendered, render
from forum.models import ModerationAction, Post, Quote, Revision
from forum.models.accounts import known_names
from forum.models.visibility import Reader
from forum.moderation.audit_log import NewEntry
from forum.moderation.base import Action, Plan
from forum.moderation.forms import ModerationForm, TextField
from forum.moderation.registry import register, register_state
from forum.moderation.targets import POST, TargetState, lock_posts
from forum.permissions import PermissionResult, can_edit_as_moderator, can_hide
from forum.presenters.editable_source import masked_for, unmasked


class NewText(NamedTuple):
    """A text that has no revision yet; `withdraws` blanks what it leaves out in quotes."""

    source: str
    rendered: Rendered
    withdraws: bool


def _write_text(values: Sequence[tuple[Post, int | NewText]], action: ModerationAction) -> None:
    """Give posts a new text, or the text of an earlier revision, as a new revision."""
    for post, value in values:
        if isinstance(value, NewText):
            text = value
        else:
            source = Revision.objects.get(pk=value, post=post).source
            text = NewText(source, render(source, known_names), withdraws=False)
        quotes = find_sources(text.rendered, reader=post.author, parent=post.parent, exclude=post)
        prepared = PreparedPost(text.source, text.rendered, quotes)
        revise(post, prepared, editor=action.actor, withdraws=text.withdraws)
        post.edited_action = action
        post.save(update_fields=["edited_action"])


# The log keeps the revisions before and after.
TEXT = register_state(
    TargetState(
        kind=POST.kind,
        key="revision",
        read=lambda post: post.latest_revision().pk,
        write=_write_text,
        permission=can_hide,
    )
)

REVERT_EDIT = register_type(
    LogEntryType(
        "revert-edit",
        _("undid an edit"),
        inverse="edit-post",
        notifies=True,
        notification=_("The edit of your post was undone."),
        topic="edits",
    )
)


class EditForm(ModerationForm):
    source = TextField(
        label=_("Text"),
        strip=False,
        widget=forms.Textarea({"rows": 10}),
        max_length=MAX_SOURCE,
        help_text=_("Markdown. Everyone can see that a moderator edited it, when and why."),
    )
    blank_quotes = forms.BooleanField(
        label=_("Also blank the removed words in quotes"),
        required=False,
        initial=True,
        help_text=_(
            "Where others quoted words that this edit removes, readers see a note instead. "
            "Otherwise those quotes stay readable."
        ),
    )
    field_order = ["source", "blank_quotes", "reason", "note", "seen"]


class EditPost(Action[Post]):
    """Change the text of one post; everybody can see that a moderator did."""

    entry = LogEntryType(
        "edit-post",
        _("edited a post"),
        inverse="revert-edit",
        notifies=True,
        notification=_("Your post was edited by a moderator."),
        can_be_appealed=True,
        topic="edits",
    )
    kind = POST
    slug = "edit-for"
    position = 14
    button = _("Edit as moderator")
    question = ngettext_lazy("Edit this post?", "Edit these %(count)d posts?", "count")
    outcome = _(
        "Readers see that a moderator edited it. The author is told what was changed, and why."
    )
    done = ngettext_lazy("Post edited.", "%(count)d posts edited.", "count")
    form = EditForm
    is_for_one = True

    def permission(self, actor: Reader, target: Post) -> PermissionResult:
        return can_edit_as_moderator(actor, target)

    def is_applicable(self, target: Post) -> bool:
        return not target.is_deleted

    def initial(self, target: Post, reader: Reader) -> dict[str, Any]:
        return {"source": masked_for(reader, target.shown_source, target.pk)}

    def describe_extent(self, targets: Sequence[Post]) -> str:
        quoting = Quote.objects.filter(source_post__in=targets).values("post").distinct().count()
        extent = super().describe_extent(targets)
        if not quoting:
            return extent
        words = ngettext("quoted in %(count)d post", "quoted in %(count)d posts", quoting)
        return f"{extent}, {words % {'count': quoting}}"

    def plan(self, targets: Sequence[Post], *, source: str, blank_quotes: bool = True) -> Plan:
        source = unmasked(clean_source(source), targets[0])
        text = NewText(source, rendered_post(source), blank_quotes)
        return Plan(
            lock_posts([post.pk for post in targets]),
            is_done=lambda post: post.latest_revision().source == text.source,
            changes=lambda post: [(TEXT, post, text)],
            state=TEXT,
        )

    def carry_out(self, plan: Plan, chosen: Sequence[Post], entry: NewEntry) -> ModerationAction:
        action = super().carry_out(plan, chosen, entry)
        for post in chosen:
            mark_own_post_read(post, member=entry.actor)
        return action


edit_with_reason = register(EditPost())
