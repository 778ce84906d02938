"""Forms for moving, splitting, merging and retitling, and the notices that readers see."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import reply_to
from forum.models import ModerationAction, ModerationNotification, Post, Thread
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.undo import undo
from tests.html import Page

REASON = {"reason": "about ivy"}


def fresh(row):
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def place(other_thread):
    """Return the opening post of another thread, to move to."""
    return Post.objects.get(thread=other_thread, parent=None)


@pytest.mark.parametrize("written", ["{pk}", "#p{pk}", "https://x.example/p/{pk}/", " /p/{pk} "])
def test_branch_is_moved_to_a_post_given_by_link_or_number(as_carol, reply, place, written):
    address = reverse("post-move", args=[reply.pk])
    form = REASON | {"to": written.format(pk=place.pk)}
    for _twice in range(2):
        assert as_carol.post(address, form).status_code == 303
    assert fresh(reply).parent == place
    assert ModerationAction.objects.count() == 1


def test_fragment_of_a_thread_link_names_the_post(as_carol, reply, other_thread, place):
    form = REASON | {"to": f"https://x.example{other_thread.get_absolute_url()}?at=p1#p{place.pk}"}
    assert as_carol.post(reverse("post-move", args=[reply.pk]), form).status_code == 303
    assert fresh(reply).parent == place


@pytest.mark.parametrize("to", ["", "nowhere", "999999", "9" * 40, "p0", "<b>1</b>"])
def test_invalid_destination_shows_an_error_and_keeps_the_reason(as_carol, reply, to):
    response = as_carol.post(reverse("post-move", args=[reply.pk]), REASON | {"to": to})
    assert response.status_code == 422
    assert "about ivy" in response.content.decode()
    assert not ModerationAction.objects.exists()


def test_branch_cannot_be_moved_below_itself_or_where_it_is(as_carol, reply, alice):
    below = reply_to(reply, author=alice, source="Below.")
    for to in (reply, below, reply.parent):
        form = REASON | {"to": str(to.pk)}
        assert as_carol.post(reverse("post-move", args=[reply.pk]), form).status_code == 422
    assert not ModerationAction.objects.exists()


def test_move_notifies_all_authors_and_both_threads_show_it(
    visitor, reply, place, other_thread, alice, bob, carol
):
    source = reply.thread
    reply_to(reply, author=alice, source="Below.")
    action = move_branch(reply, to=place, actor=carol, reason="about ivy")
    assert {notification.member for notification in ModerationNotification.objects.all()} == {
        alice,
        bob,
    }
    away, here = (Page(visitor.get(thread.get_absolute_url())) for thread in (source, other_thread))
    assert f"2 posts moved to {other_thread.title}: about ivy" in away.text
    assert away.link(other_thread.title)["href"] == f"/p/{reply.pk}/"
    assert f"2 posts moved here from {source.title}: about ivy" in here.text
    assert here.link(source.title)["href"] == f"/t/{source.pk}/"
    for page in (away, here):
        assert action.get_absolute_url() in page.addresses
    assert visitor.get(f"/p/{reply.pk}/").url.startswith(other_thread.get_absolute_url())
    undo(action, actor=carol, reason="a mistake")
    for thread in (source, other_thread):
        assert "about ivy" not in visitor.get(thread.get_absolute_url()).content.decode()


def test_branch_is_split_off_once_with_the_given_title(as_carol, reply, other_board):
    address = reverse("post-split", args=[reply.pk])
    form = REASON | {"title": "Wet <bricks>", "board": other_board.pk}
    for _twice in range(2):
        assert as_carol.post(address, form).status_code == 303
    thread = Thread.objects.get(title="Wet <bricks>")
    assert thread.board == other_board
    assert fresh(reply).thread == thread
    assert as_carol.post(address, REASON | {"title": " "}).status_code == 422


def test_address_of_merged_thread_redirects_to_the_other_thread(
    as_carol, visitor, thread, reply, other_thread
):
    form = REASON | {"into": f"https://x.example{other_thread.get_absolute_url()}#p3"}
    for _twice in range(2):
        response = as_carol.post(reverse("thread-merge", args=[thread.pk]), form)
        assert response.status_code == 303
    assert visitor.get(thread.get_absolute_url()).url.startswith(other_thread.get_absolute_url())
    assert ModerationAction.objects.count() == 1
    response = as_carol.post(
        reverse("thread-merge", args=[other_thread.pk]), REASON | {"into": str(other_thread.pk)}
    )
    assert response.status_code == 422


def test_title_change_can_be_undone(as_carol, visitor, thread, alice, carol):
    old = thread.get_absolute_url()
    address = reverse("thread-retitle", args=[thread.pk])
    assert as_carol.post(address, REASON | {"title": "Moss & bricks"}).status_code == 303
    assert visitor.get(old).status_code == 301
    assert ModerationNotification.objects.get().member == alice
    undo(ModerationAction.objects.get(), actor=carol, reason="the old one was better")
    assert visitor.get(old).status_code == 200
    for title in ("", " \u200b", "x" * 121):
        assert as_carol.post(address, REASON | {"title": title}).status_code == 422


def test_addresses_of_a_moved_post_in_its_old_thread_lead_on(
    visitor, reply, place, other_thread, alice, carol
):
    old = reply.thread.get_absolute_url()
    below = reply_to(reply, author=alice, source="Below.")
    move_branch(reply, to=place, actor=carol, reason="about ivy")
    for post in (reply, below):
        moved_on = visitor.get(f"{old}?at=p{post.pk}")
        assert moved_on.status_code == 301
        assert moved_on.url == f"{other_thread.get_absolute_url()}#p{post.pk}"
    assert visitor.get(f"{old}?at=p{place.pk + 999}").status_code == 404


def test_address_in_a_merged_thread_leads_to_where_the_post_went_next(
    visitor, thread, reply, place, other_thread, carol, as_carol, other_board
):
    as_carol.post(reverse("thread-merge", args=[thread.pk]), REASON | {"into": other_thread.pk})
    form = REASON | {"title": "Once more", "board": other_board.pk}
    as_carol.post(reverse("post-split", args=[reply.pk]), form)
    found = visitor.get(f"{thread.get_absolute_url()}?at=p{reply.pk}", follow=True)
    assert found.redirect_chain[-1][0].endswith(f"#p{reply.pk}")
    assert "Once more" in Page(found).headings


def test_note_of_a_move_does_not_name_a_thread_that_is_gone(
    visitor, as_carol, reply, place, other_thread, carol
):
    source = reply.thread
    action = move_branch(reply, to=place, actor=carol, reason="about ivy")
    remove_thread(other_thread, actor=carol, reason="spam")
    for address in (source.get_absolute_url(), action.get_absolute_url()):
        assert other_thread.title not in Page(visitor.get(address)).text
        assert other_thread.title in Page(as_carol.get(address)).text
    assert "moved to another thread" in Page(visitor.get(source.get_absolute_url())).text
    assert visitor.get(f"{source.get_absolute_url()}?at=p{reply.pk}").status_code == 404


def test_note_of_a_move_within_a_thread_leads_to_the_branch(visitor, reply, opening, alice, carol):
    answer = reply_to(opening, author=alice, source="Another branch.")
    move_branch(reply, to=answer, actor=carol, reason="an answer to that")
    page = Page(visitor.get(reply.thread.get_absolute_url()))
    assert "A branch moved within this thread: an answer to that" in page.text
    assert page.link("A branch")["href"] == f"/p/{reply.pk}/"
