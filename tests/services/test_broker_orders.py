"""Orders at the broker over real sockets: each known once as it stands, or the list is not known."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.broker_client import BEGIN, at, ids, stamp
from support.answers import Answer
from support.broker_server import BrokerServer, an_order, serving_broker
from support.socket_server import answer, serving

from paper_run.model.broker import BrokerOrder
from paper_run.services import broker as client
from paper_run.services.answer import NotKnown, UnreadableAnswer
from paper_run.services.broker import Broker
from paper_run.services.transport import Transport


def test_an_order_as_it_stands(broker: Broker, server: BrokerServer) -> None:
    """Ids, words in lower case, exact amounts, times in UTC; what is null is None."""
    server.orders = [
        an_order(
            7,
            status="Replaced",
            filled_qty="2.5",
            filled_avg_price="150.123456789",
            limit_price="151",
            filled_at="2025-01-17T09:31:00.000000001-05:00",
            replaced_by="00000000-0000-4000-8000-000000000008",
            brand_new={"field": 1},
        )
    ]
    assert broker.order(f"{7:024x}") == BrokerOrder(
        identity="00000000-0000-4000-8000-000000000007",
        client_order_id=f"{7:024x}",
        status="replaced",
        symbol="AAPL",
        asset_class="us_equity",
        side="buy",
        qty=Decimal(10),
        filled_qty=Decimal("2.5"),
        filled_avg_price=Decimal("150.123456789"),
        order_type="market",
        time_in_force="day",
        limit_price=Decimal(151),
        stop_price=None,
        created_at=datetime(2025, 1, 17, 14, 30, 0, 500000, tzinfo=UTC),
        submitted_at=datetime(2025, 1, 17, 14, 30, 0, 500000, tzinfo=UTC),
        filled_at=datetime(2025, 1, 17, 14, 31, tzinfo=UTC),
        replaced_by="00000000-0000-4000-8000-000000000008",
    )


def test_an_order_that_is_none_of_ours_is_read_too(broker: Broker, server: BrokerServer) -> None:
    """Of several legs, without symbol and side; in dollars, without a quantity; a price of 0 is none yet."""
    legs = an_order(1, symbol="", side="", asset_class="", qty="", order_class="mleg", type="")
    dollars = an_order(2, qty=None, notional="25.5", filled_avg_price="0")
    server.orders = [legs, dollars]
    first, second = broker.orders(BEGIN).orders
    assert (first.symbol, first.side, first.asset_class, first.qty) == (None,) * 4
    assert (second.qty, second.filled_avg_price) == (None, None)


@pytest.mark.parametrize("name", ["id", "client_order_id", "status"])
def test_an_order_without_an_id_or_a_status_spoils_the_list(
    broker: Broker, server: BrokerServer, name: str
) -> None:
    """What it may be nobody knows: what is missing is named, with the order's symbol."""
    server.orders = [an_order(1), an_order(2, symbol="MSFT", **{name: None})]
    with pytest.raises(UnreadableAnswer, match=f"MSFT: {name} is missing"):
        broker.orders(BEGIN)


def test_an_order_that_is_not_known(broker: Broker) -> None:
    """The broker's own 404."""
    assert broker.order("f" * 24) is None


@pytest.mark.parametrize(
    "body",
    [b"<html>404 Not Found</html>", b'{"message": "no Route matched"}', b'{"detail": "Not Found"}', b""],
)
def test_a_404_of_somebody_elses_is_no_answer(transport: Transport, body: bytes) -> None:
    """A proxy's, or one of a wrong address, says nothing of an order."""
    with (
        serving(answer(body, "404 Not Found")) as server,
        pytest.raises(UnreadableAnswer, match="answered 404"),
    ):
        at(server.url, transport).order("a" * 24)


def test_another_order_is_no_answer(transport: Transport) -> None:
    """It says which one came back."""
    body = json.dumps(an_order(2)).encode()
    with serving(answer(body)) as server, pytest.raises(UnreadableAnswer, match=f"another order, {2:024x}"):
        at(server.url, transport).order(f"{1:024x}")


def test_an_id_can_not_change_the_request(broker: Broker, server: BrokerServer) -> None:
    """What means something in a URL is escaped."""
    assert broker.order("a&b=c#d e") is None
    assert server.requests[0].query == {"client_order_id": ["a&b=c#d e"]}


def test_the_first_page_begins_after_the_moment(broker: Broker, server: BrokerServer) -> None:
    """All of any state, oldest first, at most 500; the moment is UTC and exact."""
    broker.orders(datetime.fromisoformat("2025-01-17T09:30:00.000123-05:00"))
    assert [request.query for request in server.requests] == [
        {
            "status": ["all"],
            "after": ["2025-01-17T14:30:00.000123Z"],
            "direction": ["asc"],
            "limit": ["500"],
            "nested": ["false"],
        }
    ]


def test_the_next_page_begins_a_millisecond_before_the_last_stamp(
    broker: Broker, server: BrokerServer
) -> None:
    """Orders of one moment that a page cut apart are read, once each; a page with nothing new ends it."""
    stamps = [BEGIN + timedelta(seconds=number) for number in range(499)]
    stamps += [BEGIN + timedelta(seconds=499)] * 3
    server.orders = [an_order(number, stamp(moment)) for number, moment in enumerate(stamps)]
    read = broker.orders(BEGIN - timedelta(days=1))
    assert ids(read) == [each["id"] for each in server.orders]
    asked = [request.query["after"][0] for request in server.requests]
    assert asked == ["2025-01-16T00:00:00.000000Z", *["2025-01-17T00:08:18.999000Z"] * 2]


def test_an_order_is_as_it_was_last_read(broker: Broker, server: BrokerServer) -> None:
    """One that fills between two pages is filled."""
    server.orders = [an_order(1)]

    def fill() -> None:
        if len(server.requests) == 2:
            server.orders[0] |= {"status": "filled", "filled_qty": "10"}

    server.between = fill
    (order,) = broker.orders(BEGIN).orders
    assert (order.status, order.filled_qty) == ("filled", 10)


def test_as_of_is_the_brokers_own_clock_with_the_last_answer(
    server: BrokerServer, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not ours, and not the first page's: what is not in the list was submitted later."""
    server.orders = [an_order(1)]
    clock = [BEGIN]

    def tick() -> datetime:
        clock[0] += timedelta(hours=1)
        return clock[0]

    monkeypatch.setattr(server, "now", tick)
    assert broker.orders(BEGIN).as_of == BEGIN + timedelta(hours=2)


@pytest.mark.parametrize("headers", [{"date": "yesterday"}, {"Via": "1.1 squid"}, {"Age": "3600"}])
def test_a_clock_that_may_be_anybodys_is_none(
    server: BrokerServer, broker: Broker, headers: dict[str, str]
) -> None:
    """A proxy's, a cache's, or none at all; the orders count."""
    server.orders = [an_order(1)]
    server.always("GET", "/v2/orders", Answer(headers=headers))
    read = broker.orders(BEGIN)
    assert (len(read.orders), read.as_of) == (1, None)


def test_a_page_full_of_one_moment_is_not_known(broker: Broker, server: BrokerServer) -> None:
    """500 equal stamps: whether there is one more nobody can ask."""
    server.orders = [an_order(number) for number in range(499)]
    assert len(broker.orders(BEGIN).orders) == 499
    server.orders.append(an_order(499))
    with pytest.raises(NotKnown, match="lists more orders of 2025-01-17 14:30:00 UTC than a page holds"):
        broker.orders(BEGIN)


def test_a_full_page_out_of_order_is_not_known(
    broker: Broker, server: BrokerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that lists the newest first has older ones behind its page that no next one would show."""
    monkeypatch.setattr(client, "ORDERS_A_PAGE", 3)
    server.newest_first = True
    server.orders = [an_order(number, stamp(BEGIN + timedelta(hours=1 + number))) for number in range(2)]
    assert len(broker.orders(BEGIN).orders) == 2
    server.orders += [an_order(number, stamp(BEGIN + timedelta(hours=1 + number))) for number in (2, 3)]
    with pytest.raises(NotKnown, match="out of order"):
        broker.orders(BEGIN)


def test_a_full_page_without_a_stamp_is_not_known(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the next one would begin nobody says; a page that is not full is the whole."""
    monkeypatch.setattr(client, "ORDERS_A_PAGE", 3)
    page = [an_order(number, submitted_at=None) for number in range(3)]
    with serving(answer(json.dumps(page[:2]).encode())) as server:
        assert len(at(server.url, transport).orders(BEGIN).orders) == 2
    with serving(answer(json.dumps(page).encode())) as server, pytest.raises(NotKnown):
        at(server.url, transport).orders(BEGIN)


MILLISECONDS = st.integers(min_value=1, max_value=6)
ARRIVALS = st.lists(st.lists(st.integers(min_value=0, max_value=6), max_size=4), max_size=4)


@given(first=st.lists(MILLISECONDS, max_size=12), arriving=ARRIVALS, half=st.booleans())
def test_every_order_is_known_once_or_the_list_is_not_known(
    first: list[int], arriving: list[list[int]], *, half: bool
) -> None:
    """Any stamps, many of them equal or within a millisecond, and orders that come in between two pages.

    What was there when the last answer was made is in the list; nothing is in it twice.
    """
    step = timedelta(microseconds=500 if half else 1000)
    latest = max(first, default=0)
    with serving_broker() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "ORDERS_A_PAGE", 4)
        there = [an_order(number, stamp(BEGIN + at * step)) for number, at in enumerate(first)]
        server.orders, waiting, known = list(there), list(arriving), {each["id"] for each in there}

        def arrive() -> None:
            nonlocal latest
            if not server.requests[1:] or not waiting:
                return
            for later in sorted(waiting.pop(0)):
                latest += later
                made = an_order(len(server.orders), stamp(BEGIN + latest * step))
                server.orders.append(made)
                known.add(made["id"])

        server.between = arrive
        transport = Transport(pause=lambda _: None, reads_only=True)
        try:
            read = ids(at(server.at, transport).orders(BEGIN, seconds=30))
        except NotKnown:
            gather = [sum(0 <= other - one < 1 for other in _millis(server)) for one in _millis(server)]
            assert max(gather) >= 4, "it gave up without a page full of one moment"
            return
        finally:
            transport.close()
    assert len(read) == len(set(read))
    assert set(read) == known


def _millis(server: BrokerServer) -> list[float]:
    return [
        (datetime.fromisoformat(each["submitted_at"]) - BEGIN) / timedelta(milliseconds=1)
        for each in server.orders
    ]
