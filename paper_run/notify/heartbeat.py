"""The heartbeat: a URL is told that a run starts and how it ended; that can neither fail nor delay it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from paper_run.services.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from paper_run.model.service import Exchange
    from paper_run.settings.heartbeat import HeartbeatUrl

START_SECONDS = 2.0
"""How long the word of a start may take; it goes out beside the run."""
END_SECONDS = 3.0
"""How long the end of a run waits for both at most."""
LONGEST_SUMMARY = 100_000
"""Bytes of a summary that are sent: as many as healthchecks.io keeps."""


class Heartbeat:
    """Tells a URL of one run, after the convention of healthchecks.io: `/start`, then `/<exit status>`.

    It raises nothing and prints nothing, whatever the network does.

    :param url: None: nothing is told to anybody.
    :param watch: called with each finished request, from another thread; it is shown the host alone.
    :param deadline: the command's own, of which the last word has a second at least.
    """

    def __init__(
        self,
        url: HeartbeatUrl | None,
        *,
        watch: Callable[[Exchange], None] = lambda _: None,
        deadline: Deadline | None = None,
    ) -> None:
        self._url = url
        self._deadline = deadline or Deadline()
        self._watch = watch
        self._start: threading.Thread | None = None
        self._given_up = 0.0

    def start(self) -> None:
        """Say, in the background, that the run starts."""
        if self._url is None:
            return
        self._given_up = time.monotonic() + START_SECONDS
        self._start = self._tell(self._url, "/start", b"", START_SECONDS)

    def end(self, exit_status: int, summary: str) -> None:
        """Say how the run ended, once its start was said or given up; wait at most END_SECONDS for it.

        :param summary: a text for people; what is too long is cut off.
        """
        if self._url is None:
            return
        ends = time.monotonic() + min(END_SECONDS, self._deadline.for_heartbeat())
        if self._start is not None:
            self._start.join(max(0.0, self._given_up - time.monotonic()))
        seconds = ends - time.monotonic()
        self._tell(self._url, f"/{exit_status}", _body(summary), seconds).join(seconds)

    def _tell(self, url: HeartbeatUrl, path: str, body: bytes, seconds: float) -> threading.Thread:
        """Send in a thread that the program does not wait for: a name has no deadline to be resolved in."""
        thread = threading.Thread(target=self._send, args=(url, path, body, seconds), daemon=True)
        thread.start()
        return thread

    def _send(self, url: HeartbeatUrl, path: str, body: bytes, seconds: float) -> None:
        import contextlib

        from paper_run.services.answer import CallFailed
        from paper_run.services.transport import Transport

        def watch(exchange: Exchange) -> None:
            self._watch(exchange._replace(url=url.shown))

        transport = Transport(watch=watch, environment=True)
        with contextlib.suppress(CallFailed):  # `watch` has seen it, and a run does not fail for it
            transport.post_text(url.service, f"{path}{url.query}", body, seconds=seconds)
        transport.close()


def _body(summary: str) -> bytes:
    """Return a summary in UTF-8, cut between two characters."""
    body = summary.encode("utf-8", "backslashreplace")
    return body[:LONGEST_SUMMARY].decode("utf-8", "ignore").encode()
