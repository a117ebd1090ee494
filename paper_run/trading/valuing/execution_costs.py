"""What trading cost: kept for each session from its orders as they stand, and stated order by order."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import execution, splits
from paper_run.model.calendar import read_moment
from paper_run.model.costs import CostBasis, Costs, OrderCost

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, tzinfo

    from paper_run.book.execution import Shortfall
    from paper_run.book.marks import Mark
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.costs import SessionCosts
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.order import Order, OrderState

_PLACES = Decimal(10) ** -4
_LATE = datetime.max.replace(tzinfo=UTC)
_WORKING = "what it filled is not known"


class Asked(NamedTuple):
    """An order: what was asked for in unsigned shares, how it stands, and the market's price before.

    :ivar state: None: it could not be read. :ivar dated: the day of that price, at the exchange.
    """

    name: str
    symbol: str
    side: str
    qty: Decimal
    state: OrderState | None
    arrival: Mark | None
    dated: date
    is_unsure: bool = False


class _Cost(NamedTuple):
    """What one order cost, unrounded; or why that is not known."""

    asked: Asked
    filled: Decimal | None
    shortfall: Shortfall | None
    reason: str | None


# kept for each session


def keep(
    ledger: Ledger,
    costs: SessionCosts,
    period: BookPeriod,
    session: date,
    *,
    zone: tzinfo | None,
    present: CostBasis,
) -> int:
    """Write what a session's orders cost, from all of its attempts as the ledger has them: return how many.

    :param present: what it is reckoned with, of this session.
    """
    rows = [row for row in ledger.attempts.of_session(session) if _is_executed(row, period)]
    if all(row.snapshot.arrivals is None for row in rows):
        return len(rows)
    found = [_cost(each, present) for row in rows for each in _asked_of(ledger, row, zone)]
    unsure = any(row.outcome_unknown or row.id in ledger.attempts.in_doubt() for row in rows)
    known = [each.shortfall for each in found if each.shortfall is not None]
    whole = execution.in_all(known)
    cost = None
    if known and len(known) == len(found) and whole.total is not None and not unsure:
        cost = (whole.total, whole.notional)
    unfilled = {each.asked.symbol for each in found if each.filled is None or each.filled < each.asked.qty}
    closings = {symbol: price for symbol, price in present.closings.items() if symbol in unfilled}
    costs.keep(period.id, session.isoformat(), cost, closings)
    return len(rows)


def _is_executed(row: AttemptRow, period: BookPeriod) -> bool:
    return row.id >= period.attempt and row.closes


def _asked_of(ledger: Ledger, row: AttemptRow, zone: tzinfo | None) -> list[Asked]:
    """Return an attempt's own orders as the ledger has them."""
    arrivals = row.snapshot.arrivals or {}
    return [
        Asked(
            *(name, state.symbol, state.side, state.qty, state, arrivals.get(state.symbol)),
            dated(arrivals.get(state.symbol), row.started_at, zone),
        )
        for name, state in with_replacements(ledger.orders.order_states(row)).items()
    ]


def with_replacements(states: Mapping[str, OrderState]) -> dict[str, OrderState]:
    """Return an attempt's orders, each with what those filled that replaced it at the broker.

    What was asked for at the arrival price is the first one: what its replacements filled is not missed.

    :param states: all that are owned by the attempt.
    """
    chains: dict[tuple[str, str], list[OrderState]] = {}
    for state in states.values():
        chains.setdefault((state.symbol, state.side), []).append(state)
    found: dict[str, OrderState] = {}
    for chain in chains.values():
        if not any(each.status == "replaced" for each in chain):
            found |= {each.client_order_id: each for each in chain}
            continue
        first = min(chain, key=_created)
        found[first.client_order_id] = _filled_together(first, chain)
    return found


def _created(state: OrderState) -> datetime:
    return read_moment(state.created_at) or _LATE


def _filled_together(first: OrderState, chain: Sequence[OrderState]) -> OrderState:
    """Return an order with all that a chain of orders filled; without a price where one of them has none."""
    parts = [each for each in chain if each.filled_qty]
    qty = money.total(each.filled_qty or money.ZERO for each in parts)
    dollars = [_dollars(each) for each in parts]
    known = [each for each in dollars if each is not None]
    is_priced = bool(parts) and len(known) == len(dollars)
    times = [each.filled_at for each in parts if each.filled_at is not None]
    return first._replace(
        filled_qty=qty,
        filled_avg_price=money.CONTEXT.divide(money.total(known), qty) if is_priced else None,
        filled_at=max(times, default=None),
    )


def _dollars(state: OrderState) -> Decimal | None:
    if state.filled_dollars is not None or state.filled_avg_price is None:
        return state.filled_dollars
    return money.product(state.filled_qty or money.ZERO, state.filled_avg_price)


def dated(arrival: Mark | None, started: datetime, zone: tzinfo | None) -> date:
    """Return the exchange's day of an arrival price, that of the attempt where its source says no time.

    :param started: of any zone. :param zone: the exchange's.
    """
    moment = started if arrival is None or arrival.time is None else arrival.time
    return moment.astimezone(zone).date()


# stated with a result


def asked(
    rows: Iterable[Order],
    states: Mapping[str, OrderState],
    arrivals: Mapping[str, Mark] | None,
    started: datetime,
) -> list[Asked]:
    """Return the orders of a result that have an id; what is a repeat belongs to another attempt.

    :param started: when the attempt began, on the exchange's clock.
    """
    known, states = arrivals or {}, with_replacements(states)
    return [
        Asked(
            *(row.client_order_id, row.symbol, row.side, row.qty),
            *(states.get(row.client_order_id), known.get(row.symbol)),
            dated(known.get(row.symbol), started, started.tzinfo),
            is_unsure=row.outcome == "in_doubt",
        )
        for row in rows
        if row.client_order_id and row.side and row.qty and row.outcome not in (None, "repeat")
    ]


def stated(orders: Sequence[Asked], basis: CostBasis) -> Costs:
    """Return what these orders cost, each and in all; money is rounded once, in its row."""
    found = [_cost(each, basis) for each in orders]
    rows = tuple(map(_row, found))
    whole = execution.in_all(each.shortfall for each in found if each.shortfall is not None)
    known = [row.shortfall for row in rows if row.shortfall is not None]
    is_known = bool(rows) and len(known) == len(rows)
    shortfall = money.total(known) if is_known else None
    fees = money.known_cents(basis.fees)
    total = None if shortfall is None or fees is None else money.CONTEXT.add(shortfall, fees)
    return Costs(
        orders=rows,
        arrival_notional=_sum(row.arrival_notional for row in rows),
        execution_cost=_sum(row.execution_cost for row in rows),
        opportunity_cost=_sum(row.opportunity_cost for row in rows),
        shortfall=shortfall,
        shortfall_bps=execution.basis_points(whole.total, whole.notional) if is_known else None,
        known_so_far=money.total(known),
        num_known=len(known),
        fill_ratio=_ratio_in_all(found),
        fees=fees,
        total=total,
        total_bps=execution.basis_points(total, whole.notional),
        includes_wait=any(row.includes_wait for row in rows),
        mean=basis.mean,
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of rows; None without any, or where one is not known."""
    all_of_them = list(amounts)
    known = [each for each in all_of_them if each is not None]
    return money.total(known) if known and len(known) == len(all_of_them) else None


def _ratio_in_all(found: Sequence[_Cost]) -> Decimal | None:
    """Return filled / ordered at arrival prices; None where one of them is not known."""
    parts = []
    for each in found:
        if each.filled is None or each.shortfall is None:
            return None
        filled = money.CONTEXT.divide(each.filled, each.asked.qty)
        parts.append(money.product(filled, each.shortfall.notional))
    whole = money.total(each.shortfall.notional for each in found if each.shortfall is not None)
    return _rounded(money.share(money.total(parts), whole))


def _row(cost: _Cost) -> OrderCost:
    asked, part = cost.asked, cost.shortfall
    executed = opportunity = None
    if part is not None:
        executed = money.cents(part.execution)
        opportunity = money.known_cents(part.opportunity)
    whole = None
    if executed is not None and opportunity is not None:
        whole = money.CONTEXT.add(executed, opportunity)
    filled_at = asked.state.filled_at if asked.state is not None and cost.filled else None
    return OrderCost(
        symbol=asked.symbol,
        side=asked.side,
        client_order_id=asked.name,
        fill_ratio=_rounded(money.share(cost.filled, asked.qty)),
        arrival_notional=None if part is None else money.cents(part.notional),
        execution_cost=executed,
        opportunity_cost=opportunity,
        shortfall=whole,
        shortfall_bps=None if part is None else execution.basis_points(part.total, part.notional),
        includes_wait=execution.waited(asked.arrival.time, filled_at) if asked.arrival else None,
        reason=cost.reason,
    )


def _rounded(ratio: Decimal | None) -> Decimal | None:
    return None if ratio is None else ratio.quantize(_PLACES, context=money.CONTEXT)


def _other_shares(
    asked: Asked, state: OrderState, arrival: Decimal, closing: Decimal | None, basis: CostBasis
) -> str | None:
    """Say why shares that an order filled or missed may be others than those of its arrival price."""
    later = [each for each in basis.splits if each.symbol == asked.symbol and each.effective > basis.session]
    at = state.filled_at
    if state.filled_qty and any(at is None or at.date() >= each.effective for each in later):
        return "it split while the order worked: its shares are of two kinds"
    then = state.filled_avg_price if state.filled_qty else closing
    if asked.dated >= basis.session or then is None:
        return None
    if splits.is_unwatched(arrival, then, asked.symbol, basis.watched):
        return "it may have split since its arrival price, of the day before"
    return None


def _cost(asked: Asked, basis: CostBasis) -> _Cost:
    """Reckon what an order cost, or say why that is not known."""
    state = asked.state
    filled = None if state is None or asked.is_unsure else state.filled_qty or money.ZERO
    if filled is None or state is None or (filled and state.filled_avg_price is None):
        return _Cost(asked, None, None, _WORKING)
    if asked.symbol in basis.unknown:
        return _Cost(asked, None, None, basis.unknown[asked.symbol])
    if asked.arrival is None:
        return _Cost(asked, filled, None, "no price of it was read before the run")
    arrival = execution.of_shares_on(
        basis.session, asked.arrival.price, asked.dated, asked.symbol, basis.splits
    )
    closing = basis.closings.get(asked.symbol) if basis.has_closed else None
    if why := _other_shares(asked, state, arrival, closing, basis):
        return _Cost(asked, filled, None, why)
    part = execution.shortfall(
        execution.Executed(asked.side, asked.qty, filled, state.filled_avg_price, arrival, closing)
    )
    if part.opportunity is not None:
        return _Cost(asked, filled, part, None)
    reason = "it has no closing price" if basis.has_closed else "the session has not closed"
    return _Cost(asked, filled, part, f"what was not filled is not known: {reason}")
