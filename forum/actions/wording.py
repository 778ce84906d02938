"""Changing what somebody else wrote, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from forum.actions.acts import How, Outcome, Several, check_seen, record_of
from forum.actions.posts import PreparedPost, rendered_post, revise
from forum.actions.quotes import find_sources
from forum.actions.read_state import mark_own_post_read
from forum.actions.records import Concerned, close_record, open_record
from forum.actions.states import WORDING, lock_posts
from forum.lib.text import clean_source
from forum.models import ModerationEffect, Post
from forum.models.acts import Act
from forum.permissions import can_edit_as_moderator


@Several
def edit_with_reason(posts: Sequence[Post], *, source: str, **how: Unpack[How]) -> Outcome:
    """Let one post say `source`, for everybody to see that a moderator changed it.

    The same text again changes nothing. Inverse: `undo`.
    """
    source = clean_source(source)
    rendered = rendered_post(source)
    outcome = Outcome()
    (post,) = lock_posts([post.pk for post in posts])
    can_edit_as_moderator(how["actor"], post).enforce()
    before = post.latest_revision()
    if before.source == source:
        owners = ModerationEffect.objects.owners(WORDING.kind, [post.pk], WORDING.key)
        outcome.already.append((post, record_of(owners.get(post.pk))))
        return outcome
    check_seen([post], how.get("seen"))
    quotes = find_sources(rendered, reader=post.author, parent=post.parent, exclude=post)
    concerned = Concerned.actor([(WORDING.kind, post.pk, {}, {})])
    outcome.action = open_record(
        Act.EDIT_POST,
        actor=how["actor"],
        reason=how["reason"],
        note=how.get("note", ""),
        concerned=concerned,
    )
    after = revise(post, PreparedPost(source, rendered, quotes), editor=how["actor"])
    post.edited_action = outcome.action
    post.save(update_fields=["edited_action"])
    mark_own_post_read(post, member=how["actor"])
    effect = (WORDING.kind, post.pk, {WORDING.key: before.pk}, {WORDING.key: after.pk})
    close_record(outcome.action, [effect], concerned)
    outcome.done.append(post)
    return outcome
