"""The commands that a message prints: copied, each does what the message says, and nothing else."""

import re
import shlex
import subprocess

import pytest
from day.exchange_day import Day
from support.command import Finished, clean_environment
from support.odd_platform import Plan

SESSION = "2026-11-25"


def printed(said: Finished) -> list[list[str]]:
    """Return the arguments of each command of ours in a message, as a shell takes them apart."""
    found = re.findall(r" -m paper_run (.*)$", said.stdout + said.stderr, re.MULTILINE)
    return [shlex.split(each) for each in dict.fromkeys(found)]


def forget(day: Day) -> None:
    """Be in another shell, where nothing is set but what the tests' calendar needs."""
    day.env = {name: value for name, value in day.env.items() if not value or name.endswith("_DATES")}


def test_a_day_that_is_traded_on_purpose_asks_for_what_was_asked_for(day: Day) -> None:
    """Somebody else has traded: `--again` as it is printed trades the same symbols, capital and maximum."""
    day.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date=SESSION)
    day.env["PAPER_RUN_MAX_POSITION_SIZE"] = "1500"
    said = day.must("--symbols", "AAPL", "MSFT", "--capital", "5000", status=2)
    (command,) = printed(said)
    assert "--again" in command
    forget(day)
    day.must(*command)
    sent = day.platform.posts[-1].json()
    assert (sent["symbols"], sent["capital"], sent["max_position_size"]) == (["AAPL", "MSFT"], "5000", "1500")


@pytest.mark.parametrize("how", ["flag", "environment"])
def test_a_command_goes_by_the_same_exchange(day: Day, how: str) -> None:
    """Of a market that never closes: whichever way it was named, what is printed names it too."""
    day.platform.plan["AAPL"] = Plan(detail=None)
    if how == "environment":
        day.env["PAPER_RUN_EXCHANGE"] = "24/7"
    said = day.must(*(["--exchange", "24/7"] if how == "flag" else []), status=1)
    commands = [
        [word.replace("QTY@PRICE", "10@100") for word in each]
        for each in printed(said)
        if each[0] in ("mark", "resolve")
    ]
    assert commands
    forget(day)
    for command in reversed(commands):
        assert day.run(*command).returncode in (0, 1)
        assert "has the sessions of" not in day.said[-1].stderr


def test_what_a_service_says_is_no_command_in_a_shell(day: Day) -> None:
    """The id of a run that the orchestrator lists stands in a command, quoted."""
    planted = f"x; touch {day.folder}/planted #"
    day.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date=SESSION, run_id=planted)
    said = day.must(status=2)
    (command,) = re.findall(r"Look at it: (curl .*)$", said.stderr, re.MULTILINE)
    subprocess.run(["sh", "-c", command], env=clean_environment(day.folder), capture_output=True, check=False)
    assert not (day.folder / "planted").exists()


def test_a_run_that_had_not_ended_is_settled_by_what_is_printed(day: Day) -> None:
    """On console and page, with its id, as for each outcome that is not known."""
    day.platform.orchestrator.answer = {"status": "pending", "mappings": []}
    said = day.must("--timeout", "1", status=2)
    run_id = day.saved(SESSION)["run_id"]
    assert f"resolve {SESSION} --placed --run-id {run_id} --ledger" in said.stderr
    shown = (day.reports / f"{SESSION}_paper_run.html").read_text("utf-8")
    assert f"resolve {SESSION} --placed --run-id {run_id}" in shown
    assert day.saved(SESSION)["status"] == "timeout"
