"""An oracle: what the book must state, from the broker's own executions alone, in exact fractions."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from lives.true_broker import TrueBroker, TrueOrder
from support.odd_account import Account, Held, decimal

CENT = Decimal("0.01")


@dataclass
class _Growth:
    """What an order has grown by from one look to the next: signed shares, signed dollars."""

    session: str
    number: int
    order: TrueOrder
    qty: Fraction
    dollars: Fraction


class ExactBook:
    """Looks at the broker as often as the book could, and keeps what each order grew by in between.

    What grew within a session counts from that session; what was corrected counts as if it had been so from
    the start, shared out among what the order grew by in proportion.
    """

    def __init__(self, broker: TrueBroker) -> None:
        self._broker = broker
        self._grown: list[_Growth] = []

    def look(self) -> None:
        """Take in what the broker shows now."""
        for order in self._broker.taken:
            own = [each for each in self._grown if each.order is order]
            had = (
                sum((each.qty for each in own), Fraction(0)),
                sum((each.dollars for each in own), Fraction(0)),
            )
            now = self._total(order)
            if now == had:
                continue
            grown = (now[0] - had[0], now[1] - had[1])
            if grown[0] * order.sign > 0 and grown[1] * order.sign > 0:
                session = max(each.at for each in order.executions)[:10]
                self._grown.append(_Growth(session, len(self._grown), order, *grown))
            else:
                for each in own:
                    each.dollars = now[1] * each.dollars / had[1]
                    each.qty = now[0] * each.qty / had[0]

    @staticmethod
    def _total(order: TrueOrder) -> tuple[Fraction, Fraction]:
        qty = sum((Fraction(each.qty) for each in order.executions), Fraction(0))
        dollars = sum((Fraction(each.qty) * Fraction(each.price) for each in order.executions), Fraction(0))
        return qty * order.sign, dollars * order.sign

    def positions(self) -> dict[str, Held]:
        """Return each symbol that was ever traded, folded in the order of sessions."""
        account = Account()
        for each in sorted(self._grown, key=lambda each: (each.session, each.number)):
            held = account.positions.setdefault(each.order.told["symbol"], Held())
            if each.qty:
                held.fill(each.qty, each.dollars / each.qty)
        return account.positions

    def cash(self) -> Fraction:
        """Return what all of it has cost, signed: negative where money went out."""
        return -sum((each.dollars for each in self._grown), Fraction(0))


def cents(amount: Fraction) -> Decimal:
    """Round to the cent, halves to even."""
    return decimal(amount).quantize(CENT, ROUND_HALF_EVEN)
