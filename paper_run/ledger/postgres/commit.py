"""A COMMIT that is never cancelled, and counts only with a clean answer."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING

import psycopg
from psycopg import pq

from paper_run.errors import UnclearCommitError
from paper_run.ledger.postgres import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from paper_run.ledger.postgres.session import Connection
    from paper_run.model.place import Database

_LOOK = 0.5


def commit(connection: Connection, database: Database, apart: Callable[..., None]) -> None:
    """Commit what the open transaction has written.

    psycopg would cancel it at Ctrl-C: it would be there all the same, and nobody would know it.

    :param apart: see `UnclearCommitError`.
    :raises UnclearCommitError: nobody knows whether it is there, or is there to stay; the connection is
        closed.
    """
    noticed: list[str] = []

    def notice(said: psycopg.errors.Diagnostic) -> None:
        noticed.append(said.message_primary or said.severity or "a notice")

    connection.add_notice_handler(notice)
    interrupted: KeyboardInterrupt | None = None
    try:
        why = _answer(connection.pgconn, connection.patience)
    except psycopg.Error as error:
        why = str(error)
    except KeyboardInterrupt as error:
        why, interrupted = "This program was told to stop while it waited for the answer", error
    connection.remove_notice_handler(notice)
    if why is None and not noticed:
        return
    connection.close()
    unclear = UnclearCommitError(*errors.lost(database, why or "; ".join(noticed)).args)
    unclear.explanation = f"What was written last may be there or not: {why or '; '.join(noticed)}"
    unclear.apart = apart
    raise unclear from interrupted


def _answer(connection: pq.abc.PGconn, patience: float) -> str | None:
    """Send the COMMIT and wait; return what is wrong with the answer, None where it is clean."""
    connection.send_query(b"COMMIT")
    until = time.monotonic() + patience
    results = []
    while True:
        unsent = connection.flush()
        if not unsent and not connection.is_busy():
            result = connection.get_result()
            if result is None:
                break
            results.append(result)
            continue
        if time.monotonic() > until:
            return "the server did not answer the COMMIT"
        writes = [connection.socket] if unsent else []
        if select.select([connection.socket], writes, [], _LOOK)[0]:
            connection.consume_input()
    (result,) = results
    if result.status != pq.ExecStatus.COMMAND_OK:
        return result.error_message.decode("utf-8", "replace") or "the COMMIT failed"
    said = result.command_status
    return None if said == b"COMMIT" else f"the server answered {(said or b'').decode()} to the COMMIT"
