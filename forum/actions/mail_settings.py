"""Changing what is mailed: on the page of the settings, and by the links in mail.

A link has a signed token that names a member and what its mail was about. It opens nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from forum.actions.notification_mail import reschedule
from forum.actions.transactions import retrying_transaction
from forum.models import MailSettings, User
from forum.models.mail_settings import MAIL_CAUSES

TOKEN_LASTS = timedelta(days=365)
UNSUBSCRIBE_SALT = "forum.unsubscribe"


@dataclass(frozen=True, slots=True)
class UnsubscribeToken:
    """A member and the causes of the mail that its link is in."""

    member_id: int
    causes: tuple[str, ...]


def unsubscribe_url(member: User, causes: Collection[str]) -> str:
    """Return the address at which a member stops mail for these causes, without logging in."""
    key = signing.dumps([member.pk, *causes], salt=UNSUBSCRIBE_SALT)
    return settings.SITE_URL + reverse("unsubscribe", args=[key])


def read_unsubscribe_token(key: str) -> UnsubscribeToken | None:
    """Return what a link is for; None if it is too old, or was not made here."""
    try:
        member_id, *causes = signing.loads(key, salt=UNSUBSCRIBE_SALT, max_age=TOKEN_LASTS)
    except signing.BadSignature:
        return None
    return UnsubscribeToken(member_id, tuple(each for each in causes if each in MAIL_CAUSES))


def stop_mail(member: User, causes: Collection[str]) -> None:
    """Mail nothing more to a member about these causes."""
    change_mail_settings(member, dict.fromkeys(causes, MailSettings.Frequency.NEVER))


@retrying_transaction
def change_mail_settings(member: User, changed: Mapping[str, Any]) -> None:
    """Change some of a member's mail settings; what waits to be mailed follows the new ones."""
    MailSettings.objects.update_or_create(member=member, defaults=changed)
    reschedule(member)
