"""Against the services that the environment names: a dry run and, where nothing real can come of it, a day.

    SIGNAL_SERVICE_URL=... EXECUTION_GATEWAY_URL=... ORCHESTRATOR_URL=... python -m pytest -m e2e tests/e2e

Symbols, amounts and the date of the signals may be set as for any run, with PAPER_RUN_ variables.
"""

import json
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from support.command import reports, run_command
from support.faulty_http import exact
from support.schema import faults

from paper_run import money

pytestmark = pytest.mark.e2e

URLS = ("SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL", "ORCHESTRATOR_URL")
SETTINGS = ("SYMBOLS", "CAPITAL", "MAX_POSITION_SIZE", "AS_OF_DATE", "TIMEOUT", "WAIT")
DAY_SECONDS = 900


@pytest.fixture
def services() -> dict[str, str]:
    """The settings that lead to the services, as the environment has them."""
    if not any(os.environ.get(name) for name in URLS):
        pytest.skip(f"no services named: set {', '.join(URLS)}")
    names = (*URLS, *(f"PAPER_RUN_{name}" for name in SETTINGS))
    return {name: os.environ[name] for name in names if os.environ.get(name)}


@pytest.fixture
def harmless(services: dict[str, str]) -> dict[str, Any]:
    """The gateway's health, if nothing real can come of a day: it is in DRY_RUN, or a sandbox."""
    url = services.get("EXECUTION_GATEWAY_URL", "http://localhost:8002").rstrip("/")
    with requests.Session() as session:
        session.trust_env = False
        health: dict[str, Any] = session.get(f"{url}/health", timeout=10).json()
    if health.get("dry_run") is not True and health.get("sandbox") is not True:
        pytest.skip("the gateway is neither in DRY_RUN nor a sandbox: a day would trade")
    return health


def test_a_dry_run(services: dict[str, str], tmp_path: Path) -> None:
    """Everything is well, the plan is shown, not one POST is sent, and nothing is kept."""
    finished = run_command("--dry-run", "-v", cwd=tmp_path, env=services, timeout=DAY_SECONDS)
    assert finished.returncode == 0, finished.stderr
    requests_made = [line.split()[0] for line in finished.stderr.splitlines() if " -> " in line]
    assert set(requests_made) == {"GET"}
    assert "[dry run] Would send, once:" in finished.lines
    assert list((tmp_path / "reports").iterdir()) == []


def test_a_day(services: dict[str, str], harmless: dict[str, Any], tmp_path: Path) -> None:
    """One POST at most; the JSON agrees with itself, with its schema, with the shell, and with the ledger."""
    finished = run_command("-v", "--output", "-", cwd=tmp_path, env=services, timeout=DAY_SECONDS)
    assert finished.stdout, finished.stderr
    sent = [line for line in finished.stderr.splitlines() if line.startswith("POST ")]
    assert len(sent) == 1
    assert faults(finished.stdout) == []
    document = exact(finished.stdout)
    assert document["exit_status"] == finished.returncode
    assert document["sandbox"] is (harmless.get("sandbox") is True)
    assert document["rehearsal"] is (harmless.get("dry_run") is True)
    assert document["label"]
    assert_consistent(document)
    assert_kept(document, finished.stdout, tmp_path)


def assert_consistent(document: dict[str, Any]) -> None:
    """Recompute every figure from the orders."""
    results, orders = document["results"], document["orders"]
    if results["num_orders_submitted"] is None:
        assert orders == []
        return
    outcomes = Counter(order["outcome"] for order in orders)
    submitted = outcomes["accepted"] + outcomes["rejected"] + outcomes["in_doubt"]
    assert results["num_orders_submitted"] == submitted
    assert results["num_orders_accepted"] == outcomes["accepted"]
    assert results["num_orders_rejected"] == outcomes["rejected"]
    assert results["num_orders_in_doubt"] == outcomes["in_doubt"]
    assert results["num_orders_filled"] in (None, *range(outcomes["accepted"] + 1))
    notionals = [order["notional"] for order in orders if order["notional"] is not None]
    assert results["total_notional"] == sum(notionals)
    assert results["success_rate"] == money.rate(outcomes["accepted"], submitted)
    for order in orders:
        if order["outcome"] == "accepted" and order["price"] is not None:
            assert order["notional"] == money.cents(Decimal(order["qty"]) * order["price"])
    if document["status"] == "success":
        assert outcomes["accepted"] == submitted
        assert document["exit_status"] in (0, 1)
    else:
        assert document["exit_status"] not in (0, 3)
        assert document["errors"]


def assert_kept(document: dict[str, Any], text: str, folder: Path) -> None:
    """The file is what was printed, and the ledger alone makes it again."""
    (path,) = reports(folder)
    assert path.read_text("utf-8") == text
    before = {each.name: each.read_bytes() for each in path.parent.glob(f"{document['session']}*")}
    kinds = {name.removeprefix(path.name.removesuffix("paper_run.json")) for name in before}
    assert kinds >= {"paper_run.json", "paper_run.html", "orders.csv"}
    for name in before:
        (path.parent / name).unlink()
    rebuilt = run_command("report", document["session"], cwd=folder)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert {name: (path.parent / name).read_bytes() for name in before} == before
    assert json.loads(path.read_text("utf-8"))["session"] == document["session"]
