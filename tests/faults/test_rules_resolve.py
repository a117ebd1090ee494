"""Unknown, and resolve: what no look can find out, a person says once, and every later report says who."""

import getpass
import re
import socket

import pytest
from support.answers import Answer, plain_500
from support.desk import Desk
from support.odd_platform import RUN, RUNS, OddPlatform


@pytest.fixture
def unknown(desk: Desk) -> Desk:
    """A desk with an unknown attempt, whose run was executed and can't be listed."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    assert desk.run("--timeout", "1").returncode == 2
    assert desk.saved()["status"] == "unknown"
    return desk


def assert_recorded(desk: Desk, word: str) -> None:
    """Who and when is on record, and in the report as it is now and as it is made again."""
    row = desk.rows()[0]
    assert word in row["settled"]
    assert f"{getpass.getuser()}@{socket.gethostname()}" in row["settled"]
    assert re.search(r"2026-03-03 1\d:\d\d:\d\d-05:00", row["settled"])
    assert desk.run("report", desk.session).returncode == 0
    for name, content in desk.files().items():
        if "paper_run" in name:
            assert getpass.getuser() + "@" in content.decode(), name


def test_resolve_lists_what_is_unsettled_with_ready_commands(unknown: Desk) -> None:
    """Each line can be copied as it is and does what it says."""
    finished = unknown.resolve()
    assert finished.returncode == 0
    commands = re.findall(r"python\S* -m paper_run (resolve .*)$", finished.stdout, re.MULTILINE)
    assert any(command.startswith(f"resolve {unknown.session} --placed --run-id") for command in commands)
    assert any(command.startswith(f"resolve {unknown.session} --placed --order") for command in commands)
    (last,) = [command for command in commands if "--not-placed" in command]
    unknown.later()
    assert unknown.run(*last.split()).returncode == 0
    assert "Nothing is open" in unknown.resolve().stdout


def test_resolve_placed_with_a_run(unknown: Desk) -> None:
    """The run is fetched into the record with its orders, and the session is a success."""
    run_id = unknown.platform.orchestrator.runs[0]["run_id"]
    assert unknown.resolve(unknown.session, "--placed", "--run-id", run_id).returncode == 0
    result = unknown.saved()
    assert (result["status"], result["run_id"], len(result["orders"])) == ("success", run_id, 3)
    assert result["results"]["num_orders_filled"] == 3
    assert_recorded(unknown, run_id)
    assert (unknown.run().returncode, len(unknown.platform.posts)) == (0, 1)


def test_resolve_placed_with_orders(unknown: Desk) -> None:
    """Its orders are fetched from the gateway, each once."""
    orders = list(unknown.platform.gateway.orders)
    args = [word for identity in orders for word in ("--order", identity)]
    assert unknown.resolve(unknown.session, "--placed", *args).returncode == 0
    assert [order["client_order_id"] for order in unknown.saved()["orders"]] == orders
    assert_recorded(unknown, "3 orders")
    assert (unknown.run().returncode, len(unknown.platform.posts)) == (unknown.saved()["exit_status"], 1)


def test_resolve_placed_alone(unknown: Desk) -> None:
    """That something was placed is enough to be settled; what, stays unknown, and the session closed."""
    assert unknown.resolve(unknown.session, "--placed").returncode == 0
    assert unknown.saved()["status"] == "unknown"
    assert_recorded(unknown, "placed")
    assert (unknown.run().returncode, len(unknown.platform.posts)) == (2, 1)
    unknown.platform.orchestrator.script("GET", RUNS, [], then=Answer())
    assert unknown.run("--again").returncode == 0


def test_resolve_not_placed_reopens_the_session(desk: Desk) -> None:
    """The next run is a new attempt under the same number."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="never")])
    assert desk.run("--timeout", "1").returncode == 2
    desk.later()
    assert desk.resolve(desk.session, "--not-placed").returncode == 0
    assert desk.saved()["status"] == "failed"
    assert_recorded(desk, "not placed")
    assert desk.run().returncode == 0
    assert [(row["number"], row["state"]) for row in desk.rows()] == [(1, "nothing"), (1, "closed")]
    assert (len(desk.platform.posts), desk.platform.executed) == (2, 1)


WRONG = {
    "settled-already": (["--not-placed"], 3),
    "no-such-run": (["--placed", "--run-id", "no-such-run"], 3),
    "no-such-order": (["--placed", "--order", "no-such-order"], 3),
    "both": (["--placed", "--not-placed"], 3),
    "run-and-order": (["--placed", "--run-id", "a", "--order", "b"], 3),
    "neither": ([], 3),
}


@pytest.mark.parametrize("kind", WRONG)
def test_resolve_refuses_what_can_not_be(unknown: Desk, kind: str) -> None:
    """Nothing is changed by a wrong word, and a settled trade says how its outcome became known."""
    args, exit_status = WRONG[kind]
    if kind == "settled-already":
        assert unknown.resolve(unknown.session, "--placed").returncode == 0
    rows, files = unknown.rows(), unknown.files()
    finished = unknown.resolve(unknown.session, *args)
    assert finished.returncode == exit_status
    assert (unknown.rows(), unknown.files()) == (rows, files)
    if kind == "settled-already":
        assert rows[0]["settled"] in finished.stderr


def test_resolve_refuses_what_another_trade_owns(desk: Desk) -> None:
    """A run or an order belongs to one attempt."""
    assert desk.run().returncode == 0
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="never")])
    assert desk.run("--again", "--timeout", "1").returncode == 2
    second = f"{desk.session}-2"
    run_id = desk.platform.orchestrator.runs[0]["run_id"]
    order = next(iter(desk.platform.gateway.orders))
    assert desk.resolve(second, "--placed", "--run-id", run_id).returncode == 3
    assert desk.resolve(second, "--placed", "--order", order).returncode == 3
    assert desk.rows()[1]["state"] == "unsettled"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"symbol": "TSLA"}, "was for AAPL, MSFT, GOOGL"),
        ({"created_at": "2025-01-02T15:00:00Z"}, "it was created 2025-01-02T15:00:00Z, before"),
    ],
    ids=["another-symbol", "from-before"],
)
def test_resolve_refuses_a_strangers_order(unknown: Desk, changed: dict[str, str], why: str) -> None:
    """That the gateway has it does not make it the attempt's: what is in the book stays there."""
    orders = unknown.platform.gateway.orders
    orders["strangers"] = {**next(iter(orders.values())), "client_order_id": "strangers", **changed}
    rows = unknown.rows()
    said = unknown.resolve(unknown.session, "--placed", "--order", "strangers")
    assert said.returncode == 3
    assert "order strangers is not of" in said.stderr
    assert why in said.stderr
    assert unknown.rows() == rows


@pytest.mark.parametrize(
    ("symbols", "started", "why"),
    [
        (("TSLA",), "", "It is for TSLA, and"),
        (("AAPL", "MSFT"), "2026-03-02T15:00:00", "It began 2026-03-02T15:00:00, before"),
    ],
    ids=["other-symbols", "from-before"],
)
def test_resolve_refuses_a_strangers_run(
    unknown: Desk, symbols: tuple[str, ...], started: str, why: str
) -> None:
    """As an order: that the orchestrator knows it does not make it the attempt's."""
    begun = {"started_at": started} if started else {}
    theirs = unknown.platform.orchestrator.run_for_somebody_else(
        *symbols, as_of_date=unknown.session, **begun
    )
    rows = unknown.rows()
    said = unknown.resolve(unknown.session, "--placed", "--run-id", theirs["run_id"])
    assert (said.returncode, why in said.stderr) == (3, True)
    assert unknown.rows() == rows


def test_who_settled_it_survives_a_silent_gateway(unknown: Desk) -> None:
    """Settled while the gateway is down, its orders are read later; who settled it stays on record."""
    unknown.platform.gateway.always("GET", "/api/v1/*", Answer(status=503, body={"detail": "busy"}))
    run_id = unknown.platform.orchestrator.runs[0]["run_id"]
    assert unknown.resolve(unknown.session, "--placed", "--run-id", run_id).returncode == 0
    assert_recorded(unknown, run_id)
    unknown.platform.gateway.always("GET", "/api/v1/*", Answer())
    assert unknown.run().returncode == 0
    assert unknown.saved()["results"]["num_orders_filled"] == 3
    assert_recorded(unknown, run_id)


@pytest.mark.parametrize("command", ["run", "resolve"])
def test_another_orchestrator_settles_nothing(unknown: Desk, command: str) -> None:
    """A command pointed at another platform by mistake takes none of its runs for ours."""
    before = unknown.rows()
    with OddPlatform(now=unknown.platform.now) as other:
        other.orchestrator.run_for_somebody_else("AAPL", as_of_date=unknown.session)
        unknown.env = dict(other.urls)
        finished = unknown.run(*(["resolve"] if command == "resolve" else []))
        assert other.posts == []
    assert unknown.rows() == before
    if command == "run":
        assert finished.returncode == 3


@pytest.mark.parametrize("kind", ["two-sessions", "rehearsal"])
def test_of_two_unsettled_trades_none_takes_what_fits_both(desk: Desk, kind: str) -> None:
    """Two lost answers for the same date of signals, one run: it is not given to the first that asks."""
    args = ["--as-of-date", "2026-03-02", "--timeout", "1"]
    orchestrator = desk.platform.orchestrator
    desk.platform.gateway.health["dry_run"] = kind == "rehearsal"
    orchestrator.script(
        "POST", RUN, [Answer(reset=True, process="never"), Answer(reset=True, process="before")]
    )
    orchestrator.script("GET", RUNS, [Answer()], then=plain_500())
    assert desk.run(*args).returncode == 2
    desk.platform.gateway.health["dry_run"] = False
    if kind == "two-sessions":
        desk.next_session()
    assert desk.run(*args).returncode == 2
    assert [row["state"] for row in desk.rows()] == ["unsettled", "unsettled"]
    orchestrator.always("GET", RUNS, Answer())
    assert desk.resolve().returncode == 0
    first, second = desk.rows()
    ours = orchestrator.runs[0]["run_id"]
    assert orchestrator.keys[ours] == second["key"]
    assert first["run_id"] is None, "the run of the second POST was given to the first"
    assert second["run_id"] in (None, ours)


def test_a_command_of_another_ledger_is_refused(unknown: Desk) -> None:
    """A command copied from another account's message changes nothing here: exit 3, and both ids are said."""
    before = unknown.rows()
    for command in (
        ["resolve", unknown.session, "--not-placed"],
        ["resolve", "--reset"],
        ["resolve", "--position", "all"],
        ["mark"],
    ):
        finished = unknown.run(*command, "--ledger", "00000000")
        assert finished.returncode == 3, command
        assert "not 00000000" in finished.stderr
    assert unknown.rows() == before
