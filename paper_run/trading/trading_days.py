"""The exchange's calendar for a ledger: a year's holidays are asked for once and kept in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.model.calendar import Calendar
from paper_run.services import holidays

if TYPE_CHECKING:
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.exchange import ClosedDays
    from paper_run.settings.config import Config


def calendar(ledger: Ledger | None, config: Config) -> Calendar:
    """Return the calendar; what is kept counts as long as the same version of its source would be asked.

    :param ledger: None: nothing is kept.
    :raises DataError: a date is said to be both closed and open.
    """

    def closed_days(year: int) -> ClosedDays:
        if ledger is None:
            return holidays.closed_days(year)
        kept = ledger.holidays.kept(year)
        if kept is not None:
            with ledger.translated_errors():
                days = holidays.from_json(kept)
            if days.source == holidays.source():
                return days
        asked = holidays.closed_days(year)
        ledger.holidays.keep(year, holidays.to_json(asked))
        return asked

    return Calendar(
        closed_days,
        exchange=config.exchange,
        closed_dates=config.closed_dates,
        open_dates=config.open_dates,
    )
