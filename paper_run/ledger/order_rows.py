"""A row of `orders`: as it is followed and was sent, what it says was filled and by whom, and what is odd."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import fills
from paper_run.errors import Remedy
from paper_run.ledger import rows
from paper_run.ledger.rows import amount
from paper_run.model.commands import ours
from paper_run.model.findings import note, warning
from paper_run.model.order import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from paper_run.model.broker import FillActivity
    from paper_run.model.findings import Finding
    from paper_run.model.order import OrderState


class Followed(NamedTuple):
    """An order of ours that is read again.

    :ivar name: its id, or what it is called where it has none. :ivar session: that of its attempt.
    :ivar qty: shares, unsigned.
    :ivar state: as it was read last; None: it never was. :ivar unpriced: shares that filled without a price.
    :ivar booked_qty: shares that the book has of it, unsigned.
    :ivar is_brokers_alone: whether the broker alone has ever told of it, as of one that replaced another.
    """

    name: str
    symbol: str
    side: str
    qty: Decimal
    session: date
    state: OrderState | None
    has_ended: bool
    unpriced: Decimal
    booked_qty: Decimal
    is_brokers_alone: bool = False

    @property
    def falls_short(self) -> bool:
        """Whether it is called filled, at fewer shares than were ordered."""
        state = self.state
        if state is None or state.status != "filled" or state.told_by is not None:
            return False
        return (state.filled_qty or money.ZERO) < self.qty

    @property
    def asked(self) -> Asked:
        """What was ordered."""
        return Asked(self.symbol, self.side, self.qty)


class Sent(NamedTuple):
    """An order of ours as it was sent, which the broker may know.

    :ivar attempt: the row of its attempt. :ivar sent_at: right before the POST, UTC.
    :ivar state: as it was told last, unless by a person; None: it never was.
    """

    name: str
    asked: Asked
    attempt: int
    session: date
    sent_at: datetime
    state: OrderState | None
    has_ended: bool


def of_row(row: Any) -> Followed:
    """Return an order, of its row with its attempt's session."""
    is_read = row["status"] is not None or row["said_by"] is not None
    state = rows.order(row) if is_read else None
    filled = (state.filled_qty if state else None) or money.ZERO
    priced = state is not None and state.filled_avg_price is not None and state.filled_avg_price > 0
    booked = Decimal(row["booked_qty"])
    missing = money.CONTEXT.subtract(filled, booked)
    return Followed(
        name=row["client_order_id"],
        symbol=row["symbol"],
        side=row["side"],
        qty=Decimal(row["qty"]),
        session=date.fromisoformat(row["session"]),
        state=state,
        has_ended=row["followed"] != 1,
        unpriced=money.ZERO if priced or missing <= 0 else missing,
        booked_qty=booked,
        is_brokers_alone=row["told_by"] is not None and row["gateway_status"] is None,
    )


def sent(row: Any) -> Sent:
    """Return an order as it was sent, of its row with its attempt's session and clocks."""
    is_read = row["status"] is not None
    return Sent(
        name=row["client_order_id"],
        asked=Asked(row["symbol"], row["side"], Decimal(row["qty"])),
        attempt=row["trade"],
        session=date.fromisoformat(row["session"]),
        sent_at=sent_at(row),
        state=rows.order(row) if is_read and row["said_by"] is None else None,
        has_ended=row["followed"] == 0 and not row["contested"],
    )


def sent_at(row: Any) -> datetime:
    """Return when an attempt was made: by the gateway's clock, a sandbox's own, else by this machine's."""
    return datetime.fromisoformat(row["gateway_clock"] or row["started_at"]).astimezone(UTC)


_CENT = Decimal("0.01")


def seen(row: Any) -> fills.Seen:
    """Return what of an order is booked."""
    return fills.Seen(Decimal(row["booked_qty"]), Decimal(row["booked_dollars"]))


def said(row: Any) -> fills.Seen:
    """Return what a person says that it has filled."""
    qty, price = Decimal(row["said_qty"]), amount(row["said_price"]) or money.ZERO
    return fills.Seen(qty, money.product(qty, price))


def told(row: Any) -> fills.Seen:
    """Return what the broker says that it has filled, at a price."""
    qty, dollars = amount(row["filled_qty"]) or money.ZERO, amount(row["filled_dollars"])
    price = amount(row["filled_avg_price"]) or money.ZERO
    return fills.Seen(qty, money.product(qty, price) if dollars is None else dollars)


def delta(row: Any) -> fills.FillDelta:
    """Return what its fill has grown by since it was booked."""
    filled, price = amount(row["filled_qty"]), amount(row["filled_avg_price"])
    dollars = amount(row["filled_dollars"])
    return fills.fill_delta(row["side"], Decimal(row["qty"]), seen(row), filled, price, dollars)


def refolds(row: Any, grown: fills.FillDelta) -> bool:
    """Whether the broker's word takes the place of what is booked, and does not only add to it.

    It says less, or another price; or a person has said another; or what it adds would have cost nothing.
    """
    now = told(row)
    if grown.waits or now == seen(row) or (now.qty and not now.dollars):
        return False
    if row["said_by"] is not None:
        return bool(seen(row).qty)
    return grown.contested or (bool(grown.qty) and money.product(grown.qty, grown.dollars) <= 0)


def corrected(row: Any, executed: Sequence[FillActivity]) -> fills.Seen | None:
    """Return what has come of what is booked of an order that fills on, where the broker has corrected it.

    :param executed: all executions of the order; what is booked are the oldest of them.
    """
    had, now = seen(row), told(row)
    if row["told_by"] is None or row["said_by"] is not None or not had.qty or now.qty <= had.qty:
        return None
    dated = sorted((each.time, each.identity, each) for each in executed if each.time is not None)
    if len(dated) < len(executed) or money.total(each.qty for _, _, each in dated) != now.qty:
        return None
    part = fills.Seen()
    for _, _, each in dated:
        dollars = money.CONTEXT.add(part.dollars, money.product(each.qty, each.price))
        part = fills.Seen(money.CONTEXT.add(part.qty, each.qty), dollars)
        if part.qty == had.qty:
            return part if matters(row, part) else None
    return None


def as_told(said: fills.Seen) -> fills.FillDelta:
    """Return that nothing is to be added to what the broker has said."""
    return fills.FillDelta(None, money.ZERO, money.ZERO, said)


def matters(row: Any, now: fills.Seen) -> bool:
    """Whether it differs from what is booked by more than an average that was rounded."""
    before = seen(row)
    apart = money.CONTEXT.subtract(now.dollars, before.dollars).copy_abs()
    return now.qty != before.qty or apart >= _CENT


def corrected_before(row: Any, part: fills.Seen) -> Finding:
    """Say that the broker has corrected what was booked of an order that fills on."""
    what = f"the broker has corrected what had filled before, {_filled(part)}, and so it is booked"
    text = f"{_name(row)}: {what}; it was {_booked(row)}."
    return warning("broker_fill", text, subject=row["client_order_id"])


def refolded(row: Any, now: fills.Seen) -> Finding:
    """Say that the broker's word took the place of what was booked."""
    by = f", as was said {row['said_by']}" if row["said_by"] is not None else ""
    text = f"{_name(row)}: the broker says {_filled(now)}, and so it is booked; it was {_booked(row)}{by}."
    return warning("broker_fill", text, subject=row["client_order_id"])


def by_hand(row: Any, now: fills.Seen) -> Finding:
    """Say what a person has said of an order, and what was booked before."""
    filled = f"{money.trimmed(now.qty)} filled at {money.short(amount(row['said_price']) or money.ZERO)}"
    filled = filled if now.qty else "nothing filled"
    text = f"{_name(row)}: {filled}, said {row['said_by']}; it was {_booked(row)}."
    return note("fill_said", text, subject=row["client_order_id"])


def odd(row: Any, grown: fills.FillDelta) -> tuple[Finding, ...]:
    """Say what is odd about a fill, with what a person can do where the gateway takes one back.

    So is that a person has said otherwise than the broker, whose word counts.
    """
    identity, name = row["client_order_id"], _name(row)
    if row["said_by"] is not None and said(row) != told(row):
        text = (
            f"{name}: the broker says {_filled(told(row))}, and is believed; "
            f"{_filled(said(row))} was said {row['said_by']}."
        )
        return (warning("broker_fill", text, subject=identity),)
    if not grown.remark:
        return ()
    if not grown.contested:
        return (warning("fill", f"{name}: {grown.remark}.", subject=row["symbol"]),)
    filled, price = amount(row["filled_qty"]), amount(row["filled_avg_price"])
    booked = f"{money.trimmed(grown.seen.qty)}@{money.trimmed(fills.average(grown.seen))}"
    theirs = (
        ("--filled", f"{money.trimmed(filled)}@{money.trimmed(price)}")
        if filled and price
        else ("--not-filled",)
    )
    remedies = (
        Remedy("If the gateway is right", ours("resolve", "--order", identity, *theirs)),
        Remedy("If what is booked is right", ours("resolve", "--order", identity, "--filled", booked)),
    )
    text = f"{name}: {grown.remark}."
    return (warning("fill_taken_back", text, subject=identity, remedies=remedies),)


def _name(row: Any) -> str:
    return f"{row['side']} {money.trimmed(Decimal(row['qty']))} {row['symbol']} ({row['client_order_id']})"


def _filled(now: fills.Seen) -> str:
    if not now.qty:
        return "nothing filled"
    return f"{money.trimmed(now.qty)} filled at {money.trimmed(fills.average(now))}"


def _booked(row: Any) -> str:
    """Say what was booked of an order before."""
    before = seen(row)
    if not before.qty:
        return "not booked before"
    return f"booked as {money.trimmed(before.qty)} at {money.trimmed(fills.average(before))} before"
