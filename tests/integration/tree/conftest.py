"""Shared steps of the tree tests: quick replies, concurrent writers, and checks of whole trees."""

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


def add_reply_without_text(parent: Post, author: User) -> Post:
    """Write a reply without text: it changes the tree like `reply_to`, but quicker."""
    thread = Thread.objects.locked(parent.thread_id)
    number = thread.take_numbers()
    post = Post(parent=parent, thread=thread, author=author, number=number, latest_number=number)
    post.branch_number = 0 if parent.level else number
    post.save(force_insert=True)
    Post.objects.record_in_branch(post)
    Revision.objects.create(post=post, number=post.number, editor=author)
    thread.record_latest_post(post)
    return post


def assert_all_trees_sound() -> None:
    """Assert that every tree and counter is correct, also by the database's own checks."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert faults() == []


@pytest.fixture
def assert_trees_sound() -> Callable[[], None]:
    return assert_all_trees_sound


@pytest.fixture
def add_reply() -> Callable[[Post, User], Post]:
    return add_reply_without_text


def _run_processes(
    function_name: str, *, processes: int, timeout: int = 60, **details: Any
) -> list[list[Any]]:
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    task = {
        "database": {name: connection.settings_dict[name] for name in names},
        "function": function_name,
        "processes": processes,
        "details": details,
    }
    finished = subprocess.run(
        [sys.executable, str(CROWD)],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        # Replaced by the test's own database; set so that no server is started.
        env=os.environ | {"DATABASE_URL": "postgres://nobody@localhost/nothing"},
    )
    assert finished.returncode == 0, finished.stderr
    outcomes: list[list[Any]] = json.loads(finished.stdout)
    return outcomes


@pytest.fixture
def crowd(transactional_db: None) -> Callable[..., list[list[Any]]]:
    """Return a function that runs a function of `crowd.py` in several processes."""
    return _run_processes
