"""The book of a session: what is new is booked, its positions are priced, and what it lacks is taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.trading.account import (
    adjustments,
    best_party,
    book_opening,
    corporate,
    joining,
    listed_splits,
    not_known,
    order_outcomes,
    other_money,
    pricing,
)
from paper_run.trading.account.our_shares import OurShares, Strangers, come

if TYPE_CHECKING:
    from datetime import datetime

    from paper_run.book.holdings import Book
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.book_figures import NotKnown
    from paper_run.model.findings import Finding
    from paper_run.services.platform import Observations
    from paper_run.trading.account.observations import Moment


class SessionBook:
    """The book while its session is valued: `fold`, `price`, then `take_over` bring it up to date.

    :param booked_at: UTC. :param change: what a person changes in it. :param again: whether a closing that
        stays is moved on purpose.
    :ivar date: the session's. :ivar kept: the last valuation, and `before` what it was until a company's
        action voided it. :ivar is_over: whether the session keeps its closing.
    :ivar book: as it is now, and `last` its last entry. :ivar joined: the period with what the account has
        besides the book. :ivar beside: the gateway's symbols that are not the book's.
    :ivar remarks: what is worth saying so far.
    """

    book: Book
    last: int
    priced: pricing.Priced
    joined: joining.Joined
    beside: frozenset[str]

    def __init__(
        self,
        ledger: Ledger,
        period: BookPeriod,
        read: Observations,
        moment: Moment,
        booked_at: datetime,
        change: adjustments.Change | None,
        *,
        again: bool,
    ) -> None:
        self.ledger, self.books, self.period = ledger, ledger.books, period
        self.read, self.moment, self._booked_at = read, moment, booked_at
        self._change, self._is_changed = change or adjustments.Change(), change is not None
        self._again = again
        self.remarks: list[Finding] = []

    def fold(self) -> None:
        """Book what a person says of a split, then fills, the account's money, and what companies did.

        :raises DataError: the split can't be booked.
        """
        ledger, books, period, read, moment = self.ledger, self.books, self.period, self.read, self.moment
        if (split := self._change.split) is not None:
            voided = adjustments.book_split(
                *(books, period, split, read, moment, self._booked_at, self._change.note)
            )
            self.remarks += corporate.voided_closings(split.symbol, split.ratio, voided)
        kept = self.before = books.last_valuation(period)
        self.date = max(moment.session, kept.session) if kept else moment.session
        self.remarks += ledger.open_orders.correct(period, self.date, self._booked_at, read.executed)
        self.remarks += ledger.open_orders.book_fills(
            *(period, self.date, self._booked_at, order_outcomes.FINAL, moment.calendar.session_date),
            today=moment.calendar.session_date(moment.now),
            awaits_broker=read.awaits_broker,
            untold=self._untold,
            dated={each.symbol for each in come(read, self.date)},
        )
        self.shares = OurShares(books, period, self.date, read)
        self._strangers = Strangers(ledger, read, moment.calendar)
        # What else moved shares comes before the splits, which are proven by what the account has beyond it.
        # A fraction that was paid is of the shares after a split all the same: that is folded before it.
        self.moved = self._money()
        self.not_known = self._fills_not_known()
        self.remarks += self.moved.said
        self.remarks += not_known.found_out(self.not_known, has_broker=read.broker is not None)
        self.followed = ledger.open_orders.followed()
        self.in_flight = frozenset(order.symbol for order in self.followed)
        self._lacks = {**ledger.open_orders.missing(), **not_known.anything(self.not_known)}
        if of_list := corporate.book_listed(
            *(books, self.date, read, self.shares, self._lacks, self._strangers, self._booked_at)
        ):
            kept = books.last_valuation(period)
            self.remarks += of_list
            self._count_fractions()
        self.kept = kept
        stays = kept is not None and kept.session == self.date and kept.is_closed
        self.is_over = stays and not self._again

    def price(self) -> None:
        """Price the book as it is now."""
        read, moment = self.read, self.moment
        self.book, self.last = self.books.current(self.period, self.kept)
        listed = listed_splits.listed(
            *(self.shares, self.date, read, self._lacks, moment.calendar, moment.now.date())
        )
        lacks = self._strangers.missing(self.book, self.shares, self.date, self._lacks)
        self.priced = pricing.price(
            *(self.books, self.shares, self.kept, self.date, self.book, read, moment, listed, lacks)
        )
        for symbol, why in corporate.gone(read, self.shares, self.ledger.broker_money).items():
            if self.priced.prices.pop(symbol, None) is not None:
                self.priced.unpriced[symbol] = why

    def take_over(self) -> None:
        """Book first prices, what a person says, and what the account has besides; price it anew if need be.

        :raises DataError: what a person says can't be booked.
        """
        ledger, read, moment, book, change = self.ledger, self.read, self.moment, self.book, self._change
        listed = {each.symbol for each in read.positions or ()}
        self.beside = frozenset(filter(moment.is_beside, listed - book.holdings.keys()))
        new = book_opening.first_prices(self.shares, book, self.priced.prices)
        new += (traded := adjustments.trades(book, change.trades, read))
        by_hand = best_party.differences(
            *(book, read, self.priced.prices, change, self.in_flight, self.beside, moment)
        )
        unsure = {*self.unknown, *self.priced.suspects}
        ours = joining.Ours(book, unsure, self.moved.waiting, is_changed=self._is_changed)
        self.joined = joining.join(ledger, read, self.period, self.date, ours, moment, self._booked_at)
        period = self.joined.period
        if new or by_hand.entries or by_hand.is_all or period != self.period:
            from paper_run.trading.account import hand_trades

            self.books.append(self.period, self.date, new, self._booked_at, note=change.note or None)
            hand_trades.take_out(ledger, self.period, self.date, traded, self._booked_at, change.note)
            self._count_fractions()
            hand_trades.book(
                *(ledger, read, period, self.date, by_hand, ours, self._booked_at, moment.is_beside)
            )
            self.price()

    def _money(self) -> other_money.Booked:
        """Book the account's money as it stands."""
        ours = (self.ledger, self.read, self.shares, self.date)
        return other_money.book(*ours, self.moment, self._booked_at)

    def _count_fractions(self) -> None:
        """Have cash in lieu be a trade of the fraction, of shares that the book has only now."""
        if self.moved.has_fractions:
            before = self.moved.said
            self.moved = self.moved.then(self._money())
            self.remarks = [each for each in self.remarks if each not in before] + self.moved.said

    @property
    def unknown(self) -> dict[str, str]:
        """Why a position is not known, by symbol."""
        return {**self.priced.unknown, **not_known.by_symbol(self.not_known)}

    @property
    def _untold(self) -> frozenset[str]:
        """Return of which orders the gateway's word does not take the place of the broker's."""
        proven = self.read.proven_broker
        return frozenset() if proven is None else proven.untold

    def _fills_not_known(self) -> tuple[NotKnown, ...]:
        read = self.read
        of_gateway = {} if read.awaits_broker else {*read.states, *read.earlier}
        by_gateway = frozenset(of_gateway) - self._untold
        told = not_known.Told(gateway=by_gateway, broker=read.told)
        return not_known.at(self.ledger, self.moment.calendar, self.moment.now, read=told)
