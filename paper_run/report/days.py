"""Days and months in English words, whatever the locale."""

from datetime import date

from paper_run.model import iso_date

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day_of(session: str) -> date | None:
    """Return the date that a session is named after, None where its name is no ISO date."""
    try:
        return iso_date.read(session)
    except ValueError:
        return None


def long_date(day: date) -> str:
    """Return a day in full: `Friday, 17 January 2025`."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """Return a day where room is short: `17 Jan 2025`."""
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"
