"""A full disk: before the POST nothing is sent; after it, all is told, nothing is torn or lost."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.desk import Desk
from support.odd_platform import RUN


@pytest.fixture
def small_disk(desk: Desk) -> Iterator[Path]:
    """A file system of 1 MiB at the reports folder."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() or not mount or not umount:
        pytest.skip("a file system can only be mounted by root")
    desk.reports.mkdir()
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", desk.reports], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield desk.reports
    finally:
        subprocess.run([umount, desk.reports], check=True)


def fill(folder: Path, *, leave: int = 0) -> None:
    """Use up all the room but for so many bytes."""
    with (folder / "filler").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
    if leave:
        os.truncate(folder / "filler", max(0, (folder / "filler").stat().st_size - leave))


def empty(folder: Path) -> None:
    (folder / "filler").unlink()


def test_full_before_the_post(desk: Desk, small_disk: Path) -> None:
    """Nothing is sent: exit 3; with room again the session is traded, once."""
    fill(small_disk)
    finished = desk.run()
    assert (finished.returncode, desk.platform.posts) == (3, [])
    assert str(small_disk) in finished.stderr
    assert "Make room there, or name another folder" in finished.stderr
    empty(small_disk)
    assert desk.run().returncode == 0
    assert desk.platform.executed == 1


@pytest.mark.parametrize("kibibytes", [4, 8, 16, 24, 32, 48, 64, 96, 128, 192])
def test_nearly_full(desk: Desk, small_disk: Path, kibibytes: int) -> None:
    """Wherever the room ends, there is at most one POST, and the next command knows of it."""
    fill(small_disk, leave=kibibytes * 1024)
    finished = desk.run()
    sent = len(desk.platform.posts)
    assert finished.returncode in (0, 1, 3)
    assert sent <= 1
    if sent:
        assert desk.platform.orchestrator.runs[0]["run_id"] in finished.stdout
    for path in small_disk.glob("*.json"):
        json.loads(path.read_bytes())
    assert desk.leftovers() == []
    empty(small_disk)
    assert desk.run().returncode == 0
    assert (len(desk.platform.posts), desk.platform.executed) == (1, 1)
    assert desk.saved()["run_id"] == desk.platform.orchestrator.runs[0]["run_id"]


def test_full_from_the_post_on(desk: Desk, small_disk: Path) -> None:
    """The record can't be written: the run is told on the console, exit 1, and found again later."""
    desk.at_post(lambda: fill(small_disk))
    finished = desk.run()
    run_id = desk.platform.orchestrator.runs[0]["run_id"]
    assert finished.returncode == 1
    assert "It was sent" in finished.stderr
    assert run_id in finished.stdout
    assert str(small_disk) in finished.stderr
    assert "no transaction is active" not in finished.stderr
    assert "full" in finished.stderr or "No space" in finished.stderr
    assert desk.leftovers() == []
    empty(small_disk)
    assert desk.run().returncode == 0
    assert (len(desk.platform.posts), desk.saved()["run_id"]) == (1, run_id)


def test_full_from_the_post_on_as_json(desk: Desk, small_disk: Path) -> None:
    """`--output -` still prints what was done."""
    desk.at_post(lambda: fill(small_disk))
    finished = desk.run("--output", "-")
    assert finished.returncode == 1
    result = json.loads(finished.stdout)
    assert result["run_id"] == desk.platform.orchestrator.runs[0]["run_id"]
    assert (result["status"], len(result["orders"])) == ("success", 3)


@pytest.mark.parametrize(
    "step", ["before sql INSERT INTO trades", "before POST *", "after POST *", "before replace *"]
)
def test_no_file_may_grow(desk: Desk, step: str) -> None:
    """The same with a limit on file sizes, from a step on: one POST, nothing torn, all found later."""
    finished = desk.run(at=step, do="full")
    assert finished.returncode == (3 if "INSERT" in step else 1)
    assert desk.platform.executed == (0 if "INSERT" in step else 1)
    assert "no transaction is active" not in finished.stderr
    for content in desk.files().values():
        assert content
    assert desk.leftovers() == []
    assert desk.run().returncode == 0
    assert (len(desk.platform.posts), desk.platform.executed) == (1, 1)
    assert desk.saved()["status"] == "success"


def test_what_only_reads_needs_no_room(desk: Desk, small_disk: Path) -> None:
    """The history is told as before, and doctor looks at all the rest; nothing is left beside the ledger."""
    assert desk.run().returncode == 0
    before = desk.run("history", "--json").stdout
    fill(small_disk)
    told = desk.run("history", "--json")
    assert (told.returncode, told.stderr, told.stdout) == (0, "", before)
    examined = desk.run("doctor")
    assert examined.returncode == 3
    assert "✕ Disk space:        0 MB free" in examined.stdout
    assert "ledger.sqlite3 is whole" in examined.stdout
    assert sorted(small_disk.glob("ledger.sqlite3*")) == [small_disk / "ledger.sqlite3"]


def test_old_files_stay_when_new_ones_can_not_be_written(desk: Desk, small_disk: Path) -> None:
    """The same session again on a full disk: the old bytes, whole, and an error for each file."""
    assert desk.run().returncode == 0
    files = desk.files()
    fill(small_disk)
    finished = desk.run()
    assert finished.returncode == 3
    assert desk.files() == files
    assert desk.platform.requests[-1].path != RUN
    assert desk.leftovers() == []
