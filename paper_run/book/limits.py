"""What is at risk beside the limits that warn: exposure, the largest position, the day's loss, the drawdown.

Source: docs/CONCEPTS, "Exposure and limits".
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

from paper_run import NamedTuple
from paper_run.money import CONTEXT, ZERO, near, product, share, total

Name = Literal["gross", "position", "day_loss", "drawdown"]

_ROUNDING = Context(prec=400, rounding=ROUND_HALF_EVEN)
_PLACES = Decimal(10) ** -4


class Thresholds(NamedTuple):
    """Past what it is warned, percent of equity; None: of that it never is.

    :ivar gross: of gross exposure. :ivar position: of the largest position. :ivar day_loss: of the loss of a
        session. :ivar drawdown: of the fall from the highest equity before.
    """

    gross: Decimal | None = Decimal(150)
    position: Decimal | None = Decimal(50)
    day_loss: Decimal | None = Decimal(3)
    drawdown: Decimal | None = Decimal(10)


class Working(NamedTuple):
    """What an order that still works may yet fill: signed shares, and dollars for one; None: not known."""

    symbol: str
    qty: Decimal
    price: Decimal | None


class Exposure(NamedTuple):
    """Market value, dollars: `short` is zero or less; `largest` has the sign of its position.

    :ivar symbol: that of the largest position, None where there is none.
    """

    long: Decimal = ZERO
    short: Decimal = ZERO
    symbol: str | None = None
    largest: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        """Dollars without signs, zero or more."""
        return CONTEXT.subtract(self.long, self.short)

    @property
    def net(self) -> Decimal:
        """Dollars, negative where more is short than long."""
        return CONTEXT.add(self.long, self.short)


class AtRisk(NamedTuple):
    """What stands beside the limits, dollars: `net` has a sign, `largest` is the largest position's value.

    :ivar symbol: whose it is; None: there is no position.
    """

    gross: Decimal
    net: Decimal
    largest: Decimal
    symbol: str | None


class Limit(NamedTuple):
    """A figure beside its limit, percent of equity, a loss positive; what is not known is None.

    :ivar name: see `Thresholds`. :ivar percent: four places, half to even. :ivar amount: the same in
        dollars; of a drawdown None. :ivar limit: percent; None: there is none.
    :ivar passed: whether it is past the limit as it is stated here; None: not known, or there is no limit.
    :ivar symbol: whose position it is. :ivar reason: why the figure is not known.
    :ivar if_filled: whether orders that still work count as if they were filled.
    """

    name: Name
    percent: Decimal | None
    amount: Decimal | None
    limit: Decimal | None
    passed: bool | None
    symbol: str | None = None
    reason: str | None = None
    if_filled: bool = False


class Limits(NamedTuple):
    """All of them, and net exposure, which has none: percent of equity, and signed dollars."""

    gross: Limit
    position: Limit
    day_loss: Limit
    drawdown: Limit
    net_percent: Decimal | None
    net: Decimal | None

    @property
    def each(self) -> tuple[Limit, ...]:
        """The figures that may have a limit, in the order in which they are shown."""
        return (self.gross, self.position, self.day_loss, self.drawdown)

    @property
    def passed(self) -> tuple[Limit, ...]:
        """Those that are past it."""
        return tuple(one for one in self.each if one.passed)


def exposure(values: Mapping[str, Decimal]) -> Exposure:
    """Return the exposure of positions, market value by symbol, dollars, negative when short."""
    symbol, largest = max(values.items(), key=lambda each: (abs(each[1]), each[0]), default=(None, ZERO))
    return Exposure(
        total(each for each in values.values() if each > ZERO),
        total(each for each in values.values() if each < ZERO),
        symbol if largest else None,
        largest,
    )


def at_risk(values: Mapping[str, Decimal], working: Iterable[Working] = ()) -> AtRisk | None:
    """Return the larger of what is held and of what would be, had each working order filled what remains.

    :param values: market value by symbol, dollars, negative when short.
    :return: None where the price of a working order is not known.
    """
    then = dict(values)
    for each in working:
        if each.price is None:
            return None
        then[each.symbol] = CONTEXT.add(then.get(each.symbol, ZERO), product(each.qty, each.price))
    held, filled = exposure(values), exposure(then)
    largest = max(held, filled, key=lambda each: abs(each.largest))
    return AtRisk(max(held.gross, filled.gross), filled.net, abs(largest.largest), largest.symbol)


def beside(
    name: Name,
    amount: Decimal | None,
    whole: Decimal | None,
    limit: Decimal | None,
    *,
    symbol: str | None = None,
    reason: str = "",
    if_filled: bool = False,
) -> Limit:
    """Return an amount in percent of a whole beside its limit.

    Where the whole is zero or a debt anything at all has no percentage and is past the limit; nothing is 0 %.

    :param amount: dollars, zero or more. :param whole: equity, dollars.
    :param reason: why one of the two is not known, where that is so.
    """
    shown = past = None
    if amount is not None and whole is not None:
        ratio = share(amount, whole) if amount else ZERO
        shown, reason = (None, "equity is not above zero") if ratio is None else (percent(ratio), "")
        past = shown is None or (limit is not None and shown > limit)
    known = past if limit is not None else None
    return Limit(name, shown, amount, limit, known, symbol, reason or None, if_filled)


def of_ratio(name: Name, ratio: Decimal | None, limit: Decimal | None, *, reason: str) -> Limit:
    """Return a ratio (0.01 is 1 %) in percent beside its limit; None is not known, for a reason."""
    if ratio is None:
        return Limit(name, None, None, limit, None, None, reason or None)
    shown = percent(ratio)
    return Limit(name, shown, None, limit, None if limit is None else shown > limit)


def percent(ratio: Decimal) -> Decimal:
    """Return a ratio in percent, four places, half to even; zero has no sign."""
    return _ROUNDING.add(_ROUNDING.scaleb(near(ratio), 2).quantize(_PLACES, context=_ROUNDING), ZERO)
