"""Housekeeping: deleting what has expired."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

from forum.actions.accounts import forget_abandoned_signups
from forum.actions.drafts import forget_old_drafts
from forum.actions.limits import forget_stale_limits
from forum.actions.outbox import forget_old_mail
from forum.actions.transactions import statements_limited

# Much may have gathered while no worker ran. The limit of requests would end every try.
STATEMENT_TIMEOUT = "10min"


def sweep() -> None:
    """Delete expired sessions and sign-ups, stale rate limits, old mail and drafts; repeatable."""
    for forget in (
        import_module(settings.SESSION_ENGINE).SessionStore.clear_expired,
        forget_stale_limits,
        forget_old_mail,
        forget_old_drafts,
        forget_abandoned_signups,
    ):
        with statements_limited(STATEMENT_TIMEOUT):
            forget()
