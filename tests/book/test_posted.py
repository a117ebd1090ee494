"""Activities in the book: whatever the broker says of them one after the other, the last word counts."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book import folding, posted
from paper_run.book.holdings import ACCOUNT, Book, Entry, Holding
from paper_run.book.posted import Posted

FIRST, LATER = "2025-01-06", "2025-01-07"


def number(text: str) -> Decimal:
    return Decimal(text)


def cash(kind: str, dollars: str, symbol: str = ACCOUNT) -> Posted:
    return Posted(kind, symbol, Decimal(0), Decimal(dollars))


def shares(kind: str, qty: str, dollars: str, symbol: str = "AAPL") -> Posted:
    return Posted(kind, symbol, Decimal(qty), Decimal(dollars))


WORDS = (
    None,
    cash("income", "12.34", "AAPL"),
    cash("income", "-3.10"),
    cash("flow", "500"),
    cash("flow", "-20.05"),
    cash("other", "7"),
    shares("flow", "3", "330"),
    shares("flow", "-2", "-202"),
    shares("flow", "3", "333"),
    shares("flow", "1", "50", "MSFT"),
    shares("cash_in_lieu", "-0.5", "-55"),
    shares("cash_in_lieu", "-0.5", "-56"),
    shares("cash_in_lieu", "0.25", "27"),
)


def fill(number: int, qty: str, dollars: str, session: str) -> Entry:
    return Entry("fill", "AAPL", Decimal(qty), Decimal(dollars), session, f"order{number}", id=number)


def told(words: list[Posted | None], base: Posted | None = None) -> Book:
    """Return the book after these words of one activity, with fills before and behind it."""
    ids = count(2)
    entries = [fill(1, "10", "1000", "2025-01-03")]
    before = base
    for word in words:
        made = posted.entries("an-id", before, word, base, FIRST)
        entries += [each._replace(id=next(ids)) for each in made]
        before = word
    return folding.fold([*entries, fill(next(ids), "-4", "-440", LATER)])


@given(st.lists(st.sampled_from(WORDS), max_size=7))
def test_the_last_word_counts(words: list[Posted | None]) -> None:
    """Of any sequence of cancellations and corrections the book is that of the last alone."""
    last = words[-1:] or [None]
    after, once = told(words), told(last)
    assert _figures(after) == _figures(once)


@given(st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), max_size=5))
def test_what_the_base_has_is_not_booked(base: Posted | None, words: list[Posted | None]) -> None:
    """Back at what was there when the base was taken, nothing of it is booked."""
    assert _figures(told([*words, base], base)) == _figures(told([None]))


@given(st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
def test_of_the_base_the_difference_is_booked(base: Posted | None, words: list[Posted | None]) -> None:
    """Cash, other money and shares are those of the last word, less those of the base."""
    alone, last = told([base]), told(words[-1:])
    after, nothing = told(words, base), told([None])
    for of in (_cash, _other, _shares("AAPL"), _shares("MSFT")):
        assert of(after) == of(last) - of(alone) + of(nothing)


def _cash(book: Book) -> Decimal:
    return book.cash


def _other(book: Book) -> Decimal:
    return book.other


def _shares(symbol: str) -> Callable[[Book], Decimal]:
    return lambda book: book.holdings.get(symbol, Holding()).qty


def _figures(book: Book) -> tuple[object, ...]:
    held = {
        symbol: each
        for symbol, each in book.holdings.items()
        if any((each.qty, each.cost, each.realized, each.income))
    }
    return book.cash, book.flows, book.other, held


@pytest.mark.parametrize(
    ("before", "now", "made"),
    [
        (None, None, []),
        (None, cash("income", "5"), [("income", ACCOUNT, "0", "5")]),
        (cash("income", "5"), cash("income", "5"), []),
        (cash("income", "5"), None, [("income", ACCOUNT, "0", "-5")]),
        (
            cash("income", "5"),
            cash("other", "4"),
            [("income", ACCOUNT, "0", "-5"), ("other", ACCOUNT, "0", "4")],
        ),
        (shares("flow", "3", "330"), None, [("flow", "AAPL", "0", "0")]),
        (shares("flow", "3", "330"), shares("flow", "2", "220"), [("flow", "AAPL", "2", "220")]),
        (shares("flow", "3", "330"), shares("flow", "3", "330"), []),
    ],
)
def test_what_is_booked(
    before: Posted | None, now: Posted | None, made: list[tuple[str, str, str, str]]
) -> None:
    """Of money the difference; of shares the whole, in the place of what was booked."""
    entries = posted.entries("an-id", before, now, None, FIRST)
    assert [(each.kind, each.symbol, each.qty, each.dollars) for each in entries] == [
        (kind, symbol, number(qty), number(dollars)) for kind, symbol, qty, dollars in made
    ]
    assert {each.restates for each in entries} <= {bool(before and before.qty) or bool(now and now.qty)}


@pytest.mark.parametrize(
    ("now", "made"),
    [
        (shares("flow", "3", "330"), []),
        (shares("flow", "5", "550"), [("flow", "AAPL", "2", "220")]),
        (None, [("flow", "AAPL", "-3", "-330")]),
    ],
)
def test_what_is_booked_beside_the_base(now: Posted | None, made: list[tuple[str, str, str, str]]) -> None:
    """Shares that came in beside those of the base are worth what each of all of them is."""
    base = shares("flow", "3", "330")
    entries = posted.entries("an-id", base, now, base, FIRST)
    assert [(each.kind, each.symbol, each.qty, each.dollars) for each in entries] == [
        (kind, symbol, number(qty), number(dollars)) for kind, symbol, qty, dollars in made
    ]


def test_what_shares_are_worth_again() -> None:
    """At what they were booked at; of another symbol, or where none was booked, it is not known."""
    before = shares("flow", "3", "330")
    assert posted.worth(before, "AAPL", number("2")) == 220
    assert posted.worth(before, "MSFT", number("2")) is None
    assert posted.worth(cash("income", "3"), ACCOUNT, number("2")) is None
    assert posted.worth(None, "AAPL", number("2")) is None
