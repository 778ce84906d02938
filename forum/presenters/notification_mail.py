"""Notification mail: the text, the HTML and the headers of a bundle of posts, or of a digest.

Everything is read when the mail is sent. See RFC 5322 for threading, RFC 2369 and 2919 for lists,
RFC 3834 for automatic mail and RFC 8058 for unsubscribing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.utils import formataddr, parseaddr
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.mail_addresses import bounce_address, reply_address, stop_address
from forum.actions.mail_settings import unsubscribe_url
from forum.actions.notification_mail import DueMail
from forum.actions.outbox import AUTOMATIC, mail_host
from forum.lib.clock import short_moment
from forum.lib.text import one_line
from forum.markup.mail_text import mail_html, mail_text
from forum.models import MailSubject, Notification, Post, Quote, User
from forum.models.mail_settings import MAIL_CAUSES
from forum.models.posts import post_path
from forum.models.quotes import QuoteRow, QuoteStatus
from forum.presenters.names import join_names, join_with_others
from forum.queries.branches import heads_of_branches

POSTS_PER_MAIL = 20
POSTS_PER_DIGEST = 100
ANCESTORS_REFERENCED = 20  # the nearest, besides the opening post


@dataclass(frozen=True, slots=True)
class MailedPost:
    """A post as a mail shows it."""

    author: str
    moment: str
    url: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class DigestBranch:
    """The posts of one branch in a digest, and the excerpt of its head if that is not in it."""

    begins_with: str
    posts: Sequence[MailedPost]


def compose(due: DueMail) -> EmailMultiAlternatives:
    """Return a mail that is due, as its reader may read it now, with times in their zone."""
    with timezone.override(due.member.tzinfo):
        return _compose_digest(due) if due.is_digest else _compose_bundle(due)


# -- A bundle: posts of one thread ----------------------------------------------------------------


def _compose_bundle(due: DueMail) -> EmailMultiAlternatives:
    shown = due.notifications[:POSTS_PER_MAIL]
    first = shown[0].post
    path = Post.objects.path_to(first.pk)
    is_reply = first.parent_id is not None
    thread = first.thread
    # A reply to a mail is one to the latest post in it.
    latest = shown[-1].post
    reply_to = reply_address(due.member, latest)
    context = {
        "notification": shown[0],
        "replies_to": latest.author.username if reply_to else "",
        "posts": _mailed_posts([each.post for each in shown], due.member),
        "more": len(due.notifications) - len(shown),
        "title": one_line(thread.title),
        "thread_url": settings.SITE_URL + thread.get_absolute_url(),
    }
    subject = f"[{settings.SITE_NAME}] {one_line(_kept_title(path) or thread.title)}"
    authors = list(dict.fromkeys(each.post.author.username for each in due.notifications))
    board = thread.board
    headers = {
        "From": _sender(join_with_others(authors)),
        "List-Id": _list_id(board.name, f"board.{board.slug}"),
        "List-Archive": f"<{settings.SITE_URL}{board.get_absolute_url()}>",
    }
    if reply_to:
        headers["Reply-To"] = reply_to
    if is_reply:
        nearest = path[max(1, len(path) - 1 - ANCESTORS_REFERENCED) : -1]
        headers["In-Reply-To"] = _post_message_id(path[-2])
        headers["References"] = " ".join(map(_post_message_id, [path[0], *nearest]))
    return _message(due, f"Re: {subject}" if is_reply else subject, "bundle", context, headers)


def _kept_title(path: Sequence[int]) -> str:
    """Return the title of the first mail about the nearest of these posts that has one."""
    kept = dict(MailSubject.objects.filter(post__in=path).values_list("post", "title"))
    return next((kept[pk] for pk in reversed(path) if pk in kept), "")


def _post_message_id(post_id: int) -> str:
    return f"<p.{post_id}@{mail_host()}>"


def _mailed_posts(posts: Sequence[Post], reader: User) -> list[MailedPost]:
    quotes = Quote.objects.on_posts([post.pk for post in posts if ">" in post.source], reader)
    return [_mailed_post(post, quotes.get(post.pk, {})) for post in posts]


def _mailed_post(post: Post, quotes: dict[int, QuoteRow]) -> MailedPost:
    captions = {
        ordinal: _("%(name)s wrote:") % {"name": quote.author} for ordinal, quote in quotes.items()
    }
    notes = {
        QuoteStatus.REMOVED: _("Quoted text hidden with the post."),
        QuoteStatus.WITHDRAWN: _("Quoted text removed by a moderator."),
    }
    hidden = {
        ordinal: notes[quote.status] for ordinal, quote in quotes.items() if quote.status in notes
    }
    text = mail_text(post.source, captions, hidden)
    return MailedPost(
        author=post.author.username,
        moment=_moment(post),
        url=settings.SITE_URL + post_path(post.pk),
        text=text,
        html=mail_html(text),
    )


# -- A digest: posts of any threads, by branch ----------------------------------------------------


def _compose_digest(due: DueMail) -> EmailMultiAlternatives:
    shown = due.notifications[:POSTS_PER_DIGEST]
    count = len(due.notifications)
    context = {
        "threads": _digest_threads(shown, due.member),
        "more": count - len(shown),
        "inbox_url": settings.SITE_URL + reverse("inbox"),
    }
    headers = {
        "From": _sender(""),
        "List-Id": _list_id(_("Digest"), "digest"),
        "List-Archive": f"<{settings.SITE_URL}{reverse('inbox')}>",
    }
    subject = ngettext("%(count)d new post for you", "%(count)d new posts for you", count)
    subject = f"[{settings.SITE_NAME}] {subject % {'count': count}}"
    return _message(due, subject, "digest", context, headers)


def _digest_threads(
    notifications: Sequence[Notification], reader: User
) -> list[tuple[str, str, list[DigestBranch]]]:
    """Return the titles of threads in a digest, with their addresses and branches, by age."""
    posts = [each.post for each in notifications]
    heads = heads_of_branches([post.pk for post in posts])
    others = set(filter(None, heads.values())) - heads.keys()
    begun = Post.objects.visible_to(reader).filter(pk__in=others)
    excerpts = {head.pk: head.shown_excerpt for head in begun}

    def branch_of(post: Post) -> int:
        return heads[post.pk] or 0

    def mailed(post: Post) -> MailedPost:
        url = settings.SITE_URL + post_path(post.pk)
        return MailedPost(post.author.username, _moment(post), url, post.excerpt)

    ordered = sorted(posts, key=lambda post: (post.thread_id, branch_of(post), post.pk))
    return [
        (
            one_line(thread.title),
            settings.SITE_URL + thread.get_absolute_url(),
            [
                DigestBranch(excerpts.get(head, ""), list(map(mailed, branch)))
                for head, branch in groupby(in_thread, branch_of)
            ],
        )
        for thread, in_thread in groupby(ordered, lambda post: post.thread)
    ]


def _moment(post: Post) -> str:
    """Return “1 Dec, 13:37”: mail may be read on another day, so never “today”."""
    return short_moment(post.created_at, timezone.get_current_timezone())


# -- Both -----------------------------------------------------------------------------------------


def _message(
    due: DueMail, subject: str, kind: str, context: dict[str, Any], headers: dict[str, str]
) -> EmailMultiAlternatives:
    causes = [each for each in MAIL_CAUSES if each in {one.cause for one in due.notifications}]
    stop_url = unsubscribe_url(due.member, causes)
    stop_addresses = [stop_url]
    if address := stop_address(due.member, causes):
        stop_addresses.append(f"mailto:{address}")
    context |= {
        "site_name": settings.SITE_NAME,
        "what": join_names([str(MAIL_CAUSES[cause]) for cause in causes]),
        "stop_url": stop_url,
        "settings_url": settings.SITE_URL + reverse("mail-settings"),
    }
    headers |= AUTOMATIC | {
        "Message-ID": f"<{due.name}@{mail_host()}>",
        "List-Unsubscribe": ", ".join(f"<{each}>" for each in stop_addresses),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Plait-Reason": ", ".join(causes),
    }
    message = EmailMultiAlternatives(
        subject,
        render_to_string(f"mail/{kind}.txt", context),
        bounce_address(due.member) or settings.DEFAULT_FROM_EMAIL,  # of the envelope
        [due.member.email],
        headers=headers,
    )
    html = render_to_string(f"mail/{kind}.html", context).lstrip()
    message.attach_alternative(html, "text/html")
    return message


def _sender(names: str) -> str:
    """Return the sender: “alice via Moss”, or the site alone."""
    site, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    name = _("%(names)s via %(site)s") % {"names": names, "site": settings.SITE_NAME}
    return str(Address(name if names else site or settings.SITE_NAME, addr_spec=address))


def _list_id(name: str, label: str) -> str:
    """Return a List-Id: the site, the name of the list, and its identifier."""
    phrase = one_line(f"{settings.SITE_NAME} {name}")
    identifier = f"{label}.{mail_host()}"
    if phrase.isascii():
        return formataddr((phrase, identifier))
    encoded = " ".join(Header(phrase, "utf-8").encode().split())
    return f"{encoded} <{identifier}>"
