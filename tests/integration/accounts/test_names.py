"""Names of members in any one script: which are valid, which are the same, which look alike."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from forum.actions.posts import reply_to
from forum.lib.names import fold_name, is_name, shape_of_name
from forum.models import Mention, Notification, Post, User
from forum.models.accounts import FoldedName, NameKey, validate_name
from tests.conftest import PASSWORD, person
from tests.html import Page

SIGNUP = "/accounts/signup/"
FORM = {"email": "frances@example.org", "password1": "purple monkey 12"}

NAMES = [
    "山田太郎",
    "たなか",
    "ミカ",
    "홍길동",
    "สมชาย",
    "محمد",
    "דוד",
    "राम",
    "Иван",
    "Νίκος",
    "Weiß",
    "Nguyễn",
    "İpek",
    "விக்ரம்",
    "Ани-2",
    "٣٤محمد",
]


@pytest.mark.parametrize("name", NAMES)
def test_member_with_a_name_in_any_script_signs_up_and_is_found(name: str, visitor: Client) -> None:
    assert visitor.post(SIGNUP, FORM | {"username": name}).status_code == 302
    member = User.objects.get(email=FORM["email"])
    assert member.username == name
    capitals = "".join(char.upper() if len(char.upper()) == 1 else char for char in name)
    for typed in (name, capitals, unicodedata.normalize("NFD", name)):
        assert list(User.objects.named([typed])) == [member], typed
    EmailAddress.objects.filter(user=member).update(verified=True)
    page = visitor.get(member.get_absolute_url())
    assert page.status_code == 200
    assert name in Page(page).find("h1").text
    assert list(User.objects.name_starts_with(name[:2])) == [member]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lіna", "one script"),  # the і of Ukrainian
        ("Иvan", "one script"),
        ("名前taro", "one script"),
        ("山田สมชาย", "one script"),
        ("מחמד3٣", "one script"),
        ("ᚠᚢᚦᚨ", "one script"),  # runes
        ("a\u0301\u0323\u0324\u0325\u0326\u0327b", "2–30 characters"),
        ("x\u0335\u0335y", "2–30 characters"),
        ("lina\u200d", "2–30 characters"),
        ("名 前", "2–30 characters"),
        ("名", "2–30 characters"),
        ("山田、", "2–30 characters"),
        ("lina\u02bc", "2–30 characters"),
        ("\u0301lina", "2–30 characters"),
        ("\U0001f389fest", "2–30 characters"),
    ],
)
def test_mixed_scripts_and_other_characters_are_refused(name: str, words: str, visitor) -> None:
    page = Page(visitor.post(SIGNUP, FORM | {"username": name}))
    assert words in page.find(".errorlist").text
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("taken", "name", "words"),
    [
        ("Иван", "иван", "already taken"),
        ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ", "already taken"),
        ("Zoë", "Zoe\u0308", "already taken"),
        ("ipek", "İpek", "already taken"),
        ("coco", "сосо", "too similar"),  # Cyrillic
        ("Νίκος-2", "Νίκοσ2", "too similar"),
        ("ニナ", "二ナ", "too similar"),  # Han beside Katakana
        ("ВОВА", "BOBA", "too similar"),
        ("ромео", "ро-мео", "too similar"),
    ],
)
def test_same_and_similar_names_are_refused(taken: str, name: str, words: str, visitor) -> None:
    person(taken)
    page = Page(visitor.post(SIGNUP, FORM | {"username": name}))
    assert words in page.find(".errorlist").text


def test_wide_letters_are_stored_as_ordinary_ones(visitor: Client) -> None:
    assert visitor.post(SIGNUP, FORM | {"username": "ｆrances"}).status_code == 302
    assert User.objects.get().username == "frances"


@pytest.mark.parametrize("typed", ["Zoë", "ZOË", "Zoe\u0308"])
def test_member_logs_in_with_the_name_in_any_form(typed: str, visitor: Client) -> None:
    member = person("Zoë")
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    visitor.post("/accounts/login/", {"login": typed, "password": PASSWORD})
    assert visitor.session["_auth_user_id"] == str(member.pk)


def test_database_compares_names_as_the_code_does(db: None) -> None:
    letters = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if is_name(f"{char}{char}") or is_name(f"x{char}") or is_name(f"я{char}")
    ]
    assert len(letters) > 50_000
    words = [*letters, "ΟΔΥΣΣΕΎΣ", "İI", "rn_-rn", *filter(is_name, NAMES)]
    columns = [each.template % {"expressions": "name"} for each in (FoldedName, NameKey)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT name, {', '.join(columns)} FROM unnest(%s::text[]) AS name", [words]
        )
        for name, folded, key in cursor.fetchall():
            assert (folded, key) == (fold_name(name), shape_of_name(name)), name


@pytest.mark.parametrize("name", ["<b>", "a b", "x", "-ab", "ab-", "_ab", "a'b", "名@前", "a" * 31])
def test_database_refuses_what_would_not_be_itself_in_html_and_addresses(name: str, db) -> None:
    with pytest.raises(ValidationError):
        validate_name(name)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(username=name[:30] if len(name) < 31 else "a" * 29 + "<")])


def test_mention_in_a_text_without_spaces_notifies_and_links_the_longest_name(
    opening: Post, alice: User, visitor: Client
) -> None:
    for name in ("山田", "山田太郎", "홍길동"):
        person(name)
    post = reply_to(
        opening, author=alice, source="ねえ@山田太郎さん、これ。\n\n@홍길동님께 @佐藤さん"
    )
    mentioned = Mention.objects.filter(post=post).order_by("pk")
    assert [mention.person.username for mention in mentioned] == ["山田太郎", "홍길동"]
    assert Notification.objects.filter(post=post, member__username="山田太郎").exists()
    page = Page(visitor.get(opening.thread.get_absolute_url()))
    text = page.find(f"#p{post.pk} .text")
    links = {link.text: link["href"] for link in text.find_all("a.mention")}
    assert links == {"@山田太郎": "/u/山田太郎/", "@홍길동": "/u/홍길동/"}
    assert "ねえ@山田太郎さん、これ。" in text.text
    assert "@홍길동님께 @佐藤さん" in text.text
    for address in links.values():
        assert visitor.get(address).status_code == 200


def test_edit_and_preview_find_the_same_names(as_alice: Client, opening: Post) -> None:
    person("山田")
    source = {"source": "ねえ@山田さん、これ。"}
    page = Page(as_alice.post(f"/p/{opening.pk}/reply/", source | {"do": "preview"}))
    assert page.find("a.mention").text == "@山田"
    as_alice.post(f"/p/{opening.pk}/reply/", source)
    assert Mention.objects.get().person.username == "山田"


def test_address_of_a_name_in_another_form_leads_to_the_profile(visitor: Client) -> None:
    member = person("Zoë")
    for typed in ("zoë", "Zoe\u0308", "ＺＯË"):
        response = visitor.get(f"/u/{typed}/")
        assert response.status_code == 301, typed
        assert response["Location"] == member.get_absolute_url()
    for nobody in ("a", "a%00b", "a%0Ab", "%F0%9F%8E%89%F0%9F%8E%89", "x" * 500, "名%20前"):
        assert visitor.get(f"/u/{nobody}/").status_code == 404, nobody
