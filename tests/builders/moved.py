"""Money besides trading, as a day states it: a dividend that was corrected, a deposit, a fee, an odd type."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from builders.stated import document
from paper_run.book.bridge import Money
from paper_run.model.result import MoneyRow, Pnl
from paper_run.model.result_json import of_document

ROWS = (
    MoneyRow(
        *("2025-01-16", "income", "DIV", "Dividend", "AAPL", None, Decimal("12.34")),
        *("correct", "20250116000000000::1", "broker"),
    ),
    MoneyRow(
        *("2025-01-17", "flow", "CSD", "Cash deposit", None, None, Decimal("5000.00")),
        *("executed", "20250117000000000::2", "broker"),
    ),
    MoneyRow(
        *("2025-01-17", "flow", "JNLS", "Share journal", "MSFT", Decimal("-2"), Decimal("-860.10")),
        *("executed", "20250117000000000::3", "broker"),
    ),
    MoneyRow(
        *("2025-01-17", "other", "XYZZY", "Activity XYZZY", None, None, Decimal("-20.00")),
        *(None, "20250117000000000::4", "broker"),
    ),
)
MONEY = Money(Decimal("12.34"), Decimal("4139.90"), Decimal("-20.00"), Decimal("5000.00"))


def with_money(pnl: Pnl) -> Pnl:
    """Return a book that has this money besides, in both bridges; its closing is moved by what is no P&L."""
    bridges = {}
    for name in ("equity", "since_inception"):
        bridge = getattr(pnl, name)
        bridges[name] = bridge._replace(
            adjustments=bridge.adjustments + MONEY.outside,
            closing=bridge.closing + MONEY.outside,
            money=MONEY,
        )
    return pnl._replace(money=ROWS, **bridges)


def day(content: dict[str, Any]) -> dict[str, Any]:
    """Return a day's document with this money besides."""
    result = of_document(content)
    assert result.pnl is not None
    return document(replace(result, pnl=with_money(result.pnl)))
