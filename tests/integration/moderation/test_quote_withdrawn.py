"""Words that a moderator edited out: blank in quotes at every exit, or by choice not."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Draft, Post, Quote, Role
from forum.moderation.actions.moderator_edits import edit_with_reason
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.undo import undo
from tests.conftest import person
from tests.html import Page, press

SECRET = "Jane lives at tokensecretplace by the river"
WHY = {"reason": "a private address"}


@pytest.fixture
def said(reply, bob):
    edit_post(reply, actor=bob, source=f"{SECRET}. Only where the bricks stay wet.")
    return Post.objects.get(pk=reply.pk)


@pytest.fixture
def quoting(said, opening, alice):
    """Two quotes: of what is edited out later, and of what stays."""
    source = f"> {SECRET}.\n\nReally?\n\n> Only where the bricks stay wet.\n\nYes."
    return reply_to(said, author=alice, source=source)


@pytest.fixture
def otto(erin, other_board):
    otto = person("otto")
    Role.objects.create(person=otto, kind=Role.Kind.MODERATOR, board=other_board)
    return otto


def exits(post):
    pages = [post.thread.get_absolute_url(), "/u/alice/", "/inbox/"]
    about = ("post-history", "post-branch", "post-reply", "post-edit", "post-menu")
    pages += [reverse(name, args=[post.pk]) for name in about]
    pages += [f"/p/{post.pk}/reply/?quote=1", f"/p/{post.pk}/quote/0/", f"/p/{post.pk}/quote/1/"]
    return [*pages, reverse("post-edit-for", args=[post.pk]), f"/moderate/post/hide/?id={post.pk}"]


@pytest.mark.slow
def test_edited_out_words_are_at_no_exit_of_a_quote(
    quoting, said, carol, visitor, as_alice, as_dan
):
    assert SECRET in Page(visitor.get(quoting.thread.get_absolute_url())).text
    edit_with_reason(said, source="Only where the bricks stay wet.", actor=carol, **WHY)
    for client in (visitor, as_alice, as_dan):
        for address in exits(quoting):
            assert "tokensecretplace" not in client.get(address).content.decode(), address
    page = Page(visitor.get(quoting.thread.get_absolute_url()))
    assert "bob wrote, edited by a moderator since" in page.text
    assert "Quoted text removed by a moderator." in page.text
    # What stays, the post and its line in the outline.
    assert page.text.count("Only where the bricks stay wet.") == 3


def test_author_and_moderators_read_the_quote_as_they_read_the_earlier_version(
    quoting, said, carol, as_bob, as_carol
):
    edit_with_reason(said, source="Only where the bricks stay wet.", actor=carol, **WHY)
    for client in (as_bob, as_carol):
        assert SECRET in Page(client.get(quoting.thread.get_absolute_url())).text


def test_quotes_stay_readable_by_choice_and_after_an_undo(quoting, said, carol, visitor):
    page = quoting.thread.get_absolute_url()
    text = "Only where the bricks stay wet."
    kept = edit_with_reason(said, source=text, blank_quotes=False, actor=carol, **WHY)
    assert SECRET in Page(visitor.get(page)).text
    undo(kept, actor=carol, reason="a mistake")
    action = edit_with_reason(said, source=text, actor=carol, **WHY)
    assert SECRET not in Page(visitor.get(page)).text
    undo(action, actor=carol, reason="a mistake")
    assert SECRET in Page(visitor.get(page)).text


def test_form_of_the_moderator_says_the_choice_and_how_often_it_is_quoted(
    quoting, said, as_carol, visitor
):
    page = reverse("post-edit-for", args=[said.pk])
    shown = Page(as_carol.get(page))
    assert "quoted in 1 post" in shown.text
    assert "Also blank the removed words in quotes" in shown.text
    assert "blank_quotes" in shown.form("Edit as moderator").fields
    press(
        as_carol,
        page,
        "Edit as moderator",
        source="Only where they stay wet.",
        blank_quotes="on",
        **WHY,
    )
    assert SECRET not in Page(visitor.get(quoting.thread.get_absolute_url())).text


def test_altered_quote_does_not_lead_to_the_original(said, alice, carol, visitor):
    altered = "Jane lives at the big house by the river"
    quoting = reply_to(said, author=alice, source=f"> {altered}.\n\nNo!", quoted_post_ids=[said.pk])
    assert Quote.objects.filter(post=quoting).exists()
    text = "Only where the bricks stay wet."
    edit_with_reason(said, source=text, blank_quotes=False, actor=carol, **WHY)
    for address in (quoting.thread.get_absolute_url(), f"/p/{quoting.pk}/quote/0/"):
        assert "tokensecretplace" not in visitor.get(address).content.decode()


def test_quote_that_is_posted_after_the_edit_is_blank_too(said, alice, carol, visitor):
    edit_with_reason(said, source="Only where the bricks stay wet.", actor=carol, **WHY)
    late = reply_to(said, author=alice, source=f"> {SECRET}.\n\nReally?", quoted_post_ids=[said.pk])
    assert SECRET not in Page(visitor.get(late.thread.get_absolute_url())).text


def test_own_edit_form_masks_the_quote_and_saving_keeps_it(quoting, said, carol, as_alice, as_bob):
    edit_with_reason(said, source="Only where the bricks stay wet.", actor=carol, **WHY)
    page = reverse("post-edit", args=[quoting.pk])
    source = Page(as_alice.get(page)).form("Save").fields["source"]
    assert "[hidden quote 0]" in source
    press(as_alice, page, "Save", source=source.replace("Really?", "Is that so?"))
    quoting.refresh_from_db()
    assert quoting.source.startswith(f"> {SECRET}.")
    assert "Is that so?" in quoting.source
    assert Quote.objects.filter(post=quoting).count() == 2


@pytest.fixture
def draft(quoting, as_alice):
    """A draft of an edit, begun before the moderator's edit."""
    page = reverse("post-edit", args=[quoting.pk])
    source = Page(as_alice.get(page)).form("Save").fields["source"]
    press(as_alice, page, "Save", do="save", source=source.replace("Really?", "Is that so?"))
    draft = Draft.objects.get(post=quoting)
    assert SECRET in draft.source
    return draft


@pytest.mark.parametrize("is_removed", [False, True])
def test_edited_out_words_are_at_no_exit_of_a_draft_of_an_edit(
    draft, quoting, said, carol, as_alice, is_removed
):
    """In the list of drafts, in the form, beside another draft, and when the thread is gone."""
    edit_with_reason(said, source="Only where the bricks stay wet.", actor=carol, **WHY)
    if is_removed:
        remove_thread(quoting.thread, actor=carol, reason="spam")
    page = reverse("post-edit", args=[quoting.pk])
    other_device = {"source": "Something else.", "nonce": str(uuid4())}
    answers = [
        as_alice.get("/drafts/"),
        as_alice.get(page),
        as_alice.post(page, other_device | {"do": "save", "autosave_seq": 1}),
        as_alice.post(page, other_device | {"do": "discard"}),
        as_alice.post(page, other_device | {"do": "preview"}),
        as_alice.post(page, other_device | {"do": "use"}),
        as_alice.post(reverse("draft-discard", args=[draft.pk]), follow=True),
        as_alice.post(reverse("draft-take-back", args=[draft.pk]), follow=True),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert "tokensecretplace" not in answer.content.decode(), answer.request["PATH_INFO"]
    assert "Is that so?" in Page(as_alice.get("/drafts/"))
    draft.refresh_from_db()
    assert SECRET in draft.source


def test_draft_of_an_edit_is_saved_from_a_masked_form_as_it_was(
    draft, quoting, said, carol, as_alice
):
    edit_with_reason(said, source="Only where the bricks stay wet.", actor=carol, **WHY)
    page = reverse("post-edit", args=[quoting.pk])
    source = Page(as_alice.get(page)).form("Save").fields["source"]
    assert "[hidden quote 0]" in source
    press(as_alice, page, "Save", do="save", source=f"{source}\n\nOnce more.")
    draft.refresh_from_db()
    assert SECRET in draft.source
    assert draft.source.endswith("Once more.")


def test_mask_sent_by_somebody_else_is_not_filled_in(quoting, said, carol, client):
    edit_with_reason(said, source="Only where the bricks stay wet.", actor=carol, **WHY)
    stranger = person("stranger")
    client.force_login(stranger)
    sent = {"source": "> [hidden quote 0]\n\nWhat was it?"}
    for do in ("save", "preview", ""):
        answer = client.post(reverse("post-edit", args=[quoting.pk]), sent | {"do": do})
        assert "tokensecretplace" not in answer.content.decode()
    assert "tokensecretplace" not in client.get("/drafts/").content.decode()


def test_moderator_of_another_board_edits_without_reading_or_losing_hidden_quotes(
    slate_quoting, otto, client, reply
):
    client.force_login(otto)
    page = reverse("post-edit-for", args=[slate_quoting.pk])
    answer = client.get(page)
    assert "tokensecretplace" not in answer.content.decode()
    source = Page(answer).form("Edit as moderator").fields["source"]
    press(client, page, "Edit as moderator", source=f"{source}\n\nTidied.", **WHY)
    slate_quoting.refresh_from_db()
    assert SECRET in slate_quoting.source
    assert "Tidied." in slate_quoting.source


@pytest.fixture
def slate_quoting(said, other_board, alice, carol):
    """A post of another board that quotes a post hidden since."""
    source = f"> {SECRET}.\n\nSee https://forum.example/p/{said.pk}/"
    thread = start_thread(other_board, author=alice, title="Slate", source="Slate?")
    opening = Post.objects.get(thread=thread)
    quoting = reply_to(opening, author=alice, source=source, quoted_post_ids=[said.pk])
    hide_post(said, actor=carol, **WHY)
    return quoting


def test_search_of_the_admin_does_not_confirm_guesses(slate_quoting, otto, client, as_carol):
    client.force_login(otto)
    address = reverse("admin:forum_post_changelist")
    row = f"/admin/forum/post/{slate_quoting.pk}/change/"
    found = [row in client.get(address, {"q": q}).content.decode() for q in ("token", "See https")]
    assert found == [False, True]
    assert row in as_carol.get(address, {"q": "tokensecret"}).content.decode()
