"""Admin pages of single rows, with forms for the steps that can be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from forum.admin.site import ForModerators, ModeratorModelAdmin
from forum.errors import NotAllowed


class PageAdmin(ForModerators, ModeratorModelAdmin):
    """A read-only page, `show`, with forms for the `steps`: methods that take the object's id."""

    steps: Sequence[str]
    show: Callable[[HttpRequest, Any], HttpResponse]

    def one(self, request: HttpRequest, row_id: int | str) -> Any:
        """Return the row; raise `Http404` if this moderator can't see it."""
        if not self.has_view_permission(request):
            raise NotAllowed
        try:
            return self.get_queryset(request).get(pk=row_id)
        except (ObjectDoesNotExist, ValueError, OverflowError) as error:
            raise Http404 from error

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                f"<id:row_id>/{step}/",
                self.admin_site.admin_view(require_POST(getattr(self, step))),
                name=f"forum_{self.opts.model_name}_{step}",
            )
            for step in self.steps
        ] + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            raise NotAllowed
        return self.show(request, self.one(request, object_id))
