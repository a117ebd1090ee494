"""`history --all`: several accounts, each with a ledger of its own, in one table and in one sum."""

import contextlib
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.command import Finished, run_command
from support.faulty_http import exact
from support.life import NO_ORDER, Life, buy
from support.odd_platform import OddPlatform


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Life, Life]]:
    """Two accounts: `a` won 50 in the first session and lost 80 in the next, `b` won 20 in the first."""
    with contextlib.ExitStack() as stack:
        lives = []
        for name in "ab":
            (tmp_path / name).mkdir()
            lives.append(Life(tmp_path / name))
            stack.enter_context(lives[-1].platform)
        first, second = lives
        first.prices(AAPL="105")
        first.trade(AAPL=buy(10, "100"))
        first.next_session()
        first.prices(AAPL="97")
        first.trade(AAPL=NO_ORDER)
        second.prices(MSFT="204")
        second.trade("--capital", "50000", MSFT=buy(5, "200"))
        yield first, second


def _all(folder: Path, *words: str) -> Finished:
    return run_command("history", "--all", *words, cwd=folder)


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.usefixtures("two")
def test_the_table_has_a_row_an_account_and_their_sum(tmp_path: Path) -> None:
    """Each with its latest session; the day P&L in all is that of the newest session alone."""
    done = _all(tmp_path, "a/reports", "b/reports")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == """\
SANDBOX - simulated prices
Account    Session     Status                             Day P&L  Total P&L       Equity
-----------------------------------------------------------------------------------------
a/reports  2025-01-07  success                            −$80.00    −$30.00   $99,970.00
b/reports  2025-01-06  success                            +$20.00    +$20.00   $50,020.00
-----------------------------------------------------------------------------------------
In all     2025-01-07  2 success, 1 without that session  −$80.00    −$10.00  $149,990.00
"""
    )


def test_the_json_has_exact_digits_and_each_ledgers_name(two: tuple[Life, Life], tmp_path: Path) -> None:
    """The latest session as `history --json` has it, and the sums."""
    said = exact(_all(tmp_path, "--json", "a/reports", "b/reports").stdout)
    own = [exact(life.run("history", "--json").stdout)[-1] for life in two]
    assert [each["latest"] for each in said["accounts"]] == own
    assert [each["account"] for each in said["accounts"]] == ["a/reports", "b/reports"]
    names = [life.rows("account") for life in two]
    assert [each["ledger"] for each in said["accounts"]] == [
        next(row["value"] for row in rows if row["name"] == "ledger") for rows in names
    ]
    assert said["all"] == {
        "session": "2025-01-07",
        "statuses": {"success": 2},
        "behind": 1,
        "not_valued": 0,
        "not_read": 0,
        "day_pnl": Decimal("-80.00"),
        "total_pnl": Decimal("-10.00"),
        "closing": Decimal("149990.00"),
    }


def test_it_is_from_the_ledgers_alone(two: tuple[Life, Life], tmp_path: Path) -> None:
    """With every service down and every page gone; nothing in the folders is changed, nor anything made."""
    expected = _all(tmp_path, "a/reports", "b/reports").stdout
    for life in two:
        life.platform.stop()
        for path in life.reports.iterdir():
            if path.is_file() and "ledger" not in path.name:
                path.unlink()
    before = _files(tmp_path)
    assert _all(tmp_path, "a/reports", "b/reports").stdout == expected
    assert _files(tmp_path) == before


@pytest.mark.usefixtures("two")
def test_an_account_that_can_t_be_read_hides_no_other(tmp_path: Path) -> None:
    """It is a row too, counted, and an error of its own: exit status 3."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ledger.sqlite3").write_bytes(b"no ledger at all" * 100)
    (tmp_path / "note.txt").write_text("no folder")
    done = _all(tmp_path, "a/reports", "gone", "broken", "note.txt")
    assert done.returncode == 3
    assert f"There is no ledger in {tmp_path}/note.txt" in done.stderr
    assert f"There is no ledger in {tmp_path}/gone" in done.stderr
    assert "broken/ledger.sqlite3" in done.stderr
    assert "\ngone       —           not read" in done.stdout
    assert "1 success, 3 not read" in done.stdout.splitlines()[-1]
    assert "$99,970.00" in done.stdout.splitlines()[-1]
    said = exact(_all(tmp_path, "--json", "a/reports", "gone").stdout)
    assert [each["error"] is None for each in said["accounts"]] == [True, False]
    assert (said["accounts"][1]["latest"], said["accounts"][1]["ledger"]) == (None, None)
    assert said["all"]["not_read"] == 1
    assert not (tmp_path / "gone").exists()


def test_what_could_not_be_valued_is_left_out_and_counted(two: tuple[Life, Life], tmp_path: Path) -> None:
    """The sums are of the others, and say so."""
    _, second = two
    second.next_session()
    second.prices(MSFT=None)
    second.trade(MSFT=NO_ORDER)
    done = _all(tmp_path, "a/reports", "b/reports")
    row, footer = (done.stdout.splitlines()[at] for at in (-3, -1))
    assert row.split()[-3:] == ["—", "—", "—"]
    assert "1 not valued" in footer
    assert footer.endswith("−$80.00    −$30.00  $99,970.00")


def test_a_book_that_was_ended_is_no_equity(two: tuple[Life, Life], tmp_path: Path) -> None:
    """After a reset the account has what its new book has: nothing until it is valued."""
    first, _ = two
    first.gateway.orders.clear()
    first.gateway.positions.clear()
    first.run("resolve", "--reset")
    done = _all(tmp_path, "a/reports", "b/reports")
    assert "no session in its book" in done.stdout.splitlines()[-4]
    assert done.stdout.splitlines()[-1].endswith("$50,020.00")


@pytest.mark.usefixtures("two")
def test_nothing_is_added_up_twice(tmp_path: Path) -> None:
    """The same ledger by another path is refused, and so is a sandbox beside a real account."""
    os.symlink(tmp_path / "a" / "reports", tmp_path / "other")
    done = _all(tmp_path, "a/reports", "b/reports", "other")
    assert (done.returncode, done.stdout) == (3, "")
    assert "other and a/reports are the same ledger" in done.stderr
    with OddPlatform() as platform:
        assert run_command("--reports-dir", "real", cwd=tmp_path, platform=platform).returncode == 0
    done = _all(tmp_path, "a/reports", "real")
    assert (done.returncode, done.stdout) == (3, "")
    assert "one is a sandbox's ledger, and one is not" in done.stderr
    assert "SANDBOX" not in _all(tmp_path, "real").stdout


def test_with_sandbox_each_is_the_folders_own_sandbox(tmp_path: Path) -> None:
    """As everywhere: its ledger lies in the folder `sandbox` of the reports folder."""
    for name in ("one", "two"):
        played = run_command("--sandbox", "--reports-dir", name, "-q", cwd=tmp_path)
        assert played.returncode == 0, played.stderr
    said = exact(_all(tmp_path, "--sandbox", "--json", "one", "two").stdout)
    assert said["all"]["statuses"] == {"success": 2}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["history", "--all"], "--all needs the reports folder of each account"),
        (["history", "x"], "--reports-dir DIR"),
        (["history", "--all", "x", "--csv"], "--all goes with folders, URLs and --json"),
        (["history", "--all", "x", "--since", "2025-01-06"], "--all goes with folders, URLs and --json"),
        (["history", "--all", "x", "--reports-dir", "y"], "--all goes with folders, URLs and --json"),
        (["history", "--all", ""], "the path of a folder"),
        (
            ["history", "--all", "mysql://jo:s3cr3t@db/paper"],
            "'<hidden>' is not allowed",
        ),
    ],
)
def test_what_means_nothing_is_refused(words: list[Any], said: str, tmp_path: Path) -> None:
    """Exit status 3 with what is allowed, and no table."""
    done = run_command(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert "s3cr3t" not in done.stderr
