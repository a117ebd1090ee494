"""A result as one more session of the history, for the curve on its own page."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.book import statistics
from paper_run.model.history import SessionLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_run.model.result import RunResult


def with_own(result: RunResult, before: Sequence[SessionLine]) -> list[SessionLine]:
    """Return the sessions before a result's, and its own as the result has it, if it is whole.

    What the ledger learns of a session afterwards, or of later ones, does not change its page.

    :param before: the ledger's complete sessions of the same book, oldest first.
    """
    pnl = result.pnl
    if pnl is None or not pnl.complete or pnl.day_pnl is None or pnl.equity.closing is None:
        return list(before)
    opening, earned, closing = pnl.equity.opening, pnl.day_pnl, pnl.equity.closing
    came_in = Decimal(0) if result.is_old else statistics.inflow(opening, earned, closing)
    day = statistics.Day(opening, earned, closing, Decimal(0), Decimal(0), came_in)
    last = before[-1].drawdown if before else Decimal(0)
    level = statistics.drawdown_level(None if last is None else 1 + last, day)
    drawdown = None if level is None else level - 1
    return [
        *before,
        SessionLine(
            session=result.session,
            attempts=(),
            complete=True,
            day_pnl=earned,
            total_pnl=pnl.total_pnl,
            closing=closing,
            daily_return=statistics.unrounded_return(day),
            drawdown=drawdown,
            marked=result.is_mark,
        ),
    ]
