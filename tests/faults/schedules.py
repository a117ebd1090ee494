"""Random schedules of commands and mishaps, each from a seed: `python tests/faults/schedules.py --seed 1234`.

PYTHONPATH must lead to tests/ and to the package.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from faults.one_schedule import Launch, Schedule
from faults.plans import Act
from faults.real import Process
from faults.truth import must
from faults.world import Faulty
from support.child import Child
from support.desk import FIRST
from support.preloaded import warm
from support.world import World


def warm_cache(world: World, folder: Path, ahead: timedelta) -> Path:
    """Compile the page's template once, as any earlier run would have; return the folder of the bytecode."""
    folder.mkdir()
    first = Schedule(0, world, folder, launch=Child, ahead=ahead)
    ended = first.start(("--timeout", "5"), Act(kind="run")).wait()
    must(ended.status == 0, f"the first run ends with {ended.status}:\n{ended.stderr}")
    return first.record.reports / ".template-cache"


def play(seeds: list[int], *, real: bool = False, verbose: bool = False) -> dict[str, Any]:
    """Play the schedules of these seeds; return the counts and, by seed, what went wrong.

    :param real: each command goes by the real clock, and in each tenth schedule it is a fresh process.
    """
    warm()
    world = World(Faulty)
    ahead = timedelta() if real else FIRST - datetime.now(UTC)
    counts: Counter[str] = Counter()
    failures: dict[int, str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        cache = warm_cache(world, Path(temporary, "first"), ahead)
        for seed in seeds:
            folder = Path(temporary, str(seed))
            shutil.copytree(cache, folder / "reports" / ".template-cache")
            launch: Launch = Process if real and seed % 10 == 0 else Child
            schedule = Schedule(seed, world, folder, launch=launch, ahead=ahead, verbose=verbose)
            try:
                schedule.play()
            except (AssertionError, ValueError, KeyError) as error:
                failures[seed] = f"{type(error).__name__}: {error}"
            counts += schedule.counts
            shutil.rmtree(folder)
    world.stop()
    return {"counts": dict(counts), "failures": failures}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="one schedule, and tell all that happens in it")
    parser.add_argument("--from", type=int, dest="first", default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument(
        "--real", action="store_true", help="by the real clock, each tenth in fresh processes"
    )
    given = parser.parse_args()
    one = given.seed is not None
    seeds = [given.seed] if one else list(range(given.first, given.first + given.count))
    found = play(seeds, real=given.real, verbose=one)
    print(json.dumps(found, indent=2))
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
