"""Thirty more schedules of real processes with the real clock: nothing is passed in, nothing runs ahead."""

from typing import Any

from faults import runner

FIRST, EACH, PLAYERS = 5000, 6, 5


def test_thirty_schedules_of_real_processes(record_property: Any) -> None:
    """The same promises hold for `python -m paper_run` as cron starts it."""
    players = [
        runner.start("--real", "--from", FIRST + number * EACH, "--count", EACH) for number in range(PLAYERS)
    ]
    for player in players:
        runner.found_by(player, record_property, real=True)
