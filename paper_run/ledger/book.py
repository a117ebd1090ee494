"""The books in the ledger and their entries, and the book that these make."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple, money
from paper_run.book import folding, splits
from paper_run.book.bridge import NO_MONEY, Opening, moved_money
from paper_run.book.holdings import Book, Entry
from paper_run.ledger import valuations
from paper_run.ledger.rows import Part, reader_of
from paper_run.ledger.sqlite import dialect
from paper_run.ledger.valuations import PastValuation, Valuations

if TYPE_CHECKING:
    from paper_run.ledger.found_before import Adopted
    from paper_run.ledger.store import Store
    from paper_run.model.attempt import AttemptRow


class BookPeriod(NamedTuple):
    """One book: from its first attempt until the account is wiped, if it ever is.

    :ivar base: dollars: what `base_account` was worth before the first attempt, else that attempt's capital.
    :ivar realized: what the gateway had realized before it, dollars by symbol, a loss negative.
    :ivar base_account: the broker's account that the base is of; None: it is the capital.
    :ivar provisional: whether an account was read that is not proven yet, so that the base may be set right.
    :ivar joined: the session, an ISO date, in which what the proven account had besides the book was booked;
        None: it was not.
    """

    id: int
    attempt: int
    session: date
    base: Decimal
    realized: Mapping[str, Decimal]
    base_account: str | None = None
    provisional: bool = False
    joined: str | None = None

    @property
    def has_account(self) -> bool:
        """Whether all that the account at the broker has is in the book."""
        return self.base_account is not None or self.joined is not None


_BEFORE = "held before the first attempt"


def _none(symbol: str) -> bool:  # noqa: ARG001
    return False


class CurrentBook(NamedTuple):
    """The book as it is now, and its last entry."""

    book: Book
    last: int


class Books(Part):
    """The part of the ledger that holds the book; it is reached through the ledger, in its transactions."""

    def __init__(self, store: "Store") -> None:
        super().__init__(store)
        self.valuations = Valuations(store)

    def periods(self) -> list[BookPeriod]:
        """Return all books, ended ones too, oldest first."""
        return [_period(row) for row in self._rows("SELECT * FROM epochs ORDER BY id")]

    def period(self) -> BookPeriod | None:
        """Return the present book, None when no attempt is known to have been placed."""
        found = self._rows("SELECT * FROM epochs WHERE last_trade IS NULL ORDER BY id DESC LIMIT 1")
        return _period(found[0]) if found else None

    def opens_with(self) -> int | None:
        """Return the row of the attempt that a new book begins with: the first that was placed, for real."""
        found = self._rows(
            f"SELECT id FROM {dialect.TRADES} WHERE state IN ('answered', 'closed') AND rehearsal = 0 "
            "AND id > (SELECT COALESCE(MAX(last_trade), 0) FROM epochs) ORDER BY id LIMIT 1"
        )
        return int(found[0]["id"]) if found else None

    def ended_with(self) -> int:
        """Return the row of the last attempt that a book which was ended holds, 0 for none."""
        (found,) = self._rows("SELECT COALESCE(MAX(last_trade), 0) AS last FROM epochs")
        return int(found["last"])

    def open_period(
        self,
        row: "AttemptRow",
        now: datetime,
        priced: bool,
        is_beside: Callable[[str], bool] = _none,
        *,
        adopted: "Adopted | None" = None,
        provisional: bool = False,
    ) -> BookPeriod:
        """Begin a book with an attempt: a base, and the holdings that were there before it.

        Their cost is what they are worth at their first price, so that P&L starts at zero.

        :param now: UTC. :param priced: whether the gateway's prices are what the book is valued at; else a
            holding of its waits for its first price. :param is_beside: whether a symbol stands beside the
            book; what the attempt was about does not.
        :param adopted: the account at the broker by then; None: the base is the attempt's capital, and the
            holdings are the gateway's. :param provisional: see `BookPeriod`.
        :raises LookupError: the row that was just written is not there.
        """
        snapshot = row.snapshot
        realized = {
            each.symbol: money.digits(each.realized_pl) for each in snapshot.positions if each.realized_pl
        }
        base = snapshot.parameters.capital if adopted is None else adopted.base
        self._run(
            "INSERT INTO epochs (trade, session, base, realized, base_account, provisional) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            row.id,
            row.session.isoformat(),
            money.digits(base),
            json.dumps(realized),
            None if adopted is None else adopted.account,
            int(provisional),
        )
        if (period := self.period()) is None:
            raise LookupError("the book that was just begun is not there")
        from paper_run.ledger import found_before

        entries = found_before.at_gateway(row, priced, is_beside) if adopted is None else adopted.entries
        self.append(period, row.session, entries, now, note=_BEFORE)
        return period

    def reopen(self, period: BookPeriod, adopted: "Adopted", now: datetime) -> BookPeriod:
        """Give a provisional book the base and the holdings of the account that was proven by then.

        Its sessions so far were valued from another base: none of them counts.

        :param now: UTC.
        """
        own = {each.symbol for each in adopted.entries}
        before = (each.symbol for each in self.entries_after(period)[0] if each.kind == "found")
        none = [Entry("found", each, money.ZERO, money.ZERO) for each in before if each not in own]
        self.append(period, period.session, (*none, *adopted.entries), now, note=_BEFORE)
        self._run(
            "UPDATE epochs SET base = ?, base_account = ?, provisional = 0 WHERE id = ?",
            money.digits(adopted.base),
            adopted.account,
            period.id,
        )
        return period._replace(base=adopted.base, base_account=adopted.account, provisional=False)

    def settle(self, period: BookPeriod) -> BookPeriod:
        """Let a provisional book go on from the first attempt's capital; its sessions count from then on."""
        self._run("UPDATE epochs SET provisional = 0 WHERE id = ?", period.id)
        self.valuations.count(period.id)
        return period._replace(provisional=False)

    def join(self, period: BookPeriod, session: date) -> BookPeriod:
        """Write that what the proven account has besides the book was booked, and in which session."""
        self._run("UPDATE epochs SET joined = ? WHERE id = ?", session.isoformat(), period.id)
        return period._replace(joined=session.isoformat())

    def close_period(self, note: str) -> None:
        """End the present book: what was traded until now is in no book that comes after it."""
        if self.period() is None and (opener := self.opens_with()) is not None:
            # None was begun, for nobody knew that attempt's orders; the next one must not begin with it.
            self._run(
                "INSERT INTO epochs (trade, session, base, realized) SELECT id, session, "
                f"{dialect.field('parameters', 'capital')}, '{{}}' FROM trades WHERE id = ?",
                opener,
            )
        self._run(
            "UPDATE epochs SET last_trade = (SELECT COALESCE(MAX(id), 0) FROM trades), closed = ? "
            "WHERE last_trade IS NULL",
            note,
        )
        self._run("UPDATE orders SET followed = 0 WHERE followed <> 0")

    def append(
        self,
        period: BookPeriod,
        session: date,
        entries: Iterable[Entry],
        now: datetime,
        *,
        note: str | None = None,
        client_order_id: str | None = None,
        restates: bool = False,
        activity: str | None = None,
    ) -> None:
        """Write entries; they are never changed.

        :param session: the one in which they are seen; an entry that does not say when it took effect did so
            in it. :param now: UTC.
        :param restates: whether they take the place of all that was booked of their order before.
        :param activity: the broker's id of the money that they are.
        """
        for entry in entries:
            self._run(
                "INSERT INTO entries (epoch, session, kind, symbol, qty, dollars, client_order_id, "
                "booked_at, note, effective, ratio, restates, activity, new_symbol) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(period.id, session.isoformat(), entry.kind, entry.symbol),
                *(money.digits(entry.qty), money.digits(entry.dollars)),
                *(client_order_id or entry.order, now.isoformat(), note, entry.effective or None),
                *(entry.ratio and str(entry.ratio), int(restates or entry.restates)),
                *(activity, entry.new_symbol),
            )

    def last_valuation(self, period: BookPeriod) -> PastValuation | None:
        """Return the book as it was valued last."""
        return self.valuations.last(period.id)

    def entries_after(self, period: BookPeriod, entry: int = 0) -> tuple[list[Entry], int]:
        """Return the entries after one, in their sequence, and the id of the last one."""
        found = self._rows("SELECT * FROM entries WHERE epoch = ? AND id > ? ORDER BY id", period.id, entry)
        return [_entry(row) for row in found], int(found[-1]["id"]) if found else entry

    def entries_since(self, period: BookPeriod, session: str) -> list[Entry]:
        """Return the entries that took effect after a session, an ISO date, in their sequence."""
        found = self._rows(
            "SELECT * FROM entries WHERE epoch = ? AND session > ? AND COALESCE(effective, session) > ? "
            "ORDER BY id",
            *(period.id, session, session),
        )
        return [_entry(row) for row in found]

    def renames(self, period: BookPeriod, *, since: date = date.min) -> list[Entry]:
        """Return the entries since a session by which a symbol became another one, in their sequence."""
        found = self._rows(
            "SELECT * FROM entries WHERE epoch = ? AND session >= ? AND new_symbol IS NOT NULL ORDER BY id",
            *(period.id, since.isoformat()),
        )
        return [_entry(row) for row in found]

    def found_unpriced(self, period: BookPeriod) -> list[Entry]:
        """Return the holdings from before the first attempt that have no gain: no price was known of them."""
        found = self._rows(
            "SELECT * FROM entries AS held WHERE epoch = ? AND kind = 'found' AND qty <> '0' AND NOT EXISTS "
            "(SELECT 1 FROM entries WHERE epoch = held.epoch AND kind IN ('found', 'gain') "
            "AND symbol = held.symbol AND id > held.id)",
            period.id,
        )
        return [*map(_entry, found)]

    def current(self, period: BookPeriod, kept: PastValuation | None = None) -> CurrentBook:
        """Return the book with all entries: gone on from where it was valued last, if nothing came late.

        :param kept: the book as it was valued last, if that is at hand.
        """
        kept = kept or self.last_valuation(period)
        if kept is not None and kept.book is not None:
            entries, last = self.entries_after(period, kept.entry)
            if self.goes_on(period, kept, entries):
                return CurrentBook(kept.book.after(sorted(entries, key=folding.place)), last)
        entries, last = self.entries_after(period)
        return CurrentBook(folding.fold(entries), last)

    def goes_on(self, period: BookPeriod, kept: PastValuation, entries: Collection[Entry]) -> bool:
        """Whether the book of a valuation goes on with entries: see `folding.goes_on`.

        They must go behind the fills of the morning after as well that it had already.
        """
        session = kept.session.isoformat()
        if entries:
            query = "SELECT MAX(effective) AS last FROM entries WHERE epoch = ? AND session = ? AND id <= ?"
            (row,) = self._rows(query, period.id, session, kept.entry)
            session = max(session, row["last"] or session)
        return kept.book is not None and folding.goes_on(entries, session, kept.book)

    def is_set(self, symbol: str, since: datetime) -> bool:
        """Whether a person has brought a symbol to a party's quantity since a moment, of any zone."""
        query = "SELECT 1 FROM entries WHERE symbol = ? AND kind = 'adjustment' AND booked_at > ? LIMIT 1"
        return bool(self._rows(query, symbol, since.astimezone(UTC).isoformat()))

    def opening(self, period: BookPeriod, session: date, *, through: bool = False) -> Opening | None:
        """Return the last complete closing of an earlier session.

        :param through: or of this one.
        """
        row = self.valuations.last_complete(period.id, session, through=through)
        if row is None:
            return None
        state, since = valuations.state(row), date.fromisoformat(row["session"])
        realized, total = Decimal(row["realized"]), Decimal(row["total_pnl"])
        totals = state and state.totals
        if state is not None and any(each.id > state.entry for each in self.renames(period, since=since)):
            totals = state.totals_after(self.entries_after(period, state.entry)[0])
        if state is None or state.book is None:
            # An older program's realized P&L counts from other costs of what was held before its start.
            entries = [each for each in self.entries_after(period)[0] if each.id <= row["entry"]]
            realized = money.total(
                money.cents(each.realized) for each in folding.fold(entries).holdings.values()
            )
        return Opening(
            Decimal(row["closing"]),
            realized,
            money.CONTEXT.subtract(total, realized),
            totals,
            Decimal(row["gains"]),
            row["session"],
            NO_MONEY if state is None or state.book is None else moved_money(state.book),
        )

    def is_complete(self, session: date) -> bool:
        """Whether the present book's last session, if it is this one or a later one, was valued whole."""
        found = self._rows(
            "SELECT complete FROM sessions JOIN epochs ON epochs.id = epoch "
            "WHERE last_trade IS NULL AND sessions.session >= ? ORDER BY sessions.session DESC LIMIT 1",
            session.isoformat(),
        )
        return bool(found and found[0]["complete"])


@reader_of("epochs")
def _period(row: Any) -> BookPeriod:
    realized = {symbol: Decimal(value) for symbol, value in json.loads(row["realized"]).items()}
    return BookPeriod(
        row["id"],
        row["trade"],
        date.fromisoformat(row["session"]),
        Decimal(row["base"]),
        realized,
        base_account=row["base_account"],
        provisional=bool(row["provisional"]),
        joined=row["joined"],
    )


@reader_of("entries")
def _entry(row: Any) -> Entry:
    return Entry(
        row["kind"],
        row["symbol"],
        Decimal(row["qty"]),
        Decimal(row["dollars"]),
        effective=row["effective"] or row["session"],
        order=row["client_order_id"],
        ratio=row["ratio"] and splits.ratio(row["ratio"]),
        restates=bool(row["restates"]),
        id=row["id"],
        new_symbol=row["new_symbol"],
    )
