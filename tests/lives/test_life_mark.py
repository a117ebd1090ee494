"""A mark: it never trades, needs the gateway alone, keeps to its ledger, and tells of a spoilt book."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.command import Finished, start_command
from support.desk import Desk
from support.faulty_http import exact
from support.life import NO_ORDER, Life, amounts, buy, figures, says
from support.odd_platform import OddPlatform

from paper_run.ledger.sqlite import lock


def test_a_mark_never_trades(life: Life) -> None:
    """Whatever it is asked to do, it only reads, of the gateway alone, and of each service its health."""
    life.prices(AAPL="101")
    life.trade(AAPL=buy(10, "100", filled="4", status="canceled"))
    before = len(life.platform.requests)
    life.mark()
    life.mark("--stale")
    life.says("AAPL", qty="5")
    life.resolve("--position", "all")
    life.resolve("--split", "AAPL", "1:1")
    life.run("resolve", "--reset")
    asked = life.platform.requests[before:]
    assert {each.method for each in asked} == {"GET"}
    assert {each.path for each in asked if each.service != "execution_gateway"} == {"/health"}
    assert (len(life.platform.posts), life.platform.executed) == (1, 1)


def test_a_mark_needs_neither_signals_nor_orchestrator(life: Life) -> None:
    """With both down it values the session all the same, exit 0."""
    life.trade(AAPL=buy(10, "100"))
    life.platform.signal.down()
    life.platform.orchestrator.down()
    life.prices(AAPL="101")
    marked = life.mark()
    assert figures(marked["pnl"], "total_pnl day_pnl") == amounts("10 10")
    # Without the gateway there is no price: exit 1, and what was valued whole before stays as it was.
    kept = life.rows("sessions"), life.rows("marks")
    life.gateway.down()
    life.run("mark", status=1)
    assert life.gateway.url in life.last.stderr
    assert (life.rows("sessions"), life.rows("marks")) == kept


def test_a_mark_before_any_trade(life: Life) -> None:
    """Without a ledger it is wrong input; with one, and nothing placed, it says so and is no failure."""
    life.run("mark", status=3)
    assert "There is no ledger" in life.last.stderr
    life.platform.orchestrator.answer = {"status": "failed", "error_message": "no bar for today"}
    life.trade(AAPL=NO_ORDER, status=2)
    said = life.run("mark")
    assert "There is no book" in said.stdout
    assert list(life.reports.glob("*_mark.*")) == []


def test_a_mark_waits_for_a_trade_in_progress(life: Life) -> None:
    """While somebody holds the lock nothing is asked; when they let go, it goes on."""
    life.trade(AAPL=buy(10, "100"))
    before = len(life.platform.requests)
    with lock.held(life.reports, now=datetime.now(UTC)):
        waiting = start_command("mark", cwd=life.folder, platform=life.platform)
        process = waiting.__enter__()
        try:
            _until_it_has_open(process.pid, life.reports / lock.FILE_NAME)
            assert (len(life.platform.requests), process.poll()) == (before, None)
        except BaseException:
            process.kill()
            raise
    stdout, stderr = process.communicate(timeout=60)
    waiting.__exit__(None, None, None)
    assert (process.returncode, stderr) == (0, "")
    assert "MARK COMPLETE" in stdout


def _until_it_has_open(pid: int, path: Path) -> None:
    descriptors = Path(f"/proc/{pid}/fd")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for each in descriptors.iterdir():
            try:
                if each.readlink() == path:
                    return
            except FileNotFoundError:  # it has closed it meanwhile
                continue
        time.sleep(0.005)
    raise AssertionError(f"process {pid} never opened {path}")


@pytest.mark.parametrize(("spoilt", "unexplained"), [("1", "-1.00"), ("-1", "1.00")])
def test_a_spoilt_book_says_how_much_is_unexplained(life: Life, spoilt: str, unexplained: str) -> None:
    """A cost that is off by a dollar is found by the cash, which knows no cost."""
    life.prices(AAPL="101")
    day = life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"))
    assert day["pnl"]["equity"]["unexplained"] == 0
    # The cash says 10 x (101 - 100) = 10 up. With a cost of 1001 the P&L says 9, so that the check,
    # (base + cash + worth) - closing, is 10 - 9 = 1; with 999 it is 10 - 11 = -1.
    life.ties_out = False
    life.edit_book("AAPL", cost=-Decimal(spoilt))
    marked = life.mark()
    assert marked["pnl"]["total_pnl"] == 10 + Decimal(spoilt)
    for bridge in ("equity", "since_inception"):
        assert marked["pnl"][bridge]["unexplained"] == Decimal(unexplained)
    expected = f"The book does not tie out: {unexplained} dollars are unexplained"
    assert says(marked["warnings"], expected)
    assert expected in life.last.stdout


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return a desk on a Tuesday, 10:00 in New York, whose platform is no sandbox."""
    made = Desk(tmp_path)
    with made.platform:
        yield made


def test_a_mark_of_a_real_ledger_values_the_session_that_has_opened(desk: Desk) -> None:
    """Before the bell that is the day before; after it a new one, though nothing was traded in it."""
    assert desk.run("--symbols", "AAPL").returncode == 0
    position = desk.platform.gateway.positions["AAPL"]
    average = Decimal(position["avg_entry_price"])  # 10 shares, price of 28 digits
    # Wednesday 08:00: Tuesday's session still, a dollar higher: 10 up.
    desk.ahead += timedelta(hours=22)
    position["current_price"] = str(average + 1)
    _succeeds(desk.run("mark"))
    tuesday = _mark_of(desk, "2026-03-03")
    assert figures(tuesday, "total_pnl day_pnl") == amounts("10 10")
    # Wednesday 10:00, another dollar: 20 up, 10 of them today.
    desk.ahead += timedelta(hours=2)
    position["current_price"] = str(average + 2)
    _succeeds(desk.run("mark"))
    wednesday = _mark_of(desk, "2026-03-04")
    assert figures(wednesday, "total_pnl day_pnl") == amounts("20 10")
    assert figures(wednesday["equity"], "opening closing") == amounts("100010 100020")
    assert _mark_of(desk, "2026-03-03") == tuesday
    assert len(desk.platform.posts) == 1


def test_a_mark_refuses_the_ledger_of_another_platform(desk: Desk) -> None:
    """Another orchestrator, or a sandbox, or a sandbox's gateway alone: exit 3, and nothing is written."""
    assert desk.run("--symbols", "AAPL").returncode == 0
    ledger = desk.rows("sessions"), desk.rows("entries"), desk.rows("marks")
    with OddPlatform(now=desk.platform.now) as other:
        refused = desk.run("mark", "--orchestrator-url", other.orchestrator.url)
        assert (refused.returncode, "belongs to another account" in refused.stderr) == (3, True)
        for service in other.services.values():
            service.health |= {"sandbox": True, "session": "2026-03-03"}
        refused = desk.run("mark", "--orchestrator-url", other.orchestrator.url)
        assert (refused.returncode, "belongs to a real platform" in refused.stderr) == (3, True)
        refused = desk.run("mark", "--execution-gateway-url", other.gateway.url)
        assert (refused.returncode, "belongs to a real platform" in refused.stderr) == (3, True)
        # Also when the orchestrator that would tell is down.
        other.orchestrator.down()
        refused = desk.run("mark", "--orchestrator-url", other.orchestrator.url)
        assert (refused.returncode, "belongs to another account" in refused.stderr) == (3, True)
        assert [each.path for each in other.requests if each.path != "/health"] == []
    assert (desk.rows("sessions"), desk.rows("entries"), desk.rows("marks")) == ledger
    assert list(desk.reports.glob("*_mark.*")) == []


def _succeeds(finished: Finished) -> None:
    assert (finished.returncode, finished.stderr) == (0, "")


def _mark_of(desk: Desk, session: str) -> dict[str, object]:
    pnl: dict[str, object] = exact((desk.reports / f"{session}_mark.json").read_text("utf-8"))["pnl"]
    return pnl


def test_a_closing_that_is_whole_stays(desk: Desk) -> None:
    """Marked after the close: what is learned in the evening and before the next bell moves nothing of it."""
    assert desk.run("--symbols", "AAPL").returncode == 0
    position = desk.platform.gateway.positions["AAPL"]
    average = Decimal(position["avg_entry_price"])
    desk.ahead += timedelta(hours=6, minutes=30)  # 16:30 in New York
    position["current_price"] = str(average + 1)
    _succeeds(desk.run("mark"))
    closed = desk.files()
    for hours, price in ((1, 2), (14, 3)):  # 17:30, and Wednesday 07:30
        desk.ahead += timedelta(hours=hours)
        position |= {"current_price": str(average + price), "updated_at": desk.platform.now().isoformat()}
        said = desk.run("mark")
        _succeeds(said)
        assert "keeps the closing that it was marked at after its close" in said.stdout
        assert desk.files() == closed
    # On purpose it moves; at Wednesday's price it can't, so that it has its own still.
    _succeeds(desk.run("mark", "--again"))
    assert figures(_mark_of(desk, "2026-03-03"), "complete total_pnl") == (True, *amounts("10"))
    assert [(each["complete"], each["closed"]) for each in desk.rows("sessions")] == [(1, 1)]
    position["updated_at"] = "2026-03-03T23:00:00Z"
    _succeeds(desk.run("mark", "--again"))
    assert figures(_mark_of(desk, "2026-03-03"), "complete total_pnl") == (True, *amounts("30"))


def test_facts_learned_after_the_closing_are_the_next_sessions(desk: Desk) -> None:
    """A fill that is read in the evening: Tuesday keeps its closing, Wednesday has the money."""
    gtc = {"limit_price": Decimal(110), "detail": {"time_in_force": "gtc"}}
    desk.platform.plan = {"AAPL": buy(10, "100", filled="4", status="partially_filled", **gtc)}
    assert desk.run("--symbols", "AAPL").returncode == 0
    desk.ahead += timedelta(hours=6, minutes=30)
    desk.platform.gateway.positions["AAPL"]["current_price"] = "101"
    desk.run("mark")
    (order,) = desk.platform.gateway.orders.values()
    order |= {"filled_qty": "10", "status": "filled"}
    desk.platform.gateway.positions["AAPL"]["qty"] = "10"
    closed = desk.rows("sessions")
    desk.run("mark")
    assert (desk.rows("sessions"), len(desk.rows("entries"))) == (closed, 1)
    desk.ahead += timedelta(hours=18)
    _succeeds(desk.run("mark"))
    wednesday = _mark_of(desk, "2026-03-04")
    assert figures(wednesday["equity"], "opening closing") == amounts("100004 100010")
    assert desk.rows("sessions")[0] == closed[0]
