"""`resolve --dry-run`: what a person's word would change is shown, and nothing is written, in both stores."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from faults.conftest import made
from support.answers import Answer, plain_500
from support.desk import Desk
from support.hosts import Host
from support.odd_platform import RUN, RUNS, Plan
from support.postgres_server import Schema
from support.schema import command_faults

from paper_run.ledger import trial
from paper_run.model.place import Database, Place
from paper_run.model.progress import Waiting

DOUBT = {"client_order_id": None, "order_status": "rejected", "skip_reason": "submission_failed: 504"}
TABLES = ("account", "trades", "orders", "epochs", "entries", "sessions", "marks", "mails", "broker_accounts")


@pytest.fixture(params=["file", "database"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk with a ledger in a file, and one with it in a database."""
    if request.param == "file":
        desk = Desk(tmp_path)
    else:
        desk = Host(tmp_path, made(request.getfixturevalue("schema"), tmp_path))
    with desk.platform:
        yield desk


def lost(desk: Desk) -> None:
    """Have the answer to the day's one request be lost; its run is executed and can't be listed."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    assert desk.run("--timeout", "1").returncode == 2


def everything(desk: Desk) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what the ledger has, and each file's bytes; the lock names whoever had it last."""
    files = {str(path): path.read_bytes() for path in desk.reports.rglob("*") if path.is_file()}
    own = (".lock", "-shm", "-wal")  # who had the lock; and what reading a ledger makes
    kept = {name: content for name, content in files.items() if content and not name.endswith(own)}
    return {table: desk.rows(table) for table in TABLES}, kept


def tried(desk: Desk, *said: str) -> tuple[dict[str, Any], str]:
    """Return what would change, as JSON and on the console, where nothing does: asked by GET alone."""
    before, asked = everything(desk), len(desk.platform.requests)
    shown = desk.resolve(*said, "--dry-run")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.endswith("\nNothing was sent, traded or saved.\n")
    printed = desk.resolve(*said, "--dry-run", "--json")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert command_faults("resolve_dry_run", printed.stdout) == []
    assert everything(desk) == before
    assert {each.method for each in desk.platform.requests[asked:]} <= {"GET"}
    return json.loads(printed.stdout), shown.stdout


def by_run(desk: Desk) -> tuple[str, ...]:
    return ("--placed", "--run-id", desk.platform.orchestrator.runs[0]["run_id"])


def by_orders(desk: Desk) -> tuple[str, ...]:
    return ("--placed", *(word for order in desk.platform.gateway.orders for word in ("--order", order)))


def placed(_: Desk) -> tuple[str, ...]:
    return ("--placed",)


def not_placed(desk: Desk) -> tuple[str, ...]:
    desk.later()
    return ("--not-placed",)


@pytest.mark.parametrize(
    ("word", "status"),
    [(by_run, "success"), (by_orders, "success"), (not_placed, "failed"), (placed, "unknown")],
)
def test_a_verdict_on_an_attempt_is_tried(
    both: Desk, word: Callable[[Desk], tuple[str, ...]], status: str
) -> None:
    """Its status and whether the session is open, before and after; said for real it comes to the same."""
    lost(both)
    said = (both.session, *word(both))
    found, shown = tried(both, *said)
    assert [each["status"] for each in found["before"]["attempts"]] == ["unknown"]
    assert [each["status"] for each in found["after"]["attempts"]] == [status]
    closed_by = None if status == "failed" else both.session
    session = {"session": both.session, "closed_by": both.session, "again_is_refused": True}
    assert found["before"]["sessions"] == [session]
    assert found["after"]["sessions"] == [session | {"closed_by": closed_by, "again_is_refused": False}]
    assert re.search(rf"^  Attempt {both.session}: +unknown -> {status} \(.*placed", shown, re.MULTILINE)
    assert "[dry run] Would change:" in shown
    assert f"closed, a run would only show {both.session}, and --again be refused -> " in shown
    assert ("open, a run would trade it" in shown) == (status == "failed")
    assert ("What they have filled is booked by the next run or mark" in shown) == (status == "success")
    assert both.resolve(*said).returncode == 0
    row = both.rows()[0]
    assert (row["status"], row["state"] == "nothing") == (status, status == "failed")


def test_a_word_on_an_order_in_doubt_is_tried(both: Desk) -> None:
    """The position is not known and would be; then it is said, and the book has that."""
    both.platform.plan = {"AAPL": Plan(mapping=DOUBT)}
    assert both.run("--symbols", "AAPL").returncode == 2
    said = ("--order", f"AAPL@{both.session}", "--filled", "10@101")
    found, shown = tried(both, *said)
    none = {"qty": None, "avg_entry_price": None, "realized_pnl": None}
    before, after = found["before"], found["after"]
    assert before["attempts"][0]["num_orders_in_doubt"] == 1
    assert before["book"] is None or before["book"]["positions"] == [{"symbol": "AAPL", **none}]
    assert after["attempts"][0]["status"] == "success"
    assert (after["book"]["cash"], after["book"]["positions"][0]["qty"]) == (98990, 10)
    assert "1 order in doubt -> success (" in shown
    assert f"Order AAPL@{both.session}: filled 10 at 101, said by" in shown
    assert both.resolve(*said).returncode == 0
    assert tried(both, "--reset")[0]["before"]["book"] == after["book"]


@pytest.mark.parametrize("said", [("--position", "AAPL=4@110"), ("--reset",)])
def test_a_change_of_the_book_is_tried(both: Desk, said: tuple[str, ...]) -> None:
    """Cash, realized P&L and the position, before and after."""
    both.platform.plan = {"AAPL": Plan(price=Decimal(100))}
    assert both.run("--symbols", "AAPL").returncode == 0
    found, shown = tried(both, *said)
    book = found["before"]["book"]
    assert (book["cash"], book["realized_pnl"]) == (99000, 0)
    after = found["after"]["book"]
    if said[0] == "--reset":
        assert after is None
        assert "$99,000.00 -> no book" in shown
    else:
        assert (after["cash"], after["realized_pnl"], after["positions"][0]["qty"]) == (99660, 60, 4)
        assert "$99,000.00 -> $99,660.00" in shown
        assert "10 at $100.00, realized $0.00 -> 4 at $100.00, realized +$60.00" in shown


def test_a_wrong_word_is_refused_as_for_real(both: Desk) -> None:
    """The same words and the same exit status."""
    lost(both)
    for said in ((both.session, "--not-placed"), (both.session, "--placed", "--order", "no-such-order")):
        before = everything(both)
        first, second = both.resolve(*said, "--dry-run"), both.resolve(*said)
        assert (first.returncode, first.stderr) == (second.returncode, second.stderr)
        assert first.returncode in (2, 3)
        assert "[dry run]" not in first.stdout
        assert everything(both) == before


def test_an_answer_that_was_kept_stays_kept(both: Desk) -> None:
    """What a real command would bring into the ledger first is shown, and lies there as before."""
    lost(both)
    kept = both.reports / ".pending" / f"{both.rows()[0]['key']}.json"
    run = both.platform.orchestrator.runs[0]
    kept.parent.mkdir(exist_ok=True)
    record = {"key": both.rows()[0]["key"], "session": both.session, "status": 200, "signed": False}
    url, body = both.platform.orchestrator.url + RUN, json.dumps(run, default=str)
    kept.write_text(json.dumps({**record, "url": url, "body": body}))
    before = everything(both)
    shown = both.resolve("--dry-run")
    assert shown.returncode == 0
    assert shown.stdout.endswith(
        "Nothing is open: every outcome is known.\nNothing was sent, traded or saved.\n"
    )
    assert f"The outcome of the attempt {both.session} is known: its answer, which was kept" in shown.stdout
    assert everything(both) == before


def test_nothing_stays_of_what_follows_a_transaction_that_came_to_nothing(
    schema: Schema, tmp_path: Path
) -> None:
    """It is undone alone; what is written after it is no more written than what was before."""
    made(schema, tmp_path)
    place = Place(tmp_path, Database(schema.server.url, "postgresql://tests", schema.name, "paper-1"))
    with trial.under_lock(place, Waiting(datetime.now(UTC), 0, sleep)) as ledger:
        ledger.holidays.keep(2025, "before")
        with suppress(ValueError), ledger.transaction():
            ledger.holidays.keep(2026, "undone")
            raise ValueError
        ledger.holidays.keep(2027, "after")
        assert [ledger.holidays.kept(year) for year in (2025, 2026, 2027)] == ["before", None, "after"]
    assert schema.rows("calendar") == []
