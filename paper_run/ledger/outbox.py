"""The messages in the ledger: queued with what they tell and by which channels, and how each ended."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from paper_run import NamedTuple
from paper_run.ledger.rows import Part, next_id

MailKind = Literal["run", "settled", "mark", "close", "stopped", "unvalued", "late", "closed"]
ChannelName = Literal["email", "push"]
EMAIL: Sequence[ChannelName] = ("email",)
MailState = Literal["queued", "sent", "unwanted"]
"""`sent`: somebody has it, or may have it; `unwanted`: it has ended, and nobody has it."""
DeliveryState = Literal["open", "sent", "refused", "unconfirmed", "expired"]
"""`refused`: for good; `unconfirmed`: each copy may have arrived; `expired`: it has waited too long."""
_NAMED = (
    "SELECT MAX(id) AS id FROM mails UNION ALL SELECT MAX(mail) FROM mail_channels "
    "UNION ALL SELECT MAX(mail) FROM deliveries"
)
"""The ids of mails, also of one whose row was lost: what became of it is never taken for another one's."""


class MailRow(NamedTuple):
    """A mail as the ledger keeps it; see `migrations.py`.

    :ivar attempt: the row of the attempt that it tells of, None when it tells of none.
    :ivar content: what it tells, None when that is a result in the ledger. :ivar queued_at: UTC.
    :ivar reached: who had it before deliveries were kept, each address.
    """

    id: int
    session: str
    kind: MailKind
    attempt: int | None
    attempt_number: int
    number: int
    on_purpose: bool
    state: MailState
    content: str | None
    reached: tuple[str, ...]
    queued_at: datetime


class Delivery(NamedTuple):
    """How far a mail has come with one of its destinations.

    :ivar copies: how many left without a clean answer.
    """

    state: DeliveryState = "open"
    copies: int = 0


class Mails(Part):
    """The part of the ledger that holds the mails; whoever sends or queues one holds the lock."""

    def queue(
        self,
        kind: MailKind,
        session: str,
        now: datetime,
        *,
        attempt: int | None = None,
        attempt_number: int = 0,
        content: str | None = None,
        on_purpose: bool = False,
        channels: Sequence[ChannelName] = EMAIL,
    ) -> None:
        """Write a mail that is to be sent, the next of its session, kind and attempt number.

        :param session: ISO date. :param now: UTC. :param on_purpose: somebody asked for this very one.
        :param channels: by which it is to go.
        """
        (last,) = self._rows(
            "SELECT COALESCE(MAX(number), 0) AS number FROM mails "
            "WHERE session = ? AND kind = ? AND trade_number = ?",
            session,
            kind,
            attempt_number,
        )
        identity = next_id(self._rows, _NAMED)
        self._run(
            "INSERT INTO mails (id, session, kind, trade, trade_number, number, on_purpose, state, content, "
            "reached, queued_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, '[]', ?)",
            identity,
            session,
            kind,
            attempt,
            attempt_number,
            last["number"] + 1,
            int(on_purpose),
            content,
            now.isoformat(),
        )
        if list(channels) == list(EMAIL):
            return  # as each mail went before there was another channel
        for channel in channels:
            self._run(
                "INSERT INTO mail_channels (mail, channel, state) VALUES (?, ?, 'queued')",
                identity,
                channel,
            )

    def queued(self) -> list[MailRow]:
        """Return the mails that are to be sent, oldest first."""
        return self._found("SELECT * FROM mails WHERE state = 'queued' ORDER BY id")

    def of_session(self, session: str) -> list[MailRow]:
        """Return the mails of a session, however they ended, oldest first; the session by its ISO date."""
        return self._found("SELECT * FROM mails WHERE session = ? ORDER BY id", session)

    def waiting_for(self, row: MailRow) -> set[ChannelName]:
        """Return the channels by which a mail is still to go."""
        return {name for name, state in self.channels(row).items() if state == "queued"}

    def end(self, row: MailRow, channel: ChannelName, state: MailState, now: datetime) -> None:
        """Write that a mail is not sent any more by a channel; `now` is UTC.

        With its last channel it has ended itself: `sent` if any of them has sent it.
        """
        self._run(
            "UPDATE mail_channels SET state = ?, ended_at = ? WHERE mail = ? AND channel = ?",
            state,
            now.isoformat(),
            row.id,
            channel,
        )
        states = {**self.channels(row), channel: state}.values()
        if "queued" not in states:
            self._run(
                "UPDATE mails SET state = ?, trouble = NULL, ended_at = ? WHERE id = ?",
                "sent" if "sent" in states else state,
                now.isoformat(),
                row.id,
            )

    def channels(self, row: MailRow) -> dict[ChannelName, MailState]:
        """Return the channels of a mail, and what has become of it there."""
        kept = self._rows("SELECT channel, state FROM mail_channels WHERE mail = ?", row.id)
        return {each["channel"]: each["state"] for each in kept} or {"email": row.state}

    def was_told(self, attempt: int) -> bool:
        """Tell whether anybody has, or may have, a mail about an attempt by its row.

        A copy that may have arrived counts: mail programs hide a second one, whatever that says.
        """
        return bool(
            self._rows(
                "SELECT id FROM mails WHERE trade = ? AND (state = 'sent' OR EXISTS (SELECT 1 FROM deliveries"
                " WHERE mail = mails.id AND (deliveries.state = 'sent' OR copies > 0)))",
                attempt,
            )
        )

    def reached_nobody(self) -> list[MailRow]:
        """Return the mails that have ended without anybody's having them, though they were wanted."""
        return self._found(
            "SELECT * FROM mails WHERE state = 'unwanted' AND EXISTS (SELECT 1 FROM deliveries "
            "WHERE mail = mails.id AND deliveries.state IN ('refused', 'expired')) ORDER BY id"
        )

    def want(self, row: MailRow) -> None:
        """Write that somebody has asked for a mail that waits."""
        self._run("UPDATE mails SET on_purpose = 1 WHERE id = ?", row.id)

    # whom it goes to

    def deliveries(self, row: MailRow, destinations: Iterable[str]) -> dict[str, Delivery]:
        """Return how far a mail has come with each destination: a URL, of a person `mailto:` the address."""
        kept = {
            each["destination"]: Delivery(each["state"], each["copies"])
            for each in self._rows("SELECT * FROM deliveries WHERE mail = ?", row.id)
        }
        return {
            each: Delivery("sent")
            if each.removeprefix("mailto:") in row.reached
            else kept.get(self._named(each), Delivery())
            for each in destinations
        }

    def claim(
        self, row: MailRow, destinations: Iterable[str], host: str, now: datetime, until: datetime
    ) -> list[str]:
        """Take what is open for a host that sends it until then; return the destinations that are its own.

        Another host's claim counts until its time is over; one of this host is a dead program's, since
        whoever sends holds the lock.

        :param now: UTC, like `until`.
        """
        claimed = []
        for each in destinations:
            destination = self._named(each)
            self._run(
                "INSERT INTO deliveries (mail, destination, state, copies, claimed_by, claimed_until) "
                "VALUES (?, ?, 'open', 0, ?, ?) ON CONFLICT (mail, destination) DO UPDATE "
                "SET claimed_by = excluded.claimed_by, claimed_until = excluded.claimed_until "
                "WHERE deliveries.state = 'open' AND (deliveries.claimed_by IS NULL "
                "OR deliveries.claimed_by = excluded.claimed_by OR deliveries.claimed_until <= ?)",
                row.id,
                destination,
                host,
                until.isoformat(),
                now.isoformat(),
            )
            (kept,) = self._rows(
                "SELECT state, claimed_by FROM deliveries WHERE mail = ? AND destination = ?",
                row.id,
                destination,
            )
            if kept["state"] == "open" and kept["claimed_by"] == host:
                claimed.append(each)
        return claimed

    def hand_over(self, row: MailRow, destinations: Iterable[str]) -> None:
        """Write that a copy leaves: from here on it may have arrived."""
        for each in destinations:
            self._run(
                "UPDATE deliveries SET copies = copies + 1 WHERE mail = ? AND destination = ?",
                row.id,
                self._named(each),
            )

    def deliver(self, row: MailRow, destination: str, delivery: Delivery, now: datetime) -> None:
        """Write what became of a delivery, which nobody is sending any more; `now` is UTC."""
        self._run(
            "UPDATE deliveries SET state = ?, copies = ?, claimed_by = NULL, claimed_until = NULL, "
            "ended_at = ? WHERE mail = ? AND destination = ?",
            delivery.state,
            delivery.copies,
            None if delivery.state == "open" else now.isoformat(),
            row.id,
            self._named(destination),
        )

    def _named(self, destination: str) -> str:
        """Return the name that the ledger has for a destination: nobody can read the URL in it."""
        from hashlib import sha256

        return sha256(f"{self.identity()} {destination}".encode()).hexdigest()[:16]

    def _found(self, query: str, *values: Any) -> list[MailRow]:
        return [_mail(row) for row in self._rows(query, *values)]

    def identity(self) -> str:
        """Return what tells this ledger's mails from those of every other one; made once."""
        return self._kept_once("mail_identity", _token)

    def domain(self, of_the_sender: str) -> str:
        """Return the domain that the ids of this ledger's mails end in: the first sender's.

        Another host may send as somebody else; a second copy of a mail, and what goes on from it, has its id.
        """
        return self._kept_once("mail_domain", lambda: of_the_sender)

    def _kept_once(self, name: str, made: Callable[[], str]) -> str:
        query = "SELECT value FROM account WHERE name = ?"
        if not (found := self._rows(query, name)):
            put = "INSERT INTO account (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
            self._run(put, name, made())
            found = self._rows(query, name)
        return str(found[0]["value"])


def _token() -> str:
    from secrets import token_hex

    return token_hex(6)


def _mail(row: Any) -> MailRow:
    return MailRow(
        id=row["id"],
        session=row["session"],
        kind=row["kind"],
        attempt=row["trade"],
        attempt_number=row["trade_number"],
        number=row["number"],
        on_purpose=bool(row["on_purpose"]),
        state=row["state"],
        content=row["content"],
        reached=tuple(json.loads(row["reached"])),
        queued_at=datetime.fromisoformat(row["queued_at"]),
    )
