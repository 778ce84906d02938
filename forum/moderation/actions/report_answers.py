"""Closing the reports on a post; the reporters are notified."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.actions.report_cases import (
    action_that_closed_reports,
    close_reports,
    reopen_reports_closed_by,
)
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, Gone, UserError
from forum.log_entry_types import LogEntryType, register_type
from forum.models import ModerationAction, Post, Report, User
from forum.models.reports import is_reported, was_reported
from forum.models.version_tokens import version_with_reports
from forum.moderation.audit_log import NewEntry, log_effects
from forum.moderation.base import FixedStateAction
from forum.moderation.registry import register, register_state
from forum.moderation.targets import POST, TargetState
from forum.permissions import can_answer_reports, can_see_reporters

# The state of open reports; closed ones have their outcome as state.
OPEN = "open"


def _read_reports(post: Post) -> str:
    reports = Report.objects.filter(post=post)
    latest = reports.order_by(F("closed_at").desc(nulls_first=True), "-id").first()
    return OPEN if latest and latest.is_open else latest.outcome if latest else ""


def _write_reports(values: Sequence[tuple[Post, str]], action: ModerationAction) -> None:
    for post, value in values:
        if value != OPEN:
            close_reports([post.pk], value, action)
        elif answer := action_that_closed_reports(post):
            reopen_reports_closed_by(answer, [post.pk])


def _has_no_such_reports(post: Post, value: str) -> UserError | None:
    if value != OPEN:
        is_open = Report.objects.open().filter(post=post).exists()
        return None if is_open else Conflict(gettext("There are no open reports on this post."))
    if action_that_closed_reports(post) is None:
        return Conflict(gettext("There is no decision to undo."))
    if post.is_erased:
        return Gone(gettext("This post was permanently deleted."))
    if post.is_hidden:
        return Conflict(gettext("The post was hidden because of these reports. Unhide it instead."))
    return None


REPORTS_CLOSED = register_state(
    TargetState(
        POST.kind,
        "reports",
        _read_reports,
        _write_reports,
        can_answer_reports,
        _has_no_such_reports,
    )
)


class _ReportAction(FixedStateAction[Post]):
    kind = POST
    group = _("Reports")
    version = staticmethod(version_with_reports)
    state = REPORTS_CLOSED

    def is_applicable(self, target: Post) -> bool:
        return is_reported(target)


class UpholdReports(_ReportAction):
    """Close all reports on a post as justified."""

    entry = LogEntryType(
        "uphold-reports",
        _("marked reports as handled"),
        inverse="reopen-reports",
        is_public=False,
    )
    slug = "uphold"
    position = 40
    button = _("Mark as handled")
    question = ngettext_lazy(
        "Mark the reports on this post as handled?",
        "Mark the reports on these %(count)d posts as handled?",
        "count",
    )
    outcome = _("The reporters are told that a moderator acted. The post itself stays as it is.")
    to = Report.Outcome.ACTED
    done = ngettext_lazy(
        "Reports marked as handled.", "Reports on %(count)d posts marked as handled.", "count"
    )


class DismissReports(_ReportAction):
    """Close all reports on a post as unfounded; the post stays as it is."""

    entry = LogEntryType(
        "dismiss-reports", _("dismissed reports"), inverse="reopen-reports", is_public=False
    )
    slug = "dismiss"
    position = 41
    queue_key = "d"
    button = _("Dismiss reports")
    question = ngettext_lazy(
        "Dismiss the reports on this post?",
        "Dismiss the reports on these %(count)d posts?",
        "count",
    )
    outcome = _("The post stays as it is. The reporters are told, with your reason.")
    to = Report.Outcome.DISMISSED
    done = ngettext_lazy(
        "Reports dismissed.",
        "Reports on %(count)d posts dismissed.",
        "count",
    )


class ReopenReports(_ReportAction):
    """Withdraw the last decision on the reports on a post."""

    entry = LogEntryType(
        "reopen-reports", _("reopened reports"), inverse="uphold-reports", is_public=False
    )
    slug = "reopen"
    position = 42
    button = _("Reopen reports")
    question = ngettext_lazy(
        "Reopen the reports on this post?",
        "Reopen the reports on these %(count)d posts?",
        "count",
    )
    outcome = _("They return to the review queue, and the earlier decision is withdrawn.")
    to = OPEN
    done = ngettext_lazy(
        "Reports reopened.",
        "Reports on %(count)d posts reopened.",
        "count",
    )
    is_undo = True

    def is_applicable(self, target: Post) -> bool:
        return not target.is_hidden and not target.is_erased and was_reported(target)


uphold_reports = register(UpholdReports())
dismiss_reports = register(DismissReports())
reopen_reports = register(ReopenReports())

SEE_REPORTERS = register_type(
    LogEntryType("see-reporters", _("viewed the reporters of a post"), is_public=False)
)


@retrying_transaction
def see_reporters(post: Post, *, actor: User) -> ModerationAction:
    """Log that a moderator looked at the names of a post's reporters; irreversible."""
    post = Post.objects.select_related("thread__board").get(pk=post.pk)
    can_see_reporters(actor, post).enforce()
    entry = NewEntry(SEE_REPORTERS.name, actor, gettext("Viewed the reporters"))
    return log_effects(entry, [(POST.kind, post.pk, {}, {})])
