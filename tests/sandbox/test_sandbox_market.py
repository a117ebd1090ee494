"""The simulated market is deterministic, bounded, and looks like stocks."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import correlation, pstdev

from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.sandbox import market
from paper_run.sandbox.exchange_days import FIRST_SESSION, next_session
from paper_run.sandbox.signal_service import rank

anything = st.text(alphabet="ABYZ09.-/ |éß漢\ud800", min_size=1, max_size=12)


def test_prices_are_the_same_on_every_machine():
    """These prices were computed once; they change only when somebody changes the market."""
    day = date(2025, 1, 2)
    assert market.open_price("AAPL", day) == Decimal("451.84")
    assert market.close_price("AAPL", day) == Decimal("454.41")
    assert market.fill_price("AAPL", day, "sell") == Decimal("451.7948")
    assert market.close_price("MSFT", date(2031, 6, 7)) == Decimal("225.92")


@settings(max_examples=60)
@given(symbol=anything, day=st.dates())
def test_any_symbol_has_a_price_between_20_and_600_on_any_date(symbol, day):
    """Odd symbols, weekends, the year 1 and the year 9999 all have positive prices in whole cents."""
    for price in (market.open_price(symbol, day), market.close_price(symbol, day)):
        assert Decimal(20) <= price <= Decimal(600)
        assert price.as_tuple().exponent == -2


@settings(max_examples=60)
@given(symbol=anything, day=st.dates())
def test_a_fill_costs_the_trader_one_to_five_basis_points(symbol, day):
    """A buy fills above the open and a sale below it, by the published slippage, at four places."""
    opening, slippage = market.open_price(symbol, day), market.slippage_bp(symbol, day)
    assert 1 <= slippage <= 5
    for side, sign in (("buy", 1), ("sell", -1)):
        price = market.fill_price(symbol, day, side)
        assert abs(price - opening * (1 + sign * slippage * Decimal("0.0001"))) <= Decimal("0.00005")
        assert (price - opening) * sign > 0


@settings(max_examples=60)
@given(symbol=anything, day=st.dates())
def test_the_quotes_mid_is_near_the_open(symbol, day):
    """Bid and ask lie 4 basis points apart, their middle at most 3 from the open."""
    bid, ask = market.quote(symbol, day)
    opening = market.open_price(symbol, day)
    assert abs((bid + ask) / 2 / opening - 1) < Decimal("0.00031")
    assert Decimal("0.00039") < (ask - bid) / opening < Decimal("0.00041")


def test_daily_moves_are_those_of_a_stock():
    """Over 250 sessions the daily move is about 1 to 2 percent, and no day moves a tenth."""
    for symbol in ("AAPL", "MSFT", "GOOGL", "XYZ"):
        closes, day = [], FIRST_SESSION
        for _ in range(250):
            closes.append(market.close_price(symbol, day))
            day = next_session(day)
        moves = [float(b / a - 1) for a, b in pairwise(closes)]
        assert 0.008 < pstdev(moves) < 0.02
        assert max(map(abs, moves)) < 0.1


def test_the_benchmark_moves_as_the_shares_do():
    """It is a share of each of eight, so its moves are smaller than one's, and theirs are in them."""
    day = date(2025, 3, 4)
    assert market.close_price("SPY", day) > sum(market.close_price(each, day) for each in ("AAPL", "MSFT"))
    closes = {"SPY": [], "AAPL": []}
    for _ in range(250):
        for symbol, found in closes.items():
            found.append(float(market.close_price(symbol, day)))
        day = next_session(day)
    moves = [[b / a - 1 for a, b in pairwise(found)] for found in closes.values()]
    assert 0.003 < pstdev(moves[0]) < 0.012
    assert correlation(*moves) > 0.1


def test_an_open_is_not_the_close_before_it():
    """Prices move overnight and during the day, so a fill at the open has P&L at the close."""
    day = date(2025, 3, 4)
    prices = {market.close_price("AAPL", day - timedelta(days=1)), market.open_price("AAPL", day)}
    assert len(prices | {market.close_price("AAPL", day)}) == 3


def test_ranks_go_down_with_the_predicted_return_and_weights_go_to_the_ends():
    """Rank 1 has the highest prediction; top and bottom share +1 and -1 evenly, the rest gets nothing."""
    signals = rank([f"S{n}" for n in range(7)], date(2025, 5, 6), 2, 3)
    predictions = [signal.predicted_return for signal in signals]
    assert predictions == sorted(predictions, reverse=True)
    assert [signal.rank for signal in signals] == [1, 2, 3, 4, 5, 6, 7]
    assert [signal.target_weight for signal in signals] == [0.5, 0.5, 0.0, 0.0, -1 / 3, -1 / 3, -1 / 3]


def test_the_ranking_rotates():
    """Over 60 sessions each default symbol is first at least ten times."""
    firsts, day = [], FIRST_SESSION
    for _ in range(60):
        firsts.append(rank(["AAPL", "MSFT", "GOOGL"], day, 1, 1)[0].symbol)
        day = next_session(day)
    assert min(firsts.count(symbol) for symbol in ("AAPL", "MSFT", "GOOGL")) >= 10
