"""What a command talks to: a stream with a person before it, and a progress that remembers."""

import contextlib
import io
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from paper_run.model.service import ServiceHealth
from paper_run.report.console import Console
from paper_run.report.terminal import Terminal


class Screen(io.StringIO):
    """A stream with an encoding and, perhaps, a person before it."""

    def __init__(self, *, encoding: str = "utf-8", tty: bool = False) -> None:
        super().__init__()
        self._encoding = encoding
        self._tty = tty
        self.changed = threading.Condition()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._tty

    def write(self, text: str) -> int:
        text.encode(self._encoding)
        with self.changed:
            self.changed.notify_all()
            return super().write(text)


def printed(show: Any, *, quiet: bool = False, colour: bool = False, encoding: str = "utf-8") -> str:
    """Return what a part of the console prints."""
    screen = Screen(encoding=encoding)
    show(Console(Terminal(screen, colour=colour), quiet=quiet))
    return screen.getvalue()


class RememberedProgress:
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
