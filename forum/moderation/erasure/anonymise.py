"""Deleting an account permanently: name, address, and everything that is the member's alone.

Their posts stay, unless they are deleted too, under a name that says nothing. This is part of a
transaction: the caller has locked the person and the threads that `naming` leads to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.utils import make_msgid
from itertools import chain
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.mail import EmailMessage
from django.db.models import Q
from django.utils.translation import gettext as _

from forum.actions.accounts import end_sessions
from forum.actions.outbox import queue_mail
from forum.actions.quotes import find_again
from forum.markup.redaction import renamed
from forum.markup.render import render
from forum.models import (
    Appeal,
    Draft,
    Mention,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    Notification,
    OutgoingMail,
    PendingPost,
    Post,
    RateLimit,
    ReadMark,
    ReadState,
    Report,
    Restriction,
    Revision,
    Role,
    User,
)
from forum.models.accounts import FORMER, hash_of_name
from forum.moderation.audit_log import Effect
from forum.moderation.erasure.purge import empty_pending_post, reword_begun

# Rows that belong to the member alone, by the field that names the member.
THEIRS = (
    (EmailAddress, "user"),
    (Role, "person"),
    (Restriction, "person"),
    (Draft, "member"),
    (Notification, "member"),
    (ModerationNotification, "member"),
    (ReadState, "member"),
    (ReadMark, "member"),
    (LogEntry, "user"),
)


def naming(person: User) -> set[int]:
    """Return the posts that contain a member's name, in threads that mention or involve them."""
    mentioned = Post.objects.order_by().filter(mentions__person=person).values("thread")
    written = Post.objects.order_by().filter(author=person).values("thread")
    at_name = Q(source__icontains=f"@{person.username}") | Q(
        source__icontains=f"＠{person.username}"
    )
    there = Q(post__thread__in=mentioned) | Q(post__thread__in=written)
    return set(Revision.objects.filter(at_name & there).values_list("post", flat=True))


def anonymise(
    person: User, named_in: Iterable[Post], action: ModerationAction, *, with_posts: bool
) -> Effect:
    """Erase an account and return the effect. Nobody can log in to it any more."""
    old, new = person.username, _free_name(person)
    _send_receipt(person, with_posts=with_posts)
    find_again([each for post in named_in for each in _rename_in(post, old, new)])
    Mention.objects.filter(person=person).update(name=new)
    mine = PendingPost.objects.filter(author=person)
    # Approved ones are posts, which are erased elsewhere.
    empty_pending_post(mine if with_posts else mine.exclude(state=PendingPost.State.APPROVED))
    at_name = {"source__icontains": f"@{old}"}
    begun: Iterator[Draft | PendingPost] = chain(
        Draft.objects.filter(**at_name), PendingPost.objects.filter(**at_name)
    )
    for draft in begun:
        reword_begun(draft, renamed(draft.source, old, new))
    for model, field in THEIRS:
        model._default_manager.filter(**{field: person}).delete()
    RateLimit.objects.filter(key__regex=rf":{person.pk}$|:{person.pk}:").delete()
    if with_posts:  # and whatever else they said
        Report.objects.filter(reporter=person).update(words="")
        Appeal.objects.filter(member=person).update(words="")
    end_sessions(person)
    _empty(person, new, action)
    state = {"erasure": None}
    return (
        ModerationEffect.Kind.PERSON,
        person.pk,
        {"erased": None, **state},
        {"erased": hash_of_name(old), **state},
    )


def _free_name(person: User) -> str:
    """Return “former-member-17”, or the nearest name that is free."""
    name, more = f"{FORMER}-{person.pk}", 0
    while User.objects.named([name]).exists():
        more += 1
        name = f"{FORMER}-{person.pk}-{more}"
    return name


def _empty(person: User, name: str, action: ModerationAction) -> None:
    person.former_name = hash_of_name(person.username)
    person.username, person.email, person.zone = name, "", ""
    person.keys, person.is_active, person.last_login = True, False, None
    person.suspended_at = person.suspended_until = person.suspended_action = None
    person.erased_at = action.created_at
    person.set_unusable_password()
    fields = {field.name for field in User._meta.concrete_fields if not field.generated}
    person.save(update_fields=fields - {"id", "date_joined"})


def _send_receipt(person: User, *, with_posts: bool) -> None:
    """Send the member a last mail; their other mail is deleted."""
    OutgoingMail.objects.filter(recipients__contains=[person.email]).delete()
    if not person.email:
        return
    what = (
        _("everything you wrote was deleted too")
        if with_posts
        else _("what you wrote stays, without your name")
    )
    message = EmailMessage(
        _("Your account at %(site)s was permanently deleted") % {"site": settings.SITE_NAME},
        _(
            "Your account, your name, your e-mail address and everything private were "
            "permanently deleted; %(what)s. This can’t be undone, and this is the last "
            "e-mail you’ll get from us."
        )
        % {"what": what},
        to=[person.email],
        headers={"Message-ID": make_msgid(domain=urlsplit(settings.SITE_URL).hostname)},
    )
    queue_mail(
        recipients=message.recipients(),
        sender=message.from_email,
        message=message.message().as_bytes(),
        is_last=True,
    )


def _rename_in(post: Post, old: str, new: str) -> Iterator[Revision]:
    """Replace the member's name in a post and all its revisions."""
    for quote in post.quotes.filter(words__icontains=old):
        quote.words = renamed(quote.words, old, new)
        quote.save(update_fields=["words"])
    for revision in post.revisions.all():
        source = renamed(revision.source, old, new)
        if source == revision.source:
            continue
        rendered = render(source)
        revision.source, revision.plain = source, rendered.plain
        revision.quoted = list(rendered.quoted)
        revision.save(update_fields=["source", "plain", "quoted"])
        yield revision
        if revision.number == post.latest_number:
            post.set_text(source, rendered)
            post.save(update_fields=["source", "html", "excerpt"])
