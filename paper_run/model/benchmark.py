"""What a result states of a benchmark; and its codec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book.statistics import Statistic
from paper_run.model import json_fields as fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from typing import Any


class Benchmark(NamedTuple):
    """A benchmark beside the book, over the same sessions.

    :ivar since: the session whose closing the comparison begins with, an ISO date; None: it has no price yet.
    :ivar through: the last complete session, an ISO date.
    :ivar equity: what the equity of where it began is worth in the benchmark at `through`, dollars and cents;
        None: it has no price there. The figures run until its last price.
    :ivar price: dollars a share at `through`, with its source and its time, ISO 8601 in UTC; None: none.
    :ivar left_out: how many sessions are in no figure, for the benchmark may have split.
    """

    symbol: str
    since: str | None
    through: str
    equity: Decimal | None
    price: Decimal | None
    price_source: str | None
    price_time: str | None
    left_out: int
    figures: Mapping[str, Statistic]


_TEXTS = ("since", "price_source", "price_time")


def to_json(benchmark: Benchmark) -> dict[str, Any]:
    """Return it as a document has it; amounts stay Decimal, dollars and ratios."""
    return {
        **benchmark._asdict(),
        "figures": {name: each._asdict() for name, each in benchmark.figures.items()},
    }


def from_json(content: Mapping[str, Any]) -> Benchmark:
    """Read it back.

    :raises ValueError: an amount is none. :raises LookupError: a part is not there.
    """
    return Benchmark(
        symbol=str(content["symbol"]),
        through=str(content["through"]),
        equity=fields.amount(content["equity"]),
        price=fields.amount(content["price"]),
        left_out=fields.whole(content["left_out"]) or 0,
        figures={name: _figure(each) for name, each in content["figures"].items()},
        **{name: fields.text(content[name]) for name in _TEXTS},
    )


def _figure(content: Mapping[str, Any]) -> Statistic:
    return Statistic(
        value=fields.amount(content["value"]),
        n=fields.whole(content["n"]) or 0,
        minimum=fields.whole(content["minimum"]) or 0,
        percent=fields.amount(content["percent"]),
    )
