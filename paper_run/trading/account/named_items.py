"""What of the difference to the broker's equity has a name: what it has, and the book has not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import money
from paper_run.book import comparison, parties, splits
from paper_run.model.broker import may_be_share

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import date

    from paper_run.book.comparison import Difference
    from paper_run.book.holdings import Holding
    from paper_run.model.book_figures import BookFigures, BrokerFigures
    from paper_run.trading.account.charged_fees import Charged
    from paper_run.trading.account.corporate import SpunOff
    from paper_run.trading.account.hand_trades import Outside
    from paper_run.trading.account.our_shares import OurShares

_MOVE = Decimal("0.05")
"""So much of what is held, long and short, prices may move between two answers."""


def beside(
    broker: BrokerFigures, held: Mapping[str, Holding], is_beside: Callable[[str], bool]
) -> dict[str, parties.Item]:
    """Return what no order of ours traded and is no share: in no total of ours, and in the broker's."""
    found = {}
    for symbol, each in (broker.positions or {}).items():
        if symbol in held or (may_be_share(each.asset_class) and not is_beside(symbol)):
            continue
        worth = parties.Held(each.qty, each.price, each.market_value).worth
        reason = f"the broker has no value of {symbol}" if worth is None else ""
        less = None if worth is None else worth.copy_negate()
        found[symbol] = parties.Item("beside", symbol, money.ZERO, less, reason)
    return found


def own(broker: BrokerFigures) -> list[parties.Item]:
    """Return what the broker's equity is off its own cash and positions, as far as prices can have moved.

    They are two answers, and between them prices move.
    """
    off = off_itself(broker)
    values = (each.market_value or money.ZERO for each in (broker.positions or {}).values())
    gross = money.total(value.copy_abs() for value in values)
    if off is None or not money.cents(off) or off.copy_abs() > money.product(gross, _MOVE):
        return []
    return [parties.Item("own", "", money.ZERO, off.copy_negate())]


def off_itself(broker: BrokerFigures) -> Decimal | None:
    """Return the broker's equity less its own cash and positions, dollars; None where one is not told."""
    values = [each.market_value for each in (broker.positions or {}).values()]
    known = [each for each in values if each is not None]
    if broker.positions is None or broker.cash is None or broker.equity is None or len(known) < len(values):
        return None
    return money.CONTEXT.subtract(broker.equity, money.total((broker.cash, *known)))


def fractions(
    differences: Mapping[str, tuple[Difference, ...]],
    figures: BookFigures,
    broker: BrokerFigures,
    shares: OurShares,
    children: Collection[str],
) -> dict[str, parties.Item]:
    """Return the fractions of a share that a split or a spin-off left, and that the broker is to pay in cash.

    They are worth what the broker's other shares are, as "other prices" has it; where it has none, our price.

    :param children: the symbols that were spun off.
    """
    found = {}
    for symbol, each in comparison.quantities(differences):
        is_child, left = symbol in children, money.CONTEXT.subtract(each.ours, each.theirs)
        is_fraction = splits.is_that(each.ours, each.theirs) or left == shares.fraction_left(symbol)
        if not is_fraction or not (is_child or shares.has_split(symbol)):
            continue
        worth = _worth(symbol, left, figures, broker)
        reason = f"{symbol} has no price" if worth is None else ""
        after = "spin-off" if is_child else "split"
        about = f"{money.short(left)} {symbol} after its {after}, to be paid in cash"
        found[symbol] = parties.Item("flow", about, money.ZERO, worth, reason)
    return found


def spun_off(
    differences: Mapping[str, tuple[Difference, ...]], broker: BrokerFigures, given: Iterable[SpunOff]
) -> dict[str, parties.Item]:
    """Return the shares that the account was given by a spin-off, and that the book does not have."""
    by_symbol = {each.symbol: each for each in given}
    found = {}
    for symbol, each in comparison.quantities(differences):
        more = money.CONTEXT.subtract(each.theirs, each.ours)
        of, there = by_symbol.get(symbol), (broker.positions or {}).get(symbol)
        if of is None or there is None or more * of.shares < 0:
            continue
        worth = parties.Held(there.qty, there.price, there.market_value).worth
        less = None if worth is None else money.portion(worth, more.copy_negate(), there.qty)
        reason = f"the broker has no value of {symbol}" if worth is None else ""
        about = f"{money.short(more)} {symbol} that {of.action.symbol} spun off"
        found[symbol] = parties.Item("beside", about, money.ZERO, less, reason)
    return found


def trades(
    outside: Mapping[str, Outside], figures: BookFigures, broker: BrokerFigures
) -> dict[str, parties.Item]:
    """Return the trades that are not in the book: their cash, and the shares at the broker's price.

    Where the broker has none of them left it tells no price, and they are worth what ours is.
    """
    found = {}
    for symbol, each in outside.items():
        worth = _worth(symbol, each.qty.copy_negate(), figures, broker)
        way = "bought" if each.qty > 0 else "sold"
        who = "by hand" if each.order is None else "by an order from before this book"
        about = f"{money.short(each.qty.copy_abs())} {symbol} {way} {who} at {money.short(each.price)}"
        if each.is_said or each.is_paid:
            about = f"{symbol}: {each.whose}"
        reason = f"{symbol} has no price" if worth is None else ""
        cash = money.ZERO if each.is_paid else each.cash.copy_negate()
        found[symbol] = parties.Item("trade", about, cash, worth, reason)
    return found


def _worth(symbol: str, qty: Decimal, figures: BookFigures, broker: BrokerFigures) -> Decimal | None:
    """Return what shares are worth as the broker's others of them are; where it has none, at our price."""
    there = (broker.positions or {}).get(symbol)
    if there is not None and there.qty:
        whole = parties.Held(there.qty, there.price, there.market_value).worth
        return None if whole is None else money.portion(whole, qty, there.qty)
    row = next(row for row in figures.valuation.positions if row.symbol == symbol)
    return None if row.mark is None else money.product(qty, row.mark.price)


def still_to_come(cash: Decimal | None, fees: Charged, shares: OurShares, today: date) -> list[str]:
    """Say what our cash may be more for, dollars, negative: less; a clause each."""
    if not cash:
        return []
    from paper_run.trading.account import hand_trades

    return [*fees.why_more(cash, today), *hand_trades.why_unpaid(shares, cash, today)]
