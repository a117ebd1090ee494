"""A result document as one more session of the history, for the curve on its own page."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from paper_run.models import SessionLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SIX = Context(prec=40)
_PLACES = Decimal("0.000001")


def curve_of(document: Mapping[str, Any], lines: Sequence[SessionLine]) -> list[SessionLine]:
    """Return the sessions of a document's book up to its own, which is as the document has it.

    What the ledger learns of a session afterwards, or of later ones, does not change its page.

    :param lines: the ledger's sessions, oldest first.
    """
    pnl, session = document["pnl"], document["session"]
    since = "" if pnl is None else pnl["since"]
    before = [line for line in lines if line.complete and since <= line.session < session]
    if pnl is None or not pnl["complete"]:
        return before
    daily = document["statistics"]["daily_return"]["value"]
    return [
        *before,
        SessionLine(
            session=session,
            trades=(),
            complete=True,
            day_pnl=Decimal(pnl["day_pnl"]),
            total_pnl=Decimal(pnl["total_pnl"]),
            closing=Decimal(pnl["equity"]["closing"]),
            daily_return=daily,
            drawdown=_drawdown(before[-1].drawdown if before else Decimal(0), daily),
            marked=document["kind"] == "mark",
        ),
    ]


def _drawdown(before: Decimal | None, daily_return: Decimal | None) -> Decimal | None:
    """Return how far equity is below its peak after one more return, six places; the peak is 1."""
    if before is None or daily_return is None:
        return None
    height = _SIX.multiply(1 + before, 1 + Decimal(daily_return))
    return min(Decimal(0), height - 1).quantize(_PLACES, context=_SIX) + Decimal(0)
