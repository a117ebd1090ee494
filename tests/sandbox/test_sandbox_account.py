"""Average-cost arithmetic: worked examples and the laws that hold for any sequence of fills."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.sandbox.account import Position, cash_of_fill, total, written

prices = st.decimals(Decimal("0.0001"), Decimal("9999"), places=4)
quantities = st.integers(-500, 500).filter(bool).map(Decimal)
fills = st.lists(st.tuples(quantities, prices), min_size=1, max_size=12)


def after(*trades: tuple[int, str]) -> Position:
    position = Position()
    for qty, price in trades:
        position = position.after_fill(Decimal(qty), Decimal(price))
    return position


@pytest.mark.parametrize(
    ("trades", "qty", "average", "realized"),
    [
        pytest.param([(100, "10")], 100, "10", "0", id="open long"),
        pytest.param([(-100, "10")], -100, "10", "0", id="open short"),
        pytest.param([(100, "10"), (100, "20")], 200, "15", "0", id="adding averages and never realizes"),
        pytest.param([(-100, "10"), (-300, "20")], -400, "17.5", "0", id="adding to a short"),
        pytest.param([(100, "10"), (-40, "12")], 60, "10", "80", id="a partial close keeps the average"),
        pytest.param([(-100, "10"), (40, "12")], -60, "10", "-80", id="a short loses when it rises"),
        pytest.param([(100, "10"), (-100, "9")], 0, "0", "-100", id="full close"),
        pytest.param([(100, "10"), (-150, "12")], -50, "12", "200", id="flip to short"),
        pytest.param([(-100, "10"), (150, "12")], 50, "12", "-200", id="flip to long"),
        pytest.param([(10, "1"), (-10, "2"), (10, "3"), (-10, "5")], 0, "0", "30", id="realized adds up"),
    ],
)
def test_worked_examples(trades, qty, average, realized):
    """Each kind of trade gives the quantity, average and realized P&L computed by hand."""
    position = after(*trades)
    assert (position.qty, position.avg_entry_price, position.realized) == (
        qty,
        Decimal(average),
        Decimal(realized),
    )


@settings(max_examples=80)
@given(trades=fills, mark=prices)
def test_cash_and_market_value_are_explained_by_pnl(trades, mark):
    """Cash + market value = start + realized + unrealized, to 30 digits, whatever the averages."""
    position = Position()
    for qty, price in trades:
        position = position.after_fill(qty, price)
    cash = total([cash_of_fill(qty, price) for qty, price in trades])
    worth = cash + position.qty * mark
    assert abs(worth - position.realized - position.unrealized(mark)) < Decimal("1e-18")


@settings(max_examples=80)
@given(trades=fills)
def test_a_mirrored_account_has_the_mirrored_pnl(trades):
    """Selling wherever the other buys turns every amount round and leaves the average."""
    one, other = Position(), Position()
    for qty, price in trades:
        one, other = one.after_fill(qty, price), other.after_fill(-qty, price)
    # Not `-one.cost`: a unary minus rounds to the 28 digits of the default context.
    assert tuple(other) == tuple(amount.copy_negate() for amount in one)
    assert other.avg_entry_price == one.avg_entry_price


@settings(max_examples=80)
@given(trades=fills)
def test_the_average_lies_between_the_prices_paid_on_its_side(trades):
    """The average of an open position lies within the prices of the fills on its own side."""
    position = Position()
    for qty, price in trades:
        position = position.after_fill(qty, price)
    if position.qty:
        paid = [price for qty, price in trades if (qty > 0) == (position.qty > 0)]
        slack = Decimal("1e-20")
        assert min(paid) - slack <= position.avg_entry_price <= max(paid) + slack
    else:
        assert (position.cost, position.avg_entry_price) == (0, 0)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E+5", "100000"),
        ("0E-8", "0"),
        ("-0.00", "0"),
        ("1.5000", "1.5"),
        ("100", "100"),
        ("-0.25", "-0.25"),
    ],
)
def test_amounts_are_written_plainly(amount, text):
    """No exponent, no trailing zeros, no negative zero."""
    assert written(Decimal(amount)) == text
