"""Rule 16: which server a ledger trusts, how it is reached, and what is said of it where it can't be."""

import contextlib
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.conftest import made
from support.hosts import Host
from support.postgres_server import OWNER, PASSWORD, Schema, Server
from support.proxy import proxy

from paper_run.ledger.postgres import schema as tables


@pytest.fixture
def host(tmp_path: Path, schema: Schema) -> Iterator[Host]:
    made = Host(tmp_path, schema)
    with made.platform:
        yield made


def said(host: Host) -> str:
    """Return all that every command has said, and every file that it has written."""
    files = [
        path.read_bytes().decode("utf-8", "replace") for path in host.reports.rglob("*") if path.is_file()
    ]
    return "".join([*(each.stdout + each.stderr for each in host.said), *files])


@contextmanager
def setting(server: Server, name: str, value: str) -> Iterator[None]:
    """Have the server work with another setting."""

    def put(words: str, wanted: str | None) -> None:
        server.ask(words)
        server.ask("SELECT pg_reload_conf()")
        while wanted is not None and server.ask(f"SHOW {name}") != [(wanted,)]:
            time.sleep(0.02)

    before = server.ask(f"SHOW {name}")[0][0]
    put(f"ALTER SYSTEM SET {name} = {value}", value)
    try:
        yield
    finally:
        put(f"ALTER SYSTEM RESET {name}", before)


def test_rule_16_a_pooler_is_refused(host: Host) -> None:
    """Exit 3: what holds the lease is one session of the server itself; nothing is sent."""
    with proxy(host.schema.server.port) as between:
        between.pools = True
        host.reach_by(between.port)
        pooled = host.begin()
    assert (pooled.returncode, host.platform.posts) == (3, [])
    assert "A connection pooler stands before the ledger" in pooled.stderr
    assert "the database's own host and port" in pooled.stderr


def test_rule_16_a_server_that_does_not_sync_is_refused(host: Host) -> None:
    """Exit 3 while fsync is off, whatever was recorded before."""
    assert host.begin().returncode == 0
    host.next_session()
    with setting(host.schema.server, "fsync", "off"):
        refused = host.run()
    assert (refused.returncode, len(host.platform.posts)) == (3, 1)
    assert "fsync is off" in refused.stderr
    assert host.run().returncode == 0


def test_rule_16_every_write_is_synced_whatever_the_server_says(host: Host) -> None:
    """A server where commits are not waited for has them waited for here, and its own time limits none."""
    server = host.schema.server
    server.ask(f"ALTER ROLE {OWNER} SET synchronous_commit = off")
    server.ask(f"ALTER ROLE {OWNER} SET idle_session_timeout = '2s'")
    server.ask(f"ALTER ROLE {OWNER} SET statement_timeout = '20s'")
    try:
        assert host.begin().returncode == 0
        host.schema.ask("CREATE TABLE seen (name TEXT, value TEXT)")
        host.schema.ask(f"GRANT ALL ON seen TO {OWNER}")
        host.schema.ask(
            "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO seen SELECT name, "
            "setting FROM pg_settings WHERE name IN ('synchronous_commit', 'idle_session_timeout', "
            "'statement_timeout', 'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', "
            "'tcp_user_timeout'); RETURN NULL; END$$"
        )
        host.schema.ask("CREATE TRIGGER see AFTER INSERT ON trades FOR EACH ROW EXECUTE FUNCTION see()")
        host.next_session()
        assert host.run().returncode == 0
    finally:
        server.ask(f"ALTER ROLE {OWNER} RESET ALL")
    assert {row["name"]: row["value"] for row in host.schema.ask("SELECT * FROM seen")} == {
        "synchronous_commit": "on",
        "idle_session_timeout": "0",
        "statement_timeout": "0",
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "25000",
    }


def test_the_password_is_shown_nowhere(host: Host) -> None:
    """Neither by what goes well, nor in a record, nor where the database refuses it or is gone."""
    assert host.begin().returncode == 0
    for words in ((), ("-v",), ("mark",), ("history",), ("doctor",), ("resolve",)):
        host.run(*words)
    url = host.env["PAPER_RUN_LEDGER_URL"]
    for wrong in (
        url.replace(PASSWORD, "wr0ngPassw0rd"),
        url.replace(str(host.schema.server.port), "1"),
        f"{url}?sslmode=nonsense",
        f"{url}?password={PASSWORD}&nonsense=1",
        url.replace("postgresql://", "mysql://"),
    ):
        for words in ((), ("doctor",), ("history",)):
            host.env["PAPER_RUN_LEDGER_URL"] = wrong
            assert host.run(*words).returncode in (1, 3)
    assert PASSWORD not in said(host)
    assert "wr0ngPassw0rd" not in said(host)
    assert f"postgresql://{OWNER}@127.0.0.1" in said(host)


def test_a_password_comes_from_the_files_that_postgresql_reads(host: Host) -> None:
    """`~/.pgpass`, and the file that PGPASSFILE names."""
    server = host.schema.server
    host.env["PAPER_RUN_LEDGER_URL"] = server.url.replace(f":{PASSWORD}", "")
    assert host.begin().returncode == 1
    for name, place in ((".pgpass", host.folder / ".pgpass"), ("PGPASSFILE", host.folder / "words")):
        place.write_text(f"127.0.0.1:{server.port}:*:{OWNER}:{PASSWORD}\n")
        place.chmod(0o600)
        if name == "PGPASSFILE":
            host.env[name] = str(place)
        assert host.run(*(["--new-ledger"] if name == ".pgpass" else [])).returncode == 0
        (host.folder / ".pgpass").unlink(missing_ok=True)
    assert len(host.platform.posts) == 1


def test_a_printed_command_runs_where_the_url_has_a_password_and_a_query(host: Host) -> None:
    """It shows neither; the variable that names the same database lends both, and lends them to no other."""
    assert host.begin().returncode == 0
    url = host.env["PAPER_RUN_LEDGER_URL"]
    shown = url.replace(f":{PASSWORD}", "")
    assert host.run("resolve", "--ledger-url", shown).returncode == 0
    assert host.run("resolve", "--ledger-url", shown.replace("127.0.0.1", "localhost")).returncode == 1
    host.env["PAPER_RUN_LEDGER_URL"] = f"{url}?sslmode=verify-full"
    assert host.run("resolve", "--ledger-url", shown).returncode == 1, (
        "the query is gone: no TLS was asked for"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAPER_RUN_LEDGER_URL", "sqlite:///x"),
        ("PAPER_RUN_LEDGER_SCHEMA", "Robert'); DROP"),
        ("PAPER_RUN_LEDGER_SCHEMA", "pg_catalog"),
        ("PAPER_RUN_PLATFORM", ""),
        ("PAPER_RUN_PLATFORM", "two words"),
    ],
)
def test_wrong_settings_of_the_database_are_refused(host: Host, name: str, value: str) -> None:
    """Exit 3, named; nothing is sent, and no file takes the database's place."""
    host.env[name] = value
    refused = host.run("--new-ledger")
    assert (refused.returncode, name in refused.stderr, host.platform.posts) == (3, True, [])
    assert not host.ledger.exists()


def test_a_database_that_is_down_is_exit_1_and_no_file_takes_its_place(host: Host) -> None:
    """A configured PostgreSQL never falls back."""
    host.env["PAPER_RUN_LEDGER_URL"] = f"postgresql://{OWNER}@127.0.0.1:1/ledgers"
    for words in ((), ("mark",), ("history",), ("resolve",)):
        assert host.run(*words).returncode == 1
    assert host.platform.posts == []
    assert not host.ledger.exists()


def test_another_platform_or_a_sandbox_is_refused(host: Host) -> None:
    """The account is a platform's by its name, and a sandbox has a schema of its own."""
    assert host.begin().returncode == 0
    host.env["PAPER_RUN_PLATFORM"] = "paper-2"
    other = host.run()
    assert (other.returncode, "Its platform is paper-1, and this one is paper-2" in other.stderr) == (3, True)
    assert host.run("--sandbox").returncode == 0
    assert len(host.platform.posts) == 1


def test_rule_16_a_newer_schema_is_refused(host: Host) -> None:
    """Politely: upgrade; what is in it stays as it is."""
    assert host.begin().returncode == 0
    host.schema.ask("UPDATE schema_version SET version = version + 1")
    for words in ((), ("mark",), ("history",)):
        newer = host.run(*words)
        assert (newer.returncode, "was written by a newer paper_run" in newer.stderr) == (3, True)


def make_the_first_version(host: Host) -> None:
    """Make a ledger as the first program did that had one in a database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "MIGRATIONS", tables.MIGRATIONS[:1])
        made(host.schema, host.folder)
    assert host.schema.ask("SELECT version FROM schema_version") == [{"version": tables.BEGINS_AT}]


def test_rule_16_an_older_schema_is_brought_up_to_date_under_the_lease(host: Host) -> None:
    """By what works on it, not by what reads it; the day goes on."""
    make_the_first_version(host)
    older = host.run("history")
    assert (older.returncode, "was written by an earlier paper_run" in older.stderr) == (3, True)
    assert host.run().returncode == 0
    (version,) = host.schema.ask("SELECT version FROM schema_version")
    assert version["version"] == tables.version()
    assert host.run("history").returncode == 0


@contextmanager
def slow_tables(host: Host) -> Iterator[None]:
    """Have the server take three seconds, without a word, when a session begins to make or change tables."""
    with contextlib.closing(host.schema.connect()) as connection:
        connection.execute("SET search_path = public")
        connection.execute(
            "CREATE FUNCTION be_slow() RETURNS event_trigger LANGUAGE plpgsql AS "
            "$$BEGIN IF coalesce(current_setting('slow.once', true), '') = '' THEN PERFORM pg_sleep(3); "
            "END IF; PERFORM set_config('slow.once', 'done', false); END$$"
        )
        connection.execute("CREATE EVENT TRIGGER be_slow ON ddl_command_end EXECUTE FUNCTION be_slow()")
        try:
            yield
        finally:
            connection.execute("DROP EVENT TRIGGER be_slow")
            connection.execute("DROP FUNCTION be_slow()")


@pytest.mark.parametrize("is_there", [False, True])
def test_tables_that_take_long_to_be_made_or_changed_are_waited_for(host: Host, is_there: bool) -> None:
    """Longer than for any other answer: nothing was sent, and years of results may be rewritten."""
    host.env["FAULTS_PATIENCE"] = "2"
    if is_there:
        make_the_first_version(host)
    with slow_tables(host):
        assert host.run(*(() if is_there else ("--new-ledger",))).returncode == 0
    assert len(host.platform.posts) == 1


@pytest.mark.parametrize("at", ["", "before sql INSERT INTO trades", "before sql COMMIT"])
def test_a_server_that_stands_still_is_waited_for_some_seconds(
    host: Host, own_server: Server, at: str
) -> None:
    """From the start or from any step on: exit 1 in less than 15 s, nothing sent; then the day goes on."""
    host.schema.server = own_server
    host.env |= host.schema.env
    assert host.begin().returncode == 0
    host.next_session()
    host.env["FAULTS_PATIENCE"] = "1"
    if not at:
        del host.env["FAULTS_PATIENCE"]
        with own_server.standing_still():
            began = time.monotonic()
            said = host.run()
            took, status = time.monotonic() - began, said.returncode
    else:
        with host.forked(at=at, do="SIGSTOP") as process:
            assert process.stopped()
            with own_server.standing_still():
                began = time.monotonic()
                process.send_signal(signal.SIGCONT)
                status, *said = process.ended()
                took = time.monotonic() - began
    assert (status, len(host.platform.posts)) == (1, 1), said
    assert took < 15
    assert host.run().returncode in ((0,) if "COMMIT" not in at else (0, 2))
    assert len(host.platform.posts) <= 2
