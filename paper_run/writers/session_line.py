"""A result document as one more session of the history, for the curve on its own page."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run.book import statistics
from paper_run.models import SessionLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def with_own(document: Mapping[str, Any], before: Sequence[SessionLine]) -> list[SessionLine]:
    """Return the sessions before a document's, and its own as the document has it, if it is whole.

    What the ledger learns of a session afterwards, or of later ones, does not change its page.

    :param before: the ledger's complete sessions of the same book, oldest first.
    """
    pnl = document["pnl"]
    if pnl is None or not pnl["complete"]:
        return list(before)
    opening, earned = Decimal(pnl["equity"]["opening"]), Decimal(pnl["day_pnl"])
    closing = Decimal(pnl["equity"]["closing"])
    # In a record from before findings had codes an opening's gain was in the closing, and in no return.
    came_in = statistics.inflow(opening, earned, closing) if "findings" in document else Decimal(0)
    day = statistics.Day(opening, earned, closing, Decimal(0), Decimal(0), came_in)
    last = before[-1].drawdown if before else Decimal(0)
    height = statistics.height(None if last is None else 1 + last, day)
    drawdown = None if height is None else height - 1
    return [
        *before,
        SessionLine(
            session=document["session"],
            trades=(),
            complete=True,
            day_pnl=earned,
            total_pnl=Decimal(pnl["total_pnl"]),
            closing=closing,
            daily_return=statistics.unrounded_return(day),
            drawdown=drawdown,
            marked=document["kind"] == "mark",
        ),
    ]
