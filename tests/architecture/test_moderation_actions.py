"""Every moderation action: one entry in the log, whom it notifies, and an inverse that works."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.urls import URLPattern, get_resolver, reverse

from forum import moderation
from forum.admin import admin_site
from forum.admin.moderated import ModeratedAdmin
from forum.log_entry_types import entry_type, entry_types
from forum.models import (
    Case,
    Erasure,
    ModerationAction,
    ModerationNotification,
    PendingPost,
    Post,
    Report,
    Restriction,
    Thread,
    User,
)
from forum.models.threads import slug_of, thread_path
from forum.models.version_tokens import version_of_branches
from forum.moderation import registry
from forum.moderation.actions.post_hiding import HidePost
from forum.moderation.base import Action
from forum.moderation.registry import register
from forum.moderation.undo import undo
from tests.addresses import STEPS, routes
from tests.moderation_actions import EACH, IDS, make_ready, name_of, sent_with
from tests.scene import Scene, undone

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.django_db

# Functions that give a reason and are no `Action`: where it is tested that they leave one entry.
OF_THEIR_OWN = {
    "undo_move": "integration/moderation/test_branch_move.py",
    "undo": "integration/moderation/test_undo.py",
    "uphold_appeal": "integration/moderation/test_appeal.py",
    "decline_appeal": "integration/moderation/test_appeal.py",
    "drop_erasure": "integration/moderation/test_erasure_confirm.py",
    "set_up": "integration/admin/test_reasons.py",
    "take_down": "integration/admin/test_reasons.py",
}
# Pages of the desk that Django makes; the others are steps.
OF_DJANGO = {"changelist", "add", "history", "delete", "change"}


# What only administrators do; all else is done by carol.
ADMINISTRATORS = {"anonymise": "erin"}
# Actions that change nothing but what moderators know, and the member.
SAYS_SOMETHING = {"warn-person", "note-person"}


def target_of(scene: Scene, kind: str) -> Post | Thread | User:
    targets = {
        "post": scene.posts["visible"],
        "thread": scene.threads["open"],
        "person": scene.people["bob"],
        "pending_post": scene.pending_post,
    }
    return targets[kind]


def address_of(scene: Scene, action: Action[Any]) -> str:
    target = target_of(scene, action.kind.kind)
    return reverse(name_of(action), args=[getattr(target, "username", target.pk)])


def concerned(target: Any, action: Action[Any]) -> set[int]:
    """Return who is to be notified: the author, all authors in the branch, or the member."""
    is_of_branch = action.entry.topic == "moves" or action.version is version_of_branches
    if is_of_branch:
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
                *("pk", "board", "title", "post_count", "last_post", "merged_into"),
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
        "pending_post": list(PendingPost.objects.order_by("pk").values_list("pk", "state")),
    }


# -- The registry ---------------------------------------------------------------------------------


def test_every_inverse_is_a_type_of_entry_that_can_be_undone() -> None:
    for each in entry_types():
        assert each.inverse is None or entry_type(each.inverse).inverse is not None, each.name


def test_every_type_that_notifies_says_what_members_read() -> None:
    for each in entry_types():
        assert bool(str(each.notification)) is each.notifies, each.name


def test_every_key_of_the_log_is_documented() -> None:
    document = (ROOT / "docs/moderation-log.md").read_text()
    for _kind, key in registry._states:
        assert f"`{key}`" in document, key
    for prefix in registry._families:
        assert f"`{prefix}:3`" in document, prefix


def test_two_actions_cannot_share_an_address() -> None:
    with pytest.raises(ValueError, match="'hide'"):
        register(HidePost())


def test_models_know_nothing_of_actions() -> None:
    """The registry of entry types is below them; `forum.moderation` fills it."""
    for path in (ROOT / "forum/models").glob("*.py"):
        assert not re.search("(from|import) forum.moderation", path.read_text()), path


@pytest.mark.parametrize("action", EACH, ids=IDS)
def test_an_action_declares_its_plan_and_every_text(action: Action[Any]) -> None:
    assert callable(action.plan)
    for text in (action.button, action.outcome, action.entry.past_tense):
        assert str(text)
    for text in (action.question, action.done):
        assert "%(" not in text % {"count": 1}
        assert action.is_for_one or "2" in text % {"count": 2}


def functions() -> Iterator[str]:
    """Find every function that gives a reason."""
    for module in pkgutil.walk_packages(moderation.__path__, "forum.moderation."):
        for name, thing in vars(import_module(module.name)).items():
            is_own = getattr(thing, "__module__", "") == module.name and not name.startswith("_")
            if not is_own or not inspect.isfunction(thing):
                continue
            if {"actor", "reason"} <= set(inspect.signature(thing).parameters):
                yield name


def test_every_function_that_gives_a_reason_is_tested_by_itself() -> None:
    assert set(functions()) == set(OF_THEIR_OWN)


def test_every_action_has_a_page_and_no_page_is_of_something_else() -> None:
    names = set(routes())
    assert set(IDS) <= names
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLPattern) and "moderation" in entry.callback.__module__:
            assert entry.name in {*IDS, "moderate"}, entry.name
    pages = {name for name in names if name.startswith("admin:forum_")}
    assert {name for name in pages if name.rsplit("_", 1)[1] not in OF_DJANGO} == REVIEW


def test_no_slug_of_a_thread_is_the_address_of_another_page(scene: Scene) -> None:
    """Derived from the URLconf, so a new action or page is safe without a list of words."""
    thread = scene.threads["open"]
    pages = [
        entry
        for entry in get_resolver().url_patterns
        if isinstance(entry, URLPattern) and str(entry.pattern).startswith("t/<id:")
    ]
    words = {str(entry.pattern).rstrip("/").rsplit("/", 1)[1] for entry in pages}
    words -= {"<str:slug>", "<id:thread_id>"}
    assert {"lock", "retitle", "seen", "map"} <= words
    for word in words:
        assert slug_of(word) == f"{word}-thread"
        path = thread_path(thread.pk, slug_of(word))
        assert get_resolver().resolve(path).url_name == "thread-detail"
    assert slug_of("Locked") == "locked"


# Pages of the review queue; see tests/integration/admin.
REVIEW = {f"admin:forum_{model}_{step}" for model, steps in STEPS.items() for step in steps}


def test_the_desk_offers_no_other_actions() -> None:
    for model, admin in admin_site._registry.items():
        assert isinstance(admin, ModelAdmin)
        if not isinstance(admin, ModeratedAdmin):
            assert not admin.actions, model


# -- Each action ----------------------------------------------------------------------------------


@pytest.mark.parametrize("action", EACH, ids=IDS)
def test_an_action_leaves_one_entry_notifies_who_is_concerned_and_is_undone(
    scene: Scene, action: Action[Any]
) -> None:
    with undone():
        target = target_of(scene, action.kind.kind)
        make_ready(action, target, scene.people["carol"])
        before, count = whole_state(), ModerationAction.objects.count()
        threads, posts = Thread.objects.count(), Post.objects.count()
        to_notify = concerned(target, action)
        known = set(ModerationNotification.objects.values_list("pk", flat=True))
        actor = ADMINISTRATORS.get(action.slug, "carol")
        client, address = scene.client(actor), address_of(scene, action)
        form = {"reason": "Because", "note": "Quietly"} | sent_with(action)
        for _twice in range(2):
            assert client.post(address, form).status_code == 303
        assert ModerationAction.objects.count() == count + 1
        entry = ModerationAction.objects.all()[0]
        assert entry.act == action.entry.name
        note = "" if action.slug == "note" else "Quietly"  # it is one itself
        assert (entry.reason, entry.note) == ("Because", note)
        assert entry.effects.exists()
        assert whole_state() != before or entry.act in SAYS_SOMETHING

        # Those who reported something hear of it by their report, a colleague by being assigned.
        notifications = ModerationNotification.objects.exclude(pk__in=known).exclude(
            cause__in=["report", "case"]
        )
        notified = {notification.member_id for notification in notifications}
        assert notified == (to_notify if action.entry.notifies else set())
        if action.entry.is_irreversible:
            return
        back = undo(entry, actor=scene.people[actor], reason="A mistake").action
        assert (back.act, back.undoes) == (action.entry.inverse, entry)
        assert ModerationAction.objects.count() == count + 2
        after = whole_state()
        after["threads"] = after["threads"][:threads]  # one that was split off leads back
        # One that was published stays, and nobody sees it; approved again, it is there again.
        published = {post["pk"] for post in after["posts"][posts:]}
        after["posts"], after["hidden"] = after["posts"][:posts], after["hidden"] - published
        assert published <= set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True))
        assert after == before


@pytest.mark.parametrize("action", EACH, ids=IDS)
def test_a_stale_page_is_refused(scene: Scene, action: Action[Any]) -> None:
    with undone():
        make_ready(action, target_of(scene, action.kind.kind), scene.people["carol"])
        actor = ADMINISTRATORS.get(action.slug, "carol")
        client, address = scene.client(actor), address_of(scene, action)
        form = {"reason": "Because", "seen": "7.7"} | sent_with(action)
        count = ModerationAction.objects.count()
        answer = client.post(address, form)
        assert answer.status_code == 409
        assert "Because" in answer.content.decode()
        assert ModerationAction.objects.count() == count
        seen = answer.context["form"]["seen"].value()
        assert client.post(address, form | {"seen": seen}).status_code == 303
