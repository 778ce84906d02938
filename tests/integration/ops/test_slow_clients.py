"""Clients that send slowly, read slowly or keep connections open: nobody else has to wait.

The tests use the real server with its shipped configuration and a minimal application, so that only
the server decides the time of each request.
"""

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread

import pytest

from forum.lib.buffering_worker import MAX_RECEIVED, MAX_REQUEST
from tests.concurrency import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.fault]

ROOT = Path(__file__).parents[3]
THREADS = 4  # of the only server process
# Shorter than the shipped limits, so that the tests need not wait as long.
RECEIVE_SECONDS, SEND_SECONDS = 6, 2
CUT_SECONDS = RECEIVE_SECONDS + 3  # with a margin for a busy machine
BODY = b"x" * 900_000

APPLICATION = f"""
    import os
    import time
    from forum.lib import buffering_worker
    from forum.lib.server_load import waiting_requests
    buffering_worker.RECEIVE_SECONDS = {RECEIVE_SECONDS}
    buffering_worker.SEND_SECONDS = {SEND_SECONDS}

    def application(environ, start_response):
        size = len(environ["wsgi.input"].read())
        body = b"x" * int(environ["QUERY_STRING"] or 0) or str(size).encode()
        time.sleep(0.5 if environ["PATH_INFO"] == "/slow" else 0)
        headers = [("Content-Length", str(len(body))), ("Process", str(os.getpid()))]
        headers.append(("Waiting", str(waiting_requests.count)))
        start_response("200 OK", headers)
        return [body]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with server(tmp_path_factory.mktemp("application")) as port:
        yield port


@contextmanager
def server(place: Path, *options: str) -> Iterator[int]:
    """Run the server with its configuration and further options; yield its port."""
    (place / "echo.py").write_text(textwrap.dedent(APPLICATION))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    process = subprocess.Popen(
        [*command, "--pythonpath", str(place), *options, "echo"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PORT": str(port), "WEB_CONCURRENCY": "1"},
    )
    try:
        wait_until(lambda: is_answering(port), said="the server does not answer")
        yield port
    finally:
        process.terminate()
        process.wait(15)


def fetch(
    port: int, body: bytes | None = None, timeout: float = 2, path: str = "/"
) -> HTTPResponse:
    """Send a request as another visitor; a timeout fails the test."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    connection.request("POST" if body else "GET", path, body)
    response = connection.getresponse()
    response.text = response.read().decode()
    connection.close()
    return response


def is_answering(port: int) -> bool:
    with suppress(OSError):
        return fetch(port).status == 200
    return False


def open_connection(port: int, data: bytes = b"") -> socket.socket:
    """Open a connection, send this data on it, and nothing more."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(data)
    return client


def post_head(length: int, extra_headers: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%b\r\n" % (
        length,
        extra_headers,
    )


def receive_all(client: socket.socket, seconds: float = 2) -> bytes:
    """Return all that the server sent until it closed the connection."""
    client.settimeout(seconds)
    output = b""
    with suppress(ConnectionError):
        while data := client.recv(65536):
            output += data
    return output


def trickle(clients: list[socket.socket], seconds: float) -> dict[socket.socket, float]:
    """Send a byte every half second on each connection; return when the server closed which."""
    started_at = time.monotonic()
    closed_after: dict[socket.socket, float] = {}
    while len(closed_after) < len(clients) and time.monotonic() - started_at < seconds:
        for client in clients:
            if client not in closed_after:
                try:
                    client.send(b"x")
                except OSError:
                    closed_after[client] = time.monotonic() - started_at
        time.sleep(0.5)
    return closed_after


def test_slow_requests_delay_nobody_and_are_cut_off(port):
    slow_clients = [open_connection(port, post_head(900_000)) for _ in range(40)]
    slow_clients += [open_connection(port, b"GET / HTTP/1.1\r\nX-Slow: ") for _ in range(8)]
    closed_after: dict[socket.socket, float] = {}
    sending = Thread(target=lambda: closed_after.update(trickle(slow_clients, CUT_SECONDS + 2)))
    sending.start()
    is_answering = 0
    while sending.is_alive():
        assert fetch(port).status == 200  # times out after two seconds
        is_answering += 1
        time.sleep(0.2)
    assert is_answering > 10
    assert len(closed_after) == len(slow_clients)
    assert (
        RECEIVE_SECONDS / 2 < min(closed_after.values()) <= max(closed_after.values()) < CUT_SECONDS
    )


def test_idle_connections_delay_nobody(port):
    idle = [open_connection(port) for _ in range(5 * THREADS)]
    assert fetch(port).status == 200
    for client in idle:
        client.close()


def test_clients_that_keep_connections_open_delay_nobody(port):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    open_clients = [open_connection(port, request) for _ in range(2 * THREADS)]
    for client in open_clients:
        client.recv(1, socket.MSG_PEEK)  # wait for the response
    assert fetch(port).status == 200
    for client in open_clients:
        assert receive_all(client).startswith(b"HTTP/1.1 200")


def test_clients_that_do_not_read_responses_are_disconnected(port):
    clients = [client_that_does_not_read(port, 30_000_000) for _ in range(THREADS)]
    for client in clients:
        client.recv(1, socket.MSG_PEEK)  # wait until the server sends
    assert fetch(port, timeout=4 * SEND_SECONDS).status == 200
    for client in clients:
        client.close()


def client_that_does_not_read(port: int, size: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(b"GET /?%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % size)
    return client


def test_unfinished_requests_take_a_limited_amount_of_memory(port):
    body = b"x" * (MAX_REQUEST - 10_000)
    count = 2 * MAX_RECEIVED // len(body)
    clients = [open_connection(port) for _ in range(count)]
    unfinished = post_head(len(body) + 100) + body
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda client: send_all(client, unfinished), clients))
    refused = set()
    wait_until(
        lambda: refused.update(filter(is_refused, clients)) or len(refused) >= count / 2 - 2,
        said="too few requests are refused",
    )
    assert len(refused) < count
    assert fetch(port, BODY).text == str(len(BODY)), "others are served"
    for client in clients:
        client.close()


def send_all(client: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # refused while sending
        client.sendall(data)


def is_refused(client: socket.socket) -> bool:
    client.settimeout(0.05)
    with suppress(OSError):
        return client.recv(100).startswith(b"HTTP/1.1 503")
    return False


def test_processes_are_replaced_without_losing_a_request(tmp_path):
    with server(tmp_path, "--max-requests=20", "--max-requests-jitter=0") as port:
        with ThreadPoolExecutor(4) as pool:
            responses = list(pool.map(lambda _: fetch(port, BODY, timeout=20), range(100)))
        assert [response.text for response in responses] == [str(len(BODY))] * 100
        processes = {response.headers["Process"] for response in responses}
    assert len(processes) >= 4


def test_large_body_at_ordinary_speed_is_received(port):
    client = open_connection(port, post_head(len(BODY), b"Connection: close\r\n"))
    for begin in range(0, len(BODY), 90_000):
        client.sendall(BODY[begin : begin + 90_000])
        time.sleep(0.1)
    assert receive_all(client).endswith(b"\r\n\r\n900000")


def test_pipelined_requests_are_all_answered(port):
    requests = post_head(5) + b"hello" + post_head(3) + b"abc"
    requests += post_head(2, b"Connection: close\r\n") + b"ab"
    output = receive_all(open_connection(port, requests))
    assert [part[-1:] for part in output.split(b"HTTP/1.1 200 OK")[1:]] == [b"5", b"3", b"2"]


def test_connection_serves_one_request_after_another(port):
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    for body in (b"hello", BODY, b"ab"):
        connection.request("POST", "/", body)
        assert connection.getresponse().read() == str(len(body)).encode()
    connection.close()


def test_expect_100_continue_is_answered(port):
    client = open_connection(port, post_head(2, b"Expect: 100-continue\r\nConnection: close\r\n"))
    assert client.recv(100).startswith(b"HTTP/1.1 100")
    client.sendall(b"ab")
    assert receive_all(client).endswith(b"\r\n\r\n2")


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
def test_malformed_and_oversized_requests_are_refused(port, request_, status):
    client = open_connection(port, request_)
    client.shutdown(socket.SHUT_WR)
    assert receive_all(client)[9:12] == status


def test_server_counts_the_requests_that_wait_for_a_thread(port: int):
    more = 6
    with ThreadPoolExecutor(THREADS + more) as clients:
        answers = [
            clients.submit(fetch, port, timeout=10, path="/slow") for _ in range(THREADS + more)
        ]
        waiting = [int(answer.result().headers["Waiting"]) for answer in answers]
    assert max(waiting) >= more - 1  # another thread may have begun the next one
    assert fetch(port).headers["Waiting"] == "0"
