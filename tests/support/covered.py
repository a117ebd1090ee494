"""What coverage sees in forks: each hands over what is new, and the process that forks saves it all, once.

A file of its own from each fork would take as long as the command, and as long again to be combined.
"""

import contextlib
import pickle
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import IO, Any

import coverage


class Covered:
    """What was seen in the forks of this process, file by file; nothing where coverage does not measure."""

    def __init__(self) -> None:
        self._measured: Any = coverage.Coverage.current()
        self._seen: dict[str, set[Any]] = {}
        if self._measured:
            self._measured.save()  # else each fork would hand it over once more
            warnings.simplefilter("ignore", coverage.exceptions.CoverageWarning)  # nothing may be left

    @staticmethod
    @contextlib.contextmanager
    def nothing() -> Iterator[None]:
        """Let coverage not look while the block runs."""
        measured: Any = coverage.Coverage.current()
        if measured:
            measured.stop()
        try:
            yield
        finally:
            if measured:
                measured.start()

    def fork_begins(self, *, measured: bool) -> IO[bytes] | None:
        """Return where the next fork hands over; None: it does not."""
        return tempfile.TemporaryFile() if self._measured and measured else None

    def inside(self, there: IO[bytes] | None) -> Callable[[], None]:
        """In a fork: return what is to be done at its end."""
        if there is None:
            self._leave()
            return lambda: None
        return lambda: self._hand_over(there)

    def _leave(self) -> None:
        """Measure no more, and save nothing."""
        if self._measured:
            self._measured.stop()
            self._measured._auto_save = False

    def _hand_over(self, there: IO[bytes]) -> None:
        """Leave what is new."""
        self._leave()
        data = self._measured._collector.data
        pickle.dump({name: seen - self._seen.get(name, set()) for name, seen in data.items()}, there)
        there.flush()

    def fork_ended(self, there: IO[bytes] | None) -> None:
        """Take what a fork handed over; one that was killed has left nothing."""
        if there is None:
            return
        with there:
            there.seek(0)
            if there.read(1):
                there.seek(0)
                for name, new in pickle.load(there).items():
                    self._seen.setdefault(name, set()).update(new)

    def end(self) -> None:
        """Let coverage save what all of them have seen."""
        if self._measured:
            data = self._measured._collector.data
            for name, seen in self._seen.items():
                data.setdefault(name, set()).update(seen)
