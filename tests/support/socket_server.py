"""A server on a real socket that does to each request exactly what its script says, byte by byte.

It knows no routes and does no work: for units that need raw bytes, connections that are counted, or TLS.
Services with work behind them are `faulty_http`'s.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paper_run.model.service import ServiceUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it arrived; `connection` counts the connections from 1."""

    connection: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Act = bytes | Mapping[str, bytes] | Callable[[socket.socket, "SocketServer"], None]
"""Bytes (those of the request's path, else of `*`) are sent and the connection is kept; a function is called
and the connection then closed."""


@dataclass
class SocketServer:
    """Plays its acts in the order of the requests, the last one for ever."""

    acts: tuple[Act, ...]
    wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)
    closed: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = ServiceUrl(base=f"http://127.0.0.1:{self.port}")

    def serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.changed:
                self.connections += 1
                number = self.connections
                self._open.append(connection)
            threading.Thread(target=self._converse, args=(connection, number), daemon=True).start()

    def _converse(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection, self.wrap(connection) as stream:
            while request := _read_request(stream, number):
                with self.changed:
                    act = self.acts[min(len(self.seen), len(self.acts) - 1)]
                    self.seen.append(request)
                    self.changed.notify_all()
                if callable(act):
                    act(stream, self)
                    break
                stream.sendall(act if isinstance(act, bytes) else act.get(request.path, act["*"]))
        with self.changed:
            self.closed += 1
            self.changed.notify_all()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something has become true of what was seen."""
        with self.changed:
            assert self.changed.wait_for(condition, 60)

    def stop(self) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self.changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self.changed.wait_for(lambda: self.closed == self.connections, 5)


@contextlib.contextmanager
def serving(
    *acts: Act, wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain
) -> Iterator[SocketServer]:
    """Serve the acts while the block runs."""
    server = SocketServer(acts, wrap)
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.stop()


_TAKEN: list[socket.socket] = []


def refusing() -> ServiceUrl:
    """Return where nothing listens; the port is taken until the end, so that nobody else listens there."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    _TAKEN.append(taken)
    return ServiceUrl(base=f"http://127.0.0.1:{taken.getsockname()[1]}")


def silent_names(over: threading.Event) -> Callable[..., list[Any]]:
    """Return a `socket.getaddrinfo` whose name servers are silent until it is over; an address is no name."""
    look_up = socket.getaddrinfo

    def silent(*args: Any, flags: int = 0, **more: Any) -> list[Any]:
        if not flags & socket.AI_NUMERICHOST:
            over.wait(60)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(*args, flags=flags, **more)

    return silent


def answer(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole HTTP answer; a header's underscores are hyphens."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def frozen(_connection: socket.socket, server: SocketServer) -> None:
    """Say nothing until the server stops."""
    server.over.wait()


def reset(connection: socket.socket, _server: SocketServer) -> None:
    """Reset the connection instead of answering."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def after(sent: bytes, end: Act = b"") -> Act:
    """Send some bytes, then end as told: close (no act), or freeze, or reset."""

    def act(connection: socket.socket, server: SocketServer) -> None:
        connection.sendall(sent)
        if not isinstance(end, bytes):
            end(connection, server)

    return act


def trickled(gather: bytes, slowly: bytes, pause: float = 0.02) -> Act:
    """Send a part at once and the rest byte by byte, for as long as anybody listens."""

    def act(connection: socket.socket, server: SocketServer) -> None:
        connection.sendall(gather)
        for byte in slowly:
            connection.sendall(bytes([byte]))
            if server.over.wait(pause):
                return

    return act


def _read_request(connection: socket.socket, number: int) -> Seen | None:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, path, _ = first.split(" ")
    return Seen(connection=number, method=method, path=path, headers=headers, body=body)
