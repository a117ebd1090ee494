"""Each symbol's part of a session, what so many of them have come to, and its round trips from flat to flat.

Source: docs/CONCEPTS, "Symbols and round trips".
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from paper_run import NamedTuple
from paper_run.book.holdings import Entry, Holding
from paper_run.book.valuation import PositionValue
from paper_run.money import CONTEXT, ZERO, cents, product, total


class OpenTrip(NamedTuple):
    """A trip that is under way; its side is that of the holding.

    :ivar session: the one it began in, an ISO date. :ivar realized: dollars, what the symbol had realized
        by then; a loss is negative.
    """

    session: str
    realized: Decimal


class Trip(NamedTuple):
    """A trip that is over.

    :ivar opened: the session it began in, :ivar closed: and the one it ended in, ISO dates.
    :ivar pnl: dollars, what the symbol realized from there to there, income too; a loss is negative.
    """

    symbol: str
    side: Literal["long", "short"]
    opened: str
    closed: str
    pnl: Decimal


class FollowedTrips(NamedTuple):
    """What entries came to: the trips that ended, in their sequence, and those under way, by symbol."""

    closed: tuple[Trip, ...]
    under_way: Mapping[str, OpenTrip]


def follow_trips(
    holdings: Mapping[str, Holding], under_way: Mapping[str, OpenTrip], entries: Iterable[Entry]
) -> FollowedTrips:
    """Go on from holdings and their trips through entries, in the order of their folding.

    A flip through zero ends a trip and begins another at the same price. What goes over to another symbol
    takes its trip along; where that has shares already it is a part of their trip, or ends it.
    """
    held, trips, closed = dict(holdings), dict(under_way), []
    for entry in entries:
        if entry.kind == "other" or (entry.kind == "flow" and not entry.qty):
            continue
        symbol, before = entry.symbol, held.get(entry.symbol, Holding())
        if entry.new_symbol is not None:
            gone, began = before, trips.pop(symbol, None)
            held[symbol], symbol = gone.left(), entry.new_symbol
            before = held.get(symbol, Holding())
            after = held[symbol] = before.joined_by(gone)
            if began is not None and not before.qty:
                so_far = CONTEXT.subtract(gone.realized, began.realized)
                trips[symbol] = OpenTrip(began.session, CONTEXT.subtract(before.realized, so_far))
        else:
            after = held[symbol] = before.after(entry)
        if before.qty and (not after.qty or (before.qty > 0) != (after.qty > 0)):
            over = trips.pop(symbol)
            side: Literal["long", "short"] = "long" if before.qty > 0 else "short"
            earned = CONTEXT.subtract(after.realized, over.realized)
            closed.append(Trip(symbol, side, over.session, entry.effective, earned))
        if after.qty and symbol not in trips:
            trips[symbol] = OpenTrip(entry.effective, after.realized)
    return FollowedTrips(tuple(closed), trips)


FOR_A_RATE, FOR_TRIPS = 20, 10
"""How many sessions a hit rate needs, and how many round trips their figures."""
_PLACES = Decimal(10) ** -4


class Rate(NamedTuple):
    """A figure and how many it comes from and needs; `value` is None below that, or where it is undefined."""

    value: Decimal | None
    n: int
    minimum: int


class SymbolDay(NamedTuple):
    """A symbol in a session, as it was valued last; dollars and cents, a loss negative, None: not known.

    :ivar qty: signed shares. :ivar average: of a share, dollars; None when closed. :ivar mark: likewise.
    :ivar day_pnl: since the last complete closing; holding_pnl + trading_pnl.
    :ivar holding_pnl: what the shares that were held by then have moved, with their income.
    :ivar trading_pnl: what was traded since, against the mark.
    :ivar prediction: the return that was predicted of it, and `weight` the share of capital that was asked
        for, ratios, by the session's latest attempt that had a signal of it.
    """

    symbol: str
    qty: Decimal
    average: Decimal | None
    mark: Decimal | None
    realized_pnl: Decimal | None
    unrealized_pnl: Decimal | None
    day_pnl: Decimal | None
    holding_pnl: Decimal | None
    trading_pnl: Decimal | None
    prediction: Decimal | None = None
    weight: Decimal | None = None

    @property
    def total_pnl(self) -> Decimal | None:
        """Realized and unrealized P&L since the book began."""
        if self.realized_pnl is None or self.unrealized_pnl is None:
            return None
        return CONTEXT.add(self.realized_pnl, self.unrealized_pnl)


class SymbolTotals(NamedTuple):
    """What a symbol has come to after so many complete sessions; dollars and cents, a loss negative.

    :ivar since: the first session that counts, an ISO date; "": none does. :ivar last: the last.
    :ivar sessions: those in which it was held or traded; `gains`: those of them with a gain.
    :ivar long: those that closed with shares held, :ivar short: and those with shares sold short.
    :ivar trips: round trips that are over; `won` of them with a gain; `profit` and `loss` of them all.
    :ivar under_way: the trip that is not over.
    """

    since: str = ""
    last: str = ""
    sessions: int = 0
    gains: int = 0
    long: int = 0
    short: int = 0
    holding_pnl: Decimal = ZERO
    trading_pnl: Decimal = ZERO
    trips: int = 0
    won: int = 0
    profit: Decimal = ZERO
    loss: Decimal = ZERO
    under_way: OpenTrip | None = None

    def after(self, session: str, day: SymbolDay) -> "SymbolTotals":
        """Return the totals after one more complete session, an ISO date; one not known changes nothing."""
        if day.day_pnl is None or day.holding_pnl is None or day.trading_pnl is None:
            return self
        return self._replace(
            since=self.since or session,
            last=session,
            sessions=self.sessions + 1,
            gains=self.gains + (day.day_pnl > 0),
            long=self.long + (day.qty > 0),
            short=self.short + (day.qty < 0),
            holding_pnl=CONTEXT.add(self.holding_pnl, day.holding_pnl),
            trading_pnl=CONTEXT.add(self.trading_pnl, day.trading_pnl),
        )

    @property
    def pnl(self) -> Decimal:
        """What it earned in those sessions."""
        return CONTEXT.add(self.holding_pnl, self.trading_pnl)

    @property
    def trips_pnl(self) -> Decimal:
        """What its round trips came to."""
        return CONTEXT.add(self.profit, self.loss)

    @property
    def hit_rate(self) -> Rate:
        """Its sessions with a gain / its sessions, four places."""
        return _rate(Decimal(self.gains), Decimal(self.sessions), self.sessions, FOR_A_RATE)

    def without_trips(self) -> "SymbolTotals":
        """Return the totals as if no round trip had been found yet."""
        return self._replace(trips=0, won=0, profit=ZERO, loss=ZERO, under_way=None)

    def with_trip(self, pnl: Decimal) -> "SymbolTotals":
        """Return the totals with one more round trip, its P&L, dollars, rounded to the cent."""
        earned = cents(pnl)
        return self._replace(
            trips=self.trips + 1,
            won=self.won + (earned > 0),
            profit=CONTEXT.add(self.profit, max(earned, ZERO)),
            loss=CONTEXT.add(self.loss, min(earned, ZERO)),
        )


class TripFigures(NamedTuple):
    """What round trips came to; `n` of them.

    :ivar win_rate: of those with a gain, four places. :ivar profit_factor: what the gains came to / what the
        losses did, four places. :ivar expectancy: dollars and cents a round trip, a loss negative.
    """

    n: int
    win_rate: Rate
    profit_factor: Rate
    expectancy: Rate


def of_trips(totals: Mapping[str, SymbolTotals]) -> TripFigures:
    """Return what the round trips of all symbols came to."""
    every = totals.values()
    number, won = sum(each.trips for each in every), sum(each.won for each in every)
    profit, loss = total(each.profit for each in every), total(each.loss for each in every)
    expectancy = None
    if number >= FOR_TRIPS:
        expectancy = cents(CONTEXT.divide(CONTEXT.add(profit, loss), Decimal(number)))
    return TripFigures(
        number,
        _rate(Decimal(won), Decimal(number), number, FOR_TRIPS),
        _rate(profit, -loss, number, FOR_TRIPS),
        Rate(expectancy, number, FOR_TRIPS),
    )


def _rate(part: Decimal, whole: Decimal, number: int, minimum: int) -> Rate:
    """Return part / whole, four places; None where there is no whole, or too few."""
    value = None
    if number >= minimum and whole > 0:
        value = CONTEXT.divide(part, whole).quantize(_PLACES, context=CONTEXT)
    return Rate(value, number, minimum)


def day_of(
    row: PositionValue, before: Holding | None, price_before: Decimal | None, entries: Iterable[Entry]
) -> SymbolDay | None:
    """Return a symbol's part of a session; None where nothing is or was held, and nothing was earned.

    holding P&L = q0 x (m1 - m0) + income, q0 and m0 as after the splits since; trading P&L is the rest of
    its day P&L, which is the sum of dq x (m1 - p). A symbol that is closed has no mark: the average price of
    what was traded stands for it, so that all of it is holding P&L.

    :param row: its valuation. :param before: the holding at the last complete closing; None: it is not known.
    :param price_before: its mark there, dollars; None: there was none. :param entries: its own since, as they
        are folded.
    """
    holding = row.holding
    if row.realized_pnl is None or not (holding.qty or row.day_pnl or (before and before.qty)):
        return None
    mark = row.mark.price if row.mark is not None else None
    day = SymbolDay(
        row.symbol,
        holding.qty,
        holding.avg_entry_price,
        mark,
        row.realized_pnl,
        row.unrealized_pnl,
        row.day_pnl,
        None,
        None,
    )
    if row.day_pnl is None or before is None:
        return day
    held = _moved(row.day_pnl, before, price_before, holding, mark, entries)
    if held is None:
        return day
    return day._replace(holding_pnl=held, trading_pnl=CONTEXT.subtract(row.day_pnl, held))


def _moved(
    day_pnl: Decimal,
    before: Holding,
    price_before: Decimal | None,
    now: Holding,
    mark: Decimal | None,
    entries: Iterable[Entry],
) -> Decimal | None:
    """Return the holding P&L, cents; None where the price before is not known."""
    income = CONTEXT.subtract(now.income, before.income)
    if not before.qty:
        return cents(income)
    if mark is None:
        return day_pnl
    if price_before is None:
        return None
    shares = before.qty
    for entry in entries:
        if entry.kind == "split":
            shares = entry.ratio.applied(shares) if entry.ratio else CONTEXT.add(shares, entry.qty)
    worth = CONTEXT.subtract(product(shares, mark), product(before.qty, price_before))
    return cents(CONTEXT.add(worth, income))
