"""The benchmark of a result under the names of its document, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.book.statistics import Statistic
from paper_run.model import json_fields as fields
from paper_run.model.benchmark import Benchmark

if TYPE_CHECKING:
    from collections.abc import Mapping

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
