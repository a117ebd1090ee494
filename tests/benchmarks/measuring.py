"""What the benchmarks share: an installed package, CPU of a process, interleaved rounds, the table."""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def options(description: str, rounds: int) -> argparse.ArgumentParser:
    """Return what reads `--python` and `--rounds` from the command line, to be added to."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--python", type=Path, help="of an environment with paper_run installed, not editable"
    )
    parser.add_argument(
        "--rounds", type=int, default=rounds, help="medians are over so many (default %(default)s)"
    )
    return parser


def environment(**variables: str) -> dict[str, str]:
    """Return an environment in which bytecode may be cached, without settings of the project's."""
    dropped = ("PYTHON", "COV", "PAPER_RUN_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {name: value for name, value in kept.items() if not name.endswith("_URL")} | variables


@contextmanager
def installed(python: Path | None) -> Iterator[Path]:
    """Yield the interpreter given, else one of a temporary environment with this tree's wheel installed.

    A checkout is compiled and looked up differently: only an installed package shows what a user has.
    """
    if python:
        yield python.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="paper_run-benchmark-") as folder:
        made = Path(folder, "venv", "bin", "python")
        for step in (
            [sys.executable, "-m", "build", "--wheel", "--outdir", folder, str(_copy(Path(folder, "tree")))],
            [sys.executable, "-m", "venv", str(made.parents[1])],
        ):
            _prepare(step)
        (wheel,) = Path(folder).glob("*.whl")
        _prepare([str(made), "-m", "pip", "install", "-q", f"{wheel}[notify]"])
        yield made


def _prepare(step: list[str]) -> None:
    done = subprocess.run(step, env=environment(), check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{step}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def _copy(destination: Path) -> Path:
    sys.path.insert(0, str(ROOT / "tests"))
    from support.tree import copy_project

    return copy_project(destination)


def cpu_seconds(
    command: list[str | Path], cwd: Path, env: Mapping[str, str] | None = None, *, exit_status: int = 0
) -> float:
    """Run a command, which must end with `exit_status`; return its user and system time, with children's."""
    return cpu_of(used_by(command, cwd, env, exit_status=exit_status))


def cpu_of(used: resource.struct_rusage) -> float:
    """Return user and system time together, in seconds."""
    return used.ru_utime + used.ru_stime


def used_by(
    command: list[str | Path], cwd: Path, env: Mapping[str, str] | None = None, *, exit_status: int = 0
) -> resource.struct_rusage:
    """Run a command, which must end with `exit_status`; return what it used of the machine."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=cwd, env=env or environment(), stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != exit_status:
            said.seek(0)
            sys.exit(f"{command}: exit {process.returncode}\n{said.read().decode(errors='replace')}")
    return used


def medians(what: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Measure each in turn, over and over, so that a busy moment touches all alike; return the medians."""
    for measure in what.values():
        measure()
    seen: dict[str, list[float]] = {name: [] for name in what}
    for _ in range(rounds):
        for name, measure in what.items():
            seen[name].append(measure())
    return {name: statistics.median(times) for name, times in seen.items()}


def show(
    title: str,
    found: Mapping[str, float],
    *,
    base: str,
    budgets: Mapping[str, float],
    measured: str = "CPU, user + system",
) -> None:
    """Print each median beside the base's, as a ratio, with its budget where it has one."""
    print(f"{title} (medians of {measured}; load of the machine {os.getloadavg()[0]:.1f})")
    for name, seconds in found.items():
        ratio = seconds / found[base]
        line = f"  {name:<44} {seconds * 1000:8.1f} ms {ratio:7.2f} x"
        if name in budgets:
            line += f"   budget {budgets[name]:g} x   {'within' if ratio <= budgets[name] else 'OVER'}"
        print(line)
