"""`config`: each setting in force, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output
from paper_run.cli.parsing import SymbolsCommand, options_of
from paper_run.errors import DataError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.settings.sources import Sources


@click.command(cls=SymbolsCommand)
@options_of("config")
def config(*, as_json: bool, **given: Any) -> ExitStatus:
    """Show each setting in force and where it comes from: option, variable, .env file or default.

    Keys, passwords and other secrets are hidden. It says what is wrong with a setting.
    """
    from paper_run.report import settings_table, terminal
    from paper_run.settings.in_force import in_force

    sources = flags.sources(given)
    found = in_force(sources)
    file = None if sources.file is None else str(sources.file.resolve())
    wrong, notices = _checked(given, sources)
    if as_json:
        failed = output.print_json(settings_table.json_text(found, file, notices))
    else:
        failed = []
        console = output.console(given)
        for line in settings_table.lines(found, file, output.width()):
            console.say(line)
        if given["sandbox"]:
            folder = flags.reports_folder(given)
            console.say(f"SANDBOX: services, quotes and broker are its own, and its reports go to {folder}")
        for each in notices:
            console.say(f"! {each}", paint=terminal.YELLOW)
    return output.ended([*wrong, *failed, *output.unwritten()])


def _checked(given: Mapping[str, Any], sources: Sources) -> tuple[list[DataError], tuple[str, ...]]:
    """Return what is wrong with a setting, and what is allowed and yet probably not meant."""
    try:
        read = flags.settings(given, found=sources, sends=False)
    except DataError as error:
        return [error], sources.doubtful()
    return [], tuple(each.text for each in read.notices)
