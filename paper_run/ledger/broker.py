"""The account at the broker that is a book's own: which one is proven, and its money that is not trading."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.ledger.rows import Part, amount, put_into
from paper_run.model.book_figures import BookedMoney
from paper_run.model.broker import MAY_END_A_HOLDING, OF_NO_ORDER, ProvenAccount

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from paper_run.book.posted import Posted
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.session_states import Accrued
    from paper_run.model.broker import MoneyActivity


class Kept(NamedTuple):
    """An activity as a book has it.

    :ivar counts: as what it is booked, None: as nothing. :ivar base: what of it the book's base has in it.
    :ivar in_base: whether it was there when the base was taken. :ivar words: what the broker said of it, as
        `words_of` has it; None: it was not read since.
    """

    counts: Posted | None
    base: Posted | None
    in_base: bool
    words: tuple[str | None, ...] | None


_WORDS = ("type", "symbol", "date", "net_amount", "qty", "price", "status")


def words_of(activity: MoneyActivity) -> tuple[str | None, ...]:
    """Return what the broker says of an activity, as it is kept: what changes one of them is news."""
    amounts = (activity.net_amount, activity.qty, activity.price)
    return (
        activity.activity_type,
        activity.symbol,
        None if activity.date is None else activity.date.isoformat(),
        *(None if each is None else money.digits(each) for each in amounts),
        activity.status,
    )


class Paid(NamedTuple):
    """What a book has as other money of an activity that may end a holding.

    :ivar dollars: signed. :ivar qty: of so many signed shares alone; None: of all that there were.
    :ivar entry: the one by which it was booked first.
    """

    symbol: str
    dollars: Decimal
    qty: Decimal | None
    entry: int


class BrokerMoney(Part):
    """The part of the ledger that keeps it; used in the ledger's transactions."""

    def read_in(self, period: BookPeriod) -> date | None:
        """Return the session in which a book's money was read last, None: it never was."""
        found = self._rows("SELECT session FROM broker_money_reads WHERE epoch = ?", period.id)
        return date.fromisoformat(found[0]["session"]) if found and found[0]["session"] else None

    def keep_read(self, period: BookPeriod, session: date) -> None:
        """Write that a book's money was read in a session."""
        columns = {"epoch": period.id, "session": session.isoformat()}
        self._run(put_into("broker_money_reads", columns, key=("epoch",)), *columns.values())

    def shared_by(self, period: BookPeriod) -> str | None:
        """Return the order that shows that another ledger trades a book's account, by its id; None: none."""
        found = self._rows("SELECT shared_by FROM broker_money_reads WHERE epoch = ?", period.id)
        return found[0]["shared_by"] if found else None

    def keep_shared(self, period: BookPeriod, order: str) -> None:
        """Write that an order shows that another ledger trades a book's account."""
        columns = {"epoch": period.id, "shared_by": order}
        self._run(put_into("broker_money_reads", columns, key=("epoch",)), *columns.values())

    def in_base(self, period: BookPeriod, ids: Iterable[str]) -> None:
        """Mark activities as counted already: the base of the book has them in it as they are read next.

        Only a later correction of one is booked, as the difference. What is booked already stays so.
        """
        for activity in ids:
            self._run(
                "INSERT INTO broker_money (epoch, activity, in_base) VALUES (?, ?, 1) "
                "ON CONFLICT (epoch, activity) DO NOTHING",
                period.id,
                activity,
            )

    def known(self, period: BookPeriod, ids: Iterable[str]) -> dict[str, Kept]:
        """Return those of some activities that a book has, by their ids."""
        wanted = set(ids)
        found = self._rows(
            "SELECT * FROM broker_money WHERE epoch = ? AND activity >= ?", period.id, min(wanted, default="")
        )
        return {row["activity"]: _kept(row) for row in found if row["activity"] in wanted}

    def keep(self, period: BookPeriod, activity: MoneyActivity, kept: Kept) -> None:
        """Write an activity as it is booked."""
        columns = {
            "epoch": period.id,
            "activity": activity.identity,
            **dict(zip(_WORDS, words_of(activity), strict=True)),
            "counts": _written(kept.counts),
            "base": _written(kept.base),
            "in_base": int(kept.in_base),
        }
        self._run(put_into("broker_money", columns, key=("epoch", "activity")), *columns.values())

    def fees(self, period: BookPeriod, since: str, before: str) -> Decimal:
        """Return the fees booked of the days from an ISO date to before another, dollars, a cost positive."""
        names = ", ".join("?" * len(_FEES))
        found = self._rows(
            "SELECT dollars FROM entries JOIN broker_money ON broker_money.epoch = entries.epoch "
            "AND broker_money.activity = entries.activity WHERE entries.epoch = ? AND entries.session >= ? "
            f"AND effective >= ? AND effective < ? AND kind = 'income' AND type IN ({names})",
            *(period.id, since, since, before, *_FEES),
        )
        return -money.total(Decimal(row["dollars"]) for row in found)

    def keep_accrued(self, period: BookPeriod, fees: Accrued) -> None:
        """Write the fees that have accrued in the book's last session, in place of those it has."""
        from paper_run.ledger import session_states

        session_states.keep_fees(self._rows, self._run, period.id, fees)

    def fees_after(self, period: BookPeriod, entry: int) -> list[tuple[str, Decimal]]:
        """Return the fees booked after an entry: the ISO date of each, and dollars, a cost positive."""
        booked = self.between(period, entry, None)
        return [(each.day, each.amount.copy_negate()) for each in booked if each.activity_type in _FEES]

    def paid_for_holdings(self, period: BookPeriod) -> dict[str, Paid]:
        """Return by activity what a book has as other money of those that may end a holding.

        What came to nothing is left out.
        """
        names = ", ".join("?" * len(MAY_END_A_HOLDING))
        found = self._rows(
            "SELECT entries.id, entries.activity, dollars, type, broker_money.symbol, broker_money.qty "
            "FROM entries JOIN broker_money "
            "ON broker_money.epoch = entries.epoch AND broker_money.activity = entries.activity "
            "WHERE entries.epoch = ? AND kind = 'other' AND broker_money.symbol IS NOT NULL "
            f"AND type IN ({names}) ORDER BY entries.id",
            *(period.id, *MAY_END_A_HOLDING),
        )
        sums: dict[str, Paid] = {}
        for row in found:
            qty = amount(row["qty"]) if row["type"] in OF_NO_ORDER else None
            before = sums.get(row["activity"], Paid(row["symbol"], money.ZERO, qty, row["id"]))
            dollars = money.CONTEXT.add(before.dollars, Decimal(row["dollars"]))
            sums[row["activity"]] = before._replace(dollars=dollars)
        return {activity: each for activity, each in sums.items() if each.dollars}

    def taken_out(self, period: BookPeriod) -> dict[str, int]:
        """Return by symbol the last entry by which other money of an activity became a trade's."""
        found = self._rows(
            "SELECT broker_money.symbol, MAX(entries.id) AS id FROM entries JOIN broker_money "
            "ON broker_money.epoch = entries.epoch AND broker_money.activity = entries.activity "
            "WHERE entries.epoch = ? AND kind = 'other' AND note IS NOT NULL GROUP BY broker_money.symbol",
            period.id,
        )
        return {row["symbol"]: row["id"] for row in found}

    def between(self, period: BookPeriod, after: int, until: int | None) -> list[BookedMoney]:
        """Return the money that entries are about, an activity's together; what came to nothing is left out.

        :param after: the entry behind which they are. :param until: the last of them; None: to the end.
        """
        found = self._rows(
            "SELECT entries.*, type, date, status, broker_money.symbol AS of_symbol, "
            f"{_BEFORE.format('qty')} AS qty_before, {_BEFORE.format('dollars')} AS dollars_before "
            "FROM entries LEFT JOIN broker_money ON broker_money.epoch = entries.epoch "
            "AND broker_money.activity = entries.activity WHERE entries.epoch = ? AND entries.id > ? "
            "AND (? IS NULL OR entries.id <= ?) AND kind IN ('income', 'flow', 'other', 'cash_in_lieu') "
            "ORDER BY COALESCE(date, effective, entries.session), entries.id",
            *(period.id, after, until, until),
        )
        sums: dict[tuple[str, ...], BookedMoney] = {}
        for row in found:
            each = _booked(row)
            # What has no activity behind it is by itself.
            key = (each.activity or str(row["id"]), each.kind, row["symbol"])
            before = sums.get(key)
            if before is not None:
                each = each._replace(
                    qty=money.CONTEXT.add(before.qty, each.qty),
                    amount=money.CONTEXT.add(before.amount, each.amount),
                )
            sums[key] = each
        return [each for each in sums.values() if each.qty or each.amount]


_FEES = ("FEE", "CFEE", "PTC", "PTR")
_BEFORE = (
    "(SELECT {} FROM entries AS earlier WHERE earlier.epoch = entries.epoch AND entries.restates = 1 "
    "AND earlier.client_order_id = entries.client_order_id AND earlier.id < entries.id "
    "ORDER BY earlier.id DESC LIMIT 1)"
)
"""What an entry that takes another's place takes the place of: each is the whole."""


def _booked(row: Any) -> BookedMoney:
    from paper_run.book.posted import Posted

    qty, dollars = (
        money.CONTEXT.subtract(Decimal(row[name]), Decimal(row[f"{name}_before"] or 0))
        for name in ("qty", "dollars")
    )
    posted = Posted(row["kind"], row["symbol"], qty, dollars)
    return BookedMoney(
        kind=row["kind"],
        activity=row["activity"],
        activity_type=row["type"],
        note=row["note"],
        day=row["date"] or row["effective"] or row["session"],
        symbol=row["of_symbol"] or row["symbol"],
        qty=posted.qty,
        amount=posted.amount,
        status=row["status"],
    )


def _kept(row: Any) -> Kept:
    counts, base = (row[name] and _posted(row[name]) for name in ("counts", "base"))
    words = None if row["type"] is None else tuple(row[name] for name in _WORDS)
    return Kept(counts, base, bool(row["in_base"]), words)


def _posted(text: str) -> Posted:
    from paper_run.book.posted import Posted

    kind, symbol, qty, dollars = json.loads(text)
    return Posted(kind, symbol, Decimal(qty), Decimal(dollars))


def _written(posted: Posted | None) -> str | None:
    if posted is None:
        return None
    return json.dumps([posted.kind, posted.symbol, money.digits(posted.qty), money.digits(posted.dollars)])


class BrokerAccounts(Part):
    """The part of the ledger that keeps them, one a book; used in the ledger's transactions."""

    def proven(self) -> ProvenAccount | None:
        """Return the present book's, None while none is proven."""
        found = self._rows(
            "SELECT number, proven_by FROM broker_accounts JOIN epochs ON epochs.id = epoch "
            "WHERE last_trade IS NULL ORDER BY epoch DESC LIMIT 1"
        )
        return ProvenAccount(found[0]["number"], found[0]["proven_by"]) if found else None

    def proven_at(self, period: BookPeriod) -> datetime | None:
        """Return when a book's account was proven, by our clock, UTC; None: it is not."""
        found = self._rows("SELECT proven_at FROM broker_accounts WHERE epoch = ?", period.id)
        return datetime.fromisoformat(found[0]["proven_at"]) if found else None

    def keep(self, period: BookPeriod, account: ProvenAccount, now: datetime) -> None:
        """Write a book's account; one that is kept already stays.

        :param now: UTC.
        """
        self._run(
            "INSERT INTO broker_accounts (epoch, number, proven_at, proven_by) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (epoch) DO NOTHING",
            period.id,
            account.number,
            now.isoformat(),
            account.order,
        )
