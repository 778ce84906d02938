"""Two web processes that read from a streaming replica, with real PostgreSQL servers."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from forum import database
from forum.database.programs import account_for, program
from tests.concurrency import wait_until
from tests.integration.ops.test_production import (
    HOST,
    PASSWORD,
    ROOT,
    Production,
    Response,
    first_post,
    free_port,
    image_command,
    manage,
    post_form,
    wait_until_healthy,
    with_cookies,
)

pytestmark = [pytest.mark.slow, pytest.mark.fault]

MAX_LAG = 2  # seconds


@dataclass
class Site:
    """Two web servers, the database they write to, and its replica."""

    webs: list[Production]
    primary: Path
    replica: Path

    def on_primary(self, sql: str) -> None:
        run_sql(self.primary, sql)

    @contextmanager
    def paused_replica(self) -> Iterator[None]:
        """Let the replica receive changes without showing them."""
        run_sql(self.replica, "SELECT pg_wal_replay_pause()")
        try:
            yield
        finally:
            run_sql(self.replica, "SELECT pg_wal_replay_resume()")


def run_sql(place: Path, sql: str) -> None:
    with psycopg.connect(database.url(place), autocommit=True) as connection:
        connection.execute(sql)


def copy_to_replica(primary: Path, replica: Path) -> None:
    """Start a streaming replica in this directory."""
    replica.mkdir(mode=0o755)
    account = account_for(replica)
    account.own(replica)
    command = [program("pg_basebackup"), "--dbname", database.url(primary), "--pgdata"]
    command += [replica / "pg", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
    assert account.run(command) == 0
    (replica / "pg" / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # the primary's
    database.ensure(replica, durable=False)


@pytest.fixture(scope="module")
def site(open_directory: Path) -> Iterator[Site]:
    place = open_directory
    primary, replica = place / "primary", place / "replica"
    database.ensure(primary, durable=False)
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(place),
        "PRODUCTION": "True",
        "SECRET_KEY": "a-key-for-this-test-only-" * 3,
        "DATABASE_URL": database.url(primary),
        "SITE_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "STATIC_ROOT": str(place / "static"),
        "EMAIL_URL": "consolemail://",
        "ADMIN_PASSWORD": PASSWORD,
        "WEB_CONCURRENCY": "1",
        "REPLICA_MAX_LAG": str(MAX_LAG),
    }
    manage("collectstatic", "--no-input", env=env)
    manage("setup", env=env)
    copy_to_replica(primary, replica)
    env["REPLICA_DATABASE_URL"] = database.url(replica)
    webs, processes = [], []
    try:
        for number in range(2):
            port, log = free_port(), place / f"log{number}"
            process = subprocess.Popen(
                image_command(port), cwd=ROOT, env=env, stderr=log.open("wb")
            )
            processes.append(process)
            webs.append(Production(port, env, primary, place / "static", log))
            wait_until_healthy(webs[-1], process)
        yield Site(webs, primary, replica)
    finally:
        for process in processes:
            process.terminate()
            process.wait(15)
        database.stop(replica)
        database.stop(primary)


@pytest.fixture
def web(site: Site) -> Production:
    """Return a web server that reads from the replica."""
    web = site.webs[0]
    web.get("/")
    time.sleep(0.1)  # until the replica has what the primary had at that request
    return web


def after(person: dict[str, str], response: Response) -> dict[str, str]:
    """Return the person's headers with the cookies of a response."""
    cookies = [person["Cookie"], with_cookies(response)["Cookie"]]
    return person | {"Cookie": "; ".join(filter(None, cookies))}


def test_pages_are_read_from_the_replica_while_it_keeps_up(site: Site, web: Production):
    site.on_primary("UPDATE forum_board SET name = 'Before'")
    time.sleep(0.3)
    assert b"Before" in web.get("/").body
    with site.paused_replica():
        site.on_primary("UPDATE forum_board SET name = 'Behind'")
        assert b"Before" in web.get("/").body, "the page was read from the primary"
        time.sleep(MAX_LAG + 1.5)
        assert b"Behind" in web.get("/").body, "the page is older than permitted"


def test_page_that_is_older_than_what_was_known_when_it_was_made_is_not_kept(
    site: Site, web: Production
):
    def has_replica_caught_up() -> bool:
        with psycopg.connect(database.url(site.replica)) as connection:
            row = connection.execute("SELECT 1 FROM forum_board WHERE name = 'Second'").fetchone()
        return row is not None

    site.on_primary("UPDATE forum_board SET name = 'First'")
    time.sleep(0.3)
    assert b"First" in web.get("/").body
    with site.paused_replica():
        site.on_primary("UPDATE forum_board SET name = 'Second'")
        assert b"First" in web.get("/").body, "the page was read from the primary"
    wait_until(has_replica_caught_up, 10)
    assert b"Second" in web.get("/").body, "a page that was behind was kept as a new one"


def test_members_see_what_they_have_just_written(site: Site, web: Production):
    member = web.log_in()
    post = first_post(web)
    with site.paused_replica():
        reply = post_form(web, f"/p/{post}/reply/", member, source="Written a moment ago.")
        assert reply.status == 302, reply.body
        member = after(member, reply)
        for each in site.webs:
            assert b"Written a moment ago." in each.get(reply.headers["Location"], member).body


def test_hidden_post_is_hidden_from_everybody_when_the_moderator_is_answered(
    site: Site, web: Production
):
    def shows_words(each: Production) -> bool:
        return b"Copyright Maximalism" in each.get(page).body

    moderator = web.log_in()
    last = first_post(web) + 4  # of the seed
    page = web.get(f"/p/{last}/").headers["Location"].partition("#")[0]
    assert all(map(shows_words, site.webs))
    with site.paused_replica():
        hidden = post_form(web, f"/p/{last}/hide/", moderator, reason="not for this place")
        assert hidden.status == 303, hidden.body
        assert not any(map(shows_words, site.webs))


def test_pages_are_served_without_the_replica_and_with_it_again(site: Site, web: Production):
    member = web.log_in()  # pages of visitors may come from memory
    database.stop(site.replica)
    try:
        assert [each.get("/", member).status for each in site.webs] == [200, 200]
        assert "the replica failed" in web.log.read_text()
    finally:
        database.ensure(site.replica, durable=False)
    assert web.get("/", member).status == 200


def test_replica_that_became_a_primary_is_not_read_from(site: Site, web: Production):
    site.on_primary("UPDATE forum_board SET name = 'Only here'")
    run_sql(site.replica, "SELECT pg_promote()")
    run_sql(site.replica, "UPDATE forum_board SET name = 'Split brain'")
    assert b"Split brain" not in site.webs[1].get("/").body
