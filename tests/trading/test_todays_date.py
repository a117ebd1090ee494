"""Whether two clocks have the same date at the exchange, and how long a midnight between them is waited."""

from datetime import UTC, datetime, timedelta

import pytest

from paper_run.errors import DependencyError, ExitStatus
from paper_run.model.calendar import Calendar
from paper_run.model.service import ServiceHealth
from paper_run.trading.hours import ToldDate, date_told, seconds_until_agreed

MIDNIGHT = datetime(2026, 11, 26, 5, tzinfo=UTC)  # New York's
TEN = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


def never(_year: int) -> None:
    raise LookupError("no calendar is needed to tell a date")


CALENDAR = Calendar(never)  # type: ignore[arg-type]


def said(moment: datetime) -> ToldDate:
    return ToldDate("Orchestrator", "http://o", moment)


@pytest.mark.parametrize(
    ("ours", "theirs", "seconds"),
    [
        (MIDNIGHT, MIDNIGHT, 0),
        (MIDNIGHT - SECOND, MIDNIGHT - 20 * 3600 * SECOND, 0),
        (MIDNIGHT - SECOND, MIDNIGHT, 2),
        (MIDNIGHT, MIDNIGHT - SECOND, 2),
        (MIDNIGHT - TEN, MIDNIGHT + TEN, 601),
        (MIDNIGHT + TEN, MIDNIGHT - TEN, 601),
    ],
)
def test_a_midnight_between_them_is_waited_for(ours: datetime, theirs: datetime, seconds: float) -> None:
    """Until a second after the clock that is behind has passed it, whichever that is."""
    assert seconds_until_agreed(said(theirs), CALENDAR, ours) == seconds


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (MIDNIGHT - TEN - SECOND, MIDNIGHT),
        (MIDNIGHT, MIDNIGHT - TEN - SECOND),
        (MIDNIGHT - SECOND, MIDNIGHT + TEN + SECOND),
        (MIDNIGHT - SECOND, MIDNIGHT + timedelta(days=1)),
        (MIDNIGHT + timedelta(days=1), MIDNIGHT - SECOND),
    ],
)
def test_another_disagreement_is_a_wrong_clock(ours: datetime, theirs: datetime) -> None:
    """Exit 1: one of the two is more than ten minutes from that midnight."""
    with pytest.raises(DependencyError) as caught:
        seconds_until_agreed(said(theirs), CALENDAR, ours)
    assert caught.value.exit_status is ExitStatus.DEPENDENCY
    assert caught.value.code == "clock_disagrees"


def test_the_orchestrator_is_heard_before_the_gateway_and_the_signal_service_never() -> None:
    """The one whose date the POST is dated by; a signal service's clock is nobody's."""
    dates = [
        "Thu, 26 Nov 2026 05:00:00 GMT",
        "Fri, 27 Nov 2026 05:00:00 GMT",
        "Sat, 28 Nov 2026 05:00:00 GMT",
    ]
    names = ("signal_service", "execution_gateway", "orchestrator")
    services = [
        ServiceHealth(name, f"http://{name}", "healthy", 1, None, own_date=date)
        for name, date in zip(names, dates, strict=True)
    ]
    heard = []
    for number in (3, 2, 1):
        known = [each if at < number else each._replace(own_date=None) for at, each in enumerate(services)]
        told = date_told(tuple(known))
        heard.append(told and (told.title, told.moment.day))
    assert heard == [("Orchestrator", 28), ("Execution Gateway", 27), None]
