"""Every page that the site shows, and the states of a page that look different."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.shown import (
    Shown,
    at,
    by_time,
    confirm_email,
    day_to_come,
    in_the_middle,
    in_thread,
    named,
    of_appeal,
    of_entry,
    of_opening,
    of_quote,
    of_reply,
    of_thread,
    reset_key,
)
from tests.browser.steps import (
    COMPOSER_SCRIPT,
    open_keys,
    open_peek,
    report_inline,
    report_nothing,
    report_spam,
)

# -- What is done in a page before it is looked at ------------------------------------------------


def expect_composer(page: Page) -> None:
    """Wait until one can write in the composer, its keys included."""
    expect(page.locator(".compose textarea:focus")).to_be_visible()
    assert page.evaluate(COMPOSER_SCRIPT)


def open_composer(page: Page) -> None:
    page.locator(".node > .post > .acts").first.get_by_role("link", name="Reply to").click()
    expect_composer(page)


def fail_inline(page: Page) -> None:
    open_composer(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .bad")).to_be_visible()


def preview_inline(page: Page) -> None:
    open_composer(page)
    page.keyboard.type("> Try this first:\n\n# A heading\n\nAnd *some* `words`.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".compose section")).to_be_visible()


def offer_names(page: Page) -> None:
    open_composer(page)
    page.keyboard.type("Ask @ca")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")


def help_inline(page: Page) -> None:
    open_composer(page)
    page.get_by_role("link", name="Markdown help").click()
    expect(page.get_by_role("region", name="Markdown")).to_be_focused()


def select_words(page: Page) -> None:
    page.locator(".node .text p").first.select_text()
    expect(page.get_by_role("button", name="Quote", exact=True)).to_be_visible()


def ask_for_sign_in(page: Page) -> None:
    page.locator(".node > .post > .acts").first.get_by_role("link", name="Reply to").click()
    expect(page.locator(".post + .note")).to_be_focused()


def tell_of_arrivals(page: Page) -> None:
    """As if the page were older than its posts."""
    box = page.locator("[data-js-arrivals]")
    box.evaluate("box => { box.dataset.jsNumber = 40; }")
    page.evaluate("() => { document.dispatchEvent(new CustomEvent('forum:show-arrivals')); }")
    expect(box).to_contain_text("new replies")


def add_parts(page: Page) -> None:
    page.get_by_role("link", name="more replies").click()
    expect(page.locator(".more-row")).to_have_count(0)


def open_menu(page: Page) -> None:
    page.locator(".node > .post > .acts").first.get_by_role("link", name="More").click()
    expect(page.locator(".menu")).to_be_visible()


def lack_notices(page: Page) -> None:
    expect(page.get_by_text("No notifications yet.")).to_be_visible()


def mark_entry(page: Page) -> None:
    button = page.locator(".list > [id^=n] .num button").first
    before = button.inner_text()
    button.click()
    expect(button).not_to_have_text(before)


def open_quotes(page: Page) -> None:
    for link in page.locator("[data-js-peek]").all()[:4]:
        figure = link.locator("xpath=ancestor::figure[1]")
        link.click()
        expect(figure.locator(".around")).to_be_focused()
    page.locator(".earlier > summary").first.click()


def open_quoted_by(page: Page) -> None:
    page.get_by_role("link", name="Quoted by").first.click()
    expect(page.locator(".menu")).to_be_visible()


def fail(page: Page) -> None:
    """Press the page's own button over empty fields."""
    page.locator("main .go").evaluate("go => { go.form.noValidate = true; go.click(); }")
    expect(page.locator("main :is(.bad, .summary)").first).to_be_visible()


def save_nothing(page: Page) -> None:
    page.get_by_label("Text of the post").fill("")
    fail(page)


def preview(page: Page) -> None:
    page.get_by_label("Your reply to").fill("> Try this first:\n\n# A heading\n\nAnd *some* words.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".compose section")).to_be_visible()


def post_too_fast(page: Page) -> None:
    page.get_by_label("Your reply to").fill("Once more.")
    page.locator("main .go").click()
    expect(page.locator(".bad")).to_contain_text("You’re doing that too often.")


def lose_token(page: Page) -> None:
    page.get_by_label("Your reply to").fill("Once more.")
    # Once the draft is saved: saving it would bring the token back.
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved")
    page.context.clear_cookies(name="csrftoken")
    page.locator("main .go").click()
    expect(page.get_by_role("heading", name="Please try again")).to_be_visible()


def log_in_wrongly(page: Page) -> None:
    page.get_by_label("Name or e-mail address").fill("nobody")
    page.get_by_label("Password").fill("guessing")
    page.locator("main .go").click()
    expect(page.locator(".summary")).to_be_visible()


PAGES: dict[str, Shown] = {
    # Reading
    "front page": Shown(named("home")),
    "board": Shown(named("board-detail", "gardens"), "alice"),
    "board, new": Shown(named("board-detail", "gardens"), "bob"),
    "board, empty": Shown(named("board-detail", "stones")),
    "thread, seed": Shown(in_thread("seed")),
    "thread, forked": Shown(in_thread("forked"), "alice"),
    "thread, removed posts": Shown(in_thread("mixed")),
    "thread, removed posts, moderator": Shown(in_thread("mixed"), "carol"),
    "thread, locked": Shown(in_thread("locked"), "alice"),
    "thread, pinned, without replies": Shown(in_thread("pinned")),
    "thread, deep": Shown(in_thread("deep")),
    "thread, keys": Shown(in_thread("forked"), "alice", steps=open_keys),
    "thread, peek": Shown(in_thread("forked"), "alice", steps=open_peek),
    "thread, folded": Shown(lambda world: f"{world.deep.get_absolute_url()}?fold=all"),
    "thread, map": Shown(of_thread("thread-map", "long")),
    "thread, by time": Shown(by_time("forked"), "alice"),
    "thread, new": Shown(in_thread("deep"), "bob"),
    "thread, asked to sign in": Shown(in_thread("forked"), steps=ask_for_sign_in),
    "thread, menu open": Shown(in_thread("forked"), "carol", steps=open_menu),
    "go to, error": Shown(day_to_come("forked"), status=422),
    "thread, begun in the middle": Shown(in_the_middle("long")),
    "thread, parts added": Shown(in_thread("long"), "alice", steps=add_parts),
    "thread, replies told of": Shown(in_thread("deep"), "alice", steps=tell_of_arrivals),
    "branch": Shown(of_reply("post-branch", "deep", level=4)),
    "thread, quotes open": Shown(in_thread("quoted"), "alice", steps=open_quotes),
    "thread, quoted by": Shown(in_thread("quoted"), steps=open_quoted_by),
    "quoted": Shown(of_reply("post-quoted", "quoted")),
    "quote": Shown(of_quote("quoted", 0)),
    "quote, changed": Shown(of_quote("quoted", 1)),
    "history": Shown(of_reply("post-history", "forked", edited_at__isnull=False)),
    "keys": Shown(named("help-keys"), "alice"),
    "menu": Shown(of_reply("post-menu", "forked", edited_at__isnull=False), "alice"),
    "person": Shown(named("person-detail", "bob")),
    "person, suspended": Shown(named("person-detail", "dan")),
    "person, oneself": Shown(named("person-detail", "alice"), "alice"),
    "inbox": Shown(named("inbox"), "alice"),
    "inbox, marked": Shown(named("inbox"), "alice", steps=mark_entry),
    "inbox, empty": Shown(named("inbox"), "erin", steps=lack_notices),
    # Writing
    "composer": Shown(in_thread("forked"), "alice", steps=open_composer),
    "composer, error": Shown(in_thread("forked"), "alice", steps=fail_inline),
    "composer, preview": Shown(in_thread("forked"), "alice", steps=preview_inline),
    "composer, names offered": Shown(in_thread("forked"), "alice", steps=offer_names),
    "composer, help": Shown(in_thread("forked"), "alice", steps=help_inline),
    "thread, words selected": Shown(in_thread("forked"), "alice", steps=select_words),
    "Markdown help": Shown(named("help-markdown")),
    "reply": Shown(of_reply("post-reply", "forked"), "alice"),
    "reply, error": Shown(of_reply("post-reply", "forked"), "alice", steps=fail),
    "reply, preview": Shown(of_reply("post-reply", "forked"), "alice", steps=preview),
    "reply, too fast": Shown(of_reply("post-reply", "forked"), "frank", steps=post_too_fast),
    "thread, draft offered": Shown(in_thread("forked"), "erin"),
    "reply, draft given back": Shown(of_reply("post-reply", "forked"), "erin"),
    "reply, locked meanwhile": Shown(of_opening("post-reply", "locked"), "frank", 423),
    "reply, parent removed": Shown(
        of_reply("post-reply", "mixed", hidden_at__isnull=False), "frank", 409
    ),
    "drafts": Shown(named("drafts"), "frank"),
    "drafts, none": Shown(named("drafts"), "bob"),
    "thread start": Shown(named("thread-start", "gardens"), "alice"),
    "thread start, error": Shown(named("thread-start", "gardens"), "alice", steps=fail),
    "edit": Shown(of_opening("post-edit", "forked"), "alice"),
    "edit, error": Shown(
        of_opening("post-edit", "forked"),
        "alice",
        steps=save_nothing,
    ),
    "delete": Shown(of_opening("post-delete", "forked"), "alice"),
    # What is not there, or not allowed
    "400": Shown(at("/b/gardens/?" + "field&" * 201), status=400),
    "403": Shown(of_opening("post-edit", "forked"), "bob", 403),
    "403, token lost": Shown(of_reply("post-reply", "forked"), "bob", steps=lose_token),
    "403, suspended": Shown(of_reply("post-reply", "forked"), "dan", 403),
    "404": Shown(at("/t/99999999/"), status=404),
    "410, hidden": Shown(of_reply("post-detail", "mixed", hidden_at__isnull=False), status=410),
    "410, deleted": Shown(of_reply("post-detail", "mixed", deleted_at__isnull=False), status=410),
    "423, locked": Shown(of_opening("post-reply", "locked"), "alice", 423),
    # Accounts
    "log in": Shown(named("account_login")),
    "log in, error": Shown(named("account_login"), steps=log_in_wrongly),
    "log out": Shown(named("account_logout"), "alice"),
    "sign up": Shown(named("account_signup")),
    "sign up, error": Shown(named("account_signup"), steps=fail),
    "inactive": Shown(named("account_inactive")),
    "reauthenticate": Shown(named("account_reauthenticate"), "alice"),
    "e-mail": Shown(named("account_email"), "alice"),
    "confirm e-mail, sent": Shown(named("account_email_verification_sent")),
    "confirm e-mail": Shown(confirm_email),
    "confirm e-mail, stale": Shown(named("account_confirm_email", "gone")),
    "password change": Shown(named("account_change_password"), "alice"),
    "password reset": Shown(named("account_reset_password")),
    "password reset, sent": Shown(named("account_reset_password_done")),
    "password reset, key": Shown(reset_key),
    "password reset, stale key": Shown(named("account_reset_password_from_key", "1", "set-x")),
    "password reset, done": Shown(named("account_reset_password_from_key_done")),
    "settings": Shown(named("account-settings"), "alice"),
    # Reports
    "report": Shown(of_reply("post-report", "forked"), "alice"),
    "report, error": Shown(of_reply("post-report", "forked"), "alice", steps=report_nothing),
    "reported": Shown(
        of_reply("post-report", "mixed", author__username="alice"), "bob", steps=report_spam
    ),
    "report, in place": Shown(in_thread("forked"), "alice", steps=report_inline),
    # Keeping order in the page
    "hide": Shown(of_reply("post-hide", "forked"), "carol"),
    "hide, error": Shown(of_reply("post-hide", "forked"), "carol", steps=fail),
    "unhide": Shown(of_reply("post-unhide", "mixed", hidden_at__isnull=False), "carol"),
    "seen to": Shown(of_reply("post-uphold", "forked"), "carol"),
    "dismiss": Shown(of_reply("post-dismiss", "forked"), "carol"),
    "open reports again": Shown(of_reply("post-reopen", "forked"), "carol"),
    "lock": Shown(of_thread("thread-lock", "forked"), "carol"),
    "unlock": Shown(of_thread("thread-unlock", "locked"), "carol"),
    "pin": Shown(of_thread("thread-pin", "forked"), "carol"),
    "unpin": Shown(of_thread("thread-unpin", "pinned"), "carol"),
    "suspend": Shown(named("person-suspend", "bob"), "carol"),
    "lift": Shown(named("person-lift", "dan"), "carol"),
    "remove branch": Shown(of_reply("post-remove", "forked"), "carol"),
    "edit with reason": Shown(of_reply("post-edit-for", "forked"), "carol"),
    "edit with reason, error": Shown(of_reply("post-edit-for", "forked"), "carol", steps=fail),
    "slow branch": Shown(of_reply("post-slow-branch", "forked"), "carol"),
    "lock branch": Shown(of_reply("post-lock-branch", "forked"), "carol"),
    "appeal": Shown(of_entry("log-appeal", "suspend-person"), "dan"),
    "appeal, error": Shown(of_entry("log-appeal", "suspend-person"), "dan", steps=fail),
    "appeals": Shown(named("appeals"), "carol"),
    "appeal, to answer": Shown(of_appeal, "erin"),
    "inbox, from the moderators": Shown(named("inbox-told"), "bob"),
    "move branch": Shown(of_reply("post-move", "forked"), "carol"),
    "move branch, error": Shown(of_reply("post-move", "forked"), "carol", steps=fail),
    "split branch": Shown(of_reply("post-split", "forked"), "carol"),
    "merge thread": Shown(of_thread("thread-merge", "forked"), "carol"),
    "erase": Shown(of_reply("post-erase", "forked"), "carol"),
    "erase account": Shown(named("person-anonymise", "bob"), "erin"),
    "erase own account": Shown(named("account-erase"), "alice"),
    "assign": Shown(of_reply("post-assign", "forked"), "carol"),
    "note": Shown(named("person-note", "bob"), "carol"),
    "warn": Shown(named("person-warn", "bob"), "carol"),
    "silence": Shown(named("person-silence", "bob"), "carol"),
    "log": Shown(named("log")),
    "log, entry": Shown(of_entry("log-entry"), "carol"),
    "log, undo": Shown(of_entry("log-undo"), "carol"),
    "log, undo, error": Shown(of_entry("log-undo"), "carol", steps=fail),
}

# Addresses that show no page: they redirect, or answer without one.
# Each of these asks the same of the same as one above; nothing but the words differs.
LIKE_ANOTHER = {
    "moderate",
    *("post-restore", "post-unlock-branch", "post-hasten-branch"),
    *("thread-slow", "thread-hasten", "thread-retitle", "person-unsilence"),
}
WITHOUT_A_PAGE = {
    "thread-arrivals",
    *("thread-short", "theme", "alive", "ready", "person-suggest"),
    *("draft-discard", "draft-take-back", "pending-post-withdraw"),
    *("thread-seen", "thread-served", "thread-next", "post-read", "post-unread"),
    "inbox-mark",
    "keys",
}
