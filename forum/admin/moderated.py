"""Read-only lists of the admin, with moderation actions on their rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from forum.admin.site import ForModerators, ModeratorModelAdmin, moderator
from forum.models import Case, ModerationAction, User
from forum.models.roles import prefetch_roles
from forum.moderation.base import MAX_SELECTED, Action
from forum.moderation.offers import bulk_actions, links_on, page_of_several
from forum.moderation.targets import TargetKind

# The number of log entries on a page.
LATEST = 20

BulkAction = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


def bulk_action(action: Action[Any], path: str = "pk") -> BulkAction:
    """Return Django's form of an action, which leads to the page that asks for a reason.

    `path` leads from the listed model to the id of a target; rows without one are left out.
    """

    def run(_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        suitable = chosen.exclude(**{path: None})
        ids: list[int] = list(suitable.values_list(path, flat=True)[: MAX_SELECTED + 1])
        if not ids:
            messages.error(request, _("None of the selected rows allow this."))
            return None
        if len(ids) > MAX_SELECTED:
            few = _("Too many selected: choose at most %(max)d.")
            messages.error(request, few % {"max": MAX_SELECTED})
            return None
        if error := _error_for_all(action, ids, moderator(request)):
            messages.error(request, error)
            return None
        if left_out := chosen.count() - len(ids):
            words = ngettext(
                "%(count)d selected row was left out: this action doesn’t apply to it.",
                "%(count)d selected rows were left out: this action doesn’t apply to them.",
                left_out,
            )
            messages.warning(request, words % {"count": left_out})
        return redirect(page_of_several(action, ids, request.get_full_path()))

    return run


def _error_for_all(action: Action[Any], ids: list[int], actor: User) -> str:
    """Return why none of these targets can be acted on; empty if one can."""
    targets = list(action.kind.visible_to(actor).filter(pk__in=ids))
    prefetch_roles(target if isinstance(target, User) else target.author for target in targets)
    permissions = [action.permission(actor, target) for target in targets]
    return "" if any(permissions) else str(permissions[0].error)


class ModeratedAdmin(ForModerators, ModeratorModelAdmin):
    """A list whose rows are targets of one kind; `place` is the text of the link to the site."""

    kind: TargetKind
    place: Any
    has_cases = False
    change_form_template = "admin/forum/record.html"

    @property
    def log_kind(self) -> str:  # type: ignore[override]
        return self.kind.kind

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            action.slug: (bulk_action(action), action.slug, action.button)
            for action in bulk_actions(self.kind)
        }

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        target = kwargs["obj"]
        if target is None:  # one that is added
            return super().render_change_form(request, context, *args, **kwargs)
        context["offers"] = links_on(target, moderator(request), request.get_full_path())
        context["tools"] = self.links_to(target)
        return super().render_change_form(request, context, *args, **kwargs)

    def links_to(self, target: Any) -> list[tuple[str, Any]]:
        """Return links to other pages about it: on the site, in the log, and its case."""
        case = (
            Case.objects.filter(**{self.kind.kind: target.pk}).first() if self.has_cases else None
        )
        history = reverse(f"admin:forum_{self.opts.model_name}_history", args=[target.pk])
        pages = [(target.get_absolute_url(), self.place), (history, _("History"))]
        if case is None:
            return pages
        return [*pages, (reverse("admin:forum_case_change", args=[case.pk]), _("Open case"))]

    @admin.display(description=_lazy("moderation log"))
    def log(self, target: Model) -> SafeString | str:
        """Return the latest entries of the moderation log about this."""
        entries = ModerationAction.objects.about(self.kind.kind, target.pk).select_related("actor")
        entries = entries.without_deleted_notes()
        return format_html_join(
            "",
            '<p><a href="{}">{}</a>: {}</p>',
            (
                (
                    reverse("admin:forum_moderationaction_change", args=[entry.pk]),
                    entry,
                    entry.reason,
                )
                for entry in entries[:LATEST]
            ),
        ) or _("Nothing yet.")
