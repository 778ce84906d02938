"""Lists of threads: tabs, order, pages, the boards beside them, and starting a thread from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, reply_to
from forum.actions.read_state import mark_thread_read
from forum.actions.threads import start_thread
from forum.models import Board, Post, Thread, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.configuration import set_up
from forum.queries.thread_lists import THREADS_PER_PAGE
from tests.html import Page, press

HOUR = timedelta(hours=1)


def titles(client: Client, address: str) -> list[str]:
    return [link.text for link in Page(client.get(address)).find_all("ol.list h2 a")]


def start(board: Board, author: User, title: str, *, hours_ago: int = 0) -> Post:
    """Start a thread as if some hours ago, and return its opening post."""
    thread = start_thread(board, author=author, title=title, source=f"About {title}.")
    moment = timezone.now() - hours_ago * HOUR
    Thread.objects.filter(pk=thread.pk).update(created_at=moment, last_post_at=moment)
    return Post.objects.get(thread=thread)


@pytest.fixture
def roads(board: Board) -> Board:
    return Board.objects.create(category=board.category, name="Roads", slug="roads")


# -- Tabs -----------------------------------------------------------------------------------------


def test_front_page_lists_active_threads_of_all_boards(
    board: Board, roads: Board, alice: User, bob: User, visitor: Client
) -> None:
    old = start(board, alice, "Moss", hours_ago=3)
    start(roads, alice, "Kerbs", hours_ago=2)
    start(board, bob, "Plums", hours_ago=1)
    assert titles(visitor, "/") == ["Plums", "Kerbs", "Moss"]
    reply_to(old, author=bob, source="Only where it is wet.")
    assert titles(visitor, "/") == ["Moss", "Plums", "Kerbs"]
    assert titles(visitor, "/threads/newest/") == ["Plums", "Kerbs", "Moss"]
    assert titles(visitor, "/b/gardens/") == ["Moss", "Plums"]
    assert titles(visitor, "/b/gardens/newest/") == ["Plums", "Moss"]


def test_imported_threads_are_as_old_as_their_posts(
    board: Board, alice: User, visitor: Client
) -> None:
    start(board, alice, "Plums", hours_ago=1)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    import_thread(board, title="Old", posts=[ImportedPost(1, None, alice, "Words.", long_ago)])
    for address in ("/", "/threads/newest/"):
        assert titles(visitor, address) == ["Plums", "Old"]


def test_pinned_threads_come_first_in_their_board_alone(
    board: Board, alice: User, carol: User, visitor: Client
) -> None:
    rules = start(board, alice, "Rules", hours_ago=2)
    start(board, alice, "Plums", hours_ago=1)
    pin_thread(rules.thread, actor=carol, reason="Read this first")
    assert titles(visitor, "/b/gardens/") == ["Rules", "Plums"]
    assert titles(visitor, "/") == ["Plums", "Rules"]


def test_unanswered_threads_have_nothing_but_their_opening_post(
    board: Board, alice: User, bob: User, visitor: Client
) -> None:
    asked = start(board, alice, "Plums", hours_ago=1)
    answered = start(board, alice, "Moss", hours_ago=2)
    reply = reply_to(answered, author=bob, source="No.")
    assert titles(visitor, "/threads/unanswered/") == ["Plums"]
    delete_post(reply, actor=bob)
    reply_to(asked, author=bob, source="Yes.")
    assert titles(visitor, "/b/gardens/unanswered/") == ["Moss"]


def test_mine_lists_threads_that_a_member_started_or_replied_in(
    board: Board, alice: User, bob: User, as_bob: Client
) -> None:
    start(board, bob, "Plums", hours_ago=3)
    moss = start(board, alice, "Moss", hours_ago=2)
    start(board, alice, "Kerbs", hours_ago=1)
    reply = reply_to(moss, author=bob, source="No.")
    assert titles(as_bob, "/threads/mine/") == ["Moss", "Plums"]
    delete_post(reply, actor=bob)
    assert titles(as_bob, "/b/gardens/mine/") == ["Plums"]


def test_waiting_lists_replies_to_a_member_until_they_answer(
    board: Board, alice: User, bob: User, carol: User, as_alice: Client
) -> None:
    moss = start(board, alice, "Moss")
    start(board, alice, "Plums")
    assert titles(as_alice, "/threads/waiting/") == []
    question = reply_to(moss, author=bob, source="Which wall?")
    hidden = reply_to(moss, author=bob, source="Buy moss.")
    assert titles(as_alice, "/threads/waiting/") == ["Moss"]
    hide_post(hidden, actor=carol, reason="Spam")
    answer = reply_to(question, author=alice, source="The north one.")
    assert titles(as_alice, "/threads/waiting/") == []
    delete_post(answer, actor=alice)
    assert titles(as_alice, "/b/gardens/waiting/") == ["Moss"]


@pytest.mark.parametrize("address", ["/threads/oldest/", "/threads/active/", "/b/gardens/oldest/"])
def test_unknown_tab_is_not_found(board: Board, visitor: Client, address: str) -> None:
    assert visitor.get(address).status_code == 404


def test_visitors_see_no_tabs_of_members_and_log_in_for_them(
    as_bob: Client, opening: Post, visitor: Client
) -> None:
    labels = [link.text for link in Page(visitor.get("/")).find_all("nav.tabs a")]
    assert labels == ["Active", "New", "Unanswered"]
    labels = [link.text for link in Page(as_bob.get("/")).find_all("nav.tabs a")]
    assert labels == ["Active", "New", "Unread (1)", "Unanswered", "Mine"]
    response = visitor.get("/b/gardens/mine/")
    assert response["Location"] == "/accounts/login/?next=/b/gardens/mine/"


def test_tabs_of_a_board_lead_on_from_its_former_address(
    board: Board, erin: User, visitor: Client
) -> None:
    board.slug = "plants"
    set_up(board, actor=erin)
    response = visitor.get("/b/gardens/newest/?after=1.2")
    assert response["Location"] == "/b/plants/newest/?after=1.2"


@pytest.mark.parametrize(
    ("address", "text", "leads_to"),
    [
        ("/", "No threads yet.", "/new/"),
        ("/b/gardens/", "No threads yet.", "/b/gardens/new/"),
        ("/threads/unread/", "You have read everything.", "/"),
        ("/b/gardens/unanswered/", "Every thread has a reply.", "/b/gardens/"),
        ("/threads/mine/", "You haven’t started a thread or replied to one yet.", "/"),
        ("/threads/waiting/", "No replies to you are unanswered.", "/"),
    ],
)
def test_empty_list_says_so_and_what_to_do(
    board: Board, as_bob: Client, address: str, text: str, leads_to: str
) -> None:
    lead = Page(as_bob.get(address)).find("p.lead")
    assert text in lead
    assert lead.find("a")["href"] == leads_to


# -- Rows -----------------------------------------------------------------------------------------


def test_row_names_opener_latest_writer_replies_board_and_state(
    board: Board, alice: User, bob: User, carol: User, visitor: Client
) -> None:
    opening = start(board, alice, "Moss")
    assert "About Moss." in Page(visitor.get("/")).find("ol.list li")
    reply_to(opening, author=bob, source="Only where it is wet.")
    lock_thread(opening.thread, actor=carol, reason="Settled")
    row = Page(visitor.get("/")).find("ol.list li")
    for words in ("Locked", "Gardens", "alice", "bob Only where it is wet.", "1 reply"):
        assert words in row
    assert "Gardens" not in Page(visitor.get("/b/gardens/")).find("ol.list li")


def test_hidden_post_does_not_date_its_thread(
    board: Board, alice: User, bob: User, carol: User, visitor: Client
) -> None:
    moss = start(board, alice, "Moss", hours_ago=2)
    Post.objects.filter(pk=moss.pk).update(created_at=timezone.now() - 2 * HOUR)
    start(board, alice, "Plums", hours_ago=1)
    spam = reply_to(moss, author=bob, source="Buy moss.")
    assert titles(visitor, "/") == ["Moss", "Plums"]
    hide_post(spam, actor=carol, reason="Spam")
    assert titles(visitor, "/") == ["Plums", "Moss"]


def test_locked_thread_with_a_hidden_opening_post_is_not_listed(
    board: Board, alice: User, bob: User, carol: User, visitor: Client, as_carol: Client
) -> None:
    spam = start(board, bob, "Buy moss")
    reply_to(spam, author=alice, source="No thanks.")
    hide_post(spam, actor=carol, reason="Spam")
    assert titles(visitor, "/") == ["Buy moss"]
    lock_thread(spam.thread, actor=carol, reason="Spam")
    for address in ("/", "/threads/newest/", "/b/gardens/"):
        assert titles(visitor, address) == []
        assert titles(as_carol, address) == ["Buy moss"]


# -- Pages ----------------------------------------------------------------------------------------


def walk(client: Client, address: str, rel: str) -> list[list[str]]:
    """Return the titles of each page, following its link to the next or the previous."""
    pages = []
    while True:
        page = Page(client.get(address))
        pages.append([link.text for link in page.find_all("ol.list h2 a")])
        links = page.find_all(f'nav a[rel="{rel}"]')
        if not links:
            return pages
        address = links[0]["href"]


@pytest.fixture
def many(board: Board, alice: User, bob: User) -> list[str]:
    """Start threads for three pages, two at each moment; return their titles, latest first."""
    count = 2 * THREADS_PER_PAGE + 5
    names = [f"Thread {n}" for n in range(count)]
    for n, name in enumerate(names):
        start(board, alice, name, hours_ago=1000 - n // 2)
    return names[::-1]


@pytest.mark.slow
@pytest.mark.parametrize("address", ["/", "/threads/newest/", "/b/gardens/", "/threads/unread/"])
def test_pages_lead_through_the_whole_list_and_back(
    many: list[str], as_bob: Client, address: str
) -> None:
    there = walk(as_bob, address, "next")
    assert [name for page in there for name in page] == many
    assert [len(page) for page in there] == [THREADS_PER_PAGE, THREADS_PER_PAGE, 5]
    last = Page(as_bob.get(address)).find('a[rel="next"]')["href"]
    assert walk(as_bob, Page(as_bob.get(last)).find('a[rel="next"]')["href"], "prev") == there[::-1]


def test_reply_between_two_pages_skips_no_thread(
    many: list[str], bob: User, visitor: Client
) -> None:
    page = Page(visitor.get("/"))
    seen = [link.text for link in page.find_all("ol.list h2 a")]
    bumped = Post.objects.get(thread__title=seen[-1])
    reply_to(bumped, author=bob, source="Words.")
    assert titles(visitor, page.find('a[rel="next"]')["href"]) == many[30:60]


@pytest.mark.parametrize(
    "cursor",
    ["", "t7", "1.2.3", "-5.7", "x.y", "999999999999999999.1", "12.0", "0.1", "1\x00.2"],
)
def test_forged_place_in_a_list_leads_to_its_beginning_and_says_so(
    opening: Post, visitor: Client, cursor: str
) -> None:
    for address in ("/", "/threads/newest/", "/b/gardens/unanswered/"):
        for name in ("after", "before"):
            if name == "before" and cursor == "0.1":
                continue  # everything comes before it
            page = Page(visitor.get(address, {name: cursor}))
            assert page.find("h2 a").text == opening.thread.title
            assert "This page of the list no longer exists." in page.find("p.note")


# -- Boards and starting a thread -----------------------------------------------------------------


def test_boards_beside_a_list_count_their_unread_threads(
    board: Board, roads: Board, alice: User, bob: User, as_bob: Client
) -> None:
    moss = start(board, alice, "Moss")
    reply_to(moss, author=alice, source="And I ask again.")
    start(board, alice, "Plums")
    start(roads, bob, "Kerbs")
    boards = Page(as_bob.get("/")).find("#boards")
    assert [link.text for link in boards.find_all("a")] == ["Gardens 2 unread", "Roads"]
    mark_thread_read(moss.thread, member=bob)
    page = Page(as_bob.get("/b/gardens/"))
    assert page.find_all("#boards a")[0].text == "Gardens 1 unread"
    assert page.find('nav.tabs a[href="/b/gardens/unread/"]').text == "Unread (1)"
    assert titles(as_bob, "/b/gardens/unread/") == ["Plums"]


def test_thread_is_started_in_a_board_chosen_from_those_that_are_open(
    board: Board, roads: Board, as_bob: Client
) -> None:
    assert Page(as_bob.get("/")).link("Start a thread")["href"] == "/new/"
    choices = Page(as_bob.get("/new/")).find_all("ul.list a")
    assert [link["href"] for link in choices] == ["/b/gardens/new/", "/b/roads/new/"]
    roads.closed_at = timezone.now()
    roads.save()
    assert as_bob.get("/new/")["Location"] == "/b/gardens/new/"
    assert not Page(as_bob.get("/b/roads/")).find_all('a[href="/b/roads/new/"]')


def test_board_that_closed_after_the_page_was_made_offers_the_others(
    board: Board, roads: Board, as_bob: Client
) -> None:
    roads.closed_at = timezone.now()
    roads.save()
    response = as_bob.get("/b/roads/new/")
    assert response.status_code == 423
    assert Page(response).link("Gardens")["href"] == "/b/gardens/new/"


def test_text_for_a_board_that_was_closed_can_be_posted_in_another(
    board: Board, roads: Board, bob: User, as_bob: Client
) -> None:
    form = Page(as_bob.get("/b/roads/new/")).form("Post thread")
    roads.closed_at = timezone.now()
    roads.save()
    written = {"title": "Kerbs", "source": "How high are they?"}
    response = as_bob.post("/b/roads/new/", form.fields | written)
    assert response.status_code == 423
    page = Page(response)
    assert "How high are they?" in page.find("textarea").text
    button = page.find('button[formaction="/b/gardens/new/"]')
    assert button.text == "Post in Gardens"
    form = page.form("Post in Gardens")
    response = as_bob.post(button["formaction"], form.fields)
    assert response.status_code == 302
    thread = Thread.objects.get()
    assert (thread.board, thread.title) == (board, "Kerbs")


def test_front_page_says_what_the_operator_wrote_about_the_place(
    opening: Post, erin: User, as_erin: Client, visitor: Client
) -> None:
    press(as_erin, "/admin/forum/sitetext/add/", "Save", introduction="Gardeners talk here.")
    page = Page(visitor.get("/"))
    assert page.find("p.lead").text == "Gardeners talk here."
    assert opening.thread.title in page.find("ol.list")
    history = as_erin.get("/admin/forum/sitetext/1/history/", follow=True)
    assert "Gardeners talk here." in history.content.decode()
