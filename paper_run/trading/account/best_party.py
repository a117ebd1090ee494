"""The best party of quantities, the proven broker, else the gateway; and bringing the book to its word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import holdings, marks, valuation
from paper_run.errors import DataError, Remedy
from paper_run.model import reading_messages
from paper_run.model.broker import as_written, may_be_share
from paper_run.model.commands import ours
from paper_run.model.order import BROKER, GATEWAY
from paper_run.trading.account import pricing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from decimal import Decimal

    from paper_run.services.platform import Observations
    from paper_run.trading.account.adjustments import Change
    from paper_run.trading.account.observations import Moment


class BestParty(NamedTuple):
    """Whose word on quantities is the best that was read.

    :ivar name: `BROKER` or `GATEWAY`. :ivar quantities: signed shares by symbol, written as the book does;
        of what is not there it has none. :ivar beside: what it has that is no share, and not in the book.
    """

    name: str
    quantities: Mapping[str, Decimal]
    beside: frozenset[str] = frozenset()

    @property
    def is_broker(self) -> bool:
        """Whether it is the account itself, so that nobody need ask another party."""
        return self.name == BROKER

    def qty(self, symbol: str) -> Decimal:
        """Return the signed shares that it has of a symbol."""
        return self.quantities.get(symbol, money.ZERO)


def of(read: Observations, names: Collection[str]) -> BestParty | None:
    """Return the party to believe; None where nobody's positions could be read.

    :param names: the symbols of the book: a party may write them otherwise.
    """
    if (proven := read.proven_broker) is not None and proven.positions is not None:
        written = as_written(names)
        theirs = {written(each.symbol): each for each in proven.positions}
        beside = (
            symbol
            for symbol, each in theirs.items()
            if symbol not in names and not may_be_share(each.asset_class)
        )
        return BestParty(BROKER, {symbol: each.qty for symbol, each in theirs.items()}, frozenset(beside))
    if read.positions is None:
        return None
    return BestParty(GATEWAY, {each.symbol: each.qty for each in read.positions})


class ByHand(NamedTuple):
    """What a person has made: entries, and what is noted of them: to whose quantity, by whom, when.

    :ivar is_all: whether all that differs is to be booked: once no share does, the broker's cash.
    """

    entries: list[holdings.Entry]
    note: str = ""
    is_all: bool = False


def differences(
    book: holdings.Book,
    read: Observations,
    prices: Mapping[str, marks.Mark],
    change: Change,
    in_flight: frozenset[str],
    beside: frozenset[str],
    moment: Moment,
) -> ByHand:
    """Return the entries that bring what a person names to the best party's quantity, P&L-neutral.

    `all` is each symbol that differs and of which no order of ours still works, of the book's kind; where
    none differs from the broker its cash may (`hand_trades`).

    :param prices: of what the book holds. :param beside: what stands beside the book.
    :raises DataError: there is nothing to adjust, or no price to do it at.
    :raises DependencyError: nobody's quantities are known.
    """
    adjust = change.adjust
    if not adjust:
        return ByHand([])
    if (best := of(read, book.holdings)) is None:
        raise reading_messages.nothing_to_compare(read.unreadable, read.refusal)
    positions = pricing.listed_positions(read)
    entries = []
    every = {*book.holdings, *best.quantities} - beside - best.beside
    for symbol in sorted(every) if adjust == ("all",) else adjust:
        held = book.holdings.get(symbol, holdings.Holding())
        qty = best.qty(symbol)
        if qty == held.qty or (symbol in in_flight and adjust == ("all",)):
            continue
        if symbol in best.beside:
            raise DataError(
                f"--position: {symbol} is no share",
                f"The {best.name} has {money.digits(qty)} of it: it stands beside the book, in no total.",
                remedies=(Remedy("Nothing was booked. See what stands beside it", ours("mark")),),
            )
        if symbol in in_flight:
            raise DataError(
                f"--position: an order of ours in {symbol} still works",
                f"What it fills comes into the book by itself, and the {best.name} may count it already.",
                remedies=(
                    Remedy("Once it has ended, say it again if they still differ; nothing was booked."),
                ),
            )
        # What is not held was not priced with the rest.
        mark = (
            prices.get(symbol)
            if held.qty
            else pricing.mark_of(symbol, positions.get(symbol), read, moment, moment.session)
        )
        if not isinstance(mark, marks.Mark):
            raise DataError(
                f"--position: {symbol} has no price to book its difference at",
                f"The {best.name} has {money.digits(qty)}, the book {money.digits(held.qty)}.",
                remedies=(
                    Remedy("Nothing was booked. Once it has a price, say it again."),
                    Remedy(
                        "Or say at which price it was traded",
                        ours("resolve", "--position", f"{symbol}={money.trimmed(qty)}@PRICE"),
                    ),
                ),
            )
        shares, dollars = valuation.adjustment(held, qty, mark.price)
        entries.append(holdings.Entry("adjustment", symbol, shares, dollars))
    is_all = adjust == ("all",)
    if not entries and not (is_all and best.is_broker):
        is_held = is_all or any(best.qty(symbol) for symbol in adjust)
        raise nothing_differs(
            f"The {best.name} has the book's quantity of {_named(adjust)}."
            if is_held
            else f"Neither the book nor the {best.name} holds {' or '.join(adjust)}."
        )
    return ByHand(entries, f"to the {best.name}'s quantity {change.note}", is_all)


def nothing_differs(why: str) -> DataError:
    """Say that there is nothing to adjust.

    :param why: a sentence.
    """
    return DataError(
        "--position: there is no difference to book",
        why,
        remedies=(Remedy("Nothing was booked. See where they differ", ours("mark")),),
    )


def _named(adjust: Collection[str]) -> str:
    return "every symbol" if adjust == ("all",) else ", ".join(adjust)
