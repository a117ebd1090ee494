"""The exchange's calendar: which day is a session, when it opens and closes, and which one a moment means."""

import time as machine
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest
import time_machine
from hypothesis import example, given
from hypothesis import strategies as st

from paper_run.errors import DataError
from paper_run.model.calendar import NEW_YORK, Calendar, ClosedDays, utc_now
from paper_run.services.holidays import closed_days

YEAR = cache(closed_days)
XNYS = Calendar(YEAR)
TOKYO = ZoneInfo("Asia/Tokyo")
FIRST, LAST = date(2015, 1, 1), date(2027, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def never(year: int) -> ClosedDays:
    """Fail: nothing may ask for a year here."""
    pytest.fail(f"{year} was asked for")


ALWAYS = Calendar(never, exchange="24/7")


def new_york(text: str) -> datetime:
    """Return a moment as New York's clock shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def utc(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Another program's calendar, day by day


@pytest.fixture(scope="module")
def oracle() -> dict[date, tuple[datetime, datetime]]:
    """Return open and close of each session from 2015 to 2027, as exchange_calendars has them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # between it and pandas
        calendar = exchange_calendars.get_calendar("XNYS", start=FIRST.isoformat(), end=LAST.isoformat())
        columns = calendar.schedule[["open", "close"]].itertuples()
    return {day.date(): (opens.to_pydatetime(), closes.to_pydatetime()) for day, opens, closes in columns}


def test_each_day_of_thirteen_years_is_a_session_or_not_as_elsewhere(
    oracle: dict[date, tuple[datetime, datetime]],
) -> None:
    """From 2015 to 2027 no session is missing and none is invented."""
    assert len(oracle) > 3_200
    assert [day for day in DAYS if XNYS.is_session(day) != (day in oracle)] == []


def test_each_session_of_thirteen_years_opens_and_closes_as_elsewhere(
    oracle: dict[date, tuple[datetime, datetime]],
) -> None:
    """The hours are equal as moments: half days, summer and winter time included."""
    different = {day: hours for day, hours in oracle.items() if XNYS.hours(day) != hours}
    assert different == {}
    assert {closes.astimezone(NEW_YORK).time() for _, closes in oracle.values()} == {time(13), time(16)}


def test_the_neighbours_of_each_day_are_the_sessions_beside_it_elsewhere(
    oracle: dict[date, tuple[datetime, datetime]],
) -> None:
    """Next and previous session of every day, closed ones too, within the years that both know."""
    sessions = sorted(oracle)
    position = 0
    for day in DAYS:
        while position < len(sessions) and sessions[position] < day:
            position += 1
        after = position + (position < len(sessions) and sessions[position] == day)
        if position > 0:
            assert XNYS.previous_session(day) == sessions[position - 1], day
        if after < len(sessions):
            assert XNYS.next_session(day) == sessions[after], day


# Days picked by hand


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2025-01-17", None),
        ("2025-01-18", "Saturday"),
        ("2025-01-19", "Sunday"),
        ("2025-01-20", "Martin Luther King Jr. Day"),
        ("2025-11-27", "Thanksgiving Day"),
        ("2025-11-28", None),
        ("2018-12-05", "National Day of Mourning for former President George H. W. Bush"),
        ("2025-01-09", "National Day of Mourning for former President Jimmy Carter"),
        ("2025-04-18", "Good Friday"),
        ("2025-04-21", None),
        ("2021-06-18", None),
        ("2022-06-20", "Juneteenth National Independence Day (observed)"),
        ("2021-12-24", "Christmas Day (observed)"),
        ("2021-12-25", "Saturday"),
        ("2021-12-31", None),
        ("2027-12-31", None),
        ("2023-01-02", "New Year's Day (observed)"),
        ("2025-10-13", None),
        ("2025-11-11", None),
    ],
)
def test_a_closed_day_says_why(day: str, why: str | None) -> None:
    """Weekends, holidays by name, special closures; Columbus and Veterans Day, Easter Monday are sessions.

    A New Year's Day on a Saturday closes no Friday of the old year.
    """
    assert XNYS.why_closed(date.fromisoformat(day)) == why
    assert XNYS.is_session(date.fromisoformat(day)) == (why is None)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2025-01-17", ("2025-01-17T09:30:00-05:00", "2025-01-17T16:00:00-05:00")),
        ("2025-07-01", ("2025-07-01T09:30:00-04:00", "2025-07-01T16:00:00-04:00")),
        ("2025-07-03", ("2025-07-03T09:30:00-04:00", "2025-07-03T13:00:00-04:00")),
        ("2022-07-01", ("2022-07-01T09:30:00-04:00", "2022-07-01T16:00:00-04:00")),
        ("2025-11-28", ("2025-11-28T09:30:00-05:00", "2025-11-28T13:00:00-05:00")),
        ("2024-12-24", ("2024-12-24T09:30:00-05:00", "2024-12-24T13:00:00-05:00")),
        ("2023-12-22", ("2023-12-22T09:30:00-05:00", "2023-12-22T16:00:00-05:00")),
        ("2025-03-07", ("2025-03-07T09:30:00-05:00", "2025-03-07T16:00:00-05:00")),
        ("2025-03-10", ("2025-03-10T09:30:00-04:00", "2025-03-10T16:00:00-04:00")),
        ("2025-10-31", ("2025-10-31T09:30:00-04:00", "2025-10-31T16:00:00-04:00")),
        ("2025-11-03", ("2025-11-03T09:30:00-05:00", "2025-11-03T16:00:00-05:00")),
    ],
)
def test_a_session_has_its_hours(day: str, hours: tuple[str, str]) -> None:
    """Winter and summer, the sessions on both sides of each clock change, half days and what is none."""
    opens, closes = XNYS.hours(date.fromisoformat(day))
    assert (opens.isoformat(), closes.isoformat()) == hours


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2025-01-08", "2025-01-10"),
        ("2025-01-17", "2025-01-21"),
        ("2024-12-31", "2025-01-02"),
        ("2021-12-31", "2022-01-03"),
        ("2025-04-17", "2025-04-21"),
        ("2025-11-26", "2025-11-28"),
    ],
)
def test_sessions_follow_each_other_over_what_lies_between(before: str, after: str) -> None:
    """Over a special closure, long weekends, and the ends of years."""
    first, second = date.fromisoformat(before), date.fromisoformat(after)
    assert XNYS.next_session(first) == second
    assert XNYS.previous_session(second) == first


# Moments


class Meant(NamedTuple):
    """What a moment means."""

    session_date: str
    latest_opened: str
    previous_completed: str
    is_open: bool


MOMENTS = [
    (new_york("2025-01-17T09:29:59.999999"), Meant("2025-01-17", "2025-01-16", "2025-01-16", False)),
    (new_york("2025-01-17T09:30"), Meant("2025-01-17", "2025-01-17", "2025-01-16", True)),
    (new_york("2025-01-17T15:59:59.999999"), Meant("2025-01-17", "2025-01-17", "2025-01-16", True)),
    (new_york("2025-01-17T16:00"), Meant("2025-01-17", "2025-01-17", "2025-01-17", False)),
    # New York's midnight, and UTC's
    (utc("2025-01-18T04:59"), Meant("2025-01-17", "2025-01-17", "2025-01-17", False)),
    (utc("2025-01-18T05:00"), Meant("2025-01-18", "2025-01-17", "2025-01-17", False)),
    (utc("2025-01-16T23:59"), Meant("2025-01-16", "2025-01-16", "2025-01-16", False)),
    (utc("2025-01-17T00:00"), Meant("2025-01-16", "2025-01-16", "2025-01-16", False)),
    (utc("2025-07-02T03:59"), Meant("2025-07-01", "2025-07-01", "2025-07-01", False)),
    (utc("2025-07-02T04:00"), Meant("2025-07-02", "2025-07-01", "2025-07-01", False)),
    # the bell before and after each clock change, in UTC
    (utc("2025-03-07T14:29"), Meant("2025-03-07", "2025-03-06", "2025-03-06", False)),
    (utc("2025-03-07T14:30"), Meant("2025-03-07", "2025-03-07", "2025-03-06", True)),
    (utc("2025-03-10T13:29"), Meant("2025-03-10", "2025-03-07", "2025-03-07", False)),
    (utc("2025-03-10T13:30"), Meant("2025-03-10", "2025-03-10", "2025-03-07", True)),
    (utc("2025-11-03T14:29"), Meant("2025-11-03", "2025-10-31", "2025-10-31", False)),
    (utc("2025-11-03T14:30"), Meant("2025-11-03", "2025-11-03", "2025-10-31", True)),
    # the days of the changes: New York's night has one hour less, or 01:30 twice
    (utc("2025-03-09T04:59"), Meant("2025-03-08", "2025-03-07", "2025-03-07", False)),
    (utc("2025-03-10T03:59"), Meant("2025-03-09", "2025-03-07", "2025-03-07", False)),
    (utc("2025-11-02T05:30"), Meant("2025-11-02", "2025-10-31", "2025-10-31", False)),
    (utc("2025-11-02T06:30"), Meant("2025-11-02", "2025-10-31", "2025-10-31", False)),
    (utc("2025-11-03T04:59"), Meant("2025-11-02", "2025-10-31", "2025-10-31", False)),
    (utc("2025-11-03T05:00"), Meant("2025-11-03", "2025-10-31", "2025-10-31", False)),
    # a half day, a holiday, a special closure, the first days of a year
    (new_york("2025-11-28T12:59"), Meant("2025-11-28", "2025-11-28", "2025-11-26", True)),
    (new_york("2025-11-28T13:00"), Meant("2025-11-28", "2025-11-28", "2025-11-28", False)),
    (new_york("2025-11-27T12:00"), Meant("2025-11-27", "2025-11-26", "2025-11-26", False)),
    (new_york("2025-01-09T12:00"), Meant("2025-01-09", "2025-01-08", "2025-01-08", False)),
    (new_york("2025-01-02T09:00"), Meant("2025-01-02", "2024-12-31", "2024-12-31", False)),
    # a clock in Tokyo: Saturday there, Friday's session still open
    (
        datetime(2025, 1, 18, 5, 59, tzinfo=TOKYO),
        Meant("2025-01-17", "2025-01-17", "2025-01-16", True),
    ),
]


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def machine_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """Put the machine into a zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        machine.tzset()
        yield request.param
    machine.tzset()


def meant(calendar: Calendar, moment: datetime) -> Meant:
    """Ask a calendar what a moment means."""
    return Meant(
        str(calendar.session_date(moment)),
        str(calendar.latest_opened(moment)),
        str(calendar.previous_completed(moment)),
        calendar.is_open_at(moment),
    )


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2025-01-17T08:00", "2025-01-17"),
        ("2025-01-17T15:59:59", "2025-01-17"),
        ("2025-01-17T16:00", "2025-01-21"),
        ("2025-01-18T12:00", "2025-01-21"),
        ("2025-07-03T12:59:59", "2025-07-03"),
        ("2025-07-03T13:00", "2025-07-07"),
    ],
)
def test_the_first_session_that_ends_after_a_moment(moment: str, day: str) -> None:
    """The day's own until its close, be it early; then the next one, behind weekend and holiday."""
    assert str(XNYS.session_ending_after(new_york(moment))) == day


def test_a_moment_means_its_sessions_whatever_the_machines_zone(machine_zone: str) -> None:
    """Bells, closes, midnights and clock changes, in whichever zone machine and moment are."""
    for moment, expected in MOMENTS:
        for zone in (UTC, NEW_YORK, TOKYO, None):
            assert meant(XNYS, moment.astimezone(zone)) == expected, (moment, machine_zone)


def test_the_machines_own_clock_is_read_right_in_any_zone(machine_zone: str) -> None:
    """In New York it is still Friday evening, elsewhere Saturday."""
    with time_machine.travel(utc("2025-01-18T04:59"), tick=False):
        assert meant(XNYS, utc_now()) == ("2025-01-17", "2025-01-17", "2025-01-17", False), machine_zone
        assert meant(ALWAYS, utc_now()) == ("2025-01-18", "2025-01-18", "2025-01-17", True), machine_zone


@pytest.mark.parametrize("calendar", [XNYS, ALWAYS], ids=lambda calendar: str(calendar.exchange))
def test_a_moment_without_a_zone_is_refused(calendar: Calendar) -> None:
    """It would be taken for the machine's time."""
    moment = datetime.fromisoformat("2025-01-17T12:00")
    for ask in (calendar.session_date, calendar.latest_opened, calendar.previous_completed):
        with pytest.raises(ValueError, match="has no time zone"):
            ask(moment)
    with pytest.raises(ValueError, match="has no time zone"):
        calendar.is_open_at(moment)


@pytest.mark.parametrize(
    ("day", "override", "start"),
    [
        ("2025-01-17", None, "2025-01-17T15:45:00-05:00"),
        ("2025-07-01", None, "2025-07-01T15:45:00-04:00"),
        ("2025-07-03", None, "2025-07-03T12:45:00-04:00"),
        ("2025-07-03", time(15, 30), "2025-07-03T15:30:00-04:00"),
        ("2025-01-17", time(9, 35), "2025-01-17T09:35:00-05:00"),
    ],
)
def test_a_trade_starts_fifteen_minutes_before_the_close_at_the_latest(
    day: str, override: time | None, start: str
) -> None:
    """The close is that day's; a time that was given counts instead, on New York's clock."""
    assert XNYS.latest_start(date.fromisoformat(day), override).isoformat() == start


# Dates that a person lists

LISTED = Calendar(
    YEAR,
    closed_dates={date(2025, 1, 15), date(2025, 1, 18), date(2025, 1, 20)},
    open_dates={date(2025, 1, 19), date(2025, 5, 26), date(2025, 7, 3), date(2025, 7, 2)},
)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2025-01-15", "listed in PAPER_RUN_CLOSED_DATES"),
        ("2025-01-18", "listed in PAPER_RUN_CLOSED_DATES"),
        ("2025-01-20", "listed in PAPER_RUN_CLOSED_DATES"),
        ("2025-01-19", None),
        ("2025-05-26", None),
        ("2025-07-02", None),
        ("2025-01-25", "Saturday"),
        ("2025-06-19", "Juneteenth National Independence Day"),
    ],
)
def test_a_listed_date_wins_over_weekends_and_holidays(day: str, why: str | None) -> None:
    """A session is closed, a Sunday and a holiday are opened, and all other days are as ever."""
    assert LISTED.why_closed(date.fromisoformat(day)) == why


def test_listed_dates_count_in_every_answer() -> None:
    """Neighbours, hours and moments go by them; a half day listed as open keeps its early close."""
    assert LISTED.next_session(date(2025, 1, 14)) == date(2025, 1, 16)
    assert LISTED.previous_session(date(2025, 1, 21)) == date(2025, 1, 19)
    assert meant(LISTED, new_york("2025-01-15T12:00")) == ("2025-01-15", "2025-01-14", "2025-01-14", False)
    assert meant(LISTED, new_york("2025-05-26T12:00")) == ("2025-05-26", "2025-05-26", "2025-05-23", True)
    assert LISTED.hours(date(2025, 1, 19)) == (new_york("2025-01-19T09:30"), new_york("2025-01-19T16:00"))
    assert LISTED.hours(date(2025, 7, 3))[1] == new_york("2025-07-03T13:00")


@pytest.mark.parametrize("exchange", ["XNYS", "24/7"])
def test_a_session_is_looked_for_no_farther_than_thirty_days(exchange: str) -> None:
    """A list that closes 29 days in a row is served; one that closes 30 is an error in words."""
    start = date(2025, 6, 2)
    closed = [start + timedelta(days=n) for n in range(1, 31)]
    calendar = partial(Calendar, YEAR, exchange=exchange)
    assert calendar(closed_dates=set(closed[:29])).next_session(start) == closed[29]
    assert (
        calendar(closed_dates=set(closed[1:])).previous_session(closed[29] + timedelta(days=1)) == closed[0]
    )
    with pytest.raises(DataError, match="there is no session in the 30 days after 2025-06-02") as caught:
        calendar(closed_dates=set(closed)).next_session(start)
    assert "PAPER_RUN_CLOSED_DATES" in caught.value.explanation
    assert tuple(map(str, caught.value.remedies)) == ("Correct PAPER_RUN_CLOSED_DATES and run again.",)
    with pytest.raises(DataError, match="there is no session in the 30 days before 2025-07-03"):
        calendar(closed_dates=set(closed)).previous_session(date(2025, 7, 3))


# What is asked for


def test_a_year_is_asked_for_once_and_only_when_it_matters() -> None:
    """Making a calendar, a weekend and listed dates ask for nothing; a weekday asks for its year, once."""
    asked: list[int] = []

    def answer(year: int) -> ClosedDays:
        asked.append(year)
        return YEAR(year)

    monday = date(2025, 1, 20)
    calendar = Calendar(answer, closed_dates={monday}, open_dates={date(2025, 1, 21)})
    assert not calendar.is_session(date(2025, 1, 18))
    assert calendar.previous_session(date(2025, 1, 22)) == date(2025, 1, 21)
    assert asked == []
    assert calendar.next_session(date(2025, 6, 2)) == date(2025, 6, 3)
    assert calendar.hours(date(2025, 7, 3))[1].hour == 13
    assert asked == [2025]
    assert calendar.previous_session(date(2025, 1, 2)) == date(2024, 12, 31)
    assert asked == [2025, 2024]


# Every UTC day


def test_each_utc_day_is_a_session_of_24_7() -> None:
    """Weekends and holidays too, from midnight to midnight, and no holiday is ever asked for."""
    assert all(ALWAYS.is_session(day) for day in DAYS)
    christmas = date(2025, 12, 25)
    assert ALWAYS.hours(christmas) == (utc("2025-12-25T00:00"), utc("2025-12-26T00:00"))
    assert ALWAYS.next_session(date(2024, 12, 31)) == date(2025, 1, 1)
    assert ALWAYS.previous_session(date(2024, 3, 1)) == date(2024, 2, 29)
    assert ALWAYS.latest_start(christmas, override=None) == utc("2025-12-25T23:45")
    assert ALWAYS.latest_start(christmas, time(20, 0)) == utc("2025-12-25T20:00")
    assert (ALWAYS.zone, XNYS.zone) == (UTC, NEW_YORK)


@pytest.mark.parametrize(
    ("moment", "today", "yesterday"),
    [
        (utc("2025-01-18T00:00"), "2025-01-18", "2025-01-17"),
        (utc("2025-01-17T23:59:59.999999"), "2025-01-17", "2025-01-16"),
        (new_york("2025-01-17T19:00"), "2025-01-18", "2025-01-17"),
        (new_york("2025-03-09T03:30"), "2025-03-09", "2025-03-08"),
    ],
)
def test_a_moment_of_24_7_lies_in_its_utc_day(
    machine_zone: str, moment: datetime, today: str, yesterday: str
) -> None:
    """The day has opened with its first moment, and yesterday is complete."""
    assert meant(ALWAYS, moment) == (today, today, yesterday, True)


def test_a_listed_date_closes_a_day_of_24_7() -> None:
    """An extra closed date counts there too; the market that its quotes come from is open all the same."""
    calendar = Calendar(never, exchange="24/7", closed_dates={date(2025, 1, 18)})
    assert meant(calendar, utc("2025-01-18T12:00")) == ("2025-01-18", "2025-01-17", "2025-01-17", True)
    assert calendar.why_closed(date(2025, 1, 18)) == "listed in PAPER_RUN_CLOSED_DATES"


# Whatever the day and the moment

LISTS = st.sets(st.dates(FIRST, LAST), max_size=15)
CALENDARS = st.one_of(
    st.just(XNYS),
    st.just(ALWAYS),
    st.tuples(LISTS, LISTS).map(lambda two: Calendar(YEAR, closed_dates=two[0] - two[1], open_dates=two[1])),
)
WITHIN = st.dates(date(2015, 2, 15), date(2027, 11, 15))
INSTANTS = st.tuples(
    st.integers(int(utc("2015-02-15").timestamp()), int(utc("2027-11-15").timestamp())),
    st.sampled_from([UTC, NEW_YORK, TOKYO]),
).map(lambda drawn: datetime.fromtimestamp(drawn[0], drawn[1]))


@given(CALENDARS, WITHIN)
def test_next_and_previous_undo_each_other(calendar: Calendar, day: date) -> None:
    """They are sessions, strictly beside the day, with none between; there and back is home."""
    before, after = calendar.previous_session(day), calendar.next_session(day)
    assert before < day < after
    assert calendar.is_session(before)
    assert calendar.is_session(after)
    between = [before + timedelta(days=n) for n in range(1, (after - before).days)]
    assert [each for each in between if each != day and calendar.is_session(each)] == []
    if calendar.is_session(day):
        assert calendar.next_session(before) == day == calendar.previous_session(after)
    else:
        assert calendar.next_session(before) == after


@given(CALENDARS, INSTANTS)
@example(XNYS, new_york("2025-11-02T01:30").replace(fold=1))
@example(XNYS, new_york("2025-03-09T02:30"))
def test_a_moment_lies_between_the_sessions_that_it_means(calendar: Calendar, moment: datetime) -> None:
    """Opened: its bell is past, the next one's not. Completed: so with closes. Open: between both."""
    opened, completed = calendar.latest_opened(moment), calendar.previous_completed(moment)
    instant = moment.astimezone(UTC)
    assert calendar.hours(opened)[0] <= instant < calendar.hours(calendar.next_session(opened))[0]
    assert calendar.hours(completed)[1] <= instant < calendar.hours(calendar.next_session(completed))[1]
    assert calendar.is_open_at(moment) == (opened != completed)
    assert opened in (completed, calendar.next_session(completed))


@given(CALENDARS, WITHIN)
def test_the_latest_start_lies_within_the_session(calendar: Calendar, day: date) -> None:
    """Hours begin before they end, on the day itself; the latest start is open time."""
    opens, closes = calendar.hours(day)
    assert opens < calendar.latest_start(day, override=None) < closes
    assert opens.date() == day
    assert calendar.session_date(closes - timedelta(microseconds=1)) == day
    if calendar.is_session(day):
        assert calendar.is_open_at(calendar.latest_start(day, override=None))
