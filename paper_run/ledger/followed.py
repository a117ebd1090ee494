"""An order of ours as the ledger has it: as it is followed, and as it was sent."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple, money
from paper_run.ledger import rows
from paper_run.model.order import Asked

if TYPE_CHECKING:
    from paper_run.model.order import OrderState


class Followed(NamedTuple):
    """An order of ours that is read again.

    :ivar name: its id, or what it is called where it has none. :ivar session: that of its attempt.
    :ivar qty: shares, unsigned.
    :ivar state: as it was read last; None: it never was. :ivar unpriced: shares that filled without a price.
    :ivar is_brokers_alone: whether the broker alone has ever told of it, as of one that replaced another.
    """

    name: str
    symbol: str
    side: str
    qty: Decimal
    session: date
    state: "OrderState | None"
    has_ended: bool
    unpriced: Decimal
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
    state: "OrderState | None"
    has_ended: bool


def of_row(row: Any) -> Followed:
    """Return an order, of its row with its attempt's session."""
    is_read = row["status"] is not None or row["said_by"] is not None
    state = rows.order(row) if is_read else None
    filled = (state.filled_qty if state else None) or money.ZERO
    priced = state is not None and state.filled_avg_price is not None and state.filled_avg_price > 0
    missing = money.CONTEXT.subtract(filled, Decimal(row["booked_qty"]))
    return Followed(
        name=row["client_order_id"],
        symbol=row["symbol"],
        side=row["side"],
        qty=Decimal(row["qty"]),
        session=date.fromisoformat(row["session"]),
        state=state,
        has_ended=row["followed"] != 1,
        unpriced=money.ZERO if priced or missing <= 0 else missing,
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
