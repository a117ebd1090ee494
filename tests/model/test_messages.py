"""The day's failures in words: which exit status, what is named, and commands that can be pasted."""

import shlex
from decimal import Decimal
from pathlib import Path

import pytest
from builders.attempts import DOUBT, IDLE, a_snapshot, known, run, signal
from builders.moments import SESSION

from paper_run.cli import main
from paper_run.errors import ExitStatus, PaperRunError, Remedy
from paper_run.model import findings, messages, reading_messages
from paper_run.model.commands import PROGRAM, Invocation
from paper_run.model.order import ListedRun
from paper_run.model.service import ServiceUrl
from paper_run.trading import traded_already
from paper_run.trading.conclude import conclude

T5 = ServiceUrl(base="http://t5.test:8003", credentials=("ops", "canary"))
T4 = ServiceUrl(base="http://t4.test:8002", credentials=("ops", "canary"))
TRADE = "2025-01-17-2"
PARAMETERS = a_snapshot().parameters
OTHERS = PARAMETERS._replace(symbols=("TSLA",), capital=Decimal("5.50"), max_position_size=Decimal(1))
LISTED = ListedRun("run-1", "completed", "2025-01-17", "2025-01-17T14:00:00", 3)
ALL: dict[str, tuple[PaperRunError, ExitStatus]] = {
    "positions": (
        reading_messages.positions_unreadable(T4, "answered 500: no", refusal=None),
        ExitStatus.DEPENDENCY,
    ),
    "interrupted": (messages.interrupted(T5, T4, "run-1", TRADE), ExitStatus.INTERRUPTED),
    "interrupted early": (messages.interrupted(T5, T4, None, TRADE), ExitStatus.INTERRUPTED),
    "interrupted before": (messages.interrupted_before(), ExitStatus.INTERRUPTED),
    "cut off": (messages.cut_off(T5, T4, TRADE), ExitStatus.ORCHESTRATION),
    "lost": (messages.lost(T5, T4, "answered 500: no", TRADE), ExitStatus.ORCHESTRATION),
    "timed out": (messages.timed_out("run-1", Decimal("3E+2"), "2025-01-17"), ExitStatus.ORCHESTRATION),
    "unreadable": (reading_messages.gateway_unreadable(T4, ["a", "b"], refusal=None), ExitStatus.DEPENDENCY),
    "someone else": (traded_already.error(T5, LISTED, None, SESSION, ()), ExitStatus.ORCHESTRATION),
    "midnight": (messages.midnight(SESSION), ExitStatus.ORCHESTRATION),
    "other": (messages.other_parameters(TRADE, PARAMETERS, OTHERS), ExitStatus.DATA),
    "again": (messages.again_while_unknown(TRADE), ExitStatus.ORCHESTRATION),
}


@pytest.mark.parametrize("name", ALL)
def test_every_failure_has_its_status_and_a_way_out(name: str) -> None:
    """Something to try, and no credentials of any URL."""
    error, status = ALL[name]
    assert error.exit_status is status
    assert error.title
    assert error.explanation
    assert error.remedies
    assert "canary" not in f"{error} {error.remedies}"


@pytest.mark.parametrize("name", ["interrupted", "interrupted early", "cut off", "lost", "again"])
def test_who_can_settle_is_told_how(name: str) -> None:
    """With both ready commands, for this attempt and this ledger; and that nothing is sent a second time."""
    remedies = [*map(str, ALL[name][0].remedies)]
    assert f"If it did not: paper-run resolve {TRADE} --not-placed" in remedies
    assert f"Or, by the orders' ids: paper-run resolve {TRADE} --placed --order ID --order ID" in remedies
    assert any("never sent again" in remedy for remedy in remedies)


COMMANDS = [
    (name, remedy.command)
    for name, (error, _) in ALL.items()
    for remedy in error.remedies
    if remedy.command.startswith(f"{PROGRAM} ") and not remedy.command.startswith(f"{PROGRAM} --")
]


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_a_ready_command_is_one(
    name: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is understood as it stands: it fails for want of a ledger there, and not as a wrong command line."""
    monkeypatch.chdir(tmp_path)
    whole = Invocation("paper-run", " --reports-dir '/a b/c'", ledger="ab12").whole(command)
    assert main(shlex.split(whole)[1:]) == 3
    assert "There is no ledger" in capsys.readouterr().err


def test_what_was_interrupted_is_named() -> None:
    """The run where it is known; else where to look for it."""
    error = ALL["interrupted"][0]
    assert "run-1 goes on" in error.explanation
    assert any("runs/run-1" in remedy for remedy in map(str, error.remedies))
    early = ALL["interrupted early"][0]
    assert "may still be trading" in early.explanation
    assert any("runs?limit=5'" in remedy for remedy in map(str, early.remedies))


def test_a_lost_answer_says_why_it_is_lost() -> None:
    """The service's own reason, and that it is not sent again."""
    assert "http://t5.test:8003 answered 500: no." in ALL["lost"][0].explanation
    assert ALL["lost"][0].title == "It is not known whether the orchestrator traded"
    assert "Nothing is sent again." in ALL["lost"][0].explanation
    assert "this program ended before its answer came" in ALL["cut off"][0].explanation


def test_a_timeout_names_the_run_and_the_seconds() -> None:
    """In digits."""
    assert "run-1 had not ended after 300 s" in ALL["timed out"][0].explanation


def test_other_parameters_are_both_shown() -> None:
    """Recorded and given, all four values of each; the title has the attempt's name."""
    error = ALL["other"][0]
    assert error.title == "The session was already traded, as 2025-01-17-2, with other parameters"
    recorded, given = error.explanation.split("\n")
    assert recorded == (
        "Recorded: symbols AAPL, MSFT, GOOGL; capital 100000; maximum position 20000; "
        "signals as of 2025-01-17."
    )
    assert given == "Given now: symbols TSLA; capital 5.50; maximum position 1; signals as of 2025-01-17."
    assert any("--again" in remedy for remedy in map(str, error.remedies))


def test_somebody_elses_run_is_named() -> None:
    """With its orders and what to do; nothing was sent."""
    error = ALL["someone else"][0]
    assert "2025-01-17" in error.title
    assert "run-1 of today with 3 orders" in error.explanation
    assert "Nothing was sent" in error.explanation
    assert any("--again" in remedy for remedy in map(str, error.remedies))


def test_a_gateway_with_many_complaints_is_cut_short() -> None:
    """Five are enough to see what is wrong."""
    error = reading_messages.gateway_unreadable(T4, [f"reason {number}" for number in range(9)], refusal=None)
    assert "reason 4" in error.explanation
    assert "reason 5" not in error.explanation


def test_orders_that_were_not_accepted_are_listed() -> None:
    """How many of how many, the orchestrator's own words on one line, and each reason."""
    asked = run(signal(), DOUBT, IDLE, status="partial", error_message="half\n of  it")
    rows = conclude(known(asked)).result.orders
    error = messages.unsuccessful(asked, rows, ("first reason", "second reason"), sandbox=False)
    assert error.title == "1 of 2 orders is in doubt"
    assert "Run run-1 ended as partial. The orchestrator says: half of it" in error.explanation
    assert error.details == ("first reason", "second reason")


def test_a_sandbox_keeps_no_logs() -> None:
    """What its symbols do is told where it is written; a platform's logs are looked at."""
    asked = run(signal(), DOUBT, status="partial")
    rows = conclude(known(asked)).result.orders
    commands = {
        sandbox: [each.command for each in messages.unsuccessful(asked, rows, (), sandbox=sandbox).remedies]
        for sandbox in (True, False)
    }
    assert not any("logs/" in each for each in commands[True])
    assert any("logs/" in each for each in commands[False])


def test_a_run_that_ended_badly_without_a_refusal_says_so() -> None:
    """Nothing to count: the run's own end is the title."""
    asked = run(status="failed")
    assert (
        messages.unsuccessful(asked, (), (), sandbox=True).title == "The orchestrator ended the run as failed"
    )


@pytest.mark.parametrize("status", list(ExitStatus))
def test_a_recorded_failure_is_shown_again(status: ExitStatus) -> None:
    """With the same words; nothing to show of a day without one."""
    assert messages.recorded([], int(status)) == ()
    texts = ["Title. Why it was so. And more", "Only a title"]
    found = [findings.Finding("data", "error", "", text, (Remedy("Try"),)) for text in texts]
    again = messages.recorded([*found, findings.warning("fill", "odd")], int(status))
    assert [(error.title, error.remedies) for error in again] == [(text, (Remedy("Try"),)) for text in texts]
    if status:
        assert {error.exit_status for error in again} == {status}
