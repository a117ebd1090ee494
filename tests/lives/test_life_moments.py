"""The broker read at several moments, or in part: nothing is then called unexplained that is not."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support.answers import plain_500
from support.faulty_http import Request
from support.life import Life, amounts, buy, figures, row, says, told
from support.odd_broker import OddBroker

ACCOUNT, POSITIONS, ACTIVITIES = "/v2/account", "/v2/positions", "/v2/account/activities"
GTC: dict[str, Any] = {"limit_price": Decimal(110), "status": "new", "detail": {"time_in_force": "gtc"}}


@pytest.fixture
def broker(life: Life) -> OddBroker:
    return life.with_broker()


def before_each(broker: OddBroker, happens: Callable[[str, int], object]) -> None:
    """Have something happen before answers: told the path, and how often it was asked for before."""
    healthy, asked = broker.healthy, Counter[str]()

    def answer(request: Request) -> tuple[int, Any]:
        happens(request.path, asked[request.path])
        asked[request.path] += 1
        return healthy(request)

    broker.healthy = answer  # type: ignore[method-assign]


def of_an_older_moment(broker: OddBroker, path: str, count: int) -> None:
    """Have the next answers of a path be as now, whatever comes between."""
    healthy, cash, held = broker.healthy, broker.cash, broker.held()
    left = [count]

    def answer(request: Request) -> tuple[int, Any]:
        status, body = healthy(request)
        if request.path != path or not left[0]:
            return status, body
        left[0] -= 1
        worth = sum((each.qty * Decimal(100) for each in held.positions.values()), Decimal(0))
        return status, body | {"cash": str(cash), "equity": str(cash + worth)}

    broker.healthy = answer  # type: ignore[method-assign]


def beside(document: Any) -> tuple[Any, Any, list[str]]:
    """Return what is left of equity and of cash, and why that is not known."""
    party = document["parties"]["broker"]
    reasons = dict.fromkeys([*party["equity"]["reasons"], *party["cash"]["reasons"]])
    return party["equity"]["residual"], party["cash"]["unexplained"], list(reasons)


def nothing_is_called_unexplained(document: Any) -> None:
    assert not says(told(document), "explains that"), told(document)


def test_prices_that_move_between_two_answers(life: Life, broker: OddBroker) -> None:
    """The account is of a moment before its positions: that is named, and no residual."""
    life.trade(AAPL=buy(10, "100"))

    def moves(path: str, before: int) -> None:
        broker.prices["AAPL"] = Decimal(101 if path == ACCOUNT else 103)

    before_each(broker, moves)
    marked = life.mark()
    assert beside(marked) == (0, 0, [])
    equity = marked["parties"]["broker"]["equity"]
    ((kind, amount),) = [(each["kind"], each["amount"]) for each in equity["items"]]
    assert (kind, amount, equity["difference"]) == ("own", 20, -10)  # 10 shares at 100 beside 103
    assert [each for each in marked["findings"] if each["severity"] != "note"] == []


def test_an_account_that_never_stands_still(life: Life, broker: OddBroker) -> None:
    """Money comes between any two answers: whether anything is without a name is not known, and why."""
    life.trade(AAPL=buy(10, "100"))

    def comes(path: str, before: int) -> None:
        if path == ACCOUNT:
            broker.deposit += 7  # the list has it later

    healthy = broker.healthy
    before_each(broker, comes)
    marked = life.mark()
    assert beside(marked) == (None, None, ["it moved while it was read"])
    nothing_is_called_unexplained(marked)
    assert says(told(marked), "is not known: it moved while it was read")
    broker.healthy = healthy  # type: ignore[method-assign]
    broker.deposit = Decimal(100_000)
    broker.post("CSD", "28")
    marked = life.mark()
    assert beside(marked) == (0, 0, [])
    assert marked["pnl"]["equity"]["adjustments"] == 28


@pytest.mark.parametrize("way", ["fails", "a page of it"])
def test_money_that_has_come_and_can_not_be_read(life: Life, broker: OddBroker, way: str) -> None:
    """The cash has it: it is not called unexplained, and no way is shown of booking it by hand."""
    life.trade(AAPL=buy(10, "100"))
    for _ in range(1 if way == "fails" else 101):
        broker.post("DIV", "0.25", "AAPL")
    healthy = broker.healthy

    def answer(request: Request) -> tuple[int, Any]:
        of_it = "category" in request.query if way == "fails" else "page_token" in request.query
        return (500, {"message": "later"}) if of_it else healthy(request)

    broker.healthy = answer  # type: ignore[method-assign]
    marked = life.mark(status=1)
    left = beside(marked)
    assert left[:2] == (None, None)
    assert says(left[2], "what moved its money could not be read")
    nothing_is_called_unexplained(marked)
    assert not says(told(marked), "--position all")
    life.run("resolve", "--position", "all", status=3)
    broker.healthy = healthy  # type: ignore[method-assign]
    marked = life.mark()
    assert beside(marked) == (0, 0, [])
    assert row(marked, "AAPL")["realized_pnl"] == (Decimal("0.25") if way == "fails" else Decimal("25.25"))


def test_an_order_that_fills_between_the_orders_and_the_account(life: Life, broker: OddBroker) -> None:
    """Its shares and its cost are in the account alone: an order in flight, and nothing unexplained."""
    life.trade(MSFT=buy(5, "200"))
    life.next_session()
    life.trade(AAPL=buy(10, None, **GTC))
    unfilled = [dict(each) for each in broker.orders]
    broker.fill("AAPL", "10", "100")
    broker.prices["AAPL"] = Decimal(101)
    healthy = broker.healthy

    def answer(request: Request) -> tuple[int, Any]:
        return (200, unfilled) if request.path == "/v2/orders" else healthy(request)

    broker.healthy = answer  # type: ignore[method-assign]
    marked = life.mark()
    assert beside(marked) == (None, None, ["orders of ours are in flight"])
    nothing_is_called_unexplained(marked)
    broker.healthy = healthy  # type: ignore[method-assign]
    assert beside(life.mark()) == (0, 0, [])


def test_a_book_opens_from_one_moment(life: Life, broker: OddBroker) -> None:
    """A dividend is posted between the reading of cash and of money: it is read again, and in the base."""
    posted: list[Any] = []

    def comes(path: str, before: int) -> None:
        if path == ACTIVITIES and not posted:
            posted.append(broker.post("DIV", "12.50", "KO"))

    of_an_older_moment(broker, ACCOUNT, 2)
    before_each(broker, comes)
    day = life.trade(AAPL=buy(10, "100"))
    assert day["pnl"]["base"] == Decimal("100012.50")
    assert beside(day) == (0, 0, [])


def test_a_book_opens_from_nothing_that_moves(life: Life, broker: OddBroker) -> None:
    """Money that comes all the time: the capital is the base, and what the account has comes in as a flow."""

    def comes(path: str, before: int) -> None:
        if path == ACCOUNT and not life.platform.posts:
            broker.deposit += 7

    before_each(broker, comes)
    day = life.trade(AAPL=buy(10, "100"))
    assert (day["pnl"]["base"], beside(day)) == (100000, (0, 0, []))
    assert figures(day["pnl"]["equity"], "adjustments closing") == amounts("35 100035")
    assert day["pnl"]["total_pnl"] == 0


def test_a_rename_is_no_trade_while_the_list_can_not_be_read(life: Life) -> None:
    """The account has the shares by another name: no trade by hand of them is offered; the list ends it."""
    broker = life.with_broker(with_list=True)
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    broker.rename("AAPL", "NEWA")
    broker.prices["NEWA"] = Decimal(100)
    broker.lists("name_changes", "AAPL", life.session, new_symbol="NEWA")
    broker.always("GET", "/v1/corporate-actions", plain_500())
    day = life.trade(MSFT=buy(1, "200"), status=1)
    for symbol in ("AAPL", "NEWA"):
        assert says(told(day), f"differs on {symbol}", "its list of corporate actions could not be read")
        assert not says(told(day), f"--position {symbol}")
    broker.calm()
    marked = life.mark()
    assert (row(marked, "NEWA")["qty"], beside(marked)) == (10, (0, 0, []))


@pytest.mark.parametrize("first", ["a mark of the day before", "the day's run"])
def test_an_order_of_yesterday_that_fills_this_morning_after_a_split(life: Life, first: str) -> None:
    """10 become 20 before the bell, yesterday's order buys 5 of those: 25, whoever sees it first."""
    broker = life.with_broker(with_list=True)
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    life.trade(AAPL=buy(5, None, **(GTC | {"limit_price": Decimal(51)})))
    life.next_session()
    broker.split("AAPL", 2, 1, of_orders=1)
    broker.lists("forward_splits", "AAPL", life.session, new_rate=2, old_rate=1)
    broker.prices["AAPL"] = Decimal(50)
    broker.fill("AAPL", "5", "50.2")
    if first != "the day's run":
        life.run("mark")
    day = life.trade(MSFT=buy(1, "200"))
    # 1000 for what are 20 now, and 251.
    assert figures(row(day, "AAPL"), "qty avg_entry_price total_pnl") == amounts("25 50.04 -1")
    assert beside(day) == (0, 0, [])
    assert beside(life.mark()) == (0, 0, [])


def test_a_mark_of_yesterday_on_the_morning_of_a_split(life: Life) -> None:
    """The account has split already, the session has not: another quantity, and nothing unexplained."""
    broker = life.with_broker(with_list=True)
    life.prices(AAPL="100")
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    broker.split("AAPL", 3, 1)
    broker.lists("forward_splits", "AAPL", life.session, new_rate=3, old_rate=1)
    broker.prices["AAPL"] = Decimal("33.5")
    life.run("mark")
    marked = life.result(life.reports / "2025-01-06_mark.json", "2025-01-06")
    assert beside(marked) == (None, 0, ["AAPL may have split"])
    nothing_is_called_unexplained(marked)
    life.prices(AAPL="33.5")
    day = life.trade(MSFT=buy(1, "200"))
    assert (row(day, "AAPL")["qty"], beside(day)) == (30, (0, 0, []))


def test_an_old_order_that_alone_can_not_be_read(life: Life, broker: OddBroker) -> None:
    """It is asked for by its id, and the gateway's word does not take the place of the broker's."""
    life.trade(AAPL=buy(10, None, **GTC))
    name = life.order_id("AAPL")
    for _ in range(7):
        life.next_session()
        life.trade(MSFT=buy(1, "200"))
    broker.fill("AAPL", "6", "100", "partially_filled")
    broker.always("GET", "/v2/orders:by_client_order_id", plain_500())
    for qty in ("0", "10"):  # a gateway that is deaf, and one that lies
        life.fill("AAPL", qty, "3.33" if qty != "0" else None)
        life.next_session()
        day = life.trade(MSFT=buy(1, "200"), status=1)
        assert (row(day, "AAPL")["qty"], day["pnl"]["complete"]) == (None, False)
        assert says(told(day), f"The fills are not known of buy 10 AAPL ({name}), it could not be read")
        assert life.entries("AAPL") == []
    broker.calm()
    day = life.mark()
    assert figures(row(day, "AAPL"), "qty avg_entry_price") == amounts("6 100")
    assert beside(day) == (0, 0, [])


def test_a_dividend_that_is_reversed_after_two_months(life: Life, broker: OddBroker) -> None:
    """It is older than what is read each day: that is said, and then all of the book's money is read."""
    life.trade(AAPL=buy(10, "100"))
    posted = broker.post("DIV", "12.50", "AAPL")
    for _ in range(40):
        life.next_session()
    assert row(life.trade(MSFT=buy(1, "200")), "AAPL")["realized_pnl"] == Decimal("12.50")
    life.next_session()
    posted["status"] = "canceled"
    day = life.trade(MSFT=buy(1, "200"))
    (left, cash, (why,)) = beside(day)
    assert (left, cash) == (None, None)
    assert why.startswith("what moved its money before 2025-01-17 was not read")
    nothing_is_called_unexplained(day)
    marked = life.mark()
    assert (row(marked, "AAPL")["realized_pnl"], beside(marked)) == (0, (0, 0, []))
    # What nobody posts is told, each time.
    broker.deposit -= 5
    life.next_session()
    assert beside(life.trade(MSFT=buy(1, "200")))[1] is None
    for _ in range(2):
        assert beside(life.mark())[:2] == (5, 5)
