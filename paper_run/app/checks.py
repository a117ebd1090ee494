"""One thing that doctor has looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.errors import Remedy


class Check(NamedTuple):
    """One thing that was looked at; `fix` is empty when it is well."""

    name: str
    words: str
    exit_status: ExitStatus = ExitStatus.SUCCESS
    fix: str = ""


def fix_of(remedies: Iterable[Remedy]) -> str:
    """Return what a person may do as one line; that nothing was sent goes without saying."""
    said = (str(each).removesuffix(".").removesuffix("; nothing was sent") for each in remedies)
    return "; ".join(each for each in said if each != "Nothing was sent")
