"""What becomes known of an attempt is written: upon what the ledger has of it by then, never backwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.ledger.attempts import move_of
from paper_run.model import findings, result_json
from paper_run.trading.account import order_outcomes
from paper_run.trading.conclude import Outcome, conclude, has_orders, is_rehearsed, was_executed

if TYPE_CHECKING:
    from paper_run.book.limits import Limits
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.costs import Costs
    from paper_run.model.parties import Parties
    from paper_run.model.result import Pnl, Statistics
    from paper_run.model.signals import Signals
    from paper_run.trading.conclude import Known

EXECUTED = findings.warning(
    "rehearsal_executed",
    "The gateway was in DRY_RUN before the run, and orders were executed all the same: it was no rehearsal. "
    "It closes the session and is in the book.",
)
TRADED_TWICE = findings.warning(
    "traded_twice",
    "The session was traded twice: another attempt of it was sent as well, when this one was not known.",
)
CONTRADICTED = findings.warning(
    "contradicted",
    "It was said later that this attempt placed nothing. What it placed is known, so that stays as it is.",
)
_TO_BE_WRITTEN = ""


class Valued(NamedTuple):
    """A valuation as a record states it."""

    pnl: Pnl | None
    statistics: Statistics
    parties: Parties | None = None
    limits: Limits | None = None
    costs: Costs | None = None
    signals: Signals | None = None


class Written(NamedTuple):
    """An attempt's row as it is now, and what it states; None: what was learned says less than the row."""

    row: AttemptRow
    outcome: Outcome | None


def write(
    ledger: Ledger,
    row: AttemptRow,
    known: Known,
    state: str,
    *,
    answer: str | None = None,
    how_known: str | None = None,
    over: bool = False,
    stayed_dry: bool = False,
    beside: Valued | None = None,
) -> Written:
    """Write what is known of an attempt now.

    :param row: as it was read; what another command has written since is what this is written upon.
    :param over: whether the orchestrator itself has answered. :param stayed_dry: whether the gateway was in
        DRY_RUN again right after. :param beside: the valuation that stays as it was.
    """
    with ledger.transaction():
        now = ledger.attempts.by_id(row.id, document=_TO_BE_WRITTEN)
        move = move_of(now.state, state, has_evidence=_has_evidence(known))
        if move == "contradict" or (state == "nothing" and ledger.orders.order_states(now)):
            return Written(_contradicted(ledger, ledger.attempts.by_id(row.id)), None)
        if move == "stay":
            return Written(ledger.attempts.by_id(row.id), None)
        known = take_over(ledger, now, known)
        now = claim(ledger, now, known, state, stayed_dry=stayed_dry or now.stayed_dry)
        known = known._replace(snapshot=now.snapshot, number=now.number)
        outcome = conclude(known)
        result = replace(outcome.result, **beside._asdict()) if beside else outcome.result
        written = ledger.attempts.record(
            now,
            state=state,
            document=result_json.encode(result),
            in_doubt=result.totals.num_orders_in_doubt or 0,
            status=result.status,
            run_id=known.run_id,
            answer=answer,
            how_known=how_known,
            over=over,
            stayed_dry=stayed_dry,
            states=known.states.values(),
            mappings=known.orchestration.mappings if known.orchestration else (),
        )
        return Written(written, outcome)


def take_over(ledger: Ledger, row: AttemptRow, known: Known) -> Known:
    """Let an attempt own what was executed of its orders under ids that a rehearsal had used.

    To be called in a transaction.
    """
    if not known.repeats:
        return known
    rows = conclude(known).result.orders
    executed = [
        each.client_order_id
        for each in rows
        if each.outcome == "repeat" and each.client_order_id is not None and order_outcomes.is_executed(each)
    ]
    if not executed:
        return known
    ledger.orders.take_over(row, executed)
    own = {identity for identity, owner in ledger.orders.owners(executed).items() if owner == row.id}
    return known._replace(repeats=frozenset(known.repeats) - own)


def claim(ledger: Ledger, row: AttemptRow, known: Known, state: str, *, stayed_dry: bool) -> AttemptRow:
    """Let an attempt close its session if what is known of it wants that, and no more where it does not.

    One that was taken for one that placed nothing gets the next free number. To be called in a transaction.
    """
    if row.state == "nothing" and state != "nothing":
        ledger.fences.renumber(row)
        row = ledger.attempts.by_id(row.id)
        if not row.snapshot.rehearsal:
            return _closing(ledger, row, executed=False)
    if not row.snapshot.rehearsal or state == "sent":
        return row
    rows = conclude(known).result.orders
    if state in ("unsettled", "closed") and was_executed(rows):
        ledger.attempts.note(row, EXECUTED)
        return _closing(ledger, ledger.attempts.by_id(row.id), executed=True)
    is_told = state in ("answered", "closed") and known.orchestration is not None
    if state != "nothing" and not (is_told and is_rehearsed(rows)):
        if row.fence is not None or stayed_dry:
            return row
        return _closing(ledger, row, executed=False)
    if row.fence is not None and state != "unsettled":
        ledger.fences.reopen_session(row)
    return ledger.attempts.by_id(row.id)


def say_placed(ledger: Ledger, row: AttemptRow) -> AttemptRow:
    """Let a rehearsal close its session too, of which a person says that it placed something.

    To be called in a transaction.
    """
    is_open = row.snapshot.rehearsal and row.fence is None
    return _closing(ledger, row, executed=False) if is_open else row


def _closing(ledger: Ledger, row: AttemptRow, *, executed: bool) -> AttemptRow:
    if not ledger.fences.close_session(row, executed=executed) and TRADED_TWICE not in row.snapshot.notices:
        ledger.attempts.note(row, TRADED_TWICE)
    return ledger.attempts.by_id(row.id)


def _has_evidence(known: Known) -> bool:
    return bool(known.states) or (known.orchestration is not None and has_orders(known.orchestration))


def _contradicted(ledger: Ledger, row: AttemptRow) -> AttemptRow:
    """Keep that a proof of nothing came too late; the record says so from now on."""
    if CONTRADICTED in row.snapshot.notices:
        return row
    ledger.attempts.note(row, CONTRADICTED)
    row = ledger.attempts.by_id(row.id)
    stated = result_json.decode(row.document)
    return ledger.attempts.record(
        row,
        state=row.state,
        document=result_json.encode(replace(stated, findings=(*stated.findings, CONTRADICTED))),
        in_doubt=sum(each.outcome == "in_doubt" for each in stated.orders),
    )
