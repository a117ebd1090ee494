"""A desk with the exchange's own calendar, at whatever time the test sets."""

from datetime import UTC, datetime
from pathlib import Path

from support.command import Finished
from support.desk import Desk

THANKSGIVING = "2026-11-26 15:00"
FRIDAY = "2026-11-27 15:00"  # a half day: it closes at 13:00, 18:00 UTC
WEDNESDAY = "2026-11-25 15:00"  # 10:00 in New York
_CALENDAR = ("PAPER_RUN_OPEN_DATES", "PAPER_RUN_LATEST_START")


class Day(Desk):
    """Real commands against a platform that lives in the same time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.env |= dict.fromkeys(_CALENDAR, "")  # empty is not set
        self.at(WEDNESDAY)

    def at(self, utc: str) -> "Day":
        """Set the clock of the commands and the platform, UTC."""
        self.ahead = datetime.fromisoformat(utc).replace(tzinfo=UTC) - datetime.now(UTC)
        return self

    def asked(self, service: str) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.platform.requests if each.service == service]

    @property
    def traded(self) -> list[str]:
        """The sessions that were traded, by the ledger."""
        return [row["session"] for row in self.rows()]

    def must(self, *args: str | Path, status: int = 0) -> Finished:
        """Run a command that ends with this exit status."""
        said = self.run(*args)
        assert said.returncode == status, said.stdout + said.stderr
        return said
