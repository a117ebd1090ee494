"""What a session's equity opened from, what it closed at, and what moved it in between.

Source: docs/CONCEPTS, "Equity, and the bridge that explains it".
"""

from collections.abc import Mapping
from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book.holdings import Book
from paper_run.money import CONTEXT, ZERO, cents, total


class Money(NamedTuple):
    """Money that is not trading, dollars and cents; negative went out.

    :ivar income: dividends, interest and fees: P&L. :ivar flows: cash and shares in and out.
    :ivar other: any other money. :ivar inflows: what of flows and other came in, without what went out.
    """

    income: Decimal = ZERO
    flows: Decimal = ZERO
    other: Decimal = ZERO
    inflows: Decimal = ZERO

    @property
    def outside(self) -> Decimal:
        """What is in equity and in no P&L."""
        return CONTEXT.add(self.flows, self.other)

    def less(self, before: "Money") -> "Money":
        """Return what moved since."""
        return Money(*(CONTEXT.subtract(now, then) for now, then in zip(self, before, strict=True)))

    def plus(self, more: "Money") -> "Money":
        """Return both together."""
        return Money(*(CONTEXT.add(one, other) for one, other in zip(self, more, strict=True)))


NO_MONEY = Money()


class Opening(NamedTuple):
    """Where a bridge starts: the totals of the last complete closing, in cents, or the capital and zeros.

    A loss is negative.

    :ivar totals: each symbol's total P&L then; None where it is not known, or no longer.
    :ivar gains: what holdings from before the first attempt were up when they were found, if it is in the
        equity: an older program counted it there.
    :ivar session: the one that closed so, an ISO date; "" for the capital.
    :ivar moved: the money besides trading until then.
    """

    equity: Decimal
    realized: Decimal = ZERO
    unrealized: Decimal = ZERO
    totals: Mapping[str, Decimal | None] | None = {}
    gains: Decimal = ZERO
    session: str = ""
    moved: Money = NO_MONEY


class Bridge(NamedTuple):
    """opening + realized + unrealized_change + adjustments = closing; dollars and cents, a loss negative.

    :ivar money: what of it is no trading: income is part of `realized`, flows and other of `adjustments`;
        None where the book has none at all.
    """

    opening: Decimal
    realized: Decimal | None
    unrealized_change: Decimal | None
    adjustments: Decimal
    closing: Decimal | None
    unexplained: Decimal | None
    money: Money | None = None

    @property
    def pnl(self) -> Decimal | None:
        """P&L from opening to closing, dollars and cents, a loss negative; None where it is not known."""
        if self.closing is None:
            return None
        return CONTEXT.subtract(CONTEXT.subtract(self.closing, self.opening), self.adjustments)

    @property
    def taken_over(self) -> Decimal:
        """What of the adjustments is no money that moved, dollars and cents: holdings from before."""
        return CONTEXT.subtract(self.adjustments, self.money.outside) if self.money else self.adjustments

    @property
    def trading(self) -> Decimal | None:
        """What closing positions realized, dollars and cents; None where it is not known."""
        if self.realized is None or self.money is None:
            return self.realized
        return CONTEXT.subtract(self.realized, self.money.income)


def bridged(
    start: Opening,
    now: Opening,
    unexplained: Decimal | None,
    *,
    is_known: bool,
    complete: bool,
) -> Bridge:
    """Return the bridge; the gains of an older program's opening leave it as an adjustment, once.

    :param now: its equity is the capital, all P&L and all other money since, which the closing must be,
        wherever the bridge starts.
    :param unexplained: what cash and shares do not account for in it, unrounded.
    """
    moved = now.moved.less(start.moved)
    adjustments = cents(CONTEXT.subtract(moved.outside, start.gains))
    realized = CONTEXT.subtract(now.realized, start.realized)
    change = CONTEXT.subtract(now.unrealized, start.unrealized)
    closing = total((start.equity, realized, change, adjustments))
    return Bridge(
        start.equity,
        realized if is_known else None,
        change if complete else None,
        adjustments,
        closing if complete else None,
        None
        if unexplained is None
        else cents(CONTEXT.subtract(CONTEXT.add(unexplained, now.equity), closing)),
        None if now.moved == moved == NO_MONEY else moved,
    )


def moved_money(book: Book) -> Money:
    """Return the money besides trading since the first attempt, each sum rounded once, to the cent."""
    income = total(cents(held.income) for held in book.holdings.values())
    return Money(income, cents(book.flows), cents(book.other), cents(book.inflows))
