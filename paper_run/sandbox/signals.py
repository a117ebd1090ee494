"""The signal model: ranks symbols by how far their last session outran their week."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from paper_run.sandbox import market, special
from paper_run.sandbox.exchange_days import previous_session

LOOKBACK = 5


class Signal(NamedTuple):
    """One ranked symbol; the weight is a fraction of the capital, negative for a short."""

    symbol: str
    predicted_return: float
    rank: int
    target_weight: float


def rank(symbols: Sequence[str], day: date, top_n: int, bottom_n: int) -> list[Signal]:
    """Rank the symbols as of `day` from the closes before it; special symbols come first."""
    closes = [previous_session(day)]
    while len(closes) <= LOOKBACK:
        closes.append(previous_session(closes[-1]))
    scored = sorted(
        ((_predicted_return(symbol, closes), symbol) for symbol in symbols),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return [
        Signal(symbol, float(predicted), place, _weight(place, len(scored), top_n, bottom_n))
        for place, (predicted, symbol) in enumerate(scored, start=1)
    ]


def _predicted_return(symbol: str, closes: Sequence[date]) -> Decimal:
    """Return the last session's return less its average over the lookback.

    That difference changes sign often, so the ranking rotates and positions neither run away nor stand still.
    """
    last, before, first = (market.close_price(symbol, closes[index]) for index in (0, 1, LOOKBACK))
    predicted = (last / before - 1) - (last / first - 1) / LOOKBACK
    # No other symbol comes near a predicted return of 1: a session moves a price by a few percent.
    return predicted + 1 if symbol in special.TRADED else predicted


def _weight(place: int, count: int, top_n: int, bottom_n: int) -> float:
    if place <= top_n:
        return 1 / top_n
    return -1 / bottom_n if place > count - bottom_n else 0.0
