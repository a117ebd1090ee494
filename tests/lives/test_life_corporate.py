"""Splits, renames and spin-offs that the broker lists: booked once its account shows them, never guessed."""

import json
from decimal import Decimal
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell, told
from support.odd_broker import OddBroker

FIRST, EX_DATE, THIRD = "2025-01-06", "2025-01-07", "2025-01-08"
PENDING = "a split 2:1 is pending at the broker: it is listed (forward_split) from 2025-01-07 on, and "


@pytest.fixture
def broker(life: Life) -> OddBroker:
    return life.with_broker(with_list=True)


def found(document: Any, code: str) -> list[Any]:
    return [each for each in document["findings"] if each["code"] == code]


def priced(life: Life, broker: OddBroker, **prices: str) -> None:
    """Have a share cost this at gateway and broker."""
    life.prices(**prices)
    broker.prices |= {symbol: Decimal(price) for symbol, price in prices.items()}


def held(life: Life, broker: OddBroker, qty: int = 100, price: str = "100") -> None:
    """Buy shares in the first session, and let the night before the ex-date go by."""
    priced(life, broker, AAPL=price)
    life.trade(AAPL=buy(qty, price))
    life.next_session()


def one_for_ten(life: Life, broker: OddBroker, *, whole: bool = True) -> None:
    """Let ten shares of AAPL be one on the ex-date, now at 42; a fraction goes at once (`whole`) or later."""
    broker.lists("reverse_splits", "AAPL", EX_DATE, new_rate=1, old_rate=10)
    broker.split("AAPL", 1, 10, whole=whole)
    priced(life, broker, AAPL="42")


def splits_of(life: Life) -> list[tuple[str, str]]:
    return [(each["effective"], each["ratio"]) for each in life.rows("entries") if each["kind"] == "split"]


def test_a_split_that_is_applied_on_its_ex_date(life: Life, broker: OddBroker) -> None:
    """100 at 100 are 200 at 50; at 51 that is 200.00 dollars more. It is booked once, and says its source."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    priced(life, broker, AAPL="51")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty avg_entry_price unrealized_pnl") == amounts("200 50 200")
    assert figures(day["pnl"], "complete day_pnl total_pnl") == (True, *amounts("200 200"))
    (said,) = found(day, "split")
    assert (said["severity"], said["subject"]) == ("note", "AAPL")
    assert said["text"].startswith("AAPL split 2:1 in 2025-01-07: the broker lists it (forward_split)")
    assert "resolve --position AAPL=QTY@PRICE" in said["remedies"][0]["command"]
    assert {each["severity"] for each in found(day, "gateway_differs")} == {"note"}  # it has 100 still
    (entry,) = [each for each in life.rows("entries") if each["kind"] == "split"]
    assert figures(entry, "symbol qty ratio effective") == ("AAPL", "100", "2:1", EX_DATE)
    assert entry["note"] == "2:1 listed by the broker as forward_split, ex-date 2025-01-07"
    for _ in range(2):
        assert found(life.mark(), "split") == []
        life.next_session()
        assert life.trade(MSFT=NO_ORDER)["pnl"]["complete"] is True
    assert splits_of(life) == [(EX_DATE, "2:1")]
    (asked,) = {each.query["start"][0] for each in broker.requests if "corporate" in each.path} & {
        "2024-12-27"
    }
    assert asked == "2024-12-27"  # ten days before the first session
    # Said by hand as well it is refused: nothing speaks for a second one.
    life.run("resolve", "--split", "AAPL", "2:1", status=3)
    life.run("resolve", "--split", "AAPL", "2:1", "--ex-date", EX_DATE, status=3)
    assert splits_of(life) == [(EX_DATE, "2:1")]


@pytest.mark.parametrize("ratio", [(5, 4), (2, 1)])
def test_a_gateways_price_of_before_a_split_is_not_these_shares(
    life: Life, broker: OddBroker, ratio: tuple[int, int]
) -> None:
    """Its 100 would make 25 or 100 more shares a gain: no figure until it is nearer to what is due."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=ratio[0], old_rate=ratio[1])
    broker.split("AAPL", *ratio)
    for day in (life.trade(MSFT=NO_ORDER), life.mark()):
        assert figures(day["pnl"], "complete day_pnl total_pnl") == (False, None, None)
        assert says(
            told(day), "AAPL has no price: its price is nearer to the one of before its split of 2025-"
        )
        assert found(day, "possible_split") == []
    priced(life, broker, AAPL=str(Decimal(100) * ratio[1] / ratio[0] + 1))
    marked = life.mark()
    assert figures(marked["pnl"], "complete day_pnl") == (True, Decimal(100 * ratio[0] // ratio[1]))


def test_a_gateway_that_keeps_the_price_of_before_a_split(life: Life, broker: OddBroker) -> None:
    """The broker's is right: the symbol has that while the gateway says 100, and then the gateway's again."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    broker.prices["AAPL"] = Decimal(51)
    for total in (200, 400, 600):
        for day in (life.trade(MSFT=NO_ORDER), life.mark()):
            assert figures(day["pnl"], "complete day_pnl total_pnl") == (True, *amounts(f"200 {total}"))
            assert row(day, "AAPL")["price_source"] == "broker"
            assert found(day, "possible_split") == []
        broker.prices["AAPL"] += 1
        life.next_session()
    life.prices(AAPL="53")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "mark_price price_source") == (53, "gateway")


def test_a_price_that_falls_without_a_split_is_suspect_whoever_else_says_less(
    life: Life, broker: OddBroker
) -> None:
    """No split of it is booked: the gateway's 49 after 100 is not believed, and not gone round."""
    held(life, broker)
    life.prices(AAPL="49")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(day["pnl"], "complete day_pnl") == (False, None)
    assert [each["subject"] for each in found(day, "possible_split")] == ["AAPL"]


def test_a_split_that_is_booked_after_its_session_is_in_no_price_of_it(life: Life, broker: OddBroker) -> None:
    """The ex-date closed at 100, without it: at 51 a day later it is no second split, nor can be said."""
    held(life, broker, qty=10)
    assert life.trade(MSFT=NO_ORDER)["pnl"]["complete"] is True
    life.next_session()
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    priced(life, broker, AAPL="51")
    day = life.trade(MSFT=NO_ORDER)
    assert found(day, "possible_split") == []
    assert figures(row(day, "AAPL"), "qty unrealized_pnl") == amounts("20 20")
    assert day["pnl"]["complete"] is True
    life.run("resolve", "--split", "AAPL", "2:1", status=3)
    assert splits_of(life) == [(EX_DATE, "2:1")]


def test_a_split_of_a_symbol_that_is_traded_that_day(life: Life, broker: OddBroker) -> None:
    """50 of the 200 are sold at 51, one dollar more than each cost: 50.00 realized, 150.00 not."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate="2", old_rate="1")
    broker.split("AAPL", 2, 1)
    priced(life, broker, AAPL="51")
    day = life.trade(AAPL=sell(50, "51"))
    assert figures(row(day, "AAPL"), "qty realized_pnl unrealized_pnl") == amounts("150 50 150")
    assert figures(day["pnl"], "complete day_pnl") == (True, Decimal(200))


def test_a_split_that_is_listed_and_applied_late(life: Life, broker: OddBroker) -> None:
    """5:4 at -20 % is a bad night until it is listed; then null; then booked, and closings are void."""
    held(life, broker)
    priced(life, broker, AAPL="81")
    assert life.trade(MSFT=NO_ORDER)["pnl"]["day_pnl"] == -1900
    life.next_session()
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=5, old_rate=4)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(day["pnl"], "complete day_pnl total_pnl") == (False, None, None)
    assert figures(row(day, "AAPL"), "unrealized_pnl total_pnl") == (None, None)
    assert row(day, "AAPL")["unpriced_reason"] == (
        "a split 5:4 is pending at the broker: it is listed (forward_split) from 2025-01-07 on, and the "
        "account has 100 shares instead of 125"
    )
    (said,) = found(day, "split_pending")
    assert said["severity"] == "warning"
    assert [each["command"] for each in said["remedies"]] == [""]
    assert found(day, "possible_split") == []
    life.next_session()
    broker.split("AAPL", 5, 4)
    day = life.trade(MSFT=NO_ORDER)
    # 125 x 81 - 10,000, and the last closing that is right is the first session's.
    assert figures(row(day, "AAPL"), "qty total_pnl") == amounts("125 125")
    assert figures(day["pnl"], "complete day_pnl total_pnl") == (True, *amounts("125 125"))
    assert day["pnl"]["equity"]["opening"] == 100_000
    assert splits_of(life) == [(EX_DATE, "5:4")]
    assert says(told(day), "The closings of 2025-01-07 were made without the split 5:4 of AAPL")
    complete = {each["session"]: each["complete"] for each in life.rows("sessions")}
    assert complete == {FIRST: 1, EX_DATE: 0, THIRD: 0, "2025-01-09": 1}


def never_applied(life: Life, broker: OddBroker) -> Any:
    """Wait through five sessions in which the account keeps its 100 shares; return the last result."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    priced(life, broker, AAPL="51")
    for _ in range(6):  # the 9th is no session in New York
        day = life.trade(MSFT=NO_ORDER)
        (said,) = found(day, "split_pending")
        assert says([said["text"]], f"AAPL has no price: {PENDING}the account has 100 shares instead of 200")
        assert not any("--split" in each["command"] for each in said["remedies"])
        life.next_session()
    # The list has forgotten it by then, by the date at which it was processed; what waits is asked for still.
    return life.trade(MSFT=NO_ORDER)


def offered(document: Any) -> list[str]:
    (said,) = found(document, "split_pending")
    return [each["command"] for each in said["remedies"]]


def test_a_split_that_is_never_applied_is_ended_by_its_price(life: Life, broker: OddBroker) -> None:
    """A paper account: 100 shares at 51 it is, by hand, and the loss of 4,900.00 counts."""
    split, position = offered(never_applied(life, broker))
    assert "resolve --split AAPL 2:1" in split
    assert "resolve --position AAPL=100@PRICE" in position
    resolved = life.resolve("--position", "AAPL=100@51")
    assert figures(row(resolved, "AAPL"), "qty total_pnl") == amounts("100 -4900")
    assert figures(resolved["pnl"], "complete day_pnl") == (True, Decimal(-4900))
    for _ in range(2):
        life.next_session()
        day = life.trade(MSFT=NO_ORDER)
        assert (found(day, "split_pending"), day["pnl"]["complete"]) == ([], True)
    # Applied after all, the broker is believed: 200 at 51 are 200.00 more than they cost.
    broker.split("AAPL", 2, 1)
    marked = life.mark()
    assert figures(row(marked, "AAPL"), "qty total_pnl") == amounts("200 200")
    assert splits_of(life) == [(EX_DATE, "2:1")]


def test_a_split_that_is_never_applied_is_ended_by_saying_it(life: Life, broker: OddBroker) -> None:
    """200 shares from the ex-date on; that the account has 100 is a difference, and no second split."""
    never_applied(life, broker)
    resolved = life.resolve("--split", "AAPL", "2:1")
    assert splits_of(life) == [(EX_DATE, "2:1")]
    assert figures(row(resolved, "AAPL"), "qty total_pnl") == amounts("200 200")
    assert says(told(resolved), "The broker differs on AAPL: quantity 100 instead of 200")
    life.next_session()
    broker.split("AAPL", 2, 1)
    day = life.trade(MSFT=NO_ORDER)
    assert (found(day, "broker_differs"), day["pnl"]["complete"]) == ([], True)
    assert splits_of(life) == [(EX_DATE, "2:1")]


def test_that_there_was_no_split_ends_one_too(life: Life, broker: OddBroker) -> None:
    """1:1 is never refused; the account is still believed once it shows it."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    priced(life, broker, AAPL="51")
    assert life.trade(MSFT=NO_ORDER)["pnl"]["complete"] is False
    resolved = life.resolve("--split", "AAPL", "1:1")
    assert figures(row(resolved, "AAPL"), "qty total_pnl") == amounts("100 -4900")
    broker.split("AAPL", 2, 1)
    assert figures(row(life.mark(), "AAPL"), "qty total_pnl") == amounts("200 200")


def test_a_split_by_hand_before_it_is_listed(life: Life, broker: OddBroker) -> None:
    """The list's date is another, its terms are 4 for 2: it is the same one, and booked once."""
    held(life, broker)
    priced(life, broker, AAPL="51")
    life.trade(MSFT=NO_ORDER)
    life.resolve("--split", "AAPL", "2:1")
    life.next_session()
    broker.lists("forward_splits", "AAPL", THIRD, new_rate=4, old_rate=2)
    broker.split("AAPL", 2, 1)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty total_pnl") == amounts("200 200")
    assert splits_of(life) == [(EX_DATE, "2:1")]
    assert (found(day, "split"), found(day, "split_pending")) == ([], [])


def test_a_list_speaks_for_a_split_by_hand(life: Life, broker: OddBroker) -> None:
    """Without a price, and with the old quantity at gateway and broker; in the session that is listed."""
    held(life, broker)
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    life.prices(AAPL=None)
    life.trade(MSFT=NO_ORDER)
    life.run("resolve", "--split", "AAPL", "2:1", status=3)
    assert "and the gateway has 100, the broker 100" in life.last.stderr
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    life.run("resolve", "--split", "AAPL", "3:1", status=3)
    life.resolve("--split", "AAPL", "2:1")
    assert splits_of(life) == [(EX_DATE, "2:1")]


def test_a_reverse_split_that_leaves_no_whole_share(life: Life, broker: OddBroker) -> None:
    """5 at 4 are half a share at 40: the account has none of it, and is to pay it."""
    held(life, broker, 5, "4")
    one_for_ten(life, broker)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty total_pnl") == amounts("0.5 1")
    assert (found(day, "broker_differs"), day["parties"]["broker"]["equity"]["residual"]) == ([], 0)


@pytest.mark.parametrize("days", [0, 1], ids=["at once", "days later"])
def test_the_fraction_of_a_reverse_split_is_paid(life: Life, broker: OddBroker, days: int) -> None:
    """25 at 4 are 2.5 at 40: 21.00 for the half one realize 1.00, two at 42 are 4.00 more than they cost."""
    held(life, broker, 25, "4")
    one_for_ten(life, broker)
    for _ in range(days):
        life.prices(AAPL="41")
        equity = life.trade(MSFT=NO_ORDER)["parties"]["broker"]["equity"]
        assert figures(equity, "prices residual") == amounts("-2.5 0")  # until it is paid, at its price
        life.prices(AAPL="42")
        life.next_session()
    broker.post("CIL", "21.00", "AAPL", qty="0.5")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty realized_pnl unrealized_pnl") == amounts("2 1 4")
    assert figures(day["pnl"], "complete total_pnl") == (True, Decimal(5))
    equity = day["parties"]["broker"]["equity"]
    assert (equity["residual"], [each for each in equity["items"] if each["kind"] == "flow"]) == (0, [])
    assert (splits_of(life), found(day, "broker_differs")) == ([(EX_DATE, "1:10")], [])


@pytest.mark.parametrize("told", [{"qty": "0.5"}, {}], ids=["with its quantity", "without"])
@pytest.mark.parametrize("way", [1, -1], ids=["long", "short"])
def test_a_fraction_that_is_paid_once_the_shares_have_crossed_zero(
    life: Life, broker: OddBroker, way: int, told: dict[str, str]
) -> None:
    """2.5 of a reverse split, and 7 go: 4.5 short here, 5 there; until the half one is paid it has a name."""
    first, then = (buy, sell) if way > 0 else (sell, buy)
    priced(life, broker, AAPL="4")
    life.trade(AAPL=first(25, "4"))
    life.next_session()
    one_for_ten(life, broker)
    day = life.trade(AAPL=then(7, "42"))
    equity = day["parties"]["broker"]["equity"]
    half = Decimal("0.5") * way
    assert [each["subject"] for each in equity["items"]] == [
        f"{half} AAPL after its split, to be paid in cash"
    ]
    assert (equity["residual"], found(day, "broker_differs")) == (0, [])
    assert row(day, "AAPL")["qty"] == Decimal("-4.5") * way
    broker.post("CIL", str(21 * way), "AAPL", **told)
    marked = life.mark()
    ties_out(marked)
    assert figures(row(marked, "AAPL"), "qty total_pnl") == (-5 * way, 5 * way)


def test_a_fraction_that_is_paid_beside_another_that_was_traded(life: Life, broker: OddBroker) -> None:
    """2.5 of a reverse split, and 6.5 of an order go: 4 short here, 4.5 there, until the half is paid."""
    held(life, broker, 25, "4")
    one_for_ten(life, broker)
    day = life.trade(AAPL=sell(7, "42", filled="6.5", status="canceled"))
    equity = day["parties"]["broker"]["equity"]
    assert [each["subject"] for each in equity["items"]] == ["0.5 AAPL after its split, to be paid in cash"]
    broker.post("CIL", "21", "AAPL")
    for marked in (life.mark(), life.mark()):
        ties_out(marked)
        assert row(marked, "AAPL")["qty"] == Decimal("-4.5")


def test_a_fraction_alone_has_not_moved_the_account(life: Life, broker: OddBroker) -> None:
    """5 % of 5 shares is a quarter of one: that the account has 5 says nothing yet."""
    held(life, broker, 5, "105")
    broker.lists("stock_dividends", "AAPL", EX_DATE, rate="0.05")
    assert len(found(life.trade(MSFT=NO_ORDER), "split_pending")) == 1
    broker.split("AAPL", 105, 100)
    assert row(life.mark(), "AAPL")["qty"] == Decimal("5.25")


def test_a_sale_while_a_split_is_pending(life: Life, broker: OddBroker) -> None:
    """What it realized is not known, until the account has moved: 50 of 200 at 51 realize 50.00."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    priced(life, broker, AAPL="51")
    day = life.trade(AAPL=sell(50, "51"))
    assert figures(row(day, "AAPL"), "qty realized_pnl unknown_reason") == (
        *(None, None),
        f"it was traded, and {PENDING}the account has 50 shares instead of 150",
    )
    broker.orders, sale = broker.orders[:1], broker.orders[1:]
    broker.split("AAPL", 2, 1)
    broker.orders += sale
    assert figures(row(life.mark(), "AAPL"), "qty realized_pnl unrealized_pnl") == amounts("150 50 150")


@pytest.mark.parametrize("whole", [False, True], ids=["exact", "truncated"])
def test_a_reverse_split(life: Life, broker: OddBroker, whole: bool) -> None:
    """25 at 4 are 2.5 at 40; the account may have 2 already, and pays the half share later."""
    held(life, broker, 25, "4")
    one_for_ten(life, broker, whole=whole)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty avg_entry_price total_pnl") == amounts("2.5 40 5")
    assert splits_of(life) == [(EX_DATE, "1:10")]
    # Half a share at 42 is ours, and not the account's: it has a name, and nobody is told to book it.
    (broker_word,) = [each for each in [day["parties"]["broker"]] if each]
    items = [
        figures(each, "kind amount") for each in broker_word["equity"]["items"] if each["kind"] == "flow"
    ]
    assert items == ([("flow", Decimal(21))] if whole else [])
    assert broker_word["equity"]["residual"] == 0
    assert found(day, "broker_differs") == []


def test_a_stock_dividend_is_a_split(life: Life, broker: OddBroker) -> None:
    """5 % in shares: 100 at 105 are 105 at 100."""
    held(life, broker, 100, "105")
    broker.lists("stock_dividends", "AAPL", EX_DATE, rate=0.05)
    broker.split("AAPL", 105, 100)
    priced(life, broker, AAPL="101")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty avg_entry_price total_pnl") == amounts("105 100 105")
    assert splits_of(life) == [(EX_DATE, "21:20")]


def test_a_suspicion_ends_at_the_next_sessions_read(life: Life, broker: OddBroker) -> None:
    """The price halved, no split is listed and the broker has our quantity: it was a bad night."""
    held(life, broker)
    priced(life, broker, AAPL="50")
    day = life.trade(MSFT=NO_ORDER)
    assert (day["pnl"]["complete"], life.mark()["pnl"]["complete"]) == (False, False)
    assert len(found(day, "possible_split")) == 1
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert figures(day["pnl"], "complete day_pnl") == (True, Decimal(-5000))
    (said,) = found(day, "split_none")
    assert says([said["text"]], "AAPL may have split since 2025-01-07; the broker lists no split of it")
    # It stays believed, in this session and in the next.
    assert life.mark()["pnl"]["complete"] is True
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert (day["pnl"]["complete"], found(day, "split_none")) == (True, [])


def test_a_suspicion_does_not_end_without_the_list(life: Life, broker: OddBroker) -> None:
    """That can't be read: exit 1, and nothing is guessed; another quantity at the broker keeps it too."""
    held(life, broker)
    priced(life, broker, AAPL="50")
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    broker.always("GET", "/v1/corporate-actions", plain_500())
    day = life.trade(MSFT=NO_ORDER, status=1)
    words = f"its list of corporate actions at {broker.url}: it answered"
    assert says(told(day), "The broker could not be read", f"{words} 500")
    assert (day["pnl"]["complete"], len(found(day, "possible_split"))) == (False, 1)
    broker.always("GET", "/v1/corporate-actions", Answer(status=403, body="{}"))
    marked = life.mark(status=1)
    assert says(told(marked), f"{words} 403")
    assert not says(told(marked), "its orders")
    assert row(marked, "AAPL")["qty"] == 100


def test_a_source_of_quotes_that_has_no_list(life: Life, broker: OddBroker) -> None:
    """It may be another one than the broker's: a note, and suspicions stay what a person ends."""
    broker.always("GET", "/v1/corporate-actions", Answer(status=404, body='{"message":"Not Found"}'))
    held(life, broker)
    priced(life, broker, AAPL="50")
    for _ in range(2):
        day = life.trade(MSFT=NO_ORDER)
        (said,) = found(day, "no_list")
        assert (said["severity"], broker.url in said["text"]) == ("note", True)
        assert len(found(day, "possible_split")) == 1
        life.next_session()


def test_a_split_that_waits_is_not_forgotten_with_the_list(life: Life, broker: OddBroker) -> None:
    """One that can't be read says nothing: the symbol stays without a price."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    assert life.trade(MSFT=NO_ORDER)["pnl"]["complete"] is False
    broker.always("GET", "/v1/corporate-actions", plain_500())
    assert life.mark(status=1)["pnl"]["complete"] is False


@pytest.mark.parametrize("moved", [0, 7], ids=["untraded", "traded"])
def test_the_brokers_quantity_makes_one_suspect(life: Life, broker: OddBroker, moved: int) -> None:
    """It has twice ours at an unmoved price, also when the symbol was traded that day; the list ends it."""
    held(life, broker)
    broker.split("AAPL", 2, 1)
    day = life.trade(AAPL=buy(moved, "100") if moved else NO_ORDER)
    words = f"the broker has {200 + moved} instead of {100 + moved}"
    assert says([each["text"] for each in found(day, "possible_split")], "a possible split 2:1", words)
    assert (row(day, "AAPL")["realized_pnl"] is None) == bool(moved)
    life.next_session()
    assert life.trade(MSFT=NO_ORDER)["pnl"]["complete"] is False
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    marked = life.mark()
    assert row(marked, "AAPL")["qty"] == 200 + moved
    assert splits_of(life) == [(EX_DATE, "2:1")]


def test_a_ratio_is_the_one_that_the_price_fits(life: Life, broker: OddBroker) -> None:
    """25 are 2, a fraction of them paid out: by 1:9, 1:10 or 1:12; ten times the price is 1:10."""
    held(life, broker, 25, "4")
    broker.split("AAPL", 1, 10, whole=True)
    priced(life, broker, AAPL="40")
    (said,) = found(life.trade(MSFT=NO_ORDER), "possible_split")
    assert "resolve --split AAPL 1:10" in said["remedies"][0]["command"]


def test_positions_of_before_a_sale_are_no_split(life: Life, broker: OddBroker) -> None:
    """The account has 100 still, and 25 were sold: that is no 5:4 of them at an unmoved price."""
    held(life, broker)
    before = {"symbol": "AAPL", "asset_class": "us_equity", "qty": "100", "avg_entry_price": "100"}
    before |= {"market_value": "10000", "current_price": "100"}
    broker.always("GET", "/v2/positions", Answer(status=200, body=[before]))
    day = life.trade(AAPL=sell(25, "100"))
    assert (found(day, "possible_split"), row(day, "AAPL")["qty"]) == ([], 75)
    assert says([each["text"] for each in found(day, "broker_differs")], "100 instead of 75")
    broker.calm()
    ties_out(life.mark())


def test_an_account_that_is_not_proven_shows_no_split(life: Life, broker: OddBroker) -> None:
    """Then nobody waits for it: a person may say at once what the list says."""
    broker.account["account_number"] = "PA3FAKE00002"
    life.trade(AAPL=buy(100, "100", detail={"broker_order_id": "0b7d", "filled_qty": "100"}))
    life.next_session()
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    day = life.trade(MSFT=NO_ORDER)
    assert row(day, "AAPL")["unpriced_reason"] == (
        f"{PENDING}no account at the broker is proven to be the book's"
    )
    split, position = offered(day)
    assert "--split AAPL 2:1" in split
    assert "--position AAPL=200@PRICE" in position


def test_a_rename(life: Life, broker: OddBroker) -> None:
    """The holding goes over at its cost once the account shows it; what was realized stays."""
    priced(life, broker, FB="100")
    life.trade(FB=buy(12, "100"))
    life.next_session()
    life.trade(FB=sell(2, "103"))
    life.next_session()
    broker.lists("name_changes", "FB", THIRD, new_symbol="META")
    day = life.trade(MSFT=NO_ORDER)
    assert says(told(day), f"FB is listed as META from {THIRD} on", "its 10 shares are carried over once")
    assert row(day, "FB")["qty"] == 10
    by_hand = broker.place({**broker.order("FB"), "symbol": "META"}, Decimal(10), Decimal(103), "filled", "x")
    assert row(life.mark(), "FB")["qty"] == 10  # it is there still, and these are others
    broker.orders.remove(by_hand)
    broker.rename("FB", "META")
    broker.prices["META"] = Decimal(104)
    life.prices(FB="51.5")  # what the gateway still has under that name is no split either
    marked = life.mark()
    assert found(marked, "possible_split") == []
    assert figures(row(marked, "FB"), "qty realized_pnl total_pnl") == amounts("0 6 6")
    assert figures(row(marked, "META"), "qty avg_entry_price mark_price unrealized_pnl") == amounts(
        "10 100 104 40"
    )
    assert figures(marked["pnl"], "complete total_pnl") == (True, Decimal(46))
    (said,) = found(marked, "renamed")
    assert said["text"].startswith("FB is META now: the broker lists it (name_change)")
    # A fill of FB that is corrected afterwards is corrected in what went over: 12 at 99 in all.
    broker.orders[0] |= {"filled_avg_price": "99"}
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "META"), "qty avg_entry_price") == amounts("10 99")
    assert row(day, "FB")["realized_pnl"] == 8
    assert found(day, "renamed") == []
    assert [each["symbol"] for each in life.rows("entries") if each["kind"] == "rename"] == ["FB"]


def test_an_order_that_works_through_a_rename(life: Life, broker: OddBroker) -> None:
    """It keeps its symbol: what it fills afterwards is carried over as well."""
    priced(life, broker, FB="100")
    life.trade(FB=buy(10, "100"))
    gtc: Any = {"limit_price": Decimal(110), "status": "new", "detail": {"time_in_force": "gtc"}}
    life.trade("--again", FB=buy(5, None, **gtc))
    life.next_session()
    broker.lists("name_changes", "FB", EX_DATE, new_symbol="META")
    broker.rename("FB", "META")
    broker.prices["META"] = Decimal(100)
    assert row(life.trade(MSFT=NO_ORDER), "META")["qty"] == 10
    broker.fill("FB", "5", "106")
    marked = life.mark()
    assert (row(marked, "FB")["qty"], row(marked, "META")["qty"]) == (0, 15)
    assert row(marked, "META")["avg_entry_price"] == 102


def test_a_unit_split_under_a_new_symbol(life: Life, broker: OddBroker) -> None:
    """1 becomes 2 of another name: the split first, then all of it goes over."""
    held(life, broker)
    broker.lists("unit_splits", "AAPL", EX_DATE, old_rate=1, new_rate=2, new_symbol="APPL")
    broker.split("AAPL", 2, 1)
    broker.rename("AAPL", "APPL")
    broker.prices["APPL"] = Decimal(51)
    day = life.trade(MSFT=NO_ORDER)
    assert row(day, "AAPL")["qty"] == 0
    assert figures(row(day, "APPL"), "qty avg_entry_price total_pnl") == amounts("200 50 200")
    assert figures(day["pnl"], "complete day_pnl") == (True, Decimal(200))


def test_a_spin_off_is_named(life: Life, broker: OddBroker) -> None:
    """Nothing of it is booked; once a person has, it is said no more."""
    held(life, broker)
    broker.lists("spin_offs", "AAPL", EX_DATE, new_symbol="CORE", source_rate=4, new_rate=1)
    for _ in range(2):
        day = life.trade(MSFT=NO_ORDER)
        (said,) = found(day, "corporate_action")
        assert (said["severity"], said["subject"]) == ("warning", "AAPL")
        assert "AAPL spun off CORE on 2025-01-07, 1 for 4, so 25 for 100 shares" in said["text"]
        assert figures(row(day, "AAPL"), "qty total_pnl") == amounts("100 0")
        life.next_session()
    life.trade(MSFT=NO_ORDER)
    life.gateway.hold("CORE", "25", "0", "8")
    resolved = life.resolve("--position", "CORE=25@0")
    assert row(resolved, "CORE")["qty"] == 25
    assert found(resolved, "corporate_action") == []


@pytest.mark.parametrize("said", ["50.5", "50"])
def test_a_spin_off_that_the_account_shows_has_a_name(life: Life, broker: OddBroker, said: str) -> None:
    """202 shares were given 50.5: the account has 50, and half a one in cash; nothing is unexplained for it.

    Taken over with the fraction, or without, it is the account's, and its cash is counted once.
    """
    held(life, broker, qty=202, price="100")
    broker.lists("spin_offs", "AAPL", EX_DATE, new_symbol="CORE", source_rate=4, new_rate=1)
    day = life.trade(MSFT=NO_ORDER)
    (named,) = found(day, "corporate_action")
    assert named["remedies"][0]["text"].startswith("Once the account has them, what came of them, with the")
    broker.move("CORE", "50")
    priced(life, broker, AAPL="98", CORE="8")
    day = life.mark()
    (named,) = found(day, "corporate_action")
    (remedy,) = named["remedies"]
    assert (remedy["text"][:17], "--position CORE=50.5@0" in remedy["command"]) == ("What came of them", True)
    equity = day["parties"]["broker"]["equity"]
    (item,) = equity["items"]
    assert figures(item, "subject amount") == ("50 CORE that AAPL spun off", -400)
    assert (equity["residual"], equity["difference"]) == (0, -400)
    assert found(day, "broker_differs") + found(day, "residual") == []
    day = life.resolve("--position", f"CORE={said}@0")
    equity = day["parties"]["broker"]["equity"]
    assert [each["subject"] for each in equity["items"]] == (
        ["0.5 CORE after its spin-off, to be paid in cash"] if said == "50.5" else []
    )
    assert equity["residual"] == 0
    broker.post("CIL", "4", "CORE", qty="0.5")
    for _ in range(2):
        life.next_session()
        day = life.trade(MSFT=NO_ORDER)
        ties_out(day)
        assert figures(row(day, "CORE"), "qty unrealized_pnl realized_pnl") == (50, 400, 4 * (said == "50.5"))
        assert day["pnl"]["equity"]["closing"] == 100_000
    other = day["pnl"]["since_inception"].get("money", {}).get("other", 0)
    assert other == 4 * (said == "50")


def test_a_fraction_that_was_paid_before_a_person_takes_over_its_shares(
    life: Life, broker: OddBroker
) -> None:
    """202 shares were given 50.5, and half a one is paid already: with 50.5 said it is that trade, once."""
    held(life, broker, qty=202, price="100")
    broker.lists("spin_offs", "AAPL", EX_DATE, new_symbol="CORE", source_rate=4, new_rate=1)
    broker.move("CORE", "50")
    priced(life, broker, AAPL="98", CORE="8")
    broker.post("CIL", "4", "CORE", qty="0.5")
    day = life.trade(MSFT=NO_ORDER)
    assert says(told(day), "Cash in lieu of CORE, 2025-01-07", "is in the book as other money")
    day = life.resolve("--position", "CORE=50.5@0")
    ties_out(day)
    assert figures(row(day, "CORE"), "qty unrealized_pnl realized_pnl") == (50, 400, 4)
    assert day["pnl"]["equity"]["closing"] == 100_000
    assert says(told(day), "was in the book as other money; it has the shares by now")
    ties_out(life.mark())


def test_what_is_listed_for_later_is_not_booked_yet(life: Life, broker: OddBroker) -> None:
    """Nor is it waited for, nor does it speak for a split of today."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", THIRD, new_rate=2, old_rate=1)
    broker.lists("name_changes", "AAPL", THIRD, new_symbol="APPL")
    broker.lists("spin_offs", "AAPL", THIRD, new_symbol="CORE", source_rate=4, new_rate=1)
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty total_pnl") == amounts("100 0")
    codes = {each["code"] for each in day["findings"]}
    assert not codes & {"split", "split_pending", "renamed", "corporate_action"}
    life.run("resolve", "--split", "AAPL", "2:1", status=3)


def test_what_the_book_did_not_hold_then_is_none_of_its_business(life: Life, broker: OddBroker) -> None:
    """Bought on the ex-date, after the split: 200 shares stay 200."""
    priced(life, broker, AAPL="51")
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    for kind, more in (("forward_splits", {"old_rate": 1}), ("spin_offs", {"source_rate": 1})):
        broker.lists(kind, "AAPL", EX_DATE, new_rate=2, new_symbol="CORE", **more)
    for _ in range(2):
        day = life.trade("--again", AAPL=buy(100, "51"), status=0)
        life.next_session()
    assert figures(row(day, "AAPL"), "qty avg_entry_price") == amounts("200 51")
    assert (splits_of(life), found(day, "split_pending"), found(day, "corporate_action")) == ([], [], [])


def test_fills_that_are_not_known_explain_no_split(life: Life, broker: OddBroker) -> None:
    """An order of 100 more still works, and the account has 200: that may be its fill, so it waits."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    gtc: Any = {"limit_price": Decimal(110), "status": "new", "detail": {"time_in_force": "gtc"}}
    broker.split("AAPL", 2, 1)
    life.trade(AAPL=buy(100, None, **gtc))
    assert (len(found(life.mark(), "split_pending")), splits_of(life)) == (1, [])
    broker.fill("AAPL", "100", "51")
    priced(life, broker, AAPL="51")
    marked = life.mark()
    assert (row(marked, "AAPL")["qty"], splits_of(life)) == (300, [(EX_DATE, "2:1")])


def test_an_account_with_other_shares_beside_the_book(life: Life, broker: OddBroker) -> None:
    """30 bought by hand: its 130 became 260, so our 100 became 200, and 60 is the difference."""
    priced(life, broker, AAPL="100")
    life.trade(AAPL=buy(100, "100"))
    by_hand = broker.place({**broker.order("AAPL"), "qty": 30}, Decimal(30), Decimal(100), "filled", "hand")
    assert by_hand["filled_qty"] == "30"
    life.mark()
    life.next_session()
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    priced(life, broker, AAPL="51")
    day = life.trade(MSFT=NO_ORDER)
    assert (row(day, "AAPL")["qty"], splits_of(life)) == (200, [(EX_DATE, "2:1")])
    assert says(told(day), "The broker differs on AAPL: quantity 260 instead of 200")


def by_hand(broker: OddBroker, qty: int, price: str, side: str = "buy") -> None:
    """Have somebody trade AAPL in the broker's dashboard."""
    order = {**broker.order("AAPL"), "qty": qty, "side": side}
    broker.place(order, Decimal(qty), Decimal(price), "filled", f"by-hand-{len(broker.orders)}")


@pytest.mark.parametrize(
    ("ratio", "qty", "side"), [((2, 1), 100, "buy"), ((3, 2), 50, "buy"), ((1, 2), 50, "sell")]
)
def test_a_trade_by_hand_is_no_listed_split(
    life: Life, broker: OddBroker, ratio: tuple[int, int], qty: int, side: str
) -> None:
    """It makes of 100 what the split would have made: the account's own fills tell of it, so it waits."""
    held(life, broker)
    became, shares = ratio
    kind = "forward_splits" if became > shares else "reverse_splits"
    broker.lists(kind, "AAPL", EX_DATE, new_rate=became, old_rate=shares)
    by_hand(broker, qty, "100", side)
    there = 100 * became // shares
    for day in (life.trade(MSFT=NO_ORDER), life.mark()):
        assert splits_of(life) == []
        assert row(day, "AAPL")["unpriced_reason"].endswith(
            f"what the account has, {there} shares, trades by hand may have made as well"
        )
    # Applied after all, to the 100 alone: the rest was bought of shares of after the split.
    orders, broker.orders = broker.orders, broker.orders[:1]
    broker.split("AAPL", became, shares)
    broker.orders = orders
    priced(life, broker, AAPL=str(Decimal(102) * shares / became))
    marked = life.mark()
    assert (row(marked, "AAPL")["qty"], splits_of(life)) == (there, [(EX_DATE, f"{became}:{shares}")])
    assert row(marked, "AAPL")["total_pnl"] == 200


def test_a_trade_by_hand_that_a_person_took_over_is_not_subtracted_twice(
    life: Life, broker: OddBroker
) -> None:
    """100 more are taken over at their price while the split waits; then it is applied to the first 100."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    by_hand(broker, 100, "51")
    priced(life, broker, AAPL="51")
    life.trade(MSFT=NO_ORDER)
    life.resolve("--position", "AAPL=200@51")
    assert splits_of(life) == []
    orders, broker.orders = broker.orders, broker.orders[:1]
    broker.split("AAPL", 2, 1)
    broker.orders = orders
    marked = life.mark()
    assert (row(marked, "AAPL")["qty"], splits_of(life)) == (300, [(EX_DATE, "2:1")])
    assert figures(row(marked, "AAPL"), "realized_pnl unrealized_pnl") == amounts("0 200")


@pytest.mark.parametrize("is_seen", [False, True], ids=["after it was valued", "before it was valued"])
def test_a_trade_by_hand_of_the_day_before_is_no_listed_split(
    life: Life, broker: OddBroker, is_seen: bool
) -> None:
    """It doubled the account already, or after the valuation of that day: the split is of all its shares."""
    priced(life, broker, AAPL="100")
    life.trade(AAPL=buy(100, "100"))
    by_hand(broker, 100, "100")
    if is_seen:
        life.mark()
    life.next_session()
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    priced(life, broker, AAPL="51")
    assert len(found(life.trade(MSFT=NO_ORDER), "split_pending")) == 1
    assert splits_of(life) == []
    broker.split("AAPL", 2, 1)
    marked = life.mark()
    assert (row(marked, "AAPL")["qty"], splits_of(life)) == (200, [(EX_DATE, "2:1")])
    assert says(told(marked), "The broker differs on AAPL: quantity 400 instead of 200")


def test_a_trade_by_hand_makes_no_split_suspect(life: Life, broker: OddBroker) -> None:
    """The account doubled, and its fills say how: the book keeps its figures, and is told of a difference."""
    held(life, broker)
    by_hand(broker, 100, "100")
    day = life.trade(MSFT=NO_ORDER)
    assert (found(day, "possible_split"), day["pnl"]["complete"]) == ([], True)
    assert says(told(day), "The broker differs on AAPL: quantity 200 instead of 100")
    # One that a person has taken over explains nothing more.
    life.resolve("--position", "AAPL")
    life.next_session()
    broker.split("AAPL", 2, 1)
    assert len(found(life.trade(MSFT=NO_ORDER), "possible_split")) == 1


def test_a_price_of_before_a_small_split_that_was_believed_on_its_ex_date(
    life: Life, broker: OddBroker
) -> None:
    """The split is listed and applied a day late, and the gateway's price is that of before it: none."""
    held(life, broker)
    assert life.trade(MSFT=NO_ORDER)["pnl"]["complete"] is True
    life.next_session()
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=5, old_rate=4)
    broker.split("AAPL", 5, 4)
    for _ in range(3):  # and so for days, without an end
        day = life.trade(MSFT=NO_ORDER)
        assert figures(day["pnl"], "complete day_pnl total_pnl") == (False, None, None)
        assert says(told(day), "AAPL has no price: its price is nearer to the one of before its split of")
        life.next_session()
    priced(life, broker, AAPL="81")
    day = life.trade(MSFT=NO_ORDER)
    assert (day["pnl"]["complete"], row(day, "AAPL")["total_pnl"]) == (True, 125)


@pytest.mark.parametrize("days", [1, 3])
def test_a_price_of_after_a_small_split_that_was_believed_before_it_is_booked(
    life: Life, broker: OddBroker, days: int
) -> None:
    """Its source knew of the split on the ex-date, or a day later: what it says now is of these shares."""
    held(life, broker)
    for number in range(days):
        priced(life, broker, AAPL="100" if number < days // 2 else "81")
        life.trade(MSFT=NO_ORDER)
        life.next_session()
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=5, old_rate=4)
    broker.split("AAPL", 5, 4)
    day = life.trade(MSFT=NO_ORDER)
    assert (day["pnl"]["complete"], row(day, "AAPL")["total_pnl"]) == (True, 125)


def test_a_split_that_waits_says_what_may_have_made_the_quantity(life: Life, broker: OddBroker) -> None:
    """It is the split's, and an order of ours that still works may have filled it as well."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    gtc: Any = {"limit_price": Decimal(110), "status": "new", "detail": {"time_in_force": "gtc"}}
    broker.split("AAPL", 2, 1)
    life.trade(AAPL=buy(100, None, **gtc))
    assert says(
        [each["text"] for each in found(life.mark(), "split_pending")],
        "what the account has, 200 shares, orders of ours may have made as well",
    )


@pytest.mark.parametrize(
    ("second", "ratio", "shares"),
    [(EX_DATE, (1, 5), 60), (THIRD, (1, 5), 60), (EX_DATE, (1, 3), 100), (THIRD, (4, 1), 1200)],
)
def test_two_splits_that_are_read_at_once(
    life: Life, broker: OddBroker, second: str, ratio: tuple[int, int], shares: int
) -> None:
    """3:1 and then another, of one night or with no run between: the account shows what both made."""
    held(life, broker)
    became, before = ratio
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=3, old_rate=1)
    kind = "forward_splits" if became > before else "reverse_splits"
    broker.lists(kind, "AAPL", second, new_rate=became, old_rate=before)
    broker.split("AAPL", 3, 1)
    broker.split("AAPL", *ratio)
    while life.session < second:
        life.next_session()
    priced(life, broker, AAPL=str(Decimal(10200) / shares))
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty unrealized_pnl") == (shares, 200)
    assert day["parties"]["broker"]["equity"]["residual"] == 0
    assert splits_of(life) == [(EX_DATE, "3:1"), (second, f"{became}:{before}")]
    assert all(f"the book has {shares} shares" in each["text"] for each in found(day, "split"))
    life.next_session()
    later = life.trade(AAPL=sell(shares, str(Decimal(10200) / shares)))
    assert figures(row(later, "AAPL"), "qty realized_pnl") == (0, 200)


def test_two_splits_that_undo_each_other_beside_an_order_that_works(life: Life, broker: OddBroker) -> None:
    """What it may fill would be more than there is: the shares are those that there were."""
    held(life, broker)
    broker.lists("reverse_splits", "AAPL", EX_DATE, new_rate=1, old_rate=2)
    broker.lists("forward_splits", "AAPL", THIRD, new_rate=2, old_rate=1)
    while life.session < THIRD:
        life.next_session()
    gtc: Any = {"limit_price": Decimal(90), "status": "new", "detail": {"time_in_force": "gtc"}}
    day = life.trade(AAPL=buy(10, None, **gtc))
    assert (found(day, "split_pending"), day["pnl"]["complete"]) == ([], True)
    assert splits_of(life) == [(EX_DATE, "1:2"), (THIRD, "2:1")]


@pytest.mark.parametrize("listed", [True, False])
def test_a_fill_of_a_session_without_a_run_and_a_split_of_that_night(
    life: Life, broker: OddBroker, *, listed: bool
) -> None:
    """It was at the price of before the split, which is no price of the shares of now."""
    gtc: Any = {"limit_price": Decimal(101), "status": "new", "detail": {"time_in_force": "gtc"}}
    priced(life, broker, AAPL="100")
    life.trade(AAPL=buy(150, "100", filled="100", **gtc))
    life.next_session()
    broker.fill("AAPL", "150", "99")
    life.next_session()
    if listed:
        broker.lists("forward_splits", "AAPL", THIRD, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    priced(life, broker, AAPL="51")
    day = life.trade(MSFT=NO_ORDER)
    if not listed:
        assert len(found(day, "possible_split")) == 1
        day = life.resolve("--split", "AAPL", "2:1")
    assert found(day, "possible_split") == []
    # 150 at 99 are 300 at 49.50.
    assert figures(row(day, "AAPL"), "qty unrealized_pnl") == (300, 450)
    assert day["parties"]["broker"]["equity"]["residual"] == 0


def test_shares_that_were_sold_without_the_broker_before_a_split(life: Life, broker: OddBroker) -> None:
    """Half of them, and then the split: the account has as many again as when it was seen last."""
    held(life, broker)
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    keys = dict(life.env)
    life.take_keys()
    life.says("AAPL", current_price=None)
    life.trade(AAPL=sell(50, "100"))
    life.next_session()
    life.env |= keys
    broker.lists("forward_splits", "AAPL", life.session, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    priced(life, broker, AAPL="51")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty unrealized_pnl") == (100, 100)
    assert day["parties"]["broker"]["equity"]["residual"] == 0


def test_two_splits_of_which_the_account_shows_one(life: Life, broker: OddBroker) -> None:
    """That one is booked, and the other waits; so it does where a trade by hand may have made the shares."""
    held(life, broker)
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=3, old_rate=1)
    broker.lists("reverse_splits", "AAPL", EX_DATE, new_rate=1, old_rate=2)
    broker.split("AAPL", 3, 1)
    priced(life, broker, AAPL="34")
    day = life.trade(MSFT=NO_ORDER)
    assert (splits_of(life), len(found(day, "split_pending"))) == ([(EX_DATE, "3:1")], 1)
    by_hand(broker, 150, "34", "sell")
    assert len(found(life.mark(), "split_pending")) == 1
    assert splits_of(life) == [(EX_DATE, "3:1")]


@pytest.mark.parametrize("missing", ["keys", "list", "first keys"])
def test_what_companies_did_while_nobody_looked(life: Life, broker: OddBroker, missing: str) -> None:
    """Runs go on for three weeks: the list is read from when it was compared with the account last."""
    keys = dict(life.env)
    life.gateway.is_deaf = missing == "list"
    if missing == "first keys":
        life.env.clear()
    priced(life, broker, AAPL="100", MSFT="50", NVDA="20")
    life.trade(AAPL=buy(100, "100"), MSFT=buy(10, "50"), NVDA=buy(1, "20"))
    if missing == "keys":
        life.env.clear()
    elif missing == "list":
        broker.always("GET", "/v1/corporate-actions", plain_500())
    life.next_session()
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    broker.lists("name_changes", "MSFT", EX_DATE, new_symbol="MSFX")
    broker.rename("MSFT", "MSFX")
    broker.prices |= {"AAPL": Decimal(51), "MSFX": Decimal(50)}
    for _ in range(15):
        life.trade(NVDA=buy(1, "20"), status=int(missing == "list"))
        life.next_session()
    broker.calm()
    life.env |= keys
    life.trade(NVDA=buy(1, "20"))
    life.next_session()
    priced(life, broker, AAPL="52", MSFX="51", NVDA="20")
    day = life.trade(NVDA=buy(1, "20"))
    assert figures(row(day, "AAPL"), "qty unrealized_pnl") == (200, 400)
    assert figures(row(day, "MSFX"), "qty unrealized_pnl") == (10, 10)
    assert (day["pnl"]["complete"], found(day, "broker_differs")) == (True, [])
    assert day["parties"]["broker"]["equity"]["residual"] == 0
    assert splits_of(life) == [(EX_DATE, "2:1")]
    # From now on it is read from before the last valuation again.
    life.next_session()
    life.trade(NVDA=buy(1, "20"))
    asked = [each.query["start"][0] for each in broker.requests if "corporate" in each.path]
    assert asked[-1] > "2025-01-15"


def test_several_splits_wait_as_long_as_the_first(life: Life, broker: OddBroker) -> None:
    """The account shows them three weeks later: the list is still read from before the first one."""
    held(life, broker)
    broker.lists("reverse_splits", "AAPL", EX_DATE, new_rate=1, old_rate=10)
    broker.lists("forward_splits", "AAPL", "2025-01-23", new_rate=3, old_rate=1)
    while life.session < "2025-01-30":
        life.trade(MSFT=NO_ORDER)
        life.next_session()
    broker.split("AAPL", 1, 10)
    broker.split("AAPL", 3, 1)
    priced(life, broker, AAPL="340")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty unrealized_pnl") == (30, 200)
    assert splits_of(life) == [(EX_DATE, "1:10"), ("2025-01-23", "3:1")]


@pytest.mark.parametrize("told", ["100", "99"])
def test_a_fill_that_the_gateway_heard_of_after_the_split(life: Life, told: str) -> None:
    """The broker's keys come later: it was held when the shares split, whatever it was booked at by then."""
    broker = life.with_broker(with_list=True)
    keys = dict(life.env)
    life.env.clear()
    life.gateway.is_deaf = True
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    broker.lists("forward_splits", "AAPL", life.session, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    life.gateway.is_deaf = False
    life.fill("AAPL", "10", told, "filled")
    priced(life, broker, AAPL="51")
    life.trade(MSFT=NO_ORDER)
    assert [each[:3] for each in life.entries("AAPL")] == [(life.session, "fill", 10)]
    life.next_session()
    life.env |= keys
    day = life.trade(MSFT=NO_ORDER)
    # 10 at 100 are 20 at 50, worth 51.
    assert figures(row(day, "AAPL"), "qty avg_entry_price unrealized_pnl") == amounts("20 50 20")
    party = day["parties"]["broker"]
    assert (party["equity"]["residual"], party["cash"]["unexplained"]) == (0, 0)
    assert splits_of(life) == [("2025-01-07", "2:1")]
    number = len(life.rows("entries"))
    life.mark()
    assert len(life.rows("entries")) == number


def ties_out(document: Any) -> None:
    """Prove that our cash and equity are the broker's."""
    party = document["parties"]["broker"]
    assert (party["cash"]["unexplained"], party["equity"]["residual"], party["equity"]["items"]) == (0, 0, [])


def test_what_a_merger_paid_counts_once(life: Life, broker: OddBroker) -> None:
    """50 at 20 go for 1,075: other money until a person says so, and then the trade's: 75.00 are won."""
    held(life, broker, qty=50, price="20")
    paid = broker.post("MA", "1075", "AAPL", qty="-50", description="Cash merger")
    broker.move("AAPL", "-50", "-1000")
    life.prices(AAPL=None)
    broker.no_price.add("AAPL")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(day["pnl"], "complete day_pnl") == (False, None)
    (said,) = found(day, "corporate_action")
    assert says(
        [said["text"]], "Cash merger (2025-01-07); its +1,075.00 dollars are in the book as other money"
    )
    for marked in (life.resolve("--position", "AAPL=0@21.5"), life.mark()):
        assert figures(marked["pnl"], "complete day_pnl total_pnl") == (True, *amounts("75 75"))
        equity = marked["pnl"]["equity"]
        assert figures(equity, "opening realized adjustments closing") == amounts("100000 75 0 100075")
        ties_out(marked)
        assert found(marked, "corporate_action") == []
    # The broker takes it back, as it should be, and gives the shares again.
    paid["status"] = "canceled"
    broker.move("AAPL", "50", "1000")
    life.next_session()
    broker.no_price.clear()
    priced(life, broker, AAPL="20")
    life.trade(MSFT=NO_ORDER)
    ties_out(life.resolve("--position", "AAPL=50@21.5"))


def test_what_a_merger_pays_after_a_person_has_said_so_counts_once(life: Life, broker: OddBroker) -> None:
    """The shares are gone on one day, the money comes on the next; what comes besides is other money."""
    held(life, broker, qty=50, price="20")
    broker.move("AAPL", "-50", "-1000")
    life.prices(AAPL=None)
    broker.no_price.add("AAPL")
    life.trade(MSFT=NO_ORDER)
    marked = life.resolve("--position", "AAPL=0@21.5")
    party = marked["parties"]["broker"]
    assert (party["cash"]["unexplained"], party["equity"]["residual"]) == (None, None)
    assert says(told(marked), "is not known: what AAPL went for, as a person has said, may not be paid yet.")
    life.next_session()
    broker.post("MA", "1075", "AAPL", qty="-50", description="Cash merger")
    day = life.trade(MSFT=NO_ORDER)
    ties_out(day)
    assert says(told(day), "What AAPL went for, as was said before, has come")
    assert not says(told(day), "is in the book as other money")
    assert figures(day["pnl"], "total_pnl day_pnl") == amounts("75 0")
    assert day["pnl"]["equity"]["closing"] == 100_075
    broker.post("MA", "3", "AAPL", description="Escrow")
    marked = life.mark()
    ties_out(marked)
    assert figures(marked["pnl"]["equity"], "adjustments closing") == amounts("3 100078")


def test_what_an_option_paid_for_its_shares_counts_once(life: Life, broker: OddBroker) -> None:
    """50 at 20 are called away at 22, and 5 of another are put at 40: other money until a person says so."""
    held(life, broker, qty=50, price="20")
    broker.post("OPTRD", "1100", "AAPL", qty="-50", price="22")
    broker.move("AAPL", "-50", "-1000")
    broker.post("OPTRD", "-200", "ACME", qty="5", price="40")
    broker.move("ACME", "5", "200")
    broker.prices["ACME"] = Decimal(36)
    life.prices(AAPL="23", ACME="36")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(day["pnl"], "complete day_pnl") == (False, None)
    (said,) = found(day, "corporate_action")
    assert says([said["text"]], "tells of OPTRD (2025-01-07); its +1,100.00 dollars are in the book as other")
    differs = found(day, "broker_differs")
    assert says(
        [each["text"] for each in differs], "ACME", "the account tells of 5 at 40 that no order was for"
    )
    ways = [each["remedies"][0]["command"].split()[3] for each in differs]
    assert ways == ["AAPL=0@22", "ACME=5@40"]
    marked = life.resolve("--position", "AAPL=0@22")
    party = marked["parties"]["broker"]
    assert (party["cash"]["unexplained"], party["equity"]["residual"]) == (0, 0)
    assert [(each["subject"], each["cash"], each["amount"]) for each in party["equity"]["items"]] == [
        ("ACME: the account tells of 5 at 40 that no order was for", 0, -180)
    ]
    for marked in (life.resolve("--position", "ACME=5@40"), life.mark()):
        assert figures(marked["pnl"]["equity"], "opening adjustments closing") == amounts("100000 0 100080")
        ties_out(marked)
        assert found(marked, "corporate_action") == []


def test_what_an_option_paid_is_not_what_fewer_shares_brought(life: Life, broker: OddBroker) -> None:
    """50 are called away at 22 and bought back at 21; the 5 that are sold later brought 115 and no 1,100."""
    held(life, broker, qty=100, price="20")
    broker.post("OPTRD", "1100", "AAPL", qty="-50", price="22")
    broker.move("AAPL", "-50", "-1000")
    order = {"symbol": "AAPL", "order_type": "market", "time_in_force": "day", "limit_price": None}
    again = order | {"client_order_id": "again", "side": "buy", "qty": 50}
    broker.place(again, Decimal(50), Decimal(21), "filled")
    life.trade(MSFT=NO_ORDER)
    ties_out(life.resolve("--position", "all"))
    life.next_session()
    sold = order | {"client_order_id": "sold", "side": "sell", "qty": 5}
    broker.place(sold, Decimal(5), Decimal(23), "filled")
    day = life.trade(MSFT=NO_ORDER)
    (way,) = found(day, "broker_differs")[0]["remedies"]
    for marked in (life.resolve(*way["command"].split()[2:]), life.mark()):
        ties_out(marked)
        assert figures(marked["pnl"]["equity"], "realized adjustments") == amounts("15 0")


@pytest.mark.parametrize("paid", [{-100: 2200}, {-60: 1380, -40: 820}])
def test_half_of_the_shares_that_options_took_are_no_split(
    life: Life, broker: OddBroker, paid: dict[int, int]
) -> None:
    """200 at 20 are 100, as after 1:2, and the account tells why: the way out is a position, and no split."""
    held(life, broker, qty=200, price="20")
    for shares, dollars in paid.items():
        broker.post("OPTRD", str(dollars), "AAPL", qty=str(shares))
    broker.move("AAPL", "-100", "-2000")
    day = life.trade(MSFT=NO_ORDER)
    assert found(day, "possible_split") == []
    (way,) = found(day, "broker_differs")[0]["remedies"]
    marked = life.resolve(*way["command"].split()[2:])
    ties_out(marked)
    assert figures(marked["pnl"], "complete total_pnl") == (True, 200)


def test_shares_that_a_merger_took_have_no_value_whoever_prices_them(life: Life, broker: OddBroker) -> None:
    """50 at 20 went for 1,075, and still have a price: with what was paid they would be counted twice."""
    held(life, broker, qty=50, price="20")
    broker.post("MA", "1075", "AAPL", qty="-50", description="Cash merger")
    broker.move("AAPL", "-50", "-1000")
    life.prices(AAPL="21")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(day["pnl"], "complete day_pnl") == (False, None)
    why = "the account tells of MA: Cash merger (2025-01-07), and has 0 shares instead of 50"
    assert row(day, "AAPL")["unpriced_reason"] == why
    (said,) = found(day, "broker_differs")
    (remedy,) = said["remedies"]
    marked = life.resolve(*remedy["command"].replace("PRICE", "21.5").split()[2:])
    ties_out(marked)
    assert figures(marked["pnl"], "complete day_pnl total_pnl") == (True, *amounts("75 75"))


def test_a_merger_into_shares_is_said_until_a_person_has_booked_them(life: Life, broker: OddBroker) -> None:
    """50 at 20 become 25 of another, and 400: what can be booked is offered; booked, it is said no more."""
    held(life, broker, qty=50, price="20")
    broker.post("MA", "400", "AAPL", qty="-50")
    broker.post("MA", "0", "ACME", qty="25")
    broker.move("AAPL", "-50", "-1000")
    broker.move("ACME", "25", "600")
    life.prices(AAPL=None, ACME="24")
    broker.no_price.add("AAPL")
    broker.prices["ACME"] = Decimal(24)
    day = life.trade(MSFT=NO_ORDER)
    of_one, of_other = found(day, "broker_differs")
    # The one has no price to be booked at.
    assert [each["command"].split(" --ledger")[0] for each in of_one["remedies"]] == [
        "paper-run resolve --position AAPL=0@PRICE"
    ]
    assert len(of_other["remedies"]) == 2
    life.resolve("--position", "AAPL=0@20")
    resolved = life.resolve("--position", "ACME=25@24")
    life.next_session()
    for day in (resolved, life.trade(MSFT=NO_ORDER)):
        ties_out(day)
        assert found(day, "corporate_action") == []


def test_money_of_a_merger_that_is_not_of_the_trade(life: Life, broker: OddBroker) -> None:
    """A person buys more of it instead: what was paid stays other money."""
    held(life, broker, qty=50, price="20")
    broker.post("REORG", "10", "AAPL")
    broker.move("AAPL", "1", "20")
    life.trade(MSFT=NO_ORDER)
    marked = life.resolve("--position", "AAPL=51@20")
    assert marked["pnl"]["equity"]["money"]["other"] == 10


def test_a_second_assignment_on_the_day_on_which_the_first_was_answered(
    life: Life, broker: OddBroker
) -> None:
    """10 of 100 at 20 are called away at 22, which a person says, and then 20 more: those have no value."""
    held(life, broker, qty=100, price="20")
    broker.post("OPTRD", "220", "AAPL", qty="-10")
    broker.move("AAPL", "-10", "-200")
    life.trade(MSFT=NO_ORDER)
    answered = life.resolve("--position", "AAPL=90@22")
    ties_out(answered)
    # What was paid was the trade's within the session: nothing has come in.
    assert figures(answered["pnl"]["equity"]["money"], "other inflows") == amounts("0 0")
    broker.post("OPTRD", "460", "AAPL", qty="-20")
    broker.move("AAPL", "-20", "-400")
    marked = life.mark()
    assert figures(marked["pnl"], "complete day_pnl") == (False, None)
    assert len(found(marked, "corporate_action")) == 1
    assert row(marked, "AAPL")["unpriced_reason"].endswith("has 70 shares instead of 90")
    (way,) = found(marked, "broker_differs")[0]["remedies"]
    marked = life.resolve(*way["command"].split()[2:])
    ties_out(marked)
    assert figures(marked["pnl"], "complete realized_pnl") == (True, 80)
    assert found(marked, "corporate_action") == []


def test_a_second_assignment_is_not_what_the_first_was_paid(life: Life, broker: OddBroker) -> None:
    """The same shares for the same money: a person's word on the first is not on both."""
    held(life, broker, qty=100, price="20")
    for left in (90, 80):
        broker.post("OPTRD", "220", "AAPL", qty="-10")
        broker.move("AAPL", "-10", "-200")
        day = life.trade("--again", MSFT=NO_ORDER)
        assert not says(told(day), "as was said before, has come")
        (way,) = found(day, "broker_differs")[0]["remedies"]
        assert f"--position AAPL={left}@22" in way["command"]
        ties_out(life.resolve(*way["command"].split()[2:]))
    assert life.mark()["pnl"]["realized_pnl"] == 40


@pytest.mark.parametrize("qty", ["0.5", None], ids=["of 0.5", "of what it does not say"])
@pytest.mark.parametrize("is_late", [False, True])
def test_a_stock_dividend_of_which_one_gets_a_fraction_alone(
    life: Life, broker: OddBroker, qty: str | None, *, is_late: bool
) -> None:
    """10 at 200 are 10.5, and the half is paid out for 95: the account has 10 as before."""
    held(life, broker, qty=10, price="200")
    broker.lists("stock_dividends", "AAPL", EX_DATE, rate="0.05")
    priced(life, broker, AAPL="190")
    if is_late:
        day = life.trade(MSFT=NO_ORDER)
        assert figures(day["pnl"], "complete day_pnl") == (False, None)
        life.next_session()
    broker.post("CIL", "95", "AAPL", **({} if qty is None else {"qty": qty}))
    for day in (life.trade(MSFT=NO_ORDER), life.mark()):
        ties_out(day)
        assert figures(day["pnl"], "complete total_pnl") == (True, -5)
        assert figures(row(day, "AAPL"), "qty realized_pnl") == amounts("10 -0.24")


@pytest.mark.parametrize("is_late", [False, True])
def test_each_of_two_splits_of_a_night_leaves_a_fraction(
    life: Life, broker: OddBroker, *, is_late: bool
) -> None:
    """10 at 200 are 2 and a half, and the 2 are 2.2: the half that was paid out first is none of those."""
    held(life, broker, qty=10, price="200")
    broker.lists("reverse_splits", "AAPL", EX_DATE, new_rate=1, old_rate=4)
    broker.split("AAPL", 1, 4, whole=True)
    broker.lists("stock_dividends", "AAPL", EX_DATE, rate="0.1")
    broker.split("AAPL", 11, 10, whole=True)
    priced(life, broker, AAPL="720")
    if is_late:
        life.trade(MSFT=NO_ORDER)
        life.next_session()
    broker.post("CIL", "400", "AAPL", qty="0.5")
    broker.post("CIL", "144", "AAPL", qty="0.2")
    for day in (life.trade(MSFT=NO_ORDER), life.mark()):
        ties_out(day)
        # 0.5 of 2.5 shares that cost 2,000, then 0.2 of 2.2 that cost 1,600.
        assert figures(row(day, "AAPL"), "qty realized_pnl unrealized_pnl") == amounts("2 -1.45 -14.55")
        assert found(day, "money_corrected") == []


def test_a_fraction_is_paid_after_the_next_split(life: Life, broker: OddBroker) -> None:
    """10 at 200 are 2 and a half, the next day 4 of the 2; the half of before is one of the book's 5."""
    held(life, broker, qty=10, price="200")
    broker.lists("reverse_splits", "AAPL", EX_DATE, new_rate=1, old_rate=4)
    broker.split("AAPL", 1, 4, whole=True)
    priced(life, broker, AAPL="800")
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    broker.lists("forward_splits", "AAPL", life.session, new_rate=2, old_rate=1)
    broker.split("AAPL", 2, 1)
    priced(life, broker, AAPL="400")
    life.trade(MSFT=NO_ORDER)
    life.next_session()
    paid = broker.post("CIL", "410", "AAPL", qty="0.5")
    for day in (life.trade(MSFT=NO_ORDER), life.mark()):
        ties_out(day)
        assert figures(row(day, "AAPL"), "qty realized_pnl") == amounts("4 10")
    paid["net_amount"] = "405"
    marked = life.mark()
    ties_out(marked)
    assert figures(row(marked, "AAPL"), "qty realized_pnl") == amounts("4 5")


def test_what_was_realized_while_one_of_two_splits_waits_is_not_known(life: Life, broker: OddBroker) -> None:
    """10 at 200 wait for 3:2, 5 are sold; then 2:1 is listed too, behind the sale: that tells no more.

    Nor does what a word would change.
    """
    held(life, broker, qty=10, price="200")
    broker.lists("forward_splits", "AAPL", EX_DATE, new_rate=3, old_rate=2)
    priced(life, broker, AAPL="133")
    day = life.trade(AAPL=sell(5, "133"))
    assert figures(row(day, "AAPL"), "qty realized_pnl") == (None, None)
    shown = life.run("resolve", "--position", "MSFT=3@10", "--dry-run", "--json").stdout
    for book in (json.loads(shown)["before"]["book"], json.loads(shown)["after"]["book"]):
        assert (book["cash"], book["realized_pnl"], book["positions"][0]["qty"]) == (None, None, None)
    life.next_session()
    broker.lists("forward_splits", "AAPL", life.session, new_rate=2, old_rate=1)
    priced(life, broker, AAPL="67")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty realized_pnl") == (None, None)
