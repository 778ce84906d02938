"""Members, boards and threads for all tests, created by the forum's own actions."""

from __future__ import annotations

import gc

import pytest
from django.test import Client, TransactionTestCase
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Category, Post, Role, Thread, User
from forum.moderation.actions.suspensions import suspend_person
from tests.fast_flush import empty_database
from tests.sampling import examples
from tests.strict_templates import be_strict
from tests.template_database import use_template

# No deadline for an example, because the machine may be busy. Each run tries a few other examples,
# so that many runs together try many.
settings.register_profile("few-and-often", deadline=None, max_examples=examples(30))
settings.load_profile("few-and-often")

# Collecting tests makes hardly any garbage; looking for it takes a tenth of the time.
gc.disable()

PASSWORD = "correct horse battery"


TransactionTestCase._fixture_teardown = empty_database
be_strict()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start files with slow tests first, so that no process is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Exclude the objects loaded so far from garbage collection.

    With the whole suite collected, 174 tests took 37 s of processor time without this, 32 with it.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Copy the test database from one in which all migrations were applied."""
    with django_db_blocker.unblock():
        use_template()


def person(name: str) -> User:
    """Create a member who can log in with `PASSWORD`."""
    return User.objects.create_user(name, f"{name}@example.org", PASSWORD)


@pytest.fixture
def alice(db: None) -> User:
    """Create the member who writes most posts."""
    return person("alice")


@pytest.fixture
def bob(db: None) -> User:
    """Create another member."""
    return person("bob")


@pytest.fixture
def carol(db: None) -> User:
    """Create a moderator of the whole site."""
    carol = person("carol")
    Role.objects.create(person=carol, kind=Role.Kind.MODERATOR)
    return carol


@pytest.fixture
def dan(carol: User) -> User:
    """Create a suspended member."""
    dan = person("dan")
    suspend_person(dan, actor=carol, reason="spam")
    return User.objects.get(pk=dan.pk)


@pytest.fixture
def erin(db: None) -> User:
    """Create an administrator."""
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
    """Start a thread of alice's without replies."""
    return start_thread(
        board, author=alice, title="Moss on the north wall", source="Does moss harm the bricks?"
    )


@pytest.fixture
def opening(thread: Thread) -> Post:
    return Post.objects.get(thread=thread, parent=None)


@pytest.fixture
def reply(opening: Post, bob: User) -> Post:
    """Post bob's reply to alice."""
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
