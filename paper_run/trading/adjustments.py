"""What a person books: a split, a trade by hand, and that a difference is to be booked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from paper_run import money
from paper_run.book import folding, holdings, marks, splits, valuation
from paper_run.errors import DataError, Remedy
from paper_run.model import remedies
from paper_run.model.broker import comparable
from paper_run.model.commands import ours
from paper_run.trading import corporate, listed_splits, pricing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.model.attempt import AttemptRow
    from paper_run.services.platform import Observations
    from paper_run.trading.observations import Moment


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
    entries, last = books.entries_after(period)
    if all(each.symbol != said.symbol for each in entries):
        raise not_held(said.symbol)
    entry = holdings.Entry(
        "split", said.symbol, money.ZERO, money.ZERO, session.isoformat(), ratio=said.ratio, id=last + 1
    )
    note = f"{said.ratio} {note}"
    if said.ratio.is_none:
        books.append(period, session, (entry,), booked_at, note=note)
        return []
    of_list = (each.entry for each in listed_splits.due(said.symbol, books, period, session, read))
    listed = next((each for each in of_list if each.ratio and each.ratio.is_same(said.ratio)), None)
    suspected = kept.suspects.get(said.symbol) if kept else None
    if listed is not None:
        suspected = listed.effective
    before, entry = _dated(entries, entry, said.ex_date, suspected, period)
    if listed is None:
        after = folding.fold([*entries, entry]).holdings[said.symbol]
        _prove(said, _Evidence(books, period, entries, entry, before, after, session), read, moment)
    if said.ex_date is None and suspected is None and moment.now.date() > session:
        raise _of_which_session(said, session)
    return corporate.take_effect(books, period, session, entry, before.qty, booked_at, note)


def _dated(
    entries: Iterable[holdings.Entry],
    split: holdings.Entry,
    ex_date: date | None,
    suspected: str | None,
    period: BookPeriod,
) -> tuple[holdings.Holding, holdings.Entry]:
    """Return what was held when a split took effect, and it with that session: said, suspected, or this one.

    :param split: with the present session. :param suspected: since which it was, an ISO date.
    :raises DataError: the date is not one of the book's, or nothing was held then.
    """
    if ex_date is not None and not str(period.session) <= ex_date.isoformat() <= split.effective:
        raise DataError(
            f"--ex-date: {ex_date} is not in the book",
            f"Allowed: from {period.session}, when it began, to {split.effective}.",
            remedies=(Remedy("Correct --ex-date and run again; nothing was booked."),),
        )
    possible = [ex_date.isoformat()] if ex_date else [*filter(None, (suspected,)), split.effective]
    for session in possible:
        dated = split._replace(effective=session)
        earlier = [each for each in entries if folding.place(each) < folding.place(dated)]
        before = folding.fold(earlier).holdings.get(split.symbol)
        if before is not None and before.qty:
            return before, dated
    raise not_held(split.symbol, possible[0])


def _of_which_session(said: Split, session: date) -> DataError:
    """Return that a split that was not suspected is said between two sessions, and for neither."""
    split = ("resolve", "--split", said.symbol, str(said.ratio))
    return DataError(
        f"--split: of which session is that of {said.symbol}?",
        f"{session} is over, and the next one has not opened.",
        remedies=(
            Remedy(f"If it was in effect in {session}", ours(*split, "--ex-date", str(session))),
            Remedy("If it is of the next one, once that has opened", ours(*split)),
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
        remedies=(Remedy("Nothing was booked. See what it holds", ours("mark")),),
    )


def refuse_without_a_book(change: Change, attempts: Sequence[AttemptRow] = ()) -> None:
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
                Remedy("Nothing was booked. See what was traded", ours("history")),
                *(remedy for row in attempts for remedy in remedies.say_what_came(row.name, row.run_id)),
            ),
        )


class _Evidence(NamedTuple):
    """Where to look for what speaks for a split.

    :ivar before: the holding without it, of some shares. :ivar after: the holding with it.
    """

    books: Books
    period: BookPeriod
    entries: list[holdings.Entry]
    split: holdings.Entry
    before: holdings.Holding
    after: holdings.Holding
    session: date

    def price_before(self) -> Decimal:
        """Return what a share was believed to be worth before it, else what it had cost, dollars."""
        kept = self.books.valuations.last(self.period.id, before=self.split.effective)
        seen = kept.seen.get(self.split.symbol) if kept else None
        if seen is None:
            return money.CONTEXT.divide(self.before.cost, self.before.qty)
        price = seen.price
        for each in self.entries:
            is_after = pricing.is_behind(each, seen.session, kept) and each.effective <= self.split.effective
            if each.symbol == self.split.symbol and each.ratio is not None and is_after:
                price = each.ratio.price(price)  # one that is booked does not speak for another
        return price

    def prices_after(self) -> list[Decimal]:
        """Return what it was traded and valued at since, dollars a share."""
        symbol, ex_date = self.split.symbol, self.split.effective
        own = [each for each in self.entries if each.symbol == symbol and each.effective >= ex_date]
        found = [each.price for each in own if each.price is not None and each.price > 0]
        valued = self.books.valuations.from_session(self.period.id, ex_date)
        return [*found, *(kept.seen[symbol].price for kept in valued if symbol in kept.seen)]


def _prove(said: Split, evidence: _Evidence, read: Observations, moment: Moment) -> None:
    """Prove that something speaks for a split.

    :raises DataError: nothing does: no price, no quantity. What is listed needs no proof.
    """
    position = pricing.listed_positions(read).get(said.symbol)
    mark = pricing.mark_of(said.symbol, position, read, moment, evidence.session)
    before, after = evidence.price_before(), evidence.prices_after()
    if isinstance(mark, marks.Mark):
        after.append(mark.price)
    if splits.speaks(said.ratio, before, after):
        return
    ours = evidence.after.qty
    there = listed_splits.at_broker(read)
    at_broker = None if there is None else there.get(comparable(said.symbol), money.ZERO)
    quantities = (position.qty if position is not None else None, at_broker)
    if any(each is not None and splits.is_that(ours, each) for each in quantities):
        return
    now = _plain(after[-1]) if after else "not known"
    theirs = "lists none" if position is None else f"has {money.short(position.qty)}"
    if at_broker is not None:
        theirs += f", the broker {money.short(at_broker)}"
    raise DataError(
        f"--split: nothing speaks for a split of {said.symbol} in {evidence.split.effective}",
        f"Its price was {_plain(before)} and is {now}; that does not fit a split of {said.ratio}, after "
        f"which it is near {_plain(said.ratio.price(before))}. The book would have {money.short(ours)} "
        f"shares, and the gateway {theirs}.",
        remedies=(
            Remedy("Correct the ratio, or its day with --ex-date, and run again; nothing was booked."),
        ),
    )


def _plain(price: Decimal) -> str:
    """Write a price without the zeros at its end."""
    return money.short(price.normalize())


def trades(book: holdings.Book, said: Iterable[Trade]) -> list[holdings.Entry]:
    """Return the entries of trades by hand; also where there is nothing to trade, as what a person said."""
    found = []
    for each in said:
        held = book.holdings.get(each.symbol, holdings.Holding())
        found.append(
            holdings.Entry("adjustment", each.symbol, *valuation.adjustment(held, each.qty, each.price))
        )
    return found
