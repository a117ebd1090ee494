"""Which symbols' fills are not known, why, and what a person can do about it: then no figure is stated."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book.splits import Span
from paper_run.errors import DependencyError, Remedy
from paper_run.model.book_figures import NotKnown
from paper_run.model.calendar import read_moment
from paper_run.model.commands import order_remedies, ours, say_what_came
from paper_run.model.findings import Finding, listed, warning
from paper_run.model.order import BROKER
from paper_run.trading.account.order_outcomes import FINAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.order_rows import Followed
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.book_figures import Unsure
    from paper_run.model.calendar import Calendar
    from paper_run.model.order import OrderState

_GRACE = timedelta(minutes=15)
_NAMED = 5
_IN_DOUBT = "it is in doubt"
_KEYS = Remedy(
    "Give the keys of the account at the broker, which is then asked itself: ALPACA_API_KEY_ID and "
    "ALPACA_API_SECRET_KEY"
)
_WEBHOOK = Remedy("Give the gateway a public address for the broker's webhook: from then on it is told")
_ENDED = Remedy("Once it has, value the session", ours("mark"))
_LISTED = Remedy("Each that is open, with its command", ours("resolve"))
_CAUSES: dict[Unsure, str] = {
    "working": "A market order fills within seconds, and a day order ends with its session: the gateway was "
    "not told. It hears of a fill only when the broker can call it (a webhook, at a public address).",
    "overdue": "An order of the day ends with its session: the broker has not ended it yet.",
    "unread": "The broker, or without one the gateway, was asked for them and did not tell.",
    "unpriced": "The gateway says that they filled, and not at which price.",
    "uncounted": "The gateway calls them filled, and does not say of how many shares.",
}


class Told(NamedTuple):
    """The ids of the orders that a party has just told of."""

    gateway: Collection[str]
    broker: Collection[str]

    def of(self, order: Followed) -> bool:
        """Whether the party whose word an order's state is has just told of it."""
        by = order.state.told_by if order.state is not None else None
        return order.name in (self.broker if by == BROKER else self.gateway)


def at(
    ledger: Ledger, calendar: Calendar, now: datetime, *, read: Told | None = None
) -> tuple[NotKnown, ...]:
    """Return what is not known of the present book at a moment.

    :param now: on the exchange's clock. :param read: the orders that were just told of; None: nobody was
        asked, so what was said last is taken.
    """
    found = []
    for order in ledger.open_orders.followed():
        if (kind_why := _of_order(order, calendar, now, read)) is not None:
            kind, why = kind_why
            about = f"{order.asked} ({order.name})"
            found.append(NotKnown(kind, order.name, (order.symbol,), about, why, order_remedies(order.name)))
    since = ledger.open_orders.first_attempt()
    for doubt in ledger.doubts.orders():
        if doubt.attempt.id >= since and doubt.attempt.closes:
            about = f"{doubt.side} {money.digits(doubt.qty)} {doubt.symbol} ({doubt.name})"
            why = doubt.why or _IN_DOUBT
            found.append(
                NotKnown("doubt", doubt.name, (doubt.symbol,), about, why, order_remedies(doubt.name))
            )
    for row in ledger.doubts.attempts():
        if row.id < since or not (row.outcome_unknown or row.how_known):
            continue
        asked = row.snapshot.parameters.symbols
        symbols = tuple(
            name for name in asked if row.outcome_unknown or not ledger.books.is_set(name, row.started_at)
        )
        if symbols:
            why = "what it placed is not known"
            about = f"the attempt {row.name}"
            found.append(NotKnown("attempt", row.name, symbols, about, why, _of_attempt(row, symbols)))
    return tuple(found)


def _of_order(
    order: Followed, calendar: Calendar, now: datetime, read: Told | None
) -> tuple[Unsure, str] | None:
    state = order.state
    if state is None or (read is not None and not read.of(order)):
        return "unread", "it could not be read"
    if order.unpriced:
        return "unpriced", f"{money.digits(order.unpriced)} filled without a price"
    if state.status == "filled" and not state.filled_qty and state.told_by is None:
        return "uncounted", "it is filled, with no number of shares"
    if state.status in FINAL and not order.falls_short:
        return None  # it has ended; the next run or mark books it
    if (why := _overdue(state, order.session, calendar, now)) is not None:
        return "overdue" if state.told_by == BROKER else "working", why
    return None


def is_market(state: OrderState) -> bool:
    """Whether an order takes whatever price there is, as far as it says."""
    return state.order_type == "market" or (state.order_type is None and state.limit_price is None)


def _overdue(state: OrderState, session: date, calendar: Calendar, now: datetime) -> str | None:
    """Say since when a working order should have ended or filled; None while it may well work.

    Of a market order that waits in an open session the broker knows best, as where trading is halted.
    """
    submitted = read_moment(state.created_at) or calendar.hours(session)[0]
    if state.time_in_force != "gtc":
        day = calendar.session_ending_after(submitted)
        if calendar.hours(day)[1] <= now:
            return f"it still works after the close of {day}"
    if state.told_by != BROKER and is_market(state) and calendar.is_open_at(now):
        opened = calendar.hours(calendar.session_date(now))[0]
        if now - max(opened, submitted) >= _GRACE:
            return "it still works 15 minutes into an open session"
    return None


def by_symbol(found: Iterable[NotKnown]) -> dict[str, str]:
    """Return why each symbol is not known, in words; why an order is in doubt stands in its own row."""
    reasons: dict[str, list[str]] = {}
    for each in found:
        why = _IN_DOUBT if each.kind == "doubt" else each.why
        for symbol in each.symbols:
            reasons.setdefault(symbol, []).append(f"{each.about}: {why}")
    return {symbol: listed(said, 2, by="; ") for symbol, said in reasons.items()}


def anything(found: Iterable[NotKnown]) -> dict[str, Span]:
    """Return the symbols of doubts and attempts: any number of shares may be missing of them."""
    return {
        symbol: Span(Decimal("-Infinity"), Decimal("Infinity"))
        for each in found
        if each.kind in ("doubt", "attempt")
        for symbol in each.symbols
    }


def found_out(found: Iterable[NotKnown], *, has_broker: bool) -> list[Finding]:
    """Return a finding for each kind of what is not known, with its usual cause and its cure.

    Of doubts and of attempts it is said anyhow that they are open.

    :param has_broker: whether the broker is read; its word is the best cure.
    """
    kinds: dict[Unsure, list[NotKnown]] = {}
    for each in found:
        if each.kind in ("doubt", "attempt"):
            continue
        kinds.setdefault(each.kind, []).append(each)
    return [_finding(kind, each, has_broker=has_broker) for kind, each in kinds.items()]


def _finding(kind: Unsure, found: list[NotKnown], *, has_broker: bool) -> Finding:
    named = listed([f"{each.about}, {each.why}" for each in found], _NAMED, by="; ")
    text = (
        f"The fills are not known of {named}. {_CAUSES[kind]} Until somebody tells, no figure of "
        f"{_symbols(found)} is stated, nor a total."
    )
    return warning(
        "fills_not_known", text, subject=found[0].name, remedies=_cure(kind, found, has_broker=has_broker)
    )


def _cure(kind: Unsure, found: list[NotKnown], *, has_broker: bool) -> tuple[Remedy, ...]:
    return (
        *((_WEBHOOK if has_broker else _KEYS,) if kind == "working" else ()),
        *((_ENDED,) if kind == "overdue" else ()),
        *found[0].remedies,
        *((_LISTED,) if len(found) > 1 else ()),
    )


def _of_attempt(row: AttemptRow, symbols: tuple[str, ...]) -> tuple[Remedy, ...]:
    if row.outcome_unknown:
        return say_what_came(row.name, row.run_id)
    each = [word for symbol in symbols for word in ("--position", symbol)]
    return (Remedy("If what the broker has, else the gateway, is right", ours("resolve", *each)),)


def failure(found: Sequence[NotKnown]) -> DependencyError:
    """Say that a mark can't value the book, for some fills are not known."""
    return DependencyError(
        f"The fills of {_symbols(found)} are not known",
        "The warnings say why, and what to do. What needs them is not stated.",
        # Of an attempt it is warned only that it is open.
        remedies=(*(way for each in found if each.kind == "attempt" for way in each.remedies), _LISTED),
        code="fills_not_known",
        subject=found[0].symbols[0],
    )


def _symbols(found: Iterable[NotKnown]) -> str:
    return listed(sorted({symbol for each in found for symbol in each.symbols}), _NAMED)
