"""A sandbox with a secret demands signatures as the platform of 2026 does."""

import hashlib
import hmac
import json
import time

import pytest

from paper_run.sandbox import Sandbox

SECRET = "sandbox-secret-" * 5
POSITIONS = "/api/v1/positions"
NOTHING = hashlib.sha256(b"").hexdigest()
NONE, INVALID, DENIED = "authentication_required", "invalid_internal_token", "permission_denied"


@pytest.fixture
def guarded(state_file, start):
    with Sandbox(state_file, secret=SECRET) as sandbox:
        yield start(sandbox)


def signed(method, path, *, query="", body=b"", name="orchestrator", secret=SECRET, ahead=0, nonce="n"):
    """Sign as the wire contract says; each part can be made wrong."""
    fields = {
        "service_id": name,
        "method": method,
        "path": path,
        "query": query,
        "timestamp": str(int(time.time() + ahead)),
        "nonce": nonce,
        "user_id": "",
        "strategy_id": "",
        "body_hash": hashlib.sha256(body).hexdigest(),
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    return {
        "X-Internal-Token": hmac.new(secret.encode(), text, hashlib.sha256).hexdigest(),
        "X-Internal-Timestamp": fields["timestamp"],
        "X-Internal-Nonce": nonce,
        "X-Service-ID": name,
        "X-Body-Hash": fields["body_hash"],
    }


def told(reply):
    return reply.status, reply.body["detail"]["error"]


def test_the_day_needs_no_signature(guarded, request_of):
    """Health of all three and T5's POST; T5 signs for itself what it sends to T3 and T4."""
    run = guarded.run("AAPL", "MSFT", "DOUBT")
    assert (run["status"], run["num_orders_submitted"]) == ("partial", 1)
    for url in (guarded.sandbox.signal_service_url, guarded.sandbox.execution_gateway_url):
        assert request_of("GET", url + "/health").status == 200
    assert guarded.health()["status"] == "healthy"
    assert guarded.runs()["total"] == 1


def test_what_a_signature_lets_be_read(guarded, request_of):
    """Positions and an order; the query is signed too, and a GET may leave its body's hash out."""
    order_id = guarded.run("AAPL")["mappings"][0]["client_order_id"]
    url = guarded.sandbox.execution_gateway_url
    for number, (path, query) in enumerate(((POSITIONS, ""), (f"/api/v1/orders/{order_id}", "a=%2F"))):
        target = url + path + (f"?{query}" if query else "")
        headers = signed("GET", path, query=query, nonce=f"n{number}")
        assert request_of("GET", target, None, headers).status == 200
        wrong = signed("GET", path, query=query + "x", nonce=f"w{number}")
        assert told(request_of("GET", target, None, wrong)) == (401, INVALID)


@pytest.mark.parametrize(
    "missing", ["X-Internal-Token", "X-Internal-Timestamp", "X-Internal-Nonce", "X-Service-ID"]
)
def test_without_a_whole_signature_nothing_is_read(guarded, request_of, missing):
    """Positions, an order, an order to place, signals: 401, and nothing is placed."""
    t3, t4 = guarded.sandbox.signal_service_url, guarded.sandbox.execution_gateway_url
    order = {"symbol": "AAPL", "side": "buy", "qty": 1}
    for method, url, path, body in (
        ("GET", t4, POSITIONS, None),
        ("GET", t4, "/api/v1/orders/x", None),
        ("POST", t4, "/api/v1/orders", order),
        ("POST", t3, "/api/v1/signals/generate", {"symbols": ["A", "B"]}),
    ):
        headers = signed(method, path, body=b"" if body is None else json.dumps(body).encode())
        del headers[missing]
        assert told(request_of(method, url + path, body, headers)) == (401, NONE)
        assert told(request_of(method, url + path, body)) == (401, NONE)
    assert guarded.broker("/v2/orders?status=all") == []


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"ahead": -301}, (401, INVALID)),
        ({"ahead": 302}, (401, INVALID)),
        ({"secret": SECRET + "x"}, (401, INVALID)),
        ({"name": "paper_run"}, (401, INVALID)),
        ({"name": "execution_gateway"}, (403, DENIED)),
        ({"name": "signal_service"}, (403, DENIED)),
        ({"name": "web_console_ng"}, (403, DENIED)),
        ({"method": "POST"}, (401, INVALID)),
        ({"path": "/api/v1/position"}, (401, INVALID)),
        ({"body": b"x"}, (401, INVALID)),
    ],
)
def test_a_signature_that_is_not_right(guarded, request_of, wrong, expected):
    """The answers that were observed: old or early, another secret, name, method, path, or body's hash."""
    parts = {"method": "GET", "path": POSITIONS} | wrong
    headers = signed(parts.pop("method"), parts.pop("path"), **parts)
    reply = request_of("GET", guarded.sandbox.execution_gateway_url + POSITIONS, None, headers)
    assert told(reply) == expected


def test_a_nonce_is_used_once(guarded, request_of):
    """Each service keeps count of all; a wrong token uses none up."""
    url = guarded.sandbox.execution_gateway_url + POSITIONS
    wrong = signed("GET", POSITIONS, secret="x")
    assert request_of("GET", url, None, wrong).status == 401
    once = signed("GET", POSITIONS)
    assert request_of("GET", url, None, once).status == 200
    assert told(request_of("GET", url, None, once)) == (401, INVALID)
    assert request_of("GET", url, None, signed("GET", POSITIONS, nonce="m")).status == 200


def test_the_body_is_signed(guarded, request_of):
    """An order with another body than was signed, or without a hash, is not placed."""
    url, path = guarded.sandbox.execution_gateway_url, "/api/v1/orders"
    order = {"symbol": "AAPL", "side": "buy", "qty": 1}
    body = json.dumps(order).encode()
    headers = signed("POST", path, body=body)
    assert told(request_of("POST", url + path, order | {"qty": 2}, headers)) == (401, INVALID)
    without = signed("POST", path, body=body, nonce="m")
    del without["X-Body-Hash"]
    assert told(request_of("POST", url + path, order, without)) == (401, INVALID)
    assert guarded.broker("/v2/orders?status=all") == []
    assert request_of("POST", url + path, order, signed("POST", path, body=body, nonce="l")).status == 200


def test_the_broker_asks_for_keys_and_no_signature(guarded):
    """It is not the platform's."""
    assert guarded.broker("/v2/account")["status"] == "ACTIVE"
