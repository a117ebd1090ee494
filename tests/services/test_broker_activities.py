"""What happened in the account, and what companies did: pages read whole, and nothing guessed at."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from services.broker_client import DAY, at
from support.answers import Answer
from support.broker_server import BrokerServer
from support.socket_server import answer, serving

from paper_run.model.broker import CorporateAction
from paper_run.services.answer import CallFailed, NotKnown, UnreadableAnswer
from paper_run.services.broker import Broker
from paper_run.services.transport import Transport


def a_fill(number: int, day: str = "20250117", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{day}093000000::{number:08}",
        "activity_type": "FILL",
        "transaction_time": "2025-01-17T14:30:00.25Z",
        "type": "fill",
        "price": "150.25",
        "qty": "3",
        "side": "sell_short",
        "symbol": "AAPL",
        "leaves_qty": "0",
        "cum_qty": "10",
        "order_id": "00000000-0000-4000-8000-000000000001",
        "order_status": "filled",
        **more,
    }


def money(number: int, day: str = "2025-01-17", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{day.replace('-', '')}000000000::{number:08}",
        "activity_type": "DIV",
        "date": day,
        "net_amount": "1.02",
        "description": "",
        "status": "executed",
        **more,
    }


def test_fills_and_money_are_apart(broker: Broker, server: BrokerServer) -> None:
    """A fill's quantity has no sign; money has that of net_amount, whatever its type is."""
    server.activities = [
        money(1, symbol="AAPL", qty="3", per_share_amount="0.34"),
        a_fill(2),
        money(3, activity_type="CSD", net_amount="-500", status="canceled"),
        money(4, activity_type="CFEE", net_amount="0", qty="-0.000123", symbol="BTCUSD", price="90000"),
        money(5, activity_type="FEE", net_amount=Decimal("-0.02"), status="correct"),
        money(6, activity_type="BRAND_NEW", net_amount=None, date=None),
    ]
    fills, kept = broker.activities(DAY)
    (fill,) = fills
    assert (fill.order_id[-1], fill.qty, fill.price, fill.side) == ("1", 3, Decimal("150.25"), "sell_short")
    assert (fill.cum_qty, fill.leaves_qty, fill.order_status, fill.kind) == (10, 0, "filled", "fill")
    assert fill.time == datetime(2025, 1, 17, 14, 30, 0, 250000, tzinfo=UTC)
    dividend, cash, coin, fee, new = kept
    assert dividend[1:8] == ("DIV", DAY, Decimal("1.02"), "executed", "AAPL", 3, None)
    assert (cash.net_amount, cash.status) == (-500, "canceled")
    assert (coin.net_amount, coin.qty, coin.symbol) == (0, Decimal("-0.000123"), "BTCUSD")
    assert (fee.net_amount, fee.status) == (Decimal("-0.02"), "correct")
    assert (new.activity_type, new.date, new.net_amount) == ("BRAND_NEW", None, None)


@pytest.mark.parametrize("name", ["qty", "price", "order_id", "side", "symbol", "id"])
def test_a_fill_without_what_it_is_made_of_spoils_the_list(
    broker: Broker, server: BrokerServer, name: str
) -> None:
    """A sum of fills that lacks one is wrong."""
    if name == "id":
        body = Answer(body=[a_fill(1, id=None)])
        server.always("GET", "/v2/account/activities", body)
    server.activities = [a_fill(1, **({} if name == "id" else {name: None}))]
    with pytest.raises(UnreadableAnswer, match=rf"{name}"):
        broker.activities(DAY)


@pytest.mark.parametrize("with_that_day", [False, True])
def test_activities_of_the_first_day_are_among_them(
    broker: Broker, server: BrokerServer, *, with_that_day: bool
) -> None:
    """`after` may leave its own day out, so the day before is named; what is older is dropped again."""
    server.with_that_day = with_that_day
    server.activities = [money(1, "2025-01-16"), money(2, "2025-01-17"), money(3, "2025-01-18")]
    assert [each.date and each.date.day for each in broker.activities(DAY).money] == [17, 18]
    assert server.requests[0].query == {"after": ["2025-01-16"], "direction": ["asc"], "page_size": ["100"]}


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (99, 1), (100, 2), (101, 2), (250, 3)])
def test_activities_come_in_pages(broker: Broker, server: BrokerServer, count: int, pages: int) -> None:
    """The next page begins after the last id; one shorter than 100 is the last."""
    server.activities = [money(number) for number in range(count)]
    assert len(broker.activities(DAY).money) == count
    assert len(server.requests) == pages
    tokens = [request.query.get("page_token", [""])[0] for request in server.requests]
    assert tokens == ["", *(f"20250117000000000::{100 * page - 1:08}" for page in range(1, pages))]


def test_pages_of_activities_that_do_not_go_on_are_not_known(transport: Transport) -> None:
    """A source that minds no page token would be read for ever."""
    page = json.dumps([money(number) for number in range(100)]).encode()
    with serving(answer(page)) as server, pytest.raises(NotKnown, match="the same activities again"):
        at(server.url, transport).activities(DAY)


# Corporate actions

ACTIONS: dict[str, list[dict[str, Any]]] = {
    "forward_splits": [
        {
            "symbol": "NVDA",
            "new_rate": 10,
            "old_rate": 1,
            "ex_date": "2024-06-10",
            "process_date": "2024-06-10",
        }
    ],
    "reverse_splits": [
        {
            "symbol": "LCID",
            "new_rate": "1",
            "old_rate": "10",
            "ex_date": "2025-08-29",
            "process_date": "2025-09-02",
        }
    ],
    "unit_splits": [
        {
            "old_symbol": "ABCU",
            "new_symbol": "ABC",
            "old_rate": 1,
            "new_rate": Decimal("0.5"),
            "effective_date": "2025-01-06",
            "process_date": "2025-01-07",
        }
    ],
    "stock_dividends": [
        {"symbol": "MSB", "rate": Decimal("0.05"), "ex_date": "2025-02-03", "process_date": "2025-02-04"}
    ],
    "spin_offs": [
        {
            "source_symbol": "GE",
            "new_symbol": "GEV",
            "source_rate": 4,
            "new_rate": 1,
            "ex_date": "2024-04-02",
            "process_date": "2024-04-02",
        }
    ],
    "name_changes": [{"old_symbol": "FB", "new_symbol": "META", "process_date": "2022-06-09"}],
}
EVER = (date(2020, 1, 1), date(2026, 1, 1))


def test_each_kind_of_corporate_action_is_one_value(broker: Broker, server: BrokerServer) -> None:
    """Old shares become new ones; a dividend of 0.05 shares makes 1.05 of 1, a change of name 1 of 1."""
    server.actions = ACTIONS | {"cash_dividends": [{"symbol": "GE", "process_date": "2024-01-01"}]}
    symbols = ["NVDA", "LCID", "ABCU", "MSB", "GE", "FB"]
    assert broker.corporate_actions(symbols, *EVER) == (
        CorporateAction(
            "forward_split", "NVDA", None, Decimal(10), Decimal(1), date(2024, 6, 10), date(2024, 6, 10)
        ),
        CorporateAction(
            "reverse_split", "LCID", None, Decimal(1), Decimal(10), date(2025, 8, 29), date(2025, 9, 2)
        ),
        CorporateAction(
            "unit_split", "ABCU", "ABC", Decimal("0.5"), Decimal(1), date(2025, 1, 6), date(2025, 1, 7)
        ),
        CorporateAction(
            "stock_dividend", "MSB", None, Decimal("1.05"), Decimal(1), date(2025, 2, 3), date(2025, 2, 4)
        ),
        CorporateAction("spin_off", "GE", "GEV", Decimal(1), Decimal(4), date(2024, 4, 2), date(2024, 4, 2)),
        CorporateAction("name_change", "FB", "META", Decimal(1), Decimal(1), None, date(2022, 6, 9)),
    )
    request, following = server.requests
    assert request.query == {
        "symbols": [",".join(symbols)],
        "types": ["forward_split,reverse_split,unit_split,stock_dividend,spin_off,name_change"],
        "start": ["2020-01-01"],
        "end": ["2026-01-01"],
        "limit": ["1000"],
    }
    # What they are called now may have split as well; what was spun off is no share of theirs.
    assert following.query == request.query | {"symbols": ["ABC,META"]}


def test_corporate_actions_come_in_pages_and_each_once(broker: Broker, server: BrokerServer) -> None:
    """The token of the next page ends with null; what two pages list is there once."""
    server.actions = ACTIONS | {"name_changes": ACTIONS["name_changes"] * 2}
    server.actions_a_page = 2
    found = broker.corporate_actions(["NVDA", "LCID", "ABCU", "MSB", "GE", "FB"], *EVER)
    assert [each.kind for each in found] == [
        "forward_split",
        "reverse_split",
        "unit_split",
        "stock_dividend",
        "spin_off",
        "name_change",
    ]
    assert [request.query.get("page_token") for request in server.requests] == [
        *(None, ["2"], ["4"], ["6"]),
        None,  # of the new symbols
    ]


def test_many_symbols_are_asked_for_in_batches(broker: Broker, server: BrokerServer) -> None:
    """At most a hundred at once, stocks alone, each once; none: nothing is asked."""
    symbols = [f"S{number}" for number in range(250)]
    broker.corporate_actions([*symbols, "BTC/USD", "S1"], *EVER)
    asked = [request.query["symbols"][0].split(",") for request in server.requests]
    assert [len(each) for each in asked] == [100, 100, 50]
    assert [each for batch in asked for each in batch] == symbols
    assert broker.corporate_actions(["BTC/USD"], *EVER) == ()
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "lists", [{}, None, {"forward_splits": None}, {"forward_splits": [], "mergers": [1]}]
)
def test_nothing_listed_is_nothing(transport: Transport, lists: object) -> None:
    """Whichever way it is said; a kind that is new is left."""
    body = json.dumps({"corporate_actions": lists, "next_page_token": None}).encode()
    with serving(answer(body)) as server:
        assert at(server.url, transport).corporate_actions(["AAPL"], DAY, DAY) == ()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"symbol": None}, "symbol is missing"),
        ({"new_rate": None}, "NVDA: new_rate is missing"),
        ({"old_rate": 0}, "NVDA: old_rate is not above zero"),
        ({"ex_date": "soon"}, "NVDA: ex_date is not a date"),
    ],
)
def test_a_split_without_its_ratio_is_not_guessed_at(
    broker: Broker, server: BrokerServer, change: dict[str, object], fault: str
) -> None:
    """What is missing is named."""
    body = {"corporate_actions": {"forward_splits": [ACTIONS["forward_splits"][0] | change]}}
    server.always("GET", "/v1/corporate-actions", Answer(body=body))
    with pytest.raises(UnreadableAnswer, match=fault):
        broker.corporate_actions(["NVDA"], *EVER)


def test_pages_of_corporate_actions_that_do_not_go_on_are_not_known(transport: Transport) -> None:
    """A source that names the same page for ever."""
    body = json.dumps({"corporate_actions": {}, "next_page_token": "same"}).encode()
    with serving(answer(body)) as server, pytest.raises(NotKnown, match="its own next one"):
        at(server.url, transport).corporate_actions(["AAPL"], DAY, DAY)


def test_what_is_no_trade_is_asked_for_by_itself(broker: Broker, server: BrokerServer) -> None:
    """On every page; a server that minds no category tells fills too, and they are apart as always."""
    server.activities = [money(number) for number in range(120)] + [a_fill(1)]
    found = broker.activities(DAY, besides_fills=True)
    assert (len(found.money), len(found.fills)) == (120, 1)
    assert [each.query["category"] for each in server.requests] == [["non_trade_activity"]] * 2
    server.requests.clear()
    broker.activities(DAY)
    assert [each.query.get("category") for each in server.requests] == [None] * 2


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_refuses_a_category_is_asked_without(
    broker: Broker, server: BrokerServer, status: int
) -> None:
    """It may know no such parameter: all is read then, and told apart here."""
    server.activities = [money(1), a_fill(2)]
    server.script(
        "GET", "/v2/account/activities", [Answer(status=status, body='{"message": "unknown parameter"}')]
    )
    found = broker.activities(DAY, besides_fills=True)
    assert (len(found.money), len(found.fills)) == (1, 1)
    assert [each.query.get("category") for each in server.requests] == [["non_trade_activity"], None]
    server.always("GET", "/v2/account/activities", Answer(status=status, body='{"message": "not today"}'))
    with pytest.raises(CallFailed, match="not today"):
        broker.activities(DAY, besides_fills=True)
