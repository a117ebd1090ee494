"""What is passed into a day: the clock, how it waits for another one with the ledger, and who follows it."""

import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from paper_run import NamedTuple
from paper_run.model.service import ServiceHealth

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def boottime() -> float:
    """Return seconds on a clock that goes on while the machine is suspended, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.time() if clock is None else time.clock_gettime(clock)


class Clock(NamedTuple):
    """Time, passed in: the wall clock in UTC, a monotonic clock in seconds, a pause, and `boottime`.

    :ivar boottime: seconds on a clock that counts a suspended machine's time too.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    boottime: Callable[[], float] = boottime


class Progress(Protocol):
    """Who follows the day as it goes."""

    def step(self, number: int, heading: str) -> None:
        """Show that a step begins."""

    def notice(self, text: str) -> None:
        """Show something that must not be missed."""

    def health(self, services: tuple[ServiceHealth, ...]) -> None:
        """Show what the services answered."""

    def run_id(self, run_id: str | None) -> None:
        """Show the run's id, or that none is known."""

    def ended(self, status: str, seconds: Decimal) -> None:
        """Show how the orchestration ended, and after how many seconds."""

    def waiting(self, what: str) -> "AbstractContextManager[None]":
        """Show that time passes, while it does."""


class Waiting(NamedTuple):
    """How it waits.

    :ivar now: UTC; whoever finds the lock or the lease held is told it. :ivar patience: seconds.
    :ivar pause: waits for some seconds. :ivar outlasts: whether the patience begins only when no attempt is
        under way any more. :ivar tell: says what is waited for.
    """

    now: datetime
    patience: float
    pause: Callable[[float], None]
    outlasts: bool = False
    tell: Callable[[str], None] | None = None
