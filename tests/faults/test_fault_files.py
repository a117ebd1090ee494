"""Several commands at once on one folder, as in containers where each is process 1; and planted links."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.command import clean_environment
from support.desk import Desk

AS_PROCESS_1 = "import os; os.getpid = lambda: 1\nfrom paper_run.__main__ import entry_point; entry_point()"
AT_ONCE, ROUNDS = 6, 2


def test_two_containers_tear_and_swap_nothing(desk: Desk) -> None:
    """Many `report`s of one folder at once, each of them process 1: every file stays what it was."""
    assert desk.run().returncode == 0
    files = desk.files() | {"index.html": (desk.reports / "index.html").read_bytes()}
    for _ in range(ROUNDS):
        running = [
            subprocess.Popen(
                [sys.executable, "-c", AS_PROCESS_1, "report"],
                cwd=desk.folder,
                env=clean_environment(desk.folder) | desk.env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
            for _ in range(AT_ONCE)
        ]
        said = [process.communicate(timeout=60)[0] for process in running]
        assert [process.returncode for process in running] == [0] * AT_ONCE, said
        assert {name: (desk.reports / name).read_bytes() for name in files} == files
    assert desk.leftovers() == []


@pytest.mark.parametrize("command", ["run", "report"])
def test_a_planted_link_is_not_followed(desk: Desk, tmp_path: Path, command: str) -> None:
    """A link where a report goes is replaced by the report; what it points to is not touched."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    assert desk.run().returncode == 0
    names = [f"{desk.session}_paper_run.html", "index.html", "history.csv"]
    if command == "run":
        desk.next_session()
        names[0] = f"{desk.session}_paper_run.html"
    names.append(f"{desk.session}_paper_run.json")
    for name in names:
        (desk.reports / name).unlink(missing_ok=True)
        (desk.reports / name).symlink_to(precious)
    assert desk.run(*([] if command == "run" else ["report"])).returncode == 0
    assert precious.read_bytes() == b"mine"
    assert not any((desk.reports / name).is_symlink() for name in names)


def test_what_a_killed_run_left_is_swept_by_the_next(desk: Desk) -> None:
    """A run killed while it wrote a file and its template's cache leaves nothing for ever."""
    assert desk.run(at="before replace *_paper_run.html", do="SIGKILL").returncode != 0
    (desk.reports / ".template-cache" / ".paper_run.00ff.tmp").write_bytes(b"half")
    assert desk.leftovers() != []
    assert desk.run().returncode == 0
    assert desk.leftovers() == []
    assert desk.platform.executed == 1
