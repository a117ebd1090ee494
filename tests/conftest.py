"""What the whole suite shares: options (a schedule of faults again, new golden files), a ledger, counts."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from support import forked
from support.chromium import (  # noqa: F401 - fixtures for all
    browser,
    pages,
    pdftotext,
    screenshots,
    systemd_analyze,
    windows,
)
from support.covered import Covered
from support.postgres_server import own_server, postgres, schema  # noqa: F401 - fixtures for all

from paper_run.ledger.ledger import Ledger

TESTS = Path(__file__).parent
_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
_LONG = {folder: at for at, folder in enumerate(("year", "faults", "day", "lives", "browser"))}

# A machine that is busy is no finding.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-seed", type=int, help="play this one random schedule of faults again")
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden with what is found")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have the tests' folders in memory where there is room: a day syncs two dozen files, and a disk is slow.

    `--basetemp` says otherwise. They are gone at the end. Workers keep what they compile, see below.
    """
    if hasattr(config, "workerinput"):
        sys.dont_write_bytecode = False
    if config.option.basetemp is None and not hasattr(config, "workerinput") and _has_room(_MEMORY):
        config.option.basetemp = tempfile.mkdtemp(prefix="t-", dir=_MEMORY)
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= _ROOM


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Let `-n auto` be two more than the cores: while tests wait for a deadline others have their cores."""
    return len(os.sched_getaffinity(0)) + 2


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let each worker begin with other folders: it finds compiled what the others had first."""
    report = yield
    worker = getattr(collector.config, "workerinput", None)
    if worker and isinstance(collector, pytest.Directory):
        first = len(report.result) * int(worker["workerid"][2:]) // worker["workercount"]
        report.result[:] = report.result[first:] + report.result[:first]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one order in all workers; what takes long begins, so that at the end no core waits for another."""

    def place(item: pytest.Item) -> tuple[int, Path]:
        path = item.path.relative_to(TESTS)
        return _LONG.get(path.parts[0], len(_LONG)), path

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Let coverage not look at a hundred examples of one thing, which would take half as long again."""
    with Covered.nothing() if hypothesis.is_hypothesis_test(pyfuncitem.obj) else contextlib.nullcontext():
        return (yield)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a new one, open, in the test's own folder."""
    with Ledger(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def _forks_end() -> Iterator[None]:
    """End what the commands are forked from before coverage counts."""
    yield
    forked.stop()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what the schedules of faults did, from every worker."""
    counts: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "faults" and report.when == "call":
                    counts.update(value)
    if counts:
        terminalreporter.section("random schedules of faults")
        terminalreporter.line(", ".join(f"{number:,} {what}" for what, number in sorted(counts.items())))
