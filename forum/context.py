"""What every page of the site knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

from forum.lib.numbers import capped
from forum.lib.themes import THEMES
from forum.models import User
from forum.permissions import may_enter_desk


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, the reader's theme and zone, and whether the desk is open to them."""
    # A request refused early, for its host name say, has no user yet, and still gets a page.
    reader = getattr(request, "user", AnonymousUser())
    theme = request.COOKIES.get("theme", "")
    return {
        "site_name": settings.SITE_NAME,
        "theme": theme if theme in THEMES else "",
        "zone": timezone.get_current_timezone_name(),
        "may_moderate": may_enter_desk(reader),
        "unread_notices": capped(reader.unread_notices) if isinstance(reader, User) else "",
    }
