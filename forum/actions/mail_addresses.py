"""The forum's own mail addresses: to reply, to start a thread, to stop mail, and for bounces.

All but those of boards have a signed token in the local part, `reply+12.a7.k3…@host`: the ids of
the member and the post, and an HMAC of both. A token has no case, since some servers change it, and
opens nothing by itself: see `forum.actions.incoming_mail`.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from forum.models import Board, Post, User
from forum.models.mail_settings import MAIL_CAUSES

MAX_LOCAL_PART = 64  # octets, RFC 5321
SIGNED_BYTES = 15  # 120 bits: 24 letters, without padding

_ADDRESS = re.compile(
    r"(?P<kind>reply|bounce|stop|board)\+(?P<rest>[\w.-]+)@(?P<host>[\w.-]+)",
    re.ASCII | re.IGNORECASE,
)


class AddressSigner(Signer):
    """Django's signer, with the signature in lower-case letters and digits."""

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        digest = salted_hmac(self.salt, value, key or self.key, algorithm=self.algorithm).digest()
        return b32encode(digest[:SIGNED_BYTES]).decode().lower()


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """The address at which a member replies to a post; both by id."""

    member_id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class BounceAddress:
    """The envelope sender of mail to a member, by id."""

    member_id: int


@dataclass(frozen=True, slots=True)
class StopAddress:
    """The address to which any mail stops the mail to a member about these causes."""

    member_id: int
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoardAddress:
    """The address of a board, at which members start threads."""

    slug: str


MailAddress = ReplyAddress | BounceAddress | StopAddress | BoardAddress


def reply_address(member: User, post: Post) -> str | None:
    """Return the address for a member's reply to a post; None while replying by mail is off."""
    return _signed("reply", member.pk, post.pk)


def bounce_address(member: User) -> str | None:
    """Return the envelope sender of mail to a member; None while no mail is received."""
    return _signed("bounce", member.pk)


def stop_address(member: User, causes: Collection[str]) -> str | None:
    """Return the address that stops mail about these causes; None while no mail is received."""
    chosen = sum(1 << place for place, cause in enumerate(MAIL_CAUSES) if cause in causes)
    return _signed("stop", member.pk, chosen)


def board_address(board: Board) -> str | None:
    """Return the address at which members start threads in a board; None if there is none."""
    local_part = f"board+{board.slug}"
    if not (settings.INCOMING_MAIL_HOST and board.takes_mail) or len(local_part) > MAX_LOCAL_PART:
        return None
    return f"{local_part}@{settings.INCOMING_MAIL_HOST}"


def read_address(address: str) -> MailAddress | None:
    """Return what one of the forum's addresses is for; None for any other, and forged ones."""
    match = _ADDRESS.fullmatch(address.strip(" <>"))
    if match is None or match["host"].lower() != settings.INCOMING_MAIL_HOST:
        return None
    kind, rest = match["kind"].lower(), match["rest"]
    if kind == "board":
        return BoardAddress(rest)
    try:
        signed = _signer(kind).unsign(rest.lower())
        ids = [base36_to_int(each) for each in signed.split(".")]
    except (BadSignature, ValueError):
        return None
    if kind == "stop":
        member_id, chosen = ids
        causes = (cause for place, cause in enumerate(MAIL_CAUSES) if chosen >> place & 1)
        return StopAddress(member_id, tuple(causes))
    return ReplyAddress(*ids) if kind == "reply" else BounceAddress(*ids)


def _signer(kind: str) -> AddressSigner:
    return AddressSigner(sep=".", salt=f"forum.mail.{kind}")


def _signed(kind: str, *ids: int) -> str | None:
    if not settings.INCOMING_MAIL_HOST:
        return None
    token = _signer(kind).sign(".".join(map(int_to_base36, ids)))
    return f"{kind}+{token}@{settings.INCOMING_MAIL_HOST}"
