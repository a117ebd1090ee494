"""Symbols, dollars and seconds, as typed and checked."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.settings import raw
from paper_run.settings.sources import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.settings.raw import RawValue

_AMOUNT_FORM = (
    "dollars above 0 and below a trillion: digits without commas, at most two decimals, such as 99.50"
)
_AMOUNT_LIMIT = Decimal(10) ** 12
_THRESHOLD_FORM = (
    "percent of equity as digits with at most two decimals, above 0 and below 1000000, such as 150 or 2.5, "
    "or off"
)
_BENCHMARK_FORM = "the symbol of a US share, such as SPY, or none"
_LONGEST_WAIT = Decimal(86_400)


def symbols(values: Iterable[RawValue]) -> tuple[str, ...]:
    """Read symbols, each once, in capitals.

    :raises DataError: a word is none, or there is none.
    """
    found: dict[str, None] = {}
    for given in values:
        for word in given.value.replace(",", " ").split():
            symbol = raw.symbol(word)
            if symbol is None:
                because = "" if word == given.value else f"{shown(word)} is no symbol"
                raise given.wrong(raw.SYMBOL_FORM, because=because)
            if len(symbol) > 32:
                raise given.wrong(raw.SYMBOL_FORM, because=f"{shown(word)} is longer than 32 characters")
            found[symbol] = None
        if not given.value.strip(", \t\r\n"):
            raise given.wrong(raw.SYMBOL_FORM, because="it names no symbol")
    return tuple(found)


def benchmark(given: RawValue) -> str:
    """Read the symbol to compare the book with, in capitals; "" for `none`.

    :raises DataError: it can be no US share's.
    """
    if given.value.lower() == "none":
        return ""
    symbol = raw.symbol(given.value)
    if symbol is None or "/" in symbol or len(symbol) > 32:
        raise given.wrong(_BENCHMARK_FORM)
    return symbol


def dollars(given: RawValue) -> Decimal:
    """Read an amount in dollars, above 0 and to the cent.

    :raises DataError: it is none.
    """
    if not raw.is_plain_number(given.value, places=2):
        raise given.wrong(_AMOUNT_FORM)
    amount = Decimal(given.value)
    if not 0 < amount < _AMOUNT_LIMIT:
        raise given.wrong(_AMOUNT_FORM)
    return amount


def threshold(given: RawValue) -> Decimal | None:
    """Read past what it is warned, percent of equity; None: never.

    :raises DataError: it is neither a percentage above zero nor `off`.
    """
    if given.value == "off":
        return None
    if not raw.is_plain_number(given.value, digits=6, places=2) or not Decimal(given.value):
        raise given.wrong(_THRESHOLD_FORM)
    return Decimal(given.value)


def timeout(given: RawValue) -> Decimal:
    """Read how long the orchestration is waited for, seconds.

    :raises DataError: it is no plain number, or out of bounds.
    """
    return raw.seconds(given, least=Decimal("0.1"), most=_LONGEST_WAIT, example=Decimal(90))


def wait(given: RawValue) -> Decimal:
    """Read how long services may take to come up, seconds.

    :raises DataError: it is no plain number, or out of bounds.
    """
    return raw.seconds(given, least=Decimal(0), most=_LONGEST_WAIT, example=Decimal(90))
