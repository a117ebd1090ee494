"""One account, opened: the lock is held, and ledger, calendar, reports and mails are at hand."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import TYPE_CHECKING

from paper_run.ledger import existing, files
from paper_run.model.progress import Waiting
from paper_run.notify.outbox import Outbox
from paper_run.report.publisher import Publisher
from paper_run.trading import hours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.calendar import Calendar
    from paper_run.model.progress import Clock
    from paper_run.report.console import Console
    from paper_run.services.deadline import Deadline
    from paper_run.settings.config import Config

PATIENCE = 60.0
"""Seconds that a command waits for another one that has the ledger."""


class Workspace:
    """An account while a command works on it, under the lock.

    :ivar is_trial: whether nothing stays of what is written to the ledger, so that nothing is made of it.
    """

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        clock: Clock,
        console: Console,
        deadline: Deadline | None,
        *,
        is_trial: bool = False,
    ) -> None:
        self.config = config
        self.ledger = ledger
        self.is_trial = is_trial
        self.publisher = Publisher(ledger, ledger.folder)
        self.clock = clock
        self.console = console
        self.outbox = Outbox(ledger, config.mail, config.push, clock.now, config.invocation, deadline)

    @cached_property
    def calendar(self) -> Calendar:
        """The exchange's calendar, as the ledger keeps it."""
        return hours.calendar(self.ledger, self.config)


def waiting(
    clock: Clock,
    deadline: Deadline | None = None,
    *,
    patience: float = PATIENCE,
    outlasts: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Waiting:
    """Return how a command waits for another one that has the ledger; see `Waiting`.

    :param deadline: the command's; what is waited does not count. :param patience: seconds.
    """
    pause = clock.pause if deadline is None else deadline.uncounted(clock.pause)
    return Waiting(clock.now(), patience, pause, outlasts, tell)


@contextlib.contextmanager
def opened(
    config: Config,
    clock: Clock,
    console: Console,
    deadline: Deadline | None = None,
    *,
    is_trial: bool = False,
) -> Iterator[Workspace]:
    """Open the account that a command names.

    :param is_trial: so that nothing stays of what is done with it.
    :raises PaperRunError: see `existing.under_lock`; or the ledger is another one than `--ledger` says.
    """
    patient = waiting(clock, deadline, tell=console.notice)
    with _trial(config, patient) if is_trial else existing.under_lock(config.place, patient) as ledger:
        ledger.account.refuse_another(config.ledger)
        yield Workspace(config, ledger, clock, console, deadline, is_trial=is_trial)


def _trial(config: Config, patient: Waiting) -> contextlib.AbstractContextManager[Ledger]:
    from paper_run.ledger import trial

    return trial.under_lock(config.place, patient)


def prove_folders(config: Config) -> None:
    """Prove that reports and extra outputs can be written, before anything is sent.

    :raises DataError: they can not.
    """
    files.prove_writable(config.reports_dir, purpose="The reports folder")
    files.prove_outputs(config.files)
