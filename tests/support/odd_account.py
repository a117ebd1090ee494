"""The broker's own account behind the odd platform: exact, at average cost, by arithmetic of its own."""

from decimal import Decimal
from fractions import Fraction


class Held:
    """A position: signed shares, their signed cost, and what was realized so far; all exact."""

    def __init__(self) -> None:
        self.qty = Fraction(0)
        self.cost = Fraction(0)
        self.realized = Fraction(0)

    def fill(self, qty: Fraction, price: Fraction) -> None:
        """Add signed shares: what reduces realizes at the average, what goes beyond zero begins anew."""
        reduced = Fraction(0)
        if self.qty * qty < 0:
            reduced = qty if abs(qty) <= abs(self.qty) else -self.qty
            cost = self.cost * -reduced / self.qty
            self.realized += -reduced * price - cost
            self.cost -= cost
        self.cost += (qty - reduced) * price
        self.qty += qty

    @property
    def average(self) -> Fraction:
        return self.cost / self.qty if self.qty else Fraction(0)


class Account:
    """Cash in dollars, and each symbol that was ever traded."""

    def __init__(self, cash: Fraction | int = 100_000) -> None:
        self.cash = Fraction(cash)
        self.positions: dict[str, Held] = {}

    def fill(self, symbol: str, qty: Decimal, price: Decimal) -> None:
        """Book signed shares at a price."""
        self.positions.setdefault(symbol, Held()).fill(Fraction(qty), Fraction(price))
        self.cash -= Fraction(qty) * Fraction(price)

    def move(self, symbol: str, qty: Fraction, cost: Fraction) -> None:
        """Add signed shares and their signed cost, without cash."""
        held = self.positions.setdefault(symbol, Held())
        held.qty += qty
        held.cost += cost


def decimal(amount: Fraction) -> Decimal:
    """Return an amount with as many digits as the context has."""
    return Decimal(amount.numerator) / Decimal(amount.denominator)
