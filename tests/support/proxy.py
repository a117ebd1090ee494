"""What stands between a host and its database: it cuts, delays, half-closes, or pools connections."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_KEY = b"K\x00\x00\x00\x0c"
"""How the message begins that names the server's process."""
_AT_ONCE = struct.pack("ii", 1, 0)
_UP = 10.0
"""Seconds that a server which is being replaced has to come up."""
HOW = ("cut", "silent", "slow", "client told", "server told")


@dataclass(frozen=True, slots=True)
class Kink:
    """What happens to a connection, once: at the n-th piece of what is `asked` or `answered` with the words.

    `how`: `cut` resets both ends; `silent` lets nothing more through; `slow` holds the piece back for
    `seconds`; `client told` and `server told` half-close it: one end is told that it is over, the other one
    nothing. Of all but `slow` the piece itself gets lost.
    """

    how: str
    way: str = "asked"
    words: bytes = b""
    nth: int = 1
    seconds: float = 0.0


class Proxy:
    """Leads whoever connects to its port to a server's.

    :ivar target: the server's port; it may change, as a name does that is given to another machine.
    :ivar pools: whether it shows another process than the server's own, as a pooler does.
    :ivar met: set as soon as the kink has been met.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.pools = False
        self.met = threading.Event()
        self._kink: Kink | None = None
        self._left = 0
        self._changed = threading.Lock()
        self._mended = threading.Event()
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    def bend(self, kink: Kink) -> None:
        """Let that happen when it comes to it."""
        with self._changed:
            self._kink, self._left = kink, kink.nth
            self.met.clear()

    def mend(self) -> None:
        """Be well again; what still hangs in it is cut, as each end's own keepalive would do in the end."""
        with self._changed:
            self._kink = None
            ends, self._ends = self._ends, []
            mended, self._mended = self._mended, threading.Event()
        mended.set()
        for each in ends:
            _reset(each)

    def close(self) -> None:
        """Cut all there is, and let nobody in any more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.mend()
        for thread in self._threads:
            thread.join(_UP)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target), _UP)
                except OSError:  # as it would be without a proxy
                    _reset(client)
                    continue
                server.settimeout(None)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._changed:
                    self._ends += (client, server)
                    mended = self._mended
                line = _Line(client, server, mended)
                self._start(self._forward, line, client, server, "asked")
                self._start(self._forward, line, server, client, "answered")

    def _forward(self, line: "_Line", source: socket.socket, to: socket.socket, way: str) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if line.is_broken.is_set():
                    break
                if self.pools and way == "answered" and _KEY in data:
                    at = data.index(_KEY) + len(_KEY)
                    data = data[:at] + b"\x00\x00\x00\x01" + data[at + 4 :]
                if (kink := self._met(data, way)) is None:
                    to.sendall(data)
                elif kink.how == "slow":
                    line.mended.wait(kink.seconds)
                    to.sendall(data)
                else:
                    line.break_off(kink.how)
                    break
        if line.is_broken.is_set():
            line.mended.wait()
            return
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)

    def _met(self, data: bytes, way: str) -> Kink | None:
        with self._changed:
            kink = self._kink
            if kink is None or kink.way != way or kink.words not in data:
                return None
            self._left -= 1
            if self._left:
                return None
            self._kink = None
            self.met.set()
            return kink


class _Line:
    """A connection of a host's, and the one to the server that it leads to."""

    def __init__(self, client: socket.socket, server: socket.socket, mended: threading.Event) -> None:
        self._client, self._server = client, server
        self.mended = mended
        self.is_broken = threading.Event()
        """Nothing gets through any more, nor that an end has closed it."""

    def break_off(self, how: str) -> None:
        self.is_broken.set()
        if how == "client told":
            self._client.shutdown(socket.SHUT_WR)
        elif how == "server told":
            self._server.shutdown(socket.SHUT_WR)
        elif how == "cut":
            _reset(self._client)
            _reset(self._server)


def _reset(end: socket.socket) -> None:
    """Close a connection at once; whoever waits for it learns of it."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        end.shutdown(socket.SHUT_RD)
    end.close()


@contextlib.contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """Stand before a server's port while the block runs."""
    stands = Proxy(target)
    try:
        yield stands
    finally:
        stands.close()
