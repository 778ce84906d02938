"""Quotes: links to the quoted text and back, context in place, and backlinks."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Post, Revision, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from tests.browser.sample_data import SampleData

WORDS = "Only where the bricks stay wet all winter."
LONG = "\n\n".join(["A long story about walls, bricks, moss and the weather of last year."] * 40)
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


@pytest.fixture
def source(opening: Post, bob: User) -> Post:
    """Return bob's post, of which the quoted text is screens below its beginning."""
    return reply_to(
        opening, author=bob, source=f"{LONG}\n\nI looked. {WORDS} Believe me.\n\n{LONG}"
    )


@pytest.fixture
def quoting_post(source: Post, alice: User) -> Post:
    return reply_to(source, author=alice, source=f"> {WORDS}\n\nMine never do.")


def find_quote(page: Page, post: Post) -> Locator:
    return page.locator(f"#p{post.pk} figure").first


def context_link(page: Page, post: Post) -> Locator:
    return find_quote(page, post).locator("[data-js-peek]")


def edit_after_an_hour(post: Post, source: str) -> None:
    for revision in Revision.objects.filter(post=post):
        revision.created_at -= timedelta(hours=1)
        revision.save(update_fields=["created_at"])
    edit_post(post, actor=post.author, source=source)


def find_quoted_text(page: Page, post: Post) -> Locator:
    return page.locator(f"#p{post.pk} p", has_text=WORDS)


@SCRIPTS
def test_quote_links_to_the_quoted_text_and_back_returns_to_the_quote(
    visit, quoting_post: Post, source: Post, scripts: bool
) -> None:
    page = visit(quoting_post.thread.get_absolute_url(), java_script_enabled=scripts)
    find_quote(page, quoting_post).get_by_role("link", name="bob wrote").click()
    expect(find_quoted_text(page, source)).to_be_in_viewport()
    assert page.url.endswith(f"#p{source.pk}")
    page.go_back()
    expect(find_quote(page, quoting_post)).to_be_in_viewport()


@SCRIPTS
def test_quote_from_another_thread_links_to_the_quoted_text_there(
    visit, thread: Thread, source: Post, sample_data: SampleData, scripts: bool
) -> None:
    other = start_thread(
        sample_data.yard, author=sample_data.alice, title="Elsewhere", source="Something else."
    )
    quoting_post = reply_to(
        other.posts.get(),
        author=sample_data.alice,
        source=f"> {WORDS}\n\nSee.",
        quoted_post_ids=[source.pk],
    )
    page = visit(other.get_absolute_url(), java_script_enabled=scripts)
    expect(find_quote(page, quoting_post)).to_contain_text("in A damp corner")
    find_quote(page, quoting_post).get_by_role("link", name="bob wrote").click()
    expect(page.locator("h1")).to_have_text(thread.title)
    expect(find_quoted_text(page, source)).to_be_in_viewport()
    page.go_back()
    expect(find_quote(page, quoting_post)).to_be_in_viewport()


def test_quoted_text_is_marked_in_browsers_without_text_fragments(
    visit, quoting_post: Post, source: Post
) -> None:
    page = visit("/")
    page.add_init_script("delete Document.prototype.fragmentDirective")
    page.goto(quoting_post.thread.get_absolute_url())
    page.wait_for_load_state("networkidle")
    before = page.locator(f"#p{source.pk} .text").inner_html()
    find_quote(page, quoting_post).get_by_role("link", name="bob wrote").click()
    expect(page.locator(f"#p{source.pk} mark")).to_have_text(WORDS)
    expect(page.locator(f"#p{source.pk} mark")).to_be_in_viewport()
    expect(page.locator(f"#p{source.pk} mark")).to_have_count(0)
    assert page.locator(f"#p{source.pk} .text").inner_html() == before
    page.go_back()
    expect(find_quote(page, quoting_post)).to_be_in_viewport()


def test_quote_context_opens_in_place_and_closes_on_escape(
    visit, quoting_post: Post, bob: User
) -> None:
    page = visit(quoting_post.thread.get_absolute_url())
    link = context_link(page, quoting_post)
    expect(link).to_have_accessible_name(re.compile("Show context ?, quoted from bob"))
    link.focus()
    page.keyboard.press("Enter")
    panel = find_quote(page, quoting_post).get_by_role("group", name="bob’s text in context")
    expect(panel).to_be_focused()
    expect(panel).to_contain_text(f"I looked. {WORDS} Believe me.")
    expect(panel.locator("mark")).to_have_text(WORDS)
    expect(panel).not_to_contain_text("A long story")
    expect(link).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(link).to_be_focused()
    expect(link).to_have_attribute("aria-expanded", "false")
    link.click()
    expect(panel).to_be_focused()
    link.click()
    expect(panel).to_have_count(0)


def test_quote_context_is_a_page_without_scripts(visit, quoting_post: Post, source: Post) -> None:
    page = visit(quoting_post.thread.get_absolute_url(), java_script_enabled=False)
    context_link(page, quoting_post).click()
    expect(page.locator("h1")).to_have_text("bob’s text in context")
    expect(page.locator("mark")).to_have_text(WORDS)
    page.get_by_role("link", name="Go to the quoted text").click()
    expect(find_quoted_text(page, source)).to_be_in_viewport()


@SCRIPTS
def test_quote_context_shows_changed_and_altered_text_as_a_diff(
    visit, quoting_post: Post, source: Post, carol: User, scripts: bool
) -> None:
    altered = reply_to(
        source,
        author=carol,
        source=f"> {WORDS.replace('wet', 'dry')}\n\nHa.",
        quoted_post_ids=[source.pk],
    )
    edit_after_an_hour(source, f"{LONG}\n\nI looked. Only where it rains. Believe me.\n\n{LONG}")
    for post, label, deleted_text, inserted_text in [
        (quoting_post, "Edited since; this text has changed", "the bricks", "it rains."),
        (altered, "Altered in the quote", "wet", "dry"),
    ]:
        page = visit(quoting_post.thread.get_absolute_url(), java_script_enabled=scripts)
        expect(find_quote(page, post)).to_contain_text(label)
        context_link(page, post).click()
        shown = page.locator(".quote-context")
        expect(shown.locator("del").first).to_contain_text(deleted_text)
        expect(shown.locator("ins").first).to_contain_text(inserted_text)
        expect(shown).not_to_contain_text("A long story")
        assert ("/quote/" in page.url) is not scripts


@SCRIPTS
def test_backlinks_list_the_quoting_posts(
    visit, quoting_post: Post, source: Post, scripts: bool
) -> None:
    page = visit(quoting_post.thread.get_absolute_url(), java_script_enabled=scripts)
    link = page.locator(f"#p{source.pk}").get_by_role("link", name="Quoted by 1")
    link.click()
    if scripts:
        entry = page.locator(".menu").get_by_role("link", name="alice")
        expect(entry).to_be_visible()
        entry.focus()
        page.keyboard.press("Escape")
        expect(link).to_be_focused()
        link.click()
    else:
        expect(page.locator("h1")).to_have_text("Posts that quote bob")
    page.locator("main .menu, main .list").get_by_role("link", name="alice").click()
    expect(page.locator(f"#p{quoting_post.pk}")).to_be_in_viewport()


@SCRIPTS
def test_quoting_reply_in_another_branch_is_linked_below_the_post(
    visit, opening: Post, source: Post, alice: User, carol: User, scripts: bool
) -> None:
    other = reply_to(opening, author=carol, source="Something else.")
    quoting_reply = reply_to(other, author=alice, source=f"> {WORDS}\n\nAnd that.")
    page = visit(opening.thread.get_absolute_url(), java_script_enabled=scripts)
    note = page.locator(f"#p{source.pk} .backlinks")
    expect(note).to_have_text("Replied to below by alice")
    note.get_by_role("link").click()
    expect(page.locator(f"#p{quoting_reply.pk}")).to_be_in_viewport()


@SCRIPTS
def test_quoted_text_of_a_hidden_post_is_shown_nowhere(
    visit, quoting_post: Post, source: Post, carol: User, scripts: bool
) -> None:
    hide_post(source, actor=carol, reason="an address of somebody")
    page = visit(quoting_post.thread.get_absolute_url(), java_script_enabled=scripts)
    expect(find_quote(page, quoting_post)).to_contain_text("bob wrote this in a removed post")
    expect(context_link(page, quoting_post)).to_have_count(0)
    assert WORDS not in page.content()


def test_quote_captions_show_the_state_of_each_quote(visit, sample_data: SampleData) -> None:
    page = visit(sample_data.seed.get_absolute_url())
    expect(page.locator("#p2 figcaption")).to_have_text("Not found in this thread")
    expect(page.locator("#p3 figcaption")).to_contain_text("hopeless wrote")
    expect(page.locator("#p4 figcaption")).to_contain_text("lina wrote")
    expect(page.locator("#p4 figcaption")).to_contain_text("this text is unchanged")


def test_markup_in_quoted_text_stays_text_in_the_context(
    visit, opening: Post, bob: User, alice: User
) -> None:
    hostile = '"><img src=x onerror=alert(1)> {{ 7 }} </div> &lt;b&gt; \u202eevil\u202c <script>'
    source = reply_to(opening, author=bob, source=f"Before. {hostile} And after, of course.")
    plain = source.latest_revision().plain
    post = reply_to(source, author=alice, source=f"> {hostile} And after\n\nOh.")
    page = visit(post.thread.get_absolute_url())
    context_link(page, post).click()
    expect(page.locator(".quote-context .diff")).to_have_text(plain)
    expect(page.locator(".quote-context mark")).to_have_text(plain[8:-12])
