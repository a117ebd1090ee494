"""A day from top to bottom, up to what must be known before anything is sent."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses
from builders.moments import FakeTime
from builders.screens import Screen
from builders.served import platform_over
from builders.settings import configured
from builders.wire import (
    GATEWAY,
    ORCHESTRATOR,
    ORDERS,
    POSITIONS,
    RUN_URL,
    RUNS,
    SIGNALS,
    body,
    serve,
    serve_example,
)

from paper_run.app.day import run_day
from paper_run.app.finish import End
from paper_run.app.plan import plan_day
from paper_run.errors import DataError, DependencyError, PaperRunError, SeveralErrors
from paper_run.ledger import files
from paper_run.report.console import Console
from paper_run.report.terminal import Terminal
from paper_run.services.transport import Transport

HEALTH = {"t3": f"{SIGNALS}/health", "t4": f"{GATEWAY}/health", "t5": f"{ORCHESTRATOR}/health"}


class Day:
    """A day against `responses`, in a folder of its own, at noon of 2025-01-17 in New York."""

    def __init__(self, folder: Path, transport: Transport) -> None:
        self.folder = folder
        self.transport = transport
        self.time = FakeTime()
        self.screen = Screen()
        self.flags: dict[str, str | list[str]] = {}

    def run(self, day: Any = run_day) -> End:
        today = self.time.clock.now().date()
        settings = configured(self.flags, here=self.folder, today=today)
        return day(
            settings,
            platform_over(self.transport),
            self.time.clock,
            Console(Terminal(self.screen, colour=False)),
        )

    def refused(self, day: Any = run_day) -> PaperRunError:
        """Run a day that must end before anything is sent."""
        with pytest.raises(PaperRunError) as caught:
            self.run(day)
        assert posts() == 0
        return caught.value

    def healthy(self, **changes: Any) -> None:
        for name, url in HEALTH.items():
            serve_example("GET", url, f"{name}_health", **changes)
        serve_example("GET", RUNS, "runs_list")

    def ready(self, **changes: Any) -> None:
        """Have everything answer well; orders are as the gateway in DRY_RUN left them."""
        self.healthy(**changes)
        serve_example("GET", POSITIONS, "positions_mixed")
        serve_example("POST", RUN_URL, "run_normal")
        for each in body("run_normal")["mappings"]:
            if identity := each["client_order_id"]:
                url = f"{ORDERS}/{identity}"
                asked = {"symbol": each["symbol"], "side": each["order_side"]}
                serve_example("GET", url, "order_by_id", client_order_id=identity, **asked)

    def written(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "reports").iterdir() if path.is_file())


def posts() -> int:
    return sum(call.request.method == "POST" for call in responses.calls)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    spare = FakeTime()
    transport = Transport(now=spare.clock.monotonic, pause=spare.pause)
    with responses.mock:
        yield Day(tmp_path, transport)
    transport.close()
    responses.reset()


# A good day


def test_a_good_day_is_traded_once_and_saved(day: Day) -> None:
    """One POST, after the positions were read; four files named after the session."""
    day.ready()
    end = day.run()
    assert (end.exit_status, end.failures, posts()) == (0, (), 1)
    paths = [f"{call.request.method} {call.request.url}" for call in responses.calls]
    assert paths.index(f"GET {POSITIONS}") < paths.index(f"POST {RUN_URL}")
    names = [
        "2025-01-17_orders.csv",
        "2025-01-17_paper_run.html",
        "2025-01-17_paper_run.json",
        "2025-01-17_positions.csv",
    ]
    assert [name for name in day.written() if name.startswith("2025")] == names
    saved = json.loads((day.folder / "reports" / names[2]).read_text("utf-8"))
    assert (saved["session"], saved["status"], saved["rehearsal"]) == ("2025-01-17", "success", True)
    assert end.reports is not None
    assert end.reports.json == (day.folder / "reports" / names[2]).read_text("utf-8")
    shown = day.screen.getvalue()
    assert f"Saved to: {day.folder / 'reports' / names[2]}" in shown
    assert "REHEARSAL" in shown


def test_the_date_of_the_signals_is_the_session_unless_one_is_given(day: Day) -> None:
    """It is always sent."""
    day.ready()
    day.run()
    day.flags = {"--as-of-date": ["2025-01-15"]}
    day.run()
    sent = [json.loads(call.request.body) for call in responses.calls if call.request.method == "POST"]
    assert [each["as_of_date"] for each in sent] == ["2025-01-17", "2025-01-15"]


def test_a_second_trade_never_overwrites_the_first(day: Day) -> None:
    """It gets the next number, and the first one's files stay as they are."""
    day.ready()
    day.run()
    first = (day.folder / "reports" / "2025-01-17_paper_run.json").read_bytes()
    day.run()
    assert (day.folder / "reports" / "2025-01-17_paper_run.json").read_bytes() == first
    second = json.loads((day.folder / "reports" / "2025-01-17-2_paper_run.json").read_text("utf-8"))
    assert second["trade"] == 2


def test_a_gateway_that_trades_makes_no_rehearsal(day: Day) -> None:
    """With DRY_RUN off the day is the real thing, and nothing says otherwise."""
    day.ready(dry_run=False)
    end = day.run()
    assert end.reports is not None
    assert end.reports.result.rehearsal is False
    assert "REHEARSAL" not in day.screen.getvalue()
    assert "SANDBOX" not in day.screen.getvalue()


def test_the_session_is_new_yorks_date(day: Day) -> None:
    """At 03:00 UTC it is still the evening before."""
    day.time.start = datetime(2025, 1, 18, 3, 0, tzinfo=UTC)
    day.ready()
    day.run()
    assert "2025-01-17_paper_run.json" in day.written()


def test_a_sandbox_plays_its_own_session(day: Day) -> None:
    """Its date is the exchange date, and everything says what it is."""
    day.ready(sandbox=True, session="2025-01-02")
    end = day.run()
    assert end.reports is not None
    assert (end.reports.result.sandbox, end.reports.result.session) == (True, "2025-01-02")
    assert end.reports.result.parameters.as_of_date == "2025-01-02"
    assert "SANDBOX - simulated prices" in day.screen.getvalue()


def test_extra_outputs_are_written_by_their_suffix(day: Day) -> None:
    """The same bytes as in the reports folder, parents made."""
    day.ready()
    day.flags = {"--output": [str(day.folder / "x" / name) for name in ("a.json", "b.html", "c.CSV")]}
    day.run()
    reports = day.folder / "reports"
    for name, report in (("a.json", "paper_run.json"), ("b.html", "paper_run.html"), ("c.CSV", "orders.csv")):
        assert (day.folder / "x" / name).read_bytes() == (reports / f"2025-01-17_{report}").read_bytes()


def test_a_file_that_fails_after_the_trade_does_not_keep_back_the_others(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 3 naming it; the JSON's own status is the attempt's."""
    day.ready()
    real = files.write_atomic

    def no_html(path: Path, content: bytes, **mode: int) -> None:
        if path.name.endswith("_run.html"):
            raise DataError(f"{path} can't be written", "No space left on device.")
        real(path, content, **mode)

    monkeypatch.setattr("paper_run.ledger.files.write_atomic", no_html)
    end = day.run()
    assert end.exit_status == 3
    assert [failure.title for failure in end.failures] == [
        f"{day.folder / 'reports' / '2025-01-17_paper_run.html'} can't be written"
    ]
    assert end.failures[0].remedies[-1].command == "paper-run report 2025-01-17"
    assert {"2025-01-17_paper_run.json", "2025-01-17_orders.csv"} <= set(day.written())
    assert end.reports is not None
    assert end.reports.result.exit_status == 0


def test_a_bad_day_is_saved_like_any_other(day: Day) -> None:
    """A lost answer: exit 2, and the record of it."""
    day.healthy()
    serve_example("GET", POSITIONS, "positions_empty")
    serve("POST", RUN_URL, "Internal Server Error", 500)
    end = day.run()
    assert (end.exit_status, posts()) == (2, 1)
    assert "2025-01-17_paper_run.json" in day.written()


# What ends a day before anything is sent


@pytest.mark.parametrize("mode", [run_day, plan_day])
def test_an_unwritable_folder_is_found_first(day: Day, mode: Any) -> None:
    """Exit 3, and not even the health is asked."""
    (day.folder / "reports").write_text("in the way")
    error = day.refused(mode)
    assert isinstance(error, DataError)
    assert len(responses.calls) == 0


def test_an_unwritable_output_is_found_first(day: Day) -> None:
    """The same for --output."""
    (day.folder / "file").write_text("in the way")
    day.flags = {"--output": [str(day.folder / "file" / "a.json")]}
    assert isinstance(day.refused(), DataError)
    assert len(responses.calls) == 0


@pytest.mark.parametrize("mode", [run_day, plan_day])
def test_unfit_services_are_all_named_at_once(day: Day, mode: Any) -> None:
    """Two of three: exit 1, a block for each, and no hint at the sandbox since one answers."""
    serve("GET", HEALTH["t3"], {"detail": "Model not loaded"}, 503)
    serve_example("GET", HEALTH["t4"], "pg_down__t4_health")
    serve_example("GET", HEALTH["t5"], "t5_health")
    error = day.refused(mode)
    assert isinstance(error, SeveralErrors)
    assert error.exit_status == 1
    assert [each.title for each in error.errors] == [
        "Signal Service unhealthy",
        "Execution Gateway unhealthy",
    ]
    assert "Model not loaded" in str(error.errors[0])
    assert not any("--sandbox" in remedy for each in error.errors for remedy in map(str, each.remedies))
    assert "✕ Signal Service" in day.screen.getvalue()
    assert "✓ Orchestrator" in day.screen.getvalue()


def test_where_no_service_answers_at_all_the_sandbox_is_named(day: Day) -> None:
    """The block ends with it."""
    error = day.refused()
    assert isinstance(error, SeveralErrors)
    assert [each.title.rpartition(" ")[2] for each in error.errors] == ["unavailable"] * 3
    assert str(error.errors[-1].remedies[-1]) == "No platform yet? Add --sandbox"


def test_positions_that_cannot_be_read_send_nothing(day: Day) -> None:
    """Exit 1 with the gateway's reason and URL."""
    day.healthy()
    serve("GET", POSITIONS, {"detail": "no database"}, 500)
    error = day.refused()
    assert isinstance(error, DependencyError)
    assert "no database" in str(error)
    assert GATEWAY in str(error)


def test_a_date_after_the_session_sends_nothing(day: Day) -> None:
    """A sandbox that plays an earlier session than the date that was asked for."""
    day.ready(sandbox=True, session="2025-01-02")
    day.flags = {"--as-of-date": ["2025-01-03"]}
    error = day.refused()
    assert isinstance(error, DataError)
    assert "2025-01-03" in str(error)
    assert "2025-01-02" in str(error)


def test_services_of_two_platforms_send_nothing(day: Day) -> None:
    """A sandbox's gateway beside a real orchestrator."""
    serve_example("GET", HEALTH["t3"], "t3_health")
    serve_example("GET", HEALTH["t4"], "t4_health", sandbox=True, session="2025-01-02")
    serve_example("GET", HEALTH["t5"], "t5_health")
    error = day.refused()
    assert error.exit_status in (1, 3)
    assert "belong together" in str(error)


# Waiting for the services


def test_services_are_waited_for(day: Day) -> None:
    """--wait: asked again and again until they are up, then the day goes on."""
    day.flags = {"--wait": ["10"]}
    for _ in range(3):
        serve("GET", HEALTH["t3"], {"detail": "Model not loaded"}, 503)
    day.ready()
    assert day.run().exit_status == 0
    assert len(day.time.pauses) == 3
    assert day.time.pauses == sorted(day.time.pauses)


def test_the_wait_for_services_ends(day: Day) -> None:
    """After --wait seconds, and no later; a last look is taken at the end."""
    day.flags = {"--wait": ["7"]}
    day.healthy()
    responses.replace("GET", HEALTH["t5"], body=b'{"detail": "starting"}', status=503)
    error = day.refused()
    assert error.exit_status == 1
    assert day.time.passed == 7
    assert "starting" in str(error.errors[0] if isinstance(error, SeveralErrors) else error)


def test_without_a_wait_the_services_are_asked_once(day: Day) -> None:
    """The default is 0 s."""
    day.healthy(status="degraded")
    day.refused()
    assert (day.time.pauses, [call.request.url for call in responses.calls].count(HEALTH["t3"])) == ([], 1)


# Dry run


def test_a_dry_run_shows_the_plan_and_sends_nothing(day: Day) -> None:
    """Health and positions are read, the request is shown, and no file is written."""
    day.ready()
    end = day.run(plan_day)
    assert (end.exit_status, end.reports, posts()) == (0, None, 0)
    shown = day.screen.getvalue()
    assert f"POST {RUN_URL}" in shown
    assert '"capital": "100000"' in shown
    assert "5 open positions" in shown
    assert [name for name in day.written() if "2025" in name] == []
