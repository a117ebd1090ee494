"""`report` as a command: what it prints, writes, refuses, and ends with."""

import os
from pathlib import Path

import pytest
from cli.recorded import FILES, Say, recorded, saved, written

from paper_run.model.findings import warning

pytestmark = pytest.mark.usefixtures("own_folder")


def test_a_report_needs_a_ledger(say: Say, tmp_path: Path) -> None:
    """Exit 3 naming the folder; none is made."""
    status, out, err = say("report")
    assert (status, out) == (3, "")
    assert f"no ledger in {tmp_path / 'reports'}" in err
    assert "--reports-dir" in err
    assert os.listdir(tmp_path) == []


def test_a_report_is_made_again_byte_for_byte(say: Say, folder: Path) -> None:
    """Offline, from the ledger alone: what it keeps is the JSON, and each file is the same every time."""
    row = recorded(folder)
    status, out, err = say("report")
    assert (status, err) == (0, "")
    assert written(folder) == FILES
    assert all(str(folder / name) in out for name in FILES)
    assert (folder / FILES[2]).read_text("utf-8") == row.document
    before = {name: (folder / name).read_bytes() for name in FILES}
    for name in FILES:
        (folder / name).unlink()
    assert say("report", "2025-01-17")[0] == 0
    assert {name: (folder / name).read_bytes() for name in FILES} == before


@pytest.mark.parametrize(
    ("name", "number"), [([], 2), (["latest"], 2), (["2025-01-17"], 1), (["2025-01-17-2"], 2)]
)
def test_a_report_is_of_the_trade_that_is_named(say: Say, folder: Path, name: list[str], number: int) -> None:
    """The latest without a name."""
    for each in (1, 2):
        recorded(folder, number=each, rehearsal=True)
    assert say("report", *name)[0] == 0
    assert written(folder) == (FILES if number == 1 else [each.replace("17_", "17-2_") for each in FILES])


def test_a_report_of_several_attempts_is_of_the_latest(say: Say, folder: Path) -> None:
    """Attempts that placed nothing have the same name."""
    recorded(folder, state="nothing", notices=(warning("setting", "the first"),))
    recorded(folder, notices=(warning("setting", "the second"),))
    assert say("report", "2025-01-17")[0] == 0
    assert saved(folder)["warnings"] == ["the second"]


def test_a_report_of_all_is_of_each_attempt(say: Say, folder: Path) -> None:
    """All of them, of a file too; a ledger without an attempt has nothing to make."""
    for each in (1, 2):
        recorded(folder, number=each, rehearsal=True)
    assert say("report", "--all")[0] == 0
    assert {*FILES, *(each.replace("17_", "17-2_") for each in FILES)} <= {*written(folder)}


@pytest.mark.parametrize("state", ["sent", "unsettled", "answered", "nothing"])
def test_a_report_can_be_made_of_any_trade(say: Say, folder: Path, state: str) -> None:
    """Also of one of which nothing is known; it is a report, so the exit status is its own."""
    recorded(folder, state=state)
    assert say("report")[0] == 0
    assert saved(folder)["status"] == "unknown"


@pytest.mark.parametrize("name", ["2025-01-18", "2025-01-17-2", "yesterday", os.fsdecode(b"\xff")])
def test_a_report_of_no_trade_is_refused(say: Say, folder: Path, name: str) -> None:
    """Exit 3; nothing is written."""
    recorded(folder)
    status, out, err = say("report", name)
    assert (status, out) == (3, "")
    assert "ERROR" in err
    assert written(folder) == []


def test_a_report_that_cannot_be_written_keeps_no_other_back(say: Say, folder: Path) -> None:
    """Exit 3 naming the file; the others are there."""
    recorded(folder)
    (folder / FILES[1]).mkdir()
    status, out, err = say("report")
    assert status == 3
    assert FILES[1] in err
    assert FILES[1] not in out
    assert written(folder) == [FILES[0], *FILES[2:]]


def test_a_quiet_report_prints_nothing(say: Say, folder: Path) -> None:
    """-q, when all is well."""
    recorded(folder)
    assert say("report", "-q") == (0, "", "")
    assert written(folder) == FILES


def test_a_report_from_another_folder(say: Say, tmp_path: Path) -> None:
    """--reports-dir, and --sandbox for the sandbox's."""
    for name in ("mine", "mine/sandbox"):
        (tmp_path / name).mkdir()
        recorded(tmp_path / name, notices=(warning("setting", name),))
        flags = ["--sandbox"] if "sandbox" in name else []
        assert say("report", "--reports-dir", "mine", *flags)[0] == 0
        assert saved(tmp_path / name)["warnings"] == [name]


def test_a_report_of_a_damaged_record_is_an_error(say: Say, folder: Path) -> None:
    """Exit 3 naming the ledger, never a traceback."""
    recorded(folder, document="{gibberish")
    status, _, err = say("report")
    assert status == 3
    assert "ledger.sqlite3" in err
