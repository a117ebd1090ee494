"""Decimal in and out: one context, one way to read an amount, one rounding."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

CONTEXT = Context(prec=120, rounding=ROUND_HALF_EVEN)
"""Wide enough that the product of any two amounts from the wire, and their sums, stay exact."""

ZERO = Decimal(0)
CENT = Decimal("0.01")
_RATE = Decimal("0.0001")
_LARGEST_EXPONENT, _SMALLEST_EXPONENT = 30, -40


def amount(value: object) -> Decimal:
    """Read an amount from the wire: text, int or Decimal, never a binary float.

    :raises ValueError: it is no finite number, or not one of a sane size (a price of 1E+999999 would
        be a gigabyte of digits when written).
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"{value!r} is not an amount")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not an amount") from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{value!r} is not a finite amount")
    if number.adjusted() > _LARGEST_EXPONENT or exponent < _SMALLEST_EXPONENT:
        raise ValueError("an amount has more digits than any price or quantity")
    return number


def product(left: Decimal, right: Decimal) -> Decimal:
    """Multiply without losing a digit of what the wire carries."""
    return CONTEXT.multiply(left, right)


def cents(value: Decimal) -> Decimal:
    """Round to the cent, half to even: done once for each row, when a result is built."""
    return CONTEXT.add(value.quantize(CENT, context=CONTEXT), ZERO)  # a minus zero becomes zero


def rate(part: int, whole: int) -> Decimal | None:
    """Return part / whole to four places, None when there is no whole."""
    if whole == 0:
        return None
    return CONTEXT.divide(Decimal(part), Decimal(whole)).quantize(_RATE, context=CONTEXT)


def share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return part / whole, unrounded: it is rounded once, where it is shown.

    None where either is not known or the whole is not above zero.
    """
    if part is None or whole is None or whole <= 0:
        return None
    return CONTEXT.divide(part, whole)


def total(values: Iterable[Decimal]) -> Decimal:
    """Add up without losing a digit."""
    result = ZERO
    for value in values:
        result = CONTEXT.add(result, value)
    return result


def digits(value: Decimal) -> str:
    """Write the exact digits, without an exponent; zero has no sign."""
    return format(value or value.copy_abs(), "f")


def trimmed(value: Decimal) -> str:
    """Write the exact digits, without an exponent and without zeros at their end."""
    return digits(value.normalize(CONTEXT))


def short(value: Decimal) -> str:
    """Write a figure for a person, with at most 8 decimals."""
    smallest = Decimal((0, (1,), max(int(value.as_tuple().exponent), -8)))
    return digits(value.quantize(smallest, context=CONTEXT))
