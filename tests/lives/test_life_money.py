"""Money that is not trading: what the broker posts, cancels and corrects is in the book, to the cent."""

import contextlib
import csv
import io
import os
import signal
import sqlite3
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.broker_server import NUMBER
from support.command import ROOT, clean_environment
from support.faulty_http import Request, exact
from support.life import NO_ORDER, Life, buy, row, says, sell, told
from support.odd_broker import OddBroker
from support.odd_orchestrator import order_id_of

CENT = Decimal("0.01")
KILLED = """
import signal, sys
from paper_run import cli
from support.steps import Steps, send_signal
Steps("after sql INSERT INTO broker_money", 1, send_signal(signal.SIGKILL)).install()
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def broker(life: Life) -> OddBroker:
    """Ten AAPL at 100 and five MSFT at 200, in an account that is proven; its gateway hears of no fill."""
    broker = life.with_broker()
    life.gateway.is_deaf = True
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"))
    return broker


def settled(document: Any, broker: OddBroker) -> Any:
    """Prove that cash, quantities and equity are the broker's, and nothing is left without a name."""
    party = document["parties"]["broker"]
    assert (party["equity"]["residual"], party["cash"]["unexplained"]) == (0, 0)
    assert {each["code"] for each in document["findings"]} & {"residual", "broker_differs"} == set()
    assert party["cash"]["ours"] == party["cash"]["broker"] == broker.cash.quantize(CENT)
    assert {each["symbol"]: each["qty"] for each in party["positions"]} == {
        each["symbol"]: each["broker_qty"] for each in party["positions"]
    }
    assert (document["pnl"]["complete"], document["exit_status"]) == (True, 0)
    return document["pnl"]


def money(document: Any) -> dict[str, Decimal]:
    """Return what the session's bridge has besides trading, without what is nothing."""
    moved = document["pnl"]["equity"].get("money", {})
    return {name: amount for name, amount in moved.items() if amount}


def codes(document: Any, prefix: str = "money") -> list[tuple[str, str]]:
    return [
        (each["code"], each["severity"]) for each in document["findings"] if each["code"].startswith(prefix)
    ]


def test_a_dividend_is_paid_canceled_and_corrected(life: Life, broker: OddBroker) -> None:
    """Each word of the broker's books the difference; the row, the bridge and the cash follow."""
    life.next_session()
    dividend = broker.post("DIV", "12.34", "AAPL", qty="10", per_share_amount="1.234")
    day = life.trade(NVDA=NO_ORDER)
    pnl = settled(day, broker)
    assert money(day) == {"income": Decimal("12.34")}
    assert (row(day, "AAPL")["realized_pnl"], pnl["day_pnl"]) == (Decimal("12.34"), Decimal("12.34"))
    assert codes(day) == []
    life.next_session()
    assert money(life.trade(NVDA=NO_ORDER)) == {}
    dividend["status"] = "canceled"
    marked = life.mark()
    assert settled(marked, broker)["day_pnl"] == Decimal("-12.34")
    assert money(marked) == {"income": Decimal("-12.34")}
    assert codes(marked) == [("money_corrected", "note")]
    assert says(told(marked), "The broker has canceled Dividend of AAPL, 2025-01-07", "was +12.34 dollars")
    life.next_session()
    dividend |= {"status": "correct", "net_amount": "10.50"}
    day = life.trade(NVDA=NO_ORDER)
    assert settled(day, broker)["day_pnl"] == Decimal("10.50")
    assert row(day, "AAPL")["realized_pnl"] == Decimal("10.50")
    assert codes(day) == [("money_corrected", "note")]
    assert says(told(day), "The broker has reinstated Dividend of AAPL", "was nothing and is +10.50 dollars")
    dividend["net_amount"] = "10.40"
    assert settled(life.mark(), broker)["day_pnl"] == Decimal("10.40")
    # All of it took effect on the day of the dividend, and each is booked once.
    assert {each["effective"] for each in life.rows("entries") if each["kind"] == "income"} == {"2025-01-07"}
    assert [each[3] for each in life.entries("AAPL")[1:]] == [
        Decimal(each) for each in ("12.34", "-12.34", "10.50", "-0.10")
    ]


def test_it_is_shown_where_a_person_looks(life: Life, broker: OddBroker) -> None:
    """Console, page, positions, JSON: each of it with its source; the account's row is no open position."""
    life.next_session()
    broker.post("DIV", "12.34", "AAPL", qty="10")
    broker.post("FEE", "-0.35")
    broker.post("CSD", "500")
    day = life.trade(NVDA=NO_ORDER)
    settled(day, broker)
    assert [tuple(each.values())[1:7] for each in day["pnl"]["money"]] == [
        ("income", "DIV", "Dividend", "AAPL", None, Decimal("12.34")),
        ("income", "FEE", "Fee", None, None, Decimal("-0.35")),
        ("flow", "CSD", "Cash deposit", None, None, Decimal("500.00")),
    ]
    assert "  Besides Trading:    +$11.99 income and fees; +$500.00 in and out, no P&L\n" in life.last.stdout
    assert "  Positions:          2\n" in life.last.stdout
    page = (life.reports / f"{life.session}_paper_run.html").read_text("utf-8")
    for words in ("of it income and fees", "Cash deposit", "of it cash and shares in and out"):
        assert words in page
    table = csv.DictReader(io.StringIO((life.reports / f"{life.session}_positions.csv").read_text("utf-8")))
    (account,) = [each for each in table if each["symbol"] == "account"]
    assert [name for name, cell in account.items() if cell] == [
        *("session", "kind", "trade", "symbol", "qty", "market_value", "realized_pnl", "unrealized_pnl"),
        *("total_pnl", "day_pnl", "orders_in_flight", "label"),
    ]
    assert (account["qty"], account["market_value"]) == ("0", "0.00")
    assert "account" not in {each["symbol"] for each in day["parties"]["broker"]["positions"]}
    life.next_session()
    assert "money" not in life.trade(NVDA=NO_ORDER)["pnl"]


def test_the_accounts_row_is_nothing_to_adjust(life: Life) -> None:
    """The gateway has all that the book holds: `all` finds no difference in it, nor a price to ask for."""
    broker = life.with_broker()
    life.trade(AAPL=buy(10, "100"))
    broker.post("FEE", "-0.35")
    assert row(life.mark(), "account")["realized_pnl"] == Decimal("-0.35")
    refused = life.run("resolve", "--position", "all", status=3)
    assert "--position: there is no difference to book" in refused.stderr


def test_killed_between_the_reading_and_the_commit(life: Life, broker: OddBroker) -> None:
    """Nothing of it is written; the next command books it once."""
    life.next_session()
    life.trade(NVDA=NO_ORDER)
    broker.post("DIV", "12.34", "AAPL")
    env = clean_environment(life.folder) | life.platform.urls | life.env
    path = os.pathsep.join(filter(None, (str(ROOT / "tests"), str(ROOT))))
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, "mark"],
        cwd=life.folder,
        env=env | {"PYTHONPATH": path},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    assert [each["type"] for each in life.rows("broker_money")] == []
    for document in (life.mark(), life.mark()):
        settled(document, broker)
        assert money(document) == {"income": Decimal("12.34")}
    assert len(life.entries("AAPL")) == 2


def test_what_was_there_before_the_account_was_proven_is_in_the_base(life: Life) -> None:
    """The base has it; only what a correction of it changes is booked."""
    broker = life.with_broker()
    life.gateway.is_deaf = True
    deposit = broker.post("CSD", "500", day="2024-12-20")
    dividend = broker.post("DIV", "7", "AAPL")
    day = life.trade(AAPL=buy(10, "100"))
    assert (money(settled_on(day, 100_507)), len(life.rows("entries"))) == ({}, 1)
    life.next_session()
    dividend["net_amount"] = "8.50"
    deposit["status"] = "canceled"
    assert money(settled_on(life.trade(NVDA=NO_ORDER), 100_507)) == {
        "income": Decimal("1.50"),
        "flows": Decimal(-500),
    }


def settled_on(document: Any, base: int) -> Any:
    party = document["parties"]["broker"]
    assert (party["equity"]["residual"], party["cash"]["unexplained"]) == (0, 0)
    assert (document["pnl"]["base"], party["equity"]["items"]) == (base, [])
    return document


def test_a_ledger_of_an_older_program(life: Life, broker: OddBroker) -> None:
    """Its account was proven long ago and its money never read: what came since then is income."""
    life.next_session()
    broker.post("DIV", "3", "AAPL", day="2025-01-06")
    broker.post("DIV", "5", "AAPL")
    with contextlib.closing(sqlite3.connect(life.reports / "ledger.sqlite3")) as ledger, ledger:
        ledger.execute("DELETE FROM broker_money_reads")
        ledger.execute("UPDATE broker_accounts SET proven_at = '2025-01-06T15:00:00+00:00'")
        ledger.execute("UPDATE epochs SET base_account = NULL")
    # The 3 of the day on which it was proven come in with what the account has besides the book.
    assert money(life.trade(NVDA=NO_ORDER)) == {"income": 5, "flows": 3, "inflows": 3}
    assert [each["in_base"] for each in life.rows("broker_money")] == [1, 0]


def test_a_fee_that_is_posted_late_sorts_before_what_was_read(life: Life, broker: OddBroker) -> None:
    """At 23:00 of a day whose fills were read and whose closing is whole: it belongs to the next session."""
    life.now = life.now.replace(hour=21, minute=30)
    closed = life.mark()
    broker.post("FEE", "-0.35")
    assert broker.money[0]["id"] < f"{life.session.replace('-', '')}093000000"
    assert life.mark()["pnl"]["equity"]["closing"] == closed["pnl"]["equity"]["closing"]
    life.next_session()
    life.now = life.now.replace(hour=15, minute=0)
    day = life.trade(NVDA=NO_ORDER)
    assert settled(day, broker)["day_pnl"] == Decimal("-0.35")
    (entry,) = [each for each in life.rows("entries") if each["kind"] == "income"]
    assert (entry["session"], entry["effective"], entry["symbol"]) == ("2025-01-07", "2025-01-06", "account")
    assert row(day, "account")["realized_pnl"] == Decimal("-0.35")


def test_a_deposit_and_a_withdrawal(life: Life, broker: OddBroker) -> None:
    """No P&L: day P&L / (opening + what came in); what goes out counts at the session's end."""
    life.next_session()
    broker.post("CSD", "25000")
    broker.post("CSW", "-5000")
    broker.prices["AAPL"] = Decimal(125)
    day = life.trade(NVDA=NO_ORDER)
    pnl = settled(day, broker)
    assert money(day) == {"flows": Decimal(20_000), "inflows": Decimal(25_000)}
    equity = pnl["equity"]
    assert (equity["opening"], equity["adjustments"]) == (100_000, 20_000)
    assert (pnl["day_pnl"], equity["closing"]) == (250, 120_250)
    # 250 / (100,000 + 25,000)
    assert day["statistics"]["daily_return"]["value"] == Decimal("0.002")
    assert day["statistics"]["total_return"]["value"] == Decimal("0.002")
    life.next_session()
    broker.post("JNLC", "-21250")
    broker.prices["AAPL"] = Decimal("112.975")
    day = life.trade(NVDA=NO_ORDER)
    # -120.25 / 120,250
    assert settled(day, broker)["day_pnl"] == Decimal("-120.25")
    assert day["statistics"]["daily_return"]["value"] == Decimal("-0.001")
    assert day["pnl"]["since_inception"]["money"]["flows"] == -1250


def test_interest_and_withholding_of_both_signs(life: Life, broker: OddBroker) -> None:
    """The sign is the amount's, whatever the type; of a symbol it is in its row."""
    life.next_session()
    broker.post("INT", "-3.21")
    broker.post("DIVNRA", "-1.50", "MSFT")
    broker.post("WH", "0.40", "MSFT")
    broker.post("PTR", "0.05")
    day = life.trade(NVDA=NO_ORDER)
    settled(day, broker)
    assert money(day) == {"income": Decimal("-4.26")}
    assert row(day, "MSFT")["realized_pnl"] == Decimal("-1.10")
    assert row(day, "account")["realized_pnl"] == Decimal("-3.16")


def test_shares_that_come_in(life: Life, broker: OddBroker) -> None:
    """At the price that is told, else at that moment's: a flow at their worth, no P&L; then they go out."""
    life.next_session()
    broker.prices |= {"AAPL": Decimal(110), "NVDA": Decimal(50)}
    broker.post("JNLS", "0", "AAPL", qty="10", price="105")
    came = broker.post("ACATS", "0", "NVDA", qty="4")
    broker.move("AAPL", "10", "1050")
    broker.move("NVDA", "4", "200")
    day = life.trade(GOOG=NO_ORDER)
    pnl = settled(day, broker)
    assert money(day) == {"flows": 1250, "inflows": 1250}
    # 10 at 100 and 10 at 105, worth 110; 4 at their mark.
    assert (row(day, "AAPL")["avg_entry_price"], pnl["day_pnl"]) == (Decimal("102.5"), 150)
    assert (row(day, "NVDA")["avg_entry_price"], row(day, "NVDA")["day_pnl"]) == (50, 0)
    life.next_session()
    came["qty"] = "3"
    broker.move("NVDA", "-1", "-50")
    day = life.trade(GOOG=NO_ORDER)
    settled(day, broker)
    assert (money(day)["flows"], row(day, "NVDA")["qty"], row(day, "NVDA")["avg_entry_price"]) == (-50, 3, 50)


def test_shares_without_a_price_wait(life: Life, broker: OddBroker) -> None:
    """Nobody tells what they are worth: they are named, and booked once somebody does."""
    life.next_session()
    broker.move("ZZZ", "4", "0")
    broker.no_price.add("ZZZ")
    broker.post("JNLS", "0", "ZZZ", qty="4")
    day = life.trade(GOOG=NO_ORDER)
    assert says(told(day), "Share journal of ZZZ, 2025-01-07", "its shares have no price")
    assert (money(day), day["parties"]["broker"]["equity"]["residual"]) == ({}, None)
    broker.no_price.clear()
    broker.prices["ZZZ"] = Decimal(25)
    marked = life.mark()
    settled(marked, broker)
    assert money(marked) == {"flows": 100, "inflows": 100}


def test_cash_in_lieu_after_a_reverse_split(life: Life, broker: OddBroker) -> None:
    """Half a share is paid out: a trade of it. The broker takes it back and pays again: as if once."""
    life.next_session()
    broker.move("AAPL", "-7.5", "0")
    broker.prices["AAPL"] = Decimal(400)
    life.trade(NVDA=NO_ORDER)
    settled(life.resolve("--split", "AAPL", "1:4"), broker)
    broker.move("AAPL", "-0.5", "-200")
    paid = broker.post("CIL", "205", "AAPL", qty="0.5")
    day = life.mark()
    settled(day, broker)
    figures = (row(day, "AAPL")["qty"], row(day, "AAPL")["avg_entry_price"], row(day, "AAPL")["realized_pnl"])
    # 2.5 shares at 400; half of one for 205.
    assert figures == (2, 400, 5)
    paid["status"] = "canceled"
    broker.move("AAPL", "0.5", "200")
    assert row(life.mark(), "AAPL")["realized_pnl"] == 0
    life.next_session()
    broker.post("CIL", "203", "AAPL", qty="-0.5")
    broker.move("AAPL", "-0.5", "-200")
    day = life.trade(NVDA=NO_ORDER)
    settled(day, broker)
    assert (row(day, "AAPL")["qty"], row(day, "AAPL")["realized_pnl"]) == (2, 3)


@pytest.mark.parametrize("told", [{"qty": "0.5"}, {}], ids=["with its quantity", "without"])
@pytest.mark.parametrize("days_late", [0, 2])
def test_cash_in_lieu_of_a_listed_split(life: Life, days_late: int, told: dict[str, str]) -> None:
    """Read with the split, or days after it: the same book; until it is paid the fraction has a name.

    Where the broker does not tell of how many shares it is, it is the fraction that the account is without.
    """
    broker = life.with_broker(with_list=True)
    life.gateway.is_deaf = True
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    broker.lists("reverse_splits", "AAPL", life.session, new_rate=1, old_rate=4)
    broker.split("AAPL", 1, 4, whole=True)
    broker.prices["AAPL"] = Decimal(400)
    for _ in range(days_late):
        day = life.trade(NVDA=NO_ORDER)
        assert row(day, "AAPL")["qty"] == Decimal("2.5")
        assert day["parties"]["broker"]["equity"]["residual"] == 0
        life.next_session()
    paid = broker.post("CIL", "205", "AAPL", **told)
    for day in (life.trade(NVDA=NO_ORDER), life.mark()):
        settled(day, broker)
        assert (row(day, "AAPL")["qty"], row(day, "AAPL")["realized_pnl"]) == (2, 5)
        assert codes(day) == []
    # Taken back and paid anew, both read at once; the new one sorts before it.
    paid["status"] = "canceled"
    broker.post("CIL", "203", "AAPL", id=paid["id"][:-8], date=paid["date"], **told)
    day = life.mark()
    settled(day, broker)
    assert (row(day, "AAPL")["qty"], row(day, "AAPL")["realized_pnl"]) == (2, 3)


def test_a_type_that_nobody_knows(life: Life, broker: OddBroker) -> None:
    """Named once, in equity and in no P&L; cash in lieu without a quantity is such money too."""
    life.next_session()
    broker.post("XYZZY", "-20", description="a bounty")
    broker.post("CIL", "1.25", "AAPL")
    broker.post("MEM", "0", description="a memo")
    broker.post("CFEE", "0", "BTCUSD", qty="-0.001")
    broker.post("SPLIT", "0", "MSFT", qty="3").pop("net_amount")
    day = life.trade(NVDA=NO_ORDER)
    assert settled(day, broker)["day_pnl"] == 0
    assert money(day) == {"other": Decimal("-18.75"), "inflows": Decimal("1.25")}
    assert codes(day) == [("money_other", "note")] * 2
    assert says(told(day), "Activity XYZZY, 2025-01-07", "a bounty", "-20.00 dollars", broker.money[0]["id"])
    assert codes(life.mark()) == []


def test_a_fee_in_the_coins_of_the_book(life: Life, broker: OddBroker) -> None:
    """It costs what they had cost: 0.05 of 2 at 500 are 25 dollars; corrected and canceled, it counts so."""
    life.next_session()
    life.trade(**{"BTC/USD": buy(2, "500")})
    fee = broker.post("CFEE", "0", "BTCUSD", qty="-0.05", price="510")
    broker.move("BTC/USD", "-0.05", "-25")
    for day in (life.mark(), life.trade("--again", MSFT=NO_ORDER)):
        settled(day, broker)
        assert row(day, "BTC/USD")["realized_pnl"] == -25
        (told_of,) = day["pnl"]["money"]
        assert (told_of["qty"], told_of["amount"]) == (Decimal("-0.05"), 0)
        assert str(told_of["amount"]) == "0.00"
    fee |= {"qty": "-0.04", "status": "correct"}
    broker.move("BTC/USD", "0.01", "5")
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    settled(day, broker)
    assert says(told(day), "The broker has corrected Crypto fee of BTCUSD", "it was -0.05 and is -0.04")
    fee["status"] = "canceled"
    broker.move("BTC/USD", "0.04", "20")
    day = life.mark()
    settled(day, broker)
    assert (row(day, "BTC/USD")["qty"], row(day, "BTC/USD")["realized_pnl"]) == (2, 0)


def test_a_fee_in_coins_that_a_person_had_taken_over(life: Life, broker: OddBroker) -> None:
    """They go at once, the fee is posted at night: what a person said since has it, a later one is new."""
    life.next_session()
    life.trade(**{"BTC/USD": buy(2, "500")})
    broker.move("BTC/USD", "-0.05", "-25")
    life.resolve("--position", "BTC/USD")
    broker.move("BTC/USD", "-0.03", "-15")
    for qty in ("-0.03", "-0.05"):
        broker.post("CFEE", "0", "BTCUSD", qty=qty, price="510")
    life.next_session()
    for day in (life.trade(MSFT=NO_ORDER), life.mark()):
        settled(day, broker)
        assert row(day, "BTC/USD")["qty"] == Decimal("1.92")


def test_a_dividend_that_is_dated_ahead_or_on_a_closed_day(life: Life, broker: OddBroker) -> None:
    """Ahead: it waits, and its cash with it. Of a Saturday: it is Monday's, and until then it has a name."""
    for _ in range(4):
        life.next_session()
    ahead = broker.post("DIV", "9", "AAPL", day="2025-01-13")
    day = life.trade(NVDA=NO_ORDER)  # a Friday
    assert (money(day), codes(day)) == ({}, [])
    settled(day, broker)
    broker.post("INT", "2", day="2025-01-11")
    life.now = life.now.replace(day=11)
    life.run("mark")
    marked = exact((life.reports / "2025-01-10_mark.json").read_text("utf-8"))
    assert (money(marked), codes(marked)) == ({}, [("money_waits", "note")])
    party = marked["parties"]["broker"]
    assert (party["equity"]["residual"], party["cash"]["unexplained"]) == (0, 0)
    assert [(each["kind"], each["amount"]) for each in party["equity"]["items"]] == [("flow", -2)]
    life.next_session()
    day = life.trade(NVDA=NO_ORDER)
    settled(day, broker)
    assert money(day) == {"income": 11}
    assert ahead["date"] == life.session == "2025-01-13"


def test_a_reading_goes_back_to_the_last_good_one(life: Life, broker: OddBroker) -> None:
    """The broker can't be read for seven weeks: what was posted at their beginning is booked at their end."""
    life.next_session()
    broker.post("DIV", "5", "AAPL")
    life.take_keys()
    for _ in range(40):
        life.next_session()
    life.give_keys(broker)
    day = life.trade(NVDA=NO_ORDER)
    settled(day, broker)
    assert money(day) == {"income": 5}


def test_money_that_can_not_be_read_is_not_booked(life: Life, broker: OddBroker) -> None:
    """It is said, exit 1; the fills of the same moment are, and the money is with the next reading."""
    life.next_session()
    broker.post("DIV", "5", "AAPL")
    broker.always("GET", "/v2/account/activities", plain_500())
    day = life.trade(NVDA=buy(1, "50"), status=1)
    assert says(told(day), "The broker could not be read", "what moved its money")
    assert (money(day), row(day, "NVDA")["qty"]) == ({}, 1)
    broker.always("GET", "/v2/account/activities", Answer())
    assert money(life.mark()) == {"income": 5}


def test_another_ledgers_account(life: Life, broker: OddBroker) -> None:
    """An order there is a gateway's and not of our strategy: whose the money is nobody knows."""
    life.next_session()
    theirs = order_id_of("TSLA", "buy", 3, life.now.date(), kind="another strategy|")
    order = {"client_order_id": theirs, "symbol": "TSLA", "side": "buy", "qty": 3}
    order |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(order, Decimal(0), None, "new")
    broker.post("DIV", "5", "AAPL")
    broker.post("CSD", "100")
    # Before its orders could be read that was not known, and the money waited.
    broker.always("GET", "/v2/orders", plain_500())
    assert money(life.trade(NVDA=NO_ORDER, status=1)) == {}
    broker.calm()
    day = life.mark()
    (said,) = [each for each in day["findings"] if each["code"] == "money_shared"]
    assert said["severity"] == "warning"
    assert says([said["text"]], theirs, "PAPER_RUN_BROKER=off")
    assert (money(day), row(day, "AAPL")["realized_pnl"]) == ({}, 0)
    # What it has besides is not known to be anybody's, and nothing offers to take it over.
    broker.fill("TSLA", "3", "70")
    marked = life.mark()
    stated = marked["parties"]["broker"]
    reasons = ["another ledger trades the account too"]
    assert (stated["equity"]["residual"], stated["equity"]["reasons"]) == (None, reasons)
    assert (stated["cash"]["unexplained"], stated["cash"]["reasons"]) == (None, reasons)
    (differs,) = [each for each in marked["findings"] if each["code"] in ("broker_differs", "residual")]
    assert differs["text"] == (
        "The broker differs on TSLA: quantity 3 instead of 0; another ledger trades the account too."
    )
    assert differs["remedies"] == []
    # It stays so when the order is out of sight.
    for _ in range(8):
        life.next_session()
    assert codes(life.trade(NVDA=NO_ORDER)) == [("money_shared", "warning")]


def test_another_accounts_money_is_not_booked(life: Life, broker: OddBroker) -> None:
    """The keys lead elsewhere by now: a person's word is booked, and nothing of that account."""
    broker.post("DIV", "5", "AAPL")
    broker.account["account_number"] = "PA3FAKE00002"
    life.run("resolve", "--position", "NVDA=2@50", status=1)
    assert [each["kind"] for each in life.rows("entries")] == ["fill", "fill", "adjustment"]
    broker.account["account_number"] = NUMBER
    assert money(life.mark()) == {"income": 5}


def test_many_activities_are_named_and_the_rest_counted(life: Life, broker: OddBroker) -> None:
    """All are booked; long names and descriptions are cut, markup in them is text."""
    life.next_session()
    for number in range(70):
        broker.post(f"ODD<{number}>" + "X" * 100, "1", description="&" * 1000)
    day = life.trade(NVDA=NO_ORDER)
    settled(day, broker)
    assert money(day) == {"other": 70, "inflows": 70}
    notes = [each["text"] for each in day["findings"] if each["code"] == "money_other"]
    assert (len(notes), max(map(len, notes)) < 400) == (21, True)
    assert "50 activities" in notes[-1]
    page = (life.reports / f"{life.session}_paper_run.html").read_text("utf-8")
    assert "and 10 more in the JSON." in page
    assert "ODD<" not in page


def test_one_activity_more_than_are_named_is_told_as_one(life: Life, broker: OddBroker) -> None:
    life.next_session()
    for _ in range(21):
        broker.post("MISC", "1")
    notes = [each["text"] for each in life.trade(NVDA=NO_ORDER)["findings"] if each["code"] == "money_other"]
    assert notes[-1] == "The broker has more to say of 1 activity: see `money` in the JSON."


def test_what_comes_after_a_closing_that_stays_is_the_next_sessions(life: Life, broker: OddBroker) -> None:
    """Traded once more after the close: the fee of that moment is in the book, and in the next bridge."""
    life.now = life.now.replace(hour=21, minute=30)
    closed = life.mark()
    broker.post("FEE", "-0.35")
    day = life.trade("--again", NVDA=NO_ORDER)
    assert (money(day), "money" in day["pnl"], day["pnl"]["day_pnl"]) == ({}, False, 0)
    assert day["pnl"]["equity"]["adjustments"] == Decimal("-0.35")
    assert [each["code"] for each in day["findings"]].count("closing_kept") == 1
    life.next_session()
    life.now = life.now.replace(hour=15, minute=0)
    day = life.trade(NVDA=NO_ORDER)
    assert settled(day, broker)["day_pnl"] == Decimal("-0.35")
    assert (money(day), len(day["pnl"]["money"])) == ({"income": Decimal("-0.35")}, 1)
    assert day["pnl"]["equity"]["opening"] == closed["pnl"]["equity"]["closing"]


def test_income_of_what_the_book_sold_and_of_what_it_never_had(life: Life, broker: OddBroker) -> None:
    """Of a symbol it has a row without shares; of a coin, no share, it is the account's."""
    life.next_session()
    life.trade(AAPL=sell(10, "100"))
    broker.post("DIV", "4", "AAPL")
    broker.post("DIV", "3", "IBM")
    broker.post("INT", "1", "BTCUSD")
    marked = life.mark()
    settled(marked, broker)
    assert {name: row(marked, name)["realized_pnl"] for name in ("AAPL", "IBM", "account")} == {
        "AAPL": 4,
        "IBM": 3,
        "account": 1,
    }
    assert [row(marked, name)["qty"] for name in ("AAPL", "IBM", "account")] == [0, 0, 0]
    settled(life.mark(), broker)


def test_money_that_comes_between_two_answers_of_a_reading(life: Life, broker: OddBroker) -> None:
    """The cash has the deposit, the list of that moment not yet: it is read again, and booked at once."""
    life.next_session()
    broker.post("CSD", "1000")
    lists = []
    healthy = broker.healthy

    def answer(request: Request) -> tuple[int, Any]:
        status, body = healthy(request)
        if request.path == "/v2/account/activities" and "category" in request.query:
            lists.append(body)
            return status, body if len(lists) > 1 else []
        return status, body

    broker.healthy = answer  # type: ignore[method-assign]
    day = life.trade(NVDA=NO_ORDER)
    assert money(day) == {"flows": 1000, "inflows": 1000}
    settled(day, broker)
    # Where nothing moves it is read no third time.
    before = len(lists)
    settled(life.mark(), broker)
    assert len(lists) == before + 2


def test_a_second_look_that_fails_leaves_the_first(life: Life, broker: OddBroker) -> None:
    """The account was read, and so it is: no failure, and what was told is booked."""
    life.next_session()
    life.trade(NVDA=NO_ORDER)
    broker.post("CSD", "1000")
    healthy, looks = broker.healthy, []

    def answer(request: Request) -> tuple[int, Any]:
        looks.append(request.path)
        is_second = request.path == "/v2/account" and looks.count(request.path) > 1
        return (500, {"message": "later"}) if is_second else healthy(request)

    broker.healthy = answer  # type: ignore[method-assign]
    marked = life.mark()
    assert looks.count("/v2/account") > 1
    assert money(marked) == {"flows": 1000, "inflows": 1000}
    settled(marked, broker)


def fees_of_a_day(life: Life, broker: OddBroker, dollars: str, later: str = "0") -> None:
    """Have fees accrue in a session, where a mark reads them, and be charged before the next one.

    :param later: what accrues after that mark, and is charged with them.
    """
    broker.deposit -= Decimal(dollars)
    broker.fees = dollars
    life.mark()
    broker.deposit -= Decimal(later)
    broker.fees = "0"
    life.next_session()


def unposted(document: Any) -> list[tuple[str, Decimal]]:
    return [
        (each["subject"], each["cash"])
        for each in document["parties"]["broker"]["equity"]["items"]
        if each["kind"] == "flow"
    ]


def test_fees_that_are_charged_and_posted_only_later(life: Life, broker: OddBroker) -> None:
    """They are off the cash, of two days, and no longer accrued: named until they are posted, booked once."""
    broker.deposit -= Decimal("0.13")
    broker.fees = "0.13"
    settled_besides(life.mark(), {"accrued_fees": "0.13"})
    life.next_session()
    broker.deposit -= Decimal("0.08")
    broker.fees = "0.08"
    day = life.trade(NVDA=NO_ORDER)
    of_monday = ("fees that accrued by 2025-01-06, charged and not posted yet", Decimal("0.13"))
    settled_besides(day, {"accrued_fees": "0.08"})
    assert unposted(day) == [of_monday]
    assert unposted(life.mark()) == [of_monday]
    life.next_session()
    broker.fees = "0"
    day = life.trade(NVDA=NO_ORDER)
    of_both = ("fees that accrued by 2025-01-07, charged and not posted yet", Decimal("0.21"))
    settled_besides(day, {"accrued_fees": "0"})
    assert unposted(day) == [of_both]
    # Nothing of it is booked by a person who wants all of it booked.
    refused = life.run("resolve", "--position", "all", status=3)
    assert "has the book's quantity of every symbol, and its cash" in refused.stderr
    posted(broker, "-0.13", "2025-01-06")
    marked = life.mark()
    settled_besides(marked, {"accrued_fees": "0"})
    assert unposted(marked) == [
        ("fees that accrued by 2025-01-07, charged and not posted yet", Decimal("0.08"))
    ]
    posted(broker, "-0.08", "2025-01-07")
    for document in (life.mark(), life.mark()):
        assert unposted(document) == []
        settled(document, broker)
    # It was these fees: the same amount later is no fee any more.
    broker.deposit -= Decimal("0.13")
    marked = life.mark()
    assert (unposted(marked), marked["parties"]["broker"]["cash"]["unexplained"]) == ([], Decimal("0.13"))


def test_fees_of_which_more_accrued_than_was_read(life: Life, broker: OddBroker) -> None:
    """What came after the last reading of their day is not known until they are posted: nor what is left."""
    fees_of_a_day(life, broker, "0.13", later="0.07")
    day = life.trade(NVDA=NO_ORDER)
    party = day["parties"]["broker"]
    assert (party["cash"]["unexplained"], party["equity"]["residual"]) == (None, None)
    assert says(
        told(day),
        "is not known: the fees of 2025-01-06 may be charged and are not posted, and more may have accrued "
        "than was read.",
    )
    assert "resolve --position all" not in str(day["findings"])
    posted(broker, "-0.20", "2025-01-06")
    settled(life.mark(), broker)


def test_fees_that_accrue_after_the_closing(life: Life, broker: OddBroker) -> None:
    """The session keeps its closing; of its fees at least as much is charged as the last mark of it read."""
    life.now = life.now.replace(hour=21, minute=30)
    kept = life.mark()
    broker.deposit -= Decimal("0.13")
    for accrued in ("0.13", "0.02"):  # by then some are charged already
        broker.fees = accrued
        assert life.mark() == kept
        broker.deposit += Decimal("0.13") - Decimal(accrued)
    broker.deposit -= Decimal("0.11")
    broker.fees = "0"
    life.next_session()
    day = life.trade(NVDA=NO_ORDER)
    settled_besides(day, {"accrued_fees": "0"})
    assert unposted(day) == [("fees that accrued by 2025-01-06, charged and not posted yet", Decimal("0.13"))]
    posted(broker, "-0.13", "2025-01-06")
    settled(life.mark(), broker)


def test_another_fee_is_not_the_one_that_is_still_to_be_posted(life: Life, broker: OddBroker) -> None:
    """More than had accrued is posted, of a later day: what the cash is off tells whether it was that."""
    fees_of_a_day(life, broker, "0.13")
    life.trade(NVDA=NO_ORDER)
    broker.post("FEE", "-5", "MSFT")
    for _ in range(2):
        marked = life.mark()
        settled_besides(marked, {"accrued_fees": "0"})
        assert unposted(marked) == [
            ("fees that accrued by 2025-01-06, charged and not posted yet", Decimal("0.13"))
        ]
    posted(broker, "-0.13", "2025-01-06")
    settled(life.mark(), broker)


def test_the_fee_of_a_later_day_may_be_posted_first(life: Life, broker: OddBroker) -> None:
    """That of Tuesday, then a part of Monday's: what is left is Monday's, and Wednesday's is all there."""
    for accrued in ("0.13", "0.25", "0.08"):
        fees_of_a_day(life, broker, accrued)
        if accrued == "0.25":
            posted(broker, "-0.25", "2025-01-07")
        life.trade(NVDA=NO_ORDER)
    posted(broker, "-0.10", "2025-01-06")
    marked = life.mark()
    settled_besides(marked, {"accrued_fees": "0"})
    (item,) = unposted(marked)
    assert item[1] == Decimal("0.11")
    posted(broker, "-0.03", "2025-01-06")
    assert unposted(life.mark()) == [(item[0], Decimal("0.08"))]
    posted(broker, "-0.08", "2025-01-08")
    settled(life.mark(), broker)


def test_what_is_not_known_is_said_beside_a_fraction_too(life: Life) -> None:
    """A fraction that is to be paid has a name; of the fees that may be charged it is said all the same."""
    broker = life.with_broker(with_list=True)
    life.gateway.is_deaf = True
    life.trade(AAPL=buy(10, "100"))
    fees_of_a_day(life, broker, "0.13", later="0.07")
    broker.lists("reverse_splits", "AAPL", life.session, new_rate=1, old_rate=4)
    broker.split("AAPL", 1, 4, whole=True)
    broker.prices["AAPL"] = Decimal(400)
    day = life.trade(NVDA=NO_ORDER)
    assert day["parties"]["broker"]["equity"]["residual"] is None
    assert says(told(day), "is not known: the fees of 2025-01-06 may be charged and are not posted")


def test_fees_that_are_posted_in_part_as_something_else(life: Life, broker: OddBroker) -> None:
    """What is left of them is not known to be anything else; once all is posted nothing is left."""
    fees_of_a_day(life, broker, "0.13")
    life.trade(NVDA=NO_ORDER)
    broker.post("TAF", "-0.03", day="2025-01-06")
    broker.deposit += Decimal("0.03")
    marked = life.mark()
    party = marked["parties"]["broker"]
    assert (party["cash"]["unexplained"], party["equity"]["residual"]) == (None, None)
    assert says(told(marked), "not known: the fees of 2025-01-06 may be charged in part, or posted as some")
    posted(broker, "-0.10", "2025-01-06")
    settled(life.mark(), broker)


def posted(broker: OddBroker, amount: str, day: str) -> None:
    """Post a fee that is off the cash already."""
    broker.post("FEE", amount, day=day)
    broker.deposit -= Decimal(amount)


def settled_besides(document: Any, equity: dict[str, str]) -> None:
    party = document["parties"]["broker"]
    assert (party["equity"]["residual"], party["cash"]["unexplained"]) == (0, 0)
    assert {name: str(party["equity"][name].normalize()) for name in equity} == equity
    assert {each["code"] for each in document["findings"]} & {"residual", "broker_differs"} == set()
