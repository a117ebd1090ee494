"""Each symbol's row of a session: written with each valuation, and stated with what they have come to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book import folding
from paper_run.book.holdings import Holding
from paper_run.book.symbols import FollowedTrips, SymbolDay, SymbolTotals, day_of, follow_trips, of_trips
from paper_run.ledger import symbols as kept_symbols
from paper_run.ledger import valuations
from paper_run.model.symbols import SymbolRow, Symbols
from paper_run.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from paper_run.book.holdings import Entry
    from paper_run.book.valuation import PositionValue, Valuation
    from paper_run.ledger.book import BookPeriod, CurrentBook
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.symbols import Totals
    from paper_run.ledger.valuations import Closing, PastValuation

    Signals = Mapping[str, tuple[Decimal | None, Decimal | None]]

TRIPS, HISTORIES, CLOSINGS = 20, 50, 30
"""How many of the latest round trips are stated, of how many symbols the last closings, and how many."""


def keep(
    ledger: Ledger,
    period: BookPeriod,
    session: date,
    now: CurrentBook,
    valued: Valuation,
    closing: Closing,
    signals: Signals | None,
) -> None:
    """Write a session's row, those of its symbols, and the round trips until then.

    It goes on from the last complete session before, as its row kept it; where that kept nothing, or where an
    entry came late, all entries are read.

    :param signals: prediction and weight by symbol; None: those that its rows have stay.
    """
    ledger.books.valuations.keep(period.id, session, now.last, now.book, valued, closing)
    start = _start(ledger, period, session)
    known = {row.symbol for row in valued.positions if row.is_known}
    days = _days(start, valued, _signals(ledger, period, session, signals))
    ledger.symbols.keep_trips(
        period.id,
        session.isoformat(),
        [each for each in start.followed.closed if each.symbol in known],
        start.since,
    )
    totals = _after(start, session.isoformat(), days) if valued.complete and closing.counts else None
    ledger.symbols.keep(period.id, session.isoformat(), days, totals)


class _Start(NamedTuple):
    """What a session goes on from.

    :ivar past: the last complete closing before it, None where there is none or its book is not kept.
    :ivar is_first: whether there is none. :ivar new: the entries since. :ivar totals: of the sessions until
        then, and of the round trips that `followed` has not. :ivar since: the session that those are after.
    """

    past: PastValuation | None
    is_first: bool
    new: Sequence[Entry]
    totals: Totals
    followed: FollowedTrips
    since: str


def _start(ledger: Ledger, period: BookPeriod, session: date) -> _Start:
    before = ledger.books.valuations.last_complete(period.id, session)
    past = None if before is None else valuations.state(before)
    new, _ = ledger.books.entries_after(period, 0 if before is None else before["entry"])
    new = sorted(new, key=folding.place)
    totals = None if before is None else kept_symbols.totals_of(before)
    goes_on = past is not None and ledger.books.goes_on(period, past, new)
    if past is not None and past.book is not None and totals is not None and goes_on:
        under_way = {name: each.under_way for name, each in totals.items() if each.under_way is not None}
        followed = follow_trips(past.book.holdings, under_way, new)
        return _Start(past, False, new, totals, followed, past.session.isoformat())
    if totals is None:
        totals = ledger.symbols.totals_from_rows(period.id, session.isoformat())
    totals = {name: each.without_trips() for name, each in totals.items()}
    entries, _ = ledger.books.entries_after(period)
    followed = follow_trips({}, {}, folding.in_order(entries))
    return _Start(past, before is None, new, totals, followed, "")


def _days(start: _Start, valued: Valuation, signals: Signals) -> list[SymbolDay]:
    by_symbol: dict[str, list[Entry]] = {}
    for entry in start.new:
        by_symbol.setdefault(entry.symbol, []).append(entry)
    past = start.past
    held = {} if start.is_first else None if past is None or past.book is None else past.book.holdings
    prices = {} if past is None else {name: _price(past, name) for name in held or ()}
    renamed: Mapping[str, tuple[Holding, Decimal | None]] = {}
    if held and any(each.new_symbol for each in start.new):
        from paper_run.book import carried

        renamed = carried.held(held, prices, start.new)
    days = []
    for row in valued.positions:
        name = row.symbol
        before = None if held is None else held.get(name, Holding())
        if name in renamed:
            day = day_of(row, *renamed[name], ())  # its splits are in what was held
        else:
            day = day_of(row, before, prices.get(name), by_symbol.get(name, ()))
        if day is not None:
            prediction, weight = signals.get(name, (None, None))
            days.append(day._replace(prediction=prediction, weight=weight))
    return days


def _price(past: PastValuation, name: str) -> Decimal | None:
    mark = past.mark(name)
    return None if mark is None else mark.price


def _signals(ledger: Ledger, period: BookPeriod, session: date, signals: Signals | None) -> Signals:
    there = ledger.symbols.days(period.id, session.isoformat())
    return {each.symbol: (each.prediction, each.weight) for each in there} | dict(signals or {})


def _after(start: _Start, session: str, days: Iterable[SymbolDay]) -> Totals:
    totals = dict(start.totals)
    for day in days:
        totals[day.symbol] = totals.get(day.symbol, SymbolTotals()).after(session, day)
    for trip in start.followed.closed:
        totals[trip.symbol] = totals.get(trip.symbol, SymbolTotals()).with_trip(trip.pnl)
    under_way = start.followed.under_way
    for name in {*totals, *under_way}:
        totals[name] = totals.get(name, SymbolTotals())._replace(under_way=under_way.get(name))
    return dict(sorted(totals.items()))


def stated(ledger: Ledger, period: BookPeriod, session: date, valued: Valuation) -> Symbols | None:
    """Return what a result states of the symbols; None where there is nothing yet.

    :param valued: the session's valuation, for what it realized of symbols without a row of their own.
    """
    last = ledger.books.valuations.last_complete(period.id, session, through=True)
    totals = (None if last is None else kept_symbols.totals_of(last)) or {}
    days = {each.symbol: each for each in ledger.symbols.days(period.id, session.isoformat())}
    if not days and not totals:
        return None
    closed = {row.symbol: row for row in valued.positions if row.symbol not in days and row.symbol in totals}
    names = sorted(days, key=lambda name: (not days[name].qty, -abs(days[name].total_pnl or ZERO), name))
    names += sorted(closed, key=lambda name: (-abs(closed[name].total_pnl or ZERO), name))
    histories = ledger.symbols.totals_pnl(period.id, names[:HISTORIES], CLOSINGS, session.isoformat())
    rows = tuple(
        _row(
            days.get(name) or _without_shares(closed[name]),
            totals.get(name, SymbolTotals()),
            tuple(histories.get(name, ())),
            is_known=name in days or closed[name].is_known,
        )
        for name in names
    )
    trips = ledger.symbols.trips(period.id, TRIPS, session.isoformat())
    return Symbols(rows, tuple(trips), *of_trips(totals))


def _without_shares(row: PositionValue) -> SymbolDay:
    """Return the day of a symbol without a row of its own: nothing moved, unless that is not known."""
    earned = (row.realized_pnl, row.unrealized_pnl)
    return SymbolDay(row.symbol, ZERO, None, None, *earned, row.day_pnl, row.day_pnl, row.day_pnl)


def _row(day: SymbolDay, totals: SymbolTotals, history: tuple[Decimal, ...], *, is_known: bool) -> SymbolRow:
    return SymbolRow(
        symbol=day.symbol,
        qty=day.qty if is_known else None,
        realized_pnl=day.realized_pnl,
        unrealized_pnl=day.unrealized_pnl,
        total_pnl=day.total_pnl,
        day_pnl=day.day_pnl,
        holding_pnl=day.holding_pnl,
        trading_pnl=day.trading_pnl,
        prediction=day.prediction,
        weight=day.weight,
        since=totals.since,
        sessions=totals.sessions,
        long=totals.long,
        short=totals.short,
        hit_rate=totals.hit_rate,
        holding_sum=totals.holding_pnl,
        trading_sum=totals.trading_pnl,
        trips=totals.trips,
        trips_pnl=totals.trips_pnl,
        history=history,
    )
