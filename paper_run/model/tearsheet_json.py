"""A tear sheet under the names of its JSON file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.model import benchmark_json, periods_json
from paper_run.model.result_json import SCHEMA_VERSION

if TYPE_CHECKING:
    from decimal import Decimal

    from paper_run.model.history import SessionLine
    from paper_run.model.tearsheet import TearSheet

_PLACES = 6


def to_json(sheet: TearSheet) -> dict[str, Any]:
    """Return it as its file has it; amounts stay Decimal, dollars and ratios."""
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "tearsheet",
        "ledger": sheet.ledger,
        "label": sheet.label,
        "book": sheet.book,
        "asked": sheet.asked._asdict(),
        "first": sheet.first,
        "through": sheet.through,
        "not_valued": sheet.not_valued,
        "sessions_a_year": sheet.sessions_a_year,
        "equity": {
            "opening": sheet.opening,
            "pnl": sheet.pnl,
            "adjustments": sheet.adjustments,
            "closing": sheet.closing,
        },
        "statistics": {name: each._asdict() for name, each in sheet.statistics.items()},
        "periods": periods_json.to_json(sheet.periods),
        **({} if sheet.benchmark is None else {"benchmark": benchmark_json.to_json(sheet.benchmark)}),
        "curve": [_point(each) for each in sheet.curve],
    }


def _point(line: SessionLine) -> dict[str, Any]:
    return {
        "session": line.session,
        "equity": line.closing,
        "day_pnl": line.day_pnl,
        "daily_return": _rounded(line.daily_return),
        "drawdown": _rounded(line.drawdown),
        "benchmark": line.benchmark,
        "long": line.long,
        "short": line.short,
    }


def _rounded(ratio: Decimal | None) -> Decimal | None:
    return None if ratio is None else round(ratio, _PLACES) + 0
