"""What a person may type about the calendar."""

from datetime import date, time
from pathlib import Path

import pytest

from paper_run.errors import DataError
from paper_run.settings import calendar, config
from paper_run.settings.sources import SourcedValue, Sources


@pytest.mark.parametrize("value", ["XNYS", "24/7"])
def test_two_exchanges_are_known(value: str) -> None:
    """New York's, and the one that never closes."""
    assert calendar.exchange(SourcedValue(value, "--exchange")) == value


@pytest.mark.parametrize("value", ["", "xnys", "NYSE", "24/5", "24x7", " XNYS", "XNYS\n", "XLON"])
def test_any_other_exchange_is_refused(value: str) -> None:
    """The error names the place and both words."""
    with pytest.raises(DataError) as caught:
        calendar.exchange(SourcedValue(value, "PAPER_RUN_EXCHANGE"))
    assert caught.value.title.startswith("PAPER_RUN_EXCHANGE: ")
    assert "XNYS" in caught.value.explanation
    assert "24/7" in caught.value.explanation
    assert tuple(map(str, caught.value.remedies)) == (
        "Correct PAPER_RUN_EXCHANGE and run again; nothing was sent.",
    )


@pytest.mark.parametrize(
    ("value", "days"),
    [
        ("", []),
        (" , ", []),
        ("2025-01-09", ["2025-01-09"]),
        ("2025-12-26,2025-01-09", ["2025-01-09", "2025-12-26"]),
        (" 2025-12-26 ,\n2025-01-09, ", ["2025-01-09", "2025-12-26"]),
        ("2025-01-09,2025-01-09", ["2025-01-09"]),
        ("2024-02-29,2099-01-01", ["2024-02-29", "2099-01-01"]),
    ],
)
def test_dates_are_listed_with_commas(value: str, days: list[str]) -> None:
    """None, one or several, past or future, with blanks around them, each once."""
    read = calendar.dates(SourcedValue(value, "PAPER_RUN_CLOSED_DATES"))
    assert sorted(read) == [date.fromisoformat(day) for day in days]


@pytest.mark.parametrize(
    ("value", "because"),
    [
        ("2025-1-9", "'2025-1-9': it is not written YYYY-MM-DD"),
        ("20250109", "'20250109': it is not written YYYY-MM-DD"),
        ("2025-W02-4", "'2025-W02-4': it is not written YYYY-MM-DD"),
        ("2025-01-09 2025-01-10", "'2025-01-09 2025-01-10': it is not written YYYY-MM-DD"),
        ("2025-01-09;2025-01-10", "'2025-01-09;2025-01-10': it is not written YYYY-MM-DD"),
        ("2025-01-09,tomorrow", "'tomorrow': it is not written YYYY-MM-DD"),
        ("२०२५-०१-०९", r"\u0968"),
        ("2025-01-09,\x1b[31m", r"'\x1b[31m': it is not written YYYY-MM-DD"),
        ("2025-01-09,2025-02-30", "'2025-02-30': day is out of range for month"),
        ("0000-01-01", "'0000-01-01': year 0 is out of range"),
    ],
)
def test_what_is_no_list_of_dates_is_refused(value: str, because: str) -> None:
    """The error names the place, the word that is wrong, and the form."""
    with pytest.raises(DataError) as caught:
        calendar.dates(SourcedValue(value, "PAPER_RUN_OPEN_DATES"))
    assert caught.value.title.startswith("PAPER_RUN_OPEN_DATES: ")
    assert because.partition(" is out of range")[0] in caught.value.title
    assert caught.value.title.isprintable()
    assert "YYYY-MM-DD" in caught.value.explanation
    assert caught.value.remedies


def test_a_long_wrong_word_is_shown_short() -> None:
    """A pasted text does not fill the screen."""
    with pytest.raises(DataError) as caught:
        calendar.dates(SourcedValue("x" * 10_000, "PAPER_RUN_OPEN_DATES"))
    assert len(caught.value.title) < 250


@pytest.mark.parametrize(
    ("value", "clock"),
    [("15:30", time(15, 30)), ("09:05", time(9, 5)), ("00:00", time(0)), ("23:59", time(23, 59))],
)
def test_a_time_of_day_has_two_digits_each(value: str, clock: time) -> None:
    """From midnight to the last minute, without a zone."""
    assert calendar.clock_time(SourcedValue(value, "--latest-start")) == clock
    assert calendar.clock_time(SourcedValue(value, "--latest-start")).tzinfo is None


@pytest.mark.parametrize(
    "value",
    ["", "9:30", "24:00", "15:60", "15.30", "1530", "15:30:00", "15:30Z", "15:30\n", "3:30pm", "१५:३०"],
)
def test_what_is_no_time_of_day_is_refused(value: str) -> None:
    """The error names the place and the form."""
    with pytest.raises(DataError) as caught:
        calendar.clock_time(SourcedValue(value, "PAPER_RUN_LATEST_START"))
    assert caught.value.title.startswith("PAPER_RUN_LATEST_START: ")
    assert "HH:MM" in caught.value.explanation
    assert tuple(map(str, caught.value.remedies)) == (
        "Correct PAPER_RUN_LATEST_START and run again; nothing was sent.",
    )


@pytest.mark.parametrize("exchange", ["XNYS", "24/7"])
def test_a_date_in_both_lists_is_refused(tmp_path: Path, exchange: str) -> None:
    """With all settings, before anything is opened; the error names both variables, the dates, what to do."""
    listed = {
        "PAPER_RUN_CLOSED_DATES": "2025-01-17,2025-01-15",
        "PAPER_RUN_OPEN_DATES": "2025-01-15,2025-01-16,2025-01-17",
        "PAPER_RUN_EXCHANGE": exchange,
    }
    with pytest.raises(DataError) as caught:
        config.load(Sources({}, listed, env_file=None, here=tmp_path), today=date(2025, 1, 17))
    assert caught.value.title == (
        "PAPER_RUN_CLOSED_DATES and PAPER_RUN_OPEN_DATES both list 2025-01-15, 2025-01-17"
    )
    assert caught.value.explanation == "Allowed: a date in one of them or in neither."
    (remedy,) = caught.value.remedies
    assert remedy.text == "Take it out of one of the two and run again; nothing was sent."
