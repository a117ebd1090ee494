"""Rule 7: every other answer is a lost one: never asked for again, adopted only when one run alone fits."""

from datetime import timedelta

import pytest
from support.answers import (
    Answer,
    detail_object,
    detail_text,
    error_and_detail,
    gateway_timeout_html,
    kill_switch,
    plain_500,
    redirect,
)
from support.desk import Desk
from support.odd_platform import RUN, RUNS
from support.odd_services import STRATEGY

LOST = {
    "timeout": Answer(freeze=True, process="before"),
    "trickled-body": Answer(trickle=0.05),
    "trickled-headers": Answer(trickle_headers=0.05),
    "reset-before": Answer(reset=True, process="never"),
    "reset-after": Answer(reset=True, process="before"),
    "hung-up": Answer(hang_up=True, process="before"),
    "truncated": Answer(truncate=10),
    "not-json": Answer(body="<h1>welcome</h1>", process="before"),
    "no-object": Answer(body=[], process="before"),
    "no-run-id": Answer(edit=lambda run: {key: run[key] for key in run if key not in ("run_id", "runId")}),
    "no-status": Answer(edit=lambda run: run | {"status": None}),
    "a-list": Answer(body=[1, 2], process="before"),
    "empty": Answer(body=b"", process="before"),
    "307": redirect("/elsewhere"),
    "302": Answer(status=302, body="", headers={"Location": RUN}),
    "304": Answer(status=304, body=b""),
    "400-other": detail_text(400, "bad luck"),
    "402": detail_text(402, "pay first"),
    "408": detail_text(408, "too slow"),
    "409": detail_text(409, "conflict"),
    "418": detail_text(418, "teapot"),
    "500-text": plain_500(),
    "500-after-trading": Answer(status=500, process="before", body="Internal Server Error"),
    "500-object": error_and_detail(500, "OverflowError", "numeric field overflow"),
    "501": detail_text(501, "not here"),
    "502": detail_text(502, "bad gateway"),
    "503-text": detail_text(503, "kill switch? no, just busy"),
    "503-object": detail_object(503, "database_unavailable", "no connection"),
    "504-html": gateway_timeout_html(),
    "599": detail_text(599, "odd"),
    "201": Answer(status=201, process="before"),
    "500-with-kill-switch": Answer(status=500, body=kill_switch("x").body),
}


REASONS = {
    "307": "307",
    "400-other": "bad luck",
    "500-text": "Internal Server Error",
    "500-after-trading": "500",
    "500-object": "numeric field overflow",
    "502": "bad gateway",
    "503-text": "kill switch? no, just busy",
    "504-html": "504",
}
"""What of an answer is said, as far as there was one."""


@pytest.mark.parametrize("kind", LOST)
def test_rule_7_a_lost_answer_is_never_asked_for_again(desk: Desk, kind: str) -> None:
    """One POST however often the day is run; where no run can be seen it is `unknown`, exit 2, and closed."""
    desk.platform.orchestrator.always("POST", RUN, LOST[kind])
    desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    for _ in range(2):
        finished = desk.run("--timeout", "0.3")
        assert (finished.returncode, desk.saved()["status"]) == (2, "unknown")
        assert desk.saved()["exit_status"] == 2
        assert desk.saved()["errors"]
        assert "  PAPER RUN COMPLETE - Status: UNKNOWN" in finished.stdout.splitlines()
    assert REASONS.get(kind, "") in desk.said[0].stderr
    assert "/elsewhere" not in [request.path for request in desk.platform.requests]
    assert len(desk.platform.posts) == 1
    assert [row["state"] for row in desk.rows()] == ["unsettled"]


OURS = ("AAPL", "MSFT", "GOOGL")
NO_ORDERS: dict[str, object] = dict.fromkeys(
    ("num_orders_submitted", "num_orders_accepted", "num_orders_rejected"), 0
)
IDLE = [{"symbol": each, "skip_reason": "zero_weight"} for each in OURS]
NO_QTY = [{"symbol": each, "client_order_id": each.lower(), "order_side": "buy"} for each in OURS]
STRANGERS: dict[str, dict[str, object]] = {
    "other-strategy": {"strategy_id": "mean_reversion"},
    "failed-without-mappings": {"status": "failed", "mappings": [], **NO_ORDERS},
    "failed-mappings-null": {"status": "failed", "mappings": None, **NO_ORDERS},
    "completed-without-orders": {"mappings": IDLE, **NO_ORDERS},
    "ids-without-quantities": {"mappings": NO_QTY, **NO_ORDERS},
    "counts-contradict": {"mappings": IDLE},
}
"""Runs of the same date that began after our POST, each with one thing that keeps it from being proof."""

EXECUTED = ["timeout", "reset-after", "hung-up", "truncated", "not-json", "no-run-id", "empty", "201"]


@pytest.mark.parametrize("kind", EXECUTED)
def test_rule_7_the_one_run_that_fits_is_adopted(desk: Desk, kind: str) -> None:
    """The run is found in the list: success, as if its answer had come, and it says so."""
    desk.platform.orchestrator.script("POST", RUN, [LOST[kind]])
    finished = desk.run("--timeout", "0.3")
    assert (finished.returncode, desk.saved()["status"]) == (0, "success")
    assert desk.saved()["run_id"] == desk.platform.orchestrator.runs[0]["run_id"]
    assert any("answer was lost" in warning for warning in desk.saved()["warnings"])
    assert (len(desk.platform.posts), desk.platform.executed) == (1, 1)


def test_rule_7_a_run_that_begins_after_the_client_left_is_found_by_the_next_command(desk: Desk) -> None:
    """504 by a proxy, the orchestrator goes on behind it: unknown first, settled by the next look."""
    desk.platform.orchestrator.script("POST", RUN, [gateway_timeout_html(process="after", lag=2)])
    assert desk.run("--timeout", "1").returncode == 2
    assert desk.saved()["status"] == "unknown"
    desk.platform.log.until(lambda: desk.platform.executed == 1)
    finished = desk.run()
    assert (finished.returncode, desk.saved()["status"]) == (0, "success")
    assert desk.saved()["run_id"] in desk.rows()[0]["settled"]
    assert any(desk.rows()[0]["settled"] in each["text"] for each in desk.saved()["findings"])
    assert (len(desk.platform.posts), desk.platform.executed) == (1, 1)


def test_rule_7_a_run_that_another_2xx_names_is_looked_for_by_its_id(desk: Desk) -> None:
    """A 202 is no result, but it tells which run is ours, though two in the list would fit."""
    desk.at_post(lambda: desk.platform.orchestrator.run_for_somebody_else(*OURS, as_of_date=desk.session))
    desk.platform.orchestrator.script("POST", RUN, [Answer(status=202)])
    assert desk.run("--timeout", "1").returncode == 0
    theirs, ours = desk.platform.orchestrator.runs
    assert (desk.saved()["run_id"], desk.saved()["status"]) == (ours["run_id"], "success")
    assert theirs["run_id"] != ours["run_id"]


def test_rule_7_a_run_that_an_error_names_is_not_ours(desk: Desk) -> None:
    """409 names the run that is in progress, of other symbols: it is nobody's of ours."""
    theirs = desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date="2026-02-27", started_at="")
    refusal = {"detail": {"error": "in progress", "run_id": theirs["run_id"]}}
    desk.platform.orchestrator.script("POST", RUN, [Answer(status=409, body=refusal)])
    assert desk.run("--timeout", "1").returncode == 2
    assert (desk.saved()["run_id"], desk.saved()["status"]) == (None, "unknown")
    assert desk.rows("entries") == []


@pytest.mark.parametrize("status", [409, 500, 504])
def test_rule_7_a_run_that_a_broken_error_names_is_not_ours(desk: Desk, status: int) -> None:
    """The error breaks off behind the run in progress that it names: that run is nobody's of ours either."""
    theirs: list[str] = []

    def begins() -> None:
        run = desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date="2026-02-27")
        theirs.append(run["run_id"])

    def refusal(_: object) -> object:
        return {"detail": {"run_id": theirs[0], "error": "in progress " * 20}}

    desk.at_post(begins)
    broken = Answer(status=status, process="never", edit=refusal, truncate=120)
    desk.platform.orchestrator.script("POST", RUN, [broken])
    assert desk.run("--timeout", "1").returncode == 2
    assert (desk.saved()["run_id"], desk.saved()["status"]) == (None, "unknown")
    assert desk.rows("entries") == []


def test_rule_7_two_that_fit_are_none(desk: Desk) -> None:
    """With two candidates it stays unknown, and both are named."""
    desk.at_post(lambda: desk.platform.orchestrator.run_for_somebody_else(*OURS, as_of_date=desk.session))
    desk.platform.orchestrator.script("POST", RUN, [LOST["reset-after"]])
    assert desk.run("--timeout", "1").returncode == 2
    result = desk.saved()
    assert (result["status"], result["run_id"]) == ("unknown", None)
    for run in desk.platform.orchestrator.runs:
        assert run["run_id"] in str(result["warnings"])
    assert [row["state"] for row in desk.rows()] == ["unsettled"]


@pytest.mark.parametrize(
    "case",
    [
        *("snapshot", "other-date", "started-before", "foreign-symbols", "fewer-symbols", "owned", "running"),
        *("other-strategy", "failed-without-mappings", "failed-mappings-null", "completed-without-orders"),
        *("ids-without-quantities", "counts-contradict"),
    ],
)
def test_rule_7_what_does_not_fit_is_not_adopted(desk: Desk, case: str) -> None:
    """Each condition by itself keeps a run from being taken for ours; the POST was never executed."""
    orchestrator = desk.platform.orchestrator
    execute = orchestrator.run_for_somebody_else
    desk.platform.orchestrator.health["details"] = {"strategy_id": STRATEGY}
    later = (desk.platform.now() + timedelta(hours=1)).replace(tzinfo=None).isoformat()
    again = []
    if case == "snapshot":
        none = dict.fromkeys(("num_orders_submitted", "num_orders_accepted"), 0)
        execute(*OURS, as_of_date=desk.session, started_at=later, **none)
    elif case == "started-before":
        execute(*OURS, as_of_date=desk.session)
        orchestrator.script("GET", RUNS, [plain_500()])
    elif case == "other-date":
        desk.at_post(lambda: execute(*OURS, as_of_date="2026-03-02"))
    elif case == "foreign-symbols":
        desk.at_post(lambda: execute(*OURS, "TSLA", as_of_date=desk.session))
    elif case == "fewer-symbols":
        desk.at_post(lambda: execute("AAPL", "MSFT", as_of_date=desk.session))
    elif case == "running":
        desk.at_post(lambda: execute(*OURS, as_of_date=desk.session, status="running"))
    elif case in STRANGERS:
        desk.at_post(lambda: execute(*OURS, as_of_date=desk.session, **STRANGERS[case]))
    else:
        assert desk.run().returncode == 0
        again = ["--again"]
        orchestrator.zone = -timedelta(hours=1)  # so that the owned run seems to begin after the second POST
        orchestrator.script("GET", RUNS, [plain_500()])
    orchestrator.script("POST", RUN, [LOST["reset-before"]])
    assert desk.run(*again, "--timeout", "1").returncode == 2
    result = desk.saved(f"{desk.session}-2" if again else None)
    assert (result["status"], result["run_id"]) == ("unknown", None)
    assert desk.rows()[-1]["state"] == "unsettled"


def test_rule_7_positions_alone_are_no_adoption(desk: Desk) -> None:
    """Positions that have grown by what was asked for prove nothing while no run is seen."""
    desk.platform.orchestrator.always("POST", RUN, LOST["reset-after"])
    desk.platform.orchestrator.always("GET", RUNS, Answer(edit=lambda body: body | {"runs": [], "total": 0}))
    assert desk.run("--timeout", "1").returncode == 2
    assert desk.platform.gateway.positions
    assert desk.saved()["status"] == "unknown"


def test_rule_7_a_run_id_in_a_broken_answer_is_followed(desk: Desk) -> None:
    """An answer cut off after its run_id leads to that run by its id, though others would fit too."""
    desk.at_post(lambda: desk.platform.orchestrator.run_for_somebody_else("AAPL", as_of_date=desk.session))
    desk.platform.orchestrator.script(
        "POST",
        RUN,
        [Answer(truncate=90, edit=lambda run: {"run_id": run["run_id"]} | dict(run))],
    )
    finished = desk.run("--timeout", "1")
    ours = next(run for run in desk.platform.orchestrator.runs if len(run["mappings"]) == 3)
    assert (finished.returncode, desk.saved()["run_id"]) == (0, ours["run_id"])


def test_rule_7_an_order_of_the_list_is_no_matter(desk: Desk) -> None:
    """The run is found wherever in the list it stands."""
    orchestrator = desk.platform.orchestrator
    for _ in range(5):
        orchestrator.run_for_somebody_else("TSLA", as_of_date="2026-02-27", started_at="2026-02-27T15:00:00")
    orchestrator.always("GET", RUNS, Answer(edit=lambda body: body | {"runs": body["runs"][::-1]}))
    orchestrator.script("POST", RUN, [LOST["reset-after"]])
    assert desk.run("--timeout", "1").returncode == 0
    assert desk.saved()["run_id"] == orchestrator.runs[-1]["run_id"]


def test_rule_7_again_is_refused_while_unsettled(desk: Desk) -> None:
    """Nothing is traded on top of what is not known, not even on purpose."""
    desk.platform.orchestrator.script("POST", RUN, [LOST["reset-before"]])
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    assert desk.run("--timeout", "1").returncode == 2
    finished = desk.run("--again")
    assert (finished.returncode, len(desk.platform.posts)) == (2, 1)
    assert f"resolve {desk.session} --not-placed" in finished.stderr


def test_rule_7_yesterdays_unknown_blocks_no_other_session(desk: Desk) -> None:
    """The next session trades, and its report warns of the one that has an unknown outcome."""
    desk.platform.orchestrator.script("POST", RUN, [LOST["reset-before"]])
    desk.platform.orchestrator.script("GET", RUNS, [Answer()], then=plain_500())
    assert desk.run("--timeout", "1").returncode == 2
    first = desk.session
    desk.next_session()
    finished = desk.run()
    assert (finished.returncode, desk.saved()["status"]) == (0, "success")
    assert any(first in warning and "is unknown" in warning for warning in desk.saved()["warnings"])
    assert first in finished.stdout
    assert [row["state"] for row in desk.rows()] == ["unsettled", "closed"]
