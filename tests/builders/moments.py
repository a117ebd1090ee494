"""The moment at which most tests play, and time that passes only in pauses."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from paper_run.model.progress import Clock

NEW_YORK = ZoneInfo("America/New_York")
SESSION = date(2025, 1, 17)
"""A Friday."""
NOON = datetime(2025, 1, 17, 17, 0, tzinfo=UTC)
"""12:00 in New York on that day."""


class FakeTime:
    """Stands still but for its pauses; `before_pause` may raise, as Ctrl-C does."""

    def __init__(self, now: datetime = NOON) -> None:
        self.start = now
        self.passed = 0.0
        self.pauses: list[float] = []
        self.before_pause: Callable[[], None] = lambda: None

    def pause(self, seconds: float) -> None:
        self.before_pause()
        self.pauses.append(seconds)
        self.passed += seconds

    @property
    def clock(self) -> Clock:
        return Clock(
            now=lambda: self.start + timedelta(seconds=self.passed),
            monotonic=lambda: 5000 + self.passed,
            pause=self.pause,
        )
