"""Decimal in and out: one context, one way to read an amount, one rounding."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

CONTEXT = Context(prec=300, rounding=ROUND_HALF_EVEN)
"""Wide enough that the product of any two amounts from the wire, and their sums, stay exact."""

ZERO = Decimal(0)
CENT = Decimal(10) ** -2
_LARGEST_EXPONENT, _SMALLEST_EXPONENT = 30, -40
_LAST_OF_A_PORTION, _LAST_OF_A_CENT = Decimal(10) ** -60, Decimal(10) ** -50
_LAST_OF_A_RATIO = Decimal(10) ** -20


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


def portion(value: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return value x part / whole to sixty decimals.

    The rest of the value takes what is cut off: both have few enough digits that every sum of such is exact,
    in whatever order it is added up.
    """
    exact = CONTEXT.divide(product(value, part), whole)
    cut = exact.quantize(_LAST_OF_A_PORTION, context=CONTEXT)
    return exact if exact == cut else cut


def of_portions(value: Decimal) -> Decimal:
    """Return a sum of portions without the zeros that they leave at its end, as exact as it is."""
    if int(value.as_tuple().exponent) >= _SMALLEST_EXPONENT:
        return value
    return Decimal(trimmed(value))


def cents(value: Decimal) -> Decimal:
    """Round to the cent, half to even: done once for each row, when a result is built.

    What portions were cut by, far behind the fiftieth decimal, makes no half a cent more or less than it is.
    """
    close = value.quantize(_LAST_OF_A_CENT, context=CONTEXT)
    return CONTEXT.add(close.quantize(CENT, context=CONTEXT), ZERO)  # a minus zero becomes zero


def known_cents(value: Decimal | None) -> Decimal | None:
    """Round an amount to the cent, as `cents` does; None stays None."""
    return None if value is None else cents(value)


def rate(part: int, whole: int) -> Decimal | None:
    """Return part / whole to four places, None when there is no whole."""
    if not whole:
        return None
    return cents(CONTEXT.divide(Decimal(100 * part), Decimal(whole))).scaleb(-2, CONTEXT)


def share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return part / whole, unrounded: it is rounded once, where it is shown.

    None where either is not known or the whole is not above zero.
    """
    if part is None or whole is None or whole <= 0:
        return None
    return CONTEXT.divide(part, whole)


def near(ratio: Decimal) -> Decimal:
    """Return a ratio to twenty decimals: what its division was cut by makes no half of a place more or less.

    So a ratio that was compounded of quotients, and ends in half a place, is rounded as what it stands for.
    """
    return ratio.quantize(_LAST_OF_A_RATIO, context=CONTEXT)


def total(values: Iterable[Decimal]) -> Decimal:
    """Add up without losing a digit."""
    result = ZERO
    for value in values:
        result = CONTEXT.add(result, value)
    return result


def digits(value: Decimal) -> str:
    """Write the exact digits, without an exponent; zero has no sign."""
    written = str(value)
    return written if value and "E" not in written else format(value or value.copy_abs(), "f")


def trimmed(value: Decimal) -> str:
    """Write the exact digits, without an exponent and without zeros at their end."""
    return digits(value.normalize(CONTEXT))


def short(value: Decimal) -> str:
    """Write a figure for a person, with at most 8 decimals, see `showing`; zeros at its end are of cents."""
    decimals = -int(value.as_tuple().exponent)
    if decimals <= 2:
        return digits(value)
    return trimmed(value.quantize(Decimal(10) ** -min(decimals, showing(value, 8)), context=CONTEXT))


def showing(value: Decimal, places: int) -> int:
    """Return with how many decimals a figure is shown: `places`, or three digits of one smaller than those.

    So nothing but zero is shown as zero.
    """
    return max(places, 2 - value.adjusted()) if value and value.adjusted() < -places else places
