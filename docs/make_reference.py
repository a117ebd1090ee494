"""Make docs/REFERENCE.md of the table of options and of the help: `python docs/make_reference.py`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from paper_run.cli import commands
from paper_run.errors import ExitStatus
from paper_run.settings.options import OPTIONS, of_command
from paper_run.settings.variables import Option

FILE = Path(__file__).with_name("REFERENCE.md")
HEAD = """# Reference

Made by `docs/make_reference.py` of the table that the program itself uses. An option beats the environment
variable, which beats the `.env` file, which beats the default.
"""


def made() -> str:
    """Return the whole text."""
    day = [each for each in OPTIONS if "run" in each.commands]
    parts = [HEAD, "## The day: `python -m paper_run`", _table(day)]
    for name in commands.known:
        command = commands.get_command(None, name)
        if name != "run":
            parts += _command(name, command)
    parts += ["## Variables without an option", _variables(each for each in OPTIONS if not each.flag)]
    parts += ["## Exit statuses", "| status | when |\n|---|---|"]
    parts[-1] += "".join(
        f"\n| {int(status)} | {status.words[0].upper()}{status.words[1:]}. |" for status in ExitStatus
    )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _command(name: str, command: click.Command) -> list[str]:
    arguments = [
        each.make_metavar(click.Context(command))
        for each in command.params
        if isinstance(each, click.Argument)
    ]
    usage = " ".join([name, *arguments])
    taken = of_command(name)
    own = [each for each in taken if name in each.commands and "run" not in each.commands]
    shared = [each.flag for each in taken if each not in own]
    words = " ".join((command.help or "").split("\f")[0].split())
    parts = [f"## `{usage}`", words]
    parts += [_table(own)] if own else []
    parts.append("It also takes, as the day does: " + ", ".join(f"`{each}`" for each in shared) + ".")
    return parts


def _table(options: list[Option]) -> str:
    rows = ["| option | variable | default | what |", "|---|---|---|---|"]
    for each in options:
        flag = f"`{each.flag} {each.metavar}`".replace(" `", "`").replace("|", "\\|")
        flag += f", `{each.short}`" if each.short else ""
        rows.append(f"| {flag} | {_code(each.variable)} | {_default(each)} | {_what(each)} |")
    return "\n".join(rows)


def _variables(options: Iterable[Option]) -> str:
    rows = ["| variable | default | what |", "|---|---|---|"]
    rows += [f"| `{each.variable}` | {_default(each)} | {_what(each)} |" for each in options]
    return "\n".join(rows)


def _default(option: Option) -> str:
    return option.said or _code(option.default or "")


def _what(option: Option) -> str:
    return option.more or option.help


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


if __name__ == "__main__":
    FILE.write_text(made(), "utf-8")
