"""Search: what is found, in which order, and what never is."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.read_state import mark_thread_read
from forum.actions.subscriptions import subscribe
from forum.actions.threads import start_thread
from forum.lib.search import parse_search
from forum.models import Board, Post, Subscription, User
from forum.moderation.actions.listing import unlist_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.undo import undo
from forum.queries import search as search_queries
from forum.queries.search import Order, PostSearch, SearchResults, find_people, find_similar_titles
from tests.html import Page

pytestmark = pytest.mark.django_db


def search(text: str, reader: User, order: Order = "relevance") -> SearchResults:
    return PostSearch(parse_search(text), reader, order).results()


def posts_found(text: str, reader: User, order: Order = "relevance") -> list[Post]:
    threads = search(text, reader, order).threads
    return [found.post for thread in threads for found in thread.posts]


def open_search(client: Client, text: str, **params: str) -> Page:
    return Page(client.get("/search/", {"q": text, **params}))


# -- Words ----------------------------------------------------------------------------------------


def test_word_is_found_in_its_other_forms(reply: Post, alice: User) -> None:
    assert posts_found("brick winters", alice) == [reply]


def test_words_that_most_posts_have_are_found(opening: Post, alice: User) -> None:
    post = reply_to(opening, author=alice, source="The and to be.")
    assert posts_found('"to be"', alice) == [post]


def test_accents_and_capitals_make_no_difference(opening: Post, bob: User) -> None:
    post = reply_to(opening, author=bob, source="Meet me in the café.")
    assert posts_found("cafe", bob) == posts_found("CAFÉ", bob) == [post]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("私は学生です", "学生"),
        ("我们都喜欢苔藓", "苔藓"),
        ("이끼가 벽돌을 해칩니까", "벽돌"),
        ("ตะไคร่น้ำทำลายอิฐหรือไม่", "ทำลาย"),
        ("الطحالب تضر الطوب", "الطوب"),
        ("काई ईंट को नुकसान", "ईंट"),
    ],
)
def test_words_of_any_script_are_found(opening: Post, bob: User, source: str, words: str) -> None:
    post = reply_to(opening, author=bob, source=source)
    assert posts_found(words, bob) == [post]


def test_every_word_counts_and_a_phrase_keeps_its_order(opening: Post, bob: User) -> None:
    near = reply_to(opening, author=bob, source="Lime mortar holds.")
    far = reply_to(opening, author=bob, source="Mortar without lime is cement.")
    assert {*posts_found("lime mortar", bob)} == {near, far}
    assert posts_found('"lime mortar"', bob) == [near]
    assert posts_found("lime cement", bob) == [far]


def test_or_and_minus(opening: Post, bob: User) -> None:
    lime = reply_to(opening, author=bob, source="Use lime.")
    cement = reply_to(opening, author=bob, source="Use cement.")
    assert {*posts_found("lime OR cement", bob)} == {lime, cement}
    assert posts_found("use -cement", bob) == [lime]


def test_title_and_opening_post_are_searched_together(
    board: Board, opening: Post, bob: User
) -> None:
    roof = start_thread(board, author=bob, title="Moss again", source="It is on the roof.")
    wall = start_thread(board, author=bob, title="A moss roof", source="Is it heavy?")
    reply = reply_to(Post.objects.get(thread=wall), author=bob, source="Moss is heavy.")
    assert posts_found("moss again roof", bob) == [Post.objects.get(thread=roof)]
    # Neither the words of an opening post nor those of its title are wanted.
    assert {*posts_found("moss -roof", bob)} == {opening, reply}


# -- Order and rows -------------------------------------------------------------------------------


def test_words_in_a_title_come_first(board: Board, opening: Post, alice: User, bob: User) -> None:
    reply_to(
        opening, author=bob, source="Lichen, lichen, lichen on every stone of the lichen wall."
    )
    titled = start_thread(board, author=alice, title="Lichen on a wall", source="How old is it?")
    first = search("lichen wall", bob).threads[0]
    assert first.thread == titled


def test_newest_of_equal_texts_comes_first(opening: Post, bob: User) -> None:
    posts = [reply_to(opening, author=bob, source="Granite lasts.") for _ in range(3)]
    Post.objects.filter(pk=posts[0].pk).update(created_at=timezone.now() - timedelta(days=900))
    Post.objects.filter(pk=posts[1].pk).update(created_at=timezone.now() - timedelta(days=300))
    assert posts_found("granite", bob) == posts[::-1]


def test_thread_is_one_row_with_its_best_posts(opening: Post, bob: User, as_bob: Client) -> None:
    posts = [reply_to(opening, author=bob, source=f"Slate {number}.") for number in range(5)]
    (found,) = search("slate", bob).threads
    assert (len(found.posts), found.others) == (3, 2)
    page = open_search(as_bob, "slate")
    more = page.link("2 more in this thread")
    assert len(posts_found(f"slate in:{opening.thread_id}", bob)) == len(posts)
    assert more["href"] == f"{opening.thread.get_absolute_url()}?find=slate"


def test_newest_first_on_demand(board: Board, alice: User) -> None:
    old = start_thread(board, author=alice, title="Thatch", source="A thatched roof of thatch.")
    new = start_thread(board, author=alice, title="A roof", source="Is it worth to thatch today?")
    newest = [found.thread for found in search("thatch", alice, "newest").threads]
    assert newest == [new, old]
    assert search("thatch", alice).threads[0].thread == old


def test_results_have_pages(
    board: Board, alice: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_queries, "THREADS_PER_SEARCH_PAGE", 2)
    for number in range(3):
        start_thread(board, author=alice, title=f"Reed {number}", source="On reed.")
    first, second = open_search(as_alice, "reed"), open_search(as_alice, "reed", page="2")
    assert len(first.find_all(".list li")) == 2
    assert len(second.find_all(".list li")) == 1
    assert "Next" in first.links
    assert "Next" not in second.links
    assert "Previous" in second.links


def test_only_the_newest_of_too_many_matches_are_found(
    opening: Post, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = [reply_to(opening, author=bob, source=f"Clay {number}.") for number in range(4)]
    monkeypatch.setattr(search_queries, "MAX_FOUND", 2)
    results = search("clay", bob)
    assert results.is_newest_only
    assert [found.post for found in results.threads[0].posts] == posts[:1:-1]


# -- Filters --------------------------------------------------------------------------------------


def test_filters(board: Board, opening: Post, reply: Post, alice: User, bob: User) -> None:
    other = Board.objects.create(category=board.category, name="Roofs", slug="roofs")
    roof = start_thread(other, author=alice, title="Slates", source="Bricks or slates?")
    slates = Post.objects.get(thread=roof)
    quoting = reply_to(reply, author=alice, source="> Only where the bricks\n\nBricks again.")
    found = lambda text: {*posts_found(text, alice)}  # noqa: E731
    assert found("bricks") == {opening, reply, slates, quoting}
    assert found("bricks author:Bob") == {reply}
    assert found("bricks author:@alice board:gardens") == {opening, quoting}
    assert found("bricks board:roofs") == {slates}
    assert found(f"bricks in:{opening.thread_id}") == {opening, reply, quoting}
    assert found(f"bricks under:{reply.pk}") == {reply, quoting}
    assert found("bricks is:opening") == {opening, slates}
    assert found("bricks is:mine") == {opening, slates, quoting}
    assert found("bricks is:unread") == {reply}
    # He joined after the opening post.
    assert {*posts_found("bricks is:unread", bob)} == {slates, quoting}
    mark_thread_read(opening.thread, member=bob)
    assert posts_found("bricks is:unread", bob) == [slates]
    assert found("bricks is:unanswered") == {slates, quoting}
    assert found("bricks has:quote") == {quoting}
    assert found("author:bob") == {reply}
    Post.objects.filter(pk=reply.pk).update(created_at="2020-02-29T12:00Z")
    assert found("bricks before:2021-01-01") == {reply}
    assert reply not in found("bricks after:2021-01-01")


def test_followed_posts_are_those_that_the_nearest_choice_follows(
    opening: Post, reply: Post, alice: User, bob: User
) -> None:
    carved = reply_to(reply, author=bob, source="Carved bricks.")
    subscribe(opening, Subscription.Choice.FOLLOW, actor=alice)
    assert {*posts_found("bricks is:followed", alice)} == {opening, reply, carved}
    subscribe(reply, Subscription.Choice.MUTE, actor=alice)
    assert posts_found("bricks is:followed", alice) == [opening]
    # He follows the branch of his own post.
    assert {*posts_found("bricks is:followed", bob)} == {reply, carved}


@pytest.mark.parametrize("flag", ["is:mine", "is:followed", "is:unread"])
def test_visitors_have_no_posts_of_their_own(opening: Post, visitor: Client, flag: str) -> None:
    for text in (flag, f"moss {flag}"):
        assert "No posts match." in open_search(visitor, text).find(".lead").text
        assert open_search(visitor, text, order="newest").find(".lead")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("moss before:2026-13-40", "“before:2026-13-40” is not a date."),
        ("moss in:here", "“in:here” needs a number"),
        ("moss colour:green", "“colour:green” is not a filter, so it was searched as words."),
        ("moss is:nice", "“is:nice” is not a filter, so it was left out."),
        ("moss author:nobody", "No member is called “nobody”."),
        ("moss board:nowhere", "No board has the address “nowhere”."),
        ("moss under:999999", "No post has the number 999999."),
        ("moss " * 60, "Only the first 200 characters and 20 words count."),
    ],
)
def test_what_could_not_be_searched_is_said(
    opening: Post, visitor: Client, text: str, note: str
) -> None:
    assert note in open_search(visitor, text).find(".note").text


@pytest.mark.parametrize("text", ["-moss", "..", "\N{SLIGHTLY SMILING FACE}", "in:here"])
def test_search_without_any_word_says_what_to_enter(
    opening: Post, visitor: Client, text: str
) -> None:
    page = open_search(visitor, text)
    assert "There is nothing to search for." in page.find("p.lead").text
    assert page.find("#search")["value"] == text


def test_marks_that_reorder_text_are_not_shown_again(opening: Post, visitor: Client) -> None:
    page = open_search(visitor, "\u202emoss\x00  bricks\u2066")
    assert page.find("#search")["value"] == "moss bricks"
    assert page.find("title").text.startswith("moss bricks ·")
    feed = visitor.get("/search/feed.atom", {"q": "\u202emoss\x01"})
    assert ET.fromstring(feed.content).findtext("{*}title") == "moss · Plait"


def test_colons_of_addresses_are_no_filters(opening: Post, bob: User) -> None:
    post = reply_to(opening, author=bob, source="See https://example.org/mortar for more.")
    assert posts_found("https://example.org/mortar", bob) == [post]


# -- What nobody may find -------------------------------------------------------------------------


def test_hidden_post_is_found_only_by_its_author_and_moderators_until_undone(
    opening: Post, reply: Post, alice: User, bob: User, carol: User
) -> None:
    action = hide_post(reply, actor=carol, reason="off topic")
    assert posts_found("winter", alice) == []
    assert posts_found("winter", bob) == posts_found("winter", carol) == [reply]
    undo(action, actor=carol, reason="a mistake")
    assert posts_found("winter", alice) == [reply]


def test_words_of_a_hidden_post_are_not_found_in_quotes(
    opening: Post, reply: Post, alice: User, carol: User, as_alice: Client
) -> None:
    quoting = reply_to(
        reply, author=alice, source="> Only where the bricks stay wet all winter.\n\nReally?"
    )
    hide_post(reply, actor=carol, reason="off topic")
    assert posts_found("winter", alice) == []
    assert posts_found("really", alice) == [quoting]
    assert "winter" not in open_search(as_alice, "really").find(".list").text


def test_deleted_post_and_words_of_older_versions_are_not_found(
    opening: Post, reply: Post, bob: User, alice: User
) -> None:
    kept = reply_to(reply, author=alice, source="Then look at the gutter.")
    edit_post(reply, actor=bob, source="Only where the stones stay wet.")
    assert posts_found("bricks winter", alice) == []
    assert posts_found("stones", alice) == [reply]
    delete_post(kept, actor=alice)
    assert posts_found("gutter", alice) == []


def test_removed_thread_is_found_only_by_its_author_and_moderators(
    board: Board, alice: User, bob: User, carol: User
) -> None:
    spam = start_thread(board, author=bob, title="Cheap pills", source="Buy these tokens.")
    post = Post.objects.get(thread=spam)
    action = remove_thread(spam, actor=carol, reason="selling pills")
    for words in ("pills", "tokens", f"tokens in:{spam.pk}", "author:bob"):
        assert posts_found(words, alice) == [], words
        assert posts_found(words, bob) == posts_found(words, carol) == [post], words
    assert find_similar_titles("Cheap pills", alice) == []
    undo(action, actor=carol, reason="a mistake")
    assert posts_found("pills", alice) == [post]


def test_unlisted_thread_is_found_only_by_moderators_and_in_a_search_of_it_alone(
    board: Board, alice: User, bob: User, carol: User
) -> None:
    thread = start_thread(board, author=bob, title="Cheap pills", source="Buy these tokens.")
    post = Post.objects.get(thread=thread)
    unlist_thread(thread, actor=carol, reason="selling pills")
    for words in ("pills", "tokens", "author:bob"):
        assert posts_found(words, alice) == posts_found(words, bob) == [], words
        assert posts_found(words, carol) == [post], words
    assert find_similar_titles("Cheap pills", alice) == []
    assert find_similar_titles("Cheap pills", carol) == [thread]
    for place in (f"in:{thread.pk}", f"under:{post.pk}"):
        assert posts_found(f"tokens {place}", alice) == [post]


# -- The page -------------------------------------------------------------------------------------


def test_words_are_marked_and_markup_of_posts_is_shown_as_text(
    opening: Post, bob: User, visitor: Client
) -> None:
    reply_to(opening, author=bob, source="Is `<b>` \x02 moss <i>bold</i> & more?")
    page = open_search(visitor, "moss bold")
    assert [mark.text for mark in page.find_all("mark")] == ["moss", "bold"]
    assert "Is <b> moss <i>bold</i> & more?" in page.find(".list").text


def test_page_without_words_explains_how_to_search(visitor: Client) -> None:
    page = open_search(visitor, "  ")
    assert page.find_all("details[open]")
    assert not page.find_all(".list")


def test_nothing_found_offers_similar_titles(opening: Post, visitor: Client) -> None:
    page = open_search(visitor, "mos on north wal")
    assert "No posts match." in page.find(".lead").text
    assert "Moss on the north wall" in page.links


def test_people_and_boards_are_found(opening: Post, visitor: Client) -> None:
    assert "@alice" in open_search(visitor, "alise").links
    assert "Gardens" in open_search(visitor, "gardens").links


def test_people_who_cannot_log_in_and_deleted_threads_are_not_suggested(
    opening: Post, alice: User, bob: User
) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert find_people("alice") == []
    thread = opening.thread
    thread.deleted_at = timezone.now()
    thread.save(update_fields=["deleted_at"])
    assert find_similar_titles("moss wall", bob) == []


@pytest.mark.parametrize("page", ["0", "-1", "26", "1000", "²", "x", ""])
def test_forged_pages_are_not_found(visitor: Client, page: str) -> None:
    assert visitor.get("/search/", {"q": "moss", "page": page}).status_code == 404


def test_searches_of_a_visitor_are_limited(opening: Post, visitor: Client) -> None:
    answers = [visitor.get("/search/", {"q": "moss"}).status_code for _ in range(40)]
    assert answers[:30] == [200] * 30
    assert 429 in answers


def test_visitors_of_one_network_share_their_limit(opening: Post, visitor: Client) -> None:
    addresses = [f"2001:db8:1:{n}::7" for n in range(40)]
    answers = [visitor.get("/search/", {"q": "moss"}, REMOTE_ADDR=address) for address in addresses]
    assert [each.status_code for each in answers[:30]] == [200] * 30
    assert 429 in {each.status_code for each in answers}
    elsewhere = visitor.get("/search/", {"q": "moss"}, REMOTE_ADDR="2001:db8:2::7")
    assert elsewhere.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_search_that_takes_too_long_offers_narrower_ones(
    opening: Post, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.views.search.LONGEST_SEARCH", "100ms")
    other_connection = connection.copy()
    with other_connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE forum_revision IN ACCESS EXCLUSIVE MODE")
        response = visitor.get("/search/", {"q": "moss -roof"})
        cursor.execute("ROLLBACK")
    other_connection.close()
    assert response.status_code == 503
    page = Page(response)
    assert "This search took too long." in page.find("p.lead")
    assert page.find("#search")["value"] == "moss -roof"
    for label, words in (("30 days", "after:"), ("opening posts", "is:opening")):
        link = next(each for each in page.find_all("main li a") if label in each.text)
        narrower = Page(visitor.get("/search/" + link["href"]))
        assert narrower.find("#search")["value"].startswith(words)
        assert opening.thread.title in narrower.find(".list")


def test_number_of_queries_does_not_depend_on_what_is_found(
    board: Board, opening: Post, bob: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            search("moss", bob)
        return len(captured)

    queries()  # a person's roles are read once
    before = queries()
    for number in range(5):
        start_thread(board, author=bob, title=f"Moss {number}", source="On moss.")
    assert queries() == before <= 12
