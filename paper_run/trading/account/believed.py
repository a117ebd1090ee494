"""How each symbol was believed last, what came of it since, and whether a price is of the shares of now."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from paper_run import money
from paper_run.book import folding, marks, splits
from paper_run.book.folding import Names
from paper_run.model.order import BROKER, GATEWAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from paper_run.book.folding import Place
    from paper_run.book.holdings import Entry
    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.ledger.valuations import PastValuation


def place_of(kept: PastValuation) -> Place:
    """Return the moment of a valuation: symbols are written as they were called then."""
    return kept.session.isoformat(), 1, kept.entry


class Believed:
    """Each symbol, as it is called now, as it was believed last in an earlier session.

    What was there before the first attempt, and was in no valuation yet, is as it was adopted.

    :param before: the book as it was valued last in an earlier session. :param session: the one that is
        valued.
    """

    def __init__(self, books: Books, period: BookPeriod, before: PastValuation | None, session: date) -> None:
        self._books = books
        self._period = period
        self._before = before
        began = before.session.isoformat() if before else ""
        seen = before.seen if before else {}
        oldest = min((each.session for each in seen.values()), default=began)
        entries = {each.id: each for each in books.entries_since(period, _moved(oldest, -1))}
        if before is not None and (entry := self._entry_of(oldest)) is not None:
            entries |= {each.id: each for each in books.entries_after(period, entry)[0]}
        self.names = Names(entries.values())
        adopted: Mapping[str, splits.Seen] = {}
        if session > period.session and (before is None or before.book is not None):
            valued = before.book.holdings if before is not None and before.book is not None else {}
            opening = [each for _, each in sorted(entries.items()) if each.symbol not in valued]
            adopted = _adopted(opening, period, self.names)
        self.last: Mapping[str, splits.Seen] = {**adopted, **self._last()}
        self._since = {
            name: [each for each in own if self._is_behind(each, self._session_of(name) or began)]
            for name, own in self.names.of(entries[number] for number in sorted(entries)).items()
        }

    def suspects(self, kept: PastValuation | None) -> dict[str, str]:
        """Return what a valuation suspected, with the sessions since which, as it is called now."""
        if kept is None:
            return {}
        return {self.names.now(name, place_of(kept)): since for name, since in kept.suspects.items()}

    def since(self, name: str) -> Sequence[Entry]:
        """Return a symbol's entries after it was believed last, and the splits that this did not know."""
        return self._since.get(name, ())

    def was(self, name: str, mark: marks.Mark | str) -> splits.Seen | None:
        """Return how a symbol was believed last, at what a share of before all that came since was worth.

        :param mark: what is told of its price now.
        """
        last = self.last.get(name)
        for each in reversed(self.since(name)):
            if (
                last is not None
                and each.ratio is not None
                and self._is_in_price(each, each.ratio, name, mark)
            ):
                last = last._replace(price=each.ratio.price_before(last.price))
        return last

    def _session_of(self, name: str) -> str:
        return self.last[name].session if name in self.last else ""

    def _last(self) -> dict[str, splits.Seen]:
        if self._before is None:
            return {}
        place, last = place_of(self._before), dict[str, splits.Seen]()
        # Of shares that were carried over to others the one that was believed longer ago: no split since is
        # missed. Of two from one session the symbol's own.
        for name, each in self._before.seen.items():
            now = self.names.now(name, place)
            was = last.get(now)
            if was is None or each.session < was.session or (each.session == was.session and now == name):
                last[now] = each
        return last

    def _entry_of(self, session: str) -> int | None:
        """Return the last entry that the valuation of a session, an ISO date, knew; None: it is not kept."""
        if self._before is None or session == self._before.session.isoformat():
            return None if self._before is None else self._before.entry
        kept = self._books.valuations.last(self._period.id, before=_moved(session, 1))
        return None if kept is None else kept.entry

    def _is_behind(self, entry: Entry, session: str) -> bool:
        """Whether an entry took effect after the price of a session, or is a split that it did not know."""
        if entry.effective > session:
            return True
        known = self._entry_of(session) if entry.ratio is not None else None
        return known is not None and entry.id > known

    def _is_in_price(self, split: Entry, ratio: splits.Ratio, name: str, mark: marks.Mark | str) -> bool:
        """Whether the last price is one of after a split that was booked later: its source knew of that.

        The prices from before it until then tell, each by the one before it. Where there is none from before
        it, the mark is taken for right.
        """
        last = self.last.get(name)
        if last is None or ratio.is_none or split.effective > last.session:
            return False
        kept = self._books.valuations.last(self._period.id, before=split.effective)
        before = [] if kept is None else self._seen_in(kept, name)
        if not before:
            return isinstance(mark, marks.Mark) and not splits.speaks(ratio, last.price, (mark.price,))
        known = before[0].price
        for later in self._books.valuations.from_session(self._period.id, split.effective):
            day = later.session.isoformat()
            for each in self._seen_in(later, name):
                if each.session != day or day > last.session:
                    continue
                if splits.speaks(ratio, known, (each.price,)):
                    return True
                known = each.price
        return False

    def _seen_in(self, kept: PastValuation, name: str) -> list[splits.Seen]:
        """Return how the shares were believed in a valuation, under each of their names of then."""
        place = place_of(kept)
        return [each for symbol, each in kept.seen.items() if self.names.now(symbol, place) == name]


def _adopted(entries: Iterable[Entry], period: BookPeriod, names: Names) -> dict[str, splits.Seen]:
    """Return the holdings from before the first attempt at the price that they were adopted at, if at one.

    :param entries: in their sequence.
    """
    day = period.session.isoformat()
    found: dict[str, Entry] = {}
    seen: dict[str, splits.Seen] = {}
    for each in entries:
        own = found.get(each.symbol)
        if each.kind == "found":
            found[each.symbol] = each
        elif each.kind == "gain" and each.effective <= day and own is not None and own.qty:
            price = money.CONTEXT.divide(money.CONTEXT.add(own.dollars, each.dollars), own.qty)
            is_account = period.base_account is not None
            theirs, there = (None, own.qty) if is_account else (own.qty, None)
            if price > 0:
                seen[names.of_entry(own)] = splits.Seen(price, day, own.qty, theirs, there)
    return seen


def of_these_shares(
    mark: marks.Mark | str, since: Iterable[Entry], last: splits.Seen | None, now: datetime
) -> marks.Mark | str:
    """Return a price, or that it is one from before a split that the book has: it is not these shares' price.

    A quote says of when it is. What the gateway or the broker says may be old all the same: it is believed
    where it is nearer to what the split made of the last price, or to a trade since, than to the last price.

    :param since: the symbol's entries after it was believed last. :param now: on the exchange's clock.
    """
    known = [each for each in since if each.ratio is not None and not each.ratio.is_none]
    if isinstance(mark, str) or splits.all_of(each.ratio for each in known if each.ratio).is_none:
        return mark
    ex_date = max(each.effective for each in known)
    why = f"its price is of before its split of {ex_date}"
    if mark.source not in (GATEWAY, BROKER) and mark.time is not None:
        return why if mark.time.astimezone(now.tzinfo).date().isoformat() < ex_date else mark
    if last is None:
        return mark
    expected = last.price
    for each in sorted(since, key=folding.place):
        if each.ratio is not None:
            expected = each.ratio.price(expected)
        elif each.price is not None and each.effective >= ex_date:
            expected = each.price
    if splits.is_nearer(mark.price, expected, last.price):
        return mark
    return f"its price is nearer to the one of before its split of {ex_date} than to what that made of it"


def _moved(session: str, days: int) -> str:
    return (date.fromisoformat(session) + timedelta(days)).isoformat() if session else session
