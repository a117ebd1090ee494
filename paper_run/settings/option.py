"""One option: all that a person may set it with, and is told of it."""

from typing import Any, Literal

from paper_run import NamedTuple

Kind = Literal["value", "repeated", "pair", "switch"]
From = Literal["flag", "environment", "file", "default"]
"""Where a setting was typed; `default`: nowhere."""


class Option(NamedTuple):
    """A thing that a person may set.

    :ivar flag: "" for a variable alone. :ivar commands: which take the flag.
    :ivar variable: that of the environment and of `.env`, "" for a flag alone.
    :ivar default: as it would be typed, None where there is none.
    :ivar said: the default in words, where it hangs on something.
    :ivar help: what `--help` says. :ivar more: what the reference says in its place.
    :ivar name: by which the program knows the flag, "" for its own. :ivar path: what a shell completes.
    :ivar check: what reads a typed value, dotted below `paper_run.settings` and loaded on use; "" where it is
        read together with others. :ivar secret: whether nobody may see it.
    :ivar carried: whether a printed command that trades asks for the same with it.
    """

    flag: str
    commands: tuple[str, ...]
    help: str
    metavar: str = ""
    kind: Kind = "value"
    variable: str = ""
    default: str | None = None
    said: str = ""
    more: str = ""
    short: str = ""
    name: str = ""
    path: Literal["", "file", "dir"] = ""
    check: str = ""
    secret: bool = False
    carried: bool = False

    @property
    def ending(self) -> str:
        """What the help ends with: the variable, and the default."""
        parts = [each for each in (self.variable, self.said or self.default) if each]
        return f"  [{'; '.join(parts)}]" if parts else ""


def switch(flag: str, commands: tuple[str, ...], help: str, **more: Any) -> Option:  # noqa: A002
    """Return a flag without a value."""
    return Option(flag, commands, help, kind="switch", **more)


def variable(variable: str, help: str, **more: Any) -> Option:  # noqa: A002
    """Return a variable that has no flag."""
    return Option("", (), help, variable=variable, **more)
