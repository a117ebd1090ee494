"""The periods of a result under the names of its document, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.book.drawdowns import Drawdown
from paper_run.book.periods import Period
from paper_run.model import json_fields as fields
from paper_run.model.periods import Periods

if TYPE_CHECKING:
    from collections.abc import Mapping

_LISTS = ("to_date", "years", "months")


def to_json(periods: Periods) -> dict[str, Any]:
    """Return them as a document has them; amounts stay Decimal, dollars and ratios."""
    fallen = periods.drawdowns
    return {
        "through": periods.through,
        **{name: [each._asdict() for each in getattr(periods, name)] for name in _LISTS},
        "drawdowns": None if fallen is None else [each._asdict() for each in fallen],
    }


def from_json(content: Mapping[str, Any]) -> Periods:
    """Read them back.

    :raises ValueError: an amount is none. :raises LookupError: a part is not there.
    """
    fallen = content["drawdowns"]
    return Periods(
        through=fields.text(content["through"]),
        **{name: tuple(map(_period, content[name])) for name in _LISTS},
        drawdowns=None if fallen is None else tuple(map(_drawdown, fallen)),
    )


def _period(content: Mapping[str, Any]) -> Period:
    return Period(
        name=str(content["name"]),
        since=str(content["since"]),
        pnl=fields.amount(content["pnl"]),
        value=fields.amount(content["value"]),
        n=fields.whole(content["n"]) or 0,
        minimum=fields.whole(content["minimum"]) or 0,
        percent=fields.amount(content["percent"]),
    )


def _drawdown(content: Mapping[str, Any]) -> Drawdown:
    return Drawdown(
        peak=str(content["peak"]),
        trough=str(content["trough"]),
        recovery=fields.text(content["recovery"]),
        depth=fields.stated(content["depth"]),
        sessions=fields.whole(content["sessions"]) or 0,
        falling=fields.whole(content["falling"]) or 0,
        percent=fields.amount(content.get("percent")),
    )
