"""The deepest drawdowns: worked by hand, and beside a search through all sessions."""

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from paper_run.book.days import Day
from paper_run.book.drawdowns import MOST, NONE_YET, Drawdown, fallen


def earning(*returns: str) -> list[tuple[str, Day]]:
    """Return a session a day in January and on, each of 100 dollars with a return."""
    return [
        (f"{2025 + at // 300}-{1 + at // 25 % 12:02}-{1 + at % 25:02}", _day(Decimal(each)))
        for at, each in enumerate(returns)
    ]


def _day(earned: Decimal) -> Day:
    pnl = Decimal(100) * earned
    return Day(Decimal(100), pnl, Decimal(100) + pnl, Decimal(0), Decimal(0))


def test_worked_by_hand() -> None:
    """1.1, 0.99, 1.045, 1.1, 1.21, 1.089: a fall that is over with the fourth session, and one under way."""
    back = Decimal("1.1") / Decimal("1.045") - 1
    found = fallen(
        earning("0.1", "-0.1", str(Decimal("1.045") / Decimal("0.99") - 1), str(back), "0.1", "-0.1")
    )
    assert found.stated() == (
        Drawdown("2025-01-01", "2025-01-02", "2025-01-04", Decimal("-0.100000"), 3, 1, Decimal("-10.00")),
        Drawdown("2025-01-05", "2025-01-06", None, Decimal("-0.100000"), 1, 1, Decimal("-10.00")),
    )


def test_a_book_may_begin_with_a_loss() -> None:
    """Its peak is the start, which is no session."""
    found = fallen(earning("-0.1", "-0.1", "0.05"))
    assert found.stated() == (
        Drawdown("", "2025-01-02", None, Decimal("-0.190000"), 3, 2, Decimal("-19.00")),
    )


def test_what_is_back_to_the_last_digit_of_a_division_is_back() -> None:
    """1,000, 990 and 1,000 dollars again: ten of 990 do not compound to one."""
    days = [
        ("2025-01-02", Day(*map(Decimal, (1000, -10, 990, 0, 0)))),
        ("2025-01-03", Day(*map(Decimal, (990, 10, 1000, 0, 0)))),
    ]
    assert fallen(days).stated() == (
        Drawdown("", "2025-01-02", "2025-01-03", Decimal("-0.010000"), 2, 1, Decimal("-1.00")),
    )


def test_after_nothing_is_left_there_is_none() -> None:
    """A total loss is a drawdown of 100 %; after it nothing can be compared."""
    lost = fallen(earning("-1"))
    assert lost.stated() == (
        Drawdown("", "2025-01-01", None, Decimal("-1.000000"), 1, 1, Decimal("-100.00")),
    )
    assert lost.after("2025-01-02", _day(Decimal("0.1"))).stated() is None
    assert NONE_YET.stated() == ()


def test_a_fall_of_less_than_six_places_is_not_stated() -> None:
    """It would stand there as 0.00 %."""
    assert fallen(earning("-0.0000001")).stated() == ()


def slow(days: list[tuple[str, Day]]) -> list[Drawdown]:
    """Find them in all sessions at once: from peak to peak."""
    levels = [Decimal(1)]
    with localcontext(prec=60):
        for _, day in days:
            levels.append(levels[-1] * (1 + day.day_pnl / day.opening))
    names = ["", *(session for session, _ in days)]
    found, at = [], 0
    while at < len(levels):
        end = next((to for to in range(at + 1, len(levels)) if levels[to] >= levels[at]), None)
        inside = range(at + 1, len(levels) if end is None else end)
        if inside:
            low = min(inside, key=levels.__getitem__)
            depth = (levels[low] / levels[at] - 1).quantize(Decimal("0.000001"))
            length = (len(levels) - 1 if end is None else end) - at
            recovery = None if end is None else names[end]
            percent = (100 * (levels[low] / levels[at] - 1)).quantize(Decimal("0.01"))
            found.append(Drawdown(names[at], names[low], recovery, depth, length, low - at, percent))
        at = len(levels) if end is None else end
    return sorted((each for each in found if each.depth), key=lambda each: each.depth)


RATES = st.sampled_from(["0.01", "-0.01", "0.02", "-0.03", "0", "0.003", "-0.002", "-0.0077", "0.05"])


@given(st.lists(RATES, max_size=200))
def test_it_is_what_a_search_through_all_sessions_finds(returns: list[str]) -> None:
    """However many falls there were, and whichever of them are kept."""
    days = earning(*returns)
    found = fallen(days).stated()
    assert found is not None
    expected = slow(days)
    assert [each.depth for each in found] == [each.depth for each in expected[:MOST]]
    assert set(found) <= set(expected)
