"""Opening a schema: to be worked on under the lease, or only read; made on purpose alone."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from psycopg import sql

from paper_run.errors import DataError, Remedy
from paper_run.ledger.postgres import errors, lease, schema, session
from paper_run.ledger.postgres.store import Store
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from paper_run.model.place import Place
    from paper_run.model.progress import Waiting


_WHOSE = "SELECT count(*) FROM account WHERE name IN ('ledger', 'lease')"
_PATIENCE = 600.0
"""Seconds that the server may take to make or change tables, or for years of results: nothing hangs on it."""


def leased(place: Place, waiting: Waiting, *, makes: bool) -> Store:
    """Open the schema that there must be, and take its lease.

    :param makes: whether one is made where there is none.
    :raises DataError: there is none, or it can't be used.
    :raises OrchestrationError: another session has the lease, and goes on having it.
    """
    with _closed_if_it_fails(opened(place, waiting.now)) as store:
        if makes and not is_there(store):
            _make(store)
        _require(store)
        lease.take(store, waiting)
        _migrate(store)
    return store


def on_trial(place: Place, waiting: Waiting) -> Store:
    """Open the schema that there must be under its lease, so that nothing stays that is written to it.

    :raises DataError: there is none, or it can't be used, or an earlier version has made it.
    :raises OrchestrationError: another session has the lease, and goes on having it.
    """
    with _closed_if_it_fails(opened(place, waiting.now)) as store:
        _require(store)
        lease.take(store, waiting)
        _refuse_older(store)
        store.begin_trial()
    return store


def read(place: Place, now: datetime) -> Store:
    """Open the schema that there must be to be read, as it stands at this moment; a standby's will do.

    :param now: UTC.
    :raises DataError: there is none, or it can't be read.
    """
    with _closed_if_it_fails(opened(place, now, reads_only=True)) as store:
        _require(store)
        with store.translated_errors():
            store.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _refuse_older(store)
    return store


def created(place: Place, waiting: Waiting, first: Callable[[str], None]) -> Store:
    """Make a ledger in a schema that has none, whole or not at all, and take its lease.

    :param first: called with its id before it is there: it may move away what lies in the folder.
    :raises DataError: there is one already, or it can't be made.
    """
    with _closed_if_it_fails(opened(place, waiting.now)) as store:
        refuse_another(store)
        _make(store, first)
        lease.take(store, waiting)
    return store


@contextlib.contextmanager
def _closed_if_it_fails(store: Store) -> Iterator[Store]:
    try:
        yield store
    except BaseException:
        store.close()
        raise


def opened(place: Place, now: datetime, *, reads_only: bool = False) -> Store:
    """Open a place's database, whether a ledger is in its schema or not.

    :param now: UTC.
    :raises DataError: it can't be opened. :raises LookupError: the place has none.
    """
    if place.database is None:
        raise LookupError("a place without a database has no schema")
    connection, facts = session.opened(place.database, now=now, reads_only=reads_only)
    return Store(connection, facts, place, began=now, reads_only=reads_only)


def is_there(store: Store) -> bool:
    """Whether the schema has a ledger."""
    (found,) = store.rows("SELECT to_regclass(?) IS NOT NULL", f"{store.database.schema}.schema_version")
    return bool(found[0])


def lock_schema(store: Store) -> None:
    """Let nobody else make the schema until the open transaction ends."""
    store.rows("SELECT pg_advisory_xact_lock(hashtext(?))", store.database.schema)


@contextlib.contextmanager
def patient(store: Store) -> Iterator[None]:
    """Wait longer for each answer while the block runs; nothing was sent, and no attempt is under way."""
    before = store.connection.patience
    store.connection.patience = _PATIENCE
    try:
        yield
    finally:
        store.connection.patience = before


def make_tables(store: Store) -> None:
    """Make the schema and its tables, in the open transaction."""
    connection = store.connection
    connection.execute(
        sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(store.database.schema))
    )
    for script in schema.MIGRATIONS:
        connection.execute(script)
    connection.execute("INSERT INTO schema_version VALUES (%s)", (schema.version(),))


def refuse_another(store: Store) -> None:
    """Prove that the schema has no ledger.

    :raises DataError: it has one.
    """
    if is_there(store):
        raise DataError(
            f"--new-ledger: there is a ledger already, {store.name}",
            "What was traded is in it; nothing was sent.",
            remedies=(
                Remedy("Go on with it", ours()),
                "Or name another schema: PAPER_RUN_LEDGER_SCHEMA=NAME",
            ),
        )


def _make(store: Store, first: Callable[[str], None] | None = None) -> None:
    """Make the schema, unless another session has made it meanwhile."""
    identity = secrets.token_hex(4)
    with errors.translated(store.database), patient(store), store.transaction():
        lock_schema(store)
        if is_there(store):
            if first is not None:
                refuse_another(store)
            return
        make_tables(store)
        facts = {
            "ledger": identity,
            "lease": str(secrets.randbits(62)),
            "platform": store.database.platform,
            "database": store.cluster or "",
        }
        store.execute_many("INSERT INTO account (name, value) VALUES (?, ?)", facts.items())
        store.stay()
        if first is not None:
            first(identity)
    store.created = True


def _require(store: Store) -> None:
    if not is_there(store):
        raise DataError(
            f"There is no ledger {store.name}",
            "A schema that was dropped, or another one, looks like this; nothing was sent.",
            remedies=(
                "Name the one that has it: PAPER_RUN_LEDGER_SCHEMA=NAME",
                Remedy("If this is the first day, make it on purpose", ours("--new-ledger")),
            ),
            code="ledger_missing",
        )
    version = _version(store)
    if version > schema.version():
        raise DataError(
            f"The ledger {store.name} was written by a newer paper_run",
            f"It has version {version}; this program knows versions up to {schema.version()}.",
            remedies=("Upgrade paper_run: install the newer one over this one; nothing was sent.",),
        )


def _refuse_older(store: Store) -> None:
    if _version(store) < schema.version():
        raise DataError(
            f"The ledger {store.name} was written by an earlier paper_run",
            "What only reads changes nothing in it.",
            remedies=(Remedy("Bring it up to date", ours("mark")),),
        )


def _version(store: Store) -> int:
    """Return the version of a schema.

    :raises DataError: rows are gone that each has, as while a dump is put back.
    """
    found = store.rows(f"SELECT version, ({_WHOSE}) AS facts FROM schema_version")
    if not found or found[0]["facts"] < 2:
        raise store.damaged(LookupError("what tells whose the ledger is, and of which version, is gone"))
    return int(found[0]["version"])


def _migrate(store: Store) -> None:
    """Bring the schema up to date, under the lease; it only adds, so that an older program goes on."""
    version = _version(store)
    if version == schema.version():
        return
    with errors.translated(store.database), patient(store), store.transaction():
        for script in schema.MIGRATIONS[version - schema.BEGINS_AT + 1 :]:
            store.connection.execute(script)
        store.connection.execute("UPDATE schema_version SET version = %s", (schema.version(),))
