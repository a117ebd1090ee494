"""What is at risk beside the limits: worked by hand, and beside sums in fractions."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book.limits import (
    AtRisk,
    Exposure,
    Limits,
    Thresholds,
    Working,
    at_risk,
    beside,
    exposure,
    of_ratio,
    percent,
)

VALUES = st.dictionaries(
    st.sampled_from(["AAPL", "MSFT", "GOOGL", "TSLA"]),
    st.decimals(-(10**6), 10**6, places=2, allow_nan=False, allow_infinity=False),
)


def amounts(**values: str) -> dict[str, Decimal]:
    return {symbol: Decimal(value) for symbol, value in values.items()}


def test_the_defaults_are_those_of_the_settings() -> None:
    """150, 50, 3 and 10 percent."""
    assert list(Thresholds()) == [150, 50, 3, 10]


def test_long_short_gross_net_and_the_largest() -> None:
    """A short position is as large as a long one of the same value."""
    found = exposure(amounts(AAPL="30000.10", MSFT="-45000", GOOGL="0"))
    assert found == Exposure(Decimal("30000.10"), Decimal(-45000), "MSFT", Decimal(-45000))
    assert (found.gross, found.net) == (Decimal("75000.10"), Decimal("-14999.90"))


def test_nothing_held_is_nothing_at_risk() -> None:
    """No symbol is the largest."""
    assert exposure({}) == exposure(amounts(AAPL="0")) == Exposure()
    assert at_risk({}, working=()) == AtRisk(Decimal(0), Decimal(0), Decimal(0), None)


def test_a_working_order_counts_as_if_it_were_filled() -> None:
    """Beside what is held of its symbol and of others; by its shares that remain."""
    found = at_risk(amounts(AAPL="10000"), [Working("AAPL", Decimal(50), Decimal(200))])
    assert found == AtRisk(Decimal(20000), Decimal(20000), Decimal(20000), "AAPL")
    short = at_risk(amounts(AAPL="10000"), [Working("MSFT", Decimal(-60), Decimal(200))])
    assert short == AtRisk(Decimal(22000), Decimal(-2000), Decimal(12000), "MSFT")


def test_a_working_sale_hides_nothing_that_is_held() -> None:
    """Until it has filled, the larger of the two is at risk; net is what would be."""
    found = at_risk(amounts(AAPL="90000"), [Working("AAPL", Decimal(-400), Decimal(200))])
    assert found == AtRisk(Decimal(90000), Decimal(10000), Decimal(90000), "AAPL")


def test_a_working_order_without_a_price_is_not_known() -> None:
    """Nothing is invented for it."""
    assert at_risk(amounts(AAPL="1"), [Working("MSFT", Decimal(1), None)]) is None


@given(VALUES)
def test_exposure_agrees_with_fractions(values: dict[str, Decimal]) -> None:
    """Gross, net and the largest of any positions."""
    found, parts = exposure(values), [Fraction(each) for each in values.values()]
    assert Fraction(found.gross) == sum(map(abs, parts))
    assert Fraction(found.net) == sum(parts)
    assert Fraction(abs(found.largest)) == max(map(abs, parts), default=0)


@pytest.mark.parametrize(
    ("amount", "is_past"), [("150000", False), ("150000.05", False), ("150000.06", True), ("0", False)]
)
def test_a_limit_is_passed_above_it_as_it_is_stated(amount: str, is_past: bool) -> None:
    """At the limit is within it; a difference behind the fourth place of the percentage is none."""
    found = beside("gross", Decimal(amount), Decimal(100_000), Decimal(150))
    assert found.passed is is_past
    assert found.percent == percent(Decimal(amount) / 100_000)


def test_without_a_limit_nothing_is_passed() -> None:
    """The figure is there all the same."""
    found = beside("gross", Decimal(500), Decimal(100), None)
    assert (found.percent, found.passed) == (Decimal(500), None)


@pytest.mark.parametrize("equity", ["0", "-12.34"])
def test_without_equity_anything_is_past_its_limit(equity: str) -> None:
    """There is no percentage of nothing or of a debt, and a position is too much for it."""
    held = beside("gross", Decimal("0.01"), Decimal(equity), Decimal(150))
    assert (held.percent, held.passed, held.reason) == (None, True, "equity is not above zero")
    nothing = beside("gross", Decimal(0), Decimal(equity), Decimal(150))
    assert (nothing.percent, nothing.passed, nothing.reason) == (0, False, None)
    assert beside("gross", Decimal(1), Decimal(equity), None).passed is None


@pytest.mark.parametrize(("amount", "whole"), [(None, Decimal(1)), (Decimal(1), None)])
def test_what_is_not_known_is_neither_within_nor_past(amount: Decimal | None, whole: Decimal | None) -> None:
    """It has its reason instead."""
    found = beside("position", amount, whole, Decimal(50), reason="why")
    assert (found.percent, found.passed, found.reason) == (None, None, "why")
    assert of_ratio("drawdown", None, Decimal(10), reason="why").reason == "why"
    assert beside("position", None, None, Decimal(50)).reason is None
    assert of_ratio("drawdown", None, None, reason="").reason is None


def test_a_drawdown_is_a_ratio() -> None:
    """Ten percent are within ten percent."""
    assert of_ratio("drawdown", Decimal("0.1"), Decimal(10), reason="").passed is False
    assert of_ratio("drawdown", Decimal("0.100001"), Decimal(10), reason="").passed is True
    assert of_ratio("drawdown", Decimal("0.5"), None, reason="").passed is None


def test_those_that_are_passed_are_listed_in_their_order() -> None:
    """Unknown ones are not among them."""
    past, within = (of_ratio("gross", Decimal(ratio), Decimal(150), reason="") for ratio in ("2", "1"))
    lost = of_ratio("drawdown", None, Decimal(10), reason="")
    stated = Limits(past, within, past, lost, None, None)
    assert stated.each == (past, within, past, lost)
    assert stated.passed == (past, past)


def test_a_percentage_has_four_places_and_no_minus_zero() -> None:
    """Half to even."""
    assert [str(percent(Decimal(each))) for each in ("0.0000005", "0.0000015", "-0.0000001", "1.5")] == [
        "0.0000",
        "0.0002",
        "0.0000",
        "150.0000",
    ]
