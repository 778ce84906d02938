"""A quote made by selecting keeps code, links, lists and line breaks, and is an exact quote."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from forum.actions.posts import reply_to
from forum.models import Post, Thread, User
from tests.browser.composer import composer_field, open_composer, submit_composer
from tests.quotable_posts import SOURCES

QUOTE_BUTTON = ".quote-button"
# Not kept where other letters touch it, and in no quote: mentions, and titles of the page's levels.
LEFT_OUT = re.compile(r"</?(?:em|strong|s)>|<a class=\"mention\"[^>]*>(@\w+)</a>| align=\"\w+\"")


@pytest.fixture
def page(visit, thread: Thread, alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


def html_of(page: Page, selector: str) -> str:
    html = page.locator(selector).inner_html()
    return " ".join(LEFT_OUT.sub(r"\1", html).split())


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("by_selecting", [True, False], ids=["selected", "whole"])
def test_quote_looks_like_the_post_and_is_exact(
    page: Page, opening: Post, bob: User, kind: str, by_selecting: bool
) -> None:
    post = reply_to(opening, author=bob, source=SOURCES[kind])
    page.reload()
    open_composer(page, opening)
    if by_selecting:
        page.locator(f"#p{post.pk} > .text").select_text()
        page.locator(QUOTE_BUTTON).click()
    else:
        page.locator(f"#p{post.pk} > .post-actions").get_by_role("link", name="Quote").click()
    expect(composer_field(page, opening)).to_have_value(re.compile("^> "))
    page.keyboard.type("All of it.")
    submit_composer(page)
    created = Post.objects.filter(parent=opening).latest("number")
    quote = f"#p{created.pk} .quote"
    expect(page.locator(f"{quote} > figcaption")).to_contain_text("bob wrote")
    expect(page.locator(f"{quote} > figcaption")).not_to_contain_text("Altered")
    assert html_of(page, f"{quote} > blockquote") == html_of(page, f"#p{post.pk} > .text")


SELECT = """([selector, first, last]) => {
    const range = document.createRange();
    const all = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
    while (all.nextNode()) {
        const { data } = all.currentNode;
        if (data.includes(first)) range.setStart(all.currentNode, data.indexOf(first));
        if (data.includes(last)) range.setEnd(all.currentNode, data.indexOf(last) + last.length);
    }
    getSelection().removeAllRanges();
    getSelection().addRange(range);
}"""


@pytest.mark.parametrize(
    ("source", "first", "last", "quote"),
    [
        ("See https://a.example/b for more.", "See", "more", "See https://a.example/b for more"),
        ("See https://a.example/b for more.", "example", "for", "example/b for"),
        ("See https://a.example/ü。", "See", "。", "See <https://a.example/ü>。"),
        ("See [the page](https://a.example), too", "page", "too", "[page](https://a.example), too"),
        ("1. dig\n2. sow\n3. reap", "sow", "reap", "2. sow\n> 3. reap"),
        ("1. dig deep\n2. sow", "dig", "deep", "dig deep"),
        ("```\na\n  b\nc\n```", "a\n", "  b", "```\n> a\n>   b\n> ```"),
        ("red\nblue", "red", "blue", "red\n> blue"),
        ("\u3000段落。\n\u3000次。", "\u3000段落", "次", "\u3000段落。\n> \u3000次"),
        ("|a|b|\n|-|-|\n|1|2|", "1", "2", "1 2"),
        ("a *b* c, **d**e", "a", "e", "a *b* c, de"),
    ],
)
def test_selection_is_quoted_as_it_was_written(
    page: Page, opening: Post, bob: User, source: str, first: str, last: str, quote: str
) -> None:
    post = reply_to(opening, author=bob, source=source)
    page.reload()
    open_composer(page, opening)
    page.evaluate(SELECT, [f"#p{post.pk} > .text", first, last])
    page.locator(QUOTE_BUTTON).click()
    expect(composer_field(page, opening)).to_have_value(f"> {quote}\n\n")


def test_copied_text_with_a_bare_address_is_an_exact_quote(
    page: Page, opening: Post, bob: User
) -> None:
    address = "https://garden.example/" + "long-way/" * 12 + "end"
    post = reply_to(opening, author=bob, source=f"Look at {address} for more about it, please.")
    page.reload()
    page.locator(f"#p{post.pk} > .text").select_text()
    copied = page.evaluate("getSelection().toString()").strip()
    assert copied == post.latest_revision().plain
    field = open_composer(page, post)
    field.fill(f"> {copied}\nSo?")
    submit_composer(page)
    created = Post.objects.filter(parent=post).latest("number")
    caption = page.locator(f"#p{created.pk} figcaption")
    expect(caption).to_contain_text("bob wrote")
    expect(caption).not_to_contain_text("Altered")


def test_link_of_a_quote_marks_words_with_an_address(
    visit, opening: Post, bob: User, alice: User
) -> None:
    words = "Look at https://garden.example/a_b\nfor more about it, please."
    post = reply_to(opening, author=bob, source=f"First.\n\n{words}")
    quoting = reply_to(post, author=alice, source="> " + words.replace("\n", "\n> ") + "\nSo?")
    page = visit("/")
    page.add_init_script("delete Document.prototype.fragmentDirective")
    page.goto(opening.thread.get_absolute_url())
    page.wait_for_load_state("networkidle")
    page.locator(f"#p{quoting.pk} figure").get_by_role("link", name="bob wrote").click()
    marks = page.locator(f"#p{post.pk} mark")
    expect(marks.first).to_be_visible()
    marked = "".join(marks.all_text_contents())
    assert " ".join(marked.split()) == "Look at garden.example/a_b for more about it, please."


def test_direction_of_an_address_stays_inside_it(page: Page, opening: Post, bob: User) -> None:
    post = reply_to(opening, author=bob, source="https://garden.example/\u202egnp.exe click here")
    page.reload()
    text = page.locator(f"#p{post.pk} > .text")
    expect(text).to_have_text("garden.example/%E2%80%AEgnp.exe click here")
    assert text.locator("a").evaluate("a => getComputedStyle(a).unicodeBidi") == "isolate"
