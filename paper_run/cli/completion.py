"""Completion of `paper-run` in a shell: the script that a shell reads, and what it is told at a TAB."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import output
from paper_run.cli.parsing import OneOf, options_of
from paper_run.errors import DataError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import ShellComplete

_PROGRAM = "paper-run"
_VARIABLE = "_PAPER_RUN_COMPLETE"
_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", metavar="|".join(_SHELLS), type=OneOf(_SHELLS))
@options_of("completion")
def completion(shell: str, **_flags: Any) -> ExitStatus:
    """Print the script that completes paper-run at a TAB, for the shell's own start: bash 4.4, zsh or fish.

    bash, zsh: eval "$(paper-run completion bash)"; fish: paper-run completion fish | source
    """
    return _print(_script(shell, click.get_current_context().find_root().command))


def answered(group: click.Command, environment: Mapping[str, str]) -> ExitStatus | None:
    """Answer a shell that asks through click's variable; None when none asks.

    A program that was started to complete a line must never do what the line says.

    :raises DataError: such a variable is set and asks for nothing that there is.
    """
    called = re.sub(r"\W", "_", os.path.basename(sys.argv[0])).upper()  # a link may have another name
    names = [
        name
        for name in environment
        if ("PAPER_RUN" in name and name.endswith("_COMPLETE")) or name == f"_{called}_COMPLETE"
    ]
    if not names:
        return None
    shell, _, wanted = environment.get(_VARIABLE, "").partition("_")
    if names == [_VARIABLE] and shell in _SHELLS:
        if wanted == "source":
            return _print(_script(shell, group))
        if wanted == "complete":
            with contextlib.suppress(LookupError, ValueError):  # there is no such line, or no such word in it
                return _print(_completer(shell, group).complete() + "\n")
    raise DataError(
        f"{names[0]} is set: that asks what completes a command line, so no command is run",
        f"Allowed: {_VARIABLE} alone, set by the script of paper-run completion {'|'.join(_SHELLS)}.",
        remedies=(f"unset {names[0]}, and run again; nothing was sent.",),
    )


def _script(shell: str, group: click.Command) -> str:
    completer = _completer(shell, group)
    # Not bash's own, which starts a bash to ask for its version.
    return completer.source_template % completer.source_vars()


def _completer(shell: str, group: click.Command) -> ShellComplete:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise LookupError(f"click completes no {shell}")
    return kind(group, {}, _PROGRAM, _VARIABLE)


def _print(text: str) -> ExitStatus:
    return output.ended(output.print_raw(text))
