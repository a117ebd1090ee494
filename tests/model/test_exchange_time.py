"""Which session it is: New York's date."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine

from paper_run.model.calendar import exchange_time, utc_now


@pytest.mark.parametrize(
    ("moment", "clock"),
    [
        (datetime(2025, 1, 17, 14, 0, tzinfo=UTC), "2025-01-17T09:00:00-05:00"),
        (datetime(2025, 7, 1, 13, 0, tzinfo=UTC), "2025-07-01T09:00:00-04:00"),
        (datetime(2025, 1, 18, 4, 59, tzinfo=UTC), "2025-01-17T23:59:00-05:00"),
        (datetime(2025, 1, 18, 5, 0, tzinfo=UTC), "2025-01-18T00:00:00-05:00"),
        (datetime(2025, 3, 9, 7, 0, tzinfo=UTC), "2025-03-09T03:00:00-04:00"),
        (datetime(2025, 1, 18, 9, 0, tzinfo=timezone(timedelta(hours=9))), "2025-01-17T19:00:00-05:00"),
    ],
)
def test_a_session_is_new_yorks_date(moment: datetime, clock: str) -> None:
    """Winter, summer, both sides of New York's midnight, and a machine in Tokyo."""
    assert exchange_time(moment, "XNYS").isoformat() == clock


def test_now_is_the_machines_clock_in_utc() -> None:
    """The clock is timezone-aware and in UTC, whatever the zone of the machine."""
    moment = datetime(2025, 1, 17, 14, 0, tzinfo=timezone(timedelta(hours=9)))
    with time_machine.travel(moment, tick=False):
        assert utc_now() == moment
        assert utc_now().tzinfo is UTC
