"""The template context that every page shares."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

from forum.lib.htmx import wants_fragment
from forum.lib.numbers import capped
from forum.models import User
from forum.models.visibility import Reader
from forum.permissions import can_access_admin
from forum.preferences import chosen_theme, has_shortcuts_off
from forum.presenters.keys import KEY_MAP
from forum.queries.moderation_counts import moderation_work_of
from forum.queries.notification_counts import count_unread_notifications


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the site's name, the reader's preferences, and the counts of the page's header."""
    # A request refused early, for its host name for example, has no user but still gets a page.
    reader = getattr(request, "user", AnonymousUser())
    return {
        "site_name": settings.SITE_NAME,
        "theme": chosen_theme(request),
        "keys_off": has_shortcuts_off(request),
        "key_map": KEY_MAP,
        "zone": timezone.get_current_timezone_name(),
        "has_own_zone": isinstance(reader, User) and bool(reader.zone),
        "can_access_admin": can_access_admin(reader),
        "unread_notifications": capped(count_unread_notifications(reader))
        if isinstance(reader, User)
        else "",
        "waiting": _waiting_work(request, reader),
    }


def _waiting_work(request: HttpRequest, reader: Reader) -> str:
    """Return how much awaits a moderator; fragments have no header and need none."""
    if not isinstance(reader, User) or not can_access_admin(reader) or wants_fragment(request):
        return ""
    return capped(moderation_work_of(reader).total)
