"""HTTP with one deadline per call: reads that retry, and a POST that is sent once."""

from __future__ import annotations

import email.utils
import json
import os
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
from requests.auth import HTTPBasicAuth
from requests.structures import CaseInsensitiveDict
from tenacity import RetryCallState, Retrying
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.poolmanager import ProxyManager

from paper_run.model.redaction import NO_SECRETS
from paper_run.model.service import Exchange
from paper_run.services import certificates
from paper_run.services.deadline import Deadline, addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from paper_run.model.redaction import Secrets
    from paper_run.model.service import ServiceUrl

CA_BUNDLE = "REQUESTS_CA_BUNDLE"
"""The variable of the environment that names certificates to trust in place of the usual ones."""
CONNECT_SECONDS = 3.0
LARGEST_BODY = 8 * 1024 * 1024
MOST_VALUES = 500_000
"""Bytes, and values in JSON, of an answer: more would cost more memory than a day may have."""
POOLED_CONNECTIONS = 8
PASSING = frozenset({429, 502, 503, 504})
"""Answers that may be another one in a moment: a read is retried on them."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DIRECT = {f"{scheme}://{host}": "" for scheme in ("http", "https") for host in _LOOPBACK}


class CallFailed(Exception):
    """No usable answer; `reason` is a clause such as "did not answer within 5 s".

    `received` is as much of the answer's body as came, `fix` what helps, where that is known.
    """

    def __init__(self, url: str, reason: str, *, fix: str = "") -> None:
        super().__init__(f"{url} {reason}")
        self.url = url
        self.reason = reason
        self.fix = fix
        self.received = b""

    @property
    def words(self) -> str:
        """The reason, and what helps."""
        return f"{self.reason}: {self.fix}" if self.fix else self.reason


class NeverSent(CallFailed):
    """The request provably never left: name not resolved, connection refused or never made."""


class Untrusted(NeverSent):
    """The server's certificate was refused before anything was sent; asking again would not help."""


class HeldBack(NeverSent):
    """The request was not to leave any more; the reason is the caller's own."""


class NoAnswer(CallFailed):
    """The request may have arrived; its answer did not, or not whole."""


class UnreadableAnswer(CallFailed):
    """An answer came that is not what the wire promises."""


# fmt: off
FACTS = frozenset((
    "run_id", "status", "strategy_id", "as_of_date", "started_at", "completed_at", "created_at",
    "updated_at", "timestamp", "session", "symbol", "side", "order_side", "order_status",
    "client_order_id", "broker_order_id", "qty", "order_qty", "capital", "filled_qty",
    "filled_avg_price", "limit_price", "avg_entry_price", "current_price", "realized_pl",
    "unrealized_pl", "t",
))
# fmt: on
"""Names of the fields that decide something: words and numbers that a password may be by chance."""


class Answer(NamedTuple):
    """A response read whole; `secrets` are kept out of whatever is read of it."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int
    secrets: Secrets = NO_SECRETS

    def json(self, *, constant: Callable[[str], object] | None = None) -> Any:
        """Parse the body, numbers with a point as Decimal.

        :param constant: what NaN, Infinity and -Infinity become, where they are not to spoil the rest.
        :raises UnreadableAnswer: it is no JSON, or holds NaN, Infinity, absurd nesting or too many values.
        """
        return self._read(constant or _refuse_constant)[0]

    def kept(self) -> str:
        """Return the JSON as it may be kept: as it came, or else without secrets.

        :raises UnreadableAnswer: it is none.
        """
        read, changed = self._read(_refuse_constant)
        if not changed:
            return self.body.decode("utf-8", "replace")
        import simplejson

        return simplejson.dumps(read, use_decimal=True)

    def words(self) -> str:
        """Return the body as text, without secrets."""
        return self.secrets.text(self.body.decode("utf-8", "replace").strip())

    def _read(self, constant: Callable[[str], object]) -> tuple[Any, bool]:
        if sum(map(self.body.count, (b",", b"[", b"{"))) > MOST_VALUES:
            raise UnreadableAnswer(self.url, f"answered {self.status} with more than {MOST_VALUES:,} values")
        try:
            read = json.loads(self.body, parse_float=Decimal, parse_constant=constant)
        except (ValueError, RecursionError, ArithmeticError):
            raise UnreadableAnswer(self.url, f"answered {self.status} with a body that is not JSON") from None
        return self.secrets.values(read, facts=FACTS) if self.secrets.may_be_in(self.body) else (read, False)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


class Transport:
    """Talks to the services.

    :param watch: called with each finished request.
    :param now: a monotonic clock in seconds. :param pause: waits that many seconds.
    :param environment: go through the proxies and trust the certificates that the environment names, as
        for a host on the internet; a host on loopback is asked directly all the same.
    :param secrets: what no answer may repeat. :param deadline: what is read ends by it, the POST does not.
    """

    def __init__(
        self,
        *,
        watch: Callable[[Exchange], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        environment: bool = False,
        secrets: Secrets = NO_SECRETS,
        deadline: Deadline | None = None,
    ) -> None:
        self._deadline = deadline or Deadline()
        self._secrets = secrets
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
        seconds = self._deadline.left(seconds)
        if seconds <= 0:
            raise NoAnswer(url.base + path, "was not asked any more, the time for all reads was over")
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
            _prove_bundle(session, target)
            left = max(deadline - started, 0.001)
            with session.request(
                method,
                target,
                data=body,
                headers=headers,
                auth=_login(url),
                timeout=(min(CONNECT_SECONDS, left), left),
                allow_redirects=False,
                stream=True,
            ) as response:
                _read_whole(response, target, received)
            outcome = str(response.status_code)
            headers = {name: self._secrets.text(value) for name, value in response.headers.items()}
            return Answer(
                target,
                response.status_code,
                CaseInsensitiveDict(headers),
                bytes(received),
                self._since(started),
                self._secrets,
            )
        except CallFailed as error:
            error.received = bytes(received)
            outcome = error.words
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = _explain(error, target, seconds)
            failure.received = bytes(received)
            outcome = failure.words
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
    """The same over TLS, its handshake too."""

    def do_handshake(self, block: bool = False) -> None:
        if (left := _seconds_left()) is not None:
            self.settimeout(left)
        super().do_handshake(block)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        if (left := _seconds_left()) is not None:
            self.settimeout(left)
        return super().recv_into(*args, **kwargs)


_LATE = "no answer in time"


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
        """Look the name up and connect, to whichever of its addresses takes it, within the call's time."""
        _refuse_held_back(self.host)
        ends = time.monotonic() + min(CONNECT_SECONDS, _seconds_left() or CONNECT_SECONDS)
        try:
            found = list(addresses(self._dns_host, self.port or self.default_port, ends - time.monotonic()))
        except OSError as error:
            late = isinstance(error, TimeoutError)
            why = socket.gaierror(socket.EAI_AGAIN, _LATE) if late else socket.gaierror(*error.args)
            raise NameResolutionError(self.host, self, why) from error
        while True:
            family, kind, protocol, _, address = found.pop(0)
            bounded = _DeadlineSocket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    bounded.setsockopt(*option)
                bounded.settimeout(max(0.001, (ends - time.monotonic()) / (len(found) + 1)))
                bounded.connect(address)
            except OSError as error:
                bounded.close()
                if found:
                    continue
                if isinstance(error, TimeoutError):
                    raise ConnectTimeoutError(self, "timed out") from error
                raise NewConnectionError(self, str(error)) from error
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


def _login(url: ServiceUrl) -> Callable[..., requests.PreparedRequest]:
    if url.credentials is None:
        return _no_credentials
    user, password = url.credentials
    return HTTPBasicAuth(user.encode(), password.encode())


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from looking into netrc: passwords of other programs are not ours to send."""
    return request


def _session(*, environment: bool = False) -> requests.Session:
    session = requests.Session()
    session.trust_env = environment
    session.proxies = dict(_DIRECT)
    session.verify = os.environ.get(CA_BUNDLE) or True
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
            raise UnreadableAnswer(url, f"answered with more than {LARGEST_BODY >> 20} MiB")


_PROXY_FAULTS = (
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)


def _prove_bundle(session: requests.Session, url: str) -> None:
    bundle = session.verify
    if isinstance(bundle, str) and url.startswith("https:") and not os.path.exists(bundle):
        raise Untrusted(url, "can't be verified", fix=f"{CA_BUNDLE} names {bundle}, which is not there")


def _explain(error: Exception, url: str, seconds: float) -> CallFailed:
    """Tell a request that provably never left from one whose answer is missing."""
    causes = _causes(error)
    if any(isinstance(cause, _PROXY_FAULTS) for cause in causes):
        return NoAnswer(url, "can't be reached through the proxy that the environment names")
    if (unsent := next(filter(None, (_unsent(cause, url) for cause in causes)), None)) is not None:
        return unsent
    if any(isinstance(cause, TimeoutError) or "timed out" in str(cause).lower() for cause in causes):
        return NoAnswer(url, f"did not answer within {round(seconds, 1):g} s")
    if any(isinstance(cause, requests.exceptions.SSLError | ssl.SSLError) for cause in causes):
        return NoAnswer(url, "failed the TLS handshake or broke it off")
    return NoAnswer(url, "broke the connection off before its answer was whole")


def _unsent(cause: BaseException, url: str) -> NeverSent | None:
    """Return why a request never left, if this cause proves that."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        words, fix = certificates.fault(cause, CA_BUNDLE)
        return Untrusted(url, words, fix=fix)
    if isinstance(cause, NewConnectionError):
        return NeverSent(url, _why_no_connection(str(cause).lower()))
    if isinstance(cause, ConnectTimeoutError | requests.ConnectTimeout):
        return NeverSent(url, "did not accept a connection in time")
    return None


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
        late = f" ({_LATE} from the name servers)" if _LATE in words else ""
        return f"has a host name that can't be resolved{late}"
    return "can't be reached"


def _is_passing(state: RetryCallState) -> bool:
    outcome = state.outcome
    if outcome is None:
        return False
    if outcome.failed:
        failure = outcome.exception()
        return isinstance(failure, NeverSent | NoAnswer) and not isinstance(failure, Untrusted)
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
