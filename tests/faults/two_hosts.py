"""A random schedule of two hosts with one ledger: what strikes them, their lines and their server."""

import json
import random
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from faults import blows
from faults.truth import must
from support.answers import plain_500
from support.failover import copied, cut_off, following, in_step, promoted, restored, until
from support.faulty_http import Request
from support.forked import Fork
from support.hosts import Host
from support.odd_platform import RUN, RUNS
from support.postgres_server import Server
from support.proxy import Proxy

_PATIENCE = "1"
"""Seconds that a host waits for a database that is silent, where it is going to be."""
_CLUSTER = (
    "SELECT system_identifier::text || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) "
    "FROM pg_control_system()"
)
_LONGEST = 240.0


class Play:
    """One schedule, drawn from its seed.

    :ivar lost: what was known to the ledger before its server was restored or replaced, see `known`.
    """

    def __init__(self, seed: int, hosts: tuple[Host, Host], server: Server, lines: dict[Host, Proxy]) -> None:
        self.drawn = random.Random(seed)
        self.hosts, self.server, self.lines = hosts, server, lines
        self.platform = hosts[0].platform
        self.told = [f"seed {seed}"]
        self.lost: set[Any] = set()
        self.counts: Counter[str] = Counter()
        self.posted: defaultdict[str, list[str]] = defaultdict(list)
        """The keys of the POSTs that arrived, by session."""
        self._arrived, self._released = threading.Event(), threading.Event()
        self._released.set()
        self.platform.log.arrivals.append(self._arrives)

    def play(self) -> None:
        if (answer := self.drawn.choice(blows.ANSWERS)) is not None:
            self.platform.orchestrator.script("POST", RUN, [answer])
            self.told.append(f"POST {answer}")
        for host in self.hosts:
            host.wrong = timedelta(minutes=self.drawn.choice(blows.WRONG))
            self.told.append(f"{host.folder.name} is wrong by {host.wrong}")
        for _ in range(self.drawn.randint(1, 4)):
            if self.drawn.random() < 0.6:
                self.told.append("the next session")
                self.hosts[0].let_pass(24 * 60)
            self.round()
            self.prove_never_twice()

    def conclude(self) -> None:
        """With all well again each host runs its day, and makes its files: state what must be true then."""
        self.platform.orchestrator.calm()
        session = self.hosts[0].session
        rows = self.hosts[0].rows()
        left = [row for row in rows if row["session"] == session and row["state"] != "nothing"]
        before = self.executed(session)
        if not left and self.is_another_server():
            self.trust_nothing_unseen()
        ended = [self.calm_day(host) for host in self.hosts]
        rows = self.hosts[0].rows()
        fenced = [row["key"] for row in rows if row["fence"] == session]
        posted = self.posted[session]
        nothing = {row["key"] for row in rows if row["state"] == "nothing"}
        self.prove_never_twice()
        must(not nothing & set(self.platform.orchestrator.keys.values()), "executed, and recorded as nothing")
        recorded = {
            json.loads(row["document"])["exit_status"]
            for row in rows
            if row["session"] == session and row["document"]
        }
        refused = {3} if self.lost else set()
        must(set(ended) <= {0, 2} | recorded | refused, "a day that ended otherwise")
        if not self.lost:
            must(self.executed(session) == (before if left else 1), "not once")
            must(len(posted) == (len(posted) if left else 1) <= 1, "more than one was sent")
            must(len(fenced) == 1 and posted in ([], fenced), "the fence is not that of what was sent")
        made = [self.run(host, ("report", "--all")) for host in self.hosts]
        must(set(made) == ({0} if rows else {3}), "no files")
        one, two = (host.files() for host in self.hosts)
        both = one.keys() & two.keys()
        if self.lost:  # what came of a lost attempt each host has on its own
            marked = {row["session"] for row in self.hosts[0].rows("marks")}
            known = {f"{row['session']}-{row['number']}".removesuffix("-1") for row in rows}
            both = {
                each for each in both if each[: each.index("_")] in (marked if "_mark" in each else known)
            }
        else:
            must(one.keys() == two.keys() != set(), "other files")
        must(all(one[name] == two[name] for name in both), "other bytes")
        self.counts.update(["schedules", "executed" if self.executed(session) else "not executed"])
        self.counts["schedules where rows were lost"] += bool(self.lost)

    def is_another_server(self) -> bool:
        """Tell whether the server was restored or replaced since the ledger was used last."""
        (used,) = [row["value"] for row in self.hosts[0].rows("account") if row["name"] == "database"]
        return bool(used != self.server.ask(_CLUSTER)[0][0])

    def trust_nothing_unseen(self) -> None:
        """Nobody tells whether today was traded: refused, until a person says that nothing is missing."""
        host, posts = self.drawn.choice(self.hosts), len(self.platform.posts)
        self.platform.orchestrator.always("GET", RUNS, plain_500())
        must(self.run(host, ("--timeout", "20")) == 3, "a server was trusted unseen")
        must(len(self.platform.posts) == posts, "sent without any proof")
        self.counts["not trusted unseen"] += 1
        if not self.lost:
            must(self.run(host, ("--accept-database", "--timeout", "20")) == 0, "a word was not enough")
        self.platform.orchestrator.calm()

    def executed(self, session: str) -> int:
        """Return how often a session was executed."""
        return [run["as_of_date"] for run in self.platform.orchestrator.runs].count(session)

    def prove_never_twice(self) -> None:
        """No session was executed twice, nor sent twice unless rows were lost that told of it."""
        for session, keys in self.posted.items():
            must(self.executed(session) <= 1, f"{session} was executed twice")
            must(len(keys) <= 1 or self.lost & set(keys), f"{session} was sent twice")

    def run(self, host: Host, words: tuple[str, ...], **strike: Any) -> int:
        """Run a command to its end, or wake it where it is suspended; return its status."""
        self.told.append(f"{host.folder.name} {words} {strike or ''}")
        with host.forked(*words, **strike) as process:
            if strike and process.stopped(_LONGEST):
                process.send_signal(signal.SIGCONT)
            return self.ended(host, process)

    def calm_day(self, host: Host) -> int:
        """Run a host's day, once more where a busy machine took longer than all reads may."""
        status = self.run(host, ("--timeout", "20"))
        is_busy = status == 1 and any("the time for all reads was over" in said for said in self.told[-12:])
        return self.run(host, ("--timeout", "20")) if is_busy else status

    def ended(self, host: Host, process: Fork) -> int:
        """Wait for a command to end; return its status."""
        status, stdout, stderr = process.ended(_LONGEST)
        self.told += [f"{host.folder.name} ended with {status}", *stderr.splitlines()]
        must("Traceback" not in stdout + stderr, stdout + stderr)
        self.counts["commands"] += 1
        self.counts["killed"] += status == -signal.SIGKILL
        return status

    def round(self) -> None:
        """Strike one host's command, and perhaps the server; the other one runs its own meanwhile."""
        struck, other = self.drawn.sample(self.hosts, 2)
        kind = self.drawn.random()
        if kind < 0.05:
            self.pooled(struck)
            return
        if kind < 0.3:
            self.overtaken(struck, other)
            return
        meanwhile = self.drawn.choice(blows.MEANWHILE)
        with ExitStack() as stack:
            copy = stack.enter_context(copied(self.server)) if meanwhile == "restored" else None
            standby = (
                stack.enter_context(following(self.server))
                if meanwhile in ("promoted", "left behind")
                else None
            )
            if standby is not None and meanwhile == "left behind":
                cut_off(standby)
            process = stack.enter_context(self.halted(struck))
            if meanwhile in blows.LOSES:
                self._let_go()
            self.disturb(meanwhile, copy, standby)
            self.another(other)
            if meanwhile.startswith("down"):
                self.server.start()
            self._let_go()
            process.send_signal(signal.SIGCONT)
            self.ended(struck, process)
            if standby is not None:
                self.take_place(standby)
        self.calm()

    @contextmanager
    def halted(self, host: Host) -> Iterator[Fork]:
        """Run a command of a host until it is struck, or where that never comes, until its end."""
        drawn, halt = self.drawn, self.drawn.choice(blows.HALTS)
        words = drawn.choice(blows.COMMANDS)
        arguments = words or ("--timeout", drawn.choice(blows.TIMEOUTS))
        strike, kink = blows.strike(drawn), blows.kink(drawn)
        self.told.append(f"{host.folder.name} {arguments} {halt} {kink if halt == 'line' else strike}")
        line = self.lines[host]
        self.counts[kink.how if halt == "line" else halt if halt == "POST" else strike["do"]] += 1
        if halt == "line":
            line.bend(kink)
        elif halt == "POST":
            self._arrived.clear()
            self._released.clear()
        usual, host.env["FAULTS_PATIENCE"] = host.env["FAULTS_PATIENCE"], _PATIENCE
        with host.forked(*arguments, **strike if halt == "step" else {}) as process:
            host.env["FAULTS_PATIENCE"] = usual
            if halt == "step":
                process.stopped(_LONGEST)
            else:
                happened = line.met if halt == "line" else self._arrived
                while process.is_running() and not happened.wait(0.01):
                    pass
            yield process

    def another(self, host: Host) -> None:
        """Run a command of the other host; it may be struck as well."""
        drawn = self.drawn
        words, is_struck, is_run = drawn.choice(blows.COMMANDS), drawn.random() < 0.25, drawn.random() < 0.85
        strike = blows.strike(drawn)
        if not is_run:
            return
        self.run(host, words or ("--timeout", drawn.choice(blows.TIMEOUTS)), **strike if is_struck else {})

    def overtaken(self, slow: Host, other: Host) -> None:
        """A host is suspended in the middle of its day, the other one runs its own, the first one wakes."""
        strike, what = blows.suspended(self.drawn), self.drawn.choice(("nothing", "time", "terminate"))
        self.told.append(f"{slow.folder.name} is overtaken {strike}")
        with slow.forked("--timeout", "20", **strike) as process:
            process.stopped(_LONGEST)
            self.disturb(what, None, None)
            self.run(other, ("--timeout", "20"))
            process.send_signal(signal.SIGCONT)
            self.ended(slow, process)
        self.calm()
        self.counts["overtaken"] += 1

    def pooled(self, host: Host) -> None:
        """A pooler stands before the database: refused, and nothing is sent."""
        line, posts = self.lines[host], len(self.platform.posts)
        line.pools = True
        refused = self.run(host, ())
        line.pools = False
        must((refused, len(self.platform.posts)) == (3, posts), "a pooler was not refused")
        self.counts["pooled"] += 1

    def disturb(self, what: str, copy: Path | None, standby: Server | None) -> None:
        """Let something happen to the server, or let time pass."""
        self.told.append(what)
        self.counts[what] += 1
        how = self.drawn.choice((signal.SIGINT, signal.SIGQUIT))
        minutes = self.drawn.choice((1, 20, 60))
        if what in ("terminate", "cancel"):
            ours = "FROM pg_stat_activity WHERE application_name LIKE 'paper_run %'"
            self.server.ask(f"SELECT pg_{what}_backend(pid) {ours}")
        elif what in ("restart", "crash"):
            self.server.stop(signal.SIGINT if what == "restart" else signal.SIGQUIT)
            self.server.start()
        elif what.startswith("down"):
            self.server.stop(how)
        elif copy is not None:
            before = self.known()
            restored(self.server, copy)
            self.lost |= before - self.known()
        elif standby is not None:
            if what == "promoted":
                in_step(self.server, standby)
            self.promote(standby)
        if what in (*blows.LOSES, "time"):
            self.hosts[0].let_pass(minutes)
        elif what == "down for an hour":
            self.hosts[0].let_pass(60)

    def promote(self, standby: Server) -> None:
        """Let the standby take the server's place: the name leads to it."""
        before = self.known()
        promoted(self.server, standby)
        for line in self.lines.values():
            line.target = standby.port
        schema = self.hosts[0].schema
        schema.server = standby
        self.lost |= before - self.known()
        schema.server = self.server

    def take_place(self, standby: Server) -> None:
        """Go on with what the standby has where the server was: restarted, no more."""
        standby.stop()
        self.server.take(standby.data)
        self.server.start()
        for line in self.lines.values():
            line.target = self.server.port

    def known(self) -> set[Any]:
        """Return what is in the ledger that has files: attempts, by key and with their version, and marks."""
        rows = self.hosts[0].rows()
        marks = {(row["session"], row["document"]) for row in self.hosts[0].rows("marks")}
        return marks | {row["key"] for row in rows} | {(row["key"], row["version"]) for row in rows}

    def calm(self) -> None:
        """Let all be well again, and wait until nothing is under way."""
        for line in self.lines.values():
            line.mend()
        ours = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'paper_run %'"
        until(lambda: self.server.ask(ours) == [])
        self._await_orchestrator()

    def _let_go(self) -> None:
        """Let a POST that is held be worked on; it is done when this returns."""
        if not self._released.is_set():
            self._released.set()
            self._await_orchestrator()

    def _await_orchestrator(self) -> None:
        until(self.platform.orchestrator.is_at_rest)

    def _arrives(self, request: Request) -> None:
        if request.method != "POST":
            return
        self.posted[self.hosts[0].session].append(request.headers["idempotency-key"])
        self._arrived.set()
        self._released.wait(_LONGEST)
