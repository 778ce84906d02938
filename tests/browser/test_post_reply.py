"""Replying in place below a post, and on a page of its own; no text is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from forum.models import Post, RateLimit, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from tests.browser.pages import expect_composer
from tests.browser.sample_data import PASSWORD, use_up_rate_limit

WORDS = "Bricks breathe, moss or no moss."


def reply_texts(post: Post) -> list[str]:
    return list(Post.objects.filter(parent=post).order_by("pk").values_list("source", flat=True))


def focused_id(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def expect_focus(page: Page, element: str) -> None:
    expect(page.locator(f"#{element}")).to_be_focused()


def click_post_link(page: Page, post: Post, name: str) -> None:
    page.locator(f"#p{post.pk} > .post-actions").get_by_role("link", name=name).click()


def open_composer(page: Page, post: Post) -> Locator:
    """Press Reply under a post and return the text field, which has focus."""
    click_post_link(page, post, "Reply to")
    expect_composer(page)
    return page.locator(f"#reply-{post.pk}-text")


def expect_error(page: Page, words: str) -> None:
    """Wait until the composer shows the error and can be submitted again."""
    expect(page.locator(".compose .error")).to_contain_text(words)
    expect(page.locator(".htmx-added")).to_have_count(0)


@pytest.fixture
def page(visit, thread: Thread, reply: Post, alice: User) -> Page:
    """Open the thread as alice, with bob's reply in it."""
    page = visit(thread.get_absolute_url(), alice)
    page.evaluate("window.same = true")
    return page


# -- In place -------------------------------------------------------------------------------------


def test_reply_is_written_and_shown_below_its_parent(page: Page, reply: Post) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})  # the field fits below the post
    page.locator(f"#p{reply.pk}").scroll_into_view_if_needed()
    top = page.locator(f"#p{reply.pk}").bounding_box()["y"]
    field = open_composer(page, reply)
    assert page.locator(f"#p{reply.pk}").bounding_box()["y"] == pytest.approx(top, abs=1)
    assert field.bounding_box()["y"] > top

    page.keyboard.type(WORDS)
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("status").first).to_contain_text("Posted.")
    created = Post.objects.get(parent=reply)
    expect_focus(page, f"p{created.pk}")
    expect(page.locator(f"#p{created.pk} .text")).to_have_text(WORDS)
    assert page.url.endswith(f"#p{created.pk}")
    expect(page.locator("#replies")).to_have_text("2 replies")
    expect(page.locator(".compose")).to_have_count(0)
    assert page.evaluate("window.same")
    page.reload()
    expect(page.locator(f"#p{created.pk} .text")).to_have_text(WORDS)


def test_preview_shows_the_post_and_keeps_the_text(page: Page, reply: Post) -> None:
    field = open_composer(page, reply)
    page.keyboard.type("> Only where the bricks stay wet all winter.\n\nAnd *then*, @bob?")

    page.get_by_role("button", name="Preview").press("Enter")

    preview = page.locator(".compose section")
    expect(preview.locator("figcaption")).to_contain_text("bob wrote")
    expect(preview.locator("em")).to_have_text("then")
    expect(preview.locator("a.mention")).to_have_text("@bob")
    expect(field).to_have_value("> Only where the bricks stay wet all winter.\n\nAnd *then*, @bob?")
    expect(page.get_by_role("button", name="Preview")).to_be_focused()
    assert reply_texts(reply) == []
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("status").first).to_contain_text("Posted.")
    assert len(reply_texts(reply)) == 1


def test_quote_link_quotes_the_whole_post(page: Page, reply: Post) -> None:
    click_post_link(page, reply, "Quote")
    expect_focus(page, f"reply-{reply.pk}-text")

    field = page.locator(f"#reply-{reply.pk}-text")

    expect(field).to_have_value("> Only where the bricks stay wet all winter.\n\n")


def test_quote_link_quotes_the_selected_text(page: Page, reply: Post) -> None:
    page.evaluate(
        """id => {
            const words = document.querySelector(`#p${id} .text p`).firstChild;
            getSelection().setBaseAndExtent(words, 11, words, 21);
        }""",
        reply.pk,
    )
    expect(page.locator(".quote-button")).to_be_visible()

    click_post_link(page, reply, "Quote")
    expect_focus(page, f"reply-{reply.pk}-text")

    expect(page.locator(f"#reply-{reply.pk}-text")).to_have_value("> the bricks\n\n")


def test_pressing_reply_again_keeps_the_text(page: Page, reply: Post) -> None:
    field = open_composer(page, reply)
    page.keyboard.type(WORDS)
    page.locator("h1").click()

    click_post_link(page, reply, "Reply to")

    expect_focus(page, f"reply-{reply.pk}-text")
    expect(page.locator(".compose")).to_have_count(1)
    expect(field).to_have_value(WORDS)
    click_post_link(page, reply, "Quote")
    expect(field).to_have_value(f"{WORDS}\n\n> Only where the bricks stay wet all winter.\n\n")


def test_discarding_an_empty_reply_closes_the_composer(page: Page, reply: Post) -> None:
    open_composer(page, reply)
    page.keyboard.press("Escape")
    expect_focus(page, f"p{reply.pk}")

    page.get_by_role("button", name="Discard").click()

    expect(page.locator(".compose")).to_have_count(0)
    expect(page.locator(f"#p{reply.pk}").get_by_role("link", name="Reply to bob")).to_be_focused()


def test_double_click_posts_once(page: Page, reply: Post) -> None:
    open_composer(page, reply)
    page.keyboard.type(WORDS)

    page.get_by_role("button", name="Post reply").dblclick()

    expect(page.get_by_role("status").first).to_contain_text("Posted.")
    page.wait_for_load_state("networkidle")
    assert reply_texts(reply) == [WORDS]
    expect(page.locator(".text").get_by_text(WORDS)).to_have_count(1)


# -- Errors ---------------------------------------------------------------------------------------


def test_empty_reply_shows_an_error_and_keeps_focus(page: Page, reply: Post) -> None:
    field = open_composer(page, reply)
    page.keyboard.press("Control+Enter")

    expect(page.locator(".compose .error")).to_have_text("Write something first.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect_focus(page, f"reply-{reply.pk}-text")
    assert page.evaluate("window.same")


def test_too_long_reply_keeps_its_text(page: Page, reply: Post) -> None:
    field = open_composer(page, reply)
    field.fill("word " * 4100)
    expect(page.locator("[data-js-count]")).to_have_text("Characters left: -500")

    page.keyboard.press("Control+Enter")

    expect(page.locator(".compose .error")).to_contain_text("500 characters too long")
    expect(field).to_have_value("word " * 4100)


def respond_with_error(route: Route) -> None:
    route.fulfill(status=500, content_type="text/html", body="<h1>Traceback</h1>")


BROKEN = "Something went wrong. Your text is still here; try again."
OFFLINE = "No connection. It may have been posted anyway. Your text is still here; try again."


@pytest.mark.parametrize(
    ("failure", "words"),
    [(respond_with_error, BROKEN), (lambda route: route.abort(), OFFLINE)],
    ids=["broken", "offline"],
)
def test_failed_request_shows_an_error_and_keeps_the_text(
    page: Page, reply: Post, failure: Any, words: str
) -> None:
    field = open_composer(page, reply)
    page.keyboard.type(WORDS)
    address = f"**/p/{reply.pk}/reply/"
    page.route(address, failure)

    page.keyboard.press("Control+Enter")

    expect(page.locator(".compose [role=alert]")).to_contain_text(words)
    expect(field).to_have_value(WORDS)
    assert focused_id(page) == f"reply-{reply.pk}-text"
    expect(page.locator("[aria-busy], [aria-disabled]")).to_have_count(0)
    page.unroute(address)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")
    assert reply_texts(reply) == [WORDS]


@pytest.mark.parametrize("where", ["new page", "old page"])
def test_reply_is_posted_once_after_logging_in_again(page: Page, reply: Post, where: str) -> None:
    open_composer(page, reply)
    page.keyboard.type(WORDS)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .error")).to_contain_text(
        "You were logged out while you were writing."
    )
    expect(page.locator(f"#reply-{reply.pk}-text")).to_have_value(WORDS)

    with page.expect_popup() as popup:
        page.get_by_role("link", name="Log in on a new page").click()
    new_page = popup.value
    new_page.get_by_label("Name or e-mail address").fill("alice")
    new_page.get_by_label("Password").fill(PASSWORD)
    new_page.locator("main").get_by_role("button", name="Log in").click()
    expect(new_page.locator(f"#reply-{reply.pk}-text")).to_have_value(WORDS)
    if where == "new page":
        new_page.get_by_role("button", name="Post reply").click()
        expect(new_page.locator(".messages .note")).to_contain_text("Posted.")
    else:
        new_page.close()
        page.locator(".compose").get_by_role("button", name="Post reply").click()
        expect(page.locator(".compose [data-js-note]")).to_contain_text("Please try again")
        page.locator(".compose").get_by_role("button", name="Post reply").click()
        expect(page.get_by_role("status").first).to_contain_text("Posted.")
    assert reply_texts(reply) == [WORDS]


def test_reply_to_a_post_hidden_while_writing_keeps_its_text(
    page: Page, reply: Post, carol: User
) -> None:
    field = open_composer(page, reply)
    page.keyboard.type(WORDS)
    hide_post(reply, actor=carol, reason="advertising")

    page.keyboard.press("Control+Enter")

    expect(page.locator(".compose .error")).to_be_visible()
    expect(field).to_have_value(WORDS)
    assert reply_texts(reply) == []


def test_reply_over_the_rate_limit_counts_down_and_keeps_its_text(
    page: Page, reply: Post, alice: User
) -> None:
    field = open_composer(page, reply)
    page.keyboard.type(WORDS)
    use_up_rate_limit(alice)

    page.keyboard.press("Control+Enter")

    expect_error(page, "You’re doing that too often. Try again in")
    expect(field).to_have_value(WORDS)
    # The button counts the seconds down visibly; a screen reader announces none of them.
    button = page.get_by_role("button", name="Post reply", exact=True)
    expect(button).to_have_text(re.compile(r"Post reply0:\d\d"))
    first = button.inner_text()
    expect(button).not_to_have_text(first.replace("\n", ""))
    RateLimit.objects.all().delete()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")


def test_visitor_is_asked_to_log_in_in_place_of_the_composer(visit, reply: Post) -> None:
    page = visit(reply.thread.get_absolute_url())

    click_post_link(page, reply, "Reply to")

    note = page.locator(f"#p{reply.pk} + .note")
    expect(note).to_have_text("Log in to reply to bob.")
    expect(note).to_be_focused()
    click_post_link(page, reply, "Reply to")
    expect(page.locator(".note")).to_have_count(1)
    note.get_by_role("link").click()
    page.get_by_label("Name or e-mail address").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Reply to bob")).to_be_visible()


# -- Without JavaScript ---------------------------------------------------------------------------


@pytest.fixture
def plain_page(visit, thread: Thread, reply: Post, alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice, java_script_enabled=False)


def test_reply_without_javascript(plain_page: Page, reply: Post) -> None:
    click_post_link(plain_page, reply, "Reply to")
    expect(plain_page.get_by_role("heading", name="Reply to bob")).to_be_visible()
    expect(plain_page.locator(".has-backlinks .text")).to_contain_text("Only where the bricks")
    field = plain_page.get_by_label("Your reply to bob")

    plain_page.get_by_role("button", name="Post reply").click()
    expect(plain_page.locator(".error")).to_have_text("Write something first.")
    field.fill("> Only where the bricks stay wet all winter.")
    plain_page.get_by_role("button", name="Post reply").click()
    expect(plain_page.locator(".error")).to_contain_text("something of your own")
    expect(field).to_have_value("> Only where the bricks stay wet all winter.")
    field.fill(f"{WORDS} *Really.*")
    plain_page.get_by_role("button", name="Preview").click()
    expect(plain_page.locator("section em")).to_have_text("Really.")
    plain_page.get_by_role("button", name="Post reply").click()

    expect(plain_page.locator(".messages .note")).to_contain_text("Posted.")
    created = Post.objects.get(parent=reply)
    assert plain_page.url.endswith(f"#p{created.pk}")
    expect(plain_page.locator(f"#p{created.pk} em")).to_have_text("Really.")


def test_quote_without_javascript(plain_page: Page, reply: Post) -> None:
    click_post_link(plain_page, reply, "Quote")

    expect(plain_page.get_by_label("Your reply to bob")).to_have_value(
        "> Only where the bricks stay wet all winter.\n\n"
    )
