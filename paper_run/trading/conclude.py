"""The result of an attempt from all that is known of it: pure, so that it can be stated again later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book.limits import Thresholds
from paper_run.errors import PaperRunError, worst
from paper_run.model import findings, limits, messages, result_rows
from paper_run.model.order import RUN_ENDS
from paper_run.model.result import RunResult, Statistics, Totals
from paper_run.trading.account import order_outcomes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from paper_run.model.attempt import Snapshot
    from paper_run.model.book_figures import BookFigures
    from paper_run.model.costs import Costs
    from paper_run.model.findings import Finding
    from paper_run.model.order import Orchestration, Order, OrderState, SignalOrder
    from paper_run.model.result import RunStatus


UNREAD = findings.warning("orders_unread", "The orders were not read from the gateway yet.")


class Known(NamedTuple):
    """What is known of an attempt at some moment.

    :ivar status: set when the run itself can't tell: failed, timeout, unknown or interrupted.
    :ivar states: the orders as the gateway last had them. :ivar repeats: ids that an earlier attempt owns.
    :ivar quotes: a quote source's prices, for orders without a fill. :ivar book: what the book says now.
    :ivar thresholds: past what a limit is passed.
    :ivar waited: seconds waited for the run, used where the orchestrator states no duration.
    :ivar found: what was found out besides what the other facts say. :ivar ledger: the id of its ledger.
    """

    snapshot: Snapshot
    number: int
    started_at: datetime
    run_id: str | None = None
    orchestration: Orchestration | None = None
    states: Mapping[str, OrderState] = {}
    repeats: Collection[str] = ()
    status: RunStatus | None = None
    failures: tuple[PaperRunError, ...] = ()
    found: tuple[Finding, ...] = ()
    waited: Decimal = money.ZERO
    how_known: str | None = None
    book: BookFigures | None = None
    quotes: Mapping[str, Decimal] = {}
    ledger: str = ""
    thresholds: Thresholds = Thresholds()


class Outcome(NamedTuple):
    """An attempt's result, and the failures to be shown with it."""

    result: RunResult
    failures: tuple[PaperRunError, ...]


def conclude(known: Known) -> Outcome:
    """State the result: the orders as they stand, the counts, the notional, the status, every problem."""
    run = known.orchestration and with_adopted(known.orchestration, known.states)
    mappings = run.mappings if run else ()
    rows = order_outcomes.order_rows(
        mappings,
        known.states,
        known.snapshot.parameters,
        repeats=known.repeats,
        quotes=known.quotes,
        arrivals=known.snapshot.arrivals,
        zone=known.started_at.tzinfo,
    )
    tally = _counts(known, run, rows)
    status = known.status or (order_outcomes.run_status(run, tally) if run else "unknown")
    has_only_repeats = known.status is None and _has_only_repeats(known, rows)
    if has_only_repeats:
        status = "failed"
    problems = [problem for row in rows if (problem := order_outcomes.problem(row))]
    failed = list(known.failures)
    if run is not None and has_only_repeats:
        failed.append(messages.nothing_new(run, rows))
    elif run is not None and status in ("partial", "failed"):
        said = tuple(each.text for each in problems)
        failed.append(messages.unsuccessful(run, rows, said, sandbox=known.snapshot.sandbox))
    found = [*map(findings.of_error, failed), *known.snapshot.notices, *known.found]
    if run is not None:
        repeats = sum(row.outcome == "repeat" for row in rows) if known.snapshot.rehearsal else 0
        found += [
            *_oddities(run, known.snapshot),
            *order_outcomes.differences(known.orchestration or run, tally, repeats=repeats),
        ]
    odd = (
        order_outcomes.failed_signals(rows),
        order_outcomes.oversized(rows, known.snapshot.parameters.max_position_size),
    )
    found += [*filter(None, odd), *problems, *(known.book.remarks if known.book else ())]
    stands = limits.of(known.book, known.thresholds, limits.priced(known.book, rows)) if known.book else None
    found += limits.found(stands) if stands else ()
    stated = run.duration_seconds if run is not None and known.status is None else None
    result = RunResult(
        run_id=known.run_id,
        session=known.snapshot.session.isoformat(),
        attempt=known.number,
        timestamp=known.started_at.isoformat(timespec="seconds"),
        status=status,
        exit_status=int(worst(failure.exit_status for failure in failed)),
        sandbox=known.snapshot.sandbox,
        rehearsal=known.snapshot.rehearsal,
        parameters=result_rows.asked(known.snapshot.parameters),
        totals=tally._replace(duration_seconds=known.waited if stated is None else stated),
        orders=rows,
        health=result_rows.health(known.snapshot.health),
        findings=findings.naming(known.ledger, found),
        how_known=known.how_known,
        **(result_rows.of_book(known.book) if known.book else {"pnl": None, "statistics": Statistics()}),
        limits=stands,
        costs=_costs(known, rows),
        ledger=known.ledger,
    )
    return Outcome(result, tuple(failed))


def _costs(known: Known, rows: tuple[Order, ...]) -> Costs | None:
    """Return what the attempt's orders cost; None where no arrival price was asked for, or nothing valued."""
    if known.book is None or known.book.cost_basis is None:
        return None
    from paper_run.trading.valuing import execution_costs

    orders = execution_costs.asked(rows, known.states, known.snapshot.arrivals, known.started_at)
    basis = known.book.cost_basis
    # The fees are the session's, and which of them are of these orders can't be told.
    return execution_costs.stated(orders, basis if basis.attempts <= 1 else basis._replace(fees=None))


def _has_only_repeats(known: Known, rows: tuple[Order, ...]) -> bool:
    """Whether all that an attempt placed was placed before; a rehearsal places nothing anyhow."""
    outcomes = {row.outcome for row in rows if row.outcome is not None}
    return outcomes == {"repeat"} and not known.snapshot.rehearsal


def was_executed(rows: Iterable[Order]) -> bool:
    """Whether an order of a rehearsal was executed: it has a broker's id or a fill, works or is done."""
    return any(row.outcome not in (None, "repeat") and order_outcomes.is_executed(row) for row in rows)


def is_rehearsed(rows: Iterable[Order]) -> bool:
    """Whether each order of a rehearsal that has ended is known not to have been executed.

    Of one that was accepted without a word of its status, and not read, that is not known.
    """
    own = [row for row in rows if row.outcome not in (None, "repeat")]
    known = (row.outcome != "in_doubt" and (row.outcome != "accepted" or bool(row.status)) for row in own)
    return all(known) and not any(map(order_outcomes.is_executed, own))


def _counts(known: Known, run: Orchestration | None, rows: tuple[Order, ...]) -> Totals:
    """Count; nothing is counted while it is not known what the run did."""
    if known.status not in (None, "failed") or (run is None and known.status is None):
        return order_outcomes.NOT_KNOWN
    signals = len(rows) or (run.num_signals if run and run.num_signals else 0)
    asked = all(row.client_order_id in known.states for row in rows if row.outcome == "accepted")
    return order_outcomes.totals(rows, signals=signals, states_complete=asked)


def placed_nothing(run: Orchestration) -> bool:
    """Whether a run that ended proves that it placed nothing: failed, its counts all 0, no sign of one."""
    return run.status == "failed" and not has_orders(run) and all(count == 0 for count in _their_counts(run))


def contradicts_itself(run: Orchestration) -> bool:
    """Whether a run that ended leaves open what it placed.

    It has an order without a side or a quantity; or it counts orders, or does not say how many, and shows
    none; or it failed and counts more than it shows.
    """
    shown = [each for each in run.mappings if each.client_order_id is not None]
    if any(each.side is None or each.qty is None or each.qty <= 0 for each in shown):
        return True
    counted = _their_counts(run)
    if has_orders(run):
        orders = sum(_is_order(each) for each in run.mappings)
        return run.status == "failed" and any(each is not None and each > orders for each in counted[:2])
    shows_signals = run.status == "completed" and bool(run.mappings)
    return any(counted) or (None in counted and not shows_signals)


def has_ended(run: Orchestration) -> bool:
    """Whether a run says that it is over; a word that nobody knows does not, unless it shows orders."""
    return run.status in RUN_ENDS or (run.status != "running" and has_orders(run))


def has_orders(run: Orchestration) -> bool:
    """Whether a run shows an order, placed or in doubt."""
    return any(map(_is_order, run.mappings))


def _is_order(mapping: SignalOrder) -> bool:
    return mapping.qty is not None or mapping.client_order_id is not None


def _their_counts(run: Orchestration) -> tuple[int | None, ...]:
    return run.num_orders_submitted, run.num_orders_accepted, run.num_orders_rejected


def with_adopted(run: Orchestration, states: Mapping[str, OrderState]) -> Orchestration:
    """Give an order in doubt the id under which the gateway was found to have it."""
    taken = {mapping.client_order_id for mapping in run.mappings}
    spare = [state for identity, state in states.items() if identity not in taken]
    if not spare:
        return run
    mappings = []
    for mapping in run.mappings:
        match = next((state for state in spare if fits(mapping, state)), None)
        if match is None:
            mappings.append(mapping)
            continue
        spare.remove(match)
        mappings.append(mapping._replace(client_order_id=match.client_order_id))
    return run._replace(mappings=tuple(mappings))


def fits(mapping: SignalOrder, state: OrderState) -> bool:
    """Whether an order of the gateway is the one that a mapping without an id asked for."""
    return mapping.client_order_id is None and (mapping.symbol, mapping.side, mapping.qty) == (
        state.symbol,
        state.side,
        state.qty,
    )


def _oddities(run: Orchestration, snapshot: Snapshot) -> list[Finding]:
    said = []
    if run.as_of_date not in (None, snapshot.parameters.as_of_date.isoformat()):
        words = f"The orchestrator ran for {run.as_of_date}, not for {snapshot.parameters.as_of_date}."
        said.append(findings.warning("orchestrator_differs", words))
    strangers = {mapping.symbol for mapping in run.mappings} - set(snapshot.parameters.symbols)
    if strangers:
        words = f"The orchestrator traded symbols not asked for: {', '.join(sorted(strangers))}."
        said.append(findings.warning("orchestrator_differs", words))
    if run.error_message and run.status == "completed":
        words = f"The orchestrator completed the run but says: {run.error_message}"
        said.append(findings.warning("orchestrator_says", words))
    return said
