"""A dozen more schedules with the real clock: nothing is passed in, nothing runs ahead."""

import os
from contextlib import ExitStack
from typing import Any

from faults import runner

FIRST, PLAYERS = 5000, 2
EACH = int(os.environ.get("REAL_SCHEDULES", "12")) // PLAYERS


def test_schedules_in_real_time(record_property: Any) -> None:
    """The same promises hold where a wait is a wait, and in each tenth for a process as cron starts it."""
    players = [
        runner.start("--real", "--from", FIRST + number * EACH, "--count", EACH) for number in range(PLAYERS)
    ]
    with ExitStack() as ends:
        for player in players:
            ends.callback(player.communicate)
        for player in players:
            runner.found_by(player, record_property, real=True)
