"""A long curve with few points, on which no peak, trough or fall is lost, and no best or worst day."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def kept(lows: Sequence[Sequence[float]], highs: Sequence[Sequence[float]], most: int) -> list[int]:
    """Return which points to keep: the first, the last, and of each stretch each series' extremes.

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
