"""The broker over real sockets: account and positions, exact amounts, failures, and nothing sent but GET."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.broker_client import BEGIN, DAY, KEYS, LONG, READS, at, every_read, stamp
from support.answers import Answer, redirect
from support.broker_server import ACCOUNT, KEY, NUMBER, SECRET, BrokerServer, an_order, serving_broker
from support.faulty_http import exact
from support.socket_server import after as sending
from support.socket_server import answer, frozen, refusing, serving, trickled

from paper_run.model.broker import Account, comparable
from paper_run.model.redaction import Secrets
from paper_run.model.service import Exchange, ServiceUrl
from paper_run.services.alpaca import Keys
from paper_run.services.answer import CallFailed, KeysRefused, NeverSent, NoAnswer, UnreadableAnswer
from paper_run.services.broker import Broker
from paper_run.services.transport import Transport

# Nothing but GET


def test_a_broker_takes_no_transport_that_could_send(server: BrokerServer) -> None:
    """The client has no way to send anything."""
    sends = Transport()
    with pytest.raises(ValueError, match="only ever read"):
        at(server.at, sends)
    sends.close()


def test_its_transport_sends_nothing_but_get(server: BrokerServer, transport: Transport) -> None:
    """Whatever it is asked for: no other method leaves, in no way that a transport has."""
    sends: list[Callable[[], object]] = [
        lambda: transport.post_once(
            server.at, "/v2/orders", {}, headers={}, seconds=5, held_back=lambda: None
        ),
        lambda: transport.post_text(server.at, "/v2/orders", b"", seconds=5),
    ]
    for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get"):
        sends.append(
            lambda method=method: transport._exchange(
                transport._session, method, server.at, "/v2/orders", deadline=9e9, seconds=5, headers=None
            )
        )
    for send in sends:
        with pytest.raises(NeverSent, match="is only ever read, and this was a "):
            send()
    assert server.requests == []


def test_each_read_is_a_get(broker: Broker, server: BrokerServer) -> None:
    """With the keys as headers, and without a body."""
    server.orders = [an_order(1)]
    for read in READS.values():
        read(broker)
    assert {request.path for request in server.requests} == {
        "/v2/account",
        "/v2/orders",
        "/v2/orders:by_client_order_id",
        "/v2/positions",
        "/v2/account/activities",
        "/v1/corporate-actions",
    }
    assert {(request.method, request.body) for request in server.requests} == {("GET", b"")}


# The account


def test_the_account_as_it_stands(broker: Broker, server: BrokerServer) -> None:
    """Amounts exact, times UTC, the broker's own clock; one that is well has no fault and misses nothing."""
    account = broker.account()
    assert account._replace(as_of=None, latency_ms=0) == Account(
        number=NUMBER,
        status="ACTIVE",
        identity=ACCOUNT["id"],
        currency="USD",
        cash=Decimal("63870.25"),
        accrued_fees=Decimal("0.13"),
        equity=Decimal("100012.345"),
        trading_blocked=False,
        account_blocked=False,
        trade_suspended_by_user=False,
        as_of=None,
        latency_ms=0,
    )
    assert account.as_of is not None
    assert abs(account.as_of - server.now()) < timedelta(seconds=30)
    assert (account.faults, account.missing) == ((), ())


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("status", "ACCOUNT_CLOSED", "its status is ACCOUNT_CLOSED, and ACTIVE is the only good one"),
        ("status", "ONBOARDING", "its status is ONBOARDING, and ACTIVE is the only good one"),
        ("account_blocked", True, "it is blocked"),
        ("trading_blocked", True, "trading is blocked"),
        ("trade_suspended_by_user", True, "its owner has suspended trading"),
        ("currency", "EUR", "it is kept in EUR, not in USD"),
    ],
)
def test_what_keeps_an_account_from_trading(
    broker: Broker, server: BrokerServer, field: str, value: object, fault: str
) -> None:
    """Each has its clause."""
    server.account[field] = value
    assert broker.account().faults == (fault,)


@pytest.mark.parametrize(
    "absent", [lambda account, name: account.pop(name), lambda a, n: a.update({n: None})]
)
def test_what_an_account_does_not_say_is_none(
    broker: Broker, server: BrokerServer, absent: Callable[[dict[str, Any], str], object]
) -> None:
    """Absent or null; a balance that a comparison needs is named; new fields say nothing."""
    for name in set(ACCOUNT) - {"account_number", "status"}:
        absent(server.account, name)
    server.account["dark_pool"] = {"new": [1]}
    account = broker.account()
    assert (account.number, account.status, account.faults) == (NUMBER, "ACTIVE", ())
    assert set(account[2:-3]) == {None}
    assert account.missing == ("cash", "equity")


@pytest.mark.parametrize("name", ["account_number", "status"])
def test_whose_account_it_is_must_be_said(broker: Broker, server: BrokerServer, name: str) -> None:
    """Without it nothing is read."""
    del server.account[name]
    with pytest.raises(UnreadableAnswer, match=f"answered 200 with what can't be read: {name} is missing"):
        broker.account()


# Exact amounts


def test_amounts_never_go_through_a_binary_float(transport: Transport) -> None:
    """28 digits as a text or as a JSON number, and a whole number, stay what they are."""
    for written in (LONG, f'"{LONG}"'):
        body = f'{{"account_number": "1", "status": "ACTIVE", "cash": {written}, "equity": 100}}'
        with serving(answer(body.encode())) as server:
            account = at(server.url, transport).account()
        assert (str(account.cash), account.equity) == (LONG, 100)
        body = f'[{{"symbol": "BTCUSD", "qty": {written}, "current_price": {written}}}]'
        with serving(answer(body.encode())) as server:
            (position,) = at(server.url, transport).positions()
        assert str(position.qty) == str(position.current_price) == LONG
        order = json.dumps(an_order(1)).replace('"filled_qty": "0"', f'"filled_qty": {written}')
        with serving(answer(order.encode())) as server:
            read = at(server.url, transport).order(f"{1:024x}")
        assert read is not None
        assert str(read.filled_qty) == LONG


@pytest.mark.parametrize("amount", ["abc", "NaN", "1E+999999", True, [], {}])
def test_an_amount_that_is_none_is_not_guessed_at(
    broker: Broker, server: BrokerServer, amount: object
) -> None:
    """The field is named, and nothing of the list counts."""
    server.positions = [{"symbol": "AAPL", "qty": "1"}, {"symbol": "MSFT", "qty": amount}]
    with pytest.raises(UnreadableAnswer, match="MSFT: qty is not an amount"):
        broker.positions()


# Positions


def test_positions_are_signed_and_named_by_their_class(broker: Broker, server: BrokerServer) -> None:
    """Short is negative; an option and a coin are called so; what has no price has none."""
    server.positions = [
        {"symbol": "AAPL", "asset_class": "us_equity", "qty": "-3.5", "side": "short", "current_price": "0"},
        {"symbol": "AAPL250117C00150000", "asset_class": "us_option", "qty": "2", "side": "long"},
        {"symbol": "BTCUSD", "asset_class": "crypto", "qty": "0.123456789", "market_value": "12345.67"},
    ]
    stock, option, coin = broker.positions()
    assert (stock.qty, stock.asset_class, stock.current_price) == (Decimal("-3.5"), "us_equity", None)
    assert (option.asset_class, option.market_value) == ("us_option", None)
    assert (coin.asset_class, coin.qty, coin.market_value) == (
        "crypto",
        Decimal("0.123456789"),
        Decimal("12345.67"),
    )


@pytest.mark.parametrize(("side", "qty"), [("short", "5"), ("long", "-5")])
def test_a_side_that_contradicts_the_sign_is_not_guessed_at(
    broker: Broker, server: BrokerServer, side: str, qty: str
) -> None:
    """Nobody knows which of the two is meant."""
    server.positions = [{"symbol": "AAPL", "qty": qty, "side": side}]
    with pytest.raises(UnreadableAnswer, match=f"AAPL is {side} with a qty of {qty}"):
        broker.positions()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("BTCUSD", "BTC/USD", True),
        ("btc/usd", "BTCUSD", True),
        ("AAPL", "AAPL", True),
        ("BRK.B", "BRKB", False),
        ("ETHUSD", "BTC/USD", False),
    ],
)
def test_symbols_are_compared_without_the_slash(one: str, other: str, *, same: bool) -> None:
    """Positions write BTCUSD, orders BTC/USD; a stock's point means something."""
    assert (comparable(one) == comparable(other)) is same


# Failures


@every_read
@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_are_told_in_the_brokers_words(
    server: BrokerServer, broker: Broker, read: Callable[[Broker], object], status: int
) -> None:
    """Its message and its code, with the usual causes; the address is its base."""
    body = {"code": 40310000, "message": "request is not authorized"}
    server.always("GET", "*", Answer(status=status, body=body))
    with pytest.raises(KeysRefused) as caught:
        read(broker)
    assert caught.value.reason == f"answered {status}: request is not authorized (code 40310000)"
    assert str(caught.value).startswith(f"{server.url} answered")
    assert "a live account's are refused at the paper host" in caught.value.fix
    assert len(server.requests) == 1


@every_read
def test_other_keys_are_refused(
    server: BrokerServer, transport: Transport, read: Callable[[Broker], object]
) -> None:
    """The keys go out with each read; another pair gets the broker's 401."""
    with pytest.raises(KeysRefused, match="answered 401: request is not authorized"):
        read(at(server.at, transport, Keys(KEY, "another")))


@every_read
def test_too_many_requests_is_waited_for(server: BrokerServer, read: Callable[[Broker], object]) -> None:
    """429 with Retry-After, then 200: the pause is the one asked for."""
    pauses: list[float] = []
    patient = Transport(pause=pauses.append, reads_only=True)
    limited = Answer(
        status=429, body={"code": 42910000, "message": "rate limit exceeded"}, headers={"Retry-After": "2"}
    )
    server.orders = [an_order(1, client_order_id="a" * 24)]
    server.script("GET", "*", [limited])
    read(at(server.at, patient))
    patient.close()
    assert pauses == [2]


def test_a_pause_beyond_the_deadline_is_not_taken(server: BrokerServer) -> None:
    """A broker that asks for a minute is told of at once, with its code."""
    pauses: list[float] = []
    patient = Transport(pause=pauses.append, reads_only=True)
    body = {"code": 42910000, "message": "rate limit exceeded"}
    server.always("GET", "*", Answer(status=429, body=body, headers={"Retry-After": "60"}))
    with pytest.raises(NoAnswer, match=r"answered 429: rate limit exceeded \(code 42910000\)"):
        at(server.at, patient).positions(seconds=2)
    patient.close()
    assert pauses == []


@every_read
@pytest.mark.parametrize(
    "body", [b"<html>login</html>", b"", b"null", b"17", b'{"account_number": 5}', b"[[]]", b"[{}]", b'"x"']
)
def test_an_answer_of_another_kind_is_unreadable(
    transport: Transport, read: Callable[[Broker], object], body: bytes
) -> None:
    """200 proves nothing: a login page of some network is no account, and no empty list either."""
    with serving(answer(body)) as server, pytest.raises(UnreadableAnswer, match="answered 200 with"):
        read(at(server.url, transport))


@every_read
def test_a_trickle_ends_by_the_deadline(transport: Transport, read: Callable[[Broker], object]) -> None:
    """A body that comes byte by byte is no answer in time."""
    head, slow = answer(b" " * 4000).split(b"\r\n\r\n")
    with serving(trickled(head + b"\r\n\r\n", slow, 0.05)) as server:
        broker = Broker(transport, server.url, data=server.url, keys=KEYS, now=_late(), kind="paper")
        with pytest.raises(NoAnswer, match="did not answer within"):
            read(broker)


def _late() -> Callable[[], float]:
    """A clock of which most of a read's time is over after one look: half a second is left of 3.5."""
    looks = iter([0.0])
    return lambda: next(looks, 3.0)


def test_all_pages_together_have_one_deadline(server: BrokerServer, transport: Transport) -> None:
    """A list that never ends does."""
    server.orders = [an_order(0)]
    clock = [0.0]

    def more() -> None:
        clock[0] += 1
        server.orders.append(
            an_order(len(server.orders), stamp(BEGIN + timedelta(hours=len(server.orders) + 15)))
        )

    server.between = more
    broker = Broker(transport, server.at, data=server.at, keys=KEYS, now=lambda: clock[0], kind="paper")
    with pytest.raises(NoAnswer, match="was not asked any more, its time was over"):
        broker.orders(BEGIN, seconds=5)
    assert len(server.requests) == 5


@every_read
def test_a_broker_that_is_down_frozen_or_moved_is_told_of(
    transport: Transport, read: Callable[[Broker], object]
) -> None:
    """Nothing listens; the connection breaks off; it sends elsewhere, where nobody goes with the keys."""
    patient = at(refusing(), transport)
    with pytest.raises(NeverSent, match="refused the connection"):
        READS["account"](
            Broker(transport, patient.url, data=patient.url, keys=KEYS, now=_late(), kind="paper")
        )
    with serving(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")) as server:
        broker = Broker(transport, server.url, data=server.url, keys=KEYS, now=_late(), kind="paper")
        with pytest.raises(NoAnswer):
            read(broker)
    with serving(answer(b"{}")) as elsewhere, serving_broker() as moved:
        moved.always("GET", "*", redirect(f"{elsewhere.url}/v2/account"))
        with pytest.raises(UnreadableAnswer, match="answered 30"):
            read(at(moved.at, transport))
        assert elsewhere.seen == []


def test_a_frozen_broker_takes_its_time_and_no_more(transport: Transport) -> None:
    """It is given up on by the deadline that was said."""
    with serving(frozen) as server, pytest.raises(NoAnswer, match="did not answer within"):
        at(server.url, transport).account(seconds=0.3)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("2025-01-17"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id", "client_order_id", "status", "symbol", "qty", "price", "side", "activity_type",
                    "code", "account_number", "cash", "corporate_actions", "forward_splits", "new_rate",
                    "old_rate", "next_page_token", "submitted_at", "order_id", "date",
                ]
            ),
            inner,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(body=JSON, status=st.sampled_from([200, 200, 200, 404, 422, 500]), read=st.sampled_from([*READS]))
def test_no_answer_is_too_odd(body: Any, status: int, read: str) -> None:
    """Whatever JSON comes, nothing but CallFailed is raised."""

    class Canned(Transport):
        def get(self, url: ServiceUrl, path: str, **_: Any) -> Any:
            from paper_run.services.answer import Answer as Received

            return Received(url.base + path, status, {}, json.dumps(body).encode(), 1)

    transport = Canned(reads_only=True)
    try:
        READS[read](at(ServiceUrl(base="http://127.0.0.1:9"), transport))
    except CallFailed:
        pass
    finally:
        transport.close()


# Secrets


@every_read
def test_the_keys_are_in_no_text(server: BrokerServer, read: Callable[[Broker], object]) -> None:
    """Not in an error, though the broker repeats them; not in what is watched; not in any repr."""
    exchanges: list[Exchange] = []
    watching = Transport(
        watch=exchanges.append, pause=lambda _: None, secrets=Secrets(keys=KEYS), reads_only=True
    )
    echo = {"code": 40110000, "message": f"no pair {KEY} {SECRET}", "detail": [SECRET]}
    server.always("GET", "*", Answer(status=401, body=echo))
    broker = at(server.at, watching)
    with pytest.raises(KeysRefused) as caught:
        read(broker)
    watching.close()
    error = caught.value
    told = [str(error), repr(error), error.words, repr(broker), repr(KEYS), repr(exchanges)]
    assert exchanges
    assert not any(secret in text for text in told for secret in KEYS)


def test_a_key_that_no_header_can_hold_is_refused_without_being_shown(transport: Transport) -> None:
    """Before anything is connected to."""
    with pytest.raises(ValueError, match="a key is empty or holds what no HTTP header can") as caught:
        at(refusing(), transport, Keys(KEY, "line\nbreak"))
    assert "line" not in str(caught.value)


def test_what_is_watched_is_the_whole_address(server: BrokerServer) -> None:
    """`-v` shows each request as it was made."""
    exchanges: list[Exchange] = []
    watching = Transport(watch=exchanges.append, reads_only=True)
    at(server.at, watching).activities(DAY)
    watching.close()
    (seen,) = exchanges
    split = urlsplit(seen.url)
    assert (seen.method, split.path) == ("GET", "/v2/account/activities")
    assert parse_qs(split.query)["after"] == ["2025-01-16"]
    assert exact(json.dumps({"outcome": seen.outcome})) == {"outcome": "200"}
