"""Bringing the book up to date: fills are booked, positions priced, the session valued, all in the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from paper_run import failures, money, not_known, orders
from paper_run.book import comparison, holdings, marks, statistics, valuation
from paper_run.errors import DataError, Remedy
from paper_run.model import findings
from paper_run.model.commands import ours
from paper_run.models import BookFigures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from paper_run.ledger.books import Epoch, Kept, Standing
    from paper_run.ledger.journal import Ledger
    from paper_run.model.findings import Finding
    from paper_run.models import Position
    from paper_run.readings import Moment
    from paper_run.services.platform import AfterTrade

_MOST_DIFFERENCES = 20
_SMALLEST_SHARE = Decimal("1E-9")


def bring_up_to_date(
    ledger: Ledger,
    read: AfterTrade,
    moment: Moment,
    booked_at: datetime,
    *,
    adjust: Iterable[str] = (),
    note: str | None = None,
) -> BookFigures | None:
    """Book what is new and value the session; None while no trade is known to have been placed.

    To be called inside a transaction of the ledger, with the orders' states written.

    :param adjust: symbols whose difference from the gateway is booked at the mark, P&L-neutral.
    :param note: by whom and why they are adjusted.
    """
    books = ledger.books
    epoch = books.epoch()
    if epoch is None:
        opener = books.opens_with()
        if opener is None:
            return None
        epoch = books.open_epoch(ledger.by_id(opener), booked_at, priced=read.market is None)
    kept = books.kept(epoch)
    session = max(moment.session, kept.session) if kept else moment.session
    odd = ledger.following.book_fills(epoch, session, booked_at, orders.FINAL)
    missing = not_known.at(ledger, moment.calendar, moment.now, read={*read.states, *read.earlier})
    unknown = not_known.by_symbol(missing)
    remarks = [*odd, *not_known.found_out(missing)]
    standing = books.standing(epoch, kept)
    book, last = standing.book, standing.last
    positions = {each.symbol: each for each in read.positions or () if each.qty}
    prices, unpriced, suspects = _prices(standing, kept, positions, read, moment)
    in_flight = frozenset(order.symbol for order in ledger.following.followed())
    new = [
        holdings.Entry("gain", symbol, money.ZERO, gain)
        for symbol, gain in valuation.pending_gains(book, prices).items()
    ]
    if adjust:
        new += _adjustments(book, read, moment, prices, tuple(adjust), in_flight)
    if new:
        books.append(epoch, session, new, booked_at, note=note)
        book, *_, last = books.standing(epoch, kept)
        for symbol in set(valuation.open_symbols(book)) - prices.keys() - unpriced.keys():
            mark = _mark(symbol, positions.get(symbol), read, moment)  # an adjustment has opened it
            if isinstance(mark, marks.Mark):
                prices[symbol] = mark
    strangers = {symbol: holdings.Holding() for symbol in positions if symbol not in book.holdings}
    shown = book._replace(holdings={**book.holdings, **strangers})
    opening = books.opening(epoch, session)
    valued = valuation.value(shown, prices, epoch.base, opening, unknown=unknown)
    going_on = {symbol: mark.price for symbol, mark in prices.items()}
    if kept:
        going_on |= {symbol: kept.prices[symbol] for symbol in unpriced if symbol in kept.prices}
    books.keep(epoch, session, last, book, valued, going_on, suspects)
    theirs = {
        symbol: comparison.Theirs(each.qty, each.avg_entry_price, each.realized_pl, each.unrealized_pl)
        for symbol, each in positions.items()
    }
    figures = BookFigures(
        since=epoch.session,
        session=session,
        now=moment.now,
        valuation=valued,
        gateway=theirs,
        differences={} if read.positions is None else _differences(shown, theirs, epoch, unknown),
        in_flight=in_flight,
        unpriced=unpriced,
        sessions_a_year=statistics.SESSIONS_A_YEAR[ledger.exchange],
        statistics=_statistics(ledger, epoch, session, valued, book.traded),
        unknown=unknown,
        not_known=missing,
    )
    return figures._replace(remarks=(*remarks, *_words(figures)))


class Split(NamedTuple):
    """A split as a person states it: `shares` shares became `became`; the same number: there was none."""

    symbol: str
    became: Decimal
    shares: Decimal

    @property
    def ratio(self) -> str:
        """The split as it is typed."""
        return f"{self.became}:{self.shares}"


def split(
    ledger: Ledger, said: Split, read: AfterTrade, moment: Moment, booked_at: datetime, note: str
) -> None:
    """Book a split, if the price or the gateway's quantity agrees that it was one.

    :raises DataError: the book does not hold the symbol, or nothing speaks for this split.
    """
    epoch = ledger.books.epoch()
    kept = ledger.books.kept(epoch) if epoch else None
    holding = ledger.books.standing(epoch, kept).book.holdings.get(said.symbol) if epoch else None
    if epoch is None or holding is None or not holding.qty:
        raise DataError(
            f"--split: the book holds no {said.symbol}",
            "Allowed: a symbol with an open position.",
            remedies=(Remedy("Nothing was booked. See what it holds", ours("mark")),),
        )
    more = money.CONTEXT.divide(
        money.product(holding.qty, money.CONTEXT.subtract(said.became, said.shares)), said.shares
    ).quantize(_SMALLEST_SHARE, context=money.CONTEXT)
    position = next((each for each in read.positions or () if each.symbol == said.symbol), None)
    after = money.CONTEXT.add(holding.qty, more)
    last = kept.prices.get(said.symbol) if kept else None
    mark = _mark(said.symbol, position, read, moment)
    agrees = position is not None and position.qty == after
    if more and last is not None and isinstance(mark, marks.Mark) and not agrees:
        expected = money.CONTEXT.divide(money.product(last, said.shares), said.became)
        if not marks.is_nearer(mark.price, expected, last):
            raise DataError(
                f"--split: the price of {said.symbol} does not fit a split of {said.ratio}",
                f"It was {money.digits(last)} and is {money.digits(mark.price)}; after such a split it would "
                f"be near {_short(expected)}. The gateway's quantity does not fit it either.",
                remedies=("Correct the ratio and run again; nothing was booked.",),
            )
    entry = holdings.Entry("split", said.symbol, more.normalize(money.CONTEXT), money.ZERO)
    ledger.books.append(epoch, moment.session, (entry,), booked_at, note=f"{said.ratio} {note}")


def _prices(
    standing: Standing,
    kept: Kept | None,
    positions: Mapping[str, Position],
    read: AfterTrade,
    moment: Moment,
) -> tuple[dict[str, marks.Mark], dict[str, str], set[str]]:
    """Return the price of each open position, or why it has none, and those whose price may be a split's.

    A fill at the new price does not settle a split that was suspected before it.
    """
    prices: dict[str, marks.Mark] = {}
    unpriced: dict[str, str] = {}
    suspects: set[str] = set()
    believed = standing.split | (standing.moved - (kept.suspects if kept else frozenset()))
    for symbol in valuation.open_symbols(standing.book):
        mark = _mark(symbol, positions.get(symbol), read, moment)
        if isinstance(mark, str):
            unpriced[symbol] = mark
            continue
        last = kept.prices.get(symbol) if kept else None
        split = marks.possible_split(last, mark.price) if last and symbol not in believed else None
        if split and last:
            suspects.add(symbol)
            unpriced[symbol] = (
                f"a possible split {split}: its price went from {money.digits(last)} to "
                f"{money.digits(mark.price)} without a fill; resolve --split {symbol} {split} books one, "
                f"resolve --split {symbol} 1:1 says that there was none"
            )
        else:
            prices[symbol] = mark
    return prices, unpriced, suspects


def _mark(symbol: str, position: Position | None, read: AfterTrade, moment: Moment) -> marks.Mark | str:
    """Return a symbol's price: the configured source's, else the gateway's; or why there is none."""
    if read.market is not None:
        if read.market.by_symbol is None:
            return "the quote source could not be read"
        seen = read.market.by_symbol.get(symbol, marks.Market())
        if (mark := marks.choose(seen, moment.now, moment.is_open_at)) is not None:
            return mark
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


def _adjustments(
    book: holdings.Book,
    read: AfterTrade,
    moment: Moment,
    prices: Mapping[str, marks.Mark],
    adjust: tuple[str, ...],
    in_flight: frozenset[str],
) -> list[holdings.Entry]:
    """Return the entries that bring symbols to the gateway's quantity.

    `all` is each symbol that differs and of which no order of ours still works.

    :raises DataError: there is nothing to adjust, or no price to do it at.
    :raises DependencyError: the gateway's quantities are not known.
    """
    if read.positions is None:
        raise failures.nothing_to_compare(read.unreadable)
    positions = {each.symbol: each for each in read.positions}
    entries = []
    for symbol in sorted({*book.holdings, *positions}) if adjust == ("all",) else adjust:
        held = book.holdings.get(symbol, holdings.Holding())
        position = positions.get(symbol)
        qty = position.qty if position else money.ZERO
        if qty == held.qty or (symbol in in_flight and adjust == ("all",)):
            continue
        if symbol in in_flight:
            raise DataError(
                f"--position: an order of ours in {symbol} still works",
                "What it fills comes into the book by itself, and the gateway may count it already.",
                remedies=("Once it has ended, say it again if they still differ; nothing was booked.",),
            )
        # What is not held was not priced with the rest.
        mark = prices.get(symbol) if held.qty else _mark(symbol, position, read, moment)
        if not isinstance(mark, marks.Mark):
            raise DataError(
                f"--position: {symbol} has no price to book its difference at",
                f"The gateway has {money.digits(qty)}, the book {money.digits(held.qty)}.",
                remedies=("Once it has a price, say it again; nothing was booked.",),
            )
        shares, dollars = valuation.adjustment(held, qty, mark.price)
        entries.append(holdings.Entry("adjustment", symbol, shares, dollars))
    named = "every symbol" if adjust == ("all",) else ", ".join(adjust)
    if not entries:
        raise DataError(
            "--position: there is no difference to book",
            f"The gateway has the book's quantity of {named}.",
            remedies=(Remedy("Nothing was booked. See where they differ", ours("mark")),),
        )
    return entries


def _differences(
    book: holdings.Book, theirs: Mapping[str, comparison.Theirs], epoch: Epoch, unknown: Collection[str]
) -> dict[str, tuple[comparison.Difference, ...]]:
    """Return where the gateway differs; with what is not known nothing can be compared."""
    found = {}
    for symbol, holding in book.holdings.items():
        if symbol in unknown:
            continue
        their = theirs.get(symbol)
        if their is not None and their.realized_pl is not None and symbol in epoch.realized:
            since = money.CONTEXT.subtract(their.realized_pl, epoch.realized[symbol])
            their = their._replace(realized_pl=since)
        if differs := comparison.differences(holding, their):
            found[symbol] = differs
    return found


def _statistics(
    ledger: Ledger, epoch: Epoch, session: date, valued: valuation.Valuation, traded: Decimal
) -> dict[str, statistics.Statistic]:
    """Return the statistics over the complete sessions; one that is not has no return of its own."""
    days = [day for _, day in ledger.books.days(epoch, session)]
    bridge, year = valued.session, statistics.SESSIONS_A_YEAR[ledger.exchange]
    if bridge.closing is None or valued.day_pnl is None or valued.exposure is None:
        found = statistics.statistics(days, year)
        return {**found, "daily_return": found["daily_return"]._replace(value=None, percent=None)}
    before = ledger.books.traded_before(epoch, session)
    today = statistics.Day(
        opening=bridge.opening,
        day_pnl=valued.day_pnl,
        closing=bridge.closing,
        exposure=valued.exposure,
        traded=money.CONTEXT.subtract(traded, before),
    )
    return statistics.statistics([*days, today], year)


def _words(figures: BookFigures) -> list[Finding]:
    """Say what has no price, what does not tie out, and where the gateway has another quantity.

    Another average price or realized P&L stands beside the position alone: nobody need act on it.
    """
    said = [
        findings.warning("unpriced", f"{symbol} has no price: {reason}.", subject=symbol)
        for symbol, reason in figures.unpriced.items()
    ]
    bridges = (figures.valuation.session, figures.valuation.inception)
    for unexplained in {bridge.unexplained for bridge in bridges if bridge.unexplained}:
        words = f"The book does not tie out: {money.digits(unexplained)} dollars are unexplained."
        said.append(findings.warning("unexplained", words))
    found = [
        (symbol, each)
        for symbol, differs in figures.differences.items()
        for each in differs
        if each.field == "qty"
    ]
    for symbol, each in found[:_MOST_DIFFERENCES]:
        flying = "; orders of ours are in flight" if symbol in figures.in_flight else ""
        quantities = f"quantity {_short(each.gateway)} instead of {_short(each.ours)}"
        take = Remedy("If your broker agrees with it", ours("resolve", "--position", symbol))
        remedies = () if symbol in figures.in_flight else (take,)
        words = f"The gateway differs on {symbol}: {quantities}{flying}."
        said.append(findings.warning("gateway_differs", words, subject=symbol, remedies=remedies))
    if (more := len(found) - _MOST_DIFFERENCES) > 0:
        said.append(findings.warning("gateway_differs", f"The gateway differs on {more} more symbols."))
    return said


def _short(value: Decimal) -> str:
    """Return a figure with at most 8 decimals."""
    places = -min(int(value.as_tuple().exponent), 0)
    return money.digits(value if places <= 8 else round(value, 8))
