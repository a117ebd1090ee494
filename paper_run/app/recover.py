"""Earlier attempts of which not all is known: looked at once more, and their files made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.ledger.ledger import Ledger
from paper_run.notify.outbox import Outbox
from paper_run.report.publisher import Publisher
from paper_run.trading import earlier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.model.attempt import AttemptRow
    from paper_run.model.progress import Clock
    from paper_run.report.console import Console
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config


def recover_earlier(
    ledger: Ledger,
    platform: Platform,
    config: Config,
    clock: Clock,
    console: Console,
    outbox: Outbox,
    *,
    is_heard: bool = True,
) -> None:
    """Look once more at each earlier attempt of which not all is known; write the files of those found.

    So are those of an attempt whose command was killed after it had recorded it.

    :param is_heard: whether the platform answers, so that it can be asked.
    """
    with platform.deadline.stopped():
        how_known = earlier.look_again(ledger, platform, clock.now(), tell=console.notice, is_heard=is_heard)
    for row in how_known:
        is_whole = not (row.outcome_unknown or ledger.attempts.is_in_doubt(row))
        known = (
            f"The outcome of the attempt {row.name} is known"
            if is_whole
            else f"More is known of the attempt {row.name}"
        )
        console.notice(f"{known}: {row.how_known or 'which of its orders are in doubt'}")
        if row.how_known:
            outbox.how_known(row)
    publisher = Publisher(ledger, config.reports_dir)
    unfiled = publisher.unfiled()
    if not how_known and unfiled is None:
        return
    left = [unfiled] if unfiled is not None and all(row.id != unfiled.id for row in how_known) else []
    _, unwritten = publisher.save([publisher.reports(row.document) for row in (*how_known, *left)])
    for failure in unwritten:
        console.notice(str(failure))


def file_again(publisher: Publisher, restated: Iterable[AttemptRow], console: Console) -> None:
    """Write the files of attempts that were stated anew; what can't be written is said."""
    if reports := [publisher.reports(row.document) for row in restated]:
        for failure in publisher.save(reports)[1]:
            console.notice(str(failure))
