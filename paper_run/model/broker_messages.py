"""What the broker shows that stops a run, or goes against what a person says, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import OrchestrationError, PaperRunError, Remedy
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from paper_run.model.service import ServiceUrl


def someone_elses_order(broker: ServiceUrl, order: str, client_order_id: str, session: date) -> PaperRunError:
    """Say that the broker has an order (in words) of today, of this gateway and strategy, and nobody's."""
    return OrchestrationError(
        f"The session of {session} was already traded by someone else",
        f"The broker at {broker} has an order of today of this gateway and strategy: {order}. It is not in "
        "this ledger. Nothing was sent.",
        remedies=(
            Remedy("Find out who had the orchestrator trade: another computer, another reports folder?"),
            Remedy("Trade beside it, on purpose", ours("--again")),
        ),
        code="already_traded",
        subject=client_order_id,
    )


def placed_already(attempt: str, orders: Sequence[str]) -> PaperRunError:
    """Say that an attempt which a person takes for not placed has orders."""
    named = [word for identity in orders for word in ("--order", identity)]
    return OrchestrationError(
        f"--not-placed: {attempt} has placed orders: {', '.join(orders)}",
        "They were found at the broker; nothing is said against that. Nothing was changed.",
        remedies=(Remedy("If those are all", ours("resolve", attempt, "--placed", *named)),),
        subject=attempt,
    )
