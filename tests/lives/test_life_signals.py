"""Signals through the real command: which pairs there are, and what is kept of them."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from scipy import stats
from support.life import Life, buy
from support.odd_platform import Plan


@pytest.fixture
def quoted(life: Life) -> Life:
    """Return a life with a quote source."""
    life.env = {
        "ALPACA_API_KEY_ID": "PKSIGNALS",
        "ALPACA_API_SECRET_KEY": "nobodys",
        "PAPER_RUN_QUOTES_URL": life.platform.quotes.url,
    }
    return life


def session(life: Life, *args: str, predicted: dict[str, str] | None = None, **prices: str) -> Any:
    """Trade a session whose market is at these prices, with these predictions."""
    for symbol, price in prices.items():
        life.platform.quotes.trades[symbol] = {"t": life.now.isoformat(), "p": float(price)}
    qty = 1 + len(args)  # with --again another order, or the gateway takes it for the same
    words = predicted or {}
    plans = {
        symbol: buy(qty, price, mapping={"predicted_return": float(words.get(symbol, "0.01"))})
        for symbol, price in prices.items()
    }
    return life.trade(*args, **plans)


def pairs(document: Any) -> list[tuple[str, Decimal, Decimal, bool]]:
    return [tuple(each.values()) for each in document["signals"]["pairs"]]


def test_a_pair_is_a_prediction_and_the_way_to_the_next_arrival_price(quoted: Life) -> None:
    """AAPL went from 100 to 102, MSFT from 200 to 199; no prediction, or no move, is no pair."""
    life = quoted
    first = session(
        life,
        predicted={"AAPL": "0.01", "MSFT": "0.02", "ZERO": "0", "SAME": "0.01"},
        AAPL="100",
        MSFT="200",
        ZERO="50",
        SAME="60",
        GONE="70",
    )
    assert pairs(first) == []
    assert "has arrival prices" in first["signals"]["reason"]
    monday = life.session
    life.next_session()
    del life.platform.quotes.trades["GONE"]
    second = session(life, AAPL="102", MSFT="199", ZERO="55", SAME="60")
    assert second["signals"]["predicted_in"] == monday
    assert pairs(second) == [
        ("AAPL", Decimal("0.01"), Decimal("0.02"), True),
        ("MSFT", Decimal("0.02"), Decimal("-0.005"), True),
    ]
    assert second["signals"]["quality"]["hit_rate"] is None
    assert [second["signals"]["quality"][name] for name in ("pairs", "hits", "minimum")] == [2, 1, 100]
    # A mark says the same, and once more nothing is counted twice.
    life.now += timedelta(hours=7)
    assert life.mark()["signals"] == second["signals"]
    assert [json.loads(row["state"])[:2] for row in life.rows("session_signals")] == [[0, 0], [2, 1]]


def test_only_adjacent_sessions_make_pairs(quoted: Life) -> None:
    """A session without an attempt in between: nobody can say what the prediction came to."""
    session(quoted, AAPL="100")
    quoted.next_session()
    quoted.next_session()
    third = session(quoted, AAPL="102")
    assert (pairs(third), third["signals"]["predicted_in"]) == ([], None)


def test_a_run_with_again_is_shown_and_not_counted(quoted: Life) -> None:
    """Its own prediction, from its own arrival price to the next session's first."""
    life = quoted
    session(life, AAPL="100")
    session(life, "--again", predicted={"AAPL": "-0.03"}, AAPL="101")
    life.next_session()
    found = session(life, AAPL="102.01")
    assert pairs(found) == [
        ("AAPL", Decimal("0.01"), Decimal("0.0201"), True),
        ("AAPL", Decimal("-0.03"), Decimal("0.01"), False),
    ]
    assert found["signals"]["quality"]["pairs"] == 1
    # The session's own pairs stay those of its first attempt's prices.
    again = session(life, "--again", AAPL="110")
    assert pairs(again) == pairs(found)


def test_a_split_in_between_is_reckoned_with_also_when_it_is_said_late(quoted: Life) -> None:
    """300 dollars before 3:1 and 102 after it are 2 % up; until it is said there is no pair."""
    life = quoted
    session(life, AAPL="300")
    life.next_session()
    suspect = session(life, AAPL="102")
    assert pairs(suspect) == []
    assert suspect["signals"]["reason"] == "no prediction of the session before has both prices"
    split = life.resolve("--split", "AAPL", "3:1")
    assert pairs(split) == [("AAPL", Decimal("0.01"), Decimal("0.02"), True)]
    assert [json.loads(row["state"])[0] for row in life.rows("session_signals")] == [0, 1]


def test_a_split_said_a_session_late_changes_the_sessions_from_then_on(quoted: Life) -> None:
    """Each tally from its session on is another; the figures agree with all that is there."""
    life = quoted
    session(life, AAPL="300")
    for price in ("102", "103"):
        life.next_session()
        session(life, AAPL=price)
    tuesday = life.rows("session_signals")[1]["session"]
    life.resolve("--split", "AAPL", "3:1", "--ex-date", tuesday)
    kept = [(json.loads(row["pairs"]), json.loads(row["state"])[:2]) for row in life.rows("session_signals")]
    assert [(len(of_it), state) for of_it, state in kept] == [(0, [0, 0]), (1, [1, 1]), (1, [2, 2])]


def test_a_split_that_nobody_would_have_seen_is_no_pair(quoted: Life) -> None:
    """IDLE, which is not held, halves: it may have split. A fall by 29 % is one of a night."""
    life = quoted
    life.platform.quotes.trades["IDLE"] = {"t": life.now.isoformat(), "p": 80.0}
    idle = Plan(side=None, mapping={"predicted_return": 0.01, "skip_reason": "zero_weight"})
    life.platform.quotes.trades["MOVE"] = {"t": life.now.isoformat(), "p": 100.0}
    life.trade(IDLE=idle, MOVE=idle)
    life.next_session()
    for symbol, price in (("IDLE", 40.0), ("MOVE", 71.0)):
        life.platform.quotes.trades[symbol] = {"t": life.now.isoformat(), "p": price}
    assert pairs(life.trade(IDLE=idle, MOVE=idle)) == [("MOVE", Decimal("0.01"), Decimal("-0.29"), True)]


def test_a_new_book_begins_anew(quoted: Life) -> None:
    """After a reset no pair of the old one is in any figure."""
    life = quoted
    for price in ("100", "101"):
        session(life, AAPL=price)
        life.next_session()
    life.run("resolve", "--reset")
    found = session(life, AAPL="102")
    assert (pairs(found), found["signals"]["quality"]["pairs"]) == ([], 0)


HOLIDAYS = ("2025-01-09", "2025-01-20")


def test_figures_of_a_hundred_pairs_are_those_of_a_library(quoted: Life) -> None:
    """Twenty-one sessions of seven symbols: what is kept day by day is what all of it comes to."""
    life, symbols = quoted, "ABCDEFG"
    made: list[list[tuple[float, float]]] = []
    last: dict[str, int] = {}
    before: dict[str, float] = {}
    for day in range(21):
        prices = {each: 100 + (7 * at + 13 * day) % 11 for at, each in enumerate(symbols)}
        expected = {each: ((3 * at + 5 * day) % 9 - 4) / 100 for at, each in enumerate(symbols)}
        came = [(before[each], prices[each] / last[each] - 1) for each in symbols if last]
        made.append([pair for pair in came if all(pair)])
        words = {each: str(value) for each, value in expected.items()}
        document = session(life, predicted=words, **{each: str(price) for each, price in prices.items()})
        last, before = prices, expected
        life.next_session()
        while life.session in HOLIDAYS:
            life.next_session()
    everything = [pair for of_it in made for pair in of_it]
    ours = document["signals"]["quality"]
    hits = sum((left > 0) == (right > 0) for left, right in everything)
    assert len(everything) >= 100
    assert (ours["pairs"], ours["hits"], ours["ranked"]) == (len(everything), hits, len(everything))
    own = [stats.spearmanr(of_it).statistic for of_it in made if len(of_it) >= 5]
    assert ours["sessions"] == len(own)
    expected_of = {
        "hit_rate": hits / len(everything),
        "rank_ic": stats.spearmanr(everything).statistic,
        "recent_ic": stats.spearmanr([pair for of_it in made[-20:] for pair in of_it]).statistic,
        "mean_ic": sum(own) / len(own),
        "ic_t": stats.ttest_1samp(own, 0).statistic,
    }
    assert {name: float(ours[name]) for name in expected_of} == pytest.approx(expected_of, abs=1e-6)
