"""What came of a call: an answer read whole, or how it failed, and whether it provably never left."""

from __future__ import annotations

import json
import ssl
from decimal import Decimal
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from paper_run import NamedTuple
from paper_run.model.json_text import dumps
from paper_run.model.redaction import NO_SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from paper_run.model.redaction import Secrets

CA_BUNDLE = "REQUESTS_CA_BUNDLE"
"""The variable of the environment that names certificates to trust in place of the usual ones."""


class CallFailed(Exception):
    """No usable answer; `reason` is a clause such as "did not answer within 5 s".

    `received` is as much of a good answer's body (2xx) as came, `fix` what helps, where that is known.
    """

    def __init__(self, url: str, reason: str, *, fix: str = "") -> None:
        super().__init__(f"{url} {reason}")
        self.url = url
        self.reason = reason
        self.fix = fix
        self.received = b""

    def name(self, url: str) -> None:
        """Say which address it was, where the whole one says too much."""
        self.url = url
        self.args = (f"{url} {self.reason}",)

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


class KeysRefused(UnreadableAnswer):
    """The broker's host knows no such pair of keys (401), or lets it read nothing (403)."""


class NotKnown(UnreadableAnswer):
    """A list of which nobody can say whether it is whole; nothing of it counts."""


PASSING = frozenset({429, 502, 503, 504})
"""Answers that may be another one in a moment: a read is retried on them."""
LATE = "no answer in time"


def of_status(status: int) -> type[NoAnswer | UnreadableAnswer]:
    """Return what an answer that is no good one stands for: none for now, or one that is not promised."""
    return NoAnswer if status in PASSING else UnreadableAnswer


_PROXY_FAULTS = (
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)


def translated_errors(error: Exception, url: str, seconds: float) -> CallFailed:
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
        from paper_run.services import certificates

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
        wrapped = (arg for arg in inner.args if isinstance(arg, BaseException))
        inner = getattr(inner, "reason", None) or next(wrapped, None)
    return causes


def _why_no_connection(words: str) -> str:
    if "refused" in words:
        return "refused the connection"
    if "resolve" in words or "name or service" in words:
        late = f" ({LATE} from the name servers)" if LATE in words else ""
        return f"has a host name that can't be resolved{late}"
    return "can't be reached"


_FRESH_SECONDS = 60
LARGEST_BODY = 8 * 1024 * 1024


MOST_VALUES = 500_000
"""Bytes, and values in JSON, of an answer: more would cost more memory than a day may have."""


# fmt: off
FACTS = frozenset((
    "run_id", "status", "strategy_id", "as_of_date", "started_at", "completed_at", "created_at",
    "updated_at", "timestamp", "session", "symbol", "side", "order_side", "order_status",
    "client_order_id", "broker_order_id", "qty", "order_qty", "capital", "filled_qty",
    "filled_avg_price", "limit_price", "avg_entry_price", "current_price", "realized_pl",
    "unrealized_pl", "t",
    "id", "account_number", "currency", "cash", "equity", "asset_class", "submitted_at", "filled_at",
    "replaced_by", "market_value", "order_id", "activity_type", "transaction_time", "price",
    "date", "net_amount", "new_symbol", "old_symbol", "source_symbol", "new_rate", "old_rate", "rate",
    "source_rate", "ex_date", "effective_date", "process_date", "next_page_token",
))
# fmt: on
"""Names of the fields that decide something: words and numbers that a password may be by chance."""


READ_HEADERS = ("Date", "Age", "Via", "Retry-After")


class Answer(NamedTuple):
    """A response read whole; `secrets` are kept out of whatever is read of it.

    `headers` are those of READ_HEADERS that it has. `signed` tells whether its request was.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int
    secrets: Secrets = NO_SECRETS
    signed: bool = False

    @property
    def own_date(self) -> str | None:
        """The Date that it bears, unless a proxy or a cache may have said it, or said it long ago."""
        age = self.headers.get("Age", "0").strip()
        is_fresh = age.isascii() and age.isdigit() and (len(age) < 10 and int(age) <= _FRESH_SECONDS)
        return self.headers.get("Date") if is_fresh and "Via" not in self.headers else None

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
        return dumps(read)

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
