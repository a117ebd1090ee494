"""An attempt stated anew, from what is known of it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.model import findings, messages, result_json
from paper_run.model.calendar import exchange_time
from paper_run.model.order import Orchestration
from paper_run.model.result import Statistics
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.trading import kept_answers, recording
from paper_run.trading.account import order_outcomes
from paper_run.trading.account.order_outcomes import REFUSED, stated_quotes
from paper_run.trading.conclude import UNREAD, Known, with_adopted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.findings import Finding
    from paper_run.model.order import Order, OrderState
    from paper_run.model.result import RunResult, RunStatus
    from paper_run.services.platform import Observations


def also(how_known: str | None, how: str) -> str:
    """Return how the outcome of an attempt became known, with one more thing that is known of it."""
    return f"{how_known}; {how}" if how_known else how


def identities(run: Orchestration) -> list[str]:
    """Return the ids of a run's orders."""
    return [each.client_order_id for each in run.mappings if each.client_order_id]


def as_recorded(
    row: AttemptRow, ledger: Ledger, stated: Iterable[Order]
) -> tuple[Orchestration, dict[str, OrderState]]:
    """Return an attempt's run as its answer, or the orders a person named, and the orders as last read.

    :param stated: the orders of its result: those that were found later are among them.
    """
    answered = None if row.answer is None else recorded_orchestration(row.answer)
    own = identities(answered) if answered else ()
    states = ledger.orders.order_states(row, also=(*own, *stated_ids(stated)))
    return with_adopted(answered or run_of(row, states), states), states


def run_of(row: AttemptRow, states: Mapping[str, OrderState]) -> Orchestration:
    """Put orders that a person named in the place of a run's mappings; signals are not known."""
    return Orchestration(
        run_id=row.run_id or "",
        status="completed",
        mappings=tuple(order_outcomes.signal_of(state) for state in states.values()),
    )


def stated_ids(stated: Iterable[Order]) -> list[str]:
    """Return the ids of the orders of a result."""
    return [each.client_order_id for each in stated if each.client_order_id]


def in_doubt(run: Orchestration, states: Mapping[str, OrderState], row: AttemptRow) -> list[str]:
    """Return the ids of the orders that have one and are in doubt all the same."""
    rows = order_outcomes.order_rows(run.mappings, states, row.snapshot.parameters)
    ids = [each.client_order_id for each in rows if each.outcome == "in_doubt"]
    return [identity for identity in ids if identity is not None]


def stated_in_doubt(stated: Iterable[Order]) -> set[str]:
    """Return the ids of the orders that a result calls in doubt."""
    return {
        each.client_order_id
        for each in stated
        if each.outcome == "in_doubt" and each.client_order_id is not None
    }


# What is said anew of a result that is stated anew, from the answer, the orders and how it became known.
_SAID_ANEW = frozenset(
    {
        "orchestrator_differs",
        "orchestrator_says",
        "order_in_doubt",
        "order_oversized",
        "order_rejected",
        "order_status",
        "orders_unread",
        "recovered",
        "fills_not_known",
        "signals_failed",
    }
)


# Why the valuation that stays in the result is not whole.
_OF_THE_VALUATION = frozenset({"authentication", "gateway_unreadable", "quotes_unreadable", "wrong_gateway"})


_NOT_VALUED = recording.Valued(None, Statistics())


def _still_valued(result: RunResult) -> recording.Valued:
    """Return the valuation that stays in a result; one that waited for what is known now is over.

    The next run or mark values what was found.
    """
    positions = result.pnl.positions if result.pnl else ()
    if any(each.unknown_reason for each in positions):
        return _NOT_VALUED
    return recording.Valued(
        *(result.pnl, result.statistics, result.parties, result.limits, result.costs, result.signals)
    )


def _said_anew(run: Orchestration | None) -> frozenset[str]:
    if run is None:
        return _SAID_ANEW
    # A sentence without a code, of an older record, may be one of those that are said anew. Orders that were
    # found at the broker are its run's, once that is known.
    return _SAID_ANEW | {"looked_for", "unclassified"} | ({"found_at_broker"} if run.run_id else set())


def _still_true(
    row: AttemptRow, said: Iterable[Finding], anew: Collection[str]
) -> tuple[tuple[PaperRunError, ...], tuple[Finding, ...]]:
    """Return what failed and what was found out that is as true as before, now that more is known.

    :param anew: the codes of what is said anew, or true no more.
    """
    notices = {each.text for each in row.snapshot.notices}
    # The orders of one that had not ended are read again: what failed of that is said again, if it does.
    kept = _OF_THE_VALUATION if row.state == "closed" else frozenset()
    failed = tuple(messages.again(each) for each in said if each.severity == "error" and each.code in kept)
    found = tuple(
        each
        for each in said
        if each.severity != "error" and each.code not in anew and each.text not in notices
    )
    return failed, found


def restate(  # noqa: PLR0913  each is one thing that may be known of it now
    row: AttemptRow,
    ledger: Ledger,
    *,
    run: Orchestration | None,
    state: str,
    how_known: str | None,
    answer: str | None = None,
    status: RunStatus | None = None,
    states: Mapping[str, OrderState] | None = None,
    failed: tuple[PaperRunError, ...] = (),
    found: tuple[Finding, ...] = (),
    is_valued: bool = True,
) -> AttemptRow:
    """Record an attempt anew from what is known of it now; its report says how its outcome became known.

    :param how_known: None: as it was before, if it was. :param found: what was found out besides; it takes
        the place of what the same codes said before. :param is_valued: whether its valuation may stay.
    """
    owners = ledger.orders.owners([*(identities(run) if run else ()), *(states or ())])
    stated = result_json.decode(row.document)
    beside = _still_valued(stated) if is_valued else _NOT_VALUED
    anew = (
        _said_anew(run) | {each.code for each in found} | ({"limit_passed"} if not beside.limits else set())
    )
    still_failed, earlier = _still_true(row, stated.findings, anew)
    known = Known(
        row.snapshot,
        row.number,
        exchange_time(row.started_at, ledger.account.exchange),
        run_id=(run.run_id or None) if run else row.run_id,
        orchestration=run,
        states=states or {},
        repeats=frozenset(identity for identity, owner in owners.items() if owner != row.id),
        status=status,
        failures=(*still_failed, *failed),
        found=(
            *earlier,
            *found,
            *((UNREAD,) if state == "answered" else ()),
            *((findings.note("recovered", f"Outcome: {how_known}."),) if how_known else ()),
        ),
        waited=stated.totals.duration_seconds or money.ZERO,
        quotes=stated_quotes(stated.orders),
        how_known=how_known or row.how_known,
        ledger=ledger.account.identity,
    )
    kept_answers.restating(ledger.folder, row.key, session=row.session)
    return recording.write(ledger, row, known, state, answer=answer, how_known=how_known, beside=beside).row


def read_again(ledger: Ledger, after: Observations, now: datetime) -> tuple[AttemptRow, ...]:
    """Write earlier orders as they were read again; return the attempts that had to be stated anew for it.

    Those are the ones of which other orders are in doubt now: of one without any that can only be an order
    that is refused. To be called in a transaction.

    :param now: of any zone.
    """
    read = after.earlier | after.ended
    ledger.orders.keep_orders(read.values())
    found = []
    doubtful, refused = ledger.attempts.in_doubt(), {name for name in read if read[name].status in REFUSED}
    owners = ledger.orders.owners(read if doubtful else refused)
    for owner in sorted({owner for name, owner in owners.items() if name in refused or owner in doubtful}):
        row = ledger.attempts.by_id(owner)
        if row.state != "closed" or row.snapshot.rehearsal:
            continue
        stated = result_json.decode_orders(row.document)
        run, states = as_recorded(row, ledger, stated)
        before = stated_in_doubt(stated)
        now_open = set(in_doubt(run, states, row))
        if before == now_open:
            continue
        ended = ", ".join(f"{states[each].symbol} as {each}" for each in sorted(before - now_open))
        when = exchange_time(now, ledger.account.exchange).isoformat(sep=" ", timespec="seconds")
        how = also(row.how_known, f"the gateway told what became of {ended}, on {when}") if ended else None
        found.append(restate(row, ledger, run=run, state="closed", how_known=how, states=states))
    return tuple(found)
