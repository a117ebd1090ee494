"""Several calls at once, on threads that never keep the program from ending."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


def gather(calls: Sequence[Callable[[], T]], *, workers: int = 8) -> list[T | Exception]:
    """Make the calls on at most `workers` daemon threads; return results or their exceptions, in order.

    Daemon threads, because a name look-up that hangs in the system's resolver obeys no deadline and must not
    hold up the exit.
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

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(calls)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[index] for index in range(len(calls))]
