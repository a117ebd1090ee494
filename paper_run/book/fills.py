"""What an order's cumulative fill adds to the book since it was last looked at.

Source: docs/CONCEPTS, "What an order adds: the growth of its fill".
"""

from decimal import Context, Decimal

from paper_run import NamedTuple, money

_SHOWN = Context(prec=28)
_FINEST, _COARSEST = Decimal("0.000001"), Decimal("0.01")
"""Between these, in dollars, an average price is rounded: to the last digit that is written."""


class Seen(NamedTuple):
    """What of an order is booked: shares, and the dollars that they came to (price x shares), unsigned."""

    qty: Decimal = money.ZERO
    dollars: Decimal = money.ZERO


class FillDelta(NamedTuple):
    """What is to be booked, signed (a sale is negative), and a clause for what is odd.

    :ivar kind: `fill`; None for nothing. :ivar seen: what is booked after it.
    :ivar waits: whether there are shares without a price. :ivar contested: whether it says less than what is
        booked, or another price for it.
    """

    kind: str | None
    qty: Decimal
    dollars: Decimal
    seen: Seen
    remark: str | None = None
    waits: bool = False
    contested: bool = False


def fill_delta(
    side: str,
    ordered: Decimal,
    seen: Seen,
    filled_qty: Decimal | None,
    filled_avg_price: Decimal | None,
    filled_dollars: Decimal | None = None,
) -> FillDelta:
    """Return what an order's fill has grown by: (q1, p1) to (q2, p2) is q2 - q1 at (q2 p2 - q1 p1)/(q2 - q1).

    A quantity without a usable price waits; one that shrank, or the same quantity at another price, books
    nothing; more than was ordered is booked and remarked upon.

    :param side: `buy`, or anything else for a sale. :param filled_qty: cumulative shares.
    :param filled_avg_price: the average price of all of them, dollars.
    :param filled_dollars: what they came to, unsigned, where that is known better.
    """
    filled = filled_qty or money.ZERO
    nothing = FillDelta(None, money.ZERO, money.ZERO, seen)
    if filled < seen.qty:
        if not seen.qty:  # an older program kept negative ones too
            return nothing
        fell = f"its filled quantity went back from {money.trimmed(seen.qty)} to {money.trimmed(filled)}"
        return nothing._replace(remark=f"{fell}; nothing was booked", contested=True)
    qty = money.CONTEXT.subtract(filled, seen.qty)
    if filled_avg_price is None or filled_avg_price <= 0:
        waiting = f"{money.trimmed(qty)} filled without a price; it waits for one"
        return nothing._replace(remark=waiting, waits=True) if qty else nothing
    now = Seen(filled, money.product(filled, filled_avg_price) if filled_dollars is None else filled_dollars)
    dollars = money.CONTEXT.subtract(now.dollars, seen.dollars)
    if not qty and not dollars:
        return nothing
    if not qty:
        prices = f"from {money.short(average(seen))} to {money.short(filled_avg_price)}"
        went = f"the price of its {money.trimmed(filled)} went {prices}"
        return nothing._replace(remark=f"{went}; nothing was booked", contested=True)
    remark = None
    if filled > ordered:
        remark = f"{money.trimmed(filled)} filled, more than the {money.trimmed(ordered)} ordered"
    if side != "buy":
        qty, dollars = qty.copy_negate(), dollars.copy_negate()
    return FillDelta("fill", qty, dollars, now, remark)


def average(seen: Seen) -> Decimal:
    """Return the average price of the shares that are booked, at most 28 digits, in dollars."""
    return _SHOWN.divide(seen.dollars, seen.qty)


def is_average(dollars: Decimal | None, qty: Decimal | None, price: Decimal | None) -> bool:
    """Whether an average price is that of what some shares came to, as far as it is rounded.

    :param dollars: unsigned. :param qty: shares, unsigned. :param price: a share's, dollars. None of any:
        nothing speaks against it.
    """
    if dollars is None or qty is None or price is None:
        return True
    last_digit = Decimal(1).scaleb(int(price.normalize().as_tuple().exponent))
    rounded = min(max(last_digit, _FINEST), _COARSEST)
    apart = money.CONTEXT.subtract(dollars, money.product(qty, price))
    return not apart or apart.copy_abs() < money.product(qty, rounded)
