"""The number of clicks from a report to its answer, as a moderator makes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from forum.actions.reports import report_post
from forum.models import Case, Post, Thread, User
from forum.moderation.undo import undo

TEMPLATE = "Going in circles"  # of the sample data
COUNT_CLICKS = """
addEventListener("click", ({isTrusted}) => {
  if (isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true);
"""


@pytest.fixture
def counted(visit) -> Callable[[str, User], Page]:
    """Open a page that counts the clicks in its window from then on."""

    def counted(path: str, person: User) -> Page:
        page: Page = visit("/", person)
        page.context.add_init_script(COUNT_CLICKS)
        page.goto(path)
        return page

    return counted


def clicks(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.clicks || 0)"))


def case_row(page: Page, post: Post):
    case = Case.objects.get(post=post)
    button = page.locator(f"button[formaction='/admin/forum/case/{case.pk}/claim/']")
    return page.locator("#result_list tbody tr").filter(has=button)


def test_report_is_answered_with_a_template_in_two_clicks(
    counted, reply: Post, alice: User, carol: User
) -> None:
    report_post(reply, actor=alice, reason="spam")
    page = counted("/admin/", carol)
    case_row(page, reply).get_by_role("link", name="Hide").click()
    page.get_by_role("button", name=TEMPLATE).click()
    expect(page.locator("h1")).to_have_text("Review queue")
    expect(page.locator(".messagelist")).to_contain_text("Post hidden.")
    expect(case_row(page, reply)).to_have_count(0)
    assert clicks(page) == 2
    reply.refresh_from_db()
    assert reply.hidden_action
    assert reply.hidden_action.reason == TEMPLATE


def from_the_queue(page: Page, opening: Post) -> None:
    case_row(page, opening).locator(".open").click()


def from_the_post(page: Page, opening: Post) -> None:
    page.locator(f"a[href='/p/{opening.pk}/menu/']").first.click()


@pytest.mark.parametrize(
    ("path", "open_actions", "count"),
    [
        ("/admin/", from_the_queue, 3),
        ("/p/{0.pk}/", from_the_post, 3),
        ("/u/{0.author}/", lambda _page, _opening: None, 2),
    ],
)
def test_spammer_is_gone_in_three_clicks(
    counted,
    opening: Post,
    thread: Thread,
    bob: User,
    carol: User,
    path: str,
    open_actions: Callable[[Page, Post], None],
    count: int,
) -> None:
    report_post(opening, actor=bob, reason="spam")
    page = counted(path.format(opening), carol)
    open_actions(page, opening)
    page.get_by_role("link", name="Remove spammer").click()
    expect(page.get_by_text("Also affected:")).to_be_visible()
    page.get_by_role("button", name=TEMPLATE).click()
    expect(page.get_by_text("Spammer removed.").first).to_be_visible()
    try:
        assert clicks(page) == count
        thread.refresh_from_db()
        assert thread.is_removed
        assert User.objects.get(pk=opening.author_id).is_suspended
        assert not Case.objects.open().filter(post=opening).exists()
    finally:
        thread.refresh_from_db()
        assert thread.removed_action
        undo(thread.removed_action, actor=carol, reason="a test")
