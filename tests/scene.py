"""One forum with every role and every state that permissions tell apart.

It is for tests of all addresses, roles or states; other tests create their own data. Every text has
a token of its own, so that a leak is recognised anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import Client

from forum.actions.bookmarks import bookmark_post
from forum.actions.drafts import Writing, save_draft
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.premoderation import Submission, hold_post
from forum.actions.reports import report_post
from forum.actions.tags import tag_thread
from forum.actions.threads import start_thread
from forum.markup.rendered_post import render
from forum.models import (
    Board,
    Bookmark,
    Category,
    Draft,
    Erasure,
    PendingPost,
    Post,
    ReasonTemplate,
    ReceivedMail,
    ReviewRule,
    Role,
    SiteText,
    Tag,
    Thread,
    User,
)
from forum.models.drafts import Purpose
from forum.models.visibility import Reader
from forum.moderation.actions.branch_hiding import remove_branch
from forum.moderation.actions.erasure_requests import ask_to_erase
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.appeals import appeal_against
from forum.moderation.configuration import set_up

PASSWORD = "correct horse battery"

# Columns of every table of permissions: a visitor; the author of most posts; another member; a
# suspended one; a moderator of the site, of this board, of another board; an administrator.
PEOPLE = ("visitor", "alice", "bob", "dan", "carol", "mona", "otto", "erin")


@dataclass(eq=False)
class Scene:
    board: Board
    elsewhere: Board
    draft: Draft = field(init=False)  # alice's reply to bob
    bookmark: Bookmark = field(init=False)  # alice's, of a post of bob's
    pending_post: PendingPost = field(init=False)  # alice's pending reply to dan
    introduction: SiteText = field(init=False)
    rule: ReviewRule = field(init=False)  # makes the pending post pending
    reason: ReasonTemplate = field(init=False)
    tag: Tag = field(init=False)  # of alice's threads
    erasure: Erasure = field(init=False)  # of a post of dan's, requested by erin
    people: dict[str, User] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    # The word by which each text is found.
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, name: str, **kwargs: Any) -> Client:
        """Return a test client in which that person is logged in."""
        client = Client(**kwargs)
        client.cookies.load(self.cookies.get(name, ""))
        return client

    def reader(self, name: str) -> Reader:
        """Return the person as a new request would find them."""
        if name not in self.people:
            return AnonymousUser()
        return User.objects.get(pk=self.people[name].pk)


def build_scene() -> Scene:
    """Create the scene by the forum's own actions."""
    outdoors = Category.objects.create(name="Outdoors")
    board = Board.objects.create(category=outdoors, name="Gardens", slug="gardens")
    elsewhere = Board.objects.create(category=outdoors, name="Roads", slug="roads")
    scene = Scene(board, elsewhere)
    _create_people(scene)
    alice, bob, carol = (scene.people[name] for name in ("alice", "bob", "carol"))
    for name in ("open", "locked", "deleted", "removed"):
        title = f"A thread that is {name}"
        scene.threads[name] = start_thread(
            board, author=alice, title=title, source=_text(scene, f"{name}-opening")
        )
        scene.posts[f"{name}-opening"] = Post.objects.get(thread=scene.threads[name], parent=None)
    reply_to(scene.posts["removed-opening"], author=bob, source=_text(scene, "in-removed"))
    scene.threads["roads"] = start_thread(
        elsewhere, author=bob, title="A thread elsewhere", source=_text(scene, "roads-opening")
    )
    scene.posts["roads-opening"] = Post.objects.get(thread=scene.threads["roads"])
    opening = scene.posts["open-opening"]
    for name in ("visible", "hidden", "deleted"):
        post = reply_to(opening, author=alice, source=_text(scene, name))
        reply_to(post, author=bob, source=f"An answer to {name}, by bob.")
        edit_post(post, actor=alice, source=_text(scene, name, f"{name}-now"))
        scene.posts[name] = post
    scene.posts["quoting"] = reply_to(
        opening, author=scene.people["dan"], source=_quotes(scene, "visible", "hidden", "deleted")
    )
    scene.posts["removed"] = reply_to(opening, author=alice, source=_text(scene, "removed"))
    scene.posts["below-removed"] = reply_to(
        scene.posts["removed"], author=bob, source=_text(scene, "below-removed")
    )
    scene.posts["by-bob"] = reply_to(opening, author=bob, source=_text(scene, "by-bob"))
    words = _text(scene, "report")
    report_post(opening, actor=bob, reason="spam", words=words)
    scene.introduction = SiteText(pk=1, introduction="A place to talk about gardens")
    set_up(scene.introduction, actor=scene.people["erin"])
    scene.reason = ReasonTemplate(text="Going in circles")
    set_up(scene.reason, actor=scene.people["erin"])
    scene.tag = Tag(name="Walls", slug="walls")
    set_up(scene.tag, actor=carol)
    for name in ("open", "locked", "deleted", "removed"):
        tag_thread(scene.threads[name], [scene.tag.pk], actor=alice)
    ask_to_erase(scene.posts["quoting"], actor=scene.people["erin"], reason="His own address")
    scene.erasure = Erasure.objects.get()
    scene.bookmark = bookmark_post(
        scene.posts["by-bob"], member=alice, note=_text(scene, "bookmark")
    )
    for name in ("visible", "hidden", "deleted", "removed", "removed-opening"):
        bookmark_post(scene.posts[name], member=bob)
    scene.draft = _save_draft(scene, scene.posts["by-bob"], alice)
    scene.rule = ReviewRule(kind=ReviewRule.Kind.WORDS, terms="tokenpendingend")
    set_up(scene.rule, actor=scene.people["erin"])
    scene.pending_post = _hold_post(scene, scene.posts["quoting"], alice)
    ReceivedMail.objects.create(
        key="1",
        member=alice,
        post=scene.posts["visible"],
        left_out=_text(scene, "left-out"),
        lines_left_out=1,
    )
    _moderate(scene, carol)
    for table in (scene.posts, scene.threads):
        for row in table.values():
            row.refresh_from_db()
    return scene


def _text(scene: Scene, *names: str) -> str:
    """Return a text with a token for each of the names; no token is a part of another."""
    for name in names:
        scene.tokens[name] = f"token{name.replace('-', '')}end"
    return f"Some words with {' and '.join(scene.tokens[name] for name in names)} in them."


def _quotes(scene: Scene, *names: str) -> str:
    """Return a post that quotes these posts, each by itself and each inside the one before."""
    texts = [scene.posts[name].latest_revision().source for name in names]
    separate_quotes = "\n\nand\n\n".join(f"> {text}" for text in texts)
    nested_quotes = "\n".join(
        f"{'> ' * depth}{text}\n{'> ' * depth}" for depth, text in enumerate(texts, 1)
    )
    return f"{separate_quotes}\n\nand\n\n{nested_quotes}\n\nSo they say."


def _save_draft(scene: Scene, parent: Post, member: User) -> Draft:
    writing = Writing(_text(scene, "draft"))
    draft = save_draft(Purpose(parent_id=parent.pk), member=member, written=writing)
    assert draft
    return draft


def _hold_post(scene: Scene, parent: Post, member: User) -> PendingPost:
    source = _text(scene, "pending")
    causes = Submission(member, render(source)).find_matching_rule()
    assert causes
    purpose = Purpose(parent_id=parent.pk)
    return hold_post(purpose, author=member, written=Writing(source), match=causes)


def _create_people(scene: Scene) -> None:
    roles = {
        "carol": (Role.Kind.MODERATOR, None),
        "mona": (Role.Kind.MODERATOR, scene.board),
        "otto": (Role.Kind.MODERATOR, scene.elsewhere),
        "erin": (Role.Kind.ADMINISTRATOR, None),
    }
    for name in PEOPLE[1:]:
        person = User.objects.create_user(name, f"{name}@example.org", PASSWORD)
        address = f"{name}@example.org"
        EmailAddress.objects.create(user=person, email=address, verified=True, primary=True)
        if name in roles:
            kind, board = roles[name]
            Role.objects.create(person=person, kind=kind, board=board)
        scene.people[name] = person
        client = Client()
        client.force_login(person)
        scene.cookies[name] = client.cookies.output(header="", sep=";")


def _moderate(scene: Scene, carol: User) -> None:
    """Hide, delete, lock, pin and suspend the targets named after it."""
    suspend_person(scene.people["dan"], actor=carol, reason="Spam")
    hidden = hide_post(scene.posts["hidden"], actor=carol, reason="Rude")
    appeal_against(hidden, actor=scene.people["alice"], words="It was not rude.")
    remove_branch(scene.posts["removed"], actor=carol, reason="In circles")
    delete_post(scene.posts["deleted"], actor=scene.people["alice"])
    delete_post(scene.posts["deleted-opening"], actor=scene.people["alice"])
    remove_thread(scene.threads["removed"], actor=carol, reason="Spam")
    lock_thread(scene.threads["locked"], actor=carol, reason="Settled")
    pin_thread(scene.threads["locked"], actor=carol, reason="Read this first")


@contextmanager
def undone() -> Iterator[None]:
    """Roll back all changes made inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def all_rows() -> dict[str, tuple[int, str]]:
    """Return the number of rows of each table, and a hash of all of them.

    Sessions are left out: they keep text that was typed and not accepted.
    """
    tables = {model._meta.db_table for model in apps.get_models()} - {"django_session"}
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            rows = "string_agg(t::text, '|' ORDER BY t::text)"
            cursor.execute(f"SELECT count(*), coalesce(md5({rows}), '') FROM \"{table}\" AS t")
            found[table] = cursor.fetchone()
    return found


def changed_since(before: dict[str, tuple[int, str]]) -> set[str]:
    """Return the tables that have changed."""
    return {table for table, rows in all_rows().items() if rows != before[table]}
