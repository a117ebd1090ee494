"""What a person says of an attempt whose outcome is unknown: what was placed, or that nothing was."""

from __future__ import annotations

import getpass
import os
import re
import socket
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError, OrchestrationError, Remedy
from paper_run.model import broker_messages, messages, result_json
from paper_run.model.attempt import works_until
from paper_run.model.calendar import DATE_PATTERN, exchange_time, read_date
from paper_run.model.commands import of_another, ours
from paper_run.model.findings import counted
from paper_run.services.answer import CallFailed
from paper_run.services.orchestrator import read_orchestration, recorded_orchestration
from paper_run.trading import earlier, named_orders, recording, response, restatement
from paper_run.trading.conclude import has_ended

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.calendar import ExchangeName
    from paper_run.services.platform import Platform
    from paper_run.trading.at_broker import AtBroker

_READ_SECONDS = 5.0


class Decision(NamedTuple):
    """What a person says of an attempt: placed (with its run or its orders, if they are known) or not.

    :ivar unheard: whether the orchestrator could not be asked before they said so.
    """

    placed: bool
    run_id: str | None = None
    orders: tuple[str, ...] = ()
    unheard: bool = False


def named(ledger: Ledger, name: str) -> AttemptRow:
    """Return the attempt of a name, SESSION or SESSION-n or `latest`.

    :raises DataError: it is no such name, or the ledger has no such attempt.
    """
    if name == "latest":
        row = ledger.attempts.latest()
    else:
        match = re.fullmatch(rf"({DATE_PATTERN})(?:-([1-9][0-9]{{0,5}}))?", name)
        try:
            session = read_date(match[1] if match else "")
        except ValueError:
            raise DataError(
                f"{name!a} names no attempt",
                "Allowed: SESSION or SESSION-n, such as 2025-01-17 or 2025-01-17-2, or latest.",
                remedies=(Remedy("See which there are", ours("history")),),
            ) from None
        row = ledger.attempts.numbered(session, int(match[2] or 1) if match else 1)
    if row is None and name == "latest":
        raise DataError(
            f"The ledger {ledger.name} has no attempt yet",
            remedies=("The first run makes one. The sandbox has a ledger of its own: add --sandbox.",),
        )
    if row is None:
        raise DataError(
            f"The ledger {ledger.name} has no attempt {name}",
            remedies=(Remedy("See which there are", ours("history")),),
        )
    return row


def documents(ledger: Ledger, name: str) -> list[str]:
    """Return the results of a name: of its attempt, and without a number of the session's latest mark too.

    :raises DataError: it is no such name, or the ledger has nothing of it.
    """
    try:
        row = named(ledger, name)
    except DataError:
        if (marked := ledger.sessions.mark(name)) is None:
            raise
        return [marked]
    marked = ledger.sessions.mark(str(row.session)) if name in ("latest", str(row.session)) else None
    return [row.document] if marked is None else [row.document, marked]


def all_documents(ledger: Ledger) -> list[list[str]]:
    """Return all results that the ledger has, a session's together, oldest first."""
    found: dict[str, list[str]] = {}
    for session, number in sorted(ledger.attempts.names()):
        row = ledger.attempts.numbered(read_date(session), number)
        found.setdefault(session, []).extend([] if row is None else [row.document])
    for session in ledger.sessions.marked():
        found.setdefault(session, []).append(ledger.sessions.mark(session) or "")
    return [found[session] for session in sorted(found)]


def record_verdict(
    row: AttemptRow,
    decision: Decision,
    ledger: Ledger,
    platform: Platform,
    broker: AtBroker,
    now: datetime,
    *,
    timeout: Decimal,
) -> AttemptRow:
    """Record a person's word on an attempt whose outcome is unknown: who, where, when; fetch what they name.

    Evidence, a run or orders, is taken also for an attempt that was said to have placed nothing, or something
    that nobody knows.

    :param broker: this command's looks at the broker. :param now: of any zone; the record has the exchange's.
    :param timeout: the --timeout in force, seconds, for an attempt that does not say its own.
    :raises DataError: its outcome is known already; a run or an order is another's, or unknown.
    :raises OrchestrationError: the run can't be read or has not ended, or the orchestrator may still trade.
    :raises DependencyError: an order can't be read.
    """
    has_evidence = decision.run_id is not None or bool(decision.orders)
    if has_evidence:
        row = _meant(row, decision.run_id, ledger)
    is_open = row.outcome_unknown or (has_evidence and _is_without_evidence(row))
    if not is_open:
        how = f": {row.how_known}" if row.how_known else ""
        raise DataError(
            f"The outcome of the attempt {row.name} is known already{how}",
            remedies=(Remedy("See it", ours("report", row.name)),),
        )
    by = by_whom(now, ledger.account.exchange)
    if not decision.placed:
        if there := ledger.orders.order_states(row):
            raise broker_messages.placed_already(row.name, list(there))
        until = works_until(row, timeout)
        if not row.over and now < until:
            raise messages.too_early(row.name, exchange_time(until, ledger.account.exchange))
        error = OrchestrationError("Nothing was placed", f"So it was said {by}.")
        return restatement.restate(
            row,
            ledger,
            run=None,
            state="nothing",
            status="failed",
            how_known=f"not placed, {by}" + (", the orchestrator not asked" if decision.unheard else ""),
            failed=(error,),
        )
    if decision.run_id is not None:
        return _with_run(row, decision.run_id, by, ledger, platform)
    if decision.orders:
        states = named_orders.read(row, decision.orders, ledger, platform, broker)
        run = restatement.run_of(row, states)
        how = f"placed, {counted(len(states), 'order')} named {by}"
        return restatement.restate(row, ledger, run=run, state="closed", how_known=how, states=states)
    error = OrchestrationError(
        "What was placed is not known", f"That something was, was said {by}, without a run or an order."
    )
    with ledger.transaction():
        return restatement.restate(
            recording.say_placed(ledger, row),
            ledger,
            run=None,
            state="closed",
            status="unknown",
            how_known=f"placed, {by}",
            failed=(error,),
        )


def _meant(row: AttemptRow, run_id: str | None, ledger: Ledger) -> AttemptRow:
    """Return the attempt that evidence is of: others of its name were said, or known, to have placed nothing.

    :param row: the latest of that name. :param run_id: the run that is named, if one is.
    """
    same = [each for each in ledger.attempts.of_session(row.session) if each.number == row.number]
    if owners := [each for each in same if run_id is not None and each.run_id == run_id]:
        return owners[-1]
    if row.outcome_unknown or (row.how_known and _is_without_evidence(row)):
        return row
    return next((each for each in reversed(same) if each.state == "nothing" and each.how_known), row)


def _is_without_evidence(row: AttemptRow) -> bool:
    """Whether a person said of an attempt that it placed nothing, or something without a run or an order."""
    if row.state == "nothing":
        return True
    return row.state == "closed" and row.answer is None and not result_json.decode_orders(row.document)


def _with_run(row: AttemptRow, run_id: str, by: str, ledger: Ledger, platform: Platform) -> AttemptRow:
    orchestrator = platform.orchestrator
    if ledger.attempts.knows_run(run_id) and row.run_id != run_id:
        raise DataError(
            f"--run-id: run {run_id} belongs to another attempt of this ledger", remedies=named_orders.ASK
        )
    if row.snapshot.listed_before(run_id):
        raise DataError(
            f"--run-id: run {run_id} was there before {row.name} was sent, so it is not its run",
            remedies=named_orders.ASK,
        )
    by_orders = ours("resolve", row.name, "--placed", "--order", "ID", "--order", "ID")
    instead = Remedy("Name its orders instead", by_orders)
    try:
        answer = orchestrator.run_by_id(run_id, seconds=_READ_SECONDS)
        run = read_orchestration(answer) if answer else None
    except CallFailed as error:
        raise OrchestrationError(
            f"Run {run_id} can't be read",
            f"The Orchestrator at {orchestrator.url} {error.reason}.",
            remedies=(instead,),
        ) from None
    if answer is None or run is None or run.run_id != run_id:
        raise DataError(
            f"--run-id: the Orchestrator at {orchestrator.url} knows no run {run_id}",
            remedies=(
                Remedy("See its runs", of_another("curl", f"{orchestrator.url}/api/v1/orchestration/runs")),
            ),
        )
    if not has_ended(run):
        raise OrchestrationError(f"Run {run_id} has not ended", remedies=("Wait until it has, then again.",))
    if (why := response.leaves_open(run)) is not None:
        raise OrchestrationError(
            f"Run {run_id} does not tell what it placed",
            f"The Orchestrator at {orchestrator.url} {why}.",
            remedies=(instead,),
            code="answer_lost",
            subject=row.name,
        )
    named_orders.prove_run(row, run)
    return earlier.adopt(row, run, answer.kept(), f"placed, run {run_id}, {by}", ledger, platform)


class Ended(NamedTuple):
    """What ended with a book, in words.

    :ivar orders: which were still followed, or had been given up. :ivar doubts: what was not known.
    :ivar attempts: those of which it was not, as they are recorded now.
    """

    orders: tuple[str, ...]
    doubts: tuple[str, ...]
    attempts: tuple[AttemptRow, ...]


def end_book(ledger: Ledger, by: str) -> Ended:
    """End the present book: its orders are followed no more, and what is not known of its attempts stays so.

    Sessions that were closed stay closed.

    :param by: who says so, and when.
    :raises DataError: there is no book.
    """
    if ledger.books.period() is None and ledger.books.opens_with() is None:
        raise DataError(
            "--reset: there is no book to end",
            "It begins with the first attempt that is known to have been placed.",
            remedies=("Nothing was changed, and there is nothing to do.",),
        )
    orders = [f"{each.symbol} order {each.name} of {each.session}" for each in ledger.open_orders.followed()]
    rows = (*ledger.attempts.incomplete(), *ledger.attempts.doubtful())
    with ledger.transaction():
        attempts = tuple(_end_doubt(row, ledger, by) for row in rows)
        ledger.books.close_period(by)
    return Ended(tuple(orders), tuple(map(_doubt, rows)), attempts)


def _doubt(row: AttemptRow) -> str:
    if row.outcome_unknown:
        return f"{row.name}: what it placed"
    return f"{row.name}: its orders" + (" in doubt" if row.state == "closed" else "")


def _end_doubt(row: AttemptRow, ledger: Ledger, by: str) -> AttemptRow:
    how = f"its book was ended {by}"
    if row.outcome_unknown:
        error = OrchestrationError("What was placed is not known", f"Its book was ended {by}, before it was.")
        return restatement.restate(
            row, ledger, run=None, state="closed", status="unknown", how_known=how, failed=(error,)
        )
    how_known = f"{row.how_known}; {how}" if row.how_known else how
    if row.answer:
        run = recorded_orchestration(row.answer)
        states = ledger.orders.order_states(row, also=restatement.identities(run))
        row = restatement.restate(row, ledger, run=run, state="closed", how_known=how_known, states=states)
    return ledger.attempts.record(row, state="closed", document=row.document, in_doubt=0, how_known=how_known)


def by_whom(now: datetime, exchange: ExchangeName) -> str:
    """Return who decides, on which machine, and when (the exchange's time)."""
    moment = exchange_time(now, exchange).isoformat(sep=" ", timespec="seconds")
    return f"by {_user()}@{socket.gethostname()} on {moment}"


def _user() -> str:
    try:
        return getpass.getuser().encode("utf-8", "replace").decode()
    except (OSError, KeyError):  # a container's user without a name
        return f"uid {os.getuid()}"
