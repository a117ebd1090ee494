"""A complete session, and what so many of them have come to so far.

Source: docs/CONCEPTS, "Statistics".
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.money import ZERO, near

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
SUMS = Context(prec=40, rounding=ROUND_HALF_EVEN)
"""Wider than what is added up: a variance is a small difference of large sums of squares."""
_ONE = Decimal(1)
_PLACES = Decimal(10) ** -6
_PERCENT_PLACES = Decimal(10) ** -4
# A ratio of this size is a division by next to nothing: by a cent of equity, or by the deviation of equal
# returns, whose mean can be off in its last digit. Up to it 28 digits make six true decimals.
TOO_LARGE = Decimal(10) ** 12


class Day(NamedTuple):
    """A complete session, dollars, a loss negative.

    :ivar opening: the equity that it opened from: the last complete closing; zero or less after a wipe-out.
    :ivar exposure: the sum of |market value| at its last valuation.
    :ivar traded: the sum of |qty x price| of its fills. :ivar inflow: what came in besides, zero or more.
    :ivar spans: whether it opened from a closing of more than one session back: its return is no day's.
    """

    opening: Decimal
    day_pnl: Decimal
    closing: Decimal
    exposure: Decimal
    traded: Decimal
    inflow: Decimal = ZERO
    spans: bool = False

    @property
    def capital(self) -> Decimal:
        """Dollars that its P&L was made from: the opening and what came in; outflows count at its end."""
        return CONTEXT.add(self.opening, self.inflow)


class Running(NamedTuple):
    """The statistics' state after so many complete sessions: what every figure is made from.

    Sums are of ratios (0.01 is 1 %), and None once a session had none: no figure leaves one out.

    :ivar sessions: how many. :ivar single: those whose return is of a single day; `gains`: those of
        them with a gain. :ivar latest: the latest session's return.
    :ivar equity: what 1 has compounded to; None once there is nothing to compound. :ivar peak: its highest.
    :ivar deepest: the deepest fall from a peak, zero or less.
    :ivar exposure: the sum of exposure / closing. :ivar turnover: that of traded / (opening + inflow).
    :ivar returns: the sum of single days' returns, with `squares`, `cubes` and `fourths` of them, and
        `losses`, the squares of the negative ones; `best` and `worst` of them.
    """

    sessions: int = 0
    single: int = 0
    gains: int = 0
    latest: Decimal | None = None
    equity: Decimal | None = _ONE
    peak: Decimal = _ONE
    deepest: Decimal = ZERO
    exposure: Decimal | None = ZERO
    turnover: Decimal | None = ZERO
    returns: Decimal | None = ZERO
    squares: Decimal = ZERO
    losses: Decimal = ZERO
    best: Decimal | None = None
    worst: Decimal | None = None
    cubes: Decimal = ZERO
    fourths: Decimal = ZERO

    @property
    def drawdown(self) -> Decimal | None:
        """How far equity stands below its highest, a ratio of zero or less; None: there is nothing left."""
        if self.equity is None:
            return None
        with localcontext(CONTEXT):
            return (self.equity - self.peak) / self.peak

    def after(self, day: Day) -> Running:
        """Return the state after one more session."""
        with localcontext(CONTEXT):
            earned = unrounded_return(day)
            equity = None
            if self.equity is not None and self.equity > ZERO and earned is not None:
                equity = self.equity * (_ONE + earned)
            peak = self.peak if equity is None else max(self.peak, equity)
            deepest = self.deepest if equity is None else min(self.deepest, (equity - peak) / peak)
            exposure, turnover = _ratio(day.exposure, day.closing), _ratio(day.traded, day.capital)
        known = self._replace(
            sessions=self.sessions + 1,
            latest=earned,
            equity=equity,
            peak=peak,
            deepest=deepest,
            exposure=_added(self.exposure, exposure),
            turnover=_added(self.turnover, turnover),
        )
        return known if day.spans else known._with_single(day, earned)

    def _with_single(self, day: Day, earned: Decimal | None) -> Running:
        counted = self._replace(
            single=self.single + 1,
            gains=self.gains + (day.day_pnl > ZERO),
            returns=_added(self.returns, earned),
        )
        if earned is None:
            return counted
        square = SUMS.multiply(earned, earned)
        return counted._replace(
            squares=SUMS.add(self.squares, square),
            losses=SUMS.add(self.losses, square) if earned < ZERO else self.losses,
            best=earned if self.best is None else max(self.best, earned),
            worst=earned if self.worst is None else min(self.worst, earned),
            cubes=SUMS.add(self.cubes, SUMS.multiply(square, earned)),
            fourths=SUMS.add(self.fourths, SUMS.multiply(square, square)),
        )


NOTHING_YET = Running()


def running(days: Iterable[Day]) -> Running:
    """Return the state after these complete sessions, oldest first."""
    state = NOTHING_YET
    for day in days:
        state = state.after(day)
    return state


def whole(
    opening: Decimal,
    day_pnl: Decimal | None,
    closing: Decimal | None,
    exposure: Decimal | None,
    traded: Decimal,
    came_in: Decimal | None = None,
    *,
    spans: bool = False,
) -> Day | None:
    """Return a session that is valued whole, see `Day`; None where a figure is not known.

    All are dollars, a loss negative, exposure and what was traded without a sign.

    :param came_in: its inflow, where it is known apart from what went out in the same session.
    """
    if day_pnl is None or closing is None or exposure is None:
        return None
    if came_in is None:
        came_in = inflow(opening, day_pnl, closing)
    return Day(opening, day_pnl, closing, exposure, traded, came_in, spans)


def unrounded_return(day: Day) -> Decimal | None:
    """Return the ratio day_pnl / (opening + inflow), 28 digits; None when that is nothing or a debt."""
    return _ratio(day.day_pnl, day.capital)


def inflow(opening: Decimal, day_pnl: Decimal, closing: Decimal) -> Decimal:
    """Return what came into a session's equity, no P&L, less what went out: dollars, not negative."""
    return max(ZERO, CONTEXT.subtract(CONTEXT.subtract(closing, opening), day_pnl))


def daily_return(day: Day) -> Decimal | None:
    """Return the ratio day_pnl / (opening + inflow), six places; None when that is nothing or a debt."""
    with localcontext(CONTEXT):
        return rounded(unrounded_return(day))


def drawdown_level(before: Decimal | None, day: Day) -> Decimal | None:
    """Return the ratio of compounded equity to its peak after one more day, 28 digits; drawdown is that - 1.

    :param before: the level after the day before; None: there was nothing to compound. The first is 1.
    """
    with localcontext(CONTEXT):
        earned = unrounded_return(day)
        if before is None or before <= ZERO or earned is None:
            return None
        return min(_ONE, before * (_ONE + earned))


def fall(level: Decimal | None) -> Decimal | None:
    """Return the drawdown at a level, a ratio of zero or less, six places."""
    with localcontext(CONTEXT):
        return rounded(None if level is None else level - _ONE)


def deepest(falls: Iterable[Decimal | None]) -> Decimal | None:
    """Return the deepest of sessions' drawdowns, a ratio of zero or less; None without any.

    None too where a session has none: nothing was left to compound by then.
    """
    found = None
    for each in falls:
        if each is None:
            return None
        found = each if found is None else min(found, each)
    return found


def _added(so_far: Decimal | None, more: Decimal | None) -> Decimal | None:
    return None if so_far is None or more is None else SUMS.add(so_far, more)


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return dollars / equity; of nothing or of a debt there is no part."""
    return CONTEXT.divide(part, whole) if whole > ZERO else None


def rounded(value: Decimal | None) -> Decimal | None:
    """Return a ratio as documents and tables state it: six places, half to even; zero has no sign."""
    if value is None or abs(value) >= TOO_LARGE:
        return None
    return near(value).quantize(_PLACES) + ZERO


def stated(value: Decimal | None) -> Decimal | None:
    """Return a ratio with all its digits; None where documents and tables state none, for it is too large."""
    return None if rounded(value) is None else value


def percentage(value: Decimal | None) -> Decimal | None:
    """Return a ratio in percent as it is shown: two places, half to even, rounded once, from all digits."""
    if value is None or abs(value) >= TOO_LARGE:
        return None
    return (near(value).quantize(_PERCENT_PLACES) + ZERO).scaleb(2)


def downsampled(lows: Sequence[Sequence[float]], highs: Sequence[Sequence[float]], most: int) -> list[int]:
    """Return which points of a long curve to keep, so that no peak, trough or fall is lost, and no best day.

    The first, the last, and of each stretch each series' extremes.

    :param lows: the series, each of the same points, of which the lowest are kept; of any unit.
    :param highs: those of which the highest are kept.
    :param most: how many; where there is no room for a stretch, only the first and the last.
    """
    (number,) = {len(series) for series in (*lows, *highs)}
    if number <= most:
        return list(range(number))
    stretches = (most - 2) // (len(lows) + len(highs))
    chosen = {0, number - 1}
    for at in range(stretches):
        first, end = (1 + (number - 2) * part // stretches for part in (at, at + 1))
        chosen |= {series.index(min(series[first:end]), first) for series in lows}
        chosen |= {series.index(max(series[first:end]), first) for series in highs}
    return sorted(chosen)
