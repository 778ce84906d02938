"""Housekeeping: deleting what has expired."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

from forum.actions.drafts import forget_old_drafts
from forum.actions.limits import forget_stale_limits
from forum.actions.outbox import forget_old_mail
from forum.moderation.erasure.requests import remind_of_erasures


def sweep() -> None:
    """Delete what has expired, and remind moderators of what falls due; safe to repeat."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    forget_stale_limits()
    forget_old_mail()
    forget_old_drafts()
    remind_of_erasures()
