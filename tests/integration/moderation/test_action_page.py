"""Hide, lock, pin, suspend from the page, without the admin and without JavaScript."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from forum.actions.posts import delete_post
from forum.actions.threads import start_thread
from forum.models import Board, ModerationAction, Post, Role, User
from tests.moderation_actions import BY_NAME, IDS, make_ready, sent_with, waiting

WHY = {"reason": "off the wall", "note": "second time"}
PAGES = IDS


@pytest.fixture
def address(reply, alice, carol, erin):
    """The page of each action, with something there to do; erin is who reports."""
    targets = {"post": reply, "thread": reply.thread, "person": alice}
    targets["pending_post"] = waiting(reply, alice)

    def of(name):
        kind = name.partition("-")[0]
        make_ready(BY_NAME[name], targets[kind], carol)
        return reverse(name, args=[getattr(targets[kind], "username", targets[kind].pk)])

    return of


def sent(name):
    return WHY | sent_with(BY_NAME[name])


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("name", PAGES)
def test_moderator_is_asked_why_and_then_it_is_done(as_carol, as_erin, address, name):
    page = address(name)
    count = ModerationAction.objects.count()
    client = as_erin if name == "person-anonymise" else as_carol
    asked = client.get(page)
    assert asked.status_code == 200
    assert 'name="reason"' in asked.content.decode()
    assert ModerationAction.objects.count() == count
    for _ in range(2):  # pressed twice
        answer = client.post(page, sent(name))
        assert answer.status_code == 303
        assert not answer.url.startswith("/admin/")
    assert len(list(get_messages(answer.wsgi_request))) >= 1
    entry = ModerationAction.objects.first()
    assert ModerationAction.objects.count() == count + 1
    # A note about a member has no second one for moderators.
    assert entry.note == ("" if name == "person-note" else "second time")
    assert entry.reason == "off the wall"
    # Once it is confirmed, everybody reads why a post was erased.
    is_public = entry.type.is_public or name == "post-erase"
    assert ("It is also public in the moderation log" in asked.content.decode()) is is_public


@pytest.mark.parametrize("name", PAGES)
def test_others_are_refused(name, address, visitor, as_alice, as_dan, frank):
    page = address(name)
    other = Board.objects.create(category=Board.objects.get().category, name="X", slug="x")
    grace = User.objects.create_user("grace")
    Role.objects.create(person=grace, board=other, kind=Role.Kind.MODERATOR)
    count = ModerationAction.objects.count()
    refused = [as_alice, as_dan]
    moderators = [logged_in(grace)]
    if name == "person-note":
        moderators = []  # one for moderators, whatever their board
    if name.startswith("person-") and moderators:
        # In a board of theirs they could: the form is open to them.
        moderators.append(logged_in(frank))
        for client in moderators:
            assert client.post(page, sent(name)).status_code == 403
    else:
        refused += moderators
    # What waits is not there for others than its author.
    answers = {403, 404} if name.startswith("pending_post-") else {403}
    for client in refused:
        assert client.get(page).status_code in answers
        assert client.post(page, WHY).status_code in answers
    assert visitor.get(page).url == f"{reverse('account_login')}?next={page}"
    assert visitor.post(page, WHY).status_code == 401
    assert ModerationAction.objects.count() == count


IN_A_BOARD = [name for name in PAGES if not name.startswith("person") and name != "post-erase"]


@pytest.mark.parametrize("name", IN_A_BOARD)
def test_board_moderator_keeps_order_in_their_board(name, address, frank):
    assert logged_in(frank).post(address(name), sent(name)).status_code == 303


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "\u200b", "\x00"])
def test_bad_reason_is_said_and_the_note_kept(as_carol, reply, reason):
    page = reverse("post-hide", args=[reply.pk])
    answer = as_carol.post(page, {"reason": reason, "note": "keep me"})
    assert answer.status_code == 422
    assert "keep me" in answer.content.decode()
    assert not Post.objects.get(pk=reply.pk).is_hidden


def test_profile_leads_moderators_to_what_they_can_do(as_carol, as_bob, frank, address, carol):
    profile, lift = reverse("person-detail", args=["alice"]), address("person-lift")
    assert lift in as_carol.get(profile).content.decode()
    suspend = reverse("person-suspend", args=["bob"])
    assert suspend in as_carol.get(reverse("person-detail", args=["bob"])).content.decode()
    assert lift not in as_bob.get(profile).content.decode()
    assert lift in logged_in(frank).get(profile).content.decode()
    assert "suspend/" not in as_carol.get(carol.get_absolute_url()).content.decode()


def test_page_shows_what_it_is_about(as_carol, reply):
    content = as_carol.get(reverse("post-hide", args=[reply.pk])).content.decode()
    assert "stay wet" in content
    assert "bob" in content
    assert "Moss on the north wall" in content


def test_deleted_post_is_not_hidden_and_not_shown(as_carol, reply, bob):
    delete_post(reply, actor=bob)
    page = reverse("post-hide", args=[reply.pk])
    assert "stay wet" not in as_carol.get(page).content.decode()
    assert as_carol.post(page, WHY).status_code == 410
    assert not ModerationAction.objects.exists()


def test_suspension_ends_in_the_future(as_carol, alice):
    page = reverse("person-suspend", args=["alice"])
    answer = as_carol.post(page, WHY | {"until": "2001-01-01T00:00"})
    assert answer.status_code == 422
    assert not User.objects.get(pk=alice.pk).is_suspended


def test_what_is_not_there_is_not_found(as_carol, db):
    for page in ("/p/999999/hide/", "/t/999999/lock/", "/u/nobody/suspend/", "/p/0/hide/"):
        assert as_carol.get(page).status_code == 404


def test_thread_called_lock_has_an_address_of_its_own(board, alice, visitor):
    for title in ("Lock", "unpin!"):
        thread = start_thread(board, author=alice, title=title, source="What about it?")
        answer = visitor.get(thread.get_absolute_url(), follow=True)
        assert answer.redirect_chain == []
        assert answer.status_code == 200


def test_form_from_elsewhere_is_refused(carol, reply):
    client = Client(enforce_csrf_checks=True)
    client.force_login(carol)
    assert client.post(reverse("post-hide", args=[reply.pk]), WHY).status_code == 403
    assert not Post.objects.get(pk=reply.pk).is_hidden


def test_signed_out_meanwhile_reason_and_note_are_shown_to_be_copied(visitor, reply):
    page = reverse("post-hide", args=[reply.pk])
    answer = visitor.post(page, {"reason": "going in circles", "note": "third time"})
    assert answer.status_code == 401
    html = answer.content.decode()
    assert "going in circles</textarea>" in html
    assert "third time</textarea>" in html
    assert f'?next={page}" target="_blank">Log in on a new page</a>' in html
    assert not Session.objects.exists()
