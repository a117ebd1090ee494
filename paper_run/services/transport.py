"""HTTP with one deadline per call: reads that retry, and a POST that is sent once."""

from __future__ import annotations

import email.utils
import json
import random
import socket
import ssl
import threading
import time
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.poolmanager import ProxyManager

from paper_run.models import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from paper_run.models import ServiceUrl

CONNECT_SECONDS = 3.0
LARGEST_BODY = 32 * 1024 * 1024
POOLED_CONNECTIONS = 8
PASSING = frozenset({429, 502, 503, 504})
"""Answers that may be another one in a moment: a read is retried on them."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DIRECT = {f"{scheme}://{host}": "" for scheme in ("http", "https") for host in _LOOPBACK}


class CallFailed(Exception):
    """No usable answer; `reason` is a clause such as "did not answer within 5 s".

    `received` is as much of the answer's body as came.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} {reason}")
        self.url = url
        self.reason = reason
        self.received = b""


class NeverSent(CallFailed):
    """The request provably never left: name not resolved, connection refused or never made."""


class HeldBack(NeverSent):
    """The request was not to leave any more; the reason is the caller's own."""


class NoAnswer(CallFailed):
    """The request may have arrived; its answer did not, or not whole."""


class UnreadableAnswer(CallFailed):
    """An answer came that is not what the wire promises."""


class Answer(NamedTuple):
    """A response read whole."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int

    def json(self, *, constant: Callable[[str], object] | None = None) -> Any:
        """Parse the body, numbers with a point as Decimal.

        :param constant: what NaN, Infinity and -Infinity become, where they are not to spoil the rest.
        :raises UnreadableAnswer: it is no JSON, or holds NaN, Infinity or absurd nesting.
        """
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=constant or _refuse_constant)
        except (ValueError, RecursionError, ArithmeticError):
            raise UnreadableAnswer(self.url, f"answered {self.status} with a body that is not JSON") from None


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


class Transport:
    """Talks to the services.

    :param watch: called with each finished request.
    :param now: a monotonic clock in seconds. :param pause: waits that many seconds.
    :param environment: go through the proxies and trust the certificates that the environment names, as
        for a host on the internet; a host on loopback is asked directly all the same.
    """

    def __init__(
        self,
        *,
        watch: Callable[[Exchange], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        environment: bool = False,
    ) -> None:
        self._watch = watch
        self._now = now
        self._pause = pause
        self._session = _session(environment=environment)

    def get(
        self,
        url: ServiceUrl,
        path: str,
        *,
        seconds: float,
        retry: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Read, within `seconds` in all; a passing failure (refused, timeout, 429, 502-504) is retried.

        :raises CallFailed: no answer came in time. A last 4xx or 5xx answer is returned, not raised.
        """
        deadline = self._now() + seconds

        answers: list[Answer] = []

        def attempt() -> Answer:
            answer = self._exchange(
                self._session, "GET", url, path, deadline=deadline, seconds=seconds, headers=headers
            )
            answers.append(answer)
            return answer

        def last_word(state: RetryCallState) -> Answer:
            """Return the last answer there was: a service's own reason says more than a final timeout."""
            if answers or state.outcome is None:
                return answers[-1]
            outcome: Answer = state.outcome.result()
            return outcome

        if not retry:
            return attempt()
        retrying = Retrying(
            retry=_is_passing,
            wait=_pause_before_retry,
            stop=lambda state: self._now() + state.upcoming_sleep >= deadline,
            sleep=self._pause,
            retry_error_callback=last_word,
        )
        answer: Answer = retrying(attempt)
        return answer

    def post_once(
        self,
        url: ServiceUrl,
        path: str,
        body: Mapping[str, Any],
        *,
        headers: Mapping[str, str],
        seconds: float,
        held_back: Callable[[], str | None] = lambda: None,
    ) -> Answer:
        """Send once over a fresh connection, in one piece, and read the answer within `seconds` in all.

        :param held_back: asked right before it connects and right before it writes: why it may not leave.
        :raises NeverSent: it provably did not leave. :raises NoAnswer: it may have been acted upon.
        """
        content = json.dumps(body, separators=(",", ":")).encode()
        sent = {"Content-Type": "application/json", **headers}
        _call.held_back = held_back
        try:
            with _session() as fresh:
                return self._exchange(
                    fresh,
                    "POST",
                    url,
                    path,
                    deadline=self._now() + seconds,
                    seconds=seconds,
                    headers=sent,
                    body=content,
                )
        finally:
            _call.held_back = None

    def post_text(self, url: ServiceUrl, path: str, text: bytes, *, seconds: float) -> Answer:
        """Send a text in UTF-8 once, and read the answer within `seconds` in all.

        :raises CallFailed: no answer came in time. A 4xx or 5xx answer is returned, not raised.
        """
        return self._exchange(
            self._session,
            "POST",
            url,
            path,
            deadline=self._now() + seconds,
            seconds=seconds,
            headers={"Content-Type": "text/plain; charset=utf-8"},
            body=text,
        )

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _exchange(
        self,
        session: requests.Session,
        method: str,
        url: ServiceUrl,
        path: str,
        *,
        deadline: float,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        target = url.base + path
        started = self._now()
        outcome, received = "?", bytearray()
        _call.ends = time.monotonic() + (deadline - started)
        try:
            left = max(deadline - started, 0.001)
            with session.request(
                method,
                target,
                data=body,
                headers=headers,
                auth=url.credentials or _no_credentials,
                timeout=(min(CONNECT_SECONDS, left), left),
                allow_redirects=False,
                stream=True,
            ) as response:
                _read_whole(response, target, received)
            outcome = str(response.status_code)
            return Answer(
                target, response.status_code, response.headers, bytes(received), self._since(started)
            )
        except CallFailed as error:
            outcome = error.reason
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = _explain(error, target, seconds)
            failure.received = bytes(received)
            outcome = failure.reason
            raise failure from error
        finally:
            _call.ends = None
            self._watch(
                Exchange(method=method, url=target, outcome=outcome, milliseconds=self._since(started))
            )

    def _since(self, started: float) -> int:
        return round((self._now() - started) * 1000)


class _Call(threading.local):
    """The call that this thread is making: when it must end (monotonic clock), and what may hold it back."""

    ends: float | None = None
    held_back: Callable[[], str | None] | None = None


_call = _Call()


def _seconds_left() -> float | None:
    if _call.ends is None:
        return None
    left = _call.ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call's time is over")
    return left


class _DeadlineSocket(socket.socket):
    """A socket whose every read waits only for what is left of the call, so that no trickle outlasts it."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        if (left := _seconds_left()) is not None:
            self.settimeout(left)
        return super().recv_into(*args, **kwargs)


class _DeadlineSSLSocket(ssl.SSLSocket):
    """The same over TLS."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        if (left := _seconds_left()) is not None:
            self.settimeout(left)
        return super().recv_into(*args, **kwargs)


def _refuse_held_back(url: str) -> None:
    if _call.held_back is not None and (reason := _call.held_back()) is not None:
        raise HeldBack(url, reason)


class _Connection(HTTPConnection):
    _unsent: bytearray | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Put together what may be held back, and write it at once: no part of it leaves alone."""
        if _call.held_back is None:
            super().request(*args, **kwargs)
            return
        self._unsent = bytearray()
        super().request(*args, **kwargs)
        whole, self._unsent = bytes(self._unsent), None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._unsent is not None:
            self._unsent += data
            return
        if _call.held_back is not None:
            if self.sock is None:
                self.connect()
            _refuse_held_back(self.host)
        super().send(data)

    def _new_conn(self) -> socket.socket:
        _refuse_held_back(self.host)
        plain = super()._new_conn()
        timeout = plain.gettimeout()
        bounded = _DeadlineSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
        bounded.settimeout(timeout)
        return bounded


class _SecureConnection(_Connection, HTTPSConnection):
    """Bounded already before TLS begins: a proxy's answer to CONNECT is read from the plain socket."""

    def connect(self) -> None:
        if self.ssl_context is None:
            self.ssl_context = ssl.create_default_context()
        self.ssl_context.sslsocket_class = _DeadlineSSLSocket
        super().connect()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from looking into netrc: passwords of other programs are not ours to send."""
    return request


def _session(*, environment: bool = False) -> requests.Session:
    session = requests.Session()
    session.trust_env = environment
    session.proxies = dict(_DIRECT)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=POOLED_CONNECTIONS, pool_maxsize=POOLED_CONNECTIONS, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.headers["Accept"] = "application/json"
    session.headers["Accept-Encoding"] = "identity"
    return session


def _read_whole(response: requests.Response, url: str, received: bytearray) -> None:
    """Read the body piece by piece into `received`, which keeps what came when the rest does not."""
    while part := response.raw.read1(64 * 1024, decode_content=True):
        _seconds_left()
        received += part
        if len(received) > LARGEST_BODY:
            raise NoAnswer(url, f"answered with more than {LARGEST_BODY >> 20} MiB")


_PROXY_FAULTS = (
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)


def _explain(error: Exception, url: str, seconds: float) -> CallFailed:
    """Tell a request that provably never left from one whose answer is missing."""
    causes = _causes(error)
    if any(isinstance(cause, _PROXY_FAULTS) for cause in causes):
        return NoAnswer(url, "can't be reached through the proxy that the environment names")
    for cause in causes:
        if isinstance(cause, NewConnectionError):
            return NeverSent(url, _why_no_connection(str(cause).lower()))
        if isinstance(cause, ConnectTimeoutError | requests.ConnectTimeout):
            return NeverSent(url, "did not accept a connection in time")
    if any(isinstance(cause, TimeoutError) or "timed out" in str(cause).lower() for cause in causes):
        return NoAnswer(url, f"did not answer within {seconds:g} s")
    if any(isinstance(cause, requests.exceptions.SSLError | ssl.SSLError) for cause in causes):
        return NoAnswer(url, "failed the TLS handshake or broke it off")
    return NoAnswer(url, "broke the connection off before its answer was whole")


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and those it wraps: requests and urllib3 keep them in `reason` or in `args`."""
    causes: list[BaseException] = []
    inner: Any = error
    while isinstance(inner, BaseException) and len(causes) < 8:
        causes.append(inner)
        inner = getattr(inner, "reason", None) or next(iter(inner.args), None)
    return causes


def _why_no_connection(words: str) -> str:
    if "refused" in words:
        return "refused the connection"
    if "resolve" in words or "name or service" in words:
        return "has a host name that can't be resolved"
    return "can't be reached"


def _is_passing(state: RetryCallState) -> bool:
    outcome = state.outcome
    if outcome is None:
        return False
    if outcome.failed:
        return isinstance(outcome.exception(), NeverSent | NoAnswer)
    return outcome.result().status in PASSING


def _pause_before_retry(state: RetryCallState) -> float:
    """Full-jitter exponential back-off, or what the service asks for in Retry-After."""
    if state.outcome is not None and not state.outcome.failed:
        asked = retry_after(state.outcome.result().headers)
        if asked is not None:
            return asked
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (state.attempt_number - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311  a pause is no secret


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date; None when absent or unreadable."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())
