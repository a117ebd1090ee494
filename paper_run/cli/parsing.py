"""How arguments are read: the day is the default command, and `--symbols` takes several values."""

from __future__ import annotations

import contextlib
import functools
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from paper_run import __version__
from paper_run.cli import output
from paper_run.errors import PaperRunError
from paper_run.settings import options

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from click.shell_completion import CompletionItem

    from paper_run.settings.variables import Option


HELP = {"help_option_names": ["-h", "--help"]}
version = click.version_option(__version__, "-V", "--version", prog_name="paper_run")
_OF_THE_WHOLE = ("-h", "--help", "-V", "--version")
_TYPED = "paper_run.typed"
_NOTHING_SENT = "; nothing was sent"
_ONLY_READ = ("history", "ledger", "report", "doctor", "schedule", "sandbox", "config", "completion")
_INSTEAD = dict.fromkeys(_ONLY_READ, "") | dict.fromkeys(("mark", "resolve"), "; nothing was changed")
"""What stands for those words at the end of a sentence where a command could not have sent anything."""


class Commands(click.Group):
    """A group whose default command is the day itself; a command's name comes first."""

    def __init__(self, *, known: Mapping[str, str], **about: Any) -> None:
        """Name the commands, each with what it does in a line; all but the day's are shown.

        Each is loaded when it is called: it is the function of its name in the module of its name.
        """
        super().__init__(**about)
        self.known = known

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order of the alphabet."""
        return sorted(self.known)

    def get_command(self, ctx: click.Context | None, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command; None: there is none of that name."""
        return self._loaded(cmd_name) if cmd_name in self.known else None

    def _loaded(self, name: str) -> click.Command:
        command: click.Command = getattr(import_module(f"paper_run.cli.{name}"), name)
        command.short_help = self.known[name]
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of bare options."""
        ctx.meta[_TYPED] = tuple(args)
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)  # at a TAB each command can still come
        if args and args[0] in _OF_THE_WHOLE:
            args = args[:1]
        elif not args or args[0].startswith("-"):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is wrong with its line leads to its own help."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if error.ctx is None and ctx.invoked_subcommand is not None:
                command = self._loaded(ctx.invoked_subcommand)
                error.ctx = click.Context(command, info_name=command.name, parent=ctx)
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command.

        :raises UsageError: there is none of that name; it says which ones there are.
        """
        if args[0] not in self.known and not ctx.resilient_parsing:
            names = [name for name in self.known if name != "run"]
            meant = _near(args[0].lower(), names) or f" Commands: {', '.join(names)}."
            if _is_date(args[0]):
                meant = f" Of a session: report {args[0]}; the date of the signals: --as-of-date {args[0]}."
            raise click.UsageError(f"No such command: {args[0]}.{meant}", ctx=ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what may come first: a command, or an option of the day or of the whole program."""
        found = [
            *self._loaded("run").shell_complete(ctx, incomplete),
            *super().shell_complete(ctx, incomplete),
        ]
        return list({item.value: item for item in found}.values())

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the day's options, then the commands."""
        run = self._loaded("run")
        formatter.write_usage("python -m paper_run", "[OPTIONS] | COMMAND [OPTIONS]")
        self.format_help_text(ctx, formatter)
        run.format_options(click.Context(run, parent=ctx), formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, words in sorted(self.known.items()) if name != "run"])
        self.format_epilog(ctx, formatter)


class OneOf(click.Choice[str]):
    """One of several words, such as what kind of schedule is wanted."""

    def convert(self, value: Any, _param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word.

        :raises UsageError: it is none of them; it says which there are.
        """
        if value in self.choices:
            return value
        of = f"{ctx.info_name}: " if ctx else ""
        words = f"{of}{value} is not allowed.{_near(value, self.choices)} Allowed: {', '.join(self.choices)}."
        raise click.UsageError(words, ctx=ctx)

    def get_missing_message(self, *_of: Any, **_more: Any) -> str:
        """Return nothing: the argument's name says which there are."""
        return ""


class WithoutNames(click.Command):
    """A command that takes options alone.

    :ivar instead: what another word is perhaps meant for, a sentence.
    """

    instead = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the line.

        :raises UsageError: another word stands on it.
        """
        ctx.allow_extra_args = True
        left = super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            words = f"{ctx.info_name} takes options alone: {ctx.args[0]} is none. {self.instead}"
            raise click.UsageError(words.strip(), ctx=ctx)
        return left


class SymbolsCommand(WithoutNames):
    """A command whose `--symbols` takes one value or several."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Spread the symbols before click reads them."""
        return super().parse_args(ctx, _spread_symbols(args))


class MarkCommand(WithoutNames):
    """The command that marks: it has no session to choose."""

    instead = "It values the latest session that has opened; report SESSION makes the files of another again."


class DayCommand(click.Command):
    """The day's command; `--symbols` takes one value or several."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Spread the symbols before click reads them."""
        others = ctx.parent.command.known if ctx.parent else {}  # type: ignore[attr-defined]
        with contextlib.suppress(*([click.UsageError] if ctx.resilient_parsing else [])):
            args = _spread_symbols(args, commands=others)
        ctx.allow_extra_args = True
        left = super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            _refuse(ctx.args, commands=others)
        return left

    def get_help(self, ctx: click.Context) -> str:
        """Show the whole program's help: this command has no name to ask by."""
        return ctx.parent.get_help() if ctx.parent else super().get_help(ctx)


def said(error: click.UsageError) -> tuple[str, str]:
    """Return what is wrong with a line, in a sentence or two, and what to do."""
    named = error.ctx.info_name if error.ctx and error.ctx.parent else None
    see = f"See {named} --help" if named and named != "run" else "See --help"
    see += f"{_INSTEAD.get(named or '', _NOTHING_SENT)}."
    words = " ".join(error.format_message().split())
    if isinstance(error, click.NoSuchOption):
        known = [name for each in (error.ctx.command.params if error.ctx else ()) for name in each.opts]
        flags = [name for name in known if name.startswith("--")]
        typed = error.ctx.meta.get(_TYPED, ()) if error.ctx else ()
        # Of -sandbox click tells the first letter that is no option.
        name = next((each for each in typed if f"-{each}" in flags), error.option_name)
        meant = _near(name, flags, 0.75) or _of_others(name)
        words = f"No such option: {name}.{meant}"
    return words, see


def _near(typed: str, known: Sequence[str], cutoff: float = 0.6) -> str:
    """Say which was meant, where one is near."""
    from difflib import get_close_matches

    close = get_close_matches(typed, known, n=1, cutoff=cutoff)
    return f" Did you mean {close[0]}?" if close else ""


def _of_others(flag: str) -> str:
    """Say which commands take an option that this one does not, if there are any."""
    rows = [each for each in options.OPTIONS if flag and flag in (each.flag, each.short)]
    of = dict.fromkeys(name for each in rows for name in each.commands)
    named = ["the day" if name == "run" else name for name in of]
    return f" It goes with {', '.join(named)}." if named else ""


def _complete_file(_context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    return _path(typed, "file")


def complete_folder(_context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    """Have the shell complete the path of a folder."""
    return _path(typed, "dir")


def _path(typed: str, kind: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(typed, type=kind)]


def options_of(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options that a command takes; with them the hints of what it fails of are made whole."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        command = _with_whole_hints(command, nothing=_INSTEAD.get(name, _NOTHING_SENT))
        for each in reversed(options.of_command(name)):
            command = _option(each)(command)
        return command

    return decorated


def _option(option: Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    names = [each for each in (option.short, option.flag, option.name) if each]
    completes = {"file": _complete_file, "dir": complete_folder}
    takes: dict[str, Any] = {"metavar": option.metavar, "multiple": option.kind == "repeated"}
    if option.kind == "switch":
        takes = {"is_flag": True}
    elif option.kind == "pair":
        takes = {"metavar": option.metavar, "nargs": 2}
    if option.path:
        takes["shell_complete"] = completes[option.path]
    return click.option(*names, help=f"{option.help}{option.ending}".strip(), **takes)


def _spread_symbols(args: Sequence[str], *, commands: Collection[str] = ()) -> list[str]:
    """Turn `--symbols A B` into `--symbols A --symbols B`, which click understands.

    :param commands: names that are no symbols here: a command comes first.
    """
    spread: list[str] = []
    words = list(args)
    while words:
        word = words.pop(0)
        if word != "--symbols" and not word.startswith("--symbols="):
            spread.append(word)
            continue
        values = [word.partition("=")[2]] if "=" in word else []
        while words and not words[0].startswith("-"):
            values.append(words.pop(0))
        if not values:
            raise click.UsageError("--symbols needs at least one symbol, such as --symbols AAPL MSFT GOOGL.")
        for value in values:
            if value in commands:
                _refuse([value], commands=commands)
            spread += ["--symbols", value]
    return spread


def _refuse(words: Sequence[str], *, commands: Collection[str]) -> NoReturn:
    """Say why words can't stand among the day's options.

    :raises UsageError: always.
    """
    if words[0] in commands:
        raise click.UsageError(f"{words[0]} is a command, and a command comes first, before options.")
    goes = (
        "the date of the signals goes with --as-of-date"
        if _is_date(words[0])
        else "symbols go with --symbols"
    )
    raise click.UsageError(f"{words[0]} stands alone: {goes}.")


def _is_date(typed: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", typed) is not None


def _with_whole_hints(command: Callable[..., Any], *, nothing: str) -> Callable[..., Any]:
    @functools.wraps(command)
    def called(*args: Any, **flags: Any) -> Any:
        try:
            status = command(*args, **flags)
            return status or output.ended(output.unwritten())
        except PaperRunError as error:
            output.make_hints_whole(error)
            _say_that_nothing_was_done(error, nothing)
            raise

    return called


def _say_that_nothing_was_done(error: PaperRunError, nothing: str) -> None:
    """Put what the command would have done in the place of "nothing was sent"."""
    from paper_run.model import messages

    for each in messages.single(error):
        each.explanation = each.explanation.replace(_NOTHING_SENT, nothing)
        each.remedies = tuple(
            remedy._replace(text=remedy.text.replace(_NOTHING_SENT, nothing)) for remedy in each.remedies
        )
