"""The account on the page: a position in three columns, and the way from the broker's equity to ours."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.assets import markup
from paper_run.report.html.svg import escaped
from paper_run.report.summary.account import account_lines, account_name, why_not_known

if TYPE_CHECKING:
    from paper_run.model.parties import BrokerParty, PartyRow
    from paper_run.report.summary.account import AccountLine

_MOST = 30


def view(broker: BrokerParty) -> dict[str, Any]:
    """Return what the template needs of the account."""
    listed = sorted(broker.positions, key=_importance)[:_MOST]
    return {
        "name": account_name(broker),
        "proven": broker.proven,
        "why": why_not_known(broker),
        "line_rows": markup("".join(map(_line_row, account_lines(broker)))),
        "position_rows": markup("\n".join(_row(each, proven=broker.proven) for each in listed)),
        "num_unlisted": len(broker.positions) - len(listed),
        "prices": text.signed_money(broker.equity.prices),
    }


def _importance(row: PartyRow) -> tuple[bool, Decimal, str]:
    return not row.differences, -abs(row.broker_market_value or Decimal(0)), row.symbol


def _line_row(line: AccountLine) -> str:
    sign = f"{cells.signed(line.tone)} " if line.tone else ""
    amounts = (f"<td>{sign if each else ''}{each}</td>" for each in (line.equity, line.cash))
    return f'<tr><th scope="row">{escaped(line.label)}</th>{"".join(amounts)}</tr>'


def _row(row: PartyRow, *, proven: bool) -> str:
    look = ' class="caution"' if row.differences else ""
    columns = (
        (row.qty, row.avg_entry_price),
        (row.gateway_qty, row.gateway_avg_entry_price),
        (row.broker_qty, row.broker_avg_entry_price),
    )
    held = "".join(_held(qty, average) for qty, average in columns)
    price = cells.number(row.broker_price, text.price, 4)
    return (
        f"<tr{look}>{cells.name(text.one_line(row.symbol))}{held}{_apart(row, proven=proven)}"
        f"{price}{cells.gain(row.price_effect)}</tr>"
    )


def _held(qty: Decimal | None, average: Decimal | None) -> str:
    """Return a cell with a party's quantity, and its average below."""
    at = "" if average is None else f"<small>{text.price(average)}</small>"
    title = f' title="{text.exact(qty)}"' if qty is not None and text.is_rounded(qty, 6) else ""
    return f"<td{title}>{text.quantity(qty)}{at}</td>"


def _apart(row: PartyRow, *, proven: bool) -> str:
    """Return a cell with ours - the broker's quantity; an average that differs is said below it."""
    if not proven or row.qty is None or row.broker_qty is None:
        return f"<td>{text.ABSENT}</td>"
    by_field = {each.field: each.difference for each in row.differences}
    if "qty" in by_field:
        return f"<td>{cells.signed('caution', '≠')} {text.quantity(by_field['qty'])}</td>"
    if "avg_entry_price" in by_field:
        return f"<td>{cells.signed('caution', '≠')} average</td>"
    if row.qty != row.broker_qty:
        return "<td>beside</td>"
    return f"<td>{cells.signed('good')} 0</td>"
