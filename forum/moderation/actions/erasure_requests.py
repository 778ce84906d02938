"""Requesting permanent deletion of a post or an account; a second person has to confirm it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.forms.erasures import delete_posts_field
from forum.log_entry_types import LogEntryType
from forum.models import Post, User
from forum.moderation.base import FixedStateAction, Plan, StateAction
from forum.moderation.erasure.requests import PERSON_ASKED, POST_ASKED
from forum.moderation.forms import ModerationForm
from forum.moderation.registry import register
from forum.moderation.targets import MEMBER, POST
from forum.presenters.erasures import extent_of_account, extent_of_post

ASK_ERASURE = LogEntryType(
    "ask-erasure",
    _("requested a permanent deletion"),
    inverse="drop-erasure",
    is_public=False,
)


class ErasePost(FixedStateAction[Post]):
    """Request that a post is deleted permanently."""

    entry = ASK_ERASURE
    kind = POST
    slug = "erase"
    position = 90
    group = _("Permanent deletion")
    is_severe = True
    button = _("Delete permanently")
    question = ngettext_lazy(
        "Delete this post permanently?", "Delete these %(count)d posts permanently?", "count"
    )
    outcome = _("This can’t be undone. Another moderator has to confirm it.")
    done = ngettext_lazy(
        "Requested. Another moderator has to confirm it now.",
        "Requested. Another moderator has to confirm them now.",
        "count",
    )
    is_for_one = True
    state = POST_ASKED
    to = {"posts": True}

    def is_applicable(self, target: Post) -> bool:
        return not target.is_erased and POST_ASKED.read(target) is None

    def describe_extent(self, targets: Sequence[Post]) -> str:
        return extent_of_post(targets[0])

    @property
    def is_reason_public(self) -> bool:
        """Return True: after it is confirmed, everybody can read why a post was deleted."""
        return True


class AnonymiseForm(ModerationForm):
    with_posts = delete_posts_field(_("Their posts"))
    field_order = ["with_posts", "reason", "note", "seen"]


class EraseAccount(StateAction[User]):
    """Request that an account is deleted permanently."""

    entry = ASK_ERASURE
    kind = MEMBER
    slug = "anonymise"
    position = 90
    group = _("Permanent deletion")
    is_severe = True
    button = _("Delete account permanently")
    question = ngettext_lazy(
        "Delete this account permanently?", "Delete these %(count)d accounts permanently?", "count"
    )
    outcome = _("This can’t be undone. Someone else has to confirm it.")
    done = ngettext_lazy(
        "Requested. Someone else has to confirm it now.",
        "Requested. Someone else has to confirm them now.",
        "count",
    )
    form = AnonymiseForm
    is_for_one = True
    state = PERSON_ASKED

    def is_applicable(self, target: User) -> bool:
        return not target.is_erased and PERSON_ASKED.read(target) is None

    def describe_extent(self, targets: Sequence[User]) -> str:
        return extent_of_account(targets[0])

    def plan(self, targets: Sequence[User], *, with_posts: bool = False) -> Plan:
        return self.set_to(targets, {"posts": bool(with_posts)})


ask_to_erase = register(ErasePost())
ask_to_anonymise = register(EraseAccount())
