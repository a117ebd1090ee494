"""A real mail server on loopback (aiosmtpd) that records what arrives and can be told how to misbehave."""

import asyncio
import contextlib
import email
import email.policy
import functools
import logging
import socket
import ssl
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

FREEZE = "freeze"
"""Say nothing more, and keep the connection."""
DROP = "drop"
"""Close the connection without a word."""
TRICKLE = "trickle"
"""Answer without end, byte by byte."""
FLOOD = "flood"
"""Answer without end, as fast as it goes."""
SENDER, RECIPIENT = "paper@example.com", "trader@example.com"
_PAUSE = 0.02
# It warns of each login, and of each client that does not trust it: what the tests are about.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
_COMMANDS = ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "QUIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message that was taken; `tls` is the version, such as TLSv1.3, or None."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    tls: str | None
    user: str | None


class MailServer:
    """Serves while a `with` block runs; `env` are the variables that lead to it.

    :param security: what it speaks and what `env` says: starttls, tls or none.
    :param user: with `password`, nothing is taken without a login. :param ways: the logins it knows.
    :param acts: by stage (connect, a command, `body` in the middle of a message, `end` after it) what to do
        in place of serving: a reply, or FREEZE, DROP, TRICKLE, FLOOD; a list has one for each time, and then
        all is well (as it is for a None in it).
    :param refuse: by recipient, the reply to it.
    :param certificate: the names in its certificate. :param trusted: whether `env` names its CA.
    """

    def __init__(
        self,
        *,
        security: str = "starttls",
        user: str | None = "reports",
        password: str = "correct horse",
        ways: Sequence[str] = ("PLAIN", "LOGIN"),
        acts: Mapping[str, str | Sequence[str | None]] | None = None,
        refuse: Mapping[str, str] | None = None,
        offers_starttls: bool = True,
        certificate: Sequence[str] = ("localhost", "127.0.0.1"),
        trusted: bool = True,
        size_limit: int | None = None,
    ) -> None:
        self.security = security
        self.user, self.password, self.ways = user, password, ways
        self.refuse = dict(refuse or {})
        self.size_limit = size_limit
        self.offers_starttls = offers_starttls
        self.messages: list[Received] = []
        self.commands: list[str] = []
        """The commands in the order of arrival, without their arguments."""
        self.stages: list[str] = []
        """The stages that conversations came to, in their order."""
        self.connections = 0
        self.changed = threading.Condition()
        self._acts = {
            stage: act if isinstance(act, str) else deque(act) for stage, act in (acts or {}).items()
        }
        self._certificate, self._trusted = tuple(certificate), trusted
        self._closing = contextlib.ExitStack()
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory()))
        # Bound for as long as the server lives, so that nobody else answers there while it is down.
        holder = self._closing.enter_context(socket.socket())
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        self.port = holder.getsockname()[1]
        self.env = {
            "PAPER_RUN_SMTP_HOST": "localhost",
            "PAPER_RUN_SMTP_PORT": str(self.port),
            "PAPER_RUN_SMTP_SECURITY": self.security,
            "PAPER_RUN_EMAIL_FROM": SENDER,
            "PAPER_RUN_EMAIL_TO": RECIPIENT,
        }
        if self.user is not None:
            self.env |= {"PAPER_RUN_SMTP_USER": self.user, "PAPER_RUN_SMTP_PASSWORD": self.password}
        if self.security != "none":
            (_authority() if self._trusted else trustme.CA()).cert_pem.write_to_path(folder / "ca.pem")
            self.env["PAPER_RUN_SMTP_CA_FILE"] = str(folder / "ca.pem")
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
        self._closing.close()

    def up(self) -> None:
        """Accept connections."""
        context = None if self.security == "none" else certified(self._certificate)
        self._running = _Running(self, context)

    def down(self) -> None:
        """Break all connections off, and refuse new ones."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def next_act(self, stage: str) -> str | None:
        with self.changed:
            self.stages.append(stage)
            self.changed.notify_all()
            act = self._acts.get(stage)
            if isinstance(act, deque):
                return act.popleft() if act else None
            return act

    def will(self, stage: str, *acts: str) -> None:
        """Do these in place of serving a stage from now on, one each time, and then serve again."""
        self._acts[stage] = deque(acts)

    def acts_at(self, stage: str) -> bool:
        """Whether something is left to be done at a stage."""
        return bool(self._acts.get(stage))

    def record(self, message: Received) -> None:
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def until(self, condition: Callable[[], object], timeout: float = 15) -> None:
        """Wait for something to become true; it is looked at when a message, command or connection came."""
        with self.changed:
            if not self.changed.wait_for(condition, timeout):
                raise AssertionError(f"not within {timeout} s; seen: {self.commands}")


class _Running:
    """The server's thread, from its start to its end."""

    def __init__(self, server: MailServer, context: ssl.SSLContext | None) -> None:
        self._server = server
        self._context = context
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), name="mail server")
        self._thread.start()
        if not self._ready.wait(60):
            raise AssertionError("the mail server did not start")

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        sessions: list[_Session] = []

        def session() -> _Session:
            made = _Session(self._server, self._context, self._over, self._loop)
            sessions.append(made)
            return made

        implicit = self._context if self._server.security == "tls" else None
        listener = await self._loop.create_server(
            session, "127.0.0.1", self._server.port, ssl=implicit, reuse_address=True
        )
        self._ready.set()
        await self._over.wait()
        listener.close()
        for each in sessions:
            if each.transport is not None:
                each.transport.abort()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        if self._thread.is_alive():
            raise AssertionError("the mail server did not stop")


class _Handler:
    """What aiosmtpd asks when an envelope grows."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_RCPT(self, *told: Any) -> str:  # noqa: N802  aiosmtpd's name
        _smtp, _session, envelope, address, _options = told
        if refusal := self._server.refuse.get(address):
            return str(refusal)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: "_Session", session: Session, envelope: Envelope) -> str:  # noqa: N802
        if reply := await smtp.misbehave("end"):
            return reply
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        secured = smtp.transport.get_extra_info("ssl_object")
        self._server.record(
            Received(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.content,
                tls=secured and secured.version(),
                user=session.auth_data.login.decode() if session.auth_data else None,
            )
        )
        return "250 OK"


class _Session(SMTP):
    """aiosmtpd's conversation with one client, which asks before each step whether to misbehave."""

    transport: Any

    def __init__(
        self,
        server: MailServer,
        context: ssl.SSLContext | None,
        over: asyncio.Event,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        starttls = server.security == "starttls" and server.offers_starttls
        super().__init__(
            _Handler(server),
            loop=loop,
            hostname="mail.test",
            ident="ESMTP",
            data_size_limit=server.size_limit,
            tls_context=context if starttls else None,
            auth_require_tls=starttls,
            auth_exclude_mechanism={"PLAIN", "LOGIN"} - set(server.ways),
            authenticator=self._check,
        )
        self._mail_server = server
        self._over = over
        self._greeted = False

    def _check(self, *told: Any) -> AuthResult:
        given: LoginPassword = told[-1]
        server = self._mail_server
        right = (given.login.decode(), given.password.decode()) == (server.user, server.password)
        return AuthResult(success=right, handled=False, auth_data=given)

    async def check_auth_needed(self, *_: Any) -> bool:
        """Do as aiosmtpd's auth_required does, which warns wherever there is no TLS."""
        assert self.session is not None
        if self._mail_server.user is None or self.session.authenticated:
            return False
        await self.push("530 5.7.0 Authentication required")
        return True

    async def push(self, status: Any) -> None:
        if not self._greeted:
            self._greeted = True
            with self._mail_server.changed:
                self._mail_server.connections += 1
                self._mail_server.changed.notify_all()
            status = await self.misbehave("connect") or status
        await super().push(status.encode("latin-1") if isinstance(status, str) else status)

    async def misbehave(self, stage: str) -> str | None:
        """Do what the server was told for this stage; return what to reply, or None when all is well."""
        match self._mail_server.next_act(stage):
            case "freeze":
                await self._over.wait()
            case "drop":
                self.transport.abort()
                await self._over.wait()  # until the loss of the connection cancels this
            case "trickle":
                self._writer.write(b"250-")
                while self._is_listened_to():
                    self._writer.write(b"x")
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._over.wait(), _PAUSE)
            case "flood":
                while self._is_listened_to():
                    self._writer.write(b"250-and more\r\n" * 1000)
                    await self._writer.drain()
                    await asyncio.sleep(0)  # the loss of the connection is told in between, or never
            case reply:
                return reply
        return None

    def _is_listened_to(self) -> bool:
        return not self._over.is_set() and not self._writer.is_closing()

    async def told_to(self, command: str) -> bool:
        """Whether a command was dealt with otherwise than by serving it."""
        with self._mail_server.changed:
            self._mail_server.commands.append(command)
            self._mail_server.changed.notify_all()
        reply = await self.misbehave(command)
        if reply is None and command == "DATA" and self._mail_server.acts_at("body"):
            await self.push("354 Go on")
            await self._reader.readuntil(b"\r\n")
            reply = await self.misbehave("body")
        if reply is None:
            return False
        await self.push(reply)
        if reply.startswith("421"):
            self.transport.close()
        return True


def _asking_first(command: str) -> Callable[[_Session, str], Coroutine[Any, Any, None]]:
    serve = getattr(SMTP, f"smtp_{command}")

    async def smtp(self: _Session, arg: str) -> None:
        if not await self.told_to(command):
            await serve(self, arg)

    return smtp


for _command in _COMMANDS:
    setattr(_Session, f"smtp_{_command}", _asking_first(_command))


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def certified(names: tuple[str, ...]) -> ssl.SSLContext:
    """Return what a server with a certificate of the CA of all servers here speaks TLS with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _authority().issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes whatever comes."""
    with MailServer() as running:
        yield running


def letters(server: MailServer) -> list[EmailMessage]:
    """Return the messages that arrived, read as a mail program reads them."""
    policy = email.policy.default
    return [email.message_from_bytes(each.content, policy=policy) for each in server.messages]  # type: ignore[misc]


def subjects(server: MailServer) -> list[str]:
    return [str(each["Subject"]) for each in letters(server)]
