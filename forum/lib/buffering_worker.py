"""A gunicorn worker that gives a thread only to a request that has arrived completely.

gunicorn's own `gthread` worker gives a thread to every connection and lets it read for as long as
the client likes: eight clients that send a byte now and then block a server of eight threads. Here
the worker's event loop receives the head and body of all requests side by side, within
RECEIVE_SECONDS each; threads only read from memory. Supports plain HTTP/1.1, as the proxy speaks
it.
"""

from __future__ import annotations

import socket
import struct
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ, BaseSelector
from typing import Any

from gunicorn import http, util
from gunicorn.http.body import ChunkedReader
from gunicorn.http.unreader import IterUnreader
from gunicorn.workers.gthread import ThreadWorker

from forum.lib.server_load import waiting_requests

RECEIVE_SECONDS = 15  # for a whole request, from its first byte or the start of the connection
SEND_SECONDS = 5  # without the client taking a byte, once the system's buffers are full
MAX_HEAD = 64 * 1024
MAX_REQUEST = 2 * 1024 * 1024  # the proxy's limit; Django's is lower and answers with a page
MAX_RECEIVED = 64 * 1024 * 1024  # of all requests together that have not arrived completely
LARGE = 64 * 1024  # no form that anybody fills in by hand
RECEIVE_BYTES = 64 * 1024

HEAD_END = b"\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Connection = Any  # gunicorn's TConn, which gets our `received`, `size` and `is_lingering` here


class BufferingWorker(ThreadWorker):
    """A `gthread` worker whose threads never wait for a client to send.

    `pending_conns` holds, oldest first, the connections that are read by the event loop.
    """

    poller: BaseSelector

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections, or no more; a worker that ends closes its listening sockets then.

        gunicorn leaves them open until the last request is done: the system goes on to queue
        connections for them, which are all reset at the end.
        """
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                self.accept_queued(listener)
                listener.close()
            self.sockets = []

    def accept_queued(self, listener: socket.socket) -> None:
        accepted = -1
        while accepted != self.nr_conns:
            accepted = self.nr_conns
            self.accept(listener)

    def enqueue_req(self, conn: Connection) -> None:
        """Start to receive the next request; a thread gets it when it is complete."""
        left_over = b""
        if conn.initialized:
            left_over = conn.parser.unreader.take_buffered()
        else:
            conn.initialized = True  # but no parser yet: it would read the socket
            limit_sending(conn.sock)
        conn.received = bytearray(left_over)
        conn.size = None  # of the request; known once its head is received
        conn.is_lingering = False
        self.watch(conn)
        if left_over:
            self.process_received(conn)

    def watch(self, conn: Connection) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + RECEIVE_SECONDS
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, readable)

    def unwatch(self, conn: Connection) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        try:
            data = client.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(conn)
        elif not conn.is_lingering:
            conn.received += data
            self.process_received(conn)
            self.limit_received(conn)

    def limit_received(self, conn: Connection) -> None:
        """Refuse the largest request while all together take too much memory."""
        if len(conn.received) < LARGE:  # so that the sum is rarely asked for
            return
        if sum(len(pending.received) for pending in self.pending_conns) > MAX_RECEIVED:
            largest = max(self.pending_conns, key=lambda pending: len(pending.received))
            self.refuse(largest, HTTPStatus.SERVICE_UNAVAILABLE)

    def process_received(self, conn: Connection) -> None:
        """Hand the request to a thread if it is complete; refuse it if it is too large."""
        if conn.size is None:
            head_size = conn.received.find(HEAD_END) + len(HEAD_END)
            if head_size < len(HEAD_END):
                if len(conn.received) > MAX_HEAD:
                    self.refuse(conn, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
                return
            conn.size = self.request_size(conn, head_size)
            if conn.size is None:
                self.refuse(conn, HTTPStatus.LENGTH_REQUIRED)
                return
        if conn.size > MAX_REQUEST:
            self.refuse(conn, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif len(conn.received) >= conn.size:
            self.unwatch(conn)
            conn.parser = http.get_parser(self.cfg, [bytes(conn.received)], conn.client)
            conn.received.clear()
            waiting_requests.add(1)
            super().enqueue_req(conn)

    def handle(self, conn: Connection) -> Any:
        """Answer a request; runs in a thread."""
        waiting_requests.add(-1)
        return super().handle(conn)

    def request_size(self, conn: Connection, head_size: int) -> int | None:
        """Return the size of head and body; None if the head does not say the size of the body."""
        head = IterUnreader([bytes(conn.received[:head_size])])
        try:
            request: Any = http.Request(self.cfg, head, conn.client)
        except Exception:  # noqa: BLE001  # a thread meets the same error and answers it
            return head_size
        if isinstance(request.body.reader, ChunkedReader):
            return None  # no browser sends one, and Django reads none
        size: int = head_size + request.body.reader.length
        if any(name == "EXPECT" for name, _value in request.headers) and size <= MAX_REQUEST:
            with suppress(OSError):
                conn.sock.send(CONTINUE)
        return size

    def refuse(self, conn: Connection, status: HTTPStatus) -> None:
        self.unwatch(conn)
        conn.received.clear()
        send_error(conn, status)
        self.linger(conn)

    def finish_request(self, conn: Connection, future: Future[Any]) -> None:
        if future.cancelled() or future.exception() or future.result():
            super().finish_request(conn, future)
        else:
            # gunicorn would wait here for the client, up to two seconds, and serve nobody
            # meanwhile.
            self.linger(conn)

    def linger(self, conn: Connection) -> None:
        """Read on until the client closes: a socket closed at once may lose the response."""
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        conn.is_lingering = True
        self.watch(conn)

    def murder_pending(self) -> None:
        """Close the connections that have timed out."""
        now = time.monotonic()
        while self.pending_conns and self.pending_conns[0].timeout <= now:
            conn = self.pending_conns[0]
            if conn.received and not conn.is_lingering:
                send_error(conn, HTTPStatus.REQUEST_TIMEOUT)
            self.drop(conn)

    def drop(self, conn: Connection) -> None:
        self.unwatch(conn)
        self.nr_conns -= 1
        conn.close()


def send_error(conn: Connection, status: HTTPStatus) -> None:
    with suppress(OSError):
        util.write_error(conn.sock, status.value, status.phrase, status.description)


def limit_sending(sock: socket.socket) -> None:
    """Let the system close the connection of a client that stops reading the response."""
    seconds = struct.pack("ll", SEND_SECONDS, 0)  # a struct timeval
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)
