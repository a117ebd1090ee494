"""A folder, services and a way to type a command in this process, for the tests of single commands."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.recorded import Say
from support.command import any_time
from support.odd_platform import OddPlatform

from paper_run.cli import main


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder, an environment and a SIGTERM of the test's own; ann is who types."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("PAPER_RUN_") or name.endswith(
            ("_SERVICE_URL", "_GATEWAY_URL", "ORCHESTRATOR_URL", "COLUMNS")
        ):
            monkeypatch.delenv(name)
    for name, value in any_time().items():
        monkeypatch.setenv(name, value)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "ann")
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The reports folder, which is there."""
    reports = tmp_path / "reports"
    reports.mkdir()
    return reports


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[OddPlatform]:
    """Services to which the environment leads."""
    with OddPlatform() as running:
        for name, url in running.urls.items():
            monkeypatch.setenv(name, url)
        yield running


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that leads to services that are down."""
    with OddPlatform(down=("signal", "gateway", "orchestrator", "quotes")) as down:
        for name, url in down.urls.items():
            monkeypatch.setenv(name, url)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command; return its exit status and what it printed on both streams."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(arguments)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return status, printed.out, printed.err

    return run
