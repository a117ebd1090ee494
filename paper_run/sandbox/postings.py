"""The account's cash and what is posted to it without a trade: fees, interest, a deposit."""

import sqlite3
from datetime import date
from decimal import Decimal

from paper_run.sandbox import special
from paper_run.sandbox.account import Position, total

FEE_A_SHARE = Decimal("0.01")
INTEREST_PAID = Decimal("4.17")
DEPOSITED = Decimal(1000)


def balance(connection: sqlite3.Connection) -> Decimal:
    """Return the cash that fills and postings have left, dollars; the fees that accrue are in it still."""
    return Decimal(connection.execute("SELECT cash FROM account").fetchone()[0])


def move_cash(connection: sqlite3.Connection, dollars: Decimal) -> None:
    """Have cash come, or go where it is negative."""
    connection.execute("UPDATE account SET cash = ?", (str(total([balance(connection), dollars])),))


def post(
    connection: sqlite3.Connection,
    kind: str,
    day: date,
    description: str,
    net_amount: Decimal,
    *,
    symbol: str = "",
    qty: str = "",
    per_share: str | None = None,
) -> None:
    """List an activity and move the cash by its amount, signed dollars.

    :param symbol: "" for the account as a whole; `qty` likewise.
    """
    move_cash(connection, net_amount)
    connection.execute(
        "INSERT INTO activities (type, date, symbol, description, net_amount, qty, per_share_amount)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, day.isoformat(), symbol, description, str(net_amount), qty, per_share),
    )


def accrued_fees(connection: sqlite3.Connection) -> Decimal:
    """Return what the fills of FEE cost that is not charged yet, dollars."""
    filled = connection.execute("SELECT filled_qty FROM orders WHERE symbol = ?", (special.FEE,))
    charged = connection.execute("SELECT net_amount FROM activities WHERE type = 'FEE'")
    return total(
        [*(Decimal(qty) * FEE_A_SHARE for (qty,) in filled), *(Decimal(each) for (each,) in charged)]
    )


def charge_fees(connection: sqlite3.Connection, session: date) -> None:
    """Charge what has accrued by the end of a session; it is dated that day at 00:00, before its fills."""
    if fees := accrued_fees(connection):
        post(connection, "FEE", session, f"Fees of {session}", fees.copy_negate())


def befall(connection: sqlite3.Connection, session: date, held: dict[str, Position]) -> None:
    """Pay the interest, and deposit the cash, that this session brings to those who held their symbols."""
    if held.get(special.INTEREST, Position()).qty:
        post(connection, "INT", session, "Interest on cash", INTEREST_PAID)
    if held.get(special.DEPOSIT, Position()).qty:
        post(connection, "CSD", session, "Cash deposited", DEPOSITED)
