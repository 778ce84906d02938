"""Removing a post with everything below it, and bringing that back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

from forum.actions.acts import How, Outcome, Several, check_seen, record_of, whole_of, write
from forum.actions.states import HIDDEN, lock_posts
from forum.models import ModerationEffect, Post
from forum.models.acts import Act
from forum.models.version_tokens import branch_stamp_of


@Several
def remove_branch(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Hide a post with everything below it: one record. Inverse: `restore_branch`.

    What is hidden already, or deleted, stays as it is and is no part of it.
    """
    return _change(Act.REMOVE_BRANCH, posts, True, _can_be_hidden, **how)


@Several
def restore_branch(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Show again what was removed together with a post. Inverse: `remove_branch`."""
    return _change(Act.RESTORE_BRANCH, posts, False, _was_hidden_with, **how)


def _can_be_hidden(_head: Post, post: Post) -> bool:
    return not post.is_hidden and not post.is_deleted


def _was_hidden_with(head: Post, post: Post) -> bool:
    return post.is_hidden and post.hidden_action_id == head.hidden_action_id


def _change(
    act: Act,
    heads: Sequence[Post],
    hidden: bool,
    belongs: Callable[[Post, Post], bool],
    **how: Unpack[How],
) -> Outcome:
    outcome = Outcome()
    fresh = lock_posts([head.pk for head in heads])
    branches = {
        head.pk: list(Post.objects.branch_of(head).values_list("pk", flat=True)) for head in fresh
    }
    posts = {post.pk: post for post in lock_posts({pk for ids in branches.values() for pk in ids})}
    owners = ModerationEffect.objects.owners(HIDDEN.kind, list(posts), HIDDEN.key)
    chosen: dict[int, Post] = {}
    for pk, ids in branches.items():
        head = posts[pk]
        mine = {each: posts[each] for each in ids if belongs(head, posts[each])}
        permission = HIDDEN.may(how["actor"], head)
        if permission.error:
            outcome.refused.append((head, permission.error))
        elif mine:
            outcome.done.append(head)
            chosen |= mine
        else:
            outcome.already.append((head, record_of(owners.get(pk))))
    if chosen:
        heads = [posts[pk] for pk in branches]
        check_seen(heads, how.get("seen"), branch_stamp_of, among=list(posts.values()))
        together = list(chosen.values())
        outcome.action = write(
            act,
            [(HIDDEN, [(post, hidden) for post in together])],
            undoes=None if hidden else whole_of(HIDDEN, owners, together),
            actor=how["actor"],
            reason=how["reason"],
            note=how.get("note", ""),
        )
    return outcome
