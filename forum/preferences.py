"""What a reader has switched off: a member in the account, a visitor in the browser."""

from __future__ import annotations

from django.http import HttpRequest


def keys_are_off(request: HttpRequest) -> bool:
    """Whether single keys do nothing for this reader."""
    # A request refused early, for its host name say, has no user yet, and still gets a page.
    person = getattr(request, "user", None)
    if person is not None and person.is_authenticated:
        return not person.keys
    return request.COOKIES.get("keys") == "off"
