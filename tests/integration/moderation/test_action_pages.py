"""Pages of moderation actions outside the admin, without JavaScript."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from forum.actions.posts import delete_post
from forum.actions.threads import start_thread
from forum.models import Board, ModerationAction, Post, Role, User
from tests.expected_permissions import FOR_ADMINISTRATORS
from tests.html import Page
from tests.moderation_actions import BY_NAME, IDS, create_pending_post, make_ready, sent_with

REASON_AND_NOTE = {"reason": "off the wall", "note": "second time"}
PAGES = IDS


@pytest.fixture
def address(reply, alice, carol, erin):
    """Return a function for the address of an action's page, where the action is applicable."""
    targets = {"post": reply, "thread": reply.thread, "person": alice}
    targets["pending_post"] = create_pending_post(reply, alice)

    def address_of(name):
        kind = name.partition("-")[0]
        make_ready(BY_NAME[name], targets[kind], carol)
        return reverse(name, args=[getattr(targets[kind], "username", targets[kind].pk)])

    return address_of


def form_data(name):
    return REASON_AND_NOTE | sent_with(BY_NAME[name])


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("name", PAGES)
def test_moderator_gives_a_reason_and_the_action_is_done_once(as_carol, as_erin, address, name):
    page = address(name)
    count = ModerationAction.objects.count()
    client = as_erin if name in FOR_ADMINISTRATORS else as_carol
    form_page = client.get(page)
    assert form_page.status_code == 200
    assert 'name="reason"' in form_page.content.decode()
    assert ModerationAction.objects.count() == count
    fields = Page(form_page).form(str(BY_NAME[name].button)).fields
    counted = {"counted": fields["counted"]} if "counted" in fields else {}
    for _ in range(2):  # as if the button was pressed twice
        response = client.post(page, form_data(name) | counted)
        assert response.status_code == 303
        assert not response.url.startswith("/admin/")
    assert len(list(get_messages(response.wsgi_request))) >= 1
    entry = ModerationAction.objects.first()
    assert ModerationAction.objects.count() == count + 1
    # A note is its own reason, so its form has no other note.
    assert entry.note == ("" if name.endswith("-note") else "second time")
    assert entry.reason == "off the wall"
    # The reason of a permanent deletion becomes public once it is confirmed.
    is_public = entry.type.is_public or name == "post-erase"
    assert ("It is also public in the moderation log" in form_page.content.decode()) is is_public


@pytest.mark.parametrize("name", PAGES)
def test_others_cannot_do_the_action(name, address, visitor, as_alice, as_dan, frank):
    page = address(name)
    other = Board.objects.create(category=Board.objects.get().category, name="X", slug="x")
    grace = User.objects.create_user("grace")
    Role.objects.create(person=grace, board=other, kind=Role.Kind.MODERATOR)
    count = ModerationAction.objects.count()
    refused_clients = [as_alice, as_dan]
    moderators = [logged_in(grace)]
    if name == "person-note":
        moderators = []  # moderators of every board can add notes
    if name.startswith("person-") and moderators:
        # The form is open to them because they could do it in a board of their own, and offers
        # them no other.
        moderators.append(logged_in(frank))
        for client in moderators:
            assert client.post(page, form_data(name)).status_code in {403, 422}
    else:
        refused_clients += moderators
    # Pending posts and removed threads are not found by people other than their authors.
    is_not_found = name.startswith("pending_post-") or name == "thread-restore"
    expected_statuses = {403, 404} if is_not_found else {403}
    if name == "person-reactivate":
        refused_clients.remove(as_alice)  # whose account is not active
    for client in refused_clients:
        assert client.get(page).status_code in expected_statuses
        assert client.post(page, REASON_AND_NOTE).status_code in expected_statuses
    assert visitor.get(page).url == f"{reverse('account_login')}?next={page}"
    assert visitor.post(page, REASON_AND_NOTE).status_code == 401
    assert ModerationAction.objects.count() == count


IN_A_BOARD = [name for name in PAGES if not name.startswith("person") and name != "post-erase"]


@pytest.mark.parametrize("name", IN_A_BOARD)
def test_board_moderator_can_do_the_action_in_their_board(name, address, frank):
    page, data = address(name), form_data(name)
    if "board" in data:  # the board that a thread moves to
        board = Board.objects.get(pk=data["board"])
        Role.objects.create(person=frank, board=board, kind=Role.Kind.MODERATOR)
    assert logged_in(frank).post(page, data).status_code == 303


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "\u200b", "\x00"])
def test_invalid_reason_shows_an_error_and_keeps_the_note(as_carol, reply, reason):
    page = reverse("post-hide", args=[reply.pk])
    response = as_carol.post(page, {"reason": reason, "note": "keep me"})
    assert response.status_code == 422
    assert "keep me" in response.content.decode()
    assert not Post.objects.get(pk=reply.pk).is_hidden


def test_profile_links_to_actions_that_the_moderator_can_do(
    as_carol, as_bob, frank, address, carol
):
    profile, lift_page = reverse("person-detail", args=["alice"]), address("person-lift")
    assert lift_page in as_carol.get(profile).content.decode()
    suspend_page = reverse("person-suspend", args=["bob"])
    assert suspend_page in as_carol.get(reverse("person-detail", args=["bob"])).content.decode()
    assert lift_page not in as_bob.get(profile).content.decode()
    assert lift_page in logged_in(frank).get(profile).content.decode()
    assert "suspend/" not in as_carol.get(carol.get_absolute_url()).content.decode()


def test_page_shows_the_target_post(as_carol, reply):
    content = as_carol.get(reverse("post-hide", args=[reply.pk])).content.decode()
    assert "stay wet" in content
    assert "bob" in content
    assert "Moss on the north wall" in content


def test_deleted_post_is_not_shown_and_cannot_be_hidden(as_carol, reply, bob):
    delete_post(reply, actor=bob)
    page = reverse("post-hide", args=[reply.pk])
    assert "stay wet" not in as_carol.get(page).content.decode()
    assert as_carol.post(page, REASON_AND_NOTE).status_code == 410
    assert not ModerationAction.objects.exists()


def test_suspension_cannot_end_in_the_past(as_carol, alice):
    page = reverse("person-suspend", args=["alice"])
    response = as_carol.post(page, REASON_AND_NOTE | {"until": "2001-01-01T00:00"})
    assert response.status_code == 422
    assert not User.objects.get(pk=alice.pk).is_suspended


def test_missing_targets_are_not_found(as_carol, db):
    for page in ("/p/999999/hide/", "/t/999999/lock/", "/u/nobody/suspend/", "/p/0/hide/"):
        assert as_carol.get(page).status_code == 404


def test_thread_titles_like_action_names_do_not_clash_with_action_pages(board, alice, visitor):
    for title in ("Lock", "unpin!"):
        thread = start_thread(board, author=alice, title=title, source="What about it?")
        response = visitor.get(thread.get_absolute_url(), follow=True)
        assert response.redirect_chain == []
        assert response.status_code == 200


def test_form_without_csrf_token_is_rejected(carol, reply):
    client = Client(enforce_csrf_checks=True)
    client.force_login(carol)
    assert client.post(reverse("post-hide", args=[reply.pk]), REASON_AND_NOTE).status_code == 403
    assert not Post.objects.get(pk=reply.pk).is_hidden


def test_logged_out_moderator_can_copy_the_reason_and_note(visitor, reply):
    page = reverse("post-hide", args=[reply.pk])
    response = visitor.post(page, {"reason": "going in circles", "note": "third time"})
    assert response.status_code == 401
    html = response.content.decode()
    assert "going in circles</textarea>" in html
    assert "third time</textarea>" in html
    assert f'?next={page}" target="_blank">Log in on a new page</a>' in html
    assert not Session.objects.exists()
