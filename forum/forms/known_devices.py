"""Browsers in which a member has logged in before, so that guessing locks nobody out.

Wrong passwords are counted by name. Someone who keeps guessing a member's password uses up the
attempts of all strangers, but not those of the member's own browsers, which are counted apart.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from forum.models import User

SALT = "forum.known_devices"
KEPT_SECONDS = 365 * 24 * 60 * 60


def remember_device(response: HttpResponse, person: User) -> None:
    """Mark this browser as one in which `person` has logged in, for a year."""
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        f"{person.pk}-{get_random_string(16)}",
        salt=SALT,
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def known_device(request: HttpRequest, login: str) -> str:
    """Return the mark of this browser; "" unless the owner of that name or address set it."""
    device = request.get_signed_cookie(
        settings.DEVICE_COOKIE_NAME, default="", salt=SALT, max_age=KEPT_SECONDS
    )
    if not device:
        return ""
    person = (
        User.objects.with_email(login) if "@" in login else User.objects.named([login])
    ).first()
    return device if person and device.startswith(f"{person.pk}-") else ""
