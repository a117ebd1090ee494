"""Three parties of one account: the broker's equity leads to ours, and what is left is said."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.answers import plain_500
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell, told
from support.odd_broker import OddBroker


@pytest.fixture
def broker(life: Life) -> OddBroker:
    return life.with_broker()


def party(document: Any) -> Any:
    return document["parties"]["broker"]


def left(document: Any) -> tuple[Decimal | None, Decimal | None]:
    """What of equity and of cash has no name."""
    return party(document)["equity"]["residual"], party(document)["cash"]["unexplained"]


def test_a_deaf_gateway_and_four_sessions_leave_no_residual(life: Life, broker: OddBroker) -> None:
    """Each run and mark: the parts make up the difference, to the cent; the third column is the broker's."""
    life.gateway.is_deaf = True
    for plans in (
        {"AAPL": buy(10, "100.25"), "MSFT": buy(5, "200")},
        {"AAPL": sell(4, "103"), "MSFT": NO_ORDER},
        {"AAPL": sell(9, "99.5"), "MSFT": buy(3, "210.333333")},
        {"MSFT": sell(8, "205"), "NVDA": buy(2, "500")},
    ):
        for document in (life.trade(**plans), life.mark()):
            assert party(document)["proven"] is True
            assert left(document) == (0, 0)
            assert {each["code"] for each in document["findings"]} & {"residual", "broker_differs"} == set()
            rows = {row["symbol"]: row for row in party(document)["positions"]}
            assert {name: row["broker_qty"] for name, row in rows.items()} == {
                name: row["qty"] for name, row in rows.items()
            }
            assert {row["gateway_qty"] for row in rows.values()} == {0}
        life.next_session()


def test_money_that_nobody_named_is_said_until_it_is_gone(life: Life, broker: OddBroker) -> None:
    """The account's 150,000 are the base; 37 that come later are a residual, in every format."""
    broker.deposit = Decimal(150_000)
    day = life.trade(AAPL=buy(10, "100.25"))
    equity = party(day)["equity"]
    assert (day["pnl"]["base"], equity["items"]) == (150_000, [])
    assert (equity["difference"], left(day)) == (equity["prices"], (0, 0))
    life.next_session()
    broker.deposit += 37
    day = life.trade(MSFT=buy(5, "200"))
    assert left(day) == (-37, -37)
    found = {each["code"]: each["text"] for each in day["findings"]}
    assert found["broker_differs"] == (
        "The broker's cash is 37.00 dollars more than the book's, and nothing explains that."
    )
    assert found["residual"] == (
        "The broker's equity is 37.00 dollars more than ours, and nothing explains that."
    )
    assert day["exit_status"] == 0
    assert "unexplained: −$37.00\n" in life.last.stdout
    page = (life.reports / f"{life.session}_paper_run.html").read_text("utf-8")
    assert "✕</b> −$37.00" in page
    table = (life.reports / f"{life.session}_positions.csv").read_text("utf-8")
    rows = {row["symbol"]: row["broker_qty"] for row in csv.DictReader(io.StringIO(table))}
    assert rows == {"AAPL": "10", "MSFT": "5"}
    broker.deposit -= 37
    assert left(life.mark()) == (0, 0)


def test_nothing_is_well_beside_a_residual_that_is_not_known(life: Life, broker: OddBroker) -> None:
    """The broker does not tell its fees: a warning with the reason, until it does."""
    life.trade(AAPL=buy(10, "100.25"))
    life.next_session()
    broker.fees = None
    day = life.trade(MSFT=buy(5, "200"))
    assert left(day) == (None, None)
    (found,) = [each for each in day["findings"] if each["code"] == "residual"]
    assert found["text"].endswith(" is not known: the broker does not tell its accrued fees.")
    assert found["severity"] == "warning"
    broker.fees = "0"
    assert left(life.mark()) == (0, 0)


def test_an_account_that_is_not_proven_is_shown_and_compared_with_nothing(
    life: Life, broker: OddBroker
) -> None:
    """Keys of another account of the same platform: no difference, no residual, and no finding of either."""
    broker.deposit = 7_000_000
    day = life.trade(AAPL=buy(10, "100", detail={"broker_order_id": "0b7d", "filled_qty": "10"}))
    assert party(day)["proven"] is False
    assert left(day) == (None, None)
    assert party(day)["equity"]["reasons"] == ["the account is not yet proven to be ours"]
    assert {each["code"] for each in day["findings"]} & {"residual", "broker_differs"} == set()
    life.take_keys()
    assert "parties" not in life.mark()


def traded_by_hand(broker: OddBroker, symbol: str, qty: int, price: str, now: str) -> None:
    """Buy shares at the broker, past the gateway; a share of them costs another price now."""
    order = {"client_order_id": f"by-hand-{len(broker.orders)}", "symbol": symbol, "side": "buy", "qty": qty}
    order |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(order, Decimal(qty), Decimal(price), "filled")
    broker.prices[symbol] = Decimal(now)


def test_shares_are_taken_over_with_their_cash_while_others_wait(life: Life, broker: OddBroker) -> None:
    """A second symbol differs, a dividend's amount is not told: what the first cost is known."""
    life.trade(AAPL=buy(10, "100"))
    traded_by_hand(broker, "GOOG", 5, "50", "52")
    traded_by_hand(broker, "TSLA", 3, "200", "201")
    posted = broker.post("DIV", "0", "AAPL")
    del posted["net_amount"]
    booked = life.resolve("--position", "GOOG")
    assert booked["pnl"]["equity"]["money"]["other"] == 10  # 5 x (52 - 50)
    life.resolve("--position", "TSLA=3@200")
    posted["net_amount"] = "4"
    marked = life.mark()
    assert left(marked) == (0, 0)
    assert (marked["pnl"]["equity"]["money"]["other"], marked["pnl"]["day_pnl"]) == (10, 7)


def test_a_second_trade_by_hand_is_told_from_the_first(life: Life, broker: OddBroker) -> None:
    """Each takes its own executions; two at once take those of both."""
    life.trade(AAPL=buy(10, "100"))
    for other, prices in ((10, ("50", "52")), (13, ("51", "52")), (9, ("56", "52"))):
        traded_by_hand(broker, "GOOG", 5 if other == 10 else 3 if other == 13 else 1, *prices)
        booked = life.resolve("--position", "all")
        assert (booked["pnl"]["equity"]["money"]["other"], left(booked)) == (other, (0, 0))
    traded_by_hand(broker, "GOOG", 1, "50", "52")
    traded_by_hand(broker, "TSLA", 2, "200", "201")
    booked = life.resolve("--position", "all")
    assert (booked["pnl"]["equity"]["money"]["other"], left(booked)) == (13, (0, 0))


def test_what_its_executions_no_longer_tell_is_what_the_cash_is_off(life: Life, broker: OddBroker) -> None:
    """Of ten days ago: the interest of a Saturday, which is Monday's, is not in what the shares cost."""
    life.trade(AAPL=buy(10, "100"))
    traded_by_hand(broker, "GOOG", 5, "50", "52")
    for _ in range(9):
        life.next_session()
    life.trade(MSFT=NO_ORDER)  # Friday the 17th
    broker.post("INT", "2", day="2025-01-18")
    life.now = life.now.replace(day=18)
    life.run("resolve", "--position", "GOOG")
    booked = life.result(life.reports / "2025-01-17_mark.json", "2025-01-17")
    assert (booked["pnl"]["equity"]["money"]["other"], left(booked)) == (10, (0, 0))


def traded(document: Any) -> list[tuple[Any, ...]]:
    """What is named of trades that are not in the book: which, its cash, and its part of the equity."""
    return [
        figures(each, "subject cash amount")
        for each in party(document)["equity"]["items"]
        if each["kind"] == "trade"
    ]


def test_a_trade_by_hand_is_named_and_booked_at_what_it_cost(life: Life, broker: OddBroker) -> None:
    """Bought at 50, worth 52 now: the account's executions tell it, and the printed way out takes it over."""
    life.trade(AAPL=buy(10, "100.25"))
    by_hand = {"client_order_id": "by-hand", "symbol": "GOOG", "side": "buy", "qty": 5}
    by_hand |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(by_hand, Decimal(5), Decimal(50), "filled")
    broker.prices["GOOG"] = Decimal(52)
    marked = life.mark()
    assert left(marked) == (0, 0)
    assert traded(marked) == [("5 GOOG bought by hand at 50", 250, -10)]
    page = (life.reports / f"{life.session}_mark.html").read_text()
    assert "Not in the book: 5 GOOG bought by hand at 50" in page
    (found,) = [each for each in marked["findings"] if each["subject"] == "GOOG"]
    assert found["severity"] == "warning"
    assert found["text"] == (
        "The broker differs on GOOG: quantity 5 instead of 0; somebody bought 5 at 50 by hand."
    )
    assert [each["command"].split(" --ledger")[0] for each in found["remedies"]] == [
        "paper-run resolve --position GOOG=5@50",
        "paper-run resolve --position GOOG",
    ]
    booked = life.resolve(*found["remedies"][0]["command"].split()[2:])
    assert left(booked) == left(life.mark()) == (0, 0)
    assert traded(booked) == []
    assert {each["code"] for each in booked["findings"]} & {"residual", "broker_differs"} == set()


def by_hand(broker: OddBroker, symbol: str, side: str, qty: int, price: str) -> None:
    """Trade shares at the broker, past the gateway."""
    order = {"client_order_id": f"by-hand-{len(broker.orders)}", "symbol": symbol, "side": side, "qty": qty}
    order |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(order, Decimal(qty), Decimal(price), "filled")


def charged_overnight(life: Life, broker: OddBroker) -> None:
    """Let 17 cents of fees accrue, and be charged by the next session: they are not posted yet."""
    broker.deposit -= Decimal("0.17")
    broker.fees = "0.17"
    life.mark()
    life.next_session()
    broker.fees = "0"


def test_shares_that_were_sold_and_bought_back_by_hand(life: Life, broker: OddBroker) -> None:
    """The quantity is the same again, and 30 dollars came: named, and taken over as it was traded."""
    life.trade(AAPL=buy(10, "100"))
    life.prices(AAPL="104")
    broker.prices["AAPL"] = Decimal(104)
    by_hand(broker, "AAPL", "sell", 10, "102")
    by_hand(broker, "AAPL", "buy", 10, "99")
    marked = life.mark()
    trip = "AAPL traded by hand, 10 sold at 102, 10 bought at 99"
    assert (left(marked), traded(marked)) == ((0, 0), [(trip, -30, -30)])
    (found,) = [each for each in marked["findings"] if each["subject"] == "AAPL"]
    assert found["text"] == (
        f"Somebody traded past this book: {trip}; its quantity is the same again, and the cash is 30.00 "
        "dollars more."
    )
    (way,) = found["remedies"]
    assert way["command"].split(" --ledger")[0] == (
        "paper-run resolve --position AAPL=0@102 --position AAPL=10@99"
    )
    booked = life.resolve(*way["command"].split()[2:])
    assert figures(row(booked, "AAPL"), "qty realized_pnl unrealized_pnl") == (10, 20, 50)
    for document in (booked, life.mark()):
        assert (left(document), traded(document)) == ((0, 0), [])
        assert {each["code"] for each in document["findings"]} & {"residual", "broker_differs"} == set()
    # They are in the book: the same money once more is nothing that they explain.
    by_hand(broker, "GOOG", "buy", 5, "50")
    by_hand(broker, "GOOG", "sell", 5, "51.50")
    by_hand(broker, "MSFT", "sell", 1, "50")
    by_hand(broker, "MSFT", "buy", 1, "60")
    marked = life.mark()
    assert left(marked) == (0, 0)
    assert [each[1] for each in traded(marked)] == [Decimal("-7.5"), 10]
    for found in [each for each in marked["findings"] if each["code"] == "broker_differs"]:
        marked = life.resolve(*found["remedies"][0]["command"].split()[2:])
    assert (left(marked), traded(marked)) == ((0, 0), [])


def test_what_stands_beside_the_book_and_was_traded_by_hand(life: Life, broker: OddBroker) -> None:
    """A coin, less its fee, and an option of 100 shares: the cash has a name, and is taken over as money."""
    put = "AAPL250117P00090000"
    broker.classes |= {"BTC/USD": "crypto", put: "us_option"}
    broker.prices |= {"BTC/USD": Decimal(500), put: Decimal(2)}
    life.trade(AAPL=buy(10, "100"))
    by_hand(broker, "BTC/USD", "buy", 2, "500")
    broker.move("BTC/USD", "-0.005")
    broker.post("CFEE", "0", "BTC/USD", qty="-0.005", price="500")
    marked = life.mark()
    trade = "BTC/USD traded by hand, 2 bought at 500"
    assert (left(marked), traded(marked)) == ((0, 0), [(trade, 1000, 1000)])
    (found,) = [each for each in marked["findings"] if each["code"] == "broker_differs"]
    assert found["text"] == (
        f"Somebody traded past this book: {trade}; that stands beside the book, and the cash is 1,000.00 "
        "dollars less."
    )
    (way,) = found["remedies"]
    booked = life.resolve(*way["command"].split()[2:])
    assert (left(booked), traded(booked)) == ((0, 0), [])
    assert figures(booked["pnl"]["equity"], "adjustments closing") == amounts("-1000 99000")
    assert figures(booked["pnl"], "complete total_pnl") == (True, 0)
    charged_overnight(life, broker)
    by_hand(broker, "BTC/USD", "sell", 1, "510")
    day = life.trade(NVDA=NO_ORDER)
    trade = "BTC/USD traded by hand, 1 sold at 510"
    assert (left(day), traded(day)) == ((0, 0), [(trade, -510, -510)])
    (found,) = [each for each in day["findings"] if each["code"] == "broker_differs"]
    assert found["remedies"] == []  # what it is besides the fees is booked once those are posted
    broker.deposit += Decimal("0.17")
    broker.post("FEE", "-0.17", day="2025-01-06")
    (found,) = [each for each in life.mark()["findings"] if each["code"] == "broker_differs"]
    booked = life.resolve(*found["remedies"][0]["command"].split()[2:])
    assert (left(booked), traded(booked)) == ((0, 0), [])
    life.next_session()
    by_hand(broker, put, "sell", 1, "2")
    broker.orders[-1]["asset_class"] = "us_option"
    broker.deposit += 198
    day = life.trade(MSFT=NO_ORDER)
    assert (left(day)[1], traded(day)) == (0, [(f"{put} traded by hand, 1 sold at 2", -200, -200)])


def test_round_trips_after_what_stands_beside_the_book_was_booked_as_money(
    life: Life, broker: OddBroker
) -> None:
    """Two of shares, and an option of the day before: its 200 are in the book, the 30 and the 10 are not."""
    put = "AAPL250117P00090000"
    broker.classes |= {put: "us_option"}
    broker.prices |= {put: Decimal(2)}
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"))
    by_hand(broker, put, "sell", 1, "2")
    broker.orders[-1]["asset_class"] = "us_option"
    broker.deposit += 198
    life.mark()
    assert left(life.resolve("--position", "all")) == (0, 0)
    life.next_session()
    for symbol, shares, sold, bought in (("AAPL", 10, "102", "99"), ("MSFT", 5, "203", "201")):
        by_hand(broker, symbol, "sell", shares, sold)
        by_hand(broker, symbol, "buy", shares, bought)
    day = life.trade(NVDA=NO_ORDER)
    assert (left(day), [each[1] for each in traded(day)]) == ((0, 0), [-30, -10])
    for found in [each for each in day["findings"] if each["code"] == "broker_differs"]:
        day = life.resolve(*found["remedies"][0]["command"].split()[2:])
    assert (left(day), traded(day)) == ((0, 0), [])


def test_what_stands_beside_the_book_after_some_of_it_was_booked_as_money(
    life: Life, broker: OddBroker
) -> None:
    """A coin is in the book; later some of it is sold, another is bought, and shares go there and back."""
    broker.classes |= {"BTC/USD": "crypto", "ETH/USD": "crypto"}
    broker.prices |= {"BTC/USD": Decimal(500), "ETH/USD": Decimal(50)}
    life.trade(AAPL=buy(10, "100"))
    by_hand(broker, "BTC/USD", "buy", 2, "500")
    life.mark()
    assert left(life.resolve("--position", "all")) == (0, 0)
    life.next_session()
    by_hand(broker, "BTC/USD", "sell", 1, "520")
    life.now += timedelta(minutes=1)
    by_hand(broker, "ETH/USD", "buy", 3, "50")
    day = life.trade(NVDA=NO_ORDER)
    sold, bought = "BTC/USD traded by hand, 1 sold at 520", "ETH/USD traded by hand, 3 bought at 50"
    assert (left(day), traded(day)) == ((0, 0), [(sold, -520, -520), (bought, 150, 150)])
    by_hand(broker, "AAPL", "sell", 10, "102")
    by_hand(broker, "AAPL", "buy", 10, "99")
    broker.prices["AAPL"] = Decimal(100)
    marked = life.mark()
    assert (left(marked), [each[1] for each in traded(marked)]) == ((0, 0), [-30, -520, 150])
    (trip, *_) = [each for each in marked["findings"] if each["code"] == "broker_differs"]
    life.resolve(*trip["remedies"][0]["command"].split()[2:])
    booked = life.resolve("--position", "all")
    assert (left(booked), traded(booked)) == ((0, 0), [])
    assert figures(booked["pnl"], "complete total_pnl") == (True, 30)


def test_a_round_trip_by_hand_beside_fees_that_are_not_posted(life: Life, broker: OddBroker) -> None:
    """Both are in the cash: each has its name, and what is taken over is the trip alone."""
    life.trade(AAPL=buy(10, "100"))
    charged_overnight(life, broker)
    by_hand(broker, "GOOG", "buy", 1, "60")
    by_hand(broker, "GOOG", "sell", 1, "50")
    day = life.trade(MSFT=NO_ORDER)
    items = [each["cash"] for each in party(day)["equity"]["items"]]
    assert (left(day), items) == ((0, 0), [Decimal("0.17"), 10])
    (found,) = [each for each in day["findings"] if each["code"] == "broker_differs"]
    booked = life.resolve(*found["remedies"][0]["command"].split()[2:])
    assert left(booked) == (0, 0)
    assert [each["cash"] for each in party(booked)["equity"]["items"]] == [Decimal("0.17")]


def test_all_shares_that_were_sold_by_hand(life: Life, broker: OddBroker) -> None:
    """The broker has no price of them any more: they are worth what ours is, and nothing is left."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(10, "50"))
    by_hand = {"client_order_id": "by-hand", "symbol": "AAPL", "side": "sell", "qty": 10}
    by_hand |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(by_hand, Decimal(10), Decimal(103), "filled")
    life.prices(AAPL="104", MSFT="51")
    broker.prices |= {"MSFT": Decimal(51)}
    marked = life.mark()
    assert (left(marked), traded(marked)) == ((0, 0), [("10 AAPL sold by hand at 103", -1030, 10)])


def test_executions_prove_nothing_beside_other_cash(life: Life, broker: OddBroker) -> None:
    """5 were bought by hand, and 7 dollars went besides: neither is named, and all of it is said."""
    life.trade(AAPL=buy(10, "100.25"))
    by_hand = {"client_order_id": "by-hand", "symbol": "GOOG", "side": "buy", "qty": 5}
    by_hand |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(by_hand, Decimal(5), Decimal(50), "filled")
    broker.deposit -= 7
    marked = life.mark()
    assert (left(marked), traded(marked)) == ((7, 257), [])
    (found,) = [each for each in marked["findings"] if each["subject"] == "GOOG"]
    assert found["text"] == "The broker differs on GOOG: quantity 5 instead of 0."
    assert "resolve --position GOOG=5@PRICE" in found["remedies"][0]["command"]


def test_the_difference_is_taken_from_the_broker_and_not_from_a_deaf_gateway(
    life: Life, broker: OddBroker
) -> None:
    """At the current price, so that no P&L moves; the gateway has nothing of anything, and is no reason."""
    life.gateway.is_deaf = True
    day = life.trade(AAPL=buy(10, "100.25"))
    by_hand = {"client_order_id": "by-hand", "symbol": "AAPL", "side": "sell", "qty": 4}
    by_hand |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(by_hand, Decimal(4), Decimal(103), "filled")
    broker.prices["AAPL"] = Decimal(104)
    marked = life.mark()
    assert says(told(marked), "The gateway differs on AAPL: quantity 0 instead of 10; the broker has 6.")
    # 4 at 103 came in, which would be 104 each by now.
    assert (left(marked), traded(marked)) == ((0, 0), [("4 AAPL sold by hand at 103", -412, 4)])
    booked = life.resolve("--position", "all")
    assert figures(row(booked, "AAPL"), "qty total_pnl") == amounts("6 37.50")
    assert (
        booked["pnl"]["total_pnl"] == marked["pnl"]["total_pnl"] == day["pnl"]["total_pnl"] + Decimal("37.5")
    )
    (note,) = [each["note"] for each in life.rows("entries") if each["kind"] == "adjustment"]
    assert note.startswith("to the broker's quantity by ")
    # 4 were sold at 103 and are booked at 104: the 4 dollars of cash are an adjustment, and not left over.
    assert left(booked) == (0, 0)
    assert booked["pnl"]["equity"]["adjustments"] == booked["pnl"]["equity"]["money"]["other"] == -4
    assert booked["pnl"]["equity"]["closing"] == party(booked)["equity"]["broker"]
    life.run("resolve", "--position", "AAPL", status=3)
    assert "The broker has the book's quantity of AAPL." in life.last.stderr
    # Its positions can't be read: then the gateway's are the best, and it is said whose they are.
    broker.always("GET", "/v2/positions", plain_500())
    life.gateway.is_deaf = False
    life.says("AAPL", qty="7")
    life.resolve("--position", "AAPL", status=1)
    notes = [each["note"] for each in life.rows("entries") if each["kind"] == "adjustment"]
    assert notes[1].startswith("to the gateway's quantity by ")


def test_cash_that_no_execution_tells_of_is_booked_once_no_share_differs(
    life: Life, broker: OddBroker
) -> None:
    """One of two symbols is taken over while the other differs: the rest of its cash is booked by `all`."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"))
    life.next_session()
    broker.move("AAPL", "16", "1610")
    broker.move("MSFT", "8", "1610")
    broker.deposit -= 3220
    life.trade(NVDA=NO_ORDER)
    life.run("resolve", "--position", "AAPL")
    life.run("resolve", "--position", "MSFT=13@200")
    day = life.mark()
    found = {each["code"]: each for each in day["findings"] if each["subject"] == "cash"}
    assert [each["command"] for each in found["broker_differs"]["remedies"]] == [
        f"paper-run resolve --position all --ledger {day['ledger']}"
    ]
    before = day["pnl"]["total_pnl"]
    life.run("resolve", "--position", "all")
    day = life.mark()
    assert (left(day), day["pnl"]["total_pnl"]) == ((0, 0), before)
    assert life.run("resolve", "--position", "all", status=3).stderr.count("and its cash.") == 1


def test_a_fill_that_a_person_has_said_as_a_trade(life: Life, broker: OddBroker) -> None:
    """Nobody told what AAPL filled: 10 at 101 by hand, and then the broker tells: 10 at 100, once."""
    keys = dict(life.env)
    life.gateway.is_deaf = True
    life.trade(MSFT=buy(10, "50"))
    life.mark()
    life.next_session()
    life.env.clear()
    life.trade(AAPL=buy(10, "100"))
    life.resolve("--position", "AAPL=10@101")
    life.next_session()
    life.env |= keys
    broker.prices |= {"AAPL": Decimal(103), "MSFT": Decimal(50)}
    marked = life.trade(MSFT=NO_ORDER)
    twice = "a person booked 10 at 101 that orders of ours have filled"
    assert (left(marked), traded(marked)) == ((0, 0), [(f"AAPL: {twice}", -1010, 20)])
    (found,) = [each for each in marked["findings"] if each["code"] == "broker_differs"]
    assert found["text"] == f"The broker differs on AAPL: quantity 10 instead of 20; {twice}."
    booked = life.resolve(*found["remedies"][0]["command"].split()[2:])
    assert "--position AAPL=10@101" in found["remedies"][0]["command"]
    assert figures(row(booked, "AAPL"), "qty total_pnl") == (10, 30)
    assert (left(booked), traded(booked)) == ((0, 0), [])
