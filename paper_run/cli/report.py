"""`report`: a session's files made again from the ledger, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags as given
from paper_run.cli import (
    output,
)
from paper_run.cli.output import written_files
from paper_run.cli.parsing import (
    common_options,
)
from paper_run.errors import DataError, ExitStatus, Remedy
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from paper_run.report.console import Console


@click.command(short_help="Make a session's files again from the ledger, offline.")
@click.argument("trade", metavar="[SESSION[-n]|latest]", default="latest")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@common_options
def report(trade: str, *, opens: bool, **flags: Any) -> ExitStatus:
    """Make the files of a trade again, byte for byte, from the ledger alone: SESSION, SESSION-n or latest.

    SESSION makes those of its first trade and of its latest mark.
    """
    from paper_run.app.workspace import PATIENCE
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.report.publisher import Filing
    from paper_run.trading import verdicts

    folder, console, clock = given.reports_folder(flags), output.console(flags), output.clock()
    existing.require_ledger(folder)
    if not existing.may_write(folder):
        return _standing(folder, trade, console, opens=opens)
    with (
        lock.held(folder, now=clock.now(), patience=PATIENCE, pause=clock.pause),
        existing.existing_ledger(folder) as ledger,
    ):
        filing = Filing(ledger, folder)
        reports = [filing.reports(document) for document in verdicts.documents(ledger, trade)]
        written, unwritten = filing.save(reports)
    unopened = output.open_page(reports[0].page) if opens else []
    return written_files(console, written, [*unwritten, *unopened])


def _standing(folder: Path, trade: str, console: Console, *, opens: bool) -> ExitStatus:
    """Name the files of a trade that stand in a folder which whoever asks may not write."""
    from paper_run.ledger import existing
    from paper_run.report.publisher import Filing
    from paper_run.trading import verdicts

    with existing.read(folder) as ledger:
        filing = Filing(ledger, folder)
        reports = [filing.reports(document) for document in verdicts.documents(ledger, trade)]
        files = filing.files(reports)
    missing = [path for path in files if not path.is_file()]
    for path in files:
        if path not in missing:
            console.say(f"  ✓ There: {path}")
    failed = [_not_there(missing)] if missing else []
    unopened = output.open_page(reports[0].page) if opens and reports[0].page not in missing else []
    return output.ended([*failed, *unopened])


def _not_there(files: Sequence[Path]) -> DataError:
    return DataError(
        f"{', '.join(map(str, files))}: not there",
        "Who may not write the folder can't make it again.",
        remedies=(Remedy("Have the folder's owner make it again", ours("report")),),
        code="files_missing",
    )
