"""Five kinds of viewers at each kind of removal: what stands in its place, and what the link says.

That no word comes out anywhere else is the crawl of tests/house/test_visibility.py.
"""

from __future__ import annotations

import re

import pytest

from forum.actions.moderation import hide_post
from forum.models import ModerationAction, Post
from tests.scene import Scene, undone

pytestmark = pytest.mark.django_db

VIEWERS = ("visitor", "bob", "alice", "mona", "otto", "erin")
MODERATORS = {"mona", "erin"}
# By removal: its author, and the reason that is told.
REMOVALS = {
    "hidden": ("alice", "Rude"),
    "removed": ("alice", "In circles"),
    "below-removed": ("bob", "In circles"),
    "deleted": ("alice", ""),
}


def place(scene: Scene, viewer: str, state: str) -> str:
    """What the page of the thread shows where the post was."""
    page = scene.client(viewer).get(scene.threads["open"].get_absolute_url()).content.decode()
    found = page.split(f'id="p{scene.posts[state].pk}"')
    return found[1].split("</article>")[0] if len(found) > 1 else ""


def entry_of(scene: Scene, state: str) -> str:
    action = Post.objects.get(pk=scene.posts[state].pk).hidden_action
    return action.get_absolute_url() if action else ""


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("state", REMOVALS)
def test_each_viewer_reads_what_was_removed_by_whom_and_why(
    scene: Scene, state: str, viewer: str
) -> None:
    author, reason = REMOVALS[state]
    told = place(scene, viewer, state)
    if state == "deleted":
        assert re.search(r"Deleted by its author on \d+ \w+", told)
        assert "/log/" not in told
        assert "1 reply below" in told
        return
    entry = entry_of(scene, state)
    if viewer == author or viewer in MODERATORS:
        assert "Only its author and moderators see the text" in told
        assert scene.tokens[state] in told
        assert (f'{entry}appeal/"' in told) is (viewer == author)
    elif state == "below-removed":
        assert told == "", "nothing stands below it: it is not drawn"
        return
    else:
        assert re.search(rf"Hidden by a moderator on \d+ \w+: {reason}\.", told)
        assert scene.tokens[state] not in told
        assert "carol" not in told
    assert f'href="{entry}"' in told


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("state", REMOVALS)
def test_its_link_leads_there_or_says_that_it_is_gone(
    scene: Scene, state: str, viewer: str
) -> None:
    author, reason = REMOVALS[state]
    answer = scene.client(viewer).get(f"/p/{scene.posts[state].pk}/")
    if state != "deleted" and (viewer == author or viewer in MODERATORS):
        assert answer.status_code == 302
        return
    told = answer.content.decode()
    assert answer.status_code == 410
    assert "The thread still is." in told
    if state != "deleted":
        assert reason in told
        assert entry_of(scene, state) in told


@pytest.mark.parametrize("viewer", VIEWERS)
def test_opening_post_that_is_hidden_keeps_title_and_replies(scene: Scene, viewer: str) -> None:
    opening = scene.posts["open-opening"]
    with undone():
        action = hide_post(opening, by=scene.people["carol"], reason="Too loud")
        page = scene.client(viewer).get(scene.threads["open"].get_absolute_url())
        told = page.content.decode()
        assert page.status_code == 200
        assert scene.threads["open"].title in told
        assert scene.tokens["by-bob"] in told
        assert "Too loud" in told
        assert action.get_absolute_url() in told
        is_reader = viewer == "alice" or viewer in MODERATORS
        assert (scene.tokens["open-opening"] in told) is is_reader


def test_the_log_of_a_removal_tells_no_word_of_it(scene: Scene) -> None:
    for action in ModerationAction.objects.filter(act__in=["hide-post", "remove-branch"]):
        for viewer in ("visitor", "bob", "otto"):
            told = scene.client(viewer).get(action.get_absolute_url()).content.decode()
            assert not re.search(r"token\w+", told)
