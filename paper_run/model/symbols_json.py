"""The symbols of a result under the names of its document, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.book.symbols import Rate
from paper_run.model import json_fields as fields
from paper_run.model.symbols import SymbolRow, Symbols, TripRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

_RATES = ("win_rate", "profit_factor", "expectancy")


def to_json(symbols: Symbols) -> dict[str, Any]:
    """Return them as a document has them; amounts stay Decimal, in dollars and shares."""
    return {
        "rows": [
            {**each._asdict(), "hit_rate": each.hit_rate._asdict(), "history": list(each.history)}
            for each in symbols.rows
        ],
        "round_trips": {
            "n": symbols.num_trips,
            **{name: getattr(symbols, name)._asdict() for name in _RATES},
            "latest": [each._asdict() for each in symbols.trips],
        },
    }


def from_json(content: Mapping[str, Any]) -> Symbols:
    """Read them back.

    :raises ValueError: an amount is none. :raises LookupError: a part is not there.
    """
    trips = content["round_trips"]
    return Symbols(
        rows=tuple(map(_row, content["rows"])),
        trips=tuple(map(_trip, trips["latest"])),
        num_trips=int(trips["n"]),
        **{name: _rate(trips[name]) for name in _RATES},
    )


def _row(content: Mapping[str, Any]) -> SymbolRow:
    return SymbolRow(**{name: read(content, name) for name, read in _ROW.items()})


def _trip(content: Mapping[str, Any]) -> TripRow:
    return TripRow(**{name: read(content, name) for name, read in _TRIP.items()})


def _rate(content: Mapping[str, Any]) -> Rate:
    return Rate(fields.amount(content["value"]), int(content["n"]), int(content["minimum"]))


def _history(value: Any) -> tuple[Decimal, ...]:
    return tuple(map(fields.stated, value or ()))


_ROW = (
    fields.reading(fields.amount, SymbolRow._fields)
    | fields.reading(fields.stated, ["holding_sum", "trading_sum", "trips_pnl"])
    | fields.reading(int, ["sessions", "long", "short", "trips"])
    | fields.reading(str, ["symbol", "since"])
    | fields.reading(_rate, ["hit_rate"])
    | fields.reading(_history, ["history"])
)
_TRIP = (
    fields.reading(str, ["symbol", "side", "opened", "closed"])
    | fields.reading(int, ["sessions"])
    | fields.reading(fields.stated, ["pnl"])
)
