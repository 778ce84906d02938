"""Moderators edit posts of others: readers see that it was done and why, and it can be undone."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import edit_post, reply_to
from forum.errors import Conflict, Gone, Invalid
from forum.models import ModerationAction, ModerationNotification, Post, Revision
from forum.moderation.actions.moderator_edits import edit_with_reason
from forum.moderation.undo import undo

REASON = {"reason": "a private address"}


def fresh(post):
    return Post.objects.get(pk=post.pk)


@pytest.fixture
def edited(reply, carol):
    return edit_with_reason(reply, source="Only where they stay wet.", actor=carol, **REASON)


def test_history_shows_moderator_edit_and_reason_but_hides_the_old_text(
    visitor, as_alice, as_bob, as_carol, reply, edited
):
    page = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert "Only where they stay wet." in page
    assert "edited by a moderator" in page
    history = reverse("post-history", args=[reply.pk])
    for client in (visitor, as_alice):
        html = client.get(history).content.decode()
        assert "A moderator" in html
        assert "a private address" in html
        assert "Only where they stay wet." in html
        assert "bricks" not in html
        assert "carol" not in html
        html_since_posting = client.get(history, {"since": reply.number}).content.decode()
        assert "bricks" not in html_since_posting
    for client in (as_bob, as_carol):
        html = client.get(history).content.decode()
        assert "<del>" in html
        assert "bricks" in html
    assert "carol" in as_carol.get(history).content.decode()


def test_a_quote_of_what_it_said_tells_no_more_of_that(visitor, as_bob, reply, alice, carol):
    said = "Only where the bricks stay wet."
    edit_post(reply, actor=reply.author, source=f"Call Jane: 555-1234. {said}")
    quoting = reply_to(reply, author=alice, source=f"> {said}\n\nIs it?")
    text = "Only where they stay wet."
    edit_with_reason(reply, source=text, blank_quotes=False, actor=carol, **REASON)
    page = reverse("post-quote", args=[quoting.pk, 0])
    assert "555" not in visitor.get(page).content.decode()
    assert "A moderator has since changed bob’s text" in visitor.get(page).content.decode()


def test_author_is_notified_of_moderator_edit(reply, edited, bob):
    notification = ModerationNotification.objects.get()
    assert (notification.member, notification.post, notification.action) == (bob, reply, edited)


def test_moderator_edit_is_its_own_revision_even_soon_after_an_edit_of_the_author(
    reply, edited, carol
):
    assert Revision.objects.filter(post=reply).count() == 2
    edit_post(reply, actor=reply.author, source="The author once more.")
    assert Revision.objects.filter(post=reply).count() == 3, "nothing in the moderator's name"


def test_undo_restores_the_previous_text(reply, edited, visitor, carol):
    before = Revision.objects.filter(post=reply).order_by("pk")[0].source
    undone = undo(edited, actor=carol, reason="it was public").action
    assert fresh(reply).source == before
    assert Revision.objects.filter(post=reply).count() == 3
    second_action = undo(undone, actor=carol, reason="but not for us").action
    assert second_action.act == "edit-post"
    assert fresh(reply).source == "Only where they stay wet."


def test_moderator_edit_cannot_be_undone_after_a_later_edit(reply, edited, carol):
    edit_post(reply, actor=reply.author, source="The author once more.")
    with pytest.raises(Conflict):
        undo(edited, actor=carol, reason="a mistake")
    assert fresh(reply).source == "The author once more."


def test_unchanged_or_empty_text_is_no_moderation_action(reply, edited, carol):
    assert (
        edit_with_reason(reply, source="Only where they stay wet.", actor=carol, **REASON) == edited
    )
    with pytest.raises(Invalid):
        edit_with_reason(reply, source=" \u200b", actor=carol, **REASON)
    assert ModerationAction.objects.count() == 1


def test_form_keeps_typed_text_after_an_edit_conflict(as_carol, reply, bob):
    address = reverse("post-edit-for", args=[reply.pk])
    form_page = as_carol.get(address)
    assert "stay wet" in form_page.content.decode()
    seen = form_page.context["form"]["seen"].value()
    edit_post(reply, actor=bob, source="Meanwhile, bob.")
    form = REASON | {"source": "<b>Mine</b> \x00", "seen": seen}
    response = as_carol.post(address, form)
    assert response.status_code in (409, 422)
    assert "&lt;b&gt;Mine&lt;/b&gt;" in response.content.decode()
    assert fresh(reply).source == "Meanwhile, bob."


def test_deleted_post_cannot_be_edited(reply, bob, carol):
    from forum.actions.posts import delete_post

    delete_post(reply, actor=bob)
    with pytest.raises(Gone):
        edit_with_reason(reply, source="Back again.", actor=carol, **REASON)
