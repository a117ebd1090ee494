"""Weeks, months, quarters and years: worked by hand, and beside pandas and empyrical."""

from datetime import date, timedelta
from decimal import Decimal

import empyrical
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.book.days import Day
from paper_run.book.periods import Month, Period, by_month, by_year, compounded, months, to_date


def session(day: date, opening: str, day_pnl: str) -> tuple[str, Day]:
    figures = (Decimal(opening), Decimal(day_pnl), Decimal(opening) + Decimal(day_pnl))
    return day.isoformat(), Day(*figures, Decimal(0), Decimal(0))


def test_worked_by_hand() -> None:
    """1,000 dollars: +10 % and -10 % in December, +1 % on a Wednesday in January, and +2 % the day after."""
    days = [
        session(date(2024, 12, 30), "1000", "100"),
        session(date(2024, 12, 31), "1100", "-110"),
        session(date(2025, 1, 1), "990", "9.90"),
        session(date(2025, 1, 2), "999.90", "20.00"),
    ]
    found = months(days)
    assert by_month(found) == (
        Period("2024-12", "2024-12-01", Decimal(-10), Decimal("-0.010000"), 2, percent=Decimal("-1.00")),
        # 1,019.90 / 990 = 1.0302020...
        Period("2025-01", "2025-01-01", Decimal("29.90"), Decimal("0.030202"), 2, percent=Decimal("3.02")),
    )
    assert [each[:5] for each in by_year(found)] == [
        ("2024", "2024-01-01", Decimal(-10), Decimal("-0.010000"), 2),
        ("2025", "2025-01-01", Decimal("29.90"), Decimal("0.030202"), 2),
    ]
    # The week began on Monday 30 December: 1,019.90 / 1,000.
    assert [each[:5] for each in to_date(date(2025, 1, 2), found, days)] == [
        ("week", "2024-12-30", Decimal("19.90"), Decimal("0.019900"), 4),
        ("month", "2025-01-01", Decimal("29.90"), Decimal("0.030202"), 2),
        ("quarter", "2025-01-01", Decimal("29.90"), Decimal("0.030202"), 2),
        ("year", "2025-01-01", Decimal("29.90"), Decimal("0.030202"), 2),
    ]


def test_a_period_without_a_session_has_no_figure() -> None:
    """It is not zero: it is not known, and needs a session."""
    days = [session(date(2025, 2, 28), "1000", "10")]
    week, month, quarter, year = to_date(date(2025, 3, 3), months(days), days)
    for each in (week, month):
        assert (each.pnl, each.value, each.percent, each.n, each.minimum) == (None, None, None, 0, 1)
    assert (quarter.n, year.n, quarter.pnl) == (1, 1, 10)
    assert to_date(date(2025, 3, 3), [], [])[0].value is None


@pytest.mark.parametrize(("month", "first"), [(1, 1), (3, 1), (4, 4), (6, 4), (9, 7), (10, 10), (12, 10)])
def test_a_quarter_begins_with_its_first_month(month: int, first: int) -> None:
    """January, April, July, October."""
    assert to_date(date(2025, month, 15), [], [])[2].since == f"2025-{first:02}-01"


def test_of_nothing_there_is_no_return() -> None:
    """A month in which all was lost states it; from then on that month compounds nothing, P&L goes on."""
    days = [session(date(2025, 1, 2), "100", "-100"), session(date(2025, 1, 3), "50", "5")]
    assert by_month(months(days[:1]))[0].value == Decimal("-1.000000")
    (after,) = by_month(months(days))
    assert (after.value, after.percent, after.pnl, after.n) == (None, None, -95, 2)
    (debt,) = by_month(months([session(date(2025, 1, 2), "0", "5")]))
    assert (debt.value, debt.pnl) == (None, 5)
    assert compounded([Decimal(2), None]) is None
    assert compounded([Decimal(-1), Decimal(2)]) is None
    assert months([]) == []
    assert Month("2025-01").growth == 1


CENTS = st.integers(-400_000, 400_000).map(lambda each: Decimal(each) / 100)


@settings(max_examples=60)
@given(st.lists(CENTS, min_size=1, max_size=400), st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.data())
def test_it_is_what_pandas_and_empyrical_say(pnl: list[Decimal], first: date, data: st.DataObject) -> None:
    """Each month and year, and week, month, quarter, year to date; P&L to the cent, in all that of equity."""
    days, opening = [], Decimal(100_000)
    for at, each in enumerate(pnl):
        if opening + each <= 1000:
            break
        days.append(session(first + timedelta(days=at + at // 3), str(opening), str(each)))
        opening += each
    if not days:
        return
    index = pd.DatetimeIndex([name for name, _ in days])
    returns = pd.Series([float(day.day_pnl / day.opening) for _, day in days], index=index)
    earned = pd.Series([day.day_pnl for _, day in days], index=index)
    found = months(days)
    of_month = by_month(found)
    theirs = empyrical.aggregate_returns(returns, "monthly")
    assert [float(each.value or 0) for each in of_month] == pytest.approx([*theirs], abs=1e-6)
    theirs = empyrical.aggregate_returns(returns, "yearly")
    assert [float(each.value or 0) for each in by_year(found)] == pytest.approx([*theirs], abs=1e-6)
    assert [each.pnl for each in of_month] == [*earned.groupby(index.to_period("M")).sum()]
    assert sum(each.pnl or 0 for each in by_year(found)) == opening - 100_000
    assert sum(each.n for each in of_month) == len(days)
    through = date.fromisoformat(data.draw(st.sampled_from(days))[0])
    before = [each for each in days if each[0] <= through.isoformat()]
    of_date = to_date(through, months(before), before)
    for each, unit in zip(of_date, ("W", "M", "Q", "Y"), strict=True):
        own = index.to_period(unit) == pd.Timestamp(through).to_period(unit)
        own &= index <= pd.Timestamp(through)
        assert (each.pnl, each.n) == (earned[own].sum(), own.sum())
        assert float(each.value or 0) == pytest.approx((1 + returns[own]).prod() - 1, abs=1e-6)
