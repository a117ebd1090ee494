"""Which session is it: the exchange's date and time, whatever zone the machine is in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


def utc_now() -> datetime:
    """Return the machine's clock, timezone-aware, in UTC."""
    return datetime.now(UTC)


def exchange_time(moment: datetime) -> datetime:
    """Return a moment as the exchange's clock shows it; its date is the session."""
    return moment.astimezone(NEW_YORK)
