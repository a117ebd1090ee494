"""Whose ledger it is: a sandbox's or a real account's, its exchange with its holidays, and its own id."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from paper_run.errors import DataError, Remedy
from paper_run.ledger.rows import Part, put_into
from paper_run.model.commands import of_another

if TYPE_CHECKING:
    from paper_run.ledger.attempts import Attempts
    from paper_run.ledger.store import Store
    from paper_run.model.calendar import ExchangeName


class Account:
    """The part of the ledger that says whose it is."""

    def __init__(self, store: Store, attempts: Attempts) -> None:
        self._store = store
        self._attempts = attempts

    @property
    def is_sandbox(self) -> bool | None:
        """Whether it is a sandbox's, None before its first attempt."""
        value = self._account().get("sandbox")
        return None if value is None else value == "1"

    @cached_property
    def identity(self) -> str:
        """The ledger's own short id, made with it: what tells it from every other one.

        :raises DataError: it has none: the ledger is damaged.
        """
        identity = self._account().get("ledger")
        if identity is None:
            raise self._store.damaged(LookupError("what tells it from every other ledger is gone"))
        return identity

    @property
    def platform(self) -> str | None:
        """What it trades on, by name; None: it is a file, and its orchestrator's URL tells it."""
        return self._store.platform

    def other_database(self) -> str | None:
        """Return why rows may be missing, as a clause: another server, timeline or dump; None: no reason."""
        before = self._account().get("database")
        if before is not None and before != self._store.cluster:
            return f"its server is another one, or was promoted or restored: it was {before} before"
        anew = "rows of it were written anew or are missing, as where a dump was put back"
        return anew if self._store.was_put_back() else None

    @property
    def tells_of_dumps(self) -> bool:
        """Whether rows that were put back would be told from its own; older programs wrote nothing of it."""
        return self._store.was_put_back() is not None

    def keep_database(self) -> None:
        """Write that it is used on this server and timeline, with these rows."""
        with self._store.transaction():
            self._put("database", self._store.cluster or "")
            self._store.stay()

    def knows_host(self, host: str) -> bool:
        """Whether a host has traded with it, or was about to."""
        return f"host {host}" in self._account()

    def keep_host(self, host: str, orchestrator_url: str) -> None:
        """Write that a host trades with it, and by which URL it reaches the platform."""
        self._put(f"host {host}", orchestrator_url)

    @property
    def last_answer(self) -> str | None:
        """The orchestrator's answer to the latest attempt that has one, as it came: it names its strategy."""
        query = "SELECT answer FROM trades WHERE answer IS NOT NULL ORDER BY id DESC LIMIT 1"
        found = self._store.rows(query)
        return found[0]["answer"] if found else None

    def refuse_another(self, identity: str) -> None:
        """Prove that it is the ledger that a command names.

        :param identity: its id; "": any.
        :raises DataError: it is another one.
        """
        if identity and identity != self.identity:
            raise DataError(
                f"--ledger: {self._store.name} is the ledger {self.identity}, not {identity}",
                "The command was made for another account's ledger.",
                remedies=("Name the folder of that ledger: --reports-dir DIR; nothing was changed.",),
            )

    @property
    def exchange(self) -> ExchangeName:
        """Whose dates its sessions are."""
        return "24/7" if self._account().get("exchange") == "24/7" else "XNYS"

    def refuse_other_url(self, orchestrator_url: str) -> None:
        """Prove, before anything is asked, that a real platform's ledger is not used with another platform.

        :raises DataError: its orchestrator has another URL; of a platform with a name, another name.
        """
        name, theirs = self._platform(orchestrator_url)
        ours = self._account().get(name, theirs)
        if ours != theirs:
            raise self._mixed(name, ours, theirs)

    def refuse_other_exchange(self, exchange: ExchangeName) -> None:
        """Prove that a session is valued by the clock and the calendar that it was traded by.

        :raises DataError: the ledger's sessions are another exchange's.
        """
        if self.is_sandbox is False and exchange != self.exchange:
            raise DataError(
                f"The ledger {self._store.name} has the sessions of {self.exchange}, and this one is "
                f"{exchange}",
                "A session's date, its hours and its quotes go by one exchange.",
                remedies=(Remedy(f"Nothing was written. Name it: --exchange {self.exchange}"),),
            )

    def belongs_to(
        self,
        *,
        sandbox: bool,
        orchestrator_url: str,
        strategy: str | None,
        exchange: str | None = None,
        claim: bool = True,
    ) -> None:
        """Prove that the ledger is this account's, or (`claim`) make it so at its first attempt.

        :param exchange: whose dates the sessions are; None: it does not matter now.
        :raises DataError: it is another's: a sandbox's, or of another orchestrator, strategy or exchange.
        """
        facts = {"sandbox": str(int(sandbox))}
        if not sandbox:
            name, its = self._platform(orchestrator_url)
            facts[name] = its
            facts |= {"strategy": strategy} if strategy else {}
            facts |= {"exchange": exchange} if exchange else {}
        account = self._account()
        if not sandbox and not self._attempts.is_untraded:
            account.setdefault("exchange", "XNYS")  # ledgers that do not say had no other
        for name, value in facts.items():
            if account.get(name, value) != value:
                raise self._mixed(name, account[name], value)
        missing = [(name, value) for name, value in facts.items() if name not in account]
        if missing and claim:
            with self._store.translated_errors():
                self._store.execute_many("INSERT INTO account (name, value) VALUES (?, ?)", missing)

    def _platform(self, orchestrator_url: str) -> tuple[str, str]:
        """Return what tells the platform from another one: its name where hosts reach it by several URLs."""
        if self._store.platform is not None:
            return "platform", self._store.platform
        return "orchestrator_url", orchestrator_url

    def _put(self, name: str, value: str) -> None:
        self._store.run(put_into("account", ("name", "value"), key=("name",)), name, value)

    def _account(self) -> dict[str, str]:
        return {row["name"]: row["value"] for row in self._store.rows("SELECT name, value FROM account")}

    def _mixed(self, name: str, ours: str, theirs: str) -> DataError:
        if name == "sandbox":
            folder = self._store.folder
            what = ("a sandbox", "a real platform") if ours == "1" else ("a real platform", "a sandbox")
            return DataError(
                f"The ledger {self._store.name} belongs to {what[0]}, and this is {what[1]}",
                "Simulated and real trades are never mixed in one ledger.",
                remedies=(
                    Remedy(
                        "If the sandbox got there by mistake, move it away",
                        of_another("mv", str(folder), f"{folder}-sandbox"),
                    )
                    if ours == "1"
                    else "If this was to be the real platform: a sandbox answers at its URLs; stop it",
                    "Or name a folder of its own with --reports-dir, such as reports/sandbox for the "
                    "sandbox; nothing was sent.",
                ),
            )
        return DataError(
            f"The ledger {self._store.name} belongs to another account",
            f"Its {name.replace('_', ' ')} is {ours}, and this one is {theirs}.",
            remedies=("Give each account and strategy its own folder: --reports-dir DIR; nothing was sent.",),
        )


class Holidays(Part):
    """The part of the ledger that keeps a year's holidays: to ask for them costs more than a start."""

    def kept(self, year: int) -> str | None:
        """Return what is kept of a year's holidays."""
        found = self._store.rows("SELECT days FROM calendar WHERE year = ?", year)
        return str(found[0]["days"]) if found else None

    def keep(self, year: int, days: str) -> None:
        """Keep a year's holidays, unless nothing may be written."""
        if self._store.is_read_only:
            return
        self._store.run(put_into("calendar", ("year", "days"), key=("year",)), year, days)
