"""The command `ledger`: moves a ledger from its file into a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output
from paper_run.cli.parsing import OneOf, options_of
from paper_run.errors import ExitStatus

if TYPE_CHECKING:
    from paper_run.ledger.moving import Move


@click.command()
@click.argument("what", metavar="move", type=OneOf(["move"]), expose_value=False)
@click.argument("file", metavar="SQLITE", type=click.Path(path_type=Path))
@click.argument("url", metavar="[URL]", required=False)
@options_of("ledger")
def ledger(*, file: Path, url: str | None, resume: bool, abandon: bool, **given: Any) -> ExitStatus:
    """Move a ledger into a database: each row is copied and compared, and the file trades no more.

    URL, PAPER_RUN_LEDGER_SCHEMA and PAPER_RUN_PLATFORM are those that the hosts will use.
    """
    from paper_run.app import move

    if resume and abandon:
        raise click.UsageError("--resume ends a move, --abandon takes it back; use one of them.")
    if url is not None and given["ledger_url"] not in (None, url):
        raise click.UsageError("URL and --ledger-url name a database each; use one of them.")
    if url is not None:
        from paper_run.settings import database as database_settings
        from paper_run.settings.sources import SourcedValue

        database_settings.url(SourcedValue(url, "URL"))
    how: Move = "resume" if resume else "abandon" if abandon else "move"
    database = flags.database_to_move_to({**given, "ledger_url": url or given.get("ledger_url")})
    done = move.move(flags.here() / file.expanduser(), database, output.clock(), how=how)
    output.console(given).say(done)
    return ExitStatus.SUCCESS
