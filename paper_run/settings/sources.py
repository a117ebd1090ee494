"""Where settings are typed: flags, the environment, the .env file, defaults, in that order."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.settings.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paper_run.settings.variables import From, Option

QUOTES_URL = "PAPER_RUN_QUOTES_URL"
REQUIRE_LEDGER = "PAPER_RUN_REQUIRE_LEDGER"
WARN = tuple(
    f"PAPER_RUN_WARN_{name}" for name in ("GROSS", "POSITION", "DAY_LOSS", "DRAWDOWN")
)  # as in `book.limits.Thresholds`
HEARTBEAT_URL = "PAPER_RUN_HEARTBEAT_URL"
NOTIFY, NOTIFY_ON = "PAPER_RUN_NOTIFY", "PAPER_RUN_NOTIFY_ON"
SETTINGS = {each.flag: each for each in OPTIONS if each.flag and each.variable}
"""The options that have a variable too."""
_CHECKED = {each.flag or each.variable: each for each in OPTIONS if each.check}


class SourcedValue(NamedTuple):
    """A value as typed and the place it was typed in, for the message when it is wrong."""

    value: str
    origin: str

    def wrong(self, form: str, *, because: str = "") -> DataError:
        """Say what is wrong, where, and what is allowed."""
        reason = f" ({because})" if because else ""
        error = DataError(
            f"{self.origin}: {shown(self.value)} is not allowed{reason}",
            f"Allowed: {form}.",
            remedies=(f"Correct {self.origin} and run again; nothing was sent.",),
        )
        error.told = self.origin in SETTINGS
        return error

    def showing(self, value: str) -> SourcedValue:
        """Return it with the text that an error may show."""
        return self._replace(value=value)


class Sources:
    """Looks a setting up in the flags, the environment, the .env file and the defaults, in that order."""

    def __init__(
        self,
        flags: Mapping[str, Sequence[str]],
        environment: Mapping[str, str],
        *,
        env_file: str | None,
        here: Path,
    ) -> None:
        self._flags = flags
        self._environment = environment
        self.here = here
        self.folder = here
        self._file_values: dict[str, str] = {}
        self.file: Path | None = None
        self._said_twice: tuple[str, ...] = ()
        if env_file is not None and not env_file.strip():
            raise SourcedValue(env_file, "--env-file").wrong("the path of a file, or /dev/null for none")
        path = here / (env_file or ".env")
        # A link that leads nowhere is a file that is missing, and no word that there is none.
        if env_file is not None or os.path.lexists(path):
            self.file = path
            self._file_values, self._said_twice = _env_file_values(path)
            self.folder = path.resolve().parent

    def given(self, flag: str) -> list[SourcedValue]:
        """Return the values of a setting; several when its flag was repeated, none when it has no default.

        A variable without a default that is set to nothing is not set.
        """
        setting = SETTINGS[flag]
        if values := self._flags.get(flag):
            return [SourcedValue(value, flag) for value in values]
        if (given := self._typed(setting.variable)) is not None:
            return [given] if setting.default is not None or given.value.strip() else []
        return [] if setting.default is None else [SourcedValue(setting.default, flag)]

    def variable(self, name: str) -> SourcedValue | None:
        """Return a setting that has no flag; set to nothing is not set."""
        given = self._typed(name)
        return given if given is not None and given.value.strip() else None

    def _typed(self, name: str) -> SourcedValue | None:
        if name in self._environment:
            return SourcedValue(self._environment[name], name)
        if name in self._file_values:
            return SourcedValue(self._file_values[name], f"{name} in {self.file}")
        return None

    def typed(self, option: Option, alias: str) -> tuple[From, str, list[str]]:
        """Return where a setting was typed and its values there; none for the default, or nothing at all.

        :param alias: another variable that means the same.
        """
        if values := self._flags.get(option.flag):
            return "flag", option.flag, list(values)
        counts_empty = bool(option.flag) and option.default is not None
        for name in filter(None, (option.variable, alias)):
            if (given := self._typed(name)) is not None and (given.value.strip() or counts_empty):
                is_file = name not in self._environment
                return (
                    ("file", str(self.file), [given.value])
                    if is_file
                    else ("environment", name, [given.value])
                )
        return "default", "", []

    def checked(self, name: str) -> Any:
        """Return a setting as the check of its row reads it, None where it is not set.

        :param name: its flag; its variable where it has no flag.
        :raises DataError: the value is wrong; it names its origin and the allowed form.
        """
        option = _CHECKED[name]
        values = self.given(option.flag) if option.flag else self._of_variable(option)
        if not values and option.kind != "repeated":
            return None
        module, _, function = option.check.rpartition(".")
        read = getattr(import_module(f"paper_run.settings.{module}"), function)
        if option.kind == "repeated":
            return read(values)
        return read(values[-1])

    def _of_variable(self, option: Option) -> list[SourcedValue]:
        if (given := self.variable(option.variable)) is not None:
            return [given]
        return [] if option.default is None else [SourcedValue(option.default, option.variable)]

    def in_file(self) -> frozenset[str]:
        """Return the names of the variables that the .env file sets to something."""
        return frozenset(name for name, value in self._file_values.items() if value.strip())

    def last(self, flag: str) -> SourcedValue:
        """Return the value of a setting that takes one; of a repeated flag the last counts."""
        return self.given(flag)[-1]

    def outside_file(self, flag: str) -> SourcedValue | None:
        """Return the value of a setting that the command line or the environment sets."""
        if values := self._flags.get(flag):
            return SourcedValue(values[-1], flag)
        name = SETTINGS[flag].variable
        return SourcedValue(self._environment[name], name) if name in self._environment else None

    def all_outside_file(self, flag: str) -> list[str]:
        """Return all values of a setting that the command line or the environment sets."""
        one = self.outside_file(flag)
        typed = self._flags.get(flag) or ([] if one is None else [one.value])
        return [value for value in typed if value.strip()]

    def is_from_flag(self, flag: str) -> bool:
        """Whether the command line itself set it."""
        return bool(self._flags.get(flag))

    def doubtful(self) -> tuple[str, ...]:
        """Say what is allowed and yet probably not meant: a name misspelt, or set twice in the .env file."""
        known = {each.variable for each in OPTIONS}
        twice = [
            f"{name} is set twice in {self.file}, and differently: only the last one counts."
            for name in self._said_twice
            if name in known and name not in self._environment
        ]
        return (*twice, *self._misspelt(known))

    def _misspelt(self, known: set[str]) -> tuple[str, ...]:
        """Name each variable that nothing reads but that looks like one that is read.

        Of the names that do not begin like ours only those of the .env file, where the one meant is not set:
        others are other programs'.

        :param known: what is read.
        """
        beginnings = {each[:3] for each in known}
        ours = {name for name in self._environment if name.upper().startswith("PAPER")}
        found = (ours | {name for name in self._file_values if name.upper()[:3] in beginnings}) - known
        if not found:
            return ()
        from difflib import get_close_matches

        notices = []
        for name in sorted(found):
            is_ours = name.upper().startswith("PAPER")
            near = get_close_matches(name.upper(), known, n=1, cutoff=0.85 if is_ours else 0.88)
            if near and (is_ours or self.variable(near[0]) is None):
                notices.append(f"{name} is set but means nothing here: was {near[0]} meant?")
        return tuple(notices)


def _env_file_values(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what the file sets, and the names that it sets twice, to different values."""
    import io

    from dotenv.parser import parse_stream

    origin = f"The settings file {path}"
    remedy = ("Name a readable file with --env-file, or correct this one; nothing was sent.",)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{origin} can't be read", f"{error.strerror}.", remedies=remedy) from None
    except (UnicodeDecodeError, ValueError):
        raise DataError(f"{origin} can't be read", "It is not UTF-8 text.", remedies=remedy) from None
    values: dict[str, str] = {}
    twice: dict[str, None] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            before = binding.original.string
            line = binding.original.line + before[: len(before) - len(before.lstrip())].count("\n")
            raise DataError(
                f"{origin}, line {line}, can't be read",
                "Allowed: NAME=value, one on a line; # begins a comment.",
                remedies=remedy,
            )
        if binding.key is not None and binding.value is not None:
            if values.get(binding.key, binding.value) != binding.value:
                twice[binding.key] = None
            values[binding.key] = binding.value
    return values, tuple(twice)


def shown(value: str) -> str:
    """Quote what was typed, short and with anything unprintable escaped."""
    text = value if len(value) <= 80 else value[:77] + "..."
    return ascii(text) if not text.isprintable() else f"'{text}'"
