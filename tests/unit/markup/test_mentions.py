"""Mentions: names that count as mentions, and texts that only look like them."""

from __future__ import annotations

import re

import pytest

from forum.lib.names import fold_name, is_name
from forum.markup.mentions import MAX_MENTIONS
from forum.markup.redaction import renamed
from forum.markup.rendered_post import render
from tests.corpora import corpus_json, data_json

# Intended differences from Twitter's rules, with the reasons.
DIFFERENCES = {
    "@username/7list-name is a great list!": [],  # @scope/package is not a member
    "@alice\xecnheiro something something": ["alice\xecnheiro"],  # names may have accents
    # Directly after a word, as in an address.
    "RT@username RT:@mention RT @test": ["mention", "test"],
    "Rt@username Rt:@mention Rt @test": ["mention", "test"],
}


@pytest.mark.parametrize("vector", data_json("markup_mentions.json"), ids=lambda v: v["text"][:40])
def test_only_names_in_prose_are_mentions(vector):
    rendered = render(vector["text"])
    assert list(rendered.mentions) == vector["names"]
    shown = re.findall(r'<span class="mention">@([^<]*)</span>', rendered.html)
    assert {name.casefold() for name in shown} == {name.casefold() for name in vector["names"]}


def test_mentions_match_the_test_cases_of_twitter_with_listed_differences():
    for vector in corpus_json("mentions-twitter-text/conformance.json")["extract"]["mentions"]:
        expected = DIFFERENCES.get(vector["text"], vector["expected"])
        assert list(render(vector["text"]).mentions) == expected, vector["description"]


@pytest.mark.parametrize("vector", data_json("markup_mentions.json"), ids=lambda v: v["text"][:40])
def test_renaming_finds_every_mention(vector):
    """A name that is permanently deleted must not stay beside letters of another script."""
    names = vector["names"] if "\\" not in vector["text"] else []  # an escaped name stays
    for name in names:
        source = renamed(vector["text"], name, "former-1")
        mentioned = [each.casefold() for each in render(source).mentions]
        assert "former-1" in mentioned
        assert name.casefold() not in mentioned


def test_every_valid_name_can_be_mentioned():
    for name in ["ab", "a_", "0-0", "a" * 30, "A" + "-" * 28 + "_", "Zoë", "Ağaoğlu", "山田-太郎"]:
        assert is_name(name)
        assert render(f"hello @{name}, you").mentions == (name,)


def mentioned(source: str, *members: str) -> list[str]:
    """Return the names mentioned in a text when these people are members."""
    known = {fold_name(member) for member in members}
    return list(render(source, lambda names: known & set(map(fold_name, names))).mentions)


@pytest.mark.parametrize(
    ("source", "members", "names"),
    [
        # No spaces: the longest name that somebody has.
        ("ねえ@名前さん、これ", ["名前"], ["名前"]),
        ("ねえ@名前さん、これ", ["名前", "名前さ"], ["名前さ"]),
        ("@山田太郎です", ["山田", "山田太郎", "山田太郎次"], ["山田太郎"]),
        ("ขอถาม@สมชายครับ", ["สมชาย"], ["สมชาย"]),
        ("@홍길동님, @김철수는", ["홍길동", "김철수"], ["홍길동", "김철수"]),
        ("@名前hello", ["名前"], ["名前"]),
        ("@名前-さん @名前-", ["名前"], ["名前"]),
        ("@ALİ @ali", ["Ali"], ["ALİ"]),
        # Nobody is called so.
        ("ねえ@名前さん", ["山田"], []),
        ("ねえ@名前さん", [], []),
        # With spaces: the whole word.
        ("@Ивановы ждут", ["Иван", "Иванов"], ["Ивановы"]),
        ("@रामजी", ["राम"], ["रामजी"]),
        # Never within a letter and its marks, nor before a digit.
        ("@น้ำใจ", ["น้"], []),
        ("@山田2", ["山田"], ["山田2"]),
    ],
)
def test_a_name_without_a_space_after_it_is_the_longest_that_somebody_has(source, members, names):
    assert mentioned(source, *members) == names


def test_text_after_a_name_stays_text():
    known = {"名前"}
    rendered = render("@名前さん、はい @名前 も", lambda names: known & set(names))
    mention = '<span class="mention">@名前</span>'
    assert rendered.html == f"<p>{mention}さん、はい {mention} も</p>\n"
    assert rendered.own == "@名前さん、はい @名前 も"


def test_a_name_in_a_script_without_spaces_leads_a_post_like_any_other():
    rendered = render("@名前 はい", lambda names: {"名前"} & set(names))
    assert rendered.leading == ("名前",)
    assert rendered.own == "はい"


@pytest.mark.parametrize(
    ("source", "leading", "own"),
    [
        ("@lina @bob hi", ("lina", "bob"), "hi"),
        ("@lina @nobody hi", ("lina",), "@nobody hi"),
        ("@lina @nobody @bob hi", ("lina",), "@nobody @bob hi"),
        ("@lina\n\n@nobody\n\nhi", ("lina",), "@nobody\n\nhi"),
    ],
)
def test_names_of_nobody_after_the_first_do_not_lead_a_post(source, leading, own):
    """The line “to …” above it has no place for them, so the text keeps them."""
    rendered = render(source, lambda names: {"lina", "bob"} & set(names))
    assert (rendered.leading, rendered.own) == (leading, own)


def test_known_names_are_asked_once_where_a_name_could_end_in_several_places():
    asked = []

    def known(names):
        asked.append(set(names))
        return set()

    render("@lina, @Иван @דוד and @linaさん", known)
    assert asked == []
    render("@名前さん と @山田さん", known)
    assert asked == [{"名前", "名前さ", "名前さん", "山田", "山田さ", "山田さん"}]


@pytest.mark.parametrize(
    ("source", "old", "longer", "renamed_source"),
    [
        ("@名前さん", "名前", [], "@new-1さん"),
        ("@名前子さん @名前さん", "名前", ["名前子"], "@名前子さん @new-1さん"),
        ("@Иванов и @Иван", "Иван", [], "@Иванов и @new-1"),
        ("@דודים @דוד", "דוד", [], "@דודים @new-1"),
        ("@Zoe\u0308 @ZOË", "Zoë", [], "@new-1 @new-1"),
        ("@ali @ALİ", "Ali", [], "@new-1 @new-1"),
    ],
)
def test_renaming_leaves_longer_names_alone(source, old, longer, renamed_source):
    assert renamed(source, old, "new-1", longer) == renamed_source


def test_at_most_fifty_names_are_mentions():
    rendered = render(" ".join(f"@user{n}" for n in range(80)) + " @user0")
    assert len(rendered.mentions) == MAX_MENTIONS == 50
    assert rendered.html.count('<span class="mention">') == MAX_MENTIONS + 1
    assert "@user79" in rendered.html
    assert '"mention">@user79' not in rendered.html


@pytest.mark.parametrize(
    ("source", "leading", "own"),
    [
        ("@lina @bob Yeah.", ("lina", "bob"), "Yeah."),
        ("@lina\n@bob\nYeah.", ("lina", "bob"), "Yeah."),
        ("@lina\n\n@bob Yeah @carol.", ("lina", "bob"), "Yeah @carol."),
        ("@lina\n\n@bob\n\nYeah.", ("lina", "bob"), "Yeah."),
        ("@lina @bob", ("lina", "bob"), ""),
        ("@lina  \n@bob\\\nhi", ("lina", "bob"), "hi"),
        ("@lina &nbsp;", ("lina",), ""),
        ("&nbsp; @lina&nbsp;hi", ("lina",), "hi"),
        ("", (), ""),
        ("@lina @Lina hi", ("lina",), "hi"),
        ("@lina **@bob** hi", ("lina",), "@bob hi"),
        ("@lina's words", (), "@lina's words"),
        ("@lina, hello", (), "@lina, hello"),
        ("@lina @bob, hello", ("lina",), "@bob, hello"),
        ("Hello @lina", (), "Hello @lina"),
        ("> words\n\n@lina hi", (), "@lina hi"),
        ("- @lina hi", (), "@lina hi"),
        ("# @lina", (), "@lina"),
        ("\\@lina hi", (), "@lina hi"),
        ("@lina\n# heading", ("lina",), "heading"),
        ("@lina\n```\ncode\n```", ("lina",), "code"),
    ],
)
def test_only_mentions_before_any_other_text_are_leading(source, leading, own):
    rendered = render(source)
    assert rendered.leading == leading
    assert rendered.own == own


def test_leading_mentions_are_wrapped_with_the_following_space():
    assert render("@lina  @bob\nYeah").html == (
        '<p><span class="addressed"><span class="mention">@lina</span>  '
        '<span class="mention">@bob</span>\n</span>Yeah</p>\n'
    )


def test_leading_mentions_contain_no_line_breaks():
    assert "<br>" not in render("@lina  \n@bob\\\nhi").html


def test_paragraph_of_leading_mentions_is_marked_as_a_whole():
    assert render("@lina @bob").html == (
        '<p class="addressed"><span class="mention">@lina</span> '
        '<span class="mention">@bob</span></p>\n'
    )
