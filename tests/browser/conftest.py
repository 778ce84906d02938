"""One browser, one server and one world for all of these tests; nothing is rolled back.

A test that changes something begins a thread of its own. Whatever a test does, its pages may
raise no error, ask nobody else's server for anything, and open no dialog.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from pytest_django.live_server_helper import LiveServer

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Post, RateLimit, Thread, User
from tests.browser.watch import Watch, sign_in
from tests.browser.world import World, build, opening_of

# Playwright's loop runs in this thread, so Django takes the tests' own queries for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

NO_BROWSER = """The browser tests need Chromium. Do one of these:
  apt-get install chromium                            (as root, on Debian or Ubuntu)
  CHROMIUM=/path/to/chromium make test                (a Chromium or Chrome of yours)
  .venv/bin/python -m playwright install chromium     (where downloads are possible)"""

# A window of Chromium makes pages of its own ready for its address bar, which nobody sees here:
# a third of the time of opening one. Of several such lists the last counts, so that what
# Playwright turns off is turned off here again.
NOT_HERE = (
    *("WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup"),
    "PreloadTopChromeWebUI",
    *("AimEnabled", "LensOverlay", "MediaRouter", "OptimizationHints", "PreconnectToSearch"),
    *("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "NetworkTimeServiceQuerying"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
)
ARGUMENTS = [
    *("--disable-gpu", "--disable-background-networking"),
    f"--disable-features={','.join(NOT_HERE)}",
]

# Until a page is painted Chromium drops what is pressed in it.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# A busy machine may take longer than Playwright's five seconds.
expect.set_options(timeout=15_000)

Visit = Callable[..., Page]


def _chromium(playwright: Playwright) -> str:
    """The system's Chromium, else Playwright's own."""
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        found = name and shutil.which(name)
        if found:
            return found
    own = playwright.chromium.executable_path
    if not Path(own).exists():
        pytest.fail(NO_BROWSER, pytrace=False)
    return own


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, playwright: Playwright) -> dict:
    # The sandbox of Chromium does not work for root.
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    return {
        **browser_type_launch_args,
        "executable_path": _chromium(playwright),
        "args": arguments,
    }


@pytest.fixture(scope="session")
def world(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker
) -> Iterator[World]:
    """The world, in a database of its own: pytest-django's own would be emptied for each test."""
    with django_db_blocker.unblock():
        connections.close_all()
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        yield build()
        # A page that is closed may have sent something still.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def site(world: World) -> Iterator[str]:
    """The address of the running site."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def base_url(site: str) -> str:
    return site


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 800}}


@pytest.fixture
def visit(browser: Browser, browser_context_args: dict, site: str) -> Iterator[Visit]:
    """Open a page, signed in as `person` if there is one; other arguments are the context's."""
    watched: dict[BrowserContext, Watch] = {}

    def visit(path: str, person: User | None = None, **kwargs) -> Page:
        context = browser.new_context(**browser_context_args | kwargs)
        watched[context] = Watch(context, site)
        if person:
            sign_in(context, person, site)
        page = context.new_page()
        page.goto(path)
        if kwargs.get("java_script_enabled", True):
            page.evaluate(PAINTED)
        return page

    yield visit
    for context in watched:
        context.close()
    assert [fault for watch in watched.values() for fault in watch.faults] == []


# -- The people and places of the other tests, as they are here -----------------------------------


@pytest.fixture(scope="session")
def alice(world: World) -> User:
    return world.alice


@pytest.fixture(scope="session")
def bob(world: World) -> User:
    return world.bob


@pytest.fixture(scope="session")
def carol(world: World) -> User:
    return world.carol


@pytest.fixture
def thread(world: World) -> Thread:
    """A thread of alice's for this test alone."""
    RateLimit.objects.all().delete()
    return start_thread(
        world.yard, author=world.alice, title="A damp corner", source="Does moss harm the bricks?"
    )


@pytest.fixture
def opening(thread: Thread) -> Post:
    return opening_of(thread)


@pytest.fixture
def reply(opening: Post, bob: User) -> Post:
    return reply_to(opening, author=bob, source="Only where the bricks stay wet all winter.")


@pytest.fixture
def branches(opening: Post, bob: User, carol: User) -> tuple[Post, Post, Post]:
    """Three branches: of bob, of carol, and of bob who quotes carol."""
    damp = reply_to(opening, author=bob, source="Only where the bricks stay wet.\n\nAll winter.")
    lime = reply_to(opening, author=carol, source="Lime wash *kills* it, for a year.")
    echo = reply_to(
        opening,
        author=bob,
        source="> Lime wash kills it, for a year.\n\nA year is long.",
        quoted_post_ids=[lime.pk],
    )
    return damp, lime, echo
