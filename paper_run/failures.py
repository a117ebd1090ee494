"""The day's failures in words: what failed, where, the service's own reason, and what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.errors import DependencyError, Interrupted, OrchestrationError, PaperRunError

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from paper_run.models import Orchestration, ServiceUrl


def positions_unreadable(gateway: ServiceUrl, reason: str) -> PaperRunError:
    """Say that the positions before the trade can't be read; without them nothing is sent."""
    return DependencyError(
        "The positions can't be read",
        f"The Execution Gateway at {gateway} {reason} when asked for its positions. Nothing was sent.",
        remedies=(
            f"Ask it yourself: curl {gateway}/api/v1/positions",
            "Check its database and logs: tail -f logs/execution_gateway.log",
        ),
    )


def interrupted(
    orchestrator: ServiceUrl, gateway: ServiceUrl, run_id: str | None, session: date
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
            f"See what it did: curl '{orchestrator}/api/v1/orchestration/runs"
            + (f"/{run_id}'" if run_id else "?limit=5'"),
            f"See the positions: curl {gateway}/api/v1/positions",
            f"Do not trade the session of {session} again before you know.",
        ),
    )


def lost(orchestrator: ServiceUrl, gateway: ServiceUrl, reason: str, session: date) -> PaperRunError:
    """Say that the answer is lost: whether anything was traded is not known."""
    return OrchestrationError(
        "It is not known whether the orchestrator traded",
        f"The Orchestrator at {orchestrator} {reason}. "
        "Its orders may have been placed; they are not sent again.",
        remedies=(
            f"See what it did: curl '{orchestrator}/api/v1/orchestration/runs?limit=5'",
            f"See the positions: curl {gateway}/api/v1/positions",
            f"Do not trade the session of {session} again before you know.",
        ),
    )


def timed_out(run_id: str | None, timeout: Decimal) -> PaperRunError:
    """Say that a known run was still going when the time was over."""
    return OrchestrationError(
        "Timeout waiting for completion",
        f"Run {run_id} is still running after {money.digits(timeout)} s; the orchestrator goes on with it.",
        remedies=(
            "Give it longer: --timeout SECONDS",
            "Check the orchestrator's logs: tail -f logs/orchestrator.log",
        ),
    )


def unsuccessful(
    run: Orchestration, accepted: int, submitted: int, problems: tuple[str, ...]
) -> PaperRunError:
    """Say which orders were not accepted, or that the run ended badly."""
    said = f" The orchestrator says: {' '.join(run.error_message.split())}" if run.error_message else ""
    title = (
        f"{submitted - accepted} of {submitted} orders were not accepted"
        if accepted < submitted
        else f"The orchestrator ended the run as {run.status}"
    )
    return OrchestrationError(
        title,
        f"Run {run.run_id} ended as {run.status}.{said}" + "".join(f"\n- {text}" for text in problems),
        remedies=(
            "Read the reasons above and in the report",
            "Check logs: tail -f logs/orchestrator.log logs/execution_gateway.log",
        ),
    )


def gateway_unreadable(gateway: ServiceUrl, reasons: list[str]) -> PaperRunError:
    """Say what could not be read after the trade."""
    return DependencyError(
        "The gateway could not be read after the trade",
        f"The Execution Gateway at {gateway}: {'; '.join(reasons[:5])}. Everything else is saved.",
        remedies=(
            f"Ask it yourself: curl {gateway}/api/v1/positions",
            "Check logs: tail -f logs/execution_gateway.log",
        ),
    )
