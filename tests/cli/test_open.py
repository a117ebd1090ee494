"""`--open` shows the page in the default browser, whichever command made it."""

import os
import shlex
import stat
from pathlib import Path

import pytest
from support.command import run_command

HERE = "2025-01-02"


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A browser that only notes what it was asked to show; return its notes."""
    notes = tmp_path / "shown.txt"
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" >> {shlex.quote(str(notes))}\n', "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.mark.parametrize(
    ("arguments", "page"),
    [
        (("--sandbox", "--open"), f"{HERE}_paper_run.html"),
        (("report", "--sandbox", "--open"), f"{HERE}_paper_run.html"),
        (("mark", "--sandbox", "--open"), f"{HERE}_mark.html"),
        (("--sandbox", "--sessions", "2", "--open"), "index.html"),
    ],
)
def test_the_page_is_opened(tmp_path: Path, browser: Path, arguments: tuple[str, ...], page: str) -> None:
    """A file URL of the page that was just written."""
    if "--sessions" not in arguments:
        assert run_command("--sandbox", "-q", cwd=tmp_path).returncode == 0
    if arguments[0] == "--sandbox" and "--sessions" not in arguments:
        page = "2025-01-03_paper_run.html"
    done = run_command(*arguments, cwd=tmp_path, env={"BROWSER": f"{browser} %s"})
    assert (done.returncode, done.stderr) == (0, "")
    shown = (tmp_path / "shown.txt").read_text("utf-8").split()
    assert shown == [(tmp_path / "reports" / "sandbox" / page).as_uri()]
    assert (tmp_path / "reports" / "sandbox" / page).exists()


def test_a_machine_without_a_browser_says_where_the_page_is(tmp_path: Path) -> None:
    """Exit 3: the day itself is whole, and its page is named."""
    done = run_command(
        "--sandbox", "--open", cwd=tmp_path, env={"BROWSER": f"{os.devnull} %s", "PATH": str(tmp_path)}
    )
    assert done.returncode == 3
    assert "--open: no browser could be started" in done.stderr
    assert f"{HERE}_paper_run.html" in done.stderr
