"""Moderation actions: each leaves one log entry, notifies the right members, and can be undone."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin import ModelAdmin
from django.contrib.sessions.models import Session
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
from forum.models.tags import ThreadTag
from forum.models.threads import slug_of, thread_path
from forum.models.version_tokens import version_of_branches
from forum.moderation import registry
from forum.moderation.actions.post_hiding import HidePost
from forum.moderation.base import Action
from forum.moderation.registry import register
from forum.moderation.undo import undo
from tests.addresses import ROW_STEPS, routes
from tests.expected_permissions import FOR_ADMINISTRATORS
from tests.moderation_actions import EACH, IDS, as_counted, make_ready, page_name, sent_with
from tests.scene import Scene, undone

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.django_db

# Functions that take a reason and are no `Action`, with the test that they leave one log entry.
FUNCTIONS_WITH_REASON = {
    "undo_move": "integration/moderation/test_branch_move.py",
    "undo": "integration/moderation/test_undo.py",
    "uphold_appeal": "integration/moderation/test_appeal.py",
    "decline_appeal": "integration/moderation/test_appeal.py",
    "drop_erasure": "integration/moderation/test_erasure_confirm.py",
    "set_up": "integration/admin/test_reasons.py",
    "set_roles": "integration/admin/test_audit_trail.py",
    "add_member": "integration/admin/test_accounts.py",
    "take_down": "integration/admin/test_reasons.py",
}
# Admin pages that Django provides; the other ones are steps of the review queue.
DJANGO_PAGES = {"changelist", "add", "history", "delete", "change"}


# Actions that change no rows but the log, a note, a notification and mail.
MESSAGES_ONLY = {"warn-person", "note-person", "note-case", "mail-password-link"}


def get_target(scene: Scene, kind: str) -> Post | Thread | User:
    targets = {
        "post": scene.posts["visible"],
        "thread": scene.threads["open"],
        "person": scene.people["bob"],
        "pending_post": scene.pending_post,
    }
    return targets[kind]


def get_address(scene: Scene, action: Action[Any]) -> str:
    target = get_target(scene, action.kind.kind)
    return reverse(page_name(action), args=[getattr(target, "username", target.pk)])


def members_to_notify(target: Any, action: Action[Any]) -> set[int]:
    """Return the author, all authors of the branch, or the member."""
    is_of_branch = action.entry.topic == "moves" or action.version is version_of_branches
    if is_of_branch:
        top_post = target if isinstance(target, Post) else Post.objects.opening_of(target.pk).get()
        branch = Post.objects.branch_of(top_post)
        return set(branch.values_list("author_id", flat=True))
    return {getattr(target, "author_id", target.pk)}


def read_state_of_targets() -> dict[str, Any]:
    """Return the state that actions change, without counters."""
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
        "removed": set(Thread.objects.exclude(removed_at=None).values_list("pk", flat=True)),
        "unlisted": set(Thread.objects.exclude(unlisted_at=None).values_list("pk", flat=True)),
        "pinned": set(Thread.objects.exclude(pinned_at=None).values_list("pk", flat=True)),
        "restricted": list(Restriction.objects.values_list("person", "kind", "board", "until")),
        "suspended": set(User.objects.suspended().values_list("pk", flat=True)),
        "accounts": list(User.objects.order_by("pk").values_list("email", "password", "is_active")),
        "addresses": set(EmailAddress.objects.values_list("user", "email", "verified")),
        "sessions": Session.objects.count(),
        "tags": set(ThreadTag.objects.values_list("thread", "tag")),
        "pending_post": list(PendingPost.objects.order_by("pk").values_list("pk", "state")),
    }


# -- The registry ---------------------------------------------------------------------------------


def test_every_inverse_is_an_entry_type_with_an_inverse() -> None:
    for each in entry_types():
        assert each.inverse is None or entry_type(each.inverse).inverse is not None, each.name


def test_every_entry_type_that_notifies_has_a_notification_text() -> None:
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


def test_models_do_not_import_moderation() -> None:
    """The registry of entry types is in a lower layer, and `forum.moderation` fills it."""
    for path in (ROOT / "forum/models").glob("*.py"):
        assert not re.search("(from|import) forum.moderation", path.read_text()), path


@pytest.mark.parametrize("action", EACH, ids=IDS)
def test_action_declares_its_plan_and_every_text(action: Action[Any]) -> None:
    assert callable(action.plan)
    for text in (action.button, action.outcome, action.entry.past_tense):
        assert str(text)
    for text in (action.question, action.done):
        assert "%(" not in text % {"count": 1}
        assert action.is_for_one or "2" in text % {"count": 2}


def functions_with_reason() -> Iterator[str]:
    """Yield every function of `forum.moderation` that takes a reason."""
    for module in pkgutil.walk_packages(moderation.__path__, "forum.moderation."):
        for name, thing in vars(import_module(module.name)).items():
            is_own = getattr(thing, "__module__", "") == module.name and not name.startswith("_")
            if not is_own or not inspect.isfunction(thing):
                continue
            if {"actor", "reason"} <= set(inspect.signature(thing).parameters):
                yield name


def test_every_function_that_takes_a_reason_has_a_test() -> None:
    assert set(functions_with_reason()) == set(FUNCTIONS_WITH_REASON)


def test_moderation_pages_are_exactly_those_of_the_actions() -> None:
    names = set(routes())
    assert set(IDS) <= names
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLPattern) and "moderation" in entry.callback.__module__:
            assert entry.name in {*IDS, "moderate"}, entry.name
    pages = {name for name in names if name.startswith("admin:forum_")}
    assert {name for name in pages if name.rsplit("_", 1)[1] not in DJANGO_PAGES} == REVIEW_STEPS


def test_no_slug_of_a_thread_hides_another_page(scene: Scene) -> None:
    """The addresses come from the URLconf, so new actions and pages are covered."""
    thread = scene.threads["open"]
    pages = [
        entry
        for entry in get_resolver().url_patterns
        if isinstance(entry, URLPattern) and str(entry.pattern).startswith("t/<id:")
    ]
    words = {str(entry.pattern).rstrip("/").rsplit("/", 1)[1] for entry in pages}
    words -= {"<str:slug>", "<id:thread_id>", "feed.atom"}  # a slug has no dot
    assert {"lock", "retitle", "seen", "map"} <= words
    for word in words:
        assert slug_of(word) == f"{word}-thread"
        path = thread_path(thread.pk, slug_of(word))
        assert get_resolver().resolve(path).url_name == "thread-detail"
    assert slug_of("Locked") == "locked"


# Steps of the review queue; see tests/integration/admin.
REVIEW_STEPS = {
    f"admin:forum_{model}_{step}" for model, steps in ROW_STEPS.items() for step in steps
}


def test_admin_offers_no_other_bulk_actions() -> None:
    for model, admin in admin_site._registry.items():
        assert isinstance(admin, ModelAdmin)
        if not isinstance(admin, ModeratedAdmin):
            assert not admin.actions, model


# -- Each action ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("action", EACH, ids=IDS)
def test_action_leaves_one_log_entry_notifies_members_and_is_undone(
    scene: Scene, action: Action[Any]
) -> None:
    with undone():
        target = get_target(scene, action.kind.kind)
        make_ready(action, target, scene.people["carol"])
        before, count = read_state_of_targets(), ModerationAction.objects.count()
        threads, posts = Thread.objects.count(), Post.objects.count()
        expected_members = members_to_notify(target, action)
        old_notifications = set(ModerationNotification.objects.values_list("pk", flat=True))
        actor = "erin" if page_name(action) in FOR_ADMINISTRATORS else "carol"
        client, address = scene.client(actor), get_address(scene, action)
        form = {"reason": "Because", "note": "Quietly"} | sent_with(action)
        form |= as_counted(action, target)
        for _twice in range(2):
            assert client.post(address, form).status_code == 303
        assert ModerationAction.objects.count() == count + 1
        entry = ModerationAction.objects.all()[0]
        assert entry.act == action.entry.name
        note = "" if action.slug == "note" else "Quietly"  # the action itself is a note
        assert (entry.reason, entry.note) == ("Because", note)
        assert entry.effects.exists()
        assert read_state_of_targets() != before or entry.act in MESSAGES_ONLY

        # Reporters are notified through their report, and a colleague through the assignment.
        notifications = ModerationNotification.objects.exclude(pk__in=old_notifications).exclude(
            cause__in=["report", "case", "new-case", "new-erase"]
        )
        notified = {notification.member_id for notification in notifications}
        assert notified == (expected_members if action.entry.notifies else set())
        if action.entry.is_irreversible:
            return
        undo_entry = undo(entry, actor=scene.people[actor], reason="A mistake").action
        assert (undo_entry.act, undo_entry.undoes) == (action.entry.inverse, entry)
        assert ModerationAction.objects.count() == count + 2
        after = read_state_of_targets()
        after["threads"] = after["threads"][:threads]  # a split thread remains as a redirect
        # A published post remains hidden; approving it again shows it.
        published = {post["pk"] for post in after["posts"][posts:]}
        after["posts"], after["hidden"] = after["posts"][:posts], after["hidden"] - published
        assert published <= set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True))
        assert after == before


@pytest.mark.slow
@pytest.mark.parametrize("action", EACH, ids=IDS)
def test_action_from_a_stale_page_is_refused(scene: Scene, action: Action[Any]) -> None:
    with undone():
        target = get_target(scene, action.kind.kind)
        make_ready(action, target, scene.people["carol"])
        actor = "erin" if page_name(action) in FOR_ADMINISTRATORS else "carol"
        client, address = scene.client(actor), get_address(scene, action)
        form = {"reason": "Because", "seen": "7.7"} | sent_with(action)
        form |= as_counted(action, target)
        count = ModerationAction.objects.count()
        response = client.post(address, form)
        assert response.status_code == 409
        assert "Because" in response.content.decode()
        assert ModerationAction.objects.count() == count
        seen = response.context["form"]["seen"].value()
        assert client.post(address, form | {"seen": seen}).status_code == 303
