"""Backlinks: replies from elsewhere in the thread are named, other quoting posts are counted."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum.actions.posts import delete_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Post, User
from forum.moderation.actions.post_hiding import hide_post
from forum.queries.backlinks import MAX_BACKLINKS
from tests.html import Page

TEXT = "Only where the bricks stay wet all winter."
HTMX = {"hx-request": "true"}


def backlinks(client: Client, post: Post, address: str = "") -> tuple[str, str]:
    """Return the text of the backlinks under a post and of the count beside its buttons."""
    shown = Page(client.get(address or post.thread.get_absolute_url())).post(post.pk)
    replied_to = " ".join(shown.texts(".meta.backlinks"))
    quoted = [text for text in shown.links if text.startswith("Quoted by")]
    return replied_to, quoted[0].partition(" (")[0] if quoted else ""


def quote(parent: Post, author: User, *sources: Post) -> Post:
    texts = [source.source.split("\n\n")[-1] for source in sources]
    words = "\n\nand\n\n".join(f"> {text}" for text in texts)
    return reply_to(
        parent,
        author=author,
        source=f"{words}\n\nThis part is mine.",
        quoted_post_ids=[source.pk for source in sources],
    )


def test_reply_that_quotes_three_branches_gives_three_backlinks(
    opening: Post, alice: User, bob: User, carol: User, visitor: Client
) -> None:
    branches = [reply_to(opening, author=bob, source=f"In branch {n}, moss.") for n in "abc"]
    last = reply_to(opening, author=carol, source="I read all of that.")
    quoting = quote(last, alice, *branches)
    assert Post.objects.filter(thread=opening.thread).count() == 6
    for branch in branches:
        assert backlinks(visitor, branch) == ("Replied to below by alice", "")
    page = Page(visitor.get(opening.thread.get_absolute_url()))
    assert [link.links for link in page.find_all(".backlinks")] == [
        {"alice": f"#p{quoting.pk}"}
    ] * 3


def test_direct_reply_is_counted_but_not_named(
    reply: Post, alice: User, carol: User, visitor: Client
) -> None:
    quote(reply, alice, reply)
    assert backlinks(visitor, reply) == ("", "Quoted by 1 post")
    quote(reply, alice, reply)
    quote(reply, carol, reply)
    assert backlinks(visitor, reply) == ("", "Quoted by 3 posts")


def test_named_and_counted_backlinks_can_be_shown_together(
    opening: Post, reply: Post, alice: User, carol: User, visitor: Client
) -> None:
    quote(reply, alice, reply)
    quote(reply_to(opening, author=carol, source="Hm."), carol, reply)
    assert backlinks(visitor, reply) == ("Replied to below by carol", "Quoted by 2 posts")


def test_three_authors_are_named_once_and_the_others_counted(
    opening: Post, reply: Post, alice: User, bob: User, carol: User, erin: User, visitor: Client
) -> None:
    other = reply_to(opening, author=carol, source="Something else.")
    for person in (alice, alice, bob, carol, erin):
        quote(other, person, reply)
    assert backlinks(visitor, reply) == ("Replied to below by alice, bob, carol and 2 more", "")


def test_backlink_says_whether_the_post_is_above_or_below(
    opening: Post, alice: User, bob: User, visitor: Client
) -> None:
    first = reply_to(opening, author=bob, source="The first branch.")
    second = reply_to(opening, author=bob, source="The second branch.")
    quote(first, alice, second)
    assert backlinks(visitor, second) == ("Replied to above by alice", "")
    quote(second, alice, first, second)
    newest = f"{opening.thread.get_absolute_url()}?order=newest"
    by_time = f"{opening.thread.get_absolute_url()}?order=time"
    assert backlinks(visitor, first) == ("Replied to below by alice", "")
    assert backlinks(visitor, first, newest) == ("Replied to above by alice", "")
    assert backlinks(visitor, second, by_time) == ("Replied to below by alice", "Quoted by 2 posts")


def test_quote_from_another_thread_is_only_counted(
    board: Board, reply: Post, alice: User, visitor: Client
) -> None:
    other = start_thread(board, author=alice, title="Lime", source="It washes off.").posts.get()
    quote(other, alice, reply)
    assert backlinks(visitor, reply) == ("", "Quoted by 1 post")
    page = Page(visitor.get(f"/p/{reply.pk}/quoted/"))
    assert "Lime" in page
    assert "This part is mine." in page
    assert TEXT in page, "its own first words"
    assert page.text.count(TEXT) == 1


def test_opening_post_has_backlinks(
    opening: Post, reply: Post, alice: User, visitor: Client
) -> None:
    quote(reply, alice, opening)
    assert backlinks(visitor, opening) == ("Replied to below by alice", "")


def test_only_readable_posts_are_counted(
    opening: Post, reply: Post, alice: User, carol: User, visitor: Client, as_carol: Client
) -> None:
    other = reply_to(opening, author=carol, source="Something else.")
    hidden, deleted = quote(other, alice, reply), quote(other, carol, reply)
    hide_post(hidden, actor=carol, reason="wrong")
    delete_post(deleted, actor=carol)
    assert backlinks(visitor, reply) == ("", "")
    assert backlinks(as_carol, reply) == ("Replied to below by alice", "")
    assert "No one has quoted this post." in Page(visitor.get(f"/p/{reply.pk}/quoted/"))


def test_new_username_is_shown_immediately(reply: Post, alice: User, visitor: Client) -> None:
    opening = reply.parent
    assert opening
    new_reply = reply_to(
        reply, author=alice, source="@bob\n\n> Does moss harm the bricks?\n\nAsk @bob."
    )
    other = quote(new_reply, alice, reply)
    User.objects.filter(username="alice").update(username="alys")
    User.objects.filter(username="bob").update(username="robert")
    page = Page(visitor.get(reply.thread.get_absolute_url()))
    assert backlinks(visitor, reply) == ("Replied to below by alys", "")
    assert "robert wrote" in page
    assert "alys wrote" in page
    assert page.links["@robert"] == "/u/robert/"
    assert "to robert" in page
    for name in ("alice", "bob<"):
        assert name not in page.html
    opened = Page(visitor.get(f"/p/{other.pk}/quote/0/"))
    assert "robert’s text in context" in opened


def test_list_of_backlinks_opens_in_place_as_a_menu(
    reply: Post, alice: User, visitor: Client
) -> None:
    posts = [quote(reply, alice, reply) for _n in range(11)]
    page = Page(visitor.get(f"/p/{reply.pk}/quoted/", headers=HTMX))
    assert page.is_fragment
    places = [address.partition("#")[2] for address in page.find("div.menu").addresses]
    assert f"p{posts[9].pk}" in places
    assert f"p{posts[10].pk}" not in places
    assert "Show all" in page


def test_all_backlinks_are_listed_on_pages_with_a_fixed_number_of_queries(
    reply: Post, alice: User, visitor: Client
) -> None:
    address = f"/p/{reply.pk}/quoted/"
    quote(reply, alice, reply)
    query_counts = []
    for more in (0, 30):
        for _n in range(more):
            quote(reply, alice, reply)
        with CaptureQueriesContext(connection) as captured:
            page = Page(visitor.get(address))
        query_counts.append(len(captured))
    assert query_counts[0] == query_counts[1]
    [later] = [link for link in page.addresses if link.startswith("?after=p")]
    assert page.text.count("This part is mine.") == 30
    assert Page(visitor.get(address + later)).text.count("This part is mine.") == 1
    assert visitor.get(address + "?after=x").status_code == 404


def test_count_of_backlinks_has_a_maximum(reply: Post, alice: User, visitor: Client) -> None:
    for _n in range(MAX_BACKLINKS):
        quote(reply, alice, reply)
    assert backlinks(visitor, reply) == ("", f"Quoted by {MAX_BACKLINKS} or more posts")
