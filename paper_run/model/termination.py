"""SIGTERM: the first one during a POST goes on waiting for its answer; any other one breaks off at once.

Ctrl-C breaks off always, also where it arrives while a finalizer runs or a lock is taken.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import TYPE_CHECKING

from paper_run.errors import PaperRunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_AGAIN = 0.01
"""Seconds after which an interrupt that a finalizer has swallowed is raised once more."""


class Patience:
    """Whether a SIGTERM has to wait, and whether one does.

    :ivar is_told: whether the command was told to end: from then on it waits for nobody who reads its words.
    """

    def __init__(self) -> None:
        self._holds = False
        self.is_asked = False
        self.is_told = False

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Let the first SIGTERM inside wait; whoever uses it asks `is_asked` afterwards."""
        self.is_asked, self._holds = False, True
        try:
            yield
        finally:
            self._holds = False

    def terminate(self, _signal: int, _frame: FrameType | None) -> None:
        """Take a SIGTERM.

        :raises KeyboardInterrupt: it does not wait.
        """
        self.is_told = True
        if self._holds and not self.is_asked:
            self.is_asked = True
            return
        raise KeyboardInterrupt

    def interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        """Take a Ctrl-C.

        :raises KeyboardInterrupt: always.
        """
        self.is_told = True
        raise KeyboardInterrupt


PATIENCE = Patience()


@contextlib.contextmanager
def undisguised() -> Iterator[None]:
    """Raise an interrupt as itself that comes out of the block as another exception.

    Python's own locks make a RuntimeError of one that arrives while they are taken once more. What this
    package raises where it was interrupted says so in its own words, and goes through.

    :raises KeyboardInterrupt: one was on its way when something else broke.
    """
    try:
        yield
    except PaperRunError:
        raise
    except Exception as error:
        cause = error.__context__
        while cause is not None and not isinstance(cause, KeyboardInterrupt):
            cause = cause.__context__
        if cause is None:
            raise
        raise KeyboardInterrupt from error


def never_swallow_an_interrupt(unraisable: sys.UnraisableHookArgs) -> None:
    """Raise an interrupt once more that came while a finalizer ran: Python prints such a one and goes on.

    For `sys.unraisablehook`; whatever else can't be raised is printed as always, but for a thread that does
    not find itself: an interrupt on its way has taken it from the list of those that are about to start.
    """
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        is_start = getattr(unraisable.object, "__name__", "") == "_bootstrap"
        if not (is_start and issubclass(unraisable.exc_type, KeyError)):
            sys.__unraisablehook__(unraisable)
        return
    signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, _AGAIN)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
