"""What befalls shares by itself, in the broker's account: a split and a dividend, on the third session."""

import sqlite3
from datetime import date
from decimal import Decimal
from typing import Any

from paper_run.sandbox import special
from paper_run.sandbox.account import Position, written
from paper_run.sandbox.exchange_days import FIRST_SESSION, next_session
from paper_run.sandbox.identifiers import uuid_of
from paper_run.sandbox.postings import post

EX_DATE = next_session(next_session(FIRST_SESSION))
SHARES_FOR_ONE = 2
DIVIDEND_A_SHARE = Decimal("0.25")
_CENT = Decimal("0.01")


def befall(connection: sqlite3.Connection, session: date, held: dict[str, Position]) -> None:
    """Book what this session brings to those who held the shares before it opened.

    A short position owes the shares and the dividend.
    """
    if (shares := held.get(special.SPLIT, Position()).qty) != 0:
        more = shares * (SHARES_FOR_ONE - 1)
        connection.execute(
            "UPDATE positions SET qty = ? WHERE symbol = ?", (str(shares + more), special.SPLIT)
        )
        words = f"Forward split {SHARES_FOR_ONE}:1 of {special.SPLIT}"
        post(connection, "SPLIT", session, words, Decimal(0), symbol=special.SPLIT, qty=written(more))
    if (shares := held.get(special.DIVIDEND, Position()).qty) != 0:
        paid = (shares * DIVIDEND_A_SHARE).quantize(_CENT)
        post(
            *(connection, "DIV", session, f"Cash dividend of {special.DIVIDEND}", paid),
            symbol=special.DIVIDEND,
            qty=written(shares),
            per_share=str(DIVIDEND_A_SHARE),
        )


def listed() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return every corporate action there is: the type, as a request names it, by the name of its list."""
    dates = dict.fromkeys(("ex_date", "process_date", "record_date", "payable_date"), EX_DATE.isoformat())
    split = {"new_rate": SHARES_FOR_ONE, "old_rate": 1}
    dividend = {"rate": DIVIDEND_A_SHARE, "special": False, "foreign": False}
    return {
        "forward_splits": [("forward_split", _action(special.SPLIT) | split | dates)],
        "cash_dividends": [("cash_dividend", _action(special.DIVIDEND) | dividend | dates)],
    }


def _action(symbol: str) -> dict[str, Any]:
    return {"id": uuid_of(f"corporate action|{symbol}"), "symbol": symbol, "cusip": "000000000"}
