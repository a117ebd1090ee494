"""Rule 8: the same session again shows what is recorded; anything else needs `--again`."""

import pytest
from support.answers import Answer, plain_500
from support.desk import Desk
from support.odd_platform import RUN, RUNS, Plan


@pytest.mark.parametrize("status", ["success", "partial", "unknown", "failed-with-quantity", "gateway-down"])
def test_rule_8_the_same_session_again_shows_what_is_recorded(desk: Desk, status: str) -> None:
    """No POST, the same exit status, the same bytes in each file, whatever the services say by now."""
    if status == "partial":
        desk.platform.plan = {"AAPL": Plan(status="rejected", price=None)}
    elif status == "failed-with-quantity":
        doubt = {"client_order_id": None, "order_status": "rejected", "skip_reason": "submission_failed: 504"}
        desk.platform.plan = {"AAPL": Plan(mapping=doubt)}
        desk.platform.orchestrator.answer = {"status": "failed"}
    elif status == "unknown":
        desk.platform.orchestrator.always("POST", RUN, plain_500())
        desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    elif status == "gateway-down":
        desk.platform.gateway.always("GET", "/api/v1/orders/*", plain_500())
    first = desk.run()
    files, rows = desk.files(), desk.rows()
    for symbol in ("AAPL", "MSFT", "GOOGL"):
        desk.platform.gateway.hold(symbol, "77", "7.5", "8")
    desk.platform.gateway.always(
        "GET", "/api/v1/orders/*", Answer(edit=lambda body: body | {"status": "expired"})
    )
    again = desk.run()
    assert again.returncode == first.returncode == desk.saved()["exit_status"]
    assert len(desk.platform.posts) == 1
    assert desk.files() == files
    assert desk.rows() == rows


def test_rule_8_nothing_is_refreshed(desk: Desk) -> None:
    """When all is known, not one request is made, and files that were lost come back byte for byte."""
    assert desk.run().returncode == 0
    files, before = desk.files(), len(desk.platform.requests)
    for path in desk.reports.glob("*_*.*"):
        path.unlink()
    assert desk.run().returncode == 0
    assert len(desk.platform.requests) == before
    assert desk.files() == files


def test_rule_8_report_makes_the_files_again_offline(desk: Desk) -> None:
    """`report`, with and without a name, writes the same bytes with every service down."""
    assert desk.run().returncode == 0
    desk.platform.plan = {"AAPL": Plan(qty=11)}
    assert desk.run("--again").returncode == 0
    files = desk.files()
    for service in desk.platform.services.values():
        service.down()
    for name in ("latest", desk.session, f"{desk.session}-2"):
        for path in desk.reports.glob("*_*.*"):
            path.unlink()
        assert desk.run("report", name).returncode == 0
        second = name != desk.session
        assert desk.files() == {
            key: files[key] for key in files if key.startswith(f"{desk.session}-2_") == second
        }


OTHER = {
    "symbols": ["--symbols", "AAPL", "MSFT"],
    "capital": ["--capital", "100000.01"],
    "maximum": ["--max-position-size", "19999"],
    "date": ["--as-of-date", "2026-03-02"],
}


@pytest.mark.parametrize("kind", OTHER)
def test_rule_8_other_parameters_are_exit_3(desk: Desk, kind: str) -> None:
    """Both are shown, nothing is sent, and no file is touched."""
    assert desk.run().returncode == 0
    files = desk.files()
    finished = desk.run(*OTHER[kind])
    assert (finished.returncode, len(desk.platform.posts), desk.files()) == (3, 1, files)
    recorded = {"symbols": "AAPL, MSFT, GOOGL", "capital": "100000", "maximum": "20000", "date": desk.session}
    given = {
        "symbols": "symbols AAPL, MSFT;",
        "capital": "100000.01",
        "maximum": "19999",
        "date": "2026-03-02",
    }
    assert recorded[kind] in finished.stderr
    assert given[kind] in finished.stderr
    assert "--again" in finished.stderr


SAME = {
    "order": ["--symbols", "GOOGL MSFT AAPL"],
    "case-and-twice": ["--symbols", "aapl,MSFT,msft,GOOGL"],
    "digits": ["--capital", "100000.00", "--max-position-size", "020000.0"],
    "date": ["--as-of-date", "2026-03-03"],
    "timeout": ["--timeout", "5"],
}


@pytest.mark.parametrize("kind", SAME)
def test_rule_8_the_same_values_in_other_words_are_no_other_parameters(desk: Desk, kind: str) -> None:
    """They are compared as values: the set of symbols, decimals, the date."""
    assert desk.session == "2026-03-03"
    assert desk.run().returncode == 0
    files = desk.files()
    assert desk.run(*SAME[kind]).returncode == 0
    assert (len(desk.platform.posts), desk.files()) == (1, files)


def test_rule_8_again_trades_a_second_time(desk: Desk) -> None:
    """`--again` is trade 2 with files of its own, other parameters allowed; the first's files stay."""
    assert desk.run().returncode == 0
    files = desk.files()
    desk.platform.plan = {"AAPL": Plan(qty=11)}
    assert desk.run("--again", "--capital", "5000").returncode == 0
    assert (len(desk.platform.posts), desk.platform.executed) == (2, 2)
    second = desk.saved(f"{desk.session}-2")
    assert (second["trade"], second["parameters"]["capital"]) == (2, 5000)
    assert {name: desk.files()[name] for name in files} == files
    assert sorted(set(desk.files()) - set(files)) == [
        f"{desk.session}-2_orders.csv",
        f"{desk.session}-2_paper_run.html",
        f"{desk.session}-2_paper_run.json",
        f"{desk.session}-2_positions.csv",
    ]
    assert desk.run("--capital", "5000").returncode == 0
    assert len(desk.platform.posts) == 2


def test_rule_8_rehearsals_never_close_a_session(desk: Desk) -> None:
    """Each is kept as the next number; the real attempt comes after them."""
    desk.platform.gateway.health["dry_run"] = True
    assert desk.run().returncode == 0
    assert desk.run().returncode == 0
    desk.platform.gateway.health["dry_run"] = False
    desk.platform.plan = {"AAPL": Plan(qty=11)}
    assert desk.run().returncode == 0
    assert [(row["number"], row["rehearsal"]) for row in desk.rows()] == [(1, 1), (2, 1), (3, 0)]
    assert desk.run().returncode == 0
    assert len(desk.platform.posts) == 3


def test_rule_8_each_session_has_its_trade(desk: Desk) -> None:
    """The next session is traded by itself, and the one before is shown no more."""
    assert desk.run().returncode == 0
    desk.next_session()
    assert desk.run().returncode == 0
    assert [row["session"] for row in desk.rows()] == ["2026-03-03", "2026-03-04"]
    assert len(desk.platform.posts) == 2
