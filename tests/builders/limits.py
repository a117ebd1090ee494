"""What is at risk beside the limits, and a day that is past two of them."""

from decimal import Decimal
from typing import Any

from builders.documents import changed, good_day
from paper_run.book.limits import Limits
from paper_run.model.limits import found, from_json


def stated(**changes: Any) -> dict[str, Any]:
    """Return the limits of a document, all of them kept unless changed by name."""
    made: dict[str, Any] = {
        "gross": _limit("59.8044", "59741.50", "150"),
        "position": _limit("20.0195", "19998.30", "50", symbol="AAPL"),
        "day_loss": _limit("0.0000", "0.00", "3"),
        "drawdown": _limit("1.2346", None, "10"),
        "net": {"percent": Decimal("59.8044"), "amount": Decimal("59741.50")},
    }
    return {name: made[name] | changes.get(name, {}) for name in made}


def past(symbol: str = "AAPL") -> dict[str, Any]:
    """Return those of a day that is past its gross exposure, if filled, and its largest position."""
    works = {"passed": True, "if_filled": True}
    return stated(
        gross={"percent": Decimal("197.7512"), "amount": Decimal("197741.50"), **works},
        position={"percent": Decimal("62.0450"), "amount": Decimal("62045.00"), "symbol": symbol, **works},
    )


def past_limits() -> dict[str, Any]:
    """Return a good day but for its limits."""
    limits = past()
    said = found(from_json(limits))
    return changed(
        good_day(),
        limits=limits,
        ledger="ab12cd34",
        findings=[{**each._asdict(), "remedies": []} for each in said],
        warnings=[each.text for each in said],
    )


def not_known(reason: str = "a position has no market value") -> dict[str, Any]:
    """Return limits of which exposure is not known."""
    lost = {"percent": None, "amount": None, "passed": None, "reason": reason}
    without = {"percent": None, "amount": None}
    return stated(
        gross=lost, position={**lost, "symbol": None}, net=without, drawdown={"limit": None, "passed": None}
    )


def _limit(percent: str, amount: str | None, limit: str, symbol: str | None = None) -> dict[str, Any]:
    return {
        "percent": Decimal(percent),
        "amount": None if amount is None else Decimal(amount),
        "limit": Decimal(limit),
        "passed": False,
        "symbol": symbol,
        "reason": None,
        "if_filled": False,
    }


LIMITS: Limits = from_json(past())
