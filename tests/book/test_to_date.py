"""Week, month and year to date: worked by hand, and beside fractions."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

from paper_run.book.to_date import ToDate, to_date

ZERO = Decimal(0)


def test_what_began_before_is_not_in_it() -> None:
    """A week begins on Monday, a month and a year with their first day."""
    through = date(2025, 2, 5)  # a Wednesday
    sessions = [
        ("2024-12-31", Decimal(100), Decimal("0.5")),
        ("2025-01-02", Decimal(10), Decimal("0.1")),
        ("2025-01-31", Decimal(-5), Decimal("-0.05")),
        ("2025-02-03", Decimal(2), Decimal("0.02")),
        ("2025-02-05", Decimal(1), Decimal("0.01")),
    ]
    week, month, year = to_date(through, sessions)
    assert week == ToDate("week", "2025-02-03", 2, Decimal(3), Decimal("0.0302"))
    assert month == ToDate("month", "2025-02-01", 2, Decimal(3), Decimal("0.0302"))
    assert (year.since, year.n, year.pnl) == ("2025-01-01", 4, Decimal(8))
    assert year.value == Decimal("1.1") * Decimal("0.95") * Decimal("1.02") * Decimal("1.01") - 1


def test_without_a_session_nothing_is_known() -> None:
    """No zero is stated."""
    for each in to_date(date(2025, 2, 5), [("2024-12-31", Decimal(1), ZERO)]):
        assert (each.n, each.pnl, each.value) == (0, None, None)


def test_a_return_that_is_none_leaves_the_sum() -> None:
    """Of nothing, or of a debt, there is none to compound; the P&L is known all the same."""
    for sessions in (
        [("2025-02-05", Decimal(-3), None)],
        [("2025-02-04", Decimal(-3), Decimal("-1.2")), ("2025-02-05", Decimal(1), Decimal("0.1"))],
    ):
        week, *_ = to_date(date(2025, 2, 5), sessions)
        assert week.value is None
        assert week.pnl == sum(pnl for _, pnl, _ in sessions)


def test_returns_compound_as_fractions_do() -> None:
    """To twenty digits, over a year of them."""
    dice = Random(5)
    returns = [Decimal(dice.randrange(-300, 300)) / 10_000 for _ in range(250)]
    year = to_date(date(2025, 12, 31), [("2025-06-01", ZERO, each) for each in returns])[2]
    exact = Fraction(1)
    for each in returns:
        exact *= 1 + Fraction(each)
    assert year.value is not None
    assert abs(Fraction(year.value) - (exact - 1)) < Fraction(1, 10**20)
