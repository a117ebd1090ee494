"""A tear sheet under the names of its JSON file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.book.signals import session_ic
from paper_run.model import benchmark, periods
from paper_run.model.result_json import SCHEMA_VERSION
from paper_run.model.signals import quality_to_json

if TYPE_CHECKING:
    from decimal import Decimal

    from paper_run.book.symbols import SymbolTotals
    from paper_run.model.history import SessionLine
    from paper_run.model.signals import SignalSession
    from paper_run.model.tearsheet import CostsOver, SignalsOver, SymbolsOver, TearSheet

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
        "periods": periods.to_json(sheet.periods),
        **({} if sheet.benchmark is None else {"benchmark": benchmark.to_json(sheet.benchmark)}),
        **({} if sheet.costs is None else {"costs": _costs(sheet.costs)}),
        **({} if sheet.signals is None else {"signals": _signals(sheet.signals)}),
        **({} if sheet.symbols is None else {"symbols": _symbols(sheet.symbols)}),
        "curve": [_point(each) for each in sheet.curve],
    }


def _costs(costs: CostsOver) -> dict[str, Any]:
    shortfall, notional, bps, n = costs.of_sessions
    return {
        "begins": costs.begins,
        "sessions": n,
        "not_known": costs.not_known,
        "arrival_notional": notional,
        "shortfall": shortfall,
        "shortfall_bps": bps,
        "fees": costs.fees,
        "total": costs.total,
        "total_bps": costs.total_bps,
        "mean": costs.mean._asdict(),
    }


def _signals(signals: SignalsOver) -> dict[str, Any]:
    return {
        "begins": signals.begins,
        "quality": quality_to_json(signals.quality),
        "sessions": [_signal_session(each) for each in signals.sessions],
    }


def _signal_session(each: SignalSession) -> dict[str, Any]:
    counted = [pair for pair in each.pairs if pair.counts]
    return {
        "session": each.session,
        "pairs": len(counted),
        "hits": sum(pair.is_hit for pair in counted),
        "rank_ic": _rounded(session_ic(counted)),
        "recent_ic": _rounded(each.recent),
    }


def _symbols(symbols: SymbolsOver) -> dict[str, Any]:
    figures = symbols.figures._asdict()
    return {
        "begins": symbols.begins,
        "rows": [_symbol(*each) for each in symbols.totals.items()],
        "other_pnl": symbols.other_pnl,
        "round_trips": {
            "n": figures.pop("n"),
            **{name: rate._asdict() for name, rate in figures.items()},
            "latest": [each._asdict() for each in symbols.trips],
        },
    }


def _symbol(symbol: str, totals: SymbolTotals) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "since": totals.since,
        "last": totals.last,
        "sessions": totals.sessions,
        "long": totals.long,
        "short": totals.short,
        "hit_rate": totals.hit_rate._asdict(),
        "pnl": totals.pnl,
        "holding_sum": totals.holding_pnl,
        "trading_sum": totals.trading_pnl,
        "trips": totals.trips,
        "trips_pnl": totals.trips_pnl,
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
