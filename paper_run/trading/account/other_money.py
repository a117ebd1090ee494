"""Money at the proven broker that is not trading: how it comes into the book, and what of it waits."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.ledger.broker import Kept, words_of
from paper_run.model import findings
from paper_run.model.broker import MAY_END_A_HOLDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from paper_run.book.holdings import Holding
    from paper_run.book.parties import Item
    from paper_run.book.posted import Posted
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.book_figures import BookedMoney
    from paper_run.model.broker import MoneyActivity
    from paper_run.model.findings import Finding
    from paper_run.services.platform import Observations
    from paper_run.trading.account.money_counting import Counting, Waits
    from paper_run.trading.account.observations import Moment
    from paper_run.trading.account.our_shares import OurShares

_MOST_NAMED = 20
_LONGEST = 120
_NEW = Kept(None, None, in_base=False, words=None)


class Booked(NamedTuple):
    """What came of a reading.

    :ivar found: what is worth saying, by activity. :ivar waiting: what the broker has, and the book not yet.
    :ivar has_fractions: whether cash in lieu is in it: of shares that the book may have only later.
    """

    found: Mapping[str, Finding] = MappingProxyType({})
    waiting: tuple[Item, ...] = ()
    has_fractions: bool = False

    @property
    def said(self) -> list[Finding]:
        """What is said of it: the first, and how many there are besides."""
        found = [*self.found.values()]
        if len(found) <= _MOST_NAMED:
            return found
        number = len(found) - _MOST_NAMED
        of_what = "1 activity" if number == 1 else f"{number:,} activities"
        more = f"The broker has more to say of {of_what}: see `money` in the JSON."
        return [*found[:_MOST_NAMED], findings.note(found[-1].code, more)]

    def then(self, later: Booked) -> Booked:
        """Return what came of the same reading in two steps; what the second undid is not said."""
        found = {**self.found, **later.found}
        undone = {name for name, each in self.found.items() if found[name] != each}
        return later._replace(found={name: each for name, each in found.items() if name not in undone})


def book(
    ledger: Ledger,
    read: Observations,
    ours: OurShares,
    session: date,
    moment: Moment,
    booked_at: datetime,
) -> Booked:
    """Book the difference between what the broker tells and what is booked, once its account is proven.

    What was there when the account was proven is counted already, or what was there before the first
    attempt, where the base is the account's.

    To be called in a transaction of the ledger, with the fills booked.

    :param session: the one that is valued. :param booked_at: UTC.
    """
    reading, kept, period = read.proven_broker, ledger.broker_money, ours.period
    # Whether another ledger trades the account too is told by its orders: without them the money waits.
    if reading is None or reading.money is None or reading.orders is None:
        return Booked()
    from paper_run.model import money_types
    from paper_run.trading.account import order_ids
    from paper_run.trading.account.money_counting import Counting

    if (shared := order_ids.found_shared(ledger, period, reading, read.told)) is not None:
        return Booked({"": shared})
    activities = _each_once(reading.money)
    if kept.read_in(period) is None and period.base_account is None:
        until = _proven_on(ledger, period, moment, booked_at)
        there = [each.identity for each in activities if each.date is None or each.date <= until]
        kept.in_base(period, there)
    known = kept.known(period, (each.identity for each in activities))
    booking = _Booking(ledger, period, session, booked_at)
    counting = Counting(ours, session, read, moment, booking.held)
    fractions = {each.identity for each in activities if money_types.of(each.activity_type).way == "fraction"}
    # Those last: what a fraction is of, and whether another was paid for it, the rest tells.
    for each in sorted(activities, key=lambda each: each.identity in fractions and not each.is_canceled):
        booking.take(each, known.get(each.identity), counting)
    kept.keep_read(period, session)
    if any(each.activity_type in MAY_END_A_HOLDING for each in activities):
        from paper_run.trading.account import hand_trades

        booking.was_paid(hand_trades.take_out_what_came_later(ledger, ours, session, booked_at))
    return Booked(booking.found, tuple(booking.waiting), bool(fractions))


def in_bridge(ledger: Ledger, period: BookPeriod, session: date, *, is_over: bool) -> tuple[BookedMoney, ...]:
    """Return the money that the bridge of a session has in it.

    :param is_over: whether the session keeps its closing, so that what was booked since is the next one's.
    """
    valuations = ledger.books.valuations
    before = valuations.last_complete(period.id, session)
    closed = valuations.last_complete(period.id, session, through=True) if is_over else None
    after = 0 if before is None else int(before["entry"])
    until = None if closed is None else int(closed["entry"])
    return tuple(ledger.broker_money.between(period, after, until))


class _Booking:
    """One reading on its way into the book."""

    def __init__(self, ledger: Ledger, period: BookPeriod, session: date, booked_at: datetime) -> None:
        self._ledger = ledger
        self._period = period
        self._session = session
        self._booked_at = booked_at
        self._held: Mapping[str, Holding] | None = None
        self.found: dict[str, Finding] = {}
        self.waiting: list[Item] = []

    def held(self) -> Mapping[str, Holding]:
        """Return what the book holds, with what was booked of this reading."""
        if self._held is None:
            self._held = self._ledger.books.current(self._period).book.holdings
        return self._held

    def take(self, activity: MoneyActivity, kept: Kept | None, counting: Counting) -> None:
        """Book an activity as it stands, if it is another one than was booked."""
        from paper_run.trading.account.money_counting import Waits

        had = kept or _NEW
        is_news = had.words != words_of(activity)
        if not is_news and (had.in_base or not counting.is_fraction_now(activity, had.counts)):
            return
        before, base = had.counts, had.base
        now = counting.counts(activity, before, in_base=had.in_base)
        is_counted = had.in_base and had.words is None
        if isinstance(now, Waits):
            if not is_counted:
                self._wait(activity, now)
            return
        if is_counted:
            before = base = now
        self._ledger.broker_money.keep(self._period, activity, had._replace(counts=now, base=base))
        effective = counting.effective(activity).isoformat()
        from paper_run.book import posted

        if made := posted.entries(activity.identity, before, now, base, effective):
            self._ledger.books.append(
                *(self._period, self._session, made, self._booked_at), activity=activity.identity
            )
            self._held = None
            self._say(activity, before, now, is_news=is_news, is_known=had.words is not None)

    def _wait(self, activity: MoneyActivity, waits: Waits) -> None:
        from paper_run.book.parties import Item

        about = _about(activity)
        cash, worth = (None if each is None else each.copy_negate() for each in (waits.cash, waits.worth))
        if cash != 0 or worth != 0:
            self.waiting.append(Item("flow", about, cash, worth, f"{about} is not booked: {waits.why}"))
        if waits.is_said:
            text = f"{about} ({activity.identity}) is not in the book yet: {waits.why}."
            self.found[activity.identity] = findings.note("money_waits", text, subject=activity.symbol or "")

    def _say(
        self,
        activity: MoneyActivity,
        before: Posted | None,
        now: Posted | None,
        *,
        is_news: bool,
        is_known: bool,
    ) -> None:
        about, subject = f"{_about(activity)} ({activity.identity})", activity.symbol or ""
        if not is_news and before is not None and before.kind == "cash_in_lieu":
            return  # its shares are others by their splits, which are said themselves
        if not is_news:
            text = (
                f"{about} was in the book as other money; it has the shares by now of which that is the "
                f"fraction: {_amount(now)}, a trade of it. Nothing is to be done."
            )
            self.found[activity.identity] = findings.note("money_corrected", text, subject=subject)
        elif before is not None or is_known:
            what = "canceled" if now is None else "reinstated" if before is None else "corrected"
            text = (
                f"The broker has {what} {about}: it was {_amount(before)} and is {_amount(now)}. The "
                "difference is in the book; nothing is to be done."
            )
            self.found[activity.identity] = findings.note("money_corrected", text, subject=subject)
        elif now is not None and now.kind == "other":
            description = f", {activity.description[:_LONGEST]}" if activity.description else ""
            text = (
                f"{about}{description}: {_amount(now)} is in the book as other money, in equity and in no "
                "P&L. If the broker corrects it, the difference is booked."
            )
            self.found[activity.identity] = findings.note("money_other", text, subject=subject)

    def was_paid(self, taken: Iterable[str]) -> None:
        """Say of what was paid for shares that had gone by a person's word that it is that trade's."""
        for identity in taken:
            if (said := self.found.get(identity)) is not None:
                what = f"What {said.subject} went for, as was said before, has come ({identity})"
                text = f"{what}: it is that trade's."
                self.found[identity] = findings.note("money_other", text, subject=said.subject)


def _about(activity: MoneyActivity) -> str:
    """Return what an activity is: `Dividend of AAPL, 2025-01-17`."""
    from paper_run.model import money_types

    words = money_types.of(activity.activity_type).words
    of = f" of {activity.symbol}" if activity.symbol else ""
    return f"{words}{of}" + (f", {activity.date}" if activity.date else "")


def _amount(counts: Posted | None) -> str:
    if counts is None:
        return "nothing"
    if counts.qty and not counts.amount:
        return money.short(counts.qty)
    shares = f"{money.short(counts.qty)} shares at " if counts.qty else ""
    return f"{shares}{counts.amount:+,.2f} dollars"


def _each_once(activities: Sequence[MoneyActivity]) -> list[MoneyActivity]:
    return list({each.identity: each for each in activities}.values())


def _proven_on(ledger: Ledger, period: BookPeriod, moment: Moment, booked_at: datetime) -> date:
    """Return the day until which all money is in the base: that on which the account was proven."""
    proven_at = ledger.broker_accounts.proven_at(period)
    if proven_at is None or proven_at == booked_at:
        return moment.now.date()
    return moment.calendar.clock(proven_at).date()
