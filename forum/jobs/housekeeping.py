"""Housekeeping: deleting what has expired."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

from forum.actions.accounts import forget_abandoned_signups
from forum.actions.bookmarks import forget_removed_bookmarks, remind_of_bookmarks
from forum.actions.bounces import forget_old_bounces
from forum.actions.drafts import forget_old_drafts
from forum.actions.incoming_mail import forget_old_received_mail
from forum.actions.limits import forget_stale_limits
from forum.actions.outbox import forget_old_mail
from forum.actions.transactions import statements_limited
from forum.moderation.erasure.requests import remind_of_erasures

# Much may have gathered while no worker ran. The limit of requests would end every try.
SWEEP_STATEMENT_TIMEOUT = "10min"


def sweep() -> None:
    """Delete what has expired, and remind people of what falls due; safe to repeat."""
    for job in (
        import_module(settings.SESSION_ENGINE).SessionStore.clear_expired,
        forget_stale_limits,
        forget_old_mail,
        forget_old_bounces,
        forget_old_drafts,
        forget_removed_bookmarks,
        forget_old_received_mail,
        forget_abandoned_signups,
        remind_of_erasures,
        remind_of_bookmarks,
    ):
        with statements_limited(SWEEP_STATEMENT_TIMEOUT):
            job()
