"""Reading a thread: the tree, its windows, what is removed, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, reply_to
from forum.models import Board, Post, Thread, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.queries.thread_pages import POSTS_PER_PAGE

SEED = "/t/1/if-i-can-read-it-why-cant-i-train-an-llm-on-it/"


class Tree(HTMLParser):
    """The posts of a page with the post whose list they stand in, and the deepest nesting."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parents: dict[str, str | None] = {}
        self.order: list[str] = []
        self.deepest = 0
        self._open: list[str | None] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "li" and attributes.get("class") == "node":
            self._open.append(None)
            self.deepest = max(self.deepest, len(self._open))
        elif tag == "li":
            self._open.append("")
        elif tag == "article" and self._open:
            self._open[-1] = attributes["id"]
            above = [post for post in self._open[:-1] if post]
            self.parents[attributes["id"] or ""] = above[-1] if above else None
            self.order.append(attributes["id"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "li":
            self._open.pop()


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def seed(db: None) -> Thread:
    call_command("loaddata", "seed_conversation", verbosity=0)
    return Thread.objects.get(pk=1)


def grow(opening: Post, author: User, count: int, *, chain: bool = False) -> list[Post]:
    """The opening post and `count` replies below it: all to it, or each to the one before."""
    posts = [opening]
    for n in range(count):
        parent = posts[-1] if chain else opening
        posts.append(reply_to(parent, author=author, source=f"Reply number {n}."))
    return posts


def long_thread(board: Board, author: User, *, chain: bool = False) -> list[Post]:
    """A thread of more than one page, by the order in which its posts arrived."""
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


def test_seed_reads_as_it_was_written(visitor: Client, seed: Thread) -> None:
    html = page(visitor, SEED)
    tree = Tree(html)
    assert tree.order == ["p2", "p3", "p4", "p5"]
    assert tree.parents == {"p2": None, "p3": "p2", "p4": "p3", "p5": "p4"}
    assert html.count("Not found in this thread") == 1
    assert "<bdi>hopeless</bdi> wrote" in html
    assert "Edited since; this text is unchanged" in html
    assert 'href="#p3:~:text=' in html
    assert '<a href="/p/3/history/">edited' in html
    assert "3 replies from lina, lispi314 and hopeless" in html
    assert 'also to <a href="/u/hopeless/">hopeless</a>' in html
    assert "4 replies" in html


def test_every_reply_has_a_name_to_jump_to(visitor: Client, seed: Thread) -> None:
    html = page(visitor, SEED)
    name = re.search(r'<h3 id="p4-by">(.*?)</h3>', html, re.S)[1]  # type: ignore[index]
    assert re.search(r"(?s)lispi314.*replies to lina, level 3</span>$", name)
    assert html.count("<h1") == 1


def test_one_answer_is_a_chain_and_several_are_a_fork(
    visitor: Client, reply: Post, alice: User, carol: User
) -> None:
    reply_to(reply, author=alice, source="One.")
    assert 'class="replies chain"' in page(visitor, reply.thread.get_absolute_url())
    reply_to(reply, author=carol, source="Two.")
    html = page(visitor, reply.thread.get_absolute_url())
    assert 'class="replies fork"' in html
    # The second one's parent is not the post above it: its first words are said.
    assert ': <q dir="auto">Only where the bricks' in html


def test_siblings_stand_in_order_of_time(visitor: Client, opening: Post, bob: User) -> None:
    posts = grow(opening, bob, 5)
    tree = Tree(page(visitor, opening.thread.get_absolute_url()))
    assert tree.order == [f"p{post.pk}" for post in posts[1:]]


def walk(client: Client, address: str, *, htmx: bool = False) -> Iterator[str]:
    """Every page of a thread, following “Show more”."""
    headers = {"HTTP_HX_REQUEST": "true"} if htmx else {}
    following: str | None = address
    first = True
    while following:
        response = client.get(following, **({} if first else headers))
        first = False
        assert response.status_code == 200
        html = response.content.decode()
        yield html
        link = re.search(r'href="([^"]*\?after=p\d+)" rel="next"', html)
        following = link[1] if link else None


def test_removed_posts_at_the_end_of_a_window_stay_over_their_replies_in_the_next(
    visitor: Client, board: Board, alice: User
) -> None:
    """Fetched below the first page, the second one does not draw them again."""
    posts = long_thread(board, alice, chain=True)[:90]
    # The page ends where lists would nest too deep, at the ninetieth reply.
    address = posts[0].thread.get_absolute_url()
    drawn = Tree(page(visitor, address)).order
    last = Post.objects.get(pk=int(drawn[-1][1:]))
    for post in (last, last.parent):
        delete_post(post, actor=alice)
    html = page(visitor, address)
    assert Tree(html).order == drawn
    assert "2 posts deleted" not in html


@pytest.mark.parametrize("chain", [False, True], ids=["fan", "chain"])
@pytest.mark.parametrize("htmx", [False, True], ids=["pages", "htmx"])
def test_windows_show_every_post_once(
    visitor: Client, board: Board, bob: User, chain: bool, htmx: bool
) -> None:
    posts = long_thread(board, bob, chain=chain)
    seen: list[str] = []
    for html in walk(visitor, posts[0].thread.get_absolute_url(), htmx=htmx):
        tree = Tree(html)
        assert tree.deepest <= 100
        # A page of its own repeats the posts above its first one.
        seen += [post for post in tree.order if post not in seen]
        if htmx and len(seen) > len(tree.order):
            assert "<html" not in html
    assert seen == [f"p{post.pk}" for post in posts[1:]]


def test_htmx_adds_posts_without_repeating_any(visitor: Client, board: Board, bob: User) -> None:
    opening = long_thread(board, bob, chain=True)[0]
    pages = walk(visitor, opening.thread.get_absolute_url(), htmx=True)
    ids = [post for html in pages for post in Tree(html).order]
    assert len(ids) == len(set(ids)) == POSTS_PER_PAGE + 60


def test_permalink_leads_to_the_post_with_those_above_it(
    visitor: Client, board: Board, bob: User
) -> None:
    posts = long_thread(board, bob, chain=True)
    post = posts[250]
    response = visitor.get(f"/p/{post.pk}/")
    assert response["Location"].endswith(f"?at=p{post.pk}#p{post.pk}")
    tree = Tree(page(visitor, response["Location"]))
    assert tree.parents[f"p{post.pk}"] == f"p{post.parent_id}"
    assert tree.order[0] == f"p{posts[240].pk}"


def test_permalink_of_a_short_thread_is_a_place_in_its_page(visitor: Client, reply: Post) -> None:
    response = visitor.get(f"/p/{reply.pk}/")
    assert response["Location"] == f"{reply.thread.get_absolute_url()}#p{reply.pk}"


def test_earlier_replies_lead_back(visitor: Client, board: Board, bob: User) -> None:
    posts = long_thread(board, bob)
    html = page(visitor, f"{posts[0].thread.get_absolute_url()}?at=p{posts[230].pk}")
    link = re.search(r'href="([^"]*\?before=p\d+)" rel="prev"', html)
    assert link
    tree = Tree(page(visitor, link[1]))
    assert tree.order[-1] == f"p{posts[229].pk}"


@pytest.mark.parametrize("size", ["alone", "some", "many"])
def test_queries_are_as_many_at_any_size(
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
        last = grow(opening, alice, 0 if size == "alone" else 4)[-1]
    address = last.thread.get_absolute_url()
    for path in (address, f"{address}?at=p{last.pk}"):
        # In a test the page's transaction is a savepoint: two statements more.
        with django_assert_num_queries(6 + 2):
            visitor.get(path)
        with django_assert_num_queries(9 + 2):
            as_bob.get(path)


def test_reading_back_through_a_deep_branch_shows_every_post(
    visitor: Client, board: Board, bob: User
) -> None:
    posts = long_thread(board, bob, chain=True)
    address: str | None = f"{posts[0].thread.get_absolute_url()}?before=p{posts[-1].pk}"
    seen: set[str] = set()
    last = posts[-1]
    while address:
        html = page(visitor, address)
        tree = Tree(html)
        assert tree.deepest <= 100
        assert tree.order[-1] == f"p{last.parent_id}"  # what stood before, to the post
        seen |= set(tree.order)
        link = re.search(r'href="([^"]*\?before=p(\d+))" rel="prev"', html)
        address = link[1] if link else None
        last = Post.objects.get(pk=link[2]) if link else last
    assert seen == {f"p{post.pk}" for post in posts[1:-1]}


def test_wrong_slug_leads_to_the_right_one(visitor: Client, thread: Thread) -> None:
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
def test_odd_pages_are_not_found(visitor: Client, thread: Thread, query: str) -> None:
    assert visitor.get(f"{thread.get_absolute_url()}?{query}").status_code == 404


def test_post_of_another_thread_is_no_place_in_this_one(
    visitor: Client, opening: Post, seed: Thread
) -> None:
    assert visitor.get(f"{SEED}?at=p{opening.pk}").status_code == 404


def test_locked_thread_says_who_and_why(visitor: Client, opening: Post, carol: User) -> None:
    lock_thread(opening.thread, actor=carol, reason="going in circles")
    html = page(visitor, opening.thread.get_absolute_url())
    assert "Locked. Reason: going in circles" in html
    assert ">Reply<" not in html


def test_pinned_thread_says_so(visitor: Client, opening: Post, carol: User) -> None:
    pin_thread(opening.thread, actor=carol, reason="read first")
    assert "pinned" in page(visitor, opening.thread.get_absolute_url())


SECRET = "stay wet all winter"


@pytest.fixture
def quoting(reply: Post, alice: User) -> Post:
    return reply_to(
        reply, author=alice, source="> Only where the bricks stay wet all winter.\n\nI see."
    )


EXITS = [
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


@pytest.mark.parametrize("exit_", EXITS)
@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}], ids=["page", "htmx"])
def test_hidden_text_has_no_way_out(
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
    html = page(visitor, reply.thread.get_absolute_url())
    assert "Hidden by a moderator on " in html
    assert "off topic" in html
    assert "1 reply below" in html
    gone = visitor.get(f"/p/{reply.pk}/")
    assert gone.status_code == 410
    assert "off topic" in gone.content.decode()


@pytest.mark.parametrize("who", ["as_bob", "as_carol", "as_erin"])
def test_author_and_moderators_still_read_a_hidden_post(
    request: pytest.FixtureRequest, reply: Post, carol: User, who: str
) -> None:
    hide_post(reply, actor=carol, reason="off topic")
    html = page(request.getfixturevalue(who), reply.thread.get_absolute_url())
    assert SECRET in html
    assert "Only the author and moderators can see the text." in html


def test_unhidden_post_is_as_before(
    visitor: Client, reply: Post, quoting: Post, carol: User
) -> None:
    address = reply.thread.get_absolute_url()
    before = page(visitor, address)
    hide_post(reply, actor=carol, reason="off topic")
    assert page(visitor, address) != before
    unhide_post(reply, actor=carol, reason="on topic after all")
    # But for the token of each page, and for how much had happened when it was made.
    differs = re.compile(
        r'name="csrfmiddlewaretoken" value="[^"]*"|/arrivals/\?after=\d+|s-number="\d+"'
    )
    assert differs.sub("", page(visitor, address)) == differs.sub("", before)


def test_hidden_opening_post_leaves_title_and_replies(
    visitor: Client, opening: Post, reply: Post, carol: User
) -> None:
    hide_post(opening, actor=carol, reason="off topic")
    html = page(visitor, opening.thread.get_absolute_url())
    assert "Moss on the north wall" in html
    assert SECRET in html
    assert "Does moss harm the bricks?" not in html


def test_deleted_thread_is_for_moderators_only(
    visitor: Client, as_alice: Client, as_carol: Client, opening: Post, alice: User
) -> None:
    delete_post(opening, actor=alice)
    address = opening.thread.get_absolute_url()
    assert visitor.get(address).status_code == 404
    assert as_alice.get(address).status_code == 404
    assert as_carol.get(address).status_code == 200


def test_page_is_private_and_fragments_are_told_apart(visitor: Client, thread: Thread) -> None:
    response = visitor.get(thread.get_absolute_url())
    assert response["Cache-Control"] == "private, no-cache"
    assert "HX-Request" in response["Vary"]
