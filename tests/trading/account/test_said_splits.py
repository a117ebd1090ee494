"""Real splits and real crashes in a real ledger: no P&L that there was not, whenever a split is said."""

from decimal import Decimal
from pathlib import Path

import pytest
from trading.valued_account import Account, row

from paper_run.book import splits
from paper_run.errors import DataError
from paper_run.model.book_figures import BookFigures

SPLITS = [
    # symbol, ex-date, ratio, close before and on it, as they were traded (some rounded)
    ("AAPL", "2005-02-28", "2:1", "88.99", "44.86"),
    ("AAPL", "2014-06-09", "7:1", "645.57", "93.70"),
    ("AAPL", "2020-08-31", "4:1", "499.23", "129.04"),
    ("AIG", "2009-07-01", "1:20", "1.16", "22.40"),
    ("AMC", "2023-08-24", "1:10", "1.98", "14.40"),
    ("AMZN", "2022-06-06", "20:1", "2447.00", "124.79"),
    ("AVGO", "2024-07-15", "10:1", "1700.67", "171.90"),
    ("BRK.B", "2010-01-21", "50:1", "3476.00", "72.72"),
    ("C", "2011-05-09", "1:10", "4.52", "44.16"),
    ("CMG", "2024-06-26", "50:1", "3283.04", "65.66"),
    ("CSX", "2021-06-29", "3:1", "96.50", "32.10"),
    ("DECK", "2024-09-17", "6:1", "939.60", "155.50"),
    ("DXCM", "2022-06-13", "4:1", "296.00", "69.80"),
    ("FTNT", "2022-06-23", "5:1", "278.40", "56.00"),
    ("GE", "2021-08-02", "1:8", "12.95", "102.60"),
    ("GOOG", "2022-07-18", "20:1", "2255.34", "109.91"),
    ("GOOGL", "2022-07-18", "20:1", "2235.55", "109.03"),
    ("ISRG", "2021-10-05", "3:1", "970.00", "325.00"),
    ("LCID", "2025-09-02", "1:10", "1.98", "17.70"),
    ("LRCX", "2024-10-03", "10:1", "792.00", "79.70"),
    ("MA", "2014-01-22", "10:1", "818.00", "81.50"),
    ("NDAQ", "2022-08-29", "3:1", "182.90", "60.10"),
    ("NEE", "2020-10-27", "4:1", "299.00", "75.60"),
    ("NFLX", "2015-07-15", "7:1", "702.60", "98.13"),
    ("NFLX", "2025-11-17", "10:1", "1112.17", "110.29"),
    ("NKE", "2015-12-24", "2:1", "128.50", "63.30"),
    ("NVDA", "2021-07-20", "4:1", "751.19", "186.12"),
    ("NVDA", "2024-06-10", "10:1", "1208.88", "121.79"),
    ("ODFL", "2020-03-25", "3:2", "191.00", "131.00"),
    ("ORLY", "2025-06-10", "15:1", "1360.00", "90.50"),
    ("PANW", "2022-09-14", "3:1", "547.00", "183.70"),
    ("PANW", "2024-12-16", "2:1", "402.00", "201.30"),
    ("SHOP", "2022-06-29", "10:1", "337.00", "32.00"),
    ("SHW", "2021-04-01", "3:1", "738.03", "247.00"),
    ("SMCI", "2024-10-01", "10:1", "416.40", "40.30"),
    ("TSLA", "2020-08-31", "5:1", "2213.40", "498.32"),
    ("TSLA", "2022-08-25", "3:1", "891.29", "296.07"),
    ("TTD", "2021-06-17", "10:1", "600.00", "63.50"),
    ("V", "2015-03-19", "4:1", "267.60", "66.80"),
    ("WMT", "2024-02-26", "3:1", "175.56", "59.60"),
    ("WRB", "2024-07-11", "3:2", "78.00", "52.50"),
]
SMALL = [
    # Within a usual night: the price alone says nothing
    ("CPRT", "5:4", "100.00", "80.90"),
    ("WRB", "4:3", "100.00", "75.40"),
    ("TR", "103:100", "31.50", "30.70"),
]
CRASHES = [
    # closes of two days in a row, without a split
    ("FRC", "2023-03-13", "81.76", "31.21"),
    ("GME", "2021-01-27", "147.98", "347.51"),
    ("NFLX", "2022-04-20", "348.61", "226.19"),
    ("PTON", "2021-11-05", "86.06", "55.64"),
    ("SIVB", "2023-03-09", "267.83", "106.04"),
    ("SNAP", "2022-05-24", "22.47", "12.79"),
    ("TDOC", "2022-04-28", "55.99", "33.51"),
    ("UPST", "2022-05-10", "77.13", "33.61"),
]
BAD_NIGHTS = [
    # beyond nothing: a price like any other
    ("BIIB", "2021-06-07", "286.14", "395.85"),
    ("INTC", "2024-08-02", "29.05", "21.48"),
    ("META", "2022-02-03", "323.00", "237.76"),
    ("META", "2023-02-02", "153.12", "188.77"),
]
HELD = Decimal(100)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def nulls(figures: BookFigures, symbol: str, *, traded: bool) -> None:
    """Prove that nothing is stated that would need to know whether it split."""
    each, valued = row(figures, symbol), figures.valuation
    assert (each.market_value, each.unrealized_pnl, each.total_pnl, each.day_pnl) == (None,) * 4
    assert (valued.complete, valued.total_pnl, valued.day_pnl, valued.session.closing) == (
        False,
        None,
        None,
        None,
    )
    assert (each.realized_pnl is None, valued.realized_pnl is None) == (traded, traded)


def named(number: int, symbol: str) -> str:
    """Return what a split's share is called here: some companies split more than once."""
    return f"{symbol}.{chr(ord('A') + number % 26)}{'X' if number >= 26 else ''}"


@pytest.mark.parametrize("later", [0, 3], ids=["the same day", "three sessions later"])
@pytest.mark.parametrize("knows", [False, True], ids=["old quantity", "new quantity"])
@pytest.mark.parametrize("moved", [0, 7, -2], ids=["not traded", "bought", "sold"])
@pytest.mark.parametrize("part", range(4))
def test_real_splits(account: Account, part: int, moved: int, knows: bool, later: int) -> None:
    """100 shares on the day before: not believed until it is said, and then worth what they were worth."""
    held = [(named(at, split[0]), *split[2:]) for at, split in enumerate(SPLITS[part::4])]
    account.trade(*((symbol, "100", before) for symbol, _, before, _ in held))
    account.next_session()
    for symbol, ratio, _, after in held:
        account.holds(symbol, splits.ratio(ratio).applied(HELD) if knows else HELD, after)
    traded = ((symbol, str(moved), after) for symbol, _, _, after in held)
    found = account.trade(*traded) if moved else account.mark()
    for symbol, *_ in held:
        nulls(found, symbol, traded=bool(moved))
    account.next_session(days=later)
    total = Decimal(0)
    assert not account.mark().valuation.complete
    for symbol, ratio, before, after in held:
        became = splits.ratio(ratio).applied(HELD)
        worth = Decimal(after) * became - HELD * Decimal(before)
        each = row(resolved := account.split(symbol, ratio), symbol)
        assert resolved.valuation.complete is (symbol == held[-1][0])
        assert (each.qty, abs(each.total_pnl - worth) <= Decimal("0.01")) == (became + moved, True)
        realized = 2 * (Decimal(after) - HELD * Decimal(before) / became) if moved < 0 else Decimal(0)
        assert abs(each.realized_pnl - realized) <= Decimal("0.01")
        total += each.total_pnl
    assert (resolved.valuation.total_pnl, resolved.valuation.session.unexplained) == (total, 0)
    # It is known from here on: the next night is compared with this one.
    account.next_session()
    assert account.mark().valuation.day_pnl == 0


@pytest.mark.parametrize(("symbol", "day", "before", "after"), CRASHES)
@pytest.mark.parametrize("traded", [False, True])
def test_a_real_crash_is_said_to_be_none(
    account: Account, symbol: str, day: str, before: str, after: str, traded: bool
) -> None:
    """Nothing is stated until somebody says 1:1; then the loss, or the gain, is what it was."""
    assert day
    account.trade((symbol, "100", before))
    account.next_session()
    account.prices[symbol] = Decimal(after)
    found = account.trade((symbol, "-10", after)) if traded else account.mark()
    nulls(found, symbol, traded=traded)
    resolved = account.split(symbol, "1:1")
    assert resolved.valuation.day_pnl == HELD * (Decimal(after) - Decimal(before))
    account.next_session()
    assert account.mark().valuation.day_pnl == 0


@pytest.mark.parametrize(("symbol", "day", "before", "after"), BAD_NIGHTS)
def test_a_bad_night_is_a_price_like_any_other(
    account: Account, symbol: str, day: str, before: str, after: str
) -> None:
    """Up to -30 % and +40 %."""
    assert day
    account.trade((symbol, "100", before))
    account.next_session()
    account.prices[symbol] = Decimal(after)
    assert account.mark().valuation.day_pnl == HELD * (Decimal(after) - Decimal(before))


@pytest.mark.parametrize(("symbol", "ratio", "before", "after"), SMALL)
def test_a_small_split_that_went_unnoticed_is_booked_late(
    account: Account, symbol: str, ratio: str, before: str, after: str
) -> None:
    """Its sessions lose their closings, and the present one opens from the last right one."""
    account.trade((symbol, "100", before))
    account.next_session()
    ex_date = account.session
    account.prices[symbol] = Decimal(after)
    wrong = [account.mark().valuation.total_pnl]
    account.next_session()
    wrong.append(account.mark().valuation.total_pnl)
    assert wrong == [HELD * (Decimal(after) - Decimal(before))] * 2
    account.next_session()
    resolved = account.split(symbol, ratio, ex_date)
    became = splits.ratio(ratio).applied(HELD)
    worth = became * Decimal(after) - HELD * Decimal(before)
    assert resolved.valuation.day_pnl == resolved.valuation.total_pnl == worth.quantize(Decimal("0.01"))
    assert resolved.valuation.session.opening == 100000
    lines = account.ledger.sessions.lines()
    assert [line.complete for line in lines] == [True, False, False, True]
    assert resolved.statistics["total_return"].n == 2
    assert resolved.statistics["win_rate"].n == 1  # of a gap of two sessions it is no day's


@pytest.mark.parametrize(("symbol", "ratio", "before", "after"), SMALL[:2])
@pytest.mark.parametrize("traded", [False, True])
def test_a_small_split_is_noticed_by_the_gateways_quantity(
    account: Account, symbol: str, ratio: str, before: str, after: str, traded: bool
) -> None:
    """With an attempt that day too: what was traded is not what the quantities are apart by."""
    account.trade((symbol, "100", before))
    account.next_session()
    account.holds(symbol, splits.ratio(ratio).applied(HELD), after)
    found = account.trade((symbol, "3", after)) if traded else account.mark()
    nulls(found, symbol, traded=traded)
    assert f"a possible split {ratio}: the gateway has" in found.unpriced[symbol]
    resolved = account.split(symbol, ratio)
    assert row(resolved, symbol).qty == account.held[symbol]


def test_a_gateway_that_counts_a_fill_twice_has_not_split(account: Account) -> None:
    """20 instead of 11 on the day of a purchase, at last night's price: only a difference."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.trade(("AAPL", "10", "101"))
    account.holds("AAPL", "30", "101")
    assert account.mark().valuation.day_pnl == 10


def test_a_gateway_that_was_apart_before_has_not_split(account: Account) -> None:
    """It had 20 for our 10 all along."""
    account.trade(("AAPL", "10", "100"))
    account.holds("AAPL", "20")
    account.mark()
    account.next_session()
    assert account.mark().valuation.complete


def test_a_gateway_that_lists_nothing_has_not_split(account: Account) -> None:
    """None is no ratio of any quantity, and what can't be read neither."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.held["AAPL"] = Decimal(0)
    assert account.mark().unpriced == {"AAPL": "the gateway does not list it, so it gives no price"}
    account.unreadable = True
    assert account.mark().unpriced == {"AAPL": "the gateway's positions could not be read"}


def test_all_sold_on_the_day_of_a_split(account: Account) -> None:
    """100 of the 400 that there are: nothing realized is stated, and afterwards 300 are left."""
    account.trade(("AAPL", "100", "499.23"))
    account.next_session()
    account.holds("AAPL", "400", "129.04")
    sold = account.trade(("AAPL", "-100", "129.04"))
    assert row(sold, "AAPL").realized_pnl is None
    account.next_session()
    assert not account.mark().valuation.complete
    resolved = account.split("AAPL", "4:1")
    assert row(resolved, "AAPL").qty == 300
    assert resolved.valuation.total_pnl == Decimal("400") * Decimal("129.04") - Decimal("49923")


def test_all_sold_in_a_crash(account: Account) -> None:
    """1:1 is never refused, though nothing is held any more."""
    account.trade(("SNAP", "100", "22.47"))
    account.next_session()
    account.holds("SNAP", "100", "12.79")
    assert account.trade(("SNAP", "-100", "12.79")).valuation.realized_pnl is None
    account.held["SNAP"] = Decimal(0)
    assert account.split("SNAP", "1:1").valuation.realized_pnl == Decimal("-968.00")


def test_a_price_of_before_the_split_is_not_multiplied(account: Account) -> None:
    """Said in the morning: while the gateway shows last night's price, the new shares have none."""
    account.trade(("AAPL", "100", "499.23"))
    account.next_session()
    account.holds("AAPL", "400")
    early = account.split("AAPL", "4:1")
    assert (row(early, "AAPL").qty, early.valuation.complete) == (400, False)
    assert "its price is nearer to the one of before its split" in early.unpriced["AAPL"]
    account.prices["AAPL"] = Decimal("129.04")
    assert account.mark().valuation.complete


def test_a_wrong_ratio_leaves_it_suspected(account: Account) -> None:
    """2:1 of what was 4:1: a price speaks for it more than for none, and it still is no price."""
    account.trade(("AAPL", "100", "499.23"))
    account.next_session()
    account.prices["AAPL"] = Decimal("129.04")
    account.mark()
    assert not account.split("AAPL", "2:1").valuation.complete
    assert account.split("AAPL", "2:1").valuation.complete
    assert row(account.mark(), "AAPL").qty == 400


def test_a_split_that_nothing_speaks_for_is_refused(account: Account) -> None:
    """No price, and the gateway at its old quantity; or at a price and quantity that fit none."""
    account.trade(("AAPL", "100", "100"), ("MSFT", "1", "100"))
    account.next_session()
    account.prices["AAPL"] = None
    for price in (None, Decimal(99)):
        account.prices["AAPL"] = price
        with pytest.raises(DataError, match="nothing speaks for a split of AAPL") as refused:
            account.split("AAPL", "20:1")
    assert (
        "Its price was 100 and is 99; that does not fit a split of 20:1, after" in refused.value.explanation
    )
    with pytest.raises(DataError, match="the book holds no TSLA"):
        account.split("TSLA", "1:1")
    account.trade(("MSFT", "-1", "100"))
    account.next_session()
    with pytest.raises(DataError, match="the book holds no MSFT"):
        account.split("MSFT", "2:1")
    assert len(account.ledger.books.entries_after(account.ledger.books.period())[0]) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("quantity", ["2000", "2000.0"])
def test_a_quantity_alone_speaks_for_a_split(account: Account, quantity: str) -> None:
    """Without any price."""
    account.trade(("AAPL", "100", "100"))
    account.next_session()
    account.prices["AAPL"] = None
    account.holds("AAPL", quantity)
    assert row(account.split("AAPL", "20:1"), "AAPL").qty == 2000


def test_a_fraction_that_was_paid_out_speaks_for_a_reverse_split(account: Account) -> None:
    """105 at 1:8 are 13.125: the gateway has 13."""
    account.trade(("GE", "105", "12.95"))
    account.next_session()
    account.prices["GE"] = None
    account.holds("GE", "13")
    assert row(account.split("GE", "1:8"), "GE").qty == Decimal("13.125")


def test_a_trade_alone_speaks_for_a_split(account: Account) -> None:
    """The gateway gives no price; what it was sold at does."""
    account.trade(("AAPL", "100", "499.23"))
    account.next_session()
    account.prices["AAPL"] = None
    account.trade(("AAPL", "-10", "129.04"))
    account.held["AAPL"] = Decimal(90)
    assert row(account.split("AAPL", "4:1"), "AAPL").qty == 390


def test_an_ex_date_is_one_of_the_books(account: Account) -> None:
    """Not before it began, not in the future."""
    account.trade(("AAPL", "100", "499.23"))
    for days in (-1, 1):
        ex_date = account.session.fromordinal(account.session.toordinal() + days)
        with pytest.raises(DataError, match="is not in the book"):
            account.split("AAPL", "4:1", ex_date)


def test_a_split_of_no_book_is_refused(tmp_path: Path) -> None:
    """Nothing was traded."""
    account = Account(tmp_path)
    with pytest.raises(DataError, match="the book holds no AAPL"):
        account.split("AAPL", "4:1")


def test_a_market_that_never_closes_has_no_splits(tmp_path: Path) -> None:
    """A coin that halves is a coin that halved."""
    account = Account(tmp_path, exchange="24/7")
    account.trade(("BTC/USD", "1", "100"))
    account.next_session()
    account.prices["BTC/USD"] = Decimal(40)
    assert account.mark().valuation.day_pnl == -60


def test_a_source_that_knows_of_a_split_hours_late(account: Account) -> None:
    """Bought and valued in the morning at last night's price, which is divided by three at noon."""
    account.trade(("AAPL", "10", "300"))
    account.prices["AAPL"] = Decimal("101")
    assert account.mark().unpriced["AAPL"].startswith("a possible split 3:1: its price went from 300 to 101")
    assert not account.mark().valuation.complete
    assert account.split("AAPL", "1:1").valuation.day_pnl == -1990
    # A move that is no split's is a move, however large.
    account.prices["AAPL"] = Decimal("60")
    assert account.mark().valuation.day_pnl == -2400


def test_a_split_suspected_on_the_day_of_the_purchase(account: Account) -> None:
    """Nothing was held at that day's beginning, so it is of the day on which it is said."""
    account.trade(("AAPL", "10", "300"))
    account.prices["AAPL"] = Decimal("100")
    assert not account.mark().valuation.complete
    with pytest.raises(DataError, match="the book holds no AAPL"):
        account.split("AAPL", "3:1")
    account.next_session()
    assert not account.mark().valuation.complete
    resolved = account.split("AAPL", "3:1")
    assert (row(resolved, "AAPL").qty, resolved.valuation.total_pnl) == (30, 0)


def test_that_there_was_none_is_remembered_all_day(account: Account) -> None:
    """1:1 of a suspicion of the day before, and a second look on the same day."""
    account.trade(("AAPL", "10", "300"))
    account.prices["AAPL"] = Decimal("100")
    account.mark()
    account.next_session()
    account.mark()
    for figures in (account.split("AAPL", "1:1"), account.mark(), account.mark()):
        assert figures.valuation.total_pnl == -2000


def test_a_split_of_long_ago_finds_what_it_was_worth(account: Account) -> None:
    """Forty sessions later the states of the day before are gone: what it had cost speaks for the split."""
    account.trade(("AAPL", "100", "100"))
    account.next_session()
    ex_date = account.session
    account.prices["AAPL"] = Decimal("80.90")
    for _ in range(40):
        account.mark()
        account.next_session()
    resolved = account.split("AAPL", "5:4", ex_date)
    assert resolved.valuation.day_pnl == Decimal("112.50")
    # What each symbol had closed at is no longer known.
    assert row(resolved, "AAPL").day_pnl is None
