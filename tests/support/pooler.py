"""A pooler before a database, as far as a client can tell: it names another process than the server's own."""

import contextlib
import socket
import threading
from collections.abc import Iterator

_KEY = b"K\x00\x00\x00\x0c"
"""How the message begins that names the server's process."""


def _forward(source: socket.socket, target: socket.socket, *, renames: bool) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if renames and _KEY in data:
                at = data.index(_KEY) + len(_KEY)
                data, renames = data[:at] + b"\x00\x00\x00\x01" + data[at + 4 :], False
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def pooling(port: int) -> Iterator[int]:
    """Stand before a server's port; return its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = socket.create_connection(("127.0.0.1", port))
                    for one, other, renames in ((client, server, False), (server, client, True)):
                        threading.Thread(
                            target=_forward, args=(one, other), kwargs={"renames": renames}, daemon=True
                        ).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
