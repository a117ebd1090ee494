"""What is passed into a day, in the hands of a test: time that only passes in pauses, and a silent watch."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from paper_run.model.progress import Clock
from paper_run.model.service import ServiceHealth

NOON = datetime(2025, 1, 17, 17, 0, tzinfo=UTC)
"""12:00 in New York on 2025-01-17."""


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


class QuietWatch:
    """Remembers what it is shown, in order."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def step(self, number: int, heading: str) -> None:
        self.shown.append(f"[{number}/5] {heading}")

    def notice(self, text: str) -> None:
        self.shown.append(f"notice: {text}")

    def health(self, services: tuple[ServiceHealth, ...]) -> None:
        self.shown.append("health: " + " ".join(service.status for service in services))

    def run_id(self, run_id: str | None) -> None:
        self.shown.append(f"run id: {run_id}")

    def ended(self, status: str, seconds: Decimal) -> None:
        self.shown.append(f"ended: {status} {seconds}")

    @contextlib.contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        self.shown.append(f"waiting: {what}")
        yield
        self.shown.append("waited")
