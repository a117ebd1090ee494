"""The worked week: each command is run as it stands, prints what is shown and leaves what lies beside it."""

import re
import shlex
from pathlib import Path

import pytest
from support.command import run_command
from support.golden import UPDATE, compare, normalised, run_ids
from support.tree import ROOT

WEEK = ROOT / "docs" / "week"
FILES = tuple(sorted(path.name for path in WEEK.iterdir() if path.suffix != ".md"))
STATUSES = (0, 2, 2, 0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("week")


@pytest.fixture(scope="module")
def printed(folder: Path) -> list[str]:
    """What each command printed, in their order; its exit status is the one that the text says."""
    blocks = re.findall(r"```bash\n(.*?)```", (WEEK / "README.md").read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) == len(STATUSES)
    said = []
    for line, status in zip(lines, STATUSES, strict=True):
        _, _, _, *words = shlex.split(line)
        ended = run_command(*words, cwd=folder)
        assert ended.returncode == status, ended.stdout + ended.stderr
        said.append(ended.stdout + ended.stderr)
    return said


def test_what_it_shows_is_printed(printed: list[str]) -> None:
    """Each excerpt stands in what the commands right above it print."""
    text, at = (WEEK / "README.md").read_text("utf-8"), 0
    for kind, block in re.findall(r"```(bash|text)\n(.*?)```", text, re.DOTALL):
        if kind == "bash":
            at += len(block.splitlines())
        else:
            assert block in printed[at - 1]


def test_the_excerpts_are_there() -> None:
    """A page without any would prove nothing."""
    assert (WEEK / "README.md").read_text("utf-8").count("```text\n") == 6


@pytest.mark.parametrize("name", FILES)
@pytest.mark.usefixtures("printed")
def test_its_files_are_what_the_week_leaves(folder: Path, name: str, request: pytest.FixtureRequest) -> None:
    """But for what differs each time: ids, times, what the machine took."""
    reports = folder / "reports" / "sandbox"
    left = (reports / name).read_bytes().decode()
    if request.config.getoption(UPDATE):
        compare(left, WEEK / name, update=True)
        return
    ids = run_ids(path.read_text("utf-8") for path in sorted(reports.glob("*_paper_run.json")))
    there = (WEEK / name).read_bytes().decode()
    old = run_ids([(WEEK / "2025-01-07_paper_run.json").read_text("utf-8")])
    expected = normalised(there, folder, [each for each in old if each in there])
    assert normalised(left, folder, [each for each in ids if each in left]) == expected
