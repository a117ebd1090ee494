"""Real HTTP servers on loopback for a set of services: bound together, stopped at once."""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from paper_run.sandbox.errors import SandboxError
from paper_run.sandbox.web import Answer, HangUpError, Service

HOST = "127.0.0.1"
LARGEST_BODY = 1_000_000
_LARGEST_DRAIN = 64 * LARGEST_BODY
_STOP_SECONDS = 0.15


class _Handler(BaseHTTPRequestHandler):
    """Reads requests off one kept-alive connection and writes a service's answers."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    disable_nagle_algorithm = True  # with delayed acknowledgements Nagle costs 40 ms an answer
    wbufsize = 65536
    server: "_Server"

    def version_string(self) -> str:
        return self.server_version

    def handle(self) -> None:
        # A client may go away at any moment; that is its business and no error here.
        with contextlib.suppress(OSError, ValueError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Stay silent: standard error belongs to the program that runs the sandbox."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        self.close_connection = True
        self._write(Answer(code, "Invalid HTTP request received."))

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return self._write(Answer(411, {"detail": "Length Required"}))
        if not (length.isascii() and length.isdigit()):
            return self.send_error(400)
        if int(length) > LARGEST_BODY:
            return self._refuse_body(int(length))
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # the client broke off: that was no request
            self.close_connection = True
            return None
        # Not self.path: the base class folds leading slashes, and the services answer `//` with a 404.
        target = self.requestline.split()[1]
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            answer = self.server.service.answer(self.command, target, headers, body)
        except HangUpError:
            self.close_connection = True
            return None
        return self._write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - the base class's names

    def _refuse_body(self, length: int) -> None:
        self.close_connection = True
        self._write(Answer(413, {"detail": "Request Entity Too Large"}))
        self.wfile.flush()
        # Closing with unread bytes would reset the connection before the client has read the answer.
        left = min(length, _LARGEST_DRAIN)
        self.connection.settimeout(1)
        while left > 0 and (read := self.rfile.read1(min(left, 65536))):
            left -= len(read)

    def _write(self, answer: Answer) -> None:
        self.request_version = (
            self.protocol_version
        )  # a malformed request line leaves HTTP/0.9: no status line
        content_type, body = answer.encoded()
        headers = dict(answer.headers)
        self.send_response_only(answer.status)
        self.send_header("Server", self.version_string())
        self.send_header("Date", headers.pop("Date", self.date_time_string()))
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    """One listening service that knows its open connections."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    service: Service

    def __init__(self, port: int) -> None:
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        super().__init__((HOST, port), _Handler)
        self.socket.setblocking(
            False
        )  # the one accepting thread must never wait for a client that left again

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own asks DNS for the host's name
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent, like log_message."""

    def accept(self) -> None:
        with contextlib.suppress(OSError):  # the client was faster
            connection, address = self.get_request()
            connection.setblocking(True)
            with self._changed:
                self._open.add(connection)
            self.process_request(connection, address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def hang_up(self) -> None:
        """Close the listening socket and end every connection."""
        self.server_close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def wait_until_idle(self, deadline: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._open, max(0.0, deadline - time.monotonic()))


class Servers:
    """The listening servers of several services, all accepted by one thread that never polls."""

    def __init__(self, names: Sequence[str], ports: Sequence[int]) -> None:
        """Bind every port or none; raise SandboxError naming the one that is not to be had."""
        self._servers: list[_Server] = []
        try:
            for name, port in zip(names, ports, strict=True):
                self._servers.append(_bound(name, port))
        except SandboxError:
            self._close_all()
            raise
        self.urls = [f"http://{HOST}:{server.server_port}" for server in self._servers]
        self._waker, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._accept, name="sandbox", daemon=True)

    def start(self, services: Sequence[Service]) -> None:
        """Serve; the services come in the order of the names."""
        for server, service in zip(self._servers, services, strict=True):
            server.service = service
        self._thread.start()

    def stop(self) -> None:
        """Stop all servers and end their connections."""
        self._wake.close()
        if self._thread.is_alive():
            self._thread.join()
        self._waker.close()
        self._close_all()
        deadline = time.monotonic() + _STOP_SECONDS
        for server in self._servers:
            server.wait_until_idle(deadline)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker, selectors.EVENT_READ)
            for server in self._servers:
                selector.register(server, selectors.EVENT_READ, server)
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        return
                    key.data.accept()

    def _close_all(self) -> None:
        for server in self._servers:
            server.hang_up()


def _bound(name: str, port: int) -> _Server:
    try:
        return _Server(port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SandboxError(
            f"Its {name} can't listen on port {port} of {HOST} ({reason}). Stop what uses that port, or name "
            "another one: --port PORT, or --port 0 for any free ones."
        ) from error
