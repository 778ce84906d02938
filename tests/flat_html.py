"""Pages without the white space that a browser does not show.

Templates are indented and wrapped. Tests that look for a piece of HTML need not know the layout.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

BLOCKS = (
    "article|aside|blockquote|body|button|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form"
    "|h[1-6]|head|header|html|legend|li|link|main|meta|nav|noscript|ol|option|p|section|select|summary"
    "|table|tbody|td|th|thead|title|tr|ul"
)
LAYOUT = r"\s*\n {2,}"  # a line break with an indent, which members' posts never have
KEPT = re.compile(r"(<(?:pre|textarea|script)\b.*?</(?:pre|textarea|script)>)", re.S)
TAG = re.compile(r"</?[a-z][^<>]*>")


def flat(html: str) -> str:
    """Return `html` without the white space of its layout."""
    parts = KEPT.split(html)
    parts[::2] = [_flat(part) for part in parts[::2]]
    return "".join(parts)


def _flat(html: str) -> str:
    html = TAG.sub(lambda tag: re.sub(r"\s*\n\s*", " ", tag[0]).replace(" >", ">"), html)
    html = re.sub(rf"{LAYOUT}(?=</)", "", html)
    html = re.sub(rf"{LAYOUT}(?=<(?:{BLOCKS})\b)", "\n", html)
    html = re.sub(rf"(</?(?:{BLOCKS})\b[^<>]*>){LAYOUT}", r"\1", html)
    html = re.sub(rf"((?:\s|</?(?:{BLOCKS})\b[^<>]*>)(?:<(?!/)[^<>]*>)+){LAYOUT}", r"\1", html)
    return re.sub(LAYOUT, " ", html)


class FlatHtml:
    """Middleware for the test client only; browsers get unchanged pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        if is_html and not response.streaming and request.META.get("SERVER_NAME") == "testserver":
            response.content = flat(response.content.decode()).encode()
        return response
