"""A curve from day to day: its height below the peak, and the few points that show all of it."""

import itertools
from decimal import Decimal

import pytest
from builders.whole_lists import drawdown
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book.days import Day, Running, deepest, downsampled, drawdown_level, fall

ONE = Decimal(1)


def day(opening: str, earned: str) -> Day:
    """Return a day that earned so much."""
    start, gain = Decimal(opening), Decimal(earned)
    return Day(start, gain, start + gain, Decimal(0), Decimal(0))


def test_a_height_never_passes_its_peak() -> None:
    """100 -> 110 is a new peak, 1; 110 -> 99 is 0.9 of it; 99 -> 104.5 is 0.95."""
    first = drawdown_level(ONE, day("100", "10"))
    second = drawdown_level(first, day("110", "-11"))
    third = drawdown_level(second, day("99", "5.5"))
    assert (first, second) == (1, Decimal("0.9"))
    assert [fall(each) for each in (first, second, third)] == [
        0,
        Decimal("-0.1"),
        Decimal("-0.05"),
    ]


def test_nothing_is_compounded_from_nothing() -> None:
    """After a loss of all, or without an opening, there is no height, and then none any more."""
    assert drawdown_level(ONE, day("100", "-100")) == 0
    assert drawdown_level(Decimal(0), day("100", "5")) is None
    assert drawdown_level(None, day("100", "5")) is None
    assert drawdown_level(ONE, day("0", "5")) is None
    assert fall(None) is None


@given(st.lists(st.decimals("-0.5", "0.5", places=4), min_size=1, max_size=40))
def test_heights_are_the_drawdowns_of_the_statistics(returns: list[Decimal]) -> None:
    """Day by day, or all at once: the same drawdown at six places."""
    days = [Day(Decimal(100), 100 * each, 100 + 100 * each, Decimal(0), Decimal(0)) for each in returns]
    height: Decimal | None = ONE
    falls = []
    for each in days:
        height = drawdown_level(height, each)
        falls.append(fall(height))
    for ours, theirs in zip(falls, drawdown(days), strict=True):
        assert ours is not None
        assert theirs is not None
        assert abs(ours - theirs) <= Decimal("0.000001")


def drawn(closings: list[float], falls: list[float], most: int) -> list[int]:
    """Return the points of a curve with its drawdown."""
    return downsampled((closings, falls), (closings,), most)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(7, 20))
def test_the_best_and_the_worst_day_are_drawn(days: list[float], most: int) -> None:
    """Of each series the extremes that are asked for."""
    closings = list(itertools.accumulate(days))
    kept = downsampled((closings, days), (closings, days), most)
    assert len(kept) <= most
    for series in (closings, days):
        assert {min(series), max(series)} <= {series[at] for at in kept}


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=400), st.integers(5, 20))
def test_few_points_show_the_extremes_of_many(closings: list[float], most: int) -> None:
    """At most so many, in order, with the first, the last, the lowest, the highest and the deepest fall."""
    falls = [each - max(closings[: at + 1]) for at, each in enumerate(closings)]
    kept = drawn(closings, falls, most)
    assert kept == sorted(set(kept))
    assert len(kept) <= max(most, 2)
    assert (kept[0], kept[-1]) == (0, len(closings) - 1)
    assert {min(closings), max(closings)} <= {closings[at] for at in kept}
    assert min(falls) in {falls[at] for at in kept}


def test_two_points_are_kept_where_there_is_no_room() -> None:
    """Below five only the ends."""
    assert drawn([1.0] * 10, [0.0] * 10, 2) == [0, 9]


def test_each_stretch_keeps_its_extremes() -> None:
    """12 points, 8 to keep: two stretches of five, each with its lowest, its highest, its deepest fall."""
    closings = [10.0, 11, 15, 9, 12, 11, 20, 21, 25, 19, 18, 17]
    falls = [0.0, 0, 0, -0.4, -0.2, -0.3, 0, 0, 0, -0.2, -0.3, -0.3]
    assert drawn(closings, falls, 8) == [0, 2, 3, 8, 10, 11]


def test_all_points_are_kept_where_there_is_room() -> None:
    """Five of five, though all are alike; of six, one of the four in the middle."""
    assert drawn([1.0] * 5, [0.0] * 5, 5) == [0, 1, 2, 3, 4]
    assert drawn([1.0] * 3, [0.0] * 3, 5) == [0, 1, 2]
    assert drawn([1.0] * 6, [0.0] * 6, 5) == [0, 1, 5]


@pytest.mark.parametrize(("most", "kept"), [(5, [0, 1, 3, 6, 7]), (7, [0, 1, 3, 6, 7]), (4, [0, 7])])
def test_the_three_extremes_of_a_stretch(most: int, kept: list[int]) -> None:
    """The lowest closing comes second, the highest fourth, the deepest fall last but one."""
    closings = [10.0, 9, 12, 30, 28, 25, 15, 16]
    falls = [0.0, -0.1, 0, 0, -0.07, -0.17, -0.5, -0.47]
    assert drawn(closings, falls, most) == kept
    # The lowest, 9, is last but one: it is the deepest fall too.
    assert drawn([10.0, 12, 13, 30, 28, 25, 9, 16], falls, most) == [each for each in kept if each != 1]


def test_the_ends_are_no_extremes_of_the_middle() -> None:
    """The first is the highest and the last the lowest of all: those in between are kept all the same."""
    closings = [50.0, 12, 13, 30, 28, 25, 9, 1]
    falls = [0.0, -0.1, 0, 0, -0.07, -0.17, -0.5, -0.9]
    assert drawn(closings, falls, 5) == [0, 3, 6, 7]
    assert drawn([0.5, *closings[1:-1], 60], [-0.9, *falls[1:-1], 0], 5) == [0, 3, 6, 7]


def test_a_drawdown_so_far_is_not_known_after_nothing_is_left() -> None:
    """Before that it is how far compounded equity stands below its highest."""
    assert Running(equity=Decimal("0.9"), peak=Decimal("1.2")).drawdown == Decimal("-0.25")
    assert Running(equity=None, peak=Decimal("1.2")).drawdown is None


def test_the_deepest_of_drawdowns() -> None:
    """None without any, and where nothing was left of a session to compound."""
    falls = [Decimal("-0.01"), Decimal("-0.2"), Decimal(0)]
    assert deepest(falls) == Decimal("-0.2")
    assert deepest([]) is None
    assert deepest([*falls, None]) is None
