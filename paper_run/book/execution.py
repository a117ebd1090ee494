"""What trading cost: each order's fill and what stayed unfilled against the price when it was decided.

Source: docs/CONCEPTS, "Execution costs".
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from paper_run import NamedTuple, money
from paper_run.book.splits import Ratio
from paper_run.money import CONTEXT, ZERO

MEAN_OF = 20
"""Over so many sessions the mean is."""
_LONGEST_WAIT = timedelta(minutes=5)
_BASIS_POINTS = Decimal(10_000)
_PLACES = Decimal(10) ** -2


class Executed(NamedTuple):
    """An order as it was asked for, and what came of it.

    :ivar side: "buy" or "sell". :ivar qty: unsigned shares, above zero. :ivar filled: the filled ones.
    :ivar price: their average, dollars; None where none was. :ivar arrival: the arrival price, dollars.
    :ivar closing: the session's closing mark, dollars; None: there is none, or not yet.
    """

    side: str
    qty: Decimal
    filled: Decimal
    price: Decimal | None
    arrival: Decimal
    closing: Decimal | None


class Shortfall(NamedTuple):
    """Implementation shortfall: what an order cost against a portfolio on paper; dollars, a cost positive.

    :ivar notional: of the whole order at the arrival price.
    :ivar execution: what the filled shares cost more than at that price.
    :ivar opportunity: what the others would have gained by the close; None: not known before it.
    """

    notional: Decimal
    execution: Decimal
    opportunity: Decimal | None

    @property
    def total(self) -> Decimal | None:
        """Both together, dollars, a cost positive; None while a part is not known."""
        return None if self.opportunity is None else CONTEXT.add(self.execution, self.opportunity)


def shortfall(order: Executed) -> Shortfall:
    """Return side x (average fill - arrival) x filled, and side x (closing - arrival) x unfilled.

    Perold, "The Implementation Shortfall: Paper versus Reality" (1988).
    """
    unfilled = max(ZERO, CONTEXT.subtract(order.qty, order.filled))
    opportunity: Decimal | None = ZERO
    if unfilled:
        opportunity = None if order.closing is None else _cost(order, order.closing, unfilled)
    execution = ZERO if order.price is None else _cost(order, order.price, order.filled)
    return Shortfall(money.product(order.qty, order.arrival), execution, opportunity)


def _cost(order: Executed, price: Decimal, shares: Decimal) -> Decimal:
    against = CONTEXT.subtract(price, order.arrival)
    return money.product(against if order.side == "buy" else -against, shares)


def in_all(parts: Iterable[Shortfall]) -> Shortfall:
    """Return the sum of what orders cost; of what one part is not known the sum is not."""
    notional, execution, opportunity = ZERO, ZERO, [ZERO]
    is_known = True
    for each in parts:
        notional = CONTEXT.add(notional, each.notional)
        execution = CONTEXT.add(execution, each.execution)
        is_known = is_known and each.opportunity is not None
        opportunity.append(each.opportunity or ZERO)
    return Shortfall(notional, execution, money.total(opportunity) if is_known else None)


def basis_points(cost: Decimal | None, notional: Decimal) -> Decimal | None:
    """Return a cost in basis points of arrival notional, two places, half to even; None where there is none.

    :param cost: dollars, like the notional, which is not negative.
    """
    if cost is None or not notional:
        return None
    exact = CONTEXT.divide(money.product(cost, _BASIS_POINTS), notional)
    return CONTEXT.add(exact.quantize(_PLACES, context=CONTEXT), ZERO)


class MeanCost(NamedTuple):
    """What trading cost in the mean of sessions of which it is known, on a day's page the latest.

    :ivar bps: basis points of their arrival notional, two places; None with fewer than `minimum`.
    :ivar dollars: a session, in cents, a cost positive. :ivar n: how many they are.
    """

    bps: Decimal | None
    dollars: Decimal | None
    n: int
    minimum: int = MEAN_OF


def mean(sessions: Sequence[tuple[Decimal, Decimal]]) -> MeanCost:
    """Return the mean over sessions, each weighing what its orders came to at arrival.

    :param sessions: each with its cost and its arrival notional, dollars.
    """
    if len(sessions) < MEAN_OF:
        return MeanCost(None, None, len(sessions))
    cost, notional = (money.total(each) for each in zip(*sessions, strict=True))
    dollars = money.cents(CONTEXT.divide(cost, Decimal(len(sessions))))
    return MeanCost(basis_points(cost, notional), dollars, len(sessions))


class SessionsCost(NamedTuple):
    """What trading cost in sessions of which it is known, `n` of them; cents, a cost positive.

    :ivar shortfall: None without a session. :ivar bps: in basis points of the notional, two places.
    """

    shortfall: Decimal | None
    arrival_notional: Decimal | None
    bps: Decimal | None
    n: int


def of_sessions(sessions: Sequence[tuple[Decimal, Decimal]]) -> SessionsCost:
    """Return what so many sessions cost together, rounded once.

    :param sessions: each with its cost and its arrival notional, dollars.
    """
    if not sessions:
        return SessionsCost(None, None, None, 0)
    cost, notional = (money.total(each) for each in zip(*sessions, strict=True))
    return SessionsCost(money.cents(cost), money.cents(notional), basis_points(cost, notional), len(sessions))


def waited(arrived: datetime | None, filled: datetime | None) -> bool | None:
    """Whether an arrival price was more than five minutes old at the fill; None: one time is not known.

    :param arrived: of any zone, like the fill's.
    """
    return None if arrived is None or filled is None else filled - arrived > _LONGEST_WAIT


class Split(NamedTuple):
    """A split of a symbol, and the first day whose prices are of after it."""

    symbol: str
    effective: date
    ratio: Ratio


def of_shares_on(day: date, price: Decimal, dated: date, symbol: str, splits: Iterable[Split]) -> Decimal:
    """Return a price of an earlier day for shares as they are on a later one, dollars.

    :param day: the later one. :param price: dollars, of `dated`.
    """
    for each in splits:
        if each.symbol == symbol and dated < each.effective <= day:
            price = each.ratio.price(price)
    return price
