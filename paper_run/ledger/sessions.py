"""The sessions as the history shows them, book by book, and the results of marks."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from paper_run.ledger import session_lines
from paper_run.ledger.rows import Part, amount, put_into
from paper_run.ledger.session_lines import SessionRow
from paper_run.ledger.sqlite import dialect
from paper_run.model.history import EndedBook, SessionLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from paper_run.ledger.costs import SessionCosts
    from paper_run.ledger.signals import SessionSignals

_END = "9999-12-31"
_FIGURES = f"SELECT {', '.join(SessionRow._fields)} FROM sessions"
_STATUSES = "SELECT session, number, id, status FROM trades WHERE session >= ? ORDER BY session, number, id"
_SINCE = f"{_FIGURES} WHERE session >= ? ORDER BY epoch, session"
_AMOUNTS = " || ',' || ".join(f"COALESCE({name}, '')" for name in SessionRow._fields[3:8])
_TABLE = f"SELECT epoch, session, complete, {_AMOUNTS} FROM sessions ORDER BY epoch, session"
_MARKED = "SELECT epoch, session FROM marks WHERE session >= ?"
_NO_AMOUNTS = ",,,,"
_NOT_VALUED = (0, _NO_AMOUNTS)
_ENDED = (
    "SELECT id, session, closed, (SELECT COUNT(*) FROM ("
    "SELECT session FROM sessions WHERE epoch = ended.id UNION "
    "SELECT session FROM trades WHERE id <= ended.last_trade AND id > "
    "(SELECT COALESCE(MAX(last_trade), 0) FROM epochs WHERE id < ended.id)) AS of_it) AS num_sessions "
    "FROM epochs AS ended WHERE last_trade IS NOT NULL"
)
# Amounts are kept as text, and sorted as numbers only where that is said.
_DEEPEST = (
    "SELECT height FROM sessions WHERE epoch = ? AND complete = 1 "
    "ORDER BY height IS NOT NULL, CAST(height AS DOUBLE PRECISION) LIMIT 1"
)


class _Books:
    """Which book each attempt belongs to: the first that had not ended when it was sent.

    :ivar present: the present book, or the one that the next attempt begins.
    """

    def __init__(self, periods: Sequence[Any]) -> None:
        ended = [row for row in periods if row["last_trade"] is not None]
        self._last_attempts = [row["last_trade"] for row in ended]
        following = ended[-1]["id"] + 1 if ended else 1
        self.present: int = next((row["id"] for row in periods if row["last_trade"] is None), following)
        self._numbers: list[int] = [*(row["id"] for row in ended), self.present]

    def of_attempt(self, identity: int) -> int:
        """Return the number of an attempt's book, the attempt by its row."""
        return self._numbers[bisect_left(self._last_attempts, identity)]


class Sessions(Part):
    """The part of the ledger that looks back, book by book: a `resolve --reset` ends one."""

    def lines(self, since: str = "") -> list[SessionLine]:
        """Return the sessions that traded or were valued, oldest first, as the history shows them.

        A session in which a book ended and another began has a line in each.

        :param since: leave out earlier ones, by ISO date.
        """
        statuses, marked = self._statuses(since), self._marked(since)
        rows = map(
            SessionRow._make, self._rows(f"{_FIGURES} WHERE session >= ? ORDER BY epoch, session", since)
        )
        figures = {(row.epoch, row.session): row for row in rows}
        return [
            session_lines.line(key, statuses.get(key, {}), figures.get(key), is_marked=key in marked)
            for key in sorted([*figures, *(statuses.keys() - figures.keys())])
        ]

    def curve(self, most: int, book: int, before: str = _END) -> list[SessionLine]:
        """Return at most so many sessions whose curve looks like a book's (`downsampled`), oldest first."""
        points = self._rows(
            "SELECT session, CAST(closing AS DOUBLE PRECISION) AS closing, "
            "CAST(drawdown AS DOUBLE PRECISION) AS fall, CAST(day_pnl AS DOUBLE PRECISION) AS day_pnl, "
            "CAST(long_value AS DOUBLE PRECISION) AS held, CAST(short_value AS DOUBLE PRECISION) AS short, "
            "CAST(COALESCE(benchmark_equity, closing) AS DOUBLE PRECISION) AS compared "
            "FROM sessions "
            "WHERE complete = 1 AND epoch = ? AND session < ? ORDER BY session",
            book,
            before,
        )
        if not points:
            return []
        sessions, *series = zip(*points, strict=True)
        chosen = session_lines.drawn(*series, most=most)
        marks = ", ".join("?" * len(chosen))
        rows = self._rows(
            f"{_FIGURES} WHERE epoch = ? AND session IN ({marks}) ORDER BY session",
            book,
            *(sessions[at] for at in chosen),
        )
        return [session_lines.alone(row) for row in rows]

    def latest(self, book: int, before: str, number: int) -> list[SessionLine]:
        """Return a book's last complete sessions before an ISO date, so many at most, oldest first."""
        rows = self._rows(
            f"{_FIGURES} WHERE complete = 1 AND epoch = ? AND session < ? ORDER BY session DESC LIMIT ?",
            *(book, before, number),
        )
        return [session_lines.alone(row) for row in reversed(rows)]

    def stated_before(self, book: int, before: str) -> str | None:
        """Return the record of a book's last session before an ISO date: its mark, else its attempt."""
        rows = self._rows(
            "SELECT MAX(session) AS session FROM sessions WHERE epoch = ? AND session < ?", book, before
        )
        if (session := rows[0]["session"]) is None:
            return None
        marks = self._rows("SELECT document FROM marks WHERE session = ? AND epoch = ?", session, book)
        found = marks or self._rows(
            "SELECT document FROM trades WHERE session = ? AND state <> 'nothing' AND rehearsal = 0 "
            "ORDER BY id DESC LIMIT 1",
            session,
        )
        return str(found[0]["document"]) if found else None

    def table(self) -> list[tuple[str, str, str, str, str, str]]:
        """Return every session as the history's file has it, as text; see `csv_tables.HISTORY_COLUMNS`.

        It is written whole after each attempt and mark: years of sessions must not cost a day anything. So
        the database joins the five amounts, here they would take as long as a day.
        """
        statuses, marked = self._statuses(""), self._marked("")
        valued = {(book, session): (whole, amounts) for book, session, whole, amounts in self._rows(_TABLE)}
        table = []
        for key in sorted([*valued, *(statuses.keys() - valued.keys())]):  # the first are in order
            book, session = key
            is_whole, amounts = valued.get(key, _NOT_VALUED)
            words = " ".join([f"{number}:{status}" for number, status in statuses.get(key, {}).items()])
            is_marked = "true" if key in marked else "false"
            known = ("true", amounts) if is_whole else ("false", _NO_AMOUNTS)
            table.append((session, words, *known, is_marked, str(book)))
        return table

    def present(self) -> int:
        """Return the number of the present book, or of the one that the next attempt begins, from 1 on."""
        return self._books().present

    def book(self, session: str, attempt: int | None) -> int:
        """Return the number of the book that a result is of.

        :param attempt: its number; None: the session's latest mark.
        """
        if attempt is None:
            found = self._rows("SELECT epoch FROM marks WHERE session = ?", session)
        else:
            found = self._rows(
                "SELECT MAX(id) FROM trades WHERE session = ? AND number = ?", session, attempt
            )
        identity = found[0][0] if found else None
        if identity is None or attempt is None:
            return self.present() if identity is None else int(identity)
        return self._books().of_attempt(identity)

    def ended_books(self) -> list[EndedBook]:
        """Return the books that were ended, oldest first, with what they came to."""
        return [self._ended(row) for row in self._rows(f"{_ENDED} ORDER BY id")]

    def _ended(self, row: Any) -> EndedBook:
        last = self._rows(
            "SELECT session, total_pnl, closing FROM sessions WHERE epoch = ? AND complete = 1 "
            "ORDER BY session DESC LIMIT 1",
            row["id"],
        )
        deepest = self._rows(_DEEPEST, row["id"])
        height = amount(deepest[0]["height"]) if deepest else None
        return EndedBook(
            number=row["id"],
            since=row["session"],
            ended=row["closed"],
            num_sessions=row["num_sessions"],
            valued=last[0]["session"] if last else None,
            total_pnl=amount(last[0]["total_pnl"]) if last else None,
            closing=amount(last[0]["closing"]) if last else None,
            deepest=None if height is None else height - 1,
        )

    def _books(self) -> _Books:
        return _Books(self._rows("SELECT id, last_trade FROM epochs ORDER BY id"))

    def _marked(self, since: str) -> set[tuple[int, str]]:
        """Return which sessions were marked, by book and session."""
        return {(book, session) for book, session in self._rows(_MARKED, since)}

    def _statuses(self, since: str) -> dict[tuple[int, str], dict[int, str]]:
        """Return each session's attempts by number; one that placed nothing gives way to the next attempt."""
        books = self._books()
        attempts: dict[tuple[int, str], dict[int, str]] = {}
        for session, number, identity, status in self._rows(_STATUSES, since):
            attempts.setdefault((books.of_attempt(identity), session), {})[number] = status
        return attempts

    def has_arrivals(self, session: str) -> bool:
        """Whether the market's prices were asked for before an attempt of a session, an ISO date."""
        return bool(
            self._rows("SELECT 1 FROM trades WHERE session = ? AND arrivals IS NOT NULL LIMIT 1", session)
        )

    def has_costs(self, book: int) -> bool:
        """Whether they were in any session of a book, by its id."""
        return bool(self._rows("SELECT 1 FROM session_costs WHERE epoch = ? LIMIT 1", book))

    @property
    def costs(self) -> SessionCosts:
        """What each session's trading cost."""
        from paper_run.ledger.costs import SessionCosts

        return SessionCosts(self._store)

    @property
    def signals(self) -> SessionSignals:
        """How right each session's signals were."""
        from paper_run.ledger.signals import SessionSignals

        return SessionSignals(self._store)

    def mark(self, session: str) -> str | None:
        """Return the result of a session's latest mark, the session by its ISO date."""
        found = self._rows("SELECT document FROM marks WHERE session = ?", session)
        return str(found[0]["document"]) if found else None

    def mark_status(self, session: str) -> str | None:
        """Return the status of a session's latest mark, the session by its ISO date."""
        found = self._rows(
            f"SELECT {dialect.field('document', 'status')} AS status FROM marks WHERE session = ?",
            session,
        )
        return found[0]["status"] if found else None

    def marked(self) -> list[str]:
        """Return the sessions that have a mark, by their ISO dates, oldest first."""
        return [row["session"] for row in self._rows("SELECT session FROM marks ORDER BY session")]

    def latest_marked(self) -> str | None:
        """Return the latest session that has a mark, by its ISO date."""
        found = self._rows("SELECT MAX(session) AS session FROM marks")
        return found[0]["session"] if found else None

    def keep_mark(self, session: date, document: str) -> None:
        """Write a session's latest mark; it is of the present book."""
        self._run(
            put_into("marks", ("session", "document", "epoch"), key=("session",)),
            session.isoformat(),
            document,
            self.present(),
        )
