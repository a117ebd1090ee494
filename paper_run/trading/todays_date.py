"""What date it is at the exchange: this machine's clock against the services' own."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DependencyError, Remedy
from paper_run.services.wire import http_date

if TYPE_CHECKING:
    from paper_run.model.calendar import Calendar
    from paper_run.model.service import ServiceHealth

_NEAR = timedelta(minutes=10)


class Told(NamedTuple):
    """What time a service says that it is: whose HTTP Date that was, and when."""

    title: str
    url: str
    moment: datetime


def told(services: tuple[ServiceHealth, ...]) -> Told | None:
    """Return the orchestrator's time, else the gateway's; None where neither says one of its own."""
    for service in reversed(services[1:]):
        if (said := http_date(service.own_date)) is not None:
            return Told(service.title, service.url, said)
    return None


def seconds_until_agreed(said: Told, calendar: Calendar, now: datetime) -> float:
    """Return how long until this machine and a service have the same date at the exchange; 0: they have.

    Only a midnight less than ten minutes away from both is waited for.

    :param now: this machine's clock when the service was heard.
    :raises DependencyError: one of the two clocks is wrong.
    """
    early, late = sorted((now, said.moment))
    if calendar.session_date(early) == calendar.session_date(late):
        return 0.0
    midnight = datetime.combine(calendar.session_date(late), time(), calendar.zone).astimezone(UTC)
    if midnight - early <= _NEAR and late - midnight <= _NEAR:
        return (midnight - early).total_seconds() + 1.0
    raise DependencyError(
        "It is not known what day it is: two clocks disagree",
        f"This machine says {_words(calendar, now)}, the {said.title} at {said.url} says "
        f"{_words(calendar, said.moment)}. Nothing was sent.",
        remedies=(
            Remedy("Set the wrong one right, and run again. On this machine", "timedatectl set-ntp true"),
        ),
        code="clock_disagrees",
    )


def _words(calendar: Calendar, moment: datetime) -> str:
    return f"{calendar.clock(moment):%Y-%m-%d %H:%M %Z}"
