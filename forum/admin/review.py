"""The page of one case of the review queue, and the steps from there."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import PAGE_VAR
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from forum.actions.case_assignment import claim_case, release_case
from forum.admin.moderated import bulk_action
from forum.admin.pages import PageAdmin
from forum.admin.site import moderator
from forum.errors import UserError
from forum.models import Case, PendingPost, Post
from forum.models.review_queue import CaseQuerySet
from forum.moderation.actions.case_notes import CaseNoteForm, note_case
from forum.moderation.actions.report_answers import see_reporters
from forum.moderation.offers import LinkGroup, action_url, bulk_actions, links_on, offered_actions
from forum.moderation.registry import actions_on
from forum.moderation.targets import PENDING, POST, Target, kind_of
from forum.presenters.review import PendingPostReview, Review, notes_on, related_cases


class ReviewAdmin(PageAdmin):
    """The pages of one case; the list of all cases is `CaseAdmin`."""

    steps = ["claim", "release", "next", "previous", "reporters"]

    # -- Showing ----------------------------------------------------------------------------------

    def reporters(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Show the same page with the names of the reporters; this is logged."""
        case = self.one(request, row_id)
        if case.post is None:
            raise Http404
        see_reporters(case.post, actor=moderator(request))
        return self.show(request, case, with_names=True)

    def show(self, request: HttpRequest, row: Case, *, with_names: bool = False) -> HttpResponse:
        reader = moderator(request)
        pending = PendingPostReview(row.pending_post, reader) if row.pending_post else None
        review = None if row.post is None else Review(row, reader, with_names=with_names)
        about = review.post if review else row.about
        is_own = row.author.pk == reader.pk
        context = self.admin_site.each_context(request) | {
            "title": _("A post by %(name)s") % {"name": row.author},
            "opts": self.opts,
            "case": row,
            "review": pending or review,
            "filters": self._filters(request),
            "is_mine": row.worked_on_by == reader,
            "is_own_post": is_own,
            "offers": self._offers(request, row, about),
            "note_form": self._note_form(request, about),
            "notes": [] if is_own else notes_on(about, reader),
            "related": related_cases(row, reader),
        }
        template = "admin/forum/pending_post.html" if pending else "admin/forum/case.html"
        return TemplateResponse(request, template, context)

    def _offers(
        self, request: HttpRequest, case: Case, about: Post | PendingPost
    ) -> list[LinkGroup]:
        """Return the actions on the post, its thread and its author, irreversible ones last."""
        targets: list[Target | None] = [about, about.thread, about.author]
        reader, back = moderator(request), self._list_page(request)
        groups: dict[str, LinkGroup] = {}
        offered = [links_on(target, reader, back, case) for target in targets if target]
        for each in offered:
            for heading, links in each:
                groups.setdefault(heading, LinkGroup(heading, [])).links.extend(links)
        return sorted(
            groups.values(), key=lambda group: any(link.is_severe for link in group.links)
        )

    def _note_form(
        self, request: HttpRequest, about: Post | PendingPost
    ) -> tuple[str, CaseNoteForm] | None:
        """Return the form for a note with its address; None if the moderator may not write one."""
        for action in offered_actions(about, moderator(request)):
            if action.slug == note_case.slug:
                return action_url(action, about, request.get_full_path()), CaseNoteForm()
        return None

    # -- Claiming and releasing -------------------------------------------------------------------

    def claim(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Claim the case and show it."""
        case, actor = self.one(request, row_id), moderator(request)
        if case.is_open and not claim_case(
            case, actor=actor, take_over="take_over" in request.POST
        ):
            other = self.one(request, row_id).worked_on_by
            messages.warning(request, _("Already claimed by %(name)s.") % {"name": other})
        return _see(case, self._filters(request))

    def release(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Release the case for others."""
        release_case(self.one(request, row_id), actor=moderator(request))
        return self._back(request)

    def next(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Release the case and claim the next one."""
        case = self.one(request, row_id)
        return self._step(request, case, self._listed(request).open().after(case))

    def previous(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Release the case and claim the previous one."""
        case = self.one(request, row_id)
        return self._step(request, case, self._listed(request).open().before(case))

    def _step(self, request: HttpRequest, case: Case, cases: Any) -> HttpResponse:
        actor = moderator(request)
        release_case(case, actor=actor)
        found = (
            cases.moderated_by(actor).free_for(actor).select_related("post__thread__board").first()
        )
        if found is None:
            messages.info(request, _("There are no more cases."))
            return self._back(request)
        claim_case(found, actor=actor)
        return _see(found, self._filters(request))

    def _back(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(self._list_page(request), status=303)

    def _list_page(self, request: HttpRequest) -> str:
        """Return the address of the list that led here."""
        chosen = QueryDict(self._filters(request)).urlencode()
        return reverse("admin:index") + (f"?{chosen}" if chosen else "")

    def _filters(self, request: HttpRequest) -> str:
        """Return the filters of the list that led here, as a query string."""
        return str(request.POST.get("filters") or request.GET.get("filters", ""))

    def _listed(self, request: HttpRequest) -> CaseQuerySet:
        """Return the open cases of that list; all open cases if its filters are invalid."""
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

    # -- The list that led here -------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the bulk actions on posts and on pending posts, chosen by their cases."""
        return {
            action.slug: (bulk_action(action, f"{path}_id"), action.slug, action.button)
            for path, kind in (("pending_post", PENDING), ("post", POST))
            for action in bulk_actions(kind)
        }


def decisions_on(case: Case, request: HttpRequest) -> list[tuple[str, str, Any]]:
    """Return the decisions with a key that this moderator may take on a case: address, key, text.

    The case is a row of the list, with the roles of its author.
    """
    if not case.is_open:
        return []
    if case.post:
        case.post.is_reported = True  # type: ignore[attr-defined]  # an open case has open reports
    about, actor = case.about, moderator(request)
    return [
        (action_url(action, about, request.get_full_path()), action.queue_key, action.button)
        for action in actions_on(kind_of(about))
        if action.queue_key and action.permission(actor, about) and action.is_applicable(about)
    ]


def _see(case: Case, filters: str) -> HttpResponse:
    page = reverse("admin:forum_case_change", args=[case.pk])
    if filters:
        page = f"{page}?{urlencode({'filters': filters})}"
    return HttpResponseRedirect(page, status=303)
