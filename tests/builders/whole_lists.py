"""Statistics and drawdowns over a whole list of sessions at once: what the state after the last must tell."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from paper_run.book.days import Day, rounded

ZERO, ONE = Decimal(0), Decimal(1)
CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
FOR_RISK, FOR_A_YEAR = 20, 60


def drawdown(days: Sequence[Day]) -> tuple[Decimal | None, ...]:
    """Return for each day how far compounded equity is below its peak: a ratio of zero or less, six places.

    The start, 1, is the first peak. After a session without a return, or one that lost 100 % or more, there
    is nothing left to compound, and the rest is None.
    """
    with localcontext(CONTEXT):
        return tuple(rounded(fall) for fall in _falls(_curve(_returns(days))))


def figures(days: Sequence[Day], sessions_a_year: int) -> dict[str, Decimal | None]:
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
        if n >= FOR_A_YEAR and fill_delta >= 0:
            figures["annualised_return"] = fill_delta ** (Decimal(sessions_a_year) / n) - 1
    if not single:
        return figures
    figures["win_rate"] = Decimal(sum(day.day_pnl > ZERO for day in single)) / len(single)
    if (known := _all_known(_returns(single))) is not None:
        figures["best_day"], figures["worst_day"] = max(known), min(known)
        if len(known) >= FOR_RISK:
            figures |= _risk(known, sessions_a_year)
    return figures


def _risk(returns: Sequence[Decimal], sessions_a_year: int) -> dict[str, Decimal | None]:
    """Return volatility and the ratios of the mean return to it and to the downside.

    Sharpe, "The Sharpe Ratio" (1994), and Sortino and Price, "Performance Measurement in a Downside Risk
    Framework" (1994): the downside is the root of the mean, over all days, of the squared negative returns.
    """
    n, year = len(returns), Decimal(sessions_a_year).sqrt()
    mean = sum(returns) / n
    deviation = (sum((each - mean) ** 2 for each in returns) / (n - 1)).sqrt()
    downside = (sum(min(each, ZERO) ** 2 for each in returns) / n).sqrt()
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
    return None if known is None else sum(known) / len(known)


def _curve(returns: Iterable[Decimal | None]) -> Iterator[Decimal | None]:
    """Yield compounded equity after each return, from 1; None once there is nothing to compound."""
    equity: Decimal | None = ONE
    for each in returns:
        equity = None if equity is None or equity <= ZERO or each is None else equity * (ONE + each)
        yield equity


def _falls(curve: Iterable[Decimal | None]) -> Iterator[Decimal | None]:
    """Yield how far each point of a curve stands below the highest so far, as a ratio."""
    peak = ONE
    for equity in curve:
        if equity is None:
            yield None
            continue
        peak = max(peak, equity)
        yield (equity - peak) / peak
