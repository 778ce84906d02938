"""Tokens of private feeds: making, using and revoking them."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.limits import lock_member
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict
from forum.models import FeedToken, User
from forum.models.feed_tokens import MAX_FEED_TOKENS, hash_of_feed_token

# The last use is stored at most this often, so that reading a feed hardly ever writes.
USE_RECORDED_EVERY = timedelta(hours=1)


@retrying_transaction
def create_feed_token(member: User) -> str:
    """Create a token and return it, which is the only time that it can be read.

    Raises `Conflict` when the member has too many.
    """
    lock_member(member)
    if FeedToken.objects.filter(member=member).count() >= MAX_FEED_TOKENS:
        raise Conflict(_("You have too many feed addresses. Revoke one first."))
    token = secrets.token_urlsafe(24)
    FeedToken.objects.create(member=member, token_hash=hash_of_feed_token(token))
    return token


def revoke_feed_token(token: FeedToken) -> None:
    """Make the addresses with this token stop working."""
    token.delete()


def record_feed_use(token: FeedToken) -> None:
    """Store that the token was used just now."""
    now = timezone.now()
    if token.used_at is None or abs(now - token.used_at) > USE_RECORDED_EVERY:
        FeedToken.objects.filter(pk=token.pk).update(used_at=now)
