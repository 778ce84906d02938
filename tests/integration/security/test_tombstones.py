"""Tombstones, as different viewers see them on the page and by the permalink.

The crawl in tests/architecture/test_visibility.py tests that no text is shown elsewhere.
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
from tests.addresses import addresses, admin_addresses, one_each
from tests.architecture.test_fragments import WITH_FRAGMENT
from tests.columns import tables_with
from tests.scene import Scene, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

VIEWERS = ("visitor", "bob", "alice", "mona", "otto", "erin")
MODERATORS = {"mona", "erin"}
REQUESTER, CONFIRMER = "carol", "erin"
# The author and the stated reason, by state of the post.
REMOVALS = {
    "hidden": ("alice", "Rude"),
    "removed": ("alice", "In circles"),
    "below-removed": ("bob", "In circles"),
    "deleted": ("alice", ""),
}


def tombstone_html(scene: Scene, viewer: str, state: str) -> str:
    """Return the HTML that the thread's page shows in place of the post."""
    page = scene.client(viewer).get(scene.threads["open"].get_absolute_url()).content.decode()
    found = page.split(f'id="p{scene.posts[state].pk}"')
    return found[1].split("</article>")[0] if len(found) > 1 else ""


def log_entry_url(scene: Scene, state: str) -> str:
    action = Post.objects.get(pk=scene.posts[state].pk).hidden_action
    return action.get_absolute_url() if action else ""


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("state", REMOVALS)
def test_tombstone_shows_each_viewer_the_state_and_the_reason(
    scene: Scene, state: str, viewer: str
) -> None:
    author, reason = REMOVALS[state]
    html = tombstone_html(scene, viewer, state)
    if state == "deleted":
        assert re.search(r"Deleted by its author on \d+ \w+", html)
        assert "/log/" not in html
        assert "1 reply below" in html
        return
    entry = log_entry_url(scene, state)
    if viewer == author or viewer in MODERATORS:
        assert "Only the author and moderators can see the text" in html
        assert scene.tokens[state] in html
        assert (f'{entry}appeal/"' in html) is (viewer == author)
    elif state == "below-removed":
        assert html == "", "nothing stands below it: it is not drawn"
        return
    else:
        assert re.search(rf"Hidden by a moderator of Gardens on \d+ \w+: {reason}\.", html)
        assert scene.tokens[state] not in html
        assert "carol" not in html
    assert f'href="{entry}"' in html


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("state", REMOVALS)
def test_permalink_of_a_hidden_or_deleted_post_redirects_or_returns_410(
    scene: Scene, state: str, viewer: str
) -> None:
    author, reason = REMOVALS[state]
    response = scene.client(viewer).get(f"/p/{scene.posts[state].pk}/")
    if state != "deleted" and (viewer == author or viewer in MODERATORS):
        assert response.status_code == 302
        return
    html = response.content.decode()
    assert response.status_code == 410
    assert "Go to the thread" in html
    if state != "deleted":
        assert reason in html
        assert log_entry_url(scene, state) in html


@pytest.mark.parametrize("viewer", VIEWERS)
def test_thread_with_hidden_opening_post_shows_title_and_replies(scene: Scene, viewer: str) -> None:
    opening = scene.posts["open-opening"]
    with undone():
        action = hide_post(opening, actor=scene.people["carol"], reason="Too loud")
        page = scene.client(viewer).get(scene.threads["open"].get_absolute_url())
        html = page.content.decode()
        assert page.status_code == 200
        assert scene.threads["open"].title in html
        assert scene.tokens["by-bob"] in html
        assert "Too loud" in html
        assert action.get_absolute_url() in html
        can_read = viewer == "alice" or viewer in MODERATORS
        assert (scene.tokens["open-opening"] in html) is can_read


def test_log_entry_does_not_contain_the_hidden_text(scene: Scene) -> None:
    for action in ModerationAction.objects.filter(act__in=["hide-post", "remove-branch"]):
        for viewer in ("visitor", "bob", "otto"):
            html = scene.client(viewer).get(action.get_absolute_url()).content.decode()
            assert not re.search(r"token\w+", html)


# -- Pending: visible to the author and to moderators only ----------------------------------------


@pytest.mark.parametrize("viewer", VIEWERS)
def test_pending_post_is_shown_in_its_thread_to_its_author_only(scene: Scene, viewer: str) -> None:
    page = scene.client(viewer).get(scene.threads["open"].get_absolute_url()).content.decode()
    assert (scene.tokens["pending"] in page) is (viewer == "alice")
    assert (f"/pending/{scene.pending_post.pk}/" in page) is (viewer == "alice")


@pytest.mark.parametrize("viewer", VIEWERS)
def test_pending_post_returns_404_for_others(scene: Scene, viewer: str) -> None:
    client = scene.client(viewer)
    for page in ("", "approve/", "reject/"):
        response = client.get(f"/pending/{scene.pending_post.pk}/{page}")
        missing = client.get(f"/pending/999999/{page}")
        is_moderator = viewer in MODERATORS
        if is_moderator or (viewer == "alice" and not page):
            assert scene.tokens["pending"] in response.content.decode()
        elif viewer == "alice":
            assert response.status_code == 403
        else:
            assert response.status_code == missing.status_code
            assert _without_id(response, scene.pending_post.pk) == _without_id(missing, 999999)


def _without_id(response: Any, pk: int) -> str:
    """Return a response as text without the id, which was part of the request."""
    html = (
        f"{response.status_code} {response.headers.get('Location', '')} {response.content.decode()}"
    )
    return re.sub(r'value="\w{64}"', "", re.sub(rf"pending(/|%2F){pk}(/|%2F)", "", html))


@pytest.mark.parametrize("viewer", [viewer for viewer in VIEWERS if viewer != "alice"])
def test_pending_post_does_not_change_pages_of_others(scene: Scene, viewer: str) -> None:
    """Pages, counts, notifications, live updates, quotes and redirects are the same without it."""
    addresses_to_check = [
        *(scene.threads["open"].get_absolute_url(), scene.board.get_absolute_url(), "/"),
        *("/inbox/", "/drafts/", "/pending/", "/log/", "/u/alice/"),
        f"/t/{scene.threads['open'].pk}/arrivals/?after=0&show=all",
        f"/p/{scene.pending_post.parent_id}/quoted/",
        f"/p/{scene.pending_post.parent_id}/menu/",
    ]
    if viewer in MODERATORS:
        addresses_to_check = addresses_to_check[
            :5
        ]  # moderators see pending posts in the log and the counts

    def fetch_all() -> list[str]:
        client = scene.client(viewer)
        with undone():
            responses = [
                client.get(page, headers={"hx-request": "true"}) for page in addresses_to_check
            ]
            responses += [client.get(page) for page in addresses_to_check]
        return [VARIABLE_PARTS.sub("", _without_id(response, 0)) for response in responses]

    html = fetch_all()
    with undone():
        Case.objects.filter(pending_post=scene.pending_post).delete()
        PendingPost.objects.all().delete()
        assert fetch_all() == html


# Differences between requests: the count of pending posts, and signed values.
VARIABLE_PARTS = re.compile(
    r"<b>\d+</b>(?=<span class=\"visually-hidden\">\s*awaiting review)"
    r"|name=\"(?:nonce|at|csrf\w+)\"[^>]*|\?page=[^\"]+"
)


# -- Permanent deletion ---------------------------------------------------------------------------


@pytest.fixture
def erasure_action(scene: Scene) -> Iterator[ModerationAction]:
    """Permanently delete the scene's public post, which another post quotes."""
    with undone():
        ask_to_erase(scene.posts["visible"], actor=scene.people[REQUESTER], reason="An address")
        request = Erasure.objects.open().get(post=scene.posts["visible"])
        yield confirm_erasure(request, actor=scene.people[CONFIRMER])


def test_erased_text_is_not_in_the_database(scene: Scene, erasure_action: ModerationAction) -> None:
    for name in ("visible", "visible-now"):
        assert tables_with(scene.tokens[name]) == set()


def test_erased_text_is_not_on_any_page(scene: Scene, erasure_action: ModerationAction) -> None:
    """Pages come from the database, where it is not; so one of each will do, as erin sees it."""
    tokens = [scene.tokens[name] for name in ("visible", "visible-now")]
    client = scene.client("erin")
    for key, path in one_each(addresses(scene) | admin_addresses(scene)).items():
        if key.startswith("account_logout"):
            continue
        has_fragment = key.split()[0] in WITH_FRAGMENT
        for headers in ({}, {"hx-request": "true"}) if has_fragment else ({},):
            response = client.get(path, headers=headers)
            html = response.content.decode() + response.headers.get("Location", "")
            assert not any(token in html for token in tokens), key


@pytest.mark.parametrize("viewer", VIEWERS)
def test_erased_post_links_to_the_log_entry(
    scene: Scene, erasure_action: ModerationAction, viewer: str
) -> None:
    html = tombstone_html(scene, viewer, "visible")
    assert re.search(r"Permanently deleted on \d+ \w+\.", html)
    assert f'href="{erasure_action.get_absolute_url()}"' in html
    assert "1 reply below" in html
    response = scene.client(viewer).get(f"/p/{scene.posts['visible'].pk}/")
    assert response.status_code == 410
    assert "permanently deleted on" in response.content.decode()
    entry = scene.client(viewer).get(erasure_action.get_absolute_url()).content.decode()
    assert "An address" in entry
