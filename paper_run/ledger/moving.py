"""The way of a ledger from its file into a schema, and how a way that was broken off ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from paper_run.errors import DataError, Remedy
from paper_run.ledger.sqlite import moved as marks
from paper_run.model.commands import ours
from paper_run.model.place import Place

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from paper_run.ledger.sqlite.store import Store
    from paper_run.model.place import Database
    from paper_run.model.progress import Waiting

Move = Literal["move", "resume", "abandon"]
_LEDGER = "SELECT value FROM account WHERE name = 'ledger'"
_BACKUP = "The file trades no more; keep it as a backup."


def moved(
    source: Store, folder: Path, database: Database, postgres: ModuleType, waiting: Waiting, how: Move
) -> str:
    """Go that way; say what was done. The file is held by its lock, the schema by its session.

    :raises DataError: it can't be gone, or nothing is to be ended.
    """
    from paper_run.ledger.postgres import move

    kind = source.rows("SELECT value FROM account WHERE name = 'sandbox'")
    database = database.of_sandbox if [row["value"] for row in kind] == ["1"] else database
    before = marks.target_of(source)
    if how == "move" and before is not None:
        marks.refuse(source)
    if how != "move" and before is None:
        raise DataError(
            f"The ledger {source.name} is not being moved",
            remedies=(Remedy("Move it", ours("ledger", "move", source.name, "URL")),),
        )
    if before not in (None, database.name):
        raise DataError(
            f"The ledger {source.name} is being moved to {before}, not to {database.name}",
            remedies=("Name that one.",),
        )
    if how == "move":
        marks.mark(source, database.name)
    target = postgres.opened(Place(folder, database), waiting.now)
    try:
        if how == "abandon":
            return _abandoned(source, target, postgres)
        if postgres.is_there(target):
            if _id(target) != _id(source):
                if how == "move" and _id(target):
                    marks.unmark(source)  # another account's: nothing of this one is there
                raise _another(source, target, how)
            if how == "move":
                raise DataError(
                    f"The ledger is in {target.name} already",
                    _BACKUP,
                    remedies=("Use that one: --ledger-url URL (PAPER_RUN_LEDGER_URL)",),
                )
            return f"It is in {target.name}, whole: the move had ended. {_BACKUP}"
        number = move.copy(source, target)
    finally:
        target.close()
    return f"Moved to {database.name}: {number:,} rows, each compared. {_BACKUP}"


def _abandoned(source: Store, target: Any, postgres: ModuleType) -> str:
    with target.transaction():
        postgres.lock_schema(target)
        if postgres.is_there(target) and _id(target) in ("", _id(source)):
            raise DataError(
                f"The ledger is in {target.name} already",
                "What was traded since may be there alone.",
                remedies=(Remedy("End the move", ours("ledger", "move", source.name, "URL", "--resume")),),
            )
    marks.unmark(source)
    return f"Taken back: {source.name} is the ledger again, and {target.name} has nothing of it."


def _another(source: Store, target: Any, how: Move) -> DataError:
    """Return that the schema is another account's: nothing of this ledger is in it."""
    back = Remedy("Take the move back", ours("ledger", "move", source.name, "URL", "--abandon"))
    return DataError(
        f"There is another ledger in {target.name}",
        "Each has a schema of its own.",
        remedies=(
            *((back,) if how == "resume" else ()),
            "Move it to another schema: PAPER_RUN_LEDGER_SCHEMA=NAME; nothing was moved.",
        ),
    )


def _id(store: Any) -> str:
    """Return the id that a ledger keeps wherever it is; empty where the row that has it is gone."""
    return next((str(row["value"]) for row in store.rows(_LEDGER)), "")
