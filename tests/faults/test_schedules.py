"""The first half of the random schedules: five hundred, each from its seed."""

from typing import Any

import pytest
from faults import runner

FIRST, EACH = 0, 100


@pytest.mark.parametrize("part", range(5))
def test_a_hundred_schedules(part: int, record_property: Any, request: pytest.FixtureRequest) -> None:
    """Whatever happens: one orchestration a session, a ledger that explains it, true words, whole files."""
    seed = request.config.getoption("--fault-seed")
    if seed is not None:
        if (FIRST, part) != (0, 0):
            pytest.skip("one schedule was asked for")
        runner.found_by(runner.start("--seed", seed), record_property)
        return
    runner.found_by(runner.start("--from", FIRST + part * EACH, "--count", EACH), record_property)
