"""What must hold after every command of a schedule, told from what the platform really executed."""

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.mishaps import LOST, NOTHING, RUNNING
from support.child import Ended
from support.desk import read_rows


class Wrong(AssertionError):
    """A promise that was not kept."""


@dataclass
class Record:
    """What is known of a schedule from outside of the program."""

    folder: Path
    again: set[str] = field(default_factory=set)
    """Keys of the POSTs that `--again` asked for."""
    mishaps: dict[str, str | None] = field(default_factory=dict)
    """What became of each POST, by key."""
    broken_off: set[str] = field(default_factory=set)
    """Keys of the POSTs whose command was struck."""
    by_hand: set[str] = field(default_factory=set)
    """Keys of the attempts that were settled by hand."""
    is_real: bool = False
    """Whether a wait is a wait: a busy machine answers later than is waited for."""
    killed: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def ledger(self) -> Path:
        return self.reports / "ledger.sqlite3"

    def rows(self) -> list[dict[str, Any]]:
        return read_rows(self.ledger, "trades") if self.ledger.exists() else []


def must(condition: object, what: str) -> None:
    if not condition:
        raise Wrong(what)


def check_executed(record: Record, truth: dict[str, Any]) -> None:
    """At most one orchestration a session, but for those that `--again` asked for."""
    keys = [key for key, _ in truth["posts"]]
    must(len(keys) == len(set(keys)), f"a POST was sent twice: {truth['posts']}")
    sessions = dict(truth["posts"])
    executed = Counter(
        sessions[run["key"]] for run in truth["runs"] if run["key"] and run["key"] not in record.again
    )
    for session, times in executed.items():
        must(times <= 1, f"{times} orchestrations were executed in the session of {session}")


def check_ledger(record: Record, truth: dict[str, Any]) -> None:
    """The ledger explains every POST, and claims nothing that did not happen."""
    rows = {row["key"]: row for row in record.rows()}
    runs = {run["key"]: run for run in truth["runs"] if run["key"]}
    for key, session in truth["posts"]:
        must(key in rows, f"the POST {key} has no row")
        must(
            rows[key]["session"] == session, f"the POST of {session} is in the row of {rows[key]['session']}"
        )
    for key, row in rows.items():
        run, state = runs.get(key), row["state"]
        mishap = record.mishaps.get(key)
        if state == "nothing":
            must(run is None, f"{row['session']}: recorded as nothing placed, but it was executed")
        if state in ("closed", "answered"):
            must(run is not None, f"{row['session']}: recorded as placed, but it never was")
        if row["run_id"] is not None:
            theirs = run["run_id"] if run else None
            must(row["run_id"] == theirs, f"{row['session']} has run {row['run_id']}, executed was {theirs}")
        elif state in ("closed", "answered"):
            must(key in record.by_hand, f"{row['session']}: closed without a run")
        if state in ("sent", "unsettled"):
            lost = mishap in LOST or mishap == RUNNING or key in record.broken_off or record.is_real
            must(lost, f"{row['session']} is {state}, but its answer was not lost: {mishap}")
        if mishap in NOTHING and key not in record.broken_off:
            late = record.is_real and state in ("sent", "unsettled")
            must(late or state == "nothing", f"{row['session']} is {state} after {mishap}")
    numbers = [(row["session"], row["number"]) for row in rows.values() if row["state"] != "nothing"]
    must(len(numbers) == len(set(numbers)), f"two trades have the same number: {numbers}")


def check_files(record: Record) -> None:
    """Every file is whole, and a leftover is of a killed command alone."""
    for path in sorted(record.reports.rglob("*")):
        if path.suffix == ".tmp" or ".tmp-" in path.name:
            must(record.killed, f"{path.name} was left behind by a command that ended")
        elif path.suffix == ".json":
            json.loads(path.read_bytes())
        elif path.suffix == ".html":
            must(path.read_bytes().endswith(b"</html>\n"), f"{path.name} is torn")
        elif path.suffix == ".csv":
            lines = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
            must(len({len(line) for line in lines}) == 1, f"{path.name} is torn")


def check_end(record: Record, truth: dict[str, Any], ended: Ended, *, shows_json: bool) -> None:
    """What a command that ended by itself says is true, and is what lies on the disk."""
    said = f"\n{ended.stdout}\n{ended.stderr}"
    must("Traceback" not in said, f"a traceback: {said}")
    must(ended.status in (0, 1, 2, 3, 130), f"exit status {ended.status}: {said}")
    must(bool(ended.stderr) == (ended.status != 0), f"exit status {ended.status} with: {said}")
    if not shows_json or not ended.stdout.startswith("{"):
        return
    document = json.loads(ended.stdout)
    must(
        document["exit_status"] == ended.status,
        f"{ended.status} is not {document['exit_status']} of the JSON",
    )
    name = document["session"] + ("" if document["trade"] == 1 else f"-{document['trade']}")
    saved = (record.reports / f"{name}_paper_run.json").read_bytes().decode()
    must(saved == ended.stdout, "the JSON on the disk is not the one that was printed")
    row = next(
        row
        for row in reversed(record.rows())
        if (row["session"], row["number"]) == (document["session"], document["trade"])
    )
    must(row["document"] == saved, "the ledger has another result than the one that was printed")
    # a success is 1 when a read after the attempt failed, and 130 when it was broken off after it had ended
    allowed = (0, 1, 130) if document["status"] == "success" else (1, 2, 130)
    must(ended.status in allowed, f"{document['status']} is {ended.status}")
    run = next((run for run in truth["runs"] if run["key"] == row["key"]), None)
    if document["status"] == "success":
        must(run is not None, "success, and nothing was executed")
        shown = [order["client_order_id"] for order in document["orders"]]
        must(shown == run["orders"] if run else False, f"orders {shown}, executed: {run}")
        by_hand = row["key"] in record.by_hand
        must(by_hand or document["run_id"] == (run or {})["run_id"], "success of another run")
    is_repeat = any(order["outcome"] == "repeat" for order in document["orders"])
    if document["status"] == "failed" and row["key"] not in record.by_hand and not is_repeat:
        must(run is None, "failed with nothing placed, but it was executed")
