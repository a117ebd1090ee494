"""How long a command waits for others in all; and several calls at once."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

IN_ALL = 9.0
BEFORE = 3.5
"""Seconds for all that is read before an attempt, or before a valuation."""
AFTER = 2.5
"""Seconds for all that is read after it, up to a hundred orders."""
_MAIL, _HEARTBEAT = 2.0, 1.0
_MANY, _EACH_MORE = 100, 0.01
_WORKERS = 8


class Deadline:
    """When a command stops waiting for services, mail server and heartbeat, whatever they do.

    It is made once and handed down. The orchestration's own time does not count, nor what a person has asked
    to be waited for.

    :param now: a monotonic clock in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._ends = now() + IN_ALL
        self._phase_ends = math.inf

    def begin(self, seconds: float, *, orders: int = 0) -> None:
        """Let what is read from now on take so long together.

        :param orders: how many are read one by one; a thousand that are answered take their time.
        """
        self._phase_ends = self._now() + seconds + max(0, orders - _MANY) * _EACH_MORE

    def left(self, most: float) -> float:
        """Return the seconds that one call may take, at most `most`; 0 or less: none any more."""
        return min(most, self._phase_ends - self._now())

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Count none of the time that passes in the block; what is called in it has bounds of its own."""
        began, phase_ends = self._now(), self._phase_ends
        self._phase_ends = math.inf
        try:
            yield
        finally:
            passed = self._now() - began
            self._ends += passed
            self._phase_ends = phase_ends + passed

    def uncounted(self, pause: Callable[[float], None]) -> Callable[[float], None]:
        """Return what pauses as `pause` does, its time not counted: for another's lock."""

        def paused(seconds: float) -> None:
            with self.stopped():
                pause(seconds)

        return paused

    def for_mail(self) -> float:
        """Return the seconds that mails may take: what is left but for the heartbeat's."""
        return max(_MAIL, self._ends - _HEARTBEAT - self._now())

    def for_heartbeat(self) -> float:
        """Return the seconds that the last heartbeat may take."""
        return max(_HEARTBEAT, self._ends - self._now())


T = TypeVar("T")


def result_of(answer: T | Exception) -> T:
    """Return what a call that was gathered came to.

    :raises Exception: whatever it raised.
    """
    if isinstance(answer, Exception):
        raise answer
    return answer


def gather(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Make the calls, at most eight at once, here and on threads; return results or exceptions, in order.

    Each call ends by a deadline of its own.
    """
    results: dict[int, T | Exception] = {}
    waiting = deque(enumerate(calls))

    def work() -> None:
        while True:
            try:
                index, call = waiting.popleft()
            except IndexError:
                return
            try:
                results[index] = call()
            except Exception as error:
                results[index] = error

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(_WORKERS, len(calls)) - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    return [results[index] for index in range(len(calls))]
