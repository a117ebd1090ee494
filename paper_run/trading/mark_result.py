"""What a mark states: the session's orders as they stand, and the book."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import ExitStatus, worst
from paper_run.model import findings, limits, result_json, result_rows
from paper_run.model.result import RunResult
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.trading.account import observations, order_outcomes
from paper_run.trading.conclude import with_adopted
from paper_run.trading.restatement import stated_ids

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, tzinfo

    from paper_run.book.limits import Thresholds
    from paper_run.book.marks import Mark
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.book_figures import BookFigures
    from paper_run.model.costs import Costs
    from paper_run.model.findings import Finding
    from paper_run.model.order import Order, OrderState, SignalOrder
    from paper_run.model.service import ServiceHealth


class _Arrived(NamedTuple):
    """An attempt's orders, as rows and as the ledger has them, and the prices that they arrived at."""

    rows: tuple[Order, ...]
    states: dict[str, OrderState]
    arrivals: Mapping[str, Mark] | None
    started: datetime


class _Orders(NamedTuple):
    """What a mark states of orders: the session's own, and others, read again, which it does not count.

    :ivar large: which of the session's are larger than its attempt allowed; of earlier ones that was said.
    :ivar of_session: the session's own, by attempt.
    """

    own: tuple[Order, ...]
    others: tuple[Order, ...]
    large: tuple[Finding, ...]
    of_session: tuple[_Arrived, ...]


def result_of(
    ledger: Ledger,
    book: BookFigures,
    problems: observations.Problems,
    started: datetime,
    health: tuple[ServiceHealth, ...],
    earlier: dict[str, OrderState],
    still_open: tuple[Finding, ...],
    thresholds: Thresholds,
) -> RunResult:
    """Return the result of a mark.

    :param started: on the exchange's clock. :param thresholds: past what a limit is passed.
    :raises LookupError: the ledger has no attempt, so that there is no book either.
    """
    own, others, large, asked = _orders(ledger, book.session, earlier, started.tzinfo)
    rows = (*own, *others)
    tally = order_outcomes.totals(own, signals=len(own), states_complete=not problems.failures)
    latest = ledger.attempts.latest()
    if latest is None:
        raise LookupError("there is a book without an attempt")
    exit_status = worst(failure.exit_status for failure in problems.failures)
    stands = limits.of(book, thresholds)
    whole = book.valuation.complete and exit_status is ExitStatus.SUCCESS
    return RunResult(
        run_id=None,
        session=book.session.isoformat(),
        attempt=None,
        timestamp=started.isoformat(timespec="seconds"),
        status="success" if whole else "partial",
        exit_status=int(exit_status),
        sandbox=bool(ledger.account.is_sandbox),
        rehearsal=False,
        how_known=None,
        parameters=result_rows.asked(latest.snapshot.parameters),
        totals=tally._replace(duration_seconds=Decimal(0)),
        orders=rows,
        health=result_rows.health(health),
        findings=findings.naming(
            ledger.account.identity,
            (
                *map(findings.of_error, problems.failures),
                *problems.found,
                *book.remarks,
                *limits.found(stands),
                *large,
                *still_open,
                *(found for row in rows if (found := order_outcomes.problem(row))),
            ),
        ),
        **result_rows.of_book(book),
        limits=stands,
        costs=_costs(book, asked),
        ledger=ledger.account.identity,
    )


def _orders(ledger: Ledger, session: date, earlier: dict[str, OrderState], zone: tzinfo | None) -> _Orders:
    """Return the session's orders as they stand, and the earlier ones that were read again."""
    rows: list[Order] = []
    large: list[Finding] = []
    arrived: list[_Arrived] = []
    shown: set[str] = set()
    period = ledger.books.period()
    for row in ledger.attempts.of_session(session):
        if row.snapshot.rehearsal or row.state == "nothing":
            continue
        stated = result_json.decode_orders(row.document)
        states = ledger.orders.order_states(row, also=stated_ids(stated))
        quotes = order_outcomes.stated_quotes(stated)
        asked = row.snapshot.parameters
        own = order_outcomes.order_rows(
            _mappings(row, states),
            states,
            asked,
            repeats=shown,
            quotes=quotes,
            arrivals=row.snapshot.arrivals,
            zone=zone,
        )
        rows += own
        if period is not None and row.id >= period.attempt:
            arrived.append(_Arrived(own, states, row.snapshot.arrivals, row.started_at.astimezone(zone)))
        shown |= {each.client_order_id for each in own if each.client_order_id}
        large += filter(None, [order_outcomes.oversized(own, asked.max_position_size)])
    late = {identity: state for identity, state in earlier.items() if identity not in shown}
    latest = ledger.attempts.latest()
    others: tuple[Order, ...] = ()
    if late and latest is not None:
        signals = [order_outcomes.signal_of(state) for state in late.values()]
        others = order_outcomes.order_rows(signals, late, latest.snapshot.parameters)
    return _Orders(tuple(rows), others, tuple(large), tuple(arrived))


def _costs(book: BookFigures, attempts: tuple[_Arrived, ...]) -> Costs | None:
    """Return what the session's orders cost; None where no arrival price was asked for."""
    if book.cost_basis is None:
        return None
    from paper_run.trading.valuing import execution_costs

    asked = [order for each in attempts for order in execution_costs.asked(*each)]
    return execution_costs.stated(asked, book.cost_basis)


def _mappings(row: AttemptRow, states: dict[str, OrderState]) -> tuple[SignalOrder, ...]:
    if row.answer is None:
        return tuple(order_outcomes.signal_of(state) for state in states.values())
    return with_adopted(recorded_orchestration(row.answer), states).mappings
