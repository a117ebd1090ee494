"""Commands of ours: as they are recorded, and as they run on a host."""

import shlex

import pytest

from paper_run.model.commands import PLAIN, Invocation, ours

ON_HOST = Invocation(
    "/opt/p/bin/python -m paper_run", " --sandbox", " --orchestrator-url http://t5", "ab12", " --capital 5"
)


def test_a_word_is_typed_as_a_shell_takes_it() -> None:
    """Whatever a service calls a run, it becomes no command of its own."""
    assert shlex.split(ours("resolve", "x; rm -rf ~")) == ["paper-run", "resolve", "x; rm -rf ~"]


@pytest.mark.parametrize(
    ("command", "whole"),
    [
        ("resolve --reset", "resolve --reset --ledger ab12 --sandbox --orchestrator-url http://t5"),
        ("mark", "mark --ledger ab12 --sandbox --orchestrator-url http://t5"),
        ("email", "email --ledger ab12 --sandbox"),
        ("history", "history --sandbox"),
        ("--again", "--again --capital 5 --sandbox --orchestrator-url http://t5"),
        ("doctor", "doctor --sandbox --orchestrator-url http://t5"),
    ],
)
def test_a_command_runs_as_it_stands(command: str, whole: str) -> None:
    """It finds the same ledger and services, asks the day for the same, and changes no other ledger."""
    assert ON_HOST.whole(f"paper-run {command}") == f"/opt/p/bin/python -m paper_run {whole}"


def test_a_ledger_is_named_once() -> None:
    """Also in a command that was recorded with it."""
    assert ON_HOST.whole("paper-run mark --ledger ffff").count("--ledger") == 1
    assert " --ledger ffff" in ON_HOST.whole("paper-run mark --ledger ffff")


@pytest.mark.parametrize("command", ["", "curl http://t5/health", "tail -f logs/x.log"])
def test_other_commands_are_left_alone(command: str) -> None:
    """They are not ours."""
    assert ON_HOST.whole(command) == command


def test_without_a_host_a_command_stays_as_it_is_recorded() -> None:
    """As files have it."""
    assert PLAIN.whole("paper-run mark") == "paper-run mark"
