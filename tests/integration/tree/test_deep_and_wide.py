"""A chain 5,000 deep and a fan of 10,000: read, answered, moved, removed like any other."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.models import ModerationAction, Post
from forum.moderation.actions.branch_moves import merge_thread, move_branch
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.branch_transfer import undo_move
from tests.moderation_actions import split_off

pytestmark = pytest.mark.slow

DEEP, WIDE = 5_000, 10_000
SHAPES = ["chain", "fan"]


def write(board, alice, bob, size, parent_of):
    began = timezone.now() - timedelta(days=30)
    posts = [
        ImportedPost(
            key=key,
            parent=parent_of(key) if key else None,
            author=bob if key % 2 else alice,
            source=f"Number {key}." if key % 500 == 0 else "Yes.",
            created_at=began + timedelta(minutes=key),
        )
        for key in range(size + 1)
    ]
    return import_thread(board, title=f"{size} replies", posts=posts)


@pytest.fixture
def large(request, board, alice, bob):
    if request.param == "chain":
        return write(board, alice, bob, DEEP, lambda key: key - 1)
    return write(board, alice, bob, WIDE, lambda _key: 0)


def posts_of(thread):
    return list(Post.objects.in_thread(thread).defer("html", "source", "excerpt"))


ARTICLE = re.compile(r'<article [^>]*\bid="p(\d+)"')
LATER = re.compile(r'<a [^>]*href="([^"]*\?after=p\d+)"[^>]*rel="next"')
LIST = re.compile(r"<(/?)(?:ol|ul)\b")


def deepest(html):
    depth = most = 0
    for match in LIST.finditer(html):
        depth += -1 if match[1] else 1
        most = max(most, depth)
    assert depth == 0
    return most


def pages(client, address, **headers):
    """Every page from this one on, following “show more”."""
    seen = set()
    while address:
        assert address not in seen
        seen.add(address)
        answer = client.get(address, headers=headers)
        assert answer.status_code == 200
        html = answer.content.decode()
        yield html
        found = LATER.search(html)
        address = found[1] if found else None


@pytest.mark.parametrize("large", SHAPES, indirect=True)
def test_every_post_is_on_exactly_one_page_in_tree_order(large, client, sound):
    sound()
    order = [post.pk for post in posts_of(large)]
    opening = order[0]
    read = []
    for html in pages(client, large.get_absolute_url(), **{"HX-Request": "true"}):
        assert deepest(html) <= 100
        ids = [int(pk) for pk in ARTICLE.findall(html)]
        read += [pk for pk in ids if pk != opening]
    assert read == order[1:]


@pytest.mark.parametrize("large", SHAPES, indirect=True)
def test_whole_pages_can_be_read_from_the_beginning_the_middle_and_the_end(large, client):
    posts = posts_of(large)
    address = large.get_absolute_url()
    for place in (0, len(posts) // 2, len(posts) - 1):
        post = posts[place]
        asked = f"{address}?at=p{post.pk}" if place else address
        html = client.get(asked).content.decode()
        assert f'id="p{post.pk}"' in html
        assert deepest(html) <= 100
        assert client.get(post.get_absolute_url(), follow=True).status_code == 200
        assert client.get(f"/p/{post.pk}/history/").status_code == 200
    earlier = "".join(pages(client, f"{address}?before=p{posts[-1].pk}"))
    # Reading back, a page of a chain begins so late that it nests few enough lists.
    assert all(f'id="p{post.pk}"' in earlier for post in posts[-80:])
    assert "?before=p" in client.get(f"{address}?at=p{posts[700].pk}").content.decode()


@pytest.mark.parametrize("large", SHAPES, indirect=True)
def test_posts_at_any_depth_are_replied_to_edited_hidden_and_removed(
    large, alice, bob, carol, as_alice, sound
):
    posts = posts_of(large)
    before = dict(Post.objects.filter(thread=large).values_list("pk", "lft"))
    for place in (0, len(posts) // 2, len(posts) - 1):
        parent = Post.objects.get(pk=posts[place].pk)
        sent = {"source": f"An answer at {place}.", "nonce": "", "do": "post"}
        answer = as_alice.post(f"/p/{parent.pk}/reply/", sent, follow=True)
        assert answer.status_code == 200
        reply = Post.objects.get(parent=parent, source=sent["source"])
        assert list(reply.get_ancestors().values_list("level", flat=True))[-1] == parent.level
        edit_post(reply, actor=alice, source="Changed.")
        hide_post(parent, actor=carol, reason="spam")
        unhide_post(parent, actor=carol, reason="no spam")
        delete_post(reply, actor=alice)
    now = dict(Post.objects.filter(pk__in=before).values_list("pk", "lft"))
    assert sum(now[pk] != before[pk] for pk in before) < 100
    own = next(post for post in posts[len(posts) // 2 :] if post.author_id == bob.pk)
    delete_post(own, actor=bob)
    assert Post.objects.filter(thread=large).count() == len(posts) + 3
    large.refresh_from_db()
    assert large.post_count == len(posts) - 1
    sound()


@pytest.mark.django_db(transaction=True)  # each deed commits, and is checked then
@pytest.mark.parametrize("large", SHAPES, indirect=True)
def test_deep_thread_and_its_branches_move_and_come_back(
    large, thread, opening, alice, carol, sound, client
):
    posts = posts_of(large)
    variant = [(post.pk, post.parent_id, post.level, post.number) for post in posts]
    branch = posts[10]
    moved = move_branch(branch, to=opening, actor=carol, reason="about moss")
    below = Post.objects.below(opening).count()
    assert below == (len(posts) - 10 if posts[11].level > 1 else 1)
    sound()
    undo_move(moved, actor=carol, reason="no")

    apart = split_off(branch, title="Apart", actor=carol, reason="its own matter")
    assert client.get(apart.get_absolute_url()).status_code == 200
    merged = merge_thread(apart, into=thread, actor=carol, reason="about moss")
    undo_move(merged, actor=carol, reason="no")
    undo_move(ModerationAction.objects.get(act="split-branch"), actor=carol, reason="no")
    sound()
    assert [(p.pk, p.parent_id, p.level, p.number) for p in posts_of(large)] == variant


def test_chain_hung_into_a_fan_is_answered_at_its_end(board, alice, bob, carol, sound):
    chain = posts_of(write(board, alice, bob, 1_500, lambda key: key - 1))
    fan = posts_of(write(board, alice, bob, 1_500, lambda _key: 0))
    move_branch(chain[1], to=fan[750], actor=carol, reason="tidying")
    sound()
    end = Post.objects.get(pk=chain[-1].pk)
    assert (end.thread_id, end.level) == (fan[0].thread_id, 1501)
    reply = reply_to(end, author=alice, source="And on.")
    assert reply.level == 1502
    assert Post.objects.get(pk=fan[751].pk).get_previous_sibling().pk == fan[750].pk
    sound()


def test_list_of_a_fan_stays_in_order_while_replies_arrive(board, alice, bob, client):
    fan = write(board, alice, bob, 600, lambda _key: 0)
    order = [post.pk for post in posts_of(fan)]
    read = []
    for html in pages(client, fan.get_absolute_url(), **{"HX-Request": "true"}):
        read += [int(pk) for pk in ARTICLE.findall(html)]
        reply_to(Post.objects.get(pk=order[0]), author=bob, source="Another one.")
    read = [pk for pk in read if pk != order[0]]
    assert read[:600] == order[1:]
    assert read == sorted(read)
