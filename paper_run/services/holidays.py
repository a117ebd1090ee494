"""The days of a year on which the New York Stock Exchange is closed or closes early."""

from __future__ import annotations

import json
import re
from datetime import date, time
from functools import cache

from paper_run.model.calendar import ClosedDays

_VERSION = "Version: "
_EARLY_CLOSE = r"markets close at ([0-9]{1,2}):([0-9]{2})([ap])m"


@cache
def source() -> str:
    """Return who would be asked now: another version may know of a closure that was announced since.

    Costs no import of the package itself, and no reading of its two thousand lines of description.
    """
    from importlib.metadata import distribution

    head, _, _ = (distribution("holidays").read_text("METADATA") or "").partition("\n\n")
    (version,) = (line.removeprefix(_VERSION) for line in head.splitlines() if line.startswith(_VERSION))
    return f"holidays {version}"


def closed_days(year: int) -> ClosedDays:
    """Ask the `holidays` package, whose import costs more than a whole start: keep the answer.

    From version 0.87 on its answers need no correction: each session and each close from 1988 to 2027 is
    that of `exchange_calendars`, which alone leaves out the snowstorm of 1994-02-11.
    """
    from holidays import financial_holidays

    # Without a language the names are in that of the environment.
    full = financial_holidays("NYSE", years=year, categories="public", language="en_US")
    half = financial_holidays("NYSE", years=year, categories="half_day", language="en_US")
    return ClosedDays(
        year=year,
        holidays={day: full[day] for day in sorted(full)},
        half_days={day: _early_close(half[day]) for day in sorted(half)},
        source=source(),
    )


def to_json(days: ClosedDays) -> str:
    """Return the text to keep; `from_json` reads it."""
    return json.dumps(
        {
            "year": days.year,
            "holidays": {day.isoformat(): name for day, name in days.holidays.items()},
            "half_days": {day.isoformat(): f"{close:%H:%M}" for day, close in days.half_days.items()},
            "source": days.source,
        }
    )


def from_json(text: str) -> ClosedDays:
    """Read a kept text.

    :raises ValueError: when it is no text of `to_json`; `closed_days` answers anew.
    """
    try:
        kept = json.loads(text)
        return ClosedDays(
            year=int(kept["year"]),
            holidays={date.fromisoformat(day): str(name) for day, name in kept["holidays"].items()},
            half_days={
                date.fromisoformat(day): time.fromisoformat(close) for day, close in kept["half_days"].items()
            },
            source=str(kept["source"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"the kept closed days can't be read: {error!r}") from error


def _early_close(name: str) -> time:
    """Read the close out of a half day's name; each one since 1995 was at 13:00, and so is one without."""
    if not (found := re.search(_EARLY_CLOSE, name)):
        return time(13)
    hour, minute, half = found.groups()
    return time(int(hour) % 12 + (12 if half == "p" else 0), int(minute))
