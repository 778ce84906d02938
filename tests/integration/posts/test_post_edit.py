"""Authors editing their own posts, with history."""

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


def make_old(post: Post) -> None:
    """Make a post older than the time in which edits leave no mark."""
    long_ago = timezone.now() - SILENT_EDIT_PERIOD - timedelta(minutes=1)
    Post.objects.filter(pk=post.pk).update(created_at=long_ago)
    Revision.objects.filter(post=post).update(created_at=long_ago)


def latest_number_of(post: Post) -> int:
    return post.latest_revision().number


def submit(client: Client, post: Post, source: str, **more: Any) -> Any:
    data = {"source": source, "base_revision": latest_number_of(post)} | more
    return client.post(f"/p/{post.pk}/edit/", data)


def test_edit_is_saved_with_its_history(as_bob: Client, reply: Post) -> None:
    make_old(reply)
    response = submit(as_bob, reply, "Only where the bricks stay wet, I think.")
    assert response.status_code == 302
    reply.refresh_from_db()
    assert reply.source == "Only where the bricks stay wet, I think."
    assert "wet, I think" in reply.html
    assert reply.is_edited
    sources = list(reply.revisions.values_list("source", flat=True))
    assert sources == ["Only where the bricks stay wet all winter.", reply.source]
    assert list(reply.revisions.values_list("number", flat=True)) == [2, 3]


def test_everybody_can_read_the_history(visitor: Client, reply: Post, bob: User) -> None:
    make_old(reply)
    edit_post(reply, actor=bob, source="Only where the bricks stay wet all summer.")
    html = visitor.get(f"/p/{reply.pk}/history/").content.decode()
    assert "<del>" in html
    assert "winter." in html
    assert "<ins>" in html
    assert "summer." in html


def test_edited_post_is_marked_on_the_page(visitor: Client, reply: Post, bob: User) -> None:
    make_old(reply)
    edit_post(reply, actor=bob, source="Only in the shade.")
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert f'<a href="/p/{reply.pk}/history/">edited' in html


def test_quick_edit_of_a_post_without_replies_leaves_no_mark(reply: Post, bob: User) -> None:
    edit_post(reply, actor=bob, source="Only where the bricks stay wet, all winter.")
    reply.refresh_from_db()
    assert not reply.is_edited
    assert reply.revisions.get().source == reply.source


def test_quick_edit_of_a_post_with_replies_is_marked(reply: Post, bob: User, alice: User) -> None:
    reply_to(reply, author=alice, source="Thank you.")
    edit_post(reply, actor=bob, source="Nowhere.")
    reply.refresh_from_db()
    assert reply.is_edited
    assert reply.revisions.count() == 2


def test_saving_the_same_text_changes_nothing(as_bob: Client, reply: Post) -> None:
    make_old(reply)
    assert submit(as_bob, reply, reply.source).status_code == 302
    assert reply.revisions.count() == 1


def test_edit_sent_twice_is_saved_once(as_bob: Client, reply: Post) -> None:
    make_old(reply)
    base_revision = latest_number_of(reply)
    for _press in range(2):
        assert (
            submit(as_bob, reply, "Where bricks stay wet.", base_revision=base_revision).status_code
            == 302
        )
    assert reply.revisions.count() == 2


def test_conflicting_edit_is_rejected_and_its_text_is_kept_in_the_form(
    as_bob: Client, reply: Post, bob: User
) -> None:
    make_old(reply)
    base_revision = latest_number_of(reply)
    edit_post(reply, actor=bob, source="From the other tab.")
    response = submit(as_bob, reply, "From this tab.", base_revision=base_revision)
    assert response.status_code == 409
    assert "From this tab." in response.content.decode()
    reply.refresh_from_db()
    assert reply.source == "From the other tab."


def test_only_the_author_can_edit(as_alice: Client, as_carol: Client, reply: Post) -> None:
    for client in (as_alice, as_carol):
        assert client.get(f"/p/{reply.pk}/edit/").status_code == 403
        response = submit(client, reply, "Mine now.")
        assert response.status_code == 403
    reply.refresh_from_db()
    assert reply.source == "Only where the bricks stay wet all winter."


def test_visitor_is_redirected_to_the_login_page(visitor: Client, reply: Post) -> None:
    response = visitor.get(f"/p/{reply.pk}/edit/")
    assert response["Location"] == f"/accounts/login/?next=/p/{reply.pk}/edit/"


def test_text_stays_in_the_form_after_logging_out(visitor: Client, reply: Post) -> None:
    response = submit(visitor, reply, "Written while signed out.")
    assert response.status_code == 401
    assert "Written while signed out.</textarea>" in response.content.decode()


def test_post_in_a_locked_thread_cannot_be_edited(as_bob: Client, reply: Post, carol: User) -> None:
    lock_thread(reply.thread, actor=carol, reason="enough")
    response = submit(as_bob, reply, "Too late.")
    assert response.status_code == 423
    assert "Too late." in response.content.decode()


@pytest.mark.parametrize(("how", "status"), [("hidden", 403), ("deleted", 410)])
def test_hidden_or_deleted_post_cannot_be_edited(
    as_bob: Client, reply: Post, bob: User, carol: User, how: str, status: int
) -> None:
    if how == "hidden":
        hide_post(reply, actor=carol, reason="rude")
    else:
        delete_post(reply, actor=bob)
    response = submit(as_bob, reply, "Once more.")
    assert response.status_code == status
    assert "Once more." in response.content.decode()


def test_empty_edit_is_rejected(as_bob: Client, reply: Post) -> None:
    assert submit(as_bob, reply, "  ").status_code == 422


def test_edit_updates_mentions_and_quotes(
    opening: Post, reply: Post, bob: User, alice: User, carol: User
) -> None:
    edit_post(reply, actor=bob, source="@alice > no\n\n> Does moss harm the bricks?\n\nAsk @carol.")
    assert {mention.person for mention in Mention.objects.all()} == {alice, carol}
    assert Quote.objects.get().source_post == opening
    edit_post(reply, actor=bob, source="Ask nobody.")
    assert not Mention.objects.exists()
    assert not Quote.objects.exists()


def test_form_contains_the_current_text(as_bob: Client, reply: Post) -> None:
    html = as_bob.get(f"/p/{reply.pk}/edit/").content.decode()
    assert "Only where the bricks stay wet all winter.</textarea>" in html
    assert f'name="base_revision" value="{latest_number_of(reply)}"' in html


def test_quote_says_that_its_source_was_edited(
    visitor: Client, opening: Post, reply: Post, bob: User, alice: User
) -> None:
    make_old(reply)
    reply_to(reply, author=alice, source="> Only where the bricks stay wet all winter.\n\nAh.")
    address = opening.thread.get_absolute_url()
    assert "Edited since" not in visitor.get(address).content.decode()
    edit_post(reply, actor=bob, source="Only where the bricks stay wet all winter. Or longer.")
    assert "this text is unchanged" in visitor.get(address).content.decode()
    edit_post(reply, actor=bob, source="Nowhere at all.")
    assert "this text has changed" in visitor.get(address).content.decode()


def test_edit_keeps_a_quote_whose_source_was_hidden(
    visitor: Client, reply: Post, alice: User, carol: User
) -> None:
    words = "> Only where the bricks stay wet all winter.\n\n"
    quoting = reply_to(reply, author=alice, source=f"{words}Really?")
    hide_post(reply, actor=carol, reason="wrong")
    edit_post(quoting, actor=alice, source=f"{words}Really, all winter?")
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert "Really, all" in html
    assert "bricks stay wet" not in html


def test_edit_keeps_a_quote_from_another_thread(
    reply: Post, board: Board, alice: User, bob: User
) -> None:
    other = start_thread(board, author=bob, title="Damp", source="Dry it.").posts.get()
    quoting = reply_to(reply, author=alice, source="> Dry it.\n\nHow?", quoted_post_ids=[other.pk])
    edit_post(quoting, actor=alice, source="Well.\n\n> Dry it.\n\nBut how?")
    assert quoting.quotes.get().source_post == other


def test_conflicting_edit_shows_both_texts_and_can_be_saved(
    as_bob: Client, reply: Post, bob: User
) -> None:
    make_old(reply)
    base_revision = latest_number_of(reply)
    edit_post(reply, actor=bob, source="From the other tab.")
    html = submit(as_bob, reply, "From this tab.", base_revision=base_revision).content.decode()
    assert "Current text of the post" in html
    assert "<p>From the other tab.</p>" in html
    changes = html.partition("Your changes")[2]
    assert 'From <del><span class="visually-hidden">removed: </span>the other</del>' in changes
    assert f'name="base_revision" value="{latest_number_of(reply)}"' in html
    again = as_bob.get(f"/p/{reply.pk}/edit/").content.decode()
    assert "From this tab." in again
    assert "<p>From the other tab.</p>" in again
    assert submit(as_bob, reply, "From this tab.").status_code == 302
    reply.refresh_from_db()
    assert reply.source == "From this tab."


def test_edited_opening_post_can_quote_a_reply(opening: Post, reply: Post, alice: User) -> None:
    edit_post(
        opening,
        actor=alice,
        source="Does moss harm?\n\n> Only where the bricks stay wet all winter.\n\nNoted.",
    )
    assert Quote.objects.get().source_post == reply
