"""Reports as moderators read them, and the badge under a reported post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import Report
from forum.queries.thread_pages import PostRow


def report_badge(row: PostRow) -> SafeString:
    """Render the number and reasons of open reports, with links; empty if there are none."""
    if not row.reports:
        return SafeString()
    count = len(row.reports)
    said = ngettext("%(count)d report", "%(count)d reports", count) % {"count": count}
    context = {"post": row, "said": said, "reasons": describe_reasons(row.reports)}
    return render_to_string("posts/_report_badge.html", context)


def describe_reasons(reasons: Iterable[str]) -> str:
    """Return “Spam × 3, Off topic”, the most frequent first."""
    said = dict(Report.Reason.choices)
    return ", ".join(
        _("%(reason)s × %(count)d") % {"reason": said[reason], "count": count}
        if count > 1
        else str(said[reason])
        for reason, count in Counter(reasons).most_common()
    )
