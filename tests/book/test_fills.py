"""What an order's cumulative fill adds to the book: only its growth, each share and dollar once."""

from decimal import Decimal
from fractions import Fraction

import pytest
from book.worked import number
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book.fills import FillDelta, Seen, average, fill_delta, is_average

ZERO = Decimal(0)


def seen(qty: str, price: str) -> Seen:
    """Return what is booked of an order that was filled at a price."""
    return Seen(Decimal(qty), Decimal(qty) * Decimal(price))


def grown(side: str, before: Seen, qty: str | None, price: str | None, ordered: str = "10") -> FillDelta:
    return fill_delta(side, Decimal(ordered), before, number(qty), number(price), filled_dollars=None)


@pytest.mark.parametrize(
    ("before", "qty", "price", "booked_qty", "booked_dollars"),
    [
        pytest.param(Seen(), "10", "228.50", "10", "2285", id="all at once: 10 x 228.50 = 2285"),
        pytest.param(Seen(), "4", "100", "4", "400", id="a first part: 4 x 100 = 400"),
        # 10 x 103 - 4 x 100 = 1030 - 400 = 630: the other 6 came at 105.
        pytest.param(seen("4", "100"), "10", "103", "6", "630", id="the rest at another price"),
        # 6 x 100 - 4 x 100 = 200: 2 more at 100.
        pytest.param(seen("4", "100"), "6", "100", "2", "200", id="the rest at the same price"),
        # 0.75 x 10.01 - 0.5 x 10 = 7.5075 - 5 = 2.5075: 0.25 at 10.03.
        pytest.param(seen("0.5", "10"), "0.75", "10.01", "0.25", "2.5075", id="fractions of shares"),
        # 2 x 50 - 1 x 100 = 0: the price of the first share was corrected in the same step.
        pytest.param(seen("1", "100"), "2", "50", "1", "0", id="growth for no money"),
        # 10 x 80 - 9 x 100 = 800 - 900 = -100: the first 9 had not cost 900, which comes back with the tenth.
        pytest.param(seen("9", "100"), "10", "80", "1", "-100", id="growth that gives money back"),
        # 10 x 120 - 9 x 100 = 1200 - 900 = 300: one share "at 300", of a share that trades at 120.
        pytest.param(seen("9", "100"), "10", "120", "1", "300", id="growth at an odd price"),
    ],
)
def test_growth_is_the_difference_of_what_the_shares_came_to(
    before: Seen, qty: str, price: str, booked_qty: str, booked_dollars: str
) -> None:
    """(q1, p1) to (q2, p2) books q2 - q1 shares and q2 p2 - q1 p1 dollars; a sale books their negatives."""
    after = seen(qty, price)
    bought = FillDelta("fill", Decimal(booked_qty), Decimal(booked_dollars), after)
    assert grown("buy", before, qty, price) == bought
    assert (bought.remark, bought.waits, bought.contested) == (None, False, False)
    sold = bought._replace(qty=-bought.qty, dollars=-bought.dollars)
    for side in ("sell", "SELL"):
        assert grown(side, before, qty, price) == sold


def test_growth_of_28_digits_is_exact() -> None:
    """No digit of a long quantity or price is lost."""
    qty, price = Decimal("9.876543210987654321098765432"), Decimal("228.1234567890123456789012345")
    booked = grown("buy", Seen(), str(qty), str(price))
    assert Fraction(booked.dollars) == Fraction(qty) * Fraction(price)


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_nothing_filled_books_nothing(side: str) -> None:
    """No quantity, a zero, and a fill that is booked already all add nothing and need no word."""
    for before, qty, price in (
        (Seen(), None, None),
        (Seen(), "0", None),
        (Seen(), "0", "100"),
        (seen("4", "100"), "4", "100"),
        (seen("4", "100"), "4.00", "100.0"),
    ):
        assert grown(side, before, qty, price) == FillDelta(None, ZERO, ZERO, before)


@pytest.mark.parametrize("price", [None, "0", "-1"])
def test_a_quantity_without_a_price_waits_for_one(price: str | None) -> None:
    """Shares without a usable price are not booked; the order is read again until they have one."""
    waiting = grown("buy", seen("4", "100"), "10", price)
    assert (waiting.kind, waiting.qty, waiting.dollars) == (None, 0, 0)
    assert waiting.seen == seen("4", "100")
    assert waiting.waits
    assert waiting.remark == "6 filled without a price; it waits for one"
    later = grown("buy", waiting.seen, "10", "103")
    assert (later.qty, later.dollars, later.waits) == (6, 630, False)


@pytest.mark.parametrize("price", [None, "0", "-1"])
def test_a_price_that_went_away_changes_nothing(price: str | None) -> None:
    """What is booked keeps its price when a later answer has none."""
    assert grown("buy", seen("4", "100"), "4", price) == FillDelta(None, ZERO, ZERO, seen("4", "100"))


@pytest.mark.parametrize("qty", ["3", "0", None, "-4"])
def test_a_quantity_that_went_back_books_nothing_and_is_remarked_upon(qty: str | None) -> None:
    """A smaller cumulative quantity is never booked as the other side; what was seen stays."""
    fell = grown("buy", seen("4", "100"), qty, "100")
    assert (fell.kind, fell.qty, fell.dollars, fell.seen) == (None, 0, 0, seen("4", "100"))
    assert fell.remark == f"its filled quantity went back from 4 to {qty or 0}; nothing was booked"
    assert (fell.waits, fell.contested) == (False, True)


def test_a_quantity_that_went_back_and_returns_is_booked_once() -> None:
    """4, then 3, then 6 filled are 6 in all."""
    fell = grown("buy", seen("4", "100"), "3", "100")
    assert grown("buy", fell.seen, "6", "100").qty == 2


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_another_price_of_the_same_quantity_books_nothing(side: str) -> None:
    """4 at 100.50 instead of 100: what is booked stays until somebody says which of the two is right."""
    corrected = grown(side, seen("4", "100"), "4", "100.50")
    assert corrected == FillDelta(
        None,
        ZERO,
        ZERO,
        seen("4", "100"),
        "the price of its 4 went from 100 to 100.50; nothing was booked",
        contested=True,
    )


def test_more_than_was_ordered_is_booked_and_remarked_upon() -> None:
    """11 of 10 are 11: the shares are there, whatever was ordered."""
    over = grown("sell", seen("4", "100"), "11", "100")
    assert (over.kind, over.qty, over.dollars) == ("fill", -7, -700)
    assert over.remark == "11 filled, more than the 10 ordered"


def test_another_price_of_an_overfill_books_nothing_either() -> None:
    """The overfill was remarked upon when it came; now it is the price that is."""
    corrected = grown("buy", seen("11", "100"), "11", "101")
    assert (corrected.kind, corrected.contested) == (None, True)
    assert corrected.remark == "the price of its 11 went from 100 to 101; nothing was booked"


def test_an_average_that_does_not_divide_has_28_digits() -> None:
    """10 dollars for 3 shares."""
    assert str(average(Seen(Decimal(3), Decimal(10)))) == "3.333333333333333333333333333"


def test_a_share_may_come_for_less_than_a_dollar() -> None:
    """10 at 50 cents are 5 dollars; 10 at a dollar are 10."""
    for price, came_to in (("0.50", "5"), ("1", "10")):
        booked = grown("buy", Seen(), "10", price)
        assert (booked.kind, booked.qty, booked.dollars) == ("fill", 10, Decimal(came_to))


def test_what_is_odd_is_said_without_exponents() -> None:
    """The wire may write 100 as 1E+2; a person reads 100."""
    before = Seen(Decimal("1E+2"), Decimal("1E+4"))  # 100 at 100
    assert grown("buy", before, "1E+1", "100").remark == (
        "its filled quantity went back from 100 to 10; nothing was booked"
    )
    assert grown("buy", before, "2E+2", None).remark == "100 filled without a price; it waits for one"
    assert grown("buy", before, "1E+2", "2E+2").remark == (
        "the price of its 100 went from 100 to 200; nothing was booked"
    )
    assert grown("buy", before, "2E+2", "1E+2", ordered="1.5E+2").remark == (
        "200 filled, more than the 150 ordered"
    )


@pytest.mark.parametrize("qty", ["-0.5", "-4"])
@pytest.mark.parametrize("price", [None, "100"])
def test_a_negative_quantity_of_an_older_program_books_nothing(qty: str, price: str | None) -> None:
    """Nothing of it is booked, so that nothing went back, and no word is needed."""
    assert grown("buy", Seen(), qty, price) == FillDelta(None, ZERO, ZERO, Seen())


def test_a_figure_that_is_written_wide_is_remarked_upon_without_its_zeros() -> None:
    """And a price that goes on for ever with eight decimals: these are words for a person."""
    other = grown("buy", Seen(Decimal(3), Decimal(10)), "3.0000", "3.50000000000000")
    assert other.remark == "the price of its 3 went from 3.33333333 to 3.5; nothing was booked"
    assert grown("buy", Seen(), "12.000", "1").remark == "12 filled, more than the 10 ordered"


EXECUTIONS = st.lists(st.tuples(st.integers(1, 500), st.integers(100, 10_000_000)), min_size=1, max_size=6)
"""Whole shares, each at a price in hundredths of a cent."""


@given(EXECUTIONS, st.integers(2, 6))
def test_an_average_is_that_of_its_executions_as_far_as_it_is_rounded(
    executions: list[tuple[int, int]], digits: int
) -> None:
    """To cents or finer; one that is two cents a share off is another one."""
    qty = Decimal(sum(shares for shares, _ in executions))
    dollars = sum((shares * Decimal(price) / 10_000 for shares, price in executions), ZERO)
    price = round(dollars / qty, digits)
    assert is_average(dollars, qty, price)
    assert not is_average(dollars, qty, price + Decimal("0.02"))


@pytest.mark.parametrize(
    ("dollars", "qty", "price", "is_it"),
    [
        ("1007.50", "10", "100.75", True),
        ("1002.50", "10", "100.75", False),
        # A third of a dollar written in six digits, and in two.
        ("1000", "3", "333.333333", True),
        ("1000", "3", "333.33", True),
        ("1000", "3", "333.33333", True),
        ("1000", "3", "333.333000", True),
        ("1000", "3", "333.3320", False),
        # A price without cents is of whole cents: one a share is a correction.
        ("1000.40", "10", "100", False),
        ("1000.10", "10", "100", False),
        ("1000", "10", "100.01", False),
        ("0", "0", "100", True),
        (None, "10", "100", True),
        ("1000", None, "100", True),
        ("1000", "10", None, True),
    ],
)
def test_what_an_average_is_that_of(
    dollars: str | None, qty: str | None, price: str | None, is_it: bool
) -> None:
    """By less than a unit of its last digit; what is not known speaks against nothing."""
    assert is_average(number(dollars), number(qty), number(price)) is is_it
