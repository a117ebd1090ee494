"""The book in the ledger: its entries, and each session's figures as they were valued last."""

from __future__ import annotations

import json
from datetime import UTC, date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from paper_run import money
from paper_run.book import statistics
from paper_run.book.holdings import Book, Entry, Holding
from paper_run.book.restating import Booked, in_force
from paper_run.book.statistics import Day
from paper_run.book.valuation import Opening
from paper_run.ledger.rows import amount, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from paper_run.book.valuation import Valuation
    from paper_run.models import TradeRow


class Epoch(NamedTuple):
    """One book: from its first trade until the account is wiped, if it ever is.

    :ivar base: the first trade's capital, dollars. :ivar realized: what the gateway had realized before it.
    """

    id: int
    trade: int
    session: date
    base: Decimal
    realized: Mapping[str, Decimal]


class Kept(NamedTuple):
    """The book as it was valued last, and the price that each position was valued at.

    :ivar suspects: the symbols whose price looked like a split, which nobody has settled.
    """

    session: date
    entry: int
    book: Book
    prices: Mapping[str, Decimal]
    totals: Mapping[str, Decimal]
    suspects: frozenset[str]


class Standing(NamedTuple):
    """The book as it is now, and its last entry.

    :ivar moved: the symbols booked since it was valued last. :ivar split: those of which it was said since
        whether they split.
    """

    book: Book
    moved: frozenset[str]
    split: frozenset[str]
    last: int


class Books:
    """The part of the ledger that holds the book; it is reached through the ledger, in its transactions.

    :param rows: runs a query and returns its rows. :param run: runs a statement.
    """

    def __init__(self, rows: Callable[..., list[Any]], run: Callable[..., None]) -> None:
        self._rows = rows
        self._run = run

    def epochs(self) -> list[Epoch]:
        """Return all books, ended ones too, oldest first."""
        return [_epoch(row) for row in self._rows("SELECT * FROM epochs ORDER BY id")]

    def epoch(self) -> Epoch | None:
        """Return the present book, None when no trade is known to have been placed."""
        found = self._rows("SELECT * FROM epochs WHERE last_trade IS NULL ORDER BY id DESC LIMIT 1")
        return _epoch(found[0]) if found else None

    def opens_with(self) -> int | None:
        """Return the row of the trade that a new book begins with: the first that was placed, for real."""
        found = self._rows(
            "SELECT id FROM trades NOT INDEXED WHERE state IN ('answered', 'closed') AND rehearsal = 0 "
            "AND id > (SELECT COALESCE(MAX(last_trade), 0) FROM epochs) ORDER BY id LIMIT 1"
        )
        return int(found[0]["id"]) if found else None

    def open_epoch(self, row: TradeRow, now: datetime, priced: bool) -> Epoch:
        """Begin a book with a trade: its capital, and the holdings that were there before it.

        :param priced: whether the gateway's prices are what the book is valued at; else a holding's gain
            waits for its first price.
        """
        prepared = row.prepared
        held = [each for each in prepared.positions if each.qty]
        realized = {
            each.symbol: money.digits(each.realized_pl) for each in prepared.positions if each.realized_pl
        }
        self._run(
            "INSERT INTO epochs (trade, session, base, realized) VALUES (?, ?, ?, ?)",
            row.id,
            row.session.isoformat(),
            money.digits(prepared.parameters.capital),
            json.dumps(realized),
        )
        epoch = self.epoch()
        if epoch is None:
            raise LookupError("the book that was just begun is not there")
        entries = []
        for each in held:
            average = each.avg_entry_price or each.current_price or money.ZERO
            cost = money.product(each.qty, average)
            entries.append(Entry("found", each.symbol, each.qty, cost))
            if priced and each.current_price is not None and each.current_price > 0:
                gain = Holding(each.qty, cost).unrealized(each.current_price)
                entries.append(Entry("gain", each.symbol, money.ZERO, gain))
        self.append(epoch, row.session, entries, now, note="held before the first trade")
        return epoch

    def close_epoch(self, note: str) -> None:
        """End the present book: what was traded until now is in no book that comes after it."""
        if self.epoch() is None and (opener := self.opens_with()) is not None:
            # None was begun, for nobody knew that trade's orders; the next one must not begin with it.
            self._run(
                "INSERT INTO epochs (trade, session, base, realized) "
                "SELECT id, session, json_extract(parameters, '$.capital'), '{}' FROM trades WHERE id = ?",
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
        epoch: Epoch,
        session: date,
        entries: Iterable[Entry],
        now: datetime,
        *,
        client_order_id: str | None = None,
        note: str | None = None,
        restates: bool = False,
    ) -> None:
        """Write entries; they are never changed.

        :param restates: whether they take the place of all that was booked of their order before.
        """
        for entry in entries:
            self._run(
                "INSERT INTO entries "
                "(epoch, session, kind, symbol, qty, dollars, client_order_id, booked_at, note, restates) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                epoch.id,
                session.isoformat(),
                entry.kind,
                entry.symbol,
                money.digits(entry.qty),
                money.digits(entry.dollars),
                client_order_id,
                now.isoformat(),
                note,
                int(restates),
            )

    def kept(self, epoch: Epoch) -> Kept | None:
        """Return the book as it was valued last."""
        found = self._rows(
            "SELECT session, entry, traded, state FROM sessions WHERE epoch = ? "
            "ORDER BY session DESC LIMIT 1",
            epoch.id,
        )
        return _kept(found[0]) if found else None

    def entries_after(self, epoch: Epoch, entry: int) -> tuple[list[Entry], int]:
        """Return the entries after one, in their order, and the id of the last one."""
        found = self._rows("SELECT * FROM entries WHERE epoch = ? AND id > ? ORDER BY id", epoch.id, entry)
        entries = [
            Entry(row["kind"], row["symbol"], Decimal(row["qty"]), Decimal(row["dollars"])) for row in found
        ]
        return entries, int(found[-1]["id"]) if found else entry

    def standing(self, epoch: Epoch, kept: Kept | None = None) -> Standing:
        """Return the book with all entries; what a found holding was up does not count as booked.

        :param kept: the book as it was valued last, if that is at hand.
        """
        kept = kept or self.kept(epoch)
        entries, last = self.entries_after(epoch, kept.entry if kept else 0)
        moved = frozenset(entry.symbol for entry in entries if entry.kind != "gain")
        split = frozenset(entry.symbol for entry in entries if entry.kind == "split")
        if self._restated_after(epoch, kept.entry if kept else 0):
            return Standing(Book().after(self._in_force(epoch)), moved, split, last)
        return Standing((kept.book if kept else Book()).after(entries), moved, split, last)

    def is_set(self, symbol: str, since: datetime) -> bool:
        """Whether a person has brought a symbol to the gateway's quantity since a moment."""
        query = "SELECT 1 FROM entries WHERE symbol = ? AND kind = 'adjustment' AND booked_at > ? LIMIT 1"
        return bool(self._rows(query, symbol, since.astimezone(UTC).isoformat()))

    def _restated_after(self, epoch: Epoch, entry: int) -> bool:
        query = "SELECT 1 FROM entries WHERE epoch = ? AND id > ? AND restates = 1 LIMIT 1"
        return bool(self._rows(query, epoch.id, entry))

    def _in_force(self, epoch: Epoch) -> list[Entry]:
        found = self._rows(
            "SELECT entries.*, trades.session AS ordered_in FROM entries "
            "LEFT JOIN orders USING (client_order_id) LEFT JOIN trades ON trades.id = orders.trade "
            "WHERE epoch = ? ORDER BY entries.id",
            epoch.id,
        )
        return in_force(
            [
                Booked(
                    Entry(row["kind"], row["symbol"], Decimal(row["qty"]), Decimal(row["dollars"])),
                    row["session"],
                    row["client_order_id"],
                    row["ordered_in"],
                    bool(row["restates"]),
                )
                for row in found
            ]
        )

    def opening(self, epoch: Epoch, session: date) -> Opening | None:
        """Return the last complete closing of an earlier session."""
        found = self._rows(
            "SELECT * FROM sessions WHERE epoch = ? AND session < ? AND complete = 1 "
            "ORDER BY session DESC LIMIT 1",
            epoch.id,
            session.isoformat(),
        )
        if not found:
            return None
        row = found[0]
        return Opening(
            Decimal(row["closing"]),
            Decimal(row["realized"]),
            Decimal(row["unrealized"]),
            Decimal(row["gains"]),
            _kept(row).totals,
        )

    def is_complete(self, session: date) -> bool:
        """Whether the present book's last session, if it is this one or a later one, was valued whole."""
        found = self._rows(
            "SELECT complete FROM sessions JOIN epochs ON epochs.id = epoch "
            "WHERE last_trade IS NULL AND sessions.session >= ? ORDER BY sessions.session DESC LIMIT 1",
            session.isoformat(),
        )
        return bool(found and found[0]["complete"])

    def days(self, epoch: Epoch, before: date) -> list[tuple[str, Day]]:
        """Return the complete sessions before a date, oldest first, for the statistics."""
        found = self._rows(
            "SELECT session, traded, opening, day_pnl, closing, exposure FROM sessions "
            "WHERE epoch = ? AND session < ? AND complete = 1 ORDER BY session",
            epoch.id,
            before.isoformat(),
        )
        days, traded, subtract = [], money.ZERO, money.CONTEXT.subtract
        for session, so_far, *figures in found:  # a thousand of them must not cost a day anything
            total = Decimal(so_far)
            opening, day_pnl, closing, exposure = map(Decimal, figures)
            days.append((session, Day(opening, day_pnl, closing, exposure, subtract(total, traded))))
            traded = total
        return days

    def _returns(
        self, epoch: Epoch, session: date, valuation: Valuation
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Return a session's return, drawdown and height, see `statistics`; None where it is not whole."""
        bridge, earned = valuation.session, valuation.day_pnl
        if bridge.closing is None or earned is None:
            return None, None, None
        found = self._rows(
            "SELECT height FROM sessions WHERE epoch = ? AND session < ? AND complete = 1 "
            "ORDER BY session DESC LIMIT 1",
            epoch.id,
            session.isoformat(),
        )
        day = Day(bridge.opening, earned, bridge.closing, money.ZERO, money.ZERO)
        height = statistics.height(amount(found[0]["height"]) if found else Decimal(1), day)
        return statistics.daily_return(day), statistics.fall(height), height

    def traded_before(self, epoch: Epoch, session: date) -> Decimal:
        """Return the value of all fills up to the last complete closing of an earlier session, dollars."""
        found = self._rows(
            "SELECT traded FROM sessions WHERE epoch = ? AND session < ? AND complete = 1 "
            "ORDER BY session DESC LIMIT 1",
            epoch.id,
            session.isoformat(),
        )
        return Decimal(found[0]["traded"]) if found else money.ZERO

    def keep(
        self,
        epoch: Epoch,
        session: date,
        entry: int,
        book: Book,
        valuation: Valuation,
        prices: Mapping[str, Decimal],
        suspects: Collection[str] = (),
    ) -> None:
        """Write a session's row as it is valued now, in place of an earlier one.

        :param prices: what the next valuation's prices are compared with. :param suspects: the symbols whose
            price looks like a split.
        """
        bridge = valuation.session
        self._run(
            f"INSERT OR REPLACE INTO sessions VALUES ({', '.join('?' * 17)})",  # noqa: S608  only marks
            epoch.id,
            session.isoformat(),
            entry,
            int(valuation.complete),
            money.digits(bridge.opening),
            money.digits(valuation.realized_so_far),
            text(valuation.unrealized_pnl),
            money.digits(valuation.gains),
            text(valuation.day_pnl),
            text(bridge.closing),
            text(valuation.exposure),
            money.digits(book.traded),
            text(valuation.total_pnl),
            *map(text, self._returns(epoch, session, valuation)),
            _state(book, valuation, prices, suspects),
        )
        # A book is needed only to go on from: the last one, and the last complete one before it.
        self._run(
            "UPDATE sessions SET state = NULL WHERE state IS NOT NULL AND epoch = ? AND session < "
            "(SELECT MAX(session) FROM sessions WHERE epoch = ? AND complete = 1 AND session < ?)",
            epoch.id,
            epoch.id,
            session.isoformat(),
        )


def _epoch(row: Any) -> Epoch:
    realized = {symbol: Decimal(value) for symbol, value in json.loads(row["realized"]).items()}
    return Epoch(row["id"], row["trade"], date.fromisoformat(row["session"]), Decimal(row["base"]), realized)


def _state(book: Book, valuation: Valuation, prices: Mapping[str, Decimal], suspects: Collection[str]) -> str:
    holdings = {}
    for row in valuation.positions:
        held = row.holding
        amounts = (held.qty, held.cost, held.realized, held.gain, prices.get(row.symbol), row.total_pnl)
        holdings[row.symbol] = [text(each) for each in amounts]
    return json.dumps({"cash": money.digits(book.cash), "holdings": holdings, "suspects": sorted(suspects)})


def _kept(row: Any) -> Kept:
    state = json.loads(row["state"])
    holdings, prices, totals = {}, {}, {}
    for symbol, (qty, cost, realized, gain, price, total) in state["holdings"].items():
        holdings[symbol] = Holding(Decimal(qty), Decimal(cost), Decimal(realized), amount(gain))
        if price is not None:
            prices[symbol] = Decimal(price)
        if total is not None:
            totals[symbol] = Decimal(total)
    book = Book(holdings, Decimal(state["cash"]), Decimal(row["traded"]))
    return Kept(
        date.fromisoformat(row["session"]),
        row["entry"],
        book,
        prices,
        totals,
        frozenset(state.get("suspects", ())),
    )
