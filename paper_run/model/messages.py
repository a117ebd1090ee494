"""The day's failures in words: what failed, where, the service's own reason, and what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.errors import (
    DataError,
    DependencyError,
    ExitStatus,
    Interrupted,
    OrchestrationError,
    PaperRunError,
    Remedy,
    SeveralErrors,
)
from paper_run.model.commands import ask_for_positions, of_another, ours, say_what_came

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from paper_run.model.attempt import Parameters
    from paper_run.model.findings import Finding
    from paper_run.model.order import Orchestration, Order
    from paper_run.model.service import ServiceUrl


def single(error: PaperRunError) -> tuple[PaperRunError, ...]:
    """Return the failures that an error stands for: several found at the same moment, or itself."""
    return error.errors if isinstance(error, SeveralErrors) else (error,)


def not_sent_in_time(session: date) -> PaperRunError:
    """Say that the POST was held back: it was journaled too long ago, or for a date that is over."""
    return OrchestrationError(
        f"The run of {session} was not sent in time",
        "Between its journal row and its request too much time passed (was the machine suspended?), or the "
        "exchange's date has changed. Nothing was sent.",
        remedies=("Run again: the session is still open.",),
        code="held_back",
        subject=f"{session}",
    )


def broke_behind_the_post(error: Exception) -> PaperRunError:
    """Say that this program failed behind the POST: what was sent is not sent again."""
    return DependencyError(
        "It was sent, and then this program failed",
        f"{type(error).__name__}: {error}. What is known of it is recorded; nothing is sent again.",
        remedies=(
            Remedy("Let the next command go on from there", ours("resolve")),
            Remedy("If it fails again, install the package anew: it may have been replaced while it ran"),
        ),
        code="broke_after_sending",
    )


def not_recorded(run: Orchestration, folder: str | None, attempt: str) -> PaperRunError:
    """Say that it traded and that the ledger could not keep it; ids that could be kept nowhere are told.

    :param folder: where the answer was kept; None: nowhere.
    """
    title = "It was sent: traded, not yet recorded"
    if folder:
        return DependencyError(
            title,
            f"The orchestrator's answer is kept in the reports folder, in {folder}.",
            remedies=(Remedy("Once the ledger can be written again, bring it in", ours("resolve")),),
            code="not_recorded",
            subject=attempt,
        )
    ids = [(each.symbol, each.client_order_id) for each in run.mappings if each.client_order_id]
    named = ", ".join(f"{symbol} {identity}" for symbol, identity in ids) or "none"
    words = [word for _, identity in ids for word in ("--order", identity)] or ["--run-id", run.run_id]
    return DependencyError(
        title,
        f"It could be kept nowhere: run {run.run_id}, orders: {named}.",
        remedies=(
            Remedy(
                "Write that down; when the ledger can be written again",
                ours("resolve", attempt, "--placed", *words),
            ),
        ),
        code="not_recorded",
        subject=attempt,
    )


def nothing_new(run: Orchestration, rows: tuple[Order, ...]) -> PaperRunError:
    """Say that all orders of a run bear ids that an earlier attempt owns."""
    known = sum(row.outcome == "repeat" for row in rows)
    whose = f"each of its {known} orders has" if known > 1 else "its one order has"
    return OrchestrationError(
        "Nothing new was placed",
        f"Run {run.run_id} ended as {run.status}, and {whose} an id that an earlier attempt owns: "
        "the gateway takes the same order of the same day for one order.",
        remedies=("To trade more, ask for another quantity: --capital or --max-position-size, with --again",),
        code="nothing_new",
        subject=run.run_id,
    )


def too_early(attempt: str, until: datetime) -> PaperRunError:
    """Say that the orchestrator may still be working on an attempt that a person takes for not placed.

    :param until: when that is over, on the exchange's clock.
    """
    return OrchestrationError(
        f"--not-placed: the orchestrator may still be trading {attempt}",
        f"It works on after we stop waiting, until {until.isoformat(sep=' ', timespec='seconds')} at the "
        "latest. Nothing was changed.",
        remedies=("Say it again after that, once you have looked at the orders",),
        code="too_early",
        subject=attempt,
    )


def interrupted_before() -> PaperRunError:
    """Say that the program was stopped before it asked for anything."""
    return Interrupted(
        "Interrupted", "Nothing was sent.", remedies=("Run again: the session is still open.",)
    )


def interrupted(
    orchestrator: ServiceUrl, gateway: ServiceUrl, run_id: str | None, attempt: str
) -> PaperRunError:
    """Say that the wait was broken off; the orchestrator goes on without us."""
    run = (
        f"Run {run_id} goes on"
        if run_id
        else "The orchestrator may still be trading; its run id is not known yet"
    )
    return Interrupted(
        "Interrupted while waiting for the orchestrator",
        f"{run}.",
        remedies=(
            Remedy(
                "See what it did",
                ask_for_runs(orchestrator, f"/{run_id}" if run_id else "?limit=5"),
            ),
            ask_for_positions(gateway),
            *say_what_came(attempt, run_id),
        ),
        subject=attempt,
    )


def ask_for_runs(orchestrator: ServiceUrl, which: str) -> str:
    """Return the command that asks an orchestrator for its runs; `which` is what follows their path."""
    return of_another("curl", f"{orchestrator}/api/v1/orchestration/runs{which}")


def cut_off(orchestrator: ServiceUrl, gateway: ServiceUrl, attempt: str) -> PaperRunError:
    """Say that the program ended before it had an answer; stands in the record until there is one."""
    return lost(
        orchestrator, gateway, "was asked to trade, and this program ended before its answer came", attempt
    )


def lost(
    orchestrator: ServiceUrl, gateway: ServiceUrl, reason: str, attempt: str, run_id: str | None = None
) -> PaperRunError:
    """Say that the answer is lost: whether anything was traded is not known.

    :param run_id: the orchestrator's run, if the answer still named it.
    """
    return OrchestrationError(
        "It is not known whether the orchestrator traded",
        f"The Orchestrator at {orchestrator} {reason}. Nothing is sent again.",
        remedies=(
            Remedy("See what it did", ask_for_runs(orchestrator, "?limit=5")),
            ask_for_positions(gateway),
            *say_what_came(attempt, run_id),
        ),
        code="answer_lost",
        subject=attempt,
    )


def timed_out(run_id: str | None, timeout: Decimal, attempt: str) -> PaperRunError:
    """Say that a known run was still going when the time was over.

    :param timeout: that time, seconds.
    """
    return OrchestrationError(
        "Timeout waiting for completion",
        f"Run {run_id} had not ended after {money.digits(timeout)} s; the orchestrator goes on with it.",
        remedies=(
            *say_what_came(attempt, run_id),
            "Give it longer the next day: --timeout SECONDS",
            Remedy("Check the orchestrator's logs", "tail -f logs/orchestrator.log"),
        ),
        code="run_goes_on",
        subject=run_id or "",
    )


def unsuccessful(
    run: Orchestration, rows: tuple[Order, ...], problems: tuple[str, ...], *, sandbox: bool
) -> PaperRunError:
    """Say which orders were not accepted, which may have been placed, or that the run ended badly.

    :param sandbox: whether a sandbox said so, which keeps no logs.
    """
    said = f" The orchestrator says: {' '.join(run.error_message.split())}" if run.error_message else ""
    submitted = sum(row.outcome in ("accepted", "rejected", "in_doubt") for row in rows)
    refused = sum(row.outcome == "rejected" for row in rows)
    doubtful = sum(row.outcome == "in_doubt" for row in rows)

    def which(number: int) -> str:
        return "The one order" if submitted == 1 else f"{number:,} of {submitted:,} orders"

    in_doubt = f"{'is' if doubtful == 1 else 'are'} in doubt"
    if refused:
        title = f"{which(refused)} {'was' if refused == 1 else 'were'} not accepted"
        title += f", and {doubtful:,} {in_doubt}" if doubtful else ""
    elif doubtful:
        title = f"{which(doubtful)} {in_doubt}"
    else:
        title = f"The orchestrator ended the run as {run.status}"
    return OrchestrationError(
        title,
        f"Run {run.run_id} ended as {run.status}.{said}",
        details=problems,
        remedies=(
            *(
                (
                    Remedy(
                        "An order in doubt is looked for by each later command, mark too: do not place it "
                        "again. See what can be said of it",
                        ours("resolve"),
                    ),
                )
                if doubtful
                else ()
            ),
            *(() if submitted else (no_bar_yet(),)),
            Remedy("Which symbols misbehave in a sandbox stands in docs/USING.md, The sandbox")
            if sandbox
            else Remedy("Check logs", "tail -f logs/orchestrator.log logs/execution_gateway.log"),
        ),
        code="orders_not_accepted" if refused or doubtful else "run_failed",
        subject=run.run_id,
    )


def no_bar_yet() -> str:
    """Return what helps when the signal service has no prices of the day yet."""
    return "If there is no price bar of that date yet: --as-of-date previous (PAPER_RUN_AS_OF_DATE)"


def too_late(
    now: datetime, latest: datetime, closes: datetime | None, next_session: date
) -> OrchestrationError:
    """Say that the session is nearly over, or is; times on the exchange's clock.

    :param closes: when it closes; None: somebody set another latest start.
    """
    because = f", 15 minutes before the close at {closes:%H:%M}" if closes else ""
    return OrchestrationError(
        f"Too late to trade the session of {now.date()}",
        f"It is {now:%H:%M %Z}; the latest start is {latest:%H:%M}{because}. Nothing was sent. "
        f"The next session is {next_session}.",
        remedies=(
            Remedy("Let the schedule start it earlier", ours("schedule", "cron")),
            "Allow a later start: --latest-start HH:MM (PAPER_RUN_LATEST_START)",
            Remedy("To trade all the same", ours("--ignore-calendar")),
        ),
    )


def midnight(session: date) -> PaperRunError:
    """Say that the session ended while it was being prepared."""
    return OrchestrationError(
        f"The exchange's date is no longer {session}", "Nothing was sent.", remedies=("Run again.",)
    )


def other_parameters(attempt: str, recorded: Parameters, given: Parameters) -> PaperRunError:
    """Say that the session was traded with other parameters than these."""
    return DataError(
        f"The session was already traded, as {attempt}, with other parameters",
        f"Recorded: {_shown(recorded)}.\nGiven now: {_shown(given)}.",
        remedies=(
            "To see what was done, run again with the recorded parameters",
            Remedy("Or make its files again", ours("report", attempt)),
            Remedy("To trade the session once more, on purpose", ours("--again")),
        ),
        subject=attempt,
    )


def again_while_unknown(attempt: str) -> PaperRunError:
    """Say that nothing is traded on top of an attempt whose outcome is not known."""
    return OrchestrationError(
        f"--again: the outcome of the attempt {attempt} is unknown",
        "It is not known whether it was placed, so nothing is traded on top of it. Nothing was sent.",
        remedies=say_what_came(attempt),
        code="outcome_unknown",
        subject=attempt,
    )


def again(found: Finding) -> PaperRunError:
    """Return what failed of a service, as a record tells of it."""
    return DependencyError(found.text, remedies=found.remedies, code=found.code, subject=found.subject)


def recorded(found: Sequence[Finding], exit_status: int) -> tuple[PaperRunError, ...]:
    """Return the errors of a recorded result, to be shown again; `exit_status` is the result's."""
    kinds = {kind.exit_status: kind for kind in (DataError, DependencyError, OrchestrationError, Interrupted)}
    kind = kinds.get(ExitStatus(exit_status), OrchestrationError)
    return tuple(
        kind(each.text, remedies=each.remedies, code=each.code, subject=each.subject)
        for each in found
        if each.severity == "error"
    )


def _shown(parameters: Parameters) -> str:
    return (
        f"symbols {', '.join(parameters.symbols)}; capital {money.digits(parameters.capital)}; "
        f"maximum position {money.digits(parameters.max_position_size)}; "
        f"signals as of {parameters.as_of_date}"
    )
