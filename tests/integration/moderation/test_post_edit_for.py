"""A moderator changes what somebody wrote: for everybody to see, and to be taken back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import edit_post, reply_to
from forum.errors import Conflict, Gone, Invalid
from forum.models import ModerationAction, ModerationNotification, Post, Revision
from forum.moderation.actions.moderator_edits import edit_with_reason
from forum.moderation.undo import undo

WHY = {"reason": "a private address"}


def fresh(post):
    return Post.objects.get(pk=post.pk)


@pytest.fixture
def edited(reply, carol):
    return edit_with_reason(reply, source="Only where they stay wet.", actor=carol, **WHY)


def test_readers_see_that_a_moderator_edited_and_why_but_not_what_it_said_before(
    visitor, as_alice, as_bob, as_carol, reply, edited
):
    page = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert "Only where they stay wet." in page
    assert "edited by a moderator" in page
    history = reverse("post-history", args=[reply.pk])
    for client in (visitor, as_alice):
        told = client.get(history).content.decode()
        assert "A moderator" in told
        assert "a private address" in told
        assert "Only where they stay wet." in told
        assert "bricks" not in told
        assert "carol" not in told
        since = client.get(history, {"since": reply.number}).content.decode()
        assert "bricks" not in since
    for client in (as_bob, as_carol):
        told = client.get(history).content.decode()
        assert "<del>" in told
        assert "bricks" in told
    assert "carol" in as_carol.get(history).content.decode()


def test_a_quote_of_what_it_said_tells_no_more_of_that(visitor, as_bob, reply, alice, carol):
    said = "Only where the bricks stay wet."
    edit_post(reply, actor=reply.author, source=f"Call Jane: 555-1234. {said}")
    quoting = reply_to(reply, author=alice, source=f"> {said}\n\nIs it?")
    edit_with_reason(reply, source="Only where they stay wet.", actor=carol, **WHY)
    page = reverse("post-quote", args=[quoting.pk, 0])
    assert "555" not in visitor.get(page).content.decode()
    assert "A moderator has since changed bob’s text" in visitor.get(page).content.decode()


def test_the_author_is_told(reply, edited, bob):
    notification = ModerationNotification.objects.get()
    assert (notification.member, notification.post, notification.action) == (bob, reply, edited)


def test_soon_after_the_author_too_a_revision_is_kept(reply, edited, carol):
    assert Revision.objects.filter(post=reply).count() == 2
    edit_post(reply, actor=reply.author, source="The author once more.")
    assert Revision.objects.filter(post=reply).count() == 3, "nothing in the moderator's name"


def test_undone_the_post_says_what_it_said(reply, edited, visitor, carol):
    before = Revision.objects.filter(post=reply).order_by("pk")[0].source
    undone = undo(edited, actor=carol, reason="it was public").action
    assert fresh(reply).source == before
    assert Revision.objects.filter(post=reply).count() == 3
    again = undo(undone, actor=carol, reason="but not for us").action
    assert again.act == "edit-post"
    assert fresh(reply).source == "Only where they stay wet."


def test_edited_since_it_is_not_undone(reply, edited, carol):
    edit_post(reply, actor=reply.author, source="The author once more.")
    with pytest.raises(Conflict):
        undo(edited, actor=carol, reason="a mistake")
    assert fresh(reply).source == "The author once more."


def test_the_same_text_is_no_act_and_an_empty_one_none_either(reply, edited, carol):
    assert edit_with_reason(reply, source="Only where they stay wet.", actor=carol, **WHY) == edited
    with pytest.raises(Invalid):
        edit_with_reason(reply, source=" \u200b", actor=carol, **WHY)
    assert ModerationAction.objects.count() == 1


def test_what_was_typed_is_there_after_a_refusal(as_carol, reply, bob):
    address = reverse("post-edit-for", args=[reply.pk])
    asked = as_carol.get(address)
    assert "stay wet" in asked.content.decode()
    seen = asked.context["form"]["seen"].value()
    edit_post(reply, actor=bob, source="Meanwhile, bob.")
    form = WHY | {"source": "<b>Mine</b> \x00", "seen": seen}
    answer = as_carol.post(address, form)
    assert answer.status_code in (409, 422)
    assert "&lt;b&gt;Mine&lt;/b&gt;" in answer.content.decode()
    assert fresh(reply).source == "Meanwhile, bob."


def test_a_deleted_post_is_not_edited(reply, bob, carol):
    from forum.actions.posts import delete_post

    delete_post(reply, actor=bob)
    with pytest.raises(Gone):
        edit_with_reason(reply, source="Back again.", actor=carol, **WHY)
