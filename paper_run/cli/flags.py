"""What was typed, read: the settings' sources, the folder, whole numbers, a decision."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paper_run.errors import DataError
from paper_run.settings.options import OPTIONS, default

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from paper_run.model.commands import Invocation
    from paper_run.model.place import Database, Place
    from paper_run.settings.config import Config
    from paper_run.settings.sources import Sources

SANDBOX_FOLDER = "sandbox"
_MOST_SESSIONS = 10_000
_URL_FLAGS = ("signal_service_url", "execution_gateway_url", "orchestrator_url")


def values(flags: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what was typed after each flag that takes a value."""
    values = {}
    for name, value in flags.items():
        if isinstance(value, str):
            values["--" + name.replace("_", "-")] = [value]
        elif isinstance(value, tuple) and value:
            values["--" + name.replace("_", "-")] = list(value)
    return values


def sources(flags: Mapping[str, Any]) -> Sources:
    """Return where the settings are looked up."""
    from paper_run.settings.sources import Sources

    return Sources(values(flags), os.environ, env_file=flags["env_file"], here=here())


def here() -> Path:
    """Return the folder that the command was started in.

    :raises DataError: it was deleted meanwhile, or may not be looked into.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise DataError(
            "The working folder can't be found",
            f"{error.strerror}.",
            remedies=("Change to a folder that there is, and run again; nothing was sent.",),
        ) from None


def settings(
    flags: Mapping[str, Any], *, found: Sources | None = None, sends: bool = True, pushes: bool = True
) -> Config:
    """Return every setting of a command, read and checked.

    :param found: where they are looked up, if that is known already.
    :param sends: whether mails are to be sent, so that there must be a server for them.
    :param pushes: whether push notifications are to be sent, so that their URLs must be of use.
    :raises DataError: one is wrong.
    """
    from paper_run.settings import config, email
    from paper_run.settings.sources import SourcedValue

    if flags.get("no_email") and flags.get("email_to"):
        raise DataError(
            "--no-email and --email-to contradict each other",
            remedies=("Leave one of the two out; nothing was sent.",),
        )
    if flags.get("ledger") is not None and not flags["ledger"].strip():
        raise SourcedValue(flags["ledger"], "--ledger").wrong("a ledger's id, such as 72948726")
    found = found or sources(flags)
    read = config.load(found, today=today(found))._replace(
        ignore_calendar=bool(flags.get("ignore_calendar")),
        new_ledger=bool(flags.get("new_ledger")),
        accept_database=bool(flags.get("accept_database")),
        invocation=invocation(flags, found),
        ledger=flags.get("ledger") or "",
    )
    if sends and pushes and read.push is not None:
        from paper_run.app import send

        send.prove_push(read)
    if flags.get("no_email"):
        return read._replace(mail=None)
    if read.mail is not None and read.mail.on != "never" and sends:
        email.require_host(read.mail)
    return read


def account(flags: Mapping[str, Any]) -> Config:
    """Return the settings of a command that asks no service: its account may be the sandbox's.

    :raises DataError: one is wrong.
    """
    folder, database = place(flags)
    return settings(flags, sends=False)._replace(reports_dir=folder, database=database)


def invocation(flags: Mapping[str, Any], found: Sources) -> Invocation:
    """Return what a command needs to run as it stands and find the same ledger, services and exchange.

    Wherever they came from: flag, variable, .env file or default. URLs with credentials are left out.

    :raises DataError: the reports folder's name is no path.
    """
    from paper_run.model.commands import Invocation
    from paper_run.settings import config, database

    place = ["--sandbox"] if flags["sandbox"] else []
    place += ["--env-file", str(found.file.resolve())] if found.file is not None else []
    place += ["--reports-dir", str(config.reports_folder(found))]
    if (url := found.outside_file("--ledger-url")) is not None and (shown := database.shown(url.value)):
        place += ["--ledger-url", shown]
    exchange = found.outside_file("--exchange")
    services = [] if exchange is None else ["--exchange", exchange.value]
    for name in _URL_FLAGS:
        typed = found.outside_file(f"--{name.replace('_', '-')}")
        if typed is not None and "@" not in typed.value and not flags["sandbox"]:
            services += [f"--{name.replace('_', '-')}", typed.value]
    return Invocation(program(), _options(place), _options(services), day=_options(_day(flags, found)))


def _day(flags: Mapping[str, Any], found: Sources) -> list[str]:
    """Return what the day was asked for, so that a command that trades it asks for the same."""
    words: list[str] = []
    for option in (each for each in OPTIONS if each.carried):
        if option.kind == "switch":
            is_set = "again" in flags and flags.get(option.flag.removeprefix("--").replace("-", "_"))
            words += [option.flag] if is_set else []
            continue
        typed = found.all_outside_file(option.flag)
        if option.kind == "repeated":
            typed = [",".join(typed)] if typed else []
        words += [word for value in typed for word in (option.flag, value)]
    return words


def program() -> str:
    """Return what runs this program, in the words of a shell."""
    import sys

    return f"{shlex.quote(sys.executable)} -m paper_run"


def _options(words: Sequence[str]) -> str:
    return "".join(f" {shlex.quote(word)}" for word in words)


def reports_folder(flags: Mapping[str, Any]) -> Path:
    """Return the reports folder; a sandbox has one of its own in it."""
    from paper_run.settings import config

    folder = config.reports_folder(sources(flags))
    return folder / SANDBOX_FOLDER if flags["sandbox"] else folder


def place(flags: Mapping[str, Any]) -> Place:
    """Return where ledger and files are; a sandbox has a folder and a schema of its own."""
    from paper_run.model.place import Place
    from paper_run.settings import database

    found = database.read(sources(flags))
    if found is not None and flags["sandbox"]:
        found = found.of_sandbox
    return Place(reports_folder(flags), found)


def database_to_move_to(flags: Mapping[str, Any]) -> Database:
    """Return the database that a ledger is to be moved to.

    :raises DataError: none is named, or it is named wrong.
    """
    from paper_run.settings import database

    found = database.read(sources(flags))
    if found is None:
        raise DataError(
            "No database is named to move the ledger to",
            "Allowed: ledger move SQLITE URL, or PAPER_RUN_LEDGER_URL.",
            remedies=("Name it; nothing was moved.",),
        )
    return found


def today(sources: Sources) -> date:
    """Return the exchange's date."""
    from paper_run.model import calendar
    from paper_run.settings import config

    return calendar.exchange_time(calendar.utc_now(), config.exchange(sources)).date()


def past_day(option: str, typed: str | None, flags: Mapping[str, Any]) -> date | None:
    """Read an option that takes a date that is not in the future.

    :raises DataError: it is none.
    """
    from paper_run.settings.config import past_date
    from paper_run.settings.sources import SourcedValue

    return None if typed is None else past_date(SourcedValue(typed, option), today(sources(flags)))


def whole_number(flags: Mapping[str, Any], name: str, *, least: int, most: int) -> int:
    """Read an option that takes a whole number.

    :raises DataError: it is none, or out of bounds.
    """
    from paper_run.settings.sources import SourcedValue

    typed = flags[name]
    if typed is None:
        return int(default(f"--{name}"))
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10 and least <= int(typed) <= most):
        raise SourcedValue(typed, _as_typed(f"--{name}")).wrong(f"a whole number from {least} to {most}")
    return int(typed)


def _as_typed(flag: str) -> str:
    """Return a flag, and the letter that it may have been typed as."""
    short = next((each.short for each in OPTIONS if each.flag == flag and each.short), "")
    return f"{flag} ({short})" if short else flag


def sessions(flags: Mapping[str, Any]) -> int:
    """Read how many sandbox sessions to play.

    :raises DataError: it is no such number, or there is no sandbox.
    """
    sessions = whole_number(flags, "sessions", least=1, most=_MOST_SESSIONS)
    if flags["sessions"] is not None and not flags["sandbox"]:
        raise DataError(
            "--sessions: only a sandbox can play several days at once",
            "Allowed: together with --sandbox.",
            remedies=("Add --sandbox, or leave --sessions out; nothing was sent.",),
        )
    return sessions


def refuse_urls_with_sandbox(flags: Mapping[str, Any]) -> None:
    """Refuse a service URL beside --sandbox.

    :raises DataError: there is one.
    """
    given = [name for name in _URL_FLAGS if flags[name] is not None]
    if flags["sandbox"] and given:
        raise DataError(
            f"--sandbox brings its own services, so --{given[0].replace('_', '-')} means nothing beside it",
            "Allowed: one or the other.",
            remedies=("Leave --sandbox out to run against that service; nothing was sent.",),
        )


def refuse_new_ledger(flags: Mapping[str, Any]) -> None:
    """Refuse --new-ledger where none is made, or where one always is.

    :raises DataError: it is typed beside --sandbox or --dry-run.
    """
    other = next((name for name in ("sandbox", "dry_run") if flags["new_ledger"] and flags[name]), None)
    if other is not None:
        raise DataError(
            f"--new-ledger means nothing beside --{other.replace('_', '-')}",
            "A sandbox makes its ledger itself, and a dry run makes none.",
            remedies=("Leave one of the two out; nothing was sent.",),
        )
