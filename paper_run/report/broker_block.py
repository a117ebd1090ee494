"""The account at the broker in a few lines, for the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.model.findings import unlisted
from paper_run.report import text
from paper_run.report.summary.account import account_name, why_not_known

if TYPE_CHECKING:
    from paper_run.model.parties import BrokerParty, PartyRow


def broker_block(broker: BrokerParty, *, most: int) -> list[str]:
    """Return the account at the broker beside ours, and the positions that a party has otherwise.

    :param most: of them, each on a line.
    """
    proven = "" if broker.proven else ", not yet proven to be ours"
    figures = {
        "Broker": f"{account_name(broker)}{proven}",
        "Broker's Equity": text.money(broker.equity.broker),
        "Broker's Cash": f"{text.money(broker.cash.broker)} (ours {text.money(broker.cash.ours)})",
    }
    if broker.proven:
        apart = text.signed_money(broker.equity.difference)
        figures["Equity Difference"] = f"{apart}, {_unexplained(broker)}"
    rows = [each for each in broker.positions if broker.proven and not each.agree]
    others = unlisted(len(rows), most, "in the report")
    return [
        *(f"  {label + ':':<20}{value}" for label, value in figures.items()),
        *map(_party_line, rows[:most]),
        *([f"    {others}"] if others else []),
    ]


def _unexplained(broker: BrokerParty) -> str:
    """Say what of equity and cash nothing explains; that it is nothing only where all else is well too."""
    equity, cash = broker.equity.residual, broker.cash.unexplained
    if equity == cash == 0 and not any(each.differs or each.qty is None for each in broker.positions):
        return "nothing unexplained"
    shown = ["not known" if each is None else text.signed_money(each) for each in (equity, cash)]
    why = f" ({why_not_known(broker)})" if None in (equity, cash) else ""
    of_cash = f", of cash {shown[1]}" if shown[0] != shown[1] else ""
    return f"unexplained: {shown[0]}{of_cash}{why}"


def _party_line(row: PartyRow) -> str:
    """Return a position of which the parties do not say the same, on a line: shares in three columns."""
    said = {"ours": row.qty, "gateway": row.gateway_qty, "broker": row.broker_qty}
    shown = (f"{who} {'not known' if qty is None else text.quantity(qty)}" for who, qty in said.items())
    return f"    {row.symbol:<8} {', '.join(shown)}"
