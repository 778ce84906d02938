"""The forum in production: the image's settings and command with a real PostgreSQL.

The tests take the place of the proxy between the browser and the forum.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urlencode, urljoin

import psycopg
import pytest

from forum import database
from forum.database.programs import program
from tests.concurrency import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
HOST = "forum.example"
PASSWORD = "a password for this test"
THROUGH_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


@dataclass
class Response:
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

    def get(self, path: str, headers: dict[str, str] = THROUGH_PROXY) -> Response:
        return self.request("GET", path, headers)

    def request(
        self, method: str, path: str, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> Response:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = None if form is None else urlencode(form)
        connection.request(method, path, body, headers)
        http_response = connection.getresponse()
        response = Response(http_response.status, http_response.headers, http_response.read())
        connection.close()
        return response

    def log_in(self, name: str = "admin", password: str = PASSWORD) -> dict[str, str]:
        """Log somebody in, else the administrator; return the headers of their next requests."""
        page = self.get("/accounts/login/")
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
        assert token
        form = {"login": name, "password": password, "csrfmiddlewaretoken": token[1].decode()}
        headers = {
            **with_cookies(page),
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": f"https://{HOST}/accounts/login/",
        }
        response = self.request("POST", "/accounts/login/", headers, form)
        assert response.status == 302, response.body
        return with_cookies(response)

    def static_url(self, name: str) -> str:
        """Return the address under which a static file is served."""
        manifest = json.loads((self.static / "staticfiles.json").read_text())
        return f"/static/{manifest['paths'][name]}"


def with_cookies(response: Response) -> dict[str, str]:
    cookies = [line.split(";")[0] for line in response.headers.get_all("Set-Cookie", [])]
    return {**THROUGH_PROXY, "Cookie": "; ".join(cookies)}


def post_form(web: Production, path: str, person: dict[str, str], **fields: str) -> Response:
    """Fetch a form as a person, fill in these fields, and send it."""
    page = web.get(path, person)
    assert page.status == 200, (path, page.status)
    form = max(re.findall(r"<form.*?</form>", page.body.decode(), re.DOTALL), key=len)
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    filled = {name: unescape(value) for name, value in inputs} | fields
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    headers["Referer"] = f"https://{HOST}{path}"
    return web.request("POST", path, person | headers, filled)


def first_post(web: Production) -> int:
    address = re.search(rb'href="(/t/\d+/[^"]+)"', web.get("/").body)
    assert address
    post = re.search(rb'id="p(\d+)"', web.get(address[1].decode()).body)
    assert post
    return int(post[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def image_command(port: int) -> list[str]:
    """Return the command of the Dockerfile, on another port."""
    line = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in json.loads(line[1])]
    return [sys.executable, "-m", *command]


def manage(*command: str, env: dict[str, str]) -> str:
    result = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    directory = tmp_path_factory.mktemp("production")
    data, static, log = directory / "data", directory / "static", directory / "log"
    database.ensure(data, durable=False)
    port = free_port()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
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
    """Wait for the container's own health check to succeed."""
    check = [sys.executable, str(ROOT / "deploy" / "healthcheck.py"), str(forum.port)]

    def is_healthy() -> bool:
        assert server.poll() is None, forum.log.read_text()
        result = subprocess.run(check, env=forum.env, capture_output=True, check=False)
        return result.returncode == 0

    wait_until(is_healthy, 30, said="the server is not healthy")


def test_pages_have_all_security_headers(production):
    page = production.get("/")
    assert page.status == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"  # a visitor's


def test_seed_conversation_is_readable(production):
    address = re.search(rb'href="(/t/\d+/[^"]+)"', production.get("/").body)
    assert address, "the front page links to no thread"
    thread = production.get(address[1].decode())
    assert thread.status == 200
    assert b"lispi314" in thread.body


def test_static_files_are_hashed_compressed_and_cached_for_ever(production):
    for encoding in ("br", "gzip"):
        response = production.get(
            production.static_url("css/forum.css"), {**THROUGH_PROXY, "Accept-Encoding": encoding}
        )
        assert response.status == 200
        assert response.headers["Content-Encoding"] == encoding
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Vary"] == "Accept-Encoding"


def test_every_static_file_of_a_page_exists(production):
    page = production.get("/").body.decode()
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert addresses
    for address in addresses:
        assert re.search(r"\.[0-9a-f]{12}\.", address), address
        assert production.get(address).status == 200


def test_every_imported_script_exists(production):
    """Check that imports use hashed names, so that all importers load a changed script."""
    loaded, pending = set(), {production.static_url("js/forum.js")}
    while pending:
        address = pending.pop()
        loaded.add(address)
        script = production.get(address)
        assert script.status == 200, address
        assert "immutable" in script.headers["Cache-Control"], address
        imported = re.findall(rb'(?:from |import\()"(\.{1,2}/[^"]+)"', script.body)
        pending |= {urljoin(address, name.decode()) for name in imported} - loaded
    names = {address.rpartition("/")[2] for address in loaded}
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in names), names
    basenames = {name.partition(".")[0] for name in names}
    assert {"dom", "keys", "live_updates", "scroll_spy", "text-expander"} <= basenames


def test_plain_http_is_redirected_to_https_except_health_checks(production):
    plain_headers = {"Host": HOST}
    response = production.get("/", plain_headers)
    assert response.status == 301
    assert response.headers["Location"] == f"https://{HOST}/"
    assert production.get("/healthz", plain_headers).status == 200
    assert production.get("/readyz", plain_headers).status == 200


def test_cookies_are_sent_over_https_only(production):
    cookies = production.get("/accounts/login/").headers.get_all("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie and cookie.startswith("__Host-") for cookie in cookies)


def test_unknown_host_name_is_refused(production):
    assert production.get("/", {**THROUGH_PROXY, "Host": "evil.example"}).status == 400


@pytest.fixture
def member(production: Production) -> dict[str, str]:
    """Return the headers of a logged-in member."""
    headers = production.log_in()
    assert b"Log out" in production.get("/", headers).body
    return headers


def lines_about(production: Production, request_id: str) -> list[str]:
    return [line for line in production.log.read_text().splitlines() if request_id in line]


def test_requests_are_logged_with_their_number_and_the_member(production, member):
    response = production.get("/inbox/?q=private-words", member)
    (line,) = lines_about(production, response.headers["Request-Id"])
    assert re.search(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO forum.access ", line)
    assert re.search(r": GET /inbox/ 200, \d+ ms, member \d+, 203\.0\.113\.9$", line)


def test_refused_requests_are_logged_with_the_member(production, member):
    response = production.request("POST", "/account/settings/", member, {"zone": "UTC"})
    assert response.status == 403
    lines = lines_about(production, response.headers["Request-Id"])
    assert any("django.security.csrf" in line for line in lines)
    assert any(re.search(r" 403, \d+ ms, member \d+, ", line) for line in lines)


def test_access_log_has_no_keys_of_links_in_mail_and_no_health_checks(production):
    before = len(production.log.read_text())
    production.get("/accounts/confirm-email/Mq:secret-key:x/")
    production.get("/accounts/password/reset/key/1-secret-key/")
    production.get("/healthz")
    lines = production.log.read_text()[before:]
    assert lines.count("forum.access") == 2
    assert "secret-key" not in lines


@pytest.fixture
def outage(production: Production, member: dict[str, str]) -> Iterator[None]:
    """Stop the database; afterwards start it again and check that pages are served."""
    database.stop(production.data)
    yield
    database.ensure(production.data, durable=False)
    assert production.get("/readyz").status == 200
    assert b"Log out" in production.get("/", member).body


@pytest.mark.usefixtures("outage")
def test_requests_without_the_database_get_503_and_retry_after(production, member):
    paths = ["/", "/t/1/", "/inbox/", "/accounts/login/", "/admin/", "/nowhere"]
    fragment = {"HX-Request": "true", "HX-Current-URL": f"https://{HOST}/"}
    for extra_headers in ({}, fragment):
        for path in paths:
            response = production.get(path, member | extra_headers)
            assert (path, response.status) == (path, 503)
            assert response.headers["Retry-After"] == "10"
            assert b"try again" in response.body
        for path in ("/", "/t/1/"):
            response = production.get(path, THROUGH_PROXY | extra_headers)
            assert (path, response.status) == (path, 503)
            assert response.headers["Retry-After"] == "10"


@pytest.mark.usefixtures("outage")
def test_server_without_the_database_is_alive_and_not_ready(production, member):
    for headers in (THROUGH_PROXY, member):
        assert production.get("/healthz", headers).status == 200
        assert production.get("/readyz", headers).status == 503


@pytest.mark.usefixtures("outage")
def test_outage_is_logged_at_most_once_a_second(production, member):
    started_at, before = time.monotonic(), len(production.log.read_text())
    forged = "/t/1/a%0a2026-01-01 CRITICAL root: FAKE%1b[31m/".replace(" ", "%20")
    for _ in range(20):
        production.get(forged)
        production.get("/", member)
    lines = production.log.read_text()[before:].splitlines()
    assert 1 <= len(lines) <= time.monotonic() - started_at + 2
    assert all(" ERROR " in line for line in lines), lines
    assert "\x1b" not in "".join(lines)


def test_second_setup_changes_nothing_and_shows_no_password(production):
    assert manage("setup", env=production.env) == ""


def query_database(address: str, sql: str) -> object:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone() if cursor.description else None


def backup_env(production: Production, directory: Path, name: str = "forum") -> dict[str, str]:
    keys = database.ensure(production.data)
    return {
        "PATH": f"{program('pg_dump').parent}:{os.environ['PATH']}",
        "PGHOST": keys["HOST"],
        "PGUSER": keys["USER"],
        "PGDATABASE": name,
        "BACKUP_DIR": str(directory),
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


def test_restore_brings_everything_back_and_removes_everything_else(production, tmp_path):
    address, env = database.url(production.data), backup_env(production, tmp_path)
    before = query_database(address, CONTENTS)
    backup = back_up(env)

    query_database(address, "UPDATE forum_post SET html = 'lost'")
    query_database(address, "CREATE TABLE planted (author bigint REFERENCES forum_user)")
    assert query_database(address, CONTENTS) != before
    result = restore(env, backup)
    assert result.returncode == 0, result.stderr
    assert query_database(address, CONTENTS) == before
    assert production.get("/readyz").status == 200


def test_damaged_backup_changes_nothing(production, tmp_path):
    address, env = database.url(production.data), backup_env(production, tmp_path)
    before = query_database(address, CONTENTS)
    backup = back_up(env)
    complete = backup.read_bytes()
    for size in (len(complete) - 1000, len(complete) // 2):
        backup.write_bytes(complete[:size])
        result = restore(env, backup)
        assert result.returncode == 1
        assert "Nothing was changed" in result.stderr
        assert query_database(address, CONTENTS) == before


def test_backup_of_an_older_version_is_restored_and_migrated(production, tmp_path):
    """Use half of the migrations as the older version."""
    address = database.url(production.data)
    query_database(address, "CREATE DATABASE older")
    older_env = {**production.env, "DATABASE_URL": address.replace("/forum?", "/older?")}
    migrations = sorted(path.stem for path in (ROOT / "forum" / "migrations").glob("0*.py"))
    halfway = migrations[(len(migrations) - 1) // 2]
    manage("migrate", "forum", halfway, "--verbosity=0", env=older_env)
    category = "INSERT INTO forum_category (name, position) VALUES ('Of old', 1)"
    query_database(older_env["DATABASE_URL"], category)
    backup = back_up(backup_env(production, tmp_path, "older"))

    result = restore(backup_env(production, tmp_path), backup)
    assert result.returncode == 0, result.stderr
    assert production.get("/readyz").status == 503
    manage("setup", env=production.env)
    assert production.get("/readyz").status == 200
    position = "SELECT position FROM forum_category WHERE name = 'Of old'"
    assert query_database(address, position) == (1,)


RELEASES = sorted((ROOT / "tests" / "data").glob("forum-*.dump"))


@pytest.mark.parametrize("dump", RELEASES, ids=lambda dump: dump.stem)
def test_backup_of_every_release_is_restored_and_works(production, tmp_path, dump):
    """Restore what `tests/make_dump.py` made with each release, and use it."""
    env, address = backup_env(production, tmp_path), database.url(production.data)
    own = back_up(env)
    shutil.copy(dump, tmp_path)
    try:
        result = restore(env, tmp_path / dump.name)
        assert result.returncode == 0, result.stderr
        manage("setup", env=production.env)
        assert production.get("/readyz").status == 200
        manage("check_trees", env=production.env)
        member = production.log_in("carol", "correct horse battery")
        (thread,) = query_database(
            address, "SELECT id FROM forum_thread WHERE title = 'A thread that is open'"
        )
        page = production.get(f"/t/{thread}/a-thread-that-is-open/", member).body
        assert b"tokenvisiblenow" in page
        assert b"tokendeleted" not in page
        for path in ("/admin/", "/log/", "/inbox/", "/search/?q=tokenvisiblenow"):
            assert production.get(path, member).status == 200, path
        texts = "SELECT count(*) FROM forum_revision WHERE source LIKE '%token%'"
        assert query_database(address, texts) >= (14,)
    finally:
        assert restore(env, own).returncode == 0
    assert production.get("/readyz").status == 200


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS"])
def test_production_refuses_to_start_without_its_settings(production, missing):
    env = {name: value for name, value in production.env.items() if name != missing}
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert missing in result.stderr
    assert "Traceback" not in result.stderr
