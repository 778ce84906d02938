"""The page of every moderation action: who is refused, and what is done once."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from forum.models import Board, ModerationAction, Role
from tests.architecture.conftest import scene
from tests.expected_permissions import FOR_ADMINISTRATORS
from tests.html import Page
from tests.moderation_actions import BY_NAME, IDS, as_counted, make_ready, sent_with

__all__ = ["scene"]

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

REASON_AND_NOTE = {"reason": "off the wall", "note": "second time"}
PAGES = IDS


def target_of(scene, name):
    """Return a target that an action is applicable to."""
    row = {
        "post": scene.posts["by-bob"],
        "thread": scene.threads["open"],
        "person": scene.people["alice"],
        "pending_post": scene.pending_post,
    }[BY_NAME[name].kind.kind]
    target = type(row)._default_manager.get(pk=row.pk)  # a copy, which the test may change
    make_ready(BY_NAME[name], target, scene.reader("carol"))
    return target


def address_of(scene, name):
    """Return the address of an action's page, with such a target."""
    target = target_of(scene, name)
    return reverse(name, args=[getattr(target, "username", target.pk)])


def form_data(name):
    return REASON_AND_NOTE | sent_with(BY_NAME[name])


@pytest.mark.parametrize("name", PAGES)
def test_moderator_gives_a_reason_and_the_action_is_done_once(scene, name):
    page = address_of(scene, name)
    count = ModerationAction.objects.count()
    client = scene.client("erin" if name in FOR_ADMINISTRATORS else "carol")
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
def test_others_cannot_do_the_action(scene, name):
    page = address_of(scene, name)
    count = ModerationAction.objects.count()
    visitor, as_alice, as_dan = (scene.client(other) for other in ("visitor", "alice", "dan"))
    refused_clients = [as_alice, as_dan]
    moderators = [scene.client("otto")]  # of another board
    if name == "person-note":
        moderators = []  # moderators of every board can add notes
    if name.startswith("person-") and moderators:
        # The form is open to them because they could do it in a board of their own, and offers
        # them no other.
        moderators.append(scene.client("mona"))
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
def test_board_moderator_can_do_the_action_in_their_board(scene, name):
    page, data = address_of(scene, name), form_data(name)
    if "board" in data:  # the board that a thread moves to
        board = Board.objects.get(pk=data["board"])
        Role.objects.create(person=scene.people["mona"], board=board, kind=Role.Kind.MODERATOR)
    assert scene.client("mona").post(page, data).status_code == 303


MODELS = {"person": "user", "pending_post": "pendingpost"}


def bulk_page(action, target):
    """Return the address that a bulk action of the admin leads to."""
    kind = action.kind.kind
    listed = reverse(f"admin:forum_{MODELS.get(kind, kind)}_changelist")
    query = urlencode({"id": target.pk, "next": listed})
    return f"{reverse('moderate', args=[kind, action.slug])}?{query}"


@pytest.mark.parametrize("name", PAGES)
def test_bulk_actions_need_the_same_permission_as_single_actions(scene, name):
    action, target = BY_NAME[name], target_of(scene, name)
    page, data = bulk_page(action, target), form_data(name)
    count = ModerationAction.objects.count()
    for person in ("visitor", "bob", "otto"):  # each permission is tested in test_roles.py
        if not action.permission(scene.reader(person), target):
            assert scene.client(person).post(page, data).status_code in {401, 403, 404}, person
            assert ModerationAction.objects.count() == count, person
    data |= as_counted(action, target)
    assert scene.client("erin").post(page, data).status_code == 303
    assert ModerationAction.objects.count() == count + 1
