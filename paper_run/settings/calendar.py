"""What a person may type about the exchange's calendar: which exchange, its extra dates, a time of day."""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.model.calendar import ExchangeName, read_date

if TYPE_CHECKING:
    from datetime import date

    from paper_run.settings.raw import RawValue
    from paper_run.settings.sources import Sources


CLOSED_DATES, OPEN_DATES = "PAPER_RUN_CLOSED_DATES", "PAPER_RUN_OPEN_DATES"
_EXCHANGE_FORM = "XNYS (the New York Stock Exchange) or 24/7 (each UTC day is a session)"
_DATES_FORM = "dates written YYYY-MM-DD, joined by commas, such as 2025-01-09,2025-12-26"
_TIME_FORM = "a time on the exchange's clock written HH:MM, from 00:00 to 23:59, such as 15:30"


def exchange(given: RawValue) -> ExchangeName:
    """Read the name of an exchange.

    :raises DataError: for any other than the two.
    """
    if given.value == "XNYS":
        return "XNYS"
    if given.value == "24/7":
        return "24/7"
    raise given.wrong(_EXCHANGE_FORM)


def dates(given: RawValue) -> frozenset[date]:
    """Read a list of dates, past or future; an empty one lists none.

    :raises DataError: for the first that is no date.
    """
    words = (word.strip() for word in given.value.split(","))
    return frozenset(_date(given, word) for word in words if word)


def clock_time(given: RawValue) -> time:
    """Read a time of day on the exchange's clock, without a zone.

    :raises DataError: for any other form.
    """
    if not re.fullmatch(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", given.value):
        raise given.wrong(_TIME_FORM)
    return time.fromisoformat(given.value)


def listed_dates(sources: Sources) -> tuple[frozenset[date], frozenset[date]]:
    """Read the days without a session and those with one, whatever the calendar says.

    :raises DataError: one of them is no date, or in both lists.
    """
    closed_dates: frozenset[date] = sources.checked(CLOSED_DATES) or frozenset()
    open_dates: frozenset[date] = sources.checked(OPEN_DATES) or frozenset()
    if both := closed_dates & open_dates:
        raise DataError(
            f"{CLOSED_DATES} and {OPEN_DATES} both list {', '.join(map(str, sorted(both)))}",
            "Allowed: a date in one of them or in neither.",
            remedies=("Take it out of one of the two and run again; nothing was sent.",),
        )
    return closed_dates, open_dates


def _date(given: RawValue, word: str) -> date:
    try:
        return read_date(word)
    except ValueError as error:
        raise given.wrong(_DATES_FORM, because=f"{word[:40]!a}: {error}") from None
