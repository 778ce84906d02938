"""Links as the address bar shows them, of posts that are somewhere else now."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from forum.actions.posts import delete_post, reply_to
from forum.models import Post, User
from forum.moderation.actions.branch_moves import split_branch


def test_address_in_the_old_thread_leads_to_the_post(visit, reply: Post, carol: User) -> None:
    old = reply.thread.get_absolute_url()
    split_branch(reply, title="On its own", actor=carol, reason="another subject")
    page = visit(f"{old}#p{reply.pk}")
    expect(page).to_have_url(re.compile(rf"/on-its-own/#p{reply.pk}$"))
    expect(page.locator("h1")).to_have_text("On its own")


def test_link_to_a_post_that_is_there_stays(visit, reply: Post) -> None:
    page = visit(f"{reply.thread.get_absolute_url()}#p{reply.pk}")
    expect(page).to_have_url(re.compile(rf"{reply.thread.slug}/#p{reply.pk}$"))


def test_link_to_a_post_that_is_gone_ends_with_the_reason(visit, reply: Post, alice: User) -> None:
    below = reply_to(reply, author=alice, source="Below.")
    delete_post(below, actor=alice)
    page = visit(f"{reply.thread.get_absolute_url()}#p{below.pk}")
    expect(page.locator("h1")).to_have_text("Post not found")
