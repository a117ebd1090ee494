"""SIGTERM: the first one during a POST goes on waiting for its answer; any other one breaks off at once."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Patience:
    """Whether a SIGTERM has to wait, and whether one does."""

    def __init__(self) -> None:
        self._holds = False
        self.is_asked = False

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
        if self._holds and not self.is_asked:
            self.is_asked = True
            return
        raise KeyboardInterrupt


PATIENCE = Patience()
