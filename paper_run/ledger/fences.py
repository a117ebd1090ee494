"""The fences and numbers of a session's attempts: at most one closes it, and each has a number of its own."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from paper_run.errors import OrchestrationError
from paper_run.ledger.sqlite import dialect

if TYPE_CHECKING:
    from paper_run.ledger.known_attempts import KnownAttempts
    from paper_run.ledger.store import Store
    from paper_run.model.attempt import AttemptRow


class Fences:
    """The part of the ledger that keeps which attempt closes a session, and how they are counted in it.

    A fence is what only one attempt can have: the session's name, or which row an attempt more comes after.
    """

    def __init__(self, store: Store, known: KnownAttempts) -> None:
        self._store = store
        self._known = known

    def newest(self, session: date) -> int:
        """Return the id of the session's newest row, 0 when it has none."""
        return max((row.id for row in self._known.of(session)), default=0)

    def next_number(self, session: date) -> int:
        """Return the session's next number; an attempt that placed nothing gives its own back."""
        taken = [row.number for row in self._known.of(session) if row.state != "nothing"]
        return max(taken, default=0) + 1

    def traded_after(self, session: date) -> list[date]:
        """Return the later sessions that were traded, oldest first; none whose date was said to be wrong."""
        traded = {
            row.session
            for row in self._known.after(session)
            if row.state != "nothing" and not row.rehearsal and row.wrong_date is None
        }
        return [date.fromisoformat(each) for each in sorted(traded)]

    def refuse_taken(self, fence: str | None, session: date, number: int) -> None:
        """Prove that an attempt may have a fence and a number.

        :raises OrchestrationError: another one has either.
        """
        if self._is_taken(fence) or self._has_number(session.isoformat(), number):
            raise taken(session)

    def close_session(self, row: AttemptRow, *, executed: bool) -> bool:
        """Let an attempt close its session, as far as no other does; whether it is the only one that does.

        One whose date was said to be wrong leaves the session to the day that it names.

        :param executed: whether orders of a rehearsal were executed, so that it was none.
        """
        session = row.session.isoformat()
        others = self._store.rows(
            f"SELECT 1 FROM {dialect.TRADES} WHERE session = ? AND id <> ? AND state <> 'nothing' "
            "AND (rehearsal = 0 OR fence IS NOT NULL) AND wrong_date IS NULL",
            session,
            row.id,
        )
        is_kept_out = row.wrong_date is not None or self._is_taken(session)
        fence = row.fence or (None if is_kept_out else session)
        self._store.run(
            "UPDATE trades SET fence = ?, rehearsal = CASE WHEN ? = 1 THEN 0 ELSE rehearsal END, "
            "version = version + 1 WHERE id = ?",
            fence,
            int(executed),
            row.id,
        )
        self._known.changed(row.id)
        return row.wrong_date is not None or not others

    def reopen_session(self, row: AttemptRow) -> None:
        """Let a rehearsal close its session no more: all of it is known, and nothing was executed."""
        self._store.run("UPDATE trades SET fence = NULL, version = version + 1 WHERE id = ?", row.id)
        self._known.changed(row.id)

    def renumber(self, row: AttemptRow) -> None:
        """Give an attempt that had placed nothing the next free number of its session."""
        self._known.forget()
        number = self.next_number(row.session)
        self._store.run("UPDATE trades SET number = ?, version = version + 1 WHERE id = ?", number, row.id)
        self._known.changed(row.id)

    def set_aside(self, session: date, note: str) -> None:
        """Write that a session's date is wrong: it is open for the day that it names, and so is its value.

        :param note: who says so, and when.
        """
        day = session.isoformat()
        with self._store.transaction():
            self._store.run(
                "UPDATE trades SET wrong_date = ?, fence = NULL, version = version + 1 WHERE session = ?",
                note,
                day,
            )
            self._store.run("DELETE FROM sessions WHERE session = ?", day)
            states = "running = NULL, drawdowns = NULL, beside = NULL"
            self._store.run(f"UPDATE sessions SET {states} WHERE session > ?", day)
            self._store.run("DELETE FROM months WHERE month >= ?", day[:7])
        self._known.forget()

    def _is_taken(self, fence: str | None) -> bool:
        return fence is not None and bool(self._store.rows("SELECT 1 FROM trades WHERE fence = ?", fence))

    def _has_number(self, session: str, number: int) -> bool:
        has_it = "session = ? AND number = ? AND state <> 'nothing'"
        queries = (
            f"SELECT 1 FROM {dialect.TRADES} WHERE {has_it} AND {dialect.NEWEST}",
            f"SELECT 1 FROM trades WHERE {has_it}",
        )
        return any(self._store.rows(query, session, number) for query in queries)


def taken(session: date) -> OrchestrationError:
    """Return that another attempt has a session's fence or number."""
    return OrchestrationError(
        f"The session of {session} was traded by another command meanwhile",
        "Nothing was sent.",
        remedies=("See what it did, once it has ended: run again.",),
        code="traded_meanwhile",
        subject=str(session),
    )
