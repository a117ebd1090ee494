"""The public SDK as a witness: the client reads what its models say, and asks for what it asks for."""

import importlib.util
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from services.broker_client import at
from support.broker_server import KEY, SECRET, BrokerServer
from support.chromium import unavailable

from paper_run.model import broker as words
from paper_run.services.broker import Broker
from paper_run.services.transport import Transport

PROGRAM = Path(__file__).parents[1] / "support" / "alpaca_sdk.py"
AT, DAY = datetime(2025, 1, 17, 14, 30, 0, 123456, tzinfo=UTC), date(2025, 1, 17)


def sdk(*arguments: str) -> Any:
    """Return what the SDK says, in a process of its own, whose warnings are none of ours."""
    if importlib.util.find_spec("alpaca") is None:
        unavailable("alpaca-py is not installed (pip install 'paper_run[ci]')")
    command = [sys.executable, "-W", "ignore", str(PROGRAM), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def answers() -> Any:
    return sdk("answers")


@pytest.fixture
def told(server: BrokerServer, answers: Any) -> BrokerServer:
    """A broker that answers with the SDK's own models."""
    server.account, server.orders = answers["account"], answers["orders"]
    server.positions, server.activities = answers["positions"], answers["activities"]
    server.actions = answers["corporate_actions"]
    return server


def test_the_account_of_the_sdk_is_read(told: BrokerServer, broker: Broker) -> None:
    """Amounts exact, nothing missing, nothing wrong."""
    account = broker.account()
    assert told.requests
    assert (account.number, account.status, account.identity) == (
        "PA3SDK",
        "ACTIVE",
        "00000000-0000-0000-0000-000000000001",
    )
    assert (account.cash, account.equity) == (Decimal("63870.25"), Decimal("100012.345"))
    assert (account.faults, account.missing) == ((), ())


def test_each_status_of_an_account_is_a_good_one_or_a_fault(
    told: BrokerServer, broker: Broker, answers: Any
) -> None:
    """Of all that the SDK knows one is good."""
    good = []
    for status in answers["words"]["account statuses"]:
        told.account = answers["account"] | {"status": status}
        good += [status] if not broker.account().faults else []
    assert good == [words.ACTIVE]


def test_orders_of_each_status_are_read(told: BrokerServer, broker: Broker, answers: Any) -> None:
    """In lists and one by one, exact, with their times."""
    orders = broker.orders(datetime(2025, 1, 17, tzinfo=UTC)).orders
    assert [each.status for each in orders] == answers["words"]["order statuses"]
    assert {each.submitted_at for each in orders} == {AT}
    filled = next(each for each in orders if each.status == "filled")
    assert (filled.filled_qty, filled.filled_avg_price, filled.filled_at) == (
        10,
        Decimal("150.123456789"),
        AT,
    )
    assert (filled.side, filled.order_type, filled.limit_price) == ("sell", "limit", Decimal("150.1"))
    replaced = next(each for each in orders if each.status == "replaced")
    assert replaced.replaced_by == "00000000-0000-0000-0000-0000000003e7"
    for each in orders:
        assert broker.order(each.client_order_id) == each
    assert len(told.requests) == 2 + len(orders)


def test_positions_of_each_class_are_read(told: BrokerServer, broker: Broker, answers: Any) -> None:
    """Signed, and a coin's symbol compares equal to that of its order."""
    stock, coin, option = broker.positions()
    assert (stock.symbol, stock.qty, stock.asset_class) == ("AAPL", -7, words.US_EQUITY)
    assert (coin.qty, coin.asset_class) == (Decimal("0.123456789"), words.CRYPTO)
    assert option.asset_class == words.US_OPTION
    assert {words.US_EQUITY, words.CRYPTO, words.US_OPTION} <= set(answers["words"]["asset classes"])
    order = next(
        each for each in broker.orders(AT.replace(hour=0)).orders if each.asset_class == words.CRYPTO
    )
    assert order.symbol == "BTC/USD"
    assert words.comparable(order.symbol) == words.comparable(coin.symbol)
    assert told.requests


def test_activities_of_each_type_are_read(told: BrokerServer, broker: Broker, answers: Any) -> None:
    """The fill is a fill, all others are money."""
    fills, money = broker.activities(DAY)
    (fill,) = fills
    assert (fill.side, fill.qty, fill.price, fill.time) == ("buy", 3, Decimal("150.25"), AT)
    kinds = answers["words"]["activity types"]
    assert sorted(each.activity_type for each in money) == sorted(set(kinds) - {"FILL"})
    assert {(each.net_amount, each.qty, each.date, each.status) for each in money} == {
        (Decimal("-1.02"), Decimal(3), DAY, "executed")
    }
    assert told.requests


def test_corporate_actions_of_each_kind_are_read(told: BrokerServer, broker: Broker) -> None:
    """What of old shares becomes new ones, and from when on."""
    found = broker.corporate_actions(["NVDA", "FB"], DAY, DAY)
    assert [
        (each.kind, each.symbol, each.new_symbol, each.new, each.old, each.ex_date) for each in found
    ] == [
        ("forward_split", "NVDA", None, 10, 1, DAY),
        ("reverse_split", "NVDA", None, 1, 10, DAY),
        ("unit_split", "NVDA", "NVD", Decimal("0.5"), 1, DAY),
        ("stock_dividend", "NVDA", None, Decimal("1.05"), 1, DAY),
        ("spin_off", "NVDA", "NVS", 1, 4, DAY),
        ("name_change", "FB", "META", 1, 1, None),
    ]
    assert {each.process_date for each in found} == {DAY}
    assert told.requests


def test_the_client_asks_for_what_the_sdk_asks_for(told: BrokerServer, transport: Transport) -> None:
    """The same addresses with the same parameters and headers; and the SDK reads the tests' own broker."""
    made = sdk("requests", told.url, KEY, SECRET)
    assert made["account_number"] == "PA3SDK"
    assert (made["orders"], made["positions"]) == (
        len(told.orders),
        [each["symbol"] for each in told.positions],
    )
    theirs = {each.path: each for each in told.requests}
    told.requests.clear()
    broker = at(told.at, transport)
    broker.account()
    broker.orders(AT.replace(hour=0))
    broker.positions()
    broker.order(told.orders[0]["client_order_id"])
    broker.corporate_actions(["NVDA", "FB"], DAY, DAY)
    ours = {each.path: each for each in reversed(told.requests)}
    assert ours.keys() == theirs.keys()
    for path, asked in ours.items():
        their = theirs[path].query
        their.pop("sort", None)  # ascending, as it is without
        assert {name: _value(values) for name, values in asked.query.items()} == {
            name: _value(values) for name, values in their.items()
        }
        for header in ("apca-api-key-id", "apca-api-secret-key"):
            assert asked.headers[header] == theirs[path].headers[header]


def _value(values: list[str]) -> object:
    """Return a parameter, whichever of the ways it is written: a moment, yes or no, a list in any order."""
    (value,) = values
    if value.lower() in ("true", "false"):
        return value.lower()
    if "T" in value and value[:2] == "20":
        return datetime.fromisoformat(value)
    return sorted(value.split(","))
