"""The heartbeat of a run: told when it starts and how it ended, whichever way that was."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import output
from paper_run.errors import DataError, ExitStatus, PaperRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from paper_run.app.finish import End
    from paper_run.services.deadline import Deadline
    from paper_run.settings.heartbeat import HeartbeatUrl
    from paper_run.settings.sources import Sources


class Beat:
    """How a run ended, as far as it did not fail: to be said with the last heartbeat.

    :ivar begins: says that a run starts, where that is not said yet: one of several hosts may only show what
        another one has traded.
    """

    def __init__(self, begins: Callable[[], None] | None = None) -> None:
        self.begins = begins or (lambda: None)
        self.exit_status = ExitStatus.SUCCESS
        self._end: End | None = None
        self._beside: tuple[PaperRunError, ...] = ()

    def ended(
        self, exit_status: ExitStatus, end: End | None = None, beside: Iterable[PaperRunError] = ()
    ) -> None:
        """Remember how it ended.

        :param beside: what failed besides what `end` tells.
        """
        self.exit_status = exit_status
        self._end = end
        self._beside = tuple(beside)

    @property
    def summary(self) -> str:
        """What a run came to, in words: what its result's mail says, and what failed besides the result."""
        if self._end is None:
            return ""
        beside = (*self._end.beside, *self._beside)
        if self._end.reports is None:
            return "\n".join(filter(None, (*map(str, beside), self._end.said)))
        from paper_run.notify.email import letters

        return letters.summary(self._end.reports.result, beside)


@contextlib.contextmanager
def beating(flags: Mapping[str, Any], sources: Sources, deadline: Deadline) -> Iterator[Beat]:
    """Say that a run starts, and when the block is left how it ended; a dry run says nothing."""
    url = None if flags["dry_run"] else _url(sources)
    if url is None:
        yield Beat()
        return
    from paper_run.model import messages
    from paper_run.notify.heartbeat import Heartbeat

    heart = Heartbeat(url, **output.watch_requests(flags), deadline=deadline)
    is_one_of_several = bool(sources.given("--ledger-url"))
    beat = Beat(heart.start if is_one_of_several else None)
    if not is_one_of_several:
        heart.start()
    try:
        yield beat
    except PaperRunError as error:
        heart.end(int(error.exit_status), "\n".join(map(str, messages.single(error))))
        raise
    except (KeyboardInterrupt, click.Abort):
        heart.end(int(ExitStatus.INTERRUPTED), "Interrupted.")
        raise
    heart.end(int(beat.exit_status), beat.summary)


def _url(sources: Sources) -> HeartbeatUrl | None:
    from paper_run.settings import config

    try:
        return config.heartbeat(sources)
    except DataError:
        return None  # the settings are read once more by the run itself, which says what is wrong
