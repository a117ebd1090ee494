"""What a request carries to say who asks: a URL's login, and the platform's signature between services.

The signature is that of the platform's own services, as its verifier has it: each field of `canonical` is a
text, one that is not used is empty; method, path and query are those of the request as the server reads
it; a timestamp more than 300 s off and a nonce that was used before are refused.
"""

import email.utils
import hashlib
import hmac
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import requests  # the whole before its parts: the heartbeat's thread may be importing it
from requests.auth import HTTPBasicAuth

from paper_run import NamedTuple
from paper_run.model.service import Refusal, RefusalCause, ServiceIdentity, ServiceUrl
from paper_run.services import wire

if TYPE_CHECKING:
    from paper_run.services.answer import Answer

UNAUTHORIZED = frozenset({401, 403})
TOLERANCE = 300
"""Seconds that a timestamp may be off."""
_KNOWN_NAMES = frozenset({"orchestrator", "execution_gateway", "signal_service"})


class Signed(NamedTuple):
    """What a signature is made over; see `canonical`."""

    service_id: str
    method: str
    path: str
    query: str
    timestamp: str
    nonce: str
    body_hash: str


def canonical(signed: Signed) -> str:
    """Return the compact JSON, its keys sorted, that the token is the HMAC of."""
    fields = {**signed._asdict(), "user_id": "", "strategy_id": ""}
    return json.dumps(fields, separators=(",", ":"), sort_keys=True)


def token(signed: Signed, secret: str) -> str:
    """Return the hex HMAC-SHA256 of it, keyed with the secret that the services share."""
    return hmac.new(secret.encode(), canonical(signed).encode(), hashlib.sha256).hexdigest()


class Signer:
    """Signs each request anew: a retry has a nonce and a timestamp of its own.

    :param now: the machine's clock, UTC. :param nonce: makes a text that was never used before.
    """

    def __init__(
        self,
        identity: ServiceIdentity,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        nonce: Callable[[], str] = lambda: os.urandom(16).hex(),
    ) -> None:
        self.identity = identity
        self._now = now
        self._nonce = nonce

    def sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the five headers on a request that is ready to be sent."""
        where, body = urlsplit(request.url or ""), request.body or b""
        signed = Signed(
            service_id=self.identity.name,
            method=request.method or "",
            path=unquote(where.path),
            query=where.query,
            timestamp=str(int(self._now().timestamp())),
            nonce=self._nonce(),
            body_hash=hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest(),
        )
        request.headers["X-Service-ID"] = signed.service_id
        request.headers["X-Internal-Timestamp"] = signed.timestamp
        request.headers["X-Internal-Nonce"] = signed.nonce
        request.headers["X-Body-Hash"] = signed.body_hash
        request.headers["X-Internal-Token"] = token(signed, self.identity.secret)
        return request

    def ahead_of(self, answer: "Answer") -> int:
        """Return the seconds that this clock is ahead of the one that an answer's Date is of; 0 without."""
        try:
            theirs = email.utils.parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return 0
        return int(self._now().timestamp()) - int(theirs.replace(tzinfo=theirs.tzinfo or UTC).timestamp())


def credentials(
    url: ServiceUrl, signer: Signer | None
) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Return what puts a URL's login, and a signature, on a request.

    Without a login it keeps requests from looking into netrc: passwords of other programs are not ours to
    send.
    """
    login = url.credentials and HTTPBasicAuth(*(each.encode() for each in url.credentials))

    def carried(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request = login(request) if login else request
        return signer.sign(request) if signer else request

    return carried


def refusal(answer: "Answer", signer: Signer | None) -> Refusal:
    """Tell what is likely wrong with the signature that a 401 or 403 answers, or that there was none.

    The platform gives one reason for an old timestamp, a used nonce, a wrong secret and a name that is not
    on its list, so the clocks are compared, and the name with those that it knows.
    """
    if signer is None or not answer.signed:
        return Refusal("unsigned")
    name, seconds = signer.identity.name, signer.ahead_of(answer)
    return Refusal(_cause(wire.detail(answer).get("error"), name, seconds), name, seconds)


def _cause(code: object, name: str, seconds: int) -> RefusalCause:
    if code == "authentication_required":
        return "not_received"
    if code == "permission_denied":
        return "name"
    if code != "invalid_internal_token":
        return "unexplained"
    if abs(seconds) > TOLERANCE:
        return "clock"
    return "secret" if name in _KNOWN_NAMES else "name"
