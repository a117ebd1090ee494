"""What became of the orders: accepted, rejected or in doubt, and the notional of each."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import money
from paper_run.model import findings
from paper_run.model.findings import listed
from paper_run.model.order import Asked, Order, SignalOrder, has_failed
from paper_run.model.result import Totals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import tzinfo

    from paper_run.book.marks import Mark
    from paper_run.model.attempt import Parameters
    from paper_run.model.findings import Finding
    from paper_run.model.order import Orchestration, OrderState, Outcome, PriceSource
    from paper_run.model.result import RunStatus

REFUSED = frozenset({"rejected", "failed"})
"""Words that mean no execution, when the gateway said them (there is an order id)."""
NOT_PLACED = "not_placed"
"""Our own word: the broker, asked late enough, does not know the order."""
ENDED = frozenset({"canceled", "cancelled", "expired", NOT_PLACED})
"""Words that mean no execution unless something was filled before."""
WORKING_OR_DONE = frozenset(
    (
        *("dry_run", "pending_new", "new", "accepted", "partially_filled", "filled", "replaced"),
        *("done_for_day", "pending_cancel", "stopped", "suspended", "submitted"),
        *("submitted_unconfirmed", "scheduled", "blocked_kill_switch", "blocked_circuit_breaker"),
        *("pending_replace", "pending_review", "accepted_for_bidding", "calculated", "held"),
    )
)
KNOWN = REFUSED | ENDED | WORKING_OR_DONE
_NAMED = 5
FINAL = REFUSED | ENDED | {"filled", "replaced", "dry_run", "blocked_kill_switch", "blocked_circuit_breaker"}
"""Words after which nothing more fills; any other one, also an unknown one, is a working order's."""


def order_rows(
    mappings: Iterable[SignalOrder],
    states: Mapping[str, OrderState],
    parameters: Parameters,
    *,
    repeats: Collection[str] = (),
    quotes: Mapping[str, Decimal] | None = None,
    arrivals: Mapping[str, Mark] | None = None,
    zone: tzinfo | None = None,
) -> tuple[Order, ...]:
    """Join each signal with the latest state of its order; an id seen twice is one order, counted once.

    :param repeats: ids that an earlier attempt owns. :param quotes: the market's price by symbol, dollars.
    :param arrivals: likewise, right before they were asked for. :param zone: the exchange's.
    """
    rows: list[Order] = []
    seen = set(repeats)
    for mapping in mappings:
        repeat, state = False, None
        if (identity := mapping.client_order_id) is not None:
            repeat, state = identity in seen, states.get(identity)
            seen.add(identity)
        row = _row(mapping, state, parameters, (quotes or {}).get(mapping.symbol), repeat=repeat)
        arrival = (arrivals or {}).get(mapping.symbol)
        rows.append(row if arrival is None or repeat else _arrived(row, arrival, zone))
    return tuple(rows)


def _row(
    mapping: SignalOrder,
    state: OrderState | None,
    parameters: Parameters,
    quote: Decimal | None,
    *,
    repeat: bool,
) -> Order:
    status = state.status if state else mapping.status
    filled_qty = _first(state.filled_qty if state else None, mapping.filled_qty)
    filled_price = _first(state.filled_avg_price if state else None, mapping.filled_avg_price)
    limit = state.limit_price if state else None
    outcome: Outcome | None = None
    notional = None
    if mapping.side is None or mapping.qty is None or mapping.qty <= 0:
        price, source = _price(filled_price, limit, None)
    else:
        outcome = "repeat" if repeat else _outcome(mapping, state, status, filled_qty)
        price, source = _price(filled_price, limit, quote)
        if outcome == "accepted":
            notional, source = _notional(mapping, mapping.qty, price, source, parameters)
    return Order(
        symbol=mapping.symbol,
        side=mapping.side,
        qty=mapping.qty,
        status=status,
        outcome=outcome,
        client_order_id=mapping.client_order_id,
        broker_order_id=(state.broker_order_id if state else None) or mapping.broker_order_id,
        filled_qty=filled_qty,
        filled_avg_price=filled_price,
        price=price,
        price_source=source,
        notional=notional,
        predicted_return=mapping.predicted_return,
        rank=mapping.rank,
        target_weight=mapping.target_weight,
        skip_reason=mapping.skip_reason,
        error_message=state.error_message if state else None,
    )


def _arrived(row: Order, arrival: Mark, zone: tzinfo | None) -> Order:
    moment = None if arrival.time is None else arrival.time.astimezone(zone).isoformat(timespec="seconds")
    return row._replace(arrival_price=arrival.price, arrival_source=arrival.source, arrival_time=moment)


def _notional(
    mapping: SignalOrder,
    qty: Decimal,
    price: Decimal | None,
    source: PriceSource | None,
    parameters: Parameters,
) -> tuple[Decimal | None, PriceSource | None]:
    """Return what an order comes to, dollars, and where its price is from; without one it is estimated."""
    if price is not None:
        return money.cents(money.product(qty, price)), source
    if mapping.target_weight is None:
        return None, None
    weighted = money.product(parameters.capital, mapping.target_weight.copy_abs())
    return money.cents(min(weighted, parameters.max_position_size)), "estimated"


def _outcome(
    mapping: SignalOrder, state: OrderState | None, status: str | None, filled_qty: Decimal | None
) -> Outcome:
    """Tell what is known of a submitted order.

    `rejected` and `failed` prove nothing by themselves: the orchestrator writes them also when the gateway
    hung and may still place the order, and the gateway when its connection to the broker broke, which may
    have taken it. A 4xx of the gateway, a word that only the gateway says, a broker's id, or the gateway's
    word, read without an error beside it, prove that nothing comes of it.
    """
    unfilled = filled_qty is None or filled_qty <= 0
    if status is not None and (status.startswith("blocked_") or (status in ENDED and unfilled)):
        return "rejected"
    reason = mapping.skip_reason
    refused = reason is not None and re.match(r"submission_failed:\s*4\d\d\b", reason)
    if mapping.client_order_id is None:
        return "rejected" if refused else "in_doubt"
    if status not in REFUSED:
        return "accepted"
    at_broker = mapping.broker_order_id or (state and state.broker_order_id)
    if refused or at_broker:
        return "rejected"
    return "rejected" if state is not None and not state.error_message else "in_doubt"


def is_executed(order: Order) -> bool:
    """Whether an order reached the broker: it says so, or has a broker's id or a fill."""
    word = order.status
    if order.broker_order_id or (order.filled_qty is not None and order.filled_qty > 0):
        return True
    if not word or word in REFUSED | ENDED or word == "dry_run" or word.startswith("blocked_"):
        return False
    return order.client_order_id is not None


def _price(
    filled: Decimal | None, limit: Decimal | None, quote: Decimal | None
) -> tuple[Decimal | None, PriceSource | None]:
    known: tuple[tuple[Decimal | None, PriceSource], ...]
    known = ((filled, "fill"), (limit, "limit"), (quote, "quote"))
    return next(((price, source) for price, source in known if price is not None and price > 0), (None, None))


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def totals(orders: Sequence[Order], *, signals: int, states_complete: bool) -> Totals:
    """Count the orders and sum their notional, dollars; `filled` only when every state could be read."""
    tally = {"accepted": 0, "rejected": 0, "in_doubt": 0}
    filled = 0
    for order in orders:
        if order.outcome in tally:
            tally[order.outcome] += 1
        if order.outcome == "accepted" and order.status == "filled":
            filled += 1
    return Totals(
        num_signals=signals,
        num_orders_submitted=sum(tally.values()),
        num_orders_accepted=tally["accepted"],
        num_orders_rejected=tally["rejected"],
        num_orders_in_doubt=tally["in_doubt"],
        num_orders_filled=filled if states_complete else None,
        total_notional=money.total(order.notional for order in orders if order.notional is not None),
        success_rate=money.rate(tally["accepted"], sum(tally.values())),
    )


NOT_KNOWN = Totals()
"""The totals of a run of which nothing is known: no zero is invented."""


def run_status(orchestration: Orchestration, tally: Totals) -> RunStatus:
    """Success: completed, and every submitted order accepted (also when there was none to submit)."""
    if orchestration.status == "completed" and not (tally.num_orders_rejected or tally.num_orders_in_doubt):
        return "success"
    return "partial" if tally.num_orders_accepted else "failed"


def differences(orchestration: Orchestration, tally: Totals, *, repeats: int = 0) -> tuple[Finding, ...]:
    """Say where the orchestrator's own counts of its answer differ from its mappings.

    What the orders explain of which it had no answer itself is not said, for that they are in doubt is: they
    may be missing from what it submitted and had accepted, and be among what was rejected. One that was
    refused before it had an id may be missing from what it submitted too.

    :param repeats: how many of its orders count as submitted and accepted, though they were so before.
    """
    sent = [each for each in orchestration.mappings if each.side and each.qty is not None and each.qty > 0]
    answered = [_outcome(each, None, each.status, each.filled_qty) for each in sent]
    unanswered, no_id = answered.count("in_doubt"), sum(each.client_order_id is None for each in sent)
    stated = (tally.num_orders_submitted, tally.num_orders_accepted)
    submitted, accepted = (None if each is None else each + repeats for each in stated)
    pairs = (
        ("signals", orchestration.num_signals, tally.num_signals, 0),
        ("orders submitted", orchestration.num_orders_submitted, submitted, max(no_id, unanswered)),
        ("orders accepted", orchestration.num_orders_accepted, accepted, unanswered),
        ("orders rejected", orchestration.num_orders_rejected, tally.num_orders_rejected, -unanswered),
    )
    return tuple(
        findings.warning(
            "orchestrator_differs",
            f"The orchestrator's count of {what} is {theirs}; "
            f"its signals and orders as they stand make {ours}.",
        )
        for what, theirs, ours, less in pairs
        if theirs is not None and (ours is None or not min(0, less) <= ours - theirs <= max(0, less))
    )


def failed_signals(rows: Sequence[Order]) -> Finding | None:
    """Say which signals came to no order because something failed, None when none did."""
    failed = [row for row in rows if row.outcome is None and has_failed(row.skip_reason)]
    if not failed:
        return None
    named = [f"{row.symbol} ({_line(row.skip_reason)})" for row in failed]
    many = f"{len(failed)} of {len(rows)} signals" if len(rows) - len(failed) else "All signals"
    words = f"{many} failed, so that nothing was ordered for them: {listed(named, _NAMED, by='; ')}."
    return findings.warning("signals_failed", words, subject=failed[0].symbol)


def oversized(rows: Iterable[Order], maximum: Decimal) -> Finding | None:
    """Say which orders are larger than the maximum position, None when none is.

    By the notional that the result states, a cent more is more: they are sized before they fill, and at which
    price nobody tells.

    :param maximum: dollars.
    """
    large = [row for row in rows if row.notional is not None and row.notional > maximum]
    if not large:
        return None
    named = [f"{_asked(row)}, {row.notional:,.2f} dollars" for row in large]
    words = f"Larger than the maximum position of {maximum:,.2f} dollars: {listed(named, _NAMED, by='; ')}."
    return findings.warning("order_oversized", words, subject=large[0].symbol)


def stated_quotes(rows: Iterable[Order]) -> dict[str, Decimal]:
    """Return the quotes that a result states its orders' notional at, by symbol, dollars."""
    return {
        each.symbol: each.price for each in rows if each.price_source == "quote" and each.price is not None
    }


def problem(order: Order) -> Finding | None:
    """Say what is wrong with an order, None when nothing is."""
    name, reason = _asked(order), _line(order.error_message or order.skip_reason)
    because = f": {reason}" if reason else ""
    if order.outcome == "rejected":
        said = f"{name} was not accepted ({order.status or 'no status'}){because}"
        return findings.warning("order_rejected", said, subject=order.symbol)
    if order.outcome == "in_doubt":
        said = f"{name} is in doubt: it got no order id and may have been placed{because}"
        if order.client_order_id is not None:
            how = f"it is {order.status} without a broker's id and may have been placed"
            said = f"{name} is in doubt: {how}{because}"
        return findings.warning("order_in_doubt", said, subject=order.symbol)
    if order.outcome == "accepted" and order.status is not None and order.status not in KNOWN:
        said = f"{name} has a status that is not known here, {order.status!r}; taken as working"
        return findings.warning("order_status", said, subject=order.symbol)
    return None


def asked(mappings: Iterable[SignalOrder]) -> dict[str, Asked]:
    """Return what each order that has an id asked for."""
    return {
        each.client_order_id: Asked(each.symbol, each.side, each.qty)
        for each in mappings
        if each.client_order_id and each.side is not None and each.qty is not None
    }


def _asked(order: Order) -> str:
    """Return what was ordered, in words."""
    return order.symbol if order.qty is None else f"{order.side} {money.digits(order.qty)} {order.symbol}"


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def signal_of(state: OrderState) -> SignalOrder:
    """Put an order that the gateway knows in the place of a run's mapping; its signal is not known."""
    return SignalOrder(
        symbol=state.symbol,
        client_order_id=state.client_order_id,
        qty=state.qty,
        side=state.side,
        broker_order_id=state.broker_order_id,
        status=state.status,
        filled_qty=state.filled_qty,
        filled_avg_price=state.filled_avg_price,
    )
