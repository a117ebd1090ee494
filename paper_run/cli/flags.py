"""What was typed, read: the settings' sources, the folder, whole numbers, a decision."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paper_run.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from paper_run.book.splits import Ratio
    from paper_run.model.commands import Invocation
    from paper_run.settings.config import Config
    from paper_run.settings.sources import Sources
    from paper_run.trading.adjustments import Change, Said, Trade
    from paper_run.trading.verdicts import Decision

SANDBOX_FOLDER = "sandbox"
_MOST_SESSIONS = 10_000
SETTLING = ("placed", "not_placed", "run_id", "orders")
_HOW = (
    "Allowed: one of resolve --position SYMBOL|all|SYMBOL=QTY@PRICE, resolve --split SYMBOL N:M "
    "[--ex-date DATE], resolve --reset, resolve --order NAME --filled QTY@PRICE, resolve --order NAME "
    "--not-filled."
)
# As many digits as the wire may have: a printed command names what the gateway said.
_AMOUNT = r"[0-9]{1,31}(?:\.[0-9]{1,40})?"
_DAY_OPTIONS = (
    "--capital",
    "--max-position-size",
    "--as-of-date",
    "--latest-start",
    "--timeout",
    "--email-to",
)
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


def settings(flags: Mapping[str, Any], *, found: Sources | None = None, sends: bool = True) -> Config:
    """Return every setting of a command, read and checked.

    :param found: where they are looked up, if that is known already.
    :param sends: whether mails are to be sent, so that there must be a server for them.
    :raises DataError: one is wrong.
    """
    from paper_run.settings import config, email

    found = found or sources(flags)
    read = config.load(found, today=today(found))._replace(
        ignore_calendar=bool(flags.get("ignore_calendar")),
        new_ledger=bool(flags.get("new_ledger")),
        invocation=invocation(flags, found),
        ledger=flags.get("ledger") or "",
    )
    if flags.get("no_email"):
        return read._replace(mail=None)
    if read.mail is not None and read.mail.on != "never" and sends:
        email.require_host(read.mail)
    return read


def invocation(flags: Mapping[str, Any], found: Sources) -> Invocation:
    """Return what a command needs to run as it stands and find the same ledger, services and exchange.

    Wherever they came from: flag, variable, .env file or default. URLs with credentials are left out.

    :raises DataError: the reports folder's name is no path.
    """
    from paper_run.model.commands import Invocation
    from paper_run.settings import config

    place = ["--sandbox"] if flags["sandbox"] else []
    place += ["--env-file", str(found.file.resolve())] if found.file is not None else []
    place += ["--reports-dir", str(config.reports_folder(found))]
    exchange = found.outside_file("--exchange")
    services = [] if exchange is None else ["--exchange", exchange.value]
    for name in _URL_FLAGS:
        typed = found.outside_file(f"--{name.replace('_', '-')}")
        if typed is not None and "@" not in typed.value and not flags["sandbox"]:
            services += [f"--{name.replace('_', '-')}", typed.value]
    return Invocation(program(), _options(place), _options(services), day=_options(_day(flags, found)))


def _day(flags: Mapping[str, Any], found: Sources) -> list[str]:
    """Return what the day was asked for, so that a command that trades it asks for the same."""
    words = ["--symbols", ",".join(symbols)] if (symbols := found.all_outside_file("--symbols")) else []
    for name in _DAY_OPTIONS:
        words += [word for value in found.all_outside_file(name) for word in (name, value)]
    switches = ("ignore_calendar", "no_email") if "again" in flags else ()
    return words + [f"--{name.replace('_', '-')}" for name in switches if flags.get(name)]


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
    from paper_run.settings.sources import Given

    return None if typed is None else past_date(Given(typed, option), today(sources(flags)))


def whole_number(flags: Mapping[str, Any], name: str, *, default: int, least: int, most: int) -> int:
    """Read an option that takes a whole number.

    :raises DataError: it is none, or out of bounds.
    """
    from paper_run.settings.sources import Given

    typed = flags[name]
    if typed is None:
        return default
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10 and least <= int(typed) <= most):
        raise Given(typed, f"--{name}").wrong(f"a whole number from {least} to {most}")
    return int(typed)


def sessions(flags: Mapping[str, Any]) -> int:
    """Read how many sandbox sessions to play.

    :raises DataError: it is no such number, or there is no sandbox.
    """
    sessions = whole_number(flags, "sessions", default=1, least=1, most=_MOST_SESSIONS)
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


def change(trade: str | None, flags: Mapping[str, Any]) -> Change | None:
    """Read what a person changes in the book; None when they change nothing.

    :raises DataError: it can't be read, or goes with nothing else that was typed.
    """
    from paper_run.trading.adjustments import Change, Split

    typed = [name for name in ("position", "split", "reset", "filled", "not_filled") if flags[name]]
    if flags["ex_date"] is not None and typed != ["split"]:
        raise DataError("--ex-date goes with --split", _HOW)
    if not typed:
        return None
    is_said = typed[0] in ("filled", "not_filled")
    others = [name for name in (*SETTLING, "wrong_date") if not (is_said and name == "orders")]
    if len(typed) > 1 or trade is not None or any(flags[name] for name in others):
        raise DataError(f"--{typed[0].replace('_', '-')} goes with nothing else", _HOW)
    if is_said:
        return Change(said=_said(flags))
    if flags["position"]:
        names = dict.fromkeys(_symbol_or_all(name) for name in flags["position"] if "=" not in name)
        trades = tuple(_by_hand(name) for name in flags["position"] if "=" in name)
        return Change(adjust=tuple(names), trades=trades)
    if flags["split"]:
        symbol, ratio = flags["split"]
        ex_date = past_day("--ex-date", flags["ex_date"], flags)
        return Change(split=Split(_symbol(symbol), _ratio(ratio), ex_date))
    return Change()


def _said(flags: Mapping[str, Any]) -> Said:
    """Read what a person says that an order has filled.

    :raises DataError: it names no order or several, or no quantity and price.
    """
    from decimal import Decimal

    from paper_run.trading.adjustments import Said

    if len(flags["orders"]) != 1:
        raise DataError("--filled and --not-filled go with one --order", _HOW)
    (name,) = flags["orders"]
    if not name.isprintable() or not name:
        raise DataError(f"--order: {name!a} is no id", "Allowed: printable text.")
    if flags["not_filled"]:
        return Said(name, Decimal(0), None)
    qty, at, price = flags["filled"].partition("@")
    if not at or not all(re.fullmatch(_AMOUNT, word) and Decimal(word) > 0 for word in (qty, price)):
        raise DataError(
            f"--filled: {flags['filled']!a} is no quantity and price",
            "Allowed: QTY@PRICE, all that it filled at the average price in dollars, such as 10@228.50.",
            remedies=("Correct --filled and run again; nothing was booked.",),
        )
    return Said(name, Decimal(qty), Decimal(price))


def _ratio(typed: str) -> Ratio:
    from paper_run.book import splits

    became, colon, shares = typed.partition(":")
    if not colon or not all(re.fullmatch(r"[1-9][0-9]{0,5}", word) for word in (became, shares)):
        raise DataError(
            f"--split: {typed!a} is no ratio",
            "Allowed: N:M in whole numbers, M shares became N: 2:1 doubles, 1:10 is a reverse split, 1:1 "
            "says that there was none.",
            remedies=("Correct --split and run again; nothing was booked.",),
        )
    return splits.ratio(typed)


def _by_hand(typed: str) -> Trade:
    """Read SYMBOL=QTY@PRICE."""
    from decimal import Decimal

    from paper_run.trading.adjustments import Trade

    symbol, _, traded = typed.partition("=")
    if symbol == "all":
        raise DataError(
            f"--position: {typed!a} gives one quantity to all symbols",
            "Allowed: all alone, for each symbol that differs, or SYMBOL=QTY@PRICE for one.",
            remedies=("The symbol ALL is written in capitals; nothing was booked.",),
        )
    qty, at, price = traded.partition("@")
    if (
        not at
        or not re.fullmatch(f"-?{_AMOUNT}", qty, re.ASCII)
        or not re.fullmatch(_AMOUNT, price, re.ASCII)
    ):
        raise DataError(
            f"--position: {typed!a} is no quantity at a price",
            "Allowed: SYMBOL=QTY@PRICE, what the book is to hold, negative for a short position, and at how "
            "many dollars a share it was traded: XYZ=0@12.50 says that all XYZ were sold at 12.50.",
            remedies=("Correct --position and run again; nothing was booked.",),
        )
    return Trade(_symbol(symbol), Decimal(qty), Decimal(price))


def _symbol_or_all(name: str) -> str:
    return name if name == "all" else _symbol(name)


def _symbol(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]+(?:[./-][A-Za-z0-9]+)*", name):
        raise DataError(f"{name!a} is no symbol", _HOW)
    return name.upper()


def decision(trade: str | None, flags: Mapping[str, Any]) -> Decision | None:
    """Read what a person says of a trade; None when they only ask."""
    from paper_run.trading.verdicts import Decision

    how = "Allowed: resolve SESSION --placed [--run-id ID | --order ID ...], or resolve SESSION --not-placed."
    typed = [("--run-id", flags["run_id"] or ""), *(("--order", order) for order in flags["orders"])]
    for option, name in typed:
        if not name.isprintable():
            raise DataError(f"{option}: {name!a} is no id", "Allowed: printable text.")
    named = flags["run_id"] is not None or bool(flags["orders"])
    if flags["placed"] and flags["not_placed"]:
        raise DataError("--placed and --not-placed contradict each other", how)
    if named and (not flags["placed"] or (flags["run_id"] is not None and flags["orders"])):
        raise DataError("--run-id or --order goes with --placed, one kind of the two", how)
    if flags["placed"] or flags["not_placed"]:
        if trade is None:
            raise DataError("resolve needs the trade that is to be settled", how)
        return Decision(flags["placed"], flags["run_id"], flags["orders"])
    if trade is not None:
        raise DataError(f"resolve {trade!a}: it is not said what came of it", how)
    return None
