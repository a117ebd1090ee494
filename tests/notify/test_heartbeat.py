"""The heartbeat over real sockets: what arrives, and that nothing it meets fails or delays a run."""

import base64
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import trustme
from support.socket_server import (
    Act,
    SocketServer,
    after,
    answer,
    frozen,
    refusing,
    reset,
    serving,
    silent_names,
    trickled,
)

from paper_run.model.service import Exchange
from paper_run.notify import heartbeat
from paper_run.notify.heartbeat import Heartbeat
from paper_run.settings.heartbeat import HeartbeatUrl, heartbeat_url
from paper_run.settings.sources import HEARTBEAT_URL as VARIABLE
from paper_run.settings.sources import SourcedValue

SECRET = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278"
GOOD = answer(b"OK")
_PATIENCE = 30.0
"""Seconds in which a busy machine has surely done what takes none."""


@pytest.fixture(autouse=True)
def _silent(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No proxies of the developer's; and whatever happens, nothing is printed, by no thread."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    crashes: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", crashes.append)
    yield
    assert crashes == []
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds of a second at most, for those who are met by silence."""
    monkeypatch.setattr(heartbeat, "START_SECONDS", 0.5)
    monkeypatch.setattr(heartbeat, "END_SECONDS", 1.0)


def _url(base: str, query: str = "") -> HeartbeatUrl:
    return heartbeat_url(SourcedValue(f"{base}/{SECRET}{query}", VARIABLE))


def _paths(server: SocketServer) -> list[str]:
    return [f"{seen.method} {seen.path}" for seen in server.seen]


def test_a_run_is_told_by_its_start_and_its_exit_status() -> None:
    """Two POSTs in this order; the second has the summary in UTF-8 as its body."""
    with serving(GOOD) as server:
        heart = Heartbeat(_url(server.url.base))
        heart.start()
        heart.end(2, "Day P&L: −$1.50 é")
    assert _paths(server) == [f"POST /{SECRET}/start", f"POST /{SECRET}/2"]
    first, second = server.seen
    assert first.body == b""
    assert second.body.decode() == "Day P&L: −$1.50 é"
    assert second.headers["content-type"] == "text/plain; charset=utf-8"
    assert "authorization" not in second.headers


@pytest.mark.parametrize("exit_status", [0, 1, 3, 130])
def test_an_end_needs_no_start(exit_status: int) -> None:
    """Each exit status is the last part of the path."""
    with serving(GOOD) as server:
        Heartbeat(_url(server.url.base)).end(exit_status, "")
    assert _paths(server) == [f"POST /{SECRET}/{exit_status}"]


def test_the_query_stays_at_the_end_of_the_url() -> None:
    """As services want it that make a check by its name."""
    with serving(GOOD) as server:
        heart = Heartbeat(_url(server.url.base, "?create=1&x=%20y"))
        heart.start()
        heart.end(0, "")
    assert _paths(server) == [f"POST /{SECRET}/start?create=1&x=%20y", f"POST /{SECRET}/0?create=1&x=%20y"]


def test_credentials_are_sent_and_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """What the URL says goes out as basic authentication; passwords of other programs stay here."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login jo password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(GOOD) as server:
        Heartbeat(_url(server.url.base)).end(0, "")
        Heartbeat(_url(server.url.base.replace("//", "//me:s3cret@"))).end(0, "")
    assert "authorization" not in server.seen[0].headers
    expected = base64.b64encode(b"me:s3cret").decode()
    assert server.seen[1].headers["authorization"] == f"Basic {expected}"


def test_without_a_url_nothing_happens() -> None:
    """No thread, no wait."""
    before = threading.active_count()
    heart = Heartbeat(None)
    heart.start()
    heart.end(0, "x")
    assert threading.active_count() == before


def test_the_end_is_said_after_the_start_was_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that is answered late is waited for, so that the end is the last word."""
    monkeypatch.setattr(heartbeat, "START_SECONDS", 60.0)
    monkeypatch.setattr(heartbeat, "END_SECONDS", 60.0)
    release = threading.Event()

    def late(connection: socket.socket, server: SocketServer) -> None:
        release.wait(_PATIENCE)
        connection.sendall(GOOD)

    with serving(late, GOOD) as server:
        heart = Heartbeat(_url(server.url.base))
        heart.start()
        server.until(lambda: len(server.seen) == 1)
        ending = threading.Thread(target=heart.end, args=(0, ""))
        ending.start()
        with server.changed:
            assert not server.changed.wait_for(lambda: server.connections > 1, 0.5)
        release.set()
        ending.join(_PATIENCE)
        assert not ending.is_alive()
    assert _paths(server) == [f"POST /{SECRET}/start", f"POST /{SECRET}/0"]


@pytest.mark.usefixtures("short")
def test_a_start_that_is_never_answered_is_given_up() -> None:
    """The end is said all the same, after the start's bound."""
    with serving(frozen, GOOD) as server:
        heart = Heartbeat(_url(server.url.base))
        heart.start()
        server.until(lambda: len(server.seen) == 1)
        heart.end(1, "x")
        server.until(lambda: len(server.seen) == 2)
    assert _paths(server)[-1] == f"POST /{SECRET}/1"


def test_a_start_delays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a server that never answers, `start` has returned before its request is given up."""
    monkeypatch.setattr(heartbeat, "START_SECONDS", 30.0)
    with serving(frozen) as server:
        heart = Heartbeat(_url(server.url.base))
        started = time.monotonic()
        heart.start()
        returned = time.monotonic()
        server.until(lambda: len(server.seen) == 1)
    assert returned - started < heartbeat.START_SECONDS / 2


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    "act",
    [
        frozen,
        reset,
        after(b""),
        after(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"),
        after(b"nonsense\r\n\r\n"),
        trickled(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x" * 9999),
        trickled(b"", b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 9999),
        answer(b"no", status="500 Internal Server Error"),
        answer(b"gone", status="404 Not Found"),
        answer(status="302 Found", Location="http://127.0.0.1:9/elsewhere"),
    ],
    ids=["frozen", "reset", "closed", "half", "nonsense", "trickle", "slow head", "500", "404", "302"],
)
def test_whatever_is_answered_the_run_ends_in_time(act: Act) -> None:
    """Nothing is raised or printed, each word is said once, and the bound holds."""
    with serving(act) as server:
        heart = Heartbeat(_url(server.url.base))
        heart.start()
        started = time.monotonic()
        heart.end(0, "x")
        took = time.monotonic() - started
        server.until(lambda: len(server.seen) == 2)
        # Each answer is over within its deadline: no thread goes on by itself.
        server.until(lambda: server.closed == server.connections or act is frozen)
    assert took < _PATIENCE
    assert len(server.seen) == 2


def test_the_real_bounds_are_some_seconds() -> None:
    """A server that never answers holds the end of a run up for about three seconds, not more."""
    with serving(frozen) as server:
        heart = Heartbeat(_url(server.url.base))
        heart.start()
        started = time.monotonic()
        heart.end(0, "x")
        took = time.monotonic() - started
    assert took < heartbeat.END_SECONDS + 10
    assert heartbeat.START_SECONDS < heartbeat.END_SECONDS <= 3


def test_a_refused_connection_is_no_trouble() -> None:
    """Nothing listens: both end at once."""
    heart = Heartbeat(_url(refusing().base))
    heart.start()
    heart.end(0, "x")


def test_a_name_that_does_not_resolve_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver's no is taken as such."""
    monkeypatch.setattr(socket, "getaddrinfo", _unknown_name)
    heart = Heartbeat(_url("http://heartbeat.invalid"))
    heart.start()
    heart.end(0, "x")


def _unknown_name(*_args: Any, **_kwargs: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.usefixtures("short")
def test_a_resolver_that_hangs_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name's resolution has no deadline of its own; the end does not wait for it."""
    over = threading.Event()
    before = set(threading.enumerate())

    monkeypatch.setattr(socket, "getaddrinfo", silent_names(over))
    heart = Heartbeat(_url("http://heartbeat.invalid"))
    heart.start()
    started = time.monotonic()
    heart.end(0, "x")
    took = time.monotonic() - started
    over.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(_PATIENCE)
    assert took < _PATIENCE


def test_a_proxy_of_the_environment_is_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host on the internet may be reached by it alone; loopback is asked directly."""
    with serving(GOOD) as proxy, serving(GOOD) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.base)
        Heartbeat(_url("http://hc.example")).end(0, "x")
        Heartbeat(_url(server.url.base)).end(0, "x")
    assert _paths(proxy) == [f"POST http://hc.example/{SECRET}/0"]
    assert _paths(server) == [f"POST /{SECRET}/0"]


@pytest.mark.parametrize(
    "proxy", ["socks5h://127.0.0.1:9", "gopher://x", "http://127.0.0.1:1", "://", "\x00"]
)
def test_an_odd_proxy_is_no_trouble(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    if "\0" in proxy:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at/all")
    else:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    Heartbeat(_url("https://127.0.0.2:9" if "\0" in proxy else "https://hc.example")).end(0, "x")


def test_a_certificate_that_nobody_vouches_for_ends_it(short: None) -> None:
    """The secret is not told to whoever answers at that address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serving(GOOD, wrap=lambda plain: context.wrap_socket(plain, server_side=True)) as server:
        Heartbeat(_url(server.url.base.replace("http:", "https:"))).end(0, "x")
        server.until(lambda: server.closed == 1)
    assert server.seen == []


@pytest.mark.parametrize(
    ("summary", "sent"),
    [
        ("é" * 60_000, "é" * 50_000),
        ("x" + "é" * 60_000, "x" + "é" * 49_999),
        ("a\udcffb", "a\\udcffb"),
    ],
)
def test_a_summary_is_cut_between_two_characters(summary: str, sent: str) -> None:
    """At most 100,000 bytes, and always UTF-8."""
    with serving(GOOD) as server:
        Heartbeat(_url(server.url.base)).end(0, summary)
    assert server.seen[0].body.decode() == sent


def test_who_watches_sees_the_host_alone() -> None:
    """Method, outcome and time of each request; of the URL nothing that is secret."""
    watched: list[Exchange] = []
    with serving(GOOD, answer(status="404 Not Found")) as server:
        heart = Heartbeat(_url(server.url.base, "?token=t0ken"), watch=watched.append)
        heart.start()
        heart.end(0, "x")
    heart = Heartbeat(_url(refusing().base), watch=watched.append)
    heart.end(0, "x")
    assert [exchange.outcome for exchange in watched] == ["200", "404", "refused the connection"]
    assert watched[0].url == f"{server.url.base}/..."
    for exchange in watched:
        assert SECRET not in repr(exchange)
        assert "t0ken" not in repr(exchange)


def test_the_program_ends_although_a_word_is_still_on_its_way() -> None:
    """Nobody waits at exit for a thread that hangs, and it leaves nothing on standard error."""
    program = (
        "from paper_run.notify import heartbeat\n"
        "from paper_run.settings.heartbeat import heartbeat_url\n"
        "from paper_run.settings.sources import SourcedValue\n"
        "import sys\n"
        "heart = heartbeat.Heartbeat(heartbeat_url(SourcedValue(sys.argv[1], 'x')))\n"
        "heartbeat.START_SECONDS = 600.0\n"
        "heart.start()\n"
        "input()\n"
    )
    with serving(frozen) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", program, f"{server.url.base}/{SECRET}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        with process:
            server.until(lambda: len(server.seen) == 1)
            output, errors = process.communicate(b"\n", timeout=60)
    assert (process.returncode, output, errors) == (0, b"", b"")
