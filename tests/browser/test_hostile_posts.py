"""Hostile posts and titles: shown as text; no script runs and nothing is loaded."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import RateLimit
from tests.browser.sample_data import SampleData, get_opening_post
from tests.corpora import data_json

HOSTILE: list[str] = data_json("attacks.json")["mixed"]
PAYLOAD = "window.hit=1"
TITLES = [
    "<img src=x onerror=window.hit=1>",
    '"><script>window.hit=1</script>',
    "</title></h1><svg onload=window.hit=1>",
    "' autofocus onfocus='window.hit=1",
    "{{ 7|add:7 }} {% debug %} &lt;b&gt;",
]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_hostile_posts_run_no_script(visit, sample_data: SampleData, scripts: bool) -> None:
    thread = start_thread(
        sample_data.yard, author=sample_data.bob, title=TITLES[0], source="Look at these."
    )
    parent = get_opening_post(thread)
    for number, source in enumerate(HOSTILE):
        words = source.replace("alert(1)", PAYLOAD).replace("\x00", "")
        parent = reply_to(
            parent if number % 5 else get_opening_post(thread),
            author=sample_data.bob,
            source=f"{number}:\n\n{words}",
        )

    page = visit(thread.get_absolute_url(), sample_data.alice, java_script_enabled=scripts)

    expect(page.locator(".node > .post")).to_have_count(len(HOSTILE))
    expect(page.locator("h1")).to_have_text(TITLES[0])
    page.wait_for_load_state("networkidle")
    assert (
        page.locator(
            ".text :is(script, style, iframe, form, input, button, svg, img, base)"
        ).count()
        == 0
    )
    if scripts:
        assert page.evaluate("window.hit") is None
        for link in page.locator(".text a").all():
            assert link.evaluate("link => link.protocol") in {"http:", "https:", "mailto:"}
        page.mouse.move(600, 400)
        page.locator(".text").last.click()
        assert page.evaluate("window.hit") is None


def test_hostile_titles_run_no_script(visit, sample_data: SampleData) -> None:
    RateLimit.objects.all().delete()
    for title in TITLES:
        start_thread(sample_data.yard, author=sample_data.bob, title=title, source=title)

    for path in ("/b/yard/", "/", "/u/bob/"):
        page = visit(path, sample_data.alice)
        expect(page.get_by_role("link", name=TITLES[-1], exact=True)).to_be_visible()
        assert page.evaluate("window.hit") is None
    admin_page = visit("/admin/forum/thread/", sample_data.erin)
    expect(admin_page.get_by_role("link", name=TITLES[-1], exact=True).first).to_be_visible()
    assert admin_page.evaluate("window.hit") is None


def test_hostile_text_stays_in_the_composer_as_typed(visit, sample_data: SampleData) -> None:
    text = "</textarea><script>window.hit=1</script>"
    post = get_opening_post(sample_data.seed)
    page = visit(f"/p/{post.pk}/reply/", sample_data.alice)

    page.get_by_label("Your reply to lina").fill(text)
    page.get_by_role("button", name="Preview").click()

    expect(page.locator("section")).to_contain_text("window.hit=1")
    expect(page.get_by_label("Your reply to lina")).to_have_value(text)
    assert page.evaluate("window.hit") is None
