"""The sandbox's trading days and hours against independent calendars."""

import warnings
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from paper_run.sandbox.exchange_days import (
    FIRST_SESSION,
    close_time,
    is_session,
    new_york,
    next_session,
    previous_session,
)

FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)


@pytest.fixture(scope="module")
def oracle():
    exchange_calendars = pytest.importorskip("exchange_calendars")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own quarrels with newer versions of pandas
        return exchange_calendars.get_calendar("XNYS", start="2024-12-01")


def days(first: date, last: date):
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_every_day_is_open_or_closed_as_the_exchange_calendar_says(oracle):
    """Day by day from 2025 as far as the calendar reaches, weekends and holidays agree."""
    last = min(LAST, oracle.last_session.date())
    assert last > date(2027, 6, 1)
    open_days = {stamp.date() for stamp in oracle.sessions_in_range(str(FIRST), str(last))}
    assert [day for day in days(FIRST, last) if is_session(day) != (day in open_days)] == []


def test_every_close_is_the_exchange_calendars_close(oracle):
    """Full and half days close at the minute the calendar says, summer and winter."""
    last = min(LAST, oracle.last_session.date())
    for stamp in oracle.sessions_in_range(str(FIRST), str(last)):
        assert close_time(stamp.date()) == oracle.session_close(stamp).to_pydatetime()


def test_mornings_follow_new_yorks_daylight_saving():
    """The rule agrees with the time zone database on every day of three years."""
    zone = ZoneInfo("America/New_York")
    for day in days(FIRST, LAST):
        expected = datetime(day.year, day.month, day.day, 9, 30, tzinfo=zone)
        assert new_york(day, 9, 30) == expected.astimezone(UTC)


def test_next_and_previous_session_are_each_others_inverse():
    """Walking 300 sessions forward and back returns to the first one, through the closing of 2025-01-09."""
    walked = [FIRST_SESSION]
    for _ in range(300):
        walked.append(next_session(walked[-1]))
    assert date(2025, 1, 8) in walked
    assert date(2025, 1, 9) not in walked
    assert [previous_session(day) for day in walked[1:]] == walked[:-1]
