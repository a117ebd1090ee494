"""The test platform itself: it keeps the contract, and each fault is the fault it is called."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from support.answers import Answer, gateway_timeout_html, plain_500
from support.faulty_http import ScriptedService, exact
from support.odd_account import Account, decimal
from support.odd_json import OddJson
from support.odd_platform import LONG_PRICE, ORDERS, POSITIONS, RUN, RUNS, OddPlatform, Plan, still_running

EXAMPLES = json.loads((Path(__file__).parents[1] / "wire-examples.json").read_text())
BODY = {"symbols": ["AAPL", "MSFT"], "capital": "100000", "as_of_date": "2025-01-17"}


def call(
    service: ScriptedService, method: str, path: str, body: Any = None, timeout: float = 5
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, exact(text) if answer.getheader("content-type") == "application/json" else text
    finally:
        connection.close()


@pytest.fixture(scope="module")
def healthy() -> Iterator[OddPlatform]:
    with OddPlatform() as platform:
        yield platform


def test_every_observed_field_is_there(healthy: OddPlatform) -> None:
    """What the real services answered has no name that is missing here."""
    _, run = call(healthy.orchestrator, "POST", RUN, BODY)
    order_id = run["mappings"][0]["client_order_id"]
    for name, (service, path) in {
        "t3_health": (healthy.signal, "/health"),
        "order_by_id": (healthy.gateway, f"{ORDERS}/{order_id}"),
        "positions_mixed": (healthy.gateway, POSITIONS),
        "run_normal": (healthy.orchestrator, f"{RUNS}/{run['run_id']}"),
    }.items():
        status, body = call(service, "GET", path)
        assert status == 200
        assert set(EXAMPLES[name]["body"]) - {"timestamp"} <= set(body)
    assert set(EXAMPLES["run_normal"]["body"]["mappings"][0]) <= set(run["mappings"][0])
    position = call(healthy.gateway, "GET", POSITIONS)[1]["positions"][0]
    assert set(EXAMPLES["positions_mixed"]["body"]["positions"][0]) <= set(position)
    assert call(healthy.orchestrator, "GET", RUNS)[1]["runs"][0]["run_id"] == run["run_id"]


def test_amounts_are_odd_but_exact() -> None:
    """However an amount is written, it is the same amount; a seed writes it the same way each time."""
    for value in (LONG_PRICE, Decimal(100000), Decimal(0), Decimal("-0.25")):
        forms = [OddJson(seed).amount(value) for seed in range(50)]
        assert forms == [OddJson(seed).amount(value) for seed in range(50)]
        assert {Decimal(form) for form in forms} == {value}
        assert len({str(form) for form in forms}) > 1
        assert {type(form) for form in forms} == {str, Decimal}


def test_a_plan_decides_order_and_fill(platform: OddPlatform) -> None:
    """A fill reaches the order and the position, once, though the orchestration is repeated."""
    platform.gateway.hold("AAPL", "5", "100")
    platform.plan["AAPL"] = Plan(side="sell", qty=8, price=Decimal(110), status="partially_filled")
    for _ in range(2):
        _, run = call(platform.orchestrator, "POST", RUN, BODY | {"symbols": ["AAPL"]})
    order = platform.gateway.orders[run["mappings"][0]["client_order_id"]]
    assert (order["status"], order["qty"], Decimal(order["filled_qty"])) == ("partially_filled", 8, 8)
    held = platform.gateway.positions["AAPL"]
    assert (held["qty"], held["avg_entry_price"]) == ("-3", "110")
    assert (platform.executed, len(platform.posts)) == (2, 2)


def test_scripts_are_used_up_in_order(platform: OddPlatform) -> None:
    """A later script goes first, then an earlier one, then health."""
    platform.signal.script("GET", "/health", [plain_500()])
    platform.signal.script("GET", "/h*", [Answer(status=404, body={}), Answer(edit=lambda _: {"a": 1})])
    answers = [call(platform.signal, "GET", "/health") for _ in range(4)]
    assert [status for status, _ in answers] == [404, 200, 500, 200]
    assert answers[1][1] == {"a": 1}


def test_a_run_can_be_running_for_some_polls(platform: OddPlatform) -> None:
    """The POST says running, and so many looks later the run has ended."""
    platform.orchestrator.answers_running([still_running()])
    run_id = call(platform.orchestrator, "POST", RUN, BODY)[1]["run_id"]
    looks = [call(platform.orchestrator, "GET", f"{RUNS}/{run_id}")[1] for _ in range(2)]
    assert [look["status"] for look in looks] == ["running", "completed"]
    assert [len(look["mappings"]) for look in looks] == [0, 2]


@pytest.mark.parametrize(
    ("answer", "failure", "executed"),
    [
        (Answer(reset=True, process="before"), ConnectionResetError, 1),
        (Answer(reset=True, process="never"), ConnectionResetError, 0),
        (Answer(hang_up=True, process="never"), EOFError, 0),
        (Answer(truncate=20), http.client.IncompleteRead, 1),
        (Answer(freeze=True), TimeoutError, 1),
        (Answer(delay=3), TimeoutError, 1),
        (Answer(trickle=0.3), TimeoutError, 1),
        (Answer(trickle_headers=0.3), TimeoutError, 1),
    ],
    ids=["reset-after", "reset-before", "closed", "truncated", "frozen", "delayed", "body", "headers"],
)
def test_faults(platform: OddPlatform, answer: Answer, failure: type[Exception], executed: int) -> None:
    """A fault looks to the client as it is named, and the work was done exactly where it was to be."""
    platform.orchestrator.script("POST", RUN, [answer])
    with pytest.raises(failure):
        _whole(platform, 0.5)
    assert platform.executed == executed


def _whole(platform: OddPlatform, seconds: float) -> None:
    """Post and read to the end, within so many seconds in all."""
    with socket.create_connection(("127.0.0.1", platform.orchestrator.port), timeout=seconds) as wire:
        text = json.dumps(BODY).encode()
        wire.sendall(b"POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (RUN.encode(), len(text), text))
        end, data = time.monotonic() + seconds, b""
        while b"Content-Length".lower() not in data.lower() or len(data.split(b"\r\n\r\n", 1)[1]) < 500:
            wire.settimeout(max(0.01, end - time.monotonic()))
            piece = wire.recv(65536)
            if not piece and not data:
                raise EOFError
            if not piece:
                raise http.client.IncompleteRead(data)
            data += piece


def test_work_after_the_answer(platform: OddPlatform) -> None:
    """A 504 can come before the orchestration that it hides."""
    platform.orchestrator.script("POST", RUN, [gateway_timeout_html(process="after", lag=0.1)])
    status, page = call(platform.orchestrator, "POST", RUN, BODY)
    assert (status, platform.executed) == (504, 0)
    assert b"nginx" in page
    platform.log.until(lambda: platform.executed == 1)


def test_huge_chunked_and_idle_answers(platform: OddPlatform) -> None:
    """A padded and a chunked answer are the same JSON; a closed idle connection shows on its next use."""
    answers = [Answer(pad=3_000_000), Answer(chunked=True), Answer(close_idle=True)]
    platform.gateway.script("GET", POSITIONS, answers)
    assert call(platform.gateway, "GET", POSITIONS)[1]["positions"] == []
    assert call(platform.gateway, "GET", POSITIONS)[1]["positions"] == []
    connection = http.client.HTTPConnection("127.0.0.1", platform.gateway.port, timeout=60)
    connection.request("GET", POSITIONS)
    assert connection.getresponse().read()
    assert connection.sock.recv(1) == b""  # closed by the server, though it never said so
    connection.close()


def test_down_and_up(platform: OddPlatform) -> None:
    """A service that is down refuses at once, and answers at the same port when it is up again."""
    platform.signal.down()
    with pytest.raises(ConnectionRefusedError):
        call(platform.signal, "GET", "/health")
    platform.signal.up()
    assert call(platform.signal, "GET", "/health")[0] == 200


def test_a_prefix_moves_every_route(platform: OddPlatform) -> None:
    """Behind a path nothing is found without it."""
    platform.gateway.prefix = "/t4"
    assert [call(platform.gateway, "GET", path)[0] for path in ("/t4/health", "/health", "/t4//health")] == [
        200,
        404,
        404,
    ]


def test_the_account_is_kept_at_average_cost() -> None:
    """Worked by hand: bought twice, reduced, flipped; cash, cost and what was realized, without rounding."""
    account = Account(1000)
    for qty, price in (("10", "10"), ("20", "16"), ("-15", "17"), ("-25", "12"), ("4", "9")):
        account.fill("AAPL", Decimal(qty), Decimal(price))
    held = account.positions["AAPL"]
    # average 14; 15 * 3 = 45 realized; then 15 * -2 = -30, 10 short at 12; 4 * 3 = 12
    assert (held.qty, held.cost, held.average, held.realized) == (-6, -72, 12, 27)
    assert account.cash == 1000 - 100 - 320 + 255 + 300 - 36 == 1000 + held.realized - held.cost
    assert decimal(Fraction(1, 3)) == Decimal("0.3333333333333333333333333333")


def test_with_a_market_the_gateway_tells_the_account() -> None:
    """Positions at current prices, whatever they were filled at; without one at the last fill."""
    with OddPlatform() as platform:
        platform.plan = {"AAPL": Plan(qty=10, price=Decimal(100)), "MSFT": Plan(side=None)}
        call(platform.orchestrator, "POST", RUN, BODY)
        platform.plan = {"AAPL": Plan(side="sell", qty=4, price=Decimal(103)), "MSFT": Plan(side=None)}
        call(platform.orchestrator, "POST", RUN, BODY)
        (last,) = call(platform.gateway, "GET", POSITIONS)[1]["positions"]
        assert (last["current_price"], last["unrealized_pl"]) == ("103", None)
        platform.gateway.market = lambda _: Decimal("105.50")
        (held,) = call(platform.gateway, "GET", POSITIONS)[1]["positions"]
        told = ("qty", "avg_entry_price", "current_price", "unrealized_pl", "realized_pl")
        assert [Decimal(held[name]) for name in told] == [6, 100, Decimal("105.50"), 33, 12]


def test_a_post_that_is_held_is_worked_on_when_it_is_let_go() -> None:
    """It has arrived and nothing is made of it, though its client is gone; then it is executed once."""
    with OddPlatform() as platform:
        platform.orchestrator.hold_post()
        with pytest.raises(TimeoutError):
            call(platform.orchestrator, "POST", RUN, BODY, timeout=0.1)
        platform.log.until(lambda: len(platform.posts) == 1)
        assert platform.executed == 0
        platform.orchestrator.release_post()
        assert platform.executed == 1
