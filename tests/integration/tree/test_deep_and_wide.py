"""A chain of 2,000 and a fan of 4,000 posts: reading, replying, moving and hiding as usual."""

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

DEEP, WIDE = 2_000, 4_000
SHAPES = ["chain", "fan"]


def import_replies(board, alice, bob, size, parent_of):
    start = timezone.now() - timedelta(days=30)
    posts = [
        ImportedPost(
            key=key,
            parent=parent_of(key) if key else None,
            author=bob if key % 2 else alice,
            source=f"Number {key}." if key % 500 == 0 else "Yes.",
            created_at=start + timedelta(minutes=key),
        )
        for key in range(size + 1)
    ]
    return import_thread(board, title=f"{size} replies", posts=posts)


@pytest.fixture
def large(request, board, alice, bob):
    if request.param == "chain":
        return import_replies(board, alice, bob, DEEP, lambda key: key - 1)
    return import_replies(board, alice, bob, WIDE, lambda _key: 0)


def all_posts(thread):
    return list(Post.objects.in_thread(thread).defer("html", "source", "excerpt"))


ARTICLE = re.compile(r'<article [^>]*\bid="p(\d+)"')
LATER = re.compile(r'<a [^>]*href="([^"]*\?after=p\d+)"[^>]*rel="next"')
LIST = re.compile(r"<(/?)(?:ol|ul)\b")


def max_nesting(html):
    depth = maximum = 0
    for match in LIST.finditer(html):
        depth += -1 if match[1] else 1
        maximum = max(maximum, depth)
    assert depth == 0
    return maximum


def follow_pages(client, address, **headers):
    """Yield every page from this one on, following “show more”."""
    visited = set()
    while address:
        assert address not in visited
        visited.add(address)
        response = client.get(address, headers=headers)
        assert response.status_code == 200
        html = response.content.decode()
        yield html
        found = LATER.search(html)
        address = found[1] if found else None


@pytest.mark.parametrize("large", SHAPES, indirect=True)
def test_every_post_is_on_exactly_one_page_in_tree_order(large, client, assert_trees_sound):
    assert_trees_sound()
    order = [post.pk for post in all_posts(large)]
    opening = order[0]
    read = []
    for html in follow_pages(client, large.get_absolute_url(), **{"HX-Request": "true"}):
        assert max_nesting(html) <= 100
        ids = [int(pk) for pk in ARTICLE.findall(html)]
        read += [pk for pk in ids if pk != opening]
    assert read == order[1:]


@pytest.mark.parametrize("large", SHAPES, indirect=True)
def test_pages_can_be_opened_at_the_beginning_the_middle_and_the_end(large, client):
    posts = all_posts(large)
    address = large.get_absolute_url()
    for place in (0, len(posts) // 2, len(posts) - 1):
        post = posts[place]
        page_address = f"{address}?at=p{post.pk}" if place else address
        html = client.get(page_address).content.decode()
        assert f'id="p{post.pk}"' in html
        assert max_nesting(html) <= 100
        assert client.get(post.get_absolute_url(), follow=True).status_code == 200
        assert client.get(f"/p/{post.pk}/history/").status_code == 200
    earlier = "".join(follow_pages(client, f"{address}?before=p{posts[-1].pk}"))
    # When paging backwards, pages of a chain are short, so that lists are not nested too deep.
    assert all(f'id="p{post.pk}"' in earlier for post in posts[-80:])
    assert "?before=p" in client.get(f"{address}?at=p{posts[700].pk}").content.decode()


@pytest.mark.parametrize("large", SHAPES, indirect=True)
def test_posts_at_any_depth_can_be_replied_to_edited_hidden_and_deleted(
    large, alice, bob, carol, as_alice, assert_trees_sound
):
    posts = all_posts(large)
    before = dict(Post.objects.filter(thread=large).values_list("pk", "lft"))
    for place in (0, len(posts) // 2, len(posts) - 1):
        parent = Post.objects.get(pk=posts[place].pk)
        data = {"source": f"An answer at {place}.", "nonce": "", "do": "post"}
        response = as_alice.post(f"/p/{parent.pk}/reply/", data, follow=True)
        assert response.status_code == 200
        reply = Post.objects.get(parent=parent, source=data["source"])
        assert list(reply.get_ancestors().values_list("level", flat=True))[-1] == parent.level
        edit_post(reply, actor=alice, source="Changed.")
        hide_post(parent, actor=carol, reason="spam")
        unhide_post(parent, actor=carol, reason="no spam")
        delete_post(reply, actor=alice)
    now = dict(Post.objects.filter(pk__in=before).values_list("pk", "lft"))
    assert sum(now[pk] != before[pk] for pk in before) < 100
    bobs_post = next(post for post in posts[len(posts) // 2 :] if post.author_id == bob.pk)
    delete_post(bobs_post, actor=bob)
    assert Post.objects.filter(thread=large).count() == len(posts) + 3
    large.refresh_from_db()
    assert large.post_count == len(posts) - 1
    assert_trees_sound()


@pytest.mark.django_db(transaction=True)  # every action commits and is checked
@pytest.mark.parametrize("large", SHAPES, indirect=True)
def test_branches_of_large_threads_can_be_moved_and_moved_back(
    large, thread, opening, alice, carol, assert_trees_sound, client
):
    posts = all_posts(large)
    structure = [(post.pk, post.parent_id, post.level, post.number) for post in posts]
    branch = posts[10]
    moved = move_branch(branch, to=opening, actor=carol, reason="about moss")
    below = Post.objects.below(opening).count()
    assert below == (len(posts) - 10 if posts[11].level > 1 else 1)
    assert_trees_sound()
    undo_move(moved, actor=carol, reason="no")

    split_thread = split_off(branch, title="Apart", actor=carol, reason="its own matter")
    assert client.get(split_thread.get_absolute_url()).status_code == 200
    merged = merge_thread(split_thread, into=thread, actor=carol, reason="about moss")
    undo_move(merged, actor=carol, reason="no")
    undo_move(ModerationAction.objects.get(act="split-branch"), actor=carol, reason="no")
    assert_trees_sound()
    assert [(p.pk, p.parent_id, p.level, p.number) for p in all_posts(large)] == structure


def test_chain_moved_into_a_fan_can_be_replied_to_at_its_end(
    board, alice, bob, carol, assert_trees_sound
):
    chain = all_posts(import_replies(board, alice, bob, 1_500, lambda key: key - 1))
    fan = all_posts(import_replies(board, alice, bob, 1_500, lambda _key: 0))
    move_branch(chain[1], to=fan[750], actor=carol, reason="tidying")
    assert_trees_sound()
    end = Post.objects.get(pk=chain[-1].pk)
    assert (end.thread_id, end.level) == (fan[0].thread_id, 1501)
    reply = reply_to(end, author=alice, source="And on.")
    assert reply.level == 1502
    assert Post.objects.get(pk=fan[751].pk).get_previous_sibling().pk == fan[750].pk
    assert_trees_sound()


def test_pages_of_a_fan_stay_in_order_while_replies_arrive(board, alice, bob, client):
    fan = import_replies(board, alice, bob, 600, lambda _key: 0)
    order = [post.pk for post in all_posts(fan)]
    read = []
    for html in follow_pages(client, fan.get_absolute_url(), **{"HX-Request": "true"}):
        read += [int(pk) for pk in ARTICLE.findall(html)]
        reply_to(Post.objects.get(pk=order[0]), author=bob, source="Another one.")
    read = [pk for pk in read if pk != order[0]]
    assert read[:600] == order[1:]
    assert read == sorted(read)
