"""What moderators did that concerns a member, as entries of the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import ModerationNotice, Thread
from forum.models.acts import Act
from forum.models.posts import post_path

Cause = ModerationNotice.Cause
# What they decided on a post that waited.
HELD = {Act.APPROVE_HELD, Act.REJECT_HELD, Act.RETRACT_APPROVAL, Act.RETRACT_REJECTION}


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: what was done, why, and where that is to be seen."""

    notice: ModerationNotice
    saying: str
    address: str
    reason: str
    place: Thread | None = None  # where it was done
    changes: str = ""  # where to see what was edited
    appeal: str = ""  # where to appeal against it

    template = "inbox/_told.html"

    @property
    def id(self) -> str:
        return f"m{self.notice.pk}"


def told(notices: Iterable[ModerationNotice]) -> list[Told]:
    """These notices, asked for `with_context`, in words."""
    return [_told(each) for each in notices]


def _told(notice: ModerationNotice) -> Told:
    if notice.cause == Cause.CASE:
        return _of_case(notice)
    return _of_report(notice) if notice.report else _of_act(notice)


def _of_case(notice: ModerationNotice) -> Told:
    """Somebody gave this moderator a case; the reason is what they had to say with it."""
    assert notice.action
    saying = _("%(name)s gave you a case to decide on.") % {"name": notice.action.actor.username}
    if notice.post:
        address = reverse("admin:forum_case_change", args=[notice.post.case.pk])
    else:  # of a post that waits
        address = f"{reverse('admin:index')}?by=me"
    return Told(notice, saying, address, notice.action.reason)


def _of_report(notice: ModerationNotice) -> Told:
    assert notice.report
    outcome = notice.report.get_outcome_display()
    saying = _("Your report was answered: %(outcome)s.") % {"outcome": outcome}
    reason = notice.action.reason if notice.action else ""
    return Told(notice, saying, post_path(notice.report.post_id), reason)


def _of_act(notice: ModerationNotice) -> Told:
    action = notice.action
    assert action
    address = action.get_absolute_url()
    if notice.cause == Cause.APPEAL:
        is_declined = action.act == Act.DECLINE_APPEAL
        saying = _("Your appeal was declined.") if is_declined else _("Your appeal was upheld.")
        return Told(notice, saying, address, action.reason)
    if action.act in HELD:
        address = reverse("held")
    if action.act == Act.APPROVE_HELD and notice.post_id:
        address = post_path(notice.post_id)
    saying = _("A moderator %(did)s.") % {"did": action.get_act_display()}
    is_edit = action.act in (Act.EDIT_POST, Act.REVERT_EDIT) and notice.post_id
    return Told(
        notice,
        saying,
        address,
        action.reason,
        place=action.thread,
        changes=reverse("post-history", args=[notice.post_id]) if is_edit else "",
        appeal=reverse("log-appeal", args=[action.pk]) if action.rule.may_be_appealed else "",
    )
