"""A symbol's day split into what holding and what trading earned, against the formula by its entries."""

from decimal import Decimal
from fractions import Fraction

import pytest
from book.worked import at, entry, fill
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book import splits, valuation
from paper_run.book.bridge import Opening
from paper_run.book.holdings import Book, Entry, Holding
from paper_run.book.symbols import Rate, SymbolDay, SymbolTotals, day_of, of_trips
from paper_run.book.valuation import PositionValue
from paper_run.money import cents

QUANTITIES = st.integers(-30, 30).filter(bool)
TRADES = st.lists(st.tuples(QUANTITIES, st.integers(1, 900)), max_size=8)
KINDS = st.sampled_from(["fill", "adjustment"])


def valued(book: Book, price: str | None, opening: Opening | None) -> PositionValue:
    marks = {} if price is None else at(AAPL=price)
    (row,) = valuation.value(book, marks, Decimal(100000), opening).positions
    return row


def closing(book: Book, price: str) -> Opening:
    return valuation.closing(valuation.value(book, at(AAPL=price), Decimal(100000), None))


@given(
    TRADES, TRADES, KINDS, st.integers(1, 900), st.integers(1, 900), st.sampled_from(["1:1", "2:1", "1:5"])
)
def test_holding_and_trading_are_the_day(
    earlier: list[tuple[int, int]],
    later: list[tuple[int, int]],
    kind: str,
    quarters_before: int,
    quarters_after: int,
    ratio: str,
) -> None:
    """q0 x (m1 - m0) and the sum of dq x (m1 - p), with a split and with what a person books."""
    before, after = (str(Decimal(each) / 4) for each in (quarters_before, quarters_after))
    book = Book().after([fill(str(qty * 5), str(Decimal(price) / 4)) for qty, price in earlier])
    split = Entry("split", "AAPL", Decimal(0), Decimal(0), ratio=splits.ratio(ratio))
    entries = [split, *(entry(kind, str(qty), str(Decimal(price) / 4)) for qty, price in later)]
    now = book.after(entries)
    was = book.holdings.get("AAPL", Holding())
    opening = closing(book, before) if book.holdings else None
    row = valued(now, after, opening)
    day = day_of(row, was, Decimal(before), entries)
    if day is None:
        assert not was.qty
        assert not row.holding.qty
        return
    assert day.holding_pnl is not None
    assert day.trading_pnl is not None
    assert day.holding_pnl + day.trading_pnl == row.day_pnl
    if not row.holding.qty:
        assert day.trading_pnl == (0 if was.qty else row.day_pnl)
        return
    price = Fraction(quarters_after, 4)
    traded = sum((qty * (price - Fraction(each, 4)) for qty, each in later), Fraction(0))
    assert abs(Fraction(day.trading_pnl) - traded) <= Fraction(1, 50)
    became = splits.ratio(ratio).applied(was.qty)
    moved = Fraction(became) * price - Fraction(was.qty) * Fraction(quarters_before, 4)
    assert abs(Fraction(day.holding_pnl) - moved) <= Fraction(1, 100)


def test_a_dividend_is_earned_by_holding() -> None:
    """100 held, up by a dollar, and 30 dollars of income: 130; 10 more bought 2 below the mark: 20."""
    book = Book().after([fill("100", "50")])
    entries = [Entry("income", "AAPL", Decimal(0), Decimal(30)), fill("10", "49")]
    day = day_of(
        valued(book.after(entries), "51", closing(book, "50")), book.holdings["AAPL"], Decimal(50), entries
    )
    assert day is not None
    assert (day.holding_pnl, day.trading_pnl, day.day_pnl) == (130, 20, 150)
    late = Entry("income", "AAPL", Decimal(0), Decimal(7))
    flat = Book().after([fill("100", "50"), fill("-100", "50")])
    day = day_of(valued(flat.after([late]), None, closing(flat, "50")), flat.holdings["AAPL"], None, [late])
    assert day is not None
    assert (day.holding_pnl, day.trading_pnl) == (7, 0)


def test_a_split_of_an_older_program_adds_its_shares() -> None:
    """It has no ratio: 100 more of 100, at half the price, is nothing earned."""
    book = Book().after([fill("100", "50")])
    entries = [Entry("split", "AAPL", Decimal(100), Decimal(0))]
    day = day_of(
        valued(book.after(entries), "25", closing(book, "50")), book.holdings["AAPL"], Decimal(50), entries
    )
    assert day is not None
    assert (day.holding_pnl, day.trading_pnl) == (0, 0)


@pytest.mark.parametrize(
    ("before", "price"), [(None, Decimal(50)), (Holding(Decimal(100), Decimal(5000)), None)]
)
def test_what_is_not_known_of_the_closing_before_is_in_no_part(
    before: Holding | None, price: Decimal | None
) -> None:
    """The day stays, its parts are null."""
    book = Book().after([fill("100", "50")])
    day = day_of(valued(book, "51", closing(book, "50")), before, price, ())
    assert day is not None
    assert (day.day_pnl, day.holding_pnl, day.trading_pnl) == (100, None, None)


def test_without_a_price_there_is_no_day() -> None:
    """A row of its quantity alone; what was flat and stays so has none, nor what is not known."""
    book = Book().after([fill("100", "50")])
    day = day_of(valued(book, None, None), Holding(), None, ())
    assert day is not None
    assert (day.qty, day.mark, day.day_pnl, day.holding_pnl, day.total_pnl) == (100, None, None, None, None)
    flat = Book().after([fill("100", "50"), fill("-100", "50")])
    assert day_of(valued(flat, None, closing(flat, "50")), flat.holdings["AAPL"], None, ()) is None
    unknown = valuation.value(book, {}, Decimal(100000), None, unknown={"AAPL"}).positions[0]
    assert day_of(unknown, Holding(), None, ()) is None


def test_figures_of_round_trips_and_sessions_need_so_many() -> None:
    """Win rate, profit factor, expectancy from ten round trips on, a hit rate from twenty sessions."""
    won, lost = SymbolTotals(gains=12, sessions=20), SymbolTotals(gains=0, sessions=19)
    assert (won.hit_rate, lost.hit_rate) == (Rate(Decimal("0.6"), 20, 20), Rate(None, 19, 20))
    for pnl in ("10", "20.50", "-8", "0", "1", "-3.33", "4", "5", "2"):
        won = won.with_trip(Decimal(pnl))
    assert [each.value for each in of_trips({"AAPL": won})[1:]] == [None] * 3
    lost = lost.with_trip(Decimal("-1"))
    found = of_trips({"AAPL": won, "MSFT": lost})
    assert (found.n, found.win_rate) == (10, Rate(Decimal("0.6"), 10, 10))
    assert found.profit_factor == Rate(Decimal("3.4469"), 10, 10)  # 42.50 / 12.33
    assert found.expectancy == Rate(Decimal("3.02"), 10, 10)  # 30.17 / 10
    assert (won.trips_pnl, lost.trips_pnl, won.pnl) == (Decimal("31.17"), -1, 0)


def test_totals_are_the_sums_of_the_days() -> None:
    """Sessions, gains, sides and both sums; `since` is the first."""
    totals = SymbolTotals()
    days = [("2025-01-06", 100, "5", "3"), ("2025-01-07", -40, "-2.50", "0"), ("2025-01-08", 0, "1", "-1")]
    for session, qty, held, traded in days:
        parts = (Decimal(held), Decimal(traded))
        day = SymbolDay(
            "AAPL", Decimal(qty), None, None, Decimal(0), Decimal(0), sum(parts, Decimal(0)), *parts
        )
        totals = totals.after(session, day)
    assert totals[:8] == ("2025-01-06", "2025-01-08", 3, 1, 1, 1, cents(Decimal("3.5")), cents(Decimal(2)))
