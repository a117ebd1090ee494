"""What the complete sessions come to: returns, drawdown, risk, exposure and turnover.

Source: docs/CONCEPTS, "Statistics".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple

from paper_run.money import ZERO, total

SESSIONS_A_YEAR: Mapping[str, int] = {"XNYS": 252, "24/7": 365}
"""How many sessions a year has, by the exchange."""
_CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
_ONE = Decimal(1)
_PLACES = Decimal(10) ** -6
_PERCENT_PLACES = Decimal(10) ** -4
_NO_PERCENTAGES = ("sharpe_ratio", "sortino_ratio")
# A ratio of this size is a division by next to nothing: by a cent of equity, or by the deviation of equal
# returns, whose mean can be off in its last digit. Up to it 28 digits make six true decimals.
_TOO_LARGE = Decimal(10) ** 12
_FOR_RISK, _FOR_A_YEAR = 20, 60
_MINIMUM = {
    "total_return": 1,
    "daily_return": 1,
    "max_drawdown": 1,
    "best_day": 1,
    "worst_day": 1,
    "win_rate": 1,
    "exposure": 1,
    "turnover": 1,
    "volatility": _FOR_RISK,
    "sharpe_ratio": _FOR_RISK,
    "sortino_ratio": _FOR_RISK,
    "annualised_return": _FOR_A_YEAR,
}

# A return over several sessions is no day's, and does not stand beside those of single days.
_OF_SINGLE_DAYS = frozenset(
    {"best_day", "worst_day", "win_rate", "volatility", "sharpe_ratio", "sortino_ratio"}
)


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
        return self.opening + self.inflow


class Statistic(NamedTuple):
    """A figure, and how many sessions it comes from and needs.

    :ivar value: a ratio (0.01 is 1 %), six places, half to even; None with fewer than `minimum` sessions, or
        where it is not defined.
    :ivar percent: the same in percent as a person sees it: two places, half to even, rounded once from all
        digits and not from `value`; None too where it is no percentage.
    """

    value: Decimal | None
    n: int
    minimum: int
    percent: Decimal | None = None


def statistics(days: Sequence[Day], sessions_a_year: int = SESSIONS_A_YEAR["XNYS"]) -> dict[str, Statistic]:
    """Return every statistic by its name in the result document.

    A figure is over all of the sessions, or None: one that left out the session that it cannot count would
    flatter. The risk-free rate is zero. The conventions of the ratios are those of the empyrical library.

    :param days: the complete sessions, oldest first. :param sessions_a_year: see SESSIONS_A_YEAR.
    """
    with localcontext(_CONTEXT):
        found = _figures(days, sessions_a_year) if days else {}
        single = sum(not day.spans for day in days)
        counted = {name: single if name in _OF_SINGLE_DAYS else len(days) for name in _MINIMUM}
        counted["daily_return"] = min(len(days), 1)
        return {
            name: Statistic(
                rounded(found.get(name)),
                counted[name],
                minimum,
                None if name in _NO_PERCENTAGES else _percent(found.get(name)),
            )
            for name, minimum in _MINIMUM.items()
        }


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
    with localcontext(_CONTEXT):
        (earned,) = _returns([day])
        return earned


def inflow(opening: Decimal, day_pnl: Decimal, closing: Decimal) -> Decimal:
    """Return what came into a session's equity, no P&L, less what went out: dollars, not negative."""
    with localcontext(_CONTEXT):
        return max(ZERO, closing - opening - day_pnl)


def daily_return(day: Day) -> Decimal | None:
    """Return the ratio day_pnl / (opening + inflow), six places; None when that is nothing or a debt."""
    with localcontext(_CONTEXT):
        (earned,) = _returns([day])
        return rounded(earned)


def drawdown_level(before: Decimal | None, day: Day) -> Decimal | None:
    """Return the ratio of compounded equity to its peak after one more day, 28 digits; drawdown is that - 1.

    :param before: the level after the day before; None: there was nothing to compound. The first is 1.
    """
    with localcontext(_CONTEXT):
        (earned,) = _returns([day])
        if before is None or before <= ZERO or earned is None:
            return None
        return min(_ONE, before * (_ONE + earned))


def fall(level: Decimal | None) -> Decimal | None:
    """Return the drawdown at a level, a ratio of zero or less, six places."""
    with localcontext(_CONTEXT):
        return rounded(None if level is None else level - _ONE)


def drawdown(days: Sequence[Day]) -> tuple[Decimal | None, ...]:
    """Return for each day how far compounded equity is below its peak: a ratio of zero or less, six places.

    The start, 1, is the first peak. After a session without a return, or one that lost 100 % or more, there
    is nothing left to compound, and the rest is None.
    """
    with localcontext(_CONTEXT):
        return tuple(rounded(fall) for fall in _falls(_curve(_returns(days))))


def _figures(days: Sequence[Day], sessions_a_year: int) -> dict[str, Decimal | None]:
    """Return the figures that these days are enough for and that are defined."""
    n = len(days)
    returns = _returns(days)
    single = [day for day in days if not day.spans]
    curve = list(_curve(returns))
    figures = {
        "daily_return": returns[-1],
        "exposure": _mean(_ratios((day.exposure, day.closing) for day in days)),
        "turnover": _mean(_ratios((day.traded, day.capital) for day in days)),
    }
    if (fill_delta := curve[-1]) is not None:
        figures["total_return"] = fill_delta - 1
        figures["max_drawdown"] = min(_known(_falls(curve)))
        # A power of a debt is no rate, and where the exponent is whole it would look like one.
        if n >= _FOR_A_YEAR and fill_delta >= 0:
            figures["annualised_return"] = fill_delta ** (Decimal(sessions_a_year) / n) - 1
    if not single:
        return figures
    figures["win_rate"] = Decimal(sum(day.day_pnl > ZERO for day in single)) / len(single)
    if (known := _all_known(_returns(single))) is not None:
        figures["best_day"], figures["worst_day"] = max(known), min(known)
        if len(known) >= _FOR_RISK:
            figures |= _risk(known, sessions_a_year)
    return figures


def _risk(returns: Sequence[Decimal], sessions_a_year: int) -> dict[str, Decimal | None]:
    """Return volatility and the ratios of the mean return to it and to the downside.

    Sharpe, "The Sharpe Ratio" (1994), and Sortino and Price, "Performance Measurement in a Downside Risk
    Framework" (1994): the downside is the root of the mean, over all days, of the squared negative returns.
    """
    n, year = len(returns), Decimal(sessions_a_year).sqrt()
    mean = total(returns) / n
    deviation = (total((each - mean) ** 2 for each in returns) / (n - 1)).sqrt()
    downside = (total(min(each, ZERO) ** 2 for each in returns) / n).sqrt()
    return {
        "volatility": deviation * year,
        "sharpe_ratio": mean / deviation * year if deviation else None,
        "sortino_ratio": mean / downside * year if downside else None,
    }


def _ratios(dollars_of_equity: Iterable[tuple[Decimal, Decimal]]) -> list[Decimal | None]:
    """Return dollars / equity of each day; of nothing or of a debt there is no part."""
    return [part / whole if whole > ZERO else None for part, whole in dollars_of_equity]


def _returns(days: Sequence[Day]) -> list[Decimal | None]:
    return _ratios((day.day_pnl, day.capital) for day in days)


def _known(values: Iterable[Decimal | None]) -> list[Decimal]:
    return [value for value in values if value is not None]


def _all_known(values: Sequence[Decimal | None]) -> list[Decimal] | None:
    known = _known(values)
    return known if len(known) == len(values) else None


def _mean(values: Sequence[Decimal | None]) -> Decimal | None:
    """Return the mean of all values, None if one of them is not known."""
    known = _all_known(values)
    return None if known is None else total(known) / len(known)


def _curve(returns: Iterable[Decimal | None]) -> Iterator[Decimal | None]:
    """Yield compounded equity after each return, from 1; None once there is nothing to compound."""
    equity: Decimal | None = _ONE
    for each in returns:
        equity = None if equity is None or equity <= ZERO or each is None else equity * (_ONE + each)
        yield equity


def _falls(curve: Iterable[Decimal | None]) -> Iterator[Decimal | None]:
    """Yield how far each point of a curve stands below the highest so far, as a ratio."""
    peak = _ONE
    for equity in curve:
        if equity is None:
            yield None
            continue
        peak = max(peak, equity)
        yield (equity - peak) / peak


def rounded(value: Decimal | None) -> Decimal | None:
    """Return a ratio as documents and tables state it: six places, half to even; zero has no sign."""
    if value is None or abs(value) >= _TOO_LARGE:
        return None
    return value.quantize(_PLACES) + ZERO


def _percent(value: Decimal | None) -> Decimal | None:
    if value is None or abs(value) >= _TOO_LARGE:
        return None
    return (value.quantize(_PERCENT_PLACES) + ZERO).scaleb(2)
