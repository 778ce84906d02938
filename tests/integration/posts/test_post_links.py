"""From a post to those around it, by the links of its menu: they work without scripts."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, reply_to
from forum.models import Board, Post, User
from forum.moderation.actions.post_hiding import hide_post
from forum.queries import outline
from forum.queries.outline import adjacent_siblings

WAY = re.compile(r'<a href="([^"]*)" data-js-way="(\w+)">([^<]*)</a>')


def ways(client: Client, post: Post) -> dict[str, tuple[str, str]]:
    """The words and the address of each way."""
    html = client.get(f"/p/{post.pk}/menu/").content.decode()
    return {way: (words, address) for address, way, words in WAY.findall(html)}


@pytest.fixture
def answers(reply: Post, alice: User, bob: User) -> list[Post]:
    """Four answers to bob's reply."""
    return [reply_to(reply, author=alice, source=f"Answer {n}.") for n in range(4)]


def test_each_way_leads_to_its_post(visitor: Client, reply: Post, answers: list[Post]) -> None:
    path = reply.thread.get_absolute_url()
    assert ways(visitor, answers[1]) == {
        "parent": ("Go to parent", f"{path}#p{reply.pk}"),
        "next": ("Next reply to bob", f"{path}#p{answers[2].pk}"),
        "previous": ("Previous reply to bob", f"{path}#p{answers[0].pk}"),
        "opening": ("Go to opening post", f"{path}#p{reply.parent_id}"),
        "map": ("Show in outline", f"/t/{reply.thread_id}/map/?at=p{answers[1].pk}"),
    }


def test_only_ways_that_lead_somewhere_are_offered(
    visitor: Client, reply: Post, answers: list[Post]
) -> None:
    assert set(ways(visitor, answers[0])) == {"parent", "next", "opening", "map"}
    assert set(ways(visitor, answers[3])) == {"parent", "previous", "opening", "map"}
    # What a reply to the opening post answers is the opening post.
    assert set(ways(visitor, reply)) == {"opening", "map", "fold"}
    assert ways(visitor, reply.parent) == {}


def test_deleted_sibling_is_passed_over_and_one_with_answers_leads_below(
    visitor: Client, answers: list[Post], alice: User, bob: User
) -> None:
    below = reply_to(answers[2], author=bob, source="Below.")
    delete_post(answers[1], actor=alice)
    delete_post(answers[2], actor=alice)
    _before, after = adjacent_siblings(answers[0])
    assert after == below
    before, _after = adjacent_siblings(answers[3])
    assert before == below
    delete_post(below, actor=bob)
    assert adjacent_siblings(answers[0])[1] == answers[3]


def test_name_of_a_removed_posts_author_is_not_told(
    visitor: Client, reply: Post, answers: list[Post], carol: User
) -> None:
    hide_post(reply, actor=carol, reason="Rude")
    found = ways(visitor, answers[1])
    assert found["next"][0] == "Next reply to the same post"
    assert found["previous"][0] == "Previous reply to the same post"


def test_ways_in_a_long_thread_lead_to_the_page_of_the_post(
    visitor: Client, board: Board, alice: User, opening: Post
) -> None:
    written = [
        ImportedPost(n, 0 if n else None, alice, f"Number {n}.", opening.created_at)
        for n in range(300)
    ]
    thread = import_thread(board, title="A long one", posts=written)
    posts = list(Post.objects.in_thread(thread))
    _words, address = ways(visitor, posts[250])["next"]
    assert address == f"{thread.get_absolute_url()}?at=p{posts[251].pk}#p{posts[251].pk}"
    assert f'id="p{posts[251].pk}"' in visitor.get(address).content.decode()


def test_menu_asks_the_same_in_any_thread(
    visitor: Client, answers: list[Post], alice: User, reply: Post
) -> None:
    def asked(post: Post) -> int:
        with CaptureQueriesContext(connection) as captured:
            ways(visitor, post)
        return len(captured)

    few = asked(answers[1])
    for n in range(12):
        reply_to(answers[1], author=alice, source=f"Below {n}.")
        reply_to(reply, author=alice, source=f"Beside {n}.")
    assert asked(answers[1]) == few


# -- A look at a post from elsewhere --------------------------------------------------------------

HTMX = {"hx-request": "true"}


def test_look_at_a_post_is_the_post_alone(visitor: Client, reply: Post) -> None:
    answer = visitor.get(f"/p/{reply.pk}/", headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.strip().startswith('<article class="post">')
    assert "Only where the bricks stay wet all winter." in html
    assert "id=" not in html


def test_look_at_a_removed_post_shows_nothing_of_it(
    visitor: Client, as_carol: Client, reply: Post, carol: User
) -> None:
    hide_post(reply, actor=carol, reason="Rude")
    answer = visitor.get(f"/p/{reply.pk}/", headers=HTMX)
    assert answer.status_code == 410
    assert "A removed post" in answer.content.decode()
    assert "bricks" not in answer.content.decode()
    assert "bob" not in answer.content.decode()
    assert "bricks" in as_carol.get(f"/p/{reply.pk}/", headers=HTMX).content.decode()


def test_beyond_so_many_deleted_ones_nobody_is_looked_for(
    answers: list[Post], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for post in answers[1:3]:
        delete_post(post, actor=alice)
    assert adjacent_siblings(answers[0]) == (None, answers[3])
    monkeypatch.setattr(outline, "MAX_SIBLINGS_SCANNED", 2)
    assert adjacent_siblings(answers[0]) == (None, None)
