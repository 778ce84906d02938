"""Bulk actions of the admin: they lead to the page that asks for a reason, and back."""

from __future__ import annotations

from datetime import timedelta

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
from tests.moderation_actions import EACH, IDS, make_ready, sent_with, waiting

pytestmark = pytest.mark.slow

MODELS = {"person": "user", "pending_post": "pendingpost"}
WHY = {"reason": "off the wall", "note": ""}


def changelist(kind):
    return reverse(f"admin:forum_{MODELS.get(kind, kind)}_changelist")


def page(kind, slug, *targets):
    """Return where a bulk action leads, when these were selected."""
    query = {"id": [target.pk for target in targets], "next": changelist(kind)}
    return f"{reverse('moderate', args=[kind, slug])}?{urlencode(query, doseq=True)}"


def select(client, kind, slug, *targets):
    form = {"action": slug, "_selected_action": [target.pk for target in targets]}
    return client.post(changelist(kind), form)


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_every_list_offers_the_actions_on_its_kind_that_take_several(rf, as_carol, carol):
    request = rf.get("/")
    request.user = carol
    offered = {
        admin.kind.kind: list(admin.get_actions(request))
        for admin in admin_site._registry.values()
        if isinstance(admin, ModeratedAdmin)
    }
    several = [action for action in EACH if not action.is_for_one]
    assert offered == {
        kind: [action.slug for action in several if action.kind.kind == kind]
        for kind in TARGET_KINDS
    }


@pytest.fixture
def targets(reply, alice):
    report_post(reply, actor=alice, reason="spam")
    pending = waiting(reply, alice)
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
    for number, each in enumerate((slug, inverse), 1):
        for _ in range(2):  # pressed twice
            answer = as_carol.post(page(kind, each, target), WHY)
            assert answer.status_code == 303
            assert answer.url == changelist(kind)
        assert ModerationAction.objects.count() == number
        entry = ModerationAction.objects.first()
        assert (entry.actor.username, entry.reason) == ("carol", "off the wall")
        assert [effect.target_id for effect in entry.effects.all()] == [target.pk]
        assert (state(target) == before) == (each is inverse)


def test_selection_leads_to_a_page_that_asks_and_changes_nothing(as_carol, opening, reply):
    answer = select(as_carol, "post", "hide", opening, reply)
    assert answer.status_code == 302
    asked = as_carol.get(answer.url).content.decode()
    assert "Hide these 2 posts?" in asked
    assert "2 posts by 2 people in 1 thread" in asked
    assert "stay wet" in asked
    assert "alice" in asked
    assert not ModerationAction.objects.exists()


def test_several_are_done_together_with_one_record(as_carol, opening, reply):
    answer = as_carol.post(page("post", "hide", opening, reply), WHY)
    assert answer.url == changelist("post")
    entry = ModerationAction.objects.get()
    undo = reverse("log-undo", args=[entry.pk])
    assert said(answer) == [f'2 posts hidden. <a href="{undo}">Undo</a>']
    assert {effect.target_id for effect in entry.effects.all()} == {opening.pk, reply.pk}
    assert not Post.objects.filter(hidden_at=None).exists()
    assert Thread.objects.get().post_count == 0


def test_what_cannot_be_done_is_left_out_and_said(as_carol, opening, reply, alice, bob, carol):
    hide_post(opening, actor=carol, reason="before")
    deleted = reply_to(reply, author=alice, source="Never mind.")
    delete_post(deleted, actor=alice)
    asked = as_carol.get(page("post", "hide", opening, reply, deleted)).content.decode()
    assert "Hide this post?" in asked
    assert "No change needed or allowed for these" in asked
    answer = as_carol.post(page("post", "hide", opening, reply, deleted), WHY)
    undo = reverse("log-undo", args=[ModerationAction.objects.latest("pk").pk])
    assert said(answer) == [
        f'Post hidden. <a href="{undo}">Undo</a>',
        "Already done: carol hid a post.",
        f"Left out: #{deleted.pk}. This post was deleted by its author.",
    ]
    assert ModerationAction.objects.count() == 2


def test_a_reason_is_required_and_what_was_typed_stays(as_carol, reply):
    form = {"reason": "  ", "note": "seen before"}
    answer = as_carol.post(page("post", "hide", reply), form)
    assert answer.status_code == 422
    assert "seen before" in answer.content.decode()
    answer = as_carol.post(page("post", "hide", reply), {"reason": "x" * 501})
    assert answer.status_code == 422
    answer = as_carol.post(page("post", "hide", reply), {"reason": "\x00"})
    assert answer.status_code == 422
    assert not ModerationAction.objects.exists()


def test_suspension_may_end_by_itself(as_carol, alice):
    until = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)
    form = WHY | {"until": until.strftime("%Y-%m-%dT%H:%M")}
    as_carol.post(page("person", "suspend", alice), form)
    alice = User.objects.get(pk=alice.pk)
    assert alice.suspended_until == until
    assert alice.is_suspended


@pytest.mark.parametrize(("deed", "button"), [("suspend", "Suspend"), ("silence", "Silence")])
def test_preview_button_at_the_desk_counts_the_posts_of_all_members(
    as_carol, opening, reply, alice, bob, deed, button
):
    since = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    selected = select(as_carol, "person", deed, alice, bob)
    counted = press(as_carol, selected.url, "Preview", reason="off the wall", since=since)
    assert counted.status_code == 200
    assert "This also hides 2 posts." in counted.content.decode()
    assert not ModerationAction.objects.exists()
    done = press_in(as_carol, counted, button)
    assert "2 more posts were hidden." in said(done)[0]
    assert not Post.objects.filter(hidden_at=None).exists()


@pytest.mark.parametrize("until", ["2001-01-01T00:00", "9999-12-31T23:59", "soon", "0001-01-01"])
def test_suspension_ends_in_the_future(as_carol, alice, until):
    answer = as_carol.post(page("person", "suspend", alice), WHY | {"until": until})
    assert answer.status_code == 422
    assert not User.objects.get(pk=alice.pk).is_suspended


def test_nobody_suspends_themselves_or_their_superiors(as_carol, carol, erin, alice):
    answer = as_carol.post(page("person", "suspend", carol, erin, alice), WHY)
    assert len([words for words in said(answer) if words.startswith("Left out")]) == 2
    assert list(User.objects.suspended()) == [alice]


def test_too_many_at_once_are_refused(as_carol, board, alice):
    people = [User(username=f"p{n}x", email="") for n in range(MAX_SELECTED + 1)]
    User.objects.bulk_create(people)
    answer = select(as_carol, "person", "suspend", *people)
    assert said(answer) == ["Too many selected: choose at most 100."]


@pytest.mark.parametrize(
    "query", ["", "?id=", "?id=x", "?id=-1", "?id=999999", "?id=" + "9" * 40, "?id=%00"]
)
def test_odd_selections_are_not_found(as_carol, db, query):
    assert as_carol.get(reverse("moderate", args=["post", "hide"]) + query).status_code == 404


def test_page_of_a_post_offers_what_can_be_done(as_carol, reply, carol):
    change = reverse("admin:forum_post_change", args=[reply.pk])
    hide, unhide = (reverse(f"post-{slug}", args=[reply.pk]) for slug in ("hide", "unhide"))
    content = as_carol.get(change).content.decode()
    assert hide in content
    assert unhide not in content
    hide_post(reply, actor=carol, reason="off the wall")
    content = as_carol.get(change).content.decode()
    assert hide not in content
    assert unhide in content


def test_reason_of_a_moderator_is_text(as_carol, reply):
    as_carol.post(page("post", "hide", reply), {"reason": "<script>alert(1)</script>"})
    for address in (
        reverse("admin:forum_post_change", args=[reply.pk]),
        reverse("admin:forum_moderationaction_changelist"),
    ):
        content = as_carol.get(address).content
        assert b"<script>alert" not in content
        assert b"&lt;script&gt;alert" in content


@pytest.mark.parametrize("action", EACH, ids=IDS)
def test_only_those_who_can_do_it_alone_can_do_it_to_a_selection(everybody, targets, carol, action):
    kind, target = action.kind.kind, targets[action.kind.kind]
    make_ready(action, target, carol)
    count = ModerationAction.objects.count()
    for name, client in everybody.items():
        person = User.objects.filter(pk=client.session.get("_auth_user_id")).first()
        if person and action.permission(person, target):
            continue
        answer = client.post(page(kind, action.slug, target), WHY | sent_with(action))
        assert answer.status_code in (401, 403, 404), name
        assert ModerationAction.objects.count() == count, name
    form = WHY | sent_with(action)
    answer = everybody["administrator"].post(page(kind, action.slug, target), form)
    assert answer.status_code == 303
    assert ModerationAction.objects.count() == count + 1


def test_a_selection_with_others_says_before_what_is_left_out(as_carol, opening, reply, erin):
    Post.objects.filter(pk=opening.pk).update(author=erin)
    asked = as_carol.get(page("post", "hide", opening, reply)).content.decode()
    assert "Hide this post?" in asked
    assert "No change needed or allowed for these" in asked
    asked = as_carol.get(page("post", "hide", opening))
    assert asked.status_code == 403


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example/", "x"])
def test_nobody_is_led_elsewhere_afterwards(as_carol, reply, back):
    where = f"{reverse('post-hide', args=[reply.pk])}?{urlencode({'next': back})}"
    answer = as_carol.post(where, WHY)
    assert answer.status_code == 303
    assert "elsewhere" not in answer.url


@pytest.mark.parametrize("address", ["post/nothing", "nothing/hide", "post/pin"])
def test_actions_that_are_not_there_are_not_found(as_carol, reply, address):
    assert as_carol.get(f"/moderate/{address}/?id={reply.pk}").status_code == 404
