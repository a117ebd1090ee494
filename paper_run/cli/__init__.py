"""The command line: flags into a Config, errors into words and an exit status, nothing else."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from paper_run.cli import output
from paper_run.cli.parsing import HELP, Commands, said, version
from paper_run.errors import DataError, ExitStatus, Interrupted, PaperRunError, SeveralErrors
from paper_run.model.termination import PATIENCE, never_swallow_an_interrupt, undisguised

if TYPE_CHECKING:
    from collections.abc import Sequence


_STATUSES = "; ".join(f"{status:d} {status.words}" for status in ExitStatus)
_EPILOG = f"Precedence: option, environment variable, .env file, default. Exit status: {_STATUSES}."

_COMMANDS = {
    "run": "Run the day.",
    "mark": "Value the latest session at current prices; never trades.",
    "history": "List the sessions: day and cumulative P&L, equity, drawdown.",
    "ledger": "Move a ledger from its file into a PostgreSQL database.",
    "report": "Make a session's files again from the ledger, offline.",
    "resolve": "List what is not known, or say what came of it.",
    "email": "Send what is queued by mail and push, or a session's again.",
    "doctor": "Check everything that a day depends on: a line each, with the fix.",
    "schedule": "Print a crontab's lines, systemd's units or CronJobs; installs nothing.",
    "sandbox": "Serve the built-in platform on 8001-8003, quotes and broker on 8004.",
    "config": "Show each setting in force, and where it comes from.",
    "completion": "Print the script that completes paper-run in a shell.",
}
"""What each does, in a line; each is the function of its name in the module of its name."""


@click.group(cls=Commands, known=_COMMANDS, epilog=_EPILOG, context_settings=HELP)
@version
def commands() -> None:
    """Run the day: check the services, trade once, compute P&L, save the reports."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; nothing else turns an error into one."""
    signal.signal(signal.SIGTERM, PATIENCE.terminate)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, PATIENCE.interrupt)
    sys.unraisablehook = never_swallow_an_interrupt
    with output.guarded():
        status = _status_of(sys.argv[1:] if arguments is None else arguments)
        return status or int(output.ended(output.unwritten()))


def _status_of(arguments: Sequence[str]) -> int:
    try:
        if any(name.endswith("_COMPLETE") for name in os.environ):  # a shell asks, by click's variable
            from paper_run.cli import completion

            if (answered := completion.answered(commands, os.environ)) is not None:
                return int(answered)
        with undisguised():
            status = commands.main(
                list(arguments),
                prog_name="python -m paper_run",
                standalone_mode=False,
            )
        return int(status or ExitStatus.SUCCESS)
    except SeveralErrors as several:
        error: PaperRunError = several
        output.show_failures(several.errors, several.exit_status)
    except PaperRunError as single:
        error = single
        output.show_failures((single,), single.exit_status)
    except click.UsageError as usage:
        words, see = said(usage)
        error = DataError(words, remedies=(see,))
        output.show_failures((error,), error.exit_status)
    except (KeyboardInterrupt, click.Abort):
        error = Interrupted(
            "Interrupted",
            "Whatever was sent before is in the ledger: the next run shows it, and sends it no second time.",
        )
        output.show_failures((error,), error.exit_status)
    return int(error.exit_status)
