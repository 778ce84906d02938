"""Moving, splitting, merging and retitling by plain forms, and what readers are told of it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import reply_to
from forum.models import ModerationAction, ModerationNotification, Post, Thread
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.undo import undo

WHY = {"reason": "about ivy"}


def fresh(row):
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def place(other):
    """Where to: the opening post of another thread."""
    return Post.objects.get(thread=other, parent=None)


@pytest.mark.parametrize("written", ["{pk}", "#p{pk}", "https://x.example/p/{pk}/", " /p/{pk} "])
def test_branch_is_moved_to_a_link_or_a_number(as_carol, reply, place, written):
    address = reverse("post-move", args=[reply.pk])
    form = WHY | {"to": written.format(pk=place.pk)}
    for _twice in range(2):
        assert as_carol.post(address, form).status_code == 303
    assert fresh(reply).parent == place
    assert ModerationAction.objects.count() == 1


def test_a_link_in_its_thread_names_the_post_at_its_end(as_carol, reply, other, place):
    form = WHY | {"to": f"https://x.example{other.get_absolute_url()}?at=p1#p{place.pk}"}
    assert as_carol.post(reverse("post-move", args=[reply.pk]), form).status_code == 303
    assert fresh(reply).parent == place


@pytest.mark.parametrize("to", ["", "nowhere", "999999", "9" * 40, "p0", "<b>1</b>"])
def test_no_such_place_is_said_and_the_reason_kept(as_carol, reply, to):
    answer = as_carol.post(reverse("post-move", args=[reply.pk]), WHY | {"to": to})
    assert answer.status_code == 422
    assert "about ivy" in answer.content.decode()
    assert not ModerationAction.objects.exists()


def test_a_knot_is_refused(as_carol, reply, alice):
    below = reply_to(reply, author=alice, source="Below.")
    for to in (reply, below, reply.parent):
        form = WHY | {"to": str(to.pk)}
        assert as_carol.post(reverse("post-move", args=[reply.pk]), form).status_code == 422
    assert not ModerationAction.objects.exists()


def test_everybody_in_the_branch_is_told_and_both_threads_say_it(
    visitor, reply, place, other, alice, bob, carol
):
    source = reply.thread
    reply_to(reply, author=alice, source="Below.")
    action = move_branch(reply, to=place, actor=carol, reason="about ivy")
    assert {notification.member for notification in ModerationNotification.objects.all()} == {
        alice,
        bob,
    }
    for thread in (source, other):
        page = visitor.get(thread.get_absolute_url()).content.decode()
        assert "A moderator moved a branch: about ivy" in page
        assert action.get_absolute_url() in page
    assert visitor.get(f"/p/{reply.pk}/").url.startswith(other.get_absolute_url())
    undo(action, actor=carol, reason="a mistake")
    for thread in (source, other):
        assert "moved a branch" not in visitor.get(thread.get_absolute_url()).content.decode()


def test_branch_is_split_off_once_with_its_title(as_carol, reply, elsewhere):
    address = reverse("post-split", args=[reply.pk])
    form = WHY | {"title": "Wet <bricks>", "board": elsewhere.pk}
    for _twice in range(2):
        assert as_carol.post(address, form).status_code == 303
    thread = Thread.objects.get(title="Wet <bricks>")
    assert thread.board == elsewhere
    assert fresh(reply).thread == thread
    assert as_carol.post(address, WHY | {"title": " "}).status_code == 422


def test_thread_is_merged_and_its_address_leads_on(as_carol, visitor, thread, reply, other):
    form = WHY | {"into": f"https://x.example{other.get_absolute_url()}#p3"}
    for _twice in range(2):
        answer = as_carol.post(reverse("thread-merge", args=[thread.pk]), form)
        assert answer.status_code == 303
    assert visitor.get(thread.get_absolute_url()).url.startswith(other.get_absolute_url())
    assert ModerationAction.objects.count() == 1
    bad = as_carol.post(reverse("thread-merge", args=[other.pk]), WHY | {"into": str(other.pk)})
    assert bad.status_code == 422


def test_title_is_changed_and_set_back(as_carol, visitor, thread, alice, carol):
    old = thread.get_absolute_url()
    address = reverse("thread-retitle", args=[thread.pk])
    assert as_carol.post(address, WHY | {"title": "Moss & bricks"}).status_code == 303
    assert visitor.get(old).status_code == 301
    assert ModerationNotification.objects.get().member == alice
    undo(ModerationAction.objects.get(), actor=carol, reason="the old one was better")
    assert visitor.get(old).status_code == 200
    for title in ("", " \u200b", "x" * 121):
        assert as_carol.post(address, WHY | {"title": title}).status_code == 422
