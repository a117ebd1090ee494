"""A tear sheet of any period, from the ledger alone, by the real command."""

import hashlib
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from support.command import Finished, run_command
from support.schema import SCHEMA
from support.tree import ROOT

SESSIONS = 28
_FILE = ROOT / "docs" / "schema" / "tearsheet.schema.json"
_REGISTRY: Registry[Any] = Registry().with_resource(SCHEMA["$id"], Resource.from_contents(SCHEMA))
VALIDATOR = Draft202012Validator(json.loads(_FILE.read_text("utf-8")), registry=_REGISTRY)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sandbox has played some sessions."""
    folder = tmp_path_factory.mktemp("sheet")
    played = run_command("--sandbox", "--sessions", str(SESSIONS), "-q", cwd=folder, timeout=240)
    assert played.returncode == 0, played.stderr
    return folder


def sheet(here: Path, *args: str) -> dict[str, Any]:
    """Make one and return its JSON."""
    made = run_command("report", "--sandbox", *args, cwd=here)
    assert (made.returncode, made.stderr) == (0, "")
    files = [here / "reports" / "sandbox" / f"tearsheet.{suffix}" for suffix in ("json", "html")]
    assert [str(each) in made.stdout for each in files] == [True, True]
    document: dict[str, Any] = json.loads(files[0].read_text("utf-8"), parse_float=Decimal)
    assert [each.message for each in VALIDATOR.iter_errors(document)] == []
    return document


def days(here: Path) -> list[dict[str, Any]]:
    """Return the documents of the sessions, oldest first."""
    paths = sorted((here / "reports" / "sandbox").glob("*_paper_run.json"))
    return [json.loads(each.read_text("utf-8"), parse_float=Decimal) for each in paths]


def times(here: Path) -> dict[str, int]:
    """Return when each file of the folder was written."""
    return {each.name: each.stat().st_mtime_ns for each in (here / "reports" / "sandbox").iterdir()}


def state(here: Path) -> dict[str, str]:
    """Return what the ledger's files hold."""
    found = sorted((here / "reports" / "sandbox").glob("ledger.sqlite3*"))
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in found}


def test_a_sheet_of_all_sessions_is_what_the_last_one_says(here: Path) -> None:
    """Statistics, periods, equity and benchmark: the same figures, by another way."""
    played = days(here)
    last = played[-1]
    found = sheet(here, "--since", played[0]["session"])
    for name in ("statistics", "periods"):
        assert found[name] == last[name]
    # The day's own comparison begins with the first closing too: there is no price from before.
    assert found["benchmark"] == last["benchmark"]
    assert found["equity"]["closing"] == last["pnl"]["equity"]["closing"]
    assert found["equity"]["opening"] == played[0]["pnl"]["equity"]["opening"]
    assert found["equity"]["pnl"] == last["pnl"]["total_pnl"]
    assert [each["session"] for each in found["curve"]] == [each["session"] for each in played]
    assert [each["day_pnl"] for each in found["curve"]] == [each["pnl"]["day_pnl"] for each in played]
    assert (found["label"], found["not_valued"], found["book"]) == ("SANDBOX - simulated prices", 0, 1)


def test_a_sheet_is_of_its_period_alone(here: Path) -> None:
    """Each session from its row: P&L to the cent, returns compounded, drawdown and benchmark from there."""
    played = days(here)
    own = played[5:20]
    found = sheet(here, "--since", own[0]["session"], "--until", own[-1]["session"])
    assert (found["first"], found["through"]) == (own[0]["session"], own[-1]["session"])
    assert found["asked"] == {"since": own[0]["session"], "until": own[-1]["session"]}
    earned = sum(each["pnl"]["day_pnl"] for each in own)
    assert found["equity"] == {
        "opening": played[4]["pnl"]["equity"]["closing"],
        "pnl": earned,
        "adjustments": 0,
        "closing": own[-1]["pnl"]["equity"]["closing"],
    }
    grown, peak, deepest = Decimal(1), Decimal(1), Decimal(0)
    for each in own:
        grown *= 1 + each["pnl"]["day_pnl"] / each["pnl"]["equity"]["opening"]
        peak = max(peak, grown)
        deepest = min(deepest, grown / peak - 1)
    within = Decimal("0.000001")
    assert abs(found["statistics"]["total_return"]["value"] - (grown - 1)) <= within
    assert abs(found["statistics"]["max_drawdown"]["value"] - deepest) <= within
    assert found["statistics"]["total_return"]["n"] == len(own)
    assert sum(each["pnl"] for each in found["periods"]["months"]) == earned
    compared = own[-1]["benchmark"]["price"] / played[4]["benchmark"]["price"] - 1
    assert abs(found["benchmark"]["figures"]["return"]["value"] - compared) <= within
    assert (found["benchmark"]["since"], found["benchmark"]["figures"]["return"]["n"]) == (
        played[4]["session"],
        len(own),
    )


def test_the_ledger_is_not_touched_and_the_page_asks_for_nothing(here: Path) -> None:
    """Offline, the same each time; one file that loads no other, and runs nothing."""
    before = state(here)
    sheet(here, "--since", "2025-01-02")
    page = here / "reports" / "sandbox" / "tearsheet.html"
    first = page.read_bytes()
    sheet(here, "--since", "2025-01-02")
    assert (page.read_bytes(), state(here)) == (first, before)
    text = first.decode()
    assert re.findall(r'(?:src|href)="|url\((?!#)|<script|@import', text) == []
    assert "<title>[SANDBOX] Tear sheet — 2025-01-02 to " in text
    assert text.count("</html>") == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--since", "2026-01-05"], "There is no complete session from 2026-01-05 on"),
        (["--since", "2024-01-05", "--until", "2024-02-05"], "from 2024-01-05 to 2024-02-05"),
        (
            ["--since", "2025-02-01", "--until", "2025-01-05"],
            "--until 2025-01-05 lies before --since",
        ),
        (["--until", "2025-01-05"], "--until needs --since"),
        (["--since", "5.1.2025"], "--since: '5.1.2025' is not allowed"),
        (["--since", "2025-01-05", "latest"], "A tear sheet is of a period"),
        (["--since", "2025-01-05", "--all"], "A tear sheet is of a period"),
    ],
)
def test_a_wrong_period_is_one_clear_message(here: Path, args: list[str], says: str) -> None:
    """Exit 3, nothing written, and what there is instead."""
    written = times(here)
    refused: Finished = run_command("report", "--sandbox", *args, cwd=here)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr.count("ERROR") == 1
    assert says in refused.stderr
    assert times(here) == written


def test_without_a_ledger_there_is_none(tmp_path: Path) -> None:
    """Exit 3 naming the folder; none is made."""
    refused = run_command("report", "--since", "2025-01-02", cwd=tmp_path)
    assert refused.returncode == 3
    assert f"no ledger in {tmp_path / 'reports'}" in refused.stderr
    assert not (tmp_path / "reports").exists()
