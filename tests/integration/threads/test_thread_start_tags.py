"""Tags that an author chooses while starting a thread."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from forum.actions.drafts import MAX_DRAFT
from forum.actions.threads import start_thread
from forum.errors import Invalid
from forum.models import Board, Draft, PendingPost, ReviewRule, Tag, Thread, User
from forum.models.tags import tag_ids
from forum.moderation.actions.pending_posts import approve_pending_post
from forum.moderation.configuration import set_up, take_down
from tests.html import Page

pytestmark = pytest.mark.django_db

START = "/b/gardens/new/"


@pytest.fixture
def tags(board: Board, carol: User) -> list[Tag]:
    """Make six tags by a moderator of the site."""
    made = [Tag(name=name, slug=name) for name in ("brick", "lime", "moss", "old", "roof", "wet")]
    for tag in made:
        set_up(tag, actor=carol)
    return made


def send(client: Client, *tags: Tag, **fields: Any) -> Any:
    form = {"title": "Moss", "source": "Only where it is wet.", "tag_ids": [t.pk for t in tags]}
    return client.post(START, form | fields)


def chosen(page: Page) -> list[str]:
    """Return the names of the tags that are chosen in a composer."""
    labels = page.find_all(".choices label")
    return [label.text for label in labels if "checked" in label.find("input").attributes]


def test_thread_has_the_tags_chosen_in_its_composer(
    tags: list[Tag], as_bob: Client, visitor: Client
) -> None:
    brick, _lime, moss, *_others = tags
    form = Page(as_bob.get(START))
    assert [label.text for label in form.find_all(".choices label")] == [tag.name for tag in tags]
    assert chosen(form) == []
    assert send(as_bob, moss, brick).status_code == 302
    for address in (Thread.objects.get().get_absolute_url(), "/", "/b/gardens/", "/tags/moss/"):
        page = Page(visitor.get(address))
        links = {link.text: link["href"] for link in page.find_all(".tags a")}
        assert links == {"brick": "/tags/brick/", "moss": "/tags/moss/"}, address


def test_only_composers_of_threads_have_tags(tags: list[Tag], opening: Any, as_bob: Client) -> None:
    assert not Page(as_bob.get(f"/p/{opening.pk}/reply/")).has(".choices")


def test_forum_without_tags_offers_none(board: Board, as_bob: Client) -> None:
    assert not Page(as_bob.get(START)).has(".choices")


@pytest.mark.parametrize("fields", [{"title": ""}, {"source": ""}, {"do": "preview"}])
def test_tags_stay_chosen_when_the_form_comes_back(
    tags: list[Tag], as_bob: Client, fields: dict[str, str]
) -> None:
    page = Page(send(as_bob, tags[1], tags[2], **fields))
    assert chosen(page) == ["lime", "moss"]
    assert not Thread.objects.exists()


def test_six_tags_are_refused_and_all_stay_chosen(tags: list[Tag], as_bob: Client) -> None:
    response = send(as_bob, *tags)
    assert response.status_code == 422
    page = Page(response)
    assert "at most 5 tags; these are 6" in page.find(".note.error").text
    assert chosen(page) == [tag.name for tag in tags]
    assert page.find(".choices")["aria-describedby"] == page.find(".note.error")["id"]
    assert not Thread.objects.exists()


def test_action_refuses_six_tags(tags: list[Tag], board: Board, bob: User) -> None:
    with pytest.raises(Invalid):
        start_thread(board, author=bob, title="Moss", source="Wet.", tag_ids=[t.pk for t in tags])
    assert not Thread.objects.exists()


@pytest.mark.parametrize("value", ["0", "x", "999999999999999999", "99999999999999999999", "\x00"])
def test_forged_tags_are_left_out(tags: list[Tag], as_bob: Client, value: str) -> None:
    assert send(as_bob, tag_ids=[tags[0].pk, value]).status_code == 302
    assert tag_ids(Thread.objects.get()) == [tags[0].pk]


def test_tag_that_was_deleted_since_is_left_out(
    tags: list[Tag], carol: User, as_bob: Client
) -> None:
    deleted = tags[0].pk
    take_down(tags[0], actor=carol)
    assert send(as_bob, tag_ids=[deleted, tags[1].pk]).status_code == 302
    assert tag_ids(Thread.objects.get()) == [tags[1].pk]


def test_tag_and_its_synonym_show_once(
    tags: list[Tag], carol: User, as_bob: Client, visitor: Client
) -> None:
    brick, _lime, moss, *_others = tags
    send(as_bob, moss, brick)
    moss.synonym_of = brick
    set_up(moss, actor=carol)
    for address in (Thread.objects.get().get_absolute_url(), "/"):
        assert Page(visitor.get(address)).texts(".tags a") == ["brick"]


def test_draft_keeps_its_tags(tags: list[Tag], as_bob: Client) -> None:
    send(as_bob, tags[1], tags[2], do="save", autosave_seq="1")
    assert chosen(Page(as_bob.get(START))) == ["lime", "moss"]
    send(as_bob, tags[2], do="save", autosave_seq="2")
    assert chosen(Page(as_bob.get(START))) == ["moss"]


def test_text_too_long_for_a_draft_keeps_its_tags(tags: list[Tag], as_bob: Client) -> None:
    assert send(as_bob, tags[1], source="x" * (MAX_DRAFT + 1)).status_code == 422
    assert not Draft.objects.exists()
    assert chosen(Page(as_bob.get(START))) == ["lime"]


def test_thread_posted_in_another_board_keeps_its_tags(
    tags: list[Tag], board: Board, as_bob: Client
) -> None:
    Board.objects.create(category=board.category, name="Roads", slug="roads")
    board.closed_at = "2026-01-01T00:00Z"
    board.save()
    response = send(as_bob, tags[0])
    assert response.status_code == 423
    form = Page(response).form("Post in Roads")
    assert as_bob.post("/b/roads/new/", form.fields).status_code == 302
    assert tag_ids(Thread.objects.get()) == [tags[0].pk]


@pytest.fixture
def pending(tags: list[Tag], as_bob: Client) -> PendingPost:
    """Return a thread with two tags that is held for review."""
    ReviewRule.objects.create(kind="words", terms="wet")
    assert send(as_bob, tags[1], tags[2]).status_code in (200, 202, 302)
    return PendingPost.objects.get()


def test_pending_thread_gets_its_tags_when_it_is_approved(
    pending: PendingPost, tags: list[Tag], carol: User, as_bob: Client
) -> None:
    assert Page(as_bob.get(pending.get_absolute_url())).texts(".tags a") == ["lime", "moss"]
    approve_pending_post(pending, actor=carol, reason="Fine")
    assert tag_ids(Thread.objects.get()) == [tags[1].pk, tags[2].pk]


def test_withdrawn_thread_becomes_a_draft_with_its_tags(
    pending: PendingPost, as_bob: Client
) -> None:
    as_bob.post(f"{pending.get_absolute_url()}withdraw/")
    assert chosen(Page(as_bob.get(START))) == ["lime", "moss"]
    pending.refresh_from_db()
    assert pending.tag_ids == []


def test_thread_started_from_the_list_of_a_tag_has_that_tag(
    tags: list[Tag], board: Board, as_bob: Client
) -> None:
    start = Page(as_bob.get("/tags/moss/")).link("Start a thread")["href"]
    form = Page(as_bob.get(start, follow=True))
    assert chosen(form) == ["moss"]
    Board.objects.create(category=board.category, name="Roads", slug="roads")
    roads = Page(as_bob.get(start)).link("Roads")["href"]
    assert chosen(Page(as_bob.get(roads))) == ["moss"]
