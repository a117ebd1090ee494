"""The cost of trading under the names of a result's document, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.book.execution import MeanCost
from paper_run.model import json_fields as fields
from paper_run.model.costs import Costs, OrderCost

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_json(costs: Costs) -> dict[str, Any]:
    """Return them as a document has them; amounts stay Decimal, in dollars."""
    return {
        **costs._asdict(),
        "orders": [each._asdict() for each in costs.orders],
        "mean": costs.mean._asdict(),
    }


def from_json(content: Mapping[str, Any]) -> Costs:
    """Read them back.

    :raises ValueError: an amount is none. :raises LookupError: a part is not there.
    """
    return Costs(
        **{name: read(content, name) for name, read in _COSTS.items()},
        orders=tuple(
            OrderCost(**{name: read(each, name) for name, read in _ORDER.items()})
            for each in content["orders"]
        ),
        mean=MeanCost(**{name: read(content["mean"], name) for name, read in _MEAN.items()}),
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
