"""The people and places that tests tell their stories with. Data comes through real actions."""

from __future__ import annotations

import gc

import pytest
from django.test import Client, TransactionTestCase
from hypothesis import settings

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Category, Post, Role, Thread, User
from forum.moderation.actions.suspensions import suspend_person
from tests.fast_flush import leave_it_empty

# The machine may be busy: no deadline for one example. Each run tries other examples, so that few
# at a time find what many would.
settings.register_profile("few-and-often", deadline=None, max_examples=30)
settings.load_profile("few-and-often")

PASSWORD = "correct horse battery"

TransactionTestCase._fixture_teardown = leave_it_empty


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests, so that no process is left alone with one."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Keep the garbage collector away from what is loaded by now; nothing of it is garbage.

    With the whole suite collected, 174 tests took 37 s of processor time without this, 32 with it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def person(name: str) -> User:
    """A member who can log in with `PASSWORD`."""
    return User.objects.create_user(name, f"{name}@example.org", PASSWORD)


@pytest.fixture
def alice(db: None) -> User:
    """A member: the author of most things."""
    return person("alice")


@pytest.fixture
def bob(db: None) -> User:
    """Another member."""
    return person("bob")


@pytest.fixture
def carol(db: None) -> User:
    """A moderator of the whole site."""
    carol = person("carol")
    Role.objects.create(person=carol, kind=Role.Kind.MODERATOR)
    return carol


@pytest.fixture
def dan(carol: User) -> User:
    """A suspended member."""
    dan = person("dan")
    suspend_person(dan, actor=carol, reason="spam")
    return User.objects.get(pk=dan.pk)


@pytest.fixture
def erin(db: None) -> User:
    """An administrator."""
    erin = person("erin")
    Role.objects.create(person=erin, kind=Role.Kind.ADMINISTRATOR)
    return erin


@pytest.fixture
def board(db: None) -> Board:
    category = Category.objects.create(name="Outdoors")
    return Board.objects.create(
        category=category, name="Gardens", slug="gardens", description="What grows, and how."
    )


@pytest.fixture
def thread(board: Board, alice: User) -> Thread:
    """A thread of alice's that nobody answered yet."""
    return start_thread(
        board, author=alice, title="Moss on the north wall", source="Does moss harm the bricks?"
    )


@pytest.fixture
def opening(thread: Thread) -> Post:
    return Post.objects.get(thread=thread, parent=None)


@pytest.fixture
def reply(opening: Post, bob: User) -> Post:
    """Bob's answer to alice."""
    return reply_to(opening, author=bob, source="Only where the bricks stay wet all winter.")


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def visitor(db: None) -> Client:
    return Client()


@pytest.fixture
def as_alice(alice: User) -> Client:
    return _logged_in(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return _logged_in(bob)


@pytest.fixture
def as_carol(carol: User) -> Client:
    return _logged_in(carol)


@pytest.fixture
def as_dan(dan: User) -> Client:
    return _logged_in(dan)


@pytest.fixture
def as_erin(erin: User) -> Client:
    return _logged_in(erin)
