"""The commands of the command line, each loaded."""

import click

from paper_run import cli


def commands() -> dict[str, click.Command]:
    """Return each command that help lists, by its name."""
    names = [name for name in cli.commands.list_commands(click.Context(cli.commands)) if name != "run"]
    return {name: command(name) for name in names}


def command(name: str) -> click.Command:
    """Return a command; the day's is `run`."""
    found = cli.commands.get_command(click.Context(cli.commands), name)
    assert found is not None, name
    return found
