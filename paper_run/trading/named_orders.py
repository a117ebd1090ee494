"""The orders that a person names as an attempt's, as gateway and proven broker have them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from paper_run import money
from paper_run.errors import DataError, DependencyError, Remedy
from paper_run.model.broker import as_written
from paper_run.model.calendar import not_before
from paper_run.model.commands import ours
from paper_run.model.order import OrderState
from paper_run.services.answer import CallFailed
from paper_run.services.deadline import gather
from paper_run.trading import lookup
from paper_run.trading.account import our_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.order import Orchestration
    from paper_run.services.platform import Platform
    from paper_run.trading.at_broker import AtBroker, Told

_READ_SECONDS = 5.0
ASK = (Remedy("See what is not known; nothing was recorded", ours("resolve")),)


def read(
    row: AttemptRow, identities: Sequence[str], ledger: Ledger, platform: Platform, broker: AtBroker
) -> dict[str, OrderState]:
    """Return the orders by their ids, the broker's word before the gateway's where both mean the same order.

    Each must be of a symbol of the attempt, and not made before its POST; one that the broker alone knows
    must be made before the next one's too.

    :raises DataError: an order is another attempt's, or none of this one's, or nobody's who could be asked.
    :raises DependencyError: an order can't be read.
    """
    owners = ledger.orders.owners(identities)
    for identity in identities:
        if owners.get(identity, row.id) != row.id:
            raise DataError(
                f"--order: order {identity} belongs to another attempt of this ledger", remedies=ASK
            )
    gateway = platform.execution_gateway
    answers = gather([partial(gateway.order, each, seconds=_READ_SECONDS) for each in identities])
    told = broker.told(row, identities)
    states = {}
    for identity, answer in zip(identities, answers, strict=True):
        if isinstance(answer, Exception) and not isinstance(answer, CallFailed):
            raise answer
        known = answer if isinstance(answer, OrderState) else None
        theirs = told.orders.get(identity) if told is not None else None
        if known is not None:
            _prove_of_attempt(row, known, ledger)
            states[identity] = theirs if theirs is not None and _same(known, theirs, ledger) else known
        elif theirs is not None:
            states[identity] = _of_attempt(row, theirs, broker)
        elif isinstance(answer, CallFailed):
            raise DependencyError(
                f"Order {identity} can't be read",
                f"The Execution Gateway at {gateway.url} {answer.reason}.",
                remedies=("When it answers, say it again; nothing was recorded.",),
            )
        else:
            raise _unknown(identity, f"the Execution Gateway at {gateway.url}", told, broker)
    return states


def prove_run(row: AttemptRow, run: Orchestration) -> None:
    """Prove that a run that a person names can be an attempt's.

    :raises DataError: it has none of its symbols, or began before its POST, by the orchestrator's own clock.
    """
    symbols, clock = {each.symbol for each in run.mappings}, row.snapshot.orchestrator_clock
    if symbols and symbols.isdisjoint(row.snapshot.parameters.symbols):
        why = f"it is for {', '.join(sorted(symbols))}, and {_was_for(row)}"
    elif not_before(clock, run.started_at) and not not_before(run.started_at, clock):
        why = f"it began {run.started_at}, before {row.name} was sent"
    else:
        return
    raise DataError(f"--run-id: run {run.run_id} is not of {row.name}", f"I{why[1:]}.", remedies=ASK)


def _same(known: OrderState, theirs: OrderState, ledger: Ledger) -> bool:
    if (known.side, known.qty) != (theirs.side, theirs.qty):
        return False
    return our_shares.is_called(known.symbol, theirs.symbol, ledger)


def _prove_of_attempt(row: AttemptRow, state: OrderState, ledger: Ledger) -> None:
    """Prove that an order which the gateway knows can be an attempt's.

    :raises DataError: it is of another symbol, or was there before the POST, by the gateway's clock.
    """
    symbols = row.snapshot.parameters.symbols
    if not any(our_shares.is_called(ours, state.symbol, ledger) for ours in symbols):
        raise _no_order_of(row, state, "The Execution Gateway", _was_for(row))
    if lookup.was_created_before(state, row.snapshot.gateway_clock):
        why = f"it was created {state.created_at}, before {row.name} was sent"
        raise _no_order_of(row, state, "The Execution Gateway", why)


def _was_for(row: AttemptRow) -> str:
    return f"{row.name} was for {', '.join(row.snapshot.parameters.symbols)}"


def _no_order_of(row: AttemptRow, state: OrderState, whose: str, why: str) -> DataError:
    return DataError(
        f"--order: order {state.client_order_id} is not of {row.name}",
        f"{whose} has it as {state.side} {money.digits(state.qty)} {state.symbol}: {why}.",
        remedies=ASK,
    )


def _of_attempt(row: AttemptRow, state: OrderState, broker: AtBroker) -> OrderState:
    """Return an order that only the broker knows, its symbol written as the attempt's.

    :raises DataError: it is none of the attempt's.
    """
    symbols = row.snapshot.parameters.symbols
    symbol = as_written(symbols)(state.symbol)
    if symbol not in symbols or not broker.was_created_for(row, state):
        why = f"it was created {state.created_at}, and not between the sending of {row.name} and the next"
        raise _no_order_of(row, state, "The broker", _was_for(row) if symbol not in symbols else why)
    return state._replace(symbol=symbol)


def _unknown(identity: str, gateway: str, told: Told | None, broker: AtBroker) -> DataError | DependencyError:
    """Return that nobody who could be asked knows an order."""
    if told is not None and identity in told.missing:
        return DataError(f"--order: neither {gateway} nor the broker knows an order {identity}", remedies=ASK)
    if broker.is_read:
        return DependencyError(
            f"Order {identity} can't be read",
            f"{gateway[0].upper()}{gateway[1:]} does not know it, and the broker could not be asked.",
            remedies=("When it answers, say it again; nothing was recorded.",),
        )
    return DataError(f"--order: {gateway} knows no order {identity}", remedies=ASK)
