"""Threads that are taken away: removed, emptied by hiding their posts, or unlisted."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.errors import Gone
from forum.models import Case, ModerationAction, Post, Report, Thread
from forum.moderation.actions.branch_hiding import remove_branch, restore_branch
from forum.moderation.actions.branch_moves import merge_thread
from forum.moderation.actions.listing import list_thread, unlist_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread, restore_thread
from forum.moderation.undo import undo
from forum.permissions import can_reply
from tests.html import Page, press

WHY = {"reason": "selling pills"}


@pytest.fixture
def spam(board, bob):
    return start_thread(board, author=bob, title="Cheap pills", source="Buy these.")


@pytest.fixture
def pills(spam):
    return Post.objects.get(thread=spam)


def listed(client, board):
    """Return the titles on the board's page and on the front page."""
    pages = [Page(client.get(board.get_absolute_url())), Page(client.get("/"))]
    return [set(page.texts("h2.h")) for page in pages]


def is_listed(client, thread):
    on_board, on_front_page = listed(client, thread.board)
    assert (thread.title in on_board) == (thread.title in on_front_page)
    return thread.title in on_board


@pytest.mark.parametrize("take_away", [remove_branch, hide_post])
def test_thread_without_a_visible_post_is_listed_to_moderators_and_its_author_only(
    take_away, spam, pills, visitor, as_alice, as_bob, as_carol, carol
):
    action = take_away(pills, actor=carol, **WHY)
    assert not is_listed(visitor, spam)
    assert not is_listed(as_alice, spam)
    for client in (as_bob, as_carol):
        assert spam.title in listed(client, spam.board)[0]
    undo(action, actor=carol, reason="a mistake")
    assert is_listed(visitor, spam)


def test_opening_post_removed_with_its_branch_takes_the_thread_and_brings_it_back(
    spam, pills, alice, carol, visitor
):
    answer = reply_to(pills, author=alice, source="Go away.")
    remove_branch(pills, actor=carol, **WHY)
    assert not is_listed(visitor, spam)
    assert visitor.get(answer.get_absolute_url()).status_code == 410
    restore_branch(pills, actor=carol, reason="a mistake")
    assert is_listed(visitor, spam)


def test_hidden_opening_post_leaves_a_thread_with_other_posts(spam, pills, alice, carol, visitor):
    reply_to(pills, author=alice, source="An answer that stands.")
    hide_post(pills, actor=carol, **WHY)
    assert is_listed(visitor, spam)


def test_hidden_post_does_not_date_a_thread(spam, pills, alice, bob, carol):
    answer = reply_to(pills, author=alice, source="First.")
    latest = reply_to(pills, author=bob, source="Buy!")
    hide_post(latest, actor=carol, **WHY)
    spam.refresh_from_db()
    assert (spam.last_post, spam.last_post_at) == (answer, answer.created_at)


def test_removed_thread_is_gone_with_title_posts_and_counts(
    spam, pills, alice, carol, visitor, as_alice, as_carol
):
    answer = reply_to(pills, author=alice, source="Lovely pills, all of them.")
    remove_thread(spam, actor=carol, **WHY)
    assert not is_listed(visitor, spam)
    for client in (visitor, as_alice):
        for address in (spam.get_absolute_url(), f"/t/{spam.pk}/", pills.get_absolute_url()):
            gone = client.get(address)
            assert gone.status_code == 410
            assert spam.title not in Page(gone).text
            assert WHY["reason"] in Page(gone).text
        assert "0 threads" in Page(client.get("/u/bob/")).text
        assert spam.title not in Page(client.get("/u/alice/")).text
    # Whoever wrote in it still reads their own words, as those of a hidden post.
    assert answer.excerpt in Page(as_alice.get(answer.get_absolute_url())).text
    assert answer.excerpt not in Page(visitor.get(answer.get_absolute_url())).text
    shown = Page(as_carol.get(spam.get_absolute_url()))
    assert spam.title in shown.headings
    assert f"Removed by a moderator of Gardens: {WHY['reason']}" in shown.text


def test_author_of_a_removed_thread_reads_it_appeals_and_does_not_write_in_it(
    spam, pills, alice, bob, carol, as_bob
):
    reply_to(pills, author=alice, source="An answer by alice.")
    action = remove_thread(spam, actor=carol, **WHY)
    page = Page(as_bob.get(spam.get_absolute_url()))
    assert "An answer by alice." in page.text
    assert f"/log/{action.pk}/appeal/" in page.addresses
    spam.refresh_from_db()
    assert isinstance(can_reply(bob, spam).error, Gone)
    assert as_bob.get(f"/p/{pills.pk}/reply/").status_code == 410


def test_removing_a_thread_closes_the_cases_in_it_and_restoring_opens_them(
    spam, pills, alice, carol, erin
):
    answer = reply_to(pills, author=alice, source="Rude.")
    for post in (pills, answer):
        report_post(post, actor=erin, reason="spam")
    remove_thread(spam, actor=carol, **WHY)
    assert not Case.objects.open().exists()
    assert set(Report.objects.values_list("outcome", flat=True)) == {Report.Outcome.ACTED}
    restore_thread(spam, actor=carol, reason="a mistake")
    assert Case.objects.open().count() == 2


def test_restoring_a_thread_leaves_posts_hidden_that_were_hidden_before(
    spam, pills, alice, carol, visitor
):
    answer = reply_to(pills, author=alice, source="Rude.")
    hide_post(answer, actor=carol, reason="rude")
    action = remove_thread(spam, actor=carol, **WHY)
    undo(action, actor=carol, reason="a mistake")
    assert is_listed(visitor, spam)
    answer.refresh_from_db()
    assert answer.is_hidden


def test_several_threads_are_removed_from_the_admin_with_one_entry_and_counts(
    spam, thread, reply, carol, as_carol, visitor
):
    changes = reverse("admin:forum_thread_changelist")
    sent = as_carol.post(changes, {"action": "remove", "_selected_action": [spam.pk, thread.pk]})
    page = Page(as_carol.get(sent["Location"]))
    assert "This affects 2 threads with 3 posts by 2 people." in page.text
    done = press(as_carol, sent["Location"], "Remove thread", **WHY)
    assert "2 threads removed." in str(*get_messages(done.wsgi_request))
    assert ModerationAction.objects.count() == 1
    assert listed(visitor, thread.board) == [set(), set()]


def test_removed_thread_is_in_the_public_log_without_its_title(spam, carol, visitor):
    action = remove_thread(spam, actor=carol, **WHY)
    for address in ("/log/", f"/log/{action.pk}/"):
        page = Page(visitor.get(address))
        assert "removed a thread" in page.text
        assert spam.title not in page.text


def test_links_into_a_removed_thread_do_not_spell_its_title(spam, thread, carol, visitor):
    merge_thread(thread, into=spam, actor=carol, reason="the same")
    remove_thread(spam, actor=carol, **WHY)
    answer = visitor.get(thread.get_absolute_url())
    assert spam.slug not in answer["Location"]
    assert visitor.get(answer["Location"]).status_code == 410


def test_title_of_a_thread_merged_into_a_removed_one_is_not_in_the_log(
    spam, thread, carol, visitor, as_carol
):
    action = merge_thread(spam, into=thread, actor=carol, reason="the same")
    entry = action.get_absolute_url()
    assert spam.title in Page(visitor.get(entry)).text
    remove_thread(Thread.objects.get(pk=thread.pk), actor=carol, **WHY)
    for address in (entry, "/log/"):
        assert spam.title not in Page(visitor.get(address)).text
    assert spam.title in Page(as_carol.get(entry)).text


def test_preview_of_a_post_in_a_removed_thread_is_a_fragment(spam, pills, carol, visitor):
    remove_thread(spam, actor=carol, **WHY)
    answer = visitor.get(pills.get_absolute_url(), HTTP_HX_REQUEST="true")
    assert answer.status_code == 410
    assert Page(answer).text == "A removed post"


def test_undeleting_a_post_in_a_removed_thread_does_not_spell_its_title(
    spam, pills, alice, carol, as_alice
):
    answer = reply_to(pills, author=alice, source="Go away.")
    reply_to(answer, author=carol, source="Calm down.")
    delete_post(answer, actor=alice)
    remove_thread(spam, actor=carol, **WHY)
    undeleted = as_alice.post(f"{answer.get_absolute_url()}undelete/")
    assert spam.slug not in undeleted["Location"]


def test_log_is_no_list_of_unlisted_threads(spam, carol, visitor, as_alice, as_bob, as_carol):
    entry = unlist_thread(spam, actor=carol, **WHY).get_absolute_url()
    for address in ("/log/", entry):
        for client in (visitor, as_alice):
            page = Page(client.get(address))
            assert "unlisted a thread" in page.text
            assert spam.title not in page.text
            assert not any(spam.slug in found for found in page.addresses)
        for client in (as_bob, as_carol):
            assert spam.title in Page(client.get(address)).text


def test_unlisted_thread_is_on_the_profile_for_its_author_and_moderators_only(
    spam, carol, bob, visitor, as_alice, as_bob, as_carol
):
    unlist_thread(spam, actor=carol, **WHY)
    for client in (visitor, as_alice):
        page = Page(client.get(bob.get_absolute_url()))
        assert "0 threads · 0 posts" in page.text
        assert "Buy these." not in page.text
    for client in (as_bob, as_carol):
        page = Page(client.get(bob.get_absolute_url()))
        assert "1 thread · 1 post" in page.text
        assert "Buy these." in page.text


def test_unlisted_thread_is_out_of_lists_and_open_at_its_address(
    spam, carol, visitor, as_bob, as_carol
):
    unlist_thread(spam, actor=carol, **WHY)
    for client in (visitor, as_bob):
        assert not is_listed(client, spam)
        assert client.get(spam.get_absolute_url()).status_code == 200
    assert spam.title in listed(as_carol, spam.board)[0]
    list_thread(Thread.objects.get(pk=spam.pk), actor=carol, reason="a mistake")
    assert is_listed(visitor, spam)


def test_board_shows_a_full_page_though_removed_threads_are_newer(
    board, alice, bob, carol, visitor
):
    kept = [start_thread(board, author=alice, title=f"Kept {n}", source="Words.") for n in range(3)]
    spam = [start_thread(board, author=bob, title=f"Pills {n}", source="Buy.") for n in range(40)]
    remove_thread.together(spam, actor=carol, **WHY)
    assert listed(visitor, board) == [{thread.title for thread in kept}] * 2


def test_inbox_and_header_agree_on_replies_in_a_removed_thread(spam, pills, alice, carol, as_bob):
    reply_to(pills, author=alice, source="Lovely pills.")
    assert "alice replied to you" in Page(as_bob.get("/inbox/")).text
    remove_thread(spam, actor=carol, **WHY)
    page = Page(as_bob.get("/inbox/"))
    assert "alice replied to you" not in page.text
    assert Page(as_bob.get("/")).link("Inbox 1")  # of the removal alone


def test_open_page_of_a_removed_thread_hears_that_it_is_gone(spam, carol, visitor):
    address = reverse("thread-arrivals", args=[spam.pk])
    after = Thread.objects.get(pk=spam.pk).next_number - 1
    assert visitor.get(address, {"after": after}, HTTP_HX_REQUEST="true").status_code == 204
    remove_thread(spam, actor=carol, **WHY)
    answer = visitor.get(address, {"after": after}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 410
    assert "This thread was removed." in answer.content.decode()
