"""Bounces and complaints: addresses that no notifications are mailed to any more.

Mail about the account itself, such as a link to choose a password, is still sent.
"""

from __future__ import annotations

import logging

from forum.actions.transactions import retrying_transaction
from forum.models import Bounce, User
from forum.models.accounts import MailStop
from forum.models.bounces import MAX_BOUNCES

logger = logging.getLogger(__name__)


@retrying_transaction
def record_bounce(member: User, *, is_permanent: bool) -> None:
    """Count a bounce of mail to the member's address; the third permanent one stops their mail.

    A temporary one, such as a full mailbox, changes nothing.
    """
    member = _lock(member)
    if not is_permanent or not member.email:
        return
    Bounce.objects.create(member=member, address=member.email)
    logger.info("Mail bounced: member %s", member.pk)
    if Bounce.objects.recent().filter(member=member, address=member.email).count() >= MAX_BOUNCES:
        _set_stop(member, member.email, MailStop.BOUNCES)


@retrying_transaction
def record_complaint(member: User) -> None:
    """Stop mail to a member whose mail provider reported it as spam."""
    member = _lock(member)
    if member.email:
        logger.info("Mail reported as spam: member %s", member.pk)
        _set_stop(member, member.email, MailStop.COMPLAINT)


@retrying_transaction
def resume_mail(member: User) -> None:
    """Mail notifications to a member's address again: they say that it works."""
    member = _lock(member)
    Bounce.objects.filter(member=member).delete()
    _set_stop(member, "", "")


def _lock(member: User) -> User:
    """Return the member as they are now, locked, so that bounces are counted one by one."""
    return User.objects.select_for_update(no_key=True).get(pk=member.pk)


def _set_stop(member: User, address: str, reason: str) -> None:
    member.stopped_email, member.mail_stop = address, reason
    member.save(update_fields=["stopped_email", "mail_stop"])


def forget_old_bounces() -> int:
    """Delete the bounces that no longer count; return their number."""
    return Bounce.objects.old().delete()[0]
