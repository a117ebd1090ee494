"""What goes wrong with the database, in words: what, which ledger, how to recover; no password in them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors as said

from paper_run.errors import DataError, LedgerLostError, NotAloneError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paper_run.model.place import Database


@contextlib.contextmanager
def translated(database: Database) -> Iterator[None]:
    """Turn what PostgreSQL and its client say into words.

    :raises DataError: anything went wrong with the database.
    """
    try:
        yield
    except said.UniqueViolation as error:
        words = "Another row has what only one may have"
        raise NotAloneError(
            f"The ledger {database.name} refused it", f"{words}: {_sentence(error)}"
        ) from None
    except (psycopg.OperationalError, psycopg.InterfaceError, said.ReadOnlySqlTransaction) as error:
        raise lost(database, error) from None
    except psycopg.Error as error:
        raise DataError(
            f"The ledger {database.name} can't be used",
            f"PostgreSQL says: {_sentence(error)}",
            remedies=(
                "Give the user of the URL the schema and its tables: GRANT, or ALTER ... OWNER TO."
                if error.sqlstate
                else "Correct the database's URL (PAPER_RUN_LEDGER_URL, --ledger-url), and run again.",
            ),
        ) from None
    except (ValueError, LookupError, TypeError) as error:
        raise damaged(database, error) from error


def lost(database: Database, error: Exception | str) -> LedgerLostError:
    """Return that the database can't be reached, or not any more."""
    words = _sentence(error).removeprefix("connection failed: ").removeprefix("connection is bad: ")
    return LedgerLostError(
        f"The database of the ledger {database.name} can't be used",
        f"{words[:1].upper()}{words[1:]}",
        remedies=("See whether it is up and lets this host and user in; then run again.",),
    )


def damaged(database: Database, error: Exception) -> DataError:
    """Return that a record can't be read, with what is left to do."""
    return DataError(
        f"The ledger {database.name} is damaged",
        f"A row can't be read: {error}.",
        remedies=(
            "Restore the schema from a backup.",
            "Without it nothing is known of earlier attempts: look at the orchestrator's runs first.",
        ),
    )


def _sentence(error: Exception | str) -> str:
    """Return what was said, its lines as sentences in one."""
    lines = (" ".join(line.split()) for line in str(error).splitlines())
    ended = (line if line[-1] in ".:?" else f"{line}." for line in lines if line)
    return " ".join(ended) or f"{type(error).__name__}."
