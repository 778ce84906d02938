"""Undoing the deletion of one's own post."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.reports import report_post
from forum.models import Case, Post, Report, Revision, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from tests.html import Page


def delete(client: Client, post: Post) -> Page:
    return Page(client.post(f"/p/{post.pk}/delete/", follow=True))


def undo(client: Client, post: Post) -> int:
    return client.post(f"/p/{post.pk}/undelete/").status_code


def state_of(post: Post) -> dict[str, object]:
    """Return everything that a deletion changes, but for the number of the last change."""
    thread = Thread.objects.filter(pk=post.thread_id).values().get()
    row = Post.objects.filter(pk=post.pk).values().get()
    del thread["next_number"], row["changed_number"]
    return {"thread": thread, "post": row, "texts": list(post.revisions.values())}


def test_button_after_deleting_brings_the_post_back(
    as_bob: Client, visitor: Client, reply: Post
) -> None:
    before = state_of(reply)
    page = delete(as_bob, reply)
    form = page.form("Undo")
    assert form.action == f"/p/{reply.pk}/undelete/"
    answer = as_bob.post(form.action, follow=True)
    assert Page(answer).messages == ["Restored."]
    assert state_of(reply) == before
    assert "stay wet all winter" in Page(visitor.get(reply.thread.get_absolute_url()))


def test_pressed_twice_changes_nothing_more(as_bob: Client, reply: Post) -> None:
    before = state_of(reply)
    delete(as_bob, reply)
    assert undo(as_bob, reply) == 302
    assert undo(as_bob, reply) == 302
    assert state_of(reply) == before


def test_thread_comes_back_with_its_opening_post(
    as_alice: Client, visitor: Client, opening: Post
) -> None:
    before = state_of(opening)
    as_alice.post(f"/p/{opening.pk}/delete/")
    assert visitor.get(opening.thread.get_absolute_url()).status_code == 404
    assert undo(as_alice, opening) == 302
    assert state_of(opening) == before
    assert visitor.get(opening.thread.get_absolute_url()).status_code == 200


def test_reports_stay_open_while_a_post_is_deleted(
    as_bob: Client, reply: Post, alice: User
) -> None:
    report_post(reply, actor=alice, reason=Report.Reason.SPAM)
    delete(as_bob, reply)
    assert Report.objects.open().get().post_id == reply.pk
    undo(as_bob, reply)
    assert Report.objects.open().get().post_id == reply.pk
    assert Case.objects.open().get().post_id == reply.pk
    assert not alice.moderation_notifications.exists()


def test_hidden_post_stays_hidden(as_bob: Client, reply: Post, carol: User) -> None:
    hide_post(reply, actor=carol, reason="rude")
    before = state_of(reply)
    delete(as_bob, reply)
    assert undo(as_bob, reply) == 302
    assert state_of(reply) == before


@pytest.mark.parametrize("who", ["as_alice", "as_carol", "as_erin"])
def test_nobody_undoes_it_for_others(
    request: pytest.FixtureRequest, as_bob: Client, reply: Post, who: str
) -> None:
    delete(as_bob, reply)
    assert undo(request.getfixturevalue(who), reply) == 404
    assert Post.objects.get(pk=reply.pk).is_deleted


def test_it_can_be_undone_where_nothing_else_is_left_to_see(
    as_bob: Client, opening: Post, reply: Post, carol: User
) -> None:
    hide_post(opening, actor=carol, reason="rude")
    delete(as_bob, reply)
    assert undo(as_bob, reply) == 302
    assert not Post.objects.get(pk=reply.pk).is_deleted


def test_it_can_be_undone_for_a_day(as_bob: Client, visitor: Client, reply: Post) -> None:
    delete(as_bob, reply)
    address = f"/p/{reply.pk}/"
    assert Page(as_bob.get(address)).has(f'form[action="{address}undelete/"]')
    assert not Page(visitor.get(address)).has(f'form[action="{address}undelete/"]')
    day_ago = timezone.now() - timedelta(hours=24, minutes=1)
    Post.objects.filter(pk=reply.pk).update(deleted_at=day_ago)
    assert not Page(as_bob.get(address)).has(f'form[action="{address}undelete/"]')
    assert undo(as_bob, reply) == 410
    assert Post.objects.get(pk=reply.pk).is_deleted


def test_replies_quotes_and_versions_are_as_before(
    as_bob: Client, visitor: Client, reply: Post, alice: User, bob: User
) -> None:
    edit_post(reply, actor=bob, source="Only where the bricks stay wet all winter, I think.")
    reply_to(reply, author=alice, source="> where the bricks stay wet all winter\n\nI see.")
    address = reply.thread.get_absolute_url()
    before = Page(visitor.get(address)).find("main").text
    delete_post(reply, actor=bob)
    assert "I think" not in Page(visitor.get(address))
    undo(as_bob, reply)
    assert Page(visitor.get(address)).find("main").text == before
    assert Revision.objects.filter(post=reply).exists()
