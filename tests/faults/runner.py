"""Starts the player of random schedules, and states what it found."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command import ROOT

COUNT = int(os.environ.get("FAULT_SCHEDULES", "24"))
"""How many schedules are played; the seeds are always the same, from 0."""
PARTS = 1
"""Of each half."""
SCHEDULES = Path(__file__).with_name("schedules.py")


def start(*args: str | int) -> subprocess.Popen[str]:
    """Start a player of its own: it forks, and so it must have no threads."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    variables["PYTHONPATH"] = os.pathsep.join((str(ROOT / "tests"), str(ROOT)))
    return subprocess.Popen(
        [sys.executable, SCHEDULES, *map(str, args)],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def play_part(part: int, record_property: Any, only: int | None) -> None:
    """Play the schedules of one of the parts, or the only one that was asked for."""
    first, end = (COUNT * number // (2 * PARTS) for number in (part, part + 1))
    if only is None:
        found_by(start("--from", first, "--count", end - first), record_property)
    elif part:
        pytest.skip("one schedule was asked for")
    else:
        found_by(start("--seed", only), record_property)


def found_by(player: subprocess.Popen[str], record_property: Any, *, real: bool = False) -> None:
    """Wait for a player; fail with each seed that went wrong and how to play it again alone."""
    with player:
        stdout, stderr = player.communicate(timeout=600)
    if not stdout:
        pytest.fail(f"the player broke down:\n{stderr}")
    found = json.loads(stdout)
    record_property("faults", found["counts"])
    kind = " --real" if real else ""
    lines = [
        f"seed {seed}: {what}\n"
        f"  again: PYTHONPATH=tests:. python tests/faults/schedules.py{kind} --seed {seed}\n"
        for seed, what in found["failures"].items()
    ]
    if lines:
        pytest.fail("\n".join([*lines, stderr]), pytrace=False)
