"""Every page of the site, and the states of a page that look different."""

from __future__ import annotations

from django.conf import settings
from playwright.sync_api import Page, expect

from forum.actions.mail_settings import unsubscribe_url
from forum.models import ModerationNotification
from tests.addresses import XML_ROUTES
from tests.browser.page_specs import (
    PageSpec,
    appeal_url,
    email_confirmation_url,
    flat_thread_url,
    literal_url,
    named_url,
    password_reset_url,
    thread_url,
    url_for_log_entry,
    url_for_opening_post,
    url_for_quote,
    url_for_reply,
    url_for_thread,
    url_of_future_date,
    url_of_middle_page,
)
from tests.browser.page_steps import (
    IMPORT_COMPOSER,
    open_post_preview,
    open_shortcuts,
    report_inline,
    report_nothing,
    report_spam,
)
from tests.browser.sample_data import SampleData

# -- Steps that lead to a state of a page ---------------------------------------------------------


def expect_composer(page: Page) -> None:
    """Wait until the composer can be used, including its keyboard shortcuts."""
    expect(page.locator(".compose textarea:focus")).to_be_visible()
    assert page.evaluate(IMPORT_COMPOSER)


def unsubscribe_path(sample_data: SampleData) -> str:
    return unsubscribe_url(sample_data.alice, ["reply"]).removeprefix(settings.SITE_URL)


def open_composer(page: Page) -> None:
    page.locator(".node > .post > .post-actions").first.get_by_role("link", name="Reply to").click()
    expect_composer(page)


def submit_empty_composer(page: Page) -> None:
    open_composer(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .error")).to_be_visible()


def preview_in_composer(page: Page) -> None:
    open_composer(page)
    page.keyboard.type("> Try this first:\n\n# A heading\n\nAnd *some* `words`.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".compose section")).to_be_visible()


def open_mention_menu(page: Page) -> None:
    open_composer(page)
    page.keyboard.type("Ask @ca")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")


def open_composer_help(page: Page) -> None:
    open_composer(page)
    page.get_by_role("link", name="Markdown help").click()
    expect(page.get_by_role("region", name="Markdown")).to_be_focused()


def select_post_text(page: Page) -> None:
    page.locator(".node .text p").first.select_text()
    expect(page.get_by_role("button", name="Quote", exact=True)).to_be_visible()


def request_login_prompt(page: Page) -> None:
    page.locator(".node > .post > .post-actions").first.get_by_role("link", name="Reply to").click()
    expect(page.locator(".post + .note")).to_be_focused()


def show_live_updates_notice(page: Page) -> None:
    """Check for new replies, as if the page had been loaded before its last posts."""
    box = page.locator("[data-js-arrivals]")
    box.evaluate("box => { box.dataset.jsNumber = 40; }")
    page.evaluate("() => { document.dispatchEvent(new CustomEvent('forum:show-arrivals')); }")
    expect(box).to_contain_text("new replies")


def load_more_replies(page: Page) -> None:
    # By key: posts above are laid out as they come into view, and move the link from the pointer.
    page.get_by_role("link", name="more replies").press("Enter")
    expect(page.locator(".more-row")).to_have_count(0)


def open_post_menu(page: Page) -> None:
    page.locator(".node > .post > .post-actions").first.get_by_role("link", name="More").click()
    expect(page.locator(".menu")).to_be_visible()


def expect_empty_inbox(page: Page) -> None:
    ModerationNotification.objects.filter(member__username="erin").delete()
    page.reload()
    expect(page.get_by_text("No notifications yet.")).to_be_visible()


def toggle_first_notification(page: Page) -> None:
    button = page.locator(".list > [id^=n] .counts button").first
    before = button.inner_text()
    button.click()
    expect(button).not_to_have_text(before)


def open_quote_contexts(page: Page) -> None:
    for link in page.locator("[data-js-peek]").all()[:4]:
        figure = link.locator("xpath=ancestor::figure[1]")
        link.click()
        expect(figure.locator(".quote-context")).to_be_focused()
    page.locator(".earlier > summary").first.click()


def open_backlinks(page: Page) -> None:
    page.get_by_role("link", name="Quoted by").first.click()
    expect(page.locator(".menu")).to_be_visible()


def show_ignored_post(page: Page) -> None:
    post = page.locator(".node > .post:has(> .ignored)").first
    post.locator("summary").click()
    expect(post.locator(".text")).to_be_visible()


def enter_past_day(page: Page) -> None:
    page.get_by_label("Remind me on").fill("2020-01-01")
    page.locator("main .primary").click()
    expect(page.locator(".summary")).to_be_visible()


def bookmark_inline(page: Page) -> None:
    open_post_menu(page)
    page.get_by_role("link", name="Bookmark", exact=True).click()
    expect(page.get_by_label("Note")).to_be_visible()


def submit_empty_form(page: Page) -> None:
    """Submit the page's own form with empty fields."""
    page.locator("main .primary").evaluate("go => { go.form.noValidate = true; go.click(); }")
    expect(page.locator("main :is(.error, .summary)").first).to_be_visible()


def save_empty_edit(page: Page) -> None:
    page.get_by_label("Text of the post").fill("")
    submit_empty_form(page)


def preview_reply(page: Page) -> None:
    page.get_by_label("Your reply to").fill("> Try this first:\n\n# A heading\n\nAnd *some* words.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".compose section")).to_be_visible()


def post_too_fast(page: Page) -> None:
    page.get_by_label("Your reply to").fill("Once more.")
    page.locator("main .primary").click()
    expect(page.locator(".error")).to_contain_text("You’re doing that too often.")


def lose_csrf_token(page: Page) -> None:
    page.get_by_label("Your reply to").fill("Once more.")
    # Wait until the draft is saved: saving it would set the cookie again.
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved")
    page.context.clear_cookies(name="csrftoken")
    page.locator("main .primary").click()
    expect(page.get_by_role("heading", name="Please try again")).to_be_visible()


def log_in_with_wrong_password(page: Page) -> None:
    page.get_by_label("Name or e-mail address").fill("nobody")
    page.get_by_label("Password").fill("guessing")
    page.locator("main .primary").click()
    expect(page.locator(".summary")).to_be_visible()


PAGES: dict[str, PageSpec] = {
    # Reading
    "front page": PageSpec(named_url("home")),
    "front page, member": PageSpec(named_url("home"), "bob"),
    "threads, new": PageSpec(named_url("threads", "newest")),
    "threads, unread": PageSpec(named_url("threads", "unread"), "bob"),
    "threads, mine": PageSpec(named_url("threads", "mine"), "alice"),
    "threads, place lost": PageSpec(literal_url("/threads/newest/?after=x")),
    "board, waiting for me": PageSpec(named_url("board-threads", "gardens", "waiting"), "alice"),
    "thread start, choose a board": PageSpec(named_url("thread-choose-board"), "alice"),
    "board": PageSpec(named_url("board-detail", "gardens"), "alice"),
    "board, new": PageSpec(named_url("board-detail", "gardens"), "bob"),
    "board, empty": PageSpec(named_url("board-detail", "stones")),
    "thread, seed": PageSpec(thread_url("seed")),
    "thread, forked": PageSpec(thread_url("forked"), "alice"),
    "thread, removed posts": PageSpec(thread_url("mixed")),
    "thread, removed posts, moderator": PageSpec(thread_url("mixed"), "carol"),
    "thread, locked": PageSpec(thread_url("locked"), "alice"),
    "thread, pinned, without replies": PageSpec(thread_url("pinned")),
    "thread, deep": PageSpec(thread_url("deep")),
    "thread, keys": PageSpec(thread_url("forked"), "alice", steps=open_shortcuts),
    "thread, peek": PageSpec(thread_url("forked"), "alice", steps=open_post_preview),
    "thread, folded": PageSpec(
        lambda sample_data: f"{sample_data.deep.get_absolute_url()}?fold=all"
    ),
    "thread, map": PageSpec(url_for_thread("thread-map", "long")),
    "thread, by time": PageSpec(flat_thread_url("forked"), "alice"),
    "thread, new": PageSpec(thread_url("deep"), "bob"),
    "thread, asked to sign in": PageSpec(thread_url("forked"), steps=request_login_prompt),
    "thread, menu open": PageSpec(thread_url("forked"), "carol", steps=open_post_menu),
    "go to, error": PageSpec(url_of_future_date("forked"), status=422),
    "thread, begun in the middle": PageSpec(url_of_middle_page("long")),
    "thread, parts added": PageSpec(thread_url("long"), "alice", steps=load_more_replies),
    "thread, replies told of": PageSpec(
        thread_url("deep"), "alice", steps=show_live_updates_notice
    ),
    "branch": PageSpec(url_for_reply("post-branch", "deep", level=4)),
    "thread, quotes open": PageSpec(thread_url("quoted"), "alice", steps=open_quote_contexts),
    "thread, quoted by": PageSpec(thread_url("quoted"), steps=open_backlinks),
    "quoted": PageSpec(url_for_reply("post-quoted", "quoted")),
    "quote": PageSpec(url_for_quote("quoted", 0)),
    "quote, changed": PageSpec(url_for_quote("quoted", 1)),
    "history": PageSpec(url_for_reply("post-history", "forked", edited_at__isnull=False)),
    "left out of mail": PageSpec(
        url_for_reply("post-left-out", "forked", edited_at__isnull=False), "alice"
    ),
    "keys": PageSpec(named_url("help-keys"), "alice"),
    "menu": PageSpec(url_for_reply("post-menu", "forked", edited_at__isnull=False), "alice"),
    "person": PageSpec(named_url("person-detail", "bob")),
    "person, suspended": PageSpec(named_url("person-detail", "dan")),
    "person, oneself": PageSpec(named_url("person-detail", "alice"), "alice"),
    "front page, ignored": PageSpec(named_url("home"), "frank"),
    "thread, ignored": PageSpec(thread_url("forked"), "frank"),
    "thread, ignored, shown": PageSpec(thread_url("forked"), "frank", steps=show_ignored_post),
    "person, ignored": PageSpec(named_url("person-detail", "bob"), "frank"),
    "search, ignored": PageSpec(literal_url("/search/?q=moss+OR+bricks"), "frank"),
    "ignored people": PageSpec(named_url("account-ignored"), "frank"),
    "ignored people, none": PageSpec(named_url("account-ignored"), "bob"),
    "inbox": PageSpec(named_url("inbox"), "alice"),
    "inbox, marked": PageSpec(named_url("inbox"), "alice", steps=toggle_first_notification),
    "following": PageSpec(named_url("following"), "alice"),
    "inbox, empty": PageSpec(named_url("inbox"), "erin", steps=expect_empty_inbox),
    "bookmarks": PageSpec(named_url("bookmarks"), "frank"),
    "bookmarks, none": PageSpec(named_url("bookmarks"), "bob"),
    "thread, bookmarked": PageSpec(thread_url("quoted"), "frank"),
    "bookmark": PageSpec(url_for_reply("post-bookmark", "quoted"), "frank"),
    "bookmark, error": PageSpec(
        url_for_reply("post-bookmark", "quoted"), "frank", steps=enter_past_day
    ),
    "bookmark, in place": PageSpec(thread_url("forked"), "alice", steps=bookmark_inline),
    # Writing
    "composer": PageSpec(thread_url("forked"), "alice", steps=open_composer),
    "composer, error": PageSpec(thread_url("forked"), "alice", steps=submit_empty_composer),
    "composer, preview": PageSpec(thread_url("forked"), "alice", steps=preview_in_composer),
    "composer, names offered": PageSpec(thread_url("forked"), "alice", steps=open_mention_menu),
    "composer, help": PageSpec(thread_url("forked"), "alice", steps=open_composer_help),
    "thread, words selected": PageSpec(thread_url("forked"), "alice", steps=select_post_text),
    "Markdown help": PageSpec(named_url("help-markdown")),
    "reply": PageSpec(url_for_reply("post-reply", "forked"), "alice"),
    "reply, error": PageSpec(
        url_for_reply("post-reply", "forked"), "alice", steps=submit_empty_form
    ),
    "reply, preview": PageSpec(url_for_reply("post-reply", "forked"), "alice", steps=preview_reply),
    "reply, too fast": PageSpec(
        url_for_reply("post-reply", "forked"), "frank", steps=post_too_fast
    ),
    "thread, draft offered": PageSpec(thread_url("forked"), "erin"),
    "reply, draft given back": PageSpec(url_for_reply("post-reply", "forked"), "erin"),
    "reply, locked meanwhile": PageSpec(url_for_opening_post("post-reply", "locked"), "frank", 423),
    "reply, parent removed": PageSpec(
        url_for_reply("post-reply", "mixed", hidden_at__isnull=False), "frank", 409
    ),
    "drafts": PageSpec(named_url("drafts"), "frank"),
    "drafts, none": PageSpec(named_url("drafts"), "bob"),
    "thread start": PageSpec(named_url("thread-start", "gardens"), "alice"),
    "thread start, error": PageSpec(
        named_url("thread-start", "gardens"), "alice", steps=submit_empty_form
    ),
    "title": PageSpec(url_for_thread("thread-title", "forked"), "alice"),
    "thread, searched": PageSpec(
        lambda sample_data: f"{sample_data.forked.get_absolute_url()}?find=moss"
    ),
    "tags": PageSpec(named_url("tags")),
    "tag": PageSpec(named_url("tag-detail", "walls")),
    "thread, tags": PageSpec(url_for_thread("thread-tags", "forked"), "alice"),
    "search": PageSpec(literal_url("/search/?q=moss+OR+bricks")),
    "search, nothing found": PageSpec(literal_url("/search/?q=nowhere+before%3Anever")),
    "search, help": PageSpec(named_url("search"), "alice"),
    "edit": PageSpec(url_for_opening_post("post-edit", "forked"), "alice"),
    "edit, error": PageSpec(
        url_for_opening_post("post-edit", "forked"),
        "alice",
        steps=save_empty_edit,
    ),
    "delete": PageSpec(url_for_opening_post("post-delete", "forked"), "alice"),
    # Errors
    "400": PageSpec(literal_url("/b/gardens/?" + "field&" * 201), status=400),
    "403": PageSpec(url_for_opening_post("post-edit", "forked"), "bob", 403),
    "403, token lost": PageSpec(
        url_for_reply("post-reply", "forked"), "bob", steps=lose_csrf_token
    ),
    "403, suspended": PageSpec(url_for_reply("post-reply", "forked"), "dan", 403),
    "404": PageSpec(literal_url("/t/99999999/"), status=404),
    "410, hidden": PageSpec(
        url_for_reply("post-detail", "mixed", hidden_at__isnull=False), status=410
    ),
    "410, deleted": PageSpec(
        url_for_reply("post-detail", "mixed", deleted_at__isnull=False), status=410
    ),
    "423, locked": PageSpec(url_for_opening_post("post-reply", "locked"), "alice", 423),
    # Accounts
    "log in": PageSpec(named_url("account_login")),
    "log in, error": PageSpec(named_url("account_login"), steps=log_in_with_wrong_password),
    "log out": PageSpec(named_url("account_logout"), "alice"),
    "sign up": PageSpec(named_url("account_signup")),
    "sign up, error": PageSpec(named_url("account_signup"), steps=submit_empty_form),
    "inactive": PageSpec(named_url("account_inactive")),
    "reauthenticate": PageSpec(named_url("account_reauthenticate"), "alice"),
    "e-mail": PageSpec(named_url("account_email"), "alice"),
    "confirm e-mail, sent": PageSpec(named_url("account_email_verification_sent")),
    "confirm e-mail": PageSpec(email_confirmation_url),
    "confirm e-mail, stale": PageSpec(named_url("account_confirm_email", "gone")),
    "password change": PageSpec(named_url("account_change_password"), "alice"),
    "password reset": PageSpec(named_url("account_reset_password")),
    "password reset, sent": PageSpec(named_url("account_reset_password_done")),
    "password reset, key": PageSpec(password_reset_url),
    "password reset, stale key": PageSpec(
        named_url("account_reset_password_from_key", "1", "set-x")
    ),
    "password reset, done": PageSpec(named_url("account_reset_password_from_key_done")),
    "settings": PageSpec(named_url("account-settings"), "alice"),
    "mail settings": PageSpec(named_url("mail-settings"), "alice"),
    "unsubscribe": PageSpec(unsubscribe_path),
    "feeds": PageSpec(named_url("account-feeds"), "alice"),
    # Reports
    "report": PageSpec(url_for_reply("post-report", "forked"), "alice"),
    "report, error": PageSpec(
        url_for_reply("post-report", "forked"), "alice", steps=report_nothing
    ),
    "reported": PageSpec(
        url_for_reply("post-report", "mixed", author__username="alice"), "bob", steps=report_spam
    ),
    "report, in place": PageSpec(thread_url("forked"), "alice", steps=report_inline),
    # Moderation in the page
    "hide": PageSpec(url_for_reply("post-hide", "forked"), "carol"),
    "hide, error": PageSpec(url_for_reply("post-hide", "forked"), "carol", steps=submit_empty_form),
    "unhide": PageSpec(url_for_reply("post-unhide", "mixed", hidden_at__isnull=False), "carol"),
    "seen to": PageSpec(url_for_reply("post-uphold", "forked"), "carol"),
    "dismiss": PageSpec(url_for_reply("post-dismiss", "forked"), "carol"),
    "open reports again": PageSpec(url_for_reply("post-reopen", "forked"), "carol"),
    "lock": PageSpec(url_for_thread("thread-lock", "forked"), "carol"),
    "unlock": PageSpec(url_for_thread("thread-unlock", "locked"), "carol"),
    "pin": PageSpec(url_for_thread("thread-pin", "forked"), "carol"),
    "unpin": PageSpec(url_for_thread("thread-unpin", "pinned"), "carol"),
    "remove thread": PageSpec(url_for_thread("thread-remove", "forked"), "carol"),
    "unlist thread": PageSpec(url_for_thread("thread-unlist", "forked"), "carol"),
    "move to another board": PageSpec(url_for_thread("thread-move-to-board", "forked"), "carol"),
    "remove spammer": PageSpec(named_url("person-spammer", "bob"), "erin"),
    "suspend": PageSpec(named_url("person-suspend", "bob"), "carol"),
    "lift": PageSpec(named_url("person-lift", "dan"), "carol"),
    "remove branch": PageSpec(url_for_reply("post-remove", "forked"), "carol"),
    "edit with reason": PageSpec(url_for_reply("post-edit-for", "forked"), "carol"),
    "edit with reason, error": PageSpec(
        url_for_reply("post-edit-for", "forked"), "carol", steps=submit_empty_form
    ),
    "slow branch": PageSpec(url_for_reply("post-slow-branch", "forked"), "carol"),
    "lock branch": PageSpec(url_for_reply("post-lock-branch", "forked"), "carol"),
    "appeal": PageSpec(url_for_log_entry("log-appeal", "suspend-person"), "dan"),
    "appeal, error": PageSpec(
        url_for_log_entry("log-appeal", "suspend-person"), "dan", steps=submit_empty_form
    ),
    "appeals": PageSpec(named_url("appeals"), "carol"),
    "appeal, to answer": PageSpec(appeal_url, "erin"),
    "inbox, from the moderators": PageSpec(named_url("inbox-moderation"), "bob"),
    "move branch": PageSpec(url_for_reply("post-move", "forked"), "carol"),
    "move branch, error": PageSpec(
        url_for_reply("post-move", "forked"), "carol", steps=submit_empty_form
    ),
    "split branch": PageSpec(url_for_reply("post-split", "forked"), "carol"),
    "merge thread": PageSpec(url_for_thread("thread-merge", "forked"), "carol"),
    "erase": PageSpec(url_for_reply("post-erase", "forked"), "carol"),
    "erase account": PageSpec(named_url("person-anonymise", "bob"), "erin"),
    "erase own account": PageSpec(named_url("account-erase"), "alice"),
    "assign": PageSpec(url_for_reply("post-assign", "forked"), "carol"),
    "note": PageSpec(named_url("person-note", "bob"), "carol"),
    "set password": PageSpec(named_url("person-set-password", "bob"), "erin"),
    "set address": PageSpec(
        named_url("person-set-address", "bob"), "erin", steps=submit_empty_form
    ),
    "profile, for administrators": PageSpec(named_url("person-detail", "bob"), "erin"),
    "warn": PageSpec(named_url("person-warn", "bob"), "carol"),
    "silence": PageSpec(named_url("person-silence", "bob"), "carol"),
    "log": PageSpec(named_url("log")),
    "log, entry": PageSpec(url_for_log_entry("log-entry"), "carol"),
    "log, undo": PageSpec(url_for_log_entry("log-undo"), "carol"),
    "log, undo, error": PageSpec(url_for_log_entry("log-undo"), "carol", steps=submit_empty_form),
}

# Routes whose page differs from a page above only in its texts.
SAME_AS_ANOTHER_PAGE = {
    "moderate",
    *("post-restore", "post-unlock-branch", "post-hasten-branch", "post-note", "pending_post-note"),
    *(
        "person-confirm-address",
        "person-reset-password",
        "person-deactivate",
        "person-log-out",
        "person-reactivate",
    ),
    *("thread-slow", "thread-hasten", "thread-retitle", "thread-tag", "person-unsilence"),
    *("thread-restore", "thread-list", "tag-threads"),
}
# Routes that show no page: they redirect, or respond without one.
ROUTES_WITHOUT_A_PAGE = {
    *XML_ROUTES,
    "feed-revoke",
    "thread-arrivals",
    *("threads-read", "threads-read-undo", "subscription"),
    *("thread-short", "theme", "alive", "ready", "person-suggest"),
    *("person-ignore", "person-stop-ignoring", "bookmark-remove", "bookmark-restore"),
    *("bookmarks-csv", "bookmarks-json"),
    *("draft-discard", "draft-take-back", "pending-post-withdraw"),
    *("thread-seen", "thread-served", "thread-next", "post-read", "post-unread"),
    *("inbox-mark", "keys", "order", "post-undelete", "change-password", "robots"),
}
