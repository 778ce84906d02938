"""Logging out on a machine that others use: no words stay on it, and none are lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forum.actions.drafts import Writing, save_draft
from forum.models import Draft, Post, Thread, User
from forum.models.drafts import Purpose
from tests.browser.pages import expect_composer
from tests.browser.writing import open_composer

WORDS = "Bricks breathe, moss or no moss."
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('draft '))"
KEEP = """([key, words]) => localStorage.setItem(
    key, JSON.stringify({ content: JSON.stringify(['', words, []]), at: Date.now() }))"""


@pytest.fixture
def page(visit, world, thread: Thread, reply: Post, alice: User) -> Page:
    Draft.objects.filter(member__in=[world.alice, world.bob]).delete()
    return visit(thread.get_absolute_url(), alice)


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def sources(member: User) -> list[str]:
    return sorted(draft.source for draft in Draft.objects.of_member(member).kept())


def test_logout_sends_local_drafts_to_the_server_and_clears_them(
    page: Page, opening: Post, reply: Post, alice: User, bob: User
) -> None:
    mine, other = f"draft {alice.pk} /p/{opening.pk}/reply/", f"draft {bob.pk} /p/1/reply/"
    page.evaluate(KEEP, [mine, "Left here by a lost connection."])
    page.evaluate(KEEP, [other, "Somebody else’s."])
    log_out(page)
    assert sources(alice) == ["Left here by a lost connection."]
    assert page.evaluate(KEPT) == [other], "of others it is not known whether they are safe"


def test_logout_saves_the_open_composer_first(page: Page, reply: Post, alice: User) -> None:
    open_composer(page, reply)
    page.keyboard.insert_text(WORDS)
    expect_composer(page)
    log_out(page)
    assert sources(alice) == [WORDS]
    assert page.evaluate(KEPT) == []


def test_two_texts_are_never_made_one(page: Page, opening: Post, alice: User) -> None:
    address = f"/p/{opening.pk}/reply/"
    save_draft(Purpose(parent_id=opening.pk), member=alice, written=Writing("On the server."))
    page.evaluate(KEEP, [f"draft {alice.pk} {address}", "On the device."])
    log_out(page)
    assert sources(alice) == ["On the server."]
    assert page.evaluate(KEPT) == [f"draft {alice.pk} {address}"]
