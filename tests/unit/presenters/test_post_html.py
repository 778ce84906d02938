"""Filling placeholders in stored HTML."""

from forum.markup.rendered_post import render
from forum.models.mentions import MentionRow
from forum.presenters.post_html import also_addressed, fill_post_html
from tests.unit.presenters.test_quote_captions import quote_row

LINA = MentionRow(9, "lina", 1, "lina", "addressed")
BOB = MentionRow(9, "bob", 2, "bob", "addressed")


def test_renamed_member_is_mentioned_by_the_new_name() -> None:
    renamed = MentionRow(9, "lina", 1, "lina2", "text")
    html = fill_post_html(render("Ask @Lina.").html, mentions=[renamed], quotes={}, thread_id=1)
    assert html == '<p>Ask <a class="mention" href="/u/lina2/">@lina2</a>.</p>\n'


def test_leading_mentions_are_removed_if_they_begin_with_the_parents_author() -> None:
    html = render("@lina @bob Yes.").html
    assert also_addressed(html, [LINA, BOB], 1) == ["bob"]
    assert fill_post_html(html, mentions=[LINA, BOB], quotes={}, thread_id=1, folds=True) == (
        "<p>Yes.</p>\n"
    )


def test_leading_mentions_stay_if_they_begin_with_others_or_include_unknown_names() -> None:
    assert also_addressed(render("@bob @lina Yes.").html, [LINA, BOB], 1) is None
    assert also_addressed(render("@lina @nobody Yes.").html, [LINA], 1) is None
    assert also_addressed(render("Yes @lina.").html, [LINA], 1) is None


def test_headings_of_an_opening_post_follow_its_title() -> None:
    html = render("# One\n\n## Two").html
    assert "<h4>" in html
    opening = fill_post_html(html, mentions=[], quotes={}, thread_id=1, is_opening=True)
    assert "<h2>One</h2>" in opening
    assert "<h3>Two</h3>" in opening


def test_typed_placeholders_are_not_filled() -> None:
    html = render('<span class="mention">@lina</span> <figure class="quote" data-quote="0">').html
    page = fill_post_html(html, mentions=[LINA], quotes={0: quote_row()}, thread_id=1)
    assert "&lt;span" in page
    assert "<figure" not in page
    assert page.count("<a ") == 1  # the mention itself, once
