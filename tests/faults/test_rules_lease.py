"""Rule 16: hosts with one ledger in a database; at most one trades, and each shows what was traded."""

import os
import shlex
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.answers import Answer, plain_500
from support.hosts import Host, two_hosts, when_posted
from support.mail_server import DROP, FREEZE, MailServer, letters, subjects
from support.odd_platform import RUN, RUNS
from support.postgres_server import PASSWORD, Schema, Server
from support.socket_server import answer, serving

from paper_run.ledger.ledger import Ledger
from paper_run.ledger.postgres import schema as tables


@pytest.fixture
def hosts(tmp_path: Path, schema: Schema) -> Iterator[tuple[Host, Host]]:
    with two_hosts(tmp_path, schema) as pair:
        yield pair


def ended_sessions(server: Server, schema: Schema) -> list[int]:
    """End every session that has the lease of a schema; return their processes."""
    (lease,) = schema.ask("SELECT value FROM account WHERE name = 'lease'")
    found = server.ask(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
        "AND (classid::bigint << 32) + objid::bigint = %s",
        int(lease["value"]),
    )
    return [pid for pid, _ in found]


@pytest.fixture
def day_two(hosts: tuple[Host, Host]) -> tuple[Host, Host]:
    """Return the hosts on the second day: the first one has made the ledger, and traded."""
    one, two = hosts
    assert one.begin().returncode == 0
    one.next_session()
    two.next_session()
    return hosts


def test_rule_16_a_second_host_shows_what_was_recorded(hosts: tuple[Host, Host]) -> None:
    """No POST; its files are byte for byte the first host's, and it exits as the trade did."""
    one, two = hosts
    assert one.begin().returncode == 0
    shown = two.run()
    assert (shown.returncode, len(one.platform.posts)) == (0, 1)
    assert "already traded" in shown.stdout
    assert one.files() == two.files() != {}
    assert [(row["state"], row["fence"]) for row in one.rows()] == [("closed", one.session)]
    assert (two.run("history").returncode, two.run("mark").returncode, two.run("resolve").returncode) == (
        0,
        0,
        0,
    )
    assert one.run("report", one.session).returncode == 0
    assert one.files() == two.files()


def test_rule_16_only_a_host_that_trades_says_that_it_starts(hosts: tuple[Host, Host]) -> None:
    """The heartbeat of one that shows what another has traded tells its end alone, with the same status."""
    with serving(answer(b"OK")) as monitor:
        for host in hosts:
            host.env["PAPER_RUN_HEARTBEAT_URL"] = f"{monitor.url.base}/secret"
        assert hosts[0].begin().returncode == 0
        assert hosts[1].run().returncode == 0
        assert [seen.path for seen in monitor.seen] == ["/secret/start", "/secret/0", "/secret/0"]


def test_history_all_reads_databases_beside_folders(hosts: tuple[Host, Host], schema: Schema) -> None:
    """By URL and schema, or the schema that is set; a line each, and no password."""
    one, two = hosts
    assert one.begin().returncode == 0
    url = schema.server.url
    del two.env["PAPER_RUN_LEDGER_URL"]
    two.platform.orchestrator.runs.clear()
    assert two.run().returncode == 0
    both = two.run("history", "--all", f"{url}#{schema.name}", "reports")
    assert (both.returncode, both.stderr) == (0, "")
    assert f"schema {schema.name}" in both.stdout
    assert PASSWORD not in both.stdout
    assert two.run("history", "--all", url).stdout.count(schema.name) == 1
    missing = two.run("history", "--all", f"{url}#none_there", "reports")
    assert (missing.returncode, "There is no ledger" in missing.stderr) == (3, True)
    assert "URL#SCHEMA, or leave it out" in missing.stderr
    assert "nothing was sent" not in missing.stderr
    assert PASSWORD not in missing.stdout + missing.stderr


def test_report_all_makes_a_new_hosts_folder(hosts: tuple[Host, Host]) -> None:
    """Every attempt and mark of every session, and what is over all of them: the bytes of the first host."""
    one, two = hosts
    assert one.begin().returncode == 0
    assert one.run("mark").returncode == 0
    one.next_session()
    assert one.run().returncode == 0
    made = two.run("report", "--all")
    assert (made.returncode, made.stderr) == (0, "")
    assert one.files() == two.files()
    for name in ("index.html", "history.csv"):
        assert (one.reports / name).read_bytes() == (two.reports / name).read_bytes()
    assert two.run("report", one.session, "--all").returncode == 3


def test_rule_14_a_schema_is_made_on_purpose_alone(hosts: tuple[Host, Host]) -> None:
    """Without it there is exit 3 and no POST, whatever is asked; a second one is never made over it."""
    one, two = hosts
    for words in ((), ("mark",), ("history",), ("report",), ("resolve",), ("--dry-run",)):
        finished = one.run(*words)
        assert (finished.returncode, "There is no ledger" in finished.stderr) == (3, True)
    assert one.begin().returncode == 0
    refused = two.run("--new-ledger")
    assert (refused.returncode, "there is a ledger already" in refused.stderr) == (3, True)
    assert len(one.platform.posts) == 1


def test_rule_16_a_host_waits_for_another_one_that_trades(day_two: tuple[Host, Host]) -> None:
    """While its POST is answered nobody else sends one; then what it recorded is shown."""
    one, two = day_two
    two.env["FAULTS_TICK"] = one.env["FAULTS_TICK"] = "0.25"
    with one.start(at="before POST *", do="SIGSTOP") as slow:
        os.waitid(os.P_PID, slow.pid, os.WSTOPPED | os.WNOWAIT)
        with two.start() as waiting:
            assert waiting.stdout is not None
            said = waiting.stdout.readline()
            assert "Waiting: Process" in said
            assert f" {slow.pid} on " in said
            slow.send_signal(signal.SIGCONT)
            assert slow.wait(60) == 0
            out, _ = waiting.communicate(timeout=60)
    assert (waiting.returncode, len(one.platform.posts)) == (0, 2)
    assert "already traded" in out
    assert one.files().items() >= two.files().items() != {}


def test_rule_16_a_row_in_flight_is_left_alone(day_two: tuple[Host, Host], postgres: Server) -> None:
    """Its host has lost the lease and goes on waiting: the other one waits too, looks, and sends nothing."""
    one, two = day_two
    ended: list[int] = []
    when_posted(one, lambda: ended.extend(ended_sessions(postgres, one.schema)))
    lost = one.run()
    assert len(ended) == 1
    assert (lost.returncode, "It was sent" in lost.stderr) == (1, True), lost.stderr
    assert [row["state"] for row in one.rows()] == ["closed", "sent"]
    mark = two.run("mark")
    assert (mark.returncode, "is under way until" in mark.stderr) == (2, True)
    found = two.run()
    assert "Waiting: the attempt" in found.stdout
    assert (found.returncode, len(one.platform.posts)) == (0, 2)
    assert [row["state"] for row in one.rows()] == ["closed", "closed"]
    assert one.run().returncode == 0
    assert one.saved() == two.saved()
    assert len(one.platform.posts) == 2


def test_rule_9_a_killed_sender_is_looked_for_at_once_on_its_own_host(hosts: tuple[Host, Host]) -> None:
    """Whoever has the lock of its folder knows that it is dead; the other host waits until its time is up."""
    one, two = hosts
    assert one.begin().returncode == 0
    for killed, other in ((one, two), (two, one)):
        one.next_session()
        two.next_session()
        assert killed.run(at="after POST *", do="SIGKILL").returncode == -9
        assert one.rows()[-1]["state"] == "sent"
        left_alone = other.resolve()
        assert (left_alone.returncode, "is under way until" in left_alone.stderr) == (2, True)
        assert killed.resolve().returncode == 0
        assert one.rows()[-1]["state"] == "closed"
    assert len(one.platform.posts) == 3


@pytest.mark.parametrize("at", ["before sql INSERT INTO trades", "before sql COMMIT"])
def test_rule_16_a_host_that_lost_the_lease_sends_nothing(
    day_two: tuple[Host, Host], postgres: Server, at: str
) -> None:
    """It was suspended before its row was there, another one has traded, and it wakes: no second POST."""
    one, two = day_two
    with one.forked(at=at, do="SIGSTOP") as slow:
        assert slow.stopped()
        assert len(ended_sessions(postgres, one.schema)) == 1
        assert two.run().returncode == 0
        slow.send_signal(signal.SIGCONT)
        status, _, stderr = slow.ended()
    assert (status, len(one.platform.posts)) == (1, 2)
    assert "othing was sent" in stderr
    assert [(row["session"], row["state"]) for row in one.rows() if row["state"] != "nothing"] == [
        (row["session"], "closed") for row in one.rows() if row["state"] != "nothing"
    ]
    assert one.run().returncode == 0
    assert one.saved() == two.saved()


def test_rule_16_while_one_has_the_lease_no_other_begins(day_two: tuple[Host, Host]) -> None:
    """It is waited for 60 s, and named: process, host and start; then exit 2, and nothing was sent."""
    one, two = day_two
    with one.forked(at=f"after GET {RUNS}*", do="SIGSTOP") as slow:
        assert slow.stopped()
        for words in ((), ("--again",), ("mark",), ("resolve",)):
            busy = two.run(*words)
            assert (busy.returncode, len(one.platform.posts)) == (2, 1)
            assert f"Process {slow.pid} on {socket.gethostname()}"[:40] in busy.stderr
        assert two.run("history").returncode == 0
        slow.send_signal(signal.SIGCONT)
        slow.ended()
    assert len(one.platform.posts) <= 2
    assert one.run().returncode == 0
    assert len(one.platform.posts) == 2


@pytest.mark.parametrize("at", ["before sql BEGIN*", "before sql INSERT INTO trades"])
def test_rule_16_the_fence_holds_where_the_lease_does_not(day_two: tuple[Host, Host], at: str) -> None:
    """Two sessions that both believe to have it: the database refuses the second row, exit 2."""
    one, two = day_two
    with one.forked(at=at, do="SIGSTOP") as slow:
        assert slow.stopped()
        one.schema.ask("UPDATE account SET value = '17' WHERE name = 'lease'")
        assert two.run().returncode == 0
        slow.send_signal(signal.SIGCONT)
        status, _, stderr = slow.ended()
    assert (status, len(one.platform.posts)) == (2, 2)
    assert "traded by another command meanwhile" in stderr


def test_rule_16_a_commit_with_a_lost_answer_never_sends(
    day_two: tuple[Host, Host], postgres: Server
) -> None:
    """It may be there: its row is made one that placed nothing, exit 1; the next command trades."""
    one, two = day_two
    one.schema.ask(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
    )
    one.schema.ask(
        "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON trades DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.state = 'sent') EXECUTE FUNCTION cut()"
    )
    one.schema.ask(f"ALTER FUNCTION cut() OWNER TO {'ledger_owner'}")
    cut = one.run()
    assert (cut.returncode, len(one.platform.posts)) == (1, 1)
    assert "Nothing was sent, and the ledger says so" in cut.stderr
    assert [(row["state"], row["fence"]) for row in one.rows()][1:] == [("nothing", None)]
    one.schema.ask("DROP TRIGGER cut ON trades")
    assert two.run().returncode == 0
    assert len(one.platform.posts) == 2


def test_rule_16_a_commit_with_a_notice_never_sends(day_two: tuple[Host, Host]) -> None:
    """As "committed locally, but might not have been replicated" comes: nothing is sent upon it."""
    one, two = day_two
    one.schema.ask(
        "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END$$"
    )
    one.schema.ask(
        "CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON trades DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.state = 'sent') EXECUTE FUNCTION warn()"
    )
    warned = one.run()
    assert (warned.returncode, len(one.platform.posts)) == (1, 1)
    assert "canceling wait for synchronous replication" in warned.stderr
    assert [(row["state"], row["fence"]) for row in one.rows()][1:] == [("nothing", None)]
    one.schema.ask("DROP TRIGGER warn ON trades")
    assert two.run("report", two.session).returncode == 0
    stated = two.saved()
    assert (stated["status"], stated["exit_status"]) == ("failed", 1)
    assert "Nothing was sent, and the ledger says so" in str(stated["errors"])
    assert two.run().returncode == 0


def test_what_was_annulled_is_never_mailed_as_unknown(day_two: tuple[Host, Host]) -> None:
    """Its mail was queued with its row: another host sends it, and it says that nothing was sent."""
    one, two = day_two
    with MailServer() as server:
        for host in day_two:
            host.env |= server.env
        one.schema.ask(
            "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END$$"
        )
        one.schema.ask(
            "CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON trades DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW WHEN (NEW.state = 'sent') EXECUTE FUNCTION warn()"
        )
        assert one.run().returncode == 1
        one.schema.ask("DROP TRIGGER warn ON trades")
        assert two.run().returncode == 0
        told = [words.removeprefix(f"[paper_run] {two.session} ") for words in subjects(server)]
    assert told[0].startswith("Not traded: The ledger's database did not confirm what it was given")
    assert told[1] == "Failed: The ledger's database did not confirm what it was given"
    assert told[2].endswith("OK")


def test_a_second_copy_has_the_firsts_id_whoever_sends_it(hosts: tuple[Host, Host]) -> None:
    """Another host may send as somebody else: mail programs show both copies once, and the thread goes on."""
    one, two = hosts
    with MailServer(acts={"end": [DROP]}) as server:
        for host in hosts:
            host.env |= {**server.env, "PAPER_RUN_EMAIL_FROM": f"paper@{host.folder.name}.example"}
        assert one.begin().returncode == 1
        assert two.run("email").returncode == two.run("mark").returncode == 0
        run, mark = letters(server)
    assert (run["From"], mark["From"]) == ("paper@two.example",) * 2
    assert run["Message-ID"].endswith("@one.example>")
    assert mark["In-Reply-To"] == run["Message-ID"]


def test_another_host_sees_what_reached_nobody(hosts: tuple[Host, Host]) -> None:
    """One host's login is refused, which ends its mail: the other one's `email` has the command for it."""
    one, two = hosts
    with MailServer() as server:
        for host in hosts:
            host.env |= server.env
        one.env["PAPER_RUN_SMTP_PASSWORD"] = "expired"
        assert one.begin().returncode == 1
        said = two.run("email").stdout
        assert "1 message reached nobody" in said
        assert two.run(*shlex.split(said.splitlines()[-1])[3:]).returncode == 0
        assert "reached nobody" not in two.run("email").stdout
        assert len(server.messages) == 1


def test_another_host_tells_an_outcome_also_where_the_mail_before_may_have_arrived(
    hosts: tuple[Host, Host],
) -> None:
    """The first copy says that nobody knows; the second has its id: what is known has a mail of its own."""
    one, two = hosts
    one.platform.orchestrator.script("POST", RUN, [Answer(status=504, process="before", body="late")])
    one.platform.orchestrator.script("GET", RUNS, [Answer(), *[plain_500()] * 3])
    with MailServer(acts={"end": [DROP]}) as server:
        for host in hosts:
            host.env |= server.env
        assert one.run("--new-ledger", "--timeout", "1").returncode == 2
        one.let_pass(10)
        two.run("resolve")
        assert [str(each["Message-ID"]).split(".")[2] for each in letters(server)] == ["run", "settled"]


def test_a_claim_goes_by_the_databases_clock(hosts: tuple[Host, Host]) -> None:
    """A host whose clock is an hour ahead is killed while it sends: half a minute later another one does."""
    one, two = hosts
    with MailServer(acts={"end": [FREEZE]}) as server:
        for host in hosts:
            host.env |= server.env
        one.wrong = timedelta(hours=1)
        with one.start("--new-ledger") as process:
            server.until(lambda: "end" in server.stages)
            process.kill()
            process.communicate()
        (claim,) = one.rows("deliveries")
        assert (claim["state"], claim["copies"]) == ("open", 1)
        one.write("UPDATE deliveries SET claimed_by = 'elsewhere'")
        two.run("email")
        assert server.messages == []
        one.let_pass(1)
        assert "Mailed" in two.run("email").stdout
        assert len(server.messages) == 1


def test_how_long_a_message_waits_goes_by_the_databases_clock(hosts: tuple[Host, Host]) -> None:
    """A host whose clock is a day ahead, or behind, does not end what has waited for a minute."""
    one, two = hosts
    with MailServer() as server:
        for host in hosts:
            host.env |= server.env
        server.down()
        assert one.run("--new-ledger").returncode == 1
        two.wrong = timedelta(hours=25)
        assert "It stays queued" in two.run("email").stderr
        server.up()
        assert "Mailed" in one.run("email").stdout
        server.down()
        two.wrong = timedelta(hours=-25)
        assert "It stays queued" in two.run("email", "latest").stderr


def test_rule_16_what_can_not_be_annulled_stays_and_is_named(day_two: tuple[Host, Host]) -> None:
    """The row is there and says `sent`: the session stays closed, and `resolve` lists it."""
    one, two = day_two
    one.schema.ask(
        "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE WARNING 'might not have been replicated'; RETURN NULL; END$$"
    )
    one.schema.ask(
        "CREATE CONSTRAINT TRIGGER warn AFTER INSERT OR UPDATE ON trades DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION warn()"
    )
    one.schema.ask(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'no more'; END$$"
    )
    one.schema.ask(
        "CREATE TRIGGER refuse BEFORE UPDATE ON trades FOR EACH ROW WHEN (NEW.state = 'nothing') "
        "EXECUTE FUNCTION refuse()"
    )
    kept = one.run()
    assert (kept.returncode, len(one.platform.posts)) == (1, 1)
    assert "resolve" in kept.stderr
    assert [row["state"] for row in one.rows()][1:] == ["sent"]
    for name in ("warn", "refuse"):
        one.schema.ask(f"DROP TRIGGER {name} ON trades")
    looked = two.run()
    assert (looked.returncode, len(one.platform.posts)) == (2, 1)
    assert one.session in two.resolve().stdout


def test_rule_16_the_database_is_gone_during_a_post(hosts: tuple[Host, Host], postgres: Server) -> None:
    """The answer is kept beside it, and the next command on that host brings it in; nothing is sent again."""
    one, _ = hosts
    assert one.begin().returncode == 0
    one.next_session()

    def gone() -> None:
        ended_sessions(postgres, one.schema)

    when_posted(one, gone)
    lost = one.run()
    assert (lost.returncode, "traded, not yet recorded" in lost.stderr) == (1, True)
    assert len(list((one.reports / ".pending").glob("*.json"))) == 1
    assert one.run().returncode == 0
    assert not list((one.reports / ".pending").glob("*.json"))
    assert [row["state"] for row in one.rows()] == ["closed", "closed"]
    assert len(one.platform.posts) == 2


def test_rule_16_the_database_is_down_for_an_hour_during_a_post(tmp_path: Path, own_server: Server) -> None:
    """It was sent, and each host says what it can; once the database is back either finds it, once."""
    with two_hosts(tmp_path, Schema(own_server)) as (one, two):
        assert one.begin().returncode == 0
        one.let_pass(24 * 60)

        def down() -> None:
            own_server.stop()
            one.let_pass(60)

        when_posted(one, down)
        lost = one.run()
        assert (lost.returncode, "traded, not yet recorded" in lost.stderr) == (1, True)
        assert "Once the ledger can be written again, bring it in" in lost.stderr
        assert two.run().returncode == 1
        own_server.start()
        assert [row["state"] for row in one.rows()] == ["closed", "sent"]
        assert [host.run().returncode for host in (two, one)] == [0, 0]
        assert [row["state"] for row in one.rows()] == ["closed", "closed"]
        assert (len(one.platform.posts), one.platform.executed) == (2, 2)
        assert [host.run("report", "--all").returncode for host in (one, two)] == [0, 0]
        assert one.files() == two.files() != {}


def test_rule_13_the_database_tells_what_day_it_is(hosts: tuple[Host, Host], schema: Schema) -> None:
    """A host whose clock is days from the database's trades nothing."""
    one, _ = hosts
    assert one.begin().returncode == 0
    one.next_session()
    one.env["FAULTS_DATABASE_AHEAD"] = "172800"
    off = one.run()
    assert (off.returncode, len(one.platform.posts)) == (1, 1)
    assert "two clocks disagree" in off.stderr
    assert "the database at" in off.stderr


def test_both_stores_have_the_same_tables(tmp_path: Path, hosts: tuple[Host, Host]) -> None:
    """Every table and column with what it may hold, and the number of the version."""
    import sqlite3

    from paper_run.ledger.sqlite.schema import MIGRATIONS

    one, _ = hosts
    assert one.begin().returncode == 0
    connection = sqlite3.connect(":memory:")
    for script in MIGRATIONS:
        connection.executescript(script)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    ours = {
        (table, name, kind, bool(needed or key))
        for table in names
        for _, name, kind, needed, _, key in connection.execute(f"PRAGMA table_info({table})")
    }
    found = one.schema.ask(
        "SELECT table_name AS t, column_name AS c, data_type AS d, is_nullable AS n, collation_name AS l "
        "FROM information_schema.columns WHERE table_schema = %s",
        one.schema.name,
    )
    theirs = {
        (row["t"], row["c"], "TEXT" if row["d"] == "text" else "INTEGER", row["n"] == "NO") for row in found
    }
    own = {("schema_version", "version", "INTEGER", True), ("orders", "rowid", "INTEGER", True)}
    assert theirs - own == ours
    assert {row["l"] for row in found if row["d"] == "text"} == {"C"}
    assert tables.version() == len(MIGRATIONS)


@pytest.mark.parametrize("has_file", [False, True])
def test_rule_16_a_folder_of_a_database_goes_on_with_no_file_where_none_is_named(
    hosts: tuple[Host, Host], has_file: bool
) -> None:
    """Its results were put away, and a schedule has lost the variable: nothing is traded once more."""
    one, two = hosts
    assert one.begin().returncode == 0
    if has_file:  # of before
        Ledger(one.reports).close()
    one.let_pass(24 * 60)
    assert two.run().returncode == 0
    one.platform.orchestrator.always("GET", RUNS, plain_500())
    for path in one.files():
        (one.reports / path).unlink()
    url = one.env.pop("PAPER_RUN_LEDGER_URL")
    refused = one.run()
    assert (refused.returncode, len(one.platform.posts)) == (3, 2)
    assert "is in a database" in refused.stderr
    assert one.ledger.exists() is has_file
    for words in ("--dry-run", "doctor"):
        assert "is in a database" in one.run(words).stdout
    if has_file:
        assert "is in a database" in one.run("--new-ledger").stderr
    assert "is in a database" not in one.run("doctor", "--ledger-url", url).stdout
    one.env["PAPER_RUN_LEDGER_URL"] = url
    assert one.run().returncode == 0
    del one.env["PAPER_RUN_LEDGER_URL"]
    one.let_pass(24 * 60)
    if has_file:
        (one.reports / "ledger.host").unlink()
    assert one.run(*([] if has_file else ["--new-ledger"])).returncode == (3 if has_file else 0)
    assert one.ledger.exists()
