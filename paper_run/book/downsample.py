"""A long curve with few points, on which no peak, trough or fall is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal


def kept(
    closings: Sequence[Decimal] | Sequence[float], drawdowns: Sequence[Decimal] | Sequence[float], most: int
) -> list[int]:
    """Return which points to keep: the first, the last, and of each stretch the extremes.

    Those are its lowest and its highest closing and its deepest drawdown.

    :param closings: dollars. :param drawdowns: ratios.
    :param most: at least 5; below that only the first and the last are kept.
    """
    if len(closings) <= most:
        return list(range(len(closings)))
    inner = range(1, len(closings) - 1)
    stretches = (most - 2) // 3
    chosen = {0, len(closings) - 1}
    for number in range(stretches):
        stretch = inner[len(inner) * number // stretches : len(inner) * (number + 1) // stretches]
        chosen.add(min(stretch, key=closings.__getitem__))
        chosen.add(max(stretch, key=closings.__getitem__))
        chosen.add(min(stretch, key=drawdowns.__getitem__))
    return sorted(chosen)
