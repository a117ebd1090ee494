"""What an order's cumulative fill adds to the book since it was last looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run import money

if TYPE_CHECKING:
    from decimal import Decimal


class Seen(NamedTuple):
    """What of an order is booked: shares, and the dollars that they came to (price x shares), unsigned."""

    qty: Decimal = money.ZERO
    dollars: Decimal = money.ZERO


class Growth(NamedTuple):
    """What is to be booked, signed (a sale is negative), and a clause for what is odd.

    :ivar kind: `fill`; `correction` (no shares, the dollars are a corrected price); None for nothing.
    :ivar seen: what is booked after it. :ivar waits: whether the order must be read again for it.
    """

    kind: str | None
    qty: Decimal
    dollars: Decimal
    seen: Seen
    remark: str | None = None
    waits: bool = False


def growth(
    side: str, ordered: Decimal, seen: Seen, filled_qty: Decimal | None, filled_avg_price: Decimal | None
) -> Growth:
    """Return what an order's fill has grown by: (q1, p1) to (q2, p2) is q2 - q1 at (q2 p2 - q1 p1)/(q2 - q1).

    A quantity without a usable price waits; one that shrank books nothing; the same quantity at another
    price is a correction; more than was ordered is booked and remarked upon.

    :param side: `buy`, or anything else for a sale. :param filled_qty: cumulative shares.
    :param filled_avg_price: the average price of all of them, dollars.
    """
    filled = filled_qty or money.ZERO
    nothing = Growth(None, money.ZERO, money.ZERO, seen)
    if filled < seen.qty:
        fell = f"its filled quantity went back from {money.digits(seen.qty)} to {money.digits(filled)}"
        return nothing._replace(remark=f"{fell}; nothing was booked")
    if filled == 0:
        return nothing
    if filled_avg_price is None or filled_avg_price <= 0:
        if filled == seen.qty:
            return nothing
        waiting = money.digits(money.CONTEXT.subtract(filled, seen.qty))
        return nothing._replace(remark=f"{waiting} filled without a price; it waits for one", waits=True)
    now = Seen(filled, money.product(filled, filled_avg_price))
    qty = money.CONTEXT.subtract(filled, seen.qty)
    dollars = money.CONTEXT.subtract(now.dollars, seen.dollars)
    if not qty and not dollars:
        return nothing
    remark = None
    if filled > ordered and qty:
        remark = f"{money.digits(filled)} filled, more than the {money.digits(ordered)} ordered"
    elif not qty:
        remark = f"the price of its {money.digits(filled)} was corrected to {money.digits(filled_avg_price)}"
    if side != "buy":
        qty, dollars = qty.copy_negate(), dollars.copy_negate()
    return Growth("fill" if qty else "correction", qty, dollars, now, remark)
