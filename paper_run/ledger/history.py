"""The sessions as the history shows them, and the results of marks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.book import statistics
from paper_run.models import SessionLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from paper_run.ledger.books import Books


class History:
    """The part of the ledger that looks back.

    :param rows: runs a query and returns its rows. :param run: runs a statement.
    """

    def __init__(self, rows: Callable[..., list[Any]], run: Callable[..., None], books: Books) -> None:
        self._rows = rows
        self._run = run
        self._books = books

    def lines(self, since: date | None = None, before: date | None = None) -> list[SessionLine]:
        """Return the sessions that traded or were valued, oldest first, as the history shows them.

        :param before: leave out this session and later ones.
        """
        returns: dict[tuple[int, str], tuple[Decimal | None, Decimal | None]] = {}
        figures: dict[str, Any] = {}
        for epoch in self._books.epochs():
            days = self._books.days(epoch, date.max)
            falls = statistics.drawdown([day for _, day in days])
            for (session, day), fall in zip(days, falls, strict=True):
                returns[epoch.id, session] = (statistics.daily_return(day), fall)
        for row in self._rows("SELECT * FROM sessions ORDER BY epoch"):
            figures[row["session"]] = row
        trades: dict[str, list[tuple[int, str]]] = {session: [] for session in figures}
        for row in self._rows("SELECT session, number, status FROM trades ORDER BY session, number, id"):
            kept = trades.setdefault(row["session"], [])
            if kept and kept[-1][0] == row["number"]:  # an attempt that placed nothing, and was made again
                kept.pop()
            kept.append((row["number"], row["status"]))
        marked = {row["session"] for row in self._rows("SELECT session FROM marks")}
        first = "" if since is None else since.isoformat()
        last = date.max.isoformat() if before is None else before.isoformat()
        return [
            _line(session, trades[session], figures.get(session), returns, is_marked=session in marked)
            for session in sorted(trades)
            if first <= session < last
        ]

    def mark(self, session: str) -> str | None:
        """Return the result of a session's latest mark, the session by its ISO date."""
        found = self._rows("SELECT document FROM marks WHERE session = ?", session)
        return str(found[0]["document"]) if found else None

    def latest_mark(self) -> str | None:
        """Return the session of the latest mark."""
        found = self._rows("SELECT MAX(session) FROM marks")
        return None if found[0][0] is None else str(found[0][0])

    def keep_mark(self, session: date, document: str) -> None:
        """Write a session's latest mark."""
        self._run("INSERT OR REPLACE INTO marks VALUES (?, ?)", session.isoformat(), document)


def _line(
    session: str,
    trades: list[tuple[int, str]],
    row: Any,
    returns: Mapping[tuple[int, str], tuple[Decimal | None, Decimal | None]],
    *,
    is_marked: bool,
) -> SessionLine:
    complete = row is not None and bool(row["complete"])
    daily, drawdown = returns.get((row["epoch"], session), (None, None)) if complete else (None, None)
    total = None
    if complete:
        earned = money.total((Decimal(row["realized"]), Decimal(row["unrealized"])))
        total = money.CONTEXT.subtract(earned, Decimal(row["gains"]))
    return SessionLine(
        session=session,
        trades=tuple(trades),
        complete=complete,
        day_pnl=Decimal(row["day_pnl"]) if complete else None,
        total_pnl=total,
        closing=Decimal(row["closing"]) if complete else None,
        daily_return=daily,
        drawdown=drawdown,
        marked=is_marked,
    )
