"""Child processes that end with this one."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType

from django.conf import settings

STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>


class StopRequested(Exception):
    """A request to end: Ctrl-C or a signal."""


def die_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Let the kernel send this process a signal when its parent dies (Linux only)."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died just now
        os.kill(os.getpid(), number)


class ProcessTree:
    """The children of a foreground process: when one ends, all end.

    Children have process groups of their own, because Ctrl-C goes to a whole group: only this
    process receives it, and then stops each child once.
    """

    def __init__(self) -> None:
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stop_signals: dict[int, signal.Signals] = {}
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    @staticmethod
    def _asked_to_stop(number: int, frame: FrameType | None) -> None:
        raise StopRequested

    def start(
        self, name: str, command: Sequence[str], stop_signal: signal.Signals = signal.SIGTERM
    ) -> None:
        """Start a child in the project's directory; `name` is used in messages."""
        child = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            process_group=0,
            preexec_fn=partial(die_with_parent, stop_signal),  # noqa: PLW1509
        )
        self.children[name] = child
        self.stop_signals[child.pid] = stop_signal

    def ended(self) -> str | None:
        """Return the name of a child that has ended, if any."""
        return next(
            (name for name, child in self.children.items() if child.poll() is not None), None
        )

    def wait(self, until: Callable[[], bool] = lambda: False, seconds: float | None = None) -> bool:
        """Wait until `until()` is true; return False if a child ended or the time was up first."""
        give_up_at = None if seconds is None else time.monotonic() + seconds
        while not until():
            if self.ended() or (give_up_at is not None and time.monotonic() > give_up_at):
                return False
            time.sleep(0.1)
        return True

    def stop(self) -> None:
        """End all children: by signal first, by force after `STOP_SECONDS`."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in self.children.values():
            child.send_signal(self.stop_signals[child.pid])
        give_up_at = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            try:
                child.wait(max(0, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
