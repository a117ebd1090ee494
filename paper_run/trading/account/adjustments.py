"""What a person books: a split, a trade by hand, and that a difference is to be booked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import folding, holdings, marks, splits, valuation
from paper_run.errors import DataError, Remedy
from paper_run.model import commands
from paper_run.model.broker import comparable
from paper_run.model.commands import ours as command
from paper_run.trading.account import believed, corporate, listed_splits, our_shares, pricing
from paper_run.trading.account.our_shares import OurShares

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from paper_run.book.folding import Names
    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.ledger.valuations import PastValuation
    from paper_run.model.attempt import AttemptRow
    from paper_run.services.platform import Observations
    from paper_run.trading.account.observations import Moment


class Split(NamedTuple):
    """A split as a person states it; 1:1: there was none.

    :ivar ex_date: the session in which it took effect, None: the one in which it was suspected, or this one.
    """

    symbol: str
    ratio: splits.Ratio
    ex_date: date | None = None


class Trade(NamedTuple):
    """A trade by hand as a person states it: our signed quantity after it, and a share's price, dollars."""

    symbol: str
    qty: Decimal
    price: Decimal


class Said(NamedTuple):
    """What a person says that an order has filled.

    :ivar name: the order, as `resolve` lists it. :ivar qty: shares, unsigned: its side is known.
    :ivar price: the average, dollars; None of nothing filled.
    """

    name: str
    qty: Decimal
    price: Decimal | None


class Change(NamedTuple):
    """What a person changes in the book before it is valued.

    :ivar adjust: symbols to bring to the best party's quantity at the mark; `all` means each that differs.
    :ivar said: what an order has filled; it is recorded even if nothing can be valued.
    :ivar note: by whom, and when.
    """

    adjust: tuple[str, ...] = ()
    trades: tuple[Trade, ...] = ()
    split: Split | None = None
    said: Said | None = None
    note: str = ""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols whose positions it changes; they need prices, held before or not."""
        return (*(each for each in self.adjust if each != "all"), *(each.symbol for each in self.trades))


def book_split(
    books: Books,
    period: BookPeriod,
    said: Split,
    read: Observations,
    moment: Moment,
    booked_at: datetime,
    note: str,
) -> list[str]:
    """Book a split in its session, if a list, a price or a quantity speaks for it; void what it changes.

    :param booked_at: UTC.
    :return: the sessions that were valued whole without it, ISO dates: they have no closing any more.
    :raises DataError: the book does not hold the symbol, the date is not one of the book's, or nothing speaks
        for this split.
    """
    kept = books.last_valuation(period)
    session = max(moment.session, kept.session) if kept else moment.session
    ours = OurShares(books, period, session, read)
    names = ours.names()
    entries = ours.of(said.symbol, names)
    if not entries:
        raise not_held(said.symbol)
    if not names.qty(names.now(said.symbol), entries):
        said = said._replace(symbol=names.now(said.symbol, folding.start_of("")))
    note = f"{said.ratio} {note}"
    if said.ratio.is_none:
        books.append(period, session, _none(said, session, entries, names), booked_at, note=note)
        return []
    of_list = listed_splits.due(said.symbol, ours, read, session)
    listed = next((each for each in of_list if each.ratio.is_same(said.ratio)), None)
    suspected = _suspected(said, kept, names)
    made = _dated(said, listed.effective if listed else suspected, session, entries, names, period)
    if listed is None:
        _prove(said, _Evidence(books, period, entries, names, made, session), ours, read, moment)
    if said.ex_date is None and not (listed or suspected) and moment.now.date() > session:
        raise _of_which_session(said, session)
    return corporate.take_effect(books, period, session, made.entries, booked_at, note)


def _none(
    said: Split, session: date, entries: Sequence[holdings.Entry], names: Names
) -> list[holdings.Entry]:
    """Return that there was no split, of each symbol that the book has the shares under.

    :raises DataError: it has had none of them.
    """
    shares = names.now(said.symbol)
    own = {each.symbol for each in entries if names.now(each.symbol) == shares}
    if not own:
        raise not_held(said.symbol)
    none = holdings.Entry("split", said.symbol, money.ZERO, money.ZERO, session.isoformat(), ratio=said.ratio)
    return [none._replace(symbol=each) for each in sorted(own)]


def _suspected(said: Split, kept: PastValuation | None, names: Names) -> str | None:
    """Return the session since which a split of what is called so now was suspected, an ISO date."""
    if kept is None:
        return None
    shares, place = names.now(said.symbol), believed.place_of(kept)
    found = (since for name, since in kept.suspects.items() if names.now(name, place) == shares)
    return min(found, default=None)


def _dated(
    said: Split,
    suspected: str | None,
    session: date,
    entries: Sequence[holdings.Entry],
    names: Names,
    period: BookPeriod,
) -> listed_splits.Made:
    """Return a split of the session in which it took effect: said, suspected, or this one.

    :param suspected: since which it was, or is listed for; an ISO date. :param session: this one.
    :raises DataError: the date is not one of the book's, or nothing was held then.
    """
    if said.ex_date is not None and not period.session <= said.ex_date <= session:
        raise DataError(
            f"--ex-date: {said.ex_date} is not in the book",
            f"Allowed: from {period.session}, when it began, to {session}.",
            remedies=(Remedy("Correct --ex-date and run again; nothing was booked."),),
        )
    possible = [said.ex_date.isoformat()] if said.ex_date else [*filter(None, (suspected,)), str(session)]
    for day in possible:
        made = listed_splits.split_entries(said.symbol, said.ratio, day, entries, names)
        if made.entries:
            return made
    raise not_held(said.symbol, possible[0])


def _of_which_session(said: Split, session: date) -> DataError:
    """Return that a split that was not suspected is said between two sessions, and for neither."""
    split = ("resolve", "--split", said.symbol, str(said.ratio))
    return DataError(
        f"--split: of which session is that of {said.symbol}?",
        f"{session} is over, and the next one has not opened.",
        remedies=(
            Remedy(f"If it was in effect in {session}", command(*split, "--ex-date", str(session))),
            Remedy("If it is of the next one, once that has opened", command(*split)),
        ),
    )


def not_held(symbol: str, session: str | None = None) -> DataError:
    """Return that a split is of a symbol that the book does not hold, or did not when it took effect.

    :param session: the one in which that was, an ISO date.
    """
    before = f" from before {session}" if session else ""
    return DataError(
        f"--split: the book holds no {symbol}{before}",
        "Allowed: a symbol that it held when the split took effect, which is before that session's trades.",
        remedies=(Remedy("Nothing was booked. See what it holds", command("mark")),),
    )


def refuse_without_a_book(change: Change, attempts: Sequence[AttemptRow]) -> None:
    """Refuse what only a book can take in: it begins with an attempt's capital, which nobody else can say.

    :param attempts: those of which it is not known what they placed.
    :raises DataError: a person wants a split or a position booked.
    """
    if change.split is not None:
        raise not_held(change.split.symbol)
    if change.adjust or change.trades:
        raise DataError(
            "--position: there is no book to change",
            "It begins with the first attempt that is known to be placed: its capital is the base, and "
            "what the account holds by then is taken over.",
            remedies=(
                Remedy("Nothing was booked. See what was traded", command("history")),
                *(remedy for row in attempts for remedy in commands.say_what_came(row.name, row.run_id)),
            ),
        )


class _Evidence(NamedTuple):
    """Where to look for what speaks for a split.

    :ivar entries: the book's, of all names of the symbol. :ivar made: the split as it would be booked.
    """

    books: Books
    period: BookPeriod
    entries: Sequence[holdings.Entry]
    names: Names
    made: listed_splits.Made
    session: date

    @property
    def effective(self) -> str:
        """The session in which it would take effect, an ISO date."""
        return self.made.entries[0].effective

    @property
    def qty(self) -> Decimal:
        """What the book would have now, signed shares."""
        return self.names.qty(self.made.shares, [*self.entries, *self.made.entries])

    def price_before(self) -> Decimal:
        """Return what a share was believed to be worth before it, else what it had cost, dollars."""
        kept = self.books.valuations.last(self.period.id, before=self.effective)
        seen = None if kept is None else self._seen_in(kept)
        if kept is None or seen is None:
            until = folding.place(self.made.entries[0])
            earlier = folding.fold(each for each in self.entries if folding.place(each) < until).holdings
            held = [earlier[each.symbol] for each in self.made.entries]
            cost = money.total(dollars for each in held for dollars in (each.cost, each.cost_before))
            return money.CONTEXT.divide(cost, self.made.before)
        price = seen.price
        for each in self._own():
            is_after = each.effective > seen.session or each.id > kept.entry
            if each.ratio is not None and is_after and each.effective <= self.effective:
                price = each.ratio.price(price)  # one that is booked does not speak for another
        return price

    def prices_after(self) -> list[Decimal]:
        """Return what it was traded and valued at since, dollars a share."""
        own = [each for each in self._own() if each.effective >= self.effective]
        found = [each.price for each in own if each.price is not None and each.price > 0]
        valued = map(self._seen_in, self.books.valuations.from_session(self.period.id, self.effective))
        return [*found, *(each.price for each in valued if each is not None)]

    def _own(self) -> Iterable[holdings.Entry]:
        return self.names.of(self.entries).get(self.made.shares, [])

    def _seen_in(self, kept: PastValuation) -> splits.Seen | None:
        place = believed.place_of(kept)
        seen = (each for name, each in kept.seen.items() if self.names.now(name, place) == self.made.shares)
        return next(seen, None)


def _prove(said: Split, evidence: _Evidence, ours: OurShares, read: Observations, moment: Moment) -> None:
    """Prove that something speaks for a split.

    :raises DataError: nothing does: no price, no quantity. What is listed needs no proof.
    """
    symbol = evidence.made.shares
    position = pricing.listed_positions(read).get(symbol)
    mark = pricing.mark_of(symbol, position, read, moment, evidence.session)
    before, after = evidence.price_before(), evidence.prices_after()
    if isinstance(mark, marks.Mark):
        after.append(mark.price)
    if splits.speaks(said.ratio, before, after):
        return
    qty = evidence.qty
    at_broker = ours.there(symbol, evidence.names)
    quantities = (position.qty if position is not None else None, at_broker)
    if any(each is not None and splits.is_that(qty, each) for each in quantities):
        return
    now = _plain(after[-1]) if after else "not known"
    theirs = "lists none" if position is None else f"has {money.short(position.qty)}"
    if at_broker is not None:
        theirs += f", the broker {money.short(at_broker)}"
    raise DataError(
        f"--split: nothing speaks for a split of {said.symbol} in {evidence.effective}",
        f"Its price was {_plain(before)} and is {now}; that does not fit a split of {said.ratio}, after "
        f"which it is near {_plain(said.ratio.price(before))}. The book would have {money.short(qty)} "
        f"shares, and the gateway {theirs}.",
        remedies=(
            Remedy("Correct the ratio, or its day with --ex-date, and run again; nothing was booked."),
        ),
    )


def _plain(price: Decimal) -> str:
    """Write a price without the zeros at its end."""
    return money.short(price.normalize())


def trades(book: holdings.Book, said: Sequence[Trade], read: Observations) -> list[holdings.Entry]:
    """Return the entries of trades by hand, one after the other, as a person said them; also of none.

    :raises DataError: it is said that a symbol is none which nobody holds: it is another one, misspelt.
    """
    found, now = [], dict(book.holdings)
    for each in said:
        if not each.qty and each.symbol not in now and _nobody_holds(each.symbol, read):
            raise DataError(
                f"--position: nobody holds {each.symbol}",
                "The book has never held it, and neither gateway nor broker lists it: 0 changes nothing.",
                remedies=(
                    Remedy("Correct the symbol and run again; nothing was booked"),
                    Remedy("See what the book holds", command("mark")),
                ),
            )
        held = now.get(each.symbol, holdings.Holding())
        found.append(
            holdings.Entry("adjustment", each.symbol, *valuation.adjustment(held, each.qty, each.price))
        )
        now[each.symbol] = held._replace(qty=each.qty)
    return found


def _nobody_holds(symbol: str, read: Observations) -> bool:
    """Whether gateway and broker, all of them that there are, were read and list no share of a symbol."""
    gateway, broker = read.positions, our_shares.at_broker(read)
    if gateway is None or (read.broker is not None and broker is None):
        return False
    return comparable(symbol) not in {*(comparable(each.symbol) for each in gateway), *(broker or ())}
