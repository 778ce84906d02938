"""Deleting an account permanently: name, address, and everything that is the member's alone.

Their posts stay, unless they are deleted too, under a name that says nothing. This is part of a
transaction: the caller has locked the person and the threads that `naming` leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, product

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.mail import EmailMessage
from django.db.models import Q
from django.utils.translation import gettext as _

from forum.actions.accounts import end_sessions
from forum.actions.outbox import queue_message
from forum.actions.quote_sources import find_again
from forum.markup.mentions import can_end_at
from forum.markup.redaction import forms_of_name, renamed
from forum.markup.rendered_post import render
from forum.models import (
    Appeal,
    Bookmark,
    Bounce,
    Draft,
    FeedToken,
    Ignore,
    MailSettings,
    Mention,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    Notification,
    NotificationMail,
    OutgoingMail,
    PendingPost,
    Post,
    RateLimit,
    ReadMark,
    ReadState,
    ReceivedMail,
    Report,
    Restriction,
    Revision,
    Role,
    Subscription,
    User,
)
from forum.models.accounts import FORMER, hash_of_name, known_names
from forum.moderation.audit_log import Effect
from forum.moderation.erasure.purge import empty_pending_post, reword_begun

# Rows that belong to the member alone, or to what others chose about them, by the field that names
# the member.
THEIRS = (
    (EmailAddress, "user"),
    (Role, "person"),
    (Restriction, "person"),
    (Bookmark, "member"),
    (Draft, "member"),
    (ReceivedMail, "member"),
    (Notification, "member"),
    (ModerationNotification, "member"),
    (NotificationMail, "member"),
    (MailSettings, "member"),
    (Bounce, "member"),
    (FeedToken, "member"),
    (ReadState, "member"),
    (ReadMark, "member"),
    (Ignore, "member"),
    (Ignore, "ignored"),
    (Subscription, "member"),
    (LogEntry, "user"),
)


def naming(person: User) -> set[int]:
    """Return the posts that contain a member's name, in threads that mention or involve them."""
    mentioned = Post.objects.order_by().filter(mentions__person=person).values("thread")
    written = Post.objects.order_by().filter(author=person).values("thread")
    at_name = _sources_with(person.username)
    there = Q(post__thread__in=mentioned) | Q(post__thread__in=written)
    return set(Revision.objects.filter(at_name & there).values_list("post", flat=True))


def _sources_with(name: str) -> Q:
    """Return the condition that a source has that name after an at sign, in any form."""
    wanted = Q()
    for at, form in product("@＠", forms_of_name(name)):
        wanted |= Q(source__icontains=f"{at}{form}")
    return wanted


def _renaming(person: User, new: str) -> Callable[[str], str]:
    """Return the function that puts `new` in the place of a member's name in a text."""
    old = person.username
    others = User.objects.name_starts_with(old).exclude(pk=person.pk)
    names = others.values_list("username", flat=True)
    longer = [name for name in names if can_end_at(name, len(old))]
    return lambda text: renamed(text, old, new, longer)


def anonymise(
    person: User, named_in: Iterable[Post], action: ModerationAction, *, with_posts: bool
) -> Effect:
    """Erase an account and return the effect. Nobody can log in to it any more."""
    old, new = person.username, _free_name(person)
    _send_receipt(person, with_posts=with_posts)
    rename = _renaming(person, new)
    find_again([each for post in named_in for each in _rename_in(post, old, rename)])
    Mention.objects.filter(person=person).update(name=new)
    mine = PendingPost.objects.filter(author=person)
    # Approved ones are posts, which are erased elsewhere.
    empty_pending_post(mine if with_posts else mine.exclude(state=PendingPost.State.APPROVED))
    at_name = _sources_with(old)
    begun: Iterator[Draft | PendingPost] = chain(
        Draft.objects.filter(at_name), PendingPost.objects.filter(at_name)
    )
    for draft in begun:
        reword_begun(draft, rename(draft.source))
    # Mail programs write the name of whom one replies to above what was left out.
    ReceivedMail.objects.filter(left_out__icontains=old).update(left_out="", lines_left_out=0)
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
    person.stopped_email = person.mail_stop = ""
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
    )
    queue_message(message, is_last=True)


def _rename_in(post: Post, old: str, rename: Callable[[str], str]) -> Iterator[Revision]:
    """Replace the member's name in a post and all its revisions."""
    for quote in post.quotes.filter(words__icontains=old):
        quote.words = rename(quote.words)
        quote.save(update_fields=["words"])
    for revision in post.revisions.all():
        source = rename(revision.source)
        if source == revision.source:
            continue
        rendered = render(source, known_names)
        revision.source, revision.plain = source, rendered.plain
        revision.quoted = list(rendered.quoted)
        revision.save(update_fields=["source", "plain", "quoted"])
        yield revision
        if revision.number == post.latest_number:
            post.set_text(source, rendered)
            post.save(update_fields=["source", "html", "excerpt"])
