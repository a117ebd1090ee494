"""HTTP with one deadline per call: reads that retry, and a POST that is sent once."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import (
    HTTPError,
)

from paper_run.model.redaction import NO_SECRETS
from paper_run.model.service import Exchange
from paper_run.services import auth
from paper_run.services.answer import (
    CA_BUNDLE,
    LARGEST_BODY,
    PASSING,
    READ_HEADERS,
    Answer,
    CallFailed,
    NeverSent,
    NoAnswer,
    UnreadableAnswer,
    Untrusted,
    translated_errors,
)
from paper_run.services.connection import CONNECT_SECONDS, Adapter, call
from paper_run.services.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from paper_run.model.redaction import Secrets
    from paper_run.model.service import Refusal, ServiceUrl

POOLED_CONNECTIONS = 8
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DIRECT = {f"{scheme}://{host}": "" for scheme in ("http", "https") for host in _LOOPBACK}


class Transport:
    """Talks to the services.

    :param watch: called with each finished request.
    :param now: a monotonic clock in seconds. :param pause: waits that many seconds.
    :param environment: go through the proxies and trust the certificates that the environment names, as
        for a host on the internet; a host on loopback is asked directly all the same.
    :param secrets: what no answer may repeat. :param deadline: what is read ends by it, the POST does not.
    :param reads_only: whether it sends nothing but GET, whatever it is asked for.
    :param signer: signs what is read, each attempt anew, and the POST if it is to be.
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
        reads_only: bool = False,
        signer: auth.Signer | None = None,
    ) -> None:
        self.reads_only = reads_only
        self._deadline = deadline or Deadline()
        self._secrets = secrets
        self._signer = signer
        self._watch = watch
        self._now = now
        self._pause = pause
        self._session = _session(environment=environment)
        self._ways: dict[tuple[str, bool], dict[str, Any]] = {}

    def get(
        self,
        url: ServiceUrl,
        path: str,
        *,
        seconds: float,
        retry: bool = True,
        headers: Mapping[str, str] | None = None,
        unsigned: bool = False,
    ) -> Answer:
        """Read, within `seconds` in all; a passing failure (refused, timeout, 429, 502-504) is retried.

        :param unsigned: leave the signature out, to see what is said without.
        :raises CallFailed: no answer came in time. A last 4xx or 5xx answer is returned, not raised.
        """
        seconds = self._deadline.left(seconds)
        if seconds <= 0:
            raise NoAnswer(url.base + path, "was not asked any more, the time for all reads was over")
        deadline = self._now() + seconds

        def once() -> Answer:
            return self._exchange(
                self._session,
                "GET",
                url,
                path,
                deadline=deadline,
                seconds=seconds,
                headers=headers,
                signer=None if unsigned else self._signer,
            )

        first: Answer | CallFailed
        try:
            first = once()
            if not retry or first.status not in PASSING:
                return first
        except CallFailed as failure:
            if not retry:
                raise
            first = failure
        from paper_run.services import retries

        return retries.until(first, once, ends=deadline, now=self._now, pause=self._pause)

    def post_once(
        self,
        url: ServiceUrl,
        path: str,
        body: Mapping[str, Any],
        *,
        headers: Mapping[str, str],
        seconds: float,
        held_back: Callable[[], str | None],
    ) -> Answer:
        """Send once over a fresh connection, in one piece, and read the answer within `seconds` in all.

        :param held_back: asked right before it connects and right before it writes: why it may not leave.
        :raises NeverSent: it provably did not leave. :raises NoAnswer: it may have been acted upon.
        """
        content = json.dumps(body, separators=(",", ":")).encode()
        sent = {"Content-Type": "application/json", **headers}
        call.held_back = held_back
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
                    signer=self._signer if self._signer and self._signer.identity.signs_run else None,
                )
        finally:
            call.held_back = None

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

    def refusal(self, answer: Answer) -> Refusal:
        """Return what is likely wrong where an answer is a 401 or 403."""
        return auth.refusal(answer, self._signer)

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
        headers: Mapping[str, str] | None,
        body: bytes | None = None,
        signer: auth.Signer | None = None,
    ) -> Answer:
        target = url.base + path
        if self.reads_only and method != "GET":
            raise NeverSent(target, f"is only ever read, and this was a {method}")
        started = self._now()
        outcome, received, status = "?", bytearray(), 0
        call.ends = call.now() + (deadline - started)
        try:
            _prove_bundle(session, target)
            left = max(deadline - started, 0.001)
            request = _prepared(session, method, target, headers, body)
            request.prepare_auth(auth.credentials(url, signer), target)
            with session.get_adapter(target).send(
                request, timeout=(min(CONNECT_SECONDS, left), left), **self._way(session, url)
            ) as response:
                status = response.status_code
                _read_whole(response, target, received)
            outcome = str(status)
            said = ((name, response.headers.get(name)) for name in READ_HEADERS)
            return Answer(
                target,
                status,
                {name: self._secrets.text(value) for name, value in said if value is not None},
                bytes(received),
                self._since(started),
                self._secrets,
                signer is not None,
            )
        except CallFailed as error:
            error.received = _of_a_good_answer(status, received)
            outcome = error.words
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = translated_errors(error, target, seconds)
            failure.received = _of_a_good_answer(status, received)
            outcome = failure.words
            raise failure from error
        finally:
            del call.ends
            self._watch(
                Exchange(method=method, url=target, outcome=outcome, milliseconds=self._since(started))
            )

    def _way(self, session: requests.Session, url: ServiceUrl) -> dict[str, Any]:
        """Return by which proxies a service is asked, and by what it is verified: found out once."""
        asked = url.base, session.trust_env  # what is sent once goes by no proxy of the environment
        if asked not in self._ways:
            way = dict(session.merge_environment_settings(url.base, {}, True, None, None))
            if url.base.startswith("http:"):  # nothing to verify, and a bundle would be looked at each time
                way["verify"] = True
            self._ways[asked] = way
        return self._ways[asked]

    def _since(self, started: float) -> int:
        return round((self._now() - started) * 1000)


def _session(*, environment: bool = False) -> requests.Session:
    session = requests.Session()
    session.trust_env = environment
    session.proxies = dict(_DIRECT)
    session.verify = os.environ.get(CA_BUNDLE) or True
    adapter = Adapter(pool_connections=POOLED_CONNECTIONS, pool_maxsize=POOLED_CONNECTIONS, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.headers["Accept"] = "application/json"
    session.headers["Accept-Encoding"] = "identity"
    return session


def _prepared(
    session: requests.Session, method: str, target: str, headers: Mapping[str, str] | None, body: bytes | None
) -> requests.PreparedRequest:
    """Return what is sent, but for login and signature.

    `Session.request` would take half as long again: it merges what of ours is never there, such as cookies,
    and looks for it all anew for each of five hundred orders.
    """
    request = requests.PreparedRequest()
    request.prepare_method(method)
    request.prepare_url(target, None)
    request.prepare_headers({**session.headers, **(headers or {})})
    request.prepare_body(body, None)
    return request


def _of_a_good_answer(status: int, received: bytearray) -> bytes:
    """Return what came of an answer; of a refusal nothing: what it names may be somebody else's."""
    return bytes(received) if 200 <= status < 300 else b""


def _read_whole(response: requests.Response, url: str, received: bytearray) -> None:
    """Read the body piece by piece into `received`, which keeps what came when the rest does not."""
    while part := response.raw.read1(64 * 1024, decode_content=True):
        call.left()
        received += part
        if len(received) > LARGEST_BODY:
            raise UnreadableAnswer(url, f"answered with more than {LARGEST_BODY >> 20} MiB")


def _prove_bundle(session: requests.Session, url: str) -> None:
    bundle = session.verify
    if isinstance(bundle, str) and url.startswith("https:") and not os.path.exists(bundle):
        raise Untrusted(url, "can't be verified", fix=f"{CA_BUNDLE} names {bundle}, which is not there")
