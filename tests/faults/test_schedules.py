"""The first half of the random schedules, each from its seed."""

from typing import Any

import pytest
from faults import runner


@pytest.mark.parametrize("part", range(runner.PARTS))
def test_schedules(part: int, record_property: Any, request: pytest.FixtureRequest) -> None:
    """Whatever happens: one orchestration a session, a ledger that explains it, true words, whole files."""
    runner.play_part(part, record_property, request.config.getoption("--fault-seed"))
