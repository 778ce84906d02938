"""Captions above quotes, by the status of the quote."""

from __future__ import annotations

from forum.markup.rendered_post import render
from forum.models.quotes import QuoteRow
from forum.presenters.post_html import fill_post_html


def quote_row(**changes: object) -> QuoteRow:
    row = {
        "post_id": 9,
        "ordinal": 0,
        "words": "the words",
        "source_id": 5,
        "author": "lina",
        "level": 1,
        "thread_id": 1,
        "thread_title": "On moss",
        "thread_slug": "on-moss",
        "thread_numbers": 9,
        "is_readable": True,
        "is_ignored": False,
        "is_latest": True,
        "is_superseded": False,
        "is_withdrawn": False,
        "written": "the words",
        "says_now": "",
    } | changes
    text = row.pop("written")
    return QuoteRow(**row, source_text=text, start=0, length=len(text))  # type: ignore[arg-type]


def post_html(
    source: str = "> the words\n\nYes.",
    *more: QuoteRow,
    in_page: frozenset[int] = frozenset({5}),
    **changes: object,
) -> str:
    return fill_post_html(
        render(source).html,
        mentions=[],
        quotes=dict(enumerate([quote_row(**changes), *more])),
        thread_id=1,
        in_page=in_page,
    )


def test_quote_links_to_the_words_in_the_page() -> None:
    assert 'href="#p5:~:text=the%20words"' in post_html()


def test_quote_of_a_post_on_another_page_links_to_that_page() -> None:
    assert 'href="/t/1/on-moss/#p5:~:text=the%20words"' in post_html(in_page=frozenset())
    later_page_html = post_html(in_page=frozenset(), thread_numbers=900)
    assert 'href="/t/1/on-moss/?at=p5#p5:~:text=the%20words"' in later_page_html


def test_quote_from_another_thread_names_the_thread() -> None:
    html = post_html(thread_id=2, thread_title="On <moss>", thread_slug="moss", in_page=frozenset())
    assert "in <cite>On &lt;moss&gt;</cite>" in html
    assert 'href="/t/2/moss/#p5:~:text=the%20words"' in html


def test_quote_says_whether_its_edited_source_still_contains_the_words() -> None:
    unchanged = post_html(is_latest=False, says_now="And now the words and more.")
    assert "this text is unchanged" in unchanged
    assert 'class="quote changed-source"' not in unchanged
    changed = post_html(is_latest=False, says_now="Other ones.")
    assert "this text has changed" in changed
    assert 'class="quote changed-source"' in changed
    assert 'href="#p5"' in changed


def test_altered_quote_is_marked_and_links_to_the_original_words() -> None:
    html = post_html(written="none of the words")
    assert "Altered" not in post_html(written="“the words”")
    assert "Altered" not in html  # the words are in the source
    html = post_html(written="the worms")
    assert '<span class="warning">Altered in the quote</span>' in html
    assert 'href="#p5:~:text=the%20worms"' in html
    assert 'class="quote changed-source"' in html


def test_altered_quote_of_an_edited_post_is_marked_only_as_altered() -> None:
    html = post_html(written="the worms", is_latest=False, says_now="the words")
    assert "Altered in the quote" in html
    assert "Edited since" not in html


def test_shortened_quote_is_marked() -> None:
    written = "the first of these words and then the last of them"
    shortened = post_html(words="the first of these … the last of them", written=written)
    assert "Shortened" in shortened
    assert "Shortened" not in post_html(words="the first of these", written="the first of these")


def test_words_of_a_removed_source_are_not_shown() -> None:
    html = post_html(is_readable=False, words="", written="")
    assert "the words" not in html
    assert "wrote this in a removed post" in html
    assert html.endswith("</blockquote></figure>\n<p>Yes.</p>\n")


def test_words_of_a_removed_source_are_not_shown_with_nested_quotes() -> None:
    source = "> the words\n> > inner ones\n>\n> outer ones\n\nYes."
    html = post_html(source, quote_row(ordinal=1, author="bob"), is_readable=False)
    assert "inner" not in html
    assert "outer" not in html
    assert "bob" not in html
    assert html.count("<figure") == html.count("</figure>") == 1
    assert "<p>Yes.</p>" in html


def test_only_the_nested_quote_is_hidden_if_only_its_source_was_removed() -> None:
    source = "> the words\n> > inner ones\n>\n> outer ones\n\nYes."
    html = post_html(source, quote_row(ordinal=1, author="bob", is_readable=False))
    assert "inner" not in html
    assert "outer ones" in html
    assert "<bdi>bob</bdi> wrote this in a removed post" in html
    assert html.count("<figure") == html.count("</figure>") == 2


def test_nested_quote_names_both_authors() -> None:
    source = "> > inner ones\n>\n> the words\n\nYes."
    html = post_html(source, quote_row(ordinal=1, author="bob", source_id=4, words="inner ones"))
    assert "<bdi>lina</bdi> wrote" in html
    assert "<bdi>bob</bdi> wrote" in html
    assert html.count("Quoted earlier") == 1


def test_quote_of_only_a_nested_quote_names_only_its_author() -> None:
    html = fill_post_html(
        render("> > the words\n\nYes.").html, mentions=[], quotes={1: quote_row()}, thread_id=1
    )
    assert html.count("<figcaption>") == 1
    assert "Not found in this thread" not in html


def test_quote_without_a_source_is_marked_except_in_opening_posts() -> None:
    html = fill_post_html(render("> the words\n\nYes.").html, mentions=[], quotes={}, thread_id=1)
    assert "Not found in this thread" in html
    opening = fill_post_html(
        render("> the words\n\nYes.").html, mentions=[], quotes={}, thread_id=1, is_opening=True
    )
    assert "Not found in this thread" not in opening


def test_quotes_beyond_the_limit_are_marked_as_not_checked() -> None:
    html = fill_post_html(
        render("> words\n\nand\n\n" * 51).html, mentions=[], quotes={}, thread_id=1
    )
    assert html.count("Not found in this thread") == 50
    assert html.count("Not checked: this post has more than 50 quotes") == 1
