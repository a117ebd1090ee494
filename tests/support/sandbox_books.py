"""What a sandbox's broker has by its own state file, whether the sandbox runs or not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from decimal import Decimal

from paper_run.sandbox import Sandbox, broker
from paper_run.sandbox.account import Position
from paper_run.sandbox.state import played


@contextmanager
def _reading(sandbox: Sandbox) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{sandbox.state_file.as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def cash(sandbox: Sandbox) -> Decimal:
    """Return its cash: 100,000 less what the fills have cost, and what was posted."""
    with _reading(sandbox) as connection:
        return broker.cash(connection)


def positions(sandbox: Sandbox) -> dict[str, Position]:
    """Return every position ever held, closed ones too, by symbol."""
    with _reading(sandbox) as connection:
        return {symbol: held for symbol, (held, _) in broker.positions(connection).items()}


def last_played(sandbox: Sandbox) -> date | None:
    """Return the session played last, by whichever process."""
    with _reading(sandbox) as connection:
        return played(connection)[0]
