"""Pages of moderation actions outside the admin, without JavaScript."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from forum.actions.posts import delete_post
from forum.actions.threads import start_thread
from forum.models import ModerationAction, Post, User
from tests.moderation_actions import BY_NAME, make_ready

REASON_AND_NOTE = {"reason": "off the wall", "note": "second time"}


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "\u200b", "\x00"])
def test_invalid_reason_shows_an_error_and_keeps_the_note(as_carol, reply, reason):
    page = reverse("post-hide", args=[reply.pk])
    response = as_carol.post(page, {"reason": reason, "note": "keep me"})
    assert response.status_code == 422
    assert "keep me" in response.content.decode()
    assert not Post.objects.get(pk=reply.pk).is_hidden


def test_profile_links_to_actions_that_the_moderator_can_do(as_carol, as_bob, frank, carol, reply):
    make_ready(BY_NAME["person-lift"], reply.thread.author, carol)
    profile, lift_page = (
        reverse(name, args=["alice"]) for name in ("person-detail", "person-lift")
    )
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
