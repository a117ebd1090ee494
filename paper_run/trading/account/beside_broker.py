"""The account at the broker beside the book: where they differ, and what of that has a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.book import comparison, parties
from paper_run.book.holdings import Holding
from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.book_figures import BrokerFigures, BrokerHolding
from paper_run.model.broker import as_written
from paper_run.model.commands import ours
from paper_run.model.findings import listed
from paper_run.trading.account import charged_fees, named_items
from paper_run.trading.account.broker_word import LOOKS_BACK
from paper_run.trading.account.corporate import NO_SPIN_OFFS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from paper_run.book.comparison import Difference
    from paper_run.book.holdings import Book
    from paper_run.book.parties import Item
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.book_figures import BookFigures
    from paper_run.model.findings import Finding
    from paper_run.services.platform import Observations
    from paper_run.trading.account.corporate import SpinOffs
    from paper_run.trading.account.hand_trades import Outside
    from paper_run.trading.account.our_shares import OurShares

_BROKER = "broker"
_MOST = 20
_NAMED = 5
_BOOKED = (
    Remedy(
        "If nobody will ever say what it was, book it as money besides trading",
        ours("resolve", "--position", "all"),
    ),
)
_NOT_JOINED = "what the account has besides this book is not booked"
_SHARED = "another ledger trades the account too"
_IN_FLIGHT = "orders of ours are in flight"
_NO_LIST = "its list of corporate actions could not be read"


def compared(
    figures: BookFigures,
    ledger: Ledger,
    shares: OurShares,
    read: Observations,
    period: BookPeriod,
    book: Book,
    is_beside: Callable[[str], bool],
    splitting: Collection[str] = (),
    spin_offs: SpinOffs = NO_SPIN_OFFS,
) -> BookFigures:
    """Return the figures with the account at the broker; it is compared once it is proven to be ours.

    Nothing may be without a name once all that the account has is in the book.

    :param is_beside: whether a symbol that no order of ours traded stands beside the book.
    :param splitting: the symbols of which another quantity may be a split.
    """
    broker = _figures(read, book.holdings)
    if broker is None:
        return figures
    valued = figures.valuation
    is_known = all(row.is_known for row in valued.positions)
    if is_known and not any(each.waiting for each in book.holdings.values()):
        figures = figures._replace(cash=money.CONTEXT.add(period.base, book.cash))
    if not broker.is_proven:
        return figures._replace(broker=broker)
    beside = named_items.beside(broker, book.holdings, is_beside)
    unknown = {row.symbol for row in valued.positions if not row.is_known}
    differences = _differences(broker, book, unknown | beside.keys())
    fractions = named_items.fractions(differences, figures, broker, shares, spin_offs.children)
    spun_off = named_items.spun_off(differences, broker, spin_offs.missing)
    told = {name: each for name, each in differences.items() if name not in {*fractions, *spun_off}}
    differ = [symbol for symbol, _ in comparison.quantities(told)]
    is_shared = ledger.broker_money.shared_by(period) is not None
    lacking = ((_SHARED,) if is_shared else ()) if period.has_account else (_NOT_JOINED,)
    items = [*beside.values(), *fractions.values(), *spun_off.values(), *figures.waiting]
    outside = _outside(told, ledger, read, period) if differ else {}
    sure = {name: each for name, each in outside.items() if name not in {*splitting, *figures.in_flight}}
    trades = named_items.trades(sure, figures, broker)
    today = figures.now.date()
    fees = charged_fees.read(ledger, period, today)
    more = _explained(figures, broker, [*items, *trades.values()], lacking).cash.amount
    trips: list[Item] = []
    of_trips: list[Finding] = []
    if more and not fees.of(more).by_day:
        from paper_run.trading.account import trips_by_hand

        left_out = {*differ, *splitting}
        there = trips_by_hand.found(ledger, read, period, book.holdings, more, fees, left_out, is_beside)
        more = money.CONTEXT.add(more, trips_by_hand.cash_of(there))
        trips, of_trips = trips_by_hand.items(there), trips_by_hand.said(there, book.holdings, more)
    if trades and more != 0 and not fees.of(more).by_day:
        trades = {}  # something else is in the cash as well: that executions fit proves nothing then
        more = _explained(figures, broker, items, lacking).cash.amount
    charged_fees.keep(ledger, period, fees, more, broker.accrued_fees, today)
    items += [*trades.values(), *charged_fees.items(fees.of(more)), *trips]
    items += named_items.own(broker) if differ == [*trades] else []
    outside = {name: each for name, each in outside.items() if name in trades or each.order is not None}
    apart = _explained(figures, broker, items, lacking)
    unsure = _unsure(read, differs=bool(differ))
    may_be = [*unsure, *([_IN_FLIGHT] if {*differ} & {*figures.in_flight} else [])]
    may_be += [f"{symbol} may have split" for symbol in differ if symbol in splitting]
    may_be += named_items.still_to_come(more, fees, shares, today)
    if apart.cash.amount and not unsure:
        # Until all is explained each reading is of the whole book: what is old may have been changed.
        ledger.broker_money.keep_read(period, period.session)
        unsure = _not_whole(read, ledger, period, figures.session)
        may_be += unsure
    apart = _as_known(apart, may_be)
    differing = _differing(told, figures, splitting, outside, unsure, is_shared=is_shared)
    return figures._replace(
        broker=broker,
        broker_differences=differences,
        apart=apart,
        remarks=(
            *figures.remarks,
            *differing,
            *of_trips,
            *_unnamed(apart, broker, is_ours=period.has_account, differs=bool(differing)),
            *(
                _not_compared(apart)
                if period.has_account and not (is_shared or _is_said(figures, broker, told))
                else []
            ),
        ),
    )


def _figures(read: Observations, held: Mapping[str, Holding]) -> BrokerFigures | None:
    """Return the account in the broker's words, its symbols written as ours; None where it was not read."""
    if read.broker is None or (account := read.broker.account) is None:
        return None
    written = as_written(held)
    positions = None
    if read.broker.positions is not None:
        positions = {
            written(each.symbol): BrokerHolding(
                qty=each.qty,
                avg_entry_price=each.avg_entry_price,
                price=each.current_price,
                market_value=each.market_value,
                asset_class=each.asset_class,
            )
            for each in read.broker.positions
        }
    return BrokerFigures(
        number=account.number,
        kind=account.kind,
        is_proven=read.account is not None and read.account.number == account.number,
        cash=account.cash,
        equity=account.equity,
        accrued_fees=account.accrued_fees,
        positions=positions,
    )


def _differences(
    broker: BrokerFigures, book: Book, left_out: Collection[str]
) -> dict[str, tuple[Difference, ...]]:
    """Return where the broker's quantity or average is another; with what is unknown nothing is compared."""
    if broker.positions is None:
        return {}
    found = {}
    for symbol in sorted({*book.holdings, *broker.positions} - {*left_out}):
        each = broker.positions.get(symbol)
        theirs = each and comparison.Theirs(each.qty, each.avg_entry_price, None, None)
        if differs := comparison.differences(_BROKER, book.holdings.get(symbol, Holding()), theirs):
            found[symbol] = differs
    return found


def _unsure(read: Observations, *, differs: bool) -> tuple[str, ...]:
    """Say why what is left may be what was not read, or at another moment, a clause each."""
    if (reading := read.broker) is None:
        return ()
    return tuple(filter(None, (reading.unsure, _NO_LIST if differs and reading.is_list_unread else None)))


def _as_known(apart: parties.Explained, may_be: Sequence[str]) -> parties.Explained:
    """Return what is left as not known where it may be nothing.

    :param may_be: why, a clause each; none: it is known.
    """
    not_known = parties.Left(None, tuple(may_be))
    if may_be and apart.residual.amount:
        apart = apart._replace(residual=not_known, rounding=None)
    if may_be and apart.cash.amount:
        apart = apart._replace(cash=not_known)
    return apart


def _not_whole(read: Observations, ledger: Ledger, period: BookPeriod, session: date) -> tuple[str, ...]:
    """Say that money from the beginning of the book, or older orders, were not read, where they were not."""
    if (reading := read.broker) is None:
        return ()
    found, since, asked = [], reading.money_since, reading.orders_since
    if since is not None and since > period.session:
        found.append(f"what moved its money before {since} was not read, the next run or mark reads it")
    oldest = ledger.open_orders.sent_from(max(period.session, session - LOOKS_BACK))
    if oldest is not None and (asked is None or oldest < asked):
        found.append("its older orders were not read, the next run or mark reads them")
    return tuple(found)


def _explained(
    figures: BookFigures, broker: BrokerFigures, items: Iterable[parties.Item], lacking: Sequence[str]
) -> parties.Explained:
    valued = figures.valuation
    held = {
        row.symbol: parties.Held(row.qty, row.mark.price if row.mark else None) for row in valued.positions
    }
    there = None
    if broker.positions is not None:
        there = {
            symbol: parties.Held(each.qty, each.price, each.market_value)
            for symbol, each in broker.positions.items()
        }
    return parties.explain(
        parties.Party(figures.cash, valued.session.closing, held),
        parties.Party(broker.cash, broker.equity, there, broker.accrued_fees),
        items,
        lacking,
    )


def _outside(
    differences: Mapping[str, tuple[Difference, ...]], ledger: Ledger, read: Observations, period: BookPeriod
) -> dict[str, Outside]:
    from paper_run.trading.account import hand_trades

    found = comparison.quantities(differences)
    more = [(symbol, money.CONTEXT.subtract(each.theirs, each.ours)) for symbol, each in found]
    return hand_trades.outside(more, ledger, read, period)


def _differing(
    differences: Mapping[str, tuple[Difference, ...]],
    figures: BookFigures,
    splitting: Collection[str],
    outside: Mapping[str, Outside],
    unsure: Sequence[str],
    *,
    is_shared: bool,
) -> list[Finding]:
    """Say where the broker has another quantity; another average stands beside the position alone.

    :param splitting: of these it may be a split, which is not to be booked as a trade.
    :param outside: the trades that no attempt of the book made. :param unsure: why that may be no difference.
    :param is_shared: whether another ledger trades the account: then it may be that one's.
    """
    found = comparison.quantities(differences)
    said = []
    for symbol, each in found[:_MOST]:
        why = f"; {_IN_FLIGHT}" if symbol in figures.in_flight else ""
        why += "".join(f"; {each}" for each in unsure)
        why += f"; {_SHARED}" if is_shared else ""
        ways_out = _ways_out(symbol, each, outside.get(symbol), has_price=symbol not in figures.unpriced)
        remedies = () if why or symbol in splitting else ways_out
        if (trade := outside.get(symbol)) is not None:
            why += f"; {trade.whose}"
        words = (
            f"The broker differs on {symbol}: quantity {money.short(each.theirs)} instead of "
            f"{money.short(each.ours)}{why}."
        )
        said.append(findings.warning("broker_differs", words, subject=symbol, remedies=remedies))
    if (more := len(found) - _MOST) > 0:
        said.append(findings.warning("broker_differs", f"The broker differs on {more} more symbols."))
    return said


def _ways_out(symbol: str, each: Difference, trade: Outside | None, *, has_price: bool) -> tuple[Remedy, ...]:
    """Return what a person may do of a quantity that is another one at the broker."""
    qty, asks = money.trimmed(each.theirs), "If it was traded by hand, at what a share of that cost"
    price = "PRICE"
    if trade is not None:
        asks, price = "Take it over at what it cost", money.short(trade.price)
    said = Remedy(asks, ours("resolve", "--position", f"{symbol}={qty}@{price}"))
    if not has_price:
        return (said,)
    at_mark = ours("resolve", "--position", symbol)
    return said, Remedy("Else, at the current price, which moves no P&L", at_mark)


def _unnamed(
    apart: parties.Explained, broker: BrokerFigures, *, is_ours: bool, differs: bool
) -> list[Finding]:
    """Say what of the cash and of the equity nothing explains.

    :param is_ours: whether all that the account had when the book began, or was joined, is in the book.
    :param differs: whether it has other quantities, which may explain it.
    """
    said, explains = [], f"nothing{' but its other quantities' * differs} explains that."
    if cash := apart.cash.amount:
        words = f"The broker's cash is {_dollars(cash)} than the book's, and {explains}"
        said.append(findings.warning("broker_differs", words, subject="cash", remedies=_BOOKED * is_ours))
    if left := apart.residual.amount:
        own = money.known_cents(named_items.off_itself(broker))
        inside = f" The broker's own equity is {own:,.2f} dollars off its cash and positions." if own else ""
        words = f"The broker's equity is {_dollars(left)} than ours, and {explains}{inside}"
        said.append(findings.warning("residual", words))
    return said


def _is_said(
    figures: BookFigures, broker: BrokerFigures, differences: Mapping[str, tuple[Difference, ...]]
) -> bool:
    """Whether why nothing can be compared is a finding of its own.

    Figures of ours that are not known, positions that could not be read, another quantity.
    """
    is_whole = figures.valuation.complete and figures.cash is not None
    return not is_whole or broker.positions is None or bool(comparison.quantities(differences))


def _not_compared(apart: parties.Explained) -> list[Finding]:
    """Say why it is not known whether anything of cash and of equity is without a name."""
    reasons = dict.fromkeys(each for left in (apart.residual, apart.cash) for each in left.reasons)
    if not reasons:
        return []
    words = (
        "Whether our equity and the broker's differ by what nothing explains is not known: "
        f"{listed(list(reasons), _NAMED, by='; ')}."
    )
    return [findings.warning("residual", words)]


def _dollars(amount: Decimal) -> str:
    """Return by how much theirs is more or less, of an amount that is ours - theirs."""
    return f"{amount.copy_abs():,.2f} dollars {'less' if amount > 0 else 'more'}"
