"""Standard output and error, whose failure is kept until the end: no attempt is broken off by its console."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

from paper_run.errors import DataError, PaperRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Guarded:
    """A stream that takes everything; the first error that it met is `failure`, and nothing follows it."""

    def __init__(self, stream: Any, whole: Guarded | None = None) -> None:
        self._stream = stream
        self._whole = whole or self
        self.failure: OSError | None = None

    def write(self, content: Any) -> int:
        """Write, or drop what can't be written."""
        self._unless_failed(lambda: self._stream.write(content))
        return len(content)

    def flush(self) -> None:
        """Flush, unless it has failed."""
        self._unless_failed(self._stream.flush)

    @property
    def buffer(self) -> Guarded:
        """The stream of bytes below, which fails with it."""
        return Guarded(self._stream.buffer, self._whole)

    def _unless_failed(self, call: Callable[[], Any]) -> None:
        if self._whole.failure is None:
            try:
                call()
            except OSError as error:
                self._whole.failure = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Guard both streams; a program started without one (`>&-`) gets one that leads nowhere.

    One that failed is None afterwards: what it still holds would fail once more when Python exits, with a
    status of its own.
    """
    before = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        guards = {name: Guarded(stream or nowhere) for name, stream in before.items()}
        for name, guard in guards.items():
            setattr(sys, name, guard)
        try:
            yield
        finally:
            for name, guard in guards.items():
                guard.flush()
                setattr(sys, name, before[name] if guard.failure is None else None)


def unwritten() -> list[PaperRunError]:
    """Return why standard output could not be written; that a reader went away (`| head`) is no reason."""
    failure = _flushed()
    return [] if failure is None or isinstance(failure, BrokenPipeError) else [_error(failure)]


def print_raw(content: str) -> list[PaperRunError]:
    """Print text alone, as it is; return what went wrong, a reader that went away too."""
    cast("TextIO", sys.stdout).buffer.write(content.encode())
    failure = _flushed()
    return [] if failure is None else [_error(failure)]


def _flushed() -> OSError | None:
    sys.stdout.flush()
    return cast("Guarded", sys.stdout).failure


def _error(failure: OSError) -> PaperRunError:
    return DataError(
        "The standard output can't be written",
        f"{failure.strerror}.",
        remedies=("Send it somewhere else, and run again: a session that was traded is only shown.",),
    )
