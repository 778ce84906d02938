"""Deciding on posts that wait."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions.premoderation import approve_held, reject_held
from forum.forms.deed import Deed
from forum.models import HeldPost
from forum.permissions import can_decide_on

State = HeldPost.State

APPROVE = Deed(
    "approve",
    approve_held,
    can_decide_on,
    lambda held: held.state in (State.WAITING, State.REJECTED),
    _("Approve"),
    ngettext_lazy("Approve this post?", "Approve these %(count)d posts?", "count"),
    _("It is published now, as its author wrote it, and those whom it answers or names are told."),
    ngettext_lazy("The post is published.", "%(count)d posts are published.", "count"),
)
REJECT = Deed(
    "reject",
    reject_held,
    can_decide_on,
    lambda held: held.state == State.WAITING,
    _("Reject"),
    ngettext_lazy("Reject this post?", "Reject these %(count)d posts?", "count"),
    _("Nobody else sees it. Its author is told the reason, keeps the text, and may revise it."),
    ngettext_lazy("The post is rejected.", "%(count)d posts are rejected.", "count"),
)
