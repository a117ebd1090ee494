"""Earlier trades of which not all is known: each later command looks once more, and records what it finds."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import failures, settle
from paper_run.result import UNREAD, Known, conclude, placed_nothing, with_adopted
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.session import exchange_time
from paper_run.writers import json_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.journal import Ledger
    from paper_run.models import Orchestration, OrderState, RunStatus, TradeRow
    from paper_run.services.platform import Platform


def settle_all(ledger: Ledger, platform: Platform, now: datetime) -> list[TradeRow]:
    """Look once at every trade of which not all is known; return those of which more is known now.

    A service that does not answer is asked once and no more; it settles nothing and is no error here.
    """
    when = f"on {exchange_time(now).isoformat(sep=' ', timespec='seconds')}"
    settled, silent = [], False
    for row in ledger.unfinished():
        if row.state == "answered" and row.answer is not None:
            run = recorded_orchestration(row.answer)
            finished = _with_orders(row, run, None, f"its orders were read {when}", ledger, platform)
            settled += [finished] if finished.state == "closed" else []
            continue
        if silent:
            continue
        seen = settle.look(row.prepared, row.run_id, platform.orchestrator, ledger.knows_run)
        if isinstance(seen, settle.Found):
            how = f"run {seen.orchestration.run_id} was found {when}"
            settled.append(adopt(row, seen.orchestration, seen.answer, how, ledger, platform))
        else:
            silent = seen.silent
    for row in ledger.doubtful():
        found = _orders_found(row, ledger, platform, when)
        settled += [found] if found else []
    return settled


def adopt(
    row: TradeRow, run: Orchestration, answer: str, how: str, ledger: Ledger, platform: Platform
) -> TradeRow:
    """Take a run for the one that a trade asked for, and read its orders."""
    if placed_nothing(run):
        return restate(row, ledger, run=run, answer=answer, state="nothing", settled=how)
    return _with_orders(row, run, answer, how, ledger, platform)


def _with_orders(
    row: TradeRow, run: Orchestration, answer: str | None, how: str, ledger: Ledger, platform: Platform
) -> TradeRow:
    """Read the orders of a run that has ended; while the gateway is silent, they stay to be read."""
    after = platform.after_trade(each.client_order_id for each in run.mappings if each.client_order_id)
    if after.silent:
        if answer is None:
            return row
        return restate(row, ledger, run=run, answer=answer, state="answered", settled=how)
    found: tuple[PaperRunError, ...] = ()
    if after.unreadable:
        found = (failures.gateway_unreadable(platform.execution_gateway.url, after.unreadable),)
    return restate(
        row, ledger, run=run, answer=answer, state="closed", settled=how, states=after.states, failed=found
    )


def _orders_found(row: TradeRow, ledger: Ledger, platform: Platform, when: str) -> TradeRow | None:
    """Ask for a trade's orders in doubt by their computed ids."""
    if row.answer is None:
        return None
    states = ledger.order_states(row)
    run = with_adopted(recorded_orchestration(row.answer), states)
    strategy = run.strategy or row.prepared.health[-1].strategy
    found = settle.find_doubtful(
        run.mappings,
        row.prepared,
        strategy,
        platform.execution_gateway,
        lambda identity: bool(ledger.owners([identity])),
    )
    if not found:
        return None
    names = ", ".join(f"{each.symbol} as {each.client_order_id}" for each in found)
    states |= {each.client_order_id: each for each in found}
    how = f"the gateway was found to have {names}, {when}"
    settled = f"{row.settled}; {how}" if row.settled else how
    return restate(row, ledger, run=run, state="closed", settled=settled, states=states)


def restate(
    row: TradeRow,
    ledger: Ledger,
    *,
    run: Orchestration | None,
    state: str,
    settled: str,
    answer: str | None = None,
    status: RunStatus | None = None,
    states: Mapping[str, OrderState] | None = None,
    failed: tuple[PaperRunError, ...] = (),
) -> TradeRow:
    """Record a trade anew from what is known of it now; its report says how it was settled."""
    identities = [each.client_order_id for each in run.mappings if each.client_order_id] if run else []
    owners = ledger.owners(identities)
    document = json_document.loads(row.document)
    said = (*row.prepared.notices, UNREAD, f"Settled: {row.settled}.")
    earlier = tuple(text for text in document["warnings"] if text not in said) if run is None else ()
    known = Known(
        row.prepared,
        row.number,
        row.started_at,
        run_id=(run.run_id or None) if run else row.run_id,
        orchestration=run,
        states=states or {},
        repeats=frozenset(identity for identity, owner in owners.items() if owner != row.id),
        status=status,
        failures=failed,
        warnings=(*earlier, f"Settled: {settled}."),
        waited=Decimal(document["results"]["duration_seconds"] or 0),
        settled=settled,
    )
    result = conclude(known).result
    return ledger.record(
        row,
        state=state,
        document=json_document.dumps(json_document.document(result)),
        in_doubt=result.counts.in_doubt or 0,
        run_id=known.run_id,
        answer=answer,
        settled=settled,
        states=known.states.values(),
        mappings=run.mappings if run else (),
    )
