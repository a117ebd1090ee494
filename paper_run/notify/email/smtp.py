"""Messages are handed to the mail server, all in one conversation; what it refuses is put into words."""

from __future__ import annotations

import contextlib
import math
import smtplib
import ssl
import time
from typing import TYPE_CHECKING

from paper_run.notify.email.connection import Bounds, Client, secure_context
from paper_run.notify.email.refusals import (
    _WRONG_PASSWORD,
    Answer,
    DeliveryFailed,
    Refusal,
    Words,
    _plain,
    base64_of,
    is_good,
    octets,
)
from paper_run.settings.email import CA_FILE, SECURITY, require_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from paper_run.settings.email import MailSettings

GOODBYE_SECONDS = 1.0
"""A goodbye is waited for no longer: the messages have been taken."""
_END = b".\r\n"


@contextlib.contextmanager
def connected(
    settings: MailSettings, *, seconds: float = math.inf, now: Callable[[], float] = time.monotonic
) -> Iterator[Server]:
    """Connect, secure the connection and log in as the settings say; say goodbye at the end.

    :param seconds: the most that the command has left for it. :param now: a monotonic clock in seconds.
    :raises DeliveryFailed: there is no such connection within that and the settings' time, which is for
        everything in the block too.
    :raises DataError: no server is named.
    """
    bounds = Bounds(min(float(settings.timeout), seconds), now)
    words = Words(f"{require_host(settings)}:{settings.port}", settings, bounds)
    with contextlib.closing(_client(settings, bounds, words)) as client:
        found = _enter(client, settings, bounds, words)
        server = Server(client, settings.sender, words, found)
        yield server
        server.leave(bounds)


def login(
    settings: MailSettings, *, seconds: float = math.inf, now: Callable[[], float] = time.monotonic
) -> str:
    """Do all but send; return what was found, such as "TLS 1.3, logged in as reports".

    :raises DeliveryFailed, DataError: as `connected` does.
    """
    with connected(settings, seconds=seconds, now=now) as server:
        return server.found


class Server:
    """A mail server that waits for messages; `connected` makes it.

    :ivar found: what the connection is like, in words.
    """

    def __init__(self, client: Client, sender: str, words: Words, found: str) -> None:
        self.found = found
        self._client = client
        self._sender = sender
        self._words = words
        self._lost: DeliveryFailed | None = None

    def send(
        self,
        message: bytes,
        recipients: Sequence[str],
        handing_over: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> Mapping[str, Refusal]:
        """Send a message; return the recipients that were refused.

        :param handing_over: told who gets it, right before the last octets of it leave: from then on it may
            have arrived, whatever comes.
        :raises DeliveryFailed: it went to nobody. Unless `connection_lost`, the next one may be sent.
        """
        if self._lost is not None:
            raise DeliveryFailed(self._lost.server, self._lost.reason)
        try:
            return self._send(message, recipients, handing_over)
        except DeliveryFailed as failure:
            if not failure.connection_lost:
                failure.connection_lost = not self._is_ready_again()
            if failure.connection_lost:
                self._lost = failure
            raise
        except BaseException:
            self._lost = self._words.failure("was left in the middle of a message")
            raise

    def leave(self, bounds: Bounds) -> None:
        """Say goodbye, unless the connection is gone."""
        if self._lost is None:
            bounds.shorten(GOODBYE_SECONDS)
            # What was sent was taken before: how the server takes the goodbye changes nothing.
            with contextlib.suppress(OSError):
                self._client.quit()

    def _send(
        self, message: bytes, recipients: Sequence[str], handing_over: Callable[[Sequence[str]], None]
    ) -> Mapping[str, Refusal]:
        client, words = self._client, self._words
        with words.stage("before it took a message"):
            size = [f"SIZE={len(message)}"] if client.has_extn("size") else []
            words.expect_good(f"the sender {self._sender}", client.mail(self._sender, size))
            refused = self._refused(recipients)
            answer = client.docmd("DATA")
            if answer[0] != 354:
                raise words.refusal("the message", answer)
        with words.stage("in the middle of a message"):
            client.send(_on_the_wire(message))
            handing_over([recipient for recipient in recipients if recipient not in refused])
            client.send(_END)
        with words.stage("before it confirmed a message", in_doubt=True):
            words.expect_good("the message", client.getreply(), in_doubt=True)
        return refused

    def _refused(self, recipients: Sequence[str]) -> Mapping[str, Refusal]:
        """Name the recipients; return those that are refused while others are not."""
        refused: dict[str, Answer] = {}
        for recipient in recipients:
            answer = self._client.rcpt(recipient)
            if answer[0] == 421:
                raise self._words.refusal(f"the recipient {recipient}", answer)
            if not is_good(answer):
                refused[recipient] = answer
        if len(refused) == len(recipients):
            raise self._words.refusal_of_all(refused)
        return self._words.refusals(refused)

    def _is_ready_again(self) -> bool:
        """Whether the server has forgotten the message that failed, and waits for the next."""
        try:
            return is_good(self._client.rset())
        except OSError:
            return False


def _client(settings: MailSettings, bounds: Bounds, words: Words) -> Client:
    """Connect, and read the greeting."""
    context = _context(settings, bounds, words) if settings.security == "tls" else None
    with words.stage("in place of a greeting"):
        return Client(require_host(settings), settings.port, bounds, context)


def _enter(client: Client, settings: MailSettings, bounds: Bounds, words: Words) -> str:
    """Do what comes between the greeting and the first message; return what was found."""
    try:
        with words.stage("after its greeting"):
            client.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                _start_tls(client, _context(settings, bounds, words), words)
                client.ehlo_or_helo_if_needed()
        with words.stage("during the login"):
            if settings.user is not None and settings.password is not None:
                _log_in(client, settings.user, settings.password, words)
    except DeliveryFailed as failure:
        failure.connection_lost = True
        raise
    version = client.sock.version() if isinstance(client.sock, ssl.SSLSocket) else None
    secured = "no TLS" if version is None else version.replace("TLSv", "TLS ")
    return f"{secured}, {'no login' if settings.user is None else f'logged in as {settings.user}'}"


def _context(settings: MailSettings, bounds: Bounds, words: Words) -> ssl.SSLContext:
    try:
        return secure_context(settings.ca_file, bounds)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise words.failure(
            f"can't be verified: {CA_FILE}={settings.ca_file} is of no use ({said})"
        ) from None


def _start_tls(client: Client, context: ssl.SSLContext, words: Words) -> None:
    """Go on under TLS or not at all."""
    if not client.has_extn("starttls"):
        raise words.failure(f"does not offer STARTTLS, which {SECURITY}=starttls asks for")
    try:
        client.starttls(context=context)
    except smtplib.SMTPResponseException as error:
        raise words.refusal("STARTTLS", (error.smtp_code, octets(error.smtp_error))) from None


def _log_in(client: Client, user: str, password: str, words: Words) -> None:
    """Log in by the first way that the server takes; smtplib's own takes no password beyond ASCII."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    ways = [way for way in ("PLAIN", "LOGIN") if way in offered]
    if not ways:
        instead = (
            f"offers only {', '.join(offered)}, and paper_run" if offered else "offers no login; paper_run"
        )
        raise words.failure(f"{instead} knows AUTH PLAIN and AUTH LOGIN")
    answer: Answer = (-1, b"")
    for way in ways:
        answer = _plain(client, user, password) if way == "PLAIN" else _login(client, user, password)
        if is_good(answer):
            return
        if answer[0] < 500 or answer[0] == _WRONG_PASSWORD:
            break
    raise words.refusal(f"the login of {user}", answer)


def _login(client: Client, user: str, password: str) -> Answer:
    answer = client.docmd("AUTH", "LOGIN")
    for words in (user, password):
        if answer[0] == 334:
            answer = client.docmd(base64_of(words))
    return answer


def _on_the_wire(message: bytes) -> bytes:
    """Return the message with its dots doubled, without its end (RFC 5321, 4.5.2)."""
    lines = message if message.endswith(b"\r\n") else message + b"\r\n"
    return (b"\r\n" + lines).replace(b"\r\n.", b"\r\n..")[2:]
