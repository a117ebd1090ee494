"""Which price each position is valued at, or why it has none, as when it may have split."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import marks, splits, valuation
from paper_run.model.broker import comparable
from paper_run.trading.account.believed import Believed, of_these_shares
from paper_run.trading.account.our_shares import at_broker
from paper_run.trading.account.priced_symbol import Symbol, Today

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from paper_run.book.holdings import Book
    from paper_run.ledger.book import Books
    from paper_run.ledger.valuations import PastValuation
    from paper_run.model.service import Position
    from paper_run.services.platform import Observations
    from paper_run.trading.account.listed_splits import Listed, Waiting
    from paper_run.trading.account.observations import Moment
    from paper_run.trading.account.our_shares import OurShares


_NOTHING: Mapping[str, splits.Span] = {}
_SAID = ("split", "adjustment", "rename")


class Priced(NamedTuple):
    """The positions' prices, and what is not believed.

    :ivar unpriced: why an open position has no price. :ivar unknown: why it is not known what a symbol
        realized. :ivar suspects: the symbols that may have split, with the session since which, an ISO date.
    :ivar ratios: the split that it looks like, N:M, where it looks like one.
    :ivar seen: what the next session's prices and quantities are compared with.
    :ivar waiting: the listed splits that the account does not show yet. :ivar over: the symbols that no list
        speaks for after all, with the session since which they may have split.
    :ivar coming: the symbols that have split, or are called otherwise, after this session.
    :ivar earlier: the symbols that have the price of an earlier valuation of the session.
    """

    prices: dict[str, marks.Mark]
    unpriced: dict[str, str]
    unknown: dict[str, str]
    suspects: dict[str, str]
    ratios: dict[str, str]
    seen: dict[str, splits.Seen]
    waiting: Mapping[str, Waiting]
    over: dict[str, str]
    coming: frozenset[str]
    earlier: set[str]

    @property
    def splitting(self) -> frozenset[str]:
        """The symbols of which another quantity may be a split, which is not to be booked as a trade."""
        return self.coming | self.suspects.keys()


def price(
    books: Books,
    shares: OurShares,
    kept: PastValuation | None,
    session: date,
    book: Book,
    read: Observations,
    moment: Moment,
    listed: Listed,
    missing: Mapping[str, splits.Span] = _NOTHING,
) -> Priced:
    """Price the book's positions in a session.

    Of a symbol that may have split and was traded since, it is not known what that realized. A suspicion of
    an earlier session is over where the broker lists no split and has our quantity.

    :param kept: the book as it was valued last. :param listed: what the broker lists.
    :param missing: by symbol, by how many shares fills of ours that the gateway may have counted are missing.
    """
    day, period = session.isoformat(), shares.period
    before = books.valuations.last(period.id, before=day)
    believed = Believed(books, period, before, session)
    suspects, earlier = believed.suspects(kept), believed.suspects(before)
    new = books.entries_after(period, kept.entry)[0] if kept else ()
    # What was suspected of a symbol goes over with its shares.
    answered = frozenset(
        each.symbol if each.new_symbol else believed.names.of_entry(each)
        for each in new
        if each.kind in _SAID
    )
    moved = frozenset(map(believed.names.of_entry, new))
    found = Priced({}, {}, {}, {}, {}, {}, listed.waiting, {}, listed.coming, set())
    today = {
        name: Today(each, kept.mark(name) if kept else None)
        for name, each in (kept.seen if kept else {}).items()
        if each.session == day and name not in answered
    }
    for symbol in _symbols(book, believed, today, suspects, read, moment, session, missing):
        name = symbol.name
        each = symbol._replace(theirs=None, at_broker=None) if name in listed.coming else symbol
        suspicion = None
        if moment.calendar.exchange != "24/7":
            has_split = partial(shares.has_split, name)
            each, suspicion = each.judged(has_split=has_split, moved_today=name in moved)
        if suspicion is None and name in suspects and name not in answered:
            suspicion = splits.Suspicion(f"since {suspects[name]} nobody has said whether there was one")
        began, waiting = suspects.get(name) or earlier.get(name, day), listed.waiting.get(name)
        if waiting is None and suspicion is not None and began < day and listed.is_read and each.agrees:
            found.over[name], suspicion = began, None
        if waiting is not None:
            _keep(found, each, day, _Doubt(waiting.why, waiting.since, waiting.traded))
        elif suspicion is not None:
            if suspicion.ratio:
                found.ratios[name] = str(suspicion.ratio)
            why = _possible_split(suspicion)
            _keep(
                found, each, day, _Doubt(why, began, f"it was traded after {why}" if each.is_traded else "")
            )
        else:
            _keep(found, each, day, None)
    return found


class _Doubt(NamedTuple):
    """Why a symbol is not believed, and since which session; `traded` is why what it realized is unknown."""

    why: str
    since: str
    traded: str


def _keep(found: Priced, each: Symbol, day: str, doubt: _Doubt | None) -> None:
    """Note a symbol's price or why it has none, and what it is compared with next."""
    mark, is_open = each.mark, bool(each.held.qty)
    if doubt is not None:
        mark, found.suspects[each.name] = doubt.why, doubt.since
        if doubt.traded:
            found.unknown[each.name] = doubt.traded
    priced = None
    if is_open:
        if isinstance(mark, marks.Mark):
            found.prices[each.name], priced = mark, mark.price
            if each.is_earlier:
                found.earlier.add(each.name)
        else:
            found.unpriced[each.name] = mark
    seen = each.seen(day, priced)
    if seen is not None and (is_open or doubt is not None):
        found.seen[each.name] = seen


def _symbols(
    book: Book,
    believed: Believed,
    today: Mapping[str, Today],
    suspects: Iterable[str],
    read: Observations,
    moment: Moment,
    session: date,
    missing: Mapping[str, splits.Span],
) -> Iterable[Symbol]:
    """Yield each symbol that is open, or was when it was believed last.

    Where the current price is none of the session any more, it has the one that it was valued at last.
    """
    last = believed.last
    listed, there = listed_positions(read), at_broker(read)
    for name in sorted({*valuation.open_symbols(book), *last, *today, *suspects}):
        position = listed.get(name)
        theirs = None if read.positions is None else position.qty if position else money.ZERO
        newest, own = _newest(name, position, read, moment), today.get(name)
        is_late = isinstance(newest, marks.Mark) and not _is_of(newest, moment, session)
        earlier = own.mark if own is not None and is_late else None
        mark = earlier or _of_session(newest, moment, session)
        other = isinstance(mark, marks.Mark) and _at_broker(name, read)
        since = believed.since(name)
        told, others = (
            of_these_shares(each, since, believed.was(name, each), moment.now)
            for each in (mark, _of_session(other or "", moment, session))
        )
        yield Symbol(
            name,
            book.holdings[name],
            told,
            last.get(name),
            believed.was(name, mark),
            own.seen if own is not None else None,
            since,
            theirs,
            None if there is None else there.get(comparable(name), money.ZERO),
            missing.get(name),
            else_at_broker=others if isinstance(others, marks.Mark) else None,
            is_earlier=earlier is not None,
        )


def _possible_split(suspicion: splits.Suspicion) -> str:
    looks = f" {suspicion.ratio}" if suspicion.ratio else ""
    return f"a possible split{looks}: {suspicion.why}"


def of_benchmark(
    read: Observations, moment: Moment, session: date
) -> tuple[str, marks.Mark | str | None] | None:
    """Return the benchmark's symbol and its price, as a position's is chosen; None where none is read.

    A text: its price is one of after the session that is valued.
    """
    if read.benchmark is None:
        return None
    symbol, market = read.benchmark
    mark = None if market is None else marks.choose(market, moment.now, moment.calendar.is_open_at)
    return symbol, None if mark is None else _of_session(mark, moment, session)


def listed_positions(read: Observations) -> Mapping[str, Position]:
    """Return the gateway's open positions by symbol."""
    return {each.symbol: each for each in read.positions or () if each.qty}


def mark_of(
    symbol: str, position: Position | None, read: Observations, moment: Moment, session: date
) -> marks.Mark | str:
    """Return a symbol's price: the configured source's, else the gateway's, else the broker's; or why not.

    The gateway says of when its price is, the broker does not.

    A session is completed only with prices dated before the next session's date.
    """
    return _of_session(_newest(symbol, position, read, moment), moment, session)


def _of_session(mark: marks.Mark | str, moment: Moment, session: date) -> marks.Mark | str:
    """Return a price, or that it is one of after the session that is valued."""
    if isinstance(mark, str) or _is_of(mark, moment, session):
        return mark
    following = moment.calendar.next_session(session)
    return f"its price is of {following} or later, after the session that is valued"


def _is_of(mark: marks.Mark, moment: Moment, session: date) -> bool:
    """Whether a session may be completed with a price."""
    if moment.now.date() <= session:
        return True
    return marks.is_of(mark, moment.now, moment.calendar.next_session(session))


def _newest(symbol: str, position: Position | None, read: Observations, moment: Moment) -> marks.Mark | str:
    if read.market is not None:
        if read.market.by_symbol is None:
            return "the quote source could not be read"
        seen = read.market.by_symbol.get(symbol, marks.Market())
        if (mark := marks.choose(seen, moment.now, moment.calendar.is_open_at)) is not None:
            return mark
    at_gateway = _at_gateway(position, read)
    return at_gateway if isinstance(at_gateway, marks.Mark) else _at_broker(symbol, read) or at_gateway


def _at_gateway(position: Position | None, read: Observations) -> marks.Mark | str:
    if read.positions is None:
        return "the gateway's positions could not be read"
    if position is None:
        return "the gateway does not list it, so it gives no price"
    if (price := marks.usable(position.current_price)) is None:
        return (
            "there is no quote for it, and the gateway gives no price"
            if read.market
            else "the gateway gives no price"
        )
    return marks.Mark(price, "gateway", position.updated_at)


def _at_broker(symbol: str, read: Observations) -> marks.Mark | None:
    """Return the price that the broker values a position at, once its account is proven to be ours."""
    if (proven := read.proven_broker) is None:
        return None
    held = (each for each in proven.positions or () if comparable(each.symbol) == comparable(symbol))
    price = next((marks.usable(each.current_price) for each in held), None)
    return None if price is None else marks.Mark(price, "broker", None)
