"""Credentials in URLs, in whatever a service says, in the environment: in no output, no file, no ledger."""

import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import simplejson
from support.answers import Answer, detail_object, detail_text, plain_500, redirect
from support.desk import Desk
from support.odd_platform import ORDERS, POSITIONS, RUN, RUNS, Plan

CANARY = "CANARY-s3cr3t"
URL = f"http://ops:{CANARY}@db.internal:5432/t5"
BASIC = b64encode(f"ops:{CANARY}/@x".encode()).decode()
ECHO = {"authorization": f"Basic {BASIC}", "user": "ops", "password": f"{CANARY}/@x", f"ops:{CANARY}/@x": 1}
SAID = (
    f"connection to {URL} failed; retry https://{CANARY}@proxy/x, sent {{'Authorization': 'Basic {BASIC}'}}, "
    f"to http://h/x?token={CANARY}#{CANARY}, GET /x?key={CANARY}, as {CANARY}%2F%40x, piece {BASIC[7:-3]}"
)


@pytest.fixture
def secret(desk: Desk) -> Iterator[Desk]:
    """A desk whose every URL has a password; whatever was done there, it is nowhere afterwards."""
    for name, url in desk.platform.urls.items():
        desk.env[name] = url.replace("http://", f"http://ops:{CANARY}%2F%40x@")
    yield desk
    written = {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()}
    assert desk.ledger in written
    said = "".join(finished.stdout + finished.stderr for finished in desk.said).encode()
    for word in (CANARY.encode(), BASIC.encode(), CANARY[:-2].encode(), BASIC[7:-3].encode()):
        assert word not in said
        assert [path.name for path, content in written.items() if word in content] == []


def _escaped(run: Any) -> bytes:
    """Return the run as JSON text, to be escaped as some writers of JSON do."""
    return simplejson.dumps(run | {"error_message": SAID}, use_decimal=True).encode()


POSTS: dict[str, Answer] = {
    "401": detail_text(401, SAID),
    "422": Answer(status=422, body={"detail": [{"loc": ["body", URL], "msg": SAID, "type": "x"}]}),
    "500": detail_object(500, SAID, SAID, engaged_by=URL, reason=SAID),
    "500-plain": Answer(status=500, body=SAID),
    "503": detail_object(503, "kill_switch", SAID, engaged_by=URL, reason=SAID, engaged_at="now"),
    "504": Answer(status=504, body=f"<html>{SAID}</html>", content_type="text/html"),
    "307": redirect(URL),
    "failed": Answer(edit=lambda run: run | {"status": "failed", "mappings": [], "error_message": SAID}),
    "partial": Answer(edit=lambda run: run | {"status": "partial", "error_message": SAID}),
    "extra-field": Answer(edit=lambda run: run | {"dsn": URL, "nested": [{"url": URL}], "headers": ECHO}),
    "echo-500": Answer(status=500, body={"detail": {"error": "boom", "message": str(ECHO), "headers": ECHO}}),
    "echo-header": Answer(headers={"date": f"Basic {BASIC}"}),
    "echo-fact": Answer(edit=lambda run: run | {"strategy_id": f"Basic {BASIC}", "status": CANARY + "/@x"}),
    "escaped-slashes": Answer(edit=lambda run: _escaped(run).replace(b"/", b"\\/")),
    "escaped-at": Answer(edit=lambda run: _escaped(run).replace(b"@", b"\\u0040")),
    "not-json": Answer(body=SAID, process="before"),
    "truncated": Answer(truncate=200, edit=lambda run: {"error_message": SAID} | run),
    "reset": Answer(reset=True, process="never"),
}


@pytest.mark.parametrize("kind", POSTS)
def test_the_post(secret: Desk, kind: str) -> None:
    """Whatever the orchestrator answers, twice, with every request shown."""
    secret.platform.orchestrator.script("POST", RUN, [POSTS[kind]])
    secret.platform.orchestrator.script("GET", RUNS, [], then=detail_text(500, SAID))
    secret.run("-v", "--timeout", "1")
    secret.run("-v")
    secret.resolve("-v")
    assert secret.platform.posts


@pytest.mark.parametrize(
    "kind", ["orders", "positions", "positions-after", "order-error", "skip-reason", "list"]
)
def test_reads(secret: Desk, kind: str) -> None:
    """Nor in what the gateway and the list say."""
    error: dict[str, Any] = {"error_message": SAID, "status": "rejected"}
    if kind == "orders":
        secret.platform.gateway.always("GET", ORDERS + "/*", detail_text(500, SAID))
    elif kind == "positions":
        secret.platform.gateway.script("GET", POSITIONS, [detail_text(500, SAID)])
    elif kind == "positions-after":
        secret.platform.gateway.script("GET", POSITIONS, [Answer()], then=Answer(status=500, body=SAID))
    elif kind == "order-error":
        secret.platform.plan = {"AAPL": Plan(price=None, detail=error)}
    elif kind == "skip-reason":
        doubt = {
            "client_order_id": None,
            "order_status": "rejected",
            "skip_reason": f"submission_failed: {SAID}",
        }
        secret.platform.plan = {"AAPL": Plan(mapping=doubt)}
    else:
        secret.platform.orchestrator.always("GET", RUNS, detail_text(500, SAID))
        secret.platform.orchestrator.script("POST", RUN, [plain_500()])
    secret.run("-v")
    secret.run("-v")
    secret.run("report")


def test_health(secret: Desk) -> None:
    """Nor in what a service says of its health."""
    secret.platform.orchestrator.script("GET", "/health", [detail_text(503, SAID)])
    secret.platform.gateway.script(
        "GET", "/health", [Answer(edit=lambda body: body | {"status": "unhealthy", "details": SAID})]
    )
    assert secret.run("-v").returncode == 1
    assert secret.run("-v").returncode == 0


@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_broken_off(secret: Desk, signal: str) -> None:
    """Nor in what a run leaves that was broken off while its credentials were on the wire."""
    secret.run("-v", at="after POST *", do=signal)
    secret.run("-v")


def test_settled_by_hand(secret: Desk) -> None:
    """Nor in the ready commands, nor in a settled trade."""
    secret.platform.orchestrator.script("POST", RUN, [POSTS["reset"]])
    secret.platform.orchestrator.always("GET", RUNS, plain_500())
    assert secret.run("--timeout", "1").returncode == 2
    assert secret.resolve("-v").returncode == 0
    secret.later()
    assert secret.resolve(secret.session, "--not-placed").returncode == 0


def test_settings_that_hold_passwords(secret: Desk) -> None:
    """Whatever else the environment and the .env file hold is none of the program's business."""
    secret.env |= {"PAPER_RUN_SMTP_PASSWORD": CANARY, "APCA_SECRET": CANARY, "PGPASSWORD": CANARY}
    settings = secret.folder / ".env"
    settings.write_text(f"SMTP_PASSWORD={CANARY}\nALPACA_SECRET={CANARY}\n")
    try:
        assert secret.run("-v").returncode == 0
        assert secret.run("-v", "--capital", "7").returncode == 3
        assert secret.run("--dry-run").returncode == 0
    finally:
        settings.unlink()
    assert CANARY not in "".join(os.listdir(secret.folder))
    assert Path(secret.ledger).exists()
