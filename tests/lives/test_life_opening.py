"""What a book opens from: the account at the broker, proven at once, later, or never."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.broker_server import NUMBER
from support.command import ROOT, clean_environment, run_command
from support.desk import LAUNCHER
from support.faulty_http import exact
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell, told
from support.odd_broker import OddBroker
from support.odd_platform import RUN, RUNS, Plan

ANOTHER = "PA3FAKE00002"
OTHER = "00c0ffee00c0ffee00c0ffee"
HIDDEN = Answer(body="[]")


@pytest.fixture
def broker(life: Life) -> OddBroker:
    made = life.with_broker()
    made.deposit = Decimal(150_000)
    return made


def by_hand(broker: OddBroker, symbol: str, qty: int, price: str, worth: str) -> None:
    """Have somebody buy at the broker, at a price, what costs another one now."""
    order = {"client_order_id": f"by-hand-{symbol}", "symbol": symbol, "side": "buy", "qty": qty}
    order |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(order, Decimal(qty), Decimal(price), "filled")
    broker.prices[symbol] = Decimal(worth)


def ties_out(document: Any, broker: OddBroker) -> None:
    """Prove that our cash and equity are the broker's, without any item."""
    party = document["parties"]["broker"]
    assert party["proven"] is True
    assert (party["cash"]["unexplained"], party["equity"]["residual"]) == (0, 0)
    assert party["cash"]["ours"] == broker.cash.quantize(Decimal("0.01"))
    assert (party["equity"]["items"], party["equity"]["difference"]) == ([], party["equity"]["prices"])
    assert {each["code"] for each in document["findings"]} & {"residual", "broker_differs"} == set()


def bridge(document: Any) -> tuple[Any, ...]:
    """Opening, flows and closing of the session, and its day P&L."""
    pnl = document["pnl"]
    names = ("opening", "adjustments", "closing")
    return (*(pnl["equity"][name] for name in names), pnl["day_pnl"])


def base(document: Any) -> tuple[Any, ...]:
    """The base, whose it is, and whether it may be set right yet."""
    return figures(document["pnl"], "base base_account provisional")


def returns(document: Any) -> tuple[Any, int]:
    """The total return, and of how many sessions it is."""
    return figures(document["statistics"]["total_return"], "value n")


def curve(life: Life) -> list[tuple[str, Decimal]]:
    """The sessions of the history that have a closing."""
    sessions = exact(life.run("history", "--json").stdout)
    return [(each["session"], each["closing"]) for each in sessions if each["closing"] is not None]


def page(life: Life) -> str:
    return (life.reports / f"{life.session}_paper_run.html").read_text("utf-8")


@pytest.mark.parametrize("is_deaf", [False, True])
def test_holdings_from_before_are_the_brokers(life: Life, broker: OddBroker, is_deaf: bool) -> None:
    """At what they were worth before the trade, whatever the gateway lists: 149,750 of cash and 5 x 52."""
    by_hand(broker, "GOOG", 5, "50", "52")
    life.gateway.is_deaf = is_deaf
    if not is_deaf:
        life.gateway.hold("GOOG", "4", "48", "52")
    day = life.trade(AAPL=buy(10, "100.25"))
    assert base(day) == (Decimal("150010.00"), NUMBER, False)
    assert figures(row(day, "GOOG"), "qty avg_entry_price total_pnl") == amounts("5 52 0")
    ties_out(day, broker)
    assert f"base: $150,010.00, account {NUMBER} before the first trade" in page(life)
    # Sold at 54: 5 x 2 won, against their worth before the first trade.
    life.next_session()
    day = life.trade(GOOG=sell(5, "54"), AAPL=NO_ORDER)
    assert row(day, "GOOG")["realized_pnl"] == 10
    ties_out(day, broker)
    ties_out(life.mark(), broker)


def test_the_snapshot_keeps_the_account_where_a_book_may_begin(life: Life, broker: OddBroker) -> None:
    """Read beside the other reads before the POST; a book that has begun needs it no more."""
    by_hand(broker, "GOOG", 5, "50", "52")
    life.trade(AAPL=buy(10, "100.25"))
    life.next_session()
    life.trade(MSFT=NO_ORDER)
    first, second = (exact(each["broker_before"]) for each in life.rows("trades"))
    assert first["positions"] == [
        {
            "symbol": "GOOG",
            "qty": "5",
            "asset_class": "us_equity",
            "avg_entry_price": "50",
            "price": "52",
            "market_value": "260",
        }
    ]
    assert (first["cash"], first["accrued_fees"], first["money"]) == ("149750", "0", [])
    assert second.keys() == {"account", "orders", "as_of"}


def test_the_first_valuation_has_quotes_of_what_the_account_held(life: Life, broker: OddBroker) -> None:
    """Also of what the gateway does not list: its mark is the source's, not the broker's."""
    by_hand(broker, "GOOG", 5, "50", "52")
    life.gateway.is_deaf = True
    life.env["PAPER_RUN_QUOTES_URL"] = life.platform.quotes.url
    for symbol, price in (("GOOG", 53.0), ("AAPL", 100.25)):
        moment = (life.now - timedelta(seconds=5)).isoformat().replace("+00:00", "Z")
        life.platform.quotes.trades[symbol] = {"t": moment, "p": price, "s": 100}
    day = life.trade(AAPL=buy(10, "100.25"))
    assert figures(row(day, "GOOG"), "avg_entry_price mark_price total_pnl") == amounts("52 53 5")
    equity = day["parties"]["broker"]["equity"]
    assert (equity["prices"], equity["residual"]) == (5, 0)


def test_what_is_no_share_stands_beside(life: Life, broker: OddBroker) -> None:
    """A coin is in no base and no total; it is a named part of the difference."""
    by_hand(broker, "BTCUSD", 1, "90000", "91000")
    broker.classes["BTCUSD"] = "crypto"
    day = life.trade(AAPL=buy(10, "100.25"))
    assert base(day) == (60_000, NUMBER, False)
    equity = day["parties"]["broker"]["equity"]
    assert [(each["kind"], each["subject"], each["amount"]) for each in equity["items"]] == [
        ("beside", "BTCUSD", -91_000)
    ]
    assert (equity["residual"], day["parties"]["broker"]["cash"]["unexplained"]) == (0, 0)


def test_fees_that_are_off_its_cash_are_not_off_ours(life: Life, broker: OddBroker) -> None:
    """They are charged later, and then come off ours: 150,000 of cash, and 0.42 that are off it by then."""
    broker.fees = "0.42"
    day = life.trade(AAPL=buy(10, "100.25"))
    assert base(day) == (Decimal("150000.42"), NUMBER, False)
    party = day["parties"]["broker"]
    assert (party["equity"]["accrued_fees"], party["equity"]["residual"]) == (Decimal("0.42"), 0)
    assert party["cash"]["unexplained"] == 0


def test_proven_in_the_next_session(life: Life, broker: OddBroker) -> None:
    """Until then base and closing are provisional; then the base is the account's, and they do not count."""
    by_hand(broker, "GOOG", 5, "50", "52")
    broker.always("GET", "/v2/orders", HIDDEN)
    day = life.trade(AAPL=buy(10, "100"), status=0)
    assert base(day) == (100_000, None, True)
    assert returns(day) == (None, 0)
    assert [each["code"] for each in day["findings"] if "provisional" in each["text"]] == ["provisional"]
    assert "provisional" in life.last.stdout
    assert page(life).count("provisional until the account") == 1
    assert curve(life) == []
    assert life.mark()["pnl"]["provisional"] is True
    life.next_session()
    broker.always("GET", "/v2/orders", Answer())
    broker.prices["AAPL"] = Decimal(102)
    life.prices(AAPL="102")
    day = life.trade(MSFT=NO_ORDER)
    assert base(day) == (150_010, NUMBER, False)
    # 10 x 2 of both sessions together, on the base.
    assert bridge(day) == amounts("150010 0 150030 20")
    assert returns(day) == (Decimal("0.000133"), 1)
    assert day["statistics"]["best_day"]["n"] == 0
    assert says(
        told(day), "is proven to be ours: the base of the book is its cash and holdings", "150,010.00"
    )
    assert curve(life) == [(life.session, 150_030)]
    ties_out(day, broker)
    ties_out(life.mark(), broker)


def test_what_is_posted_after_the_trade_is_not_in_the_base(life: Life, broker: OddBroker) -> None:
    """Also where the account is proven later: 7 from before are in it, 3 from the night are income."""
    broker.post("DIV", "7", "GOOG")
    broker.always("GET", "/v2/orders", HIDDEN)
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    broker.post("DIV", "3", "AAPL")
    broker.always("GET", "/v2/orders", Answer())
    day = life.trade(MSFT=NO_ORDER)
    assert base(day) == (150_007, NUMBER, False)
    assert bridge(day) == amounts("150007 0 150010 3")
    ties_out(day, broker)


def test_what_is_dated_ahead_of_the_opening_is_not_in_the_base(life: Life, broker: OddBroker) -> None:
    """It was listed before the first trade, and its cash had not come: it is income of its day."""
    broker.post("DIV", "7", "GOOG")
    broker.post("DIV", "3", "GOOG", day="2025-01-07")
    assert base(life.trade(AAPL=buy(10, "100"))) == (150_007, NUMBER, False)
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert (base(day), bridge(day)) == ((150_007, NUMBER, False), amounts("150007 0 150010 3"))
    ties_out(day, broker)


def test_proven_by_a_mark_of_the_first_session(life: Life, broker: OddBroker) -> None:
    """Its row is valued anew from the right base, also where it was marked whole after its close."""
    broker.always("GET", "/v2/orders", HIDDEN)
    life.trade(AAPL=buy(10, "100"))
    life.now = life.now.replace(hour=22)
    assert base(life.mark()) == (100_000, None, True)
    broker.always("GET", "/v2/orders", Answer())
    marked = life.mark()
    assert base(marked) == (150_000, NUMBER, False)
    assert (bridge(marked), returns(marked)) == (amounts("150000 0 150000 0"), (0, 1))
    ties_out(marked, broker)


def test_holdings_that_the_gateway_made_up_are_not_there(life: Life, broker: OddBroker) -> None:
    """Found while the book was provisional, and not at the broker: they are as if they had never been."""
    broker.always("GET", "/v2/orders", HIDDEN)
    life.gateway.hold("GE", "3", "20", "21")
    assert row(life.trade(AAPL=buy(10, "100")), "GE")["qty"] == 3
    life.gateway.positions.clear()
    life.gateway.says.clear()
    broker.always("GET", "/v2/orders", Answer())
    marked = life.mark()
    assert figures(row(marked, "GE"), "qty total_pnl") == amounts("0 0")
    ties_out(marked, broker)


def test_never_proven(life: Life, broker: OddBroker) -> None:
    """From the next session on the book goes on without it, and both closings count."""
    broker.always("GET", "/v2/orders", HIDDEN)
    life.trade(AAPL=buy(10, "100"))
    first = life.session
    life.next_session()
    life.prices(AAPL="101")
    broker.prices["AAPL"] = Decimal(101)
    day = life.trade(MSFT=NO_ORDER)
    assert base(day) == (100_000, None, False)
    assert bridge(day) == amounts("100000 0 100010 10")
    assert returns(day) == (Decimal("0.0001"), 2)
    assert says(told(day), "the book goes on from the first trade's capital, 100,000.00 dollars")
    assert curve(life) == [(first, 100_000), (life.session, 100_010)]
    assert "base: $100,000.00, the first trade’s capital" in page(life)
    assert not says(told(life.mark()), "goes on from the first trade's capital")
    # It turns up all the same: 50,000 more than ours came in, and moved no return that was made.
    life.next_session()
    broker.always("GET", "/v2/orders", Answer())
    life.prices(AAPL="102")
    broker.prices["AAPL"] = Decimal(102)
    day = life.trade(MSFT=NO_ORDER)
    assert bridge(day) == amounts("100010 50000 150020 10")
    assert day["statistics"]["daily_return"]["value"] == Decimal("0.000067")  # 10 / (100,010 + 50,000)
    ties_out(day, broker)


def test_an_account_that_could_not_be_read_keeps_nothing_waiting(life: Life, broker: OddBroker) -> None:
    """Then nobody says whose it is: the capital is the base; once it is read it comes in besides."""
    broker.always("GET", "*", plain_500())
    day = life.trade(AAPL=buy(10, "100"))
    assert (base(day), returns(day)) == ((100_000, None, False), (0, 1))
    broker.always("GET", "*", Answer())
    marked = life.mark()
    assert bridge(marked) == amounts("100000 50000 150000 0")
    ties_out(marked, broker)
    assert bridge(life.mark()) == bridge(marked)


@pytest.mark.parametrize("path", ["/v2/positions", "/v2/account/activities"])
def test_what_could_not_be_read_before_the_trade_is_no_base(life: Life, broker: OddBroker, path: str) -> None:
    """The account is proven right after: what it has besides comes in then, and the day goes on."""
    by_hand(broker, "GOOG", 5, "50", "52")
    broker.script("GET", path, [plain_500()], Answer())
    day = life.trade(AAPL=buy(10, "100"))
    assert base(day) == (100_000, None, False)
    assert bridge(day) == amounts("100000 50010 150010 0")
    ties_out(day, broker)


def before_keys(life: Life) -> None:
    """Live four days without keys."""
    life.take_keys()
    life.gateway.is_deaf = True
    for day in range(4):
        life.trade(AAPL=buy(10, str(100 + day)))
        life.next_session()


def test_keys_on_the_fifth_day(life: Life, broker: OddBroker) -> None:
    """Shares and money that the account had besides come in once, at that moment's worth, and no P&L."""
    before_keys(life)
    by_hand(broker, "GOOG", 5, "50", "52")
    broker.prices["AAPL"] = Decimal(105)
    day = life.trade(MSFT=NO_ORDER)
    assert (day["pnl"]["complete"], base(day)) == (False, (100_000, None, False))
    life.give_keys(broker)
    marked = life.mark()
    # 10 each at 100, 101, 102 and 103, worth 105: 140 won since the base, 40 of cost 4,060.
    # The account: 150,000 - 4,060 - 250 of cash and 5 x 52; ours: 100,000 - 4,060 of cash. 50,010 more.
    assert bridge(marked) == amounts("100000 50010 150150 140")
    assert figures(row(marked, "GOOG"), "qty avg_entry_price total_pnl") == amounts("5 52 0")
    assert says(
        told(marked),
        f"What the account {NUMBER} at the broker has besides this book is booked as money that came in",
        "5 GOOG, +49,750.00 dollars of cash",
    )
    ties_out(marked, broker)
    again = life.mark()
    assert bridge(again) == bridge(marked)
    assert not says(told(again), "besides this book")
    (flow,) = [each for each in life.rows("entries") if each["kind"] == "flow"]
    assert (flow["symbol"], flow["dollars"], flow["note"]) == (
        "account",
        "50010",
        f"account {NUMBER} beside this book",
    )
    life.next_session()
    ties_out(life.trade(GOOG=sell(5, "53")), broker)


def test_other_shares_that_took_its_cash_are_no_money_that_came_in(life: Life, broker: OddBroker) -> None:
    """40,000 of the 100,000 are in shares: the session's return is on 100,000, not on 140,000."""
    broker.deposit = Decimal(100_000)
    life.take_keys()
    life.trade(AAPL=buy(10, "100"))
    by_hand(broker, "GOOG", 800, "50", "50")
    life.next_session()
    life.give_keys(broker)
    life.prices(AAPL="110")
    broker.prices["AAPL"] = Decimal(110)
    day = life.trade(MSFT=NO_ORDER)
    assert bridge(day) == amounts("100000 0 100100 100")
    assert day["statistics"]["daily_return"]["value"] == Decimal("0.001")
    ties_out(day, broker)


def test_while_quantities_differ_it_waits(life: Life, broker: OddBroker) -> None:
    """What differs there would be booked with it: it says so, and goes on once they agree."""
    life.take_keys()
    life.trade(AAPL=buy(10, "100"))
    by_hand(broker, "AAPL", 2, "100", "100")
    life.give_keys(broker)
    marked = life.mark()
    assert says(told(marked), "besides this book is not booked yet: it has another quantity of AAPL")
    assert bridge(marked) == amounts("100000 0 100000 0")
    equity = marked["parties"]["broker"]["equity"]
    assert (equity["residual"], equity["reasons"]) == (
        None,
        ["what the account has besides this book is not booked"],
    )
    booked = life.resolve("--position", "AAPL=12@100")
    assert bridge(booked) == amounts("100000 0 100000 0")
    marked = life.mark()
    assert bridge(marked) == amounts("100000 50000 150000 0")
    ties_out(marked, broker)


@pytest.mark.parametrize(
    "at", ["before sql INSERT INTO entries", "before sql UPDATE epochs SET", "before sql COMMIT"]
)
def test_killed_between_proof_and_flow(life: Life, broker: OddBroker, at: str) -> None:
    """Whenever it is killed, it is booked once."""
    life.take_keys()
    life.trade(AAPL=buy(10, "100"))
    life.give_keys(broker)
    kill = {"FAULTS_AHEAD": "0", "FAULTS_AT": at, "FAULTS_NTH": "1", "FAULTS_DO": "SIGKILL"}
    variables = clean_environment(life.folder) | life.platform.urls | life.env | kill
    path = os.pathsep.join(filter(None, [str(ROOT / "tests"), variables.get("PYTHONPATH")]))
    killed = subprocess.run(
        [sys.executable, LAUNCHER, "mark"],
        cwd=life.folder,
        env=variables | {"PYTHONPATH": path},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -9
    for _ in range(2):
        marked = life.mark()
        assert bridge(marked) == amounts("100000 50000 150000 0")
        ties_out(marked, broker)
    assert [each["kind"] for each in life.rows("entries")] == ["fill", "flow"]


def test_an_account_that_was_made_anew(life: Life, broker: OddBroker) -> None:
    """A reset forgets the old one, also where nothing answers; the new book's base is the new one's."""
    life.trade(AAPL=buy(10, "100"))
    broker.account["account_number"] = ANOTHER
    broker.orders.clear()
    broker.deposit = Decimal(25_000)
    life.gateway.positions.clear()
    life.next_session()
    finished = life.run("mark", status=3)
    assert says([finished.stderr], ANOTHER, "resolve --reset")
    env = dict(life.env)
    life.env |= dict.fromkeys([*life.platform.urls, "ALPACA_BASE_URL"], "http://127.0.0.1:9")
    life.run("resolve", "--reset")
    life.env = env
    by_hand(broker, "GOOG", 5, "50", "52")
    day = life.trade(MSFT=buy(5, "200"))
    assert base(day) == (25_010, ANOTHER, False)
    ties_out(day, broker)


def test_two_ledgers_on_one_account(life: Life, broker: OddBroker) -> None:
    """Its cash and holdings are nobody's in particular: none of that is booked, and which order says so."""
    by_hand(broker, "GOOG", 5, "50", "52")
    broker.orders[-1]["client_order_id"] = OTHER
    day = life.trade(AAPL=buy(10, "100"))
    assert base(day) == (100_000, None, False)
    (said,) = [each for each in day["findings"] if each["code"] == "money_shared"]
    assert said["severity"] == "warning"
    assert says([said["text"]], NUMBER, OTHER, "none of that is booked", "PAPER_RUN_BROKER=off")
    assert {each["symbol"] for each in day["pnl"]["positions"] if each["qty"]} == {"AAPL"}
    equity = day["parties"]["broker"]["equity"]
    assert (equity["residual"], equity["reasons"]) == (
        None,
        ["what the account has besides this book is not booked"],
    )
    # Its later fills are not ours either.
    broker.fill("GOOG", "5", "60")
    assert {each["symbol"] for each in life.mark()["pnl"]["positions"] if each["qty"]} == {"AAPL"}
    assert [each["kind"] for each in life.rows("entries")] == ["fill"]


def test_a_ledger_of_before_takes_its_account_in(life: Life, broker: OddBroker) -> None:
    """One whose account was proven by a program that booked nothing besides fills."""
    life.take_keys()
    life.trade(AAPL=buy(10, "100"))
    proven = (1, NUMBER, "2025-01-06T15:00:00+00:00", life.order_id("AAPL"))
    with contextlib.closing(sqlite3.connect(life.reports / "ledger.sqlite3")) as connection:
        connection.execute("INSERT INTO broker_accounts VALUES (?, ?, ?, ?)", proven)
        connection.commit()
    life.give_keys(broker)
    marked = life.mark()
    assert bridge(marked) == amounts("100000 50000 150000 0")
    ties_out(marked, broker)


def test_the_sandbox_opens_from_its_account(life: Life) -> None:
    """A newcomer's first day: 100,000 of the account's, nothing left over, and nothing to look at."""
    finished = run_command("--sandbox", cwd=life.folder)
    assert (finished.returncode, finished.stderr) == (0, "")
    folder = life.folder / "reports" / "sandbox"
    document = exact((folder / "2025-01-02_paper_run.json").read_text("utf-8"))
    party = document["parties"]["broker"]
    assert base(document) == (100_000, party["number"], False)
    assert (party["cash"]["unexplained"], party["equity"]["residual"], party["equity"]["items"]) == (0, 0, [])
    assert document["findings"] == []


@pytest.mark.parametrize(("plan", "realized"), [(NO_ORDER, 0), (sell(2, "54"), 0)])
def test_a_holding_without_a_price_comes_in_at_its_first(
    life: Life, broker: OddBroker, plan: Plan, realized: int
) -> None:
    """A mark or a trade of ours gives it; nothing is valued until then, and equity is the account's then."""
    by_hand(broker, "GOOG", 5, "50", "54")
    broker.no_price.add("GOOG")
    life.gateway.is_deaf = True
    day = life.trade(AAPL=buy(10, "100"), GOOG=plan)
    assert (base(day), day["pnl"]["complete"]) == ((149_750, NUMBER, False), False)
    assert row(day, "GOOG")["qty"] == 5 - plan.qty * (plan.side is not None)
    life.next_session()
    broker.no_price.clear()
    day = life.trade(MSFT=NO_ORDER)
    # 5 x 54 came in.
    assert bridge(day) == amounts("149750 270 150020 0")
    assert figures(row(day, "GOOG"), "avg_entry_price realized_pnl total_pnl") == (54, realized, 0)
    ties_out(day, broker)
    assert bridge(life.mark()) == bridge(day)


@pytest.mark.parametrize("priced_by", ["sale", "cash in lieu"])
@pytest.mark.parametrize("name", ["GOOG", "GOOGL"], ids=["same", "renamed"])
def test_a_holding_that_split_before_its_first_price(
    life: Life, broker: OddBroker, priced_by: str, name: str
) -> None:
    """10 were found; 2.5 at 400 are 1,000 when a trade prices them: that came in, and no P&L is of it."""
    life.env["PAPER_RUN_QUOTES_URL"] = broker.url
    by_hand(broker, "GOOG", 10, "90", "100")
    broker.no_price |= {"GOOG", name}
    life.gateway.is_deaf = True
    day = life.trade(AAPL=buy(10, "100"), GOOG=NO_ORDER)
    assert (base(day), day["pnl"]["complete"]) == ((149_100, NUMBER, False), False)
    life.next_session()
    broker.lists("reverse_splits", "GOOG", life.session, new_rate=1, old_rate=4)
    broker.split("GOOG", 1, 4)
    assert row(life.trade(MSFT=NO_ORDER), "GOOG")["qty"] == Decimal("2.5")
    life.next_session()
    if name != "GOOG":
        broker.lists("name_changes", "GOOG", life.session, new_symbol=name)
        broker.rename("GOOG", name)
        assert row(life.trade(MSFT=NO_ORDER), name)["qty"] == Decimal("2.5")
    if priced_by == "sale":
        life.trade("--again", **{name: sell(1, "400")})
    else:
        broker.move(name, "-0.5")
        broker.post("CIL", "200", name, qty="0.5")
        life.trade("--again", MSFT=NO_ORDER)
    life.next_session()
    broker.no_price.clear()
    broker.prices[name] = Decimal(400)
    day = life.trade(MSFT=NO_ORDER)
    assert bridge(day) == amounts("149100 1000 150100 0")
    assert figures(row(day, name), "avg_entry_price realized_pnl total_pnl") == amounts("400 0 0")
    ties_out(day, broker)
    assert bridge(life.mark()) == bridge(day)


@pytest.mark.parametrize("name", ["GOOG", "GOOGL"], ids=["same", "renamed"])
def test_a_holding_that_split_before_it_is_marked(life: Life, broker: OddBroker, name: str) -> None:
    """The first price is a mark's: what it is worth by then came in, under its new name too."""
    life.env["PAPER_RUN_QUOTES_URL"] = broker.url
    by_hand(broker, "GOOG", 10, "90", "100")
    broker.no_price |= {"GOOG", name}
    life.gateway.is_deaf = True
    life.trade(AAPL=buy(10, "100"), GOOG=NO_ORDER)
    life.next_session()
    broker.lists("reverse_splits", "GOOG", life.session, new_rate=1, old_rate=4)
    broker.split("GOOG", 1, 4)
    if name != "GOOG":
        broker.lists("name_changes", "GOOG", life.session, new_symbol=name)
        broker.rename("GOOG", name)
    life.trade(MSFT=NO_ORDER)
    broker.no_price.clear()
    broker.prices[name] = Decimal(400)
    for day in (life.mark(), life.mark()):
        assert bridge(day) == amounts("149100 1000 150100 0")
        assert figures(row(day, name), "qty avg_entry_price total_pnl") == amounts("2.5 400 0")
        ties_out(day, broker)


def test_a_holding_that_splits_before_its_account_is_proven(life: Life, broker: OddBroker) -> None:
    """It was in no valuation yet: the price and the quantity that it was adopted at speak for a split."""
    by_hand(broker, "GOOG", 5, "50", "52")
    day = life.trade(MSFT=NO_ORDER)
    assert day["pnl"]["provisional"]
    life.next_session()
    broker.split("GOOG", 4, 1)
    broker.prices["GOOG"] = Decimal(13)
    day = life.trade(AAPL=buy(10, "100"))
    assert base(day) == (Decimal("150010.00"), NUMBER, False)
    assert row(day, "GOOG")["unpriced_reason"] == (
        "a possible split 4:1: its price went from 52 to 13 without a fill and the broker has 20 instead of 5"
    )
    assert (day["pnl"]["complete"], day["pnl"]["equity"]["closing"]) == (False, None)
    ties_out(life.resolve("--split", "GOOG", "4:1"), broker)


def test_a_holding_that_splits_before_it_is_known_what_was_traded(life: Life) -> None:
    """The gateway's likewise: the book begins with what was there before an attempt of the day before."""
    life.gateway.hold("GOOG", "5", "50", "52")
    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", hang_up=True)])
    life.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    life.trade(status=2, AAPL=buy(10, "100"))
    order = life.order_id("AAPL")
    life.next_session()
    life.gateway.hold("GOOG", "20", "12.5", "13")
    life.run("resolve", "2025-01-06", "--placed", "--order", order)
    day = life.trade(MSFT=NO_ORDER)
    assert "a possible split 4:1: its price went from 52 to 13" in row(day, "GOOG")["unpriced_reason"]
    assert day["pnl"]["equity"]["closing"] is None
    marked = life.resolve("--split", "GOOG", "4:1")
    assert figures(row(marked, "GOOG"), "qty total_pnl") == amounts("20 0")
