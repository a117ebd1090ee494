"""A connection to the mail server, on which every wait is for what is left of one time."""

from __future__ import annotations

import smtplib
import socket
import ssl
from typing import TYPE_CHECKING

from paper_run.services.deadline_socket import Limits, connect, look_up, secured
from paper_run.settings.email import CA_FILE, SECURITY, is_host_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST_ANSWERS = 1024 * 1024
"""Bytes: a server that says more than this in one conversation is not heard out."""
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})


class Endless(OSError):
    """The server says more than anybody would read."""


class Bounds(Limits):
    """When a conversation must end, how much is heard out, and what broke its connection.

    :param seconds: for all of it. :param now: a monotonic clock in seconds.
    """

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self.seconds = seconds
        self.broken: OSError | None = None
        """smtplib says only that a connection is gone; this is why."""
        self._now = now
        self.ends = now() + seconds
        self._received = 0

    def now(self) -> float:
        """Return the time of the clock that was given."""
        return self._now()

    def shorten(self, seconds: float) -> None:
        """End it that many seconds from now, if it does not end before."""
        self.ends = min(self.ends, self._now() + seconds)

    def received(self, count: int) -> None:
        """Count what came. :raises Endless: it is too much by now."""
        self._received += count
        if self._received > LARGEST_ANSWERS:
            raise Endless

    def broken_by(self, error: OSError) -> None:
        """Keep what broke the connection."""
        self.broken = error


class Client(smtplib.SMTP):
    """smtplib's client over a bounded connection.

    :param context: speak TLS from the start; None: in clear, at least at the start.
    :raises OSError: there is no connection or no greeting; `why` puts it into words.
    """

    def __init__(self, host: str, port: int, bounds: Bounds, context: ssl.SSLContext | None) -> None:
        self._bounds = bounds
        self._context = context
        super().__init__(host, port, local_hostname=_own_name())

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002  smtplib's
        found = look_up(host, port, self._bounds.left())
        plain = connect(found, self._bounds.left(), self._bounds)
        if self._context is None:
            return plain
        try:
            return self._context.wrap_socket(plain, server_hostname=host)
        finally:
            plain.close()


def secure_context(ca_file: Path | None, bounds: Bounds) -> ssl.SSLContext:
    """Return what verifies the server's certificate and name, and speaks TLS 1.2 or later.

    :param ca_file: certificates in place of the system's.
    :raises OSError: they can't be used.
    """
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = secured(bounds)
    return context


def why(error: OSError, bounds: Bounds, stage: str) -> str:
    """Put what ended a conversation into words: a clause whose subject is the server.

    :param stage: when it was, such as "in the middle of a message".
    """
    cause = bounds.broken or error
    if isinstance(cause, TimeoutError):
        return f"did not answer within {round(bounds.seconds, 1):g} s"
    for kind, words in _CLAUSES.items():
        if isinstance(cause, kind):
            return words
    if isinstance(cause, ConnectionError | ssl.SSLEOFError | smtplib.SMTPServerDisconnected):
        return f"closed the connection {stage}"
    if isinstance(cause, ssl.SSLError):
        return _tls_words(cause)
    return f"can't be reached ({cause.strerror or type(cause).__name__})"


_CLAUSES = {
    Endless: f"answered with more than {LARGEST_ANSWERS >> 20} MiB",
    smtplib.SMTPResponseException: "answered with a line that is too long",
    ConnectionRefusedError: "refused the connection",
    socket.gaierror: "has a host name that can't be resolved",
}


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        from paper_run.services import certificates

        words, fix = certificates.fault(error, CA_FILE)
        return f"{words}: {fix}"
    if error.reason in _NOT_TLS:
        return f"speaks no TLS from the start (is {SECURITY}=starttls meant?)"
    said = (error.reason or "no reason is given").lower().replace("_", " ")
    return f"failed the TLS handshake or broke it off ({said})"


def _own_name() -> str:
    """Return what EHLO says: the full name if the machine has one; looking one up can take its time."""
    name = socket.gethostname()
    return name if "." in name and is_host_name(name) else "[127.0.0.1]"
