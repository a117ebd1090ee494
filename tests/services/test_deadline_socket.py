"""A socket's every wait is for what is left of one time, a name's addresses included."""

import socket
import threading
import time
from collections.abc import Callable

import pytest
from support.socket_server import silent_names

from paper_run.services.deadline_socket import Limits, connect, look_up


class Kept(Limits):
    """Limits that keep what they hear of."""

    def __init__(self, seconds: float) -> None:
        self.ends = self.now() + seconds
        self.counts: list[int] = []
        self.errors: list[OSError] = []

    def received(self, count: int) -> None:
        self.counts.append(count)

    def broken_by(self, error: OSError) -> None:
        self.errors.append(error)


def _hear(ours: socket.socket, theirs: socket.socket) -> None:
    theirs.sendall(b"x")
    ours.recv_into(bytearray(8))


def _say(ours: socket.socket, _: socket.socket) -> None:
    ours.sendall(b"x" * 1_000_000)


@pytest.mark.parametrize("act", [_hear, _say])
def test_a_trickle_and_a_peer_that_reads_nothing_end_in_time(
    act: Callable[[socket.socket, socket.socket], None],
) -> None:
    """Each wait is for the rest of the time, whatever timeout the socket's user has set."""

    def on_and_on() -> None:
        while True:
            ours.settimeout(60)
            act(ours, theirs)

    limits, started = Kept(0.3), time.monotonic()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        connect([_address(listener)], 5, limits) as ours,
        listener.accept()[0] as theirs,
    ):
        with pytest.raises(TimeoutError) as caught:
            on_and_on()
        assert 0.25 < time.monotonic() - started < 10
    assert limits.errors == [caught.value]
    assert set(limits.counts) == ({1} if act is _hear else set())


@pytest.mark.parametrize("act", [_hear, _say])
def test_no_wait_begins_when_the_time_is_over(act: Callable[[socket.socket, socket.socket], None]) -> None:
    """Limits are over until somebody says when they end."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        connect([_address(listener)], 5, Limits()) as ours,
        listener.accept()[0] as theirs,
        pytest.raises(TimeoutError, match="the time is over"),
    ):
        act(ours, theirs)


def test_the_first_address_that_takes_it_is_connected_to() -> None:
    """Those before it leave it its share of the time; when none takes it, the last one's reason is raised."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as gone:
        refusing = _address(gone)
        gone.close()
        with connect([refusing, _address(listener)], 5, Limits()) as ours:
            assert ours.getpeername() == listener.getsockname()
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        with pytest.raises(ConnectionRefusedError):
            connect([refusing, refusing], 5, Limits())


def _address(listener: socket.socket) -> tuple[object, ...]:
    return (socket.AF_INET, socket.SOCK_STREAM, 0, "", listener.getsockname())


def test_dead_name_servers_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver hangs; the look-up ends in time, and nothing waits for its thread."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", silent_names(over))
    with pytest.raises(TimeoutError):
        look_up("dead.example", 80, 0.05)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("address of"))
    over.set()


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a" * 300, "a..b", "xn--\udcff"])
def test_a_name_without_an_address_is_an_error(name: str) -> None:
    """Also one that is no name at all."""
    with pytest.raises(socket.gaierror):
        look_up(name, 80, 60)


def test_an_address_is_found() -> None:
    """As the system's own look-up finds it."""
    assert look_up("127.0.0.1", 80, 60) == socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
