"""What a result states of the cost of trading: each order against its arrival price, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book.execution import MeanCost
from paper_run.model import json_fields as fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal
    from typing import Any

    from paper_run.book.execution import Split


class CostBasis(NamedTuple):
    """What costs are reckoned with besides the orders themselves.

    :ivar session: the one that is valued. :ivar has_closed: whether the exchange has closed it.
    :ivar closings: its closing marks, dollars by symbol, of what was not filled whole.
    :ivar unknown: why a symbol's fills, or its price, are not known. :ivar splits: those since the session.
    :ivar fees: of the session, dollars, a cost positive; None: no broker tells.
    :ivar watched: the symbols of which a split in the night before would have been seen, for they were held;
        None: nothing splits there.
    :ivar attempts: how many had orders of the session.
    """

    session: date
    has_closed: bool
    closings: Mapping[str, Decimal]
    unknown: Mapping[str, str]
    splits: tuple[Split, ...]
    fees: Decimal | None
    mean: MeanCost
    watched: frozenset[str] | None = None
    attempts: int = 1


class OrderCost(NamedTuple):
    """An order's cost; dollars and cents, a cost positive. What is not known is None, and `reason` says why.

    :ivar fill_ratio: filled / ordered shares, four places. :ivar arrival_notional: quantity x arrival price.
    :ivar shortfall: execution and opportunity cost. :ivar shortfall_bps: in basis points of that notional.
    :ivar includes_wait: whether the arrival price was more than five minutes old at the fill.
    """

    symbol: str
    side: str
    client_order_id: str
    fill_ratio: Decimal | None
    arrival_notional: Decimal | None
    execution_cost: Decimal | None
    opportunity_cost: Decimal | None
    shortfall: Decimal | None
    shortfall_bps: Decimal | None
    includes_wait: bool | None
    reason: str | None


class Costs(NamedTuple):
    """All orders together, as `OrderCost`; the sums are those of its rows.

    :ivar known_so_far: the sum of those shortfalls that are known. :ivar num_known: how many they are.
    :ivar fill_ratio: at arrival prices. :ivar fees: as the broker tells them, a cost positive.
    :ivar total: shortfall and fees; None where one of them is not known.
    :ivar mean: over the latest sessions, without fees.
    """

    orders: tuple[OrderCost, ...]
    arrival_notional: Decimal | None
    execution_cost: Decimal | None
    opportunity_cost: Decimal | None
    shortfall: Decimal | None
    shortfall_bps: Decimal | None
    known_so_far: Decimal
    num_known: int
    fill_ratio: Decimal | None
    fees: Decimal | None
    total: Decimal | None
    total_bps: Decimal | None
    includes_wait: bool
    mean: MeanCost


def to_json(costs: Costs) -> dict[str, Any]:
    """Return them as a document has them; amounts stay Decimal, in dollars."""
    return {
        **costs._asdict(),
        "orders": (each._asdict() for each in costs.orders),
        "mean": costs.mean._asdict(),
    }


def from_json(content: Mapping[str, Any]) -> Costs:
    """Read them back.

    :raises ValueError: an amount is none. :raises LookupError: a part is not there.
    """
    return Costs(
        **fields.read(content, _COSTS),
        orders=tuple(OrderCost(**fields.read(each, _ORDER)) for each in content["orders"]),
        mean=MeanCost(**fields.read(content["mean"], _MEAN)),
    )


def _flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


_COSTS = (
    fields.reading(fields.amount, [name for name in Costs._fields if name not in ("orders", "mean")])
    | fields.reading(fields.stated, ["known_so_far"])
    | fields.reading(lambda value: fields.whole(value) or 0, ["num_known"])
    | fields.reading(bool, ["includes_wait"])
)
_ORDER = (
    fields.reading(fields.amount, OrderCost._fields)
    | fields.reading(str, ["symbol", "side", "client_order_id"])
    | fields.reading(fields.text, ["reason"])
    | fields.reading(_flag, ["includes_wait"])
)
_MEAN = fields.reading(fields.amount, ["bps", "dollars"]) | fields.reading(
    lambda value: fields.whole(value) or 0, ["n", "minimum"]
)
