"""Average cost: what an entry of the book does to a holding, and the book as the sum of its entries.

Source: docs/CONCEPTS, "Average cost".
"""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal

from paper_run import NamedTuple, money
from paper_run.book.splits import Ratio
from paper_run.money import CONTEXT, ZERO, total

TRADES = frozenset({"fill", "adjustment", "cash_in_lieu"})
MOVE_SHARES = TRADES | {"flow"}
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


class Lot(NamedTuple):
    """Shares from before the first attempt that have had no price since: what they cost here is not known.

    :ivar symbol: what they were found as; "": an older program did not keep it.
    :ivar qty: signed, negative for a short. :ivar dollars: what they had cost by then, signed like them,
        which their `gain` is added to.
    """

    symbol: str
    qty: Decimal
    dollars: Decimal


class Holding(NamedTuple):
    """Signed shares, their cost in all (negative for a short), and the P&L that is realized; dollars.

    The cost is kept and not the average: so every dollar of it is realized once, whatever an average would
    have to be rounded to.

    :ivar qty: all shares, those that wait too. :ivar cost: of those that do not wait.
    :ivar waiting: what of the shares waits for its first price; others may have joined them.
    :ivar income: what of `realized` is dividends, interest and fees, and no trading.
    """

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    waiting: tuple[Lot, ...] = ()
    income: Decimal = ZERO

    @property
    def is_open(self) -> bool:
        """Whether there is something that needs a price."""
        return bool(self.qty or self.waiting)

    @property
    def cost_before(self) -> Decimal:
        """What those that wait had cost before the first attempt, dollars, negative for a short."""
        return total(each.dollars for each in self.waiting)

    @property
    def avg_entry_price(self) -> Decimal | None:
        """The average cost of a share, dollars, 28 digits; None when closed, or while some of it waits."""
        return _SHOWN.divide(self.cost, self.qty) if self.qty and not self.waiting else None

    def market_value(self, price: Decimal) -> Decimal:
        """Return what it is worth at a price, dollars; negative for a short."""
        return money.product(self.qty, price)

    def unrealized(self, price: Decimal) -> Decimal:
        """Return what closing what does not wait at a price would realize, dollars; negative for a loss."""
        return CONTEXT.subtract(money.product(self._own, price), self.cost)

    def taken_in(self, entry: Entry) -> tuple[tuple[Lot, Decimal], ...]:
        """Return what waits and has its first price with an entry, and what that makes it cost, dollars.

        A trade at a price gives it, and so does all that takes shares away, for that may be some of these.
        Shares that come in otherwise, or for nothing, say nothing of those that were there.
        """
        if entry.kind == "gain":
            own = (each for each in self.waiting if each.symbol == entry.symbol)
            return tuple((each, CONTEXT.add(each.dollars, entry.dollars)) for each in own)
        if not entry.qty or not self.waiting or entry.kind not in MOVE_SHARES:
            return ()
        is_price = entry.kind in TRADES and money.product(entry.qty, entry.dollars) > 0
        if not is_price and money.product(entry.qty, self.qty) >= 0:
            return ()
        return tuple((each, money.portion(entry.dollars, each.qty, entry.qty)) for each in self.waiting)

    def after(self, entry: Entry) -> "Holding":
        """Return the holding after an entry.

        :raises ValueError: the book has no entries of its kind.
        """
        taken = self.taken_in(entry)
        held = self._with(taken) if taken else self
        match entry.kind:
            case "fill" | "adjustment" | "cash_in_lieu" | "flow":
                return held._after_trade(entry.qty, entry.dollars)
            case "income":
                realized, income = (CONTEXT.add(had, entry.dollars) for had in (self.realized, self.income))
                return self._replace(realized=realized, income=income)
            case "correction":
                return self._replace(realized=CONTEXT.subtract(self.realized, entry.dollars))
            case "found":
                lot = Lot(entry.symbol, entry.qty, entry.dollars)
                return self._replace(qty=entry.qty, cost=ZERO, waiting=(lot,) if entry.qty else ())
            case "gain":
                return held if taken else self._replace(cost=CONTEXT.add(self.cost, entry.dollars))
            case "split":
                ratio = entry.ratio
                qty = ratio.applied(self.qty) if ratio is not None else CONTEXT.add(self.qty, entry.qty)
                return self._replace(qty=qty, waiting=self._split_lots(qty))
        raise ValueError(f"the book has no entries of the kind {entry.kind!r}")

    def joined_by(self, other: "Holding") -> "Holding":
        """Return the holding with another's shares at their cost; what that realized stays with it.

        Shares that wait go on waiting beside those that do not.
        """
        joined = self._after_trade(other._own, other.cost)
        apart = CONTEXT.subtract(other.qty, other._own)
        return joined._replace(qty=CONTEXT.add(joined.qty, apart), waiting=self.waiting + other.waiting)

    def left(self) -> "Holding":
        """Return what stays of a holding whose shares have gone over to another symbol."""
        return self._replace(qty=ZERO, cost=ZERO, waiting=())

    @property
    def _own(self) -> Decimal:
        """The signed shares that do not wait."""
        return (
            CONTEXT.subtract(self.qty, total(each.qty for each in self.waiting)) if self.waiting else self.qty
        )

    def _with(self, taken: tuple[tuple[Lot, Decimal], ...]) -> "Holding":
        """Return the holding with shares that wait no more: they join the others as if bought now."""
        held = self
        for lot, dollars in taken:
            waiting = tuple(each for each in held.waiting if each is not lot)
            apart = held._replace(qty=CONTEXT.subtract(held.qty, lot.qty), waiting=waiting)
            held = apart._after_trade(lot.qty, dollars)
        return held

    def _split_lots(self, after: Decimal) -> tuple[Lot, ...]:
        """Return what waits as it is after a split. :param after: how many shares there are of all."""
        lots, left = [], after
        for part in (self._own, *(each.qty for each in self.waiting[:-1])):
            lots.append(money.portion(after, part, self.qty) if self.qty else part)
            left = CONTEXT.subtract(left, lots[-1])
        shares = zip(self.waiting, (*lots[1:], left), strict=False)
        return tuple(lot._replace(qty=qty) for lot, qty in shares if qty)

    def _after_trade(self, qty: Decimal, dollars: Decimal) -> "Holding":
        """Buy or sell; adding realizes nothing, a flip closes all and opens the rest at the same price."""
        had, now = self._own, money.of_portions(CONTEXT.add(self.qty, qty))
        if money.product(had, qty) >= 0:
            return self._replace(qty=now, cost=CONTEXT.add(self.cost, dollars))
        if qty.copy_abs() < had.copy_abs():
            released = money.portion(self.cost, qty.copy_negate(), had)
            realized = CONTEXT.subtract(dollars.copy_negate(), released)
            left = CONTEXT.subtract(self.cost, released)
        else:
            left = money.portion(dollars, money.of_portions(CONTEXT.add(had, qty)), qty)
            realized = CONTEXT.subtract(CONTEXT.subtract(left, dollars), self.cost)
        return self._replace(qty=now, cost=left, realized=CONTEXT.add(self.realized, realized))


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
                holdings[entry.symbol] = before.left()
                continue
            holdings[entry.symbol] = before.after(entry)
            cash = CONTEXT.add(cash, _cash(entry, before))
            if entry.kind == "fill":
                traded = CONTEXT.add(traded, entry.dollars.copy_abs())
        return Book(holdings, cash, traded, flows, other, inflows)


def _cash(entry: Entry, before: Holding) -> Decimal:
    """Return what an entry brought in cash, dollars; negative for what it cost.

    What waited costs what its first price makes it.

    :param before: what was held, which a holding that is found takes the place of.
    """
    if entry.kind == "found":
        return before.cost
    if entry.kind == "income":
        return entry.dollars
    taken = total(dollars for _, dollars in before.taken_in(entry))
    if entry.kind == "flow" or (entry.kind == "gain" and taken):
        return taken.copy_negate()
    return CONTEXT.add(taken, entry.dollars).copy_negate()
