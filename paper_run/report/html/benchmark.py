"""The book beside its benchmark on page and index: the figures, and what its line in the curve is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.model.findings import counted
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.svg import escaped

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from paper_run.model.benchmark import Benchmark

    _Show = Callable[[Decimal | None], str]

_ROWS: tuple[tuple[str, str, _Show, int], ...] = (
    ("Excess return", "excess_return", text.signed_percent, 4),
    ("Return of the book", "own_return", text.signed_percent, 4),
    ("Return of {}", "return", text.signed_percent, 4),
    ("{}, the last session", "daily_return", text.signed_percent, 4),
    ("Beta", "beta", text.ratio, 2),
    ("Alpha, a year", "alpha", text.signed_percent, 4),
    ("Correlation", "correlation", text.ratio, 2),
    ("Tracking error, a year", "tracking_error", text.fixed_percent, 4),
    ("Information ratio", "information_ratio", text.ratio, 2),
)


def section(benchmark: Benchmark | None) -> str:
    """Return the section, "" where there is none."""
    if benchmark is None:
        return ""
    symbol = escaped(benchmark.symbol)
    return (
        f'<section aria-labelledby="benchmark"><h2 id="benchmark">Beside {symbol}</h2>\n'
        f'<div class="scroll" role="region" tabindex="0" aria-label="Beside {symbol}, table">'
        '<table class="plain statistics"><thead><tr><th scope="col">Figure</th><th scope="col">Value</th>'
        f'<th scope="col">Sessions</th></tr></thead><tbody>{_rows(benchmark)}</tbody></table></div>\n'
        f'<p class="aside">{_since(benchmark)} {_left_out(benchmark)}</p></section>'
    )


def line(benchmark: Benchmark | None) -> str:
    """Say what the thin line in the curve is, "" where there is none; safe in an element."""
    if benchmark is None:
        return ""
    symbol = escaped(benchmark.symbol)
    if benchmark.since is None:
        return f"{symbol} begins with its first price."
    since = escaped(text.short_day(benchmark.since))
    if benchmark.since == benchmark.through:
        return f"{symbol} begins with the closing of {since}."
    begin = f"The thin line is {symbol}, from the equity of {since}, where its data begin"
    if benchmark.equity is None:
        return f"{begin}. {_UNPRICED}"
    return f"{begin}, to {text.money(benchmark.equity)}."


_UNPRICED = "Of the last session it has no price: its figures end with the last one before."


def _since(benchmark: Benchmark) -> str:
    """Say since when it is compared, as the words of the curve do not stand here."""
    if benchmark.since is None or benchmark.since == benchmark.through:
        return line(benchmark)
    since = f"Since {escaped(text.short_day(benchmark.since))}, where its data begin."
    return since if benchmark.equity is not None else f"{since} {_UNPRICED}"


def _left_out(benchmark: Benchmark) -> str:
    words = "Price returns, without dividends, over the same sessions."
    if benchmark.left_out:
        words += f" {counted(benchmark.left_out, 'session')} in which it may have split left out."
    return words


def _rows(benchmark: Benchmark) -> str:
    return "".join(
        cells.statistic(benchmark.figures[name], label.format(benchmark.symbol), show, places)
        for label, name, show, places in _ROWS
        if name in benchmark.figures
    )
