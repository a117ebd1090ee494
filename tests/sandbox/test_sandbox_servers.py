"""The servers themselves: ports, keep-alive, stopping, big bodies, rude clients."""

import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from support import sandbox_books as books

from paper_run.sandbox import Sandbox, SandboxError, servers
from paper_run.sandbox.assembly import NAMES
from paper_run.sandbox.servers import LARGEST_BODY

URLS = ("signal_service_url", "execution_gateway_url", "orchestrator_url", "quotes_url")


def raw(url: str, data: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize("index", range(4))
def test_a_taken_port_is_named_with_its_service_and_nothing_is_left(state_file, index):
    """The message names port and service; every other port is free again and no thread is left."""
    ports = [free_port() for _ in range(4)]
    threads = threading.active_count()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", ports[index]))
        holder.listen()
        with pytest.raises(SandboxError) as caught, Sandbox(state_file, ports=tuple(ports)):
            pass
    assert str(ports[index]) in str(caught.value)
    assert NAMES[index] in str(caught.value)
    assert threading.active_count() == threads
    with Sandbox(state_file, ports=tuple(ports)) as sandbox:
        assert [getattr(sandbox, url) for url in URLS] == [f"http://127.0.0.1:{port}" for port in ports]


def test_an_impossible_port_is_a_sandbox_error(state_file):
    """Port 70000 does not exist."""
    with pytest.raises(SandboxError, match="70000"), Sandbox(state_file, ports=(0, 0, 0, 70000)):
        pass


def test_it_stops_at_once_with_connections_kept_open(state_file, monkeypatch):
    """Idle keep-alive connections neither delay the end nor survive it."""
    monkeypatch.setattr(servers, "_STOP_SECONDS", 120)
    with Sandbox(state_file) as sandbox:
        threads = threading.active_count()
        connections = [http.client.HTTPConnection(urlsplit(getattr(sandbox, url)).netloc) for url in URLS]
        for connection in connections:
            connection.request("GET", "/health")
            connection.getresponse().read()
        assert threading.active_count() > threads
        began = time.monotonic()
    assert time.monotonic() - began < 60
    for connection in connections:
        assert connection.sock.recv(1) == b""
        connection.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "sandbox"] == []


def test_a_stopped_sandbox_refuses_connections_and_can_start_again(state_file, request_of):
    """The ports are closed after the end; the same object starts again."""
    sandbox = Sandbox(state_file)
    with sandbox:
        url = sandbox.orchestrator_url
    with pytest.raises(ConnectionRefusedError):
        request_of("GET", url + "/health")
    with sandbox:
        assert request_of("GET", sandbox.orchestrator_url + "/health").status == 200


def test_one_connection_serves_many_requests_without_delay(platform):
    """One of many requests on it is answered in less than the 40 ms that Nagle would cost each."""
    connection = http.client.HTTPConnection(urlsplit(platform.sandbox.execution_gateway_url).netloc)

    def took() -> float:
        began = time.monotonic()
        connection.request("GET", "/api/v1/positions")
        response = connection.getresponse()
        assert response.version == 11
        assert response.length == int(response.headers["Content-Length"])
        response.read()
        return time.monotonic() - began

    took()
    local = connection.sock.getsockname()
    assert any(took() < 0.04 for _ in range(500))
    assert connection.sock.getsockname() == local
    connection.close()


def test_a_body_above_one_megabyte_is_a_413(platform, request_of):
    """The client has its answer even though it sends the whole body first."""
    url = platform.sandbox.orchestrator_url + "/api/v1/orchestration/run"
    reply = request_of("POST", url, b" " * (3 * LARGEST_BODY))
    assert (reply.status, reply.headers["connection"]) == (413, "close")
    assert request_of("POST", url, b" " * LARGEST_BODY).status == 422


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", b"400"),
        (b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"BREW /health HTTP/1.1\r\nHost: x\r\n\r\n", b"501"),
        (b"GET http://127.0.0.1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"200"),
        (b"HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"405"),
    ],
)
def test_odd_requests_get_an_answer(platform, sent, status):
    """Malformed and unusual requests are answered and do no harm."""
    answer = raw(platform.sandbox.execution_gateway_url, sent)
    assert answer.split(b" ", 2)[1] == status
    if sent.startswith(b"HEAD"):
        assert answer.endswith(b"\r\n\r\n")


def test_a_client_that_goes_away_is_no_error(platform, capfd, request_of):
    """Half requests, resets and vanished readers print nothing, and the next client is served."""
    url = platform.sandbox.orchestrator_url
    parts = urlsplit(url)
    linger_off = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # close() resets the connection
    for data in (
        b"",
        b"POST /api/v1/orchestration/run HTTP/1.1\r\nContent-Length: 99\r\n\r\n{",
        b'POST /api/v1/orchestration/run HTTP/1.1\r\nContent-Length: 21\r\n\r\n{"symbols": ["AAPL"]}',
        b"GET /health HTTP/1.1\r\n\r\n" * 50,
    ):
        connection = socket.create_connection((parts.hostname, parts.port))
        connection.sendall(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_off)
        connection.close()
    assert request_of("GET", url + "/health").status == 200
    time.sleep(0.05)
    assert capfd.readouterr() == ("", "")


def test_a_half_sent_body_plays_nothing(platform):
    """A request whose body breaks off is not a request."""
    head = b"POST /api/v1/orchestration/run HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n"
    raw(platform.sandbox.orchestrator_url, head + b'{"symbols": ["AAPL"]}')
    assert books.last_played(platform.sandbox) is None


def test_many_clients_at_once_are_all_served(platform):
    """Forty connections at the same time each get their answer."""
    statuses = []

    def read() -> None:
        connection = http.client.HTTPConnection(urlsplit(platform.sandbox.execution_gateway_url).netloc)
        connection.request("GET", "/api/v1/positions")
        statuses.append(connection.getresponse().status)
        connection.close()

    threads = [threading.Thread(target=read) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40
