"""What the broker says late: after a person's word, a closing, a lost answer, a replacement, a reset."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.broker_server import NUMBER
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell, told
from support.odd_broker import OddBroker
from support.odd_platform import RUN, RUNS
from support.odd_services import UNHEARD

GTC: dict[str, Any] = {"limit_price": Decimal(110), "status": "new", "detail": {"time_in_force": "gtc"}}


@pytest.fixture
def broker(life: Life) -> OddBroker:
    return life.with_broker()


def is_the_brokers(document: Any, broker: OddBroker) -> None:
    """Prove that quantities are the broker's, cash too, and that nothing is left without a name."""
    held = {name: each.qty for name, each in broker.held().positions.items()}
    assert {each["symbol"]: each["qty"] for each in document["pnl"]["positions"]} == held
    assert document["pnl"]["complete"] is True
    told_by_broker = document["parties"]["broker"]
    assert (told_by_broker["equity"]["residual"], told_by_broker["cash"]["unexplained"]) == (0, 0)


def test_a_persons_word_a_closing_and_then_a_bust(life: Life, broker: OddBroker) -> None:
    """10 at 101 as a person said; at 100 as the broker says days after; 6 of them after a bust."""
    life.take_keys()
    life.trade(AAPL=buy(10, "100", detail=UNHEARD))
    life.resolve("--order", life.order_id("AAPL"), "--filled", "10@101")
    # Valued after its close by then: the closing of the first session stays.
    life.now += timedelta(hours=7)
    closing = life.mark()["pnl"]["equity"]["closing"]
    assert closing == 99_990
    life.now -= timedelta(hours=7)
    life.next_session()
    life.trade(MSFT=NO_ORDER)
    life.give_keys(broker)
    life.next_session()
    day = life.trade(MSFT=buy(1, "200"))
    assert figures(row(day, "AAPL"), "qty avg_entry_price") == amounts("10 100")
    assert says(told(day), "10 filled at 100, and so it is booked; it was booked as 10 at 101")
    is_the_brokers(day, broker)
    life.next_session()
    broker.fill("AAPL", "6", "100")
    day = life.trade(NVDA=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty avg_entry_price") == amounts("6 100")
    assert says(told(day), "6 filled at 100, and so it is booked; it was booked as 10 at 100")
    is_the_brokers(day, broker)
    first = life.rows("sessions")[0]
    assert (first["session"], Decimal(first["closing"])) == ("2025-01-06", closing)


def test_an_order_that_is_replaced_while_its_attempt_is_unknown(life: Life, broker: OddBroker) -> None:
    """The answer is lost, no list is to be had: the order is found under its id, and what came of it."""
    life.trade(MSFT=buy(1, "200"))
    life.next_session()
    life.gateway.is_deaf = True
    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", hang_up=True)])
    life.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    broker.between = lambda: replaced(broker)
    plan = buy(10, "100", filled="4", status="partially_filled", detail={"time_in_force": "gtc"})
    life.trade("--timeout", "1", AAPL=plan, status=2)
    broker.between = lambda: None
    assert broker.order("AAPL")["replaces"] is not None
    life.next_session()
    broker.fill("AAPL", "7", "98")
    day = life.trade(NVDA=NO_ORDER)
    # 4 at 100 of the first order and 7 at 98 of the one that replaced it.
    assert row(day, "AAPL")["qty"] == 11
    assert life.entries("AAPL")[-1][2:] == (7, 686)
    is_the_brokers(life.mark(), broker)
    assert len(life.platform.posts) == 3


def replaced(broker: OddBroker) -> None:
    """Have somebody replace the order as soon as the broker has it, once."""
    taken = [each for each in broker.orders if each["symbol"] == "AAPL"]
    if len(taken) == 1:
        broker.replace("AAPL", 7, "0", None)


def test_an_order_that_is_partly_filled_and_replaced_twice(life: Life, broker: OddBroker) -> None:
    """Each has its own fills; sold short meanwhile by another order of ours; the last one is followed."""
    life.trade(AAPL=buy(10, "100", filled="4", **GTC))
    life.next_session()
    broker.replace("AAPL", 8, "3", "101")
    day = life.trade(MSFT=NO_ORDER)
    assert row(day, "AAPL")["qty"] == 7
    is_the_brokers(day, broker)
    life.next_session()
    broker.replace("AAPL", 6, "0", None)
    broker.order("AAPL")["status"] = "new"
    assert row(life.trade(MSFT=NO_ORDER), "AAPL")["qty"] == 7
    life.next_session()
    broker.fill("AAPL", "6", "99")
    day = life.trade(MSFT=sell(2, "200"))
    assert row(day, "AAPL")["qty"] == 13
    is_the_brokers(day, broker)
    statuses = [each["status"] for each in life.rows("orders") if each["symbol"] == "AAPL"]
    assert statuses == ["replaced", "replaced", "filled"]


def test_what_the_gateway_alone_told_of_for_weeks(life: Life, broker: OddBroker) -> None:
    """Its average is not the broker's: with the keys back all orders since then are read, not a week's."""
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    life.take_keys()
    life.trade(MSFT=buy(100, "50"))
    broker.fill("MSFT", "100", "50.01")
    for _ in range(15):
        life.next_session()
        life.trade(NVDA=buy(1, "20"))
    life.give_keys(broker)
    life.next_session()
    day = life.trade(NVDA=buy(1, "20"))
    assert figures(row(day, "MSFT"), "qty avg_entry_price") == amounts("100 50.01")
    assert says(told(day), "the broker says 100 filled at 50.01")
    is_the_brokers(day, broker)


@pytest.mark.parametrize("days", [5, 15])
def test_an_old_fill_is_busted(life: Life, broker: OddBroker, days: int) -> None:
    """Nobody sold by hand: it may be an older order, and until those are read no trade is offered."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"))
    for _ in range(days):
        life.next_session()
        life.trade(NVDA=buy(1, "20"))
    order = next(each for each in broker.orders if each["symbol"] == "MSFT")
    order |= {"status": "canceled", "filled_qty": "0", "filled_avg_price": None, "filled_at": None}
    if days > 7:
        day = life.mark()
        (said,) = [each for each in day["findings"] if each["subject"] == "MSFT"]
        assert (said["text"], said["remedies"]) == (
            "The broker differs on MSFT: quantity 0 instead of 5; its older orders were not read, the next "
            "run or mark reads them.",
            [],
        )
        assert day["parties"]["broker"]["cash"]["unexplained"] is None
    day = life.mark()
    assert says(told(day), "buy 5 MSFT", "the broker says nothing filled, and so it is booked")
    assert row(day, "MSFT")["qty"] == 0
    assert day["parties"]["broker"]["equity"]["residual"] == 0


@pytest.mark.parametrize("is_unread", [False, True])
def test_what_replaced_an_old_order_while_nobody_looked(
    life: Life, broker: OddBroker, *, is_unread: bool
) -> None:
    """It is older than the list that is read, and its id is the broker's: it is looked for and followed."""
    life.trade(AAPL=buy(10, "100", filled="4", **GTC))
    for _ in range(3):
        life.next_session()
    broker.replace("AAPL", 7, "0", None)
    broker.order("AAPL")["status"] = "new"
    for _ in range(15):
        life.next_session()
    if is_unread:
        broker.always("GET", "/v2/orders", plain_500())
        day = life.trade(MSFT=NO_ORDER, status=1)
        assert says(told(day), "The broker could not be read")
        broker.calm()
        life.next_session()
    day = life.trade(NVDA=NO_ORDER)
    assert not says(told(day), "was replaced at the broker")
    is_the_brokers(day, broker)
    for _ in range(8):
        life.next_session()
    broker.fill("AAPL", "7", "98")
    day = life.trade(MSFT=sell(2, "200"))
    assert figures(row(day, "AAPL"), "qty unrealized_pnl") == (11, 14)
    is_the_brokers(day, broker)


def test_a_reset_needs_nobody(life: Life, broker: OddBroker) -> None:
    """The account was made anew while broker and platform are down: the book ends, the next one proves it."""
    life.trade(AAPL=buy(10, "100"))
    working = buy(5, None, **GTC)
    life.next_session()
    life.trade(MSFT=working)
    for server in (*life.platform.services.values(), broker):
        server.down()
    ended = life.run("resolve", "--reset")
    assert "No longer followed: MSFT order" in ended.stdout
    for server in (*life.platform.services.values(), broker):
        server.up()
    broker.account["account_number"] = "PA3FAKE00002"
    broker.orders.clear()
    life.gateway.orders.clear()
    life.gateway.positions.clear()
    life.next_session()
    day = life.trade(NVDA=buy(3, "50"))
    assert [each["symbol"] for each in day["pnl"]["positions"]] == ["NVDA"]
    is_the_brokers(day, broker)
    assert [each["number"] for each in life.rows("broker_accounts")] == [NUMBER, "PA3FAKE00002"]


def test_an_order_of_a_book_that_was_ended_fills(life: Life, broker: OddBroker) -> None:
    """Nobody traded by hand: it is named with what it cost, and taken over with the printed command."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, None, **GTC))
    order = life.order_id("MSFT")
    life.run("resolve", "--reset")
    life.next_session()
    life.trade(NVDA=buy(3, "50"))
    broker.fill("MSFT", "5", "98")
    life.next_session()
    day = life.trade(NVDA=NO_ORDER)
    (said,) = [
        each for each in day["findings"] if each["code"] == "broker_differs" and each["subject"] == "MSFT"
    ]
    assert said["text"] == (
        f"The broker differs on MSFT: quantity 5 instead of 0; buy 5 MSFT ({order}), an order from before "
        "this book, has filled 5 at 98."
    )
    assert "by hand" not in str(said["remedies"])
    _, *command = said["remedies"][0]["command"].split()
    assert "MSFT=5@98" in command
    marked = life.resolve(*command[1:])
    assert figures(row(marked, "MSFT"), "qty avg_entry_price") == amounts("5 98")
    is_the_brokers(marked, broker)
