"""The account at the broker in words and figures: whose it is, and how its equity leads to ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.report import text

if TYPE_CHECKING:
    from decimal import Decimal

    from paper_run.model.parties import BrokerParty, PartyItem
    from paper_run.report.summary.headline import Tone

_KINDS = {
    "beside": "Beside the book",
    "flow": "Money not booked",
    "own": "Its equity, off its own cash and positions",
    "trade": "Not in the book",
}


class AccountLine(NamedTuple):
    """A step from the broker's equity, and its cash, to ours; `tone` is the residual's."""

    label: str
    equity: str
    cash: str
    tone: Tone | None = None


def account_name(broker: BrokerParty) -> str:
    """Return which account it is: `paper account PA3XYZ12ABCD`."""
    return f"{text.one_line(broker.kind)} account {text.one_line(broker.number)}"


def account_lines(broker: BrokerParty) -> tuple[AccountLine, ...]:
    """Return ours, the broker's, and what their difference is made of; what is nothing is left out."""
    equity, cash = broker.equity, broker.cash
    return (
        AccountLine("Ours", text.money(equity.ours), text.money(cash.ours)),
        AccountLine("The broker’s", text.money(equity.broker), text.money(cash.broker)),
        *(_parts(broker) if broker.proven else ()),
    )


def why_not_known(broker: BrokerParty) -> str:
    """Return why a figure that must be nothing is not known, "" where both are."""
    reasons = dict.fromkeys((*broker.equity.reasons, *broker.cash.reasons))
    return "; ".join(text.one_line(each) for each in reasons)


def _parts(broker: BrokerParty) -> tuple[AccountLine, ...]:
    equity, cash = broker.equity, broker.cash
    apart = None if cash.ours is None or cash.broker is None else cash.ours - cash.broker
    shown = text.signed_money
    lines = [
        AccountLine("Difference", shown(equity.difference), shown(apart)),
        AccountLine("Other prices", shown(equity.prices), ""),
        AccountLine("Accrued fees", shown(equity.accrued_fees), shown(equity.accrued_fees)),
        *(
            AccountLine(_label(each), shown(each.amount), shown(each.cash))
            for each in equity.items
            if each.amount != 0 or each.cash != 0
        ),
    ]
    if equity.rounding:
        lines.append(AccountLine("Rounding", shown(equity.rounding), ""))
    tone = residual_tone(equity.residual, cash.unexplained)
    lines.append(AccountLine("Residual", shown(equity.residual), shown(cash.unexplained), tone))
    return tuple(lines)


def residual_tone(*left: Decimal | None) -> Tone:
    """Return the tone of what must be nothing, dollars: of several the worst."""
    if any(left):
        return "bad"
    return "unsure" if None in left else "good"


def _label(item: PartyItem) -> str:
    kind = _KINDS.get(item.kind, item.kind)
    return text.one_line(f"{kind}: {item.subject}" if item.subject else kind)
