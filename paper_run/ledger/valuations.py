"""Each session's figures as the book was valued last, and what the next valuation goes on from."""

import functools
import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple, money
from paper_run.book import days, drawdowns, folding
from paper_run.book.days import Day, Running
from paper_run.book.drawdowns import Drawdowns
from paper_run.book.holdings import Book
from paper_run.book.marks import Mark
from paper_run.book.splits import Seen
from paper_run.book.valuation import Valuation
from paper_run.ledger import session_states as states
from paper_run.ledger.rows import Part, amount, mark, marks_to_json, put_into, reader_of, text
from paper_run.ledger.session_states import complete_between

if TYPE_CHECKING:
    from paper_run.book.benchmark import Beside, Reading
    from paper_run.book.holdings import Entry
    from paper_run.ledger.store import Store

_MOVED = ("flows", "other", "inflows")
STATES_KEPT = 30
"""So far back a split that is said late finds what each symbol closed at, and its price."""


class PastValuation(NamedTuple):
    """The book as it was valued last.

    :ivar book: None where an older program wrote it: it is folded anew. :ivar seen: each symbol as it was
        believed last. :ivar suspects: the symbols that may have split, with the session since which.
    :ivar is_closed: whether it was marked whole after the close, so that it stays.
    :ivar written_marks: the price of each open position, as it is written; older programs kept none.
    :ivar unlisted: since which session, an ISO date, nobody has compared what the broker lists of companies
        with its account; None: that has been done, or an older program wrote it.
    :ivar fees: what has accrued at the broker, as `Accrued` has it.
    """

    session: date
    entry: int
    book: Book | None
    seen: Mapping[str, Seen]
    totals: Mapping[str, Decimal | None]
    suspects: Mapping[str, str]
    is_closed: bool
    written_marks: Mapping[str, tuple[str, str, str | None]] = {}
    unlisted: str | None = None
    fees: states.Accrued = states.NOTHING_ACCRUED

    def totals_after(self, entries: "Iterable[Entry]") -> "Mapping[str, Decimal | None]":
        """Return each symbol's total P&L, cents, a loss negative, as its shares are called after entries."""
        if self.book is None:
            return self.totals
        from paper_run.book import carried

        return carried.totals(self.totals, self.book.holdings, sorted(entries, key=folding.place))

    def mark(self, symbol: str) -> Mark | None:
        """Return the price that a position was valued at; None: it had none, or that is not known."""
        if (written := self.written_marks.get(symbol)) is None:
            return None
        return mark(written)


class Closing(NamedTuple):
    """What a session's row holds besides its valuation.

    :ivar is_closed: see `PastValuation`, also for `unlisted` and `fees`.
    :ivar spans: whether it opened from a closing of more than one session back.
    :ivar counts: whether it is in curve and statistics, if it is whole; see `count`.
    :ivar marks: the price of each open position. :ivar benchmark: its symbol and price, a text where that is
        one of after the session; None: none is read.
    :ivar gross_limit: past what it is warned of gross exposure, percent of equity; None: it never is.
    """

    seen: Mapping[str, Seen]
    suspects: Mapping[str, str]
    is_closed: bool = False
    spans: bool = False
    counts: bool = True
    marks: Mapping[str, Mark] = {}
    benchmark: tuple[str, Mark | str | None] | None = None
    gross_limit: Decimal | None = None
    unlisted: str | None = None
    fees: states.Accrued = states.NOTHING_ACCRUED


class Valuations(Part):
    """The part of the ledger that holds the sessions' figures; a book is named by its id in all of it."""

    def __init__(self, store: "Store") -> None:
        super().__init__(store)
        self.months = states.Months(store, self.days_between)

    def last(self, period: int, before: str | None = None) -> PastValuation | None:
        """Return the book as it was valued last.

        :param before: in a session before this ISO date.
        """
        found = self._rows(
            "SELECT * FROM sessions WHERE epoch = ? AND (? IS NULL OR session < ?) "
            "ORDER BY session DESC LIMIT 1",
            *(period, before, before),
        )
        return state(found[0]) if found else None

    def from_session(self, period: int, session: str) -> list[PastValuation]:
        """Return the book as it was valued in a session, an ISO date, and in those after it."""
        found = self._rows(
            "SELECT * FROM sessions WHERE epoch = ? AND session >= ? AND state IS NOT NULL ORDER BY session",
            *(period, session),
        )
        return [kept for row in found if (kept := state(row)) is not None]

    def last_complete(self, period: int, session: date | str, *, through: bool = False) -> Any:
        """Return the row of the last complete session before one; None if there is none.

        :param through: or of that one.
        """
        found = self._rows(
            "SELECT * FROM sessions WHERE epoch = ? AND session < ? AND complete = 1 "
            "ORDER BY session DESC LIMIT 1",
            period,
            end_of(session, through=through),
        )
        return found[0] if found else None

    def days(self, period: int, before: date, *, through: bool = False) -> list[tuple[str, Day]]:
        """Return the complete sessions before a date, oldest first, each by its ISO date.

        :param through: with the one of that date.
        """
        return self.days_between(period, "", end_of(before, through=through))

    def days_between(self, period: int, since: str, end: str) -> list[tuple[str, Day]]:
        """Return the complete sessions from an ISO date to before another one, oldest first."""
        traded = self.traded_before(period, since) if since else money.ZERO
        return complete_between(self._rows, period, since, end, traded)

    def benchmark_readings(self, period: int) -> "dict[str, Reading | None]":
        """Return what each complete session keeps of a benchmark, by its ISO date."""
        from paper_run.ledger import benchmarks

        return benchmarks.readings(self._rows, period, "~")

    def beside(self, period: int, end: str, row: Any) -> "Beside | None":
        """Return the comparison's state after the last complete session before an ISO date; None: no such.

        :param row: that session's, see `last_complete`.
        """
        if row is None or row["benchmark"] is None:
            return None
        from paper_run.ledger import benchmarks

        if row["beside"] is not None:
            return benchmarks.state_of(row)
        return benchmarks.anew(self._rows, period, end, self.days_between(period, "", end))

    def running(self, period: int, before: date, *, through: bool = False) -> Running:
        """Return the statistics' state after the last complete session before a date.

        :param through: or of that date.
        """
        return self._running(
            period, before, self.last_complete(period, before, through=through), through=through
        )

    def _running(self, period: int, before: date, row: Any, *, through: bool = False) -> Running:
        if row is None:
            return days.NOTHING_YET
        if (kept := states.kept_running(row)) is not None:
            return kept
        # An older program wrote it, or a session before it did not count when it was written.
        return days.running(day for _, day in self.days(period, before, through=through))

    def drawdowns_of(self, period: int, before: date | str, row: Any) -> Drawdowns:
        """Return the drawdowns' state after the last complete session before a date.

        :param row: that session's, see `last_complete`.
        """
        if row is None:
            return drawdowns.NONE_YET
        kept = states.kept_drawdowns(row)
        return drawdowns.fallen(self.days_between(period, "", str(before))) if kept is None else kept

    def traded_before(self, period: int, session: date | str) -> Decimal:
        """Return the value of all fills up to the last complete closing of an earlier session, dollars."""
        row = self.last_complete(period, session)
        return money.ZERO if row is None else Decimal(row["traded"])

    def void(self, period: int, session: str) -> list[str]:
        """Take the sessions from one on, an ISO date, out of curve and statistics; return the whole ones."""
        found = self._rows(
            "SELECT session FROM sessions WHERE epoch = ? AND session >= ? AND complete = 1 ORDER BY session",
            period,
            session,
        )
        self._run(
            "UPDATE sessions SET complete = 0, closed = 0 WHERE epoch = ? AND session >= ?", period, session
        )
        self.months.forget(session, period)
        return [row["session"] for row in found]

    def count(self, period: int) -> None:
        """Have the sessions that did not count as yet be in curve and statistics, if they are whole."""
        self._run(
            "UPDATE sessions SET complete = 1, running = NULL, drawdowns = NULL, beside = NULL "
            "WHERE epoch = ? AND closing IS NOT NULL",
            period,
        )
        self.months.forget("", period)

    def keep(
        self, period: int, session: date, entry: int, book: Book, valuation: Valuation, closing: Closing
    ) -> None:
        """Write a session's row as it is valued now, in place of an earlier one."""
        bridge, counts = valuation.session, valuation.complete and closing.counts
        before = self.last_complete(period, session)
        day = days.whole(
            *(bridge.opening, valuation.day_pnl, bridge.closing, valuation.exposure),
            money.CONTEXT.subtract(book.traded, money.ZERO if before is None else Decimal(before["traded"])),
            None if bridge.money is None else bridge.money.inflows,
            spans=closing.spans,
        )
        height = None
        if day is not None:
            height = days.drawdown_level(Decimal(1) if before is None else amount(before["height"]), day)
        columns = {
            "epoch": period,
            "session": session.isoformat(),
            "entry": entry,
            "complete": int(counts),
            "opening": money.digits(bridge.opening),
            "realized": money.digits(valuation.realized_so_far),
            "unrealized": text(valuation.unrealized_pnl),
            "gains": "0",  # none since the holdings from before cost what they were worth
            "day_pnl": text(valuation.day_pnl),
            "closing": text(bridge.closing),
            "exposure": text(valuation.exposure),
            "traded": money.digits(book.traded),
            "total_pnl": text(valuation.total_pnl),
            "daily_return": None if day is None else text(days.daily_return(day)),
            "drawdown": text(days.fall(height)),
            "height": text(height),
            "state": _written(book, valuation, closing),
            "closed": int(closing.is_closed),
            "spans": int(closing.spans),
            **states.exposure_columns(valuation, closing.gross_limit),
            "inflow": None if bridge.money is None else money.digits(bridge.money.inflows),
            **dict.fromkeys(("running", "drawdowns", "benchmark", "beside", "benchmark_equity")),
        }
        if day is not None and counts:
            columns["running"] = states.written_running(self._running(period, session, before).after(day))
            fallen = self.drawdowns_of(period, session, before).after(session.isoformat(), day)
            columns["drawdowns"] = states.written_drawdowns(fallen)
        if closing.benchmark is not None:
            from paper_run.ledger import benchmarks

            counted, name = day if counts else None, session.isoformat()
            read = benchmarks.of_session(self._rows, closing.benchmark, period, name)
            columns |= benchmarks.columns(read, name, counted, lambda: self.beside(period, name, before))
        self._run(put_into("sessions", columns, key=("epoch", "session")), *columns.values())
        self.months.keep(period, session.isoformat())
        # A book is needed only to go on from: the last ones, and the last complete one before this.
        self._run(
            "UPDATE sessions SET state = NULL, symbols = NULL "
            "WHERE state IS NOT NULL AND epoch = ? AND session < "
            "(SELECT MAX(session) FROM sessions WHERE epoch = ? AND complete = 1 AND session < ?) "
            "AND session < (SELECT session FROM sessions WHERE epoch = ? ORDER BY session DESC "
            "LIMIT 1 OFFSET ?)",
            period,
            period,
            session.isoformat(),
            period,
            STATES_KEPT - 1,
        )


def end_of(session: date | str, *, through: bool) -> str:
    """Return the ISO date before which sessions are earlier than one, or that one (`through`)."""
    if isinstance(session, str):
        return session
    return (session + timedelta(days=int(through))).isoformat()


def _written(book: Book, valuation: Valuation, closing: Closing) -> str:
    seen = {
        symbol: [text(each.price), each.session, text(each.ours), text(each.theirs)]
        for symbol, each in closing.seen.items()
    }
    there = {
        symbol: text(each.at_broker) for symbol, each in closing.seen.items() if each.at_broker is not None
    }
    marks = marks_to_json(closing.marks)
    moved = {name: money.digits(value) for name in _MOVED if (value := getattr(book, name))}
    more = ({"unlisted": closing.unlisted} if closing.unlisted else {}) | states.written_fees(closing.fees)
    holdings = states.written_holdings(book, {row.symbol: row.total_pnl for row in valuation.positions})
    return json.dumps(
        holdings
        | {**moved, "seen": seen}
        | ({"at_broker": there} if there else {})
        | {"suspects": dict(sorted(closing.suspects.items())), "marks": marks, **more}
    )


@reader_of("sessions")
def state(row: Any) -> PastValuation | None:
    """Return what a row of `sessions` keeps of the book; None where that is no longer kept."""
    if row["state"] is None:
        return None
    kept = _read(row["state"], row["session"], row["traded"])
    return kept._replace(entry=row["entry"], is_closed=bool(row["closed"]))


@functools.lru_cache(maxsize=1)
def _read(written: str, session: str, traded: str) -> PastValuation:
    """Return what a row's text says of the book; a day asks for the last one several times."""
    read = json.loads(written)
    day = date.fromisoformat(session)
    if "seen" not in read:
        return _older(read, day)
    holdings, cash, totals = states.read_holdings(read)
    there = read.get("at_broker", {})
    seen = {
        symbol: Seen(Decimal(price), of, Decimal(ours), amount(theirs), amount(there.get(symbol)))
        for symbol, (price, of, ours, theirs) in read["seen"].items()
    }
    moved = (Decimal(read.get(name, 0)) for name in _MOVED)
    book = Book(holdings, cash, Decimal(traded), *moved)
    more = read["suspects"], False, read.get("marks", {}), read.get("unlisted"), states.read_fees(read)
    return PastValuation(day, 0, book, seen, totals, *more)


def _older(read: Any, day: date) -> PastValuation:
    """Return what an older program kept: other costs of what was held before the first attempt."""
    seen, totals, name = {}, {}, day.isoformat()
    for symbol, (qty, _cost, _realized, _gain, price, total) in read["holdings"].items():
        if price is not None:
            seen[symbol] = Seen(Decimal(price), name, Decimal(qty), None)
        totals[symbol] = amount(total)
    suspects = dict.fromkeys(read.get("suspects", ()), name)
    return PastValuation(day, 0, None, seen, totals, suspects, False)
