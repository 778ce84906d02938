"""Clients that send slowly, read slowly or don't leave: nobody else waits for them.

Against the real server with its shipped configuration and an application of three lines, so that
nothing but the server decides how long anything takes.
"""

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread

import pytest

from forum.lib.buffering_worker import RECEIVE_SECONDS, SEND_SECONDS
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
THREADS = 4  # of the one process that serves here
CUT_SECONDS = RECEIVE_SECONDS + 3  # how late a busy machine may be
BODY = b"x" * 900_000

APPLICATION = """
    def application(environ, start_response):
        size = len(environ["wsgi.input"].read())
        body = b"x" * int(environ["QUERY_STRING"] or 0) or str(size).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    place = tmp_path_factory.mktemp("application")
    (place / "echo.py").write_text(textwrap.dedent(APPLICATION))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    server = subprocess.Popen(
        [*command, "--pythonpath", str(place), "echo"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PORT": str(port), "WEB_CONCURRENCY": "1"},
    )
    try:
        wait_until(lambda: answers(port), said="the server does not answer")
        yield port
    finally:
        server.terminate()
        server.wait(15)


def ask(port: int, body: bytes | None = None, timeout: float = 2) -> HTTPResponse:
    """Ask as one of the others; a timeout is a failure of the test."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    connection.request("POST" if body else "GET", "/", body)
    response = connection.getresponse()
    response.text = response.read().decode()
    connection.close()
    return response


def answers(port: int) -> bool:
    with suppress(OSError):
        return ask(port).status == 200
    return False


def opened(port: int, data: bytes = b"") -> socket.socket:
    """A connection on which this was sent, and nothing since."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(data)
    return client


def post_head(length: int, more: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%b\r\n" % (length, more)


def received(client: socket.socket, seconds: float = 2) -> bytes:
    """All that the server said until it closed."""
    client.settimeout(seconds)
    said = b""
    with suppress(ConnectionError):
        while data := client.recv(65536):
            said += data
    return said


def trickle(clients: list[socket.socket], seconds: float) -> dict[socket.socket, float]:
    """Send a byte a second on each; return when the server closed which."""
    begun = time.monotonic()
    closed: dict[socket.socket, float] = {}
    while len(closed) < len(clients) and time.monotonic() - begun < seconds:
        for client in clients:
            if client not in closed:
                try:
                    client.send(b"x")
                except OSError:
                    closed[client] = time.monotonic() - begun
        time.sleep(1)
    return closed


def test_slow_bodies_and_heads_hold_up_nobody_and_are_cut_off(port):
    slow = [opened(port, post_head(900_000)) for _ in range(40)]
    slow += [opened(port, b"GET / HTTP/1.1\r\nX-Slow: ") for _ in range(8)]
    closed: dict[socket.socket, float] = {}
    sending = Thread(target=lambda: closed.update(trickle(slow, CUT_SECONDS + 2)))
    sending.start()
    answers = 0
    while sending.is_alive():
        assert ask(port).status == 200  # within two seconds
        answers += 1
        time.sleep(0.5)
    assert answers > 10
    assert len(closed) == len(slow)
    assert 10 < min(closed.values()) <= max(closed.values()) < CUT_SECONDS


def test_connections_that_send_nothing_hold_up_nobody(port):
    idle = [opened(port) for _ in range(5 * THREADS)]
    assert ask(port).status == 200
    for client in idle:
        client.close()


def test_client_that_does_not_leave_after_its_answer_holds_up_nobody(port):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    staying = [opened(port, request) for _ in range(2 * THREADS)]
    for client in staying:
        client.recv(1, socket.MSG_PEEK)  # until it is answered
    assert ask(port).status == 200
    for client in staying:
        assert received(client).startswith(b"HTTP/1.1 200")


def test_clients_that_do_not_read_their_answers_are_given_up(port):
    deaf = [deaf_client(port, 30_000_000) for _ in range(THREADS)]
    for client in deaf:
        client.recv(1, socket.MSG_PEEK)  # until the server sends
    assert ask(port, timeout=4 * SEND_SECONDS).status == 200
    for client in deaf:
        client.close()


def deaf_client(port: int, size: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(b"GET /?%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % size)
    return client


def test_large_body_at_an_ordinary_speed_arrives(port):
    client = opened(port, post_head(len(BODY), b"Connection: close\r\n"))
    for begin in range(0, len(BODY), 90_000):
        client.sendall(BODY[begin : begin + 90_000])
        time.sleep(0.3)
    assert received(client).endswith(b"\r\n\r\n900000")


def test_requests_sent_in_one_go_are_all_answered(port):
    requests = post_head(5) + b"hello" + post_head(3) + b"abc"
    requests += post_head(2, b"Connection: close\r\n") + b"ab"
    said = received(opened(port, requests))
    assert [part[-1:] for part in said.split(b"HTTP/1.1 200 OK")[1:]] == [b"5", b"3", b"2"]


def test_connection_serves_one_request_after_another(port):
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    for body in (b"hello", BODY, b"ab"):
        connection.request("POST", "/", body)
        assert connection.getresponse().read() == str(len(body)).encode()
    connection.close()


def test_expect_100_continue_is_answered(port):
    client = opened(port, post_head(2, b"Expect: 100-continue\r\nConnection: close\r\n"))
    assert client.recv(100).startswith(b"HTTP/1.1 100")
    client.sendall(b"ab")
    assert received(client).endswith(b"\r\n\r\n2")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, b"431"),
        (post_head(3_000_000), b"413"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (post_head(5).replace(b"5", b"five"), b"400"),
        (b"\r\n\r\n", b"400"),
    ],
)
def test_malformed_and_oversized_requests_are_refused_at_once(port, request_, status):
    client = opened(port, request_)
    client.shutdown(socket.SHUT_WR)
    assert received(client)[9:12] == status
