"""Commands of ours: as they are recorded, as they run on a host, and those that a person is told of."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import Remedy

if TYPE_CHECKING:
    from paper_run.model.service import ServiceUrl

PROGRAM = "paper-run"
_CHANGES = frozenset({"mark", "resolve", "email"})
_ASKS_SERVICES = frozenset({"mark", "resolve", "doctor"})


def ours(*words: str) -> str:
    """Return one of our commands: its name and arguments, without what a host needs to run it."""
    return shlex.join((PROGRAM, *words))


def of_another(*words: str) -> str:
    """Return another program's command as it is typed; what a service has told is quoted like any word."""
    return shlex.join(words)


def of_pip(extra: str) -> str:
    """Return what installs one of our extras into the environment that this program runs in."""
    return of_another(sys.executable, "-m", "pip", "install", f"paper_run[{extra}]")


def of_ledger(command: str, ledger: str) -> str:
    """Name the ledger in a command of ours that changes a record, so that any other ledger refuses it.

    :param ledger: its id, "" where it is not known.
    """
    changes = ledger and _verb(command) in _CHANGES and " --ledger " not in f"{command} "
    return f"{command} --ledger {ledger}" if changes else command


def _verb(command: str) -> str:
    """Return which command of ours it is; "" for the day, which has no name, and for another program's."""
    program, _, rest = command.partition(" ")
    word = rest.partition(" ")[0]
    return word if program == PROGRAM and not word.startswith("-") else ""


class Invocation(NamedTuple):
    """What a command of ours needs on this host besides its name and arguments, in the words of a shell.

    :ivar program: what runs it. :ivar place: the options that find the ledger, beginning with a blank.
    :ivar services: those that find the services and the exchange, likewise.
    :ivar ledger: the ledger's id, where it is known. :ivar day: what the day was asked for, likewise.
    """

    program: str = PROGRAM
    place: str = ""
    services: str = ""
    ledger: str = ""
    day: str = ""

    def whole(self, command: str) -> str:
        """Return a command that runs as it stands; another program's is left alone."""
        program, _, rest = of_ledger(command, self.ledger).partition(" ")
        if program != PROGRAM:
            return command
        verb = _verb(command)
        services = self.services if verb in {*_ASKS_SERVICES, ""} else ""
        day = "" if verb else self.day
        return f"{self.program} {rest}".rstrip() + day + self.place + services


PLAIN = Invocation()
"""Commands as they are recorded."""


def say_what_came(attempt: str, run_id: str | None = None) -> tuple[Remedy, ...]:
    """Say how a person tells what came of an attempt.

    :param run_id: the orchestrator's run, if it is known.
    """
    return (
        Remedy("The next command looks for it once more; it is never sent again"),
        Remedy("If it did trade", ours("resolve", attempt, "--placed", "--run-id", run_id or "ID")),
        Remedy(
            "Or, by the orders' ids", ours("resolve", attempt, "--placed", "--order", "ID", "--order", "ID")
        ),
        Remedy("If it did not", ours("resolve", attempt, "--not-placed")),
    )


def order_remedies(name: str) -> tuple[Remedy, ...]:
    """Say how a person tells what an order has filled.

    :param name: the order, as `resolve` lists it.
    """
    filled = ours("resolve", "--order", name, "--filled", "QTY@PRICE")
    return (
        Remedy("See at the broker what it filled, and say it", filled),
        Remedy("If it filled nothing", ours("resolve", "--order", name, "--not-filled")),
    )


def ask_for_positions(gateway: ServiceUrl) -> Remedy:
    """Say how to look at what the gateway answers for its positions."""
    return Remedy("See the positions", of_another("curl", f"{gateway}/api/v1/positions"))
