"""What the complete sessions come to: returns, drawdown, risk, exposure and turnover.

Source: docs/CONCEPTS, "Statistics".
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from math import erfc

from paper_run import NamedTuple
from paper_run.book.days import CONTEXT, SUMS, Running, percentage, rounded
from paper_run.money import ZERO

SESSIONS_A_YEAR: Mapping[str, int] = {"XNYS": 252, "24/7": 365}
"""How many sessions a year has, by the exchange."""
_SHARPE = ("sharpe_standard_error", "sharpe_lower", "sharpe_upper")
_SHAPE = ("skewness", "kurtosis")
_NO_PERCENTAGES = ("sharpe_ratio", "sortino_ratio", *_SHARPE, *_SHAPE)
_IN_95_OF_100 = Decimal("1.959963984540054")
"""So many standard errors on both sides of a normal mean are 95 %."""
_LEAST = Decimal(10) ** -15
_STEADY = 10**6
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
    **dict.fromkeys((*_SHARPE, "probabilistic_sharpe", *_SHAPE), _FOR_RISK),
}

# A return over several sessions is no day's, and does not stand beside those of single days.
_OF_SINGLE_DAYS = frozenset(
    {
        *("best_day", "worst_day", "win_rate", "volatility", "sharpe_ratio", "sortino_ratio"),
        *(*_SHARPE, "probabilistic_sharpe", *_SHAPE),
    }
)


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


def statistics(state: Running, sessions_a_year: int = SESSIONS_A_YEAR["XNYS"]) -> dict[str, Statistic]:
    """Return every statistic by its name in the result document.

    A figure is over all of the sessions, or None: one that left out the session that it cannot count would
    flatter. The risk-free rate is zero. The conventions of the ratios are those of the empyrical library.

    :param state: after the last of the complete sessions. :param sessions_a_year: see SESSIONS_A_YEAR.
    """
    with localcontext(SUMS):
        found = _figures(state, sessions_a_year) if state.sessions else {}
        counted = {name: state.single if name in _OF_SINGLE_DAYS else state.sessions for name in _MINIMUM}
        counted["daily_return"] = min(state.sessions, 1)
        return {
            name: Statistic(
                rounded(found.get(name)),
                counted[name],
                minimum,
                None if name in _NO_PERCENTAGES else percentage(found.get(name)),
            )
            for name, minimum in _MINIMUM.items()
        }


def _figures(state: Running, sessions_a_year: int) -> dict[str, Decimal | None]:
    """Return the figures that these sessions are enough for and that are defined."""
    figures = {
        "daily_return": state.latest,
        "exposure": None if state.exposure is None else state.exposure / state.sessions,
        "turnover": None if state.turnover is None else state.turnover / state.sessions,
    }
    if (equity := state.equity) is not None:
        figures["total_return"] = equity - 1
        figures["max_drawdown"] = state.deepest
        # A power of a debt is no rate, and where the exponent is whole it would look like one.
        if state.sessions >= _FOR_A_YEAR and equity >= 0:
            with localcontext(CONTEXT):
                figures["annualised_return"] = equity ** (Decimal(sessions_a_year) / state.sessions) - 1
    if not state.single:
        return figures
    figures["win_rate"] = Decimal(state.gains) / state.single
    if state.returns is not None:
        figures["best_day"], figures["worst_day"] = state.best, state.worst
        if state.single >= _FOR_RISK:
            figures |= _risk(state, state.returns, sessions_a_year)
    return figures


def _risk(state: Running, returns: Decimal, sessions_a_year: int) -> dict[str, Decimal | None]:
    """Return volatility and the ratios of the mean return to it and to the downside.

    Sharpe, "The Sharpe Ratio" (1994), and Sortino and Price, "Performance Measurement in a Downside Risk
    Framework" (1994): the downside is the root of the mean, over all days, of the squared negative returns.
    The sum of the squared differences from the mean is that of the squares less the squared sum / n.
    """
    n, year = state.single, Decimal(sessions_a_year).sqrt()
    mean = returns / n
    # Equal returns differ in the last digit of so many: that is none.
    deviation = (max(ZERO, state.squares - returns * returns / n) / (n - 1)).sqrt()
    downside = (state.losses / n).sqrt()
    found = {
        "volatility": deviation * year,
        "sharpe_ratio": mean / deviation * year if deviation else None,
        "sortino_ratio": mean / downside * year if downside else None,
    }
    # Of returns as equal as these, forty digits do not tell the shape.
    if not deviation or abs(mean) >= deviation * _STEADY:
        return found
    return found | _uncertainty(state, mean, mean / deviation, year)


def _uncertainty(state: Running, mean: Decimal, sharpe: Decimal, year: Decimal) -> dict[str, Decimal | None]:
    """Return how sure a Sharpe ratio is, and the shape of the returns that this hangs on.

    Lo, "The Statistics of Sharpe Ratios" (2002): the standard error of independent returns. Bailey and Lopez
    de Prado, "The Sharpe Ratio Efficient Frontier" (2012): the probability that the true ratio is above zero,
    which counts with skewness and kurtosis. These are of the population: m3 / m2^1.5 and m4 / m2^2, 3 for a
    normal distribution.

    :param mean: of the returns. :param sharpe: of a session, `year` that of so many.
    """
    n = Decimal(state.single)
    second, third, fourth = (each / n for each in (state.squares, state.cubes, state.fourths))
    m2 = second - mean**2
    m3 = third - 3 * mean * second + 2 * mean**3
    m4 = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4
    skewness, kurtosis = m3 / (m2 * m2.sqrt()), m4 / m2**2
    error = ((1 + sharpe**2 / 2) / n).sqrt() * year
    beyond = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2
    probable = None
    if beyond > _LEAST:
        probable = Decimal(repr(erfc(-float(sharpe * (n - 1).sqrt() / (2 * beyond).sqrt())) / 2))
    return {
        "sharpe_standard_error": error,
        "sharpe_lower": sharpe * year - _IN_95_OF_100 * error,
        "sharpe_upper": sharpe * year + _IN_95_OF_100 * error,
        "probabilistic_sharpe": probable,
        "skewness": skewness,
        "kurtosis": kurtosis,
    }
