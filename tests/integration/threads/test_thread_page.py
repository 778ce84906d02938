"""Thread pages: the tree, paging, hidden and deleted posts, and the number of queries."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, reply_to
from forum.models import Board, Post, Thread, User
from forum.models.posts import post_url
from forum.models.threads import POSTS_PER_PAGE
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from tests.html import Page

SEED = "/t/1/if-i-can-read-it-why-cant-i-train-an-llm-on-it/"


def open_page(client: Client, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200
    return Page(response)


@pytest.fixture
def seed(db: None) -> Thread:
    call_command("loaddata", "seed_conversation", verbosity=0)
    return Thread.objects.get(pk=1)


def write_replies(opening: Post, author: User, count: int, *, chain: bool = False) -> list[Post]:
    """Write `count` replies, to the opening post or each to the one before; return all posts."""
    posts = [opening]
    for n in range(count):
        parent = posts[-1] if chain else opening
        posts.append(reply_to(parent, author=author, source=f"Reply number {n}."))
    return posts


def long_thread(board: Board, author: User, *, chain: bool = False) -> list[Post]:
    """Import a thread of more than one page; return its posts in order of arrival."""
    now = timezone.now()
    thread = import_thread(
        board,
        title="A long one",
        posts=[
            ImportedPost(
                n, (n - 1 if chain else 0) if n else None, author, f"Reply number {n}.", now
            )
            for n in range(POSTS_PER_PAGE + 61)
        ],
    )
    return list(Post.objects.by_number(thread).select_related("thread"))


def test_seed_conversation_is_shown_completely(visitor: Client, seed: Thread) -> None:
    page = open_page(visitor, SEED)
    assert page.post_ids[1:] == [2, 3, 4, 5]
    assert page.parents == {1: None, 2: None, 3: 2, 4: 3, 5: 4}
    assert page.text.count("Not found in this thread") == 1
    assert "hopeless wrote" in page
    assert "Edited since; this text is unchanged" in page
    assert any(address.startswith("#p3:~:text=") for address in page.addresses)
    assert page.post(3).link("edited")["href"] == "/p/3/history/"
    assert "3 replies from lina, lispi314 and hopeless" in page
    assert "also to hopeless" in page
    assert "4 replies" in page


def test_replies_have_accessible_names(visitor: Client, seed: Thread) -> None:
    page = open_page(visitor, SEED)
    assert page.post(4).byline == "lispi314 replies to lina, level 3"
    assert len(page.find_all("h1")) == 1


def test_single_replies_are_drawn_as_a_chain_and_several_as_a_fork(
    visitor: Client, reply: Post, alice: User, carol: User
) -> None:
    reply_to(reply, author=alice, source="One.")
    assert open_page(visitor, reply.thread.get_absolute_url()).has("ol.replies.chain")
    reply_to(reply, author=carol, source="Two.")
    page = open_page(visitor, reply.thread.get_absolute_url())
    assert page.has("ol.replies.fork")
    # The parent of the second reply is not the post above it, so an excerpt is shown.
    assert page.texts(".reply-to q")[-1].startswith("Only where the bricks")


def test_siblings_are_in_order_of_time(visitor: Client, opening: Post, bob: User) -> None:
    posts = write_replies(opening, bob, 5)
    page = open_page(visitor, opening.thread.get_absolute_url())
    assert page.post_ids == [post.pk for post in posts]


def follow_pages(client: Client, address: str, *, htmx: bool = False) -> Iterator[Page]:
    """Yield every page of a thread by following “Show more”."""
    headers = {"HTTP_HX_REQUEST": "true"} if htmx else {}
    following: str | None = address
    first = True
    while following:
        response = client.get(following, **({} if first else headers))
        first = False
        assert response.status_code == 200
        page = Page(response)
        yield page
        following = next((link["href"] for link in page.find_all('a[rel="next"]')), None)


def test_deleted_posts_at_the_end_of_a_page_stay_above_their_replies_on_the_next(
    visitor: Client, board: Board, alice: User
) -> None:
    """The second page, when loaded below the first, does not draw them again."""
    posts = long_thread(board, alice, chain=True)[:90]
    # The page ends where lists would nest too deep, at the ninetieth reply.
    address = posts[0].thread.get_absolute_url()
    shown = open_page(visitor, address).post_ids
    last = Post.objects.get(pk=shown[-1])
    for post in (last, last.parent):
        delete_post(post, actor=alice)
    page = open_page(visitor, address)
    assert page.post_ids == shown
    assert "2 posts deleted" not in page.html


@pytest.mark.slow
@pytest.mark.parametrize("chain", [False, True], ids=["fan", "chain"])
@pytest.mark.parametrize("htmx", [False, True], ids=["pages", "htmx"])
def test_pages_show_every_post_once(
    visitor: Client, board: Board, bob: User, chain: bool, htmx: bool
) -> None:
    posts = long_thread(board, bob, chain=chain)
    seen: list[int] = []
    for page in follow_pages(visitor, posts[0].thread.get_absolute_url(), htmx=htmx):
        assert page.depth <= 100
        # A full page repeats the ancestors of its first post.
        seen += [post for post in page.post_ids if post not in seen]
        if htmx and len(seen) > len(page.post_ids):
            assert page.is_fragment
    assert seen == [post.pk for post in posts]


def test_htmx_adds_posts_without_repeating_any(visitor: Client, board: Board, bob: User) -> None:
    opening = long_thread(board, bob, chain=True)[0]
    pages = follow_pages(visitor, opening.thread.get_absolute_url(), htmx=True)
    ids = [post for page in pages for post in page.post_ids]
    assert len(ids) == len(set(ids)) == POSTS_PER_PAGE + 61


def test_permalink_shows_the_post_with_its_ancestors(
    visitor: Client, board: Board, bob: User
) -> None:
    posts = long_thread(board, bob, chain=True)
    post = posts[250]
    response = visitor.get(f"/p/{post.pk}/")
    assert response["Location"].endswith(f"?at=p{post.pk}#p{post.pk}")
    page = open_page(visitor, response["Location"])
    assert page.parents[post.pk] == post.parent_id
    assert page.post_ids[:2] == [posts[0].pk, posts[240].pk]


def test_permalink_in_a_short_thread_is_an_anchor_on_its_page(visitor: Client, reply: Post) -> None:
    response = visitor.get(f"/p/{reply.pk}/")
    assert response["Location"] == f"{reply.thread.get_absolute_url()}#p{reply.pk}"


def test_link_to_earlier_replies_shows_the_posts_before(
    visitor: Client, board: Board, bob: User
) -> None:
    posts = long_thread(board, bob)
    page = open_page(visitor, f"{posts[0].thread.get_absolute_url()}?at=p{posts[230].pk}")
    earlier = open_page(visitor, page.find('a[rel="prev"]')["href"])
    assert earlier.post_ids[-1] == posts[229].pk


@pytest.mark.parametrize("size", ["alone", "some", "many"])
def test_number_of_queries_is_the_same_at_any_size(
    visitor: Client,
    as_bob: Client,
    opening: Post,
    alice: User,
    size: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    if size == "many":
        last = long_thread(opening.thread.board, alice)[-1]
    else:
        last = write_replies(opening, alice, 0 if size == "alone" else 4)[-1]
    address = last.thread.get_absolute_url()
    for path in (address, f"{address}?at=p{last.pk}"):
        # In a test the page's transaction is a savepoint: two statements more.
        with django_assert_num_queries(4 + 2):
            visitor.get(path)
        with django_assert_num_queries(7 + 2):
            as_bob.get(path)


def test_paging_backwards_through_a_deep_branch_shows_every_post(
    visitor: Client, board: Board, bob: User
) -> None:
    posts = long_thread(board, bob, chain=True)
    address: str | None = f"{posts[0].thread.get_absolute_url()}?before=p{posts[-1].pk}"
    seen: set[int] = set()
    last = posts[-1]
    while address:
        page = open_page(visitor, address)
        assert page.depth <= 100
        assert page.post_ids[-1] == last.parent_id  # posts up to the last one
        seen |= set(page.post_ids)
        address = next((link["href"] for link in page.find_all('a[rel="prev"]')), None)
        if address:
            last = Post.objects.get(pk=address.rpartition("before=p")[2])
    assert seen == {post.pk for post in posts[:-1]}


def test_wrong_slug_redirects_to_the_right_one(visitor: Client, thread: Thread) -> None:
    for address in (f"/t/{thread.pk}/", f"/t/{thread.pk}/other/"):
        response = visitor.get(address + "?at=p5")
        assert response.status_code == 301
        assert response["Location"] == thread.get_absolute_url() + "?at=p5"


@pytest.mark.parametrize(
    "query",
    [
        *("after=", "after=5", "after=px", "after=p0"),
        *("at=p99999999", "before=p1'", "at=p" + "9" * 30),
    ],
)
def test_invalid_parameters_return_404(visitor: Client, thread: Thread, query: str) -> None:
    assert visitor.get(f"{thread.get_absolute_url()}?{query}").status_code == 404


def test_address_with_a_post_of_another_thread_leads_to_that_post(
    visitor: Client, opening: Post, seed: Thread
) -> None:
    response = visitor.get(f"{SEED}?at=p{opening.pk}")
    assert response.headers["Location"] == post_url(opening)
    assert visitor.get(f"{SEED}?at=p99999999").status_code == 404


def test_locked_thread_shows_the_reason(visitor: Client, opening: Post, carol: User) -> None:
    lock_thread(opening.thread, actor=carol, reason="going in circles")
    page = open_page(visitor, opening.thread.get_absolute_url())
    assert "Locked. Reason: going in circles" in page
    assert not any(text.startswith("Reply") for text in page.links)


def test_pinned_thread_is_marked(visitor: Client, opening: Post, carol: User) -> None:
    pin_thread(opening.thread, actor=carol, reason="read first")
    assert "pinned" in open_page(visitor, opening.thread.get_absolute_url())


SECRET = "stay wet all winter"


@pytest.fixture
def quoting(reply: Post, alice: User) -> Post:
    return reply_to(
        reply, author=alice, source="> Only where the bricks stay wet all winter.\n\nI see."
    )


PAGES_WITH_TEXT = [
    "{thread}",
    "/p/{post}/",
    "/p/{post}/reply/",
    "/p/{post}/reply/?quote=1",
    "/p/{post}/history/",
    "/p/{post}/edit/",
    "/p/{post}/delete/",
    "/p/{post}/menu/",
    "/p/{quoting}/history/",
    "/p/{quoting}/reply/",
    "/p/{quoting}/reply/?quote=1",
    "/p/{quoting}/menu/",
    "/p/{quoting}/",
    "/u/bob/",
    "/u/alice/",
    "/b/gardens/",
    "/",
]


@pytest.mark.slow
@pytest.mark.parametrize("exit_", PAGES_WITH_TEXT)
@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}], ids=["page", "htmx"])
def test_hidden_text_is_not_shown_anywhere(
    visitor: Client,
    as_dan: Client,
    quoting: Post,
    reply: Post,
    carol: User,
    exit_: str,
    headers: dict[str, str],
) -> None:
    hide_post(reply, actor=carol, reason="off topic")
    path = exit_.format(thread=reply.thread.get_absolute_url(), post=reply.pk, quoting=quoting.pk)
    for client in (visitor, as_dan):
        response = client.get(path, follow=True, **headers)
        assert SECRET not in response.content.decode()


def test_hidden_post_leaves_a_tombstone_with_its_reason(
    visitor: Client, reply: Post, quoting: Post, carol: User
) -> None:
    hide_post(reply, actor=carol, reason="off topic")
    page = open_page(visitor, reply.thread.get_absolute_url())
    assert "Hidden by a moderator of Gardens on " in page
    assert "off topic" in page
    assert "1 reply below" in page
    gone = visitor.get(f"/p/{reply.pk}/")
    assert gone.status_code == 410
    assert "off topic" in Page(gone)


@pytest.mark.parametrize("who", ["as_bob", "as_carol", "as_erin"])
def test_author_and_moderators_can_read_a_hidden_post(
    request: pytest.FixtureRequest, reply: Post, carol: User, who: str
) -> None:
    hide_post(reply, actor=carol, reason="off topic")
    page = open_page(request.getfixturevalue(who), reply.thread.get_absolute_url())
    assert SECRET in page
    assert "Only the author and moderators can see the text." in page


def test_unhidden_post_looks_as_before(
    visitor: Client, reply: Post, quoting: Post, carol: User
) -> None:
    address = reply.thread.get_absolute_url()
    before = open_page(visitor, address).html
    hide_post(reply, actor=carol, reason="off topic")
    assert open_page(visitor, address).html != before
    unhide_post(reply, actor=carol, reason="on topic after all")
    # Apart from the CSRF token and the numbers for live updates.
    differs = re.compile(
        r'name="csrfmiddlewaretoken" value="[^"]*"|/arrivals/\?after=\d+|s-number="\d+"'
    )
    assert differs.sub("", open_page(visitor, address).html) == differs.sub("", before)


def test_thread_with_hidden_opening_post_shows_title_and_replies(
    visitor: Client, opening: Post, reply: Post, carol: User
) -> None:
    hide_post(opening, actor=carol, reason="off topic")
    page = open_page(visitor, opening.thread.get_absolute_url())
    assert "Moss on the north wall" in page
    assert SECRET in page
    assert "Does moss harm the bricks?" not in page.html


def test_deleted_thread_is_visible_to_moderators_only(
    visitor: Client, as_alice: Client, as_carol: Client, opening: Post, alice: User
) -> None:
    delete_post(opening, actor=alice)
    address = opening.thread.get_absolute_url()
    assert visitor.get(address).status_code == 404
    assert as_alice.get(address).status_code == 404
    assert as_carol.get(address).status_code == 200


def test_page_is_private_and_varies_by_htmx_header(visitor: Client, thread: Thread) -> None:
    response = visitor.get(thread.get_absolute_url())
    assert response["Cache-Control"] == "private, no-cache"
    assert "HX-Request" in response["Vary"]
