"""Child processes end together with the process that started them."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.concurrency import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SLEEP = '["sleep", "600"]'


def start_parent() -> subprocess.Popen[str]:
    """Start a process with two children; it prints their pids, waits, and prints why it ends."""
    code = f"""
        from forum.management.processes import ProcessTree, StopRequested
        processes = ProcessTree()
        try:
            processes.start("one", {SLEEP})
            processes.start("two", {SLEEP})
            print(*(child.pid for child in processes.children.values()), flush=True)
            print(processes.wait(), processes.ended())
        except StopRequested:
            print("asked to stop")
        processes.stop()
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "forum.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )


def children_of(parent: subprocess.Popen[str]) -> list[int]:
    assert parent.stdout
    return [int(pid) for pid in parent.stdout.readline().split()]


def wait_until_gone(pids: list[int]) -> None:
    wait_until(lambda: not any(map(_is_running, pids)), 5)


def _is_running(pid: int) -> bool:
    """Tell whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own means, on Linux")
def test_children_end_when_the_parent_is_killed():
    parent = start_parent()
    children = children_of(parent)
    parent.kill()
    parent.wait()
    wait_until_gone(children)


def test_parent_reports_the_child_that_ended():
    parent = start_parent()
    children = children_of(parent)
    os.kill(children[1], signal.SIGTERM)
    assert parent.stdout
    assert parent.stdout.read() == "False two\n"
    wait_until_gone(children)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_signal_ends_all_processes(number):
    parent = start_parent()
    children = children_of(parent)
    parent.send_signal(number)
    assert parent.stdout
    assert parent.stdout.read() == "asked to stop\n"
    wait_until_gone(children)
