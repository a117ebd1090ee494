"""Average cost: what an entry of the book does to a holding, and the book as the sum of its entries."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, NamedTuple

from paper_run import money
from paper_run.money import CONTEXT, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SHOWN = Context(prec=28)


class Entry(NamedTuple):
    """One entry, never changed once written.

    :ivar kind: `fill`; `correction` (of a fill's price, its dollars go to realized); `found` (a holding from
        before the first trade, at its cost); `gain` (what such a holding was up when it was found: no P&L of
        ours); `adjustment` (a difference booked at the mark); `split` (`qty` is what it adds, no dollars).
    :ivar qty: signed shares, negative for a sale. :ivar dollars: signed like them, what they came to.
    """

    kind: str
    symbol: str
    qty: Decimal
    dollars: Decimal


class Holding(NamedTuple):
    """Signed shares, their cost in all (negative for a short), and the P&L that closing realized; dollars.

    The cost is kept and not the average: so every dollar of it is realized once, whatever an average would
    have to be rounded to.

    :ivar gain: what the holding was up when it was found before the first trade; None while that is not
        known because it has had no price yet.
    """

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    gain: Decimal | None = ZERO

    @property
    def avg_entry_price(self) -> Decimal | None:
        """The average cost of a share, 28 digits; None when closed."""
        return _SHOWN.divide(self.cost, self.qty) if self.qty else None

    def market_value(self, price: Decimal) -> Decimal:
        """Return what it is worth at a price; negative for a short."""
        return money.product(self.qty, price)

    def unrealized(self, price: Decimal) -> Decimal:
        """Return what closing all of it at a price would realize."""
        return CONTEXT.subtract(self.market_value(price), self.cost)

    def after(self, entry: Entry) -> Holding:
        """Return the holding after an entry."""
        match entry.kind:
            case "fill" | "adjustment":
                return self._after_trade(entry.qty, entry.dollars)
            case "correction":
                return self._replace(realized=CONTEXT.subtract(self.realized, entry.dollars))
            case "found":
                return self._replace(qty=entry.qty, cost=entry.dollars, gain=None)
            case "gain":
                return self._replace(gain=entry.dollars)
            case "split":
                return self._replace(qty=CONTEXT.add(self.qty, entry.qty))
        raise ValueError(f"the book has no entries of the kind {entry.kind!r}")

    def _after_trade(self, qty: Decimal, dollars: Decimal) -> Holding:
        """Buy or sell; adding realizes nothing, a flip closes all and opens the rest at the same price."""
        gain = self.gain
        if gain is None:  # its first price is this one
            gain = self.unrealized(CONTEXT.divide(dollars, qty))
        after = CONTEXT.add(self.qty, qty)
        if money.product(self.qty, qty) >= 0:
            return self._replace(qty=after, cost=CONTEXT.add(self.cost, dollars), gain=gain)
        if qty.copy_abs() < self.qty.copy_abs():
            released = CONTEXT.divide(money.product(self.cost, qty.copy_negate()), self.qty)
            realized = CONTEXT.subtract(dollars.copy_negate(), released)
            left = CONTEXT.subtract(self.cost, released)
        else:
            left = CONTEXT.divide(money.product(dollars, after), qty)
            realized = CONTEXT.subtract(CONTEXT.subtract(left, dollars), self.cost)
        return Holding(after, left, CONTEXT.add(self.realized, realized), gain)


class Book(NamedTuple):
    """All holdings, closed ones too, by symbol; and two sums over the entries that no holding knows of.

    :ivar cash: what fills, adjustments and found holdings cost (negative) or brought, dollars.
    :ivar traded: the value of all fills without their signs, dollars.
    """

    holdings: Mapping[str, Holding] = {}
    cash: Decimal = ZERO
    traded: Decimal = ZERO

    def after(self, entries: Iterable[Entry]) -> Book:
        """Return the book after these entries, in their order."""
        holdings, cash, traded = dict(self.holdings), self.cash, self.traded
        for entry in entries:
            holdings[entry.symbol] = holdings.get(entry.symbol, Holding()).after(entry)
            if entry.kind != "gain":
                cash = CONTEXT.subtract(cash, entry.dollars)
            if entry.kind == "fill":
                traded = CONTEXT.add(traded, entry.dollars.copy_abs())
        return Book(holdings, cash, traded)
