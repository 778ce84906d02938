"""Filling the places that stored HTML leaves empty."""

from forum.markup.render import render
from forum.models.mentions import MentionRow
from forum.models.quotes import QuoteRow
from forum.presenters.words import also_addressed, filled

LINA = MentionRow(9, "lina", 1, "lina", "addressed")
BOB = MentionRow(9, "bob", 2, "bob", "addressed")


def quote(**changes: object) -> QuoteRow:
    row = {
        "post_id": 9,
        "ordinal": 0,
        "words": "the words",
        "source_id": 5,
        "author": "lina",
        "thread_id": 1,
        "thread_title": "On moss",
        "is_readable": True,
        "is_latest": True,
        "says_now": "",
    }
    return QuoteRow(**(row | changes))  # type: ignore[arg-type]


def words(source: str, *, in_page: frozenset[int] = frozenset({5}), **changes: object) -> str:
    return filled(
        render(source).html,
        mentions=[],
        quotes={0: quote(**changes)},
        thread_id=1,
        in_page=in_page,
    )


def test_a_renamed_person_is_mentioned_by_the_new_name() -> None:
    renamed = MentionRow(9, "lina", 1, "lina2", "text")
    html = filled(render("Ask @Lina.").html, mentions=[renamed], quotes={}, thread_id=1)
    assert html == '<p>Ask <a class="mention" href="/u/lina2/">@lina2</a>.</p>\n'


def test_the_head_folds_when_it_begins_with_whom_it_answers() -> None:
    html = render("@lina @bob Yes.").html
    assert also_addressed(html, [LINA, BOB], 1) == ["bob"]
    assert filled(html, mentions=[LINA, BOB], quotes={}, thread_id=1, folds=True) == (
        "<p>Yes.</p>\n"
    )


def test_the_head_stays_when_it_begins_with_somebody_else_or_a_stranger() -> None:
    assert also_addressed(render("@bob @lina Yes.").html, [LINA, BOB], 1) is None
    assert also_addressed(render("@lina @nobody Yes.").html, [LINA], 1) is None
    assert also_addressed(render("Yes @lina.").html, [LINA], 1) is None


def test_a_quote_leads_to_the_words_in_the_page() -> None:
    assert 'href="#p5:~:text=the%20words"' in words("> the words\n\nYes.")


def test_a_quote_of_a_post_elsewhere_leads_to_its_address() -> None:
    assert 'href="/p/5/"' in words("> the words\n\nYes.", in_page=frozenset())


def test_a_quote_from_another_thread_names_it() -> None:
    assert "in <cite>On &lt;moss&gt;</cite>" in words(
        "> the words\n\nYes.", thread_id=2, thread_title="On <moss>"
    )


def test_a_quote_says_when_its_source_was_edited() -> None:
    same = words("> the words\n\nYes.", is_latest=False, says_now="And now the words and more.")
    assert "these words are unchanged" in same
    changed = words("> the words\n\nYes.", is_latest=False, says_now="Other ones.")
    assert "these words have changed" in changed
    assert 'class="q stale"' in changed
    assert 'href="/p/5/history/"' in changed


def test_the_words_go_with_their_source() -> None:
    html = words("> the words\n\nYes.", is_readable=False, words="")
    assert "the words" not in html
    assert "wrote this in a post that was removed" in html
    assert "Yes." in html


def test_words_of_nobody_here_are_marked() -> None:
    html = filled(render("> the words\n\nYes.").html, mentions=[], quotes={}, thread_id=1)
    assert "These words aren’t in this thread" in html
    opening = filled(
        render("> the words\n\nYes.").html, mentions=[], quotes={}, thread_id=1, is_opening=True
    )
    assert "aren’t in this thread" not in opening


def test_headings_of_an_opening_post_follow_its_title() -> None:
    html = render("# One\n\n## Two").html
    assert "<h4>" in html
    opening = filled(html, mentions=[], quotes={}, thread_id=1, is_opening=True)
    assert "<h2>One</h2>" in opening
    assert "<h3>Two</h3>" in opening


def test_typed_places_are_never_filled() -> None:
    html = render('<span class="mention">@lina</span> <figure class="q" data-quote="0">').html
    page = filled(html, mentions=[LINA], quotes={0: quote()}, thread_id=1)
    assert "&lt;span" in page
    assert "<figure" not in page
    assert page.count("<a ") == 1  # the mention itself, once
