"""The worked example of docs/moderation-actions.md: one file and one row add an action."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import reverse

from forum.models import Thread
from forum.moderation.actions.board_moves import move_to_board
from forum.moderation.offers import links_on
from tests.moderation_actions import EACH, page_name
from tests.scene import Scene, undone

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/moderation-actions.md").read_text()
EXAMPLE = DOCUMENT[DOCUMENT.index("## Add an action: worked example") :]
FILE, ROW = re.findall(r"```python\n(.*?)```", EXAMPLE, re.DOTALL)[:2]
SOURCE = "forum/moderation/actions/board_moves.py"


def test_the_example_is_the_action_and_every_test_of_actions_takes_it() -> None:
    assert (ROOT / SOURCE).read_text() == FILE
    assert ROW in (ROOT / "tests/expected_permissions.py").read_text()
    assert move_to_board in EACH


def test_no_other_file_knows_of_the_example() -> None:
    """All but the file itself follows from the registry."""
    naming = [
        str(path.relative_to(ROOT))
        for folder in ("forum", "templates")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html"}
        and re.search("move[-_]to[-_]board|board_moves|MoveToBoard", path.read_text())
    ]
    assert naming == [SOURCE]


def test_the_example_is_offered_and_moves_the_thread(scene: Scene) -> None:
    thread = scene.threads["open"]
    page = reverse(page_name(move_to_board), args=[thread.pk])
    assert page == f"/t/{thread.pk}/move-to-board/"
    (offers,) = links_on(thread, scene.reader("carol"))
    assert (page, "Move to another board") in [link[:2] for link in offers.links]
    form = {"reason": "about roads", "board": scene.elsewhere.pk}
    with undone():
        # mona is a moderator of this board only.
        assert scene.client("mona").post(page, form).status_code == 422
        assert scene.client("carol").post(page, form).status_code == 303
        assert Thread.objects.get(pk=thread.pk).board == scene.elsewhere
        log = scene.client("visitor").get(reverse("log")).content.decode()
        assert "A moderator of Gardens</b> moved a thread to another board" in log
        thread_list = scene.client("carol").get(reverse("admin:forum_thread_changelist"))
        assert 'value="move-to-board"' in thread_list.content.decode()
