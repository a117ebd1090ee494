"""What a schedule starts: which command, when by the exchange's clock, from where and as whom."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from paper_run.model.calendar import ExchangeName

_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

WITHOUT_A_BAR = (
    "A signal service without a bar for today at that hour? PAPER_RUN_AS_OF_DATE=previous in the",
    "settings file takes the signals of the last completed session.",
)
OF_A_SANDBOX = "With --sandbox, to try the schedule: each start plays the sandbox's next day."


class Start(NamedTuple):
    """One start of a day, by the exchange's clock.

    :ivar command: the words between `paper_run` and its options.
    :ivar minutes: when cron looks whether it is time: each quarter of an hour that fits, because zones differ
        by whole quarters. Exactly one of them falls into the ten minutes of `pattern`.
    """

    what: str
    command: tuple[str, ...]
    clock: str
    minutes: str
    pattern: str

    def name(self, account: str = "") -> str:
        """Return what it is called where it is installed, apart from another account's there."""
        return "-".join(filter(None, ("paper-run", account, *self.command)))


class Times(NamedTuple):
    """When the days of an exchange start: its zone, and its days.

    :ivar pattern: its days for `date +%u`. :ivar days: for systemd. :ivar weekdays: for a line of cron.
    """

    zone: str
    place: str
    pattern: str
    days: str
    weekdays: str
    words: str
    starts: tuple[Start, Start]


def _starts(run: tuple[str, str, str], mark: tuple[str, str, str]) -> tuple[Start, Start]:
    return (
        Start("the day", (), *run),
        Start("its value at the end of the day", ("mark",), *mark),
    )


TIMES: dict[ExchangeName, Times] = {
    "XNYS": Times(
        "America/New_York",
        "New York",
        "[1-5]",
        "Mon..Fri",
        "1-5",
        "Monday to Friday",
        _starts(("09:00", "*/15", "09:0?"), ("16:10", "10,25,40,55", "16:1?")),
    ),
    "24/7": Times(
        "UTC",
        "UTC",
        "?",
        "*-*-*",
        "*",
        "every day",
        _starts(("00:05", "5,20,35,50", "00:0?"), ("23:50", "5,20,35,50", "23:5?")),
    ),
}


class Waits(NamedTuple):
    """How long a start waits, whole seconds: for the orchestration, and for services that are not up yet."""

    timeout: int
    wait: int

    @property
    def stop(self) -> int:
        """How long it may go on after SIGTERM: during the POST it waits for the answer, and records it."""
        return self.timeout + 60

    @property
    def whole(self) -> int:
        """How long it may take in all: another host's POST may be waited for before its own, and midnight."""
        return self.wait + 2 * self.timeout + 600


class Schedule(NamedTuple):
    """What is started, from where, as whom; every path is absolute.

    :ivar python: the interpreter as it was called: a virtual environment's is a link that must stay one.
    :ivar env_file: the settings file; None when there is none.
    :ivar reports_dir: as `--reports-dir` takes it; a sandbox's reports lie in its folder `sandbox`.
    :ivar outputs: further folders that are written to.
    :ivar tells_exchange: whether what is started is told its exchange.
    :ivar unseen: variables set where this text is made, and not where the schedule starts anything.
    :ivar lost: likewise, and of no settings file. :ivar name: tells its units from another account's.
    """

    python: str
    folder: Path
    env_file: Path | None
    reports_dir: Path
    outputs: tuple[Path, ...]
    exchange: ExchangeName
    tells_exchange: bool
    is_sandbox: bool
    user: str
    waits: Waits
    unseen: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    name: str = ""

    @property
    def times(self) -> Times:
        """When its days start."""
        return TIMES[self.exchange]

    @property
    def reports_folder(self) -> Path:
        """Where the reports themselves go."""
        return self.reports_dir / "sandbox" if self.is_sandbox else self.reports_dir

    @property
    def place(self) -> tuple[str, ...]:
        """The options that name settings and reports."""
        settings = () if self.env_file is None else ("--env-file", str(self.env_file))
        sandbox = ("--sandbox",) if self.is_sandbox else ()
        return (*sandbox, *settings, "--reports-dir", str(self.reports_dir))

    @property
    def label(self) -> str:
        """What its texts call it besides its name."""
        return "paper_run (SANDBOX)" if self.is_sandbox else "paper_run"

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """What is set for all that is started: no ledger is made silently where there must be one."""
        exchange = (("PAPER_RUN_EXCHANGE", self.exchange),) if self.tells_exchange else ()
        return (("PAPER_RUN_REQUIRE_LEDGER", "1"), *exchange)

    @property
    def first(self) -> str:
        """The first day's command, for a shell: it makes the ledger; "" for a sandbox, which needs none."""
        if self.is_sandbox:
            return ""
        exchange = ("--exchange", self.exchange) if self.tells_exchange else ()
        return f"cd {shlex.quote(str(self.folder))} && " + shlex.join(self.words("--new-ledger", *exchange))

    def words(self, *command: str) -> tuple[str, ...]:
        """Return a whole command."""
        return (self.python, "-m", "paper_run", *command, *self.place)

    def again(self, kind: str, *options: str) -> str:
        """Return the command that makes this text, for a shell."""
        exchange = ("--exchange", self.exchange) if self.tells_exchange else ()
        return f"cd {shlex.quote(str(self.folder))} && " + shlex.join(
            self.words("schedule", kind, *options, *exchange)
        )


def remarks(schedule: Schedule) -> list[str]:
    """Return what there is to know of a schedule, whatever starts it."""
    known = [*WITHOUT_A_BAR] if schedule.exchange == "XNYS" else []
    if schedule.unseen:
        known += [
            f"Set here, but not where this starts it: {', '.join(schedule.unseen)}.",
            f"Put what is needed into {schedule.env_file or schedule.folder / '.env'}.",
        ]
    if schedule.lost:
        known += [
            f"Set in this shell alone, and no settings file can hold it: {', '.join(schedule.lost)}.",
            "Put what is needed before the lines of a crontab as NAME=VALUE, into a service as Environment=.",
        ]
    if schedule.is_sandbox:
        known.append(OF_A_SANDBOX)
    return known


def refuse_unwritable(schedule: Schedule, what: str, *more: Path) -> None:
    """Refuse what no line of text can hold.

    :param what: the text it would stand in. :param more: paths besides the schedule's own.
    :raises DataError: for the first such path.
    """
    for word in (*schedule.words(), *map(str, (schedule.folder, *schedule.outputs, *more))):
        if _UNWRITABLE.search(word):
            raise DataError(
                f"The path {word!a} can't stand in {what}",
                "It holds a line break or another character that is no text.",
                remedies=("Rename it; nothing was installed.",),
            )
