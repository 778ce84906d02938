"""Help pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from forum.lib.htmx import wants_fragment
from forum.presenters.help_pages import markdown_examples


@require_safe
def markdown(request: HttpRequest) -> HttpResponse:
    """Show the Markdown help as a page or under the composer."""
    on_page = not wants_fragment(request)
    template = "help/markdown.html" if on_page else "help/_markdown.html"
    examples = markdown_examples(request.user, on_page=on_page)
    return render(request, template, {"examples": examples, "on_page": on_page})
