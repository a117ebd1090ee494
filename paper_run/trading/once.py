"""A session trades once: what has closed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.ledger.ledger import Ledger
from paper_run.model import messages
from paper_run.model.attempt import Parameters
from paper_run.trading import hours

if TYPE_CHECKING:
    from datetime import date

    from paper_run.model.attempt import AttemptRow
    from paper_run.model.calendar import Calendar
    from paper_run.settings.config import Config


def parameters(config: Config, as_of_date: date) -> Parameters:
    """Return what the orchestrator is asked to trade.

    :param as_of_date: the date of the signals.
    """
    return Parameters(
        symbols=config.symbols,
        capital=config.capital,
        max_position_size=config.max_position_size,
        as_of_date=as_of_date,
    )


def closing_attempt(ledger: Ledger, session: date) -> AttemptRow | None:
    """Return the latest attempt that closes a session: no rehearsal, not proved to have placed nothing."""
    return next((row for row in reversed(ledger.attempts.of_session(session)) if row.closes), None)


def already_traded(
    ledger: Ledger, session: date, config: Config, calendar: Calendar, *, again: bool
) -> AttemptRow | None:
    """Return the attempt that a session has already had, None if it may be traded.

    :raises DataError: it was traded with other parameters.
    :raises OrchestrationError: `again`, on top of an attempt whose outcome is unknown.
    """
    row = closing_attempt(ledger, session)
    if row is None:
        return None
    if again:
        if row.outcome_unknown:
            raise messages.again_while_unknown(row.name)
        return None
    recorded = row.snapshot.parameters
    started = None if row.snapshot.sandbox else row.started_at
    given = parameters(config, hours.signals_date(config, calendar, session, started))
    same = (
        set(recorded.symbols) == set(given.symbols)
        and recorded.capital == given.capital
        and recorded.max_position_size == given.max_position_size
        and recorded.as_of_date == given.as_of_date
    )
    if not same:
        raise messages.other_parameters(row.name, recorded, given)
    return row
