"""Sockets whose every wait is for what is left of one time: HTTP and SMTP go over them, TLS or not."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHORTEST = 0.001
"""Seconds: a timeout of 0 would mean not to wait at all."""


class Limits:
    """When a socket's waits must end; whoever bounds more than the time overrides the rest.

    :ivar ends: when, by `now`; at first all time is over.
    """

    ends = float("-inf")

    def now(self) -> float:
        """Return the time of a monotonic clock, in seconds."""
        return time.monotonic()

    def left(self) -> float:
        """Return the seconds that are left.

        :raises TimeoutError: there are none.
        """
        left = self.ends - self.now()
        if left <= 0:
            raise TimeoutError("the time is over")
        return left

    def received(self, count: int) -> None:
        """Hear of so many bytes that came. :raises OSError: they are too many."""

    def broken_by(self, error: OSError) -> None:
        """Hear of what ended a wait."""

    @contextlib.contextmanager
    def waiting(self, on: socket.socket) -> Iterator[None]:
        """Let a socket wait for what is left; settimeout alone would let a trickle go on for ever."""
        try:
            on.settimeout(self.left())
            yield
        except OSError as error:
            self.broken_by(error)
            raise


class DeadlineSocket(socket.socket):
    """A plain one, not connected yet."""

    def __init__(self, limits: Limits, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._limits = limits
        # The end of a message is a small piece of its own; it must not wait until the rest is confirmed.
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """See socket."""
        with self._limits.waiting(self):
            count = super().recv_into(*args, **kwargs)
            self._limits.received(count)
            return count

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """See socket."""
        with self._limits.waiting(self):
            super().sendall(*args, **kwargs)


def secured(limits: Limits) -> type[ssl.SSLSocket]:
    """Return the same over TLS, for `SSLContext.sslsocket_class`; it is bounded already in the handshake."""

    class SecureDeadlineSocket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            with limits.waiting(self):
                super().do_handshake(block)

        def recv_into(self, *args: Any, **kwargs: Any) -> int:
            with limits.waiting(self):
                count = super().recv_into(*args, **kwargs)
                limits.received(count)
                return count

        def send(self, *args: Any, **kwargs: Any) -> int:
            with limits.waiting(self):
                return super().send(*args, **kwargs)

    return SecureDeadlineSocket


def connect(addresses: Sequence[Any], seconds: float, limits: Limits) -> DeadlineSocket:
    """Connect to the first address that takes it; one that says nothing leaves the others their time.

    :param addresses: at least one, as `look_up` finds them. :param seconds: for all of them together.
    :raises OSError: none takes it; the last one's reason.
    """
    ends, untried = limits.now() + seconds, list(addresses)
    while True:
        share = max(_SHORTEST, (ends - limits.now()) / len(untried))
        family, kind, protocol, _, address = untried.pop(0)
        plain = DeadlineSocket(limits, family, kind, protocol)
        try:
            plain.settimeout(share)
            plain.connect(address)
        except OSError:
            plain.close()
            if not untried:
                raise
        else:
            return plain


def look_up(host: str, port: int, seconds: float) -> Sequence[Any]:
    """Look a name up, as `socket.getaddrinfo` does, in a thread that nothing waits for at the end.

    Nothing else bounds it: dead name servers are asked for half a minute. An address is no name.

    :raises OSError: it has no address, or none was found in time (TimeoutError).
    """
    with contextlib.suppress(OSError, UnicodeError):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    found: SimpleQueue[Sequence[Any] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, name=f"address of {host}", daemon=True).start()
    try:
        answer = found.get(timeout=max(seconds, _SHORTEST))
    except Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    if isinstance(answer, UnicodeError):
        raise socket.gaierror(socket.EAI_NONAME, "it is no name")
    return answer
