"""One thing that moderators do, as the page and the desk offer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import ngettext

from forum.actions.acts import Outcome, Several, Single
from forum.forms.moderation import ModerationForm
from forum.models import ModerationEffect
from forum.models.threads import Reader
from forum.models.version_tokens import stamp_of
from forum.permissions import PermissionResult


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that moderators do to posts, threads or members, and how to speak of it.

    `may` is the rule of who; `applies` tells whether there is anything to do. `question` and
    `done` take `count`.
    """

    name: str
    run: Several[Any, Any] | Single
    may: Callable[[Reader, Any], PermissionResult]
    applies: Callable[[Any], bool]
    button: Any
    question: Any
    outcome: Any
    done: Any
    form: type[ModerationForm] = ModerationForm
    # What stands in the form at first, besides.
    initial: Callable[[Any], dict[str, Any]] = lambda _target: {}
    stamp: Callable[[Sequence[Any]], str] = stamp_of
    # About the whole branch of a post.
    takes_branch: bool = False
    is_for_one: bool = False
    # What exactly goes with it, in words, when that is more than what it is done to.
    extent: Callable[[Any], str] | None = None
    # The posts that go with it, for a preview of how many they are.
    counts: Callable[[Sequence[Any], Any, Any], list[int]] | None = None

    @property
    def has_preview(self) -> bool:
        """Return whether its form can be sent for a count of the posts that go with it.

        Templates ask this: they would call `counts` itself, and take the failure for "no".
        """
        return self.counts is not None

    def asked(self, sent: Any, initial: dict[str, Any]) -> ModerationForm:
        """The form that asks why, as it was sent, or as it stands at first."""
        return self.form(sent, initial=initial, deed=self.name)


def said_of(deed: Deed, outcome: Outcome) -> str:
    """Say what was done, with the number of posts that were hidden with it."""
    said = str(deed.done % {"count": len(outcome.done) or 1})  # nothing: this form was sent before
    if deed.counts is None or outcome.action is None:
        return said
    hidden = outcome.action.effects.filter(kind=ModerationEffect.Kind.POST).count()
    if not hidden:
        return said
    also = ngettext(
        "%(count)d post was hidden with it.", "%(count)d posts were hidden with it.", hidden
    )
    return f"{said} {also % {'count': hidden}}"


def counted_with(deed: Deed, targets: Sequence[Any], form: ModerationForm) -> str:
    """How many posts go with it, if that is what the form was sent for; else empty."""
    if deed.counts is None or form.data.get("do") != "count" or not form.is_valid():
        return ""
    ids = deed.counts(targets, form.cleaned_data["since"], form.cleaned_data["board"])
    return ngettext("%(count)d post", "%(count)d posts", len(ids)) % {"count": len(ids)}
