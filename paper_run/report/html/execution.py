"""The section of the page that says what trading cost: in all, order by order, and over twenty sessions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.model.findings import unlisted
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.svg import escaped
from paper_run.report.summary.figures import WAIT, orders_known, tone_of_cost

if TYPE_CHECKING:
    from paper_run.book.execution import MeanCost
    from paper_run.model.costs import Costs, OrderCost
    from paper_run.model.tearsheet import CostsOver

_MOST = 40
_HEADS = ("Symbol", "Side", "Shortfall", "bp", "Fills", "Not filled", "Filled", "At arrival")


def section(costs: Costs) -> str:
    """Return the section as markup."""
    listed = sorted(costs.orders, key=_importance)[:_MOST]
    heads = "".join(f'<th scope="col">{each}</th>' for each in _HEADS)
    all_wait = all(each.includes_wait for each in costs.orders)
    rows = "\n".join(_order_row(each, says_wait=not all_wait) for each in listed)
    table = (
        '<div class="scroll" role="region" tabindex="0" aria-label="Execution costs table">'
        f'<table class="plain costs"><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody>'
        f"<tfoot>{_sum_row(costs)}</tfoot></table></div>"
        if listed
        else '<p class="none">No order was placed, so nothing was paid for one.</p>'
    )
    more = unlisted(len(costs.orders), _MOST, "in the CSV")
    return (
        '<section aria-labelledby="execution">\n<h2 id="execution">Execution costs</h2>\n'
        f'<dl class="strip">{"".join(_figures(costs))}</dl>\n{table}\n'
        f'<p class="aside">{f"{more}. " if more else ""}{_words(costs)}</p>\n</section>'
    )


def section_over(costs: CostsOver | None, first: str) -> str:
    """Return the section of a tear sheet, "" where there is none.

    :param first: the first session of the period, an ISO date.
    """
    if costs is None:
        return ""
    known, mean = costs.of_sessions, costs.mean
    others = f", {costs.not_known:,} more not known" if costs.not_known else ""
    figures = [
        _figure("Shortfall", known.shortfall, known.bps, f"{cells.sessions(known.n)}{others}"),
        _with_fees(costs.fees, costs.total, costs.total_bps, of="posted "),
        _figure("Mean of a session", mean.dollars, mean.bps, _of_mean(mean)),
    ]
    return (
        '<section aria-labelledby="execution">\n<h2 id="execution">Execution costs</h2>\n'
        f'<dl class="strip three">{"".join(figures)}</dl>\n'
        f'<p class="aside">{cells.begins(costs.begins, first)}{_WORDS}</p>\n</section>'
    )


def _importance(row: OrderCost) -> tuple[bool, Decimal, str]:
    return row.shortfall is not None, -abs(row.shortfall or Decimal(0)), row.symbol


def _figures(costs: Costs) -> list[str]:
    mean = costs.mean
    return [
        _figure("Shortfall", costs.shortfall, costs.shortfall_bps, orders_known(costs)),
        _with_fees(costs.fees, costs.total, costs.total_bps),
        _figure(f"Mean of {mean.minimum} sessions", mean.dollars, mean.bps, _of_mean(mean)),
    ]


def _with_fees(fees: Decimal | None, total: Decimal | None, points: Decimal | None, *, of: str = "") -> str:
    said = "its fees are not known" if fees is None else f"{of}fees {text.money(fees)}"
    return _figure("With fees", None if fees is None else total, points, said)


def _of_mean(mean: MeanCost) -> str:
    missing = mean.minimum - mean.n
    return cells.needs(missing) if missing > 0 else "a session, without fees"


def _figure(label: str, dollars: Decimal | None, points: Decimal | None, aside: str) -> str:
    if dollars is None:
        shown = f'<dd class="absent">{text.ABSENT}</dd>'
    else:
        shown = f"<dd{_toned(dollars)}>{text.signed_money(dollars)}</dd>"
        aside = f"{text.ratio(points)} bp; {aside}" if points is not None else aside
    return f'<div><dt>{label}</dt>{shown}<dd class="aside">{escaped(aside)}</dd></div>'


def _toned(cost: Decimal | None) -> str:
    """Return the class of a cost."""
    tone = tone_of_cost(cost)
    return f' class="{tone}"' if tone else ""


def _cost(amount: Decimal | None) -> str:
    return f"<td{_toned(amount)}>{text.signed_money(amount)}</td>"


def _order_row(row: OrderCost, *, says_wait: bool) -> str:
    notes = [row.reason or "", WAIT if row.includes_wait and says_wait else ""]
    note = "; ".join(filter(None, notes))
    below = f"<small>{escaped(note)}</small>" if note else ""
    short = escaped(text.clipped(row.symbol))
    return f'<tr><th scope="row">{short}{below}</th>{cells.words(row.side)}{_figure_cells(row)}</tr>'


def _sum_row(costs: Costs) -> str:
    return f'<tr><th scope="row">All orders</th><td></td>{_figure_cells(costs)}</tr>'


def _figure_cells(cost: OrderCost | Costs) -> str:
    return (
        f"{_cost(cost.shortfall)}<td>{text.ratio(cost.shortfall_bps)}</td>"
        f"{_cost(cost.execution_cost)}{_cost(cost.opportunity_cost)}"
        f"<td>{text.fixed_percent(cost.fill_ratio)}</td><td>{text.money(cost.arrival_notional)}</td>"
    )


def _words(costs: Costs) -> str:
    so_far = ""
    if costs.shortfall is None and costs.num_known:
        so_far = f"Known so far: {text.signed_money(costs.known_so_far)}. "
    return f"{so_far}{_WORDS}"


_WORDS = (
    "Against the market's price right before the request: what the fills cost more (+) or less, "
    "and what the shares that were not filled would have gained by the close."
)
