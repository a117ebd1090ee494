"""The signature between the platform's services: a vector, what is signed, and why one is refused."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.socket_server import answer, serving

from paper_run.model.service import Refusal, ServiceIdentity, ServiceUrl
from paper_run.services import auth
from paper_run.services.answer import Answer
from paper_run.services.auth import Signed, Signer
from paper_run.services.transport import Transport

SECRET = "0123456789abcdef" * 4
NOW = datetime(2026, 11, 24, 21, 10, 50, 999_999, tzinfo=UTC)
NOTHING = hashlib.sha256(b"").hexdigest()
VECTOR = Signed(
    service_id="orchestrator",
    method="GET",
    path="/api/v1/positions",
    query="",
    timestamp="1795554650",
    nonce="4f1c2d3e4b5a69788796a5b4c3d2e1f0",
    body_hash=NOTHING,
)
CANONICAL = (
    '{"body_hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","method":"GET",'
    '"nonce":"4f1c2d3e4b5a69788796a5b4c3d2e1f0","path":"/api/v1/positions","query":"",'
    '"service_id":"orchestrator","strategy_id":"","timestamp":"1795554650","user_id":""}'
)
TOKEN = "5dc08a17af3a7c158560ecd6da0ca3a1ed4f46167c69b021dd42a65c16a8244b"


def signer(name: str = "orchestrator", *, now: datetime = NOW, signs_run: bool = False) -> Signer:
    nonces = iter(f"nonce-{number}" for number in range(100))
    identity = ServiceIdentity(name, SECRET, signs_run)
    return Signer(identity, now=lambda: now, nonce=lambda: next(nonces))


def test_the_vector() -> None:
    """Canonical JSON, secret and token; the token was made with `openssl dgst -sha256 -hmac`."""
    assert auth.canonical(VECTOR) == CANONICAL
    assert auth.token(VECTOR, SECRET) == TOKEN


def test_each_field_is_signed() -> None:
    """Another value of any of them, and another secret, is another token."""
    others = [VECTOR._replace(**{name: "x"}) for name in VECTOR._fields]
    assert len({auth.token(each, SECRET) for each in (VECTOR, *others)}) == len(others) + 1
    assert auth.token(VECTOR, SECRET.upper()) != TOKEN


def test_what_is_sent_is_what_is_signed() -> None:
    """Path (its percent-encoding undone), query, whole seconds; a login of the URL goes with it."""
    client = Transport(signer=signer(), pause=lambda _: None)
    with serving(answer()) as server:
        url = ServiceUrl(f"{server.url.base}/t4", ("ops", "secret"))
        client.get(url, "/api/v1/orders/a%20b?limit=100&x=%2F", seconds=5)
        (seen,) = server.seen
    client.close()
    signed = Signed(
        service_id="orchestrator",
        method="GET",
        path="/t4/api/v1/orders/a b",
        query="limit=100&x=%2F",
        timestamp="1795554650",
        nonce="nonce-0",
        body_hash=NOTHING,
    )
    sent = {name.lower(): value for name, value in seen.headers.items()}
    assert sent["x-internal-token"] == auth.token(signed, SECRET)
    names = ("x-service-id", "x-internal-timestamp", "x-internal-nonce", "x-body-hash")
    assert [sent[name] for name in names] == ["orchestrator", "1795554650", "nonce-0", NOTHING]
    assert sent["authorization"].startswith("Basic ")


def test_each_attempt_is_signed_anew() -> None:
    """Two answers that pass, then a good one: three nonces, three tokens."""
    client = Transport(signer=signer(), pause=lambda _: None)
    busy = answer(b"{}", "503 Busy")
    with serving(busy, busy, answer()) as server:
        assert client.get(server.url, "/x", seconds=5).status == 200
        sent = [{name.lower(): value for name, value in each.headers.items()} for each in server.seen]
    client.close()
    assert [each["x-internal-nonce"] for each in sent] == ["nonce-0", "nonce-1", "nonce-2"]
    assert len({each["x-internal-token"] for each in sent}) == 3


@pytest.mark.parametrize("signs_run", [False, True])
def test_the_request_to_trade_is_signed_where_that_is_asked_for(signs_run: bool) -> None:
    """With the hash of its very bytes; what is read is signed either way, if it is not left out."""
    client = Transport(signer=signer(signs_run=signs_run))
    with serving(answer()) as server:
        posted = client.post_once(
            server.url, "/run", {"symbols": ["AAPL"]}, headers={"A": "b"}, seconds=5, held_back=lambda: None
        )
        read = client.get(server.url, "/x", seconds=5)
        without = client.get(server.url, "/x", seconds=5, unsigned=True)
        sent = {name.lower(): value for name, value in server.seen[0].headers.items()}
        bytes_sent = server.seen[0].body
    client.close()
    assert ("x-internal-token" in sent) is signs_run
    assert sent.get("x-body-hash") == (hashlib.sha256(bytes_sent).hexdigest() if signs_run else None)
    assert (posted.signed, read.signed, without.signed) == (signs_run, True, False)


def test_the_default_nonce_is_never_the_same() -> None:
    """And the default clock is this machine's."""
    client = Transport(signer=Signer(ServiceIdentity("orchestrator", SECRET)))
    with serving(answer()) as server:
        for _ in range(20):
            client.get(server.url, "/x", seconds=5)
        sent = [{name.lower(): value for name, value in each.headers.items()} for each in server.seen]
    client.close()
    assert len({each["x-internal-nonce"] for each in sent}) == 20
    off = [abs(int(each["x-internal-timestamp"]) - datetime.now(UTC).timestamp()) for each in sent]
    assert max(off) < 60


def refused(
    body: Any, *, date: str | None = None, name: str = "orchestrator", signed: bool = True
) -> Refusal:
    headers = {} if date is None else {"Date": date}
    content = body if isinstance(body, bytes) else json.dumps({"detail": body}).encode()
    return auth.refusal(Answer("http://t4", 401, headers, content, 1, signed=signed), signer(name))


INVALID = {"error": "invalid_internal_token", "message": "Invalid internal token"}
DENIED = {"error": "permission_denied", "message": "Permission view_positions required"}
NONE = {"error": "authentication_required", "message": "Authentication required"}


@pytest.mark.parametrize(
    ("body", "name", "cause"),
    [
        (INVALID, "orchestrator", "secret"),
        (INVALID, "execution_gateway", "secret"),
        (INVALID, "paper_run", "name"),
        (DENIED, "execution_gateway", "name"),
        (NONE, "orchestrator", "not_received"),
        ("Not authenticated", "orchestrator", "unexplained"),
        (["x"], "orchestrator", "unexplained"),
        (b"<html>401</html>", "orchestrator", "unexplained"),
        (b"[]", "orchestrator", "unexplained"),
    ],
)
def test_the_platforms_answer_tells_what_is_likely_wrong(body: Any, name: str, cause: str) -> None:
    """One answer stands for several faults: the name is compared with those that the platform knows."""
    assert refused(body, name=name) == Refusal(cause, name)  # type: ignore[arg-type]
    assert refused(body, name=name, signed=False) == Refusal("unsigned")


@pytest.mark.parametrize(
    ("seconds", "cause"), [(300, "secret"), (-299, "secret"), (301, "clock"), (-4000, "clock")]
)
def test_the_clocks_are_compared(seconds: int, cause: str) -> None:
    """The service's own Date says what it goes by; a Date that can't be read says nothing."""
    date = f"{NOW - timedelta(seconds=seconds):%a, %d %b %Y %H:%M:%S GMT}"
    found = refused(INVALID, date=date)
    assert (found.cause, abs(found.seconds - seconds) <= 1) == (cause, True)
    assert refused(INVALID, date="yesterday") == Refusal("secret", "orchestrator")


def test_nothing_shows_the_secret() -> None:
    """Neither the identity nor what holds it."""
    assert SECRET not in repr(signer().identity) + repr(signer()) + str(signer().identity)


def test_without_a_signer_nothing_is_signed() -> None:
    """And a refusal says so."""
    client = Transport()
    with serving(answer(json.dumps({"detail": INVALID}).encode(), "401 No")) as server:
        assert client.refusal(client.get(server.url, "/x", seconds=5)) == Refusal("unsigned")
        assert not any(name.lower().startswith("x-") for name in server.seen[0].headers)
    client.close()
