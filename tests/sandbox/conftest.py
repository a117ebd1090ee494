"""A running sandbox and a client that speaks to it over real sockets."""

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from paper_run.sandbox import Sandbox

RUN = "/api/v1/orchestration/run"


class Reply(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


def ask(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
    """Send one request as a fresh client and return what came back, JSON parsed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request(method, url[len(f"http://{parts.netloc}") :], data, headers or {})
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    found = {name.lower(): value for name, value in response.getheaders()}
    is_json = found.get("content-type") == "application/json"
    return Reply(response.status, json.loads(text) if is_json else text.decode(), found)


class Platform:
    """A running sandbox and the few questions that tests ask of it again and again."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def post(self, *symbols: str, **fields: Any) -> Reply:
        return ask("POST", self.sandbox.orchestrator_url + RUN, {"symbols": list(symbols), **fields})

    def run(self, *symbols: str, **fields: Any) -> dict[str, Any]:
        reply = self.post(*symbols, **fields)
        assert reply.status == 200, reply
        return reply.body

    def mappings(self, *symbols: str, **fields: Any) -> dict[str, dict[str, Any]]:
        return {line["symbol"]: line for line in self.run(*symbols, **fields)["mappings"]}

    def order(self, order_id: str) -> dict[str, Any]:
        return ask("GET", f"{self.sandbox.execution_gateway_url}/api/v1/orders/{order_id}").body

    def envelope(self) -> dict[str, Any]:
        return ask("GET", f"{self.sandbox.execution_gateway_url}/api/v1/positions").body

    def positions(self) -> dict[str, dict[str, Any]]:
        return {position["symbol"]: position for position in self.envelope()["positions"]}

    def runs(self, query: str = "") -> dict[str, Any]:
        return ask("GET", f"{self.sandbox.orchestrator_url}/api/v1/orchestration/runs{query}").body

    def submit(self, **order: Any) -> Reply:
        return ask("POST", f"{self.sandbox.execution_gateway_url}/api/v1/orders", order)

    def quotes(self, kind: str, symbols: str) -> Reply:
        keys = {"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"}
        return ask(
            "GET", f"{self.sandbox.quotes_url}/v2/stocks/{kind}/latest?symbols={symbols}&feed=iex", None, keys
        )

    def broker(self, path: str) -> Any:
        """Ask the broker with the pair of keys that it accepts."""
        names = ("APCA-API-KEY-ID", "APCA-API-SECRET-KEY")
        keys = dict(zip(names, self.sandbox.broker_keys, strict=True))
        reply = ask("GET", self.sandbox.broker_url + path, None, keys)
        assert reply.status == 200, reply
        return reply.body

    def health(self) -> dict[str, Any]:
        return ask("GET", f"{self.sandbox.orchestrator_url}/health").body


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite3"


@pytest.fixture
def start() -> type[Platform]:
    """Return the client class, for tests that start their sandboxes themselves."""
    return Platform


@pytest.fixture
def platform(state_file: Path) -> Iterator[Platform]:
    with Sandbox(state_file) as sandbox:
        yield Platform(sandbox)


@pytest.fixture
def request_of() -> Callable[..., Reply]:
    return ask


@pytest.fixture(scope="session")
def examples() -> dict[str, Any]:
    """Answers of the real services, as they were observed."""
    return json.loads((Path(__file__).parents[1] / "wire-examples.json").read_text())
