"""Forms that are sent again: the same text is posted once, a different text is kept as a draft."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from forum.actions.drafts import Writing, save_draft
from forum.actions.posts import edit_post, reply_to
from forum.errors import AlreadySent
from forum.models import Draft, PendingPost, Post, ReviewRule, Thread, User
from forum.models.drafts import Purpose

HTMX = {"hx-request": "true"}
FIRST, SECOND = "My first answer.", "A quite different second thought."


class Form:
    """A form that stays open in a browser and is sent with its nonce each time."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address, self.nonce = client, address, str(uuid4())

    def send(self, source: str, *, headers: dict[str, str] | None = None, **more: str):
        fields = {"source": source, "nonce": self.nonce} | more
        return self.client.post(self.address, fields, headers=headers)

    def use_form_in(self, response: HttpResponse) -> str:
        """Continue with the form in the response."""
        html = response.content.decode()
        (self.nonce,) = re.findall('name="nonce" value="([^"]*)"', html)
        return html


@pytest.fixture
def form(as_bob: Client, opening: Post) -> Form:
    return Form(as_bob, f"/p/{opening.pk}/reply/")


def reply_sources() -> list[str]:
    return list(Post.objects.exclude(parent=None).order_by("id").values_list("source", flat=True))


@pytest.mark.parametrize("headers", [None, HTMX], ids=["page", "htmx"])
def test_reply_sent_again_with_other_text_is_shown_again_and_can_be_posted(
    form: Form, bob: User, headers
) -> None:
    form.send(FIRST, headers=headers)
    response = form.send(SECOND, headers=headers)
    html = form.use_form_in(response)

    assert response.status_code == 409
    assert "You already posted a reply from this form." in html
    assert f'<a href="{Post.objects.get(source=FIRST).get_absolute_url()}">' in html
    assert f"\n{SECOND}</textarea>" in html
    assert "Post as another reply" in html
    assert "aria-invalid" not in html
    assert [draft.source for draft in Draft.objects.of_member(bob).kept()] == [SECOND]
    assert reply_sources() == [FIRST]

    form.send(SECOND, headers=headers)
    assert reply_sources() == [FIRST, SECOND]
    assert not Draft.objects.exists()


def test_reply_sent_again_with_the_same_text_is_posted_once_even_after_an_edit(
    form: Form, bob: User
) -> None:
    first = form.send(FIRST)["Location"]
    post = Post.objects.get(source=FIRST)
    post.revisions.update(created_at="2026-01-01T00:00Z")
    edit_post(post, actor=bob, source="Corrected.")
    assert form.send(FIRST)["Location"] == first
    assert reply_sources() == ["Corrected."]


def test_preview_saves_other_text_and_posting_it_says_the_form_was_sent(
    form: Form, bob: User
) -> None:
    form.send(FIRST)
    assert form.send(SECOND, do="preview").status_code == 200
    assert [draft.source for draft in Draft.objects.of_member(bob).kept()] == [SECOND]
    assert form.send(SECOND).status_code == 409


def test_thread_sent_again_with_other_text_is_shown_again_and_can_be_started(
    as_bob: Client, board
) -> None:
    form = Form(as_bob, f"/b/{board.slug}/new/")
    form.send(FIRST, title="One")
    response = form.send(SECOND, title="Two")
    html = form.use_form_in(response)
    assert response.status_code == 409
    assert "You already started a thread from this form." in html
    assert 'value="Two"' in html
    assert f"\n{SECOND}</textarea>" in html
    form.send(SECOND, title="Two")
    assert list(Thread.objects.order_by("id").values_list("title", flat=True)) == ["One", "Two"]


def test_thread_sent_again_with_another_title_is_rejected(as_bob: Client, board) -> None:
    form = Form(as_bob, f"/b/{board.slug}/new/")
    form.send(FIRST, title=" One\tthread ")
    assert form.send(FIRST, title="One thread").status_code == 302
    assert form.send(FIRST, title="Another thread").status_code == 409


def test_edit_sent_again_with_other_text_is_shown_again(as_bob: Client, reply: Post) -> None:
    form = Form(as_bob, f"/p/{reply.pk}/edit/")
    base = str(reply.latest_number)
    assert form.send(FIRST, base_revision=base).status_code == 302
    reply.revisions.update(created_at="2026-01-01T00:00Z")
    assert form.send(SECOND, base_revision=base).status_code == 302
    response = form.send("A third.", base_revision=base)
    assert response.status_code == 409
    assert "This post was edited after you started." in response.content.decode()
    assert "\nA third.</textarea>" in response.content.decode()


@pytest.mark.parametrize(
    "second", ["Casino, and more of it.", SECOND], ids=["pending_post", "not-held"]
)
def test_pending_reply_sent_again_with_other_text_is_shown_again(form: Form, second: str) -> None:
    ReviewRule.objects.create(kind="words", terms="casino")
    assert form.send("A casino.").status_code == 202
    assert form.send("A casino.").status_code == 202
    response = form.send(second)
    html = form.use_form_in(response)
    assert response.status_code == 409
    assert "Your post from this form is awaiting review." in html
    assert f'<a href="{PendingPost.objects.get().get_absolute_url()}">' in html
    assert form.send(second).status_code in (202, 302)
    assert second in (*reply_sources(), *PendingPost.objects.values_list("source", flat=True))


def test_pending_edit_sent_again_with_other_text_is_replaced_when_saved_again(
    as_bob: Client, reply: Post
) -> None:
    ReviewRule.objects.create(kind="words", terms="casino")
    form = Form(as_bob, f"/p/{reply.pk}/edit/")
    assert form.send("A casino.").status_code == 202
    response = form.send("A casino once stood here.")
    form.use_form_in(response)
    assert response.status_code == 409
    assert form.send("A casino once stood here.").status_code == 202
    assert PendingPost.objects.waiting().get().source == "A casino once stood here."


def test_autosave_of_other_text_is_rejected_and_saved_with_the_new_form(
    form: Form, bob: User
) -> None:
    form.send(FIRST)
    response = form.send(SECOND, headers=HTMX, do="save", autosave_seq="1")
    html = form.use_form_in(response)
    assert response.status_code == 409
    assert "You already posted a reply from this form." in html
    assert Post.objects.get(source=FIRST).get_absolute_url() in html
    assert "<textarea" not in html
    assert form.send(SECOND, headers=HTMX, do="save", autosave_seq="1").status_code == 200
    assert [draft.source for draft in Draft.objects.of_member(bob).kept()] == [SECOND]


def test_discarded_other_text_is_kept_as_a_draft(form: Form, bob: User) -> None:
    form.send(FIRST)
    assert form.send(SECOND, do="discard").status_code == 302
    assert Draft.objects.of_member(bob).get().source == SECOND


def test_action_rejects_other_text_and_its_draft_is_kept(opening: Post, bob: User) -> None:
    nonce, purpose = uuid4(), Purpose(parent_id=opening.pk)
    reply_to(opening, author=bob, source=FIRST, nonce=nonce)
    with pytest.raises(AlreadySent):
        reply_to(opening, author=bob, source=SECOND, nonce=nonce)
    save_draft(purpose, member=bob, written=Writing(SECOND, nonce=nonce))
    assert [draft.source for draft in Draft.objects.of_member(bob).kept()] == [SECOND]
