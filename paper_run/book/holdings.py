"""Average cost: what an entry of the book does to a holding, and the book as the sum of its entries.

Source: docs/CONCEPTS, "Average cost".
"""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import NamedTuple

from paper_run import money
from paper_run.book.splits import Ratio
from paper_run.money import CONTEXT, ZERO

TRADES = frozenset({"fill", "adjustment", "cash_in_lieu"})
ACCOUNT = "account"
"""The row of money that is no symbol's; no symbol is written in small letters."""
_SHOWN = Context(prec=28)


class Entry(NamedTuple):
    """One entry, never changed once written.

    :ivar kind: `fill`; `correction` (of what an order filled, see `folding`); `found` (a holding from before
        the first attempt, in the place of one that was found before); `gain` (what it was worth at its first
        price more than that: with it, its cost here); `adjustment` (booked by a person, at a price); `split`;
        `cash_in_lieu` (a fraction of a share that was paid out: a trade); `income` (a dividend, interest, a
        fee), `flow` (cash or shares in and out) and `other` (any other money); `rename` (all that is held
        goes over to another symbol, what it realized stays).
    :ivar symbol: `ACCOUNT` for money that is no symbol's.
    :ivar qty: signed shares, negative for a sale; of a split, what it added when it was said; of a rename,
        what went over then.
    :ivar dollars: signed like them, what they came to; of money, what came in (negative: went out); of a
        flow of shares, what they were worth.
    :ivar effective: the session in which it took effect, an ISO date. :ivar order: of which order it is.
    :ivar ratio: a split's; None for one that an older program wrote, which adds its `qty`.
    :ivar restates: whether it takes the place of all that was booked of its order before.
    :ivar id: its place in the sequence. :ivar new_symbol: a rename's.
    """

    kind: str
    symbol: str
    qty: Decimal
    dollars: Decimal
    effective: str = ""
    order: str | None = None
    ratio: Ratio | None = None
    restates: bool = False
    id: int = 0
    new_symbol: str | None = None

    @property
    def price(self) -> Decimal | None:
        """What a share of a trade came to, dollars; None of anything else."""
        return CONTEXT.divide(self.dollars, self.qty) if self.kind in TRADES and self.qty else None


class Holding(NamedTuple):
    """Signed shares, their cost in all (negative for a short), and the P&L that is realized; dollars.

    The cost is kept and not the average: so every dollar of it is realized once, whatever an average would
    have to be rounded to.

    :ivar waits: whether it was there before the first attempt and has had no price since: it is not known yet
        what it is to cost here.
    :ivar income: what of `realized` is dividends, interest and fees, and no trading.
    """

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    waits: bool = False
    income: Decimal = ZERO

    @property
    def avg_entry_price(self) -> Decimal | None:
        """The average cost of a share, dollars, 28 digits; None when closed, or when it waits for a price."""
        return _SHOWN.divide(self.cost, self.qty) if self.qty and not self.waits else None

    def market_value(self, price: Decimal) -> Decimal:
        """Return what it is worth at a price, dollars; negative for a short."""
        return money.product(self.qty, price)

    def unrealized(self, price: Decimal) -> Decimal:
        """Return what closing all of it at a price would realize, dollars; negative for a loss."""
        return CONTEXT.subtract(self.market_value(price), self.cost)

    def priced_by(self, entry: Entry) -> "Holding":
        """Return the holding at the cost that a trade gives it, if it waits for one: P&L starts at zero."""
        if not self.waits or entry.price is None:
            return self
        return self._replace(cost=money.portion(entry.dollars, self.qty, entry.qty), waits=False)

    def after(self, entry: Entry) -> "Holding":
        """Return the holding after an entry.

        :raises ValueError: the book has no entries of its kind.
        """
        match entry.kind:
            case "fill" | "adjustment" | "cash_in_lieu" | "flow":
                return self.priced_by(entry)._after_trade(entry.qty, entry.dollars)
            case "income":
                realized, income = (CONTEXT.add(had, entry.dollars) for had in (self.realized, self.income))
                return self._replace(realized=realized, income=income)
            case "correction":
                return self._replace(realized=CONTEXT.subtract(self.realized, entry.dollars))
            case "found":
                return self._replace(qty=entry.qty, cost=entry.dollars, waits=bool(entry.qty))
            case "gain":
                return self._replace(cost=CONTEXT.add(self.cost, entry.dollars), waits=False)
            case "split":
                ratio = entry.ratio
                qty = ratio.applied(self.qty) if ratio is not None else CONTEXT.add(self.qty, entry.qty)
                return self._replace(qty=qty)
        raise ValueError(f"the book has no entries of the kind {entry.kind!r}")

    def joined_by(self, other: "Holding") -> "Holding":
        """Return the holding with another's shares at their cost; what that realized stays with it."""
        qty, cost = CONTEXT.add(self.qty, other.qty), CONTEXT.add(self.cost, other.cost)
        return self._replace(qty=qty, cost=cost, waits=self.waits or other.waits)

    def _after_trade(self, qty: Decimal, dollars: Decimal) -> "Holding":
        """Buy or sell; adding realizes nothing, a flip closes all and opens the rest at the same price."""
        after = money.of_portions(CONTEXT.add(self.qty, qty))
        if money.product(self.qty, qty) >= 0:
            return self._replace(qty=after, cost=CONTEXT.add(self.cost, dollars))
        if qty.copy_abs() < self.qty.copy_abs():
            released = money.portion(self.cost, qty.copy_negate(), self.qty)
            realized = CONTEXT.subtract(dollars.copy_negate(), released)
            left = CONTEXT.subtract(self.cost, released)
        else:
            left = money.portion(dollars, after, qty)
            realized = CONTEXT.subtract(CONTEXT.subtract(left, dollars), self.cost)
        return self._replace(qty=after, cost=left, realized=CONTEXT.add(self.realized, realized))


class Book(NamedTuple):
    """All holdings, closed ones too, by symbol; and sums over the entries that no holding knows of, dollars.

    :ivar cash: what all of it cost (negative) or brought.
    :ivar traded: the value of all fills without their signs.
    :ivar flows: cash and shares that came in (negative: went out). :ivar other: any other money, signed so.
    :ivar inflows: what of both came in, without what went out.
    """

    holdings: Mapping[str, Holding] = {}
    cash: Decimal = ZERO
    traded: Decimal = ZERO
    flows: Decimal = ZERO
    other: Decimal = ZERO
    inflows: Decimal = ZERO

    def after(self, entries: Iterable[Entry]) -> "Book":
        """Return the book after these entries, in their order."""
        holdings, (_, cash, traded, flows, other, inflows) = dict(self.holdings), self
        for entry in entries:
            if entry.kind in ("flow", "other"):
                inflows = CONTEXT.add(inflows, max(entry.dollars, ZERO))
                flows = CONTEXT.add(flows, entry.dollars if entry.kind == "flow" else ZERO)
                other = CONTEXT.add(other, entry.dollars if entry.kind == "other" else ZERO)
            if entry.kind == "other" or (entry.kind == "flow" and not entry.qty):
                cash = CONTEXT.add(cash, entry.dollars)
                continue
            before = holdings.get(entry.symbol, Holding())
            if entry.new_symbol is not None:
                taken = holdings.get(entry.new_symbol, Holding())
                holdings[entry.new_symbol] = taken.joined_by(before)
                holdings[entry.symbol] = before._replace(qty=ZERO, cost=ZERO, waits=False)
                continue
            priced = before.priced_by(entry)
            holdings[entry.symbol] = priced.after(entry)
            cash = CONTEXT.subtract(cash, CONTEXT.subtract(priced.cost, before.cost))
            cash = CONTEXT.add(cash, _cash(entry, before))
            if entry.kind == "fill":
                traded = CONTEXT.add(traded, entry.dollars.copy_abs())
        return Book(holdings, cash, traded, flows, other, inflows)


def _cash(entry: Entry, before: Holding) -> Decimal:
    """Return what an entry brought in cash, dollars; negative for what it cost.

    :param before: what was held, which a holding that is found takes the place of.
    """
    if entry.kind == "flow":
        return ZERO
    if entry.kind == "found":
        return CONTEXT.subtract(before.cost, entry.dollars)
    return entry.dollars if entry.kind == "income" else entry.dollars.copy_negate()
