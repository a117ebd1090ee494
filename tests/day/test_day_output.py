"""Where results go: --output in every form, the second run of a day, quiet, verbose, colours, odd text."""

import contextlib
import csv
import os
import pty
import re
from decimal import Decimal
from pathlib import Path

import pytest
from support.answers import Answer, detail_text, plain_500
from support.command import reports, run_command, saved, start_command
from support.faulty_http import exact
from support.odd_platform import POSITIONS, RUN, RUNS, OddPlatform, Plan

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\rover\x9b2J\u202etxt\x00<b>bold</b>"


def test_output_files_by_suffix(platform: OddPlatform, tmp_path: Path) -> None:
    """Besides the reports folder: JSON, page and orders, folders made, an older file replaced."""
    (tmp_path / "old.json").write_text("older")
    paths = ("old.json", "new/deep/page.html", "orders.csv")
    args = [part for path in paths for part in ("--output", path)]
    finished = run_command(*args, cwd=tmp_path, platform=platform)
    assert (finished.returncode, finished.stderr) == (0, "")
    (report,) = reports(tmp_path)
    assert (tmp_path / "old.json").read_bytes() == report.read_bytes()
    assert "<html" in (tmp_path / "new/deep/page.html").read_text("utf-8")
    with (tmp_path / "orders.csv").open(newline="", encoding="utf-8-sig") as file:
        assert [row["symbol"] for row in csv.DictReader(file)] == ["AAPL", "MSFT", "GOOGL"]
    for path in paths:
        assert str(tmp_path / path) in finished.stdout


def test_output_to_stdout(platform: OddPlatform, tmp_path: Path) -> None:
    """`-` is the JSON and nothing else, the same as in the file; outputs may come from the environment."""
    finished = run_command(cwd=tmp_path, platform=platform, env={"PAPER_RUN_OUTPUT": "-,also.json"})
    assert (finished.returncode, finished.stderr) == (0, "")
    assert exact(finished.stdout) == saved(tmp_path)
    assert exact((tmp_path / "also.json").read_text("utf-8")) == saved(tmp_path)


def test_output_to_stdout_when_it_fails(platform: OddPlatform, tmp_path: Path) -> None:
    """Also a failed day leaves stdout to the JSON."""
    platform.orchestrator.always("POST", RUN, detail_text(400, "Invalid date format: x"))
    finished = run_command("--output", "-", cwd=tmp_path, platform=platform)
    assert finished.returncode == 2
    assert exact(finished.stdout)["status"] == "failed"
    assert "Invalid date format: x" in finished.stderr


def test_a_second_run_keeps_the_files_of_the_first(platform: OddPlatform, tmp_path: Path) -> None:
    """Another trade of the day, on purpose, has files of its own."""
    run_command(cwd=tmp_path, platform=platform)
    first = {
        path: path.read_bytes()
        for kind in ("_*.json", "_*.html", "_*.csv")
        for path in reports(tmp_path, kind)
    }
    platform.orchestrator.answer = {"run_id": "another-one"}
    run_command("--again", cwd=tmp_path, platform=platform)
    assert {path: path.read_bytes() for path in first} == first
    second = sorted(set(reports(tmp_path)) - set(first))
    assert [path.name for path in second] == [f"{saved_session(first)}-2_paper_run.json"]
    result = exact(second[0].read_text("utf-8"))
    assert (result["trade"], result["run_id"]) == (2, "another-one")
    assert len(reports(tmp_path, "-2_paper_run.html") + reports(tmp_path, "-2_orders.csv")) == 2


def saved_session(files: dict[Path, bytes]) -> str:
    """Return the date in the name of the JSON file."""
    (name,) = [path.name for path in files if path.name.endswith("_paper_run.json")]
    return name.removesuffix("_paper_run.json")


def test_nothing_half_written_is_left(platform: OddPlatform, tmp_path: Path) -> None:
    """No temporary file outlives the run, in the reports folder or beside an output."""
    run_command("--output", "out/result.json", cwd=tmp_path, platform=platform)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["result.json"]
    assert not [path for path in reports(tmp_path, "") if "tmp" in path.name or path.name.startswith(".")]


def test_quiet(platform: OddPlatform, tmp_path: Path) -> None:
    """-q says nothing on a good day, and still what went wrong on a bad one."""
    assert run_command("-q", cwd=tmp_path, platform=platform).stdout == ""
    assert len(reports(tmp_path)) == 1
    platform.signal.always("GET", "/health", detail_text(503, "Model not loaded"))
    finished = run_command("-q", "--again", cwd=tmp_path, platform=platform)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "Model not loaded" in finished.stderr


def test_verbose(platform: OddPlatform, tmp_path: Path) -> None:
    """-v shows each request on stderr: method, URL, status and milliseconds."""
    finished = run_command("-v", cwd=tmp_path, platform=platform)
    assert finished.returncode == 0
    lines = finished.stderr.splitlines()
    for request in platform.requests:
        url = f"http://{request.headers['host']}{request.path}"
        shown = [line for line in lines if re.search(rf"\b{request.method} {re.escape(url)}(\s|\?|$)", line)]
        assert any(re.search(r"\b200\b.*\b\d+(\.\d+)? ?ms\b", line) for line in shown), url


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_a_terminal_without_colours(platform: OddPlatform, tmp_path: Path, env: dict[str, str]) -> None:
    """On a terminal NO_COLOR is honoured."""
    terminal, inside = pty.openpty()
    try:
        with start_command(cwd=tmp_path, platform=platform, env=env, stdout=inside, stderr=inside) as process:
            os.close(inside)
            shown = b""
            with contextlib.suppress(OSError):  # how a terminal says that its last user has gone
                while piece := os.read(terminal, 65536):
                    shown += piece
            assert process.wait(120) == 0
    finally:
        os.close(terminal)
    assert b"Status: SUCCESS" in shown
    assert not re.search(rb"\x1b\[[0-9;]*m", shown)


def test_several_sessions_say_how_far_they_are_in_lines(tmp_path: Path) -> None:
    """Piped at every tenth, but not at the last, which has its own words; quietly not at all."""
    finished = run_command("--sandbox", "--sessions", "20", cwd=tmp_path)
    assert finished.lines[0] == "SANDBOX: 10 of 20 sessions played"
    assert sum("sessions played" in line for line in finished.lines) == 1
    assert run_command("--sandbox", "--sessions", "11", "-q", cwd=tmp_path).stdout == ""


def test_hostile_text_never_reaches_the_console(platform: OddPlatform, tmp_path: Path) -> None:
    """What a service says is shown without its control characters, and escaped in the page."""
    platform.plan["AAPL"] = Plan(
        status="rejected", price=None, detail={"error_message": HOSTILE}, mapping={"skip_reason": HOSTILE}
    )
    platform.orchestrator.answer = {"error_message": HOSTILE, "status": "partial"}
    finished = run_command("-v", cwd=tmp_path, platform=platform)
    assert_harmless(finished.stdout + finished.stderr)
    (page,) = reports(tmp_path, "_paper_run.html")
    assert "<b>bold" not in page.read_text("utf-8")
    assert saved(tmp_path)["orders"][0]["skip_reason"] == HOSTILE


@pytest.mark.parametrize("where", ["health", "positions", "post"])
def test_hostile_errors_never_reach_the_console(platform: OddPlatform, tmp_path: Path, where: str) -> None:
    """Nor does the text of an error."""
    service, method, path = {
        "health": (platform.signal, "GET", "/health"),
        "positions": (platform.gateway, "GET", POSITIONS),
        "post": (platform.orchestrator, "POST", RUN),
    }[where]
    service.always(method, path, Answer(status=400, body={"detail": HOSTILE}))
    if where == "post":
        platform.orchestrator.always("GET", RUNS + "*", plain_500())  # which is soon given up
    finished = run_command("-v", cwd=tmp_path, platform=platform)
    assert finished.returncode in (1, 2)
    assert "red" in finished.stderr
    assert_harmless(finished.stdout + finished.stderr)


def assert_harmless(text: str) -> None:
    """No control character but the line feed, and nothing that turns the direction of writing."""
    assert sorted(set(re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text))) == []


def test_a_number_too_long_for_a_float(platform: OddPlatform, tmp_path: Path) -> None:
    """Tiny and large amounts keep every digit and get no exponent."""
    platform.plan["AAPL"] = Plan(qty=1, price=Decimal("1E-10"), weight=Decimal("0E-8"))
    platform.plan["MSFT"] = Plan(qty=7, price=Decimal("1.25E+6"))
    finished = run_command("--symbols", "AAPL,MSFT", cwd=tmp_path, platform=platform)
    assert finished.returncode == 0
    (path,) = reports(tmp_path)
    text = path.read_text("utf-8")
    assert re.search(r'"filled_avg_price": ?0\.00000000010*\b', text)
    assert re.search(r'"filled_avg_price": ?1250000\b', text)
    assert saved(tmp_path)["results"]["total_notional"] == 8750000
