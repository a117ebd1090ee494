"""Which price a position is valued at, and which prices are not to be believed.

Source: docs/CONCEPTS, "Marks: the price that a position is valued at".
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from paper_run import NamedTuple, money

FRESH = timedelta(minutes=5)
"""A quote older than this is no market any more: its last trade is used."""
_CLOCKS_APART = timedelta(minutes=1)
_WIDEST_SPREAD = Decimal("0.02")


class Mark(NamedTuple):
    """A price in dollars, where it comes from, and that source's time of it.

    Its source is `quote`, `trade`, `broker` or `gateway`.
    """

    price: Decimal
    source: str
    time: datetime | None


class Market(NamedTuple):
    """What a quote source says of a symbol, dollars; a side or a trade that it does not have is None."""

    bid: Decimal | None = None
    ask: Decimal | None = None
    quoted_at: datetime | None = None
    traded: Decimal | None = None
    traded_at: datetime | None = None


def choose(market: Market, now: datetime, is_open_at: Callable[[datetime], bool]) -> Mark | None:
    """Return the middle of a fresh, narrow quote of an open market, else the last trade, else None.

    :param now: of any zone. :param is_open_at: whether the exchange was open at a moment.
    """
    quoted = _quoted(market, now)
    if quoted is not None and is_open_at(quoted[1]):
        return Mark(quoted[0], "quote", quoted[1])
    return _last_trade(market)


def arrival(market: Market, now: datetime) -> Mark | None:
    """Return the middle of a fresh, narrow quote, else the last trade, else None.

    What the market was at when it was decided to trade; so a quote counts before the bell too.

    :param now: of any zone.
    """
    quoted = _quoted(market, now)
    return Mark(quoted[0], "quote", quoted[1]) if quoted is not None else _last_trade(market)


def _quoted(market: Market, now: datetime) -> tuple[Decimal, datetime] | None:
    """Return the middle of a fresh, narrow quote, and its time."""
    middle, moment = _middle(market), market.quoted_at
    if middle is None or moment is None or not -_CLOCKS_APART <= now - moment <= FRESH:
        return None
    return middle, moment


def _last_trade(market: Market) -> Mark | None:
    price = usable(market.traded)
    return None if price is None else Mark(price, "trade", market.traded_at)


def usable(price: Decimal | None) -> Decimal | None:
    """Return a price, dollars a share, that can be one: not zero, negative, infinite or NaN."""
    return price if price is not None and price.is_finite() and price > 0 else None


def _middle(market: Market) -> Decimal | None:
    """Return the middle of bid and ask; None when crossed, one-sided or more than 2 % apart."""
    bid, ask = usable(market.bid), usable(market.ask)
    if bid is None or ask is None or bid > ask:
        return None
    middle = money.CONTEXT.divide(money.CONTEXT.add(bid, ask), Decimal(2))
    spread = money.CONTEXT.subtract(ask, bid)
    return middle if spread <= money.product(middle, _WIDEST_SPREAD) else None


def is_of(mark: Mark, now: datetime, next_session: date) -> bool:
    """Whether a price is dated before the next session's date; one without a time is as old as now.

    :param now: on the exchange's clock.
    """
    return (mark.time or now).astimezone(now.tzinfo).date() < next_session


_OPTION = r"[A-Z0-9]{1,6} {0,5}[0-9]{6}[CP][0-9]{8}"
_COIN = r"[A-Z0-9]{2,10}/[A-Z]{3,5}|[A-Z0-9]{3,10}USD|[A-Z0-9]{2,10}USD[TC]"


def is_us_equity(symbol: str) -> bool:
    """Whether a symbol may be a US share: no option (a contract is not a share), no coin."""
    if symbol.isalpha() and "USD" not in symbol:
        return True
    return not re.fullmatch(rf"{_OPTION}|{_COIN}", symbol)
