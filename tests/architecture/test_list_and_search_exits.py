"""No list, count, suggestion, tag page or search shows words that its reader may not read.

Each text here has a word of its own, in the title of its thread or in a reply, and is in one of the
states that take a text away from some of its readers.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from forum.actions.drafts import Writing
from forum.actions.posts import delete_post, reply_to
from forum.actions.premoderation import RuleMatch, hold_post
from forum.actions.threads import start_thread
from forum.lib.search import parse_search
from forum.models import Board, Erasure, Post, Thread
from forum.models.drafts import Purpose
from forum.moderation.actions.branch_hiding import remove_branch
from forum.moderation.actions.branch_moves import merge_thread, move_branch
from forum.moderation.actions.erasure_requests import ask_to_erase
from forum.moderation.actions.listing import unlist_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.erasure.requests import confirm_erasure
from forum.queries.search import PostSearch, find_similar_titles
from forum.queries.thread_lists import TABS_BY_SLUG
from tests.html import Page
from tests.scene import PEOPLE, Scene

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ALL = frozenset(PEOPLE)
NOBODY: frozenset[str] = frozenset()
MODERATORS = frozenset({"carol", "mona", "erin"})

# Who reads the title of alice's thread in each state, and the text of bob's reply in it.
READERS = {
    "hidden": (ALL, MODERATORS | {"bob"}),
    "held": (ALL, NOBODY),
    "held-thread": (NOBODY, NOBODY),
    "deleted": (ALL, NOBODY),
    "deleted-thread": (MODERATORS, NOBODY),
    "branch-removed": (ALL, MODERATORS | {"bob"}),
    "removed": (MODERATORS | {"alice"}, MODERATORS | {"alice"}),
    "unlisted": (MODERATORS, MODERATORS),
    "moved-out": (MODERATORS | {"alice"}, ALL),
    "moved-in": (ALL, MODERATORS | {"alice"}),
    "merged": (NOBODY, ALL),
    "erased": (ALL, NOBODY),
    "erased-thread": (NOBODY, MODERATORS),  # it is unlisted, too
}


def title_token(state: str) -> str:
    return f"title{state.replace('-', '')}token"


def text_token(state: str) -> str:
    return f"text{state.replace('-', '')}token"


@pytest.fixture(scope="module")
def posts(scene: Scene) -> dict[str, Post]:
    """Write a thread with a reply for each state, and bring them into it; return the replies."""
    replies = write_posts(scene)
    bring_into_states(scene, replies)
    return replies


def write_posts(scene: Scene) -> dict[str, Post]:
    """Write a thread for each state, with a reply that everybody can read; return the replies.

    There is no reply where somebody's would keep the thread from being deleted, or where it is
    held.
    """
    replies = {}
    for state in READERS:
        if state != "held-thread":
            thread = _start(scene, state)
            opening = Post.objects.opening_of(thread.pk).get()
            source = f"A reply with {text_token(state)}."
            if state == "held":
                _hold(scene, source, parent_id=opening.pk)
            elif state != "deleted-thread":
                replies[state] = reply_to(opening, author=scene.people["bob"], source=source)
    return replies


def bring_into_states(scene: Scene, replies: dict[str, Post]) -> None:
    """Take each text away from those who may not read it in its state."""
    carol = scene.people["carol"]
    deleted = Post.objects.opening_of(_thread(scene, "deleted-thread").pk).get()
    delete_post(deleted, actor=scene.people["alice"])
    source = f"Words with {text_token('held-thread')}."
    _hold(scene, source, title=title_token("held-thread"), board_id=scene.board.pk)
    hide_post(replies["hidden"], actor=carol, reason="Rude")
    delete_post(replies["deleted"], actor=scene.people["bob"])
    remove_branch(replies["branch-removed"], actor=carol, reason="In circles")
    unlist_thread(replies["unlisted"].thread, actor=carol, reason="Off topic")
    open_thread = scene.posts["open-opening"]
    removed = replies["removed"].thread
    move_branch(replies["moved-out"], to=open_thread, actor=carol, reason="Belongs there")
    remove_thread(_thread(scene, "moved-out"), actor=carol, reason="Spam")
    target = Post.objects.opening_of(removed.pk).get()
    move_branch(replies["moved-in"], to=target, actor=carol, reason="Belongs there")
    remove_thread(removed, actor=carol, reason="Spam")
    merge_thread(
        _thread(scene, "merged"), into=scene.threads["open"], actor=carol, reason="The same"
    )
    _erase(replies["erased"], scene)
    _erase(Post.objects.opening_of(_thread(scene, "erased-thread").pk).get(), scene)


def _start(scene: Scene, state: str) -> Thread:
    return start_thread(
        scene.board,
        author=scene.people["alice"],
        title=f"Something about {title_token(state)}",
        source="A wall.",
        tag_ids=[scene.tag.pk],
    )


def _thread(scene: Scene, state: str) -> Thread:
    return Thread.objects.get(title__contains=title_token(state))


def _hold(scene: Scene, source: str, *, title: str = "", **purpose: int) -> None:
    written = Writing(source, title=title, tag_ids=[scene.tag.pk], nonce=uuid4())
    match = RuleMatch(scene.rule, "words")
    hold_post(Purpose(**purpose), author=scene.people["bob"], written=written, match=match)


def _erase(post: Post, scene: Scene) -> None:
    ask_to_erase(post, actor=scene.people["carol"], reason="An address")
    confirm_erasure(Erasure.objects.open().get(post=post), actor=scene.people["erin"])


def list_addresses(scene: Scene) -> list[str]:
    """Return the addresses of all lists of threads: each tab of all threads, boards and tags."""
    tabs = [slug for slug in TABS_BY_SLUG if slug]
    found = ["/", *(reverse("threads", args=[tab]) for tab in tabs)]
    for name, slugs in (
        ("board", Board.objects.values_list("slug", flat=True)),
        ("tag", [scene.tag.slug]),
    ):
        for slug in slugs:
            found.append(reverse(f"{name}-detail", args=[slug]))
            found += [reverse(f"{name}-threads", args=[slug, tab]) for tab in tabs]
    return found


def forbidden_words(name: str) -> set[str]:
    """Return the words of all titles and texts that this reader may not read."""
    pairs = [
        pair
        for state, (of_title, of_text) in READERS.items()
        for pair in ((title_token(state), of_title), (text_token(state), of_text))
    ]
    return {word for word, readers in pairs if name not in readers}


@pytest.mark.parametrize("name", PEOPLE)
def test_lists_show_no_words_that_their_reader_may_not_read(
    scene: Scene, posts: dict[str, Post], name: str
) -> None:
    client = scene.client(name)
    forbidden = forbidden_words(name)
    shown = ""
    for address in list_addresses(scene):
        response = client.get(address)
        if response.status_code == 302:
            assert name == "visitor", address
            continue
        text = Page(response).find("main").text
        assert not {word for word in forbidden if word in text}, address
        shown += text
    for state, (readers, _of_text) in READERS.items():
        assert (title_token(state) in shown) is (name in readers), state


@pytest.mark.parametrize("name", PEOPLE)
def test_search_finds_texts_for_their_readers_alone(
    scene: Scene, posts: dict[str, Post], name: str
) -> None:
    reader = scene.reader(name)
    for state, (_of_title, readers) in READERS.items():
        is_reader = name in readers
        for filters in ("", "tag:walls", "author:bob", "after:2000-01-01", "board:gardens"):
            found = PostSearch(parse_search(f"{text_token(state)} {filters}"), reader).results()
            assert bool(found.threads) is is_reader, (state, filters)
            assert sum(each.others for each in found.threads) == 0, (state, filters)


@pytest.mark.parametrize("name", PEOPLE)
def test_search_finds_titles_for_their_readers_alone(
    scene: Scene, posts: dict[str, Post], name: str
) -> None:
    reader = scene.reader(name)
    for state, (readers, _of_text) in READERS.items():
        if state == "deleted-thread":
            continue  # its title is shown to moderators, but there is no post to find
        found = PostSearch(parse_search(title_token(state)), reader).results()
        assert bool(found.threads) is (name in readers), state


# Of the posts that wait for review, all by bob, who finds them in the pages of search.
HELD = {text_token("held"), title_token("held-thread"), text_token("held-thread")}


def exits(client: Client, word: str) -> str:
    """Return what the page of a search and its suggestions show, without the search itself."""
    page = Page(client.get("/search/", {"q": word}))
    rows = page.texts("ol.list li")
    suggested = page.texts("main ul li") + page.texts("p.row a")
    return " ".join([*rows, *suggested])


@pytest.mark.parametrize("name", PEOPLE)
def test_similar_titles_are_those_that_lists_show_their_reader(
    scene: Scene, posts: dict[str, Post], name: str
) -> None:
    """Compare with what a page of search suggests when it found nothing."""
    reader, forbidden = scene.reader(name), forbidden_words(name)
    for state, (readers, _of_text) in READERS.items():
        titles = " ".join(
            thread.title for thread in find_similar_titles(f"{title_token(state)}s", reader)
        )
        assert not {word for word in forbidden if word in titles}, state
        assert state == "erased-thread" or (title_token(state) in titles) is (name in readers), (
            state
        )


# One of each kind of reader of `READERS`, and a moderator of another board. Above, all people's
# rights are tested below HTTP, where they are decided.
READERS_OF_PAGES = ("visitor", "alice", "bob", "mona", "otto")


@pytest.mark.parametrize("of_word", [title_token, text_token], ids=["titles", "texts"])
@pytest.mark.parametrize("name", READERS_OF_PAGES)
def test_pages_of_search_suggest_and_show_no_words_of_others(
    scene: Scene, posts: dict[str, Post], name: str, of_word: Callable[[str], str]
) -> None:
    client = scene.client(name)
    forbidden = forbidden_words(name)
    if name == "bob":
        forbidden -= HELD
        assert all(word in exits(client, word) for word in (HELD - {text_token("held-thread")}))
    for state in READERS:
        # A letter more: nothing has the word, so that similar titles are suggested.
        for word in (of_word(state), f"{of_word(state)}s"):
            shown = exits(client, word)
            assert not {each for each in forbidden if each in shown}, (state, word)


@pytest.mark.parametrize("of_word", [title_token, text_token], ids=["titles", "texts"])
def test_feeds_of_searches_show_members_no_more_than_visitors(
    scene: Scene, posts: dict[str, Post], of_word: Callable[[str], str]
) -> None:
    forbidden = forbidden_words("visitor")
    for state in READERS:
        for name in ("visitor", "bob", "carol"):
            response = scene.client(name).get("/search/feed.atom", {"q": of_word(state)})
            _head, *entries = response.content.decode().split("<entry>")
            shown = " ".join(entries)
            assert not {each for each in forbidden if each in shown}, (state, name)
            assert (of_word(state) in shown) is (of_word(state) not in forbidden), (state, name)


@pytest.mark.parametrize("name", PEOPLE)
def test_search_in_a_thread_counts_what_its_reader_may_read(
    scene: Scene, posts: dict[str, Post], name: str
) -> None:
    reader = scene.reader(name)
    for state, reply in posts.items():
        thread = Post.objects.get(pk=reply.pk).thread
        found, _more = PostSearch(
            parse_search(f"{text_token(state)} in:{thread.pk}"), reader
        ).in_tree_order()
        # The address of an unlisted thread is known to those who search in it.
        is_reader = state in ("unlisted", "erased-thread") or name in READERS[state][1]
        assert found == ([reply.pk] if is_reader else []), state


def test_moved_post_is_found_in_its_new_thread_alone(scene: Scene, posts: dict[str, Post]) -> None:
    for state in ("moved-out", "merged"):
        (found,) = (
            PostSearch(parse_search(text_token(state)), scene.reader("dan")).results().threads
        )
        assert found.thread == scene.threads["open"], state


def test_erased_words_are_in_no_index(scene: Scene, posts: dict[str, Post]) -> None:
    for word in (text_token("erased"), title_token("erased-thread")):
        assert PostSearch(parse_search(word), scene.reader("erin")).results().threads == []
        assert not Thread.objects.filter(title__contains=word).exists()
        assert not Post.objects.filter(source__contains=word).exists()
