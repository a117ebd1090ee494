"""Shares that were there before the first trade without a price, and meet others before they have one."""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from support.life import NO_ORDER, Life, amounts, buy, figures, row, sell
from support.odd_broker import OddBroker

COST = "qty avg_entry_price realized_pnl unrealized_pnl"
NOTHING_IS_STATED = amounts("8 - 0 -")


@pytest.fixture
def broker(life: Life) -> OddBroker:
    made = life.with_broker(with_list=True)
    made.deposit = Decimal(150_000)
    life.gateway.is_deaf = True
    return made


def has_before(broker: OddBroker, symbol: str, qty: int) -> None:
    """Have the account hold shares that had cost 50 each, and that have no price."""
    order = {"client_order_id": f"by-hand-{symbol}", "symbol": symbol, "side": "buy", "qty": qty}
    order |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(order, Decimal(qty), Decimal(50), "filled")
    broker.no_price.add(symbol)


def renames(life: Life, broker: OddBroker, old: str, new: str) -> None:
    broker.lists("name_changes", old, life.session, new_symbol=new)
    broker.rename(old, new)


def gives(broker: OddBroker, symbol: str, qty: str, price: str) -> None:
    """Have shares come in, or go out, of which the broker tells what each was worth."""
    broker.move(symbol, qty)
    broker.post("JNLS", "0", symbol, qty=qty, price=price)


def has_a_price(broker: OddBroker, symbol: str, price: int) -> None:
    broker.no_price.clear()
    broker.prices[symbol] = Decimal(price)


def ties_out(document: Any) -> None:
    """Prove that our cash and equity are the broker's, without any item."""
    party = document["parties"]["broker"]
    assert (party["cash"]["unexplained"], party["equity"]["residual"], party["equity"]["items"]) == (0, 0, [])
    assert party["equity"]["difference"] == 0


def bridge(document: Any) -> tuple[Any, ...]:
    pnl = document["pnl"]
    return (*figures(pnl["equity"], "opening adjustments closing"), pnl["day_pnl"])


def priced_at_last(life: Life, broker: OddBroker, symbol: str, price: int) -> Any:
    """Have a session in which there is a price; what a mark and a book folded anew say is the same."""
    life.next_session()
    has_a_price(broker, symbol, price)
    day = life.trade(MSFT=NO_ORDER)
    ties_out(day)
    marked = life.mark()
    assert (marked["pnl"]["positions"], bridge(marked)) == (day["pnl"]["positions"], bridge(day))
    return day


def five_join_three(life: Life, broker: OddBroker) -> None:
    """Have a rename that nobody has a price for take 5 that were found over to 3 that were bought at 100."""
    has_before(broker, "OLD", 5)
    life.trade(OLD=NO_ORDER, NEW=buy(3, "100"))
    life.next_session()
    renames(life, broker, "OLD", "NEW")
    broker.no_price.add("NEW")
    life.trade(MSFT=NO_ORDER)


@pytest.mark.parametrize("is_held_by", ["bought before", "bought after"])
def test_a_rename_into_shares_that_have_a_cost(life: Life, broker: OddBroker, is_held_by: str) -> None:
    """5 without a price join 3 at 100: at 120 the 3 have won 60, the 5 come in at 600 and won nothing."""
    has_before(broker, "OLD", 5)
    bought = {"NEW": buy(3, "100")} if is_held_by == "bought before" else {"AAPL": buy(1, "100")}
    life.trade(OLD=NO_ORDER, **bought)
    life.next_session()
    if is_held_by == "bought before":
        renames(life, broker, "OLD", "NEW")
    else:
        life.trade(NEW=buy(3, "100"), OLD=NO_ORDER)
        life.next_session()
        renames(life, broker, "OLD", "NEW")
    broker.no_price.add("NEW")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "NEW"), COST) == NOTHING_IS_STATED
    assert (day["pnl"]["complete"], day["pnl"]["total_pnl"]) == (False, None)
    day = priced_at_last(life, broker, "NEW", 120)
    assert figures(row(day, "NEW"), COST) == amounts("8 112.5 0 60")
    assert day["pnl"]["total_pnl"] == 60
    # 150,000 less 250 for the 5 before: the base. 600 came in.
    assert (day["pnl"]["base"], day["pnl"]["since_inception"]["adjustments"]) == (149_750, 600)
    assert day["pnl"]["equity"]["closing"] == 150_410


def test_a_purchase_under_the_new_name_is_its_first_price(life: Life, broker: OddBroker) -> None:
    """The 5 take the price of the purchase, and the 3 that had a cost keep it."""
    five_join_three(life, broker)
    life.trade("--again", NEW=buy(2, "110"))
    day = priced_at_last(life, broker, "NEW", 120)
    # 3 x 20 + 5 x 10 + 2 x 10
    assert figures(row(day, "NEW"), COST) == amounts("10 107 0 130")
    assert day["pnl"]["since_inception"]["adjustments"] == 550


def test_a_sale_under_the_new_name_is_its_first_price(life: Life, broker: OddBroker) -> None:
    """4 of 3 at 100 and 5 at 108 are sold at 108: average cost 105, so 12 won, and 4 x 15 on paper at 120."""
    five_join_three(life, broker)
    life.trade("--again", NEW=sell(4, "108"))
    day = priced_at_last(life, broker, "NEW", 120)
    assert figures(row(day, "NEW"), COST) == amounts("4 105 12 60")
    assert day["pnl"]["since_inception"]["adjustments"] == 540


def test_two_that_wait_meet_under_one_name(life: Life, broker: OddBroker) -> None:
    """Both come in at its first price; nothing is won, also after it has split."""
    has_before(broker, "OLD", 5)
    has_before(broker, "NEW", 4)
    life.trade(OLD=NO_ORDER, NEW=NO_ORDER, AAPL=buy(1, "100"))
    life.next_session()
    renames(life, broker, "OLD", "NEW")
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    broker.lists("forward_splits", "NEW", life.session, new_rate=3, old_rate=1)
    broker.split("NEW", 3, 1)
    assert row(life.trade(MSFT=NO_ORDER), "NEW")["qty"] == 27
    day = priced_at_last(life, broker, "NEW", 60)
    assert figures(row(day, "NEW"), COST) == amounts("27 60 0 0")
    assert day["pnl"]["since_inception"]["adjustments"] == 1620


def test_a_gift_beside_what_waits_keeps_its_worth(life: Life, broker: OddBroker) -> None:
    """3 came in at 100 each beside 5 without a price; at 120 they have won 60, and 900 came in, in all."""
    has_before(broker, "GOOG", 5)
    life.trade(GOOG=NO_ORDER, AAPL=buy(1, "100"))
    life.next_session()
    gives(broker, "GOOG", "3", "100")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "GOOG"), COST) == NOTHING_IS_STATED
    day = priced_at_last(life, broker, "GOOG", 120)
    assert figures(row(day, "GOOG"), COST) == amounts("8 112.5 0 60")
    assert day["pnl"]["since_inception"]["adjustments"] == 900


def test_a_gift_of_what_waits_is_its_first_price(life: Life, broker: OddBroker) -> None:
    """4 of 5 go out at 100 each: no profit, and the last one has cost 100 too."""
    has_before(broker, "GOOG", 5)
    life.trade(GOOG=NO_ORDER, AAPL=buy(1, "100"))
    life.next_session()
    gives(broker, "GOOG", "-4", "100")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "GOOG"), COST) == amounts("1 100 0 -")
    day = priced_at_last(life, broker, "GOOG", 120)
    assert figures(row(day, "GOOG"), COST) == amounts("1 100 0 20")
    # 500 came in and 400 went out.
    assert day["pnl"]["since_inception"]["adjustments"] == 100


def test_what_a_person_puts_in_for_nothing_says_nothing_of_what_waits(life: Life, broker: OddBroker) -> None:
    """8 where 5 were: the 3 cost nothing and have won 360 at 120; the 5 come in at it."""
    has_before(broker, "GOOG", 5)
    life.trade(GOOG=NO_ORDER, AAPL=buy(1, "100"))
    broker.move("GOOG", "3")
    marked = life.resolve("--position", "GOOG=8@0")
    assert figures(row(marked, "GOOG"), COST) == NOTHING_IS_STATED
    day = priced_at_last(life, broker, "GOOG", 120)
    assert figures(row(day, "GOOG"), COST) == amounts("8 75 0 360")
    # Taken out for nothing, all of it is.
    marked = life.resolve("--position", "GOOG=0@0")
    assert row(marked, "GOOG")["realized_pnl"] == -600


def test_without_an_account_what_waits_is_apart_too(life: Life) -> None:
    """Its first price is its cost, with the capital as the base: no money comes in."""
    life.gateway.hold("GOOG", "5", "50", None)
    life.trade(GOOG=NO_ORDER)
    marked = life.resolve("--position", "GOOG=8@0")
    assert figures(row(marked, "GOOG"), COST) == NOTHING_IS_STATED
    life.prices(GOOG="120")
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "GOOG"), COST) == amounts("8 75 0 360")
    assert bridge(day) == amounts("100000 0 100360 360")


def test_a_ledger_that_an_older_program_left_while_shares_waited(life: Life, broker: OddBroker) -> None:
    """Its row said that all of the symbol waits: the book is folded anew, and the 3 keep their cost."""
    five_join_three(life, broker)
    with closing(sqlite3.connect(life.reports / "ledger.sqlite3")) as connection:
        query = "SELECT rowid, state FROM sessions ORDER BY session DESC LIMIT 1"
        number, state = connection.execute(query).fetchone()
        kept = json.loads(state)
        # As it has always been written: all shares, with what those that wait had cost before.
        assert kept["holdings"]["NEW"][:4] == ["8", "550", "0", True]
        del kept["waiting"]
        connection.execute("UPDATE sessions SET state = ? WHERE rowid = ?", (json.dumps(kept), number))
        connection.commit()
    day = priced_at_last(life, broker, "NEW", 120)
    assert figures(row(day, "NEW"), COST) == amounts("8 112.5 0 60")
