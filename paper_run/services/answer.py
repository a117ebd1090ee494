"""An answer read whole, and what may be read of it."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from paper_run import NamedTuple
from paper_run.model.json_text import dumps
from paper_run.model.redaction import NO_SECRETS, Secrets
from paper_run.services.call_failures import (
    UnreadableAnswer,
)

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
    "replaced_by", "replaces", "market_value", "order_id", "activity_type", "transaction_time", "price",
    "date", "net_amount", "new_symbol", "old_symbol", "source_symbol", "new_rate", "old_rate", "rate",
    "source_rate", "ex_date", "effective_date", "process_date", "next_page_token",
))
# fmt: on
"""Names of the fields that decide something: words and numbers that a password may be by chance."""


class Answer(NamedTuple):
    """A response read whole; `secrets` are kept out of whatever is read of it.

    `signed` tells whether its request was.
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
