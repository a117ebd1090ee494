"""The parties of a result under the names of its document, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.model import json_fields as fields
from paper_run.model.parties import BrokerParty, CashBeside, EquityBeside, Parties, PartyItem, PartyRow

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_json(parties: Parties) -> dict[str, Any]:
    """Return them as a document has them; amounts stay Decimal, in dollars and shares."""
    broker = parties.broker
    return {
        "broker": {
            **broker._asdict(),
            "cash": {**broker.cash._asdict(), "reasons": list(broker.cash.reasons)},
            "equity": {
                **broker.equity._asdict(),
                "items": [each._asdict() for each in broker.equity.items],
                "reasons": list(broker.equity.reasons),
            },
            "positions": [_row_document(each) for each in broker.positions],
        }
    }


def from_json(content: Mapping[str, Any]) -> Parties:
    """Read them back.

    :raises ValueError: an amount is none. :raises LookupError: a part is not there.
    """
    broker = content["broker"]
    cash, equity = broker["cash"], broker["equity"]
    return Parties(
        BrokerParty(
            number=str(broker["number"]),
            kind=str(broker["kind"]),
            proven=bool(broker["proven"]),
            cash=CashBeside(**_amounts(cash, _CASH), reasons=_texts(cash)),
            equity=EquityBeside(
                **_amounts(equity, _EQUITY),
                items=tuple(map(_item, equity.get("items") or ())),
                reasons=_texts(equity),
            ),
            positions=tuple(map(_row, broker.get("positions") or ())),
        )
    )


def _row_document(row: PartyRow) -> dict[str, Any]:
    return {**row._asdict(), "differences": [fields.difference_document(each) for each in row.differences]}


def _row(content: Mapping[str, Any]) -> PartyRow:
    return PartyRow(
        symbol=str(content["symbol"]),
        asset_class=fields.text(content.get("asset_class")),
        **_amounts(content, _ROW),
        differences=tuple(map(fields.difference, content.get("differences") or ())),
    )


def _item(content: Mapping[str, Any]) -> PartyItem:
    return PartyItem(
        kind=str(content["kind"]),
        subject=str(content["subject"]),
        cash=fields.amount(content.get("cash")),
        amount=fields.amount(content.get("amount")),
        reason=fields.text(content.get("reason")),
    )


def _amounts(content: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields.amount(content.get(name)) for name in names}


def _texts(content: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, content.get("reasons") or ()))


_CASH = tuple(name for name in CashBeside._fields if name != "reasons")
_EQUITY = tuple(name for name in EquityBeside._fields if name not in ("items", "reasons"))
_ROW = tuple(name for name in PartyRow._fields if name not in ("symbol", "asset_class", "differences"))
