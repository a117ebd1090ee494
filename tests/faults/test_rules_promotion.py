"""Rule 16: a server that was promoted or restored may have lost rows; and which hosts belong to a ledger."""

from pathlib import Path

import pytest
from support.answers import plain_500
from support.failover import copied, following, in_step, kept_apart, restored
from support.hosts import two_hosts
from support.odd_platform import ORDERS, RUNS
from support.postgres_server import OWNER, PASSWORD, Schema, Server


def test_rule_16_a_promoted_server_is_trusted_once_something_tells_that_nothing_is_missing(
    tmp_path: Path, own_server: Server
) -> None:
    """The list of runs is enough; without it exit 3 and no POST, but with a word; each is said once."""
    with two_hosts(tmp_path, Schema(own_server)) as (one, _):
        assert one.begin().returncode == 0
        restored(own_server)
        one.next_session()
        told = one.run()
        assert (told.returncode, len(one.platform.posts)) == (0, 2)
        assert "nothing of today is missing" in told.stdout
        one.next_session()
        assert "might lack" not in one.run().stdout
        restored(own_server)
        one.next_session()
        one.platform.orchestrator.always("GET", RUNS, plain_500())
        untold = one.run()
        assert (untold.returncode, len(one.platform.posts)) == (3, 3)
        assert "--accept-database" in untold.stderr
        assert one.run("--again").returncode == 3
        assert one.run("--accept-database").returncode == 0
        assert len(one.platform.posts) == 4


def test_rule_16_a_restored_server_that_lacks_todays_row_trades_nothing(
    tmp_path: Path, own_server: Server
) -> None:
    """Neither on the host that has its files, nor on one that has none, with --again or not."""
    with two_hosts(tmp_path, Schema(own_server)) as (one, two):
        assert one.begin().returncode == 0
        one.next_session()
        two.next_session()
        with copied(own_server) as copy:
            assert one.run().returncode == 0
            restored(own_server, copy)
        older = one.run()
        assert (older.returncode, "knows nothing of" in older.stderr) == (3, True)
        listed = two.run()
        assert (listed.returncode, len(one.platform.posts)) == (2, 2)
        assert two.run("--again").returncode == 2
        assert "move its files into a folder before-NAME" in older.stderr
        (one.reports / "before-lost").mkdir()
        for path in one.reports.glob(f"{one.session}_*"):
            path.rename(one.reports / "before-lost" / path.name)
        assert "was traded with an earlier ledger" in one.run().stderr
        one.platform.orchestrator.always("GET", RUNS, plain_500())
        assert two.run().returncode == 3
        assert len(one.platform.posts) == 2
        one.platform.orchestrator.calm()
        one.next_session()
        assert (one.run().returncode, len(one.platform.posts)) == (0, 3)


@pytest.mark.parametrize("how", ["schema", "rows", "attempts", "database"])
def test_rule_16_a_dump_that_was_put_back_trades_nothing_unseen(
    tmp_path: Path, own_server: Server, how: str
) -> None:
    """On the same server and timeline too, nor by a host without a file of today, nor behind a rehearsal."""
    schema = Schema(own_server)
    with two_hosts(tmp_path, schema) as (one, two):
        assert one.begin().returncode == 0
        one.next_session()
        two.next_session()
        with kept_apart(schema, how) as put_back:
            assert one.run().returncode == 0
            put_back()
        one.platform.orchestrator.always("GET", RUNS, plain_500())
        assert "as where a dump was put back" in two.run("doctor").stdout
        untold = two.run()
        assert (untold.returncode, len(one.platform.posts)) == (3, 2)
        assert "as where a dump was put back." in untold.stderr
        assert two.run("--again").returncode == 3
        one.platform.orchestrator.calm()
        one.platform.gateway.health["dry_run"] = True
        assert two.run().returncode == 2
        one.platform.gateway.health["dry_run"] = False
        for args in ([], ["--again"]):
            named = two.run(*args)
            assert (named.returncode, "run --again --accept-database " in named.stderr) == (2, True)
        assert len(one.platform.posts) == 2
        one.next_session()
        two.next_session()
        told = two.run()
        assert (told.returncode, len(one.platform.posts)) == (0, 3)
        assert "as where a dump was put back): nothing of today is missing" in told.stdout
        two.next_session()
        schema.ask("VACUUM (FULL, FREEZE)")
        assert "might lack" not in two.run().stdout


def test_rule_16_a_ledger_of_before_learns_to_tell_a_dump(tmp_path: Path, own_server: Server) -> None:
    """It has no row yet that tells one: its next trade writes it."""
    schema = Schema(own_server)
    with two_hosts(tmp_path, schema) as (one, _):
        assert one.begin().returncode == 0
        schema.ask("DELETE FROM account WHERE name = 'written'")
        one.next_session()
        assert "might lack" not in one.run().stdout
        one.next_session()
        with kept_apart(schema, "schema") as put_back:
            put_back()
        one.platform.orchestrator.always("GET", RUNS, plain_500())
        assert (one.run().returncode, len(one.platform.posts)) == (3, 2)


@pytest.mark.parametrize("table", ["account", "schema_version"])
def test_rule_16_a_schema_that_is_half_put_back_is_damaged(
    tmp_path: Path, schema: Schema, table: str
) -> None:
    """What tells whose it is, or of which version, is gone: exit 3, named, no traceback, nothing sent."""
    with two_hosts(tmp_path, schema) as (one, _):
        assert one.begin().returncode == 0
        schema.ask(f"DELETE FROM {table}")
        one.next_session()
        for args in ([], ["--again"], ["mark"], ["resolve"], ["report"], ["history"]):
            refused = one.run(*args)
            assert (refused.returncode, f"{schema.name} is damaged" in refused.stderr) == (3, True), args
        assert "is damaged" in one.run("doctor").stdout
        assert len(one.platform.posts) == 1


def test_rule_16_a_new_host_proves_that_its_gateway_is_the_ledgers(tmp_path: Path, schema: Schema) -> None:
    """Its gateway must know the ledger's newest order before its first POST; afterwards nothing is asked."""
    with two_hosts(tmp_path, schema) as (one, _):
        assert one.begin().returncode == 0
        schema.ask("DELETE FROM account WHERE name LIKE 'host %'")
        one.next_session()
        one.platform.gateway.always("GET", ORDERS + "/*", plain_500())
        assert one.run().returncode == 1
        one.platform.gateway.calm()
        known = dict(one.platform.gateway.orders)
        one.platform.gateway.orders.clear()
        other = one.run()
        assert (other.returncode, "does not know the ledger's order" in other.stderr) == (3, True)
        assert len(one.platform.posts) == 1
        one.platform.gateway.orders.update(known)
        assert one.run().returncode == 0
        (kept,) = schema.ask("SELECT value FROM account WHERE name LIKE 'host %'")
        assert kept["value"] == one.env["ORCHESTRATOR_URL"]


def test_rule_16_an_asynchronous_standby_is_a_warning_and_may_be_read(
    tmp_path: Path, own_server: Server
) -> None:
    """In each run and in doctor; who may not see how it follows is told so; `history` reads the standby."""
    own_server.ask(f"ALTER ROLE {OWNER} REPLICATION")
    schema = Schema(own_server)
    with two_hosts(tmp_path, schema) as (one, two):
        assert one.begin().returncode == 0
        with following(own_server) as standby:
            one.next_session()
            unseen = one.run()
            assert (unseen.returncode, "GRANT pg_monitor" in unseen.stdout) == (0, True)
            own_server.ask(f"GRANT pg_monitor TO {OWNER}")
            one.next_session()
            seen = one.run()
            assert (seen.returncode, "follows the ledger's server asynchronously" in seen.stdout) == (0, True)
            doctor = one.run("doctor")
            assert "asynchronously" in doctor.stdout
            in_step(own_server, standby)
            two.env["PAPER_RUN_LEDGER_URL"] = standby.url
            assert two.run("history").stdout == one.run("history").stdout
            assert two.run("report").returncode == 0
            assert "as of" in two.run("doctor").stdout
            refused = two.run()
            assert (refused.returncode, len(one.platform.posts)) == (1, 3)
            assert PASSWORD not in refused.stderr
