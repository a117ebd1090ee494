"""The mails in the ledger: queued with what they tell, and how each ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

MailKind = Literal["run", "settled", "mark", "close", "stopped", "unvalued", "late", "closed"]
MailState = Literal["queued", "sent", "unwanted"]


class MailRow(NamedTuple):
    """A mail as the ledger keeps it; see `migrations.py`.

    :ivar trade: the row of the trade that it tells of, None when it tells of none.
    :ivar content: what it tells, None when that is a result in the ledger. :ivar reached: who has it.
    """

    id: int
    session: str
    kind: MailKind
    trade: int | None
    trade_number: int
    number: int
    on_purpose: bool
    state: MailState
    content: str | None
    reached: tuple[str, ...]


class Mails:
    """The part of the ledger that holds the mails; whoever sends or queues one holds the lock.

    :param rows: runs a query and returns its rows. :param run: runs a statement.
    """

    def __init__(self, rows: Callable[..., list[Any]], run: Callable[..., None]) -> None:
        self._rows = rows
        self._run = run

    def queue(
        self,
        kind: MailKind,
        session: str,
        now: datetime,
        *,
        trade: int | None = None,
        trade_number: int = 0,
        content: str | None = None,
        on_purpose: bool = False,
    ) -> None:
        """Write a mail that is to be sent, the next of its session, kind and trade number.

        :param session: ISO date. :param now: UTC. :param on_purpose: somebody asked for this very one.
        """
        (last,) = self._rows(
            "SELECT COALESCE(MAX(number), 0) AS number FROM mails "
            "WHERE session = ? AND kind = ? AND trade_number = ?",
            session,
            kind,
            trade_number,
        )
        self._run(
            "INSERT INTO mails (session, kind, trade, trade_number, number, on_purpose, state, content, "
            "reached, queued_at) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, '[]', ?)",
            session,
            kind,
            trade,
            trade_number,
            last["number"] + 1,
            int(on_purpose),
            content,
            now.isoformat(),
        )

    def queued(self) -> list[MailRow]:
        """Return the mails that are to be sent, oldest first."""
        return self._found("SELECT * FROM mails WHERE state = 'queued' ORDER BY id")

    def of_session(self, session: str) -> list[MailRow]:
        """Return the mails of a session, however they ended, oldest first; the session by its ISO date."""
        return self._found("SELECT * FROM mails WHERE session = ? ORDER BY id", session)

    def of_trade(self, trade: int) -> list[MailRow]:
        """Return the mails about a trade by its row, oldest first."""
        return self._found("SELECT * FROM mails WHERE trade = ? ORDER BY id", trade)

    def end(self, row: MailRow, state: MailState, now: datetime, reached: Iterable[str] = ()) -> None:
        """Write that a mail was sent, or that nobody wanted it.

        :param reached: everybody who has it. :param now: UTC.
        """
        self._run(
            "UPDATE mails SET state = ?, reached = ?, trouble = NULL, ended_at = ? WHERE id = ?",
            state,
            json.dumps([*reached]),
            now.isoformat(),
            row.id,
        )

    def want(self, row: MailRow) -> None:
        """Write that somebody has asked for a mail that waits."""
        self._run("UPDATE mails SET on_purpose = 1 WHERE id = ?", row.id)

    def trouble(self, row: MailRow, words: str, reached: Iterable[str]) -> None:
        """Write why a mail is still to be sent, and who has it all the same."""
        self._run(
            "UPDATE mails SET trouble = ?, reached = ? WHERE id = ?", words, json.dumps([*reached]), row.id
        )

    def _found(self, query: str, *values: Any) -> list[MailRow]:
        return [_mail(row) for row in self._rows(query, *values)]

    def identity(self) -> str:
        """Return what tells this ledger's mails from those of every other one; made once."""
        found = self._rows("SELECT value FROM account WHERE name = 'mail_identity'")
        if not found:
            from secrets import token_hex

            self._run("INSERT OR IGNORE INTO account (name, value) VALUES ('mail_identity', ?)", token_hex(6))
            return self.identity()
        return str(found[0]["value"])


def _mail(row: Any) -> MailRow:
    return MailRow(
        id=row["id"],
        session=row["session"],
        kind=row["kind"],
        trade=row["trade"],
        trade_number=row["trade_number"],
        number=row["number"],
        on_purpose=bool(row["on_purpose"]),
        state=row["state"],
        content=row["content"],
        reached=tuple(json.loads(row["reached"])),
    )
