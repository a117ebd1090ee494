"""What a result states of weeks, months and years, and of the deepest drawdowns; and its codec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book import periods
from paper_run.book.drawdowns import Drawdown
from paper_run.book.periods import Period
from paper_run.model import json_fields as fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import Any

    from paper_run.book.days import Day
    from paper_run.book.drawdowns import Drawdowns
    from paper_run.book.periods import Month


class Periods(NamedTuple):
    """The periods of a book through a session.

    :ivar through: the last complete session that is in them, an ISO date; None: there is none.
    :ivar to_date: week, month, quarter and year, up to the session of the result.
    :ivar years: and `months`, oldest first, those that have a complete session.
    :ivar drawdowns: the five deepest, the deepest first; None where there is nothing to compound.
    """

    through: str | None
    to_date: tuple[Period, ...]
    years: tuple[Period, ...]
    months: tuple[Period, ...]
    drawdowns: tuple[Drawdown, ...] | None


def made(
    session: date,
    through: str | None,
    months: Sequence[Month],
    days: Sequence[tuple[str, Day]],
    falls: Drawdowns,
) -> Periods:
    """Return the periods up to a session.

    :param through: the last complete session, an ISO date. :param months: oldest first.
    :param days: at least the complete sessions of the session's week, by their ISO dates.
    """
    return Periods(
        through=through,
        to_date=periods.to_date(session, months, days),
        years=periods.by_year(months),
        months=periods.by_month(months),
        drawdowns=falls.stated(),
    )


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
