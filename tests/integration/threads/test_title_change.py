"""Authors change the titles of their threads."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.actions.posts import delete_post
from forum.models import Post, ReviewRule, Thread, TitleChange, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.titles import retitle_thread
from forum.moderation.configuration import set_up
from tests.html import Page, press_in

OLD, NEW = "Moss on the north wall", "Moss on the south wall"


def address(thread: Thread) -> str:
    return f"/t/{thread.pk}/title/"


def save(client: Client, thread: Thread, title: str, before: str = OLD) -> int:
    sent = {"title": title, "before": before}
    return client.post(address(thread), sent).status_code


def title_of(thread: Thread) -> str:
    return Thread.objects.get(pk=thread.pk).title


def test_author_changes_the_title_and_old_addresses_lead_on(
    as_alice: Client, visitor: Client, opening: Post
) -> None:
    thread = opening.thread
    form = as_alice.get(Page(as_alice.get(thread.get_absolute_url())).link("Edit title")["href"])
    answer = press_in(as_alice, form, "Save", title=f"  {NEW} ")
    assert answer["Location"] == f"/t/{thread.pk}/moss-on-the-south-wall/"
    assert title_of(thread) == NEW
    assert visitor.get(thread.get_absolute_url())["Location"] == answer["Location"]
    assert NEW in Page(visitor.get("/b/gardens/"))


def test_everybody_sees_that_and_what_it_was(
    as_alice: Client, visitor: Client, opening: Post
) -> None:
    save(as_alice, opening.thread, NEW)
    page = Page(visitor.get(answer_address(opening)))
    assert OLD not in page
    history = Page(visitor.get(page.link("title edited")["href"]))
    assert history.has("h2")
    assert OLD in history


def answer_address(opening: Post) -> str:
    return Thread.objects.get(pk=opening.thread_id).get_absolute_url()


@pytest.mark.parametrize("who", ["as_bob", "as_carol", "as_erin"])
def test_others_cannot(request: pytest.FixtureRequest, opening: Post, who: str) -> None:
    client = request.getfixturevalue(who)
    assert client.get(address(opening.thread)).status_code == 403
    assert save(client, opening.thread, NEW) == 403
    assert "Edit title" not in Page(client.get(opening.thread.get_absolute_url()))
    assert title_of(opening.thread) == OLD


def test_not_when_the_opening_post_cannot_be_edited(
    as_alice: Client, opening: Post, reply: Post, alice: User, carol: User
) -> None:
    lock_thread(opening.thread, actor=carol, reason="enough")
    assert save(as_alice, opening.thread, NEW) == 423
    delete_post(opening, actor=alice)
    assert save(as_alice, opening.thread, NEW) == 410
    assert title_of(opening.thread) == OLD


@pytest.mark.parametrize(
    ("title", "words"),
    [("", "Enter a title."), ("   ", "Enter a title."), ("m" * 121, "this one has 121")],
)
def test_bad_title_is_refused_and_kept(
    as_alice: Client, opening: Post, title: str, words: str
) -> None:
    answer = as_alice.post(address(opening.thread), {"title": title, "before": OLD})
    assert answer.status_code == 422
    page = Page(answer)
    assert words in page
    assert page.find('input[name="title"]')["value"] == title
    assert title_of(opening.thread) == OLD


def test_title_changed_by_others_is_shown_and_not_overwritten(
    as_alice: Client, opening: Post, carol: User
) -> None:
    retitle_thread(opening.thread, actor=carol, reason="clearer", title="Moss and bricks")
    answer = as_alice.post(address(opening.thread), {"title": NEW, "before": OLD})
    assert answer.status_code == 409
    page = Page(answer)
    assert "Moss and bricks" in page
    assert page.find('input[name="title"]')["value"] == NEW
    assert press_in(as_alice, answer, "Save").status_code == 302
    assert title_of(opening.thread) == NEW


def test_same_title_is_no_change(as_alice: Client, opening: Post) -> None:
    assert save(as_alice, opening.thread, OLD) == 302
    assert not TitleChange.objects.exists()


def test_title_that_a_rule_holds_is_refused(as_alice: Client, opening: Post, erin: User) -> None:
    set_up(ReviewRule(kind="words", terms="casino"), actor=erin)
    assert save(as_alice, opening.thread, "Moss in the casino") == 422
    assert title_of(opening.thread) == OLD
