"""Splits: what speaks for one, and which moves are not believed until it is said whether there was one.

Source: docs/CONCEPTS, "Marks: the price that a position is valued at".
"""

import math
from collections.abc import Collection, Iterable
from decimal import ROUND_DOWN, Decimal

from paper_run import NamedTuple, money

_SMALLEST_SHARE = Decimal(10) ** -9
_WHOLE = Decimal(1)
_LOWEST, _HIGHEST = Decimal("0.7"), Decimal("1.4")
_NEAR = Decimal("0.02")


class Ratio(NamedTuple):
    """A split: `shares` shares became `became`; the same number says that there was none."""

    became: Decimal
    shares: Decimal

    def __str__(self) -> str:
        return f"{self.became}:{self.shares}"

    @property
    def is_none(self) -> bool:
        """Whether it says that there was no split."""
        return self.became == self.shares

    def is_same(self, other: "Ratio") -> bool:
        """Whether both say the same, in whatever terms: 2:1 is 4:2."""
        return money.product(self.became, other.shares) == money.product(other.became, self.shares)

    def applied(self, qty: Decimal) -> Decimal:
        """Return what a quantity of signed shares became, nine decimals."""
        if self.is_none:
            return qty
        exact = money.CONTEXT.divide(money.product(qty, self.became), self.shares)
        shares = exact.quantize(_SMALLEST_SHARE, context=money.CONTEXT).normalize(money.CONTEXT)
        return (
            shares.quantize(_WHOLE, context=money.CONTEXT) if shares == shares.to_integral_value() else shares
        )

    def price(self, before: Decimal) -> Decimal:
        """Return the price that one of before it came to, dollars a share."""
        return money.CONTEXT.divide(money.product(before, self.shares), self.became)

    def price_before(self, after: Decimal) -> Decimal:
        """Return the price of before it that came to one of after it, dollars a share."""
        return money.CONTEXT.divide(money.product(after, self.became), self.shares)


def ratio(text: str) -> Ratio:
    """Return a ratio of its text, `N:M`."""
    became, _, shares = text.partition(":")
    return Ratio(Decimal(became), Decimal(shares))


def lowest(became: Decimal, shares: Decimal) -> Ratio:
    """Return a ratio in whole numbers, the lowest that say it: 1.05 for 1 is 21:20.

    :param became: above zero, like `shares`.
    """
    (over, under), (of, by) = became.as_integer_ratio(), shares.as_integer_ratio()
    common = math.gcd(over * by, under * of)
    return Ratio(Decimal(over * by // common), Decimal(under * of // common))


def all_of(ratios: Iterable[Ratio]) -> Ratio:
    """Return what splits come to together; those that undo each other are none."""
    became = shares = _WHOLE
    for each in ratios:
        became, shares = money.product(became, each.became), money.product(shares, each.shares)
    return Ratio(became, shares)


_NUMBERS = (
    *(2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 18, 20, 25, 28, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85),
    *(90, 95, 100, 120, 150, 200, 250, 300, 400, 500, 1000),
)
_BETWEEN = ("3:2", "4:3", "5:2", "5:3", "5:4", "6:5", "7:2", "7:4", "7:5", "8:5", "11:10", "21:20")
_OF_ONE = (
    *(Ratio(Decimal(number), _WHOLE) for number in _NUMBERS),
    *(Ratio(_WHOLE, Decimal(number)) for number in _NUMBERS),
)
_USUAL = (*_OF_ONE, *map(ratio, _BETWEEN))
"""The ratios by which companies split: N for one, one for N, and those between."""


class Seen(NamedTuple):
    """A symbol as it was valued last and believed.

    :ivar price: dollars. :ivar session: the one in which it was, an ISO date. :ivar ours: the book's shares.
    :ivar theirs: the gateway's, None where they were not known. :ivar at_broker: likewise the broker's.
    """

    price: Decimal
    session: str
    ours: Decimal
    theirs: Decimal | None
    at_broker: Decimal | None = None


class Suspicion(NamedTuple):
    """Why a symbol may have split, a clause for a sentence; and the ratio that it looks like."""

    why: str
    ratio: Ratio | None = None


class Span(NamedTuple):
    """Signed shares, from the fewest to the most."""

    low: Decimal
    high: Decimal


class Now(NamedTuple):
    """The same symbol now, and what became known of it since it was seen.

    :ivar prices: of each trade since, and of today, dollars. :ivar said: the splits since.
    :ivar theirs: the gateway's shares. :ivar is_traded: whether there was a trade since.
    :ivar missing: the fewest and the most shares, signed, by which fills of ours that the book does not have
        yet may put another party ahead of it.
    :ivar at_broker: the broker's shares.
    """

    prices: Collection[Decimal]
    said: Collection[Ratio]
    ours: Decimal
    theirs: Decimal | None
    is_traded: bool = False
    missing: Span | None = None
    at_broker: Decimal | None = None


def suspicion(seen: Seen, now: Now) -> Suspicion | None:
    """Say why a symbol may have split, so that its price and what it realized since can't be believed.

    A price beyond -30 % or +40 % of the last, reckoned with the splits that are known, or the quantity of
    the gateway or the broker that moved by a split's ratio. That there was none (1:1) ends it.

    :return: None if nothing speaks for a split.
    """
    if any(each.is_none for each in now.said):
        return None
    was = seen.price
    for each in now.said:
        was = each.price(was)
    beyond = next((price for price in now.prices if is_beyond(was, price)), None)
    words, looks = [], None
    if beyond is not None:
        words.append(_went(was, beyond, is_traded=now.is_traded))
        looks = price_ratio(was, beyond)
    for party, before, theirs in (
        ("gateway", seen.theirs, now.theirs),
        ("broker", seen.at_broker, now.at_broker),
    ):
        if theirs is None or now.said:
            continue
        counts_twice = party == "gateway"
        by_quantity = quantity_ratio(
            seen._replace(theirs=before), now.ours, theirs, now.prices, now.missing, counts_twice=counts_twice
        )
        if by_quantity is not None:
            words.append(f"the {party} has {money.short(theirs)} instead of {money.short(now.ours)}")
            looks = by_quantity
    return Suspicion(" and ".join(words), looks) if words else None


def late_price(before: Decimal, price: Decimal, *, is_traded: bool) -> Suspicion | None:
    """Say that a price moved within a session by a split's ratio: a source may know of it hours late.

    :param is_traded: whether there was a trade since the price before.
    """
    looks = price_ratio(before, price)
    return Suspicion(_went(before, price, is_traded=is_traded), looks) if looks else None


def _went(before: Decimal, price: Decimal, *, is_traded: bool) -> str:
    how = "" if is_traded else " without a fill"
    return f"its price went from {money.short(before)} to {money.short(price)}{how}"


def is_beyond(before: Decimal, price: Decimal) -> bool:
    """Whether a price, dollars a share, moved by more than -30 % or +40 %: no usual night does that."""
    return price < money.product(before, _LOWEST) or price > money.product(before, _HIGHEST)


def is_unwatched(before: Decimal, price: Decimal, symbol: str, watched: Collection[str] | None) -> bool:
    """Whether a price moved overnight as a split might, dollars a share, and nobody would have seen one.

    :param watched: the symbols that were held by then, of which one would; None: nothing splits there.
    """
    return watched is not None and symbol not in watched and is_beyond(before, price)


def price_ratio(before: Decimal, price: Decimal) -> Ratio | None:
    """Return the split, N for one or one for N, that a price fits within 2 %; None if none: it is a guess.

    :param before: dollars a share, like the price.
    """
    for candidate in _OF_ONE:
        expected = candidate.price(before)
        apart = money.CONTEXT.subtract(price, expected).copy_abs()
        if apart <= money.product(expected, _NEAR):
            return candidate
    return None


def quantity_ratio(
    seen: Seen,
    ours: Decimal,
    theirs: Decimal,
    prices: Iterable[Decimal],
    missing: Span | None,
    *,
    counts_twice: bool,
) -> Ratio | None:
    """Return the split by whose ratio a party's quantity moved while ours did not, None if by none.

    Both agreed before. What was traded since, the party has as well; and because some gateways count a fill
    twice, and others tell of one late, the price must speak for the split on such a day: also where a party
    has just what it had. What missing fills of ours explain is no split. Where several fit, because a
    fraction may be paid out, it is the one that the last price is nearest to; without a price one that
    leaves no fraction.

    :param seen: with the party's quantity as `theirs`. :param ours: signed shares, like `theirs`.
    :param prices: since, dollars a share. :param counts_twice: whether it may be a party of that sort.
    """
    if seen.theirs != seen.ours or theirs == ours:
        return None
    ahead = money.CONTEXT.subtract(theirs, ours)
    if missing and missing.low <= ahead <= missing.high:
        return None
    traded = money.CONTEXT.subtract(ours, seen.ours)
    moved = money.CONTEXT.subtract(theirs, traded)
    found = [each for each in _USUAL if fits(each, seen.ours, moved)]
    if missing or (traded and (counts_twice or theirs == seen.theirs)):
        found = [each for each in found if speaks(each, seen.price, prices)]
    last = next(reversed([*prices]), None)
    if last is None:
        return min(found, key=lambda each: each.applied(seen.ours) != moved, default=None)
    return min(found, key=lambda each: _apart(last, each.price(seen.price)), default=None)


def fits(ratio: Ratio, before: Decimal, after: Decimal) -> bool:
    """Whether a quantity, signed shares, is what another became; none is not."""
    return bool(after) and is_that(ratio.applied(before), after)


def is_that(became: Decimal, qty: Decimal) -> bool:
    """Whether a party's signed shares are what a split made of them, a fraction be paid out or not."""
    return qty in (became, became.quantize(_WHOLE, ROUND_DOWN, context=money.CONTEXT))


def is_without_fraction(qty: Decimal, theirs: Decimal) -> bool:
    """Whether a party has signed shares but for a fraction of one that was paid out.

    Traded since, through zero too, it has the next whole number either way.
    """
    apart = money.CONTEXT.subtract(qty, theirs)
    return theirs == theirs.to_integral_value() and money.ZERO < apart.copy_abs() < _WHOLE


def speaks(ratio: Ratio, before: Decimal, prices: Iterable[Decimal]) -> bool:
    """Whether a price is nearer, as a ratio, to what a split makes of the one before it than to that one."""
    expected = ratio.price(before)
    return any(is_nearer(price, expected, before) for price in prices)


def is_nearer(price: Decimal, to: Decimal, than: Decimal) -> bool:
    """Whether a price is nearer to one than to another as a ratio; all three dollars a share, above zero."""
    return _apart(price, to) < _apart(price, than)


def _apart(left: Decimal, right: Decimal) -> Decimal:
    return money.CONTEXT.divide(max(left, right), min(left, right))
