"""One random schedule: commands and mishaps from a seed, checked after each, played until all is known."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from builders.moments import NEW_YORK
from faults.mishaps import LOST, RUNNING
from faults.plans import Act, Planner
from faults.real import Process
from faults.truth import Record, check_end, check_executed, check_files, check_ledger, must
from support.child import Child, Ended
from support.command import any_time
from support.world import World

TIMEOUT = "0.15"
Launch = Callable[..., Child | Process]


def is_unsettled(row: dict[str, Any]) -> bool:
    return row["state"] in ("sent", "unsettled")


class Schedule:
    """One schedule, played to its end and then to a point where everything is known."""

    def __init__(
        self,
        seed: int,
        world: World,
        folder: Path,
        *,
        launch: Launch,
        ahead: timedelta,
        verbose: bool = False,
    ) -> None:
        self.seed = seed
        self.planner = Planner(seed)
        self.world = world
        self.launch = launch
        self.stays = not ahead
        """Real commands go by the real clock: there is no other session."""
        self.record = Record(folder, is_real=self.stays)
        self.counts = self.record.counts
        self.ahead = ahead
        self.env = {**world.env, **any_time((datetime.now(UTC) + ahead).date(), days=30)}
        self.verbose = verbose
        self.strangers: set[str] = set()
        """Sessions in which somebody else has traded."""
        world.ask("begin", self.ahead, timedelta(hours=self.planner.zone_hours()))

    @property
    def session(self) -> str:
        return (datetime.now(UTC) + self.ahead).astimezone(NEW_YORK).date().isoformat()

    def play(self) -> None:
        self.counts["schedules"] += 1
        for act in self.planner.acts():
            self.say(act)
            self.act(act)
        self.conclude()

    def say(self, what: object) -> None:
        if self.verbose:
            sys.stderr.write(f"{self.session} {what}\n")

    def act(self, act: Act) -> None:
        self.world.ask("calm")
        if act.kind == "day":
            if self.stays:
                return
            self.ahead += timedelta(days=1)
            self.world.ask("move", self.ahead)
            return
        if act.kind == "stranger":
            self.world.ask("stranger", "TSLA", self.session)
            self.strangers.add(self.session)
            return
        self.arrange(act)
        if act.kind in ("run", "double"):
            self.trade(act)
        elif act.kind == "settle":
            self.settle(act)
        else:
            self.command((act.kind,), act)

    def arrange(self, act: Act) -> None:
        for route, names, then in act.reads:
            self.world.ask("mishap", route, list(names), then)
        if act.post == RUNNING:
            self.world.ask("running", act.running)
        elif act.post is not None:
            self.world.ask("mishap", "post", [act.post], None)
        if act.race is not None:
            self.world.ask("race", act.race, self.session)

    def trade(self, act: Act) -> None:
        """Run the day, twice at once perhaps; one command sends one POST at most."""
        before = self.world.ask("truth")
        rows = self.record.rows()
        args = ("--timeout", TIMEOUT, *act.args)
        first = self.start(args, act)
        others = [self.start(args, act)] if act.kind == "double" else []
        ended = [each.wait() for each in (first, *others)]
        self.note_blows(ended, act)
        after = self.world.ask("truth")
        sent = after["posts"][len(before["posts"]) :]
        must(len(sent) <= len(ended), f"{len(sent)} POSTs by {len(ended)} commands")
        self.counts["POSTs"] += len(sent)
        waited = f"did not answer within {round(float(TIMEOUT), 1):g} s"
        too_slow = any(waited in each.stderr for each in ended)
        for number, (key, _) in enumerate(sent):
            self.record.mishaps[key] = act.post if number == 0 or act.post == RUNNING else None
            if too_slow and self.record.mishaps[key] not in (*LOST, RUNNING):
                self.record.mishaps[key] = "silent-executed"  # a busy machine was later than is waited for
            if "--again" in act.args:
                self.record.again.add(key)
        for row in self.record.rows()[len(rows) :]:
            if too_slow:
                self.record.mishaps.setdefault(row["key"], "silent-never")  # connected, and then too late
            if act.blow is not None:
                self.record.broken_off.add(row["key"])
        self.must_not_have_sent(bool(sent), rows, act)
        self.check(ended, act)

    def must_not_have_sent(self, sent: bool, before: list[dict[str, Any]], act: Act) -> None:
        """No POST on top of what is not known, nor where somebody else has traded."""
        if not sent:
            return
        outcome_unknown = {
            row["key"] for row in before if row["session"] == self.session and is_unsettled(row)
        }
        still = {row["key"] for row in self.record.rows() if is_unsettled(row)}
        must(not outcome_unknown & still, "a POST on top of an attempt whose outcome is unknown")
        list_is_well = all(route != "list" for route, _, _ in act.reads)
        alone = self.session not in self.strangers or "--again" in act.args or not list_is_well
        must(alone, "a POST on top of somebody else's run of today")

    def command(self, args: tuple[str, ...], act: Act) -> Ended:
        ended = self.start(args, act).wait()
        self.note_blows([ended], act)
        self.check([ended], act)
        return ended

    def start(self, args: tuple[str, ...], act: Act) -> Child:
        self.counts["commands"] += 1
        return self.launch(args, folder=self.record.folder, env=self.env, ahead=self.ahead, blow=act.blow)

    def note_blows(self, ended: list[Ended], act: Act) -> None:
        """Count those that met their blow."""
        for each in ended:
            timed = act.blow is not None and (act.blow.seconds is not None or self.stays)
            if (
                each.status < 0 or timed
            ):  # a signal at any instant may fall between making a file and its guard
                self.record.killed.add(each.pid)
            self.counts["killed"] += each.status == -9
            self.counts["interrupted"] += each.status in (-2, -15) or (
                act.blow is not None and each.status == 130
            )

    def check(self, ended: list[Ended], act: Act) -> None:
        truth = self.world.ask("truth")
        check_executed(self.record, truth)
        check_files(self.record)
        for each in ended:
            self.say(f"  -> {each.status} {' '.join(each.stderr.split())[:150]}")
            if each.status >= 0 and act.kind != "double":
                check_end(self.record, truth, each, shows_json="--output" in act.args and act.blow is None)
            elif each.status >= 0:
                must("Traceback" not in each.stdout + each.stderr, f"a traceback: {each}")
        check_ledger(self.record, self.world.ask("truth"))

    def settle(self, act: Act) -> None:
        """Say truthfully what came of the attempts that are not settled, as a person would who looked."""
        self.world.ask("drain")
        runs = {run["key"]: run for run in self.world.ask("truth")["runs"]}
        if not self.stays:  # so much later that no orchestrator works on any more
            self.ahead += timedelta(minutes=20)
            self.world.ask("move", self.ahead)
        for row in self.record.rows():
            if not is_unsettled(row):
                continue
            name = row["session"] + ("" if row["number"] == 1 else f"-{row['number']}")
            run = runs.get(row["key"])
            self.record.by_hand.add(row["key"])
            how: tuple[str, ...] = ("--not-placed",)  # by the real clock it is too early for that
            if run and act.choice < 0.4:
                how = ("--placed", "--run-id", run["run_id"])
            elif run and act.choice < 0.7:
                how = ("--placed", *(word for each in run["orders"] for word in ("--order", each)))
            elif run:
                how = ("--placed",)
            self.command(("resolve", name, *how), act)
            self.counts["settled by hand"] += 1

    def conclude(self) -> None:
        """With all well again, what was executed is found; the rest is settled, and the day runs."""
        calm = Act(kind="resolve")
        self.world.ask("calm")
        self.world.ask("drain")
        if self.seed % 2:
            self.trade(Act(kind="run"))
        else:
            ended = self.command(("resolve",), calm)
            expected = 0 if self.record.ledger.exists() else 3
            must(ended.status == expected, f"resolve ends with {ended.status}: {ended.stderr}")
        truth = self.world.ask("truth")
        executed = {run["key"] for run in truth["runs"]}
        for row in self.record.rows():
            self.counts[f"rows {row['state']}"] += 1
            self.counts["adopted"] += "was found" in (row["settled"] or "") or "was found" in row["document"]
            if is_unsettled(row):
                raced = len([run for run in truth["runs"] if run["key"] is None]) > 0
                must(raced or row["key"] not in executed, f"{row['session']} was executed and is not found")
        self.settle(Act(kind="settle", choice=0.1))
        self.trade(Act(kind="run"))
        if self.seed % 3 == 0:
            self.same_again()
        self.reports()
        self.counts["executed"] += len([run for run in truth["runs"] if run["key"]])

    def same_again(self) -> None:
        """Everything is known now: the same session again asks nothing and writes the same bytes."""
        rows = self.record.rows()
        if not any(row["session"] == self.session and row["state"] == "closed" for row in rows):
            return
        files, before = self.files(), self.world.ask("truth")["requests"]
        given = json.loads(rows[-1]["parameters"])
        self.command(
            ("--capital", given["capital"], "--symbols", ",".join(given["symbols"])), Act(kind="run")
        )
        must(self.world.ask("truth")["requests"] == before, "the same session again asked the services")
        after = self.files()  # one that a killed command did not come to is made now
        changed = [name for name, content in files.items() if after.get(name) != content]
        must(not changed, f"the same session again changed {changed}")
        must(self.record.rows() == rows, "the same session again changed the ledger")

    def reports(self) -> None:
        """Every report can be made again from the ledger, and is the file that lies there."""
        latest = {
            row["session"] + ("" if row["number"] == 1 else f"-{row['number']}"): row["document"]
            for row in self.record.rows()
        }
        for name, document in list(latest.items())[self.seed % 3 :: 3]:
            path = self.record.reports / f"{name}_paper_run.json"
            there = path.read_bytes() if path.exists() else None
            ended = self.command(("report", name), Act(kind="report"))
            must(ended.status == 0, f"report {name} ends with {ended.status}: {ended.stderr}")
            must(path.read_bytes() == document.encode(), f"report {name} is not what the ledger has")
            must(
                there in (None, document.encode()) or self.record.killed,
                f"{path.name} was not the ledger's result",
            )

    def files(self) -> dict[str, bytes]:
        kinds = ("*_*.json", "*_*.html", "*_*.csv")  # those over all sessions are no attempt's own
        return {path.name: path.read_bytes() for kind in kinds for path in self.record.reports.glob(kind)}
