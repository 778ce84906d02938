"""Bulk actions of the admin: they lead to a page that asks for a reason, and back to the list."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.admin import admin_site
from forum.admin.moderated import ModeratedAdmin
from forum.models import ModerationAction, Post, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.base import MAX_SELECTED
from forum.moderation.targets import TARGET_KINDS
from tests.html import press, press_in
from tests.moderation_actions import EACH, create_pending_post

pytestmark = pytest.mark.slow

MODELS = {"person": "user", "pending_post": "pendingpost"}
REASON_AND_NOTE = {"reason": "off the wall", "note": ""}


def changelist(kind):
    return reverse(f"admin:forum_{MODELS.get(kind, kind)}_changelist")


def page(kind, slug, *targets):
    """Return the address that a bulk action leads to when these targets are selected."""
    query = {"id": [target.pk for target in targets], "next": changelist(kind)}
    return f"{reverse('moderate', args=[kind, slug])}?{urlencode(query, doseq=True)}"


def select(client, kind, slug, *targets):
    form = {"action": slug, "_selected_action": [target.pk for target in targets]}
    return client.post(changelist(kind), form)


def messages_of(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_every_list_offers_the_bulk_actions_of_its_kind(rf, as_carol, carol):
    request = rf.get("/")
    request.user = carol
    offered = {
        admin.kind.kind: list(admin.get_actions(request))
        for admin in admin_site._registry.values()
        if isinstance(admin, ModeratedAdmin)
    }
    bulk_actions = [action for action in EACH if not action.is_for_one]
    assert offered == {
        kind: [action.slug for action in bulk_actions if action.kind.kind == kind]
        for kind in TARGET_KINDS
    }


@pytest.fixture
def targets(reply, alice):
    report_post(reply, actor=alice, reason="spam")
    pending = create_pending_post(reply, alice)
    return {"post": reply, "thread": reply.thread, "person": alice, "pending_post": pending}


STATES = ["hidden_at", "locked_at", "pinned_at", "suspended_at"]


def state(row):
    row = type(row).objects.get(pk=row.pk)
    reports = list(row.reports.values_list("outcome")) if type(row) in (Post, User) else []
    return {name: getattr(row, name, None) is not None for name in STATES}, reports


@pytest.mark.parametrize(
    ("kind", "slug", "inverse"),
    [
        ("post", "hide", "unhide"),
        ("post", "dismiss", "reopen"),
        ("post", "uphold", "reopen"),
        ("thread", "lock", "unlock"),
        ("thread", "pin", "unpin"),
        ("person", "suspend", "lift"),
    ],
)
def test_each_action_writes_one_entry_and_has_its_inverse(as_carol, targets, kind, slug, inverse):
    target = targets[kind]
    before = state(target)
    for number, action_slug in enumerate((slug, inverse), 1):
        for _ in range(2):  # as if the button was pressed twice
            response = as_carol.post(page(kind, action_slug, target), REASON_AND_NOTE)
            assert response.status_code == 303
            assert response.url == changelist(kind)
        assert ModerationAction.objects.count() == number
        entry = ModerationAction.objects.first()
        assert (entry.actor.username, entry.reason) == ("carol", "off the wall")
        assert [effect.target_id for effect in entry.effects.all()] == [target.pk]
        assert (state(target) == before) == (action_slug is inverse)


def test_selection_leads_to_a_confirmation_page_and_changes_nothing(as_carol, opening, reply):
    response = select(as_carol, "post", "hide", opening, reply)
    assert response.status_code == 302
    form_page = as_carol.get(response.url).content.decode()
    assert "Hide these 2 posts?" in form_page
    assert "2 posts by 2 people in 1 thread" in form_page
    assert "stay wet" in form_page
    assert "alice" in form_page
    assert not ModerationAction.objects.exists()


def test_bulk_action_writes_one_log_entry(as_carol, opening, reply):
    response = as_carol.post(page("post", "hide", opening, reply), REASON_AND_NOTE)
    assert response.url == changelist("post")
    entry = ModerationAction.objects.get()
    undo = f"{reverse('log-undo', args=[entry.pk])}?next={quote(changelist('post'), safe='')}"
    assert messages_of(response) == [f'2 posts hidden. <a href="{undo}">Undo</a>']
    assert {effect.target_id for effect in entry.effects.all()} == {opening.pk, reply.pk}
    assert not Post.objects.filter(hidden_at=None).exists()
    assert Thread.objects.get().post_count == 0


def test_inapplicable_targets_are_left_out_and_listed(as_carol, opening, reply, alice, bob, carol):
    hide_post(opening, actor=carol, reason="before")
    deleted = reply_to(reply, author=alice, source="Never mind.")
    delete_post(deleted, actor=alice)
    form_page = as_carol.get(page("post", "hide", opening, reply, deleted)).content.decode()
    assert "Hide this post?" in form_page
    assert "No change needed or allowed for these" in form_page
    response = as_carol.post(page("post", "hide", opening, reply, deleted), REASON_AND_NOTE)
    undo = reverse("log-undo", args=[ModerationAction.objects.latest("pk").pk])
    undo += f"?next={quote(changelist('post'), safe='')}"
    assert messages_of(response) == [
        f'Post hidden. <a href="{undo}">Undo</a>',
        "Already done: carol hid a post.",
        f"Left out: #{deleted.pk}. This post was deleted by its author.",
    ]
    assert ModerationAction.objects.count() == 2


def test_reason_is_required_and_the_typed_note_is_kept(as_carol, reply):
    form = {"reason": "  ", "note": "seen before"}
    response = as_carol.post(page("post", "hide", reply), form)
    assert response.status_code == 422
    assert "seen before" in response.content.decode()
    response = as_carol.post(page("post", "hide", reply), {"reason": "x" * 501})
    assert response.status_code == 422
    response = as_carol.post(page("post", "hide", reply), {"reason": "\x00"})
    assert response.status_code == 422
    assert not ModerationAction.objects.exists()


def test_suspension_can_have_an_end(as_carol, alice):
    until = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)
    form = REASON_AND_NOTE | {"until": until.strftime("%Y-%m-%dT%H:%M")}
    as_carol.post(page("person", "suspend", alice), form)
    alice = User.objects.get(pk=alice.pk)
    assert alice.suspended_until == until
    assert alice.is_suspended


@pytest.mark.parametrize(("action", "button"), [("suspend", "Suspend"), ("silence", "Silence")])
def test_preview_button_in_the_admin_counts_the_posts_of_all_members(
    as_carol, opening, reply, alice, bob, action, button
):
    since = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    selected = select(as_carol, "person", action, alice, bob)
    preview = press(as_carol, selected.url, "Preview", reason="off the wall", since=since)
    assert preview.status_code == 200
    assert "Also affected: 2 posts, 1 thread." in preview.content.decode()
    assert not ModerationAction.objects.exists()
    response = press_in(as_carol, preview, button)
    assert "2 posts were hidden. 1 thread was removed." in messages_of(response)[0]
    assert not Post.objects.filter(hidden_at=None).exists()


@pytest.mark.parametrize("until", ["2001-01-01T00:00", "9999-12-31T23:59", "soon", "0001-01-01"])
def test_suspension_must_end_in_the_near_future(as_carol, alice, until):
    response = as_carol.post(page("person", "suspend", alice), REASON_AND_NOTE | {"until": until})
    assert response.status_code == 422
    assert not User.objects.get(pk=alice.pk).is_suspended


def test_moderators_cannot_suspend_themselves_or_higher_ranks(as_carol, carol, erin, alice):
    response = as_carol.post(page("person", "suspend", carol, erin, alice), REASON_AND_NOTE)
    assert (
        len([message for message in messages_of(response) if message.startswith("Left out")]) == 2
    )
    assert list(User.objects.suspended()) == [alice]


def test_too_large_selections_are_refused(as_carol, board, alice):
    people = [User(username=f"p{n}x", email="") for n in range(MAX_SELECTED + 1)]
    User.objects.bulk_create(people)
    response = select(as_carol, "person", "suspend", *people)
    assert messages_of(response) == ["Too many selected: choose at most 100."]


@pytest.mark.parametrize(
    "query", ["", "?id=", "?id=x", "?id=-1", "?id=999999", "?id=" + "9" * 40, "?id=%00"]
)
def test_invalid_selections_are_not_found(as_carol, db, query):
    assert as_carol.get(reverse("moderate", args=["post", "hide"]) + query).status_code == 404


def test_page_of_a_post_offers_the_applicable_actions(as_carol, reply, carol):
    change_page = reverse("admin:forum_post_change", args=[reply.pk])
    hide, unhide = (reverse(f"post-{slug}", args=[reply.pk]) for slug in ("hide", "unhide"))
    content = as_carol.get(change_page).content.decode()
    assert hide in content
    assert unhide not in content
    hide_post(reply, actor=carol, reason="off the wall")
    content = as_carol.get(change_page).content.decode()
    assert hide not in content
    assert unhide in content


def test_html_in_a_reason_is_escaped(as_carol, reply):
    as_carol.post(page("post", "hide", reply), {"reason": "<script>alert(1)</script>"})
    for address in (
        reverse("admin:forum_post_change", args=[reply.pk]),
        reverse("admin:forum_moderationaction_changelist"),
    ):
        content = as_carol.get(address).content
        assert b"<script>alert" not in content
        assert b"&lt;script&gt;alert" in content


def test_confirmation_page_lists_targets_without_permission_as_left_out(
    as_carol, opening, reply, erin
):
    Post.objects.filter(pk=opening.pk).update(author=erin)
    form_page = as_carol.get(page("post", "hide", opening, reply)).content.decode()
    assert "Hide this post?" in form_page
    assert "No change needed or allowed for these" in form_page
    form_page = as_carol.get(page("post", "hide", opening))
    assert form_page.status_code == 403


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example/", "x"])
def test_action_does_not_redirect_to_other_sites(as_carol, reply, back):
    address = f"{reverse('post-hide', args=[reply.pk])}?{urlencode({'next': back})}"
    response = as_carol.post(address, REASON_AND_NOTE)
    assert response.status_code == 303
    assert "elsewhere" not in response.url


@pytest.mark.parametrize("address", ["post/nothing", "nothing/hide", "post/pin"])
def test_unknown_actions_are_not_found(as_carol, reply, address):
    assert as_carol.get(f"/moderate/{address}/?id={reply.pk}").status_code == 404
