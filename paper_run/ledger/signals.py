"""What each session's prices made of the predictions before it, and what all pairs have come to by then."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run.book.signals import RECENT, Pair, Tally
from paper_run.ledger.rows import Part, amount, put_into, reader_of, text
from paper_run.model.signals import SignalSession

if TYPE_CHECKING:
    from collections.abc import Sequence


class SessionSignals(Part):
    """The part of the ledger that holds them, by book and session."""

    def tally(self, period: int, session: str, *, through: bool = False) -> Tally | None:
        """Return what all pairs before a session, an ISO date, have come to; None where there was none.

        :param through: or up to it.
        """
        found = self._rows(
            f"SELECT state FROM session_signals WHERE epoch = ? AND session {'<=' if through else '<'} ? "
            "ORDER BY session DESC LIMIT 1",
            period,
            session,
        )
        return next(map(_tally, found), None)

    def since(self, period: int, session: str) -> list[str]:
        """Return the sessions that have a row, from one on, by their ISO dates, oldest first."""
        query = "SELECT session FROM session_signals WHERE epoch = ? AND session >= ? ORDER BY session"
        return [row["session"] for row in self._rows(query, period, session)]

    def between(self, period: int, since: str, before: str) -> list[SignalSession]:
        """Return the sessions from an ISO date to before another one, oldest first."""
        found = self._rows(
            "SELECT session, pairs, recent FROM session_signals WHERE epoch = ? AND session >= ? "
            "AND session < ? ORDER BY session",
            period,
            since,
            before,
        )
        return _sessions(found)

    def first(self, period: int) -> str | None:
        """Return the first session of a book that has a row, an ISO date; None: none has."""
        return next(iter(self.since(period, "")), None)

    def keep(
        self, period: int, session: str, pairs: Sequence[Pair], tally: Tally, recent: Decimal | None
    ) -> None:
        """Write a session's pairs, what all have come to, and the recent rank IC, a signed ratio."""
        columns = {
            "epoch": period,
            "session": session,
            "pairs": json.dumps(pairs),
            "state": json.dumps([each if isinstance(each, int) else text(each) for each in tally]),
            "recent": text(recent),
        }
        self._run(put_into("session_signals", columns, key=("epoch", "session")), *columns.values())

    def latest(
        self, period: int, session: str, *, pairs: int, sessions: int = 0, through: bool = False
    ) -> list[SignalSession]:
        """Return the sessions before one, an ISO date, the newest first, until they have so many pairs.

        :param sessions: how many they are at least, if there are so many. :param through: with that one.
        """
        found: list[SignalSession] = []
        number, before, most = 0, session, _AT_ONCE if pairs else sessions
        while number < pairs or len(found) < sessions:
            read = self._read(period, before, most, through=through)
            for each in read:
                if number >= pairs and len(found) >= sessions:
                    break
                number += len(each.pairs)
                found.append(each)
            if len(read) < most:
                break
            before, through = read[-1].session, False
        return found

    def _read(self, period: int, before: str, most: int, *, through: bool) -> list[SignalSession]:
        query = (
            "SELECT session, pairs, recent FROM session_signals "
            f"WHERE epoch = ? AND session {'<=' if through else '<'} ? ORDER BY session DESC LIMIT ?"
        )
        return _sessions(self._rows(query, period, before, most))


_AT_ONCE = 4 * RECENT


@reader_of("session_signals")
def _tally(row: Any) -> Tally:
    pairs, hits, sessions, total, squares = json.loads(row["state"])
    return Tally(pairs, hits, sessions, Decimal(total), Decimal(squares))


@reader_of("session_signals")
def _sessions(rows: Sequence[Any]) -> list[SignalSession]:
    pairs = json.loads(f"[{','.join([row['pairs'] for row in rows])}]")  # at once: there are hundreds of rows
    return [
        SignalSession(row["session"], tuple(map(Pair._make, each)), amount(row["recent"]))
        for row, each in zip(rows, pairs, strict=True)
    ]
