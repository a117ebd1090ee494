"""Periods of a book with gains, losses, and drawdowns that are over and one that is not."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from paper_run.book import drawdowns, periods
from paper_run.book.days import Day
from paper_run.model.periods import Periods, made, to_json

THROUGH = date(2025, 1, 17)
_MOVES = (
    "812.40",
    "-390.15",
    "144.02",
    "0.00",
    "-655.37",
    "421.90",
    "260.08",
    "-118.66",
    "505.31",
    "-333.33",
)


def sessions(number: int, through: date = THROUGH) -> list[tuple[str, Day]]:
    """Return so many sessions up to a date, every weekday, each with its P&L in turn, of 100,000 dollars."""
    days: list[date] = []
    day = through
    while len(days) < number:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    found, opening = [], Decimal("100000.00")
    for at, each in enumerate(reversed(days)):
        earned = Decimal(_MOVES[(at * 7 + at // 9) % len(_MOVES)])
        closing = opening + earned
        found.append((each.isoformat(), Day(opening, earned, closing, Decimal(0), Decimal(0))))
        opening = closing
    return found


def of(days: list[tuple[str, Day]], through: date = THROUGH) -> Periods:
    """Return the periods of complete sessions."""
    last = days[-1][0] if days else None
    return made(through, last, periods.months(days), days, drawdowns.fallen(days))


PERIODS = of(sessions(51))


def document(number: int = 51) -> dict[str, Any]:
    """Return the periods after so many sessions as a result's document has them."""
    return to_json(of(sessions(number)))
