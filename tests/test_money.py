"""Amounts: exact from the wire to the file."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run import money

amounts = st.builds(
    lambda sign, digits, exponent: Decimal((sign, tuple(map(int, str(digits))), exponent)),
    st.integers(0, 1),
    st.integers(0, 10**28 - 1),
    st.integers(-28, 0),
)
cents = st.integers(-(10**12), 10**12).map(lambda number: Decimal(number).scaleb(-2))


@settings(max_examples=50)
@given(amounts)
def test_an_amount_keeps_every_digit_whatever_form_it_came_in(value: Decimal) -> None:
    """Text, exponent and Decimal of the same number are read as that number, digit for digit."""
    for form in (value, str(value), money.digits(value), f"{value:E}"):
        assert money.amount(form) == value
        assert Fraction(money.amount(form)) == Fraction(value)


@pytest.mark.parametrize(
    ("wire", "digits"), [("1E+5", "100000"), ("0E-8", "0.00000000"), ("150.00", "150.00"), (133, "133")]
)
def test_the_forms_of_the_wire_are_read_and_written_without_exponent(wire: Any, digits: str) -> None:
    """Exponents are understood and never written; trailing zeros stay."""
    assert money.digits(money.amount(wire)) == digits


@settings(max_examples=50)
@given(amounts)
def test_digits_are_exact_and_without_exponent(value: Decimal) -> None:
    """What is written reads back as the same number with the same number of decimals."""
    written = money.digits(value)
    assert "e" not in written.lower()
    assert Decimal(written).as_tuple() == (value or value.copy_abs()).as_tuple()


@pytest.mark.parametrize(
    "value",
    [
        *(1.5, True, False, None, [], {}, b"1"),
        *("", "abc", "1,000", "$1", "NaN", "sNaN", "Infinity", "-Infinity"),
        *(Decimal("NaN"), Decimal("Infinity"), "1E+999999", "1E-999999", 10**5000, "9" * 5000),
    ],
    ids=lambda value: f"{type(value).__name__}-{str(value)[:12] if not isinstance(value, int) else 'whole'}",
)
def test_what_is_no_amount_is_refused(value: object) -> None:
    """Binary floats, booleans, NaN, infinities, other text and absurd sizes are no amounts."""
    with pytest.raises(ValueError, match="amount"):
        money.amount(value)


@settings(max_examples=50)
@given(amounts, st.integers(-(10**15), 10**15))
def test_a_product_loses_no_digit(price: Decimal, qty: int) -> None:
    """A 28-digit price times a quantity is exact."""
    assert Fraction(money.product(Decimal(qty), price)) == Fraction(price) * qty


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.005", "0.00"), ("0.015", "0.02"), ("0.025", "0.02"), ("-0.015", "-0.02"), ("2", "2.00")],
)
def test_cents_round_half_to_even(value: str, rounded: str) -> None:
    """Half a cent goes to the even neighbour, and there are always two decimals."""
    assert str(money.cents(Decimal(value))) == rounded


@settings(max_examples=50)
@given(amounts)
def test_cents_are_never_more_than_half_a_cent_away(value: Decimal) -> None:
    """Rounding moves a value by half a cent at most and leaves two decimals."""
    rounded = money.cents(value)
    assert rounded.as_tuple().exponent == -2
    assert abs(Fraction(rounded) - Fraction(value)) <= Fraction(1, 200)


@pytest.mark.parametrize("largest", ["1E+30", "9999999999999999999999999999999"])
def test_any_two_amounts_that_are_read_have_a_notional(largest: str) -> None:
    """Two amounts that pass the wire's check multiply to cents without an error, however large."""
    value = money.amount(largest)
    assert money.cents(money.product(value, value)) > 0


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_rate_has_four_places(part: int, whole: int) -> None:
    """A rate is the quotient to four places."""
    rate = money.rate(part, whole)
    assert rate is not None
    assert rate.as_tuple().exponent == -4
    assert rate == (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)


def test_there_is_no_rate_of_nothing() -> None:
    """Without a whole the rate is null, neither 0 nor an error."""
    assert money.rate(0, 0) is None


@settings(max_examples=50)
@given(st.lists(cents, max_size=30))
def test_a_total_is_the_exact_sum(rows: list[Decimal]) -> None:
    """Adding up rows of cents is exact, and nothing adds up to 0."""
    assert Fraction(money.total(rows)) == sum(map(Fraction, rows))
    assert money.total([]) == 0


@pytest.mark.parametrize(
    ("wire", "is_one"),
    [
        ("9E+30", True),
        ("9999999999999999999999999999999", True),  # 31 digits: 9.99E+30
        ("1E+31", False),
        ("-1E+31", False),
        ("1E-40", True),
        ("1.5E-39", True),
        ("1E-41", False),
        ("0E-41", False),
    ],
)
def test_the_largest_and_the_smallest_amount(wire: str, is_one: bool) -> None:
    """Up to ten to the thirtieth, and down to forty decimals; one step further is refused in words."""
    if is_one:
        assert money.amount(wire) == Decimal(wire)
        return
    with pytest.raises(ValueError, match=r"^an amount has more digits than any price or quantity$"):
        money.amount(wire)


def test_why_something_is_no_amount() -> None:
    """What was given stands in the words."""
    for given_value, why in ((True, "True is not an amount"), ("1,000", "'1,000' is not an amount")):
        with pytest.raises(ValueError, match=f"^{why}$"):
            money.amount(given_value)
    with pytest.raises(ValueError, match=r"^'NaN' is not a finite amount$"):
        money.amount("NaN")


@pytest.mark.parametrize(
    ("value", "part", "whole", "portion"),
    [
        ("1", "1", "3", "0." + "3" * 60),
        ("2", "-1", "3", "-0." + "6" * 59 + "7"),
        ("100", "3", "4", "75"),
        ("1E-30", "1E-30", "2", "0"),  # half of the last decimal goes to the even neighbour
        ("3E-30", "1E-30", "2", "0." + "0" * 59 + "2"),
        ("9E+30", "9E+30", "1E-40", "81" + "0" * 100),
    ],
)
def test_a_portion_has_sixty_decimals(value: str, part: str, whole: str, portion: str) -> None:
    """So few that it adds up exactly with any other: what it leaves of the value has no more."""
    found = money.portion(Decimal(value), Decimal(part), Decimal(whole))
    assert found == Decimal(portion)
    assert len(money.digits(found)) <= max(len(portion), 63)


def test_what_a_portion_was_cut_by_makes_no_cent() -> None:
    """Half a cent and a last decimal is half a cent; from the fiftieth decimal on it is more."""
    half = Decimal("0.005")
    for above, rounded in (("1E-60", "0.00"), ("5E-51", "0.00"), ("6E-51", "0.01"), ("1E-49", "0.01")):
        assert str(money.cents(money.total([half, Decimal(above)]))) == rounded


def test_a_product_and_a_total_by_hand() -> None:
    """3 x 1.25 is 3.75; 1.10 and 2.20 and -0.05 are 3.25."""
    assert money.product(Decimal(3), Decimal("1.25")) == Decimal("3.75")
    assert str(money.total(map(Decimal, ("1.10", "2.20", "-0.05")))) == "3.25"
    assert money.total(()) == 0


@pytest.mark.parametrize(("value", "rounded"), [("1.234", "1.23"), ("-0.001", "0.00"), ("-1.237", "-1.24")])
def test_cents_by_hand(value: str, rounded: str) -> None:
    """To the nearest cent, and a zero has no sign."""
    assert str(money.cents(Decimal(value))) == rounded


@pytest.mark.parametrize(
    ("part", "whole", "rate"), [(1, 3, "0.3333"), (2, 3, "0.6667"), (2, 2, "1.0000"), (0, 1, "0.0000")]
)
def test_a_rate_by_hand(part: int, whole: int, rate: str) -> None:
    """Four places, also of one alone."""
    assert str(money.rate(part, whole)) == rate


@pytest.mark.parametrize("whole", [1, 3])
def test_a_rate_is_reckoned_in_the_amounts_context_alone(whole: int) -> None:
    """The precision that a caller has set for itself does not cut it."""
    with localcontext(prec=3):
        assert str(money.rate(20000, whole)) == {1: "20000.0000", 3: "6666.6667"}[whole]


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        ("5", "2", "2.5"),
        ("-1", "4", "-0.25"),
        ("1", "0.5", "2"),
        (None, "4", None),
        ("1", None, None),
        (None, None, None),
        ("1", "0", None),
        ("1", "-4", None),
    ],
)
def test_a_share_of_a_whole(part: str | None, whole: str | None, share: str | None) -> None:
    """Part / whole; there is none of nothing, of a debt, or of what is not known."""
    given_part, given_whole = (None if each is None else Decimal(each) for each in (part, whole))
    assert money.share(given_part, given_whole) == (None if share is None else Decimal(share))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1.12345678", "1.12345678"),
        ("1.123456784", "1.12345678"),
        ("1.123456786", "1.12345679"),
        ("0.000000000", "0"),
        ("-0.0", "0.0"),
        ("10.00000000000", "10"),
        ("150.50", "150.50"),
        ("-5.25", "-5.25"),
        ("1E+3", "1000"),
        ("150.25", "150.25"),
        ("1234567890123456789012345678901.123456785", "1234567890123456789012345678901.12345678"),
    ],
)
def test_a_figure_for_a_person_has_eight_decimals_at_most(value: str, shown: str) -> None:
    """Eight are all shown, a ninth is rounded; zeros at the end are cents or not shown."""
    assert money.short(Decimal(value)) == shown
