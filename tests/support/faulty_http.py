"""An HTTP/1.1 server that records what it is asked and can be told, request by request, how to fail.

It carries the odd platform: routes and work behind them. What a program may send that is no HTTP at all, and
what must be put on the wire byte by byte, is `socket_server`'s.
"""

import contextlib
import email.utils
import itertools
import os
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import simplejson

from support.answers import HEALTHY, Answer
from support.strict_signatures import Gate

_HELD_FOR_EVER = 60.0
_CONNECTIONS = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came in; header names in lower case, `at` on the monotonic clock.

    `connection` numbers the connections: two requests with the same number came over one. A client's port
    would not do: it is given out again soon after a connection is closed.
    """

    service: str
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    at: float
    connection: int

    def json(self) -> Any:
        """Return the body, numbers exact."""
        return simplejson.loads(self.body, use_decimal=True)


class Log:
    """Every request in the order of arrival, from all servers, and a way to await one."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.requests: list[Request] = []
        self.arrivals: list[Callable[[Request], object]] = []
        """What is told of each request as soon as it has arrived, before anything is made of it."""
        self.crashes: list[BaseException] = []
        self.stopping = threading.Event()
        self.late = 0
        """How many requests are answered or lost already, and still to be worked on."""

    def record(self, request: Request) -> None:
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        for told in self.arrivals:
            told(request)

    def until(self, condition: Callable[[], object], timeout: float = 60) -> None:
        """Wait for something to become true; it is looked at whenever a request came or work was done."""
        with self.changed:
            if not self.changed.wait_for(condition, timeout):
                raise AssertionError(f"not within {timeout} s; seen: {self.requests}")


class ScriptedService:
    """A server on a port of its own; a subclass says what healthy answers are."""

    def __init__(self, name: str, log: Log) -> None:
        self.name = name
        self.log = log
        self.prefix = ""
        """A path in front of all routes, as behind a reverse proxy."""
        self.gate: Gate | None = None
        """Who lets a request in before anything is made of it; None: nobody asks."""
        self._scripts: list[tuple[str, str, deque[Answer], Answer | None]] = []
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._http = _Server(("127.0.0.1", 0), self)
        self.port = self._http.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def healthy(self, request: Request) -> tuple[int, Any]:
        """Do the work and return status and body."""
        raise NotImplementedError

    def now(self) -> datetime:
        """Return the server's time, which its Date header says."""
        return datetime.now(UTC)

    def script(self, method: str, path: str, answers: Iterable[Answer], then: Answer | None = None) -> None:
        """Answer the next requests of a route (`*` matches anything) so, and all later ones with `then`.

        Without `then` the service is healthy once the answers are used up. A later script of the same
        route goes before an earlier one.
        """
        with self.log.changed:
            self._scripts.insert(0, (method, path, deque(answers), then))

    def always(self, method: str, path: str, answer: Answer) -> None:
        """Answer every request of a route so."""
        self.script(method, path, (), then=answer)

    def calm(self) -> None:
        """Answer well again, whatever was told."""
        with self.log.changed:
            self._scripts.clear()

    def next_answer(self, method: str, path: str) -> Answer:
        with self.log.changed:
            for scripted, pattern, answers, then in self._scripts:
                if scripted == method and fnmatchcase(path, pattern):
                    if answers:
                        return answers.popleft()
                    if then is not None:
                        return then
        return Answer()

    def is_at_rest(self) -> bool:
        """Tell whether nothing is worked on, and nobody is connected."""
        with self.log.changed:
            return not self._connections and not self.log.late

    def up(self) -> None:
        """Accept connections."""
        self._http.server_activate()
        self._http.open = True
        thread = threading.Thread(target=self._http.serve, name=self.name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def down(self) -> None:
        """Refuse connections; the port stays ours, so that nobody else can answer there."""
        self._close()
        self._http = _Server(("127.0.0.1", self.port), self)

    def stop(self) -> None:
        self._close()

    def _close(self) -> None:
        if self._http.open:
            self._http.open = False
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
        with self.log.changed:
            open_now = list(self._connections)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()
        self._http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: ScriptedService) -> None:
        super().__init__(address, _Handler, bind_and_activate=False)
        self.service = service
        self.open = False
        self.server_bind()

    def serve(self) -> None:
        while self.open:
            self.handle_request()

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self.service.log.changed:
            self.service._connections.add(request)
            self.service._threads.append(thread)
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self.service.log.changed:
            self.service._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class's
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.service.log.crashes.append(error)


class _Headers(dict[str, str]):
    """A request's, whose names are the same in any case."""

    def __init__(self, lines: Iterable[str]) -> None:
        parts = (line.partition(":") for line in lines)
        super().__init__((name.lower(), value.strip()) for name, _, value in parts)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    headers: Any

    def setup(self) -> None:
        self.connection_number = next(_CONNECTIONS)
        super().setup()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Say nothing."""

    def parse_request(self) -> bool:
        """Take the lines apart as they are: read as a mail, as by the base class, they take four times."""
        self.close_connection = True
        words = self.raw_requestline.decode("latin-1").split()
        lines = []
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            lines.append(line)
        if not line or len(words) != 3:  # the client was killed in the middle of it
            return False
        self.requestline = " ".join(words)
        self.command, self.path, self.request_version = words
        self.headers = _Headers(line.decode("latin-1") for line in lines)
        self.close_connection = self.headers.get("Connection", "").lower() == "close"
        return True

    def _serve(self) -> None:
        service = self.server.service
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the client was killed in the middle of it: that was no request
            self.close_connection = True
            return
        request = Request(
            service=service.name,
            method=self.command,
            path=split.path,
            query=parse_qs(split.query),
            headers=dict(self.headers),
            body=body,
            at=time.monotonic(),
            connection=self.connection_number,
        )
        service.log.record(request)
        if service.gate and (refused := service.gate.answer(self.command, self.path, self.headers, body)):
            self._send(Answer(), *refused)
            return
        route = split.path.removeprefix(service.prefix)
        if service.prefix and not split.path.startswith(service.prefix + "/"):
            self._send(Answer(), 404, {"detail": "Not Found"})
            return
        answer = service.next_answer(self.command, route)
        if answer.held and not answer.held.wait(_HELD_FOR_EVER):
            raise RuntimeError(f"{request.method} {request.path} was never let go")
        status, body = 200, {}
        if answer.work == "before":
            status, body = self._work(request, route)
        elif answer.work == "after":
            with service.log.changed:
                service.log.late += 1
        stopping = service.log.stopping
        if answer.delay:
            stopping.wait(answer.delay)
        try:
            self._answer(answer, status, body)
        finally:
            if answer.work == "after":
                stopping.wait(answer.lag)
                self._work(request, route)
                with service.log.changed:
                    service.log.late -= 1
                    service.log.changed.notify_all()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815  http.server's names

    def _work(self, request: Request, route: str) -> tuple[int, Any]:
        log = self.server.service.log
        with log.changed:
            result = self.server.service.healthy(replace(request, path=route))
            log.changed.notify_all()
        return result

    def _answer(self, answer: Answer, status: int, body: Any) -> None:
        if answer.freeze:
            self.server.service.log.stopping.wait()
            self.close_connection = True
        elif answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())
            self.close_connection = True
        elif answer.hang_up:
            self.close_connection = True
        else:
            body = body if answer.body is HEALTHY else answer.body
            body = answer.edit(body) if answer.edit else body
            self._send(answer, status if answer.status is None else answer.status, body)

    def _send(self, answer: Answer, status: int, body: Any) -> None:
        content_type = "application/json"
        if isinstance(body, str | bytes):
            content_type = "text/plain; charset=utf-8"
            payload = body.encode() if isinstance(body, str) else body
        else:
            payload = simplejson.dumps(body, use_decimal=True).encode()
        date = email.utils.format_datetime(self.server.service.now(), usegmt=True)
        headers = {"content-TYPE": answer.content_type or content_type, "X-Odd": 'a;b="c"', "date": date}
        headers |= answer.headers
        if answer.chunked:
            headers["Transfer-Encoding"] = "chunked"
            payload = _chunks(payload)
        else:
            headers["content-length"] = str(len(payload) + answer.pad)
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Odd',))[0]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._write("\r\n".join([*lines, "", ""]).encode("latin-1"), answer.trickle_headers)
        self._write(payload[: answer.truncate], answer.trickle)
        for sent in range(0, answer.pad, 65536):
            self.wfile.write(b" " * min(65536, answer.pad - sent))
        if answer.close_idle or answer.truncate is not None:
            self.close_connection = True

    def _write(self, data: bytes, pause: float) -> None:
        if not pause:
            self.wfile.write(data)
            return
        for byte in data:
            self.wfile.write(bytes([byte]))
            if self.server.service.log.stopping.wait(pause):
                return


def _chunks(payload: bytes) -> bytes:
    pieces = [payload[start : start + 100] for start in range(0, len(payload), 100)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def exact(text: str | bytes) -> Any:
    """Parse JSON with every fraction as the Decimal that was written."""
    return simplejson.loads(text, use_decimal=True, parse_constant=_no_constant)


def _no_constant(name: str) -> Decimal:
    raise ValueError(f"{name} is not JSON")
