"""Changing one's own post, with history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions.posts import SILENT_EDIT_PERIOD, delete_post, edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Mention, Post, Quote, Revision, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post


def age(post: Post) -> None:
    """Make a post older than the time in which an edit leaves no mark."""
    long_ago = timezone.now() - SILENT_EDIT_PERIOD - timedelta(minutes=1)
    Post.objects.filter(pk=post.pk).update(created_at=long_ago)
    Revision.objects.filter(post=post).update(created_at=long_ago)


def base_of(post: Post) -> int:
    return post.latest_revision().number


def send(client: Client, post: Post, source: str, **more: Any) -> Any:
    data = {"source": source, "base_revision": base_of(post)} | more
    return client.post(f"/p/{post.pk}/edit/", data)


def test_edit_is_saved_with_its_history(as_bob: Client, reply: Post) -> None:
    age(reply)
    response = send(as_bob, reply, "Only where the bricks stay wet, I think.")
    assert response.status_code == 302
    reply.refresh_from_db()
    assert reply.source == "Only where the bricks stay wet, I think."
    assert "wet, I think" in reply.html
    assert reply.is_edited
    sources = list(reply.revisions.values_list("source", flat=True))
    assert sources == ["Only where the bricks stay wet all winter.", reply.source]
    assert list(reply.revisions.values_list("number", flat=True)) == [2, 3]


def test_everybody_may_read_the_history(visitor: Client, reply: Post, bob: User) -> None:
    age(reply)
    edit_post(reply, actor=bob, source="Only where the bricks stay wet all summer.")
    html = visitor.get(f"/p/{reply.pk}/history/").content.decode()
    assert "<del>" in html
    assert "winter." in html
    assert "<ins>" in html
    assert "summer." in html


def test_page_marks_the_edited_post(visitor: Client, reply: Post, bob: User) -> None:
    age(reply)
    edit_post(reply, actor=bob, source="Only in the shade.")
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert f'<a href="/p/{reply.pk}/history/">edited' in html


def test_soon_and_unanswered_an_edit_leaves_no_mark(reply: Post, bob: User) -> None:
    edit_post(reply, actor=bob, source="Only where the bricks stay wet, all winter.")
    reply.refresh_from_db()
    assert not reply.is_edited
    assert reply.revisions.get().source == reply.source


def test_soon_but_answered_an_edit_is_marked(reply: Post, bob: User, alice: User) -> None:
    reply_to(reply, author=alice, source="Thank you.")
    edit_post(reply, actor=bob, source="Nowhere.")
    reply.refresh_from_db()
    assert reply.is_edited
    assert reply.revisions.count() == 2


def test_saving_the_same_text_changes_nothing(as_bob: Client, reply: Post) -> None:
    age(reply)
    assert send(as_bob, reply, reply.source).status_code == 302
    assert reply.revisions.count() == 1


def test_pressed_twice_it_is_saved_once(as_bob: Client, reply: Post) -> None:
    age(reply)
    base = base_of(reply)
    for _press in range(2):
        assert send(as_bob, reply, "Where bricks stay wet.", base_revision=base).status_code == 302
    assert reply.revisions.count() == 2


def test_edit_elsewhere_meanwhile_is_told_with_the_text(
    as_bob: Client, reply: Post, bob: User
) -> None:
    age(reply)
    began_from = base_of(reply)
    edit_post(reply, actor=bob, source="From the other tab.")
    response = send(as_bob, reply, "From this tab.", base_revision=began_from)
    assert response.status_code == 409
    assert "From this tab." in response.content.decode()
    reply.refresh_from_db()
    assert reply.source == "From the other tab."


def test_only_the_author_edits(as_alice: Client, as_carol: Client, reply: Post) -> None:
    for client in (as_alice, as_carol):
        assert client.get(f"/p/{reply.pk}/edit/").status_code == 403
        response = send(client, reply, "Mine now.")
        assert response.status_code == 403
    reply.refresh_from_db()
    assert reply.source == "Only where the bricks stay wet all winter."


def test_visitor_is_led_to_sign_in(visitor: Client, reply: Post) -> None:
    response = visitor.get(f"/p/{reply.pk}/edit/")
    assert response["Location"] == f"/accounts/login/?next=/p/{reply.pk}/edit/"


def test_signed_out_meanwhile_the_text_stays_in_the_form(visitor: Client, reply: Post) -> None:
    response = send(visitor, reply, "Written while signed out.")
    assert response.status_code == 401
    assert "Written while signed out.</textarea>" in response.content.decode()


def test_locked_thread_takes_no_edits(as_bob: Client, reply: Post, carol: User) -> None:
    lock_thread(reply.thread, actor=carol, reason="enough")
    response = send(as_bob, reply, "Too late.")
    assert response.status_code == 423
    assert "Too late." in response.content.decode()


@pytest.mark.parametrize(("how", "status"), [("hidden", 403), ("deleted", 410)])
def test_removed_post_takes_no_edits(
    as_bob: Client, reply: Post, bob: User, carol: User, how: str, status: int
) -> None:
    if how == "hidden":
        hide_post(reply, actor=carol, reason="rude")
    else:
        delete_post(reply, actor=bob)
    response = send(as_bob, reply, "Once more.")
    assert response.status_code == status
    assert "Once more." in response.content.decode()


def test_empty_edit_is_refused(as_bob: Client, reply: Post) -> None:
    assert send(as_bob, reply, "  ").status_code == 422


def test_mentions_and_quotes_follow_the_text(
    opening: Post, reply: Post, bob: User, alice: User, carol: User
) -> None:
    edit_post(reply, actor=bob, source="@alice > no\n\n> Does moss harm the bricks?\n\nAsk @carol.")
    assert {mention.person for mention in Mention.objects.all()} == {alice, carol}
    assert Quote.objects.get().source_post == opening
    edit_post(reply, actor=bob, source="Ask nobody.")
    assert not Mention.objects.exists()
    assert not Quote.objects.exists()


def test_form_says_what_the_post_says(as_bob: Client, reply: Post) -> None:
    html = as_bob.get(f"/p/{reply.pk}/edit/").content.decode()
    assert "Only where the bricks stay wet all winter.</textarea>" in html
    assert f'name="base_revision" value="{base_of(reply)}"' in html


def test_quote_of_an_edited_post_says_so(
    visitor: Client, opening: Post, reply: Post, bob: User, alice: User
) -> None:
    age(reply)
    reply_to(reply, author=alice, source="> Only where the bricks stay wet all winter.\n\nAh.")
    address = opening.thread.get_absolute_url()
    assert "Edited since" not in visitor.get(address).content.decode()
    edit_post(reply, actor=bob, source="Only where the bricks stay wet all winter. Or longer.")
    assert "this text is unchanged" in visitor.get(address).content.decode()
    edit_post(reply, actor=bob, source="Nowhere at all.")
    assert "this text has changed" in visitor.get(address).content.decode()


def test_edit_keeps_the_source_of_a_quote_that_was_hidden_since(
    visitor: Client, reply: Post, alice: User, carol: User
) -> None:
    words = "> Only where the bricks stay wet all winter.\n\n"
    quoting = reply_to(reply, author=alice, source=f"{words}Really?")
    hide_post(reply, actor=carol, reason="wrong")
    edit_post(quoting, actor=alice, source=f"{words}Really, all winter?")
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert "Really, all" in html
    assert "bricks stay wet" not in html


def test_edit_keeps_the_source_of_a_quote_from_another_thread(
    reply: Post, board: Board, alice: User, bob: User
) -> None:
    other = start_thread(board, author=bob, title="Damp", source="Dry it.").posts.get()
    quoting = reply_to(reply, author=alice, source="> Dry it.\n\nHow?", quoted_post_ids=[other.pk])
    edit_post(quoting, actor=alice, source="Well.\n\n> Dry it.\n\nBut how?")
    assert quoting.quotes.get().source_post == other


def test_second_of_two_tabs_is_shown_both_and_may_save_knowingly(
    as_bob: Client, reply: Post, bob: User
) -> None:
    age(reply)
    began_from = base_of(reply)
    edit_post(reply, actor=bob, source="From the other tab.")
    html = send(as_bob, reply, "From this tab.", base_revision=began_from).content.decode()
    assert "Current text of the post" in html
    assert "<p>From the other tab.</p>" in html
    changes = html.partition("Your changes")[2]
    assert 'From <del><span class="vh">removed: </span>the other</del>' in changes
    assert f'name="base_revision" value="{base_of(reply)}"' in html
    again = as_bob.get(f"/p/{reply.pk}/edit/").content.decode()
    assert "From this tab." in again
    assert "<p>From the other tab.</p>" in again
    assert send(as_bob, reply, "From this tab.").status_code == 302
    reply.refresh_from_db()
    assert reply.source == "From this tab."


def test_opening_post_may_quote_a_reply_when_edited(
    opening: Post, reply: Post, alice: User
) -> None:
    edit_post(
        opening,
        actor=alice,
        source="Does moss harm?\n\n> Only where the bricks stay wet all winter.\n\nNoted.",
    )
    assert Quote.objects.get().source_post == reply
