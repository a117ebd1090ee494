"""The broker's word beside a day's book: what explains the difference, and a difference that nothing does."""

from decimal import Decimal
from typing import Any

from builders.documents import changed, good_day
from paper_run.model.parties import Parties, from_json


def _row(symbol: str, ours: str | None, broker: str, price: str, **fields: str | None) -> dict[str, Any]:
    """Return a position of ours beside the gateway's same one and the broker's, worth what its price says."""
    average = fields.get("average")
    amounts = {
        "qty": ours,
        "avg_entry_price": average,
        "gateway_qty": fields.get("gateway", ours),
        "gateway_avg_entry_price": average,
        "broker_qty": broker,
        "broker_avg_entry_price": average,
        "broker_price": price,
        "broker_market_value": fields.get("worth"),
        "price_effect": fields.get("effect"),
    }
    return {
        "symbol": symbol,
        "asset_class": fields.get("asset_class", "us_equity"),
        **{name: None if value is None else Decimal(value) for name, value in amounts.items()},
        "differences": [],
    }


def _item(kind: str, subject: str, cash: str, amount: str, reason: str | None = None) -> dict[str, Any]:
    return {
        "kind": kind,
        "subject": subject,
        "cash": Decimal(cash),
        "amount": Decimal(amount),
        "reason": reason,
    }


def _broker() -> dict[str, Any]:
    """Return the broker's word of the book of `good_day`: other prices, and what is named, explain it all."""
    return {
        "number": "PA3XYZ12ABCD",
        "kind": "paper",
        "proven": True,
        "cash": {
            "ours": Decimal("81672.81"),
            "broker": Decimal("82712.23"),
            "unexplained": Decimal("0.00"),
            "reasons": [],
        },
        "equity": {
            "ours": Decimal("102137.67"),
            "broker": Decimal("104152.80"),
            "difference": Decimal("-2015.13"),
            "prices": Decimal("4.28"),
            "accrued_fees": Decimal("0.42"),
            "items": [
                _item("flow", "Deposit, 2025-01-16", "-1000.00", "-1000.00"),
                _item("beside", "BTCUSD", "0.00", "-980.00"),
                _item("flow", "DIV MSFT", "-39.84", "-39.84"),
            ],
            "rounding": Decimal("0.01"),
            "residual": Decimal("0.00"),
            "reasons": [],
        },
        "positions": [
            _row("AAPL", "133", "133", "152.10", average="150.253712", worth="20229.30", effect="2.00"),
            _row("BTCUSD", "0", "0.01", "98000", asset_class="crypto", worth="980.00"),
            _row("GOOGL", "-101", "-101", "196.05", average="195.19", worth="-19801.05", effect="2.52"),
            _row("MSFT", "48", "48", "417.34", average="415.104167", worth="20032.32", effect="-0.24"),
        ],
    }


def three_parties() -> dict[str, Any]:
    """A day on which the broker agrees, and all of the difference in equity has a name."""
    return changed(good_day(), parties={"broker": _broker()})


def apart() -> dict[str, Any]:
    """The broker has 10 MSFT more, bought by hand at 416.34, and nobody has named that."""
    broker = _broker()
    broker["cash"] |= {"broker": Decimal("78548.83"), "unexplained": Decimal("4163.40")}
    broker["equity"] |= {"broker": Decimal("104162.80"), "residual": Decimal("-10.00")}
    broker["equity"]["difference"] = Decimal("-2025.13")
    msft = broker["positions"][-1]
    msft |= {"broker_qty": Decimal(58), "broker_market_value": Decimal("24205.72")}
    msft["differences"] = [
        {"field": "qty", "ours": Decimal(48), "broker": Decimal(58), "difference": Decimal(-10)}
    ]
    words = {
        "broker_differs": "The broker differs on MSFT: quantity 58 instead of 48.",
        "residual": "Our equity is $10.00 less than the broker's, and nothing explains it.",
    }
    command = "paper-run resolve --position MSFT=58@PRICE"
    found = [
        {
            "code": code,
            "severity": "warning",
            "subject": "MSFT" if code == "broker_differs" else "",
            "text": text,
            "remedies": [{"text": "If the broker is right", "command": command}]
            if code == "broker_differs"
            else [],
        }
        for code, text in words.items()
    ]
    return changed(
        good_day(),
        parties={"broker": broker},
        ledger="ab12cd34",
        findings=found,
        warnings=list(words.values()),
    )


def unproven() -> dict[str, Any]:
    """An account that knows no order of ours yet, whose positions could not be read."""
    broker = _broker() | {"proven": False}
    reasons = ["the account is not yet proven to be ours"]
    broker["cash"] |= {"unexplained": None, "reasons": reasons}
    broker["equity"] |= dict.fromkeys(("difference", "prices", "accrued_fees", "rounding", "residual")) | {
        "items": [],
        "reasons": reasons,
    }
    for each in broker["positions"]:
        each.update(dict.fromkeys(("asset_class", "broker_qty", "broker_avg_entry_price", "broker_price")))
        each.update({"broker_market_value": None, "price_effect": None})
    return changed(good_day(), parties={"broker": broker})


PARTIES: Parties = from_json(apart()["parties"])
"""With something in each list."""
