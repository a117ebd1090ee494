"""Which price a position is valued at, to the second and to the last digit of every limit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from book.worked import number
from builders.moments import NOON

from paper_run.book.marks import FRESH, Mark, Market, arrival, choose, is_of, is_us_equity, usable

TRADED_AT = NOON - timedelta(minutes=30)
TRADE = Mark(Decimal("99.5"), "trade", TRADED_AT)
SECOND = timedelta(microseconds=1)


def market(bid: str | None = "99", ask: str | None = "101", age: timedelta = timedelta(0)) -> Market:
    """Return a market whose quote is this old at noon; its last trade was at 99.50."""
    return Market(number(bid), number(ask), NOON - age, TRADE.price, TRADED_AT)


def chosen(asked: Market, *, is_open: bool = True) -> Mark | None:
    return choose(asked, NOON, lambda _moment: is_open)


def test_the_middle_of_a_quote_is_the_mark() -> None:
    """99 to 101 is 100, at the quote's own time."""
    assert chosen(market(age=timedelta(minutes=1))) == Mark(
        Decimal(100), "quote", NOON - timedelta(minutes=1)
    )


def test_the_middle_keeps_every_digit() -> None:
    """Half of an odd last digit is one digit more."""
    mark = chosen(market("100.123456789012345678901234567", "100.123456789012345678901234568"))
    assert mark is not None
    assert mark.price == Decimal("100.1234567890123456789012345675")


def test_a_locked_quote_is_a_price() -> None:
    """Bid and ask at the same price are that price."""
    assert chosen(market("100", "100")) == Mark(Decimal(100), "quote", NOON)


@pytest.mark.parametrize(
    ("age", "source"),
    [
        (timedelta(0), "quote"),
        (FRESH, "quote"),
        (FRESH + SECOND, "trade"),
        # Clocks may be a minute apart; a quote from further in the future is from no clock to believe.
        (-timedelta(minutes=1), "quote"),
        (-timedelta(minutes=1) - SECOND, "trade"),
    ],
)
def test_a_quote_counts_for_five_minutes(age: timedelta, source: str) -> None:
    """Exactly five minutes are fresh, a microsecond more is not."""
    mark = chosen(market(age=age))
    assert mark is not None
    assert mark.source == source
    assert timedelta(minutes=5) == FRESH


def test_a_quote_of_a_closed_market_does_not_count() -> None:
    """The last trade is used instead."""
    assert chosen(market(), is_open=False) == TRADE


def test_it_is_the_quotes_time_that_must_lie_in_the_session() -> None:
    """After the close a quote of its last minutes still counts, while it is fresh."""
    asked: list[datetime] = []

    def is_open(moment: datetime) -> bool:
        asked.append(moment)
        return True

    quoted = market(age=timedelta(minutes=3))
    assert choose(quoted, NOON, is_open) == Mark(Decimal(100), "quote", NOON - timedelta(minutes=3))
    assert asked == [NOON - timedelta(minutes=3)]


@pytest.mark.parametrize(
    ("bid", "ask"),
    [
        pytest.param("101", "99", id="crossed"),
        pytest.param(None, "101", id="no bid"),
        pytest.param("99", None, id="no ask"),
        pytest.param("0", "101", id="zero bid"),
        pytest.param("99", "0", id="zero ask"),
        pytest.param("-99", "101", id="negative bid"),
        pytest.param("99", "-101", id="negative ask"),
        pytest.param("NaN", "101", id="NaN bid"),
        pytest.param("99", "NaN", id="NaN ask"),
        pytest.param("sNaN", "sNaN", id="signalling NaN"),
        pytest.param("99", "Infinity", id="infinite ask"),
        pytest.param("0", "0", id="both zero"),
    ],
)
def test_a_quote_that_is_none_leaves_the_last_trade(bid: str | None, ask: str | None) -> None:
    """Crossed, one-sided, zero, negative and NaN are no quote."""
    assert chosen(market(bid, ask)) == TRADE


@pytest.mark.parametrize(
    ("bid", "ask", "source"),
    [
        # middle 100, spread 2: exactly 2 %
        ("99", "101", "quote"),
        # middle 100, spread 2 + 2E-27: more than 2 %
        ("98.999999999999999999999999999", "101.000000000000000000000000001", "trade"),
        # middle 100.0005, spread 2.001, 2 % of the middle 2.00001
        ("99", "101.001", "trade"),
        # middle 100.005, spread 2, 2 % of the middle 2.0001
        ("99.005", "101.005", "quote"),
    ],
)
def test_a_spread_of_two_percent_of_the_middle_is_the_widest(bid: str, ask: str, source: str) -> None:
    """Exactly 2 % counts, any more does not."""
    mark = chosen(market(bid, ask))
    assert mark is not None
    assert mark.source == source


def test_a_quote_without_a_time_does_not_count() -> None:
    """It can't be said to be fresh."""
    assert chosen(market()._replace(quoted_at=None)) == TRADE


@pytest.mark.parametrize("price", [None, "0", "-1", "NaN", "sNaN", "Infinity"])
def test_without_a_quote_and_a_trade_there_is_no_price(price: str | None) -> None:
    """No price is invented."""
    assert chosen(Market(traded=number(price), traded_at=NOON)) is None


def test_a_trade_counts_at_any_age() -> None:
    """It is the last resort, and shown with its time; one without a time is shown without."""
    old = datetime(2024, 12, 24, 18, 0, tzinfo=UTC)
    assert chosen(Market(traded=Decimal(7), traded_at=old)) == Mark(Decimal(7), "trade", old)
    assert chosen(Market(traded=Decimal(7))) == Mark(Decimal(7), "trade", None)


@pytest.mark.parametrize("price", [None, "0", "0.00", "-0", "-1", "NaN", "-Infinity", "Infinity", "sNaN"])
def test_what_is_no_price(price: str | None) -> None:
    """Nothing, zero, less, NaN and infinity can't be a price."""
    assert usable(number(price)) is None


def test_the_smallest_amount_is_a_price() -> None:
    """Anything above zero is."""
    assert usable(Decimal("1E-28")) == Decimal("1E-28")


@pytest.mark.parametrize(
    ("at", "is_so"),
    [
        ("2025-01-17T21:00:00+00:00", True),
        # Monday, 23:59:59 in New York; a second later it is Tuesday there
        ("2025-01-21T04:59:59+00:00", True),
        ("2025-01-21T05:00:00+00:00", False),
        (None, True),
    ],
)
def test_a_price_is_of_a_session_until_the_date_of_the_next(at: str | None, is_so: bool) -> None:
    """Friday's until Tuesday 00:00 on the exchange's clock; without a time it is as of now."""
    zone = ZoneInfo("America/New_York")
    now = datetime(2025, 1, 20, 12, tzinfo=zone)
    mark = Mark(Decimal(1), "trade", None if at is None else datetime.fromisoformat(at))
    tuesday = date(2025, 1, 21)
    assert is_of(mark, now, tuesday) is is_so
    assert is_of(mark, now, date(2025, 1, 17)) is False
    assert is_of(mark._replace(time=None), datetime(2025, 1, 21, tzinfo=zone), tuesday) is False


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "BRK/B", "BF-B", "XYZ.WS", "A", "ABUSD", "AAPL1"])
def test_what_may_be_a_us_share(symbol: str) -> None:
    """Classes, warrants and short names too."""
    assert is_us_equity(symbol) is True


@pytest.mark.parametrize(
    "symbol",
    ["AAPL250117C00150000", "AAPL  250117P00150000", "BTC/USD", "BTCUSD", "ETH/BTC", "DOGEUSDT", "SOLUSDC"],
)
def test_what_is_no_us_share(symbol: str) -> None:
    """Options, of which a contract is not a share, and coins."""
    assert is_us_equity(symbol) is False


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (market(), Mark(Decimal(100), "quote", NOON)),
        (market(age=FRESH), Mark(Decimal(100), "quote", NOON - FRESH)),
        (market(age=FRESH + SECOND), TRADE),
        (market("98", "102"), TRADE),
        (market(bid=None), TRADE),
        (Market(Decimal(99), Decimal(101), None, TRADE.price, TRADED_AT), TRADE),
        (Market(Decimal(98), Decimal(102), NOON), None),
        (Market(), None),
    ],
    ids=["fresh", "five minutes", "old", "wide", "one-sided", "no time", "no trade", "nothing"],
)
def test_an_arrival_price_is_the_middle_else_the_last_trade(asked: Market, found: Mark | None) -> None:
    """A quote's conditions are a mark's; but that the exchange is closed as yet does not matter."""
    assert arrival(asked, NOON) == found
