"""Messages are handed to the mail server, all in one conversation; what it refuses is put into words."""

from __future__ import annotations

import contextlib
import math
import smtplib
import ssl
import time
from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

from paper_run.model.redaction import Secrets
from paper_run.notify.email.connection import Bounds, Client, secure_context, why
from paper_run.settings.email import CA_FILE, SECURITY, require_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from paper_run.settings.email import MailSettings

GOODBYE_SECONDS = 1.0
"""A goodbye is waited for no longer: the messages have been taken."""
_LONGEST_WORDS = 300
_WRONG_PASSWORD = 535
_END = b".\r\n"

_Answer = tuple[int, bytes]


class Refusal(NamedTuple):
    """Why a recipient was refused: the server's words, and whether it was for good (5xx)."""

    words: str
    permanent: bool


class DeliveryFailed(Exception):
    """A message went to nobody; `reason` is a clause such as "refused the connection".

    :ivar permanent: the server's answer was 5xx: the same again will not help.
    :ivar refused: the recipients, where each of them was refused for itself.
    :ivar connection_lost: no other message can be sent over this connection.
    :ivar in_doubt: the message had gone out whole and no answer came: it may have arrived all the same.
    """

    def __init__(
        self,
        server: str,
        reason: str,
        *,
        permanent: bool = False,
        refused: Mapping[str, Refusal] | None = None,
        connection_lost: bool = True,
        in_doubt: bool = False,
    ) -> None:
        super().__init__(f"{server} {reason}")
        self.refused = refused or {}
        self.server = server
        self.reason = reason
        self.permanent = permanent
        self.connection_lost = connection_lost
        self.in_doubt = in_doubt


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
    words = _Words(f"{require_host(settings)}:{settings.port}", settings, bounds)
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

    def __init__(self, client: Client, sender: str, words: _Words, found: str) -> None:
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
            words.expect_good("the message", client.getreply())
        return refused

    def _refused(self, recipients: Sequence[str]) -> Mapping[str, Refusal]:
        """Name the recipients; return those that are refused while others are not."""
        refused: dict[str, _Answer] = {}
        for recipient in recipients:
            answer = self._client.rcpt(recipient)
            if answer[0] == 421:
                raise self._words.refusal(f"the recipient {recipient}", answer)
            if not _is_good(answer):
                refused[recipient] = answer
        if len(refused) == len(recipients):
            raise self._words.refusal_of_all(refused)
        return self._words.refusals(refused)

    def _is_ready_again(self) -> bool:
        """Whether the server has forgotten the message that failed, and waits for the next."""
        try:
            return _is_good(self._client.rset())
        except OSError:
            return False


class _Words:
    """What a server said or did, in one line, without the secrets that it may repeat."""

    def __init__(self, server: str, settings: MailSettings, bounds: Bounds) -> None:
        self._server = server
        self._bounds = bounds
        user, password = settings.user, settings.password
        self._secrets = Secrets(
            logins=[(user, password)] if user is not None and password is not None else []
        )

    def failure(self, reason: str) -> DeliveryFailed:
        """Say why there is no connection to send over."""
        return DeliveryFailed(self._server, reason)

    def refusal(self, what: str, answer: _Answer) -> DeliveryFailed:
        """Tell a refusal, 5xx, from a delay, 4xx."""
        code, said = answer[0], self.said(answer)
        if code >= 500:
            reason = f"refused {what} ({said})"
        elif code >= 400:
            reason = f"put {what} off ({said})"
        else:
            reason = f"answered {said} to {what}"
        return DeliveryFailed(self._server, reason, permanent=code >= 500, connection_lost=code in (421, -1))

    def refusal_of_all(self, refused: Mapping[str, _Answer]) -> DeliveryFailed:
        """Say that no recipient is left; for good only if each was refused so."""
        if len(refused) == 1:
            ((recipient, answer),) = refused.items()
            return self.refusal(f"the recipient {recipient}", answer)
        each = self.refusals(refused)
        named = "; ".join(f"{recipient} ({refusal.words})" for recipient, refusal in each.items())
        return DeliveryFailed(
            self._server,
            f"took no recipient: {named}",
            permanent=all(refusal.permanent for refusal in each.values()),
            refused=each,
            connection_lost=False,
        )

    def refusals(self, refused: Mapping[str, _Answer]) -> dict[str, Refusal]:
        """Return why each recipient was refused."""
        return {
            recipient: Refusal(self.said(answer), answer[0] >= 500) for recipient, answer in refused.items()
        }

    def expect_good(self, what: str, answer: _Answer) -> None:
        """Raise what an answer other than 2xx says."""
        if not _is_good(answer):
            raise self.refusal(what, answer)

    def said(self, answer: _Answer) -> str:
        """Return an answer in one line."""
        code, said = answer
        if code < 0:
            return "what is no SMTP"
        text = self._secrets.text(said.decode("utf-8", "replace"))
        text = "".join(letter if letter.isprintable() else " " for letter in text)
        return f"{code} {' '.join(text.split())[:_LONGEST_WORDS]}".strip()

    @contextlib.contextmanager
    def stage(self, when: str, *, in_doubt: bool = False) -> Iterator[None]:
        """Put what goes wrong in the block into words."""
        try:
            yield
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            answer = (error.smtp_code, _octets(error.smtp_error))
            reason = f"answered {self.said(answer)} {when}"
            raise DeliveryFailed(self._server, reason, permanent=answer[0] >= 500) from None
        except OSError as error:
            reason = why(error, self._bounds, when) + ("; it may have arrived" if in_doubt else "")
            raise DeliveryFailed(self._server, reason, in_doubt=in_doubt) from None


def _client(settings: MailSettings, bounds: Bounds, words: _Words) -> Client:
    """Connect, and read the greeting."""
    context = _context(settings, bounds, words) if settings.security == "tls" else None
    with words.stage("in place of a greeting"):
        return Client(require_host(settings), settings.port, bounds, context)


def _enter(client: Client, settings: MailSettings, bounds: Bounds, words: _Words) -> str:
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


def _context(settings: MailSettings, bounds: Bounds, words: _Words) -> ssl.SSLContext:
    try:
        return secure_context(settings.ca_file, bounds)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise words.failure(
            f"can't be verified: {CA_FILE}={settings.ca_file} is of no use ({said})"
        ) from None


def _start_tls(client: Client, context: ssl.SSLContext, words: _Words) -> None:
    """Go on under TLS or not at all."""
    if not client.has_extn("starttls"):
        raise words.failure(f"does not offer STARTTLS, which {SECURITY}=starttls asks for")
    try:
        client.starttls(context=context)
    except smtplib.SMTPResponseException as error:
        raise words.refusal("STARTTLS", (error.smtp_code, _octets(error.smtp_error))) from None


def _log_in(client: Client, user: str, password: str, words: _Words) -> None:
    """Log in by the first way that the server takes; smtplib's own takes no password beyond ASCII."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    ways = [way for way in ("PLAIN", "LOGIN") if way in offered]
    if not ways:
        instead = (
            f"offers only {', '.join(offered)}, and paper_run" if offered else "offers no login; paper_run"
        )
        raise words.failure(f"{instead} knows AUTH PLAIN and AUTH LOGIN")
    answer: _Answer = (-1, b"")
    for way in ways:
        answer = _plain(client, user, password) if way == "PLAIN" else _login(client, user, password)
        if _is_good(answer):
            return
        if answer[0] < 500 or answer[0] == _WRONG_PASSWORD:
            break
    raise words.refusal(f"the login of {user}", answer)


def _plain(client: Client, user: str, password: str) -> _Answer:
    return client.docmd("AUTH", "PLAIN " + _base64(f"\0{user}\0{password}"))


def _login(client: Client, user: str, password: str) -> _Answer:
    answer = client.docmd("AUTH", "LOGIN")
    for words in (user, password):
        if answer[0] == 334:
            answer = client.docmd(_base64(words))
    return answer


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


def _is_good(answer: _Answer) -> bool:
    return answer[0] // 100 == 2


def _octets(said: bytes | str) -> bytes:
    return said.encode() if isinstance(said, str) else said


def _on_the_wire(message: bytes) -> bytes:
    """Return the message with its dots doubled, without its end (RFC 5321, 4.5.2)."""
    lines = message if message.endswith(b"\r\n") else message + b"\r\n"
    return (b"\r\n" + lines).replace(b"\r\n.", b"\r\n..")[2:]
