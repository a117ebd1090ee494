"""NYSE trading days and hours by rule: the sandbox needs no calendar package and no time zone database."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

FIRST_SESSION = date(2025, 1, 2)

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_DAY = timedelta(days=1)
_SPECIAL_CLOSINGS = frozenset({date(2025, 1, 9)})  # national day of mourning
_JUNETEENTH_SINCE = 2022


def is_session(day: date) -> bool:
    """Whether the exchange opens on this day."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def next_session(day: date) -> date:
    """Return the first session after `day`."""
    day += _DAY
    while not is_session(day):
        day += _DAY
    return day


def previous_session(day: date) -> date:
    """Return the last session before `day`."""
    day -= _DAY
    while not is_session(day):
        day -= _DAY
    return day


def new_york(day: date, hour: int, minute: int = 0) -> datetime:
    """Return that wall time of New York, from 03:00 on, in UTC (daylight saving by the rule of 2007)."""
    summer = _nth(day.year, 3, _SUNDAY, 2) <= day < _nth(day.year, 11, _SUNDAY, 1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(hours=hour + (4 if summer else 5), minutes=minute)


def close_time(day: date) -> datetime:
    """Return the closing bell of a session in UTC: 16:00 New York, 13:00 on half days."""
    return new_york(day, 13 if _is_half_day(day) else 16)


def _is_half_day(day: date) -> bool:
    eve = (day.month, day.day) in {(7, 3), (12, 24)} and day.weekday() <= _THURSDAY
    return eve or day == _nth(day.year, 11, _THURSDAY, 4) + _DAY


@cache
def _holidays(year: int) -> frozenset[date]:
    new_year = date(year, 1, 1)  # on a Saturday it is not made up for on the Friday
    days = {
        new_year + _DAY if new_year.weekday() == _SUNDAY else new_year,
        _nth(year, 1, _MONDAY, 3),  # Martin Luther King
        _nth(year, 2, _MONDAY, 3),  # Presidents
        _easter(year) - timedelta(days=2),
        _nth(year, 6, _MONDAY, 1) - timedelta(days=7),  # Memorial Day
        _observed(date(year, 7, 4)),
        _nth(year, 9, _MONDAY, 1),  # Labor Day
        _nth(year, 11, _THURSDAY, 4),  # Thanksgiving
        _observed(date(year, 12, 25)),
    }
    if year >= _JUNETEENTH_SINCE:
        days.add(_observed(date(year, 6, 19)))
    return frozenset(days) | _SPECIAL_CLOSINGS


def _observed(day: date) -> date:
    """Return the weekday on which a fixed holiday closes the exchange."""
    if day.weekday() == _SATURDAY:
        return day - _DAY
    return day + _DAY if day.weekday() == _SUNDAY else day


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """Return the n-th such weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _easter(year: int) -> date:
    """Return Easter Sunday (the anonymous Gregorian computus)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leap_years, year_rest = divmod(of_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)
