"""An orchestrator's run, its signals, and an order: as asked for, as the gateway and a result have it."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from paper_run import NamedTuple, money

RUN_ENDS = frozenset({"completed", "partial", "failed"})
"""The orchestrator's words for a run that is over."""


PriceSource = Literal["fill", "limit", "quote", "estimated"]


Outcome = Literal["accepted", "rejected", "in_doubt", "repeat"]


class SignalOrder(NamedTuple):
    """A signal and what the orchestrator made of it (a `mapping`), unsigned; without an order qty is None."""

    symbol: str
    predicted_return: Decimal | None = None
    rank: int | None = None
    target_weight: Decimal | None = None
    client_order_id: str | None = None
    qty: Decimal | None = None
    side: str | None = None
    broker_order_id: str | None = None
    status: str | None = None
    filled_qty: Decimal | None = None
    filled_avg_price: Decimal | None = None
    skip_reason: str | None = None


class Orchestration(NamedTuple):
    """The orchestrator's answer for one run; the counts are its own opinion."""

    run_id: str
    status: str
    strategy: str | None = None
    as_of_date: str | None = None
    started_at: str | None = None
    num_signals: int | None = None
    num_orders_submitted: int | None = None
    num_orders_accepted: int | None = None
    num_orders_rejected: int | None = None
    mappings: tuple[SignalOrder, ...] = ()
    duration_seconds: Decimal | None = None
    error_message: str | None = None


class ListedRun(NamedTuple):
    """A run as the orchestrator's list shows it; `orders` is how many it says it had, None: not said."""

    run_id: str
    status: str
    as_of_date: str | None
    started_at: str | None
    orders: int | None
    strategy: str | None = None


class Asked(NamedTuple):
    """What an order of ours asked for, whatever the gateway says of it: shares without a sign."""

    symbol: str
    side: str
    qty: Decimal

    def __str__(self) -> str:
        return f"{self.side} {money.trimmed(self.qty)} {self.symbol}"


BROKER, GATEWAY = "broker", "gateway"


class OrderState(NamedTuple):
    """An order as it is known now; `filled_qty` and `filled_avg_price` are cumulative.

    :ivar filled_dollars: what the fills came to, unsigned, where the executions tell it; else the average
        price times the shares is taken.
    :ivar told_by: whose word it is: BROKER's, or None for the gateway's.
    """

    client_order_id: str
    symbol: str
    side: str
    qty: Decimal
    status: str
    broker_order_id: str | None = None
    limit_price: Decimal | None = None
    filled_qty: Decimal | None = None
    filled_avg_price: Decimal | None = None
    error_message: str | None = None
    created_at: str | None = None
    order_type: str | None = None
    time_in_force: str | None = None
    filled_at: datetime | None = None
    filled_dollars: Decimal | None = None
    told_by: str | None = None


class Order(NamedTuple):
    """A row of the result: the signal, its order, how it stands, and its notional in dollars and cents.

    Quantities are unsigned. `outcome` is None for a signal without an order. `price_source` says where
    `price` comes from; an `estimated` notional has no price, only a size.

    :ivar arrival_price: the market's price right before it was asked for, dollars, with the source (`quote`
        or `trade`) and that source's time of it, on the exchange's clock, ISO 8601; None: not known.
    """

    symbol: str
    side: str | None
    qty: Decimal | None
    status: str | None
    outcome: Outcome | None
    client_order_id: str | None
    broker_order_id: str | None
    filled_qty: Decimal | None
    filled_avg_price: Decimal | None
    price: Decimal | None
    price_source: PriceSource | None
    notional: Decimal | None
    predicted_return: Decimal | None
    rank: int | None
    target_weight: Decimal | None
    skip_reason: str | None
    error_message: str | None
    arrival_price: Decimal | None = None
    arrival_source: str | None = None
    arrival_time: str | None = None


ARRIVAL = ("arrival_price", "arrival_source", "arrival_time")
"""The fields of an order that only a record has of which an arrival price is known."""


_CALLS_FOR_NONE = frozenset({"zero_weight", "qty_less_than_one_share"})


def has_failed(skip_reason: str | None) -> bool:
    """Whether the reason for which a signal has no order is a failure, and not that it called for none."""
    if not skip_reason:
        return False
    return skip_reason.partition(":")[0].strip() not in _CALLS_FOR_NONE
