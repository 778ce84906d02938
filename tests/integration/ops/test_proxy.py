"""The shipped Caddyfile, in the Caddy that Compose runs, in front of the shipped server.

The application is a minimal one, so that only proxy and server decide what becomes of a request.
"""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

import pytest

from tests.concurrency import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.fault]

ROOT = Path(__file__).parents[3]
CADDY = Path(sys.executable).with_name("caddy")
CADDYFILE = ROOT / "deploy" / "Caddyfile"

# So that the tests need not wait as long.
SHORTER = {
    "read_header 10s": "read_header 2s",
    "read_body 15s": "read_body 3s",
    "lb_try_duration 10s": "lb_try_duration 4s",
}

# Writes down the path of each request, and answers with what it got.
APPLICATION = """
    import hashlib, json, os

    def application(environ, start_response):
        body = environ["wsgi.input"].read()
        with open(os.environ["RECEIVED"], "a") as received:
            received.write(environ["PATH_INFO"] + "\\n")
        names = "REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST"
        answer = {name: environ.get(name) for name in names}
        answer["body"] = hashlib.sha256(body).hexdigest()
        start_response("200 OK", [("Content-Type", "application/json"), ("Server", "echo")])
        return [json.dumps(answer).encode()]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Response:
    status: int
    headers: HTTPMessage
    body: bytes


@dataclass
class Site:
    """The proxy with the server behind it, which can be stopped and started."""

    place: Path
    port: int = field(default_factory=free_port)
    server_port: int = field(default_factory=free_port)
    server: subprocess.Popen[bytes] | None = None

    @property
    def received(self) -> list[str]:
        """Return the paths of the requests that the application got, in their order."""
        return (self.place / "received").read_text().split()

    def start_server(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
        self.server = subprocess.Popen(
            [*command, "--pythonpath", str(self.place), "echo"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PORT": str(self.server_port),
                "RECEIVED": str(self.place / "received"),
            },
        )

    def stop_server(self) -> None:
        """Stop the server as `docker stop` does."""
        assert self.server
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(15)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> Response:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, {"Host": f"localhost:{self.port}", **headers})
        response = connection.getresponse()
        result = Response(response.status, response.headers, response.read())
        connection.close()
        return result


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    (tmp_path / "echo.py").write_text(textwrap.dedent(APPLICATION))
    (tmp_path / "received").touch()
    caddyfile = CADDYFILE.read_text().replace("web:8000", f"127.0.0.1:{site.server_port}")
    for shipped, shorter in SHORTER.items():
        assert shipped in caddyfile
        caddyfile = caddyfile.replace(shipped, shorter)
    (tmp_path / "Caddyfile").write_text(caddyfile)
    site.start_server()
    environ = {
        "HOME": str(tmp_path),
        "SITE_URL": f"http://localhost:{site.port}",
        "PROXY_RANGES": "",
    }
    caddy = subprocess.Popen(
        [CADDY, "run", "--config", tmp_path / "Caddyfile"],
        env=environ,
        stderr=(tmp_path / "caddy.log").open("wb"),
    )
    try:
        wait_until(lambda: is_answering(site), said="the proxy does not answer")
        yield site
    finally:
        caddy.terminate()
        caddy.wait(15)
        site.stop_server()


def is_answering(site: Site) -> bool:
    with suppress(OSError):
        return site.request("GET", "/ready").status == 200
    return False


def test_restarts_lose_no_post_and_repeat_none(site: Site) -> None:
    bodies = [bytes([number % 251]) * (1_000 if number % 3 else 900_000) for number in range(300)]

    def post(number: int) -> tuple[int, str]:
        time.sleep(number % 6 / 100)
        response = site.request("POST", f"/post/{number}", bodies[number])
        return response.status, response.body.decode()

    with ThreadPoolExecutor(6) as writers:
        responses = writers.map(post, range(len(bodies)))
        for _restart in range(5):
            time.sleep(0.4)
            site.stop_server()
            time.sleep(0.3)
            site.start_server()
        for body, (status, text) in zip(bodies, responses, strict=True):
            assert status == 200
            assert json.loads(text)["body"] == hashlib.sha256(body).hexdigest()
    posts = [path for path in site.received if path.startswith("/post/")]
    assert sorted(posts) == sorted(f"/post/{number}" for number in range(len(bodies)))


def test_slow_clients_delay_nobody_and_are_cut_off(site: Site) -> None:
    head = f"POST /slow HTTP/1.1\r\nHost: localhost:{site.port}\r\n".encode()
    slow = [socket.create_connection(("127.0.0.1", site.port)) for _client in range(60)]
    for number, client in enumerate(slow):
        client.sendall(head if number % 2 else head + b"Content-Length: 1000\r\n\r\nx")
    started_at = time.monotonic()
    assert site.request("GET", "/").status == 200
    assert site.request("POST", "/post", b"x" * 900_000).status == 200
    assert time.monotonic() - started_at < 2
    for client in slow:
        client.settimeout(10)
        with suppress(ConnectionError):
            while client.recv(65536):
                pass
        client.close()
    assert time.monotonic() - started_at < 6
    assert "/slow" not in site.received


def test_visitors_cannot_forge_their_address(site: Site) -> None:
    forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    seen = json.loads(site.request("GET", "/", headers=forged).body)
    assert seen["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "http"


def test_proxy_does_not_name_its_software(site: Site) -> None:
    headers = site.request("GET", "/").headers
    assert "Server" not in headers


def test_too_large_request_is_refused(site: Site) -> None:
    assert site.request("POST", "/large", b"x" * 2_100_000).status == 413
    assert "/large" not in site.received


def test_forum_that_stays_away_is_said_in_words(site: Site) -> None:
    site.stop_server()
    response = site.request("POST", "/", b"text")
    assert response.status == 502
    assert response.headers["Retry-After"] == "30"
    assert b"try again in half a minute" in response.body
