"""Sign-ups that nobody has confirmed: invisible, and deleted after a while."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions.accounts import set_address
from forum.actions.posts import reply_to
from forum.jobs.housekeeping import sweep
from forum.models import Mention, Post, Role, User
from forum.models.accounts import UNCONFIRMED_KEPT
from tests.html import Page

SIGNUP_FORM = {
    "username": "Frances",
    "email": "frances@example.org",
    "password1": "purple monkey 12",
}


@pytest.fixture
def frances(db: None) -> User:
    assert Client().post("/accounts/signup/", SIGNUP_FORM).status_code == 302
    return User.objects.get(username="Frances")


def confirm(person: User) -> None:
    person.emailaddress_set.update(verified=True)


def names_offered(client: Client, start: str) -> list[str]:
    response = client.get("/people/", {"q": start}, headers={"hx-request": "true"})
    return [item["data-js-name"] for item in Page(response).find_all("[data-js-name]")]


def names_found(client: Client, words: str) -> list[str]:
    response = client.get("/search/", {"q": words})
    return [link.text for link in Page(response).find_all('a[href="/u/Frances/"]')]


def test_unconfirmed_member_has_no_profile(visitor: Client, as_alice: Client, frances: User):
    assert visitor.get("/u/Frances/").status_code == 404
    assert as_alice.get("/u/Frances/").status_code == 404
    confirm(frances)
    assert visitor.get("/u/Frances/").status_code == 200


def test_moderator_of_the_site_sees_unconfirmed_members(as_carol: Client, frances: User):
    assert as_carol.get("/u/Frances/").status_code == 200


def test_unconfirmed_member_is_not_offered_for_mentions(as_alice: Client, frances: User):
    assert names_offered(as_alice, "fra") == []
    confirm(frances)
    assert names_offered(as_alice, "fra") == ["Frances"]


def test_unconfirmed_member_is_not_found_by_search(visitor: Client, frances: User):
    assert not names_found(visitor, "frances")
    confirm(frances)
    assert names_found(visitor, "frances")


def test_mention_of_an_unconfirmed_member_stays_text(opening: Post, bob: User, frances: User):
    reply_to(opening, author=bob, source="Ask @Frances about it.")
    assert not Mention.objects.exists()
    confirm(frances)
    reply_to(opening, author=bob, source="Ask @Frances again.")
    assert Mention.objects.get().person == frances


def aged(person: User) -> User:
    person.date_joined = timezone.now() - UNCONFIRMED_KEPT - timedelta(minutes=1)
    person.save()
    return person


def test_abandoned_signup_is_deleted_and_its_name_is_free_again(frances: User):
    sweep()
    assert User.objects.filter(pk=frances.pk).exists()
    aged(frances)
    sweep()
    assert not User.objects.filter(pk=frances.pk).exists()
    assert Client().post("/accounts/signup/", SIGNUP_FORM).status_code == 302
    assert User.objects.named(["frances"]).exists()


def test_confirmed_and_imported_members_are_kept(frances: User):
    confirm(aged(frances))
    imported = aged(User.objects.create_user("ines"))
    sweep()
    assert set(User.objects.all()) == {frances, imported}


def test_abandoned_signup_with_a_role_is_kept(frances: User):
    Role.objects.create(person=aged(frances), kind=Role.Kind.MODERATOR)
    sweep()
    assert User.objects.get() == frances


def test_signup_whose_address_another_member_confirms_is_deleted(frances: User, alice: User):
    set_address(alice, "frances@example.org", is_confirmed=True)
    assert not User.objects.filter(pk=frances.pk).exists()
