"""The end of a run or a mark: its files are written, the mails are sent, and what failed is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run.errors import ExitStatus, PaperRunError, worst

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from paper_run.filing import Filing
    from paper_run.mail.outbox import Outbox
    from paper_run.writers.console import Console
    from paper_run.writers.reports import Reports


class End(NamedTuple):
    """How it ended: the exit status, the failures to show, the reports (None: nothing was sent or valued)."""

    exit_status: ExitStatus
    failures: tuple[PaperRunError, ...] = ()
    reports: Reports | None = None


def save(
    filing: Filing,
    reports: Reports,
    failed: Iterable[PaperRunError],
    outbox: Outbox,
    console: Console,
    *,
    outputs: Iterable[Path] = (),
) -> End:
    """Show the result, write its files, and only then send what mails there are.

    :param failed: what failed before. :param outputs: further files to write it to.
    """
    console.figures(reports.document)
    console.saving(of_a_mark=reports.document["kind"] == "mark")
    written, unwritten = filing.save([reports], outputs)
    for path in written:
        console.saved(path)
    unsent = deliver(filing, outbox, console, [reports])
    console.complete(reports.document)
    ended = (*failed, *unwritten, *unsent)
    return End(worst(failure.exit_status for failure in ended), ended, reports)


def deliver(
    filing: Filing, outbox: Outbox, console: Console, made: Iterable[Reports] = ()
) -> tuple[PaperRunError, ...]:
    """Send the mails that are queued, and show which; return what went wrong."""
    with console.waiting("Sending the e-mail"):
        delivered = outbox.deliver(filing, made)
    for subject in delivered.subjects:
        console.mailed(subject)
    return delivered.failures
