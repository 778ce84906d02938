"""Shared steps of the tree tests: fast replies, a crowd, and a check of the whole tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from forum.models import Post, Revision, Thread, User
from forum.models.tree import faults

CROWD = Path(__file__).with_name("crowd.py")


def plant(parent: Post, author: User) -> Post:
    """A reply without words, by the same door to the tree as `reply_to`, and quicker."""
    thread = Thread.objects.locked(parent.thread_id)
    number = thread.take_numbers()
    post = Post(parent=parent, thread=thread, author=author, number=number, latest_number=number)
    post.branch_number = 0 if parent.level else number
    post.save(force_insert=True)
    Post.objects.record_in_branch(post)
    Revision.objects.create(post=post, number=post.number, editor=author)
    thread.record_latest_post(post)
    return post


def assert_sound() -> None:
    """Every tree and counter is whole, and the database's own checks agree now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert faults() == []


@pytest.fixture
def sound() -> Callable[[], None]:
    return assert_sound


@pytest.fixture
def grow() -> Callable[[Post, User], Post]:
    return plant


def _crowd(deed: str, *, processes: int, timeout: int = 60, **details: Any) -> list[list[Any]]:
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    task = {
        "database": {name: connection.settings_dict[name] for name in names},
        "deed": deed,
        "processes": processes,
        "details": details,
    }
    done = subprocess.run(
        [sys.executable, str(CROWD)],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        # The address is replaced by the test's own; named so that no server is started.
        env=os.environ | {"DATABASE_URL": "postgres://nobody@localhost/nothing"},
    )
    assert done.returncode == 0, done.stderr
    outcomes: list[list[Any]] = json.loads(done.stdout)
    return outcomes


@pytest.fixture
def crowd(transactional_db: None) -> Callable[..., list[list[Any]]]:
    """Call it with the name of a deed in `crowd.py`: what became of it, in each process."""
    return _crowd
