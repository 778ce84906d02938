"""The worked example of docs/moderation-actions.md: one file and one row add an action."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.urls import clear_url_caches, reverse

from forum import log_entry_types, urls
from forum.models import Thread
from forum.moderation import registry
from forum.moderation.base import Action
from forum.moderation.offers import links_on
from tests import expected_permissions
from tests.architecture import test_moderation_actions as checks
from tests.architecture.test_roles import get_target_by, people_allowed
from tests.moderation_actions import page_name, sent_with
from tests.scene import Scene, undone

pytestmark = pytest.mark.django_db

DOCUMENT = (Path(__file__).parents[2] / "docs/moderation-actions.md").read_text()
EXAMPLE = DOCUMENT[DOCUMENT.index("## Add an action: worked example") :]
FILE, ROW = re.findall(r"```python\n(.*?)```", EXAMPLE, re.DOTALL)[:2]


@pytest.fixture
def action() -> Iterator[Action[Any]]:
    """Register the example's action as if its file had been imported when Django started."""
    known = {kind: dict(actions) for kind, actions in registry._actions.items()}
    states, types = dict(registry._states), dict(log_entry_types._types)
    pages = list(urls.urlpatterns)
    module = ModuleType("forum.moderation.actions.board_moves")
    exec(compile(FILE, "docs/moderation-actions.md", "exec"), module.__dict__)
    urls.urlpatterns[:] = [*urls.moderation_pages(), *pages]
    clear_url_caches()
    yield module.move_to_board
    urls.urlpatterns[:] = pages
    clear_url_caches()
    registry._actions.clear()
    registry._actions.update(known)
    for table, before in ((registry._states, states), (log_entry_types._types, types)):
        table.clear()
        table.update(before)


def test_example_passes_every_test_of_an_action(scene: Scene, action: Action[Any]) -> None:
    checks.test_action_declares_its_plan_and_every_text(action)
    checks.test_action_leaves_one_log_entry_notifies_members_and_is_undone(scene, action)
    checks.test_action_from_a_stale_page_is_refused(scene, action)


def test_example_row_has_the_right_permissions(scene: Scene, action: Action[Any]) -> None:
    row: dict[str, Any] = eval(f"{{{ROW}}}", vars(expected_permissions))
    assert set(row) == {page_name(action)}
    for author, allowed in row[page_name(action)].items():
        with undone():
            target = get_target_by(scene, "thread", author)
            assert people_allowed(scene, action, target) == allowed, author


def test_example_is_offered_and_moves_the_thread(scene: Scene, action: Action[Any]) -> None:
    thread, page = (
        scene.threads["open"],
        reverse(page_name(action), args=[scene.threads["open"].pk]),
    )
    assert page == f"/t/{thread.pk}/move-to-board/"
    (offers,) = links_on(thread, scene.reader("carol"))
    assert (page, "Move to another board") in [link[:2] for link in offers.links]
    form = {"reason": "about roads"} | sent_with(action)
    with undone():
        # mona is a moderator of this board only.
        assert scene.client("mona").post(page, form).status_code == 422
        assert scene.client("carol").post(page, form).status_code == 303
        assert Thread.objects.get(pk=thread.pk).board == scene.elsewhere
        log = scene.client("visitor").get(reverse("log")).content.decode()
        assert "A moderator</b> moved a thread to another board" in log
        thread_list = scene.client("carol").get(reverse("admin:forum_thread_changelist"))
        assert 'value="move-to-board"' in thread_list.content.decode()
