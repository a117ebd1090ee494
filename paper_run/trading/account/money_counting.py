"""What an activity of the broker's counts as in the book of a session, or why it can't be booked yet."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import folding, marks, posted, splits
from paper_run.book.folding import Called
from paper_run.book.holdings import ACCOUNT, Holding
from paper_run.book.posted import Posted
from paper_run.model import money_types
from paper_run.model.broker import as_written, comparable
from paper_run.trading.account import pricing
from paper_run.trading.account.our_shares import at_broker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from decimal import Decimal

    from paper_run.book.folding import Names
    from paper_run.model.broker import MoneyActivity
    from paper_run.services.platform import Observations
    from paper_run.trading.account.observations import Moment
    from paper_run.trading.account.our_shares import OurShares

_A_DAY = timedelta(days=1)
_IN_COINS = "CFEE"


class Waits(NamedTuple):
    """Why an activity can't be booked yet, a clause; and what it is of the difference to the broker's equity.

    :ivar cash: signed dollars that its cash has already, None: not known. :ivar worth: of its shares, too.
    :ivar is_said: whether it is worth saying; what has not come yet is not.
    """

    why: str
    cash: Decimal | None = money.ZERO
    worth: Decimal | None = money.ZERO
    is_said: bool = True


class Counting:
    """Counts activities, one after the other.

    :param session: the one that is valued. :param held: returns the book's holdings.
    """

    def __init__(
        self,
        ours: OurShares,
        session: date,
        read: Observations,
        moment: Moment,
        held: Callable[[], Mapping[str, Holding]],
    ) -> None:
        self._ours = ours
        self._session = session
        self._read = read
        self._moment = moment
        self._holdings = held

    def counts(
        self, activity: MoneyActivity, before: Posted | None, *, in_base: bool
    ) -> Posted | Waits | None:
        """Return what an activity counts as now; None: nothing."""
        if activity.is_canceled:
            return None
        is_new = before is None and not in_base
        if is_new and self.effective(activity) > self._session:
            return self._yet_to_come(activity)
        way, qty = money_types.of(activity.activity_type).way, activity.qty or money.ZERO
        if way == "shares" and qty and activity.symbol:
            return self._shares(activity, self._row(activity, before), qty, before)
        if activity.net_amount is None:
            moves_money = way not in ("corporate", "other")
            return Waits("the broker does not tell its amount", cash=None) if moves_money else None
        return self._money(activity, activity.net_amount, way, before)

    def is_fraction_now(self, activity: MoneyActivity, before: Posted | None) -> bool:
        """Whether what was booked as other money, for want of its shares, is the fraction of such by now.

        Or, booked before its splits were, is another one by them.
        """
        if before is None or money_types.of(activity.activity_type).way != "fraction":
            return False
        qty = self._paid(activity)
        if before.kind == "cash_in_lieu":
            return bool(activity.qty) and qty != before.qty.copy_abs()
        return before.kind == "other" and self._is_ours(activity, qty)

    def _money(
        self, activity: MoneyActivity, amount: Decimal, way: money_types.Way, before: Posted | None
    ) -> Posted | None:
        """Return money, in is positive: its sign is the amount's, whatever the type."""
        if way == "fraction":
            booked = before if before is not None and before.kind == "cash_in_lieu" else None
            qty = booked.qty if booked is not None and not activity.qty else self._paid(activity)
            if qty and (booked is not None or self._is_ours(activity, qty)):
                dollars = amount.copy_negate()
                name = self._row(activity, booked)
                return Posted("cash_in_lieu", name, qty.copy_abs().copy_sign(dollars), dollars)
        if not amount:
            return self._fee_in_coins(activity, before)
        if way == "income":
            return Posted("income", self._row(activity, before), money.ZERO, amount)
        return Posted("flow" if way in ("cash", "shares") else "other", ACCOUNT, money.ZERO, amount)

    def _fee_in_coins(self, activity: MoneyActivity, before: Posted | None) -> Posted | None:
        """Return coins of the book that went for a fee: they are sold for nothing.

        Where a person has said since how many there are: if the account has so much less.
        """
        qty, name = activity.qty or money.ZERO, self._row(activity, before)
        if activity.activity_type != _IN_COINS or qty >= 0 or name not in self._holdings():
            return None
        if before is None and self._is_said(activity, self.effective(activity).isoformat()):
            ours, theirs = self._ours_and_theirs(activity)
            if theirs is None or money.CONTEXT.add(ours, qty) < theirs:
                return None
        return Posted("cash_in_lieu", name, qty, money.ZERO)

    def _is_said(self, activity: MoneyActivity, since: str = "") -> bool:
        """Whether a person has said what is held of an activity's symbol, of a session (ISO date) on."""
        own = self._ours.of(self._name_now(activity), self._names)
        return any(each.kind == "adjustment" and each.effective >= since for each in own)

    def _paid(self, activity: MoneyActivity) -> Decimal:
        """Return of how many shares an activity is the cash in lieu, unsigned: as it tells.

        Where it does not: the fraction that the book has and the account has not any more, or the one that
        is all that a listed split brings of them; else zero.
        """
        if activity.qty or not activity.net_amount or not self._called(activity).is_held:
            told, session = (activity.qty or money.ZERO).copy_abs(), self.effective(activity).isoformat()
            return self._ours.fraction_now(self._name_now(activity), told, session) if told else told
        ours, theirs = self._ours_and_theirs(activity)
        if theirs is None:
            return money.ZERO
        left = money.CONTEXT.subtract(ours, theirs)
        # What was traded since may be more than there was: the fraction is that of the split all the same.
        of_split = self._ours.fraction_left(self._name_now(activity))
        is_left = splits.is_without_fraction(ours, theirs) or left == of_split
        return left.copy_abs() if is_left and left * activity.net_amount > 0 else money.ZERO

    def _is_ours(self, activity: MoneyActivity, qty: Decimal) -> bool:
        """Whether the book has the fraction of a share that an activity pays.

        Where a person has said how many shares there are that may have been without it: then it has, if the
        account has so much less.

        :param qty: of so many shares; none is none of ours.
        """
        called = self._called(activity)
        if not (qty and called.is_held):
            return False
        if not self._is_said(activity):
            return True
        ours, theirs = self._ours_and_theirs(activity)
        if theirs is None or activity.net_amount is None:
            return False
        return money.CONTEXT.subtract(ours, qty.copy_abs().copy_sign(activity.net_amount)) == theirs

    def _name_now(self, activity: MoneyActivity) -> str:
        """Return what the book calls by now what an activity is of."""
        since = folding.start_of(self.effective(activity).isoformat())
        return self._names.now(self._called(activity).symbol, since)

    def _ours_and_theirs(self, activity: MoneyActivity) -> tuple[Decimal, Decimal | None]:
        """Return the signed shares of the book, and the account's; None: not known.

        Where they are the same, the book's with a listed split that it lacks, which may be a fraction alone.
        """
        there, name = at_broker(self._read), self._name_now(activity)
        ours = self._holdings().get(name, Holding()).qty
        if there is None:
            return ours, None
        theirs = there.get(comparable(name), money.ZERO)
        if ours == theirs:
            from paper_run.trading.account import listed_splits

            due = listed_splits.due(name, self._ours, self._read, self._session)
            ours = next((each.qty for each in due), ours)
        return ours, theirs

    def _yet_to_come(self, activity: MoneyActivity) -> Waits:
        """Say that its session is yet to come; its day may be here, as a Saturday, with cash and shares."""
        if activity.date is None or activity.date > self._moment.now.date():
            return Waits("its session is yet to come", is_said=False)
        moves_shares = money_types.of(activity.activity_type).way == "shares" and activity.qty
        worth = None if moves_shares else money.ZERO
        return Waits("its session is yet to come", activity.net_amount, worth)

    def _shares(
        self, activity: MoneyActivity, name: str, qty: Decimal, before: Posted | None
    ) -> Posted | Waits | None:
        """Return shares that came in, or went out, at their worth: the price told, else this moment's.

        :param name: as the book has them; what stands beside the book is in none of its rows.
        """
        if name == ACCOUNT:
            return None
        price = marks.usable(activity.price)
        worth = money.product(qty, price) if price is not None else posted.worth(before, name, qty)
        if worth is None:
            listed = pricing.listed_positions(self._read).get(name)
            mark = pricing.mark_of(name, listed, self._read, self._moment, self._session)
            if not isinstance(mark, marks.Mark):
                return Waits(f"its shares have no price: {mark}", worth=None)
            worth = money.product(qty, mark.price)
        return Posted("flow", name, qty, worth)

    def effective(self, activity: MoneyActivity) -> date:
        """Return the session that it takes effect in: the first one on its date or after it.

        What is dated of the session that is valued, or before, is of that one at the latest: it may have been
        traded on a day on which the exchange is closed.
        """
        day = max(activity.date or self._session, self._ours.period.session)
        following = self._moment.calendar.next_session(day - _A_DAY)
        return min(following, self._session) if day <= self._session else following

    @cached_property
    def _names(self) -> Names:
        return self._ours.names()

    def _called(self, activity: MoneyActivity) -> Called:
        """Return what the book called in its session what an activity is of, maybe by another name."""
        symbol = activity.symbol or ""
        name = as_written(self._holdings())(symbol)
        if not self._names.kin(name) - {name}:
            return Called(name, bool(self._holdings().get(name, Holding()).qty))
        session = self.effective(activity).isoformat()
        return self._names.called(name, self._ours.of(name, self._names), session)

    def _row(self, activity: MoneyActivity, before: Posted | None) -> str:
        """Return the row of the book that an activity is in; what stands beside the book has none.

        :param before: as it was booked: it stays in its row, also if its symbol is another by now.
        """
        if activity.symbol is None:
            return ACCOUNT
        name = self._called(activity).symbol
        if before is not None and (before.symbol == ACCOUNT or name in self._names.kin(before.symbol)):
            return before.symbol
        return ACCOUNT if name not in self._holdings() and self._moment.is_beside(name) else name
