"""Following and muting."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from forum.actions.transactions import RetryTransaction, retrying_transaction
from forum.errors import Invalid
from forum.models import Board, Post, Subscription, Tag, Thread, User
from forum.models.accounts import FollowOwnPosts
from forum.models.subscriptions import MAX_SUBSCRIPTIONS, SubscriptionTarget

# Nothing changes for who has chosen something for a branch around the post, or follows too much.
FOLLOW_SQL = """
INSERT INTO forum_subscription (member_id, branch_id, thread_id, state, each_post_by_mail)
SELECT %(member)s, %(post)s, %(thread)s, 'follow', false
 WHERE NOT EXISTS (
         SELECT FROM forum_subscription AS own JOIN forum_post AS head ON head.id = own.branch_id
          WHERE own.member_id = %(member)s AND own.thread_id = %(thread)s
            AND head.lft <= %(left)s AND head.rght >= %(right)s)
   AND (SELECT count(*) FROM (SELECT FROM forum_subscription
          WHERE member_id = %(member)s LIMIT %(most)s) AS own) < %(most)s
    ON CONFLICT DO NOTHING
"""


@retrying_transaction
def subscribe(target: SubscriptionTarget, choice: str, *, actor: User) -> str:
    """Follow, mute or stop, by the `choice`; return what was chosen before.

    A post stands for its branch, an opening post for its thread. Raises `Invalid` for anything
    else than a `Subscription.Choice`, and when the member follows and mutes too much; or `Busy`.
    """
    if choice not in Subscription.Choice:
        raise Invalid(_("Choose what to do: follow, mute or stop."))
    columns = _columns(target)
    # One after the other, so that the limit holds.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    mine = Subscription.objects.filter(member=actor)
    own = mine.filter(**columns).first()
    before = own.choice if own else Subscription.Choice.NONE
    if choice == Subscription.Choice.NONE:
        mine.filter(**columns).delete()
        return before
    if own is None and mine.count() >= MAX_SUBSCRIPTIONS:
        raise Invalid(
            _(
                "You follow and mute %(count)s things, as many as a member can. Stop some of them"
                " first, on the page “Following”."
            )
            % {"count": f"{MAX_SUBSCRIPTIONS:,}"}
        )
    state = (
        Subscription.State.MUTE if choice == Subscription.Choice.MUTE else Subscription.State.FOLLOW
    )
    Subscription.objects.update_or_create(
        member=actor,
        **columns,
        defaults={"state": state, "each_post_by_mail": choice == Subscription.Choice.MAIL},
    )
    return before


def _columns(target: SubscriptionTarget) -> dict[str, Any]:
    """Return the columns of a target. The thread of a post is locked: it does not move now."""
    if isinstance(target, Board):
        return {"board_id": target.pk}
    if isinstance(target, Tag):
        return {"tag_id": target.pk}
    Thread.objects.lock(target.thread_id)
    if not Post.objects.filter(pk=target.pk, thread=target.thread_id).exists():
        target.thread_id = Post.objects.values_list("thread_id", flat=True).get(pk=target.pk)
        raise RetryTransaction
    return {"branch_id": target.pk, "thread_id": target.thread_id}


def follow_own_post(post: Post, *, is_asked_for: bool) -> None:
    """Let a new post's author follow its branch, if that is their choice.

    The caller has locked the thread. `is_asked_for` counts for members who are asked each time.
    """
    wanted = post.author.follow_own_posts
    if wanted == FollowOwnPosts.NEVER or (wanted == FollowOwnPosts.ASK and not is_asked_for):
        return
    values = {
        "member": post.author_id,
        "post": post.pk,
        "thread": post.thread_id,
        "left": post.lft,
        "right": post.rght,
        "most": MAX_SUBSCRIPTIONS,
    }
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW_SQL, values)
