"""Responses that are not the forum's own: never taken for success, never put into the page.

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
from tests.browser.world import World

WORDS = "Bricks breathe, moss or no moss."
FOREIGN = "Unexpected response."
BROKEN = "Something went wrong."
OFFLINE = "No connection"

STATUSES = (200, 204, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503)
# As convincing as they can be: with what our own responses hold.
PART = (
    '<div id="foreign" class="state" data-js-taken data-number="9" role="listbox">'
    '<h1>Sign in to Hotel WiFi</h1><form><input name="room"></form>'
    '<input name="csrfmiddlewaretoken" value="foreign"><article>Welcome</article></div>'
)
BODIES = {
    "document": f"<!doctype html><html><body>{PART}</body></html>",
    "commented document": f"<!-- proxy --><!DOCTYPE html><html><body>{PART}</body></html>",
    "html": f"<html><body>{PART}</body></html>",
    "json": '{"error": "rate"}',
    "empty": "",
}
# What htmx would obey.
ORDERS = {"HX-Redirect": "/hotel/", "HX-Retarget": "main", "HX-Trigger": "hotel"}

# Everything that a fault may have changed, in one look.
LOOK = """() => ({
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
CLEAR = """() => {
  document.getElementById("alert").textContent = "";
  document.querySelector(".compose [data-js-note]")?.remove();
}"""
SAID = """words => [...document.querySelectorAll("#alert, .compose [role=alert]")]
  .some((element) => element.textContent.includes(words))"""
DRAFTS = "import('/static/js/drafts.js').then(() => true)"
CHECK = "() => { document.dispatchEvent(new CustomEvent('forum:show-arrivals')); }"


@dataclass
class Fault:
    status: int
    body: str

    def respond(self, route: Route) -> None:
        headers = ORDERS | {"Content-Type": "text/html"}
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


# Each status, and each body under the most trusted status.
SOME_FAULTS = [
    fault
    for fault in FAULTS
    if fault.status in {200, 204} or fault.body == list(BODIES)[fault.status % len(BODIES)]
]


@dataclass(frozen=True)
class Asking:
    """Something that sends a request: what is pressed, and the address that it asks."""

    address: str
    press: Callable[[Page], object]
    method: str = "GET"


def link(selector: str) -> Callable[[Page], object]:
    return lambda page: page.locator(selector).first.evaluate("link => link.click()")


def button(name: str) -> Callable[[Page], object]:
    return lambda page: page.locator(".compose").get_by_role("button", name=name).click()


def press_key(key: str) -> Callable[[Page], object]:
    def press(page: Page) -> None:
        page.locator(".node > article").last.evaluate("post => post.focus()")
        page.keyboard.press(key)

    return press


def press_key_in_order_of_time(page: Page) -> None:
    page.locator("[data-js-order]").evaluate("column => { column.dataset.jsOrder = 'time'; }")
    press_key("Shift+J")(page)


def preview_parent(page: Page) -> None:
    """Look at the parent of a post, which is not on this page."""
    page.locator(".re > a:first-child").first.evaluate("link => { link.href = '/p/1/'; }")
    page.locator(".re > a:first-child").first.evaluate("link => link.focus()")
    page.keyboard.press("Space")


# What is asked in the page of a thread while a composer is open there.
IN_THREAD = {
    "post": Asking("**/reply/", lambda page: page.keyboard.press("Control+Enter"), "POST"),
    "preview": Asking("**/reply/", button("Preview"), "POST"),
    "discard": Asking("**/reply/", button("Discard"), "POST"),
    "reply": Asking("**/reply/", link('.op .acts a[href$="/reply/"]')),
    "more": Asking("**/menu/", link("article [data-js-menu]")),
    "quoted by": Asking("**/quoted/", link('.acts a[href$="/quoted/"]')),
    "around a quote": Asking("**/quote/*/", link("[data-js-peek]")),
    "Markdown help": Asking("**/help/markdown/", link("[data-js-helps]")),
    "all keys": Asking("**/help/keys/", press_key("?")),
    "next in order": Asking("**/menu/", press_key_in_order_of_time),
    "parent": Asking("**/p/1/", preview_parent),
    "theme": Asking("**/theme/", link(".theme button"), "POST"),
    "updates": Asking("**/arrivals/**", lambda page: page.evaluate(CHECK)),
}


@pytest.fixture
def page(visit, thread: Thread, opening: Post, reply: Post, world: World) -> Page:
    """Alice at bob's reply, with words in the composer that only her device has."""
    Draft.objects.filter(member=world.alice).delete()
    quoting = f"> {reply.source}\n\nAll of it?"
    reply_to(reply, author=world.carol, source=quoting, quoted_post_ids=[reply.pk])
    page = visit(thread.get_absolute_url(), world.alice)
    page.locator(f"#p{reply.pk} > .acts").get_by_role("link", name="Reply to").click()
    expect_composer(page)
    assert page.evaluate(DRAFTS)
    page.route("**/reply/", refuse_autosaving)
    page.keyboard.insert_text(WORDS)
    expect(page.locator("[data-js-saved]")).to_contain_text("Saved on this device at ")
    return page


def refuse_autosaving(route: Route) -> None:
    if "do=save" in (route.request.post_data or ""):
        route.abort()
    else:
        route.fallback()


def only(asking: Asking, respond: Callable[[Route], None]) -> Callable[[Route], None]:
    """Respond to what is asked, and let everything else pass."""

    def handle(route: Route) -> None:
        is_autosaving = "do=save" in (route.request.post_data or "")
        if route.request.method == asking.method and not is_autosaving:
            respond(route)
        else:
            route.fallback()

    return handle


@pytest.mark.parametrize("name", IN_THREAD)
def test_foreign_response_changes_nothing_and_is_reported(page: Page, name: str) -> None:
    asking, address = IN_THREAD[name], page.url
    for fault in FAULTS if name in {"post", "reply"} else SOME_FAULTS:
        page.evaluate(CLEAR)
        page.locator(".compose textarea").evaluate("field => field.focus()")
        handler = only(asking, fault.respond)
        page.route(asking.address, handler)
        asking.press(page)
        page.wait_for_function(SAID, arg=fault.message)
        page.unroute(asking.address, handler)
        assert page.evaluate(LOOK) == UNCHANGED, fault
    assert page.url.partition("#")[0] == address


@pytest.mark.parametrize("status", STATUSES)
def test_autosave_keeps_the_text_on_the_device(page: Page, status: int) -> None:
    """The draft was not saved, whatever was responded; with the next try it is."""
    page.unroute("**/reply/")
    for body in BODIES:
        page.evaluate("document.querySelector('[data-js-saved]').textContent = ''")
        page.route("**/reply/", Fault(status, body).respond)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-js-saved]")).to_contain_text("Saved on this device at ")
        page.unroute("**/reply/")
        assert page.evaluate(LOOK) == UNCHANGED, body
    assert not Draft.objects.filter(source=WORDS).exists()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved at ")


def test_reading_is_not_reported_as_done(page: Page) -> None:
    """Read state is sent again after a foreign response, which is not taken for a count."""
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
    again = [body for body in sent if "numbers=" in body][len(before) :]
    assert len(before) == len(again) == 1
    assert before[0].split("&")[0] in again[0]
    assert page.evaluate(LOOK) == UNCHANGED


def test_names_of_people_come_from_the_forum_only(page: Page) -> None:
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


def test_logging_out_keeps_on_the_device_what_the_forum_did_not_take(page: Page) -> None:
    page.unroute("**/reply/")
    page.route("**/reply/", Fault(200, "html").respond)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert WORDS in page.evaluate("Object.values(localStorage).join()")


def test_page_of_its_own_is_not_left_for_a_foreign_response(
    visit, reply: Post, alice: User
) -> None:
    page = visit(f"/p/{reply.pk}/reply/", alice)
    expect_composer(page)
    assert page.evaluate(DRAFTS)
    page.keyboard.insert_text(WORDS)
    page.route("**/reply/", Fault(200, "document").respond)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator("#alert")).to_contain_text(FOREIGN)
    assert page.evaluate(LOOK) == UNCHANGED
    page.unroute("**/reply/")
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".messages .note")).to_contain_text("Posted.")


# -- Pages without a composer ---------------------------------------------------------------------

ELSEWHERE = {
    "inbox": ("/inbox/", Asking("**/mark/", link(".list form[hx-post] button"), "POST")),
    "keys": ("/help/keys/", Asking("**/keys/", link("#keys-switch button"), "POST")),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_pages_stay_as_they_are(visit, reply: Post, alice: User, name: str) -> None:
    address, asking = ELSEWHERE[name]
    page = visit(address, alice)
    before = page.locator("main").inner_text()
    for fault in SOME_FAULTS:
        page.evaluate(CLEAR)
        page.route(asking.address, fault.respond)
        asking.press(page)
        page.wait_for_function(SAID, arg=fault.message)
        page.unroute(asking.address)
        assert not page.locator("#foreign, [name=room]").count(), fault
    assert page.locator("main").inner_text() == before


def test_report_keeps_its_words(visit, thread: Thread, reply: Post, alice: User) -> None:
    page = visit(thread.get_absolute_url(), alice)
    page.locator(f"#p{reply.pk} > .acts").get_by_role("link", name="More").click()
    page.locator(".menu").get_by_role("link", name="Report").click()
    page.get_by_label("Spam").check()
    page.locator(".report textarea").fill(WORDS)
    for fault in SOME_FAULTS:
        page.evaluate(CLEAR)
        page.route("**/report/", fault.respond)
        page.get_by_role("button", name="Send report").click()
        page.wait_for_function(SAID, arg=fault.message)
        page.unroute("**/report/")
        assert not page.locator("#foreign, [name=room]").count(), fault
        assert page.locator(".report textarea").input_value() == WORDS


# -- The forum's own response, but not the whole of it --------------------------------------------


class Cut(socketserver.StreamRequestHandler):
    """Promise more than what is sent, as a connection that breaks does."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        head = (
            f"HTTP/1.1 200 OK\r\n{ResponseMark.HEADER}: 1\r\nContent-Type: text/html\r\n"
            "Content-Length: 9000\r\n\r\n"
        )
        self.wfile.write(head.encode() + PART.encode())


@pytest.fixture
def cut() -> Iterator[str]:
    """The address of a server that breaks off."""
    with socketserver.ThreadingTCPServer(("localhost", 0), Cut) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/"
        server.shutdown()


@pytest.mark.parametrize("name", ["post", "preview", "discard", "reply", "more", "updates"])
def test_truncated_response_changes_nothing(page: Page, cut: str, name: str) -> None:
    asking = IN_THREAD[name]
    page.route(asking.address, only(asking, lambda route: route.continue_(url=cut)))
    asking.press(page)
    page.wait_for_function(SAID, arg=OFFLINE)
    assert page.evaluate(LOOK) == UNCHANGED


def test_composer_stays_when_the_forum_does_not_say_that_it_took_the_text(page: Page) -> None:
    """As when a proxy cuts a response without a trace."""
    headers = {ResponseMark.HEADER: "1", "Content-Type": "text/html"}
    asking = IN_THREAD["post"]
    for body in ("", '<ol class="replies"><li>', "{}"):
        page.evaluate(CLEAR)
        handler = only(asking, lambda route, body=body: route.fulfill(headers=headers, body=body))
        page.route("**/reply/", handler)
        asking.press(page)
        page.wait_for_function(SAID, arg=BROKEN)
        page.unroute("**/reply/", handler)
        assert page.evaluate(LOOK) == UNCHANGED
