"""Execution costs: against an oracle of fractions, written from the definition."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book.execution import (
    MEAN_OF,
    Executed,
    MeanCost,
    Shortfall,
    Split,
    basis_points,
    in_all,
    mean,
    of_sessions,
    of_shares_on,
    shortfall,
    waited,
)
from paper_run.book.splits import Ratio

NOW = datetime(2025, 1, 6, 15, 0, tzinfo=UTC)
prices = st.decimals("0.0001", "5000", places=4)
shares = st.decimals("0.001", "5000", places=3)


@st.composite
def orders(draw: st.DrawFn) -> Executed:
    qty = draw(shares)
    filled = min(qty, draw(st.one_of(st.just(Decimal(0)), st.just(qty), shares)))
    return Executed(
        side=draw(st.sampled_from(["buy", "sell"])),
        qty=qty,
        filled=filled,
        price=draw(prices) if filled else None,
        arrival=draw(prices),
        closing=draw(st.none() | prices),
    )


def oracle(order: Executed) -> tuple[Fraction, Fraction, Fraction | None]:
    """Return notional, execution and opportunity as the gap between a paper portfolio and the real one.

    On paper all of it trades at the arrival price; both are worth the same a share at any price, so it is
    taken to the close. Real: what was filled, at its price. The rest is in cash.
    """
    sign = 1 if order.side == "buy" else -1
    arrival, qty, filled = Fraction(order.arrival), Fraction(order.qty), Fraction(order.filled)
    paid = Fraction(order.price) if order.price is not None else arrival
    execution = sign * filled * paid - sign * filled * arrival
    if filled == qty:
        return qty * arrival, execution, Fraction(0)
    if order.closing is None:
        return qty * arrival, execution, None
    close = Fraction(order.closing)
    on_paper = sign * qty * (close - arrival)
    real = sign * filled * (close - paid)
    return qty * arrival, execution, on_paper - real - execution


@given(orders())
def test_a_shortfall_is_what_paper_earned_more_than_the_account(order: Executed) -> None:
    """Every digit of notional, execution and opportunity, whatever was filled at whatever price."""
    assert tuple(map(_fraction, shortfall(order))) == oracle(order)


@given(st.lists(orders(), max_size=6))
def test_the_sum_is_that_of_the_orders(several: list[Executed]) -> None:
    """Dollars add up; where one opportunity is not known the whole is not."""
    found = in_all(map(shortfall, several))
    expected = [oracle(each) for each in several]
    assert _fraction(found.notional) == sum((each[0] for each in expected), Fraction(0))
    assert _fraction(found.execution) == sum((each[1] for each in expected), Fraction(0))
    known = [each[2] for each in expected if each[2] is not None]
    whole = sum(known, Fraction(0)) if len(known) == len(expected) else None
    assert _fraction(found.opportunity) == whole
    total = None if whole is None else whole + _fraction(found.execution)
    assert _fraction(found.total) == total
    points = basis_points(found.total, found.notional)
    if total is None or not found.notional:
        assert points is None
    else:
        exact = total / _fraction(found.notional) * 10_000
        assert points is not None
        assert abs(Fraction(points) - exact) <= Fraction(1, 200)


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def test_a_worked_example() -> None:
    """Buy 100 at 50.00: 60 filled at 50.05 cost 3.00; 40 left, and the close is 51: 40.00; 86 bp of 5,000."""
    found = shortfall(Executed("buy", Decimal(100), Decimal(60), Decimal("50.05"), Decimal(50), Decimal(51)))
    assert found == Shortfall(Decimal(5000), Decimal("3.00"), Decimal(40))
    assert basis_points(found.total, found.notional) == Decimal("86.00")


def test_a_sale_costs_where_the_price_fell() -> None:
    """Sell 10 at an arrival of 20, filled at 19.90: 1.00 dollar, 50 bp."""
    found = shortfall(Executed("sell", Decimal(10), Decimal(10), Decimal("19.90"), Decimal(20), None))
    assert (found.execution, found.opportunity) == (1, 0)
    assert basis_points(found.total, found.notional) == 50


def test_more_than_was_ordered_leaves_nothing_unfilled() -> None:
    """A gateway may fill too much: the opportunity cost is none then, not a gain."""
    found = shortfall(Executed("buy", Decimal(1), Decimal(2), Decimal(10), Decimal(10), Decimal(20)))
    assert found.opportunity == 0


def test_basis_points_are_rounded_once_half_to_even() -> None:
    """0.125 bp is 0.12; a zero has no sign."""
    assert str(basis_points(Decimal("0.125"), Decimal(10_000))) == "0.12"
    assert str(basis_points(Decimal("-0.001"), Decimal(10_000))) == "0.00"


@given(st.lists(st.tuples(st.decimals(-500, 500, places=2), shares), max_size=MEAN_OF))
def test_the_mean_weighs_each_session_by_its_notional(sessions: list[tuple[Decimal, Decimal]]) -> None:
    """From 20 sessions on: the sum of costs over the sum of notionals; before, how many there are."""
    found = mean(sessions)
    assert (found.n, found.minimum) == (len(sessions), 20)
    if len(sessions) < MEAN_OF:
        assert found == MeanCost(None, None, len(sessions))
        return
    costs, notionals = (sum(map(Fraction, each)) for each in zip(*sessions, strict=True))
    assert found.bps is not None
    assert found.dollars is not None
    assert abs(Fraction(found.bps) - costs / notionals * 10_000) <= Fraction(1, 200)
    assert abs(Fraction(found.dollars) - costs / 20) <= Fraction(1, 200)


def test_no_sessions_cost_nothing_that_is_known() -> None:
    """Of none there is no cost."""
    assert of_sessions([]) == (None, None, None, 0)


@given(
    st.lists(
        st.tuples(st.decimals(-500, 500, places=4), st.decimals(1, 90_000, places=4)), min_size=1, max_size=9
    )
)
def test_sessions_together_cost_their_sum(sessions: list[tuple[Decimal, Decimal]]) -> None:
    """Rounded once, of all digits."""
    found = of_sessions(sessions)
    cost, notional = (sum(map(Fraction, each)) for each in zip(*sessions, strict=True))
    assert found.shortfall is not None
    assert found.arrival_notional is not None
    assert found.bps is not None
    assert abs(Fraction(found.shortfall) - cost) <= Fraction(1, 200)
    assert abs(Fraction(found.arrival_notional) - notional) <= Fraction(1, 200)
    assert abs(Fraction(found.bps) - cost / notional * 10_000) <= Fraction(1, 200)
    assert found.n == len(sessions)


@pytest.mark.parametrize(
    ("arrived", "is_late"),
    [
        (NOW - timedelta(minutes=5), False),
        (NOW - timedelta(minutes=5, microseconds=1), True),
        (NOW + timedelta(minutes=1), False),
        (None, None),
    ],
)
def test_an_arrival_price_older_than_five_minutes_waited(
    arrived: datetime | None, is_late: bool | None
) -> None:
    """Exactly five minutes is none; without a time it is not known."""
    assert waited(arrived, NOW) is is_late
    assert waited(NOW, None) is None


def test_a_price_from_before_a_split_is_of_other_shares() -> None:
    """300 dollars before 3:1 are 100 after it; a day before, of another symbol, or after it: the same."""
    splits = (Split("AAPL", date(2025, 1, 7), Ratio(Decimal(3), Decimal(1))),)

    def seen(dated: int, on: int, symbol: str = "AAPL") -> Decimal:
        return of_shares_on(date(2025, 1, on), Decimal(300), date(2025, 1, dated), symbol, splits)

    assert [seen(6, 7), seen(3, 9)] == [100, 100]
    assert [seen(6, 6), seen(7, 7), seen(7, 8), seen(6, 7, "MSFT")] == [300] * 4
