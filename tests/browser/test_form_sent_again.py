"""A form that is sent again with other words: they come back, never “Posted.” and gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from forum.models import Draft, Post, User
from tests.browser.pages import expect_composer
from tests.browser.steps import COMPOSER_SCRIPT
from tests.browser.watch import sign_in
from tests.browser.writing import field_of, open_composer, send

TYPO, MENDED = "I wil answer.", "I will answer, with a second thought that took me an hour."
SENT = "You already posted a reply from this form."


@pytest.fixture(autouse=True)
def no_drafts(world) -> None:
    Draft.objects.filter(member__in=[world.alice, world.bob]).delete()


def answers_to(post: Post) -> list[str]:
    return list(Post.objects.filter(parent=post).order_by("id").values_list("source", flat=True))


def lose_the_response(route: Route) -> None:
    """The server stores what is posted, and the connection breaks before it can say so."""
    if route.request.method == "POST" and "do=save" not in (route.request.post_data or ""):
        route.fetch(max_redirects=0)
        route.abort()
    else:
        route.continue_()


def test_lost_response_says_so_and_mended_words_are_not_dropped(
    visit, reply: Post, alice: User
) -> None:
    page = visit(reply.thread.get_absolute_url(), alice)
    field = open_composer(page, reply)
    page.keyboard.type(TYPO)
    page.route(f"**/p/{reply.pk}/reply/", lose_the_response)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("It may have been posted")
    page.unroute(f"**/p/{reply.pk}/reply/")
    assert answers_to(reply) == [TYPO]

    field.fill(MENDED)

    note = page.locator(".compose .note.bad")
    expect(note).to_contain_text(SENT)
    posted = Post.objects.get(parent=reply)
    expect(note.get_by_role("link")).to_have_attribute("href", posted.get_absolute_url())
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved at")
    expect(note).to_contain_text(SENT)
    assert [draft.source for draft in Draft.objects.of_member(alice).kept()] == [MENDED]
    send(page)
    assert answers_to(reply) == [TYPO, MENDED]


def test_lost_response_same_words_sent_again_are_posted_once(
    visit, reply: Post, alice: User
) -> None:
    page = visit(reply.thread.get_absolute_url(), alice)
    open_composer(page, reply)
    page.keyboard.type(TYPO)
    page.route(f"**/p/{reply.pk}/reply/", lose_the_response)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("It may have been posted")
    page.unroute(f"**/p/{reply.pk}/reply/")
    send(page)
    assert answers_to(reply) == [TYPO]


def test_mended_words_sent_at_once_come_back_in_the_composer(
    visit, reply: Post, alice: User
) -> None:
    page = visit(reply.thread.get_absolute_url(), alice)
    open_composer(page, reply)
    page.keyboard.type(TYPO)
    page.route(f"**/p/{reply.pk}/reply/", lose_the_response)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("It may have been posted")
    page.unroute(f"**/p/{reply.pk}/reply/")
    field_of(page, reply).fill(MENDED)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .bad")).to_contain_text(SENT)
    expect(field_of(page, reply)).to_have_value(MENDED)
    expect(page.get_by_role("button", name="Post as another reply")).to_be_visible()
    assert answers_to(reply) == [TYPO]
    send(page)
    assert answers_to(reply) == [TYPO, MENDED]


def test_duplicated_tab_keeps_its_own_words(visit, reply: Post, alice: User) -> None:
    """As browsers duplicate a tab: the same form, from their memory."""
    address = f"/p/{reply.pk}/reply/"
    first = visit("/", alice)
    second = first.context.new_page()
    html = first.request.get(address).text()
    for page in (first, second):
        page.route(f"**{address}", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(address)
        page.unroute(f"**{address}")
        expect_composer(page)
    for page, words in ((first, TYPO), (second, MENDED)):
        assert page.evaluate(COMPOSER_SCRIPT)
        page.get_by_label("Your reply to bob").fill(words)
        page.get_by_role("button", name="Post").click()
        if page is first:
            expect(page.locator(".messages .note")).to_contain_text("Posted.")
    expect(second.locator(".compose .note.bad")).to_contain_text(SENT)
    expect(second.get_by_label("Your reply to bob")).to_have_value(MENDED)
    second.get_by_role("button", name="Post").click()
    expect(second.locator(".messages .note")).to_contain_text("Posted.")
    assert answers_to(reply) == [TYPO, MENDED]


@pytest.fixture
def page_with_history(
    playwright: Playwright, browser_type_launch_args: dict, browser_context_args: dict, site: str
) -> Iterator[Page]:
    """A browser as people have it: Back shows the page as it was left."""
    browser = playwright.chromium.launch(
        **browser_type_launch_args, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser.new_page(**browser_context_args)
    browser.close()


def test_after_back_other_words_come_back_and_are_posted_as_another(
    page_with_history: Page, site: str, reply: Post, alice: User
) -> None:
    page, address = page_with_history, f"/p/{reply.pk}/reply/"
    sign_in(page.context, alice, site)
    page.goto(f"{site}{address}")
    expect_composer(page)
    page.evaluate("window.isAsItWasLeft = true")
    page.get_by_label("Your reply to bob").fill(TYPO)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".messages .note")).to_contain_text("Posted.")

    page.evaluate("history.back()")
    page.wait_for_url(f"**{address}", wait_until="commit")
    assert page.evaluate("window.isAsItWasLeft")
    page.get_by_label("Your reply to bob").fill(MENDED)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".compose .note.bad")).to_contain_text(SENT)
    expect(page.get_by_label("Your reply to bob")).to_have_value(MENDED)
    assert answers_to(reply) == [TYPO]
    page.get_by_role("button", name="Post").first.click()
    expect(page.locator(".messages .note")).to_contain_text("Posted.")
    assert answers_to(reply) == [TYPO, MENDED]
