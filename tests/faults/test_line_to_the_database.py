"""What the schedules of two hosts put between a host and its database does what it is told."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from support.failover import until
from support.postgres_server import Schema, Server
from support.proxy import HOW, Kink, Proxy, proxy

NAME = "through_the_line"
HELD = f"SELECT pid FROM pg_stat_activity WHERE application_name = '{NAME}'"


@pytest.fixture
def line(postgres: Server) -> Iterator[Proxy]:
    with proxy(postgres.port) as between:
        yield between


def connect(schema: Schema, line: Proxy) -> psycopg.Connection:
    url = schema.server.url.replace(f":{schema.server.port}/", f":{line.port}/")
    return psycopg.connect(url, autocommit=True, application_name=NAME)


@pytest.mark.parametrize("how", [how for how in HOW if how != "slow"])
@pytest.mark.parametrize("way", ["asked", "answered"])
def test_what_is_lost_is_lost_for_the_end_that_it_was_meant_for(
    schema: Schema, line: Proxy, how: str, way: str
) -> None:
    """A statement was run if only its answer got lost; who is told that it is over ends, nobody else does."""
    schema.ask("CREATE TABLE public.seen (word TEXT)")
    schema.ask("GRANT ALL ON public.seen TO PUBLIC")
    try:
        with closing(connect(schema, line)) as client:
            line.bend(Kink(how, way, b"secret" if way == "asked" else b"INSERT 0 1"))
            client.pgconn.send_query(b"INSERT INTO public.seen VALUES ('secret')")
            assert line.met.wait(60)
            is_there = "SELECT count(*) AS number FROM public.seen"
            until(lambda: schema.ask(is_there) == [{"number": int(way == "answered")}])
            if how in ("cut", "client told"):
                until(lambda: not still_waits(client))
            if how in ("cut", "server told"):
                until(lambda: schema.server.ask(HELD) == [])
            if how in ("silent", "server told"):
                assert still_waits(client)
            if how in ("silent", "client told"):
                assert len(schema.server.ask(HELD)) == 1
            line.mend()
            until(lambda: not still_waits(client))
        until(lambda: schema.server.ask(HELD) == [])
    finally:
        schema.ask("DROP TABLE public.seen")


def still_waits(client: psycopg.Connection) -> bool:
    """Tell whether the end of a client has heard nothing: no answer, and not that it is over."""
    try:
        client.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return client.pgconn.is_busy() and client.pgconn.status == psycopg.pq.ConnStatus.OK


def test_a_slow_line_and_one_that_leads_elsewhere_go_on(schema: Schema, line: Proxy) -> None:
    """A piece is held back and then comes; who connects when the name leads to nobody is let in by nobody."""
    with closing(connect(schema, line)) as client:
        line.bend(Kink("slow", seconds=60))
        client.pgconn.send_query(b"SELECT 1")
        assert line.met.wait(60)
        assert still_waits(client)
    line.mend()
    line.bend(Kink("slow", "answered", b"\x00\x00\x00\x017", seconds=0.05))
    with closing(connect(schema, line)) as client:
        assert client.execute("SELECT 7").fetchone() == (7,)
    assert line.met.is_set()
    line.target = 1
    with pytest.raises(psycopg.OperationalError):
        connect(schema, line)
