"""Answering: quotes from several posts into one reply, help, keys, and nasty text."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from forum.actions.drafts import Writing, save_draft
from forum.actions.posts import reply_to
from forum.markup.quotes import as_quote
from forum.models import Post, Quote, Thread, User
from forum.models.drafts import Purpose
from tests.browser.world import CODE
from tests.browser.writing import field_of, open_composer, press, send

SELECT = """([first, from, last, to]) => {
    const find = (selector, words) => {
        const text = document.querySelector(selector);
        const all = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
        while (all.nextNode()) if (all.currentNode.data.includes(words)) return all.currentNode;
    };
    const [start, end] = [find(first, from), find(last, to)];
    getSelection().setBaseAndExtent(
        start, start.data.indexOf(from), end, end.data.indexOf(to) + to.length);
}"""
BUTTON = ".pick"
# A browser that knows no field-sizing.
NO_SIZING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("textarea { field-sizing: fixed !important; }");
    document.adoptedStyleSheets.push(sheet);
}"""


def select(page: Page, post: Post, start: str, end: str = "", *, to: Post | None = None) -> None:
    """Select from the words `start` of a post to the words `end`, of the same or another post."""
    last = to or post
    places = [f"#p{post.pk} > .text", start, f"#p{last.pk} > .text", end or start]
    page.evaluate(SELECT, places)


def press_button(page: Page) -> None:
    button = page.locator(BUTTON)
    expect(button).to_be_visible()
    button.click()


@pytest.fixture
def page(visit, thread: Thread, branches: tuple[Post, ...], alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


# -- Quoting --------------------------------------------------------------------------------------


def test_words_of_three_posts_become_one_reply_with_three_sources(
    page: Page, opening: Post, branches: tuple[Post, Post, Post], bob: User
) -> None:
    damp, lime, echo = branches
    field = open_composer(page, damp)
    select(page, damp, "the bricks")
    press_button(page)
    expect(field).to_be_focused()
    page.keyboard.type("Mine too.\n\n")
    select(page, lime, "Lime")
    press(page, lime, "Quote")
    expect(field).to_be_focused()
    page.keyboard.type("Where from?\n\n")
    page.locator(f"#p{echo.pk}").focus()
    select(page, opening, "moss")
    page.evaluate("document.dispatchEvent(new CustomEvent('forum:quote'))")
    expect(field).to_be_focused()
    page.keyboard.type("Yes.")

    expect(page.locator(".compose")).to_have_count(1)
    expect(field).to_have_value(
        "> the bricks\n\nMine too.\n\n> Lime\n\nWhere from?\n\n> moss\n\nYes."
    )
    send(page)
    made = Post.objects.get(parent=damp)
    sources = list(made.quotes.order_by("ordinal").values_list("source_post", flat=True))
    assert sources == [damp.pk, lime.pk, opening.pk]
    captions = page.locator(f"#p{made.pk} figcaption > a:first-child")
    expect(captions).to_have_text(["bob wrote", "carol wrote", "alice wrote"])


def test_selection_over_posts_quotes_each_part_with_its_own_source(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    damp, lime, echo = branches
    select(page, damp, "bricks", "Lime wash", to=echo)
    press_button(page)

    field = field_of(page, echo)
    expect(field).to_have_value(
        "> bricks stay wet.\n>\n> All winter.\n\n"
        "> Lime wash kills it, for a year.\n\n> Lime wash\n\n"
    )
    page.keyboard.type("So?")
    send(page)
    made = Post.objects.get(parent=echo)
    sources = list(made.quotes.order_by("ordinal").values_list("source_post", flat=True))
    assert sources == [damp.pk, lime.pk, lime.pk], "inside a quote: whose words they are"


def test_selection_is_answered_below_its_post_whatever_that_links_to(
    page: Page, opening: Post, bob: User
) -> None:
    post = reply_to(
        opening, author=bob, source="Lime [here](/nowhere/reply/), for what it’s worth."
    )
    page.reload()
    select(page, post, "Lime")
    press_button(page)
    expect(field_of(page, post)).to_have_value("> Lime\n\n")


def test_button_stands_beside_the_words_and_goes_away(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    damp, *_others = branches
    button = page.locator(BUTTON)
    select(page, damp, "the bricks")
    expect(button).to_be_visible()
    box = button.bounding_box()
    words = page.evaluate("getSelection().getRangeAt(0).getBoundingClientRect().toJSON()")
    assert min(box["width"], box["height"]) >= 24
    apart = box["y"] >= words["bottom"] or box["y"] + box["height"] <= words["top"]
    assert apart, "it covers the words"
    expect(button).to_have_attribute("tabindex", "-1")
    page.keyboard.press("Escape")
    expect(button).to_be_hidden()
    select(page, damp, "Only")
    expect(button).to_be_visible()
    page.evaluate("getSelection().removeAllRanges()")
    expect(button).to_be_hidden()
    page.get_by_role("heading", name="3 replies").select_text()
    page.evaluate(
        "new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame))"
    )
    expect(button).to_be_hidden()


def test_words_of_every_kind_are_found_where_they_stand(
    visit, opening: Post, bob: User, alice: User
) -> None:
    """Code, a table, a list, an address shown shortened: quoted as they are shown."""
    source = reply_to(opening, author=bob, source=f"{CODE}\n\nA line\\\nbroken, ~~not~~ *so*.")
    page = visit(opening.thread.get_absolute_url(), alice)
    open_composer(page, opening)
    page.locator(f"#p{source.pk} > .text").select_text()
    press_button(page)
    page.keyboard.type("All of it.")
    send(page)
    made = Quote.objects.get(post__parent=opening, post__author=alice)
    assert made.source_post == source
    assert made.length == len(source.latest_revision().plain)
    shown = page.locator(f"#p{made.post_id} .q")
    expect(shown.get_by_role("link", name="example.org")).to_have_attribute(
        "href",
        "https://example.org/a/very/long/address/that/no/column/of/a/phone/could/hold/in/one/line",
    )


def test_plain_words_are_marked_as_the_server_marks_them(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    lines = [
        *("# no heading", "1. no list", "12) nor this", "- nor this", "+ 1", "> no quote", "---"),
        *("a_b_c _d_ *e* `f` [g](h) <i> &amp; & co", "~~j~~ ~k", "= =", "| l |", "\\m", "٣. n"),
        *("https://example.org/a_b?c=1&d", "see https://example.org/e.", "@bob wrote", "日本_語_"),
        *("two\nlines", "two\n\nparagraphs", "  much   space ", "</textarea><b>o</b>"),
    ]
    open_composer(page, branches[0])
    made = page.evaluate(
        """async lines => {
            const { asQuote } = await import("/static/js/quoting.js");
            return lines.map(asQuote);
        }""",
        lines,
    )
    assert made == [as_quote(line) for line in lines]


def test_composer_grows_with_its_text_in_any_browser(visit, reply: Post, alice: User) -> None:
    for grows in ("true", "false"):
        page = visit("/", alice)
        page.add_init_script(f"CSS.supports = () => {grows};")
        page.goto(reply.thread.get_absolute_url())
        if grows == "false":
            page.evaluate(NO_SIZING)
        field = open_composer(page, reply)
        field.fill("")  # a draft may have come back
        before = field.bounding_box()["height"]
        field.fill("\n".join("A line." for _ in range(14)))
        assert field.bounding_box()["height"] > before + 100


# -- Help -----------------------------------------------------------------------------------------


def test_help_opens_beside_the_text_and_closes_where_it_was_opened(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    field = open_composer(page, branches[0])
    page.keyboard.type("Kept.")
    link = page.get_by_role("link", name="Markdown help")
    link.press("Enter")
    help_here = page.get_by_role("region", name="Markdown")
    expect(help_here).to_be_focused()
    expect(help_here.locator("strong")).to_have_text("more important")
    page.keyboard.press("Escape")
    expect(help_here).to_have_count(0)
    expect(link).to_be_focused()
    link.click()
    expect(help_here).to_be_focused()
    page.get_by_role("button", name="Close help").click()
    expect(link).to_be_focused()
    expect(field).to_have_value("Kept.")
    assert len(page.context.pages) == 1


# -- Nasty text -----------------------------------------------------------------------------------

NASTY = (
    "</textarea><script>alert(1)</script> &amp; \u202eolleh\u202c `` <b>\n\n"
    "مرحبا @carol، 日本語 👩🏽‍🚀"
)


def test_nasty_text_is_previewed_quoted_and_posted_as_it_is(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    damp, *_others = branches
    field = open_composer(page, damp)
    field.fill(NASTY)
    page.get_by_role("button", name="Preview").click()
    shown = page.locator(".compose section .text")
    expect(shown).to_contain_text("</textarea><script>alert(1)</script>")
    expect(field).to_have_value(NASTY)
    expect(page.get_by_role("button", name="Preview")).to_be_focused()
    previewed = shown.inner_html()
    send(page)
    made = Post.objects.get(parent=damp)
    assert page.locator(f"#p{made.pk} .text").inner_html() == previewed
    press(page, made, "Quote")
    field = field_of(page, made)
    expect(field).to_be_focused()
    page.keyboard.type("Indeed.")
    send(page)
    assert Quote.objects.get(post__parent=made).source_post == made


def test_longest_text_is_posted_from_the_keyboard(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    field = open_composer(page, branches[0])
    longest = ("word " * 4000)[:19_999] + "."
    field.fill(longest)
    expect(page.locator("[data-js-count]")).to_have_text("Characters left: 0")
    send(page)
    assert Post.objects.get(parent=branches[0]).source == longest


# -- Without scripts ------------------------------------------------------------------------------


@pytest.fixture
def plain_page(visit, thread: Thread, branches: tuple[Post, ...], alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice, java_script_enabled=False)


def test_help_without_scripts_is_a_page_beside_the_text(
    plain_page: Page, branches: tuple[Post, Post, Post]
) -> None:
    press(plain_page, branches[0], "Reply to")
    plain_page.get_by_label("Your reply to bob").fill("Kept.")
    with plain_page.expect_popup() as opened:
        plain_page.get_by_role("link", name="Markdown help, opens a new page").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Markdown help")
    expect(plain_page.get_by_label("Your reply to bob")).to_have_value("Kept.")


def test_quote_is_added_to_a_reply_begun_elsewhere_without_scripts(
    plain_page: Page, thread: Thread, branches: tuple[Post, Post, Post], alice: User
) -> None:
    damp, lime, _echo = branches
    save_draft(Purpose(parent_id=damp.pk), member=alice, written=Writing("Mine too."))
    press(plain_page, lime, "Quote")
    plain_page.get_by_role("link", name="Add this quote to your reply to bob").click()
    field = plain_page.get_by_label("Your reply to bob")
    expect(field).to_have_value(re.compile(r"> Lime wash kills it, for a year\.\s+$"))
    field.press("Control+End")
    field.press_sequentially("Which kind?")
    plain_page.get_by_role("button", name="Post reply").click()
    made = Post.objects.get(parent=damp)
    captions = plain_page.locator(f"#p{made.pk} figcaption > a:first-child")
    expect(captions).to_have_text(["carol wrote"])


# -- What follows in the page ---------------------------------------------------------------------


def test_page_follows_a_reply_at_once_as_if_it_were_loaded_again(
    visit, opening: Post, branches: tuple[Post, Post, Post], alice: User, bob: User
) -> None:
    _damp, lime, echo = branches
    inner = reply_to(echo, author=bob, source="A year is long, and then it rains again.")
    page = visit(opening.thread.get_absolute_url(), alice)
    page.evaluate("window.same = true")
    open_composer(page, inner)
    page.keyboard.insert_text("> Lime wash kills it, for a year.\n\nTwice, then.")
    top = page.locator(f"#p{inner.pk}").bounding_box()["y"]
    send(page)
    made = Post.objects.get(parent=inner)
    stub = page.locator(f"#p{lime.pk} > .cited")
    expect(stub).to_have_text("Replied to below by bob and alice")
    expect(stub.locator("a")).to_have_count(2)
    expect(stub.locator("a").last).to_have_attribute("href", f"#p{made.pk}")
    summary = page.locator(f"li:has(> #p{echo.pk}) > .branch > summary")
    expect(summary).to_have_text("2 replies from bob and alice")
    line = page.locator(f".map li:has(> a[href='#p{inner.pk}']) > ol > li > a")
    expect(line).to_have_attribute("href", f"#p{made.pk}")
    assert page.locator(f"#p{inner.pk}").bounding_box()["y"] == pytest.approx(top, abs=1)
    expect(page.locator(f"#p{made.pk}")).to_be_focused()
    assert page.evaluate("window.same")
    # It is what the page says once it is loaded again.
    parts = [page.locator(".map"), summary, stub, page.locator("#answers")]
    before = [part.inner_text() for part in parts]
    page.reload()
    assert [part.inner_text() for part in parts] == before


def test_second_answer_says_where_it_will_stand(
    page: Page, branches: tuple[Post, Post, Post], bob: User
) -> None:
    damp, *_others = branches
    reply_to(damp, author=bob, source="First of two.")
    page.reload()
    open_composer(page, damp)
    page.keyboard.insert_text("Second of two.")
    page.keyboard.press("Control+Enter")
    status = page.get_by_role("status").first
    expect(status).to_have_text("Posted. After you reload, it appears after 1 older reply.")


def test_first_reply_of_a_thread_brings_the_map(visit, thread: Thread, bob: User) -> None:
    opening = Post.objects.get(thread=thread)
    page = visit(thread.get_absolute_url(), bob)
    expect(page.locator("#map")).to_be_hidden()
    open_composer(page, opening)
    page.keyboard.insert_text("The first.")
    send(page)
    expect(page.locator("#map")).to_contain_text("bob The first.")
    expect(page.locator("#answers")).to_have_text("1 reply")
    expect(page.get_by_text("Be the first to reply.")).to_have_count(0)
