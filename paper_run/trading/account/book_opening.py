"""What a book opens from: the broker's account, if that is proven by then, else the first trade's capital."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import marks, valuation
from paper_run.book.holdings import Entry
from paper_run.model import findings
from paper_run.model.broker import as_written, may_be_share
from paper_run.trading.account import pricing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from decimal import Decimal

    from paper_run.book.holdings import Book
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.found_before import Adopted
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.broker import HeldBefore
    from paper_run.model.findings import Finding
    from paper_run.services.platform import Observations
    from paper_run.trading.account.observations import Moment
    from paper_run.trading.account.our_shares import OurShares


class Begun(NamedTuple):
    """The present book, None while no attempt is known to have been placed; what is worth saying of it."""

    period: BookPeriod | None
    found: list[Finding]


class _Opening(NamedTuple):
    """What is known when a book begins, or when its account is proven."""

    ledger: Ledger
    read: Observations
    moment: Moment
    row: AttemptRow

    @property
    def is_unproven(self) -> bool:
        """Whether an account was read, before or after the attempt, and may be proven by the next session."""
        before, after = self.row.snapshot.broker, self.read.broker
        was_read = before is not None and before.number is not None
        is_read = after is not None and after.account is not None
        is_first = self.moment.session <= self.row.session
        return self.read.account is None and is_first and (was_read or is_read)

    def adopted(self) -> Adopted | None:
        """Return what the proven account had before the attempt; None where that is not known.

        Where another ledger trades the account too its cash and holdings are nobody's in particular.
        """
        before, proven, account = self.row.snapshot.broker, self.read.proven_broker, self.read.account
        if before is None or proven is None or account is None or before.number != account.number:
            return None
        if before.cash is None or before.positions is None or before.money is None:
            return None
        from paper_run.trading.account import order_ids

        if order_ids.shared_by(self.ledger, self.ledger.books.period(), proven, self.read.told) is not None:
            return None
        traded = self.row.snapshot.parameters.symbols
        written = as_written(traded)
        entries: list[Entry] = []
        # Accrued fees are off its cash already and off ours once they are charged.
        base = [before.cash, before.accrued_fees or money.ZERO]
        for each in before.positions:
            symbol = written(each.symbol)
            is_share = may_be_share(each.asset_class) and not self.moment.is_beside(symbol)
            if not each.qty or not (is_share or symbol in traded):
                continue
            worth = self._worth(symbol, each)
            if worth is None:
                cost = money.product(each.qty, each.avg_entry_price or money.ZERO)
                entries.append(Entry("found", symbol, each.qty, cost))
                continue
            base.append(worth)
            entries.append(Entry("found", symbol, each.qty, worth))
            entries.append(Entry("gain", symbol, money.ZERO, money.ZERO))
        from paper_run.ledger.found_before import Adopted

        return Adopted(account.number, money.total(base), tuple(entries), before.money)

    def _worth(self, symbol: str, held: HeldBefore) -> Decimal | None:
        """Return what a position was worth, by the broker, else by the first price there is, in dollars."""
        from paper_run.book.parties import Held

        if (there := Held(held.qty, held.price, held.market_value).worth) is not None:
            return there
        position = pricing.listed_positions(self.read).get(symbol)
        mark = pricing.mark_of(symbol, position, self.read, self.moment, self.moment.session)
        return money.product(held.qty, mark.price) if isinstance(mark, marks.Mark) else None


def present(
    ledger: Ledger,
    read: Observations,
    moment: Moment,
    booked_at: datetime,
) -> Begun:
    """Return the present book, begun if there is none; the account that is proven to be its own is kept.

    While an account was read and is not proven, the book is provisional. Proven by the next session, it is
    opened anew from what that account had before the first attempt; else it goes on from that one's capital.

    To be called in a transaction of the ledger, with the orders' states written.

    :param booked_at: UTC.
    """
    period = ledger.books.period()
    found: list[Finding] = []
    if period is None:
        if (opener := ledger.books.opens_with()) is None:
            return Begun(None, found)
        start = _Opening(ledger, read, moment, ledger.attempts.by_id(opener))
        adopted = start.adopted()
        period = ledger.books.open_period(
            start.row,
            booked_at,
            priced=read.market is None,
            is_beside=moment.is_beside,
            adopted=adopted,
            provisional=start.is_unproven,
        )
        if adopted is not None:
            ledger.broker_money.in_base(period, adopted.money)
    elif period.provisional:
        start = _Opening(ledger, read, moment, ledger.attempts.by_id(period.attempt))
        period, found = _settled(period, start, booked_at)
    if read.account is not None:
        ledger.broker_accounts.keep(period, read.account, booked_at)
    if period.provisional:
        found = [_provisional(period)]
    return Begun(period, found)


def first_prices(ours: OurShares, book: Book, prices: Mapping[str, marks.Mark]) -> list[Entry]:
    """Return the entries of shares from before the first attempt that have their first price.

    It is their cost. Where the base is the account's their worth was not in it yet, and comes in with it.
    What was carried over to another symbol since is priced under that, and its gain is of what was found;
    shares that it has met there keep their own cost.
    """
    priced, has_account = valuation.first_prices(book, prices), ours.period.base_account is not None
    if has_account:
        waiting = {lot.symbol for held in book.holdings.values() for lot in held.waiting}
        priced += _by_trades(ours, waiting)
    made = []
    for each in priced:
        made.append(Entry("gain", each.found_as, money.ZERO, each.gain))
        if has_account:
            made.append(Entry("flow", each.symbol, money.ZERO, each.worth))
    return made


def _by_trades(ours: OurShares, waiting: Collection[str]) -> list[valuation.FirstPrice]:
    """Return what trades have priced, and what that is worth has not come in yet.

    :param waiting: as what the shares were found that wait still.
    """
    priced = []
    for found in ours.found_unpriced():
        if found.symbol not in waiting:
            names = ours.booked_names()
            symbol = names.of_entry(found)
            from paper_run.ledger import found_before

            worth = found_before.worth_at_first_trade(found, ours.of(symbol, names))
            if worth is not None:
                gain = money.CONTEXT.subtract(worth, found.dollars)
                priced.append(valuation.FirstPrice(symbol, found.symbol, worth, gain))
    return priced


def _settled(period: BookPeriod, start: _Opening, booked_at: datetime) -> tuple[BookPeriod, list[Finding]]:
    """Return a provisional book as it goes on, once that can be said."""
    books = start.ledger.books
    if start.read.proven_broker is not None:
        if (adopted := start.adopted()) is None:
            return books.settle(period), []
        start.ledger.broker_money.in_base(period, adopted.money)
        return books.reopen(period, adopted, booked_at), [_reopened(adopted, period)]
    if start.moment.session <= period.session:
        return period, []
    # Its closings count from now on, those until now too: they were made from the capital, and that is the
    # base for good. What a later proof brings comes in as a flow, which moves no return that was made before.
    return books.settle(period), [_without(period)]


def _provisional(period: BookPeriod) -> Finding:
    text = (
        "The base of the book, the first trade's capital, and its closing are provisional until the account "
        "at the broker is proven to be ours: they are in no statistics. That takes an order that the account "
        f"knows; if it knows none by the next session, the book of {period.session} goes on without it."
    )
    return findings.note("provisional", text)


def _reopened(adopted: Adopted, period: BookPeriod) -> Finding:
    text = (
        f"The account {adopted.account} at the broker is proven to be ours: the base of the book is its cash "
        f"and holdings before the first trade, {adopted.base:,.2f} dollars. What was stated of "
        f"{period.session} until now was made from {period.base:,.2f}."
    )
    return findings.note("base_set_right", text, subject=adopted.account)


def _without(period: BookPeriod) -> Finding:
    text = (
        "The account at the broker is not proven to be ours by the session after the first: the book goes on "
        f"from the first trade's capital, {period.base:,.2f} dollars, and its closings count."
    )
    return findings.note("base_set_right", text)
