"""What a row of `orders` says was filled: by broker, person or gateway; what of it is odd, in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.book import fills
from paper_run.errors import Remedy
from paper_run.ledger.rows import amount
from paper_run.model.commands import ours
from paper_run.model.findings import note, warning

if TYPE_CHECKING:
    from paper_run.model.findings import Finding

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


def as_told(said: fills.Seen) -> fills.FillDelta:
    """Return that nothing is to be added to what the broker has said."""
    return fills.FillDelta(None, money.ZERO, money.ZERO, said)


def matters(row: Any, now: fills.Seen) -> bool:
    """Whether it differs from what is booked by more than an average that was rounded."""
    before = seen(row)
    apart = money.CONTEXT.subtract(now.dollars, before.dollars).copy_abs()
    return now.qty != before.qty or apart >= _CENT


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


def odd(row: Any, grown: fills.FillDelta) -> Finding:
    """Say what is odd about a fill, with what a person can do where the gateway takes one back."""
    identity, name = row["client_order_id"], _name(row)
    if not grown.contested:
        return warning("fill", f"{name}: {grown.remark}.", subject=row["symbol"])
    filled, price = amount(row["filled_qty"]), amount(row["filled_avg_price"])
    booked = f"{money.trimmed(grown.seen.qty)}@{money.trimmed(fills.average(grown.seen))}"
    told = (
        ("--filled", f"{money.trimmed(filled)}@{money.trimmed(price)}")
        if filled and price
        else ("--not-filled",)
    )
    return warning(
        "fill_taken_back",
        f"{name}: {grown.remark}.",
        subject=identity,
        remedies=(
            Remedy("If the gateway is right", ours("resolve", "--order", identity, *told)),
            Remedy("If what is booked is right", ours("resolve", "--order", identity, "--filled", booked)),
        ),
    )


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
