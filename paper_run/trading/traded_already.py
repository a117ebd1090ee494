"""Why nothing is sent: the orchestrator lists a run of today, somebody else's or one that was denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import OrchestrationError, Remedy
from paper_run.model import messages
from paper_run.model.commands import ours
from paper_run.model.findings import counted
from paper_run.trading import lookup

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from paper_run.errors import PaperRunError
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.order import ListedRun
    from paper_run.model.service import ServiceUrl


def error(
    orchestrator: ServiceUrl,
    run: ListedRun,
    denied: AttemptRow | None,
    session: date,
    attempts: Iterable[AttemptRow],
) -> PaperRunError:
    """Say whose run it is, as far as that is known, and how it is recorded where it can be ours.

    :param denied: the attempt that owns it and was said to have placed nothing; None: it is in no ledger.
    :param attempts: those of the session.
    """
    if denied is not None:
        title = f"The attempt {denied.name} has traded after all"
        text = (
            f"The Orchestrator at {orchestrator} lists its run {run.run_id} with "
            f"{counted(run.orders or 0, 'order')}, and here it is recorded as one that placed nothing "
            f"({denied.how_known or 'as it was answered'}). Nothing was sent."
        )
        remedies = [_record("Record it", denied, run)]
    else:
        traded = "was already traded" if run.orders else "may have been traded"
        title = f"The session of {session} {traded} by someone else"
        placed = f"with {counted(run.orders, 'order')}" if run.orders else "that does not say it placed none"
        text = (
            f"The Orchestrator at {orchestrator} lists run {run.run_id} of today {placed}; it "
            "is not in this ledger. Nothing was sent."
        )
        remedies = [Remedy("Look at it", messages.ask_for_runs(orchestrator, f"/{run.run_id}"))]
        said = [row for row in attempts if row.state == "nothing" and row.how_known]
        if fitting := [row for row in said if not row.run_id and lookup.may_be_of(run, row.snapshot)]:
            row = fitting[-1]
            remedies.append(_record(f"If it is that of {row.name} ({row.how_known}), record it", row, run))
    return OrchestrationError(
        title,
        text,
        remedies=(*remedies, Remedy("Trade beside it, on purpose", ours("--again"))),
        code="already_traded",
        subject=run.run_id,
    )


def _record(words: str, row: AttemptRow, run: ListedRun) -> Remedy:
    return Remedy(words, ours("resolve", row.name, "--placed", "--run-id", run.run_id))
