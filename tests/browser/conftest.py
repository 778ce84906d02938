"""One browser, one server and one set of sample data for all browser tests; nothing is rolled back.

A test that changes something starts a thread of its own. No page of any test may raise an error,
send a request to another server, or open a dialog.
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
from tests.browser.page_faults import FaultRecorder, log_in
from tests.browser.page_steps import wait_for_paint
from tests.browser.quiet_server import wait_for_last_requests
from tests.browser.sample_data import SampleData, create_sample_data, get_opening_post

# Playwright's event loop runs in this thread, so Django takes the tests' queries for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

NO_BROWSER_MESSAGE = """The browser tests need Chromium. Do one of these:
  apt-get install chromium                            (as root, on Debian or Ubuntu)
  CHROMIUM=/path/to/chromium make test                (a Chromium or Chrome of yours)
  .venv/bin/python -m playwright install chromium     (where downloads are possible)"""

# Chromium prepares its own pages for the address bar in every window, which takes a third of the
# time of opening one. Only the last list of disabled features counts, so this list repeats the
# features that Playwright disables.
DISABLED_FEATURES = (
    *("WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup"),
    "PreloadTopChromeWebUI",
    *("AimEnabled", "LensOverlay", "MediaRouter", "OptimizationHints", "PreconnectToSearch"),
    *("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "NetworkTimeServiceQuerying"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
)
CHROMIUM_ARGUMENTS = [
    *("--disable-gpu", "--disable-background-networking"),
    f"--disable-features={','.join(DISABLED_FEATURES)}",
]

# A busy machine may take longer than Playwright's default of five seconds.
expect.set_options(timeout=15_000)

Visit = Callable[..., Page]


def _chromium(playwright: Playwright) -> str:
    """Return the path of the system's Chromium, else of Playwright's own."""
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        found = name and shutil.which(name)
        if found:
            return found
    own = playwright.chromium.executable_path
    if not Path(own).exists():
        pytest.fail(NO_BROWSER_MESSAGE, pytrace=False)
    return own


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, playwright: Playwright) -> dict:
    # Chromium's sandbox does not work for root.
    arguments = CHROMIUM_ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    return {
        **browser_type_launch_args,
        "executable_path": _chromium(playwright),
        "args": arguments,
    }


@pytest.fixture(scope="session")
def sample_data(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker
) -> Iterator[SampleData]:
    """Create the sample data in a database of its own: pytest-django's is emptied for each test."""
    with django_db_blocker.unblock():
        connections.close_all()
        old_databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        yield create_sample_data()
        # A page that was closed may still have a request running.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        teardown_databases(old_databases, verbosity=0)


@pytest.fixture(scope="session")
def site(sample_data: SampleData) -> Iterator[str]:
    """Return the address of the running site."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def base_url(site: str) -> str:
    return site


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 800},
        "timezone_id": "UTC",  # the site's
    }


@pytest.fixture
def visit(browser: Browser, browser_context_args: dict, site: str) -> Iterator[Visit]:
    """Open a page, logged in as `person` if given; other arguments go to the browser context."""
    recorders: dict[BrowserContext, FaultRecorder] = {}

    def visit(path: str, person: User | None = None, **kwargs) -> Page:
        context = browser.new_context(**browser_context_args | kwargs)
        recorders[context] = FaultRecorder(context, site)
        if person:
            log_in(context, person, site)
        page = context.new_page()
        page.goto(path)
        if kwargs.get("java_script_enabled", True):
            wait_for_paint(page)
        return page

    yield visit
    for context in recorders:
        context.close()
    wait_for_last_requests()
    assert [fault for recorder in recorders.values() for fault in recorder.faults] == []


@pytest.fixture
def page_with_history(
    playwright: Playwright, browser_type_launch_args: dict, browser_context_args: dict, site: str
) -> Iterator[Page]:
    """Return a page of a browser in which Back shows the page as it was left."""
    browser = playwright.chromium.launch(
        **browser_type_launch_args, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser.new_page(**browser_context_args)
    browser.close()


# -- Fixtures of tests/conftest.py, taken from the sample data -----------------------------------


@pytest.fixture(scope="session")
def alice(sample_data: SampleData) -> User:
    return sample_data.alice


@pytest.fixture(scope="session")
def bob(sample_data: SampleData) -> User:
    return sample_data.bob


@pytest.fixture(scope="session")
def carol(sample_data: SampleData) -> User:
    return sample_data.carol


@pytest.fixture
def thread(sample_data: SampleData) -> Thread:
    """Start a thread of alice's for one test."""
    RateLimit.objects.all().delete()
    return start_thread(
        sample_data.yard,
        author=sample_data.alice,
        title="A damp corner",
        source="Does moss harm the bricks?",
    )


@pytest.fixture
def opening(thread: Thread) -> Post:
    return get_opening_post(thread)


@pytest.fixture
def reply(opening: Post, bob: User) -> Post:
    return reply_to(opening, author=bob, source="Only where the bricks stay wet all winter.")


@pytest.fixture
def branches(opening: Post, bob: User, carol: User) -> tuple[Post, Post, Post]:
    """Return three branches: by bob, by carol, and by bob, who quotes carol."""
    first = reply_to(opening, author=bob, source="Only where the bricks stay wet.\n\nAll winter.")
    second = reply_to(opening, author=carol, source="Lime wash *kills* it, for a year.")
    quoting = reply_to(
        opening,
        author=bob,
        source="> Lime wash kills it, for a year.\n\nA year is long.",
        quoted_post_ids=[second.pk],
    )
    return first, second, quoting
