"""Sending a form again with changed text: the text comes back, and is not lost behind “Posted.”."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from forum.models import Post, Thread, User
from tests.browser.composer import composer_field, draft_texts, open_composer, submit_composer
from tests.browser.page_faults import log_in
from tests.browser.page_steps import IMPORT_COMPOSER
from tests.browser.pages import expect_composer

TYPO, CORRECTED = "I wil answer.", "I will answer, with a second thought that took me an hour."
ALREADY_POSTED = "You already posted a reply from this form."


def reply_texts(post: Post) -> list[str]:
    return list(Post.objects.filter(parent=post).order_by("id").values_list("source", flat=True))


def lose_the_response(route: Route) -> None:
    """Let the server store the post, and break the connection before its response."""
    if route.request.method == "POST" and "do=save" not in (route.request.post_data or ""):
        route.fetch(max_redirects=0)
        route.abort()
    else:
        route.continue_()


def test_text_corrected_after_a_lost_response_is_kept_as_a_draft(
    visit, reply: Post, alice: User
) -> None:
    page = visit(reply.thread.get_absolute_url(), alice)
    field = open_composer(page, reply)
    page.keyboard.type(TYPO)
    page.route(f"**/p/{reply.pk}/reply/", lose_the_response)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("It may have been posted")
    page.unroute(f"**/p/{reply.pk}/reply/")
    assert reply_texts(reply) == [TYPO]

    field.fill(CORRECTED)

    note = page.locator(".compose .note.error")
    expect(note).to_contain_text(ALREADY_POSTED)
    posted = Post.objects.get(parent=reply)
    expect(note.get_by_role("link")).to_have_attribute("href", posted.get_absolute_url())
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved at")
    expect(note).to_contain_text(ALREADY_POSTED)
    assert draft_texts(reply.thread) == [CORRECTED]
    submit_composer(page)
    assert reply_texts(reply) == [TYPO, CORRECTED]


def test_same_text_sent_again_after_a_lost_response_is_posted_once(
    visit, reply: Post, alice: User
) -> None:
    page = visit(reply.thread.get_absolute_url(), alice)
    open_composer(page, reply)
    page.keyboard.type(TYPO)
    page.route(f"**/p/{reply.pk}/reply/", lose_the_response)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("It may have been posted")
    page.unroute(f"**/p/{reply.pk}/reply/")
    submit_composer(page)
    assert reply_texts(reply) == [TYPO]


def test_corrected_text_sent_at_once_comes_back_in_the_composer(
    visit, reply: Post, alice: User
) -> None:
    page = visit(reply.thread.get_absolute_url(), alice)
    open_composer(page, reply)
    page.keyboard.type(TYPO)
    page.route(f"**/p/{reply.pk}/reply/", lose_the_response)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("It may have been posted")
    page.unroute(f"**/p/{reply.pk}/reply/")
    composer_field(page, reply).fill(CORRECTED)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .error")).to_contain_text(ALREADY_POSTED)
    expect(composer_field(page, reply)).to_have_value(CORRECTED)
    expect(page.get_by_role("button", name="Post as another reply")).to_be_visible()
    assert reply_texts(reply) == [TYPO]
    submit_composer(page)
    assert reply_texts(reply) == [TYPO, CORRECTED]


def duplicated_tabs(page: Page, address: str) -> tuple[Page, Page]:
    """Open a form in two tabs: browsers duplicate a tab, and restore one, with the same form."""
    second = page.context.new_page()
    html = page.request.get(address).text()
    for tab in (page, second):
        tab.route(f"**{address}", lambda route: route.fulfill(body=html, content_type="text/html"))
        tab.goto(address)
        tab.unroute(f"**{address}")
        expect(tab.locator(".compose textarea")).to_be_visible()
        assert tab.evaluate(IMPORT_COMPOSER)
    nonces = {tab.locator("[name=nonce]").input_value() for tab in (page, second)}
    assert len(nonces) == 1
    return page, second


def test_duplicated_tab_keeps_its_own_text(visit, reply: Post, alice: User) -> None:
    first, second = duplicated_tabs(visit("/", alice), f"/p/{reply.pk}/reply/")
    for page, words in ((first, TYPO), (second, CORRECTED)):
        page.get_by_label("Your reply to bob").fill(words)
        page.get_by_role("button", name="Post").click()
        if page is first:
            expect(page.locator(".messages .note")).to_contain_text("Posted.")
    expect(second.locator(".compose .note.error")).to_contain_text(ALREADY_POSTED)
    expect(second.get_by_label("Your reply to bob")).to_have_value(CORRECTED)
    second.get_by_role("button", name="Post").click()
    expect(second.locator(".messages .note")).to_contain_text("Posted.")
    assert reply_texts(reply) == [TYPO, CORRECTED]


def test_duplicated_tab_of_a_new_thread_keeps_its_own_text(visit, alice: User) -> None:
    first, second = duplicated_tabs(visit("/", alice), "/b/yard/new/")
    for page, words in ((first, TYPO), (second, CORRECTED)):
        page.get_by_label("Title").fill(f"Duplicated: {words}")
        page.get_by_label("Opening post").fill(words)
        page.get_by_role("button", name="Post").click()
        if page is first:
            expect(page.locator(".messages .note")).to_contain_text("Thread posted.")
    expect(second.locator(".compose .note.error")).to_contain_text(
        "You already started a thread from this form."
    )
    expect(second.get_by_label("Opening post")).to_have_value(CORRECTED)
    expect(second.get_by_label("Title")).to_have_value(f"Duplicated: {CORRECTED}")
    second.get_by_role("button", name="Post").click()
    expect(second.locator(".messages .note")).to_contain_text("Thread posted.")
    titles = Thread.objects.filter(title__startswith="Duplicated: ").order_by("pk")
    assert [thread.title.removeprefix("Duplicated: ") for thread in titles] == [TYPO, CORRECTED]


def test_changed_text_sent_after_back_is_posted_as_another_reply(
    page_with_history: Page, site: str, reply: Post, alice: User
) -> None:
    page, address = page_with_history, f"/p/{reply.pk}/reply/"
    log_in(page.context, alice, site)
    page.goto(f"{site}{address}")
    expect_composer(page)
    page.evaluate("window.isAsItWasLeft = true")
    page.get_by_label("Your reply to bob").fill(TYPO)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".messages .note")).to_contain_text("Posted.")

    page.evaluate("history.back()")
    page.wait_for_url(f"**{address}", wait_until="commit")
    assert page.evaluate("window.isAsItWasLeft")
    page.get_by_label("Your reply to bob").fill(CORRECTED)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".compose .note.error")).to_contain_text(ALREADY_POSTED)
    expect(page.get_by_label("Your reply to bob")).to_have_value(CORRECTED)
    assert reply_texts(reply) == [TYPO]
    page.get_by_role("button", name="Post").first.click()
    expect(page.locator(".messages .note")).to_contain_text("Posted.")
    assert reply_texts(reply) == [TYPO, CORRECTED]
