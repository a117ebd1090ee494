"""The ledger's absence is never taken for a beginning: what was traded without it is never traded again."""

import json
import shutil
from pathlib import Path

import pytest
from support.answers import plain_500
from support.command import run_command
from support.desk import Desk
from support.faulty_http import Answer
from support.odd_platform import RUN, RUNS


@pytest.fixture
def traded(desk: Desk) -> Desk:
    assert desk.run().returncode == 0
    return desk


def assert_stops(desk: Desk, *words: str, executed: int = 1) -> None:
    """Exit 3 that names what is missing and both ways out; nothing is sent, no file is touched."""
    before = desk.files()
    for args in ([], ["--again"], ["--symbols", "TSLA"]):
        finished = desk.run(*args)
        assert finished.returncode == 3, finished.stdout
        for word in (*words, "backup", "--new-ledger", "--reports-dir"):
            assert word in finished.stderr
    assert desk.platform.executed == executed
    assert desk.files() == before
    assert "A run would stop here" in desk.run("--dry-run").stdout
    doctor = desk.run("doctor")
    assert doctor.returncode == 3
    assert words[0] in doctor.stdout


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_ledger_that_is_gone_is_no_beginning(traded: Desk, how: str) -> None:
    """Deleted or of no bytes beside today's result, or yesterday's: no run, no new ledger."""
    traded.ledger.unlink()
    if how == "emptied":
        traded.ledger.touch()
    assert_stops(traded, "There is no ledger", f"{traded.session}_paper_run.json")
    traded.next_session()
    assert_stops(traded, "There is no ledger")
    assert not traded.ledger.exists() or not traded.ledger.stat().st_size


def test_an_older_ledger_is_not_gone_on_with(traded: Desk) -> None:
    """A backup of yesterday beside today's result: it would trade today once more."""
    backup = traded.folder / "backup"
    shutil.copy(traded.ledger, backup)
    traded.next_session()
    traded.run()
    newest = traded.ledger.read_bytes()
    shutil.copy(backup, traded.ledger)
    assert_stops(traded, "knows nothing of", f"{traded.session}_paper_run.json", executed=2)
    before = traded.files()
    marked = traded.run("mark")  # without today's fills its figures would be wrong
    assert marked.returncode == 3
    assert "knows nothing of" in marked.stderr
    assert traded.files() == before
    traded.ledger.write_bytes(newest)
    assert traded.run().returncode == 0
    assert traded.platform.executed == 2


@pytest.mark.parametrize("nth", [1, 2], ids=["asked", "answered"])
def test_a_ledger_that_is_older_than_a_kept_answer_is_not_gone_on_with(traded: Desk, nth: int) -> None:
    """Today's run was killed when it had asked, or kept the answer alone, and a backup was put back."""
    backup = traded.folder / "backup"
    shutil.copy(traded.ledger, backup)
    traded.next_session()
    traded.run(at="after replace ????????-*-*-*-*.json", nth=nth, do="SIGKILL")
    for path in traded.reports.glob("ledger.sqlite3*"):
        path.unlink()
    shutil.copy(backup, traded.ledger)
    (kept,) = (traded.reports / ".pending").iterdir()
    assert_stops(traded, "knows nothing of", kept.name, executed=nth)


@pytest.mark.parametrize("command", ["", "mark"])
@pytest.mark.parametrize("at", ["after rename *.taken", "before replace *_paper_run.json"])
def test_an_answer_that_was_recorded_tells_of_its_session_until_its_files_do(
    traded: Desk, command: str, at: str
) -> None:
    """Killed between the record and the files, by the run or by what brought its answer in; then a backup."""
    backup = traded.folder / "backup"
    shutil.copy(traded.ledger, backup)
    traded.next_session()
    if command:
        traded.run(at="after replace ????????-*-*-*-*.json", nth=2, do="SIGKILL")
    assert traded.run(*filter(None, [command]), at=at, do="SIGKILL").returncode == -9
    for path in traded.reports.glob("ledger.sqlite3*"):
        path.unlink()
    shutil.copy(backup, traded.ledger)
    traded.platform.orchestrator.always("GET", RUNS, plain_500())
    assert_stops(traded, "knows nothing of .pending/", executed=2)


def test_what_was_written_last_may_be_lost_alone(desk: Desk) -> None:
    """The first run was killed during its request, and what it wrote beside the ledger is gone, or all."""
    desk.run(at="after POST *", do="SIGKILL")
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    wal = desk.ledger.with_name("ledger.sqlite3-wal")
    written = wal.read_bytes()
    wal.write_bytes(written[: len(written) // 2])
    assert_stops(desk, "knows nothing of .pending/")
    for path in desk.reports.glob("ledger.sqlite3*"):
        path.unlink()
    assert_stops(desk, "traded, or may have been")
    begun = desk.run("--new-ledger")
    assert (begun.returncode, "was traded with an earlier ledger" in begun.stderr) == (3, True)
    assert len(desk.platform.posts) == 1


def test_what_tells_of_a_request_goes_once_its_files_are_there(desk: Desk) -> None:
    """The next command's, where it was killed; its own, where the answer was lost."""
    desk.run(at="after POST *", do="SIGKILL")
    assert len(list((desk.reports / ".pending").iterdir())) == 1
    desk.run("mark")
    assert not list((desk.reports / ".pending").iterdir())
    desk.next_session()
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="never")])
    assert desk.run("--timeout", "0.5").returncode == 2
    assert not list((desk.reports / ".pending").iterdir())


def test_a_backup_with_another_attempt_of_the_number_is_older_too(desk: Desk) -> None:
    """The number was given back by one that placed nothing: the result beside it began at another moment."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(status=404, body={})])
    assert desk.run().returncode == 2
    backup = desk.folder / "backup"
    shutil.copy(desk.ledger, backup)
    desk.ahead = desk.ahead.__class__(seconds=desk.ahead.total_seconds() + 60)
    assert desk.run().returncode == 0
    shutil.copy(backup, desk.ledger)
    assert_stops(desk, "knows nothing of")


@pytest.mark.parametrize("is_listed", [False, True])
def test_a_backup_of_the_middle_of_a_run_is_older_than_its_result(desk: Desk, is_listed: bool) -> None:
    """It knows the attempt, and not what came of it: the result is not overwritten, and can be recorded."""
    backup = desk.folder / "backup"
    desk.at_post(lambda: shutil.copytree(desk.reports, backup, dirs_exist_ok=True))
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    assert desk.run().returncode == 0
    desk.ledger.unlink()
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal"):
        shutil.copy(backup / name, desk.reports)
    assert_stops(desk, "knows nothing of", f"{desk.session}_paper_run.json", "record what came of it")
    run_id = desk.saved()["run_id"]
    if is_listed:
        desk.platform.orchestrator.calm()
        assert desk.resolve().returncode == 0
    else:
        assert desk.resolve(desk.session, "--placed", "--run-id", run_id).returncode == 0
    assert (desk.run().returncode, desk.saved()["run_id"]) == (0, run_id)
    assert desk.platform.executed == 1


def test_an_older_ledgers_report_writes_over_no_newer_result(desk: Desk) -> None:
    """The result may be all that is left of what was traded; every other file is made again."""
    backup = desk.folder / "backup"
    desk.at_post(lambda: shutil.copytree(desk.reports, backup, dirs_exist_ok=True))
    assert desk.run().returncode == 0
    newest = desk.saved()
    desk.ledger.unlink()
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal"):
        shutil.copy(backup / name, desk.reports)
    for words in ((), (desk.session,)):
        made = desk.run("report", *words)
        assert (made.returncode, desk.saved()) == (3, newest)
        assert f"{desk.session}_paper_run.json was not written over" in made.stderr


def test_another_ledger_in_its_place_is_not_gone_on_with(traded: Desk, tmp_path: Path) -> None:
    """A fresh one, of a first run elsewhere, knows nothing of what lies beside it."""
    elsewhere = Desk(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()
    with elsewhere.platform:
        elsewhere.platform.signal.stop()
        assert elsewhere.run().returncode == 1
    shutil.copy(elsewhere.ledger, traded.ledger)
    assert_stops(traded, "knows nothing of")


def test_results_name_their_ledger(traded: Desk) -> None:
    """One that is named stops a run whatever orchestrator it tells of; an unnamed one only if it is ours."""
    (path,) = traded.reports.glob("*_paper_run.json")
    result = json.loads(path.read_text("utf-8"))
    ours = [row["value"] for row in traded.rows("account") if row["name"] == "ledger"]
    assert [result["ledger"]] == ours
    traded.ledger.unlink()
    for service in result["health"]:
        service["url"] = "http://elsewhere:8003"
    path.write_text(json.dumps(result), encoding="utf-8")
    assert traded.run().returncode == 3
    del result["ledger"]
    path.write_text(json.dumps(result), encoding="utf-8")
    traded.platform.orchestrator.runs.clear()  # else it lists one of today that nobody knows
    assert traded.run().returncode == 0
    assert traded.platform.executed == 1


def test_an_older_result_without_a_name_counts(traded: Desk) -> None:
    """Those of earlier versions name no ledger; so does one that can't be read any more."""
    (path,) = traded.reports.glob("*_paper_run.json")
    result = json.loads(path.read_text("utf-8"))
    del result["ledger"]
    traded.ledger.unlink()
    for text in (json.dumps(result), "{", "[]"):
        path.write_text(text, encoding="utf-8")
        assert traded.run().returncode == 3
    assert traded.platform.executed == 1


@pytest.mark.parametrize("executed", [False, True])
def test_a_rehearsals_result_is_no_reason_to_stop(traded: Desk, executed: bool) -> None:
    """Nothing was executed, so there is nothing to lose; unless an order of it has a broker's id."""
    (path,) = traded.reports.glob("*_paper_run.json")
    result = json.loads(path.read_text("utf-8")) | {"rehearsal": True}
    for order in result["orders"]:
        order["broker_order_id"] = "b-1" if executed else None
    path.write_text(json.dumps(result), encoding="utf-8")
    traded.ledger.unlink()
    traded.platform.gateway.health["dry_run"] = True
    assert traded.run().returncode == (3 if executed else 0)


def test_a_sandbox_is_played_whatever_lies_there(traded: Desk) -> None:
    """Its ledger lies in a folder of its own, and may be deleted at any time."""
    traded.env["PAPER_RUN_REQUIRE_LEDGER"] = "1"
    assert traded.run("--sandbox").returncode == 0
    (traded.reports / "sandbox" / "ledger.sqlite3").unlink()
    assert traded.run("--sandbox", "--again").returncode == 0
    assert traded.run("--sandbox", "--new-ledger").returncode == 3


# A new one, on purpose


def test_a_new_ledger_moves_the_older_files_and_refuses_their_session(traded: Desk) -> None:
    """What lay there is kept, byte for byte; today is not traded again but on purpose, tomorrow is."""
    before = {path.name: path.read_bytes() for path in traded.reports.iterdir() if path.is_file()}
    traded.ledger.unlink()
    for args in (["--new-ledger"], []):
        finished = traded.run(*args)
        assert finished.returncode == 3, finished.stdout
        assert f"moved to {traded.reports}/before-" in finished.stdout
        assert "was traded with an earlier ledger" in finished.stderr
        assert "--again" in finished.stderr
    assert "traded with an earlier ledger" in traded.run("--dry-run").stdout
    assert traded.platform.executed == 1
    (folder,) = traded.reports.glob("before-*")
    (account,) = [row for row in traded.rows("account") if row["name"] == "ledger"]
    assert folder.name == f"before-{account['value']}"
    moved = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert moved == {name: before[name] for name in before if not name.startswith("ledger")}
    traded.next_session()
    assert traded.run().returncode == 0
    assert traded.platform.executed == 2
    assert [path.name for path in traded.reports.glob("*_paper_run.json")] == [
        f"{traded.session}_paper_run.json"
    ]


def test_a_new_ledger_refuses_the_session_of_a_kept_answer(traded: Desk) -> None:
    """Today's run was killed when it had kept the answer alone, and then the ledger was lost."""
    traded.next_session()
    assert traded.run(at="after replace *", nth=2, do="SIGKILL").returncode == -9
    traded.ledger.unlink()
    for path in traded.reports.glob("ledger.sqlite3-*"):
        path.unlink()
    traded.platform.orchestrator.always("GET", RUNS, plain_500())
    for args in (["--new-ledger"], []):
        refused = traded.run(*args)
        assert refused.returncode == 3, args
        assert "was traded with an earlier ledger" in refused.stderr
        assert ".pending" in refused.stderr
    assert traded.platform.executed == 2
    traded.next_session()
    assert (traded.run().returncode, traded.platform.executed) == (0, 3)


def test_a_session_of_an_earlier_ledger_is_traded_again_on_purpose(traded: Desk) -> None:
    """`--again` is for the one who knows better."""
    traded.ledger.unlink()
    assert traded.run("--new-ledger", "--again").returncode == 0
    assert traded.platform.executed == 2


def test_a_new_ledger_takes_the_place_of_an_older_one(traded: Desk) -> None:
    """A backup that knows too little is moved away too, with what lies beside it."""
    backup = traded.folder / "backup"
    shutil.copy(traded.ledger, backup)
    traded.next_session()
    traded.run()
    shutil.copy(backup, traded.ledger)
    assert traded.run("--new-ledger").returncode == 3
    (folder,) = traded.reports.glob("before-*")
    assert (folder / "ledger.sqlite3").read_bytes() == backup.read_bytes()
    assert len(list(folder.glob("*_paper_run.json"))) == 2
    assert traded.rows() == []


def test_a_new_ledger_is_refused_beside_one_that_knows_all(traded: Desk) -> None:
    """Exit 3, nothing moved."""
    before = traded.files()
    finished = traded.run("--new-ledger")
    assert finished.returncode == 3
    assert "there is a ledger already" in finished.stderr
    assert traded.files() == before
    assert not list(traded.reports.glob("before-*"))


def test_a_new_ledger_leaves_a_stale_wal_behind(desk: Desk) -> None:
    """It lies with the older files and is never taken into the new one."""
    assert desk.run(at="after POST *", do="SIGKILL").returncode == -9
    desk.ledger.unlink()
    assert desk.run().returncode == 3
    assert desk.run("--new-ledger", "--again").returncode == 0
    (folder,) = desk.reports.glob("before-*")
    assert "ledger.sqlite3-wal" in [path.name for path in folder.iterdir()]
    assert "is whole" in desk.run("doctor").stdout


@pytest.mark.parametrize("nth", range(1, 9))
def test_a_kill_while_files_are_moved_leaves_no_beginning(traded: Desk, nth: int) -> None:
    """Killed at any rename: no later run takes what is left for an empty folder."""
    traded.ledger.unlink()
    killed = traded.run("--new-ledger", at="before rename *", nth=nth, do="SIGKILL")
    assert killed.returncode in (-9, 3)
    for args in ([], ["--new-ledger"], []):
        assert traded.run(*args).returncode == 3
    assert traded.platform.executed == 1
    names = [path.name for path in traded.reports.rglob("*_paper_run.json")]
    assert names == [f"{traded.session}_paper_run.json"]


# Where one is required


def test_no_ledger_is_made_where_one_is_required(desk: Desk) -> None:
    """A folder that is not mounted is empty: exit 3 with both ways out; --new-ledger makes the first one."""
    desk.env["PAPER_RUN_REQUIRE_LEDGER"] = "1"
    finished = desk.run()
    assert finished.returncode == 3
    assert "PAPER_RUN_REQUIRE_LEDGER=1" in finished.stderr
    assert "--new-ledger" in finished.stderr
    assert not desk.ledger.exists()
    assert desk.platform.posts == []
    assert desk.run("doctor").returncode == 3
    assert desk.run("--new-ledger").returncode == 0
    assert desk.run().returncode == 0
    assert desk.platform.executed == 1


def test_whether_one_is_required_is_yes_or_no(desk: Desk) -> None:
    """1 or 0; anything else is exit 3 that says so."""
    desk.env["PAPER_RUN_REQUIRE_LEDGER"] = "true"
    finished = desk.run()
    assert finished.returncode == 3
    assert "1 for yes, 0 for no" in finished.stderr
    desk.env["PAPER_RUN_REQUIRE_LEDGER"] = "0"
    assert desk.run().returncode == 0


def test_a_served_sandbox_needs_no_ledger(desk: Desk) -> None:
    """It says itself that it is one."""
    for service in desk.platform.services.values():
        service.health |= {"sandbox": True, "session": "2025-01-03"}
    desk.env["PAPER_RUN_REQUIRE_LEDGER"] = "1"
    assert desk.run().returncode == 0


def test_the_sandboxs_first_run_needs_nothing(tmp_path: Path) -> None:
    """The plain command of the README."""
    assert run_command("--sandbox", cwd=tmp_path).returncode == 0
