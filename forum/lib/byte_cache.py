"""A cache in the memory of one process, with a limit on the bytes that it holds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    @property
    def size(self) -> int: ...


SizedValue = TypeVar("SizedValue", bound=Sized)


class ByteCache(Generic[SizedValue]):
    """Values by key; those unused for longest are dropped when they have too many bytes together.

    `size` of a value is in bytes. Threads can share one.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._values: OrderedDict[Hashable, SizedValue] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> SizedValue | None:
        """Return the value, and count it as used now; None if there is none."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: Hashable, value: SizedValue) -> None:
        """Keep a value in place of the one before; one that is too large is not kept."""
        with self._lock:
            before = self._values.pop(key, None)
            self.size -= before.size if before else 0
            if value.size > self.limit:
                return
            self._values[key] = value
            self.size += value.size
            while self.size > self.limit:
                _key, unused = self._values.popitem(last=False)
                self.size -= unused.size
