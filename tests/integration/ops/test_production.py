"""The forum as the image runs it: production settings, the image's own command, a real PostgreSQL.

What is between the browser and it in production, the proxy, is played by these tests.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urlencode, urljoin

import psycopg
import pytest

from forum import database
from forum.database.programs import program
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
HOST = "forum.example"
PASSWORD = "a password for this test"
THROUGH_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


@dataclass
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes


@dataclass
class Production:
    port: int
    env: dict[str, str]
    data: Path
    static: Path
    log: Path

    def get(self, path: str, headers: dict[str, str] = THROUGH_PROXY) -> Answer:
        return self.ask("GET", path, headers)

    def ask(
        self, method: str, path: str, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = None if form is None else urlencode(form)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    def log_in(self) -> dict[str, str]:
        """Log the administrator in; returns the headers of their next requests."""
        page = self.get("/accounts/login/")
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
        assert token
        form = {"login": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token[1].decode()}
        headers = {
            **with_cookies(page),
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": f"https://{HOST}/accounts/login/",
        }
        answer = self.ask("POST", "/accounts/login/", headers, form)
        assert answer.status == 302, answer.body
        return with_cookies(answer)

    def hashed(self, name: str) -> str:
        """The address under which a static file is served."""
        manifest = json.loads((self.static / "staticfiles.json").read_text())
        return f"/static/{manifest['paths'][name]}"


def with_cookies(answer: Answer) -> dict[str, str]:
    cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie", [])]
    return {**THROUGH_PROXY, "Cookie": "; ".join(cookies)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def image_command(port: int) -> list[str]:
    """The command in the Dockerfile, on another port."""
    line = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in json.loads(line[1])]
    return [sys.executable, "-m", *command]


def manage(*command: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    place = tmp_path_factory.mktemp("production")
    data, static, log = place / "data", place / "static", place / "log"
    database.ensure(data, durable=False)
    port = free_port()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "PRODUCTION": "True",
        "SECRET_KEY": "a-key-for-this-test-only-" * 3,
        "DATABASE_URL": database.url(data),
        "SITE_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "STATIC_ROOT": str(static),
        "EMAIL_URL": "consolemail://",
        "ADMIN_PASSWORD": PASSWORD,
        "WEB_CONCURRENCY": "1",
    }
    manage("collectstatic", "--no-input", env=env)
    manage("setup", env=env)
    with log.open("wb") as out:
        server = subprocess.Popen(image_command(port), cwd=ROOT, env=env, stderr=out)
    forum = Production(port, env, data, static, log)
    try:
        wait_until_healthy(forum, server)
        yield forum
    finally:
        server.terminate()
        server.wait(15)
        database.stop(data)


def wait_until_healthy(forum: Production, server: subprocess.Popen[bytes]) -> None:
    """By the container's own health check."""
    check = [sys.executable, str(ROOT / "deploy" / "healthcheck.py"), str(forum.port)]

    def is_healthy() -> bool:
        assert server.poll() is None, forum.log.read_text()
        done = subprocess.run(check, env=forum.env, capture_output=True, check=False)
        return done.returncode == 0

    wait_until(is_healthy, 30, said="the server is not healthy")


def test_pages_come_with_every_safety_header(production):
    page = production.get("/")
    assert page.status == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "private" in page.headers["Cache-Control"]


def test_seed_conversation_can_be_read(production):
    address = re.search(rb'href="(/t/\d+/[^"]+)"', production.get("/").body)
    assert address, "the front page links to no thread"
    thread = production.get(address[1].decode())
    assert thread.status == 200
    assert b"lispi314" in thread.body


def test_static_files_are_hashed_compressed_and_kept_for_ever(production):
    for encoding in ("br", "gzip"):
        answer = production.get(
            production.hashed("css/forum.css"), {**THROUGH_PROXY, "Accept-Encoding": encoding}
        )
        assert answer.status == 200
        assert answer.headers["Content-Encoding"] == encoding
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Vary"] == "Accept-Encoding"


def test_every_static_file_that_a_page_names_is_there(production):
    page = production.get("/").body.decode()
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert named
    for address in named:
        assert re.search(r"\.[0-9a-f]{12}\.", address), address
        assert production.get(address).status == 200


def test_every_script_that_a_script_imports_is_there(production):
    """Under a hashed name: a changed script is loaded by everything that imports it."""
    loaded, waiting = set(), {production.hashed("js/forum.js")}
    while waiting:
        address = waiting.pop()
        loaded.add(address)
        script = production.get(address)
        assert script.status == 200, address
        assert "immutable" in script.headers["Cache-Control"], address
        imported = re.findall(rb'(?:from |import\()"(\.{1,2}/[^"]+)"', script.body)
        waiting |= {urljoin(address, name.decode()) for name in imported} - loaded
    names = {address.rpartition("/")[2] for address in loaded}
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in names), names
    plain = {name.partition(".")[0] for name in names}
    assert {"dom", "keys", "live_updates", "scroll_spy", "text-expander"} <= plain


def test_plain_http_is_sent_to_https_but_health_is_answered(production):
    plain = {"Host": HOST}
    answer = production.get("/", plain)
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{HOST}/"
    assert production.get("/healthz", plain).status == 200
    assert production.get("/readyz", plain).status == 200


def test_cookies_travel_over_https_only(production):
    cookies = production.get("/accounts/login/").headers.get_all("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie and cookie.startswith("__Host-") for cookie in cookies)


def test_another_sites_name_is_refused(production):
    assert production.get("/", {**THROUGH_PROXY, "Host": "evil.example"}).status == 400


@pytest.fixture
def member(production: Production) -> dict[str, str]:
    """The headers of somebody who is logged in."""
    headers = production.log_in()
    assert b"Log out" in production.get("/", headers).body
    return headers


@pytest.fixture
def outage(production: Production, member: dict[str, str]) -> Iterator[None]:
    """The database is away; afterwards everything is answered again."""
    database.stop(production.data)
    yield
    database.ensure(production.data, durable=False)
    assert production.get("/readyz").status == 200
    assert b"Log out" in production.get("/", member).body


@pytest.mark.usefixtures("outage")
def test_without_its_database_everybody_gets_503_and_hears_when_to_return(production, member):
    paths = ["/", "/t/1/", "/inbox/", "/accounts/login/", "/admin/", "/nowhere"]
    fragment = {"HX-Request": "true", "HX-Current-URL": f"https://{HOST}/"}
    for extra in ({}, fragment):
        for path in paths:
            answer = production.get(path, member | extra)
            assert (path, answer.status) == (path, 503)
            assert answer.headers["Retry-After"] == "10"
            assert b"try again" in answer.body
        for path in ("/", "/t/1/"):
            answer = production.get(path, THROUGH_PROXY | extra)
            assert (path, answer.status) == (path, 503)
            assert answer.headers["Retry-After"] == "10"


@pytest.mark.usefixtures("outage")
def test_without_its_database_it_is_alive_and_not_ready(production, member):
    for headers in (THROUGH_PROXY, member):
        assert production.get("/healthz", headers).status == 200
        assert production.get("/readyz", headers).status == 503


@pytest.mark.usefixtures("outage")
def test_outage_takes_one_line_of_the_log_a_second_and_no_request_writes_its_own(
    production, member
):
    begun, before = time.monotonic(), len(production.log.read_text())
    forged = "/t/1/a%0a2026-01-01 CRITICAL root: FAKE%1b[31m/".replace(" ", "%20")
    for _ in range(20):
        production.get(forged)
        production.get("/", member)
    lines = production.log.read_text()[before:].splitlines()
    assert 1 <= len(lines) <= time.monotonic() - begun + 2
    assert all(" ERROR " in line for line in lines), lines
    assert "\x1b" not in "".join(lines)


def test_setup_again_changes_nothing_and_shows_no_password(production):
    assert manage("setup", env=production.env) == ""


def ask_database(address: str, sql: str) -> object:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone() if cursor.description else None


def backup_env(production: Production, place: Path, name: str = "forum") -> dict[str, str]:
    keys = database.ensure(production.data)
    return {
        "PATH": f"{program('pg_dump').parent}:{os.environ['PATH']}",
        "PGHOST": keys["HOST"],
        "PGUSER": keys["USER"],
        "PGDATABASE": name,
        "BACKUP_DIR": str(place),
    }


def back_up(env: dict[str, str]) -> Path:
    subprocess.run([ROOT / "deploy" / "backup.sh", "once"], env=env, check=True)
    (backup,) = Path(env["BACKUP_DIR"]).glob("forum-*.dump")
    return backup


def restore(env: dict[str, str], backup: Path) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "deploy" / "restore.sh", backup.name]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


CONTENTS = """
    SELECT (SELECT md5(string_agg(html, '' ORDER BY id)) FROM forum_post),
        (SELECT count(*) FROM forum_user), (SELECT count(*) FROM pg_trigger),
        (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
         WHERE relnamespace = 'public'::regnamespace)
"""


def test_backup_brings_everything_back_and_nothing_else_stays(production, tmp_path):
    address, env = database.url(production.data), backup_env(production, tmp_path)
    before = ask_database(address, CONTENTS)
    backup = back_up(env)

    ask_database(address, "UPDATE forum_post SET html = 'lost'")
    ask_database(address, "CREATE TABLE planted (author bigint REFERENCES forum_user)")
    assert ask_database(address, CONTENTS) != before
    done = restore(env, backup)
    assert done.returncode == 0, done.stderr
    assert ask_database(address, CONTENTS) == before
    assert production.get("/readyz").status == 200


def test_damaged_backup_changes_nothing(production, tmp_path):
    address, env = database.url(production.data), backup_env(production, tmp_path)
    before = ask_database(address, CONTENTS)
    backup = back_up(env)
    whole = backup.read_bytes()
    for size in (len(whole) - 1000, len(whole) // 2):
        backup.write_bytes(whole[:size])
        done = restore(env, backup)
        assert done.returncode == 1
        assert "Nothing was changed" in done.stderr
        assert ask_database(address, CONTENTS) == before


def test_backup_of_an_older_version_is_restored_and_migrated(production, tmp_path):
    """The older version is this one before the second half of its migrations."""
    address = database.url(production.data)
    ask_database(address, "CREATE DATABASE older")
    older = {**production.env, "DATABASE_URL": address.replace("/forum?", "/older?")}
    migrations = sorted(path.stem for path in (ROOT / "forum" / "migrations").glob("0*.py"))
    halfway = migrations[(len(migrations) - 1) // 2]
    manage("migrate", "forum", halfway, "--verbosity=0", env=older)
    category = "INSERT INTO forum_category (name, position) VALUES ('Of old', 1)"
    ask_database(older["DATABASE_URL"], category)
    backup = back_up(backup_env(production, tmp_path, "older"))

    done = restore(backup_env(production, tmp_path), backup)
    assert done.returncode == 0, done.stderr
    assert production.get("/readyz").status == 503
    manage("setup", env=production.env)
    assert production.get("/readyz").status == 200
    position = "SELECT position FROM forum_category WHERE name = 'Of old'"
    assert ask_database(address, position) == (1,)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS"])
def test_production_refuses_to_start_without_its_settings(production, missing):
    env = {name: value for name, value in production.env.items() if name != missing}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert missing in done.stderr
    assert "Traceback" not in done.stderr
