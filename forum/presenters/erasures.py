"""The extent of a permanent deletion, counted before anybody confirms it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import (
    Draft,
    Erasure,
    Mention,
    ModerationNotification,
    Notification,
    Post,
    Quote,
    User,
)
from forum.models.posts import PostQuerySet
from forum.presenters.counts import posts, threads


def extent_of(asked: Erasure) -> str:
    """Describe the extent of a request."""
    if asked.post:
        return extent_of_post(asked.post)
    assert asked.person
    return _of_account(asked.person, with_posts=asked.with_posts)


def extent_of_post(post: Post) -> str:
    """Describe the extent of erasing a post.

    “1 post in 1 thread with every version, and their words in 2 other posts. 5 replies stay”.
    """
    answers = Post.objects.below(post).not_deleted().count()
    replies = ngettext("%(count)d reply stays", "%(count)d replies stay", answers)
    said = [_what_they_say(Post.objects.order_by().filter(pk=post.pk))]
    return ". ".join([*said, replies % {"count": answers}])


def extent_of_account(person: User) -> str:
    """Describe the extent of erasing an account, with its posts if these are chosen."""
    account = _of_account(person, with_posts=False)
    written = _what_they_say(_written_by(person))
    return _("%(account)s. If you choose so, also %(posts)s") % {
        "account": account,
        "posts": written,
    }


def _of_account(person: User, *, with_posts: bool) -> str:
    mentions = Mention.objects.filter(person=person).count()
    notifications = (
        Notification.objects.filter(member=person).count()
        + ModerationNotification.objects.filter(member=person).count()
    )
    drafts = Draft.objects.filter(member=person).count()
    counted = (
        (drafts, ngettext("%(count)d draft", "%(count)d drafts", drafts)),
        (
            notifications,
            ngettext("%(count)d notification", "%(count)d notifications", notifications),
        ),
        (
            mentions,
            ngettext("the name in %(count)d mention", "the name in %(count)d mentions", mentions),
        ),
    )
    parts = [
        _("the name, the e-mail address and everything else in the account"),
        *(words % {"count": count} for count, words in counted if count),
    ]
    written = _written_by(person)
    if with_posts:
        parts.append(_what_they_say(written))
    stays = [] if with_posts else _what_stays(written.count())
    return ". ".join([", ".join(parts), *stays])


def _what_stays(count: int) -> list[str]:
    """Return a sentence about the posts that stay; empty if none do."""
    words = ngettext(
        "%(posts)s stays, under another name", "%(posts)s stay, under another name", count
    )
    return [words % {"posts": posts(count)}] if count else []


def _written_by(person: User) -> PostQuerySet:
    return Post.objects.order_by().filter(author=person, erased_action=None)


def _what_they_say(erased: PostQuerySet) -> str:
    quoting = Quote.objects.filter(source_post__in=erased).exclude(post__in=erased)
    count = quoting.order_by().values("post").distinct().count()
    quotes = ngettext(
        "quotes of them in %(count)d other post", "quotes of them in %(count)d other posts", count
    )
    return _("%(posts)s in %(threads)s with all earlier versions, and %(quotes)s") % {
        "posts": posts(erased.count()),
        "threads": threads(erased.values("thread").distinct().count()),
        "quotes": quotes % {"count": count},
    }
