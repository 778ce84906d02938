"""Acting on what was selected at the desk: asked why, done once, written down each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from forum.actions.moderation import hide_post
from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.admin import admin_site
from forum.admin.deeds import MOST, DeedAdmin
from forum.forms import deeds as forms
from forum.models import ModerationAction, Post, Thread, User
from tests.deeds import make_ready, sent_with, waiting
from tests.html import press, press_in

pytestmark = pytest.mark.slow

MODELS = {"person": "user", "held": "heldpost"}
DEEDS = {MODELS.get(kind, kind): deeds for kind, deeds in forms.DEEDS.items()}
WHY = {"reason": "off the wall", "note": ""}


def page(model, deed, *targets):
    ids = "&".join(f"id={target.pk}" for target in targets)
    return f"{reverse(f'admin:forum_{model}_{deed}')}?{ids}"


def select(client, model, deed, *targets):
    form = {"action": deed, "_selected_action": [target.pk for target in targets]}
    return client.post(reverse(f"admin:forum_{model}_changelist"), form)


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_every_deed_of_moderators_is_offered_and_nothing_else():
    offered = {
        model._meta.model_name: list(admin.deeds)
        for model, admin in admin_site._registry.items()
        if isinstance(admin, DeedAdmin)
    }
    assert offered == DEEDS


@pytest.fixture
def targets(reply, alice):
    report_post(reply, actor=alice, reason="spam")
    held = waiting(reply, alice)
    return {"post": reply, "thread": reply.thread, "user": alice, "heldpost": held}


STATES = ["hidden_at", "locked_at", "pinned_at", "suspended_at"]


def state(row):
    row = type(row).objects.get(pk=row.pk)
    reports = list(row.reports.values_list("outcome")) if type(row) in (Post, User) else []
    return {name: getattr(row, name, None) is not None for name in STATES}, reports


@pytest.mark.parametrize(
    ("model", "deed", "inverse"),
    [
        ("post", forms.HIDE, forms.UNHIDE),
        ("post", forms.DISMISS, forms.REOPEN),
        ("post", forms.UPHOLD, forms.REOPEN),
        ("thread", forms.LOCK, forms.UNLOCK),
        ("thread", forms.PIN, forms.UNPIN),
        ("user", forms.SUSPEND, forms.LIFT),
    ],
)
def test_each_deed_writes_one_record_and_has_its_inverse(as_carol, targets, model, deed, inverse):
    target = targets[model]
    before = state(target)
    for number, each in enumerate((deed, inverse), 1):
        for _ in range(2):  # pressed twice
            answer = as_carol.post(page(model, each.name, target), WHY)
            assert answer.status_code == 302
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
    assert answer.url == reverse("admin:forum_post_changelist")
    entry = ModerationAction.objects.get()
    undo = reverse("log-undo", args=[entry.pk])
    assert said(answer) == [f'2 posts are hidden. <a href="{undo}">Undo</a>']
    assert {effect.target_id for effect in entry.effects.all()} == {opening.pk, reply.pk}
    assert not Post.objects.filter(hidden_at=None).exists()
    assert Thread.objects.get().post_count == 0


def test_what_cannot_be_done_is_left_out_and_said(as_carol, opening, reply, alice, bob, carol):
    hide_post(opening, actor=carol, reason="before")
    deleted = reply_to(reply, author=alice, source="Never mind.")
    delete_post(deleted, actor=alice)
    asked = as_carol.get(page("post", "hide", opening, reply, deleted)).content.decode()
    assert "Hide this post?" in asked
    assert "these stay as they are" in asked
    answer = as_carol.post(page("post", "hide", opening, reply, deleted), WHY)
    undo = reverse("log-undo", args=[ModerationAction.objects.latest("pk").pk])
    assert said(answer) == [
        f'The post is hidden. <a href="{undo}">Undo</a>',
        "1 was so already.",
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
    as_carol.post(page("user", "suspend", alice), form)
    alice = User.objects.get(pk=alice.pk)
    assert alice.suspended_until == until
    assert alice.is_suspended


@pytest.mark.parametrize(("deed", "button"), [("suspend", "Suspend"), ("silence", "Silence")])
def test_preview_button_at_the_desk_counts_the_posts_of_all_members(
    as_carol, opening, reply, alice, bob, deed, button
):
    since = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    selected = select(as_carol, "user", deed, alice, bob)
    counted = press(as_carol, selected.url, "Preview", reason="off the wall", since=since)
    assert counted.status_code == 200
    assert "This also hides 2 posts." in counted.content.decode()
    assert not ModerationAction.objects.exists()
    done = press_in(as_carol, counted, button)
    assert "2 posts were hidden with it." in said(done)[0]
    assert not Post.objects.filter(hidden_at=None).exists()


@pytest.mark.parametrize("until", ["2001-01-01T00:00", "9999-12-31T23:59", "soon", "0001-01-01"])
def test_suspension_ends_in_the_future(as_carol, alice, until):
    answer = as_carol.post(page("user", "suspend", alice), WHY | {"until": until})
    assert answer.status_code == 422
    assert not User.objects.get(pk=alice.pk).is_suspended


def test_nobody_suspends_themselves_or_their_superiors(as_carol, carol, erin, alice):
    answer = as_carol.post(page("user", "suspend", carol, erin, alice), WHY)
    assert len([words for words in said(answer) if words.startswith("Left out")]) == 2
    assert list(User.objects.suspended()) == [alice]


def test_too_many_at_once_are_refused(as_carol, board, alice):
    people = [User(username=f"p{n}x", email="") for n in range(MOST + 1)]
    User.objects.bulk_create(people)
    answer = select(as_carol, "user", "suspend", *people)
    assert "too many" in said(answer)[0]


@pytest.mark.parametrize(
    "query", ["", "?id=", "?id=x", "?id=-1", "?id=999999", "?id=" + "9" * 40, "?id=%00"]
)
def test_odd_selections_are_not_found(as_carol, db, query):
    assert as_carol.get(reverse("admin:forum_post_hide") + query).status_code == 404


def test_page_of_a_post_offers_what_can_be_done(as_carol, reply, carol):
    change = reverse("admin:forum_post_change", args=[reply.pk])
    hide, unhide = page("post", "hide", reply), page("post", "unhide", reply)
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


# From the least of those who may on: by the deed, else by what it is about.
RANKS = ["moderator here", "site moderator", "administrator"]
LEAST = {"user": "site moderator", "erase": "site moderator", "anonymise": "administrator"}


@pytest.mark.parametrize(
    ("model", "deed"), [(model, deed.name) for model, deeds in DEEDS.items() for deed in deeds]
)
def test_only_those_who_may_do_it_can(everybody, targets, carol, model, deed):
    target = targets[model]
    make_ready(deed, target, carol)
    count = ModerationAction.objects.count()
    least = LEAST.get(deed) or LEAST.get(model) or RANKS[0]
    for name, client in everybody.items():
        if name in RANKS[RANKS.index(least) :]:
            continue
        answer = client.post(page(model, deed, target), WHY | sent_with(deed))
        assert answer.status_code in (302, 403, 404), name
        assert ModerationAction.objects.count() == count, name
    form = WHY | sent_with(deed)
    assert everybody[least].post(page(model, deed, target), form).status_code == 302
    assert ModerationAction.objects.count() == count + 1
