"""Drafts: text is saved on any device and survives every error."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from forum.actions.posts import delete_post, reply_to
from forum.models import Post, Thread, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from tests.browser.composer import draft_texts
from tests.browser.page_faults import log_in
from tests.browser.pages import expect_composer
from tests.browser.sample_data import PASSWORD
from tests.concurrency import wait_until
from tests.moderation_actions import split_off

WORDS = "Bricks breathe, moss or no moss."
IMPORT_DRAFTS = "import('/static/js/drafts.js').then(() => true)"


def reply_url(post: Post) -> str:
    return f"/p/{post.pk}/reply/"


def open_composer(page: Page, post: Post) -> Locator:
    page.locator(f"#p{post.pk} > .post-actions").get_by_role("link", name="Reply to").click()
    expect_composer(page)
    assert page.evaluate(IMPORT_DRAFTS)
    return page.locator(f"#reply-{post.pk}-text")


def write_draft(page: Page, post: Post) -> Locator:
    """Write a reply, and wait until the server has saved it."""
    field = open_composer(page, post)
    page.keyboard.type(WORDS)
    expect_saved(page)
    return field


def expect_saved(page: Page) -> None:
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved at")


@pytest.fixture
def page(visit, thread: Thread, reply: Post, alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


@pytest.fixture
def plain_page(visit, reply: Post, alice: User) -> Page:
    return visit(reply_url(reply), alice, java_script_enabled=False)


# -- On another device ----------------------------------------------------------------------------


def test_draft_of_a_closed_page_is_continued_on_another_device(
    visit, page: Page, opening: Post, reply: Post, alice: User
) -> None:
    open_composer(page, reply)
    page.keyboard.type("Bricks brea")
    page.close(run_before_unload=False)

    expect_draft_texts(reply.thread, ["Bricks brea"])
    phone = visit(reply.thread.get_absolute_url(), alice, viewport={"width": 390, "height": 800})
    offer = phone.locator(f"#p{reply.pk} + .draft-offer")
    expect(offer).to_contain_text("Draft reply to bob, 2 words.")
    offer.get_by_role("link", name="Continue").click()
    expect_composer(phone)
    field = phone.locator(f"#reply-{reply.pk}-text")
    expect(field).to_have_value("Bricks brea")
    expect(phone.locator(".compose")).to_contain_text("Draft from ")
    expect(phone.locator(".draft-offer:visible")).to_have_count(0)
    phone.keyboard.type("the.")
    phone.keyboard.press("Control+Enter")
    expect(phone.get_by_role("status").first).to_contain_text("Posted.")
    assert Post.objects.get(parent=reply).source == "Bricks breathe."
    assert not draft_texts(reply.thread)


def expect_draft_texts(thread: Thread, texts: list[str]) -> None:
    """Wait until the server has saved what a closed page sent."""
    wait_until(lambda: draft_texts(thread) == texts, said=f"not {texts}")


def test_conflicting_drafts_of_two_devices_are_both_shown(
    visit, page: Page, reply: Post, alice: User
) -> None:
    phone = visit(reply.thread.get_absolute_url(), alice)
    phone_field = open_composer(phone, reply)
    write_draft(page, reply)

    phone.keyboard.type("From the phone.")

    newer_draft = phone.get_by_role("group", name="A newer draft from another device")
    expect(newer_draft).to_contain_text(WORDS)
    expect(phone_field).to_have_value("From the phone.")
    assert draft_texts(reply.thread) == [WORDS]
    newer_draft.get_by_role("button", name="Use that one").click()
    expect(phone_field).to_have_value(WORDS)


def test_text_typed_before_the_scripts_are_loaded_is_saved(visit, reply: Post, alice: User) -> None:
    page = visit("/", alice)
    routes = []

    def record_route(route: Route) -> None:
        routes.append(route)

    page.route("**/js/drafts*.js", record_route)
    with page.expect_request("**/js/drafts*.js"):
        page.goto(reply_url(reply), wait_until="commit")
        page.get_by_label("Your reply to bob").fill(WORDS)
        expect(page.get_by_label("Your reply to bob")).to_have_value(WORDS)
    while not routes:
        page.wait_for_timeout(20)
    routes[0].continue_()
    expect_saved(page)
    assert draft_texts(reply.thread) == [WORDS]


def test_preview_without_scripts_saves_a_draft_that_is_offered_below_the_post(
    plain_page: Page, reply: Post
) -> None:
    plain_page.get_by_label("Your reply to bob").fill(WORDS)
    plain_page.get_by_role("button", name="Preview").click()
    expect_saved(plain_page)
    plain_page.get_by_role("link", name="Back to the thread").click()
    offer = plain_page.locator(f"#p{reply.pk} + .draft-offer")
    expect(offer).to_contain_text("Draft reply to bob, 6 words.")
    offer.get_by_role("link", name="Continue").click()
    expect(plain_page.get_by_label("Your reply to bob")).to_have_value(WORDS)


# -- Discarding, and a second composer ------------------------------------------------------------


def test_discarding_can_be_undone(page: Page, reply: Post, alice: User) -> None:
    field = write_draft(page, reply)
    page.get_by_role("button", name="Discard").click()
    form = page.locator(".given-up .note")
    expect(form).to_be_focused()
    assert draft_texts(reply.thread) == []
    form.get_by_role("button", name="Undo").click()
    expect(field).to_have_value(WORDS)
    expect(field).to_be_focused()
    assert draft_texts(reply.thread) == [WORDS]


def test_discarding_without_scripts_can_be_undone(
    plain_page: Page, reply: Post, alice: User
) -> None:
    plain_page.get_by_label("Your reply to bob").fill(WORDS)
    plain_page.get_by_role("button", name="Discard").click()
    plain_page.locator(".messages").get_by_role("button", name="Undo").click()
    expect(plain_page.get_by_label("Your reply to bob")).to_have_value(WORDS)


def test_second_composer_collapses_the_first(page: Page, opening: Post, reply: Post) -> None:
    first = write_draft(page, reply)
    second = open_composer(page, opening)
    folded_line = page.locator(f"#reply-{reply.pk} > .draft-offer")
    expect(first).to_be_hidden()
    expect(folded_line).to_contain_text("Your reply to bob, 6 words.")
    expect(second).to_have_value("")
    folded_line.get_by_role("button", name="Continue").click()
    expect(first).to_be_focused()
    expect(first).to_have_value(WORDS)
    expect(second).to_have_count(0)


# -- Errors ---------------------------------------------------------------------------------------


def test_text_written_offline_is_restored_from_the_device(
    page: Page, reply: Post, alice: User
) -> None:
    open_composer(page, reply)
    page.context.set_offline(True)
    page.keyboard.type(WORDS)
    expect(page.locator("[data-js-saved]")).to_contain_text("Saved on this device at ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("No connection")
    assert draft_texts(reply.thread) == []
    context = page.context
    # A request that a page sends as it is left may get through once the browser is online again:
    # the draft would then come from the server, not from the device.
    page.evaluate("() => { window.fetch = async () => { throw new TypeError('offline'); }; }")
    page.close()
    context.set_offline(False)
    assert draft_texts(reply.thread) == []

    page = context.new_page()
    page.goto(reply.thread.get_absolute_url())
    field = open_composer(page, reply)
    expect(field).to_have_value(WORDS)
    expect_saved(page)
    assert draft_texts(reply.thread) == [WORDS]


def test_text_written_offline_is_saved_but_not_posted_once_online(
    page: Page, reply: Post, alice: User
) -> None:
    open_composer(page, reply)
    page.context.set_offline(True)
    page.keyboard.type(WORDS)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("No connection")
    page.context.set_offline(False)
    expect_saved(page)
    expect(page.locator(".compose [role=alert]")).to_have_count(0)
    assert draft_texts(reply.thread) == [WORDS]
    assert not Post.objects.filter(parent=reply).exists()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")


def test_posting_offline_does_not_leave_the_reply_page(visit, reply: Post, alice: User) -> None:
    page = visit(reply_url(reply), alice)
    expect_composer(page)
    assert page.evaluate(IMPORT_DRAFTS)
    page.context.set_offline(True)
    page.keyboard.type(WORDS)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator("#alert")).to_contain_text("No connection")
    expect(page.get_by_label("Your reply to bob")).to_have_value(WORDS)
    page.context.set_offline(False)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".messages .note")).to_contain_text("Posted.")
    assert Post.objects.get(parent=reply).source == WORDS


def respond_with_error(route: Route) -> None:
    route.fulfill(status=500, content_type="text/html", body="<h1>Traceback</h1>")


def test_leaving_asks_for_confirmation_when_the_text_is_saved_nowhere(
    browser: Browser, browser_context_args: dict, site: str, reply: Post, alice: User
) -> None:
    with browser.new_context(**browser_context_args) as context:
        log_in(context, alice, site)
        page = context.new_page()
        page.goto(reply.thread.get_absolute_url())
        page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
        page.route(f"**{reply_url(reply)}", fail_posts)
        field = open_composer(page, reply)
        page.keyboard.type(WORDS)
        expect(page.locator("[data-js-saved]")).to_contain_text("Not saved.")

        with page.expect_event("dialog") as dialog:
            page.evaluate("setTimeout(() => location.assign('/'))")

        assert dialog.value.type == "beforeunload"
        dialog.value.dismiss()
        expect(field).to_have_value(WORDS)


def fail_posts(route: Route) -> None:
    if route.request.method == "POST":
        respond_with_error(route)
    else:
        route.continue_()


def test_text_written_after_logout_is_restored_for_its_author_only(
    page: Page, reply: Post, alice: User, bob: User
) -> None:
    open_composer(page, reply)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.type(WORDS)
    expect(page.locator(".composer-state")).to_contain_text(
        "You were logged out while you were writing."
    )
    page.get_by_role("link", name="Log in", exact=True).click()
    submit_login_form(page, "bob")
    expect(page.get_by_label("Your reply to bob")).to_have_value("")
    page.context.clear_cookies(name="sessionid")
    page.goto(f"/accounts/login/?next={reply_url(reply)}")
    submit_login_form(page, "alice")
    expect(page.get_by_label("Your reply to bob")).to_have_value(WORDS)


def submit_login_form(page: Page, name: str) -> None:
    page.get_by_label("Name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Reply to bob")).to_be_visible()


def test_csrf_token_that_changed_while_writing_is_replaced(
    page: Page, reply: Post, alice: User
) -> None:
    open_composer(page, reply)
    page.context.clear_cookies(name="csrftoken")
    page.keyboard.type(WORDS)
    expect_saved(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")


def test_text_can_be_copied_when_the_thread_was_locked_while_writing(
    page: Page, reply: Post, alice: User, carol: User
) -> None:
    field = write_draft(page, reply)
    lock_thread(reply.thread, actor=carol, reason="going in circles")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .error")).to_contain_text("going in circles")
    expect(field).to_have_attribute("readonly", "")
    page.context.grant_permissions(["clipboard-write"])
    page.get_by_role("button", name="Copy text").click()
    expect(page.get_by_role("status").first).to_have_text("Text copied.")
    page.get_by_role("link", name="Your drafts").click()
    # The page of the previous test may have saved its text late, while it was closed.
    entry = page.locator(".list li").filter(has_text="going in circles")
    entry.get_by_role("button", name="Discard").click()
    page.locator(".messages").get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Your reply to bob")).to_have_value(WORDS)


def test_reply_to_a_post_hidden_while_writing_can_go_to_the_thread(
    page: Page, opening: Post, reply: Post, alice: User, carol: User
) -> None:
    write_draft(page, reply)
    hide_post(reply, actor=carol, reason="advertising")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Post to the thread instead").click()
    expect(page.get_by_role("status").first).to_contain_text("Posted.")
    assert Post.objects.filter(parent=opening, source=WORDS).exists()
    assert draft_texts(reply.thread) == []


def test_reply_to_a_post_moved_while_writing_goes_to_the_new_thread(
    page: Page, reply: Post, carol: User
) -> None:
    write_draft(page, reply)
    new_thread = split_off(reply, title="Wet bricks", actor=carol, reason="another matter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")
    assert Post.objects.get(parent=reply).thread == new_thread


def test_text_is_kept_when_the_thread_was_deleted_while_writing(
    visit, opening: Post, alice: User, bob: User
) -> None:
    page = visit(opening.thread.get_absolute_url(), bob)
    field = write_draft(page, opening)
    delete_post(opening, actor=alice)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .error")).to_contain_text("no longer exists")
    expect(page.locator(".compose textarea")).to_have_value(WORDS)
    expect(field).to_have_count(0)
    page.goto("/drafts/")
    page.get_by_text("Full text").click()
    expect(page.locator(".source-text")).to_have_text(WORDS)


def test_conflicting_edits_of_two_tabs_are_both_shown(visit, opening: Post, alice: User) -> None:
    address = f"/p/{opening.pk}/edit/"
    first, second = visit(address, alice), visit(address, alice)
    for tab in (first, second):
        expect_composer(tab)
        assert tab.evaluate(IMPORT_DRAFTS)
    first.get_by_label("Text of the post", exact=True).fill("From the first tab.")
    first.get_by_role("button", name="Save").click()
    expect(first.locator(".messages .note")).to_have_text("Saved.")
    field = second.get_by_label("Text of the post", exact=True)
    field.fill("From the second tab.")
    second.get_by_role("button", name="Save").click()
    expect(second.locator(".error")).to_contain_text("edited after you started")
    expect(second.locator(".text:not(.diff)")).to_have_text("From the first tab.")
    expect(second.locator(".diff del")).to_have_text("removed: first")
    expect(field).to_have_value("From the second tab.")
    second.get_by_role("button", name="Save").click()
    expect(second.locator(".messages .note")).to_have_text("Saved.")
    opening.refresh_from_db()
    assert opening.source == "From the second tab."


# -- New activity while writing -------------------------------------------------------------------


def test_new_replies_are_shown_before_posting_and_nothing_moves(
    page: Page, reply: Post, carol: User
) -> None:
    field = write_draft(page, reply)
    top = page.locator(f"#p{reply.pk}").bounding_box()["y"]
    reply_to(reply, author=carol, source="It does in *spring*, mind you.")
    page.keyboard.type(" Really.")
    unread = page.get_by_role("group", name="1 new reply since you started.")
    expect(unread).to_be_visible()
    expect(field).to_be_focused()
    assert page.locator(f"#p{reply.pk}").bounding_box()["y"] == pytest.approx(top, abs=1)
    unread.get_by_text("carol").click()
    expect(unread.locator("em")).to_have_text("spring")
    field.focus()
    page.keyboard.type(" Yes.")
    expect_saved(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")


def test_new_replies_are_shown_before_posting_without_scripts(
    plain_page: Page, reply: Post, carol: User
) -> None:
    reply_to(reply, author=carol, source="It does in *spring*, mind you.")
    plain_page.get_by_label("Your reply to bob").fill(WORDS)
    plain_page.get_by_role("button", name="Post reply").click()
    unread = plain_page.get_by_role("group", name="1 new reply since you started.")
    unread.get_by_text("carol").click()
    expect(unread.locator("em")).to_have_text("spring")
    expect(plain_page.get_by_label("Your reply to bob")).to_have_value(WORDS)
    plain_page.get_by_role("button", name="Post anyway").click()
    expect(plain_page.locator(".messages .note")).to_contain_text("Posted.")
