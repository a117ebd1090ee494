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
from scipy import stats
from support.command import Finished, run_command
from support.schema import SCHEMA, command_faults
from support.tree import ROOT

SESSIONS = 42
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


CENT = Decimal("0.01")


def _spans(played: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [played, played[3:], played[5:20], played[30:31]]


def _within(played: list[dict[str, Any]], own: list[dict[str, Any]], here: Path) -> dict[str, Any]:
    until = [] if own[-1] is played[-1] else ["--until", own[-1]["session"]]
    return sheet(here, "--since", own[0]["session"], *until)


def test_costs_of_a_period_are_those_of_its_sessions(here: Path) -> None:
    """Their sum, its basis points, and the mean with its minimum, of any period."""
    played = days(here)
    for own in _spans(played):
        found, each = _within(played, own, here)["costs"], [day["costs"] for day in own]
        cost = sum(day["shortfall"] for day in each)
        notional = sum(day["arrival_notional"] for day in each)
        near = CENT * sum(len(day["orders"]) for day in each)  # each order is rounded to the cent there
        assert abs(found["shortfall"] - cost) <= near
        assert abs(found["arrival_notional"] - notional) <= near
        assert abs(found["shortfall_bps"] - cost / notional * 10_000) <= CENT
        assert (found["sessions"], found["not_known"], found["mean"]["n"]) == (len(own), 0, len(own))
        assert found["fees"] == sum(day["fees"] for day in each)
        assert found["total"] == found["shortfall"] + found["fees"]
        if len(own) < 20:
            assert (found["mean"]["bps"], found["mean"]["dollars"]) == (None, None)
        else:
            assert abs(found["mean"]["dollars"] - cost / len(own)) <= CENT


def test_signals_of_a_period_are_those_of_its_pairs(here: Path) -> None:
    """Hits, rank IC and the last twenty sessions' as a library has them; below 100 pairs none."""
    played = days(here)
    for own in _spans(played):
        found = _within(played, own, here)["signals"]
        made = [
            [tuple(map(float, (pair["predicted"], pair["realized"]))) for pair in day["signals"]["pairs"]]
            for day in own
        ]
        every = [pair for session in made for pair in session]
        hits = sum((left > 0) == (right > 0) for left, right in every)
        quality = found["quality"]
        assert (quality["pairs"], quality["hits"], quality["minimum"]) == (len(every), hits, 100)
        assert [each["pairs"] for each in found["sessions"]] == [*map(len, made)]
        if len(every) < 100:
            assert (quality["hit_rate"], quality["rank_ic"], quality["recent_ic"]) == (None, None, None)
            continue
        recent = [pair for session in made[-20:] for pair in session]
        expected = (hits / len(every), stats.spearmanr(every).statistic, stats.spearmanr(recent).statistic)
        ours = (quality["hit_rate"], quality["rank_ic"], quality["recent_ic"])
        assert [*map(float, ours)] == pytest.approx(expected, abs=1e-6)
        assert [each["recent_ic"] is None for each in found["sessions"]] == [
            at < 19 for at in range(len(own))
        ]
        assert found["sessions"][-1]["recent_ic"] == quality["recent_ic"]
    whole = _within(played, played, here)["signals"]["quality"]
    assert whole == played[-1]["signals"]["quality"]


def test_symbols_of_a_period_are_the_sums_of_its_sessions(here: Path) -> None:
    """Each symbol's parts added up, and every cent of the period's P&L in one of them."""
    played = days(here)
    over: list[Any] = []
    for day in played:  # each lists its latest twenty, newest first
        listed = day["symbols"]["round_trips"]["latest"]
        over += [trip for trip in reversed(listed) if trip not in over]
    assert len(over) == played[-1]["symbols"]["round_trips"]["n"] > 20
    for own in _spans(played):
        found = _within(played, own, here)
        expected: dict[str, list[Any]] = {}
        for day in own:
            for row in day["symbols"]["rows"]:
                # What was neither held nor traded has a day of 0, and no session.
                if row["qty"] or row["day_pnl"]:
                    so_far = expected.setdefault(row["symbol"], [0, 0, 0, 0, 0])
                    parts = (row["holding_pnl"], row["trading_pnl"], 1, row["qty"] > 0, row["qty"] < 0)
                    expected[row["symbol"]] = [
                        left + right for left, right in zip(so_far, parts, strict=True)
                    ]
        names = ("holding_sum", "trading_sum", "sessions", "long", "short")
        rows = found["symbols"]["rows"]
        assert {row["symbol"]: [row[name] for name in names] for row in rows} == expected
        assert sum(row["pnl"] for row in rows) == found["equity"]["pnl"] - found["symbols"]["other_pnl"]
        assert found["symbols"]["other_pnl"] == 0
        ended = [trip for trip in reversed(over) if own[0]["session"] <= trip["closed"] <= own[-1]["session"]]
        trips = found["symbols"]["round_trips"]
        assert trips["latest"] == ended
        assert (trips["n"], sum(row["trips"] for row in rows)) == (len(ended), len(ended))


def test_the_months_of_the_history_are_those_of_the_pages(here: Path) -> None:
    """By `history --monthly`: sessions, P&L and return, in the table too."""
    of_page = days(here)[-1]["periods"]["months"]
    said = run_command("history", "--sandbox", "--monthly", "--json", cwd=here)
    assert command_faults("history_monthly", said.stdout) == []
    found = json.loads(said.stdout, parse_float=Decimal)
    ours = [(each["month"], each["sessions"], each["pnl"], each["monthly_return"]) for each in found]
    assert ours == [(each["name"], each["n"], each["pnl"], each["value"]) for each in of_page]
    assert len(ours) > 1
    shown = run_command("history", "--sandbox", "--monthly", cwd=here).stdout.splitlines()
    (head,) = [row.split() for row in shown if row.startswith("Month")]
    assert head[2:4] == ["P&L", "Return"]
    for each in of_page:
        (row,) = [row.split() for row in shown if row.startswith(each["name"])]
        assert abs(Decimal(row[3].replace("\u2212", "-").rstrip("%")) / 100 - each["value"]) <= Decimal(
            "0.00005"
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
        (["--since", "2025-01-04", "--until", "2025-01-04"], "There is no complete session on 2025-01-04"),
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


def test_one_session_is_told_as_one(tmp_path: Path) -> None:
    """What there is instead of a period without a session: the one date, not from it to itself."""
    assert run_command("--sandbox", "-q", cwd=tmp_path).returncode == 0
    refused = run_command("report", "--sandbox", "--since", "2025-01-03", cwd=tmp_path)
    assert refused.returncode == 3
    assert "The ledger has one complete session, 2025-01-02." in refused.stderr


def test_without_a_valuation_the_mark_is_named(tmp_path: Path) -> None:
    """An order in doubt keeps the session from being valued; `mark` looks for it, and there is one."""
    assert run_command("--sandbox", "-q", "--symbols", "AAPL", "DOUBT", cwd=tmp_path).returncode == 2
    since = ("report", "--sandbox", "--since", "2025-01-02")
    refused = run_command(*since, cwd=tmp_path)
    assert refused.returncode == 3
    assert re.search(r"1\. Value the latest one: \S+ -m paper_run mark --ledger", refused.stderr)
    run_command("mark", "--sandbox", "-q", cwd=tmp_path)
    assert run_command(*since, cwd=tmp_path).returncode == 0


def test_without_a_ledger_there_is_none(tmp_path: Path) -> None:
    """Exit 3 naming the folder; none is made."""
    refused = run_command("report", "--since", "2025-01-02", cwd=tmp_path)
    assert refused.returncode == 3
    assert f"no ledger in {tmp_path / 'reports'}" in refused.stderr
    assert not (tmp_path / "reports").exists()
