"""Deeds on what was selected in a list, or stands on a page: first a page that asks why."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from forum.actions.acts import Outcome
from forum.admin import search as admin_search
from forum.admin.site import ForModerators, ModeratorModelAdmin, moderator
from forum.errors import Conflict, Invalid, NotAllowed
from forum.forms.deed import Deed, counted_with, said_of
from forum.models import ModerationAction
from forum.presenters.log import with_undo

# What one person can still look over on the page that asks.
MOST = 100
# How much of the log a page shows of its own.
LATEST = 20


def address_of(
    model: str | None, deed: Deed, ids: Sequence[int], *, from_queue: bool = False
) -> str:
    """The page that asks before a deed on these, and then leads back to where one came from."""
    query = {"id": ids} | ({"then": "queue"} if from_queue else {})
    return f"{reverse(f'admin:forum_{model}_{deed.name}')}?{urlencode(query, doseq=True)}"


class DeedAdmin(ForModerators, ModeratorModelAdmin):
    """Lists and pages that are only looked at, with the deeds of moderators.

    Subclasses say which, what `kind` of target the log calls theirs, and how a link to the `place`
    where the public sees it reads.
    """

    deeds: Sequence[Deed]
    kind: str
    place: Any
    change_form_template = "admin/forum/record.html"

    def summary(self, targets: Sequence[Any]) -> str:
        """How much a deed on these concerns, and how many people."""
        raise NotImplementedError

    # -- From the list, and from the page ---------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            deed.name: (self._opener(deed), deed.name, deed.button)
            for deed in self.deeds
            if not deed.is_for_one
        }

    def _opener(self, deed: Deed) -> Callable[..., HttpResponse | None]:
        def open_deed(
            _admin: DeedAdmin, request: HttpRequest, chosen: QuerySet[Any]
        ) -> HttpResponse | None:
            ids = list(chosen.values_list("pk", flat=True)[: MOST + 1])
            if len(ids) > MOST:
                few = _("That are too many at once: choose at most %(most)d.") % {"most": MOST}
                messages.error(request, few)
                return None
            return redirect(self._address(deed, ids))

        return open_deed

    def _address(self, deed: Deed, ids: Sequence[int]) -> str:
        return address_of(self.opts.model_name, deed, ids)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        target = kwargs["obj"]
        context["tools"] = [
            *(
                (self._address(deed, [target.pk]), deed.button)
                for deed in self.deeds
                if deed.applies(target)
            ),
            (target.get_absolute_url(), self.place),
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_lazy("moderation log"))
    def log(self, target: Model) -> SafeString | str:
        """The latest entries of the moderation log about this."""
        entries = ModerationAction.objects.about(self.kind, target.pk).select_related("actor")
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

    # -- The page that asks, and does it ---------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                f"{deed.name}/",
                self.admin_site.admin_view(self.carry_out),
                {"deed": deed},
                name=f"{self.opts.app_label}_{self.opts.model_name}_{deed.name}",
            )
            for deed in self.deeds
        ] + super().get_urls()

    def carry_out(self, request: HttpRequest, deed: Deed) -> HttpResponse:
        """Ask why, showing what is concerned; then do it, and say what was done."""
        if not self.has_view_permission(request):
            raise NotAllowed
        targets = self._targets(request, deed)
        stamp = deed.stamp(targets)
        sent = request.POST if request.method == "POST" else None
        initial = deed.initial(targets[0]) if deed.is_for_one else {}
        form = deed.asked(sent, initial | {"seen": stamp})
        counted = counted_with(deed, targets, form)
        status = 422 if form.is_bound and not counted else 200
        if not counted and form.is_valid():
            try:
                outcome = deed.run.together(targets, actor=moderator(request), **form.cleaned_data)
            except (Invalid, Conflict) as error:
                form.add_error(None, str(error))
                form.look_again(stamp)
                status = error.status
            else:
                self._tell(request, deed, outcome)
                return redirect(self._after(request))
        concerned = [target for target in targets if deed.applies(target)]
        context = self.admin_site.each_context(request) | {
            "title": deed.question % {"count": len(concerned) or len(targets)},
            "opts": self.opts,
            "deed": deed,
            "form": form,
            "counted": counted,
            "summary": self._summary(deed, targets, concerned),
            "concerned": concerned,
            "others": [target for target in targets if not deed.applies(target)],
        }
        return TemplateResponse(request, "admin/forum/deed.html", context, status=status)

    def _summary(self, deed: Deed, targets: list[Any], concerned: list[Any]) -> str:
        if deed.extent and concerned:
            return deed.extent(concerned[0])
        return admin_search.branches(targets) if deed.takes_branch else self.summary(concerned)

    def _targets(self, request: HttpRequest, deed: Deed) -> list[Any]:
        """What the address names, as far as this person may act on it; 404 when that is nothing."""
        ids = {value for value in request.GET.getlist("id") if re.fullmatch("[0-9]{1,18}", value)}
        if not 0 < len(ids) <= (1 if deed.is_for_one else MOST):
            raise Http404
        targets = list(self.get_queryset(request).filter(pk__in=ids).order_by("pk"))
        if not targets:
            raise Http404
        return targets

    def _after(self, request: HttpRequest) -> str:
        if request.GET.get("then") == "queue":
            return reverse("admin:index")
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def _tell(self, request: HttpRequest, deed: Deed, outcome: Outcome) -> None:
        if outcome.done:
            messages.success(request, with_undo(said_of(deed, outcome), outcome.action))
        if outcome.already:
            count = len(outcome.already)
            words = ngettext("%(count)d was so already.", "%(count)d were so already.", count)
            messages.info(request, words % {"count": count})
        for target, error in outcome.refused:
            messages.warning(request, format_html(_("Left out: {}. {}"), target, error.message))
