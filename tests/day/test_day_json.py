"""What commands print for a program: one document each on standard output, as its schema has it."""

import json
from typing import Any

import pytest
from day.exchange_day import Day
from support.command import Finished
from support.odd_orchestrator import Plan
from support.schema import command_faults, faults


def read(command: str, said: Finished) -> Any:
    assert command_faults(command, said.stdout) == []
    return json.loads(said.stdout)


def test_doctor_says_what_is_well_and_what_is_not(day: Day) -> None:
    """Each check with its exit status and its fix; the document's is the command's."""
    day.must()
    found = read("doctor", day.must("doctor", "--json"))
    assert {each["exit_status"] for each in found["checks"]} == {0}
    assert {each["fix"] for each in found["checks"]} == {None}
    day.platform.signal.stop()
    said = day.must("doctor", "--json", "-q", status=1)
    found = read("doctor", said)
    assert found["exit_status"] == 1
    (bad,) = [each for each in found["checks"] if each["exit_status"]]
    assert bad["name"] == "Signal Service"
    assert bad["fix"]


def test_resolve_lists_what_is_not_known(day: Day) -> None:
    """With commands that run as they stand; nothing of it goes with a verdict."""
    day.must()
    assert not any(read("resolve", day.must("resolve", "--json")).values())
    day.next_session()
    day.at("2026-11-27 15:00").platform.plan["AAPL"] = Plan(mapping={"client_order_id": None})
    day.run()
    found = read("resolve", day.run("resolve", "--json"))
    (unsure,) = [each for each in found["fills"] if "AAPL" in each["symbols"]]
    command = unsure["remedies"][-1]["command"].split()
    assert command[1:4] == ["-m", "paper_run", "resolve"]
    assert day.run(*command[3:]).returncode == 0
    assert read("resolve", day.must("resolve", "--json"))["fills"] == []
    refused = day.must("resolve", "--json", "--reset", status=3)
    assert "--json goes with the list, or with --dry-run" in refused.stderr


def test_what_would_act_on_a_terminal_is_escaped(day: Day) -> None:
    """Of a service's words: the document says the same, and shows it to whoever looks at it raw."""
    words = "gone \u202egnp.exe\u2066 \x9b2J"
    lost = {"client_order_id": None, "order_status": "failed", "skip_reason": words}
    day.platform.plan["AAPL"] = Plan(mapping=lost)
    said = day.run("--output", "-")
    assert json.loads(said.stdout)["orders"][0]["skip_reason"] == words
    for printed in (said, day.run("resolve", "--json"), day.run("mark", "--json")):
        assert not {"\u202e", "\u2066", "\x9b"} & set(printed.stdout)
        json.loads(printed.stdout)


def test_mark_prints_its_result(day: Day) -> None:
    """The document that it writes, byte for byte, also with --output -; other outputs are written too."""
    day.must()
    day.env["PAPER_RUN_OUTPUT"] = "mine.json"
    for args in (("--json",), ("--output", "-"), ("--json", "--output", "copy.json", "--output", "o.csv")):
        said = day.must("mark", *args)
        assert faults(said.stdout) == []
        assert said.stdout.encode() == (day.reports / f"{day.session}_mark.json").read_bytes()
    assert (day.folder / "copy.json").read_text() == said.stdout
    assert (day.folder / "o.csv").read_text().startswith("session,trade,symbol,")
    assert not (day.folder / "mine.json").exists(), "the variable names the day's"
    assert "a path that ends in" in day.must("mark", "--output", "x.txt", status=3).stderr


def test_history_is_cut_to_the_newest(day: Day) -> None:
    """`-n 2`: the last two, with what is summed of these alone; more than there are is all."""
    day.must("--sandbox", "--sessions", "4", "-q")
    every = read("history", day.must("history", "--sandbox", "--json"))
    assert read("history", day.must("history", "--sandbox", "--json", "-n", "2")) == every[-2:]
    assert read("history", day.must("history", "--sandbox", "--json", "--last", "99")) == every
    shown = day.must("history", "--sandbox", "-n", "1").lines
    assert shown[-1].startswith("Sum         1 session ")
    (month,) = read("history_monthly", day.must("history", "--sandbox", "--json", "--monthly", "-n", "3"))
    assert (month["month"], month["sessions"], month["closing"]) == ("2025-01", 4, every[-1]["closing"])
    assert "2025-01  4 " in day.must("history", "--sandbox", "--monthly").stdout
    assert "--monthly has no CSV; use --json" in day.must("history", "--monthly", "--csv", status=3).stderr
    assert "--last (-n): '0' is not allowed" in day.must("history", "-n", "0", status=3).stderr


@pytest.mark.parametrize(("columns", "left_out"), [(100, None), (60, "Drawdown, Return"), (50, "Total P&L,")])
def test_history_fits_the_screen(day: Day, columns: int, left_out: str | None) -> None:
    """Amounts are never cut: columns are left out for want of room, and said to be."""
    day.must("--sandbox", "--sessions", "3", "-q")
    day.env["COLUMNS"] = str(columns)
    shown = day.must("history", "--sandbox")
    assert max(map(len, shown.lines)) <= columns
    assert ("No room for" in shown.stdout) is (left_out is not None)
    assert left_out is None or left_out in shown.lines[-1]
