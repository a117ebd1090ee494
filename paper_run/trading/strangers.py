"""The account's trades that no order of ours made, as by a click in the broker's dashboard."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import folding, splits
from paper_run.model.broker import comparable
from paper_run.trading.our_shares import at_broker

if TYPE_CHECKING:
    from paper_run.book.folding import Names
    from paper_run.book.holdings import Book
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.calendar import Calendar
    from paper_run.services.platform import Observations
    from paper_run.trading.our_shares import OurShares


class Stranger(NamedTuple):
    """Signed shares that the account traded, and on which day at the exchange."""

    symbol: str
    qty: Decimal
    day: date

    def shares(self, names: "Names") -> str:
        """Return the last name of the shares that it is of."""
        return names.now(self.symbol, folding.start_of(self.day.isoformat()))


class Strangers:
    """The proven account's executions of orders that are none of ours, looked for when asked for."""

    def __init__(self, ledger: "Ledger", read: "Observations", calendar: "Calendar") -> None:
        self._ledger = ledger
        self._read = read
        self._calendar = calendar

    @cached_property
    def all(self) -> Sequence[Stranger]:
        """All of them, oldest first."""
        reading = self._read.proven_broker
        if reading is None or reading.activities is None:
            return ()
        fills = {each.identity: each for each in reading.activities.fills}
        orders = {each.identity: each.client_order_id for each in reading.all_orders}
        named = {each.order_id: orders[each.order_id] for each in fills.values() if each.order_id in orders}
        owned = self._ledger.orders.owners(set(named.values()) - self._read.told.keys())
        ours = self._read.told.keys() | owned.keys()
        return [
            Stranger(
                each.symbol,
                each.qty if each.side == "buy" else each.qty.copy_negate(),
                self._calendar.session_date(each.time),
            )
            for each in sorted(fills.values(), key=lambda each: each.identity)
            if each.time is not None and each.order_id in named and named[each.order_id] not in ours
        ]

    def of(self, shares: str, names: "Names") -> list[Stranger]:
        """Return those of the shares that have this last name."""
        return [each for each in self.all if each.shares(names) == shares]

    def missing(
        self, book: "Book", ours: "OurShares", session: date, more: Mapping[str, splits.Span]
    ) -> Mapping[str, splits.Span]:
        """Return by symbol how many signed shares the book may lack of what another party has counted.

        What the broker has beyond the book is that where it is what was traded by hand since the valuation of
        an earlier session; of that session's day it may have been before that or after. What a person has
        booked by hand since is lacked no more.

        :param more: what it may lack besides.
        """
        there = at_broker(self._read)
        ahead = {} if there is None else _ahead(book, there)
        if not ahead:
            return more
        before = self._ledger.books.valuations.last(ours.period.id, before=session.isoformat())
        if before is None:
            return more
        names, result = ours.booked_names(), dict(more)
        for symbol, qty in ahead.items():
            own = [each for each in self.of(symbol, names) if each.day >= before.session]
            booked = money.total(
                each.qty
                for each in ours.of(symbol, names)
                if each.kind == "adjustment" and each.id > before.entry and names.of_entry(each) == symbol
            )
            may_be_before = len([each for each in own if each.day == before.session])
            sums = {money.total(each.qty for each in own[start:]) for start in range(may_be_before + 1)}
            if own and money.CONTEXT.add(qty, booked) in sums:
                low, high = more.get(symbol, (money.ZERO, money.ZERO))
                result[symbol] = splits.Span(
                    money.CONTEXT.add(low, min(qty, money.ZERO)),
                    money.CONTEXT.add(high, max(qty, money.ZERO)),
                )
        return result


def _ahead(book: "Book", there: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return by how many signed shares the broker is ahead of the book, by symbol."""
    differ = (
        (symbol, money.CONTEXT.subtract(there.get(comparable(symbol), money.ZERO), held.qty))
        for symbol, held in book.holdings.items()
    )
    return {symbol: qty for symbol, qty in differ if qty}
