"""What goes along with the sessions so that no day reads all of them: days, states and months, by rows."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import days, limits, periods
from paper_run.book.days import Day, Running
from paper_run.book.drawdowns import Drawdown, Drawdowns
from paper_run.book.holdings import Holding, Lot
from paper_run.book.periods import Month
from paper_run.ledger.rows import Part, amount, insert_into, reader_of, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from paper_run.book.holdings import Book
    from paper_run.book.valuation import Valuation
    from paper_run.ledger.store import Store

    ReadDays = Callable[[int, str, str], Sequence[tuple[str, Day]]]

    """Reads a book's complete sessions from an ISO date to before another one."""


class Accrued(NamedTuple):
    """Fees that had accrued at the broker when it was read, and of which none was known to be posted.

    :ivar entry: the last entry of the book then. :ivar by_day: dollars and the ISO date, oldest first.
    """

    entry: int
    by_day: tuple[tuple[str, Decimal], ...]


NOTHING_ACCRUED = Accrued(0, ())
_COLUMNS = ("epoch", "month", "sessions", "pnl", "growth")


class Months(Part):
    """The part of the ledger that holds a book's months; a book is named by its id in all of it.

    A month is kept once a later one has a session; whatever changes a session forgets its month and those
    after it, which are then made of the sessions again.
    """

    def __init__(self, store: Store, days: ReadDays) -> None:
        super().__init__(store)
        self._days = days

    def read(self, period: int, end: str) -> list[Month]:
        """Return the months of the complete sessions before an ISO date, oldest first."""
        kept = [
            _month(row)
            for row in self._rows(
                "SELECT month, sessions, pnl, growth FROM months WHERE epoch = ? AND month < ? "
                "ORDER BY month",
                period,
                end[:7],
            )
        ]
        return [*kept, *periods.months(self._days(period, _after(kept), end))]

    def keep(self, period: int, session: str) -> None:
        """Keep the months before a session's that are not kept yet; the session is written anew."""
        self.forget(session, period)
        begin = f"{session[:7]}-01"
        (newest,) = self._rows("SELECT MAX(month) AS month FROM months WHERE epoch = ?", period)
        last = [] if newest["month"] is None else [Month(newest["month"])]
        for each in periods.months(self._days(period, _after(last), begin)):
            values = (period, each.name, each.sessions, money.digits(each.pnl), text(each.growth))
            self._run(insert_into("months", _COLUMNS), *values)

    def forget(self, session: str, period: int | None = None) -> None:
        """Forget the month of a session, an ISO date, and those after it.

        :param period: in this book alone.
        """
        query, month = "DELETE FROM months WHERE month >= ?", session[:7]
        if period is None:
            self._run(query, month)
        else:
            self._run(f"{query} AND epoch = ?", month, period)


def _after(kept: Sequence[Month]) -> str:
    """Return what is not less than any session of these months, and less than those of later ones."""
    return f"{kept[-1].name}-99" if kept else ""


@reader_of("months")
def _month(row: Any) -> Month:
    return Month(row["month"], int(row["sessions"]), Decimal(row["pnl"]), amount(row["growth"]))


def exposure_columns(valuation: Valuation, gross_limit: Decimal | None) -> dict[str, str | None]:
    """Return the columns of what is held long and short, dollars, short negative, as far as all is known.

    :param gross_limit: past what it is warned of gross exposure, percent of equity; None: it never is.
    """
    values = {row.symbol: row.market_value for row in valuation.positions if row.market_value is not None}
    held = limits.exposure(values) if valuation.complete else None
    return {
        "long_value": None if held is None else money.digits(held.long),
        "short_value": None if held is None else money.digits(held.short),
        "gross_limit": text(gross_limit),
    }


def written_holdings(book: Book, totals: Mapping[str, Decimal | None]) -> dict[str, Any]:
    """Return the holdings, and the cash with which they add up, as a row of `sessions` keeps them.

    What shares that wait had cost before is in both, as it is where an older program reads them.

    :param totals: each symbol's total P&L.
    """
    holdings, waiting = {}, {}
    for symbol, held in book.holdings.items():
        if held.waiting:
            waiting[symbol] = [[lot.symbol, text(lot.qty), text(lot.dollars)] for lot in held.waiting]
        cost, income = (
            money.CONTEXT.add(held.cost, held.cost_before),
            [text(held.income)] if held.income else [],
        )
        amounts = (text(held.qty), text(cost), text(held.realized))
        holdings[symbol] = [*amounts, bool(held.waiting), text(totals.get(symbol)), *income]
    cash = money.CONTEXT.subtract(book.cash, money.total(each.cost_before for each in book.holdings.values()))
    written = {"cash": money.digits(cash), "holdings": holdings}
    return written | {"waiting": waiting} if waiting else written


def read_holdings(
    written: Mapping[str, Any],
) -> tuple[dict[str, Holding], Decimal, dict[str, Decimal | None]]:
    """Return the holdings that a row of `sessions` keeps, the cash, and each symbol's total P&L.

    An older program kept of shares that wait no more than that all of a symbol does.
    """
    holdings, totals, waiting = {}, dict[str, Decimal | None](), written.get("waiting", {})
    for symbol, (qty, cost, realized, waits, total, *income) in written["holdings"].items():
        lots = waiting.get(symbol, [("", qty, cost)]) if waits else ()
        held = Holding(
            *(Decimal(qty), Decimal(cost), Decimal(realized)),
            tuple(Lot(found, Decimal(shares), Decimal(dollars)) for found, shares, dollars in lots),
            *(Decimal(each) for each in income),
        )
        holdings[symbol] = held._replace(cost=money.CONTEXT.subtract(held.cost, held.cost_before))
        totals[symbol] = amount(total)
    had_cost = money.total(each.cost_before for each in holdings.values())
    return holdings, money.CONTEXT.add(Decimal(written["cash"]), had_cost), totals


def written_running(state: Running) -> str:
    """Return the statistics' state as a row of `sessions` keeps it."""
    return json.dumps([each if isinstance(each, int) else text(each) for each in state])


@reader_of("sessions")
def kept_running(row: Any) -> Running | None:
    """Return the statistics' state that a row of `sessions` keeps; None where it keeps none."""
    kept = json.loads(row["running"] or "[]")
    if len(kept) != len(Running._fields):
        return None
    return Running._make(each if isinstance(each, int) else amount(each) for each in kept)


def written_drawdowns(state: Drawdowns) -> str:
    """Return the drawdowns' state as a row of `sessions` keeps it."""
    now = None if state.now is None else _written(state.now)
    return json.dumps([text(state.level), state.peak, now, [*map(_written, state.ended)]])


@reader_of("sessions")
def kept_drawdowns(row: Any) -> Drawdowns | None:
    """Return the drawdowns' state that a row of `sessions` keeps; None where it keeps none."""
    if row["drawdowns"] is None:
        return None
    level, peak, now, ended = json.loads(row["drawdowns"])
    return Drawdowns(amount(level), peak, None if now is None else _read(now), tuple(map(_read, ended)))


def _written(each: Drawdown) -> list[Any]:
    return [each.peak, each.trough, each.recovery, money.digits(each.depth), each.sessions, each.falling]


def _read(content: list[Any]) -> Drawdown:
    peak, trough, recovery, depth, sessions, falling = content
    return Drawdown(peak, trough, recovery, Decimal(depth), int(sessions), int(falling))


def complete_between(
    rows: Callable[..., list[Any]], period: int, since: str, end: str, traded: Decimal
) -> list[tuple[str, Day]]:
    """Return the complete sessions from an ISO date to before another one, oldest first.

    :param rows: runs a query and returns its rows. :param period: the book, by its id.
    :param traded: the value of all fills before them, dollars, without a sign.
    """
    found = rows(
        "SELECT session, traded, gains, spans, inflow, opening, day_pnl, closing, exposure FROM sessions "
        "WHERE epoch = ? AND session >= ? AND session < ? AND complete = 1 ORDER BY session",
        period,
        since,
        end,
    )
    read, subtract = [], money.CONTEXT.subtract
    # A thousand of them must not cost a day anything.
    for session, so_far, gains, spans, came_in, *figures in found:
        total = Decimal(so_far)
        opening, day_pnl, closing, exposure = map(Decimal, figures)
        inflow = inflow_of(came_in, gains, opening, day_pnl, closing)
        day = Day(opening, day_pnl, closing, exposure, subtract(total, traded), inflow, bool(spans))
        read.append((session, day))
        traded = total
    return read


def inflow_of(said: str | None, gains: str, opening: Decimal, day_pnl: Decimal, closing: Decimal) -> Decimal:
    """Return a session's inflow, dollars, never negative, see `days.Day`.

    :param said: as its row has it, None where the figures tell it. :param gains: as its row has them: an
        older program's gain of an opening was in the closing, and in no return.
    """
    if said is not None:
        return Decimal(said)
    return days.inflow(opening, day_pnl, closing) if gains == "0" else money.ZERO


def written_fees(fees: Accrued) -> dict[str, Any]:
    """Return fees that have accrued as a session's state keeps them; nothing where there are none."""
    if not fees.by_day:
        return {}
    return {"fees": [fees.entry, [[day, money.digits(dollars)] for day, dollars in fees.by_day]]}


def read_fees(state: Mapping[str, Any]) -> Accrued:
    """Return the fees that a session's state keeps."""
    entry, by_day = state.get("fees", (0, ()))
    return Accrued(entry, tuple((day, Decimal(dollars)) for day, dollars in by_day))


def keep_fees(rows: Callable[..., list[Any]], run: Callable[..., None], period: int, fees: Accrued) -> None:
    """Have the book's last session keep the fees that have accrued, in place of those it had."""
    found = rows("SELECT * FROM sessions WHERE epoch = ? ORDER BY session DESC LIMIT 1", period)
    for row in found:
        state = json.loads(row["state"])
        state.pop("fees", None)
        written = json.dumps(state | written_fees(fees))
        run("UPDATE sessions SET state = ? WHERE epoch = ? AND session = ?", written, period, row["session"])
