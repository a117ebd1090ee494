"""What shares cost in the simulated year, and what the strategy orders on each day: from the symbol alone."""

import random
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from builders.moments import NEW_YORK
from support.odd_platform import Plan

from paper_run.sandbox.exchange_days import close_time, is_session, next_session, previous_session

SYMBOLS = ("AAPL", "MSFT", "GOOGL")
_BEGINNING = date(2024, 12, 31)
_SESSIONS = 260
_CENT, _TENTH_OF_A_MILL = Decimal("0.01"), Decimal("0.0001")


def price_at(symbol: str, now: datetime) -> Decimal:
    """Return the market's price at a moment: the close of the latest session that has closed."""
    day = now.astimezone(NEW_YORK).date()
    return _closes(symbol)[day if is_session(day) and close_time(day) <= now else previous_session(day)]


def plans_of(day: date) -> dict[str, Plan]:
    """Return what becomes of each symbol on a session, near its last close; of one in eight nothing."""
    return {symbol: _plan(symbol, day) for symbol in SYMBOLS}


def _plan(symbol: str, day: date) -> Plan:
    draw = random.Random(f"{symbol} {day}")
    if draw.random() < 0.125:
        return Plan(side=None, mapping={"skip_reason": "zero_weight"})
    near = _closes(symbol)[previous_session(day)] * Decimal(str(draw.uniform(0.999, 1.001)))
    return Plan(
        side=draw.choice(("buy", "sell")), qty=draw.randint(1, 40), price=near.quantize(_TENTH_OF_A_MILL)
    )


@cache
def _closes(symbol: str) -> dict[date, Decimal]:
    """Walk from close to close, at most 3 % a day."""
    draw = random.Random(symbol)
    day, price = _BEGINNING, Decimal(draw.randint(90, 400))
    closes = {day: price}
    for _ in range(_SESSIONS):
        day = next_session(day)
        price = (price * Decimal(str(1 + draw.uniform(-0.03, 0.0305)))).quantize(_CENT)
        closes[day] = price
    return closes
