"""What was traded by hand and no quantity of ours tells, cash does: there and back, or what is no share."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book.holdings import Holding
from paper_run.book.parties import Item
from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.broker import US_OPTION, as_written
from paper_run.model.commands import ours
from paper_run.model.findings import listed
from paper_run.trading.account import hand_trades

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.broker import FillActivity
    from paper_run.model.findings import Finding
    from paper_run.services.platform import Observations
    from paper_run.trading.account.charged_fees import Charged

_MOST = 20
"""So many executions are taken over by one command."""
_ONE, _CONTRACT = Decimal(1), Decimal(100)
"""So many shares an option is of; its price is of one of them."""


class RoundTrip(NamedTuple):
    """Executions of orders that no attempt made, after which the quantity is the same again.

    :ivar fills: oldest first. :ivar cash: what they brought, dollars, negative for a loss.
    :ivar is_beside: whether they are of what stands beside the book: its quantity may be any.
    """

    symbol: str
    fills: tuple[FillActivity, ...]
    cash: Decimal
    is_beside: bool = False


def found(
    ledger: Ledger,
    read: Observations,
    period: BookPeriod,
    held: Mapping[str, Holding],
    more: Decimal,
    fees: Charged,
    left_out: Collection[str],
    is_beside: Callable[[str], bool],
) -> tuple[RoundTrip, ...]:
    """Return what was traded by hand and brought to the cent what the broker's cash is off ours.

    Round trips, or the latest executions of what stands beside the book: of one symbol, or of all symbols
    together; nothing where none comes to that. What was traded up to a session
    in which a person booked a trade of the symbol is taken to be in it.

    :param more: by how much ours is more, dollars, negative: less. :param fees: what of it may be fees that
        are posted only later. :param left_out: symbols.
    :param is_beside: whether a symbol that no order of ours traded stands beside the book.
    """
    proven = read.proven_broker
    if proven is None or proven.activities is None:
        return ()
    written = as_written(held)
    brought = {money.cents(money.CONTEXT.subtract(each, more)) for each in (money.ZERO, *fees.sums)}
    said = {
        each.symbol: each.effective
        for each in ledger.books.entries_after(period)[0]
        if each.kind == "adjustment" and each.qty
    }
    options = {each.identity for each in proven.all_orders if each.asset_class == US_OPTION}
    begun = max(period.session.isoformat(), period.joined or "")
    of_shares, beside = [], []
    for told in dict.fromkeys(each.symbol for each in proven.activities.fills):
        symbol = written(told)
        if symbol in left_out:
            continue
        fills = hand_trades.by_hand(ledger, read, told)
        own = [each for each in fills if begun <= _day(each) > said.get(symbol, "")]
        trips = _trips(symbol, own, options, is_beside=symbol not in held and is_beside(symbol))
        for each in trips:
            if money.cents(each.cash) in brought:
                return (each,)
        of_shares += [each for each in trips[-1:] if not each.is_beside]
        beside += [trips] if trips and trips[-1].is_beside else []
    latest = list(_latest(beside))
    several = (of_shares, *latest, *([*of_shares, *each] for each in latest))
    return tuple(next((each for each in several if money.cents(cash_of(each)) in brought), ()))


def _latest(beside: Iterable[Sequence[RoundTrip]]) -> Iterable[list[RoundTrip]]:
    """Yield the latest executions of all that stands beside the book: the last one, and so on to all of them.

    The cash of those before may be in the book already, as money.

    :param beside: of each symbol its latest executions, the fewest first.
    """
    dated = [[(each.fills[0].time, each) for each in trips if each.fills[0].time] for trips in beside]
    for since in sorted({begun for trips in dated for begun, _ in trips}, reverse=True):
        own = ([each for begun, each in trips if begun >= since] for trips in dated)
        yield [trips[-1] for trips in own if trips]


def cash_of(trips: Iterable[RoundTrip]) -> Decimal:
    """Return what round trips brought, dollars, negative for a loss."""
    return money.total(each.cash for each in trips)


def _day(fill: FillActivity) -> str:
    """Return its ISO date, UTC; "": it is not told."""
    return "" if fill.time is None else fill.time.date().isoformat()


def _trips(
    symbol: str, fills: list[FillActivity], options: Collection[str], *, is_beside: bool
) -> list[RoundTrip]:
    """Return the round trips that end with the latest execution, the shortest first.

    :param options: the broker's ids of orders for options. :param is_beside: see `RoundTrip`.
    """
    dated = [(each.time, each) for each in fills if each.time is not None]
    latest = [each for _, each in sorted(dated, key=lambda pair: pair[0])]
    trips, shares, cash = [], money.ZERO, money.ZERO
    for number in range(len(latest) - 1, -1, -1):
        signed = _signed(latest[number])
        shares = money.CONTEXT.add(shares, signed)
        size = _CONTRACT if latest[number].order_id in options else _ONE
        cash = money.CONTEXT.subtract(cash, money.product(money.product(signed, latest[number].price), size))
        if is_beside or not shares:
            trips.append(RoundTrip(symbol, tuple(latest[number:]), cash, is_beside))
    return trips


def items(trips: tuple[RoundTrip, ...]) -> list[Item]:
    """Return what they are of the difference to the broker's equity: cash alone."""
    return [Item("trade", _words(each), each.cash.copy_negate(), money.ZERO) for each in trips]


def said(trips: tuple[RoundTrip, ...], held: Mapping[str, Holding], fees: Decimal) -> list[Finding]:
    """Say that somebody traded, with the command that takes it over as it was.

    All cash is booked as money once nothing else is in it.

    :param fees: what cash is less by besides, dollars.
    """
    is_money = not money.cents(fees) and all(each.is_beside for each in trips)
    return [
        findings.warning(
            "broker_differs",
            f"Somebody traded past this book: {_words(each)}; {_what_of_it(each)}, and the cash "
            f"is {each.cash.copy_abs():,.2f} dollars {'more' if each.cash > 0 else 'less'}.",
            subject=each.symbol,
            remedies=_ways_out(each, held.get(each.symbol, Holding()).qty, is_money=is_money),
        )
        for each in trips
    ]


def _what_of_it(trip: RoundTrip) -> str:
    return "that stands beside the book" if trip.is_beside else "its quantity is the same again"


def _ways_out(trip: RoundTrip, qty: Decimal, *, is_money: bool) -> tuple[Remedy, ...]:
    """Return the command that makes each execution a trade by hand, one after the other.

    What stands beside the book is no trade of it: the cash went out for it, or came in.

    :param qty: the signed shares of the book. :param is_money: see `said`.
    """
    if trip.is_beside:
        booked = Remedy("Book it as money besides trading", ours("resolve", "--position", "all"))
        return (booked,) if is_money else ()
    if len(trip.fills) > _MOST:
        return ()
    words = ["resolve"]
    for each in trip.fills:
        qty = money.CONTEXT.add(qty, _signed(each))
        words += ["--position", f"{trip.symbol}={money.trimmed(qty)}@{money.trimmed(each.price)}"]
    return (Remedy("Take it over as it was traded", ours(*words)),)


def _words(trip: RoundTrip) -> str:
    way = {"buy": "bought", "sell": "sold"}
    parts = [
        f"{money.short(each.qty)} {way.get(each.side, each.side)} at {money.short(each.price)}"
        for each in trip.fills
    ]
    return f"{trip.symbol} traded by hand, {listed(parts, 4)}"


def _signed(fill: FillActivity) -> Decimal:
    return fill.qty if fill.side == "buy" else fill.qty.copy_negate()
