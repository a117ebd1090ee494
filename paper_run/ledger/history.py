"""The sessions as the history shows them, and the results of marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.book import thinning
from paper_run.ledger.rows import amount
from paper_run.models import SessionLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date


_END = "9999-12-31"
_FIGURES = (
    "SELECT session, epoch, complete, day_pnl, total_pnl, closing, daily_return, drawdown FROM sessions"
)


class History:
    """The part of the ledger that looks back.

    :param rows: runs a query and returns its rows. :param run: runs a statement.
    """

    def __init__(self, rows: Callable[..., list[Any]], run: Callable[..., None]) -> None:
        self._rows = rows
        self._run = run

    def lines(self, since: str = "") -> list[SessionLine]:
        """Return the sessions that traded or were valued, oldest first, as the history shows them.

        :param since: leave out earlier ones, by ISO date.
        """
        figures = {
            row["session"]: row for row in self._rows(f"{_FIGURES} WHERE session >= ? ORDER BY epoch", since)
        }
        trades = self._statuses(since)
        marked = {row["session"] for row in self._rows("SELECT session FROM marks WHERE session >= ?", since)}
        return [
            _line(session, trades.get(session, {}), figures.get(session), is_marked=session in marked)
            for session in sorted(trades.keys() | figures.keys())
        ]

    def curve(self, most: int, since: str = "", before: str = _END) -> list[SessionLine]:
        """Return at most so many sessions whose curve looks like that of all (`thinning`), oldest first."""
        points = self._rows(
            "SELECT session, CAST(closing AS REAL) AS closing, CAST(drawdown AS REAL) AS fall FROM sessions "
            "WHERE complete = 1 AND session >= ? AND session < ? ORDER BY session, epoch",
            since,
            before,
        )
        chosen = thinning.kept([row["closing"] for row in points], [row["fall"] or 0 for row in points], most)
        wanted = sorted({points[at]["session"] for at in chosen})
        marks = ", ".join("?" * len(wanted))
        rows = self._rows(f"{_FIGURES} WHERE session IN ({marks}) ORDER BY session, epoch", *wanted)
        latest = {row["session"]: _line(row["session"], {}, row, is_marked=False) for row in rows}
        return list(latest.values())

    def table(self) -> list[Sequence[str | None]]:
        """Return every session as the history's file has it, as text; see `csv_tables.HISTORY_COLUMNS`.

        It is written whole after each trade and mark: years of sessions must not cost a day anything.
        """
        trades = self._statuses("")
        figures = {row["session"]: row for row in self._rows(f"{_FIGURES} ORDER BY epoch")}
        marked = {row["session"] for row in self._rows("SELECT session FROM marks")}
        table: list[Sequence[str | None]] = []
        for session in sorted(trades.keys() | figures.keys()):
            words = " ".join([f"{number}:{status}" for number, status in trades.get(session, {}).items()])
            is_marked = "true" if session in marked else "false"
            if (row := figures.get(session)) is not None and row["complete"]:
                table.append((session, words, "true", *tuple(row)[3:], is_marked))
            else:
                table.append((session, words, "false", None, None, None, None, None, is_marked))
        return table

    def _statuses(self, since: str) -> dict[str, dict[int, str]]:
        """Return each session's trades by number; one that placed nothing gives way to the next attempt."""
        trades: dict[str, dict[int, str]] = {}
        for session, number, status in self._rows(
            "SELECT session, number, status FROM trades WHERE session >= ? ORDER BY session, number, id",
            since,
        ):
            trades.setdefault(session, {})[number] = status
        return trades

    def mark(self, session: str) -> str | None:
        """Return the result of a session's latest mark, the session by its ISO date."""
        found = self._rows("SELECT document FROM marks WHERE session = ?", session)
        return str(found[0]["document"]) if found else None

    def mark_status(self, session: str) -> str | None:
        """Return the status of a session's latest mark, the session by its ISO date."""
        found = self._rows(
            "SELECT json_extract(document, '$.status') AS status FROM marks WHERE session = ? "
            "AND json_valid(document)",
            session,
        )
        return found[0]["status"] if found else None

    def latest_marked(self) -> str | None:
        """Return the latest session that has a mark, by its ISO date."""
        found = self._rows("SELECT MAX(session) AS session FROM marks")
        return found[0]["session"] if found else None

    def keep_mark(self, session: date, document: str) -> None:
        """Write a session's latest mark."""
        self._run("INSERT OR REPLACE INTO marks VALUES (?, ?)", session.isoformat(), document)


def _line(session: str, trades: Mapping[int, str], row: Any, *, is_marked: bool) -> SessionLine:
    complete = row is not None and bool(row["complete"])
    names = ("day_pnl", "total_pnl", "closing", "daily_return", "drawdown")
    amounts = {name: amount(row[name]) if complete else None for name in names}
    return SessionLine(
        session=session, trades=tuple(trades.items()), complete=complete, marked=is_marked, **amounts
    )
