"""Average-cost position arithmetic, exact to 50 digits: what one fill does to a position."""

from decimal import Context, Decimal
from typing import NamedTuple

ZERO = Decimal(0)
_EXACT = Context(prec=50)
_SHOWN = Context(prec=28)


class Position(NamedTuple):
    """A signed quantity, what it cost in all (negative for a short), and the P&L realized so far, in dollars.

    The cost is kept instead of the average, so that `cash + cost` moves by exactly what is realized, however
    an average would have to be rounded.
    """

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO

    @property
    def avg_entry_price(self) -> Decimal:
        """The average price of the open quantity, 28 digits; zero when closed."""
        return _SHOWN.divide(self.cost, self.qty) if self.qty else ZERO

    def unrealized(self, price: Decimal) -> Decimal:
        """Return what closing everything at `price` would realize."""
        return _EXACT.subtract(_EXACT.multiply(self.qty, price), self.cost)

    def after_fill(self, qty: Decimal, price: Decimal) -> "Position":
        """Return the position after buying (`qty` > 0) or selling (`qty` < 0) at `price`.

        Adding never realizes. A trade against the position realizes the part it closes; a flip realizes all
        of the old side and opens the rest at the fill price.
        """
        closed = ZERO
        if self.qty * qty < 0:
            closed = qty if abs(qty) <= abs(self.qty) else -self.qty
        released = ZERO
        if closed == -self.qty:
            released = self.cost
        elif closed:
            released = _EXACT.divide(_EXACT.multiply(self.cost, -closed), self.qty)
        opened = _EXACT.multiply(qty - closed, price)
        realized = _EXACT.subtract(_EXACT.multiply(-closed, price), released)
        return Position(
            self.qty + qty,
            _EXACT.add(_EXACT.subtract(self.cost, released), opened),
            _EXACT.add(self.realized, realized),
        )


def cash_of_fill(qty: Decimal, price: Decimal) -> Decimal:
    """Return how a fill moves the cash: negative for a purchase."""
    return _EXACT.multiply(-qty, price)


def total(amounts: "list[Decimal]") -> Decimal:
    """Return the exact sum."""
    result = ZERO
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def written(amount: Decimal) -> str:
    """Return an amount as the services write it: up to 28 digits, no exponent, no trailing zeros."""
    text = f"{_SHOWN.plus(amount):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
