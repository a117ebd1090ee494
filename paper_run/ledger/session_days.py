"""The complete sessions of a book as its rows have them, for what is computed over them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.book import days
from paper_run.book.days import Day

if TYPE_CHECKING:
    from collections.abc import Callable


def between(
    rows: Callable[..., list[Any]], period: int, since: str, end: str, traded: Decimal
) -> list[tuple[str, Day]]:
    """Return the complete sessions from an ISO date to before another one, oldest first.

    :param rows: runs a query and returns its rows. :param period: the book, by its id.
    :param traded: the value of all fills before them, dollars, without a sign.
    """
    found = rows(
        "SELECT session, traded, gains, spans, inflow, opening, day_pnl, closing, exposure FROM sessions "
        "WHERE epoch = ? AND session >= ? AND session < ? AND complete = 1 ORDER BY session",
        period,
        since,
        end,
    )
    read, subtract = [], money.CONTEXT.subtract
    # A thousand of them must not cost a day anything.
    for session, so_far, gains, spans, came_in, *figures in found:
        total = Decimal(so_far)
        opening, day_pnl, closing, exposure = map(Decimal, figures)
        inflow = inflow_of(came_in, gains, opening, day_pnl, closing)
        day = Day(opening, day_pnl, closing, exposure, subtract(total, traded), inflow, bool(spans))
        read.append((session, day))
        traded = total
    return read


def inflow_of(said: str | None, gains: str, opening: Decimal, day_pnl: Decimal, closing: Decimal) -> Decimal:
    """Return a session's inflow, dollars, never negative, see `days.Day`.

    :param said: as its row has it, None where the figures tell it. :param gains: as its row has them: an
        older program's gain of an opening was in the closing, and in no return.
    """
    if said is not None:
        return Decimal(said)
    return days.inflow(opening, day_pnl, closing) if gains == "0" else money.ZERO
