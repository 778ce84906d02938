"""Quotes as evidence: to the very words and back, opened in place, who quotes a post."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Post, Revision, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from tests.browser.world import World

WORDS = "Only where the bricks stay wet all winter."
LONG = "\n\n".join(["A long story about walls, bricks, moss and the weather of last year."] * 40)
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


@pytest.fixture
def source(opening: Post, bob: User) -> Post:
    """Bob's post: the words stand screens below its beginning."""
    return reply_to(
        opening, author=bob, source=f"{LONG}\n\nI looked. {WORDS} Believe me.\n\n{LONG}"
    )


@pytest.fixture
def quoting(source: Post, alice: User) -> Post:
    return reply_to(source, author=alice, source=f"> {WORDS}\n\nMine never do.")


def quote_in(page: Page, post: Post) -> Locator:
    return page.locator(f"#p{post.pk} figure").first


def opener(page: Page, post: Post) -> Locator:
    return quote_in(page, post).locator("[data-js-peek]")


def edit_later(post: Post, source: str) -> None:
    for revision in Revision.objects.filter(post=post):
        revision.created_at -= timedelta(hours=1)
        revision.save(update_fields=["created_at"])
    edit_post(post, actor=post.author, source=source)


def words_of(page: Page, post: Post) -> Locator:
    return page.locator(f"#p{post.pk} p", has_text=WORDS)


@SCRIPTS
def test_quote_leads_to_the_very_words_and_back_leads_to_the_quote(
    visit, quoting: Post, source: Post, scripts: bool
) -> None:
    page = visit(quoting.thread.get_absolute_url(), java_script_enabled=scripts)
    quote_in(page, quoting).get_by_role("link", name="bob wrote").click()
    expect(words_of(page, source)).to_be_in_viewport()
    assert page.url.endswith(f"#p{source.pk}")
    page.go_back()
    expect(quote_in(page, quoting)).to_be_in_viewport()


@SCRIPTS
def test_quote_from_another_thread_leads_to_the_very_words_there(
    visit, thread: Thread, source: Post, world: World, scripts: bool
) -> None:
    other = start_thread(
        world.yard, author=world.alice, title="Elsewhere", source="Something else."
    )
    quoting = reply_to(
        other.posts.get(),
        author=world.alice,
        source=f"> {WORDS}\n\nSee.",
        quoted_post_ids=[source.pk],
    )
    page = visit(other.get_absolute_url(), java_script_enabled=scripts)
    expect(quote_in(page, quoting)).to_contain_text("in A damp corner")
    quote_in(page, quoting).get_by_role("link", name="bob wrote").click()
    expect(page.locator("h1")).to_have_text(thread.title)
    expect(words_of(page, source)).to_be_in_viewport()
    page.go_back()
    expect(quote_in(page, quoting)).to_be_in_viewport()


def test_words_are_marked_for_a_moment_where_the_browser_cannot(
    visit, quoting: Post, source: Post
) -> None:
    page = visit("/")
    page.add_init_script("delete Document.prototype.fragmentDirective")
    page.goto(quoting.thread.get_absolute_url())
    page.wait_for_load_state("networkidle")
    before = page.locator(f"#p{source.pk} .text").inner_html()
    quote_in(page, quoting).get_by_role("link", name="bob wrote").click()
    expect(page.locator(f"#p{source.pk} mark")).to_have_text(WORDS)
    expect(page.locator(f"#p{source.pk} mark")).to_be_in_viewport()
    expect(page.locator(f"#p{source.pk} mark")).to_have_count(0)
    assert page.locator(f"#p{source.pk} .text").inner_html() == before
    page.go_back()
    expect(quote_in(page, quoting)).to_be_in_viewport()


def test_quote_context_opens_in_place_and_closes_on_escape(visit, quoting: Post, bob: User) -> None:
    page = visit(quoting.thread.get_absolute_url())
    link = opener(page, quoting)
    expect(link).to_have_accessible_name(re.compile("Show context ?, quoted from bob"))
    link.focus()
    page.keyboard.press("Enter")
    panel = quote_in(page, quoting).get_by_role("group", name="bob’s text in context")
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


def test_without_scripts_what_stands_around_is_a_page(visit, quoting: Post, source: Post) -> None:
    page = visit(quoting.thread.get_absolute_url(), java_script_enabled=False)
    opener(page, quoting).click()
    expect(page.locator("h1")).to_have_text("bob’s text in context")
    expect(page.locator("mark")).to_have_text(WORDS)
    page.get_by_role("link", name="Go to the quoted text").click()
    expect(words_of(page, source)).to_be_in_viewport()


@SCRIPTS
def test_changed_and_altered_words_show_the_difference(
    visit, quoting: Post, source: Post, carol: User, scripts: bool
) -> None:
    altered = reply_to(
        source,
        author=carol,
        source=f"> {WORDS.replace('wet', 'dry')}\n\nHa.",
        quoted_post_ids=[source.pk],
    )
    edit_later(source, f"{LONG}\n\nI looked. Only where it rains. Believe me.\n\n{LONG}")
    for post, said, gone, come in [
        (quoting, "Edited since; this text has changed", "the bricks", "it rains."),
        (altered, "Altered in the quote", "wet", "dry"),
    ]:
        page = visit(quoting.thread.get_absolute_url(), java_script_enabled=scripts)
        expect(quote_in(page, post)).to_contain_text(said)
        opener(page, post).click()
        shown = page.locator(".around")
        expect(shown.locator("del").first).to_contain_text(gone)
        expect(shown.locator("ins").first).to_contain_text(come)
        expect(shown).not_to_contain_text("A long story")
        assert ("/quote/" in page.url) is not scripts


@SCRIPTS
def test_quoting_posts_are_listed_and_linked(
    visit, quoting: Post, source: Post, scripts: bool
) -> None:
    page = visit(quoting.thread.get_absolute_url(), java_script_enabled=scripts)
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
    expect(page.locator(f"#p{quoting.pk}")).to_be_in_viewport()


@SCRIPTS
def test_answer_elsewhere_is_named_under_the_post_and_led_to(
    visit, opening: Post, source: Post, alice: User, carol: User, scripts: bool
) -> None:
    other = reply_to(opening, author=carol, source="Something else.")
    answer = reply_to(other, author=alice, source=f"> {WORDS}\n\nAnd that.")
    page = visit(opening.thread.get_absolute_url(), java_script_enabled=scripts)
    stub = page.locator(f"#p{source.pk} .cited")
    expect(stub).to_have_text("Replied to below by alice")
    stub.get_by_role("link").click()
    expect(page.locator(f"#p{answer.pk}")).to_be_in_viewport()


@SCRIPTS
def test_words_of_a_removed_post_are_nowhere(
    visit, quoting: Post, source: Post, carol: User, scripts: bool
) -> None:
    hide_post(source, actor=carol, reason="an address of somebody")
    page = visit(quoting.thread.get_absolute_url(), java_script_enabled=scripts)
    expect(quote_in(page, quoting)).to_contain_text("bob wrote this in a removed post")
    expect(opener(page, quoting)).to_have_count(0)
    assert WORDS not in page.content()


def test_quotes_of_the_seed_say_what_became_of_their_words(visit, world: World) -> None:
    page = visit(world.seed.get_absolute_url())
    expect(page.locator("#p2 figcaption")).to_have_text("Not found in this thread")
    expect(page.locator("#p3 figcaption")).to_contain_text("hopeless wrote")
    expect(page.locator("#p4 figcaption")).to_contain_text("lina wrote")
    expect(page.locator("#p4 figcaption")).to_contain_text("this text is unchanged")


def test_markup_in_quoted_words_stays_text_when_they_open(
    visit, opening: Post, bob: User, alice: User
) -> None:
    nasty = '"><img src=x onerror=alert(1)> {{ 7 }} </div> &lt;b&gt; \u202eevil\u202c <script>'
    source = reply_to(opening, author=bob, source=f"Before. {nasty} And after, of course.")
    plain = source.latest_revision().plain
    post = reply_to(source, author=alice, source=f"> {nasty} And after\n\nOh.")
    page = visit(post.thread.get_absolute_url())
    opener(page, post).click()
    expect(page.locator(".around .diff")).to_have_text(plain)
    expect(page.locator(".around mark")).to_have_text(plain[8:-12])
