"""Which price a position is valued at, and which prices are not to be believed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from paper_run import money

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

FRESH = timedelta(minutes=5)
"""A quote older than this is no market any more: its last trade is used."""
_CLOCKS_APART = timedelta(minutes=1)
_WIDEST_SPREAD = Decimal("0.02")
_SPLITS = tuple(Decimal(factor) for factor in (2, 3, 4, 5, 10, 20))
_SPLIT_MARGIN = Decimal("0.02")


class Mark(NamedTuple):
    """A price in dollars, where it comes from (`quote`, `trade`, `gateway`), and that source's time of it."""

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

    :param is_open_at: whether the exchange was open at a moment.
    """
    if (middle := _middle(market)) is not None and market.quoted_at is not None:
        fresh = -_CLOCKS_APART <= now - market.quoted_at <= FRESH
        if fresh and is_open_at(market.quoted_at):
            return Mark(middle, "quote", market.quoted_at)
    if (price := usable(market.traded)) is not None:
        return Mark(price, "trade", market.traded_at)
    return None


def usable(price: Decimal | None) -> Decimal | None:
    """Return a price that can be one: not zero, negative or NaN."""
    return price if price is not None and price.is_finite() and price > 0 else None


def _middle(market: Market) -> Decimal | None:
    """Return the middle of bid and ask; None when crossed, one-sided or more than 2 % apart."""
    bid, ask = usable(market.bid), usable(market.ask)
    if bid is None or ask is None or bid > ask:
        return None
    middle = money.CONTEXT.divide(money.CONTEXT.add(bid, ask), Decimal(2))
    spread = money.CONTEXT.subtract(ask, bid)
    return middle if spread <= money.product(middle, _WIDEST_SPREAD) else None


def is_nearer(price: Decimal, one: Decimal, other: Decimal) -> bool:
    """Whether a price is nearer to one price than to another, as a ratio; all are dollars above zero."""
    return _apart(price, one) < _apart(price, other)


def _apart(left: Decimal, right: Decimal) -> Decimal:
    return money.CONTEXT.divide(max(left, right), min(left, right))


def possible_split(last: Decimal, price: Decimal) -> str | None:
    """Return the split that a price looks like (`2:1`: a share became two), None if it looks like none.

    It is compared without a division: 2 % of what the split would have made of the last price, exactly.

    :param last: the price before it, without a trade of ours in between.
    """
    for factor in _SPLITS:
        for expected, found, name in (
            (last, money.product(price, factor), f"{factor}:1"),
            (money.product(last, factor), price, f"1:{factor}"),
        ):
            apart = money.CONTEXT.subtract(found, expected).copy_abs()
            if apart <= money.product(expected, _SPLIT_MARGIN):
                return name
    return None
