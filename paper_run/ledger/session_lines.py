"""What the lines and the curves of sessions are made of: their rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.book.days import Day, downsampled, unrounded_return
from paper_run.ledger.rows import amount
from paper_run.ledger.session_states import inflow_of
from paper_run.model.history import SessionLine
from paper_run.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOT_KNOWN = (None,) * 5
"""The figures of a session that was not valued whole."""


class SessionRow(NamedTuple):
    """A session's row, as the lines are made of it: amounts as the table has them, in text."""

    session: str
    epoch: int
    complete: int
    day_pnl: str | None
    total_pnl: str | None
    closing: str | None
    daily_return: str | None
    drawdown: str | None
    opening: str
    height: str
    gains: str
    inflow: str | None
    long_value: str | None
    short_value: str | None
    gross_limit: str | None
    benchmark_equity: str | None


def drawn(
    equity: Sequence[float],
    falls: Sequence[float | None],
    days: Sequence[float | None],
    long: Sequence[float | None],
    short: Sequence[float | None],
    benchmark: Sequence[float],
    *,
    most: int,
) -> list[int]:
    """Return which points a curve goes through: of each series that is drawn the extremes, and its first.

    :param equity: dollars, as the other series are but `falls`, ratios; each of the same sessions.
    :param most: how many points.
    """
    if len(equity) <= most:
        return list(range(len(equity)))
    fallen, pnl = ([each or 0 for each in series] for series in (falls, days))
    beside = [] if benchmark == equity else [benchmark]
    lows, highs = [equity, fallen, pnl, *beside], [equity, pnl, *beside]
    first = next((at for at, value in enumerate(long) if value is not None), None)
    if first is None:
        return downsampled(lows, highs, most)
    parts = [[*map(_part, series, equity)] for series in (long, short)]
    gross = [each - other for each, other in zip(*parts, strict=True)]
    return sorted({first, *downsampled([*lows, *parts, gross], [*highs, *parts, gross], most - 1)})


def _part(value: float | None, equity: float | None) -> float:
    """Return a part of equity; none where nothing is known of it, or there is no equity."""
    return value / equity if value and equity and equity > 0 else 0.0


def alone(row: Any) -> SessionLine:
    """Return the line of a session's row alone, without its attempts."""
    figures = SessionRow._make(row)
    return line((figures.epoch, figures.session), {}, figures, is_marked=False)


def line(
    key: tuple[int, str], attempts: Mapping[int, str], row: SessionRow | None, *, is_marked: bool
) -> SessionLine:
    """Return a session's line, dollars and cents.

    :param key: its book and its ISO date. :param attempts: their statuses, by number.
    :param row: None where it was not valued.
    """
    book, session = key
    told = tuple(attempts.items())
    if row is None or not row.complete:
        return SessionLine(session, told, False, *NOT_KNOWN, marked=is_marked, book=book)
    opening, day_pnl, closing = Decimal(row.opening), amount(row.day_pnl), amount(row.closing)
    # The two ratios are kept at six places, and whoever shows them rounds once, from all digits.
    day_return = None
    if row.daily_return is not None:
        figures = (opening, day_pnl or ZERO, closing or ZERO)
        came_in = inflow_of(row.inflow, row.gains, *figures)
        day_return = unrounded_return(Day(*figures, ZERO, ZERO, came_in))
    return SessionLine(
        session,
        told,
        True,
        day_pnl,
        amount(row.total_pnl),
        closing,
        day_return,
        None if row.drawdown is None else Decimal(row.height) - 1,
        is_marked,
        book,
        amount(row.benchmark_equity),
        amount(row.long_value),
        amount(row.short_value),
        amount(row.gross_limit),
        opening,
    )
