"""One case of the review queue: looked at, taken in hand, left, answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from forum.actions.claims import claim_case, release_case
from forum.actions.reports import see_reporters
from forum.admin.deeds import MOST, DeedAdmin, address_of
from forum.admin.pages import PageAdmin
from forum.admin.site import admin_site, moderator
from forum.errors import UserError
from forum.forms.answers import DISMISS
from forum.forms.deed import Deed
from forum.forms.deeds import DEEDS, HIDE
from forum.forms.held import APPROVE, REJECT
from forum.models import Case, HeldPost, Post
from forum.models.reports import CaseQuerySet
from forum.presenters.held_review import HeldReview
from forum.presenters.review import Review

# The keys of the deeds that answer most.
KEYS = {HIDE.name: "a", DISMISS.name: "d", APPROVE.name: "a", REJECT.name: "d"}

Act = tuple[str, Any, str]  # address, words, key


class ReviewAdmin(PageAdmin):
    """What is done with one case; the list of all of them is `CaseAdmin`."""

    steps = ["claim", "release", "next", "previous", "reporters"]

    # -- Looking ----------------------------------------------------------------------------------

    def reporters(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """The same, with the names of those who reported it. That they were asked for is logged."""
        case = self.one(request, row_id)
        if case.post is None:
            raise Http404
        see_reporters(case.post, actor=moderator(request))
        return self.show(request, case, with_names=True)

    def show(self, request: HttpRequest, row: Case, *, with_names: bool = False) -> HttpResponse:
        reader = moderator(request)
        held = HeldReview(row.held, reader) if row.held else None
        review = None if row.post is None else Review(row, reader, with_names=with_names)
        about = review.post if review else row.about
        context = self.admin_site.each_context(request) | {
            "title": _("A post by %(name)s") % {"name": row.author},
            "opts": self.opts,
            "case": row,
            "review": held or review,
            "filters": self._filters(request),
            "is_mine": row.worked_on_by == reader,
            "is_own_post": row.author.pk == reader.pk,
            "acts": self._acts(request, about),
        }
        template = "admin/forum/held.html" if held else "admin/forum/case.html"
        return TemplateResponse(request, template, context)

    def _acts(self, request: HttpRequest, about: Post | HeldPost) -> list[tuple[Any, list[Act]]]:
        """Whatever the desk can do with the post, its thread and its author."""
        targets: list[tuple[Any, Model | None]] = [
            (_("The post"), about),
            (_("Its thread"), about.thread),
            (_("Its author"), about.author),
        ]
        groups = []
        for heading, target in targets:
            its = admin_site.get_model_admin(type(target)) if target else None
            if target and isinstance(its, DeedAdmin) and its.has_view_permission(request):
                acts = [
                    self._act(deed, target)
                    for deed in its.deeds
                    if deed.applies(target) and deed.may(moderator(request), target)
                ]
                groups.append((heading, acts))
        return [(heading, acts) for heading, acts in groups if acts]

    def _act(self, deed: Deed, target: Model) -> Act:
        page = address_of(target._meta.model_name, deed, [target.pk], from_queue=True)
        return page, deed.button, KEYS.get(deed.name, "")

    # -- Taking in hand, leaving ------------------------------------------------------------------

    def claim(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Take the case in hand and look at it."""
        case, actor = self.one(request, row_id), moderator(request)
        if case.is_open and not claim_case(
            case, actor=actor, take_over="take_over" in request.POST
        ):
            other = self.one(request, row_id).worked_on_by
            messages.warning(request, _("Somebody is on it already: %(name)s.") % {"name": other})
        return _see(case, self._filters(request))

    def release(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Leave the case as it is, for others."""
        release_case(self.one(request, row_id), actor=moderator(request))
        return self._back(request)

    def next(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Leave the case, and take the one that comes after it in hand."""
        case = self.one(request, row_id)
        return self._step(request, case, self._listed(request).open().after(case))

    def previous(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Leave the case, and take the one that comes before it in hand."""
        case = self.one(request, row_id)
        return self._step(request, case, self._listed(request).open().before(case))

    def _step(self, request: HttpRequest, case: Case, cases: Any) -> HttpResponse:
        actor = moderator(request)
        release_case(case, actor=actor)
        found = (
            cases.moderated_by(actor).free_for(actor).select_related("post__thread__board").first()
        )
        if found is None:
            messages.info(request, _("There is no other case that way."))
            return self._back(request)
        claim_case(found, actor=actor)
        return _see(found, self._filters(request))

    def _back(self, request: HttpRequest) -> HttpResponse:
        """To the list, as one came from it."""
        chosen = QueryDict(self._filters(request)).urlencode()
        page = reverse("admin:index") + (f"?{chosen}" if chosen else "")
        return HttpResponseRedirect(page, status=303)

    def _filters(self, request: HttpRequest) -> str:
        """What the list was asked for from which somebody came, as a query string."""
        return str(request.POST.get("filters") or request.GET.get("filters", ""))

    def _listed(self, request: HttpRequest) -> CaseQuerySet:
        """The cases of that list that are open; all of them when nobody can make sense of it."""
        asked = copy(request)
        chosen = QueryDict(self._filters(request), mutable=True)
        for name in ("state", PAGE_VAR):  # what is answered, or on another page, comes after none
            chosen.pop(name, None)
        asked.GET = chosen  # type: ignore[assignment]
        try:
            changes = self.get_changelist_instance(asked)
        except UserError:
            return Case.objects.all()
        return Case.objects.filter(pk__in=changes.queryset.order_by().values("pk"))

    # -- From the list ----------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the deeds on posts and on held posts that can be done to several at once.

        Cases are chosen in the list; what is done is done to what they are about.
        """
        return {
            deed.name: (_opener(deed, kind), deed.name, deed.button)
            for kind in ("held", "post")
            for deed in DEEDS[kind]
            if not deed.is_for_one
        }

    @admin.display(description=_lazy("answer"))
    def answers(self, case: Case) -> SafeString | str:
        """The two most frequent answers, without looking closer."""
        if not case.is_open:
            return ""
        about = case.about
        deeds = (APPROVE, REJECT) if case.held else (HIDE, DISMISS)
        links = (
            (
                address_of(about._meta.model_name, deed, [about.pk], from_queue=True),
                KEYS[deed.name],
                deed.button,
            )
            for deed in deeds
        )
        return format_html_join(" ", '<a href="{}" data-js-key="{}">{}</a>', links)


def _see(case: Case, filters: str) -> HttpResponse:
    page = reverse("admin:forum_case_change", args=[case.pk])
    if filters:
        page = f"{page}?{urlencode({'filters': filters})}"
    return HttpResponseRedirect(page, status=303)


def _opener(deed: Deed, kind: str) -> Callable[..., HttpResponse | None]:
    def open_deed(
        _admin: ReviewAdmin, request: HttpRequest, chosen: QuerySet[Case]
    ) -> HttpResponse | None:
        suitable = chosen.exclude(**{kind: None})
        ids: Sequence[int] = list(suitable.values_list(f"{kind}_id", flat=True)[: MOST + 1])
        if not ids:
            messages.error(request, _("There is nothing to do that to among what you chose."))
            return None
        if len(ids) > MOST:
            few = _("That are too many at once: choose at most %(most)d.") % {"most": MOST}
            messages.error(request, few)
            return None
        if left_out := chosen.count() - len(ids):
            words = ngettext(
                "%(count)d selected case was left out: it does not allow this.",
                "%(count)d selected cases were left out: they do not allow this.",
                left_out,
            )
            messages.warning(request, words % {"count": left_out})
        model = "heldpost" if kind == "held" else kind
        return redirect(address_of(model, deed, ids, from_queue=True))

    return open_deed
