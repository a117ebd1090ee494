"""Simulated time: mornings before a session, the bell during it, and never backwards."""

from datetime import datetime, timedelta

import pytest
from support import sandbox_books as books

from paper_run.sandbox import Sandbox, clock

SERVICES = ("signal_service_url", "execution_gateway_url", "orchestrator_url")


def times(health_or_run, *names):
    return [datetime.fromisoformat(health_or_run[name]) for name in names]


def test_before_a_session_every_clock_shows_its_morning(platform, request_of):
    """All three health timestamps lie between 09:00 and 09:30 New York of the pending session, in UTC."""
    for service in SERVICES:
        stamp = request_of("GET", getattr(platform.sandbox, service) + "/health").body["timestamp"]
        assert "2025-01-02T14:00:00" <= stamp < "2025-01-02T14:30:00"


def test_a_run_starts_at_the_bell_and_the_next_morning_follows(platform):
    """started_at is 09:30 or a little later; afterwards the clock shows the next session's morning."""
    before = platform.health()["timestamp"]
    run = platform.run("AAPL")
    after = platform.health()["timestamp"]
    assert "2025-01-02T14:30:00" <= run["started_at"] < run["completed_at"] < "2025-01-02T14:31:00"
    assert before < run["started_at"]
    assert after.startswith("2025-01-03T14:00:")


def test_orders_are_stamped_within_their_run(platform):
    """The gateway's times, which carry a Z, lie between the run's start and end."""
    run = platform.run("AAPL")
    order = platform.order(run["mappings"][0]["client_order_id"])
    for name in ("created_at", "updated_at", "submitted_at", "filled_at"):
        assert run["started_at"] <= order[name].removesuffix("Z") <= run["completed_at"]


def test_summer_mornings_are_an_hour_earlier_in_utc():
    """09:00 New York is 13:00 UTC once daylight saving has begun."""
    friday = datetime(2025, 3, 7).date()  # noqa: DTZ001 - only the date is meant
    assert clock.Clock(again=False).before_the_bell(friday, None).hour == 13
    assert clock.Clock(again=True).before_the_bell(friday, None).hour == 14


@pytest.mark.parametrize("again", [False, True])
def test_time_never_runs_backwards(state_file, start, again):
    """Over sessions, failed runs and restarts a run never starts before a health timestamp seen before it."""
    seen = datetime(2025, 1, 1)  # noqa: DTZ001 - the orchestrator's times carry no zone
    for round_number in range(4):
        with Sandbox(state_file, again=again) as sandbox:
            platform = start(sandbox)
            for fields in ({}, {"as_of_date": "2025-01-04"}, {}):
                (before,) = times(platform.health(), "timestamp")
                started, completed = times(platform.run("AAPL", **fields), "started_at", "completed_at")
                (after,) = times(platform.health(), "timestamp")
                assert before <= started <= completed
                assert completed <= after
                if not again:
                    assert seen <= before
                seen = completed
            assert sandbox.session > books.last_played(sandbox), round_number


def test_however_long_the_sandbox_stands_it_stays_morning(platform, monkeypatch):
    """After two days of waiting the clock still shows the pending morning, before the bell."""
    real = clock.time.monotonic
    later = timedelta(days=2).total_seconds()
    monkeypatch.setattr(clock.time, "monotonic", lambda: real() + later)
    assert platform.health()["timestamp"] == "2025-01-02T14:29:59.999999"
    monkeypatch.undo()
    assert platform.run("AAPL")["started_at"] >= "2025-01-02T14:30:00"


def test_the_date_header_stays_the_real_clock(platform, request_of):
    """A client that measures the age of an answer sees real time."""
    date = request_of("GET", platform.sandbox.orchestrator_url + "/health").headers["date"]
    assert "2025" not in date
