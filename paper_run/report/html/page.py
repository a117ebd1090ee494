"""The report of a day as one self-contained page: no request leaves it, and it reads without its script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.model import findings
from paper_run.model.attempt import attempt_name
from paper_run.model.findings import unlisted
from paper_run.money import share
from paper_run.report import text
from paper_run.report.html import (
    assets,
    benchmark,
    book,
    cells,
    charts,
    equity_section,
    navigation,
    orders,
    periods,
)
from paper_run.report.html.assets import markup
from paper_run.report.html.charts import legend
from paper_run.report.html.svg import escaped
from paper_run.report.summary import figures
from paper_run.report.summary.headline import banners, by_importance, headline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from paper_run.model.findings import Finding
    from paper_run.model.history import SessionLine
    from paper_run.model.result import Requested, RunResult
    from paper_run.model.signals import SignalSession

MOST_ORDERS = 500
# A point is no curve.
_LEAST_POINTS = 2
# A table of more rows than this opens with its first ones, and is drawn row by row, as it is scrolled to.
_LONG, _AT_ONCE = 60, 30
_PROBLEMS = {"error": "errors", "warning": "warnings", "note": "notes"}

_PNL_LEGEND = legend(
    ("gain", "realized gain"),
    ("gain hatched", "unrealized gain"),
    ("loss", "realized loss"),
    ("loss hatched", "unrealized loss"),
)
_WAY_LEGEND = legend(("buy", "long"), ("sell hatched", "short"))


def render(
    result: RunResult,
    *,
    curve: Sequence[SessionLine] = (),
    signals: Sequence[SignalSession] = (),
    cache_folder: Path | None = None,
) -> str:
    """Return the page of a result; the same result and curve give the same text.

    With a cache folder the compiled template is kept there, which saves most of the time; one that can't be
    written costs that saving and nothing else. It must be private: what lies in it is run.

    :param curve: the sessions to draw, oldest first, the result's own last if it is complete.
    :param signals: the pairs of the sessions before its own, the newest first.
    """
    found = [each for each in result.findings if not _is_said_elsewhere(each)]
    kinds = [name for name in _PROBLEMS if any(each.severity == name for each in found)]
    valued = [line for line in curve if line.closing is not None]
    view = {
        "css": markup(assets.asset("report.css")),
        "script": markup(assets.asset("report.js")),
        "policy": assets.policy(style_of="report.css", script_of="report.js"),
        "links": navigation.links(result.session, file_name(result)),
        "sections": navigation.sections,
        "headline": headline(result),
        "banners": banners(result),
        "problems": " and ".join(_PROBLEMS[name] for name in kinds).capitalize(),
        "problem_rows": markup(orders.problem_rows(found)),
        "health_rows": markup(orders.health_rows(result.health)),
        "parameters": _parameters(result.parameters),
        **_identity(result),
        **_trading(result),
        **_book(result, valued),
        "account": _account(result),
        "benchmark": markup(benchmark.section(result.benchmark)),
        "periods": markup(periods.section(result.periods)),
        "limits": _limits(result),
        "execution": _execution(result),
        "signals": _signals(result, signals),
        "symbols": _symbols(result),
        "equity": markup(_equity(result, valued)),
    }
    return assets.rendered("report.html", view, cache_folder=cache_folder)


def file_name(result: RunResult) -> str:
    """Return the name of a result's page and JSON, without the suffix."""
    if result.attempt is None:
        return f"{result.session}_mark"
    return f"{attempt_name(result.session, result.attempt)}_paper_run"


def _account(result: RunResult) -> Any:
    if not result.parties:
        return None
    from paper_run.report.html import account

    return account.view(result.parties.broker)


def _limits(result: RunResult) -> Any:
    if result.limits is None:
        return None
    from paper_run.report.html import exposure

    return markup(exposure.items(result.limits))


def _execution(result: RunResult) -> str:
    if result.costs is None:
        return ""
    from paper_run.report.html import execution

    return markup(execution.section(result.costs))


def _signals(result: RunResult, past: Sequence[SignalSession]) -> str:
    if result.signals is None:
        return ""
    from paper_run.report.html import signals

    return markup(signals.section(result.signals, past, result.session))


def _symbols(result: RunResult) -> Any:
    if result.symbols is None:
        return None
    from paper_run.report.html import symbols

    return symbols.view(result)


def _identity(result: RunResult) -> dict[str, Any]:
    session = text.one_line(result.session)
    is_mark = result.is_mark
    return {
        "is_mark": is_mark,
        "name": "Mark" if is_mark else "Paper run",
        "session": session,
        "day": text.long_day(session),
        "attempt": result.attempt or 1,
        "moment": text.moment(result.timestamp or text.ABSENT),
        "run_id": text.one_line(result.run_id or ""),
        "how_known": text.one_line(result.how_known or ""),
        "exit_status": result.exit_status,
        "rehearsal": result.rehearsal,
        "sandbox": result.sandbox,
        "whose_money": figures.whose_money(result),
    }


def _trading(result: RunResult) -> dict[str, Any]:
    totals = result.totals
    listed = by_importance(result.orders)[:MOST_ORDERS]
    kind = "mark" if result.is_mark else "run"
    return {
        "trading": [
            figures.notional(result),
            figures.Figure("Success rate", text.percent(totals.success_rate), "accepted of submitted"),
            figures.Figure("Duration", text.seconds(totals.duration_seconds), f"of the {kind}"),
        ],
        "counts": [
            ("Signals", text.count(totals.num_signals), ""),
            *figures.counts(totals),
        ],
        "of_orders": "the session's accepted orders" if result.has_others else "all accepted orders",
        "orders_known": totals.num_orders_submitted is not None,
        "orders": _table(
            orders.order_rows(listed),
            f'<td colspan="2">{text.money(totals.total_notional)}</td>',
            num_unlisted=len(result.orders) - len(listed),
            in_column=False,
        ),
    }


def _book(result: RunResult, valued: Sequence[SessionLine]) -> dict[str, Any]:
    pnl, statistics = result.pnl, result.statistics
    if not pnl:
        notional = charts.notional(result.orders)
        side = legend(("buy", "buy"), ("sell hatched", "sell"))
        return {"pnl": False, "absence": figures.absence(result, valued), "by_symbol": _chart(notional, side)}
    positions, closing = pnl.positions, pnl.equity.closing
    listed = book.listed_positions(positions)
    return {
        "pnl": True,
        "since": text.one_line(pnl.since),
        "sessions_a_year": pnl.sessions_a_year,
        "figures": figures.figures(result, pnl, valued),
        "by_symbol": _chart(charts.pnl_by_symbol(positions), _PNL_LEGEND),
        "exposure": _chart(charts.exposure(positions, closing), _WAY_LEGEND),
        "exposure_figures": [
            (label, text.money(amount), text.fixed_percent(share(amount, closing)))
            for label, amount in (("Gross exposure", pnl.exposure), ("Net exposure", pnl.market_value))
        ],
        "positions": _table(
            book.position_rows(listed, closing),
            book.position_totals(pnl),
            num_unlisted=len(positions) - len(listed),
        ),
        "bridge_rows": markup(book.bridge_rows(pnl)),
        "base": figures.base_is(pnl),
        "equity_is": figures.equity_is(result),
        "adjustments_are": book.adjustments_are(result),
        "has_money": figures.has_money(result),
        "money_rows": markup(book.money_rows(pnl.money)),
        "more_money": unlisted(len(pnl.money), book.MOST_MONEY, "in the JSON"),
        "statistic_rows": markup(book.statistic_rows(statistics)),
    }


def _table(rows: Sequence[str], total: str, *, num_unlisted: int, in_column: bool = True) -> dict[str, Any]:
    """Return a table's rows, of a long one most apart: a browser need not read those yet.

    :param in_column: whether a total has no more room than the figures above it.
    """
    at_once = len(rows) if len(rows) <= _LONG else _AT_ONCE
    return {
        "number": len(rows),
        "rows": markup("\n".join(rows[:at_once])),
        "rest": markup("\n".join(rows[at_once:])),
        "num_rest": len(rows) - at_once,
        "num_unlisted": num_unlisted,
        "total": markup(total),
        "widest": cells.widest(rows, total if in_column else ""),
    }


def _chart(chart: charts.Chart, legend: str) -> dict[str, Any]:
    return {
        "svg": markup(chart.svg),
        "left_out": chart.left_out,
        "rows": markup(chart.rows),
        "legend": markup(legend),
    }


def _equity(result: RunResult, valued: Sequence[SessionLine]) -> str:
    """Return the curve of the sessions that have a closing; with too few of them, the words for it."""
    total, ends = result.statistics.total_return, ""
    if valued and valued[-1].session != result.session:
        last, own = (escaped(each) for each in (valued[-1].session, result.session))
        ends = f"It ends with {last}: session {own} is not in it."
    return equity_section.section(
        valued if len(valued) >= _LEAST_POINTS else (),
        without=_no_curve(result, valued),
        number=total.n if total is not None else 0,
        benchmark=benchmark.line(result.benchmark),
        ends=ends,
    )


def _no_curve(result: RunResult, valued: Sequence[SessionLine]) -> str:
    if not valued and result.pnl is not None and result.pnl.provisional:
        return "There is no curve yet: the base of the book may be set right."
    if valued or (result.pnl is not None and result.pnl.complete):
        return (
            "Only one session has a complete valuation so far. One point is no curve: "
            "it begins with the second."
        )
    return "No session has a complete valuation yet, so there is no curve."


def _is_said_elsewhere(finding: Finding) -> bool:
    """Tell whether the page says it in a place of its own: beside the order, or how the outcome was found."""
    return findings.is_of_an_order(finding) or (finding.code == "recovered" and not finding.subject)


def _parameters(parameters: Requested) -> list[tuple[str, str]]:
    symbols = ", ".join(text.one_line(symbol) for symbol in parameters.symbols)
    return [
        ("Symbols", symbols or text.ABSENT),
        ("Capital", text.money(parameters.capital)),
        ("Maximum per signal", text.money(parameters.max_position_size)),
        ("Signals as of", text.one_line(parameters.as_of_date or text.ABSENT)),
    ]
