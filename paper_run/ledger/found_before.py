"""What was there before a book's first attempt: at the gateway, or in the account at the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import folding
from paper_run.book.holdings import Book, Entry, Holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from paper_run.model.attempt import AttemptRow


class Adopted(NamedTuple):
    """What the broker's account had before the first attempt.

    :ivar base: dollars: its cash, the fees off its balances by then, its holdings' worth.
    :ivar entries: its holdings, `found` and, where they had a price, `gain`.
    :ivar money: the ids of what had moved money or shares until then.
    """

    account: str
    base: Decimal
    entries: tuple[Entry, ...]
    money: tuple[str, ...] = ()


def at_gateway(row: AttemptRow, priced: bool, is_beside: Callable[[str], bool]) -> list[Entry]:
    """Return the gateway's holdings before an attempt, at its prices if the book is valued at them.

    :param is_beside: whether a symbol stands beside the book; what the attempt was about does not.
    """
    entries = []
    for each in row.snapshot.positions:
        if not each.qty or (each.symbol not in row.snapshot.parameters.symbols and is_beside(each.symbol)):
            continue
        average = each.avg_entry_price or each.current_price or money.ZERO
        cost = money.product(each.qty, average)
        entries.append(Entry("found", each.symbol, each.qty, cost))
        if priced and each.current_price is not None and each.current_price > 0:
            gain = Holding(each.qty, cost).unrealized(each.current_price)
            entries.append(Entry("gain", each.symbol, money.ZERO, gain))
    return entries


def worth_at_first_trade(found: Entry, entries: Iterable[Entry]) -> Decimal | None:
    """Return what shares were worth at the price of their first trade, dollars; None: they were not traded.

    As many shares as there were by then: splits and renames may have come before that.

    :param entries: the book's, of all its names.
    """
    book = Book()
    for each in folding.in_order(entries):
        for lot, worth in book.holdings.get(each.symbol, Holding()).taken_in(each):
            if lot.symbol == found.symbol:
                return worth
        book = book.after((each,))
    return None
