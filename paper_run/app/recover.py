"""Earlier attempts of which not all is known: looked at once more, and their files made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.app.finish import filed
from paper_run.trading import kept_answers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.app.workspace import Workspace
    from paper_run.model.attempt import AttemptRow
    from paper_run.services.platform import Platform


def recover_earlier(workspace: Workspace, platform: Platform, *, is_heard: bool = True) -> None:
    """Look once more at each earlier attempt of which not all is known; write the files of those found.

    So are those of an attempt whose command was killed after it had recorded it.

    :param is_heard: whether the platform answers, so that it can be asked.
    """
    ledger, console, publisher = workspace.ledger, workspace.console, workspace.publisher
    found = _looked_again(workspace, platform, is_heard=is_heard)
    for row in found:
        is_whole = not (row.outcome_unknown or row.id in ledger.attempts.in_doubt())
        known = f"{'The outcome' if is_whole else 'More'} of the attempt {row.name} is known"
        console.notice(f"{known}: {row.how_known or 'which of its orders are in doubt'}")
    left = [publisher.unfiled(), *map(ledger.attempts.by_key, kept_answers.unfiled(ledger.folder))]
    names = {(row.session, row.number) for row in (*filter(None, left), *found)}
    shown = (ledger.attempts.numbered(*each) for each in sorted(names))  # of several the latest
    file_again(workspace, filter(None, shown))


def _looked_again(workspace: Workspace, platform: Platform, *, is_heard: bool) -> list[AttemptRow]:
    ledger = workspace.ledger
    with platform.deadline.stopped():
        if not (
            ledger.attempts.incomplete()
            or ledger.attempts.doubtful()
            or any(kept_answers.readable(ledger.folder))
        ):
            return []
        from paper_run.trading import earlier

        now, tell = workspace.clock.now(), workspace.console.notice
        with ledger.attempts.telling(workspace.outbox.outcome_known):
            return earlier.look_again(ledger, platform, workspace.calendar, now, tell=tell, is_heard=is_heard)


def file_again(workspace: Workspace, restated: Iterable[AttemptRow]) -> None:
    """Write the files of attempts that were stated anew; what can't be written is said."""
    publisher = workspace.publisher
    if reports := [publisher.reports(row.document) for row in restated]:
        for failure in filed(workspace, reports)[1]:
            workspace.console.notice(str(failure))
