"""One rule for the names of moderators: members read the role, unless the setting says the name."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Post, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.moderator_edits import edit_with_reason
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.actions.warnings import warn_person
from tests.html import Page

WHY = {"reason": "going in circles"}


@pytest.fixture
def pages(opening, reply, board, alice, bob, carol):
    """Everything that a moderator did, and where members read of it."""
    edited = reply_to(opening, author=bob, source="A wall.")
    removed = start_thread(board, author=bob, title="Walls", source="Walls?")
    action = hide_post(reply, actor=carol, **WHY)
    edit_with_reason(edited, source="No wall.", actor=carol, **WHY)
    remove_thread(removed, actor=carol, **WHY)
    lock_thread(opening.thread, actor=carol, **WHY)
    warn_person(User.objects.get(pk=bob.pk), board=board, actor=carol, **WHY)
    assert Post.objects.get(pk=edited.pk).source == "No wall."
    return {
        "tombstone": opening.thread.get_absolute_url(),
        "post": reply.get_absolute_url(),
        "history": reverse("post-history", args=[edited.pk]),
        "thread": removed.get_absolute_url(),
        "log": "/log/",
        "entry": action.get_absolute_url(),
    }


def test_members_read_the_role_everywhere(pages, board, visitor, as_alice, as_bob):
    for client in (visitor, as_alice, as_bob):
        for name, address in pages.items():
            text = Page(client.get(address, follow=True)).text
            assert f"moderator of {board.name}" in text, name
            assert "carol" not in text, name
    inbox = Page(as_bob.get("/inbox/")).text
    assert inbox.count(f"by a moderator of {board.name}") == 4
    assert "carol" not in inbox


def test_colleagues_read_the_name_in_log_and_history(pages, as_carol):
    for name in ("history", "log", "entry"):
        assert "carol" in Page(as_carol.get(pages[name])).text, name


def test_setting_shows_the_name_in_the_same_places(pages, board, visitor, as_bob, settings):
    settings.MODERATOR_NAMES = True
    for name, address in pages.items():
        text = Page(visitor.get(address)).text
        assert "carol" in text.lower(), name
        assert f"moderator of {board.name}" not in text, name
    assert Page(as_bob.get("/inbox/")).text.count("by carol") == 4
