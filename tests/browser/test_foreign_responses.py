"""Responses that do not come from the forum: never taken for success, never put into the page.

A hotel's network, a proxy's error page or a bot check may respond to any request, with any status.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect

from forum.actions.posts import reply_to
from forum.middleware import ResponseMark
from forum.models import Draft, Post, Thread, User
from tests.browser.pages import expect_composer
from tests.browser.sample_data import SampleData

WORDS = "Bricks breathe, moss or no moss."
FOREIGN = "Unexpected response."
BROKEN = "Something went wrong."
OFFLINE = "No connection"

STATUSES = (200, 204, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503)
# Contains everything that the forum's own responses contain.
FOREIGN_HTML = (
    '<div id="foreign" class="composer-state" data-js-taken data-number="9" role="listbox">'
    '<h1>Sign in to Hotel WiFi</h1><form><input name="room"></form>'
    '<input name="csrfmiddlewaretoken" value="foreign"><article>Welcome</article></div>'
)
BODIES = {
    "document": f"<!doctype html><html><body>{FOREIGN_HTML}</body></html>",
    "commented document": f"<!-- proxy --><!DOCTYPE html><html><body>{FOREIGN_HTML}</body></html>",
    "html": f"<html><body>{FOREIGN_HTML}</body></html>",
    "json": '{"error": "rate"}',
    "empty": "",
}
# Headers that htmx obeys.
HTMX_HEADERS = {"HX-Redirect": "/hotel/", "HX-Retarget": "main", "HX-Trigger": "hotel"}

# Everything that a fault may have changed.
READ_STATE = """() => ({
  written: document.querySelector(".compose textarea")?.value,
  kept: Object.entries(localStorage).filter(([key]) => key.startsWith("draft "))
    .map(([, value]) => JSON.parse(JSON.parse(value).content)[1]).join(),
  foreign: document.querySelectorAll("#foreign, input[value=foreign], [name=room]").length,
  busy: document.querySelectorAll("[aria-busy], [aria-disabled]").length,
  theme: document.documentElement.dataset.theme ?? "auto",
  said: document.body.textContent.includes("Hotel WiFi"),
})"""
UNCHANGED = {
    "written": WORDS,
    "kept": WORDS,
    "foreign": 0,
    "busy": 0,
    "theme": "auto",
    "said": False,
}
CLEAR_MESSAGES = """() => {
  document.getElementById("alert").textContent = "";
  document.querySelector(".compose [data-js-note]")?.remove();
}"""
IS_SAID = """words => [...document.querySelectorAll("#alert, .compose [role=alert]")]
  .some((element) => element.textContent.includes(words))"""
IMPORT_DRAFTS = "import('/static/js/drafts.js').then(() => true)"
CHECK_FOR_REPLIES = "() => { document.dispatchEvent(new CustomEvent('forum:show-arrivals')); }"


@dataclass
class Fault:
    status: int
    body: str

    def respond(self, route: Route) -> None:
        headers = HTMX_HEADERS | {"Content-Type": "text/html"}
        if self.body == "json":
            headers["Content-Type"] = "application/json"
        body = "" if self.status == 204 else BODIES[self.body]
        route.fulfill(status=self.status, headers=headers, body=body)

    @property
    def message(self) -> str:
        return FOREIGN if self.status < 500 else BROKEN


FAULTS = [
    Fault(status, body)
    for status in STATUSES
    for body in BODIES
    if status != 204 or body == "empty"
]


# Each status with one body, and the most trusted statuses with each body.
SOME_FAULTS = [
    fault
    for fault in FAULTS
    if fault.status in {200, 204} or fault.body == list(BODIES)[fault.status % len(BODIES)]
]


@dataclass(frozen=True)
class RequestTrigger:
    """An action in the page that sends a request, and the address of the request."""

    address: str
    press: Callable[[Page], object]
    method: str = "GET"


def click_link(selector: str) -> Callable[[Page], object]:
    return lambda page: page.locator(selector).first.evaluate("link => link.click()")


def click_button(name: str) -> Callable[[Page], object]:
    return lambda page: page.locator(".compose").get_by_role("button", name=name).click()


def press_key(key: str) -> Callable[[Page], object]:
    def press(page: Page) -> None:
        page.locator(".node > article").last.evaluate("post => post.focus()")
        page.keyboard.press(key)

    return press


def press_next_key_in_flat_order(page: Page) -> None:
    page.locator("[data-js-order]").evaluate("column => { column.dataset.jsOrder = 'time'; }")
    press_key("Shift+J")(page)


def preview_parent(page: Page) -> None:
    """Open the preview of a parent that is not on this page."""
    page.locator(".reply-to > a:first-child").first.evaluate("link => { link.href = '/p/1/'; }")
    page.locator(".reply-to > a:first-child").first.evaluate("link => link.focus()")
    page.keyboard.press("Space")


# Requests that a thread's page sends while a composer is open.
IN_THREAD = {
    "post": RequestTrigger("**/reply/", lambda page: page.keyboard.press("Control+Enter"), "POST"),
    "preview": RequestTrigger("**/reply/", click_button("Preview"), "POST"),
    "discard": RequestTrigger("**/reply/", click_button("Discard"), "POST"),
    "reply": RequestTrigger(
        "**/reply/", click_link('.opening-post .post-actions a[href$="/reply/"]')
    ),
    "more": RequestTrigger("**/menu/", click_link("article [data-js-menu]")),
    "quoted by": RequestTrigger("**/quoted/", click_link('.post-actions a[href$="/quoted/"]')),
    "around a quote": RequestTrigger("**/quote/*/", click_link("[data-js-peek]")),
    "Markdown help": RequestTrigger("**/help/markdown/", click_link("[data-js-helps]")),
    "all keys": RequestTrigger("**/help/keys/", press_key("?")),
    "next in order": RequestTrigger("**/menu/", press_next_key_in_flat_order),
    "parent": RequestTrigger("**/p/1/", preview_parent),
    "follow": RequestTrigger("**/following/**", click_link(".subscription button"), "POST"),
    "theme": RequestTrigger("**/theme/", click_link(".theme button"), "POST"),
    "updates": RequestTrigger("**/arrivals/**", lambda page: page.evaluate(CHECK_FOR_REPLIES)),
}


@pytest.fixture
def page(visit, thread: Thread, opening: Post, reply: Post, sample_data: SampleData) -> Page:
    """Open bob's reply as alice, with text in the composer that only her device has saved."""
    Draft.objects.filter(member=sample_data.alice).delete()
    quoting = f"> {reply.source}\n\nAll of it?"
    reply_to(reply, author=sample_data.carol, source=quoting, quoted_post_ids=[reply.pk])
    page = visit(thread.get_absolute_url(), sample_data.alice)
    page.locator(f"#p{reply.pk} > .post-actions").get_by_role("link", name="Reply to").click()
    expect_composer(page)
    assert page.evaluate(IMPORT_DRAFTS)
    page.route("**/reply/", abort_autosave)
    page.keyboard.insert_text(WORDS)
    expect(page.locator("[data-js-saved]")).to_contain_text("Saved on this device at ")
    return page


def abort_autosave(route: Route) -> None:
    if "do=save" in (route.request.post_data or ""):
        route.abort()
    else:
        route.fallback()


def respond_to(
    trigger: RequestTrigger, respond: Callable[[Route], None]
) -> Callable[[Route], None]:
    """Respond to the request of the trigger, and let every other request pass."""

    def handle(route: Route) -> None:
        is_autosave = "do=save" in (route.request.post_data or "")
        if route.request.method == trigger.method and not is_autosave:
            respond(route)
        else:
            route.fallback()

    return handle


@pytest.mark.parametrize("names", [list(IN_THREAD)[:3], list(IN_THREAD)[3:]], ids=" ".join)
def test_foreign_response_changes_nothing_and_is_reported(page: Page, names: list[str]) -> None:
    """Since nothing changes, one page takes all faults of all requests."""
    address = page.url
    for name in names:
        trigger = IN_THREAD[name]
        for fault in FAULTS if name in {"post", "reply"} else SOME_FAULTS:
            page.evaluate(CLEAR_MESSAGES)
            page.locator(".compose textarea").evaluate("field => field.focus()")
            handler = respond_to(trigger, fault.respond)
            page.route(trigger.address, handler)
            trigger.press(page)
            page.wait_for_function(IS_SAID, arg=fault.message)
            page.unroute(trigger.address, handler)
            assert page.evaluate(READ_STATE) == UNCHANGED, (name, fault)
        assert page.url.partition("#")[0] == address, name


def test_autosave_keeps_the_text_on_the_device_after_a_foreign_response(page: Page) -> None:
    """The draft is saved on the server with the next attempt."""
    page.unroute("**/reply/")
    address = page.locator("[data-js-composer]").get_attribute("action") or ""
    for fault in FAULTS:
        page.evaluate("document.querySelector('[data-js-saved]').textContent = ''")
        page.route("**/reply/", fault.respond)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-js-saved]")).to_contain_text("Saved on this device at ")
        page.unroute("**/reply/")
        assert page.evaluate(READ_STATE) == UNCHANGED, fault
    assert not Draft.objects.filter(parent=address.split("/")[2]).exists()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved at ")


def test_read_state_is_sent_again_after_a_foreign_response(page: Page) -> None:
    page.locator(".node > article").last.evaluate("post => post.scrollIntoView()")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.route("**/seen/", Fault(200, "html").respond)
    with page.expect_response("**/seen/"):
        pass
    page.unroute("**/seen/")
    before = [body for body in sent if "numbers=" in body]
    with page.expect_response("**/seen/") as response:
        page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert response.value.ok
    resent = [body for body in sent if "numbers=" in body][len(before) :]
    assert len(before) == len(resent) == 1
    assert before[0].split("&")[0] in resent[0]
    assert page.evaluate(READ_STATE) == UNCHANGED


def test_foreign_response_opens_no_mention_menu(page: Page) -> None:
    for fault in FAULTS[::5]:
        page.route("**/people/**", fault.respond)
        page.locator(".compose textarea").fill("")
        with page.expect_response("**/people/**"):
            page.keyboard.type("@ca")
        page.unroute("**/people/**")
        assert not page.locator("[role=listbox]").count(), fault
    page.locator(".compose textarea").fill("")
    page.keyboard.type("@ca")
    expect(page.get_by_role("option").first).to_be_visible()


def test_logout_keeps_unsaved_text_on_the_device(page: Page) -> None:
    page.unroute("**/reply/")
    page.route("**/reply/", Fault(200, "html").respond)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert WORDS in page.evaluate("Object.values(localStorage).join()")


def test_foreign_response_does_not_leave_the_reply_page(visit, reply: Post, alice: User) -> None:
    page = visit(f"/p/{reply.pk}/reply/", alice)
    expect_composer(page)
    assert page.evaluate(IMPORT_DRAFTS)
    page.keyboard.insert_text(WORDS)
    page.route("**/reply/", Fault(200, "document").respond)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator("#alert")).to_contain_text(FOREIGN)
    assert page.evaluate(READ_STATE) == UNCHANGED
    page.unroute("**/reply/")
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".messages .note")).to_contain_text("Posted.")


# -- Pages without a composer ---------------------------------------------------------------------

ON_OTHER_PAGES = {
    "inbox": (
        "/inbox/",
        RequestTrigger("**/mark/", click_link(".list form[hx-post] button"), "POST"),
    ),
    "keys": ("/help/keys/", RequestTrigger("**/keys/", click_link("#keys-switch button"), "POST")),
}


@pytest.mark.parametrize("name", ON_OTHER_PAGES)
def test_foreign_response_changes_no_page_without_a_composer(
    visit, reply: Post, alice: User, name: str
) -> None:
    address, trigger = ON_OTHER_PAGES[name]
    page = visit(address, alice)
    before = page.locator("main").inner_text()
    for fault in SOME_FAULTS:
        page.evaluate(CLEAR_MESSAGES)
        page.route(trigger.address, fault.respond)
        trigger.press(page)
        page.wait_for_function(IS_SAID, arg=fault.message)
        page.unroute(trigger.address)
        assert not page.locator("#foreign, [name=room]").count(), fault
    assert page.locator("main").inner_text() == before


# Forms from the menu of a post: their label there, their button, and their address.
FROM_MENU = {
    "report": ("Report", "Send report", "**/report/"),
    "bookmark": ("Bookmark", "Bookmark", "**/bookmark/"),
}


@pytest.mark.parametrize("name", FROM_MENU)
def test_form_below_a_post_keeps_its_text_after_a_foreign_response(
    visit, thread: Thread, reply: Post, alice: User, name: str
) -> None:
    label, button, address = FROM_MENU[name]
    page = visit(thread.get_absolute_url(), alice)
    page.locator(f"#p{reply.pk} > .post-actions").get_by_role("link", name="More").click()
    page.locator(".menu").get_by_role("link", name=label).click()
    form = page.locator("section.report")
    if name == "report":
        form.get_by_label("Spam").check()
    text = form.locator("textarea, input[type=text]").first
    text.fill(WORDS)
    for fault in SOME_FAULTS:
        page.evaluate(CLEAR_MESSAGES)
        page.route(address, fault.respond)
        form.get_by_role("button", name=button).click()
        page.wait_for_function(IS_SAID, arg=fault.message)
        page.unroute(address)
        assert not page.locator("#foreign, [name=room]").count(), fault
        assert text.input_value() == WORDS


# -- The forum's own response, cut off ------------------------------------------------------------


class TruncatingHandler(socketserver.StreamRequestHandler):
    """Announce more bytes than are sent, like a connection that breaks."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        headers = (
            f"HTTP/1.1 200 OK\r\n{ResponseMark.HEADER}: 1\r\nContent-Type: text/html\r\n"
            "Content-Length: 9000\r\n\r\n"
        )
        self.wfile.write(headers.encode() + FOREIGN_HTML.encode())


@pytest.fixture
def truncating_server() -> Iterator[str]:
    """Return the address of a server that breaks off its responses."""
    with socketserver.ThreadingTCPServer(("localhost", 0), TruncatingHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/"
        server.shutdown()


@pytest.mark.parametrize("name", ["post", "preview", "discard", "reply", "more", "updates"])
def test_truncated_response_changes_nothing(page: Page, truncating_server: str, name: str) -> None:
    trigger = IN_THREAD[name]
    page.route(
        trigger.address, respond_to(trigger, lambda route: route.continue_(url=truncating_server))
    )
    trigger.press(page)
    page.wait_for_function(IS_SAID, arg=OFFLINE)
    assert page.evaluate(READ_STATE) == UNCHANGED


def test_composer_stays_open_when_the_response_does_not_confirm_the_post(page: Page) -> None:
    """The response is cut as if by a proxy, without an error."""
    headers = {ResponseMark.HEADER: "1", "Content-Type": "text/html"}
    trigger = IN_THREAD["post"]
    for body in ("", '<ol class="replies"><li>', "{}"):
        page.evaluate(CLEAR_MESSAGES)
        handler = respond_to(
            trigger, lambda route, body=body: route.fulfill(headers=headers, body=body)
        )
        page.route("**/reply/", handler)
        trigger.press(page)
        page.wait_for_function(IS_SAID, arg=BROKEN)
        page.unroute("**/reply/", handler)
        assert page.evaluate(READ_STATE) == UNCHANGED
