"""A broker that tells the truth: orders filled execution by execution, corrected, replaced, never taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from support.odd_account import Account, decimal
from support.odd_broker import OddBroker
from support.odd_services import utc_text

if TYPE_CHECKING:
    from support.odd_platform import OddPlatform

WORKS = ("new", "accepted", "partially_filled")


@dataclass
class Execution:
    """Shares of an order at a price, and when; the id is the broker's."""

    qty: Decimal
    price: Decimal
    at: str
    identity: str


@dataclass
class Fate:
    """What becomes of the next order of a symbol when the gateway hands it on."""

    executed: Sequence[tuple[int, Decimal]] = ()
    status: str = "filled"
    is_taken: bool = True


@dataclass
class TrueOrder:
    """An order as the broker words it, with its executions."""

    told: dict[str, Any]
    executions: list[Execution] = field(default_factory=list)

    @property
    def works(self) -> bool:
        return self.told["status"] in WORKS

    @property
    def sign(self) -> int:
        return 1 if self.told["side"] == "buy" else -1

    @property
    def left(self) -> int:
        return int(self.told["qty"]) - int(sum(each.qty for each in self.executions))


class TrueBroker(OddBroker):
    """Its cash and positions follow from the executions alone.

    `fates` are what becomes of an order of a symbol; `digits` is how long the averages are that it tells.
    """

    def __init__(self, platform: "OddPlatform", digits: int) -> None:
        super().__init__(platform)
        self.fates: dict[str, Fate] = {}
        self.taken: list[TrueOrder] = []
        self._digits = digits
        self._executions = 0

    def place(
        self, order: dict[str, Any], filled: Decimal, price: Decimal | None, status: str, identity: str = ""
    ) -> dict[str, Any]:
        """Take an order of the gateway's, or don't, as its fate has it."""
        fate = self.fates.get(order["symbol"])
        if fate is None:  # a replacement
            return super().place(order, filled, price, status, identity)
        if not fate.is_taken:
            return {"id": "never-taken"}
        made = super().place(order, Decimal(0), None, fate.status, identity)
        self._own(made).executions = [self._execution(*each) for each in fate.executed]
        self._tell(self._own(made), fate.status)
        return made

    def _own(self, told: dict[str, Any]) -> TrueOrder:
        for each in self.taken:
            if each.told is told:
                return each
        self.taken.append(TrueOrder(told))
        return self.taken[-1]

    def executes(self, order: TrueOrder, qty: int, price: Decimal) -> None:
        """Fill some more of an order."""
        order.executions.append(self._execution(qty, price))
        self._tell(order, "partially_filled" if order.left else "filled")

    def ends(self, order: TrueOrder, status: str) -> None:
        self._tell(order, status)

    def corrects(self, order: TrueOrder, number: int, price: Decimal) -> None:
        """Have an execution have been at another price."""
        order.executions[number].price = price
        self._tell(order, order.told["status"])

    def busts(self, order: TrueOrder, number: int) -> None:
        """Have an execution never have been; the order does not work any more."""
        del order.executions[number]
        self._tell(order, "canceled")

    def replaces(self, order: TrueOrder, qty: int) -> TrueOrder:
        """Have somebody replace a working order by another one that has filled nothing yet."""
        self.fates.pop(order.told["symbol"], None)
        return self._own(self.replace(order.told["symbol"], qty, "0", None))

    def _execution(self, qty: int, price: Decimal) -> Execution:
        self._executions += 1
        at = self.now() + timedelta(milliseconds=self._executions)
        day = f"{at:%Y%m%d}"
        return Execution(Decimal(qty), price, utc_text(at), f"{day}000000000::{self._executions:08}")

    def _tell(self, order: TrueOrder, status: str) -> None:
        qty = sum((each.qty for each in order.executions), Decimal(0))
        dollars = sum((Fraction(each.qty) * Fraction(each.price) for each in order.executions), Fraction(0))
        average = None if not qty else decimal(dollars / Fraction(qty))
        if average is not None:
            average = round(average, self._digits)
        order.told |= {
            "status": status,
            "filled_qty": str(qty),
            "filled_avg_price": None if average is None else str(average),
            "filled_at": max((each.at for each in order.executions), default=None),
        }

    def held(self) -> Account:
        account = Account(int(self.deposit))
        for order in self.taken:
            for each in order.executions:
                account.fill(order.told["symbol"], each.qty * order.sign, each.price)
        return account

    def _executed(self, order: dict[str, Any]) -> list[tuple[str, str]]:
        return [(str(each.qty), str(each.price)) for each in self._own(order).executions]

    def _activity(self, order: dict[str, Any], number: int, qty: str, price: str) -> dict[str, Any]:
        execution = self._own(order).executions[number]
        told = super()._activity(order, number, qty, price)
        return told | {"id": execution.identity, "transaction_time": execution.at}
