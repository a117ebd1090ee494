"""Fees that have left the account's accrued ones, and are posted only later: what of the cash they are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book.parties import Item
from paper_run.ledger.session_states import Accrued

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.services.platform import Observations

_POSTED_IN = timedelta(days=7)
"""So long fees may be on their way; what is not posted by then is nothing that a person need not look at."""


class Charged(NamedTuple):
    """Fees that may have been charged, and of which none is known to be posted.

    :ivar by_day: dollars and the ISO date on which they had accrued, oldest first. :ivar if_others: likewise,
        if fees that are posted, and are more than had accrued, are others than these.
    """

    by_day: tuple[tuple[str, Decimal], ...] = ()
    if_others: tuple[tuple[str, Decimal], ...] = ()

    def of(self, cash: Decimal | None) -> Charged:
        """Return the oldest of them that are all that our cash is more, dollars, negative: less."""
        for some in self._oldest:
            if cash is not None and money.cents(some.total) == money.cents(cash):
                return some
        return Charged()

    @property
    def sums(self) -> list[Decimal]:
        """What the oldest, the two oldest, and so on come to, dollars."""
        return [some.total for some in self._oldest]

    @property
    def _oldest(self) -> list[Charged]:
        ways = dict.fromkeys((self.by_day, self.if_others))
        return [Charged(days[:number]) for days in ways for number in range(1, len(days) + 1)]

    @property
    def total(self) -> Decimal:
        """What they come to, dollars."""
        return money.total(dollars for _, dollars in self.by_day)

    @property
    def days(self) -> str:
        """The days on which they had accrued."""
        days = list(dict.fromkeys(day for day, _ in self.by_day))
        return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"

    def why_more(self, cash: Decimal | None, today: date) -> tuple[str, ...]:
        """Say why it is not known what our cash is more, negative where it is less; nothing where it is.

        They are read while their day is not over: more may have accrued until it was.
        """
        earlier = [each for each in self.by_day if each[0] < today.isoformat()]
        if not earlier or cash is None or cash <= 0 or self.of(cash).by_day:
            return ()
        days = Charged(tuple(earlier)).days
        if cash < earlier[0][1]:
            return (f"the fees of {days} may be charged in part, or posted as something else",)
        return (
            f"the fees of {days} may be charged and are not posted, and more may have accrued than was read",
        )


def read(ledger: Ledger, period: BookPeriod, today: date) -> Charged:
    """Return what had accrued when the broker was read before, without what has been posted since.

    :param today: the exchange's.
    """
    kept = ledger.books.last_valuation(period)
    if kept is None or not kept.fees.by_day:
        return Charged()
    left = if_others = kept.fees.by_day
    for posted_on, dollars in ledger.broker_money.fees_after(period, kept.fees.entry):
        left, _ = _without(left, posted_on, dollars)
        others, rest = _without(if_others, posted_on, dollars)
        if_others = if_others if rest > 0 else others
    oldest = (today - _POSTED_IN).isoformat()
    ways = (tuple(each for each in days if each[1] > 0 and each[0] >= oldest) for days in (left, if_others))
    return Charged(*ways)


def _without(
    by_day: tuple[tuple[str, Decimal], ...], posted_on: str, dollars: Decimal
) -> tuple[tuple[tuple[str, Decimal], ...], Decimal]:
    """Return fees without what is posted of an ISO date; and what of that is left over.

    It is of the day that it is all of, else of its own, else of the oldest; never of a later one.
    """
    left, rest = dict(enumerate(by_day)), dollars
    due = [number for number, (day, _) in left.items() if day <= posted_on]
    for number in sorted(due, key=lambda each: (left[each][1] != dollars, left[each][0] != posted_on)):
        day, accrued = left[number]
        paid = max(min(rest, accrued), money.ZERO)
        rest = money.CONTEXT.subtract(rest, paid)
        left[number] = day, money.CONTEXT.subtract(accrued, paid)
    return tuple(left.values()), rest


def keep_after_closing(ledger: Ledger, read: Observations, today: date) -> None:
    """Keep what has accrued by now of a session that keeps its closing: at least so much is charged.

    :param today: the exchange's.
    """
    period, proven = ledger.books.period(), read.proven_broker
    kept = None if period is None else ledger.books.last_valuation(period)
    accrued = None if proven is None or proven.account is None else proven.account.accrued_fees
    if period is None or kept is None or kept.session != today or not accrued:
        return
    *earlier, last = kept.fees.by_day or (("", money.ZERO),)
    if last[0] == today.isoformat():
        accrued = max(accrued, last[1])
    elif last[1]:
        earlier.append(last)
    by_day = (*earlier, (today.isoformat(), accrued))
    ledger.broker_money.keep_accrued(period, Accrued(kept.fees.entry or kept.entry, by_day))


def keep(
    ledger: Ledger,
    period: BookPeriod,
    before: Charged,
    cash: Decimal | None,
    accrued: Decimal | None,
    today: date,
) -> None:
    """Keep what has accrued by now, with what of the fees before is not known to be posted.

    :param cash: by how much ours is more without these fees, dollars, negative: less; None: not known.
    :param accrued: by now, dollars; None: the broker does not tell.
    """
    kept = ledger.books.last_valuation(period)
    if kept is None or not (before.by_day or kept.fees.by_day or accrued):
        return
    found, by_day = before.of(cash).by_day, before.by_day
    if cash == 0 or found:
        by_day = found
    elif accrued is not None and by_day and by_day[-1][0] == today.isoformat() and accrued >= by_day[-1][1]:
        by_day = by_day[:-1]
    if accrued is not None and accrued > 0:
        by_day = (*by_day, (today.isoformat(), accrued))
    elif accrued is None:
        by_day = before.by_day
    _, entry = ledger.books.entries_after(period, kept.entry)
    ledger.broker_money.keep_accrued(period, Accrued(entry, by_day))


def items(charged: Charged) -> list[Item]:
    """Return the fees that are off the broker's cash, and that it has not posted yet."""
    if not charged.by_day:
        return []
    about = f"fees that accrued by {charged.by_day[-1][0]}, charged and not posted yet"
    return [Item("flow", about, charged.total, money.ZERO)]
