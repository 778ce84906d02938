"""Ignoring people: from their posts and pages, undone, listed, limited, and seen by nobody else."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from forum.actions.ignores import ignore_person, stop_ignoring
from forum.actions.posts import reply_to
from forum.errors import Conflict, Gone, NotAllowed
from forum.models import Ignore, Post, User
from forum.models.ignores import MAX_IGNORED
from forum.moderation.erasure.requests import ask_for_own, confirm_erasure
from tests.html import Page, press, press_in


def ignored_by(member: User) -> list[str]:
    people = Ignore.objects.filter(member=member).order_by("ignored__username")
    return list(people.values_list("ignored__username", flat=True))


def test_person_is_ignored_from_the_menu_of_a_post(reply: Post, alice: User, as_alice: Client):
    response = press(as_alice, f"/p/{reply.pk}/menu/", "Ignore bob")
    assert response["Location"] == f"/p/{reply.pk}/"
    assert ignored_by(alice) == ["bob"]
    [message] = Page(as_alice.get("/")).messages
    assert message.startswith("You ignore bob.")


def test_person_is_ignored_from_their_page(bob: User, alice: User, as_alice: Client):
    response = press(as_alice, "/u/bob/", "Ignore bob", follow=True)
    assert ignored_by(alice) == ["bob"]
    page = Page(response)
    assert "You ignore this person." in page
    assert "Stop ignoring bob" in page.buttons


def test_ignoring_can_be_undone_at_once(reply: Post, alice: User, as_alice: Client):
    press(as_alice, f"/p/{reply.pk}/menu/", "Ignore bob")
    response = press(as_alice, "/", "Undo")
    assert ignored_by(alice) == []
    assert response["Location"] == f"/p/{reply.pk}/"
    press(as_alice, "/", "Undo")
    assert ignored_by(alice) == ["bob"]


def test_list_of_ignored_people_stops_ignoring_them(
    alice: User, bob: User, carol: User, as_alice: Client
):
    for person in (carol, bob):
        ignore_person(person, actor=alice)
    page = Page(as_alice.get("/account/ignored/"))
    assert page.texts("li h2") == ["bob", "carol"]
    button = next(each for each in page.find_all("button") if each.text == "Stop ignoring bob")
    response = as_alice.post(button["formaction"], follow=True)
    assert Page(response).texts("li h2") == ["carol"]
    assert ignored_by(alice) == ["carol"]
    assert press_in(as_alice, response, "Undo")["Location"] == "/account/ignored/"


def test_settings_lead_to_the_list(as_alice: Client):
    address = Page(as_alice.get("/account/settings/")).links["Ignored people"]
    assert "You ignore nobody." in Page(as_alice.get(address))


def test_nobody_can_ignore_themselves(alice: User, as_alice: Client, opening: Post):
    with pytest.raises(NotAllowed):
        ignore_person(alice, actor=alice)
    assert "Ignore alice" not in Page(as_alice.get(f"/p/{opening.pk}/menu/")).buttons
    with pytest.raises(IntegrityError), transaction.atomic():
        Ignore.objects.create(member=alice, ignored=alice)


def test_visitors_are_offered_nothing(reply: Post, visitor: Client):
    assert "Ignore bob" not in Page(visitor.get(f"/p/{reply.pk}/menu/")).buttons
    assert "Ignore bob" not in Page(visitor.get("/u/bob/")).buttons


def test_ignoring_twice_changes_nothing(alice: User, bob: User):
    for _time in range(2):
        ignore_person(bob, actor=alice)
    assert ignored_by(alice) == ["bob"]
    for _time in range(2):
        stop_ignoring(bob, actor=alice)
    assert ignored_by(alice) == []


def test_limit_of_ignored_people(alice: User, bob: User, carol: User, as_alice: Client):
    crowd = User.objects.bulk_create(
        User(username=f"sparrow{n}", email=f"sparrow{n}@example.org") for n in range(MAX_IGNORED)
    )
    Ignore.objects.bulk_create(Ignore(member=alice, ignored=each) for each in crowd[1:])
    ignore_person(bob, actor=alice)
    ignore_person(bob, actor=alice)  # is ignored already
    with pytest.raises(Conflict, match="at most 1,000 people"):
        ignore_person(carol, actor=alice)
    assert as_alice.post("/u/carol/ignore/").status_code == 409
    assert len(Page(as_alice.get("/account/ignored/")).find_all("li h2")) == MAX_IGNORED


def test_other_people_do_not_see_who_is_ignored(
    opening: Post, reply: Post, alice: User, bob: User, as_bob: Client, as_carol: Client
):
    address = opening.thread.get_absolute_url()
    before = {client: seen_by(client, address) for client in (as_bob, as_carol)}
    ignore_person(bob, actor=alice)
    assert {client: seen_by(client, address) for client in before} == before


def seen_by(client: Client, thread: str) -> list[str]:
    addresses = (thread, "/", "/u/alice/", "/u/bob/", "/inbox/", "/account/ignored/")
    return [Page(client.get(each)).text for each in addresses]


def test_ignored_person_can_still_reply(opening: Post, alice: User, bob: User):
    ignore_person(bob, actor=alice)
    assert reply_to(opening, author=bob, source="Only in winter.").pk


def test_erased_accounts_leave_no_trace_in_lists(
    alice: User, bob: User, carol: User, erin: User, as_alice: Client
):
    ignore_person(bob, actor=alice)
    ignore_person(carol, actor=bob)
    ignore_person(carol, actor=alice)
    confirm_erasure(ask_for_own(bob, with_posts=False), actor=erin)
    assert list(Ignore.objects.values_list("member", "ignored")) == [(alice.pk, carol.pk)]
    with pytest.raises(Gone):
        ignore_person(User.objects.get(pk=bob.pk), actor=alice)
