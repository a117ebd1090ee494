"""What a result states of each symbol: its session, and what it has come to since its rows began."""

from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book.symbols import Rate


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
