"""The exit statuses, and the one tree of errors that carries them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from paper_run import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Self


class ExitStatus(IntEnum):
    """What the shell gets; with several, ORCHESTRATION beats DEPENDENCY beats DATA.

    :ivar words: when, as `--help` and the reference say it.
    """

    words: str

    def __new__(cls, number: int, words: str = "") -> Self:
        """Make one of its number and its words."""
        made = int.__new__(cls, number)
        made._value_ = number
        made.words = words
        return made

    SUCCESS = 0, "all is well, or there is no session today"
    DEPENDENCY = 1, "a service is down or unhealthy, or a message could not be sent"
    ORCHESTRATION = 2, "the orchestration failed, its outcome is not known, or it is too late"
    DATA = 3, "wrong input, or a file that can't be read or written"
    INTERRUPTED = 130, "interrupted by Ctrl-C or SIGTERM"


class Remedy(NamedTuple):
    """What a person may do: in words, and the command that does it, where one does.

    :ivar text: a sentence; with a command it leads to it, without its colon.
    :ivar command: one of ours is made by `paper_run.model.commands.ours`; another program's, such as curl,
        stands as it is typed.
    """

    text: str
    command: str = ""

    def __str__(self) -> str:
        return f"{self.text}: {self.command}" if self.command else self.text


class PaperRunError(Exception):
    """Something failed: what (title), where and why (explanation), and what to try (remedies).

    :ivar remedies: given as text, one is without a command.
    :ivar details: what it consists of, one by one; a record has each of them as a finding of its own.
    :ivar code: what it is, for a program; see `paper_run.model.findings.CODES`.
    :ivar subject: what it is about: a symbol, an order, a session, a service; "" for the day as a whole.
    :ivar told: whether nobody needs to be mailed about it: it was mailed, or a person has just typed it.
    :ivar ledger: the id of the ledger that was open when it failed, "" for none.
    """

    exit_status = ExitStatus.DATA
    code = "data"

    def __init__(
        self,
        title: str,
        explanation: str = "",
        *,
        remedies: Iterable[Remedy | str] = (),
        details: Iterable[str] = (),
        code: str = "",
        subject: str = "",
    ) -> None:
        super().__init__(title)
        self.title = title
        self.explanation = explanation
        self.remedies = tuple(Remedy(each) if isinstance(each, str) else each for each in remedies)
        self.details = tuple(details)
        self.code = code or self.code
        self.subject = subject
        self.told = False
        self.ledger = ""

    def __str__(self) -> str:
        return f"{self.title}. {self.explanation}" if self.explanation else self.title


class DataError(PaperRunError):
    """Wrong input, wrong configuration, or a file that can't be read or written (exit 3)."""


class DependencyError(PaperRunError):
    """A service that the day needs is down, unhealthy or unreadable (exit 1)."""

    exit_status = ExitStatus.DEPENDENCY
    code = "dependency"


class OrchestrationError(PaperRunError):
    """The orchestration was refused, failed, timed out, or its outcome is not known (exit 2)."""

    exit_status = ExitStatus.ORCHESTRATION
    code = "orchestration"


class UnderwayError(OrchestrationError):
    """The day's run is under way in another process, which tells everybody what becomes of it."""


class Interrupted(PaperRunError):
    """The user or the system stopped the program (exit 130)."""

    exit_status = ExitStatus.INTERRUPTED
    code = "interrupted"


class SeveralErrors(PaperRunError):
    """Several failures found at the same moment, shown together; the worst one sets the exit status."""

    def __init__(self, errors: tuple[PaperRunError, ...]) -> None:
        super().__init__("; ".join(error.title for error in errors))
        self.errors = errors
        self.exit_status = worst(error.exit_status for error in errors)


_SEVERITY = (
    ExitStatus.SUCCESS,
    ExitStatus.DATA,
    ExitStatus.DEPENDENCY,
    ExitStatus.ORCHESTRATION,
    ExitStatus.INTERRUPTED,
)


def worst(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """Return the status that wins: interrupted, then 2, then 1, then 3; SUCCESS of none."""
    return max(statuses, key=_SEVERITY.index, default=ExitStatus.SUCCESS)


class LedgerLostError(DataError):
    """The database of the ledger can't be reached, or not any more: a service that the day needs (exit 1)."""

    exit_status = DependencyError.exit_status
    code = DependencyError.code

    def before_sending(self) -> LedgerLostError:
        """Return the same, told where nothing was sent yet."""
        return LedgerLostError(self.title, f"{self.explanation} Nothing was sent.", remedies=self.remedies)


class NotAloneError(DataError):
    """A row is there already that there may be only once; nothing was written."""


class UnclearCommitError(LedgerLostError):
    """Nobody knows whether what a transaction wrote is there, or is there to stay.

    :ivar apart: runs a statement with its values over a connection of its own, and proves that it is kept.
    """

    apart: Callable[[str, tuple[Any, ...]], None]
