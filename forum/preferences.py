"""Preferences of readers: stored in the account for members, in cookies for visitors."""

from __future__ import annotations

from django.http import HttpRequest

# The themes to choose from. Without a choice the device decides.
THEMES = ("light", "dark")


def chosen_theme(request: HttpRequest) -> str:
    """Return the theme that the reader has chosen in this browser; empty without a choice."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else ""


def has_shortcuts_off(request: HttpRequest) -> bool:
    """Return whether the reader has switched off the single-key shortcuts."""
    # A request refused early, for its host name for example, has no user but still gets a page.
    person = getattr(request, "user", None)
    if person is not None and person.is_authenticated:
        return not person.keys
    return request.COOKIES.get("keys") == "off"
