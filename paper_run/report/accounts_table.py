"""Several accounts as `history --all` prints them, and what they come to: a table for a terminal, or JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.model.json_text import dumps
from paper_run.money import total
from paper_run.report import columns, history_table, text
from paper_run.report.columns import Block

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from paper_run.model.history import AccountLine, SessionLine

_HEADS = ("Account", "Session", "Status", "Day P&L", "Total P&L", "Equity")
_STATUS, _SPARE = 2, ("Session", "Total P&L")


class InAll(NamedTuple):
    """What accounts come to; dollars and cents, None where none of them is valued.

    :ivar session: the newest one of theirs; the day P&L is of that session alone.
    :ivar statuses: how many have which, each by its last attempt.
    :ivar behind: how many have an earlier session as their latest, or none.
    :ivar not_valued: how many of those with a session could not be valued whole: P&L and equity are of the
        others. :ivar not_read: how many ledgers could not be read.
    """

    session: str | None
    statuses: Mapping[str, int]
    behind: int
    not_valued: int
    not_read: int
    day_pnl: Decimal | None
    total_pnl: Decimal | None
    closing: Decimal | None


def in_all(accounts: Sequence[AccountLine]) -> InAll:
    """Add up accounts."""
    read = [each.latest for each in accounts if not each.error]
    known = [line for line in read if line is not None]
    newest = max((line.session for line in known), default=None)
    return InAll(
        session=newest,
        statuses=Counter(map(_status, known)),
        behind=sum(line is None or line.session != newest for line in read),
        not_valued=sum(not line.complete for line in known),
        not_read=len(accounts) - len(read),
        day_pnl=_sum(line.day_pnl for line in known if line.session == newest),
        total_pnl=_sum(line.total_pnl for line in known),
        closing=_sum(line.closing for line in known),
    )


def table(accounts: Sequence[AccountLine], width: int = columns.WIDTH) -> str:
    """Return the accounts in the order given, one a row, and below them what they come to."""
    block = Block([_row(each) for each in accounts], _footer(in_all(accounts)))
    return columns.table(_HEADS, [block], wrapped=_STATUS, width=width, spare=_SPARE)


def json_text(accounts: Sequence[AccountLine]) -> str:
    """Return the accounts and what they come to as JSON; amounts have their exact digits."""
    content: Any = {"accounts": [_record(each) for each in accounts], "all": in_all(accounts)._asdict()}
    return dumps(content)


def _record(account: AccountLine) -> dict[str, Any]:
    latest = None if account.latest is None else history_table.record(account.latest)
    return {
        "account": text.printable(account.place),
        "ledger": account.ledger or None,
        "latest": latest,
        "error": account.error or None,
    }


def _row(account: AccountLine) -> tuple[str, ...]:
    place, line = text.one_line(account.place), account.latest
    if line is None:
        return (
            place,
            text.ABSENT,
            "not read" if account.error else "no session in its book",
            *[text.ABSENT] * 3,
        )
    return (
        place,
        text.one_line(line.session),
        history_table.statuses(line),
        text.signed_money(line.day_pnl),
        text.signed_money(line.total_pnl),
        text.money(line.closing),
    )


def _footer(sums: InAll) -> tuple[str, ...]:
    left_out = {
        "without that session": sums.behind,
        "not valued": sums.not_valued,
        "not read": sums.not_read,
    }
    counted = [(status, number) for status, number in sorted(sums.statuses.items())]
    counted += [(words, number) for words, number in left_out.items() if number]
    return (
        "In all",
        sums.session or text.ABSENT,
        ", ".join(f"{number:,} {text.one_line(words)}" for words, number in counted),
        text.signed_money(sums.day_pnl),
        text.signed_money(sums.total_pnl),
        text.money(sums.closing),
    )


def _status(line: SessionLine) -> str:
    return line.attempts[-1][1] if line.attempts else "mark"


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return total(known) if known else None
