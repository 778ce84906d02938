"""Fixtures for tests of the admin: clients of every role, and another board."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.models import Board, Role, User
from tests.architecture.conftest import scene

__all__ = ["scene"]


@pytest.fixture
def other_board(board: Board) -> Board:
    return Board.objects.create(category=board.category, name="Stones", slug="stones")


def _moderator_of(name: str, board: Board) -> Client:
    person = User.objects.create_user(name, f"{name}@example.org")
    Role.objects.create(person=person, board=board, kind=Role.Kind.MODERATOR)
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def as_frank(board: Board) -> Client:
    """Return a client of a moderator of `board` only."""
    return _moderator_of("frank", board)


@pytest.fixture
def as_grace(other_board: Board) -> Client:
    """Return a client of a moderator of another board."""
    return _moderator_of("grace", other_board)


@pytest.fixture
def everybody(visitor, as_alice, as_dan, as_frank, as_grace, as_carol, as_erin):
    """Return a client for each role."""
    return {
        "visitor": visitor,
        "member": as_alice,
        "suspended": as_dan,
        "moderator here": as_frank,
        "moderator elsewhere": as_grace,
        "site moderator": as_carol,
        "administrator": as_erin,
    }
