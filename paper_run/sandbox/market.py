"""The simulated market: a price for any symbol on any date, the same on every machine.

Every price is a pure function of the symbol and the date. Time is counted in half days (an open is an even
one, a close the odd one after it). The price is the symbol's base price times one plus a sum of bounded
hash-noise octaves: SHA-256 gives a value at each lattice point of an octave, and between two lattice points
the value runs straight. All of it is integer arithmetic, so prices are exact to the cent and stay between
67 % and 133 % of the base price for ever; but for SPLIT, which halves once.

    from paper_run.sandbox import market
    market.open_price("AAPL", date(2025, 1, 2))             # Decimal, two places
    market.fill_price("AAPL", date(2025, 1, 2), "buy")      # the open plus slippage, four places
    market.quote("AAPL", date(2025, 1, 2))                  # (bid, ask) before the bell, round the open
"""

from datetime import date
from decimal import Decimal
from hashlib import sha256

from paper_run.sandbox.corporate import EX_DATE, SHARES_FOR_ONE
from paper_run.sandbox.special import SPLIT

_SCALE = 1_000_000
# (period in half days, amplitude in millionths of the base price)
_OCTAVES = ((1, 14_000), (6, 8_000), (22, 20_000), (90, 80_000), (370, 200_000))
_LOWEST_BASE, _HIGHEST_BASE = 3_000, 45_000  # cents: with all octaves a price stays within 20 and 600
_SPLITS_AT = 2 * EX_DATE.toordinal()
_FOUR_PLACES = Decimal("0.0001")
_BASIS_POINT = Decimal("0.0001")
_FARTHEST_BP = 3


def open_price(symbol: str, day: date) -> Decimal:
    """Return the opening price in dollars, two places, always positive."""
    return _price(symbol, 2 * day.toordinal())


def close_price(symbol: str, day: date) -> Decimal:
    """Return the closing price in dollars, two places, always positive."""
    return _price(symbol, 2 * day.toordinal() + 1)


def slippage_bp(symbol: str, day: date) -> int:
    """Return what a fill costs against the open on that day, 1 to 5 basis points."""
    return 1 + _hash(f"{symbol}|slippage|{day.isoformat()}") % 5


def fill_price(symbol: str, day: date, side: str) -> Decimal:
    """Return the price of a fill at the open: slippage against the trader, four places."""
    slippage = slippage_bp(symbol, day) * _BASIS_POINT
    factor = 1 + slippage if side == "buy" else 1 - slippage
    return (open_price(symbol, day) * factor).quantize(_FOUR_PLACES)


def quote(symbol: str, day: date) -> tuple[Decimal, Decimal]:
    """Return bid and ask before a session opens, four places: their mid is near the open.

    They lie 4 basis points apart, and the mid at most 3 from the open: so much a fill is off beside slippage.
    """
    off = _hash(f"{symbol}|before|{day.isoformat()}") % (2 * _FARTHEST_BP + 1) - _FARTHEST_BP
    middle = (open_price(symbol, day) * (1 + off * _BASIS_POINT)).quantize(_FOUR_PLACES)
    half_spread = (middle * 2 * _BASIS_POINT).quantize(_FOUR_PLACES)
    return middle - half_spread, middle + half_spread


def _price(symbol: str, half_day: int) -> Decimal:
    base = _LOWEST_BASE + _hash(f"{symbol}|base") % (_HIGHEST_BASE - _LOWEST_BASE + 1)
    move = 0
    for period, amplitude in _OCTAVES:
        point, offset = divmod(half_day, period)
        value = _noise(symbol, period, point) * (period - offset)
        if offset:
            value += _noise(symbol, period, point + 1) * offset
        move += amplitude * value // (period * _SCALE)
    shares = SHARES_FOR_ONE if symbol == SPLIT and half_day >= _SPLITS_AT else 1
    return Decimal(base * (_SCALE + move) // (_SCALE * shares)).scaleb(-2)


def _noise(symbol: str, period: int, point: int) -> int:
    """Return the value of an octave at a lattice point, in millionths from -1 to 1."""
    return _hash(f"{symbol}|{period}|{point}") % (2 * _SCALE + 1) - _SCALE


def _hash(text: str) -> int:
    return int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest()[:8])
