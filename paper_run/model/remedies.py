"""What a person may do about an attempt or an order of which not all is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import (
    Remedy,
)
from paper_run.model.commands import of_another, ours

if TYPE_CHECKING:
    from paper_run.model.service import ServiceUrl


def say_what_came(attempt: str, run_id: str | None = None) -> tuple[Remedy, ...]:
    """Say how a person tells what came of an attempt.

    :param run_id: the orchestrator's run, if it is known.
    """
    return (
        Remedy("The next command looks for it once more; it is never sent again"),
        Remedy("If it did trade", ours("resolve", attempt, "--placed", "--run-id", run_id or "ID")),
        Remedy(
            "Or, by the orders' ids", ours("resolve", attempt, "--placed", "--order", "ID", "--order", "ID")
        ),
        Remedy("If it did not", ours("resolve", attempt, "--not-placed")),
    )


def order_remedies(name: str) -> tuple[Remedy, ...]:
    """Say how a person tells what an order has filled.

    :param name: the order, as `resolve` lists it.
    """
    filled = ours("resolve", "--order", name, "--filled", "QTY@PRICE")
    return (
        Remedy("See at the broker what it filled, and say it", filled),
        Remedy("If it filled nothing", ours("resolve", "--order", name, "--not-filled")),
    )


def ask_for_positions(gateway: ServiceUrl) -> Remedy:
    """Say how to look at what the gateway answers for its positions."""
    return Remedy("See the positions", of_another("curl", f"{gateway}/api/v1/positions"))
