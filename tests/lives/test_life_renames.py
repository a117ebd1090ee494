"""Symbols over time: splits, money and orders of shares that have another name by then, or had one."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell, told
from support.odd_broker import OddBroker

FIRST, SECOND, THIRD, FOURTH = "2025-01-06", "2025-01-07", "2025-01-08", "2025-01-10"


@pytest.fixture
def broker(life: Life) -> OddBroker:
    """100 FB at 100 in an account that is proven; its gateway hears of no fill."""
    broker = life.with_broker(with_list=True)
    life.gateway.is_deaf = True
    life.trade(FB=buy(100, "100"))
    life.next_session()
    return broker


def found(document: Any, code: str) -> list[Any]:
    return [each for each in document["findings"] if each["code"] == code]


def renamed(broker: OddBroker, day: str, price: str = "100") -> None:
    """Have the account call it META from a day on, which is listed."""
    broker.lists("name_changes", "FB", day, new_symbol="META")
    broker.rename("FB", "META")
    broker.prices["META"] = Decimal(price)


def settled(document: Any) -> Any:
    """Prove that the book is the account, and return its figures."""
    party = document["parties"]["broker"]
    assert (party["equity"]["residual"], party["cash"]["unexplained"]) == (0, 0)
    assert {each["symbol"]: each["qty"] for each in party["positions"]} == {
        each["symbol"]: each["broker_qty"] for each in party["positions"]
    }
    assert (document["pnl"]["complete"], document["exit_status"]) == (True, 0)
    return document["pnl"]


def splits_of(life: Life) -> list[tuple[str, str, str]]:
    return [
        (each["symbol"], each["effective"], each["ratio"])
        for each in life.rows("entries")
        if each["kind"] == "split"
    ]


def test_a_new_symbol_splits(life: Life, broker: OddBroker) -> None:
    """The shares came over from another name: 100 at 100 are 200 at 50 all the same."""
    renamed(broker, SECOND)
    assert row(life.trade(MSFT=NO_ORDER), "META")["qty"] == 100
    life.next_session()
    broker.lists("forward_splits", "META", THIRD, new_rate=2, old_rate=1)
    broker.split("META", 2, 1)
    broker.prices["META"] = Decimal(51)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "META"), "qty avg_entry_price unrealized_pnl") == amounts("200 50 200")
    assert settled(day)["day_pnl"] == 200
    assert splits_of(life) == [("META", THIRD, "2:1")]


@pytest.mark.parametrize("listed_as", ["FB", "META"])
@pytest.mark.parametrize("days_late", [0, 1], ids=["with it", "a day later"])
def test_a_split_and_a_rename_of_one_day(
    life: Life, broker: OddBroker, listed_as: str, days_late: int
) -> None:
    """Listed by either name, applied at once or after the rename: the split is of before it."""
    broker.lists("forward_splits", listed_as, SECOND, new_rate=2, old_rate=1)
    renamed(broker, SECOND, "51")
    for _ in range(days_late):
        day = life.trade(MSFT=NO_ORDER)
        assert row(day, "META")["qty"] == 100
        assert row(day, "META")["unpriced_reason"].endswith("the account has 100 shares instead of 200")
        life.next_session()
    broker.split("META", 2, 1)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "META"), "qty avg_entry_price unrealized_pnl") == amounts("200 50 200")
    assert settled(day)["total_pnl"] == 200
    assert splits_of(life) == [("FB", SECOND, "2:1")]
    assert settled(life.mark())["total_pnl"] == 200
    assert splits_of(life) == [("FB", SECOND, "2:1")]


@pytest.mark.parametrize("called", ["FB", "META"])
def test_the_split_that_is_printed_is_taken(life: Life, broker: OddBroker, called: str) -> None:
    """The account never splits: after five sessions the command is offered, and books it."""
    broker.lists("forward_splits", "FB", SECOND, new_rate=2, old_rate=1)
    renamed(broker, SECOND, "51")
    for _ in range(6):
        life.trade(MSFT=NO_ORDER)
        life.next_session()
    (said,) = found(life.trade(MSFT=NO_ORDER), "split_pending")
    assert says([each["command"] for each in said["remedies"]], "resolve --split META 2:1")
    resolved = life.resolve("--split", called, "2:1")
    assert splits_of(life) == [("FB", SECOND, "2:1")]
    assert figures(row(resolved, "META"), "qty total_pnl") == amounts("200 200")
    assert says(told(resolved), "The broker differs on META: quantity 100 instead of 200")


def test_a_split_by_hand_that_no_list_has(life: Life, broker: OddBroker) -> None:
    """Suspected by quantity and price under the new name: it may be said, of that session."""
    renamed(broker, SECOND)
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    broker.split("META", 2, 1)
    broker.prices["META"] = Decimal(51)
    assert len(found(life.trade(MSFT=NO_ORDER), "possible_split")) == 1
    life.run("resolve", "--split", "META", "5:1", status=3)
    assert "Its price was 100 and is 51" in life.last.stderr
    resolved = life.resolve("--split", "META", "2:1")
    assert figures(row(resolved, "META"), "qty total_pnl") == amounts("200 200")
    # Of before the rename, by a name that it did not have then.
    life.run("resolve", "--split", "META", "2:1", "--ex-date", FIRST, status=3)
    assert "nothing speaks for" in life.last.stderr or "holds no META" in life.last.stderr
    assert splits_of(life) == [("META", THIRD, "2:1")]


def test_two_renames_that_are_read_at_once(life: Life, broker: OddBroker) -> None:
    """Listed days later, one after the other: both are booked in one step, and the split between them."""
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    renamed(broker, SECOND)
    broker.lists("forward_splits", "META", SECOND, new_rate=2, old_rate=1)
    broker.split("META", 2, 1)
    broker.lists("name_changes", "META", THIRD, new_symbol="MVRS")
    broker.rename("META", "MVRS")
    broker.prices["MVRS"] = Decimal(51)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "MVRS"), "qty avg_entry_price unrealized_pnl") == amounts("200 50 200")
    assert (settled(day)["total_pnl"], splits_of(life)) == (200, [("FB", SECOND, "2:1")])


def test_shares_under_both_names_split(life: Life, broker: OddBroker) -> None:
    """The account renames late: META that was bought meanwhile splits with the rest of it."""
    broker.lists("name_changes", "FB", SECOND, new_symbol="META")
    day = life.trade(META=buy(10, "100"))
    assert (row(day, "FB")["qty"], row(day, "META")["qty"]) == (100, 10)
    life.next_session()
    broker.lists("forward_splits", "META", THIRD, new_rate=2, old_rate=1)
    broker.rename("FB", "META")
    broker.split("META", 2, 1)
    broker.prices["META"] = Decimal(51)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "META"), "qty avg_entry_price") == amounts("220 50")
    assert (settled(day)["total_pnl"], splits_of(life)) == (
        220,
        [("FB", THIRD, "2:1"), ("META", THIRD, "2:1")],
    )


def of_day(document: Any, symbol: str) -> tuple[Any, ...]:
    """A symbol's day P&L as its position and its row state it, and what of it is holding and trading."""
    (stated,) = [each for each in document["symbols"]["rows"] if each["symbol"] == symbol]
    return (row(document, symbol)["day_pnl"], *figures(stated, "day_pnl holding_pnl trading_pnl"))


def test_a_rename_is_no_gain_of_a_day(life: Life, broker: OddBroker) -> None:
    """100 at 110, then 112 under another name: 200 won, by META; FB has neither lost nor won that day."""
    broker.prices["FB"] = Decimal(110)
    assert row(life.trade(MSFT=NO_ORDER), "FB")["day_pnl"] == 1000
    life.next_session()
    renamed(broker, life.session, "112")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "META"), "total_pnl unrealized_pnl") == (1200, 1200)
    assert of_day(day, "META") == amounts("200 200 200 0")
    assert row(day, "FB")["day_pnl"] == 0
    # The same of a mark, and of one of after the close, which stays; the next day begins with it.
    life.now += timedelta(hours=7)
    broker.prices["META"] = Decimal(113)
    for marked in (life.mark(), life.mark("--again")):
        assert of_day(marked, "META") == amounts("300 300 300 0")
    life.next_session()
    life.now = life.now.replace(hour=15)
    broker.prices["META"] = Decimal(114)
    assert of_day(life.trade(MSFT=NO_ORDER), "META") == amounts("100 100 100 0")


def test_what_was_sold_on_the_day_of_a_rename_is_of_the_old_name(life: Life, broker: OddBroker) -> None:
    """40 of 100 at 110 are sold at 111 as FB; 60 go on at 112 as META, 20 more are bought at 111.50."""
    broker.prices["FB"] = Decimal(110)
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    life.trade(FB=sell(40, "111"))
    renamed(broker, life.session, "112")
    life.trade("--again", META=buy(20, "111.50"))
    broker.prices["META"] = Decimal(112)
    day = life.mark()
    # 40 x 1; 60 x 2, and 20 x 0.50.
    assert of_day(day, "FB") == amounts("40 40 40 0")
    assert of_day(day, "META") == amounts("130 130 120 10")
    assert day["pnl"]["day_pnl"] == 170


def test_a_symbol_that_is_another_companys_now(life: Life, broker: OddBroker) -> None:
    """It is listed as renamed for days to come: what is bought under it stays, and nothing is said."""
    renamed(broker, SECOND)
    assert len(found(life.trade(MSFT=NO_ORDER), "renamed")) == 1
    life.next_session()
    for _ in range(2):
        day = life.trade("--again", FB=buy(5, "20"))
        assert found(day, "renamed") == []
        life.next_session()
    assert (row(day, "FB")["qty"], row(day, "META")["qty"]) == (10, 100)
    # It splits, and the shares that had its name do not.
    broker.lists("forward_splits", "FB", life.session, new_rate=2, old_rate=1)
    broker.split("FB", 2, 1)
    broker.prices |= {"FB": Decimal(10)}
    day = life.trade(MSFT=NO_ORDER)
    assert (row(day, "FB")["qty"], row(day, "META")["qty"]) == (20, 100)
    assert settled(day)["total_pnl"] == 0


@pytest.mark.parametrize("called", ["FB", "META"])
@pytest.mark.parametrize("kind", ["unit_splits", "reverse_splits"])
def test_cash_in_lieu_across_a_rename(life: Life, broker: OddBroker, called: str, kind: str) -> None:
    """100 become 12.5, the half is paid out for 405 in the same step: a trade of it, by whichever name."""
    if kind == "unit_splits":
        broker.lists(kind, "FB", SECOND, old_rate=8, new_rate=1, new_symbol="META")
        broker.rename("FB", "META")
    else:
        broker.lists(kind, "FB", SECOND, old_rate=8, new_rate=1)
        renamed(broker, SECOND)
    broker.split("META", 1, 8, whole=True)
    broker.prices["META"] = Decimal(800)
    broker.post("CIL", "405", called, qty="0.5")
    for day in (life.trade(MSFT=NO_ORDER), life.mark()):
        assert settled(day)["total_pnl"] == 5
        assert figures(row(day, "META"), "qty avg_entry_price") == amounts("12 800")
        assert found(day, "money_other") == []


@pytest.mark.parametrize("called", ["FB", "META"])
def test_cash_in_lieu_after_a_rename_and_a_further_split(life: Life, broker: OddBroker, called: str) -> None:
    """100 become 12.5, the next day those of META 24 of 12: the half of before is one of the book's 25."""
    broker.lists("reverse_splits", "FB", SECOND, old_rate=8, new_rate=1)
    broker.split("FB", 1, 8, whole=True)
    broker.prices["FB"] = Decimal(800)
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    renamed(broker, life.session, "800")
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    broker.lists("forward_splits", "META", life.session, new_rate=2, old_rate=1)
    broker.split("META", 2, 1)
    broker.prices["META"] = Decimal(400)
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    broker.post("CIL", "405", called, qty="0.5")
    for day in (life.trade(MSFT=NO_ORDER), life.mark()):
        assert settled(day)["total_pnl"] == 5
        assert figures(row(day, "META"), "qty avg_entry_price") == amounts("24 400")


def test_cash_in_lieu_before_the_rename_is_listed(life: Life, broker: OddBroker) -> None:
    """It is other money, for want of its shares; once they are there, it is the trade of the fraction."""
    broker.rename("FB", "META")
    broker.split("META", 1, 8, whole=True)
    broker.prices["META"] = Decimal(800)
    broker.post("CIL", "405", "META", qty="0.5")
    day = life.trade(MSFT=NO_ORDER)
    assert len(found(day, "money_other")) == 1
    life.next_session()
    broker.lists("unit_splits", "FB", SECOND, old_rate=8, new_rate=1, new_symbol="META")
    for _ in range(2):
        day = life.trade("--again", MSFT=NO_ORDER)
        assert settled(day)["total_pnl"] == 5
    assert figures(row(day, "META"), "qty avg_entry_price") == amounts("12 800")


def test_money_whose_symbol_follows_the_rename(life: Life, broker: OddBroker) -> None:
    """Shares that came in keep their worth, income its row: the word is another, and the money the same."""
    broker.prices["FB"] = Decimal(110)
    came = broker.post("JNLS", "0", "FB", qty="10")
    paid = broker.post("DIV", "12.34", "FB", qty="100")
    broker.move("FB", "10", "1100")
    day = life.trade(MSFT=NO_ORDER)
    assert settled(day)["equity"]["money"]["flows"] == 1100
    life.next_session()
    renamed(broker, THIRD, "120")
    came["symbol"] = paid["symbol"] = "META"
    day = life.trade(MSFT=NO_ORDER)
    assert "money" not in settled(day)["equity"] or settled(day)["equity"]["money"]["flows"] == 0
    assert found(day, "money_corrected") == []
    assert figures(row(day, "META"), "qty unrealized_pnl") == amounts("110 2100")
    # A correction of either is of the row that it is in, and of the session that it was in.
    came["qty"], paid["net_amount"] = "9", "12.40"
    broker.move("META", "-1", "-110")
    marked = life.mark()
    settled(marked)
    assert figures(row(marked, "META"), "qty unrealized_pnl") == amounts("109 2090")
    assert row(marked, "FB")["realized_pnl"] == Decimal("12.40")


def test_income_by_the_old_name(life: Life, broker: OddBroker) -> None:
    """A dividend that is posted after the rename, dated before it or behind it, by the name of then."""
    renamed(broker, SECOND)
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    broker.post("DIV", "10", "FB", day=FIRST)
    broker.post("DIV", "20", "FB")
    broker.post("DIV", "40", "META", day=FIRST)
    day = life.trade(MSFT=NO_ORDER)
    assert settled(day)["total_pnl"] == 70
    assert (row(day, "FB")["realized_pnl"], row(day, "META")["realized_pnl"]) == (50, 20)


def test_a_suspicion_goes_over_with_the_shares(life: Life, broker: OddBroker) -> None:
    """A price that halved is not believed because its symbol is another: the next session's list ends it."""
    broker.prices["FB"] = Decimal(50)
    assert life.trade(MSFT=NO_ORDER)["pnl"]["complete"] is False
    renamed(broker, SECOND, "50")
    marked = life.mark()
    assert (row(marked, "META")["qty"], marked["pnl"]["complete"]) == (100, False)
    assert [each["subject"] for each in found(marked, "possible_split")] == ["META"]
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert (settled(day)["day_pnl"], len(found(day, "split_none"))) == (-5000, 1)


def test_what_was_sold_by_the_old_name(life: Life, broker: OddBroker) -> None:
    """A split that is listed late, of before the sale and the rename: what FB realized is of those shares."""
    life.trade(FB=sell(40, "55"))
    life.next_session()
    broker.orders, sale = broker.orders[:1], broker.orders[1:]
    broker.split("FB", 2, 1)
    broker.orders += sale
    broker.lists("forward_splits", "META", SECOND, new_rate=2, old_rate=1)
    renamed(broker, THIRD, "60")
    day = life.trade(MSFT=NO_ORDER)
    assert (row(day, "FB")["realized_pnl"], row(day, "META")["qty"]) == (200, 160)
    assert settled(day)["total_pnl"] == 200 + 1600


@pytest.mark.parametrize("is_listed_late", [False, True])
def test_an_order_whose_symbol_is_another_at_the_broker(
    life: Life, broker: OddBroker, is_listed_late: bool
) -> None:
    """It has our id, side and quantity, and the symbol follows a rename: what it fills is in the book."""
    gtc: Any = {"limit_price": Decimal(110), "status": "new", "detail": {"time_in_force": "gtc"}}
    life.trade(FB=buy(5, None, **gtc))
    life.next_session()
    broker.rename("FB", "META")
    broker.order("FB")["symbol"] = "META"
    broker.prices["META"] = Decimal(100)
    broker.fill("META", "5", "79")
    if is_listed_late:
        day = life.trade(MSFT=NO_ORDER)
        assert says(told(day), "and it was buy 5 FB: nothing of it is booked")
        life.next_session()
    broker.lists("name_changes", "FB", THIRD, new_symbol="META")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "META"), "qty avg_entry_price") == amounts("105 99")
    assert settled(day)["total_pnl"] == 105


def test_a_fraction_under_another_name_waits_to_be_paid(life: Life, broker: OddBroker) -> None:
    """Half a share is ours and not the account's: it has a name, and nobody is told to book it as a trade."""
    broker.lists("reverse_splits", "FB", SECOND, new_rate=1, old_rate=8)
    renamed(broker, SECOND, "800")
    broker.split("META", 1, 8, whole=True)
    for _ in range(2):
        day = life.trade(MSFT=NO_ORDER)
        assert (row(day, "META")["qty"], found(day, "broker_differs")) == (Decimal("12.5"), [])
        equity = day["parties"]["broker"]["equity"]
        assert (equity["residual"], [each["kind"] for each in equity["items"]]) == (0, ["flow"])
        life.next_session()
    broker.post("CIL", "405", "META", qty="0.5")
    assert settled(life.trade(MSFT=NO_ORDER))["total_pnl"] == 5


def test_a_book_that_began_after_a_rename(life: Life) -> None:
    """What it has under the old name was called so then: it is another company's, and nothing is said."""
    broker = life.with_broker(with_list=True)
    life.gateway.is_deaf = True
    life.next_session()
    broker.lists("name_changes", "FB", FIRST, new_symbol="META")
    for _ in range(2):
        day = life.trade("--again", FB=buy(5, "20"))
        assert (found(day, "renamed"), settled(day)["total_pnl"]) == ([], 0)
        life.next_session()
    assert row(day, "FB")["qty"] == 10


def test_an_account_with_other_shares_is_renamed_too(life: Life, broker: OddBroker) -> None:
    """30 were bought by hand: its 130 are META, and so are our 100; what differs is said of that."""
    order = {**broker.order("FB"), "qty": 30}
    broker.place(order, Decimal(30), Decimal(100), "filled", "by-hand")
    day = life.trade(MSFT=NO_ORDER)
    assert says(told(day), "The broker differs on FB: quantity 130 instead of 100")
    life.next_session()
    renamed(broker, THIRD)
    day = life.trade(MSFT=NO_ORDER)
    assert (row(day, "FB")["qty"], row(day, "META")["qty"], day["pnl"]["total_pnl"]) == (0, 100, 0)
    assert [each["subject"] for each in found(day, "broker_differs")] == ["META", "cash"]
    assert settled(life.resolve("--position", "META"))["total_pnl"] == 0


def test_an_earlier_session_is_marked_once_the_account_has_the_new_name(
    life: Life, broker: OddBroker
) -> None:
    """A split has waited for a week, and the shares are renamed next morning: they are not gone."""
    broker.lists("forward_splits", "FB", SECOND, new_rate=2, old_rate=1)
    while life.session < "2025-01-16":
        life.trade(MSFT=NO_ORDER)
        life.next_session()
    last = life.trade(MSFT=NO_ORDER)
    (waits,) = found(last, "split_pending")
    assert "resolve --position FB=100@PRICE" in waits["remedies"][-1]["command"]
    life.next_session()
    renamed(broker, "2025-01-17")
    life.run("mark", "--again")
    marked = life.result(life.reports / "2025-01-16_mark.json", "2025-01-16")
    (waits,) = found(marked, "split_pending")
    assert "resolve --position FB=100@PRICE" in waits["remedies"][-1]["command"]
    # A session later it is shown under the new name.
    broker.split("META", 2, 1)
    broker.prices["META"] = Decimal(51)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "META"), "qty unrealized_pnl") == amounts("200 200")
    settled(day)
