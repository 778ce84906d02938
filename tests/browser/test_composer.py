"""The composer: quoting several posts in one reply, help, and hostile text."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.drafts import Writing, save_draft
from forum.actions.posts import reply_to
from forum.markup.quotes import as_quote
from forum.models import Post, Quote, Thread, User
from forum.models.drafts import Purpose
from tests.browser.composer import click_post_link, composer_field, open_composer, submit_composer
from tests.browser.sample_data import CODE, SampleData

SELECT_TEXT = """([first, from, last, to]) => {
    const find = (selector, words) => {
        const text = document.querySelector(selector);
        const all = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
        while (all.nextNode()) if (all.currentNode.data.includes(words)) return all.currentNode;
    };
    const [start, end] = [find(first, from), find(last, to)];
    getSelection().setBaseAndExtent(
        start, start.data.indexOf(from), end, end.data.indexOf(to) + to.length);
}"""
QUOTE_BUTTON = ".quote-button"
# Simulates a browser without the CSS property field-sizing.
TURN_FIELD_SIZING_OFF = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("textarea { field-sizing: fixed !important; }");
    document.adoptedStyleSheets.push(sheet);
}"""


def select_text(
    page: Page, post: Post, start: str, end: str = "", *, to: Post | None = None
) -> None:
    """Select from the words `start` of a post to the words `end`, of the same or another post."""
    last_post = to or post
    selection = [f"#p{post.pk} > .text", start, f"#p{last_post.pk} > .text", end or start]
    page.evaluate(SELECT_TEXT, selection)


def press_quote_button(page: Page) -> None:
    button = page.locator(QUOTE_BUTTON)
    expect(button).to_be_visible()
    button.click()


@pytest.fixture
def page(visit, thread: Thread, branches: tuple[Post, ...], alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


# -- Quoting --------------------------------------------------------------------------------------


def test_reply_quotes_three_posts_with_their_sources(
    page: Page, opening: Post, branches: tuple[Post, Post, Post], bob: User
) -> None:
    first, second, third = branches
    field = open_composer(page, first)
    select_text(page, first, "the bricks")
    press_quote_button(page)
    expect(field).to_be_focused()
    page.keyboard.type("Mine too.\n\n")
    select_text(page, second, "Lime")
    click_post_link(page, second, "Quote")
    expect(field).to_be_focused()
    page.keyboard.type("Where from?\n\n")
    page.locator(f"#p{third.pk}").focus()
    select_text(page, opening, "moss")
    page.evaluate("document.dispatchEvent(new CustomEvent('forum:quote'))")
    expect(field).to_be_focused()
    page.keyboard.type("Yes.")

    expect(page.locator(".compose")).to_have_count(1)
    expect(field).to_have_value(
        "> the bricks\n\nMine too.\n\n> Lime\n\nWhere from?\n\n> moss\n\nYes."
    )
    submit_composer(page)
    created = Post.objects.get(parent=first)
    sources = list(created.quotes.order_by("ordinal").values_list("source_post", flat=True))
    assert sources == [first.pk, second.pk, opening.pk]
    captions = page.locator(f"#p{created.pk} figcaption > a:first-child")
    expect(captions).to_have_text(["bob wrote", "carol wrote", "alice wrote"])


def test_selection_across_posts_quotes_each_part_with_its_own_source(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    first, second, third = branches
    select_text(page, first, "bricks", "Lime wash", to=third)
    press_quote_button(page)

    field = composer_field(page, third)
    expect(field).to_have_value(
        "> bricks stay wet.\n>\n> All winter.\n\n"
        "> Lime wash *kills* it, for a year.\n\n> Lime wash\n\n"
    )
    page.keyboard.type("So?")
    submit_composer(page)
    created = Post.objects.get(parent=third)
    sources = list(created.quotes.order_by("ordinal").values_list("source_post", flat=True))
    assert sources == [first.pk, second.pk, second.pk], "inside a quote: whose words they are"


def test_quote_button_opens_a_reply_to_the_selected_post(
    page: Page, opening: Post, bob: User
) -> None:
    post = reply_to(
        opening, author=bob, source="Lime [here](/nowhere/reply/), for what it’s worth."
    )
    page.reload()
    select_text(page, post, "Lime")
    press_quote_button(page)
    expect(composer_field(page, post)).to_have_value("> Lime\n\n")


def test_quote_button_appears_beside_the_selection_and_disappears(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    first, *_others = branches
    button = page.locator(QUOTE_BUTTON)
    select_text(page, first, "the bricks")
    expect(button).to_be_visible()
    box = button.bounding_box()
    words = page.evaluate("getSelection().getRangeAt(0).getBoundingClientRect().toJSON()")
    assert min(box["width"], box["height"]) >= 24
    is_beside = box["y"] >= words["bottom"] or box["y"] + box["height"] <= words["top"]
    assert is_beside, "it covers the words"
    expect(button).to_have_attribute("tabindex", "-1")
    page.keyboard.press("Escape")
    expect(button).to_be_hidden()
    select_text(page, first, "Only")
    expect(button).to_be_visible()
    page.evaluate("getSelection().removeAllRanges()")
    expect(button).to_be_hidden()
    page.get_by_role("heading", name="3 replies").select_text()
    page.evaluate(
        "new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame))"
    )
    expect(button).to_be_hidden()


def test_formatted_text_is_quoted_as_shown(visit, opening: Post, bob: User, alice: User) -> None:
    """Code, a table, a list and a shortened address are quoted as they are shown."""
    source = reply_to(opening, author=bob, source=f"{CODE}\n\nA line\\\nbroken, ~~not~~ *so*.")
    page = visit(opening.thread.get_absolute_url(), alice)
    open_composer(page, opening)
    page.locator(f"#p{source.pk} > .text").select_text()
    press_quote_button(page)
    page.keyboard.type("All of it.")
    submit_composer(page)
    created = Quote.objects.get(post__parent=opening, post__author=alice)
    assert created.source_post == source
    assert created.length == len(source.latest_revision().plain)
    shown = page.locator(f"#p{created.post_id} .quote")
    expect(shown.get_by_role("link", name="example.org")).to_have_attribute(
        "href",
        "https://example.org/a/very/long/address/that/no/column/of/a/phone/could/hold/in/one/line",
    )


def test_quote_markup_in_the_browser_matches_the_server(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    lines = [
        *("# no heading", "1. no list", "12) nor this", "- nor this", "+ 1", "> no quote", "---"),
        *("a_b_c _d_ *e* `f` [g](h) <i> &amp; & co", "~~j~~ ~k", "= =", "| l |", "\\m", "٣. n"),
        *("https://example.org/a_b?c=1&d", "see https://example.org/e.", "@bob wrote", "日本_語_"),
        *("  much   space ", "</textarea><b>o</b>", "\\http://a_", "HTTP://a.example/_b_"),
    ]
    open_composer(page, branches[0])
    created = page.evaluate(
        """async lines => {
            const { asQuote, blocksOf } = await import("/static/js/quote_markdown.js");
            return lines.map((line) => {
                const paragraph = document.createElement("p");
                const range = document.createRange();
                paragraph.append(line);
                range.selectNodeContents(paragraph);
                return asQuote(blocksOf([paragraph], range).join(""));
            });
        }""",
        lines,
    )
    assert created == [as_quote(line) for line in lines]


def test_composer_grows_with_its_text_in_every_browser(visit, reply: Post, alice: User) -> None:
    for grows in ("true", "false"):
        page = visit("/", alice)
        page.add_init_script(f"CSS.supports = () => {grows};")
        page.goto(reply.thread.get_absolute_url())
        if grows == "false":
            page.evaluate(TURN_FIELD_SIZING_OFF)
        field = open_composer(page, reply)
        field.fill("")  # removes a restored draft
        before = field.bounding_box()["height"]
        field.fill("\n".join("A line." for _ in range(14)))
        assert field.bounding_box()["height"] > before + 100


# -- Help -----------------------------------------------------------------------------------------


def test_markdown_help_opens_beside_the_text_and_returns_focus(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    field = open_composer(page, branches[0])
    page.keyboard.type("Kept.")
    link = page.get_by_role("link", name="Markdown help")
    link.press("Enter")
    help_region = page.get_by_role("region", name="Markdown")
    expect(help_region).to_be_focused()
    expect(help_region.locator("strong")).to_have_text("more important")
    page.keyboard.press("Escape")
    expect(help_region).to_have_count(0)
    expect(link).to_be_focused()
    link.click()
    expect(help_region).to_be_focused()
    page.get_by_role("button", name="Close help").click()
    expect(link).to_be_focused()
    expect(field).to_have_value("Kept.")
    assert len(page.context.pages) == 1


# -- Hostile text ---------------------------------------------------------------------------------

HOSTILE_TEXT = (
    "</textarea><script>alert(1)</script> &amp; \u202eolleh\u202c `` <b>\n\n"
    "مرحبا @carol، 日本語 👩🏽‍🚀"
)


def test_hostile_text_is_previewed_quoted_and_posted_unchanged(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    first, *_others = branches
    field = open_composer(page, first)
    field.fill(HOSTILE_TEXT)
    page.get_by_role("button", name="Preview").click()
    shown = page.locator(".compose section .text")
    expect(shown).to_contain_text("</textarea><script>alert(1)</script>")
    expect(field).to_have_value(HOSTILE_TEXT)
    expect(page.get_by_role("button", name="Preview")).to_be_focused()
    previewed = shown.inner_html()
    submit_composer(page)
    created = Post.objects.get(parent=first)
    assert page.locator(f"#p{created.pk} .text").inner_html() == previewed
    click_post_link(page, created, "Quote")
    field = composer_field(page, created)
    expect(field).to_be_focused()
    page.keyboard.type("Indeed.")
    submit_composer(page)
    assert Quote.objects.get(post__parent=created).source_post == created


def test_longest_text_is_posted_from_the_keyboard(
    page: Page, branches: tuple[Post, Post, Post]
) -> None:
    field = open_composer(page, branches[0])
    longest_text = ("word " * 4000)[:19_999] + "."
    field.fill(longest_text)
    expect(page.locator("[data-js-count]")).to_have_text("Characters left: 0")
    submit_composer(page)
    assert Post.objects.get(parent=branches[0]).source == longest_text


# -- Without scripts ------------------------------------------------------------------------------


@pytest.fixture
def plain_page(visit, thread: Thread, branches: tuple[Post, ...], alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice, java_script_enabled=False)


def test_markdown_help_without_scripts_opens_a_new_page(
    plain_page: Page, branches: tuple[Post, Post, Post]
) -> None:
    click_post_link(plain_page, branches[0], "Reply to")
    plain_page.get_by_label("Your reply to bob").fill("Kept.")
    with plain_page.expect_popup() as popup:
        plain_page.get_by_role("link", name="Markdown help, opens a new page").click()
    expect(popup.value.get_by_role("heading", level=1)).to_have_text("Markdown help")
    expect(plain_page.get_by_label("Your reply to bob")).to_have_value("Kept.")


def test_quote_is_added_to_an_existing_draft_without_scripts(
    plain_page: Page, thread: Thread, branches: tuple[Post, Post, Post], alice: User
) -> None:
    first, second, _third = branches
    save_draft(Purpose(parent_id=first.pk), member=alice, written=Writing("Mine too."))
    click_post_link(plain_page, second, "Quote")
    plain_page.get_by_role("link", name="Add this quote to your reply to bob").click()
    field = plain_page.get_by_label("Your reply to bob")
    expect(field).to_have_value(re.compile(r"> Lime wash \*kills\* it, for a year\.\s+$"))
    field.press("Control+End")
    field.press_sequentially("Which kind?")
    plain_page.get_by_role("button", name="Post reply").click()
    expect(plain_page.locator(".messages .note")).to_contain_text("Posted.")
    created = Post.objects.get(parent=first)
    captions = plain_page.locator(f"#p{created.pk} figcaption > a:first-child")
    expect(captions).to_have_text(["carol wrote"])


# -- Updates of the page after a reply ------------------------------------------------------------


def test_posted_reply_updates_the_page_as_a_reload_does(
    visit, opening: Post, branches: tuple[Post, Post, Post], alice: User, bob: User
) -> None:
    _first, second, third = branches
    parent = reply_to(third, author=bob, source="A year is long, and then it rains again.")
    page = visit(opening.thread.get_absolute_url(), alice)
    page.evaluate("window.same = true")
    open_composer(page, parent)
    page.keyboard.insert_text("> Lime wash kills it, for a year.\n\nTwice, then.")
    top = page.locator(f"#p{parent.pk}").bounding_box()["y"]
    submit_composer(page)
    created = Post.objects.get(parent=parent)
    note = page.locator(f"#p{second.pk} > .backlinks")
    expect(note).to_have_text("Replied to below by bob and alice")
    expect(note.locator("a")).to_have_count(2)
    expect(note.locator("a").last).to_have_attribute("href", f"#p{created.pk}")
    summary = page.locator(f"li:has(> #p{third.pk}) > .branch > summary")
    expect(summary).to_have_text("2 replies from bob and alice")
    line = page.locator(f".outline li:has(> a[href='#p{parent.pk}']) li > a")
    expect(line).to_have_attribute("href", f"#p{created.pk}")
    assert page.locator(f"#p{parent.pk}").bounding_box()["y"] == pytest.approx(top, abs=1)
    expect(page.locator(f"#p{created.pk}")).to_be_focused()
    assert page.evaluate("window.same")
    # The page shows the same after a reload.
    parts = [page.locator(".outline"), summary, note, page.locator("#replies")]
    before = [part.inner_text() for part in parts]
    page.reload()
    assert [part.inner_text() for part in parts] == before


IS_AFTER = """([post, other]) => document.getElementById(`p${other}`).compareDocumentPosition(
    document.getElementById(`p${post}`)) & Node.DOCUMENT_POSITION_FOLLOWING"""
POST_ORDER = (
    """() => [...document.querySelectorAll(".node article")].map(({ id }) => +id.slice(1))"""
)


@pytest.mark.parametrize("order", ["tree", "time"])
def test_reply_after_older_replies_is_where_a_reload_has_it(
    page: Page, branches: tuple[Post, Post, Post], bob: User, order: str
) -> None:
    first, *_others = branches
    older = reply_to(first, author=bob, source="First of three.")
    last = reply_to(
        reply_to(older, author=bob, source="Below it."), author=bob, source="And so on."
    )
    reply_to(first, author=bob, source="Second of three.")
    page.goto(f"{page.url.partition('?')[0]}?order={order}")
    open_composer(page, first)
    page.keyboard.insert_text("Third of three.")
    submit_composer(page)
    created = Post.objects.get(parent=first, source="Third of three.")
    post = page.locator(f"#p{created.pk}")
    expect(post).to_be_focused()
    expect(post).to_be_in_viewport()
    expect(page.get_by_role("status").first).to_have_text("Posted.")
    page.wait_for_function(IS_AFTER, arg=[created.pk, last.pk])
    shown, left = page.evaluate(POST_ORDER), post.bounding_box()["x"]
    page.reload()
    assert page.evaluate(POST_ORDER) == shown
    assert post.bounding_box()["x"] == left


def test_reply_whose_place_is_on_another_page_says_where_it_will_be(
    visit, sample_data: SampleData, alice: User
) -> None:
    now = timezone.now()
    posts = [ImportedPost(n, 0 if n else None, alice, f"Number {n}.", now) for n in range(230)]
    thread = import_thread(sample_data.yard, title="Two pages", posts=posts)
    opening = Post.objects.get(thread=thread, parent=None)
    page = visit(thread.get_absolute_url(), alice)
    open_composer(page, opening)
    page.keyboard.insert_text("The last one.")
    page.keyboard.press("Control+Enter")
    status = page.get_by_role("status").first
    expect(status).to_have_text("Posted. After you reload, it appears after 229 older replies.")
    created = Post.objects.get(thread=thread, source="The last one.")
    expect(page.locator(f"#p{created.pk}")).to_be_focused()


def test_first_reply_of_a_thread_shows_the_outline(visit, thread: Thread, bob: User) -> None:
    opening = Post.objects.get(thread=thread)
    page = visit(thread.get_absolute_url(), bob)
    expect(page.locator("#map")).to_be_hidden()
    open_composer(page, opening)
    page.keyboard.insert_text("The first.")
    submit_composer(page)
    expect(page.locator("#map")).to_contain_text("bob The first.")
    expect(page.locator("#replies")).to_have_text("1 reply")
    expect(page.get_by_text("Be the first to reply.")).to_have_count(0)


def test_quote_can_be_undone_and_what_was_typed_before(page: Page, branches) -> None:
    damp, lime, _echo = branches
    open_composer(page, damp)
    field = composer_field(page, damp)
    page.keyboard.type("I typed this first. ")
    field.blur()
    select_text(page, lime, "Lime")
    press_quote_button(page)
    expect(field).to_have_value(re.compile(r"^I typed this first. \n\n> Lime"))
    quoted = field.input_value()
    page.keyboard.press("Control+z")
    expect(field).to_have_value("I typed this first. ")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Shift+z")
    expect(field).to_have_value(quoted)


# Every link that a script of ours listens to, and where it leads by itself.
LINKS = {
    "reply": (".node .post-actions a[href$='/reply/']", "/reply/"),
    "quote": (".node .post-actions a[href*='quote=1']", "/reply/?quote=1"),
    "menu": (".node .post-actions [data-js-menu]", "/menu/"),
    "quote preview": ("[data-js-peek]", "/quote/"),
    "new replies": ("[data-js-check]", "/t/"),
    "outline": (".outline a", "#p"),
}


@pytest.mark.parametrize("key", ["Control", "Shift"])
def test_link_pressed_for_a_new_tab_opens_one_and_does_nothing_here(
    page: Page, branches, key: str
) -> None:
    for selector, address in LINKS.values():
        link = page.locator(selector).first
        with page.context.expect_page() as opened:
            link.click(modifiers=[key])
        assert address in opened.value.url
        opened.value.close()
    expect(
        page.locator(".compose, .menu, .quote-context, .live-updates-button:not([hidden])")
    ).to_have_count(0)
