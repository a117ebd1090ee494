"""The ledger: each trade from the moment before it is sent, and all that becomes known of it."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from paper_run.errors import DataError, OrchestrationError, PaperRunError, Remedy
from paper_run.ledger import rows
from paper_run.ledger.book import Books
from paper_run.ledger.doubts import Doubts
from paper_run.ledger.open_orders import Following
from paper_run.ledger.outbox import Mails
from paper_run.ledger.sessions import History
from paper_run.ledger.sqlite import database
from paper_run.model import findings
from paper_run.model.commands import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from decimal import Decimal
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from paper_run.model.attempt import Prepared, TradeRow
    from paper_run.model.exchange import ExchangeName
    from paper_run.model.findings import Finding
    from paper_run.model.order import OrderState, SignalOrder


def refuse_foreign(folder: Path) -> None:
    """Prove that what lies in the ledger's place is one, or nothing; before anything is written beside it.

    :raises DataError: it is another program's file.
    """
    path = folder / database.FILE_NAME
    with database.explained(path):
        database.refuse_links(path)
        if path.exists() and path.stat().st_size:
            database.refuse_foreign(path)


class Ledger:
    """The open ledger of a reports folder; a context manager.

    Every write is one transaction, committed and synced when the method returns. Trades are looked up in
    the table itself (NOT INDEXED): a damaged index must never hide one. Whoever trades or settles holds the
    lock, so what was read of the trades stays true until this ledger writes one.

    :raises DataError: from every method, when the file fails; it names the file and how to recover.
    """

    def __init__(
        self, folder: Path, *, copy: Path | None = None, first: Callable[[str], None] | None = None
    ) -> None:
        """Open it, making one where there is none.

        :param copy: what is opened in its place, where nothing is to be written.
        :param first: a new one is made in any case; it is called with its id, to move away what lies there.
        """
        self.path = folder / database.FILE_NAME
        if copy is None:
            self._connection, self.created = database.connect(self.path, first)
        else:
            self._connection, self.created = database.read_copy(copy, self.path), False
        self._known: dict[int, Any] | None = None
        self.books = Books(self._rows, self._run)
        self.following = Following(self._rows, self._run, self.books)
        self.doubts = Doubts(self)
        self.history = History(self._rows, self._run)
        self.mails = Mails(self._rows, self._run)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, PaperRunError):
            with contextlib.suppress(PaperRunError):  # the ledger itself may be what failed
                error.ledger = self.identity
        database.close(self._connection)
        if isinstance(error, json.JSONDecodeError):  # what services say is read before it gets here
            raise database.damaged(self.path, error) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is written inside it, or nothing; one inside another is a part of that."""
        if self._connection.in_transaction:
            yield
            return
        with database.explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with database.explained(self.path):
                self._connection.execute("COMMIT")
        except BaseException:
            self._known = None
            database.roll_back(self._connection)
            raise

    def explained(self) -> AbstractContextManager[None]:
        """Return a context in which a record that can't be read is a damaged ledger, in words."""
        return database.explained(self.path)

    def prove_whole(self) -> None:
        """Have SQLite check every page and index, and read each record.

        :raises DataError: something is damaged.
        """
        from paper_run.ledger.sqlite import wholeness

        with self.explained():
            wholeness.prove(self._connection)

    # whose ledger it is

    @property
    def is_sandbox(self) -> bool | None:
        """Whether it is a sandbox's, None before its first trade."""
        value = self._account().get("sandbox")
        return None if value is None else value == "1"

    @cached_property
    def identity(self) -> str:
        """The ledger's own short id, made with it: what tells it from every other one."""
        return self._account()["ledger"]

    def refuse_another(self, identity: str) -> None:
        """Prove that it is the ledger that a command names.

        :param identity: its id; "": any.
        :raises DataError: it is another one.
        """
        if identity and identity != self.identity:
            raise DataError(
                f"--ledger: {self.path} is the ledger {self.identity}, not {identity}",
                "The command was made for another account's ledger.",
                remedies=("Name the folder of that ledger: --reports-dir DIR; nothing was changed.",),
            )

    @property
    def exchange(self) -> ExchangeName:
        """Whose dates its sessions are."""
        return "24/7" if self._account().get("exchange") == "24/7" else "XNYS"

    @property
    def is_untraded(self) -> bool:
        """Whether nothing was ever traded, or tried to be."""
        return not self._all_trades()

    def refuse_other_url(self, orchestrator_url: str) -> None:
        """Prove, before anything is asked, that a real platform's ledger is not used with another platform.

        :raises DataError: its orchestrator has another URL.
        """
        ours = self._account().get("orchestrator_url", orchestrator_url)
        if ours != orchestrator_url:
            raise self._mixed("orchestrator_url", ours, orchestrator_url)

    def refuse_other_exchange(self, exchange: ExchangeName) -> None:
        """Prove that a session is valued by the clock and the calendar that it was traded by.

        :raises DataError: the ledger's sessions are another exchange's.
        """
        if self.is_sandbox is False and exchange != self.exchange:
            raise DataError(
                f"The ledger {self.path} has the sessions of {self.exchange}, and this one is {exchange}",
                "A session's date, its hours and its quotes go by one exchange.",
                remedies=(Remedy(f"Nothing was written. Name it: --exchange {self.exchange}"),),
            )

    def belongs_to(
        self,
        *,
        sandbox: bool,
        orchestrator_url: str,
        strategy: str | None,
        exchange: str | None = None,
        claim: bool = True,
    ) -> None:
        """Prove that the ledger is this account's, or (`claim`) make it so at its first trade.

        :param exchange: whose dates the sessions are; None: it does not matter now.
        :raises DataError: it is another's: a sandbox's, or of another orchestrator, strategy or exchange.
        """
        facts = {"sandbox": str(int(sandbox))}
        if not sandbox:
            facts["orchestrator_url"] = orchestrator_url
            facts |= {"strategy": strategy} if strategy else {}
            facts |= {"exchange": exchange} if exchange else {}
        account = self._account()
        if not sandbox and not self.is_untraded:
            account.setdefault("exchange", "XNYS")  # ledgers that do not say had no other
        for name, value in facts.items():
            if account.get(name, value) != value:
                raise self._mixed(name, account[name], value)
        missing = [(name, value) for name, value in facts.items() if name not in account]
        if missing and claim:
            with database.explained(self.path):
                self._connection.executemany("INSERT INTO account (name, value) VALUES (?, ?)", missing)

    def _account(self) -> dict[str, str]:
        return {row["name"]: row["value"] for row in self._rows("SELECT name, value FROM account")}

    def _mixed(self, name: str, ours: str, theirs: str) -> DataError:
        if name == "sandbox":
            folder = self.path.parent
            what = ("a sandbox", "a real platform") if ours == "1" else ("a real platform", "a sandbox")
            return DataError(
                f"The ledger {self.path} belongs to {what[0]}, and this is {what[1]}",
                "Simulated and real trades are never mixed in one ledger.",
                remedies=(
                    Remedy(
                        "If the sandbox got there by mistake, move it away",
                        typed("mv", str(folder), f"{folder}-sandbox"),
                    )
                    if ours == "1"
                    else "If this was to be the real platform: a sandbox answers at its URLs; stop it",
                    "Or name a folder of its own with --reports-dir, such as reports/sandbox for the "
                    "sandbox; nothing was sent.",
                ),
            )
        return DataError(
            f"The ledger {self.path} belongs to another account",
            f"Its {name.replace('_', ' ')} is {ours}, and this one is {theirs}.",
            remedies=("Give each account and strategy its own folder: --reports-dir DIR; nothing was sent.",),
        )

    # what was traded

    def trades(self, session: date) -> list[TradeRow]:
        """Return the trades of a session, rehearsals and attempts that placed nothing included, in order."""
        return self._chosen(lambda row: row["session"] == session.isoformat())

    def trade(self, session: date, number: int) -> TradeRow | None:
        """Return a trade by its name; of several attempts the latest."""
        named = (session.isoformat(), number)
        found = [row["id"] for row in self._all_trades() if (row["session"], row["number"]) == named]
        return self.by_id(max(found)) if found else None

    def names(self) -> set[tuple[str, int]]:
        """Return the session and the number of each trade."""
        return {(row["session"], row["number"]) for row in self._all_trades()}

    def traded_after(self, session: date) -> list[date]:
        """Return the later sessions that were traded, oldest first; none whose date was said to be wrong."""
        later = {
            row["session"]
            for row in self._all_trades()
            if row["session"] > session.isoformat()
            and row["state"] != "nothing"
            and not row["rehearsal"]
            and row["wrong_date"] is None
        }
        return [date.fromisoformat(each) for each in sorted(later)]

    def set_aside(self, session: date, note: str) -> None:
        """Write that a session's date is wrong: it is open for the day that it names, and so is its value.

        :param note: who says so, and when.
        """
        day = session.isoformat()
        with self.transaction():
            self._run(
                "UPDATE trades SET wrong_date = ?, fence = NULL, version = version + 1 WHERE session = ?",
                note,
                day,
            )
            self._run("DELETE FROM sessions WHERE session = ?", day)
        self._known = None

    def latest(self) -> TradeRow | None:
        """Return the trade sent last."""
        found = max(self._all_trades(), key=_in_order, default=None)
        return None if found is None else self.by_id(found["id"])

    def by_id(self, identity: int) -> TradeRow:
        """Return a trade by its row."""
        return self._trades("SELECT * FROM trades WHERE id = ?", identity)[0]

    def unfinished(self) -> list[TradeRow]:
        """Return the trades of which not all is known: unsettled, or their orders not read."""
        return self._chosen(lambda row: row["state"] in _UNFINISHED)

    def doubtful(self) -> list[TradeRow]:
        """Return the closed trades with orders in doubt, however old: a doubt never ends by itself."""
        return self._chosen(lambda row: row["in_doubt"] > 0 and row["state"] == "closed")

    def is_in_doubt(self, row: TradeRow) -> bool:
        """Whether a trade has orders in doubt."""
        return any(each["id"] == row.id and each["in_doubt"] > 0 for each in self._all_trades())

    def unsure(self) -> list[TradeRow]:
        """Return the trades of which it is not known what they placed, though perhaps that they did.

        What a trade of a book that was ended has placed is no doubt of the present one.
        """
        ended = self.books.ended_with()
        return self._chosen(
            lambda row: (
                row["state"] in ("sent", "unsettled")
                or (row["state"] == "closed" and row["status"] == "unknown" and row["id"] > ended)
            )
        )

    def knows_run(self, run_id: str) -> bool:
        """Whether some trade owns a run."""
        return any(row["run_id"] == run_id for row in self._all_trades())

    def _all_trades(self) -> Collection[Any]:
        """Return what tells the trades apart: read once, and from the table itself."""
        if self._known is None:
            self._known = {row["id"]: row for row in self._rows(_TOLD_APART)}
        return self._known.values()

    def _changed(self, identity: int) -> None:
        """Read again what tells a trade apart: it was written."""
        if self._known is not None:
            (self._known[identity],) = self._rows(f"{_TOLD_APART} WHERE id = ?", identity)

    def _chosen(self, wanted: Callable[[Any], bool]) -> list[TradeRow]:
        found = sorted((row for row in self._all_trades() if wanted(row)), key=_in_order)
        return [self.by_id(row["id"]) for row in found]

    def kept_calendar(self, year: int) -> str | None:
        """Return what is kept of a year's holidays."""
        found = self._rows("SELECT days FROM calendar WHERE year = ?", year)
        return str(found[0]["days"]) if found else None

    def keep_calendar(self, year: int, days: str) -> None:
        """Keep a year's holidays."""
        self._run("INSERT OR REPLACE INTO calendar VALUES (?, ?)", year, days)

    def newest(self, session: date) -> int:
        """Return the id of the session's newest row, 0 when it has none."""
        day = session.isoformat()
        return max((row["id"] for row in self._all_trades() if row["session"] == day), default=0)

    def next_number(self, session: date) -> int:
        """Return the session's next number; an attempt that placed nothing gives its own back."""
        day = session.isoformat()
        taken = [
            row["number"] for row in self._all_trades() if row["session"] == day and row["state"] != "nothing"
        ]
        return max(taken, default=0) + 1

    def begin(
        self,
        prepared: Prepared,
        *,
        number: int,
        key: str,
        started_at: datetime,
        document: str,
        timeout: Decimal | None = None,
        leaves_until: datetime | None = None,
        after: int | None = None,
        mailed: bool = False,
    ) -> TradeRow:
        """Write the row that must be there before the POST is sent.

        :param timeout: how long its answer is waited for, seconds. :param leaves_until: when the POST leaves
            at the latest. :param after: the session's newest row when a person asked to trade once more, on
            purpose (0: none); None: it is the session's one trade.
        :param mailed: queue the mail about it too, so that whatever happens there is one.
        :raises OrchestrationError: the session has another such trade; nothing was written.
        """
        session = prepared.session.isoformat()
        fence = session if after is None else f"{session} after {after}"
        columns = {
            **rows.prepared_columns(prepared),
            "number": number,
            "key": key,
            "state": "sent",
            "started_at": started_at.astimezone(UTC).isoformat(),
            "in_doubt": 0,
            "status": "unknown",
            "document": document,
            "fence": None if prepared.rehearsal else fence,
            "timeout": rows.text(timeout),
            "leaves_until": None if leaves_until is None else leaves_until.astimezone(UTC).isoformat(),
        }
        with self.transaction():
            with database.explained(self.path):
                if self._is_taken(columns["fence"]) or self._has_number(session, number):
                    raise OrchestrationError(
                        f"The session of {session} was traded by another command meanwhile",
                        "Nothing was sent.",
                        remedies=("See what it did, once it has ended: run again.",),
                        code="traded_meanwhile",
                        subject=session,
                    )
                cursor = self._connection.execute(_insert("trades", columns), columns)
                identity = int(cursor.lastrowid or 0)
            if mailed:
                self.mails.queue("run", columns["session"], started_at, trade=identity, trade_number=number)
        self._changed(identity)
        return self.by_id(identity)

    def _is_taken(self, fence: str | None) -> bool:
        return fence is not None and bool(self._rows("SELECT 1 FROM trades WHERE fence = ?", fence))

    def _has_number(self, session: str, number: int) -> bool:
        query = "SELECT 1 FROM trades NOT INDEXED WHERE session = ? AND number = ? AND state <> 'nothing'"
        return bool(self._rows(query, session, number))

    def close_session(self, row: TradeRow, *, executed: bool) -> bool:
        """Let a trade close its session, as far as no other one does; whether it is the only one that does.

        :param executed: whether orders of a rehearsal were executed, so that it was none.
        """
        session = row.session.isoformat()
        others = self._rows(
            "SELECT 1 FROM trades NOT INDEXED WHERE session = ? AND id <> ? AND state <> 'nothing' "
            "AND (rehearsal = 0 OR fence IS NOT NULL) AND wrong_date IS NULL",
            session,
            row.id,
        )
        fence = row.fence or (None if self._is_taken(session) else session)
        self._run(
            "UPDATE trades SET fence = ?, rehearsal = CASE WHEN ? THEN 0 ELSE rehearsal END, "
            "version = version + 1 WHERE id = ?",
            fence,
            int(executed),
            row.id,
        )
        self._changed(row.id)
        return not others

    def reopen_session(self, row: TradeRow) -> None:
        """Let a rehearsal close its session no more: all of it is known, and nothing was executed."""
        self._run("UPDATE trades SET fence = NULL, version = version + 1 WHERE id = ?", row.id)
        self._changed(row.id)

    def renumber(self, row: TradeRow) -> None:
        """Give a trade that had placed nothing the next free number of its session."""
        self._known = None
        number = self.next_number(row.session)
        self._run("UPDATE trades SET number = ?, version = version + 1 WHERE id = ?", number, row.id)
        self._changed(row.id)

    def note(self, row: TradeRow, finding: Finding) -> None:
        """Add to a trade's record what each later statement of it warns of."""
        notices = findings.to_json((*self.by_id(row.id).prepared.notices, finding))
        self._run(
            "UPDATE trades SET notices = ?, version = version + 1 WHERE id = ?", json.dumps(notices), row.id
        )

    def take_over(self, row: TradeRow, client_order_ids: Iterable[str]) -> None:
        """Give a trade those of these orders that a rehearsal owns; nothing was read of them yet."""
        for identity in client_order_ids:
            self._run(
                "UPDATE orders SET trade = ?, status = NULL, broker_order_id = NULL, filled_qty = NULL, "
                "filled_avg_price = NULL, error_message = NULL, followed = 1 WHERE client_order_id = ? "
                "AND trade <> ? AND trade IN (SELECT id FROM trades WHERE rehearsal = 1)",
                row.id,
                identity,
                row.id,
            )

    def own(self, row: TradeRow, mappings: Iterable[SignalOrder], states: Iterable[OrderState]) -> None:
        """Write a trade's orders: which are its own, and what the gateway says of them."""
        with self.transaction(), database.explained(self.path):
            for mapping in mappings:
                self._own(row, mapping)
            for state in states:
                self._keep(row.id, state)

    def record(  # noqa: PLR0913  each is one fact that may become known with the others
        self,
        row: TradeRow,
        *,
        state: str,
        document: str,
        in_doubt: int,
        run_id: str | None = None,
        answer: str | None = None,
        settled: str | None = None,
        over: bool = False,
        stayed_dry: bool = False,
        states: Iterable[OrderState] = (),
        mappings: Iterable[SignalOrder] = (),
    ) -> TradeRow:
        """Write what has become known of a trade: its state, result, answer and orders, all or nothing.

        One that placed nothing gives its fence back.

        :param row: as it was read: it is written only if nobody has written it since.
        :raises DataError: somebody has.
        """
        changes = {"state": state, "document": document, "in_doubt": in_doubt}
        changes |= {"fence": None} if state == "nothing" else {}
        changes |= {"answered_itself": 1} if over else {}
        changes |= {"stayed_dry": 1} if stayed_dry else {}
        changes |= {"run_id": run_id} if run_id is not None else {}
        changes |= {"answer": answer} if answer is not None else {}
        changes |= {"settled": settled} if settled is not None else {}
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        with self.transaction(), database.explained(self.path):
            update = f"UPDATE trades SET {assignments}, version = version + 1, {_STATUS} {_AS_READ}"  # noqa: S608  our own column names
            written = self._connection.execute(update, {**changes, "id": row.id, "version": row.version})
            if written.rowcount != 1:
                raise DataError(
                    f"The trade {row.name} was written by another command meanwhile",
                    remedies=("Run it again: it goes on from what that one has written.",),
                )
            self.own(row, mappings, states)
        self._changed(row.id)
        return self.by_id(row.id)

    def close(self, row: TradeRow, state: str) -> None:
        """Write a trade's state alone; its result follows in the same transaction."""
        self._run("UPDATE trades SET state = ? WHERE id = ?", state, row.id)
        self._changed(row.id)

    def name_run(self, row: TradeRow, run_id: str) -> TradeRow:
        """Write which run an unsettled trade's lost answer was about."""
        self._run("UPDATE trades SET run_id = ?, version = version + 1 WHERE id = ?", run_id, row.id)
        self._changed(row.id)
        return self.by_id(row.id)

    def by_key(self, key: str) -> TradeRow | None:
        """Return the trade whose POST had a key."""
        return next(iter(self._trades("SELECT * FROM trades NOT INDEXED WHERE key = ?", key)), None)

    def keep_orders(self, states: Iterable[OrderState]) -> None:
        """Write what the gateway says now of orders that a trade owns already."""
        with self.transaction(), database.explained(self.path):
            for state in states:
                for owner in self._rows(
                    "SELECT trade FROM orders WHERE client_order_id = ?", state.client_order_id
                ):
                    self._keep(owner["trade"], state)

    def _own(self, row: TradeRow, mapping: SignalOrder) -> None:
        if mapping.client_order_id is None or mapping.qty is None or mapping.side is None:
            return
        self._connection.execute(
            "INSERT INTO orders (client_order_id, trade, symbol, side, qty) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (client_order_id) DO NOTHING",
            (mapping.client_order_id, row.id, mapping.symbol, mapping.side, str(mapping.qty)),
        )

    def _keep(self, owner: int, state: OrderState) -> None:
        columns = {**rows.order_columns(state), "trade": owner}
        updated = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in _KEPT)
        self._connection.execute(
            f"{_insert('orders', columns)} ON CONFLICT (client_order_id) DO UPDATE SET {updated} "
            "WHERE said_by IS NULL",  # a person's word stands beside the one that it took the place of
            columns,
        )

    def order_states(self, row: TradeRow, also: Iterable[str] = ()) -> dict[str, OrderState]:
        """Return the orders of a trade as they were last read, and some of other trades by their ids."""
        query = "SELECT * FROM orders WHERE (status IS NOT NULL OR said_by IS NOT NULL) AND "
        found = self._rows(query + "trade = ?", row.id)
        for identity in also:
            found += self._rows(query + "client_order_id = ?", identity)
        with database.explained(self.path):
            return {each["client_order_id"]: rows.order(each) for each in found}

    def next_gateway_clock(self, row: TradeRow) -> datetime | None:
        """Return the gateway's time before the next trade: what it took from then on is not this one's."""
        query = "SELECT * FROM trades WHERE id > ? AND gateway_clock IS NOT NULL ORDER BY id LIMIT 1"
        return next((after.prepared.gateway_clock for after in self._trades(query, row.id)), None)

    def owners(self, client_order_ids: Iterable[str]) -> dict[str, int]:
        """Return which of these orders are owned, and by which trade's row."""
        owned = {}
        for identity in client_order_ids:
            for row in self._rows("SELECT trade FROM orders WHERE client_order_id = ?", identity):
                owned[identity] = int(row["trade"])
        return owned

    def _trades(self, query: str, *values: Any) -> list[TradeRow]:
        found = self._rows(query, *values)
        with database.explained(self.path):
            return [rows.trade(row) for row in found]

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with database.explained(self.path):
            return self._connection.execute(query, values).fetchall()

    def _run(self, statement: str, *values: Any) -> None:
        with database.explained(self.path):
            self._connection.execute(statement, values)


_STATUS = (
    "status = CASE WHEN NOT json_valid(:document) THEN NULL "
    "WHEN rehearsal AND json_extract(:document, '$.status') = 'success' THEN 'rehearsal' "
    "ELSE json_extract(:document, '$.status') END"
)
_TOLD_APART = (
    "SELECT id, session, number, state, in_doubt, run_id, status, rehearsal, wrong_date "
    "FROM trades NOT INDEXED"
)
_AS_READ = "WHERE id = :id AND version = :version"
_UNFINISHED = ("sent", "unsettled", "answered")
_KEPT = frozenset({"client_order_id", "trade"})


def _in_order(row: Any) -> tuple[str, int, int]:
    return row["session"], row["number"], row["id"]


def _insert(table: str, columns: Mapping[str, Any]) -> str:
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({values})"  # noqa: S608  our own table and column names
