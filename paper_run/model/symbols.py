"""What a result states of each symbol: its session, and what it has come to since its rows began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book.symbols import Rate
from paper_run.model import json_fields as fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from typing import Any


class SymbolRow(NamedTuple):
    """A symbol; dollars and cents, a loss negative, `qty` signed shares; None: not known.

    :ivar day_pnl: of the session, holding_pnl + trading_pnl. :ivar since: the first session that the counts
        and the sums are of, ISO 8601; "": none yet.
    :ivar sessions: in which it was held or traded; `long` and `short`: that closed so.
    :ivar hit_rate: of the sessions with a gain among them.
    :ivar holding_sum: holding P&L since then, and `trading_sum` trading P&L.
    :ivar trips: round trips that are over, with what they came to. :ivar prediction: the session's, and
        `weight` the share of capital asked for, ratios. :ivar history: total P&L at the last closings.
    """

    symbol: str
    qty: Decimal | None
    realized_pnl: Decimal | None
    unrealized_pnl: Decimal | None
    total_pnl: Decimal | None
    day_pnl: Decimal | None
    holding_pnl: Decimal | None
    trading_pnl: Decimal | None
    prediction: Decimal | None
    weight: Decimal | None
    since: str
    sessions: int
    long: int
    short: int
    hit_rate: Rate
    holding_sum: Decimal
    trading_sum: Decimal
    trips: int
    trips_pnl: Decimal
    history: tuple[Decimal, ...] = ()


class TripRow(NamedTuple):
    """A round trip from flat to flat; P&L in dollars and cents, a loss negative.

    :ivar opened: ISO 8601, as is `closed`. :ivar sessions: how many complete sessions closed during it.
    """

    symbol: str
    side: str
    opened: str
    closed: str
    sessions: int
    pnl: Decimal


class Symbols(NamedTuple):
    """The symbols of a book, and its round trips.

    :ivar rows: what is held or was traded first, then what is closed. :ivar trips: the latest, newest first.
    :ivar num_trips: all that are over. :ivar profit_factor: what the gains came to / what the losses did.
    :ivar expectancy: dollars and cents a round trip.
    """

    rows: tuple[SymbolRow, ...]
    trips: tuple[TripRow, ...]
    num_trips: int
    win_rate: Rate
    profit_factor: Rate
    expectancy: Rate


_RATES = ("win_rate", "profit_factor", "expectancy")


def to_json(symbols: Symbols) -> dict[str, Any]:
    """Return them as a document has them; amounts stay Decimal, in dollars and shares."""
    return {
        "rows": (
            {**each._asdict(), "hit_rate": each.hit_rate._asdict(), "history": list(each.history)}
            for each in symbols.rows
        ),
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
    return SymbolRow(**fields.read(content, _ROW))


def _trip(content: Mapping[str, Any]) -> TripRow:
    return TripRow(**fields.read(content, _TRIP))


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
