"""Random schedules of two hosts with one ledger: killed, suspended, cut off from it; never a second trade."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.conftest import made
from faults.two_hosts import Play
from support.hosts import two_hosts
from support.postgres_server import Schema, Server, made_server
from support.proxy import proxy

FIRST, COUNT = (int(os.environ.get(name, usual)) for name, usual in (("TWO_HOSTS_FROM", 0), ("TWO_HOSTS", 3)))
"""The first seed, and how many schedules are played."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all schedules of a process: they stop it, crash it, restore and replace it."""
    made = made_server()
    try:
        yield made
    finally:
        made.remove()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_two_hosts_never_trade_twice(seed: int, tmp_path: Path, server: Server, record_property: Any) -> None:
    """At most one is executed; exactly one where no row was left; both hosts' files are the same bytes."""
    schema = Schema(server)
    with (
        two_hosts(tmp_path, made(schema, tmp_path)) as hosts,
        proxy(server.port) as first,
        proxy(server.port) as second,
    ):
        lines = dict(zip(hosts, (first, second), strict=True))
        for host, line in lines.items():
            host.reach_by(line.port)
        play = Play(seed, hosts, server, lines)
        try:
            play.play()
            play.conclude()
        except Exception as error:
            error.add_note("\n".join(map(str, [*play.told, *schema.rows()])))
            raise
        record_property("faults", dict(play.counts))
