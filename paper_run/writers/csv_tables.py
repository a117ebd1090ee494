"""The orders of a day as a tidy table: RFC 4180, exact decimals, safe to open in a spreadsheet.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` (also full-width, also behind blanks) as a
formula. Text cells like that, and those that begin with a tab, a newline or an apostrophe, are written with
one apostrophe in front: take one leading apostrophe away and you have the text again. Numbers are never
touched, so `-12.5` stays a number.
"""

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from paper_run.writers.text import exact, printable

ORDER_COLUMNS = (
    "session",
    "trade",
    "symbol",
    "side",
    "qty",
    "status",
    "client_order_id",
    "broker_order_id",
    "filled_qty",
    "filled_avg_price",
    "price",
    "price_source",
    "notional",
    "predicted_return",
    "rank",
    "target_weight",
    "skip_reason",
    "error_message",
    "outcome",
    "label",
)

_FORMULA_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20'")
_CELL_BREAKS = ("\t", "\n")


def orders_csv(document: Mapping[str, Any]) -> str:
    """Return the day's orders and signals, one row each, below one header line; lines end in CRLF.

    `label` says SANDBOX or REHEARSAL on every row of such a day. An absent value is an empty cell.
    Control characters, lone surrogates and bidi overrides are U+FFFD.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(ORDER_COLUMNS)
    day = {name: document.get(name) for name in ("session", "trade", "label")}
    for row in document.get("orders") or ():
        order = {**row, **day}
        writer.writerow([cell(order.get(column)) for column in ORDER_COLUMNS])
    return table.getvalue()


def cell(value: Decimal | int | str | None) -> str:
    """Return what a cell holds: all digits of a number, text without its power to be a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return exact(value)
    text = printable(value)
    if text.startswith(_CELL_BREAKS) or text.lstrip().startswith(_FORMULA_STARTS):
        return "'" + text
    return text
