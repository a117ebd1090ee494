"""Rules 4 and 5: the journal row precedes the POST, and the POST goes out once, by itself."""

from typing import Any

import pytest
from support.answers import Answer, plain_500, redirect, too_many
from support.desk import Desk
from support.odd_platform import RUN, RUNS, Plan


def test_rule_4_the_row_is_there_before_the_post_arrives(desk: Desk) -> None:
    """When the POST arrives, the ledger's file has its row, with all that a later look needs."""
    earlier = desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date="2026-02-27", started_at="")
    desk.platform.gateway.hold("TSLA", "5", "200.5", "201")
    seen: list[list[dict[str, Any]]] = []
    desk.at_post(lambda: seen.append(desk.rows()))
    assert desk.run("--symbols", "MSFT", "--capital", "5000.50").returncode == 0
    ((row,),) = seen
    (post,) = desk.platform.posts
    assert (row["session"], row["number"], row["state"]) == (desk.session, 1, "sent")
    assert row["key"] == post.headers["idempotency-key"]
    assert '"5000.50"' in row["parameters"]
    assert earlier["run_id"] in row["known_runs"]
    assert "TSLA" in row["positions"]
    assert "200.5" in row["positions"]
    assert row["orchestrator_clock"].startswith(desk.session)
    assert row["gateway_clock"].startswith(desk.session)


def test_rule_4_not_known_runs_are_not_no_runs(desk: Desk) -> None:
    """Where the list can't be read, the row says that the runs are not known."""
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    assert desk.run().returncode == 0
    assert desk.rows()[0]["known_runs"] is None


def test_rule_4_without_the_row_nothing_is_sent(desk: Desk) -> None:
    """When the row can't be written, there is no POST: exit 3, and the session is open."""
    finished = desk.run(at="before sql INSERT INTO trades", do="full")
    assert (finished.returncode, desk.platform.posts, desk.rows()) == (3, [], [])
    assert str(desk.ledger) in finished.stderr
    assert desk.run().returncode == 0


def test_rule_4_the_row_is_synced_before_the_post(desk: Desk) -> None:
    """It survives the machine: full sync, and the commit is over when the request begins."""
    import sqlite3

    assert desk.run(at="before POST *", do="SIGKILL").returncode == -9
    assert [row["state"] for row in desk.rows()] == ["sent"]
    assert desk.platform.posts == []
    with sqlite3.connect(desk.ledger) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("kind", ["closed-idle", "keeps"])
def test_rule_5_the_post_has_a_fresh_connection(desk: Desk, kind: str) -> None:
    """A pooled connection that the server closed meanwhile can't make the POST look lost."""
    if kind == "closed-idle":
        for service in desk.platform.services.values():
            service.always("GET", "*", Answer(close_idle=True))
    assert desk.run().returncode == 0
    (post,) = desk.platform.posts
    reads = [request for request in desk.platform.requests if request is not post]
    assert post.connection not in {request.connection for request in reads}
    assert desk.platform.executed == 1


def test_rule_5_no_proxy_and_no_netrc_of_the_environment(desk: Desk) -> None:
    """HTTP_PROXY is not obeyed: the POST reaches the orchestrator itself."""
    desk.env |= {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "x:1"}
    (desk.folder / ".netrc").write_text("machine 127.0.0.1 login ops password CANARY-netrc\n")
    assert desk.run().returncode == 0
    assert "authorization" not in desk.platform.posts[0].headers


def test_rule_5_a_redirect_is_not_followed(desk: Desk) -> None:
    """307 would send the same POST again, elsewhere: it is a lost answer."""
    desk.platform.orchestrator.always("POST", RUN, redirect(RUN + "/"))
    desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    assert desk.run().returncode == 2
    assert [post.path for post in desk.platform.posts] == [RUN]


def test_rule_5_retry_after_is_for_reads_alone(desk: Desk) -> None:
    """A 429 of the POST is an answer, whatever it invites to."""
    desk.platform.orchestrator.script("POST", RUN, [too_many("0")])
    assert desk.run().returncode == 2
    assert len(desk.platform.posts) == 1


def test_rule_5_each_post_has_its_own_key(desk: Desk) -> None:
    """The Idempotency-Key is that of the journal row, and no two rows share one."""
    assert desk.run().returncode == 0
    desk.platform.plan = {"AAPL": Plan(qty=11)}
    assert desk.run("--again").returncode == 0
    sent = [post.headers["idempotency-key"] for post in desk.platform.posts]
    assert sent == [row["key"] for row in desk.rows()]
    assert len(set(sent)) == 2
