"""`config`: each setting in force, and where it comes from."""

from __future__ import annotations

from typing import Any

import click

from paper_run.cli import flags, output, streams
from paper_run.cli.parsing import SymbolsCommand, options_of
from paper_run.errors import ExitStatus


@click.command(cls=SymbolsCommand)
@options_of("config")
def config(*, as_json: bool, **given: Any) -> ExitStatus:
    """Show each setting in force and where it comes from: option, variable, .env file or default.

    Keys, passwords and other secrets are hidden. It says what is wrong with one, and sends nothing.
    """
    from paper_run.report import settings_table
    from paper_run.settings.in_force import in_force

    sources = flags.sources(given)
    found = in_force(sources)
    file = None if sources.file is None else str(sources.file.resolve())
    if as_json:
        failed = streams.print_raw(settings_table.json_text(found, file))
    else:
        failed = []
        console = output.console(given)
        for line in settings_table.lines(found, file, output.width()):
            console.say(line)
    flags.settings(given, found=sources, sends=False)
    return output.ended([*failed, *streams.unwritten()])
