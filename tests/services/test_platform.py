"""The three services at once: health together, and what is read after an attempt."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from builders.wire import body
from support.socket_server import Act, SocketServer, answer, frozen, refusing, serving

from paper_run.model.service import ServiceUrl
from paper_run.services import health, platform
from paper_run.services.deadline import Deadline, gather
from paper_run.services.platform import Platform
from paper_run.services.transport import Transport


@pytest.fixture
def client() -> Iterator[Transport]:
    made = Transport()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _long_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what is answered as long as a busy machine needs."""
    monkeypatch.setattr(platform, "AFTER", 60)


class Paused:
    """A clock that only goes on in pauses."""

    def __init__(self) -> None:
        self.at = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        with self._lock:
            self.at += seconds


@pytest.fixture
def paused() -> Paused:
    return Paused()


@pytest.fixture
def pausing(paused: Paused) -> Iterator[Callable[[ServiceUrl], Platform]]:
    """A platform without answers, whose time is the pauses between the attempts."""
    deadline = Deadline(paused.now)
    transport = Transport(now=paused.now, pause=paused.pause, deadline=deadline)
    yield partial(made, transport, deadline=deadline)
    transport.close()


def made(client: Transport, gateway: ServiceUrl, deadline: Deadline | None = None) -> Platform:
    return Platform(
        client,
        signal_service=refusing(),
        execution_gateway=gateway,
        orchestrator=ServiceUrl(base="http://t5.test"),
        deadline=deadline,
        quotes=None,
        arrivals=None,
        broker=None,
        demands_broker=False,
    )


POSITIONS = answer(json.dumps(body("positions_mixed")).encode())
NOT_FOUND = answer(b'{"detail": "Order not found"}', "404 Not Found")


def order(identity: str, **changes: object) -> bytes:
    return answer(json.dumps(body("order_after_fill", client_order_id=identity, **changes)).encode())


# Several calls at once


def test_results_come_in_the_order_of_the_calls() -> None:
    """Whichever ends first; an exception takes the place of its result."""
    failure = ValueError("x")

    def fail() -> int:
        raise failure

    assert gather([lambda: 1, fail, lambda: 3]) == [1, failure, 3]
    assert gather([]) == []


def test_calls_run_together_up_to_the_number_of_workers() -> None:
    """Eight that wait for each other all arrive; never more than eight run at a time."""
    together = threading.Barrier(8, timeout=60)
    running, most = [0], [0]
    lock = threading.Lock()

    def call() -> bool:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait()
        with lock:
            running[0] -= 1
        return True

    assert gather([call] * 16) == [True] * 16
    assert most[0] <= 8


def test_a_call_that_hangs_does_not_keep_the_program_from_ending() -> None:
    """Each runs where an interrupt reaches it, or on a thread that nothing waits for at the end."""
    together = threading.Barrier(3, timeout=60)

    def call() -> tuple[bool, bool]:
        together.wait()
        return threading.current_thread() is threading.main_thread(), threading.current_thread().daemon

    assert sorted(gather([call] * 3)) == [(False, True), (False, True), (True, False)]


# Health


def test_all_three_are_asked_at_the_same_time(client: Transport) -> None:
    """Each answers only once all three have been asked."""
    together = threading.Barrier(3, timeout=60)

    def answering(name: str) -> Act:
        def act(connection: socket.socket, _server: SocketServer) -> None:
            together.wait()
            connection.sendall(answer(json.dumps(body(name)).encode()))

        return act

    acts = [answering(name) for name in ("t3_health", "t4_health", "t5_health")]
    with serving(acts[0]) as t3, serving(acts[1]) as t4, serving(acts[2]) as t5:
        services = Platform(
            client,
            signal_service=t3.url,
            execution_gateway=t4.url,
            orchestrator=t5.url,
            quotes=None,
            arrivals=None,
            broker=None,
            demands_broker=False,
            deadline=None,
        )
        found = services.health()
    assert [each.service for each in found] == ["signal_service", "execution_gateway", "orchestrator"]
    assert all(each.healthy for each in found)


def test_a_fault_of_our_own_is_not_taken_for_a_service_that_is_down(
    client: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A programming error surfaces, as in any other place."""

    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(health, "check", broken)
    with pytest.raises(ZeroDivisionError):
        made(client, refusing()).health()


# After an attempt


def gateway(*identities: str, **more: bytes) -> dict[str, bytes]:
    """Return the answers of a gateway that knows these orders."""
    orders = {f"/api/v1/orders/{identity}": order(identity) for identity in identities}
    return {"/api/v1/positions": POSITIONS, "*": NOT_FOUND, **orders} | {
        f"/api/v1/orders/{identity}": content for identity, content in more.items()
    }


def test_every_order_is_read_once_with_the_positions(client: Transport) -> None:
    """Each id once, however often it came; the states under their ids, and nothing to complain of."""
    with serving(gateway("a", "b")) as server:
        after = made(client, server.url).observe(["a", "b", "a"])
    assert {identity: str(state.filled_avg_price) for identity, state in after.states.items()} == {
        "a": "150.333333",
        "b": "150.333333",
    }
    assert after.unreadable == []
    assert sorted(seen.path for seen in server.seen) == [
        "/api/v1/orders/a",
        "/api/v1/orders/b",
        "/api/v1/positions",
    ]


def test_without_orders_the_positions_are_still_read(client: Transport) -> None:
    """A day without orders proves that the gateway can be read after it, too."""
    with serving(gateway()) as server:
        after = made(client, server.url).observe([])
    assert (after.states, after.unreadable) == ({}, [])
    assert len(server.seen) == 1


def test_what_cannot_be_read_is_named_and_the_rest_is_kept(client: Transport) -> None:
    """An order that is not known, one that can't be read and the positions: a clause each."""
    answers = gateway("a", b=answer(b"[]"), c=NOT_FOUND) | {
        "/api/v1/positions": answer(b'{"detail": "no database"}', "500 Internal Server Error")
    }
    with serving(answers) as server:
        after = made(client, server.url).observe(["a", "b", "c"])
    assert list(after.states) == ["a"]
    positions, second, third = after.unreadable
    assert "positions" in positions
    assert "no database" in positions
    assert "order b" in second
    assert "order c" in third
    assert "does not know it" in third


@pytest.mark.parametrize("frozen_from", [0, 9])
def test_many_orders_on_a_frozen_gateway_take_as_long_as_one(
    client: Transport, monkeypatch: pytest.MonkeyPatch, frozen_from: int
) -> None:
    """Once it is silent, what has not been asked yet is not asked; each order is named all the same."""
    monkeypatch.setattr(platform, "AFTER", 0.4)
    identities = [f"id-{number}" for number in range(100)]
    with serving(*[gateway(*identities)] * frozen_from, frozen) as server:
        after = made(client, server.url).observe(identities)
    assert len(after.states) + len(after.unreadable) >= 100
    assert len(server.seen) < 40


MOST_PAUSED = platform.AFTER + 8 * 2
"""Seconds: for all reads together, and on each of eight threads one pause, of at most two seconds."""


def test_many_orders_on_a_gateway_that_is_gone_take_as_long_as_one(
    pausing: Callable[[ServiceUrl], Platform], paused: Paused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection refused again and again is given up for all."""
    monkeypatch.undo()
    after = pausing(refusing()).observe([f"id-{number}" for number in range(100)])
    assert (len(after.states), len(after.unreadable)) == (0, 101)
    assert 0 < paused.at < MOST_PAUSED


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
def test_many_orders_on_a_gateway_that_is_too_busy_take_as_long_as_one(
    pausing: Callable[[ServiceUrl], Platform], paused: Paused, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    """All reads after an attempt end together, also where each would be retried to its own deadline."""
    monkeypatch.undo()
    with serving(answer(b'{"detail": "busy"}', status)) as server:
        after = pausing(server.url).observe([f"id-{number}" for number in range(100)])
    assert len(after.unreadable) == 101
    assert 0 < paused.at < MOST_PAUSED


def test_a_fault_of_our_own_after_a_trade_surfaces(
    client: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not told as a gateway that can't be read."""

    def broken(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError

    services = made(client, refusing())
    monkeypatch.setattr(services.execution_gateway, "positions", broken)
    with pytest.raises(ZeroDivisionError):
        services.observe([])
