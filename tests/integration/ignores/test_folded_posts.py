"""Posts of ignored people are folded wherever they are shown; everything else stays as it is."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.actions.ignores import ignore_person, stop_ignoring
from forum.actions.posts import reply_to
from forum.actions.read_state import mark_revisions_read, mark_thread_read
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.models import Board, Case, Post, ReadState, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from forum.queries.read_state import replies_since
from tests.html import Element, Page

WORDS = "Only where the bricks stay wet"  # of bob's reply
FOLD = "details.ignored"


@pytest.fixture
def answer(reply: Post, alice: User) -> Post:
    """Post a reply of alice's to bob."""
    return reply_to(reply, author=alice, source="They do, on the north side.")


@pytest.fixture
def ignored(alice: User, bob: User) -> User:
    """Let alice ignore bob."""
    ignore_person(bob, actor=alice)
    return bob


def outside_folds(part: Element) -> str:
    """Return the text that is seen while all folds are closed."""
    text = part.text
    for fold in part.find_all(FOLD):
        hidden = fold.text.removeprefix(fold.find_all("summary")[0].text)
        text = text.replace(hidden, "")
    return text


def thread_page(client: Client, thread: Thread, query: str = "") -> Page:
    response = client.get(thread.get_absolute_url() + query)
    assert response.status_code == 200
    return Page(response)


def test_post_is_folded_in_its_place(answer: Post, reply: Post, ignored: User, as_alice: Client):
    page = thread_page(as_alice, reply.thread)
    fold = page.post(reply.pk).find(FOLD)
    assert fold.texts("summary") == ["Ignored post by bob Show"]
    assert "open" not in fold.attributes
    assert WORDS in fold.find(".text")
    assert page.parents[answer.pk] == reply.pk
    assert not page.post(answer.pk).has(FOLD)
    assert "They do" in page.post(answer.pk).body


def test_other_readers_see_the_post_as_ever(
    reply: Post, ignored: User, as_alice: Client, as_bob: Client, visitor: Client
):
    for client in (as_alice, as_bob, visitor, as_alice, visitor):  # whoever came before
        is_folded = thread_page(client, reply.thread).post(reply.pk).has(FOLD)
        assert is_folded == (client is as_alice)


def test_opening_post_is_folded_and_its_thread_opens(
    board: Board, ignored: User, carol: User, as_alice: Client
):
    thread = start_thread(board, author=ignored, title="Ferns", source="Which ferns are evergreen?")
    opening = Post.objects.get(thread=thread)
    reply_to(opening, author=carol, source="The hard fern is.")
    page = thread_page(as_alice, thread)
    assert "Which ferns" in page.post(opening.pk).find(FOLD).find(".text")
    assert "The hard fern is." in outside_folds(page)
    assert page.post(opening.pk).find("footer").link("Reply")


def test_thread_is_one_line_in_lists(board: Board, ignored: User, carol: User, as_alice: Client):
    thread = start_thread(board, author=ignored, title="Ferns", source="Which ferns are evergreen?")
    other = start_thread(board, author=carol, title="Ivy", source="Does ivy harm the bricks?")
    reply_to(Post.objects.get(thread=other), author=ignored, source="It grows into the joints.")
    for address in ("/", board.get_absolute_url(), "/threads/newest/"):
        page = Page(as_alice.get(address))
        [fold] = page.find_all("li " + FOLD)
        assert fold.find_all("summary")[0].text == "Ignored thread by bob Show"
        assert fold.links["Ferns"] == thread.get_absolute_url()
        assert "Which ferns are evergreen?" in fold
        assert "grows into" not in page
        assert "Ivy" in outside_folds(page)


def test_first_words_of_a_folded_parent_are_not_shown(
    reply: Post, opening: Post, ignored: User, alice: User, carol: User, as_alice: Client
):
    reply_to(reply, author=alice, source="They do, on the north side.")
    second = reply_to(reply, author=carol, source="And on the south side.")
    place = thread_page(as_alice, reply.thread).post(second.pk).find(".reply-to")
    assert place.text == "to bob"
    stop_ignoring(ignored, actor=alice)
    place = thread_page(as_alice, reply.thread).post(second.pk).find(".reply-to")
    assert WORDS in place


def test_words_in_quotes_of_others_are_folded(
    reply: Post, ignored: User, carol: User, as_alice: Client
):
    quoting = reply_to(
        reply,
        author=carol,
        source=f"> {WORDS} all winter.\n\n> Does moss harm the bricks?\n\nNot always.",
    )
    post = thread_page(as_alice, reply.thread).post(quoting.pk)
    quote, other = post.find_all("figure")
    assert quote.find("figcaption").text.startswith("bob wrote")
    assert WORDS in quote.find(FOLD).find("blockquote")
    assert quote.link("bob wrote")["href"] == f"#p{reply.pk}"  # not to the words
    assert not other.has(FOLD)
    assert "Not always." in outside_folds(post)
    assert WORDS not in outside_folds(post)


def test_only_the_ignored_part_of_a_nested_quote_is_folded(
    reply: Post, ignored: User, carol: User, as_alice: Client
):
    first = reply_to(reply, author=carol, source=f"> {WORDS} all winter.\n\nNot in the south.")
    second = reply_to(
        first, author=carol, source=f"> > {WORDS} all winter.\n>\n> Not in the south.\n\nIndeed."
    )
    post = thread_page(as_alice, reply.thread).post(second.pk)
    assert "Not in the south." in outside_folds(post)
    assert WORDS not in outside_folds(post)


@pytest.mark.parametrize(
    "address", ["/p/{reply}/quoted/", "/p/{reply}/menu/", "/p/{answer}/branch/", "/t/{thread}/map/"]
)
def test_no_page_about_a_thread_shows_the_words(
    reply: Post, answer: Post, ignored: User, as_alice: Client, address: str
):
    path = address.format(reply=reply.pk, answer=answer.pk, thread=reply.thread_id)
    page = Page(as_alice.get(path))
    assert WORDS not in outside_folds(page)
    assert "bob" in page


def test_posts_that_quote_are_listed_without_the_words(
    opening: Post, ignored: User, as_alice: Client
):
    reply_to(opening, author=ignored, source="> Does moss harm the bricks?\n\nNever on Sundays.")
    page = Page(as_alice.get(f"/p/{opening.pk}/quoted/"))
    assert page.texts("li h2") == ["bob"]
    assert "Sundays" not in page


def test_outline_of_a_thread_names_the_author_only(
    reply: Post, ignored: User, as_alice: Client, as_bob: Client
):
    line = thread_page(as_alice, reply.thread).find(".outline").link("bob")
    assert line.text == "bob Ignored post"
    assert WORDS in thread_page(as_bob, reply.thread).find(".outline").link("bob")


def test_preview_of_a_post_elsewhere_shows_no_words(
    reply: Post, ignored: User, as_alice: Client, as_bob: Client
):
    previews = [
        Page(client.get(f"/p/{reply.pk}/", headers={"hx-request": "true"}))
        for client in (as_alice, as_bob)
    ]
    assert [WORDS in preview for preview in previews] == [False, True]
    assert "Ignored post" in previews[0]


def test_person_page_is_folded(reply: Post, ignored: User, as_alice: Client, as_bob: Client):
    page = Page(as_alice.get("/u/bob/"))
    assert WORDS in page.find(FOLD)
    assert WORDS not in outside_folds(page)
    assert not Page(as_bob.get("/u/bob/")).has(FOLD)


def test_search_hits_are_folded(
    board: Board, reply: Post, ignored: User, as_alice: Client, as_bob: Client
):
    start_thread(board, author=ignored, title="Wet ferns", source="Ferns like it wet.")
    page = Page(as_alice.get("/search/?q=wet"))
    folds = page.find_all("li .hit " + FOLD)
    assert {fold.find("summary").text for fold in folds} == {"Ignored post Show"}
    assert "Moss on the north wall" in page.headings
    assert "Ignored thread" in page.headings
    assert "stay wet" not in outside_folds(page)
    assert not Page(as_bob.get("/search/?q=wet")).has(FOLD)


def test_matches_in_a_thread_stay_inside_the_fold(reply: Post, ignored: User, as_alice: Client):
    page = thread_page(as_alice, reply.thread, "?find=wet")
    assert page.post(reply.pk).find(FOLD).texts("mark") == ["wet"]


def test_tombstone_of_an_ignored_person_is_as_ever(
    reply: Post, answer: Post, ignored: User, carol: User, as_alice: Client
):
    hide_post(reply, actor=carol, reason="Rude")
    post = thread_page(as_alice, reply.thread).post(reply.pk)
    assert post.is_tombstone
    assert not post.has(FOLD)


def test_moderators_see_everything_in_the_admin(
    reply: Post, alice: User, bob: User, carol: User, as_carol: Client
):
    quoting = reply_to(reply, author=alice, source=f"> {WORDS} all winter.\n\nNot always.")
    for post in (reply, quoting):
        report_post(post, actor=carol, reason="spam")
    ignore_person(bob, actor=carol)
    for case in Case.objects.all():
        page = Page(as_carol.get(f"/admin/forum/case/{case.pk}/change/"))
        assert WORDS in page
        assert not page.has(FOLD)


# -- Unread ---------------------------------------------------------------------------------------


def test_folded_posts_are_not_unread(
    opening: Post, alice: User, ignored: User, carol: User, as_alice: Client
):
    mark_thread_read(opening.thread, member=alice)
    folded = reply_to(opening, author=ignored, source="Mostly not.")
    page = thread_page(as_alice, opening.thread)
    assert not page.post(folded.pk).is_unread
    assert "data-n" not in page.post(folded.pk).attributes
    assert not Page(as_alice.get("/")).has(".list .unread-mark")
    assert not Page(as_alice.get("/threads/unread/")).has(".list li")
    open_post = reply_to(folded, author=carol, source="It depends.")
    assert Page(as_alice.get("/")).texts(".list .unread-mark") == ["1 unread (go to the first)"]
    response = as_alice.get(f"/t/{opening.thread_id}/next/")
    assert response["Location"].endswith(f"#p{open_post.pk}")


def test_posts_that_were_not_read_are_unread_after_ignoring(
    opening: Post, alice: User, ignored: User, as_alice: Client
):
    mark_thread_read(opening.thread, member=alice)
    folded = reply_to(opening, author=ignored, source="Mostly not.")
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    assert ReadState.objects.get(member=alice).caught_up
    stop_ignoring(ignored, actor=alice)
    assert Page(as_alice.get("/")).texts(".list .unread-mark") == ["1 unread (go to the first)"]
    assert thread_page(as_alice, opening.thread).post(folded.pk).is_unread


def test_live_updates_do_not_announce_the_ignored(
    opening: Post, ignored: User, carol: User, as_alice: Client
):
    number = Thread.objects.get(pk=opening.thread_id).next_number - 1
    address = f"/t/{opening.thread_id}/arrivals/?after={number}"
    folded = reply_to(opening, author=ignored, source="Mostly not.")
    count = Page(as_alice.get(address, headers={"hx-request": "true"}))
    assert not count.has("p")
    reply_to(opening, author=carol, source="It depends.")
    count = Page(as_alice.get(address, headers={"hx-request": "true"}))
    assert "1 new reply, to you." in count.find("p").text
    shown = Page(as_alice.get(f"{address}&show=all", headers={"hx-request": "true"}))
    assert shown.post(folded.pk).has(FOLD)


def test_reply_by_the_ignored_does_not_interrupt_writing(opening: Post, ignored: User, alice: User):
    reply_to(opening, author=ignored, source="Mostly not.")
    reader = User.objects.get(pk=alice.pk)
    assert not replies_since(opening, reader, opening.pk).exists()
