"""The year as it was played: what each command did, and what it left."""

import email.message
import email.policy
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from email.parser import BytesHeaderParser
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from support.command import ROOT
from support.desk import read_rows
from support.faulty_http import exact
from year.days import within

PLAYER = Path(__file__).with_name("player.py")
ZONE = "Asia/Tokyo"
"""The machine's, in which New York's morning is the evening, and its afternoon the next day."""


class Done(NamedTuple):
    """A command that has ended (`status` negative: by that signal), and what came of it outside."""

    day: date
    at: str
    args: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    requests: list[str]
    posts: list[list[str]]
    letters: list[str]
    account: Any

    @property
    def is_mark(self) -> bool:
        return "mark" in self.args

    @property
    def name(self) -> str:
        return f"{self.day} {self.at} {' '.join(self.args)}"


class Year:
    """All of it; `files` are those that lay there when it was over, before anybody looked into the ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reports = folder / "reports"
        self.ledger = self.reports / "ledger.sqlite3"
        self.files = [path for path in folder.rglob("*") if path.is_file()]
        record = exact((folder / "record.json").read_text("utf-8"))
        self._runs: list[Any] = record["runs"]
        self.done = [
            Done(**each | {"day": date.fromisoformat(each["day"]), "args": tuple(each["args"])})
            for each in record["done"]
        ]

    def runs(self) -> list[Done]:
        return [each for each in self.done if not each.is_mark]

    def marks(self) -> list[Done]:
        return [each for each in self.done if each.is_mark]

    def during(self, span: tuple[date, date]) -> list[Done]:
        return [each for each in self.done if within(each.day, span)]

    def orchestrations(self) -> list[Any]:
        """Return the platform's own runs, in their order."""
        return self._runs

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return what the ledger has."""
        return read_rows(self.ledger, table)

    def document(self, name: str) -> Any:
        """Return a JSON result, its amounts exact."""
        return exact((self.reports / name).read_text("utf-8"))

    @cached_property
    def letters(self) -> list[tuple[Done, email.message.Message]]:
        """The heading of each letter that arrived, with the command that sent it."""
        heading = BytesHeaderParser(policy=email.policy.default)
        return [
            (each, heading.parsebytes(text.encode("utf-8", "surrogateescape")))
            for each in self.done
            for text in each.letters
        ]

    def command(self, *args: str) -> str:
        """Run a command that needs no service, and return what it prints."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PAPER_RUN_")}
        ended = subprocess.run(
            [sys.executable, "-m", "paper_run", *args],
            cwd=self.folder,
            env=variables | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        return ended.stdout


def play(folder: Path) -> Year:
    """Have the year played in a process of its own, and return it."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    variables |= {"PYTHONPATH": os.pathsep.join((str(ROOT / "tests"), str(ROOT))), "TZ": ZONE}
    ended = subprocess.run(
        [sys.executable, PLAYER, folder],
        env=variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    return Year(folder)


def cents(amount: str | Decimal) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))
