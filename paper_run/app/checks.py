"""One thing that doctor has looked at."""

from __future__ import annotations

from paper_run import NamedTuple
from paper_run.errors import ExitStatus


class Check(NamedTuple):
    """One thing that was looked at; `fix` is empty when it is well."""

    name: str
    words: str
    exit_status: ExitStatus = ExitStatus.SUCCESS
    fix: str = ""
