"""Dust, giants and nothing at all: to the cent what exact fractions say, whatever does not divide."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from book.worked import booked, fill
from builders.moments import NOON
from hypothesis import given
from hypothesis import strategies as st

from paper_run import money
from paper_run.book.holdings import Book, Entry
from paper_run.book.marks import Mark
from paper_run.book.valuation import adjustment, value

SIZES = [Decimal(each) for each in ("1E-9", "3E-9", "0.000000007", "0.5", "1", "3", "7", "1E+12", "-0", "0")]
PRICES = [Decimal(each) for each in ("1E-9", "7E-9", "0.01", "0.335", "1", "10.335", "3E+3", "1E+12", "0")]
sizes = st.sampled_from(SIZES) | st.integers(1, 12).map(Decimal)
quantities = st.builds(money.product, sizes, st.sampled_from([Decimal(1), Decimal(-1)]))
prices = st.sampled_from(PRICES) | st.integers(1, 40).map(lambda each: Decimal(each).scaleb(-1))
trades = st.tuples(st.sampled_from(["fill", "adjustment"]), quantities, prices)


class Exact(NamedTuple):
    """Average cost in fractions: signed shares, what they cost, what closing realized, and the cash."""

    qty: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    realized: Fraction = Fraction(0)
    cash: Fraction = Fraction(0)

    def traded(self, qty: Fraction, price: Fraction) -> "Exact":
        """Close what is on the other side, at its average; open the rest at the price."""
        closed = min(abs(qty), abs(self.qty)) if qty * self.qty < 0 else Fraction(0)
        released = self.cost * closed / abs(self.qty) if closed else Fraction(0)
        sign = 1 if qty > 0 else -1
        opened = (abs(qty) - closed) * sign * price
        return Exact(
            self.qty + qty,
            self.cost - released + opened,
            self.realized - closed * sign * price - released,
            self.cash - qty * price,
        )


def in_cents(exact: Fraction) -> Decimal:
    """Round to the cent, half to even."""
    return Decimal(round(exact * 100)).scaleb(-2, money.CONTEXT)


@given(st.lists(trades, max_size=12), prices.filter(bool))
def test_every_row_is_to_the_cent_what_fractions_say(
    steps: list[tuple[str, Decimal, Decimal]], price: Decimal
) -> None:
    """A billionth of a share, a trillion of dollars, a gift, no shares: no cent more, none less."""
    book, exact = Book(), Exact()
    for kind, qty, each in steps:
        book = book.after([Entry(kind, "A", qty, money.product(qty, each))])
        exact = exact.traded(Fraction(qty), Fraction(each))
    valued = value(book, {"A": Mark(price, "quote", NOON)}, Decimal(100), None)
    assert Fraction(book.cash) == exact.cash
    assert str(valued.session.unexplained) == "0.00"
    for row in valued.positions:
        worth = exact.qty * Fraction(price)
        assert (Fraction(row.holding.qty), row.realized_pnl) == (exact.qty, in_cents(exact.realized))
        assert row.market_value == in_cents(worth)
        assert row.unrealized_pnl == in_cents(worth - exact.cost)
        assert Fraction(row.holding.cost) - Fraction(row.holding.realized) == -exact.cash
        assert "-0.00" not in {str(row.market_value), str(row.realized_pnl), str(row.unrealized_pnl)}


@given(st.lists(trades, max_size=6), quantities, prices)
def test_a_trade_by_hand_brings_exactly_what_was_said(
    steps: list[tuple[str, Decimal, Decimal]], to: Decimal, price: Decimal
) -> None:
    """Also to nothing, or from it, or by a billionth."""
    book = Book().after(Entry(kind, "A", qty, money.product(qty, each)) for kind, qty, each in steps)
    for held in book.holdings.values():
        shares, dollars = adjustment(held, to, price)
        after = held.after(Entry("adjustment", "A", shares, dollars))
        assert after.qty == to
        assert Fraction(dollars) == (Fraction(to) - Fraction(held.qty)) * Fraction(price)


@pytest.mark.parametrize(
    ("steps", "cost", "price", "gain"),
    [
        (
            "6@10 -1@12 6@11 5@10 -4@12 1@11 -7@12 5@10 7@11 2@11 -2@12 -4@12 1@10 -2@12 8@10",
            *(217, "10.335", "0.04"),
        ),
        ("9@11 -7@12 -2@12 1@10 8@10 3@10 2@11 -4@12 6@11 8@11 3@10 -3@12 -3@12", *(222, "10.585", "0.28")),
    ],
)
def test_half_a_cent_by_way_of_thirds_is_half_a_cent(steps: str, cost: int, price: str, gain: str) -> None:
    """21 shares cost a whole number in the end, by way of what does not divide; they gain 0.035, or 0.285.

    Half a cent goes to the even neighbour, wherever what did not divide was cut.
    """
    book = booked(*(fill(*each.split("@")) for each in steps.split()))
    (held,) = book.holdings.values()
    assert (held.qty, abs(Fraction(held.cost) - cost)) == (21, Fraction(1, 10**60))
    (row,) = value(book, {"AAPL": Mark(Decimal(price), "quote", NOON)}, Decimal(100), None).positions
    assert str(row.unrealized_pnl) == gain
