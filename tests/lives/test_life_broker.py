"""The broker's word: its fills are the book, once its account is proven to be ours; nothing is guessed."""

import shlex
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.broker_server import NUMBER, SECRET
from support.faulty_http import Request
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell, told
from support.odd_broker import OddBroker
from support.odd_platform import ORDERS, POSITIONS
from support.odd_services import utc_text

GTC: dict[str, Any] = {"limit_price": Decimal(110), "status": "new", "detail": {"time_in_force": "gtc"}}


@pytest.fixture
def broker(life: Life) -> OddBroker:
    return life.with_broker()


def the_brokers(life: Life, document: Any, broker: OddBroker) -> None:
    """Prove that the book's quantities and cash are the broker's."""
    held = broker.held().positions
    ours = {each["symbol"]: each["qty"] for each in document["pnl"]["positions"]}
    assert ours == {
        symbol: Decimal(each.qty.numerator) / each.qty.denominator for symbol, each in held.items()
    }
    assert document["pnl"]["complete"] is True
    equity = document["pnl"]["equity"]["closing"]
    assert (equity - document["pnl"]["market_value"]).quantize(Decimal("0.01")) == broker.cash.quantize(
        Decimal("0.01")
    )


def unread(document: Any) -> list[str]:
    return [each["text"] for each in document["findings"] if each["code"] == "order_unread"]


def refolded(document: Any) -> list[str]:
    return [each["text"] for each in document["findings"] if each["code"] == "broker_fill"]


def test_four_sessions_of_a_deaf_gateway(life: Life, broker: OddBroker) -> None:
    """It hears of no fill and lists no position: quantities, prices and cash are the broker's."""
    life.gateway.is_deaf = True
    for plans in (
        {"AAPL": buy(10, "100.25"), "MSFT": buy(5, "200")},
        {"AAPL": sell(4, "103"), "MSFT": NO_ORDER},
        {"AAPL": sell(9, "99.5"), "MSFT": buy(3, "210.333333")},
        {"MSFT": sell(8, "205"), "NVDA": buy(2, "500")},
    ):
        day = life.trade(**plans)
        the_brokers(life, day, broker)
        assert [each["status"] for each in day["orders"] if each["side"]] == ["filled"] * len(
            [each for each in plans.values() if each.side]
        )
        assert row(day, "AAPL")["price_source"] in ("broker", None)
        the_brokers(life, life.mark(), broker)
        assert not says(told(day), "not known")
        assert {each["severity"] for each in day["findings"] if each["code"] == "gateway_differs"} <= {"note"}
        life.next_session()
    (proven,) = life.rows("broker_accounts")
    assert (proven["number"], proven["epoch"]) == (NUMBER, 1)
    told_by = {(each["told_by"], each["gateway_status"], each["gateway_qty"]) for each in life.rows("orders")}
    assert told_by == {("broker", "pending_new", "0")}
    assert all(each.method == "GET" for each in broker.requests)


def test_a_fill_is_busted(life: Life, broker: OddBroker) -> None:
    """Less than before, and another price: folded as if it had been so from the start, and said."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"))
    life.next_session()
    broker.fill("AAPL", "6", "100")
    broker.fill("MSFT", "5", "199")
    day = life.trade(NVDA=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty avg_entry_price") == amounts("6 100")
    assert figures(row(day, "MSFT"), "qty avg_entry_price") == amounts("5 199")
    said = refolded(day)
    assert says(said, "AAPL", "6 filled at 100, and so it is booked; it was booked as 10 at 100 before")
    assert says(said, "MSFT", "5 filled at 199, and so it is booked; it was booked as 5 at 200 before")
    the_brokers(life, day, broker)
    assert refolded(life.mark()) == []
    # Five sessions after, when the gateway is not asked for them any more, still.
    for _ in range(4):
        life.next_session()
        life.trade(NVDA=NO_ORDER)
    broker.fill("AAPL", "0", None, "canceled")
    day = life.trade("--again", TSLA=NO_ORDER)
    assert says(refolded(day), "AAPL", "the broker says nothing filled", "booked as 6 at 100 before")
    assert row(day, "AAPL")["qty"] == 0


@pytest.mark.parametrize("price", ["100.5", "100.01"])
def test_a_fill_is_corrected_in_one_of_its_two_places(life: Life, broker: OddBroker, price: str) -> None:
    """In the order, its executions listed as they were, or in those: what is news is booked, and stays."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"))
    broker.executions |= {"AAPL": [("4", "100"), ("6", "100")], "MSFT": [("5", "200")]}
    life.mark()
    life.next_session()
    broker.order("AAPL")["filled_avg_price"] = price
    broker.executions["MSFT"] = [("5", "199")]
    day = life.trade(NVDA=NO_ORDER)
    said = refolded(day)
    assert says(said, "AAPL", f"10 filled at {price}, and so it is booked; it was booked as 10 at 100 before")
    assert says(said, "MSFT", "5 filled at 199, and so it is booked; it was booked as 5 at 200 before")
    for document in (life.mark(), life.trade("--again", NVDA=NO_ORDER)):
        assert figures(row(document, "AAPL"), "qty avg_entry_price") == amounts(f"10 {price}")
        assert figures(row(document, "MSFT"), "qty avg_entry_price") == amounts("5 199")
        assert refolded(document) == []


@pytest.mark.parametrize("is_deaf", [True, False])
def test_what_is_corrected_while_the_order_fills_on(life: Life, broker: OddBroker, *, is_deaf: bool) -> None:
    """30 of 100 fill at 50, 20 are sold at 60; the 30 were at 49, and 20 more fill at 55: 220 are won.

    So also where the gateway has told of the 20 before the broker is read.
    """
    life.trade(NVDA=buy(100, "50", filled="30", status="partially_filled"))
    order = broker.order("NVDA")
    order["time_in_force"], identity = "gtc", life.order_id("NVDA")
    life.next_session()
    life.trade(NVDA=sell(20, "60"))
    life.next_session()
    if not is_deaf:
        life.gateway.orders[identity] |= {"filled_qty": "50", "filled_avg_price": "51.4"}
    executed = [("30", "49"), ("20", "55")]
    broker.by_order[order["id"]] = executed
    order |= {"filled_qty": "50", "filled_avg_price": "51.4", "filled_at": utc_text(life.now)}
    broker.prices["NVDA"] = Decimal(60)
    day = life.trade(MSFT=NO_ORDER)
    # 20 x (60 - 49); 10 at 49 and 20 at 55 are left.
    assert figures(row(day, "NVDA"), "qty avg_entry_price realized_pnl") == amounts("30 53 220")
    (said,) = refolded(day)
    assert "the broker has corrected what had filled before, 30 filled at 49, and so it is booked" in said
    the_brokers(life, day, broker)
    assert refolded(life.mark()) == []


def test_a_persons_word_gives_way(life: Life, broker: OddBroker) -> None:
    """What the broker says otherwise is booked, and who had said what is told."""
    life.take_keys()
    life.gateway.is_deaf = True
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"), GOOG=buy(2, "50"))
    names = {symbol: life.order_id(symbol) for symbol in ("AAPL", "MSFT", "GOOG")}
    life.run("resolve", "--order", names["AAPL"], "--filled", "8@101")
    life.run("resolve", "--order", names["MSFT"], "--filled", "5@200")
    life.run("resolve", "--order", names["GOOG"], "--not-filled")
    life.give_keys(broker)
    marked = life.mark()
    assert figures(row(marked, "AAPL"), "qty avg_entry_price") == amounts("10 100")
    the_brokers(life, marked, broker)
    said, nothing = refolded(marked)
    assert names["AAPL"] in said
    assert "10 filled at 100, and so it is booked; it was booked as 8 at 101 before, as was said by " in said
    assert (
        f"({names['GOOG']}): the broker says 2 filled at 50, and is believed; nothing filled was " in nothing
    )
    # Said again, it gives way again.
    marked = life.resolve("--order", names["AAPL"], "--filled", "8@101")
    assert row(marked, "AAPL")["qty"] == 10
    (said,) = refolded(marked)
    assert "the broker says 10 filled at 100, and is believed; 8 filled at 101 was said by " in said
    assert refolded(life.mark()) == []


def test_another_accounts_keys(life: Life, broker: OddBroker) -> None:
    """It has orders of the same names, and the gateway knows other ids of them: told, and not booked."""
    day = life.trade(AAPL=buy(10, "100", detail={"broker_order_id": "0b7d", "filled_qty": "10"}))
    assert figures(row(day, "AAPL"), "qty avg_entry_price") == amounts("10 100")
    (said,) = [each for each in day["findings"] if each["code"] == "broker_unproven"]
    assert said["severity"] == "warning"
    assert says(
        [said["text"]], NUMBER, "is not the one that the gateway trades", "0b7d", broker.orders[0]["id"]
    )
    broker.fill("AAPL", "3", "90")
    assert row(life.mark(), "AAPL")["qty"] == 10
    assert life.rows("broker_accounts") == []
    assert [each["told_by"] for each in life.rows("orders")] == [None]


def test_an_account_that_knows_no_order_of_ours(life: Life, broker: OddBroker) -> None:
    """It may list them late: a note in the first session, a warning from the next one on."""
    broker.always("GET", "/v2/orders", Answer(body="[]"))
    day = life.trade(AAPL=buy(10, "100"))
    for severity in ("note", "warning"):
        (said,) = [each for each in day["findings"] if each["code"] == "broker_unproven"]
        assert (said["severity"], life.order_id("AAPL") in said["text"]) == (severity, True)
        life.next_session()
        day = life.trade(MSFT=NO_ORDER)
    assert life.rows("broker_accounts") == []


def test_an_order_from_before_the_post_proves_nothing(life: Life, broker: OddBroker) -> None:
    """The same name, but 50 minutes too early: somebody else's; two minutes may lie between two clocks."""
    broker.ahead = timedelta(minutes=-50)
    day = life.trade(AAPL=buy(10, "100"))
    assert says(told(day), "is not proven to be the one that the gateway trades")
    assert life.rows("broker_accounts") == []
    broker.ahead = timedelta(minutes=-2)
    day = life.trade("--again", MSFT=buy(5, "200"))
    assert not says(told(day), "is not proven")
    assert [each["proven_by"] for each in life.rows("broker_accounts")] == [life.order_id("MSFT")]


def test_an_order_that_is_not_what_was_asked_for(life: Life, broker: OddBroker) -> None:
    """Another quantity under our name: nothing of it is booked, and it is said."""
    life.trade(MSFT=buy(5, "200"))
    life.next_session()
    life.gateway.is_deaf = True
    life.platform.plan = {"AAPL": buy(10, "100")}

    def another_quantity() -> None:
        for each in broker.orders:
            each["qty"] = "11" if each["symbol"] == "AAPL" else each["qty"]

    broker.between = another_quantity
    life.run("--symbols", "AAPL")
    day = life.result(life.reports / f"{life.session}_paper_run.json")
    assert says(told(day), "The broker has buy 11 AAPL as", "and it was buy 10 AAPL: nothing of it is booked")
    assert life.entries("AAPL") == []


def test_an_account_that_was_made_anew(life: Life, broker: OddBroker) -> None:
    """Before anything is sent, exit 3 naming --reset; that works, and the next book has the new account."""
    life.trade(AAPL=buy(10, "100"))
    broker.account["account_number"] = "PA3FAKE00002"
    broker.orders.clear()
    life.next_session()
    posts = len(life.platform.posts)
    for command in (("--symbols", "MSFT"), ("mark",)):
        finished = life.run(*command, status=3)
        assert "shows the account PA3FAKE00002, and the orders of this book are in" in finished.stderr
        assert "resolve --reset" in finished.stderr
    assert len(life.platform.posts) == posts
    (line,) = [each for each in life.last.stderr.splitlines() if "resolve --reset" in each]
    program, *args = shlex.split(line[line.index("--reset") - len("resolve ") :])
    assert (program, args[0]) == ("resolve", "--reset")
    life.run(program, *args)
    life.gateway.positions.clear()
    day = life.trade("--again", MSFT=buy(5, "200"))
    assert row(day, "MSFT")["qty"] == 5
    assert [each["number"] for each in life.rows("broker_accounts")] == [NUMBER, "PA3FAKE00002"]


def test_keys_on_the_fifth_day(life: Life, broker: OddBroker) -> None:
    """What four days did not know is booked, each fill in the session in which it was made."""
    life.take_keys()
    life.gateway.is_deaf = True
    for day in range(4):
        life.trade(AAPL=buy(10 + day, str(100 + day)), status=0)
        life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert (day["pnl"]["complete"], row(day, "AAPL")["qty"]) == (False, None)
    cures = [each["text"] for found in day["findings"] for each in found["remedies"]]
    assert says(cures, "ALPACA_API_KEY_ID", "ALPACA_API_SECRET_KEY")
    life.give_keys(broker)
    marked = life.mark()
    the_brokers(life, marked, broker)
    assert row(marked, "AAPL")["qty"] == 46
    effective = [each["effective"] for each in life.rows("entries")]
    assert effective == ["2025-01-06", "2025-01-07", "2025-01-08", "2025-01-09"]


def test_a_broker_that_is_down(life: Life, broker: OddBroker) -> None:
    """A warning while it is no proven part of the book, else exit 1, as where it is demanded; it says how."""
    life.gateway.is_deaf = True
    broker.always("GET", "*", plain_500())
    day = life.trade(AAPL=buy(10, "100"))
    (said,) = [each for each in day["findings"] if each["code"] == "broker_unreadable"]
    assert (said["severity"], day["pnl"]["positions"]) == ("warning", [])
    life.env["PAPER_RUN_BROKER"] = "paper"
    life.next_session()
    day = life.trade(MSFT=NO_ORDER, status=1)
    (said,) = [each for each in day["findings"] if each["code"] == "broker_unreadable"]
    assert (said["severity"], row(day, "AAPL")["qty"]) == ("error", None)
    # It answers, and from then on it is a part of the book, whoever demands it.
    life.env["PAPER_RUN_BROKER"] = "auto"
    broker.always("GET", "*", Answer())
    the_brokers(life, life.mark(), broker)
    broker.always("GET", "*", plain_500())
    life.next_session()
    day = life.trade(MSFT=NO_ORDER, status=1)
    assert row(day, "AAPL")["qty"] == 10
    assert says([each["text"] for each in day["findings"]], "The broker could not be read", "its orders")


def test_keys_that_are_refused(life: Life, broker: OddBroker) -> None:
    """They may be for quotes alone: a warning with the fix; exit 1 where the broker is demanded."""
    life.env["ALPACA_API_SECRET_KEY"] = "another"
    day = life.trade(AAPL=buy(10, "100"))
    (said,) = [each for each in day["findings"] if each["code"] == "broker_unreadable"]
    assert said["severity"] == "warning"
    assert says([said["text"]], "answered 401", "PAPER_RUN_BROKER=off for keys that are for quotes alone")
    life.env["PAPER_RUN_BROKER"] = "paper"
    assert says(told(life.mark(status=1)), "The broker could not be read")
    # Also once the account is proven, where nobody demands it.
    life.env |= {"PAPER_RUN_BROKER": "auto", "ALPACA_API_SECRET_KEY": SECRET}
    assert not says(told(life.mark()), "The broker could not be read")
    life.env["ALPACA_API_SECRET_KEY"] = "another"
    assert says(told(life.mark()), "The broker could not be read")


def test_an_order_that_was_replaced(life: Life, broker: OddBroker) -> None:
    """Its own fills count, and the replacement's, which is followed to its end as the same attempt's."""
    life.trade(AAPL=buy(10, "100", filled="4", **GTC))
    order = life.order_id("AAPL")
    life.next_session()
    broker.replace("AAPL", 8, "0", None)
    day = life.trade(MSFT=NO_ORDER)
    assert row(day, "AAPL")["qty"] == 4
    life.next_session()
    broker.fill("AAPL", "8", "99")
    day = life.trade(NVDA=NO_ORDER)
    # 4 at 100 and 8 at 99: 1,192 for 12.
    assert row(day, "AAPL")["qty"] == 12
    assert life.entries("AAPL")[-1] == (life.session, "fill", Decimal(8), Decimal(792))
    the_brokers(life, day, broker)
    first, second = life.rows("orders")
    assert (first["client_order_id"], first["status"], first["booked_qty"]) == (order, "replaced", "4")
    assert (second["trade"], second["status"], second["booked_qty"]) == (first["trade"], "filled", "8")
    assert life.reads_of(second["client_order_id"]) == 0  # the gateway was never told of it


def test_an_order_that_the_gateway_does_not_tell_of(life: Life, broker: OddBroker) -> None:
    """The broker does: its figures are stated, and that the gateway could not be read is the failure."""
    life.gateway.always("GET", ORDERS + "/*", plain_500())
    day = life.trade(AAPL=buy(10, "100"), status=1)
    assert figures(row(day, "AAPL"), "qty avg_entry_price") == amounts("10 100")
    assert says(told(day), "The gateway could not be read")


def test_an_account_that_may_take_no_order(life: Life, broker: OddBroker) -> None:
    """It is said before the POST, and the day goes on: the gateway decides."""
    broker.account["trading_blocked"] = True
    day = life.trade(AAPL=buy(10, "100"))
    (said,) = [each for each in day["findings"] if each["code"] == "broker_account"]
    assert says([said["text"]], NUMBER, "trading is blocked")
    assert row(day, "AAPL")["qty"] == 10
    assert says(told(life.mark()), NUMBER, "trading is blocked")


def test_a_gateway_that_lost_its_memory(life: Life, broker: OddBroker) -> None:
    """It knows none of our orders any more; the broker that is proven does, and so the book goes on."""
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    working = {**GTC, "status": "new"}
    life.trade(MSFT=buy(5, None, **working))
    life.gateway.orders.clear()
    life.gateway.positions.clear()
    broker.fill("MSFT", "5", "200")
    marked = life.mark()
    assert figures(row(marked, "MSFT"), "qty avg_entry_price") == amounts("5 200")
    the_brokers(life, marked, broker)
    # The broker told of each of them: nobody is said not to have.
    life.next_session()
    day = life.trade(GOOG=NO_ORDER)
    assert not unread(marked) + unread(day)
    # While it does not, that is said, and how many they are.
    broker.always("GET", "/v2/orders", plain_500())
    assert unread(life.trade("--again", GOOG=NO_ORDER, status=1)) == [
        "2 orders of earlier attempts that had ended could not be read again."
    ]
    # Whose account is not proven to be ours proves nothing of the gateway.
    life.take_keys()
    life.next_session()
    day = life.trade(NVDA=buy(2, "500", detail=None), status=1)
    assert says(told(day), "The gateway does not know the orders")


def test_a_market_order_that_waits_by_the_brokers_own_word(life: Life, broker: OddBroker) -> None:
    """Trading may be halted: what it has filled is known, until it should have ended with its session.

    The gateway has forgotten it, and is not needed for it.
    """
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, None, status="new"))
    life.gateway.orders.clear()
    life.now += timedelta(minutes=20)
    marked = life.mark()
    assert [each["symbol"] for each in marked["pnl"]["positions"]] == ["AAPL"]
    the_brokers(life, marked, broker)
    broker.fill("MSFT", "2", "200", "partially_filled")
    marked = life.mark()
    assert figures(row(marked, "MSFT"), "qty avg_entry_price") == amounts("2 200")
    the_brokers(life, marked, broker)
    assert not unread(marked)
    life.now = life.now.replace(hour=21, minute=10)
    marked = life.mark(status=1)
    (said,) = [each for each in marked["findings"] if each["code"] == "fills_not_known"][1:]
    why = "after the close of 2025-01-06. An order of the day ends with its session: the broker has not"
    assert says([said["text"]], why)
    assert not says(told(marked), "webhook")
    broker.fill("MSFT", "2", "200", "expired")
    the_brokers(life, life.mark(), broker)


def test_the_dollars_are_those_of_the_executions(life: Life, broker: OddBroker) -> None:
    """Where they are all there, their sum counts, and not an average that was rounded; it is no news then."""
    life.trade(AAPL=buy(3, "33.33"), MSFT=buy(3, "66.67"))
    assert life.entries("AAPL") == [(life.session, "fill", Decimal(3), Decimal("99.99"))]
    # Executed for 100.00 in all, an average of 33.333...; of MSFT's 3 only 2 are listed.
    broker.executions = {"AAPL": [("1", "33.40"), ("2", "33.30")], "MSFT": [("2", "66")]}
    broker.fill("AAPL", "3", "33.333333")
    marked = life.mark()
    assert life.entries("AAPL")[-1] == (life.session, "fill", Decimal(3), Decimal(100))
    assert life.entries("MSFT") == [(life.session, "fill", Decimal(3), Decimal("200.01"))]
    assert says(refolded(marked), "AAPL")
    # The list is gone, or can't be read: what it told stays.
    broker.executions = {"AAPL": [], "MSFT": []}
    assert refolded(life.mark()) == []
    broker.always("GET", "/v2/account/activities", plain_500())
    life.next_session()
    life.trade(NVDA=NO_ORDER, status=1)
    assert len(life.entries("AAPL")) == 2


def test_the_executions_of_an_order_are_read_late(life: Life, broker: OddBroker) -> None:
    """They count also when it ended a week ago: until then it is what its rounded average makes."""
    broker.always("GET", "/v2/account/activities", plain_500())
    broker.executions = {"AAPL": [("1", "33.40"), ("2", "33.30")]}
    life.trade(AAPL=buy(3, "33.3333"))
    assert life.entries("AAPL") == [("2025-01-06", "fill", Decimal(3), Decimal("99.9999"))]
    for _ in range(4):
        life.next_session()
        life.trade(MSFT=NO_ORDER, status=1)
    broker.always("GET", "/v2/account/activities", Answer())
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert life.entries("AAPL")[-1] == (life.session, "fill", Decimal(3), Decimal(100))
    assert refolded(day) == []  # it is less than a cent
    assert len(life.entries("AAPL")) == 2


def test_while_the_broker_is_silent_the_gateways_fill_is_not_taken_for_its(
    life: Life, broker: OddBroker
) -> None:
    """The gateway invents a fill: null with the reason, until the broker that is proven tells."""
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    broker.always("GET", "/v2/orders", plain_500())
    invented = {"filled_qty": "5", "filled_avg_price": "7"}
    day = life.trade(MSFT=buy(5, "200", detail=invented), AAPL=buy(2, "101"), status=1)
    assert (row(day, "MSFT")["qty"], row(day, "AAPL")["qty"], day["pnl"]["complete"]) == (None, None, False)
    assert says(told(day), "The fills are not known", "The broker, or without one the gateway, was asked")
    assert life.entries("MSFT") == []
    broker.always("GET", "/v2/orders", Answer())
    marked = life.mark()
    assert figures(row(marked, "MSFT"), "qty avg_entry_price") == amounts("5 200")
    the_brokers(life, marked, broker)
    assert refolded(marked) == []
    # Without its keys the gateway's word is the best again.
    broker.always("GET", "/v2/orders", plain_500())
    life.next_session()
    life.trade(NVDA=buy(3, "50"), status=1)
    life.take_keys()
    assert row(life.mark(), "NVDA")["qty"] == 3


def test_an_order_that_the_gateway_calls_rejected_is_known_as_soon_as_the_broker_tells(
    life: Life, broker: OddBroker
) -> None:
    """The connection broke after the broker took it: in the run's own result nothing is in doubt."""
    broken = {"status": "rejected", "broker_order_id": None, "error_message": "Connection aborted"}
    broken |= {"filled_qty": "0", "filled_avg_price": None}
    plan = buy(10, "100", mapping={"order_status": "rejected"}, detail=broken)
    day = life.trade(AAPL=plan)
    assert day["results"]["num_orders_in_doubt"] == 0
    assert figures(row(day, "AAPL"), "qty avg_entry_price") == amounts("10 100")
    the_brokers(life, day, broker)


def test_all_that_a_mark_reads_is_asked_for_at_once(life: Life, broker: OddBroker) -> None:
    """Nobody answers before everybody was asked: gateway, quotes, and each list of the broker's."""
    life.trade(AAPL=buy(10, None, **GTC))
    life.env["PAPER_RUN_QUOTES_URL"] = life.platform.quotes.url
    asked = {"/v2/account", "/v2/orders", "/v2/positions", "/v2/account/activities"}
    asked |= {POSITIONS, f"{ORDERS}/{life.order_id('AAPL')}", "/v2/stocks/quotes/latest"}
    arrived: set[str] = set()
    let_go = Event()

    def arrives(request: Request) -> None:
        arrived.add(request.path)
        if asked <= arrived:
            let_go.set()

    for server in (life.gateway, life.platform.quotes, broker):
        server.log.arrivals.append(arrives)
        for path in asked:
            server.always("GET", path, Answer(held=let_go, process="before"))
    nothing = {"corporate_actions": {}, "next_page_token": None}
    life.platform.quotes.always("GET", "/v1/corporate-actions", Answer(body=nothing))
    life.mark()  # whoever had been asked later would not have been waited for
    assert asked <= arrived
