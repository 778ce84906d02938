"""The review queue, from a member's report to a decision by keyboard."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from forum.actions.accounts import set_keys
from forum.actions.posts import reply_to
from forum.actions.reports import report_post
from forum.models import Case, Post, Report, User
from tests.concurrency import wait_until


def find_row(page: Page, post: Post):
    case = Case.objects.get(post=post)
    button = page.locator(f"button[formaction='/admin/forum/case/{case.pk}/claim/']")
    return page.locator("#result_list tbody tr").filter(has=button)


def test_reported_post_is_hidden_by_keyboard(visit, reply: Post, alice: User, carol: User) -> None:
    member = visit(f"/p/{reply.pk}/report/", alice)
    member.get_by_label("Spam").check()
    member.get_by_label("Details for the moderators").fill("Third time <b>today</b>.")
    member.get_by_role("button", name="Send report").click()
    expect(member.locator("h1")).to_have_text("You reported this post")

    page = visit("/", carol)
    page.get_by_role("navigation", name="Your account").get_by_role(
        "link", name="Moderation"
    ).click()
    expect(page.locator("h1")).to_have_text("Review queue")
    find_row(page, reply).locator(".open").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("You claimed this case.")).to_be_visible()
    expect(page.locator("#content")).to_contain_text("Third time <b>today</b>.")
    assert Case.objects.get(post=reply).worked_on_by == carol
    page.keyboard.press("a")
    expect(page.locator("h1")).to_have_text("Hide this post?")
    page.get_by_label("Reason").fill(
        "advertising, said daj"
    )  # keys do nothing while a field has focus
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Review queue")
    expect(page.locator(".messagelist")).to_contain_text("Post hidden.")
    expect(find_row(page, reply)).to_have_count(0)
    assert Report.objects.get(post=reply).outcome == "acted"

    member.reload()
    expect(member.get_by_text("a moderator acted on it")).to_be_visible()
    expect(member.locator("#main")).to_contain_text("advertising, said daj")


def test_keys_move_between_rows_and_dismiss_reports(
    visit, reply: Post, alice: User, carol: User
) -> None:
    second_post = reply_to(reply, author=alice, source="A second post that somebody minds.")
    report_post(reply, actor=alice, reason="other")
    report_post(second_post, actor=carol, reason="other")
    page = visit("/admin/", carol)
    page.keyboard.press("j")
    expect(page.locator("#result_list tr:first-child .open")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#result_list tr:nth-child(2) .open")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#result_list tr:first-child .open")).to_be_focused()

    find_row(page, second_post).locator(".open").focus()
    page.keyboard.press("d")
    expect(page.locator("h1")).to_have_text("Dismiss the reports on this post?")
    page.get_by_label("Reason").fill("it is fine")
    page.keyboard.press("Enter")
    expect(find_row(page, second_post)).to_have_count(0)
    expect(find_row(page, reply)).to_have_count(1)
    assert Report.objects.get(post=second_post).outcome == "dismissed"


def test_leaving_the_page_releases_the_case(visit, reply: Post, alice: User, carol: User) -> None:
    report_post(reply, actor=alice, reason="other")
    case = Case.objects.get(post=reply)
    page = visit("/admin/", carol)
    find_row(page, reply).locator(".open").click()
    expect(page.get_by_text("You claimed this case.")).to_be_visible()

    page.goto("/")
    wait_until(lambda: Case.objects.get(pk=case.pk).worked_on_by is None)
    visitor = visit("/admin/", carol)
    expect(find_row(visitor, reply).locator(".field-state")).to_have_text("open")


def test_case_is_claimed_released_and_dismissed_without_scripts(
    visit, reply: Post, alice: User, carol: User
) -> None:
    report_post(reply, actor=alice, reason="other")
    page = visit("/admin/", carol, java_script_enabled=False)
    find_row(page, reply).locator(".open").click()
    expect(page.get_by_text("You claimed this case.")).to_be_visible()
    page.get_by_role("button", name="Release").click()
    find_row(page, reply).get_by_role("link", name="Dismiss").click()
    page.get_by_label("Reason").fill("it is fine")
    page.get_by_role("button", name="Dismiss").click()
    expect(find_row(page, reply)).to_have_count(0)


def test_keys_do_nothing_when_turned_off(visit, reply: Post, alice: User, carol: User) -> None:
    report_post(reply, actor=alice, reason="other")
    set_keys(carol, are_on=False)
    try:
        page = visit("/admin/", carol)
        expect(page.locator("p.keys")).to_be_hidden()
        find_row(page, reply).locator(".open").focus()
        page.keyboard.press("d")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("A post by bob")
        page.keyboard.press("a")
        page.get_by_role("link", name="Dismiss reports").click()
        expect(page.locator("h1")).to_have_text("Dismiss the reports on this post?")
    finally:
        set_keys(carol, are_on=True)


def test_hiding_from_a_case_leads_to_the_next_one_and_claims_it(
    visit, reply: Post, alice: User, carol: User
) -> None:
    second_post = reply_to(reply, author=alice, source="A second post that somebody minds.")
    report_post(reply, actor=alice, reason="spam")
    report_post(second_post, actor=carol, reason="spam")
    dismissed = Report.objects.filter(outcome="dismissed")
    dismissed = dismissed.order_by().values("post").distinct()
    before = dismissed.count()
    for has_scripts in (True, False):
        page = visit("/admin/?reason=spam", carol, java_script_enabled=has_scripts)
        first_row = page.locator("#result_list tbody tr").first
        first_row.locator(".open").click()
        page.get_by_role("link", name="Dismiss reports").click()
        page.get_by_label("Reason").fill("it is fine")
        page.get_by_role("button", name="Dismiss reports and go to next case").click()
        expect(page.locator(".messagelist")).to_contain_text("Reports dismissed.")
        if has_scripts:
            expect(page.get_by_text("You claimed this case.")).to_be_visible()
            assert "filters=reason%3Dspam" in page.url
            page.reload()  # sends nothing again
            expect(page.get_by_text("You claimed this case.")).to_be_visible()
    assert dismissed.count() == before + 2


def test_filters_open_over_the_list_on_a_phone(
    visit, reply: Post, alice: User, carol: User
) -> None:
    report_post(reply, actor=alice, reason="spam")
    page = visit("/admin/", carol)
    filters = page.locator("#changelist-filter")
    expect(filters).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(filters).to_be_hidden()
    page.get_by_role("button", name="Filter").click()
    expect(filters).to_be_visible()
    page.keyboard.press("Escape")
    expect(filters).to_be_hidden()
    page.get_by_role("button", name="Filter").click()
    filters.get_by_role("link", name="Personal attack").click()
    expect(find_row(page, reply)).to_have_count(0)
    page.get_by_role("button", name="Filter (on)").click()
    filters.get_by_role("link", name="Clear all filters").click()
    expect(find_row(page, reply)).to_have_count(1)
