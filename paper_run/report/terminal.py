"""A terminal, or what stands in its place: colour where a person sees it, and nothing that drives it."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, TextIO

from paper_run.report import text

if TYPE_CHECKING:
    from collections.abc import Mapping


_ASCII = str.maketrans({"✓": "+", "✕": "x", "❌": "x", "−": "-", "—": "-", "·": "-", "×": "x", "�": "?"})

GREEN, RED, YELLOW, BOLD = "32", "31", "33", "1"
"""What a line is painted with."""


class Terminal:
    """One stream: colour only where a person sees it, nothing that drives a terminal, no failure of its own.

    A reader that goes away (`| head`) must not break a day off in the middle of an attempt.
    """

    def __init__(self, stream: TextIO, *, colour: bool, live: bool | None = None) -> None:
        self._stream = stream
        self._colour = colour
        self._live = colour if live is None else live
        self._gone = False
        self._plain = not _can_encode(stream, "✓❌−—")
        self._lock = threading.Lock()

    @property
    def live(self) -> bool:
        """Whether a line may be rewritten: a person watches, and wants more than plain text."""
        return self._live

    def line(self, words: str = "", *, paint: str | None = None) -> None:
        """Print one line."""
        self._write((self._painted(words, paint)) + "\n")

    def rewrite(self, words: str) -> None:
        """Replace the line the cursor is on."""
        self._write(f"\r\x1b[K{words}")

    def _painted(self, words: str, paint: str | None) -> str:
        shown = "\n".join(text.one_line(part) for part in words.split("\n"))
        if self._plain:
            shown = shown.translate(_ASCII)
        return f"\x1b[{paint}m{shown}\x1b[0m" if paint and self._colour else shown

    def _write(self, output: str) -> None:
        if self._gone:
            return
        encoding = self._stream.encoding or "utf-8"
        encodable = output.encode(encoding, "backslashreplace").decode(encoding)
        with self._lock:
            try:
                self._stream.write(encodable)
                self._stream.flush()
            except (OSError, ValueError):  # the reader went away, or the stream was closed
                self._gone = True


def standard_output(environment: Mapping[str, str]) -> Terminal:
    """Return standard output; plain when piped, on a dumb terminal, or when NO_COLOR is set.

    FORCE_COLOR colours what is piped; NO_COLOR goes before it.
    """
    return _terminal(sys.stdout, environment)


def standard_error(environment: Mapping[str, str]) -> Terminal:
    """Return standard error, likewise."""
    return _terminal(sys.stderr, environment)


def _terminal(stream: TextIO, environment: Mapping[str, str]) -> Terminal:
    is_watched = stream.isatty() and environment.get("TERM") != "dumb"
    is_plain, is_forced = environment.get("NO_COLOR"), environment.get("FORCE_COLOR", "0") not in ("", "0")
    colour = not is_plain and (is_watched or is_forced)
    return Terminal(stream, colour=colour, live=colour and is_watched)


def _can_encode(stream: TextIO, characters: str) -> bool:
    try:
        characters.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
