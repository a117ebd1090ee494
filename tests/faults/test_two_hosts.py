"""Random schedules of two hosts with one ledger: killed, suspended, cut off from it; never a second trade."""

import os
import random
import signal
from pathlib import Path

import pytest
from faults.conftest import made
from support.answers import Answer
from support.hosts import Host, two_hosts
from support.odd_platform import RUN
from support.postgres_server import Schema, Server

COUNT = int(os.environ.get("TWO_HOSTS", "3"))
"""How many schedules are played; the seeds are always the same, from 0."""
STEPS = (
    "before GET *",
    "after GET *",
    "before sql SELECT pg_try_advisory_lock*",
    "after sql SELECT pg_try_advisory_lock*",
    "before sql BEGIN*",
    "before sql INSERT INTO trades",
    "after sql INSERT INTO trades",
    "before sql COMMIT",
    "after sql COMMIT",
    "before POST *",
    "after connect for POST",
    "after POST *",
    "before sql UPDATE*",
    "after replace*",
)
MEANWHILE = ("nothing", "terminate", "cancel", "restart", "crash")
COMMANDS = ((), (), (), ("mark",), ("resolve",), ("report",))
ANSWERS = (None, None, Answer(reset=True, process="before"), Answer(reset=True, process="never"))
TIMEOUT = ("--timeout", "0.5")


class Play:
    """One schedule, drawn from its seed."""

    def __init__(self, seed: int, hosts: tuple[Host, Host], server: Server) -> None:
        self.drawn = random.Random(seed)
        self.hosts, self.server = hosts, server
        self.told = [f"seed {seed}"]

    def play(self) -> None:
        if (answer := self.drawn.choice(ANSWERS)) is not None:
            self.hosts[0].platform.orchestrator.script("POST", RUN, [answer])
            self.told.append(f"POST {answer}")
        for _ in range(self.drawn.randint(1, 3)):
            self.round()

    def round(self) -> None:
        """Disturb one host's run at a step of it, and perhaps the server; the other one runs meanwhile."""
        struck, other = self.drawn.sample(self.hosts, 2)
        at, nth = self.drawn.choice(STEPS), self.drawn.randint(1, 2)
        do = self.drawn.choice(("SIGKILL", "SIGSTOP", "SIGSTOP", "SIGTERM"))
        self.told.append(f"{struck.folder.name} {do} {at} {nth}")
        with struck.start(*TIMEOUT, at=at, nth=nth, do=do) as process:
            if do == "SIGSTOP":
                os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            else:
                process.wait(60)
            self.disturb(self.drawn.choice(MEANWHILE))
            if self.drawn.random() < 0.8:
                words = self.drawn.choice(COMMANDS)
                self.told.append(f"{other.folder.name} {words}")
                other.run(*words, *(TIMEOUT if not words else ()))
            if do == "SIGSTOP" and process.poll() is None:
                process.send_signal(signal.SIGCONT)
            process.communicate(timeout=60)

    def disturb(self, what: str) -> None:
        self.told.append(what)
        if what in ("terminate", "cancel"):
            ours = "FROM pg_stat_activity WHERE application_name LIKE 'paper_run %'"
            self.server.ask(f"SELECT pg_{what}_backend(pid) {ours}")
        elif what in ("restart", "crash"):
            self.server.stop(signal.SIGINT if what == "restart" else signal.SIGQUIT)
            self.server.start()


@pytest.mark.parametrize("seed", range(COUNT))
def test_two_hosts_never_trade_twice(seed: int, tmp_path: Path, schema: Schema, postgres: Server) -> None:
    """At most one request; exactly one where no row was left; both hosts' files are the same bytes."""
    with two_hosts(tmp_path, made(schema, tmp_path)) as hosts:
        play = Play(seed, hosts, postgres)
        one, two = hosts
        play.play()
        left = [row for row in schema.rows() if row["state"] != "nothing"]
        posts = len(one.platform.posts)
        assert posts <= 1, play.told
        for host in (one, two, one):
            host.later(0)
            ended = host.run(*TIMEOUT)
            assert ended.returncode in (0, 2), (play.told, ended)
        assert len(one.platform.posts) == (posts if left else 1), (play.told, left)
        assert len([row for row in schema.rows() if row["fence"] is not None]) == 1, play.told
        assert [host.run("report", "--all").returncode for host in hosts] == [0, 0]
        assert one.files() == two.files() != {}, play.told
