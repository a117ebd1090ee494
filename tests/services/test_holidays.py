"""The closed days of a year: from the holidays package, as text to keep, and at what cost."""

import subprocess
import sys
from datetime import date, time
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tree import ROOT

from paper_run.model.calendar import ClosedDays
from paper_run.services import holidays
from paper_run.services.holidays import closed_days, from_json, source, to_json


def test_a_year_is_the_exchanges_own_list() -> None:
    """2025 as the exchange published it: eleven closed days, one of them special, and three half days."""
    year = closed_days(2025)
    assert year.year == 2025
    assert {f"{day:%m-%d}": name for day, name in year.holidays.items()} == {
        "01-01": "New Year's Day",
        "01-09": "National Day of Mourning for former President Jimmy Carter",
        "01-20": "Martin Luther King Jr. Day",
        "02-17": "Washington's Birthday",
        "04-18": "Good Friday",
        "05-26": "Memorial Day",
        "06-19": "Juneteenth National Independence Day",
        "07-04": "Independence Day",
        "09-01": "Labor Day",
        "11-27": "Thanksgiving Day",
        "12-25": "Christmas Day",
    }
    assert year.half_days == {
        date(2025, 7, 3): time(13),
        date(2025, 11, 28): time(13),
        date(2025, 12, 24): time(13),
    }


def test_a_half_day_of_old_closed_at_its_own_hour() -> None:
    """The close is read from the package: 14:30 in a snowstorm, 14:00 on a Christmas Eve."""
    assert closed_days(1994).half_days[date(1994, 2, 11)] == time(14, 30)
    assert closed_days(1992).half_days[date(1992, 12, 24)] == time(14)


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("Christmas Eve (markets close at 1:00pm)", time(13)),
        ("Wall Street explosion (markets close at 12:00pm)", time(12)),
        ("Death of a king (markets close at 11:05am)", time(11, 5)),
        ("Nobody says when", time(13)),
    ],
)
def test_the_close_is_read_from_the_name(name: str, close: time) -> None:
    """Noon, a morning, an afternoon; a name that tells no time is taken as the usual 13:00."""
    assert holidays._early_close(name) == close


@pytest.mark.parametrize("year", range(2015, 2028))
def test_a_year_holds_its_own_days_alone(year: int) -> None:
    """No date of another year, and none that is both a holiday and a half day."""
    answer = closed_days(year)
    assert {day.year for day in (*answer.holidays, *answer.half_days)} == {year}
    assert not answer.holidays.keys() & answer.half_days.keys()
    assert list(answer.holidays) == sorted(answer.holidays)


@pytest.mark.parametrize("year", [2018, 2022, 2025])
def test_an_answer_survives_as_text(year: int) -> None:
    """What is read is what was written, and the same answer is the same text."""
    answer = closed_days(year)
    assert from_json(to_json(answer)) == answer
    assert to_json(closed_days(year)) == to_json(answer)


DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
ANSWERS = st.builds(
    ClosedDays,
    year=st.integers(1900, 2100),
    holidays=st.dictionaries(DAYS, st.text()),
    half_days=st.dictionaries(DAYS, MINUTES),
    source=st.text(),
)


@given(ANSWERS)
def test_any_answer_survives_as_text(answer: ClosedDays) -> None:
    """Whatever the names are written in."""
    assert from_json(to_json(answer)) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"year": 2025}',
        '{"year": 2025, "holidays": [], "half_days": {}, "source": ""}',
        '{"year": 2025, "holidays": {"no date": "x"}, "half_days": {}, "source": ""}',
        '{"year": 2025, "holidays": {}, "half_days": {"2025-07-03": 13}, "source": ""}',
        '{"year": "x", "holidays": {}, "half_days": {}, "source": ""}',
    ],
)
def test_a_text_of_another_kind_is_refused(text: str) -> None:
    """A damaged text is an error that says so; it is never taken for a year without holidays."""
    with pytest.raises(ValueError, match="the kept closed days can't be read"):
        from_json(text)


def test_an_answer_names_its_source() -> None:
    """The package and its version: another version's kept answer can be told from today's."""
    assert closed_days(2025).source == source() == f"holidays {version('holidays')}"


def _fresh(code: str, **environment: str) -> str:
    """Run code in a new interpreter in the tree."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_names_are_english_in_any_environment() -> None:
    """The package itself would go by LANGUAGE."""
    code = (
        "from paper_run.services.holidays import closed_days as c; print(list(c(2025).holidays.values())[0])"
    )
    assert _fresh(code, LANGUAGE="hi", LANG="hi_IN.UTF-8", PYTHONIOENCODING="utf-8") == "New Year's Day"


def test_only_asking_for_a_year_loads_the_package() -> None:
    """Importing, naming the source and reading a kept answer do without."""
    code = (
        "import sys; from paper_run.services import holidays as c; "
        "from paper_run.model import calendar as session; c.source(); "
        'c.from_json(\'{"year": 2025, "holidays": {}, "half_days": {}, "source": ""}\'); '
        "print('holidays' in sys.modules); c.closed_days(2025); print('holidays' in sys.modules)"
    )
    assert _fresh(code).split() == ["False", "True"]


def test_the_calendar_itself_loads_zones_and_nothing_more() -> None:
    """`paper_run.model.calendar` is part of each day: no errors, no holidays."""
    code = (
        "import sys; import paper_run.model.calendar; "
        "print(*sorted(m for m in sys.modules if m[:5] == 'paper'))"
    )
    assert _fresh(code) == "paper_run paper_run.model paper_run.model.calendar"
    code = (
        "import sys, datetime, typing, zoneinfo; zoneinfo.ZoneInfo('UTC'); before = set(sys.modules); "
        "import paper_run.model.calendar; "
        "print(*sorted(m for m in set(sys.modules) - before - {'__future__'} if m[:5] != 'paper'))"
    )
    assert _fresh(code) == ""
