"""Five kinds of viewers at each kind of removal: what stands in its place, and what the link says.

That no word comes out anywhere else is the crawl of tests/architecture/test_visibility.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from forum.models import Case, Erasure, ModerationAction, PendingPost, Post
from forum.moderation.actions.erasure_requests import ask_to_erase
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.erasure.requests import confirm_erasure
from tests.addresses import addresses, desk_addresses
from tests.columns import tables_with
from tests.scene import Scene, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

VIEWERS = ("visitor", "bob", "alice", "mona", "otto", "erin")
MODERATORS = {"mona", "erin"}
ERASER, SECOND = "carol", "erin"
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
        assert "Only the author and moderators can see the text" in told
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
def test_permalink_of_a_removed_post_leads_there_or_is_gone(
    scene: Scene, state: str, viewer: str
) -> None:
    author, reason = REMOVALS[state]
    answer = scene.client(viewer).get(f"/p/{scene.posts[state].pk}/")
    if state != "deleted" and (viewer == author or viewer in MODERATORS):
        assert answer.status_code == 302
        return
    told = answer.content.decode()
    assert answer.status_code == 410
    assert "Go to the thread" in told
    if state != "deleted":
        assert reason in told
        assert entry_of(scene, state) in told


@pytest.mark.parametrize("viewer", VIEWERS)
def test_opening_post_that_is_hidden_keeps_title_and_replies(scene: Scene, viewer: str) -> None:
    opening = scene.posts["open-opening"]
    with undone():
        action = hide_post(opening, actor=scene.people["carol"], reason="Too loud")
        page = scene.client(viewer).get(scene.threads["open"].get_absolute_url())
        told = page.content.decode()
        assert page.status_code == 200
        assert scene.threads["open"].title in told
        assert scene.tokens["by-bob"] in told
        assert "Too loud" in told
        assert action.get_absolute_url() in told
        is_reader = viewer == "alice" or viewer in MODERATORS
        assert (scene.tokens["open-opening"] in told) is is_reader


def test_log_of_a_removal_tells_no_word_of_it(scene: Scene) -> None:
    for action in ModerationAction.objects.filter(act__in=["hide-post", "remove-branch"]):
        for viewer in ("visitor", "bob", "otto"):
            told = scene.client(viewer).get(action.get_absolute_url()).content.decode()
            assert not re.search(r"token\w+", told)


# -- Held: for its author and those who decide on it; for everybody else it does not exist ---------


@pytest.mark.parametrize("viewer", VIEWERS)
def test_pending_post_is_shown_in_its_thread_to_its_author_alone(scene: Scene, viewer: str) -> None:
    page = scene.client(viewer).get(scene.threads["open"].get_absolute_url()).content.decode()
    assert (scene.tokens["pending"] in page) is (viewer == "alice")
    assert (f"/pending/{scene.pending_post.pk}/" in page) is (viewer == "alice")


@pytest.mark.parametrize("viewer", VIEWERS)
def test_pending_post_is_not_found_by_others(scene: Scene, viewer: str) -> None:
    client = scene.client(viewer)
    for page in ("", "approve/", "reject/"):
        there = client.get(f"/pending/{scene.pending_post.pk}/{page}")
        never = client.get(f"/pending/999999/{page}")
        may_decide = viewer in MODERATORS
        if may_decide or (viewer == "alice" and not page):
            assert scene.tokens["pending"] in there.content.decode()
        elif viewer == "alice":
            assert there.status_code == 403
        else:
            assert there.status_code == never.status_code
            assert _without_id(there, scene.pending_post.pk) == _without_id(never, 999999)


def _without_id(answer: Any, pk: int) -> str:
    """What an answer says, without the address, which is what was asked for."""
    told = f"{answer.status_code} {answer.headers.get('Location', '')} {answer.content.decode()}"
    return re.sub(r'value="\w{64}"', "", re.sub(rf"pending(/|%2F){pk}(/|%2F)", "", told))


@pytest.mark.parametrize("viewer", [viewer for viewer in VIEWERS if viewer != "alice"])
def test_pending_post_changes_no_page_of_others(scene: Scene, viewer: str) -> None:
    """Pages, counts, notices, arrivals, quotes and redirects are what they are without it."""
    exits = [
        *(scene.threads["open"].get_absolute_url(), scene.board.get_absolute_url(), "/"),
        *("/inbox/", "/drafts/", "/pending/", "/log/", "/u/alice/"),
        f"/t/{scene.threads['open'].pk}/arrivals/?after=0&show=all",
        f"/p/{scene.pending_post.parent_id}/quoted/",
        f"/p/{scene.pending_post.parent_id}/menu/",
    ]
    if viewer in MODERATORS:
        exits = exits[:5]  # the log and the count of what waits are theirs to see

    def heard() -> list[str]:
        client = scene.client(viewer)
        with undone():
            answers = [client.get(page, headers={"hx-request": "true"}) for page in exits]
            answers += [client.get(page) for page in exits]
        return [COUNT.sub("", _without_id(each, 0)) for each in answers]

    told = heard()
    with undone():
        Case.objects.filter(pending_post=scene.pending_post).delete()
        PendingPost.objects.all().delete()
        assert heard() == told


# What differs each time: how much waits for a moderator, and what is signed with the hour.
COUNT = re.compile(
    r"<b>\d+</b>(?=<span class=\"vh\">\s*awaiting review)"
    r"|name=\"(?:nonce|csrf\w+)\"[^>]*|\?page=[^\"]+"
)


# -- Erased ---------------------------------------------------------------------------------------


@pytest.fixture
def erased(scene: Scene) -> Iterator[ModerationAction]:
    """Of the scene, the post that everybody could read; another post quotes it."""
    with undone():
        ask_to_erase(scene.posts["visible"], actor=scene.people[ERASER], reason="An address")
        asked = Erasure.objects.open().get(post=scene.posts["visible"])
        yield confirm_erasure(asked, actor=scene.people[SECOND])


def test_erased_text_is_in_no_column_of_any_table(scene: Scene, erased: ModerationAction) -> None:
    for name in ("visible", "visible-now"):
        assert tables_with(scene.tokens[name]) == set()


@pytest.mark.parametrize("viewer", VIEWERS)
def test_erased_text_is_on_no_page_for_anybody(
    scene: Scene, erased: ModerationAction, viewer: str
) -> None:
    tokens = [scene.tokens[name] for name in ("visible", "visible-now")]
    pages = [*addresses(scene).items()]
    if viewer in MODERATORS | {"otto"}:
        pages += desk_addresses(scene).items()
    client = scene.client(viewer)
    for name, path in pages:
        # A part of a page says nothing else to others than to these two.
        for headers in ({}, {"hx-request": "true"}) if viewer in ("bob", "erin") else ({},):
            if name.startswith("account_logout"):
                continue
            answer = client.get(path, headers=headers)
            told = answer.content.decode() + answer.headers.get("Location", "")
            assert not any(token in told for token in tokens), name


@pytest.mark.parametrize("viewer", VIEWERS)
def test_erased_post_links_to_the_log_entry(
    scene: Scene, erased: ModerationAction, viewer: str
) -> None:
    told = place(scene, viewer, "visible")
    assert re.search(r"Permanently deleted on \d+ \w+\.", told)
    assert f'href="{erased.get_absolute_url()}"' in told
    assert "1 reply below" in told
    answer = scene.client(viewer).get(f"/p/{scene.posts['visible'].pk}/")
    assert answer.status_code == 410
    assert "permanently deleted on" in answer.content.decode()
    entry = scene.client(viewer).get(erased.get_absolute_url()).content.decode()
    assert "An address" in entry
