"""The end of a run or a mark: its files are written, the mails are sent, and what failed is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError, ExitStatus, PaperRunError, SeveralErrors, worst
from paper_run.model import messages
from paper_run.model.attempt import attempt_name
from paper_run.trading import kept_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from paper_run.app.workspace import Workspace
    from paper_run.report.day import Reports


class End(NamedTuple):
    """How it ended: the exit status, the failures to show, the reports (None: nothing was sent or valued).

    :ivar said: why there are no reports, in a sentence, when nothing failed.
    :ivar beside: the failures that no result tells of: of its own files, and of the mails.
    """

    exit_status: ExitStatus
    failures: tuple[PaperRunError, ...] = ()
    reports: Reports | None = None
    said: str = ""
    beside: tuple[PaperRunError, ...] = ()


def save(
    workspace: Workspace,
    reports: Reports,
    failed: Sequence[PaperRunError],
    *,
    outputs: Iterable[Path] = (),
    of_a_change: bool = False,
) -> End:
    """Show the result, write its files, and only then send what mails there are.

    :param failed: what failed before. :param outputs: further files to write it to.
    :param of_a_change: whether a person has changed the book with it.
    """
    console, publisher = workspace.console, workspace.publisher
    console.figures(reports.result, reports.before)
    if workspace.is_trial:
        return End(worst(failure.exit_status for failure in failed), tuple(failed), reports)
    console.saving(of_a_mark=reports.result.is_mark)
    written, unwritten = filed(workspace, [reports], outputs)
    for path in written:
        console.saved(path)
    unsent = deliver(workspace, [reports])
    console.complete(reports.result, of_a_change=of_a_change)
    ended = (*failed, *unwritten, *unsent)
    for failure in (*failed, *unwritten):
        failure.ledger = publisher.ledger
    return End(worst(failure.exit_status for failure in ended), ended, reports, beside=(*unwritten, *unsent))


def filed(
    workspace: Workspace, reports: Sequence[Reports], outputs: Iterable[Path] = ()
) -> tuple[list[Path], list[DataError]]:
    """Write the files of results; return those that are written, and what failed.

    Once all are there, what tells of their requests beside the ledger is needed no more. On trial none is.
    """
    if workspace.is_trial:
        return [], []
    written, unwritten = workspace.publisher.save(reports, outputs)
    if not unwritten:
        own = [each.result for each in reports]
        names = {attempt_name(each.session, each.attempt) for each in own if each.attempt is not None}
        kept_answers.forget(workspace.ledger.folder, workspace.ledger.attempts.by_key, names)
    return written, unwritten


def without_result(workspace: Workspace, said: str = "") -> End:
    """Send what mails there are, where nothing was traded or valued and nothing failed.

    :param said: why there was nothing to do.
    """
    unsent = deliver(workspace)
    return End(worst(failure.exit_status for failure in unsent), unsent, said=said, beside=unsent)


def stopped(workspace: Workspace, error: PaperRunError, queue: Callable[[], None]) -> PaperRunError:
    """Mail why nothing came of it; return all that went wrong, `told` unless the ledger could not keep it.

    :param queue: queues that mail.
    """
    try:
        queue()
        unsent = deliver(workspace)
    except DataError as also:
        return error if also.title == error.title else SeveralErrors((*messages.single(error), also))
    found = SeveralErrors((*messages.single(error), *unsent)) if unsent else error
    found.told = True
    return found


def deliver(workspace: Workspace, made: Iterable[Reports] = ()) -> tuple[PaperRunError, ...]:
    """Send the messages that are queued, and show which; return what went wrong. On trial none is sent."""
    if workspace.is_trial:
        return ()
    console = workspace.console
    with console.waiting("Sending the messages"):
        delivered = workspace.outbox.deliver(workspace.publisher, made)
    if delivered is None:
        return ()
    for sent in delivered.sent:
        console.sent(sent.how, sent.subject)
    for failure in delivered.failures:
        failure.ledger = workspace.publisher.ledger
    return delivered.failures
