"""The attempts: each from the moment before it is sent, and all that becomes known of it."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC
from typing import TYPE_CHECKING, Literal

from paper_run.errors import DataError, LedgerLostError, NotAloneError, Remedy, UnclearCommitError
from paper_run.ledger import rows
from paper_run.ledger.fences import taken
from paper_run.ledger.known_attempts import in_order
from paper_run.ledger.rows import insert_into
from paper_run.ledger.sqlite import dialect
from paper_run.model import findings
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from typing import Any

    from paper_run.errors import PaperRunError
    from paper_run.ledger.book import Books
    from paper_run.ledger.fences import Fences
    from paper_run.ledger.known_attempts import KnownAttempt, KnownAttempts
    from paper_run.ledger.orders import Orders
    from paper_run.ledger.outbox import ChannelName, Mails
    from paper_run.ledger.store import Store
    from paper_run.model.attempt import AttemptRow, Snapshot
    from paper_run.model.findings import Finding
    from paper_run.model.order import OrderState, SignalOrder


class Attempts:
    """The part of the ledger that keeps what was sent and what came of it.

    Attempts are looked up in the table itself, old ones by an index that is proved. Whoever trades, or says
    what came of an attempt, holds the lock, so what was read of them stays true until this ledger writes one.
    """

    def __init__(
        self, store: Store, known: KnownAttempts, fences: Fences, orders: Orders, books: Books, mails: Mails
    ) -> None:
        self._store = store
        self._known = known
        self._fences = fences
        self._orders = orders
        self._books = books
        self._mails = mails
        self._tell: Callable[[AttemptRow], None] | None = None

    @contextlib.contextmanager
    def telling(self, tell: Callable[[AttemptRow], None]) -> Iterator[None]:
        """Have each attempt told of which it becomes known in the block how it ended, with its record.

        :param tell: called in the record's own transaction: either both are there or neither.
        """
        self._tell = tell
        try:
            yield
        finally:
            self._tell = None

    @property
    def is_untraded(self) -> bool:
        """Whether nothing was ever traded, or tried to be."""
        return not self._known.has_any()

    def of_session(self, session: date) -> list[AttemptRow]:
        """Return the attempts of a session, rehearsals and those that placed nothing included, in order."""
        return self._sorted(self._known.of(session))

    def numbered(self, session: date, number: int) -> AttemptRow | None:
        """Return an attempt by its name; of several attempts the latest."""
        found = [row.id for row in self._known.of(session) if row.number == number]
        return self.by_id(max(found)) if found else None

    def names(self) -> set[tuple[str, int]]:
        """Return the session and the number of each attempt."""
        return self._known.names()

    def latest(self) -> AttemptRow | None:
        """Return the attempt sent last."""
        found = max(self._known.of_last_session(), key=in_order, default=None)
        return None if found is None else self.by_id(found.id)

    def by_id(self, identity: int, *, document: str | None = None) -> AttemptRow:
        """Return an attempt by its row.

        :param document: its record where that is known, or not asked for: one of a large day takes long.
        """
        columns = rows.ATTEMPT if document is None else rows.BESIDE_DOCUMENT
        found = self._attempts(f"SELECT {columns} FROM trades WHERE id = ?", identity, document=document)
        return found[0]

    def by_key(self, key: str) -> AttemptRow | None:
        """Return the attempt whose POST had a key."""
        query = f"SELECT * FROM {dialect.TRADES} WHERE key = ? ORDER BY id DESC LIMIT 1"
        return next(iter(self._attempts(query, key)), None)

    def incomplete(self) -> list[AttemptRow]:
        """Return the attempts of which not all is known: outcome unknown, or their orders not read."""
        return self._chosen(lambda row: row.state in _INCOMPLETE)

    def doubtful(self) -> list[AttemptRow]:
        """Return the closed attempts with orders in doubt, however old: a doubt never ends by itself."""
        return self._chosen(lambda row: row.in_doubt > 0 and row.state == "closed")

    def in_doubt(self) -> set[int]:
        """Return the rows of the attempts that have orders in doubt, as their results state them."""
        return {each.id for each in self._known.open() if each.in_doubt > 0}

    def unsure(self) -> list[AttemptRow]:
        """Return the attempts of which it is not known what they placed, though perhaps that they did.

        What an attempt of a book that was ended has placed is no doubt of the present one.
        """
        ended = self._books.ended_with()
        return self._chosen(
            lambda row: (
                row.state in ("sent", "unsettled")
                or (row.state == "closed" and row.status == "unknown" and row.id > ended)
            )
        )

    def knows_run(self, run_id: str) -> bool:
        """Whether some attempt owns a run."""
        return bool(self._known.with_run(run_id))

    def denied_run(self, run_id: str) -> AttemptRow | None:
        """Return the attempt that owns a run and is recorded as one that placed nothing; None: none is."""
        owners = self._known.with_run(run_id)
        if any(row.state != "nothing" for row in owners):
            return None
        return next((self.by_id(row.id) for row in owners), None)

    def begin(  # noqa: PLR0913  each is one fact that is written with the others
        self,
        snapshot: Snapshot,
        *,
        number: int,
        key: str,
        started_at: datetime,
        document: str,
        timeout: Decimal | None = None,
        leaves_until: datetime | None = None,
        after: int | None = None,
        channels: Sequence[ChannelName] = (),
        annulled: Callable[[PaperRunError], str] | None = None,
    ) -> AttemptRow:
        """Write the row that must be there before the POST is sent.

        :param timeout: how long its answer is waited for, seconds. :param leaves_until: when the POST leaves
            at the latest, of any zone, like `started_at`.
        :param after: the session's newest row when a person asked to trade once more, on purpose (0: none);
            None: it is the session's one attempt.
        :param channels: queue the message about it for these too, so that whatever happens there is one.
        :param annulled: makes the record of a row that is there all the same, and of which nothing is sent.
        :raises OrchestrationError: the session has another such attempt; nothing was written.
        """
        session = snapshot.session.isoformat()
        fence = session if after is None else f"{session} after {after}"
        columns = {
            **rows.snapshot_columns(snapshot),
            "number": number,
            "key": key,
            "state": "sent",
            "started_at": started_at.astimezone(UTC).isoformat(),
            "in_doubt": 0,
            "status": "unknown",
            "document": document,
            "fence": None if snapshot.rehearsal else fence,
            "timeout": rows.text(timeout),
            "leaves_until": None if leaves_until is None else leaves_until.astimezone(UTC).isoformat(),
        }
        try:
            with self._store.transaction():
                identity = self._write_first(columns, snapshot.session, number)
                if channels:
                    self._mails.queue(
                        "run",
                        columns["session"],
                        started_at,
                        attempt=identity,
                        attempt_number=number,
                        channels=channels,
                    )
        except UnclearCommitError as unclear:
            raise _annulled(unclear, columns, annulled) from unclear
        except LedgerLostError as lost:
            raise lost.before_sending() from lost
        self._known.changed(identity)
        return self.by_id(identity)

    def _write_first(self, columns: Mapping[str, Any], session: date, number: int) -> int:
        """Write an attempt's first row; return its id."""
        self._fences.refuse_taken(columns["fence"], session, number)
        row = {"id": rows.next_id(self._store.rows, _NAMED), **columns}
        try:
            self._store.run(insert_into("trades", row), *row.values())
        except NotAloneError as error:  # the lease did not hold, and the fence does
            raise taken(session) from error
        self._store.sends(columns["key"])
        return int(row["id"])

    def note(self, row: AttemptRow, finding: Finding) -> None:
        """Add to an attempt's record what each later statement of it warns of."""
        self.keep_notices(row, (*self.by_id(row.id).snapshot.notices, finding))

    def keep_notices(self, row: AttemptRow, notices: Iterable[Finding]) -> None:
        """Write what each later statement of an attempt warns of, all of it."""
        written = json.dumps(findings.to_json(notices))
        self._store.run("UPDATE trades SET notices = ?, version = version + 1 WHERE id = ?", written, row.id)

    def record(  # noqa: PLR0913  each is one fact that may become known with the others
        self,
        row: AttemptRow,
        *,
        state: str,
        document: str,
        in_doubt: int,
        status: str | None = None,
        run_id: str | None = None,
        answer: str | None = None,
        how_known: str | None = None,
        over: bool = False,
        stayed_dry: bool = False,
        states: Iterable[OrderState] = (),
        mappings: Iterable[SignalOrder] = (),
    ) -> AttemptRow:
        """Write what has become known of an attempt: its state, result, answer and orders, all or nothing.

        One that placed nothing gives its fence back.

        :param row: as it was read: it is written only if nobody has written it since.
        :param status: what the document says of the run; None: what the row has.
        :raises DataError: somebody has.
        """
        changes = {"state": state, "document": document, "in_doubt": in_doubt}
        changes |= {"fence": None} if state == "nothing" else {}
        changes |= {"answered_itself": 1} if over else {}
        changes |= {"stayed_dry": 1} if stayed_dry else {}
        if status is not None:
            is_rehearsed = row.snapshot.rehearsal and status == "success"
            changes["status"] = "rehearsal" if is_rehearsed else status
        changes |= {"run_id": run_id} if run_id is not None else {}
        changes |= {"answer": answer} if answer is not None else {}
        changes |= {"settled": how_known} if how_known is not None else {}
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        with self._store.transaction(), self._store.translated_errors():
            update = f"UPDATE trades SET {assignments}, version = version + 1 {_AS_READ}"
            written = self._store.execute(update, {**changes, "id": row.id, "version": row.version})
            if written.rowcount != 1:
                raise DataError(
                    f"The attempt {row.name} was written by another command meanwhile",
                    remedies=("Run it again: it goes on from what that one has written.",),
                )
            self._orders.own(row, mappings, states)
            if self._tell is not None and (how_known or row.how_known):
                self._tell(self.by_id(row.id, document=document))
        self._known.changed(row.id)
        return self.by_id(row.id, document=document)

    def close(self, row: AttemptRow, state: str) -> None:
        """Write an attempt's state alone; its result follows in the same transaction."""
        self._store.run("UPDATE trades SET state = ? WHERE id = ?", state, row.id)
        self._known.changed(row.id)

    def name_run(self, row: AttemptRow, run_id: str) -> AttemptRow:
        """Write which run an attempt's lost answer was about."""
        self._store.run("UPDATE trades SET run_id = ?, version = version + 1 WHERE id = ?", run_id, row.id)
        self._known.changed(row.id)
        return self.by_id(row.id)

    def after(self, row: AttemptRow, *, has_clock: bool = False) -> AttemptRow | None:
        """Return the journal's next row, whatever came of it, or the next that has the gateway's clock."""
        which = "AND gateway_clock IS NOT NULL " if has_clock else ""
        query = f"SELECT * FROM trades WHERE id > ? {which}ORDER BY id LIMIT 1"
        return next(iter(self._attempts(query, row.id)), None)

    def _chosen(self, wanted: Callable[[KnownAttempt], bool]) -> list[AttemptRow]:
        """Return those of the open ones that are wanted."""
        return self._sorted(row for row in self._known.open() if wanted(row))

    def _sorted(self, found: Iterable[KnownAttempt]) -> list[AttemptRow]:
        return [self.by_id(row.id) for row in sorted(found, key=in_order)]

    def _attempts(self, query: str, *values: Any, document: str | None = None) -> list[AttemptRow]:
        found = self._store.rows(query, *values)
        with self._store.translated_errors():
            return [rows.attempt(row, document) for row in found]


def _annulled(
    unclear: UnclearCommitError,
    columns: Mapping[str, Any],
    record: Callable[[PaperRunError], str] | None,
) -> LedgerLostError:
    """See to it that a row of which nobody knows whether it is there, is one that placed nothing."""
    title = "The ledger's database did not confirm what it was given"
    said = f"Nothing was sent, and the ledger says so. {unclear.explanation}"
    nothing_sent = LedgerLostError(title, said, remedies=(Remedy("Run again", ours()),))
    nothing = {**columns, "state": "nothing", "fence": None, "status": "failed"}
    nothing |= {} if record is None else {"document": record(nothing_sent)}
    try:
        unclear.apart(f"{insert_into('trades', nothing)} {_UNLESS_KNOWN}", tuple(nothing.values()))
    except DataError as error:
        why = f"Nothing was sent. Whether the ledger has its row is not known: {unclear.explanation} {error}"
        remedies = (Remedy("If it has, it is listed as one whose outcome is unknown", ours("resolve")),)
        return LedgerLostError(title, why, remedies=remedies)
    return nothing_sent


_NAMED = (
    f"SELECT MAX(id) AS id FROM {dialect.TRADES} UNION ALL SELECT MAX(trade) FROM orders "
    "UNION ALL SELECT MAX(COALESCE(last_trade, trade)) FROM epochs "
    "UNION ALL SELECT MAX(trade) FROM mails WHERE state = 'queued'"
)
"""The ids of attempts, also of one whose row was lost: what it left is never taken for another one's."""
_UNLESS_KNOWN = (
    "ON CONFLICT (key) DO UPDATE SET state = 'nothing', fence = NULL, status = 'failed', "
    "document = excluded.document, version = trades.version + 1 WHERE trades.state IN ('sent', 'unsettled')"
)
_AS_READ = "WHERE id = :id AND version = :version"
_INCOMPLETE = ("sent", "unsettled", "answered")


Move = Literal["go", "stay", "revive", "contradict"]

_FORWARD = ("sent", "unsettled", "answered", "closed")


def move_of(old: str, new: str, *, has_evidence: bool) -> Move:
    """Tell what becomes of an attempt's state when something new is learned of it.

    :param has_evidence: whether an order is known: by its id, or by its quantity in the run.
    :return: `go` to the new state; `stay` where it is, for the new one says less; `revive` one that was
        taken for an attempt that placed nothing; `contradict`: proof of nothing about one that has placed
        something.
    """
    if old == "nothing":
        if new == "nothing":
            return "go"
        return "revive" if has_evidence else "stay"
    if new == "nothing":
        return "go" if old in ("sent", "unsettled") else "contradict"
    return "go" if _FORWARD.index(new) >= _FORWARD.index(old) else "stay"
