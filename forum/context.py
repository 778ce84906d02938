"""What every page of the site knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

from forum.lib.htmx import wants_fragment
from forum.lib.numbers import capped
from forum.lib.themes import THEMES
from forum.models import Case, User
from forum.models.threads import Reader
from forum.permissions import can_access_admin
from forum.preferences import keys_are_off
from forum.presenters.waiting import in_words


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, the reader's theme and zone, and whether the desk is open to them."""
    # A request refused early, for its host name say, has no user yet, and still gets a page.
    reader = getattr(request, "user", AnonymousUser())
    theme = request.COOKIES.get("theme", "")
    return {
        "site_name": settings.SITE_NAME,
        "theme": theme if theme in THEMES else "",
        "keys_off": keys_are_off(request),
        "zone": timezone.get_current_timezone_name(),
        "can_access_admin": can_access_admin(reader),
        "unread_notifications": capped(reader.unread_notifications)
        if isinstance(reader, User)
        else "",
        "waiting": _waiting(request, reader),
    }


def _waiting(request: HttpRequest, reader: Reader) -> str:
    """How much waits for a moderator; a fragment of a page has no header to say it in."""
    if not isinstance(reader, User) or not can_access_admin(reader) or wants_fragment(request):
        return ""
    return in_words(Case.objects.waiting_for(reader))
