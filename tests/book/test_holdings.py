"""Average cost, against tables that were worked out by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest
from book.worked import booked, dollars, entry, fill, found, held, number, shares

from paper_run.book import splits
from paper_run.book.holdings import Book, Entry, Holding, Lot


def _case(name: str, fills: list[tuple[str, str]], *expected: str | None) -> object:
    return pytest.param(fills, *expected, id=name)


@pytest.mark.parametrize(
    ("fills", "qty", "cost", "average", "realized"),
    [
        # 10 x 100 = 1000
        _case("long", [("10", "100")], "10", "1000", "100", "0"),
        # -10 x 100 = -1000; the average of a short is a plain price: -1000 / -10
        _case("short", [("-10", "100")], "-10", "-1000", "100", "0"),
        # 1000 + 10 x 110 = 2100; 2100 / 20 = 105
        _case("add to a long", [("10", "100"), ("10", "110")], "20", "2100", "105", "0"),
        _case("add to a short", [("-10", "100"), ("-10", "110")], "-20", "-2100", "105", "0"),
        # of 2100 for 20, 5 carry 5 / 20 x 2100 = 525 out; 5 x 120 - 525 = 75; 1575 / 15 = 105 still
        _case(
            "close a part of a long",
            [("10", "100"), ("10", "110"), ("-5", "120")],
            *("15", "1575", "105", "75"),
        ),
        # 525 - 5 x 120 = -75: buying back higher than sold loses
        _case(
            "close a part of a short",
            [("-10", "100"), ("-10", "110"), ("5", "120")],
            *("-15", "-1575", "105", "-75"),
        ),
        # 10 x 120 - 1000 = 200
        _case("close a long", [("10", "100"), ("-10", "120")], "0", "0", None, "200"),
        # 1000 - 10 x 120 = -200
        _case("close a short", [("-10", "100"), ("10", "120")], "0", "0", None, "-200"),
        # 10 close: 10 x 120 - 1000 = 200; the other 5 of the sale open at 120: -5 x 120 = -600
        _case("long to short", [("10", "100"), ("-15", "120")], "-5", "-600", "120", "200"),
        # 10 close: 1000 - 10 x 90 = 100; the other 5 open at 90: 450
        _case("short to long", [("-10", "100"), ("15", "90")], "5", "450", "90", "100"),
        # 200 from the first round; then 8 x 50 = 400; 3 carry 150 out: 3 x 45 - 150 = -15
        _case(
            "open again after a close",
            [("10", "100"), ("-10", "120"), ("8", "50"), ("-3", "45")],
            *("5", "250", "50", "185"),
        ),
        # 0.5 x 150.10 + 0.25 x 150.40 = 75.05 + 37.60 = 112.65; 0.3 of 0.75 carry 45.06 out;
        # 0.3 x 151 - 45.06 = 45.30 - 45.06 = 0.24; 67.59 / 0.45 = 150.20
        _case(
            "fractions of shares",
            [("0.5", "150.10"), ("0.25", "150.40"), ("-0.3", "151")],
            *("0.45", "67.59", "150.20", "0.24"),
        ),
        # 4 x 10 + 4 x 0 = 40: a gift of four shares halves the average
        _case("shares for nothing", [("4", "10"), ("4", "0")], "8", "40", "5", "0"),
    ],
)
def test_fills_make_this_holding(
    fills: list[tuple[str, str]], qty: str, cost: str, average: str | None, realized: str
) -> None:
    """Adding moves the average and realizes nothing; closing realizes and leaves the average."""
    holding = held(*(fill(*each) for each in fills))
    assert holding == Holding(Decimal(qty), Decimal(cost), Decimal(realized))
    assert holding.avg_entry_price == number(average)


def test_what_does_not_divide_loses_nothing() -> None:
    """3 shares for 100 dollars, sold one by one at 40: the three thirds are the 100, and the P&L is 20."""
    bought = Entry("fill", "AAPL", Decimal(3), Decimal(100))
    one = held(bought, fill("-1", "40"))
    assert one.avg_entry_price == Decimal("33.33333333333333333333333333")  # 28 digits, as it is shown
    assert abs(Fraction(one.realized) - Fraction(20, 3)) < Fraction(1, 10**59)
    assert held(bought, *[fill("-1", "40")] * 3) == Holding(Decimal(0), Decimal(0), Decimal(20))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_holding_that_does_not_divide_is_closed_without_a_trace(sign: int) -> None:
    """7 shares for 100 dollars, 4 and then 3 sold at 40: nothing is left of the cost, 180 are won."""
    opened = Entry("fill", "AAPL", Decimal(7 * sign), Decimal(100 * sign))
    closed = held(opened, fill(str(-4 * sign), "40"), fill(str(-3 * sign), "40"))
    assert (closed.qty, str(closed.cost)) == (0, "0")
    assert closed.realized == 180 * sign


def test_28_digits_are_kept() -> None:
    """Long quantities and prices are added and closed without losing a digit."""
    qty, bought, sold = (
        "1.234567890123456789012345678",
        "228.1234567890123456789012345",
        "229.9876543210987654321",
    )
    holding = held(fill(qty, bought), fill(f"-{qty}", sold))
    assert Fraction(holding.realized) == Fraction(qty) * (Fraction(sold) - Fraction(bought))
    assert holding.cost == 0


def test_growth_that_gives_money_back_is_booked_as_it_is() -> None:
    """9 at 100, then 10 at 80 in all: one share and -100 dollars make 10 shares that cost 800."""
    assert held(fill("9", "100"), Entry("fill", "AAPL", Decimal(1), Decimal(-100))) == Holding(
        Decimal(10), Decimal(800)
    )


def test_growth_at_an_odd_price_closes_to_the_right_total() -> None:
    """10 at 100 held; 9 sold at 100, then 10 at 120 in all: realized 10 x (120 - 100) = 200."""
    closed = held(fill("10", "100"), fill("-9", "100"), fill("-1", "300"))
    assert closed == Holding(Decimal(0), Decimal(0), Decimal(200))


@pytest.mark.parametrize("opened", ["10", "-10", "0"])
def test_a_correction_of_no_order_goes_to_realized(opened: str) -> None:
    """2 dollars more for a purchase are 2 dollars lost, 2 less 2 won; quantity and cost stay."""
    before = held(*([fill(opened, "100")] if opened != "0" else []))
    assert before.after(dollars("correction", "2")) == before._replace(realized=Decimal(-2))
    assert before.after(dollars("correction", "-2")) == before._replace(realized=Decimal(2))


@pytest.mark.parametrize(
    ("before", "added", "after"),
    [
        # 2:1 of 10 at 100: 10 more shares, 1000 / 20 = 50
        pytest.param(("10", "100"), "10", ("20", "50"), id="2:1"),
        pytest.param(("-10", "100"), "-10", ("-20", "50"), id="2:1 of a short"),
        # 1:10 of 25 at 4: 22.5 fewer, 100 / 2.5 = 40
        pytest.param(("25", "4"), "-22.5", ("2.5", "40"), id="1:10"),
        pytest.param(("10", "100"), "0", ("10", "100"), id="1:1"),
    ],
)
def test_a_split_changes_the_shares_and_not_their_cost(
    before: tuple[str, str], added: str, after: tuple[str, str]
) -> None:
    """No money moves: the average turns by the ratio, and what was realized stays."""
    holding = held(fill(*before))._replace(realized=Decimal(7))
    split = holding.after(shares(added))
    assert split == holding._replace(qty=Decimal(after[0]))
    assert split.avg_entry_price == Decimal(after[1])


@pytest.mark.parametrize(
    ("ratio", "before", "after"),
    [
        ("2:1", "10", "20"),
        ("3:2", "-10", "-15"),
        ("1:8", "10", "1.25"),
        # 10 / 7 has no end: nine decimals, half to even
        ("1:7", "10", "1.428571429"),
        ("1:1", "0.12345678901", "0.12345678901"),
    ],
)
def test_a_split_of_a_ratio_turns_what_is_held_then(ratio: str, before: str, after: str) -> None:
    """It does not matter how many shares it added when it was said; nine decimals of a share are kept."""
    holding = held(fill(before, "100"))._replace(realized=Decimal(7))
    split = Entry("split", "AAPL", Decimal(99), Decimal(0), ratio=splits.ratio(ratio))
    assert holding.after(split) == holding._replace(qty=Decimal(after))


def test_a_holding_from_before_waits_for_its_price() -> None:
    """It realizes nothing, and what it costs here is not known before it has a price."""
    assert held(found("10", "90")) == Holding(Decimal(10), waiting=(Lot("AAPL", Decimal(10), Decimal(900)),))


def test_a_holding_from_before_costs_what_it_was_worth() -> None:
    """10 at 90 that are worth 1000 cost 1000 here."""
    assert held(found("10", "90"), dollars("gain", "100")) == Holding(Decimal(10), Decimal(1000))


@pytest.mark.parametrize("qty", ["10", "-10"])
@pytest.mark.parametrize("traded", ["2", "-4", "-10", "-12"])
@pytest.mark.parametrize("kind", ["fill", "adjustment"])
def test_a_holding_without_a_price_takes_its_cost_from_the_first_trade(
    kind: str, qty: str, traded: str
) -> None:
    """Its price is the first that is known: added to, closed or flipped, P&L starts at zero."""
    trade = entry(kind, traded if qty == "10" else str(-Decimal(traded)), "105")
    assert held(found(qty, "90"), trade) == held(fill(qty, "105"), trade)
    assert booked(found(qty, "90"), trade).cash == booked(fill(qty, "105"), trade).cash


def test_a_trade_of_no_shares_is_no_price() -> None:
    """What a person says of a quantity that is right already moves nothing."""
    waiting = held(found("10", "90"))
    assert waiting.after(Entry("adjustment", "AAPL", Decimal(0), Decimal(0))) == waiting


def test_a_price_that_is_known_is_not_touched_by_a_fill() -> None:
    """Only the first price counts: 10 for 1000, and 5 for 600."""
    assert held(found("10", "90"), dollars("gain", "100"), fill("5", "120")).cost == 1600


def test_a_split_before_the_first_price_leaves_the_cost_open() -> None:
    """10 at 90, split 2:1, first filled at 50: the 20 cost 1000, with the one more 1050."""
    assert held(found("10", "90"), shares("10"), fill("1", "50")).cost == 1050


def test_what_is_no_trade_is_no_price() -> None:
    """A split, a gain and a correction came to no price a share; the cash waits for the first attempt too."""
    for each in (shares("10"), found("10", "90"), Entry("correction", "AAPL", Decimal(2), Decimal(20))):
        assert each.price is None
    assert fill("4", "50").price == entry("adjustment", "-4", "50").price == 50
    split_first = booked(found("10", "90"), shares("10"), fill("1", "50"))
    assert (split_first.cash, split_first.holdings["AAPL"].cost) == (-1050, 1050)


def test_an_adjustment_moves_shares_like_a_fill() -> None:
    """4 shares more at 110, 6 fewer at 120: average cost knows no other way."""
    assert held(fill("10", "100"), entry("adjustment", "4", "110")) == held(
        fill("10", "100"), fill("4", "110")
    )
    assert held(fill("10", "100"), entry("adjustment", "-6", "120")) == held(
        fill("10", "100"), fill("-6", "120")
    )


@pytest.mark.parametrize(
    ("opened", "value", "unrealized"),
    [
        (fill("15", "105"), "1680", "105"),  # 15 x 112 = 1680; 1680 - 1575
        (fill("-15", "105"), "-1680", "-105"),  # -15 x 112 = -1680; -1680 + 1575
        (fill("0", "105"), "0", "0"),
    ],
)
def test_a_holding_is_worth_its_shares_at_a_price(opened: Entry, value: str, unrealized: str) -> None:
    """Market value is shares x price, and unrealized what that is above cost."""
    holding = held(opened)
    assert holding.market_value(Decimal(112)) == Decimal(value)
    assert holding.unrealized(Decimal(112)) == Decimal(unrealized)


def test_a_book_goes_on_from_what_it_holds() -> None:
    """What is not traded again stays."""
    book = booked(fill("1", "10")).after([fill("2", "20", "MSFT")])
    assert {symbol: each.qty for symbol, each in book.holdings.items()} == {"AAPL": 1, "MSFT": 2}
    assert (book.cash, book.traded) == (-50, 50)


def test_a_kind_that_is_not_known_is_refused() -> None:
    """Nothing is booked by guessing."""
    with pytest.raises(ValueError, match=r"^the book has no entries of the kind 'dividend'$"):
        Holding().after(dollars("dividend", "1"))


def test_what_is_found_takes_the_place_of_what_was_found_before() -> None:
    """Another quantity at another worth, or none: cash is as if it had been found so from the start."""
    for now in (found("4", "110"), found("0", "0")):
        later = (now, dollars("gain", "0"), fill("5", "120"))
        both, alone = booked(found("10", "90"), dollars("gain", "100"), *later), booked(*later)
        assert (both.holdings, both.cash) == (alone.holdings, alone.cash)
    assert held(found("10", "90"), found("0", "0")) == Holding()


def test_the_book_adds_up_cash_and_what_was_traded() -> None:
    """Cash knows fills, corrections, adjustments and found holdings; traded the fills alone, unsigned."""
    book = booked(
        found("10", "90", "OLD"),  # cash -900
        dollars("gain", "100", "OLD"),  # cash -1000
        fill("10", "100"),  # cash -2000, traded 1000
        dollars("correction", "2"),  # cash -2002
        fill("-4", "120"),  # cash -2002 + 480 = -1522, traded 1480
        shares("6"),  # no cash
        entry("adjustment", "-1", "60"),  # cash -1462
    )
    assert (book.cash, book.traded) == (-1462, 1480)
    assert sorted(book.holdings) == ["AAPL", "OLD"]


def test_a_book_is_not_changed_by_what_comes_after_it() -> None:
    """A book that was kept stays as it was."""
    before = booked(fill("10", "100"))
    before.after([fill("10", "110"), fill("1", "1", "MSFT")])
    assert before == Book({"AAPL": Holding(Decimal(10), Decimal(1000))}, Decimal(-1000), Decimal(1000))


def test_an_empty_book_holds_nothing() -> None:
    """No entries, no cash, no holdings."""
    assert booked() == Book({}, Decimal(0), Decimal(0))


def test_an_entry_is_of_no_session_and_no_order_until_it_is_said() -> None:
    """What it takes no part in is empty."""
    assert tuple(Entry("fill", "AAPL", Decimal(1), Decimal(2))[4:]) == ("", None, None, False, 0, None)
