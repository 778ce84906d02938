"""Times in the zone of the reader's browser, from the first page on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from forum.models import Post, Revision, Thread, User

# In Tokyo it is the next morning.
POSTED = datetime(2024, 12, 31, 21, 8, tzinfo=UTC)


@pytest.fixture
def old_reply(reply: Post) -> Post:
    Post.objects.filter(pk=reply.pk).update(created_at=POSTED, edited_at=POSTED)
    Revision.objects.filter(post=reply).update(created_at=POSTED)
    return reply


def byline(page: Page, post: Post) -> str:
    return page.locator(f"#p{post.pk} .byline").inner_text()


def test_visitor_reads_times_of_their_own_zone(visit, thread: Thread, old_reply: Post) -> None:
    page = visit(thread.get_absolute_url(), timezone_id="Asia/Tokyo", locale="en-GB")
    when = page.locator(f"#p{old_reply.pk} .when time")
    expect(when).to_have_text("1 Jan 2025, 06:08")
    expect(when).to_have_attribute("datetime", "2024-12-31T21:08Z")
    expect(page.locator(f"#p{old_reply.pk} .byline")).to_contain_text("edited 1 Jan 2025, 06:08")
    expect(page.locator(".site-footer")).to_contain_text("Times are in Asia/Tokyo.")
    first = page.locator("time").all_inner_texts()
    html = page.request.get(page.url).text()
    assert ">1 Jan 2025, 06:08<" in html, "from the second page on the server knows"
    page.reload()
    assert page.locator("time").all_inner_texts() == first


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/St_Johns", "Pacific/Chatham"])
def test_script_writes_times_as_the_server_does(
    visit, thread: Thread, old_reply: Post, zone: str
) -> None:
    page = visit(thread.get_absolute_url(), timezone_id=zone)
    expect(page.locator(".site-footer")).to_contain_text(f"Times are in {zone}.")
    by_script = page.locator("time").all_inner_texts()
    page.reload()
    assert page.locator("html").get_attribute("data-js-zone") == zone
    assert page.locator("time").all_inner_texts() == by_script


def test_chosen_zone_is_kept(visit, thread: Thread, old_reply: Post, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(zone="Europe/Lisbon")
    page = visit(thread.get_absolute_url(), alice, timezone_id="Asia/Tokyo")
    expect(page.locator(f"#p{old_reply.pk} .when time")).to_have_text("31 Dec 2024, 21:08")
    expect(page.locator(".site-footer")).to_contain_text("Times are in Europe/Lisbon.")
    User.objects.filter(pk=alice.pk).update(zone="")


def test_without_scripts_times_are_of_the_site(visit, thread: Thread, old_reply: Post) -> None:
    page = visit(thread.get_absolute_url(), timezone_id="Asia/Tokyo", java_script_enabled=False)
    expect(page.locator(f"#p{old_reply.pk} .when time")).to_have_text("31 Dec 2024, 21:08")
    expect(page.locator(".site-footer")).to_contain_text("Times are in UTC.")
