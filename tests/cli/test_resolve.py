"""`resolve` as a command: what it prints, writes, refuses, and ends with."""

import os
import re
import shlex
from pathlib import Path

import pytest
from builders.attempts import begun, order, unknown
from builders.attempts import signal as a_signal
from builders.moments import FakeTime
from cli.recorded import FILES, Say, recorded, saved, trade_of, written
from support.held_lock import held_by
from support.lines import new_york_today
from support.odd_platform import ORDERS, RUNS, OddPlatform
from support.odd_services import STRATEGY

from paper_run.cli import output
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.sqlite import database

pytestmark = pytest.mark.usefixtures("own_folder")


# resolve: what there is


def test_resolve_needs_a_ledger(say: Say, tmp_path: Path, platform: OddPlatform) -> None:
    """Exit 3 naming the folder; none is made for a folder that was mistyped."""
    status, out, err = say("resolve", "--reports-dir", "reprots")
    assert (status, out) == (3, "")
    assert str(tmp_path / "reprots") in err
    assert os.listdir(tmp_path) == []


def test_resolve_says_that_all_is_settled(say: Say, folder: Path, platform: OddPlatform) -> None:
    """One line, exit 0."""
    recorded(folder)
    assert say("resolve") == (0, "Nothing is open: every outcome is known.\n", "")


def commands(text: str) -> list[list[str]]:
    return [shlex.split(found) for found in re.findall(r"python\S* -m paper_run (.*)", text)]


@pytest.mark.usefixtures("platform")
def test_the_commands_that_resolve_lists_work(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are printed, from another folder: the last one settles the attempt."""
    reports = tmp_path / "my reports"
    reports.mkdir()
    row = recorded(reports, state="unsettled", known_runs=None)
    status, out, _ = say("resolve", "--reports-dir", "my reports")
    assert status == 0
    ready = commands(out)
    assert len(ready) == 3
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert say(*ready[-1])[0] == 0
    assert trade_of(reports, row).state == "nothing"


def test_resolve_looks_once_more_by_itself(say: Say, folder: Path, platform: OddPlatform) -> None:
    """The run that was lost is there now: it is adopted, its files are written, nothing is left to settle."""
    row = recorded(folder, state="unsettled")
    run = platform.orchestrator.run_for_somebody_else("AAPL", "MSFT", "GOOGL", as_of_date="2025-01-17")
    status, out, _ = say("resolve")
    assert status == 0
    assert f"run {run['run_id']} was found" in out
    assert "Nothing is open: every outcome is known." in out
    assert trade_of(folder, row).run_id == run["run_id"]
    assert written(folder) == FILES
    assert saved(folder)["run_id"] == run["run_id"]
    assert platform.executed == 1
    assert platform.posts == []


def test_resolve_makes_the_ledger_nobodys(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Only a first attempt says whose it is."""
    recorded(folder)
    assert say("resolve")[0] == 0
    with Ledger(folder) as ledger:
        assert ledger.account.is_sandbox is None


def test_resolve_sends_nothing_to_trade(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Whatever it is told."""
    recorded(folder, state="sent")
    say("resolve")
    say("resolve", "2025-01-17", "--placed", "--run-id", "x")
    say("resolve", "2025-01-17", "--not-placed")
    assert platform.posts == []


# resolve: a decision


def test_not_placed(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Exit 0, who said it is printed, the files are written anew, and the session is open."""
    row = recorded(folder, state="sent")
    status, out, err = say("resolve", "2025-01-17", "--not-placed")
    assert (status, err) == (0, "")
    assert "The outcome of the attempt 2025-01-17 is known: not placed, by ann@" in out
    assert all(str(folder / name) in out for name in FILES)
    assert saved(folder)["status"] == "failed"
    assert trade_of(folder, row).state == "nothing"


def test_placed_by_its_run(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Fetched from the orchestrator and the gateway into the record."""
    row = recorded(folder, state="sent")
    run = platform.orchestrator.run_for_somebody_else("AAPL", "TSLA", as_of_date="2025-01-16")
    status, out, _ = say("resolve", "2025-01-17", "--placed", "--run-id", run["run_id"])
    assert status == 0
    assert f"placed, run {run['run_id']}, by ann@" in out
    assert trade_of(folder, row).state == "closed"
    assert [each["symbol"] for each in saved(folder)["orders"]] == ["AAPL", "TSLA"]
    assert saved(folder)["results"]["num_orders_filled"] == 2


def test_placed_by_its_orders(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Each is fetched from the gateway."""
    recorded(folder, state="sent")
    run = platform.orchestrator.run_for_somebody_else("AAPL", "MSFT", as_of_date="2025-01-16")
    ids = [each["client_order_id"] for each in run["mappings"]]
    status, _, _ = say("resolve", "2025-01-17", "--placed", "--order", ids[0], "--order", ids[1])
    assert status == 0
    assert [each["client_order_id"] for each in saved(folder)["orders"]] == ids
    assert saved(folder)["status"] == "success"


def test_placed(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Without more: settled, of unknown outcome."""
    row = recorded(folder, state="sent")
    assert say("resolve", "2025-01-17", "--placed")[0] == 0
    assert (trade_of(folder, row).state, saved(folder)["status"]) == ("closed", "unknown")


@pytest.mark.usefixtures("nobody")
def test_a_word_can_be_given_while_every_service_is_down(say: Say, folder: Path) -> None:
    """What was not placed needs nobody's answer; a run does: exit 2, and the attempt stays as it is."""
    recorded(folder, state="sent")
    second = recorded(folder, number=2, state="sent", rehearsal=True)
    assert say("resolve", "2025-01-17", "--not-placed")[0] == 0
    status, _, err = say("resolve", "2025-01-17-2", "--placed", "--run-id", "run-1")
    assert status == 2
    assert "can't be read" in err
    assert trade_of(folder, second).state == "sent"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("2025-01-17", "not said what came of it"),
        ("--placed", "needs the attempt"),
        ("--not-placed", "needs the attempt"),
        ("2025-01-17 --placed --not-placed", "contradict"),
        ("2025-01-17 --run-id r", "goes with --placed"),
        ("2025-01-17 --order o", "goes with --placed"),
        ("2025-01-17 --not-placed --run-id r", "goes with --placed"),
        ("2025-01-17 --not-placed --order o", "goes with --placed"),
        ("2025-01-17 --placed --run-id r --order o", "one kind of the two"),
        ("2025-01-18 --not-placed", "no attempt 2025-01-18"),
        ("2025-01-17-2 --not-placed", "no attempt 2025-01-17-2"),
        ("tomorrow --not-placed", "names no attempt"),
        ("2025-01-17 2025-01-18 --placed", "unexpected extra argument"),
        ("2025-01-17 --placed --run-id", "requires an argument"),
        ("2025-01-17 --placed --capital 5", "No such option"),
        ("2025-01-17 --placed --run-id nobodys", "knows no run nobodys"),
        ("2025-01-17 --placed --order nobodys", "knows no order nobodys"),
        ("2025-01-17 --placed --order ''", "--order"),
        ("2025-01-17 --placed --run-id ''", "--run-id"),
    ],
)
def test_what_makes_no_sense_is_refused(
    say: Say, folder: Path, platform: OddPlatform, typed: str, says: str
) -> None:
    """Exit 3 with the form; the attempt stays as it is."""
    row = recorded(folder, state="sent")
    status, _, err = say("resolve", *shlex.split(typed))
    assert status == 3
    assert says in err
    assert trade_of(folder, row) == row


@pytest.mark.parametrize("flag", ["--run-id", "--order"])
def test_an_id_that_is_no_text_is_refused(say: Say, folder: Path, platform: OddPlatform, flag: str) -> None:
    """Bytes that no service can know: exit 3, no traceback."""
    row = recorded(folder, state="sent")
    status, _, err = say("resolve", "2025-01-17", "--placed", flag, os.fsdecode(b"\xff"))
    assert status == 3
    assert flag in err
    assert trade_of(folder, row) == row


def test_a_settled_trade_is_refused_with_a_command_that_shows_it(
    say: Say, tmp_path: Path, platform: OddPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 3 with how its outcome became known; the command that is shown finds this ledger from anywhere."""
    reports = tmp_path / "my reports"
    reports.mkdir()
    recorded(reports, state="sent")
    options = ["--reports-dir", "my reports"]
    assert say("resolve", "2025-01-17", "--not-placed", *options)[0] == 0
    status, _, err = say("resolve", "2025-01-17", "--placed", *options)
    assert status == 3
    assert "is known already: not placed, by ann@" in err
    (ready,) = commands(err)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert say(*ready)[0] == 0


def test_files_that_cannot_be_written_are_named(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Exit 3; the decision is recorded all the same."""
    row = recorded(folder, state="sent")
    (folder / FILES[2]).mkdir()
    status, out, err = say("resolve", "2025-01-17", "--not-placed")
    assert status == 3
    assert "of the attempt" in out
    assert FILES[2] in err
    assert trade_of(folder, row).state == "nothing"


def test_resolve_waits_a_minute_for_another_run(
    say: Say, folder: Path, platform: OddPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is exit 2, naming who holds the lock."""
    row = recorded(folder, state="sent")
    time = FakeTime()
    monkeypatch.setattr(output, "clock", lambda: time.clock)
    with held_by(folder, b'{"pid": 7, "host": "h", "started": "s"}'):
        status, _, err = say("resolve", "2025-01-17", "--not-placed")
    assert status == 2
    assert "Process 7 on h, started s" in err
    assert time.passed >= 60
    assert trade_of(folder, row) == row


# Another account's platform


@pytest.mark.parametrize(
    "typed", ["", "2025-01-17 --placed --run-id RUN", "2025-01-17 --placed --order ORDER"]
)
def test_another_platform_is_not_asked(say: Say, folder: Path, platform: OddPlatform, typed: str) -> None:
    """The ledger is of another orchestrator: exit 3; a run of this one that would fit is not taken."""
    with Ledger(folder) as ledger:
        ledger.account.belongs_to(sandbox=False, orchestrator_url="http://other.test:8003", strategy=STRATEGY)
    row = recorded(folder, state="unsettled")
    run = platform.orchestrator.run_for_somebody_else("AAPL", as_of_date="2025-01-17")
    typed = typed.replace("RUN", run["run_id"]).replace("ORDER", run["mappings"][0]["client_order_id"])
    status, _, err = say("resolve", *typed.split())
    assert status == 3
    assert "another account" in err
    assert trade_of(folder, row) == row
    assert not [each for each in platform.requests if each.path.startswith((RUNS, ORDERS))]


def test_a_run_against_another_platform_does_not_settle_with_it(
    say: Say, folder: Path, platform: OddPlatform
) -> None:
    """The day is refused before earlier attempts are looked for there."""
    with Ledger(folder) as ledger:
        ledger.account.belongs_to(sandbox=False, orchestrator_url="http://other.test:8003", strategy=STRATEGY)
    row = recorded(folder, state="unsettled")
    platform.orchestrator.run_for_somebody_else("AAPL", as_of_date="2025-01-17")
    status, _, err = say()
    assert status == 3
    assert "another account" in err
    assert trade_of(folder, row) == row
    assert platform.posts == []


# Before and after a run


def test_the_command_shown_for_other_parameters_works(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Exit 3 for a session traded otherwise; the report command that it shows makes the files again."""
    today = new_york_today()
    recorded(folder, session=today)
    status, _, err = say("--capital", "5", "--orchestrator-url", platform.orchestrator.url)
    assert status == 3
    assert "with other parameters" in err
    ready = [each for each in commands(err) if each[0] == "report"]
    assert len(ready) == 1
    status, out, err = say(*ready[0])
    assert (status, err) == (0, "")
    assert f"{today}_paper_run.json" in out


def test_a_session_settled_by_hand_says_so_in_every_later_report(
    say: Say, folder: Path, platform: OddPlatform
) -> None:
    """Its first attempt was settled as not placed, by ann; the second one's report tells that too."""
    today = new_york_today()
    recorded(folder, state="unsettled", session=today, known_runs=None)
    assert say("resolve", f"{today}", "--not-placed")[0] == 0
    assert say()[0] == 0
    assert platform.executed == 1
    result = saved(folder, f"{today}")
    assert result["status"] == "success"
    assert any("not placed, by ann@" in each["text"] for each in result["findings"])


def test_an_unsettled_trade_is_a_warning_of_the_next_sessions_report(
    say: Say, folder: Path, platform: OddPlatform
) -> None:
    """It blocks nothing, and the command that the warning names lists it."""
    recorded(folder, state="unsettled")
    assert say("--reports-dir", str(folder))[0] == 0
    found = saved(folder, f"{new_york_today()}")["findings"]
    (unknown,) = [each for each in found if each["code"] == "outcome_unknown"]
    assert unknown["subject"] == "2025-01-17"
    (remedy,) = unknown["remedies"]
    status, out, _ = say(*shlex.split(remedy["command"])[1:], "--reports-dir", str(folder))
    assert status == 0
    assert "2025-01-17: sent" in out


def test_an_order_in_doubt_is_listed_until_it_is_found(say: Say, folder: Path, platform: OddPlatform) -> None:
    """A closed trade with an order in doubt is no unsettled one; it is shown all the same."""
    with Ledger(folder) as ledger:
        row = begun(ledger)
        ledger.attempts.record(
            row,
            state="closed",
            document=unknown(row.snapshot),
            in_doubt=1,
            mappings=[a_signal()],
            states=[order()],
        )
    status, out, _ = say("resolve")
    assert status == 0
    assert "2025-01-17: has orders in doubt" in out
    assert "Nothing is open" not in out


def test_a_foreign_file_is_refused_by_every_command(say: Say, folder: Path, platform: OddPlatform) -> None:
    """Exit 3 naming it, before anything is asked or sent; it is not touched."""
    path = folder / database.FILE_NAME
    path.write_bytes(b"dear diary\n" * 400)
    for command in ([], ["--dry-run"], ["report"], ["resolve"]):
        status, _, err = say(*command)
        assert status == 3, command
        assert str(path) in err
    assert path.read_bytes() == b"dear diary\n" * 400
    assert platform.posts == []
