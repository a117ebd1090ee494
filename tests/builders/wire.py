"""The answers observed on running services, for `responses` to give again, changed where a test says so."""

import functools
import json
from pathlib import Path
from typing import Any

import responses

from paper_run.services.answer import Answer

SIGNALS, GATEWAY, ORCHESTRATOR = "http://t3.test:8001", "http://t4.test:8002", "http://t5.test:8003"
RUN_URL = f"{ORCHESTRATOR}/api/v1/orchestration/run"
RUNS = f"{ORCHESTRATOR}/api/v1/orchestration/runs"
ORDERS = f"{GATEWAY}/api/v1/orders"
POSITIONS = f"{GATEWAY}/api/v1/positions"
STRATEGY = "alpha_baseline"
_FILE = Path(__file__).resolve().parents[1] / "wire-examples.json"


@functools.cache
def _text(name: str) -> str:
    return json.dumps(json.loads(_FILE.read_text("utf-8"))[name])


def example(name: str) -> dict[str, Any]:
    """Return an observed answer: method, what was sent, status and body."""
    whole: dict[str, Any] = json.loads(_text(name))
    return whole


def body(name: str, **changes: Any) -> dict[str, Any]:
    """Return the body of an observed answer with some fields changed."""
    return {**example(name)["body"], **changes}


def content(value: Any) -> bytes:
    """Return a body as it goes over the wire; text goes as it is."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def answered(value: Any, status: int = 200) -> Answer:
    """Return an answer of the orchestrator that was read whole."""
    whole = value if isinstance(value, bytes) else content(value)
    return Answer(url=RUN_URL, status=status, headers={}, body=whole, milliseconds=7)


def observed(name: str) -> Answer:
    """Return an observed answer as one that was read whole."""
    return answered(example(name)["body"], example(name)["status"])


def serve(method: str, url: str, value: Any, status: int = 200) -> None:
    """Have `responses` answer a request so."""
    responses.add(method, url, body=value if isinstance(value, bytes) else content(value), status=status)


def serve_example(method: str, url: str, name: str, **changes: Any) -> None:
    """Have `responses` answer a request as it was observed."""
    seen = example(name)
    serve(method, url, body(name, **changes) if changes else seen["body"], seen["status"])


def mapping(**changes: Any) -> dict[str, Any]:
    """Return the observed mapping of a buy order."""
    first: dict[str, Any] = example("run_normal")["body"]["mappings"][0]
    return {**first, **changes}
