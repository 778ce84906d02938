"""Counting the text that a request loads from the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.models.signals import post_init

from forum.models import Revision


@dataclass
class LoadedTexts:
    revisions: int = 0
    characters: int = 0


@contextmanager
def counting_texts() -> Iterator[LoadedTexts]:
    """Count the revisions that become objects, and the characters of their texts."""
    loaded = LoadedTexts()

    def count(instance: Revision, **_more: Any) -> None:
        loaded.revisions += 1
        texts = (instance.__dict__.get(name, "") for name in ("source", "plain"))
        loaded.characters += sum(map(len, texts))

    post_init.connect(count, sender=Revision)
    try:
        yield loaded
    finally:
        post_init.disconnect(count, sender=Revision)
