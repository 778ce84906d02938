"""Nothing typed is ever lost: on any device, whatever goes wrong meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from forum.actions.posts import delete_post, reply_to
from forum.models import Draft, Post, Thread, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from tests.browser.pages import expect_composer
from tests.browser.watch import sign_in
from tests.browser.world import PASSWORD
from tests.moderation_actions import split_off
from tests.waiting import wait_until

WORDS = "Bricks breathe, moss or no moss."
DRAFTS = "import('/static/js/drafts.js').then(() => true)"


@pytest.fixture(autouse=True)
def no_drafts(world) -> None:
    Draft.objects.filter(member__in=[world.alice, world.bob]).delete()


def address_of(post: Post) -> str:
    return f"/p/{post.pk}/reply/"


def open_composer(page: Page, post: Post) -> Locator:
    page.locator(f"#p{post.pk} > .acts").get_by_role("link", name="Reply to").click()
    expect_composer(page)
    assert page.evaluate(DRAFTS)
    return page.locator(f"#reply-{post.pk}-text")


def begin(page: Page, post: Post) -> Locator:
    """Write a reply, until the server has it."""
    field = open_composer(page, post)
    page.keyboard.type(WORDS)
    expect_saved(page)
    return field


def expect_saved(page: Page) -> None:
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved at")


def sources(member: User) -> list[str]:
    return [draft.source for draft in Draft.objects.of_member(member).kept()]


@pytest.fixture
def page(visit, thread: Thread, reply: Post, alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


@pytest.fixture
def plain_page(visit, reply: Post, alice: User) -> Page:
    return visit(address_of(reply), alice, java_script_enabled=False)


# -- On another device ----------------------------------------------------------------------------


def test_killed_mid_sentence_goes_on_elsewhere_under_the_right_post(
    visit, page: Page, opening: Post, reply: Post, alice: User
) -> None:
    open_composer(page, reply)
    page.keyboard.type("Bricks brea")
    page.close(run_before_unload=False)

    expect_sources(alice, ["Bricks brea"])
    phone = visit(reply.thread.get_absolute_url(), alice, viewport={"width": 390, "height": 800})
    offer = phone.locator(f"#p{reply.pk} + .offer")
    expect(offer).to_contain_text("Draft reply to bob, 2 words.")
    offer.get_by_role("link", name="Continue").click()
    expect_composer(phone)
    field = phone.locator(f"#reply-{reply.pk}-text")
    expect(field).to_have_value("Bricks brea")
    expect(phone.locator(".compose")).to_contain_text("Draft from ")
    expect(phone.locator(".offer:visible")).to_have_count(0)
    phone.keyboard.type("the.")
    phone.keyboard.press("Control+Enter")
    expect(phone.get_by_role("status").first).to_contain_text("Posted.")
    assert Post.objects.get(parent=reply).source == "Bricks breathe."
    assert not sources(alice)


def expect_sources(member: User, texts: list[str]) -> None:
    """Wait for what a page that is gone has sent."""
    wait_until(lambda: sources(member) == texts, 5, said=f"not {texts}")


def test_two_devices_are_shown_both_texts(visit, page: Page, reply: Post, alice: User) -> None:
    phone = visit(reply.thread.get_absolute_url(), alice)
    on_phone = open_composer(phone, reply)
    begin(page, reply)

    phone.keyboard.type("From the phone.")

    other = phone.get_by_role("group", name="A newer draft from another device")
    expect(other).to_contain_text(WORDS)
    expect(on_phone).to_have_value("From the phone.")
    assert sources(alice) == [WORDS]
    other.get_by_role("button", name="Use that one").click()
    expect(on_phone).to_have_value(WORDS)


def test_words_typed_before_the_scripts_arrive_are_saved(visit, reply: Post, alice: User) -> None:
    page = visit("/", alice)
    waiting = []

    def hold_back(route: Route) -> None:
        waiting.append(route)

    page.route("**/js/drafts*.js", hold_back)
    page.goto(address_of(reply), wait_until="commit")
    page.get_by_label("Your reply to bob").fill(WORDS)
    expect(page.get_by_label("Your reply to bob")).to_have_value(WORDS)
    waiting[0].continue_()
    expect_saved(page)
    assert sources(alice) == [WORDS]


def test_without_scripts_preview_saves_and_the_draft_stands_at_its_place(
    plain_page: Page, reply: Post
) -> None:
    plain_page.get_by_label("Your reply to bob").fill(WORDS)
    plain_page.get_by_role("button", name="Preview").click()
    expect_saved(plain_page)
    plain_page.get_by_role("link", name="Back to the thread").click()
    offer = plain_page.locator(f"#p{reply.pk} + .offer")
    expect(offer).to_contain_text("Draft reply to bob, 6 words.")
    offer.get_by_role("link", name="Continue").click()
    expect(plain_page.get_by_label("Your reply to bob")).to_have_value(WORDS)


# -- Discarding, and a second composer ------------------------------------------------------------


def test_discarded_text_comes_back(page: Page, reply: Post, alice: User) -> None:
    field = begin(page, reply)
    page.get_by_role("button", name="Discard").click()
    form = page.locator(".given-up .note")
    expect(form).to_be_focused()
    assert sources(alice) == []
    form.get_by_role("button", name="Undo").click()
    expect(field).to_have_value(WORDS)
    expect(field).to_be_focused()
    assert sources(alice) == [WORDS]


def test_discarding_without_scripts_can_be_undone(
    plain_page: Page, reply: Post, alice: User
) -> None:
    plain_page.get_by_label("Your reply to bob").fill(WORDS)
    plain_page.get_by_role("button", name="Discard").click()
    plain_page.locator(".messages").get_by_role("button", name="Undo").click()
    expect(plain_page.get_by_label("Your reply to bob")).to_have_value(WORDS)


def test_second_composer_folds_the_first_to_a_line(page: Page, opening: Post, reply: Post) -> None:
    first = begin(page, reply)
    second = open_composer(page, opening)
    line = page.locator(f"#reply-{reply.pk} > .offer")
    expect(first).to_be_hidden()
    expect(line).to_contain_text("Your reply to bob, 6 words.")
    expect(second).to_have_value("")
    line.get_by_role("button", name="Continue").click()
    expect(first).to_be_focused()
    expect(first).to_have_value(WORDS)
    expect(second).to_have_count(0)


# -- What goes wrong ------------------------------------------------------------------------------


def test_offline_the_device_keeps_it_and_gives_it_back(
    page: Page, reply: Post, alice: User
) -> None:
    open_composer(page, reply)
    page.context.set_offline(True)
    page.keyboard.type(WORDS)
    expect(page.locator("[data-js-saved]")).to_contain_text("Saved on this device at ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose [role=alert]")).to_contain_text("No connection")
    assert sources(alice) == []
    context = page.context
    # What a page sends on leaving outlives it, and may get through once the browser is online:
    # the draft would then come from the server, not from the device.
    page.evaluate("() => { window.fetch = async () => { throw new TypeError('offline'); }; }")
    page.close()
    context.set_offline(False)
    assert sources(alice) == []

    page = context.new_page()
    page.goto(reply.thread.get_absolute_url())
    field = open_composer(page, reply)
    expect(field).to_have_value(WORDS)
    expect_saved(page)
    assert sources(alice) == [WORDS]


def test_back_online_it_is_saved_and_never_posted_by_itself(
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
    assert sources(alice) == [WORDS]
    assert not Post.objects.filter(parent=reply).exists()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")


def test_offline_a_page_of_its_own_is_not_left(visit, reply: Post, alice: User) -> None:
    page = visit(address_of(reply), alice)
    expect_composer(page)
    assert page.evaluate(DRAFTS)
    page.context.set_offline(True)
    page.keyboard.type(WORDS)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator("#alert")).to_contain_text("No connection")
    expect(page.get_by_label("Your reply to bob")).to_have_value(WORDS)
    page.context.set_offline(False)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".messages .note")).to_contain_text("Posted.")
    assert Post.objects.get(parent=reply).source == WORDS


def break_down(route: Route) -> None:
    route.fulfill(status=500, content_type="text/html", body="<h1>Traceback</h1>")


def test_leaving_asks_only_when_nothing_has_the_text(
    browser: Browser, browser_context_args: dict, site: str, reply: Post, alice: User
) -> None:
    with browser.new_context(**browser_context_args) as context:
        sign_in(context, alice, site)
        page = context.new_page()
        page.goto(reply.thread.get_absolute_url())
        page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
        page.route(f"**{address_of(reply)}", refuse_posts)
        field = open_composer(page, reply)
        page.keyboard.type(WORDS)
        expect(page.locator("[data-js-saved]")).to_contain_text("Not saved.")

        with page.expect_event("dialog") as asked:
            page.evaluate("setTimeout(() => location.assign('/'))")

        assert asked.value.type == "beforeunload"
        asked.value.dismiss()
        expect(field).to_have_value(WORDS)


def refuse_posts(route: Route) -> None:
    if route.request.method == "POST":
        break_down(route)
    else:
        route.continue_()


def test_logged_out_meanwhile_only_the_writer_gets_it_back(
    page: Page, reply: Post, alice: User, bob: User
) -> None:
    open_composer(page, reply)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.type(WORDS)
    expect(page.locator(".state")).to_contain_text("You were logged out while you were writing.")
    page.get_by_role("link", name="Log in", exact=True).click()
    log_in(page, "bob")
    expect(page.get_by_label("Your reply to bob")).to_have_value("")
    page.context.clear_cookies(name="sessionid")
    page.goto(f"/accounts/login/?next={address_of(reply)}")
    log_in(page, "alice")
    expect(page.get_by_label("Your reply to bob")).to_have_value(WORDS)


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Reply to bob")).to_be_visible()


def test_token_that_changed_meanwhile_is_learned(page: Page, reply: Post, alice: User) -> None:
    open_composer(page, reply)
    page.context.clear_cookies(name="csrftoken")
    page.keyboard.type(WORDS)
    expect_saved(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")


def test_locked_meanwhile_lets_it_be_copied_and_keeps_it(
    page: Page, reply: Post, alice: User, carol: User
) -> None:
    field = begin(page, reply)
    lock_thread(reply.thread, actor=carol, reason="going in circles")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .bad")).to_contain_text("going in circles")
    expect(field).to_have_attribute("readonly", "")
    page.context.grant_permissions(["clipboard-write"])
    page.get_by_role("button", name="Copy text").click()
    expect(page.get_by_role("status").first).to_have_text("Text copied.")
    page.get_by_role("link", name="Your drafts").click()
    # The page of the test before may have saved its text late, as it was closed.
    kept = page.locator(".list li").filter(has_text="going in circles")
    kept.get_by_role("button", name="Discard").click()
    page.locator(".messages").get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Your reply to bob")).to_have_value(WORDS)


def test_parent_removed_meanwhile_it_can_go_to_the_thread(
    page: Page, opening: Post, reply: Post, alice: User, carol: User
) -> None:
    begin(page, reply)
    hide_post(reply, actor=carol, reason="advertising")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Post to the thread instead").click()
    expect(page.get_by_role("status").first).to_contain_text("Posted.")
    assert Post.objects.filter(parent=opening, source=WORDS).exists()
    assert sources(alice) == []


def test_parent_moved_meanwhile_it_goes_along(page: Page, reply: Post, carol: User) -> None:
    begin(page, reply)
    elsewhere = split_off(reply, title="Wet bricks", actor=carol, reason="another matter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Posted.")
    assert Post.objects.get(parent=reply).thread == elsewhere


def test_thread_deleted_meanwhile_the_text_stays(
    visit, opening: Post, alice: User, bob: User
) -> None:
    page = visit(opening.thread.get_absolute_url(), bob)
    field = begin(page, opening)
    delete_post(opening, actor=alice)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .bad")).to_contain_text("no longer exists")
    expect(page.locator(".compose textarea")).to_have_value(WORDS)
    expect(field).to_have_count(0)
    page.goto("/drafts/")
    page.get_by_text("Full text").click()
    expect(page.locator(".raw")).to_have_text(WORDS)


def test_two_tabs_editing_one_post_are_shown_both(visit, opening: Post, alice: User) -> None:
    address = f"/p/{opening.pk}/edit/"
    first, second = visit(address, alice), visit(address, alice)
    for tab in (first, second):
        expect_composer(tab)
        assert tab.evaluate(DRAFTS)
    first.get_by_label("Text of the post", exact=True).fill("From the first tab.")
    first.get_by_role("button", name="Save").click()
    expect(first.locator(".messages .note")).to_have_text("Saved.")
    field = second.get_by_label("Text of the post", exact=True)
    field.fill("From the second tab.")
    second.get_by_role("button", name="Save").click()
    expect(second.locator(".bad")).to_contain_text("edited after you started")
    expect(second.locator(".text:not(.diff)")).to_have_text("From the first tab.")
    expect(second.locator(".diff del")).to_have_text("removed: first")
    expect(field).to_have_value("From the second tab.")
    second.get_by_role("button", name="Save").click()
    expect(second.locator(".messages .note")).to_have_text("Saved.")
    opening.refresh_from_db()
    assert opening.source == "From the second tab."


# -- What others do meanwhile ---------------------------------------------------------------------


def test_replies_that_arrived_are_shown_before_posting_and_nothing_moves(
    page: Page, reply: Post, carol: User
) -> None:
    field = begin(page, reply)
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


def test_replies_that_arrived_without_scripts(plain_page: Page, reply: Post, carol: User) -> None:
    reply_to(reply, author=carol, source="It does in *spring*, mind you.")
    plain_page.get_by_label("Your reply to bob").fill(WORDS)
    plain_page.get_by_role("button", name="Post reply").click()
    unread = plain_page.get_by_role("group", name="1 new reply since you started.")
    unread.get_by_text("carol").click()
    expect(unread.locator("em")).to_have_text("spring")
    expect(plain_page.get_by_label("Your reply to bob")).to_have_value(WORDS)
    plain_page.get_by_role("button", name="Post anyway").click()
    expect(plain_page.locator(".messages .note")).to_contain_text("Posted.")
