"""Every act of moderators: one record, a decision on who is told, and a tested inverse."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.urls import URLPattern, get_resolver, reverse

from forum import actions
from forum.actions.acts import Several
from forum.actions.undo import undo
from forum.admin import admin_site
from forum.admin.deeds import DeedAdmin
from forum.models import (
    Case,
    Erasure,
    HeldPost,
    ModerationAction,
    ModerationNotification,
    Post,
    Report,
    Restriction,
    Thread,
    User,
)
from forum.models.acts import RULES, Act
from forum.models.version_tokens import branch_stamp_of
from tests.addresses import STEPS, routes
from tests.deeds import EACH, IDS, make_ready, sent_with
from tests.scene import Scene, undone

pytestmark = pytest.mark.django_db

# What takes no form of `DEEDS`: where it is tested that they leave one record.
OF_THEIR_OWN = {
    "split_off": "split_branch by another name",
    "undo_move": "integration/moderation/test_branch_move.py",
    "undo": "integration/moderation/test_undo.py",
    "uphold_appeal": "integration/moderation/test_appeal.py",
    "decline_appeal": "integration/moderation/test_appeal.py",
    "report_post": "not an act of moderators",
    "drop_erasure": "integration/moderation/test_erasure_confirm.py",
    "set_up": "integration/admin/test_reasons.py",
    "take_down": "integration/admin/test_reasons.py",
}
# Pages of the desk that Django makes; the others are deeds.
OF_DJANGO = {"changelist", "add", "history", "delete", "change"}


# What only administrators do; all else is done by carol.
ADMINISTRATORS = {"anonymise": "erin"}
# Acts that change nothing but what moderators know, and the member.
SAYS_SOMETHING = {Act.WARN_PERSON, Act.NOTE_PERSON}


def target_of(scene: Scene, kind: str) -> Post | Thread | User:
    targets = {
        "post": scene.posts["visible"],
        "thread": scene.threads["open"],
        "person": scene.people["bob"],
        "held": scene.held,
    }
    return targets[kind]


def address_of(scene: Scene, kind: str, name: str) -> str:
    target = target_of(scene, kind)
    return reverse(f"{kind}-{name}", args=[getattr(target, "username", target.pk)])


def concerned(target: Any, deed: Any) -> set[int]:
    """Who is to hear of it: the author, or all authors in the branch, or the member."""
    if deed.stamp is branch_stamp_of or deed.name in ("move", "split", "merge"):
        head = target if isinstance(target, Post) else Post.objects.opening_of(target.pk).get()
        below = Post.objects.branch_of(head)
        return set(below.values_list("author_id", flat=True))
    return {getattr(target, "author_id", target.pk)}


def whole_state() -> dict[str, Any]:
    """All that acts change, without what only counts changes."""
    return {
        "posts": list(
            Post.objects.order_by("pk").values(
                *("pk", "thread", "parent", "source", "html", "deleted_at", "number"),
                *("locked_until", "slow_minutes", "slow_until"),
            )
        ),
        "threads": list(
            Thread.objects.order_by("pk").values(
                *("pk", "title", "post_count", "last_post", "merged_into"),
                *("locked_until", "slow_minutes", "slow_until"),
            )
        ),
        "hidden": set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True)),
        "closed": set(Post.objects.exclude(locked_at=None).values_list("pk", flat=True)),
        "locked": set(Thread.objects.exclude(locked_at=None).values_list("pk", flat=True)),
        "reports": list(Report.objects.order_by("pk").values_list("pk", "outcome")),
        "assigned": list(Case.objects.order_by("pk").values_list("assignee", "is_assigned")),
        "to erase": list(Erasure.objects.open().values_list("post", "person", "with_posts")),
        "pinned": set(Thread.objects.exclude(pinned_at=None).values_list("pk", flat=True)),
        "restricted": list(Restriction.objects.values_list("person", "kind", "board", "until")),
        "suspended": set(User.objects.suspended().values_list("pk", flat=True)),
        "held": list(HeldPost.objects.order_by("pk").values_list("pk", "state")),
    }


# -- The rules ------------------------------------------------------------------------------------


def test_every_act_has_a_rule_and_every_inverse_one_too() -> None:
    assert set(RULES) == set(Act)
    for rule in RULES.values():
        assert rule.inverse is None or RULES[rule.inverse].inverse is not None


def functions() -> Iterator[str]:
    """Everything among the actions that gives a reason."""
    for module in pkgutil.iter_modules(actions.__path__):
        for name, thing in vars(import_module(f"forum.actions.{module.name}")).items():
            if isinstance(thing, Several):
                yield thing.__name__
            elif inspect.isfunction(thing) and not name.startswith("_"):
                names = set(inspect.signature(thing).parameters)
                # `record` and `change` are what acts are made of.
                if {"actor", "reason"} <= names and "act" not in names:
                    yield name


def test_every_function_that_gives_a_reason_is_a_deed_or_tested_by_itself() -> None:
    offered = {deed.run.__name__ for _kind, deed in EACH}
    assert set(functions()) == offered | set(OF_THEIR_OWN)


def test_every_door_leads_to_a_deed() -> None:
    """In the page and at the desk: what is not Django's own is offered by `DEEDS`."""
    names = set(routes())
    assert set(IDS) <= names
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLPattern) and "moderation" in entry.callback.__module__:
            assert entry.name in IDS, entry.name
    models = {"post": "post", "thread": "thread", "person": "user", "held": "heldpost"}
    at_desk = {f"admin:forum_{models[kind]}_{deed.name}" for kind, deed in EACH}
    pages = {name for name in names if name.startswith("admin:forum_")}
    others = {name for name in pages if name.rsplit("_", 1)[1] not in OF_DJANGO}
    assert others == at_desk | REVIEW


# Pages of the review queue; see tests/integration/admin.
REVIEW = {f"admin:forum_{model}_{step}" for model, steps in STEPS.items() for step in steps}


def test_the_desk_offers_no_other_actions() -> None:
    for model, admin in admin_site._registry.items():
        assert isinstance(admin, ModelAdmin)
        if not isinstance(admin, DeedAdmin):
            assert not admin.actions, model


# -- Each deed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "deed"), EACH, ids=IDS)
def test_a_deed_leaves_one_record_tells_who_is_concerned_and_is_undone(
    scene: Scene, kind: str, deed: Any
) -> None:
    with undone():
        target = target_of(scene, kind)
        make_ready(deed.name, target, scene.people["carol"])
        before, count = whole_state(), ModerationAction.objects.count()
        threads, posts = Thread.objects.count(), Post.objects.count()
        to_tell = concerned(target, deed)
        told = set(ModerationNotification.objects.values_list("pk", flat=True))
        actor = ADMINISTRATORS.get(deed.name, "carol")
        client, address = scene.client(actor), address_of(scene, kind, deed.name)
        form = {"reason": "Because", "note": "Quietly"} | sent_with(deed.name)
        for _twice in range(2):
            assert client.post(address, form).status_code == 303
        assert ModerationAction.objects.count() == count + 1
        action = ModerationAction.objects.all()[0]
        note = "" if deed.name == "note" else "Quietly"  # it is one itself
        assert (action.reason, action.note) == ("Because", note)
        assert action.effects.exists()
        assert whole_state() != before or action.act in SAYS_SOMETHING

        # Those who reported something hear of it by their report, a colleague by being given it.
        notifications = ModerationNotification.objects.exclude(pk__in=told).exclude(
            cause__in=["report", "case"]
        )
        assert {notification.member_id for notification in notifications} == (
            to_tell if action.rule.tells else set()
        )
        if action.rule.is_irreversible:
            return
        back = undo(action, actor=scene.people[actor], reason="A mistake").action
        assert (back.act, back.undoes) == (action.rule.inverse, action)
        assert ModerationAction.objects.count() == count + 2
        after = whole_state()
        after["threads"] = after["threads"][:threads]  # one that was split off leads back
        # One that was published stays, and nobody sees it; approved again, it is there again.
        published = {post["pk"] for post in after["posts"][posts:]}
        after["posts"], after["hidden"] = after["posts"][:posts], after["hidden"] - published
        assert published <= set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True))
        assert after == before


@pytest.mark.parametrize(("kind", "deed"), EACH, ids=IDS)
def test_a_stale_view_is_refused(scene: Scene, kind: str, deed: Any) -> None:
    with undone():
        make_ready(deed.name, target_of(scene, kind), scene.people["carol"])
        actor = ADMINISTRATORS.get(deed.name, "carol")
        client, address = scene.client(actor), address_of(scene, kind, deed.name)
        form = {"reason": "Because", "seen": "7.7"} | sent_with(deed.name)
        count = ModerationAction.objects.count()
        answer = client.post(address, form)
        assert answer.status_code == 409
        assert "Because" in answer.content.decode()
        assert ModerationAction.objects.count() == count
        seen = answer.context["form"]["seen"].value()
        assert client.post(address, form | {"seen": seen}).status_code == 303
