"""The forum behind PgBouncer, with two connections in transaction mode for all its processes."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from forum import database
from tests.integration.ops.test_production import (
    HOST,
    PASSWORD,
    ROOT,
    THROUGH_PROXY,
    Production,
    first_post,
    free_port,
    image_command,
    manage,
    post_form,
    wait_until_healthy,
)
from tests.pgbouncer import PGBOUNCER, pgbouncer_before

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed"),
]

MEMBERS = [f"member{number}" for number in range(4)]
REPLIES = 5  # of each


def address(name: str) -> str:
    return f"{name}@forum.example"


MAKE_MEMBERS = f"""
from allauth.account.models import EmailAddress
from forum.models import User
for name in {MEMBERS}:
    member = User.objects.create_user(name, f"{{name}}@forum.example", "{PASSWORD}")
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
"""


@pytest.fixture(scope="module")
def pooled(open_directory: Path) -> Iterator[Production]:
    """Run the forum in production, connected through PgBouncer."""
    place = open_directory
    data, web_port = place / "data", free_port()
    database.ensure(data, durable=False)
    server = Path(psycopg.conninfo.conninfo_to_dict(database.url(data))["host"])
    try:
        with pgbouncer_before(server, database="forum") as port:
            yield from serve(place, data, port, web_port)
    finally:
        database.stop(data)


def serve(place: Path, data: Path, port: int, web_port: int) -> Iterator[Production]:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "PRODUCTION": "True",
        "SECRET_KEY": "a-key-for-this-test-only-" * 3,
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/forum",
        "PREPARED_STATEMENTS": "False",
        "SITE_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "STATIC_ROOT": str(place / "static"),
        "EMAIL_URL": "consolemail://",
        "ADMIN_PASSWORD": PASSWORD,
    }
    log = place / "log"
    manage("collectstatic", "--no-input", env=env)
    manage("setup", env=env)
    manage("shell", "-c", MAKE_MEMBERS, env=env)
    web = subprocess.Popen(image_command(web_port), cwd=ROOT, env=env, stderr=log.open("wb"))
    forum = Production(web_port, env, data, place / "static", log)
    try:
        wait_until_healthy(forum, web)
        yield forum
    finally:
        web.terminate()
        web.wait(15)


def test_members_reply_at_once_and_nothing_is_lost(pooled: Production):
    posts = [first_post(pooled) + place for place in range(len(MEMBERS))]

    def reply_often(place: int) -> list[int]:
        """Reply several times to a post that nobody else replies to meanwhile."""
        person, path = pooled.log_in(address(MEMBERS[place])), f"/p/{posts[place]}/reply/"
        return [
            post_form(pooled, path, person, source=f"Reply {place}-{number}.").status
            for number in range(REPLIES)
        ]

    with ThreadPoolExecutor(len(MEMBERS)) as threads:
        statuses = [*threads.map(reply_often, range(len(MEMBERS)))]
    assert statuses == [[302] * REPLIES] * len(MEMBERS)
    page = pooled.get(pooled.get(f"/p/{posts[0]}/").headers["Location"]).body.decode()
    for place in range(len(MEMBERS)):
        assert all(f"Reply {place}-{number}." in page for number in range(REPLIES))
    assert "sound" in manage("check_trees", env=pooled.env)


def test_every_kind_of_page_is_served(pooled: Production):
    administrator = pooled.log_in()
    paths = ["/", "/search/?q=license", "/inbox/", "/drafts/", "/log/", "/admin/", "/u/lina/"]
    for path in paths:
        assert (path, pooled.get(path, administrator).status) == (path, 200)
    assert pooled.get("/", THROUGH_PROXY).status == 200
