"""The command that looks at everything a day depends on."""

from __future__ import annotations

from typing import Any

import click

from paper_run.cli import connect, flags, output
from paper_run.cli.parsing import WithoutNames, options_of
from paper_run.errors import ExitStatus, worst


@click.command(cls=WithoutNames)
@options_of("doctor")
def doctor(*, as_json: bool, **given: Any) -> ExitStatus:
    """Check services, databases, ledger, disk, mail server, calendar, clock and files; change nothing."""
    from paper_run.app import doctor
    from paper_run.report import listing

    flags.refuse_urls_with_sandbox(given)
    settings, console, clock = (
        flags.settings(given, pushes=False),
        output.console(given, quiet=as_json),
        output.clock(),
    )
    found = []
    with connect.connected(settings, given) as (settings, platform):
        for check in doctor.examine(settings, platform, clock.now):
            if not as_json:
                listing.check(console, check.name, check.words, check.fix)
            found.append(check)
    exit_status = worst(check.exit_status for check in found)
    if as_json:
        failed = output.print_json(listing.checks_json(found, exit_status))
        return worst((exit_status, output.ended(failed)))
    console.say()
    unwell = sum(1 for check in found if check.exit_status)
    need = "needs" if unwell == 1 else "need"
    console.say(f"{unwell} of {len(found)} {need} you." if unwell else "All is well.")
    return worst((exit_status, output.ended(output.unwritten())))
