"""Orders, positions and sessions as tidy tables: RFC 4180, exact decimals, safe to open in a spreadsheet.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` (also full-width, also behind blanks) as a
formula. Text cells like that, and those that begin with a tab, a newline or an apostrophe, are written with
one apostrophe in front: take one leading apostrophe away and you have the text again. Numbers are never
touched, so `-12.5` stays a number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run.book.comparison import Theirs
from paper_run.book.days import rounded
from paper_run.money import CONTEXT, digits
from paper_run.report.text import printable

if TYPE_CHECKING:
    from paper_run.book.symbols import SymbolTotals
    from paper_run.model.costs import OrderCost
    from paper_run.model.history import SessionLine
    from paper_run.model.parties import PartyRow
    from paper_run.model.result import RunResult

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
    "arrival_price",
    "arrival_source",
    "arrival_time",
    "arrival_notional",
    "execution_cost",
    "opportunity_cost",
    "shortfall",
    "shortfall_bps",
    "includes_wait",
)
_COSTS = ORDER_COLUMNS[-6:]

POSITION_COLUMNS = (
    "session",
    "kind",
    "trade",
    "symbol",
    "qty",
    "avg_entry_price",
    "mark_price",
    "price_source",
    "price_time",
    "price_age_seconds",
    "market_value",
    "realized_pnl",
    "unrealized_pnl",
    "total_pnl",
    "day_pnl",
    "orders_in_flight",
    "unpriced_reason",
    "gateway_qty",
    "gateway_avg_entry_price",
    "gateway_realized_pl",
    "gateway_unrealized_pl",
    "differences",
    "label",
    "unknown_reason",
    "broker_qty",
    "broker_avg_entry_price",
    "broker_price",
    "broker_market_value",
    "broker_price_effect",
    "broker_differences",
)
HISTORY_COLUMNS = (
    "session",
    "statuses",
    "complete",
    "day_pnl",
    "total_pnl",
    "closing",
    "daily_return",
    "drawdown",
    "marked",
    "book",
)

_GATEWAY = tuple(f"gateway_{name}" for name in Theirs._fields)
_BROKER = tuple(name for name in POSITION_COLUMNS if name.startswith("broker_"))
_NOT_LISTED = (None,) * len(_GATEWAY)
_FORMULA_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20'")
_CELL_BREAKS = ("\t", "\n")
SYMBOL_COLUMNS = (
    *("symbol", "since", "last", "sessions", "gains", "long", "short", "total_pnl", "holding_pnl"),
    *("trading_pnl", "trips", "won", "profit", "loss", "label"),
)


def orders_csv(result: RunResult) -> str:
    """Return the day's orders and signals, one row each, below one header line; lines end in CRLF.

    `label` says SANDBOX or REHEARSAL on every row of such a day. An absent value is an empty cell.
    `arrival_price` and what follows are empty where no price was read before the run.
    Control characters, lone surrogates and bidi overrides are U+FFFD.
    """
    day = {"session": result.session, "trade": result.attempt, "label": result.label}
    costs = {each.client_order_id: each for each in (result.costs.orders if result.costs else ())}
    return _table(
        ORDER_COLUMNS,
        (
            {**order._asdict(), **_cost_cells(costs.get(order.client_order_id or "")), **day}
            for order in result.orders
        ),
    )


def _cost_cells(cost: OrderCost | None) -> dict[str, Any]:
    return {name: None if cost is None else getattr(cost, name) for name in _COSTS}


def positions_csv(result: RunResult) -> str:
    """Return the book's positions, one row each, below one header line; closed ones have `qty` 0.

    `trade` is empty in a mark. A symbol that is not known has no figures and an `unknown_reason`.
    `gateway_*` are the gateway's own words, empty where it does not list the symbol; `differences` names the
    fields in which it differs from the book, parted by blanks. `broker_*` are the broker's, empty where none
    was read or its account is not proven to be ours; what only it lists has a row of its own, with a `qty`
    of 0.
    """
    kind = "mark" if result.is_mark else "run"
    day = {"session": result.session, "kind": kind, "trade": result.attempt, "label": result.label}
    broker = result.parties.broker if result.parties and result.parties.broker.proven else None
    parties = {row.symbol: row for row in broker.positions} if broker else {}
    rows = [
        {
            **position._asdict(),
            **dict(zip(_GATEWAY, position.gateway or _NOT_LISTED, strict=True)),
            "differences": " ".join(each.field for each in position.differences),
            **_of_broker(parties.pop(position.symbol, None)),
            **day,
        }
        for position in (result.pnl.positions if result.pnl else ())
    ]
    rows += [
        {**dict.fromkeys(POSITION_COLUMNS), "symbol": row.symbol, "qty": row.qty, **_of_broker(row), **day}
        for row in parties.values()
    ]
    return _table(POSITION_COLUMNS, rows)


def _of_broker(row: PartyRow | None) -> dict[str, Any]:
    if row is None:
        return dict.fromkeys(_BROKER)
    figures = (row.broker_qty, row.broker_avg_entry_price, row.broker_price, row.broker_market_value)
    said = " ".join(each.field for each in row.differences)
    return dict(zip(_BROKER, (*figures, row.price_effect, said), strict=True))


def history_csv(lines: Iterable[SessionLine]) -> str:
    """Return the sessions, one row each in the order given, below one header line.

    `statuses` has each attempt as `number:status`, parted by blanks. `book` is 1 for the first; after a reset
    P&L, equity and drawdown begin again, so sums go over one book. Money is empty in a session that could
    not be valued; `daily_return` and `drawdown` are ratios of six places, 0.01 is 1 %.
    """
    return _table(
        HISTORY_COLUMNS,
        (
            {
                **line._asdict(),
                "statuses": " ".join(f"{number}:{status}" for number, status in line.attempts),
                "daily_return": rounded(line.daily_return),
                "drawdown": rounded(line.drawdown),
            }
            for line in lines
        ),
    )


def history_file(rows: Iterable[Sequence[str]]) -> str:
    """Return the same of rows that are text already: digits, dates and our own words, nothing to quote.

    Their amounts may be joined already.
    """
    lines = [",".join(HISTORY_COLUMNS), *map(",".join, rows), ""]
    return "\r\n".join(lines)


def symbols_csv(totals: Mapping[str, SymbolTotals], label: str | None) -> str:
    """Return what each symbol of a book has come to, one row each, below one header line.

    Counts and sums are of the sessions from `since` to `last`, dollars and cents, a loss negative.
    """
    return _table(
        SYMBOL_COLUMNS,
        (
            {
                **each._asdict(),
                "symbol": symbol,
                "total_pnl": CONTEXT.add(each.holding_pnl, each.trading_pnl),
                "label": label,
            }
            for symbol, each in totals.items()
        ),
    )


def cell(value: Decimal | int | str | bool | None) -> str:
    """Return what a cell holds: all digits of a number, true or false, text that can't be a formula."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return digits(value)
    if not isinstance(value, str):
        return str(value).lower()
    text = printable(value)
    if not text[:1].isalnum() and (
        text.startswith(_CELL_BREAKS) or text.lstrip().startswith(_FORMULA_STARTS)
    ):
        return "'" + text
    return text


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row[column]) for column in columns])
    return table.getvalue()
