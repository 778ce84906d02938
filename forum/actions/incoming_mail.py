"""Mail that members send to post: replies, new threads, and what comes back from other servers.

A mail is posted by the same actions as a form, with the same permissions, limits and review rules.
What can't be posted is answered, once, with the reason and the whole text. Mail that no person has
written, or whose sender is not sure, is dropped and logged.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from functools import cached_property

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from forum.actions.bounces import record_bounce, record_complaint
from forum.actions.drafts import Writing
from forum.actions.limits import EDITS, MAIL_ANSWERS, POSTS, THREADS, check_rate, spend
from forum.actions.mail_addresses import (
    BoardAddress,
    BounceAddress,
    ReplyAddress,
    StopAddress,
    read_address,
)
from forum.actions.mail_settings import stop_mail
from forum.actions.outbox import queue_message
from forum.actions.posts import prepare_post, publish_edit, publish_reply
from forum.actions.premoderation import submit
from forum.actions.threads import clean_title, publish_thread
from forum.actions.transactions import retrying_transaction
from forum.errors import Busy, Gone, Invalid, NotAllowed, RateLimited, UserError
from forum.lib.automatic_mail import automatic_header, read_report
from forum.lib.mail_reader import (
    MailText,
    Unreadable,
    header,
    header_addresses,
    read_headers,
    read_text,
)
from forum.lib.mail_reply import split_reply
from forum.lib.sender_authentication import is_authenticated
from forum.models import Board, PendingPost, Post, ReceivedMail, User
from forum.models.drafts import Purpose
from forum.permissions import can_edit, can_mail_thread, can_reply_to

logger = logging.getLogger(__name__)

MAX_MAIL = 1024 * 1024  # bytes
MAX_ANSWERED_TEXT = 200_000  # characters
MAX_SUBJECT = 200
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")

WHY_UNREADABLE = {
    "large": gettext_lazy("It is larger than 1 MB. Please send the text without attachments."),
    "attachment": gettext_lazy("It has attachments but no text. Only text can be posted."),
    "empty": gettext_lazy("It has no text."),
    "calendar": gettext_lazy("It is a calendar entry. Only text can be posted."),
    "encrypted": gettext_lazy("It is encrypted. Please send it unencrypted."),
    "winmail": gettext_lazy("It is in a format of Outlook’s own. Please send it as plain text."),
    "nested": gettext_lazy("It has too many parts. Please send it as plain text."),
    "html": gettext_lazy("Its HTML can’t be read. Please send it as plain text."),
}


class MailOutcome(StrEnum):
    """The results of receiving a mail."""

    POSTED = "posted"
    PENDING = "held for review"
    ANSWERED = "refused with an answer"
    DUPLICATE = "received before"
    REPORTED = "a report on delivery"
    STOPPED = "stopped mail"
    DROPPED = "dropped"


@dataclass(frozen=True)
class IncomingMail:
    """A mail as it was received: its bytes, and the address of ours that it came to."""

    content: bytes
    recipient: str

    @cached_property
    def headers(self) -> Message:
        return read_headers(self.content)

    @property
    def is_large(self) -> bool:
        return len(self.content) > MAX_MAIL

    @cached_property
    def sender(self) -> str:
        """Return the address in From, in lower case; empty unless there is exactly one."""
        found = header_addresses(self.headers, "From")
        try:
            validate_email(found[0] if len(found) == 1 else "")
        except ValidationError:
            return ""
        return found[0].lower()

    @cached_property
    def is_from_sender(self) -> bool:
        """Return whether our mail server says that it really comes from the domain in From."""
        if not self.sender or len(self.headers.get_all("From", [])) != 1:
            return False
        results = [str(value) for value in self.headers.get_all("Authentication-Results", [])]
        domain = self.sender.rpartition("@")[2]
        return is_authenticated(results, domain=domain, authserv_id=settings.AUTHSERV_ID)

    @property
    def is_addressed_openly(self) -> bool:
        """Return whether the address of ours is in the only To.

        Signatures cover To. Otherwise a signed mail of the member to somebody else could be sent on
        to an address for their replies, and be posted.
        """
        named = [each.lower() for each in header_addresses(self.headers, "To")]
        return len(self.headers.get_all("To", [])) == 1 and self.recipient.lower() in named

    @property
    def message_id(self) -> str:
        match = _MESSAGE_ID.search(str(self.headers.get("Message-ID", "")))
        return match[0] if match else ""

    @property
    def key(self) -> str:
        """Return what identifies this mail at this address, however often it is delivered."""
        body = self.content.partition(b"\n\n")[2] or self.content
        named = self.message_id.encode() or self.sender.encode() + hashlib.sha256(body).digest()
        return hashlib.sha256(named + b"\0" + self.recipient.lower().encode()).hexdigest()

    @cached_property
    def reading(self) -> MailText | Unreadable:
        """Return its text, or why there is none; of a large one, the beginning."""
        try:
            return read_text(self.content[:MAX_MAIL])
        except Unreadable as error:
            return error


def our_addresses(headers: Message) -> list[str]:
    """Return the addresses of ours that a mail was sent to, for servers that don't say which."""
    named = header_addresses(
        headers, "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc"
    )
    host = f"@{settings.INCOMING_MAIL_HOST}"
    return list(dict.fromkeys(each.lower() for each in named if each.lower().endswith(host)))


def receive(content: bytes, *, recipient: str, envelope_sender: str | None = None) -> MailOutcome:
    """Post, answer or drop one mail that came to an address of ours, and return what became of it.

    `envelope_sender` is empty for bounces, None if it is not known. The mail may be cut after
    `MAX_MAIL` and one byte. Received again, it does nothing. Raises `Busy`, and errors of the
    database: then nothing happened, and it should be delivered again later.
    """
    mail = IncomingMail(content, recipient.strip(" <>"))
    match read_address(mail.recipient):
        case BounceAddress() as address:
            outcome = _record_report(mail, address)
        case StopAddress() as address:
            outcome = _stop_mail(mail, address)
        case address:
            outcome = _receive_text(mail, address, envelope_sender)
    if outcome != MailOutcome.DROPPED:
        logger.info("Mail %s: %s", mail.message_id or "without an id", outcome)
    return outcome


def _receive_text(
    mail: IncomingMail, address: ReplyAddress | BoardAddress | None, envelope_sender: str | None
) -> MailOutcome:
    automatic = "envelope" if envelope_sender == "" else automatic_header(mail.headers)
    if automatic:
        return _dropped(mail, f"automatic by its {automatic}")
    member = _member(mail.sender)
    is_theirs = isinstance(address, ReplyAddress) and member and member.pk == address.member_id
    if not mail.is_from_sender:
        if not is_theirs:
            return _dropped(mail, "not authenticated")
        # It may be forged: only the member hears of it, and the text is not passed on.
        return _answer_once(mail, member, _why_unsure(), with_text=False)
    if member is None or not (is_theirs or isinstance(address, BoardAddress)):
        error = _why_unknown(mail)
    elif not mail.is_addressed_openly:
        message = _("Write to %(address)s with To, not with Cc or Bcc.")
        error = NotAllowed(message % {"address": mail.recipient})
    else:
        mail.reading  # noqa: B018 - before the transaction, because it may take seconds
        return _post_once(mail, member, address)
    return _answer_once(mail, member, error)


@retrying_transaction
def _record_report(mail: IncomingMail, address: BounceAddress) -> MailOutcome:
    """Record what another server says about mail to a member."""
    report = read_report(mail.content)
    member = User.objects.filter(pk=address.member_id, is_active=True).first()
    if report is None or member is None:
        return _dropped(mail, "no report on delivery, or to nobody")
    if _claim(mail, member) is None:
        return MailOutcome.DUPLICATE
    if report.is_complaint:
        record_complaint(member)
    else:
        record_bounce(member, is_permanent=report.is_permanent)
    return MailOutcome.REPORTED


def _stop_mail(mail: IncomingMail, address: StopAddress) -> MailOutcome:
    member = User.objects.filter(pk=address.member_id, is_active=True).first()
    if member is None:
        return _dropped(mail, "the member is gone")
    stop_mail(member, address.causes)
    return MailOutcome.STOPPED


def _dropped(mail: IncomingMail, why: str) -> MailOutcome:
    logger.info("Mail %s was dropped: %s", mail.message_id or "without an id", why)
    return MailOutcome.DROPPED


def _member(address: str) -> User | None:
    """Return the member who has confirmed that address."""
    confirmed = EmailAddress.objects.filter(email=address, verified=True, user__is_active=True)
    found = confirmed.select_related("user").first() if address else None
    return found.user if found else None


def _why_unsure() -> NotAllowed:
    return NotAllowed(
        _(
            "Your mail server doesn’t sign your mail (DKIM or SPF), so we can’t tell whether you "
            "wrote it. If you didn’t, someone else has an address for your replies, and can’t "
            "use it."
        )
    )


def _why_unknown(mail: IncomingMail) -> NotAllowed:
    return NotAllowed(
        _(
            "The address that you wrote to is for another account, or %(sender)s is not a "
            "confirmed address of yours. Please write from the address that gets your "
            "notifications."
        )
        % {"sender": mail.sender}
    )


# -- Posting --------------------------------------------------------------------------------------


@retrying_transaction
def _post_once(mail: IncomingMail, member: User, address: object) -> MailOutcome:
    """Post a mail, or answer why not; all in one transaction with the row that it is known by."""
    received = _claim(mail, member)
    if received is None:
        return MailOutcome.DUPLICATE
    try:
        with transaction.atomic():
            sent = _post(mail, member, address, received)
    except Busy:
        raise
    except UserError as error:
        return _answer(mail, member, error)
    except Unreadable as error:
        return _answer(mail, member, Invalid(WHY_UNREADABLE[error.reason]))
    if isinstance(sent, PendingPost):
        received.pending_post = sent
    else:
        received.post = sent
    received.save()
    return MailOutcome.POSTED if received.post else MailOutcome.PENDING


def _claim(mail: IncomingMail, member: User | None) -> ReceivedMail | None:
    """Insert the row of a mail; return None when there is one, after the other delivery ended."""
    received, is_new = ReceivedMail.objects.get_or_create(key=mail.key, defaults={"member": member})
    return received if is_new else None


def _post(
    mail: IncomingMail, member: User, address: object, received: ReceivedMail
) -> Post | PendingPost:
    """Post the text of a mail, and note what was left out of it.

    Raises `Unreadable`, or the errors of posting by a form.
    """
    if mail.is_large:
        raise Unreadable("large")
    if isinstance(mail.reading, Unreadable):
        raise mail.reading
    split = split_reply(mail.reading.text)
    if not split.kept:
        raise Invalid(_("It has no text of your own, only a quote or a signature."))
    received.left_out, received.lines_left_out = split.left_out, split.lines_left_out
    received.note = _note(mail.reading)
    if isinstance(address, BoardAddress):
        return _start_thread(mail, member, address.slug, split.kept)
    assert isinstance(address, ReplyAddress)
    return _reply(member, address.post_id, split.kept)


def _note(text: MailText) -> str:
    """Return what its author should know about the text of a mail."""
    notes = []
    if text.is_repaired:
        notes.append(_("Some characters in your mail were broken, and were repaired."))
    if text.attachments:
        attachments = ngettext(
            "%(count)d attachment was left out.", "%(count)d attachments were left out.",
            text.attachments,
        )  # fmt: skip
        notes.append(attachments % {"count": text.attachments})
    return " ".join(notes)


def _reply(member: User, post_id: int, source: str) -> Post | PendingPost:
    parent = Post.objects.visible_to(member).with_context().filter(pk=post_id).first()
    if parent is None:
        raise Gone(_("The post that you replied to no longer exists."))
    can_reply_to(member, parent).enforce()
    check_rate(f"person:{member.pk}", POSTS)
    prepared = prepare_post(source, author=member, parent=parent)
    return submit(
        Purpose(parent_id=parent.pk),
        prepared,
        author=member,
        written=Writing(source),
        limit=POSTS,
        write=lambda check: publish_reply(parent, prepared, author=member, check=check),
    )


def _start_thread(mail: IncomingMail, member: User, slug: str, source: str) -> Post | PendingPost:
    board = Board.objects.filter(slug__iexact=slug).first()
    if board is None:
        raise Gone(_("There is no board with this address."))
    can_mail_thread(member, board).enforce()
    check_rate(f"person:{member.pk}", THREADS)
    subject = header(mail.headers, "Subject")
    if not subject:
        raise Invalid(_("It has no subject, which becomes the title of the thread."))
    title = clean_title(subject)
    prepared = prepare_post(source, author=member)
    return submit(
        Purpose(board_id=board.pk),
        prepared,
        author=member,
        written=Writing(source, title),
        limit=THREADS,
        write=lambda check: publish_thread(board, title, prepared, author=member, check=check),
    )


# -- Answering ------------------------------------------------------------------------------------


@retrying_transaction
def _answer_once(
    mail: IncomingMail, member: User | None, error: UserError, *, with_text: bool = True
) -> MailOutcome:
    if _claim(mail, member) is None:
        return MailOutcome.DUPLICATE
    return _answer(mail, member, error, with_text=with_text)


def _answer(
    mail: IncomingMail, member: User | None, error: UserError, *, with_text: bool = True
) -> MailOutcome:
    """Mail the sender why their text was not posted, with the text; not too often."""
    hashed = hashlib.sha256(mail.sender.encode()).hexdigest()[:32]
    try:
        spend(f"person:{member.pk}" if member else f"address:{hashed}", MAIL_ANSWERS)
    except RateLimited:
        return _dropped(mail, "its sender got too many answers")
    subject = header(mail.headers, "Subject") or _("your mail")
    text = mail.reading.text[:MAX_ANSWERED_TEXT] if with_text else ""
    paragraphs = [_("Your mail to %(site)s was not posted.") % {"site": settings.SITE_NAME}]
    paragraphs.append(str(error.message))
    if text:
        paragraphs.append(_("This is what you wrote:"))
        paragraphs.append(text)
    answer = EmailMessage(
        _("Not posted: %(subject)s") % {"subject": subject[:MAX_SUBJECT]},
        "\n\n".join(paragraphs),
        to=[mail.sender],
        headers={"Auto-Submitted": "auto-replied", "X-Loop": settings.INCOMING_MAIL_HOST},
    )
    if mail.message_id:
        answer.extra_headers |= {"In-Reply-To": mail.message_id, "References": mail.message_id}
    queue_message(answer, is_last=True)  # it has text that is kept nowhere else
    return MailOutcome.ANSWERED


# -- What was left out ----------------------------------------------------------------------------


@retrying_transaction
def put_back(received: ReceivedMail, post: Post, *, actor: User) -> Post | PendingPost:
    """Add what was left out of a mail to the end of its post, and return the post.

    It is an edit: raises the errors of editing, and is held for review like one.
    """
    can_edit(actor, post).enforce()
    latest = post.latest_revision()
    source = f"{latest.source}\n\n{received.left_out}"
    prepared = prepare_post(source, author=actor, parent=post.parent, exclude=post)
    written = Writing(source, base_revision=latest.number)
    sent = submit(
        Purpose(post_id=post.pk),
        prepared,
        author=actor,
        written=written,
        limit=EDITS,
        write=lambda check: publish_edit(
            post, prepared, actor=actor, base_revision=latest.number, check=check
        ),
        edits=post,
    )
    ReceivedMail.objects.filter(pk=received.pk).update(left_out="", lines_left_out=0)
    return sent


def forget_old_received_mail() -> int:
    """Delete what is known of mail received long ago; return how many there were."""
    return ReceivedMail.objects.stale().delete()[0]
