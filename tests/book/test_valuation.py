"""The book at a moment's prices, against days that were worked out by hand."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from book.worked import at, booked, dollars, entry, fill, found, held, shares

from paper_run.book.bridge import NO_MONEY, Bridge, Opening
from paper_run.book.holdings import Book, Entry, Holding
from paper_run.book.marks import Mark
from paper_run.book.valuation import (
    PositionValue,
    Valuation,
    adjustment,
    closing,
    first_prices,
    open_symbols,
    value,
    with_closing,
)

BASE = Decimal(100_000)
FIRST_DAY = (
    # AAPL: 15 at 105 are left, realized 5 x (120 - 105) = 75
    *(fill("10", "100"), fill("10", "110"), fill("-5", "120")),
    # GOOGL: closed, realized 2 x (165 - 180) = -30
    *(fill("2", "180", "GOOGL"), fill("-2", "165", "GOOGL")),
    # MSFT: 4 short at 50
    fill("-4", "50", "MSFT"),
)
FIRST_CLOSE = at(AAPL="112", MSFT="45")
# AAPL 15 x 112 = 1680, 1680 - 1575 = 105; MSFT -4 x 45 = -180, -180 + 200 = 20
FIRST = value(booked(*FIRST_DAY), FIRST_CLOSE, BASE, None)


def amounts(bridge: Bridge) -> list[str]:
    return [str(each) for each in bridge[:6]]


def row(valuation: Valuation, symbol: str) -> PositionValue:
    return next(each for each in valuation.positions if each.symbol == symbol)


def test_each_row_of_a_first_day() -> None:
    """Long, closed and short, by symbol: worth, realized, unrealized and total."""
    figures = [
        (each.symbol, each.market_value, each.realized_pnl, each.unrealized_pnl, each.total_pnl, each.day_pnl)
        for each in FIRST.positions
    ]
    assert figures == [
        ("AAPL", 1680, 75, 105, 180, 180),
        ("GOOGL", 0, -30, 0, -30, -30),
        ("MSFT", -180, 0, 20, 20, 20),
    ]
    assert [(each.is_known, each.qty, each.avg_entry_price) for each in FIRST.positions] == [
        (True, 15, 105),
        (True, 0, None),
        (True, -4, 50),
    ]
    assert [each.mark for each in FIRST.positions] == [FIRST_CLOSE["AAPL"], None, FIRST_CLOSE["MSFT"]]


def test_the_totals_of_a_first_day() -> None:
    """Short positions count negative in market value and positive in exposure."""
    assert (FIRST.base, FIRST.complete) == (100_000, True)
    assert FIRST.realized_pnl == 75 - 30
    assert FIRST.unrealized_pnl == FIRST.priced_so_far == 105 + 20
    assert FIRST.market_value == 1680 - 180
    assert FIRST.exposure == 1680 + 180
    assert FIRST.total_pnl == FIRST.day_pnl == 45 + 125


def test_the_bridge_of_a_first_day() -> None:
    """100000 + 45 + 125 = 100170, from the capital, and it is since inception too."""
    expected = ["100000.00", "45.00", "125.00", "0.00", "100170.00", "0.00"]
    assert amounts(FIRST.session) == amounts(FIRST.inception) == expected


def test_the_bridge_of_a_second_day() -> None:
    """It starts from the last closing: only what came since is in it, and since inception has all of it."""
    # AAPL: 15 sold at 110, realized 1650 - 1575 = 75 more, no unrealized (was 105).
    # MSFT: still -4 at 50, now at 52: -208 + 200 = -8 (was 20).
    book = booked(*FIRST_DAY, fill("-15", "110"))
    second = value(book, at(MSFT="52"), BASE, closing(FIRST))
    # realized 75; change -8 - 125 = -133; 100170 + 75 - 133 = 100112
    assert amounts(second.session) == ["100170.00", "75.00", "-133.00", "0.00", "100112.00", "0.00"]
    # realized 45 + 75 = 120; unrealized -8; 100000 + 120 - 8 = 100112
    assert amounts(second.inception) == ["100000.00", "120.00", "-8.00", "0.00", "100112.00", "0.00"]
    assert (second.day_pnl, second.total_pnl) == (75 - 133, 120 - 8)
    # AAPL 150 - 180 = -30; GOOGL nothing; MSFT -8 - 20 = -28
    assert [each.day_pnl for each in second.positions] == [-30, 0, -28]


def test_an_opening_is_the_capital_until_more_is_said() -> None:
    """No P&L, no closing symbol by symbol, nothing of an older program, no session."""
    assert tuple(Opening(BASE)) == (BASE, 0, 0, {}, 0, "", NO_MONEY)


def test_what_the_next_session_opens_from() -> None:
    """The closing, the sums that the bridge subtracts, and each symbol's total."""
    assert closing(FIRST) == Opening(
        equity=Decimal(100_170),
        realized=Decimal(45),
        unrealized=Decimal(125),
        totals={"AAPL": Decimal(180), "GOOGL": Decimal(-30), "MSFT": Decimal(20)},
    )


def test_a_total_has_both_its_halves() -> None:
    """Of a row of which one is not known there is none."""
    whole = FIRST.positions[0]
    assert whole._replace(realized_pnl=None).total_pnl is None
    assert whole._replace(unrealized_pnl=None).total_pnl is None


def test_a_symbol_whose_total_was_not_known_has_no_day() -> None:
    """It has a total now, and nothing to subtract from it; one that was not there yet had none."""
    opening = closing(FIRST)._replace(totals={"AAPL": None, "MSFT": Decimal(20)})
    second = value(booked(*FIRST_DAY), FIRST_CLOSE, BASE, opening)
    assert [(each.symbol, each.day_pnl) for each in second.positions] == [
        ("AAPL", None),
        ("GOOGL", -30),
        ("MSFT", 0),
    ]


def test_a_book_without_positions_is_complete() -> None:
    """No position needs a price: equity is the capital."""
    nothing = value(Book(), {}, BASE, None)
    assert nothing.complete
    assert nothing.positions == ()
    assert (nothing.market_value, nothing.exposure, nothing.total_pnl, nothing.day_pnl) == (0, 0, 0, 0)
    assert amounts(nothing.session)[0] == amounts(nothing.session)[4] == "100000.00"


def test_a_capital_is_in_cents() -> None:
    """100.016 is 100.02, in every figure, and explained."""
    nothing = value(Book(), {}, Decimal("100.016"), None)
    assert (str(nothing.base), nothing.total_pnl) == ("100.02", 0)
    for bridge in (nothing.session, nothing.inception):
        assert (str(bridge.opening), str(bridge.closing), str(bridge.unexplained)) == (
            "100.02",
            "100.02",
            "0.00",
        )


def test_a_closed_position_needs_no_price() -> None:
    """All is closed: the totals are there without a price, and one that comes anyway is not used."""
    book = booked(fill("10", "100"), fill("-10", "120"))
    closed = value(book, {}, BASE, None)
    assert closed.complete
    assert closed.total_pnl == 200
    assert value(book, at(AAPL="7", MSFT="8"), BASE, None) == closed
    spoilt = book._replace(holdings={"AAPL": book.holdings["AAPL"]._replace(cost=Decimal(5))})
    assert (
        value(spoilt, at(AAPL="7"), BASE, None)
        == value(spoilt, {}, BASE, None)
        == closed._replace(positions=(closed.positions[0]._replace(holding=spoilt.holdings["AAPL"]),))
    )


def test_without_a_price_no_total_is_invented() -> None:
    """MSFT has none: it and the totals have no figure that needs it; the rest is as it was."""
    second = value(booked(*FIRST_DAY), at(AAPL="113"), BASE, closing(FIRST))
    unpriced = row(second, "MSFT")
    assert (unpriced.mark, unpriced.market_value, unpriced.unrealized_pnl) == (None, None, None)
    assert (unpriced.total_pnl, unpriced.day_pnl, unpriced.realized_pnl) == (None, None, 0)
    assert (second.complete, second.unrealized_pnl, second.total_pnl, second.day_pnl) == (
        False,
        None,
        None,
        None,
    )
    assert (second.market_value, second.exposure) == (None, None)
    # 15 x (113 - 105) = 120
    assert second.priced_so_far == 120
    assert second.session == Bridge(Decimal(100_170), Decimal(0), None, Decimal(0), None, None)
    assert row(second, "AAPL").day_pnl == 15


def test_of_a_symbol_that_is_not_known_nothing_is_stated() -> None:
    """MSFT's quantity is not known: no figure of it, no total, no realized P&L; AAPL's stay."""
    second = value(booked(*FIRST_DAY), at(AAPL="113", MSFT="45"), BASE, closing(FIRST), unknown={"MSFT"})
    lost = row(second, "MSFT")
    assert (lost.is_known, lost.qty, lost.avg_entry_price, lost.mark, lost.market_value) == (
        False,
        *[None] * 4,
    )
    assert (lost.realized_pnl, lost.unrealized_pnl, lost.total_pnl, lost.day_pnl) == (*[None] * 4,)
    assert lost.holding.qty == -4
    assert (second.complete, second.realized_pnl, second.unrealized_pnl, second.total_pnl) == (
        False,
        None,
        None,
        None,
    )
    assert (second.day_pnl, second.market_value, second.exposure) == (None, None, None)
    assert second.session == Bridge(Decimal(100_170), None, None, Decimal(0), None, None)
    assert second.inception == Bridge(Decimal(100_000), None, None, Decimal(0), None, None)
    # 15 x (113 - 105) = 120; realized 75 - 30 is in the record, and stated nowhere
    assert (second.priced_so_far, second.realized_so_far) == (120, 45)
    assert row(second, "AAPL").day_pnl == 15
    with pytest.raises(ValueError, match=r"^a session that is not valued whole has no closing$"):
        closing(second)


def test_a_symbol_that_the_book_has_nothing_of_can_be_unknown() -> None:
    """Its first order was placed and nobody tells what it filled: it is a row without figures."""
    only = value(Book(), {}, BASE, None, unknown=("TSLA",))
    assert [(each.symbol, each.qty, each.realized_pnl) for each in only.positions] == [("TSLA", None, None)]
    assert (only.complete, only.realized_pnl, only.total_pnl) == (False, None, None)
    closed = value(booked(fill("1", "5"), fill("-1", "6")), {}, BASE, None, unknown=("AAPL",))
    assert (closed.complete, closed.realized_pnl, closed.positions[0].qty) == (False, None, None)


def test_an_incomplete_session_has_no_closing() -> None:
    """Nothing can open from it."""
    with pytest.raises(ValueError, match=r"^a session that is not valued whole has no closing$"):
        closing(value(booked(*FIRST_DAY), at(AAPL="113"), BASE, None))


def test_the_session_after_an_incomplete_one_opens_from_the_last_complete_closing() -> None:
    """Its day P&L is that of both days: 15 x (114 - 112) + 4 x (45 - 44) = 34."""
    third = value(booked(*FIRST_DAY), at(AAPL="114", MSFT="44"), BASE, closing(FIRST))
    assert (third.session.opening, third.day_pnl, third.session.closing) == (100_170, 34, 100_204)


def test_each_row_is_rounded_once_and_totals_add_the_rows() -> None:
    """Three times 3.335 up are three rows of 3.34 (half to even): 10.02 in all, not the 10.00 of 10.005."""
    book = booked(*(fill("1", "100", symbol) for symbol in ("A", "B", "C")))
    valuation = value(book, at(A="103.335", B="103.335", C="103.335"), BASE, None)
    assert [str(each.unrealized_pnl) for each in valuation.positions] == ["3.34"] * 3
    assert str(valuation.unrealized_pnl) == "10.02"
    # 100000 + 10.02; the check compares unrounded amounts, so that rounding is no fault.
    assert amounts(valuation.session) == ["100000.00", "0.00", "10.02", "0.00", "100010.02", "0.00"]


def test_every_amount_of_a_row_is_in_cents() -> None:
    """Worth, realized, unrealized and total have two decimals, whatever the digits behind them."""
    book = booked(fill("1", "10.0004"), fill("-0.5", "10.1234"))
    only = value(book, at(AAPL="11.2345"), BASE, None).positions[0]
    # worth 0.5 x 11.2345 = 5.61725; realized 0.5 x 0.1230 = 0.0615; unrealized 0.5 x 1.2341 = 0.61705
    amounts_of_it = (only.market_value, only.realized_pnl, only.unrealized_pnl, only.total_pnl)
    assert [str(each) for each in amounts_of_it] == ["5.62", "0.06", "0.62", "0.68"]


def test_what_does_not_divide_is_explained_to_the_cent() -> None:
    """3 shares for 100 dollars, one sold at 40: 6.67 realized, 13.33 unrealized at 40, 20 in all."""
    book = booked(Entry("fill", "AAPL", Decimal(3), Decimal(100)), fill("-1", "40"))
    valuation = value(book, at(AAPL="40"), BASE, None)
    assert amounts(valuation.session) == ["100000.00", "6.67", "13.33", "0.00", "100020.00", "0.00"]


def test_a_correction_of_no_order_is_realized() -> None:
    """10 bought at 100, corrected to 100.20: 2 dollars lost, and explained."""
    valuation = value(booked(fill("10", "100"), dollars("correction", "2")), at(AAPL="100"), BASE, None)
    assert amounts(valuation.session) == ["100000.00", "-2.00", "0.00", "0.00", "99998.00", "0.00"]


# Holdings from before the first attempt: 10 at 90


def gains_of(book: Book, marks: dict[str, Mark]) -> dict[str, Decimal]:
    return {each.found_as: each.gain for each in first_prices(book, marks)}


def test_a_holding_from_before_that_is_priced_at_once_starts_at_zero() -> None:
    """At 100 it costs 1000 here: equity is the capital exactly, and P&L starts at zero."""
    book = booked(found("10", "90"))
    gains = gains_of(book, at(AAPL="100"))
    assert gains == {"AAPL": 100}
    book = book.after([Entry("gain", "AAPL", Decimal(0), gains["AAPL"])])
    first = value(book, at(AAPL="100"), BASE, None)
    assert amounts(first.session) == ["100000.00", "0.00", "0.00", "0.00", "100000.00", "0.00"]
    assert (first.total_pnl, first.day_pnl, row(first, "AAPL").total_pnl) == (0, 0, 0)
    # At 103, next day: 10 x 3 = 30 of our own.
    second = value(book, at(AAPL="103"), BASE, closing(first))
    assert amounts(second.session) == ["100000.00", "0.00", "30.00", "0.00", "100030.00", "0.00"]
    assert amounts(second.inception) == ["100000.00", "0.00", "30.00", "0.00", "100030.00", "0.00"]
    # Sold at 104: realized 10 x (104 - 100) = 40.
    third = value(book.after([fill("-10", "104")]), {}, BASE, closing(second))
    assert amounts(third.session) == ["100030.00", "40.00", "-30.00", "0.00", "100040.00", "0.00"]
    assert (third.total_pnl, third.day_pnl) == (40, 10)


def test_a_holding_from_before_that_is_priced_later_starts_at_zero_then() -> None:
    """Without a price the first session has no closing; at 95 in the second it costs 950."""
    book = booked(found("10", "90"), fill("5", "20", "MSFT"))
    first = value(book, at(MSFT="21"), BASE, None)
    assert gains_of(book, at(MSFT="21")) == {}
    assert (first.complete, first.priced_so_far) == (False, 5)
    gains = gains_of(book, at(AAPL="95", MSFT="21"))
    assert gains == {"AAPL": 50}
    book = book.after([Entry("gain", "AAPL", Decimal(0), gains["AAPL"])])
    second = value(book, at(AAPL="95", MSFT="21"), BASE, None)
    assert amounts(second.session) == ["100000.00", "0.00", "5.00", "0.00", "100005.00", "0.00"]


@pytest.mark.parametrize("sold", ["-4", "-10", "-12"])
def test_a_holding_from_before_that_a_fill_prices_first_starts_at_zero(sold: str) -> None:
    """Selling at its first price is no P&L of ours: a part, all, or more."""
    book = booked(found("10", "90"), fill(sold, "105"))
    assert gains_of(book, at(AAPL="105")) == {}
    valuation = value(book, at(AAPL="105"), BASE, None)
    assert amounts(valuation.session) == ["100000.00", "0.00", "0.00", "0.00", "100000.00", "0.00"]


def test_an_older_programs_gain_leaves_the_equity_once() -> None:
    """It was in the closing that the session opens from: an adjustment, and no P&L."""
    book = booked(found("10", "90"), dollars("gain", "100"))
    older = Opening(Decimal("100110.00"), Decimal(0), Decimal(10), {"AAPL": Decimal(10)}, gains=Decimal(100))
    valued = value(book, at(AAPL="103"), BASE, older)
    assert amounts(valued.session) == ["100110.00", "0.00", "20.00", "-100.00", "100030.00", "0.00"]
    assert (valued.day_pnl, valued.total_pnl, row(valued, "AAPL").day_pnl) == (20, 30, 20)
    assert value(book, at(AAPL="103"), BASE, closing(valued)).session.adjustments == 0


def test_what_was_taken_over_is_no_money_that_moved() -> None:
    """Of adjustments of -70 with a flow of 30 it is -100; without money it is all of them."""
    moved = booked(dollars("flow", "30"))
    older = Opening(Decimal("100100.00"), gains=Decimal(100))
    bridge = value(moved, {}, BASE, older).session
    assert (bridge.adjustments, bridge.taken_over) == (-70, -100)
    assert value(Book(), {}, BASE, older).session.taken_over == -100


def test_what_a_symbol_closed_at_may_no_longer_be_known() -> None:
    """Then its own day P&L is not stated; that of the book is."""
    valued = value(booked(fill("1", "100")), at(AAPL="103"), BASE, Opening(BASE, totals=None))
    assert (row(valued, "AAPL").total_pnl, row(valued, "AAPL").day_pnl, valued.day_pnl) == (3, None, 3)


def test_each_gain_is_pending_once_and_only_with_a_price() -> None:
    """Only holdings that wait for a price, and only those that have a mark now."""
    book = booked(
        found("10", "90", "A"),
        found("-10", "90", "B"),
        *(found("1", "9", "C"), dollars("gain", "1", "C")),
        found("1", "9", "D"),
        fill("1", "9", "E"),
    )
    # A 10 x (100 - 90); B -10 x (100 - 90)
    assert gains_of(book, at(A="100", B="100", C="10", E="10")) == {"A": 100, "B": -100}


def test_open_symbols_are_those_with_shares() -> None:
    """Closed ones need no price."""
    assert open_symbols(booked(*FIRST_DAY)) == ("AAPL", "MSFT")
    assert open_symbols(booked(fill("1", "5", "MSFT"), fill("1", "5", "AAPL"))) == ("AAPL", "MSFT")
    assert open_symbols(Book()) == ()


# Adjustments and splits


@pytest.mark.parametrize(
    ("before", "to", "booked_shares", "booked_dollars"),
    [
        ("10", "12", "2", "224"),  # 2 x 112
        ("10", "4", "-6", "-672"),
        ("10", "0", "-10", "-1120"),
        ("10", "-3", "-13", "-1456"),
        ("-10", "-12", "-2", "-224"),
        ("0", "5", "5", "560"),
    ],
)
def test_an_adjustment_at_the_mark_is_no_profit(
    before: str, to: str, booked_shares: str, booked_dollars: str
) -> None:
    """The shares come and go at what they are worth: total P&L is what it was, and all is explained."""
    old = held(fill(before, "100"))
    assert adjustment(old, Decimal(to), Decimal(112)) == (Decimal(booked_shares), Decimal(booked_dollars))
    book = booked(fill(before, "100"))
    adjusted = book.after([Entry("adjustment", "AAPL", Decimal(booked_shares), Decimal(booked_dollars))])
    was, now = (value(each, at(AAPL="112"), BASE, None) for each in (book, adjusted))
    assert now.positions[0].holding.qty == Decimal(to)
    assert (now.total_pnl, now.session.closing, now.session.unexplained) == (
        was.total_pnl,
        was.session.closing,
        0,
    )
    assert adjusted.traded == book.traded


@pytest.mark.parametrize(
    ("added", "price"), [("10", "56"), ("-9", "1120"), ("0", "112")], ids=["2:1", "1:10", "1:1"]
)
def test_a_split_at_its_price_is_no_profit(added: str, price: str) -> None:
    """Twice the shares at half the price are worth the same."""
    was = value(booked(fill("10", "100")), at(AAPL="112"), BASE, None)
    now = value(booked(fill("10", "100"), shares(added)), at(AAPL=price), BASE, None)
    assert (now.session, now.inception, now.market_value) == (was.session, was.inception, was.market_value)


# The independent check


@dataclass(frozen=True)
class Broken:
    """A book that was broken on purpose, and what of its equity nothing explains."""

    book: Book
    unexplained: str


def _with(holding: Holding) -> Book:
    whole = booked(*FIRST_DAY)
    return whole._replace(holdings={**whole.holdings, "AAPL": holding})


_AAPL = booked(*FIRST_DAY).holdings["AAPL"]


@pytest.mark.parametrize(
    "broken",
    [
        # 10 dollars more of cost are 10 less of unrealized, which the cash does not know of
        pytest.param(Broken(_with(_AAPL._replace(cost=Decimal(1585))), "10.00"), id="a cost"),
        pytest.param(Broken(_with(_AAPL._replace(realized=Decimal(82))), "-7.00"), id="a realized P&L"),
        pytest.param(Broken(_with(_AAPL._replace(realized=Decimal("75.01"))), "-0.01"), id="a cent"),
        # the purchase of 1000 is not in the cash
        pytest.param(
            Broken(booked(*FIRST_DAY)._replace(cash=booked(*FIRST_DAY[1:]).cash), "1000.00"), id="cash"
        ),
        # a holding is lost: its 1680 are worth nothing, its 180 of P&L are gone
        pytest.param(
            Broken(
                booked(*FIRST_DAY)._replace(
                    holdings={k: v for k, v in booked(*FIRST_DAY).holdings.items() if k != "AAPL"}
                ),
                "-1500.00",
            ),
            id="a holding",
        ),
    ],
)
def test_a_broken_book_is_not_explained(broken: Broken) -> None:
    """The cash of the entries contradicts the holdings, to the cent; the whole book is explained."""
    assert str(FIRST.session.unexplained) == "0.00"
    valuation = value(broken.book, FIRST_CLOSE, BASE, None)
    assert str(valuation.session.unexplained) == str(valuation.inception.unexplained) == broken.unexplained


def test_what_is_explained_has_no_minus() -> None:
    """A trace below the cent of either sign is 0.00."""
    for trace in ("0.004", "-0.004"):
        book = _with(_AAPL._replace(realized=75 + Decimal(trace)))
        assert str(value(book, FIRST_CLOSE, BASE, None).session.unexplained) == "0.00"


def test_an_adjustment_entry_moves_cash() -> None:
    """A kind that moves shares moves what they are worth."""
    assert booked(entry("adjustment", "3", "10")).cash == -30


# Money that is not trading

MONEY = (
    dollars("income", "7.50"),
    dollars("income", "-0.30", "account"),
    dollars("flow", "1000", "account"),
    dollars("flow", "-400", "account"),
    # 2 shares came in at 112, and 1 left at 112: 112 of flows, and 7 of realized P&L
    entry("flow", "2", "112"),
    entry("flow", "-1", "112"),
    dollars("other", "3.25", "account"),
    # half a share was paid out at 112
    entry("cash_in_lieu", "-0.5", "112"),
)


def test_income_is_profit_and_a_flow_is_none() -> None:
    """Cash 98,750 + 7.50 - 0.30 + 600 + 3.25 + 56 = 99,416.45; with 15.5 x 112 - 180: 100,972.45."""
    now = value(booked(*FIRST_DAY, *MONEY), FIRST_CLOSE, BASE, None)
    money = now.session.money
    assert money is not None
    assert [str(each) for each in money] == ["7.20", "712.00", "3.25", "1227.25"]
    assert str(money.outside) == "715.25"
    assert (now.session.adjustments, now.total_pnl) == (Decimal("715.25"), Decimal("177.20"))
    assert (now.session.closing, now.session.unexplained) == (Decimal("100892.45"), 0)
    trading = now.session.trading
    assert trading is not None
    assert now.session.realized == trading + Decimal("7.20")
    assert (row(now, "account").total_pnl, row(now, "account").qty) == (Decimal("-0.30"), 0)


def test_the_next_session_states_what_came_in_it() -> None:
    """What moved before is in its opening."""
    book = booked(*FIRST_DAY, *MONEY)
    kept = closing(value(book, FIRST_CLOSE, BASE, None))
    later = book.after([dollars("income", "1.00"), dollars("flow", "-50", "account")])
    now = value(later, FIRST_CLOSE, BASE, kept)
    assert [str(each) for each in now.session.money or ()] == ["1.00", "-50.00", "0.00", "0.00"]
    assert (now.day_pnl, now.session.adjustments, now.session.trading) == (1, -50, 0)
    assert [str(each) for each in now.inception.money or ()] == ["8.20", "662.00", "3.25", "1227.25"]


def test_a_kept_closing_keeps_its_money() -> None:
    """What came in since belongs to the next session, and is part of the adjustments alone."""
    book = booked(*FIRST_DAY, *MONEY)
    kept = closing(value(book, FIRST_CLOSE, BASE, None))
    later = book.after([dollars("flow", "-50", "account")])
    shown = with_closing(value(later, FIRST_CLOSE, BASE, kept), None, kept)
    assert [str(each) for each in shown.session.money or ()] == ["7.20", "712.00", "3.25", "1227.25"]
    assert (shown.session.adjustments, shown.day_pnl) == (Decimal("665.25"), Decimal("177.20"))


def test_a_book_without_such_money_says_nothing_of_it() -> None:
    """All that was realized is trading."""
    assert (FIRST.session.money, FIRST.session.trading) == (None, 45)


# A closing that is kept


def test_a_kept_closing_leaves_its_day_its_gain() -> None:
    """What the book is worth more by now is an adjustment of that day, and no gain of a symbol."""
    kept = closing(FIRST)
    now = value(booked(*FIRST_DAY), at(AAPL="114", MSFT="45"), BASE, kept)
    shown = with_closing(now, None, kept)
    assert amounts(shown.session) == ["100000.00", "45.00", "125.00", "30.00", "100200.00", "0.00"]
    assert [each.day_pnl for each in shown.positions] == [180, -30, 20]
    assert shown.day_pnl == 170


def test_a_kept_closing_beside_a_price_that_is_gone() -> None:
    """Equity is not known now; the day opened where it did, and what has no total now has no gain."""
    kept = closing(FIRST)
    shown = with_closing(value(booked(*FIRST_DAY), at(AAPL="112"), BASE, kept), None, kept)
    assert (shown.session.opening, shown.session.closing, shown.day_pnl) == (BASE, None, None)
    assert [each.day_pnl for each in shown.positions] == [180, -30, None]
    assert (shown.session.realized, shown.session.unrealized_change) == (45, None)


def test_a_kept_closing_beside_a_price_that_is_gone_has_all_money_since_the_opening() -> None:
    """What came in until the closing, and what since: all of it is in the lines of the day's bridge."""
    book = booked(*FIRST_DAY, *MONEY)
    kept = closing(value(book, FIRST_CLOSE, BASE, None))
    later = book.after([dollars("flow", "-50", "account"), dollars("income", "2.00")])
    shown = with_closing(value(later, at(AAPL="112"), BASE, kept), None, kept).session
    assert [str(each) for each in shown.money or ()] == ["9.20", "662.00", "3.25", "1227.25"]
    assert (shown.adjustments, shown.realized) == (Decimal("665.25"), kept.realized + 2)
    assert (shown.opening, shown.closing) == (BASE, None)


@pytest.mark.parametrize("part", ["opening", "kept"])
def test_a_closing_of_an_older_record_has_no_gain_by_symbol(part: str) -> None:
    """It does not say what each symbol had won by then."""
    kept, opening = closing(FIRST), Opening(BASE)
    changed = (
        (opening, kept._replace(totals=None)) if part == "kept" else (opening._replace(totals=None), kept)
    )
    shown = with_closing(value(booked(*FIRST_DAY), FIRST_CLOSE, BASE, kept), *changed)
    assert {each.day_pnl for each in shown.positions} == {None}
    assert shown.day_pnl == 170
