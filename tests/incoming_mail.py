"""Mail to the forum, as our own mail server hands it on."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.utils import make_msgid

from allauth.account.models import EmailAddress

from forum.models import User
from tests.corpora import corpus

HOST = "reply.example.org"
CORPORA = (
    "mail-notmuch/notmuch-list.mbox",
    "mail-pipermail/2001-November.txt",
    "mail-odd",
)
AUTHENTIC = f"{HOST}; dkim=pass header.d=example.org; spf=pass smtp.mailfrom=example.org"


def confirm(person: User) -> None:
    """Confirm the address of a member."""
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)


def compose(
    text: str = "Ours stays dry.",
    *,
    sender: str = "Bob <bob@example.org>",
    results: str | None = AUTHENTIC,
    **headers: str,
) -> EmailMessage:
    """Return a mail with the headers that our own server adds."""
    message = EmailMessage()
    if results is not None:
        message["Authentication-Results"] = results
    message["From"] = sender
    message["Subject"] = "Re: [Plait] Moss on the north wall"
    message["Message-ID"] = make_msgid(domain="example.org")
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def messages(name: str) -> list[bytes]:
    """Return the messages of a mailbox of the corpora, or of the files of a folder."""
    path = corpus(name)
    files = [path] if path.is_file() else sorted(each for each in path.iterdir() if each.suffix)
    found = (re.split(rb"(?:^|\n)From [^\n]*\n", file.read_bytes()) for file in files)
    return [message for split in found for message in split if message]


def filled_lines(text: str) -> list[str]:
    """Return the lines of a text that are not blank, sorted."""
    return sorted(line for line in text.split("\n") if line.strip())
