"""A ledger moved from its file into a schema: marked first, copied, verified, and there at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.app.workspace import waiting
from paper_run.errors import DataError
from paper_run.ledger import existing

if TYPE_CHECKING:
    from pathlib import Path

    from paper_run.ledger.moving import Move
    from paper_run.model.place import Database
    from paper_run.model.progress import Clock


def move(file: Path, database: Database, clock: Clock, *, how: Move) -> str:
    """Move a ledger, or end a move that was broken off; return what was done, in words.

    From the first moment on the file trades no more, whether the database answers or not.

    :param file: the ledger. :param how: `move`; `resume` one that was broken off; `abandon` it.
    :raises PaperRunError: it is no ledger, another command has it, or it could not be moved.
    """
    if file.name != existing.path_of(file.parent).name:
        raise DataError(
            f"{file} is no ledger",
            f"Allowed: a {existing.path_of(file.parent).name} in its reports folder.",
            remedies=("Name it so; nothing was moved.",),
        )
    return existing.moved(file.parent, database, waiting(clock), how)
