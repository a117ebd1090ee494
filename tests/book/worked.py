"""Entries, books and prices, written as short as one would write them on paper."""

from decimal import Decimal

from builders.moments import NOON

from paper_run import money
from paper_run.book.holdings import Book, Entry, Holding
from paper_run.book.marks import Mark


def number(text: str | None) -> Decimal | None:
    """Return the amount, None for None."""
    return None if text is None else Decimal(text)


def entry(kind: str, qty: str, price: str, symbol: str = "AAPL") -> Entry:
    """Return an entry of signed shares at a price."""
    return Entry(kind, symbol, Decimal(qty), money.product(Decimal(qty), Decimal(price)))


def fill(qty: str, price: str, symbol: str = "AAPL") -> Entry:
    """Return a purchase at a price; a sale for a negative quantity."""
    return entry("fill", qty, price, symbol)


def found(qty: str, price: str, symbol: str = "AAPL") -> Entry:
    """Return a holding from before the first attempt, at its average."""
    return entry("found", qty, price, symbol)


def dollars(kind: str, amount: str, symbol: str = "AAPL") -> Entry:
    """Return an entry that moves no shares: a correction or a gain."""
    return Entry(kind, symbol, money.ZERO, Decimal(amount))


def shares(added: str, symbol: str = "AAPL") -> Entry:
    """Return a split by the shares that it adds."""
    return Entry("split", symbol, Decimal(added), money.ZERO)


def held(*entries: Entry) -> Holding:
    """Return what entries of one symbol make, from nothing."""
    holding = Holding()
    for each in entries:
        holding = holding.after(each)
    return holding


def booked(*entries: Entry) -> Book:
    """Return the book of these entries."""
    return Book().after(entries)


def at(**prices: str) -> dict[str, Mark]:
    """Return the marks of these prices: `at(AAPL="112")`."""
    return {symbol: Mark(Decimal(price), "quote", NOON) for symbol, price in prices.items()}
