"""The files of a day: which there are, what they are called, and putting each in its place."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from paper_run.book import days, limits
from paper_run.errors import DataError, Remedy
from paper_run.ledger.files import write_each
from paper_run.model import result_json
from paper_run.model.attempt import attempt_name
from paper_run.model.commands import ours
from paper_run.model.history import SessionLine
from paper_run.report import csv_tables
from paper_run.report.html import page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from paper_run.model.result import RunResult
    from paper_run.model.signals import SignalSession


CACHE_FOLDER = ".template-cache"


class Reports:
    """Renders a result into every format, each at most once.

    It is made from the JSON text that the ledger keeps, so that a report made today and one made again
    later are the same bytes.

    :ivar before: the complete sessions of its book before its own, for the curve on the page.
    :ivar signals: the pairs of those before its own, the newest first, likewise.
    """

    def __init__(self, json: str, folder: Path) -> None:
        self.json = json
        self.result = result_json.decode(json)
        self._folder = folder
        self.before: Sequence[SessionLine] = ()
        self.signals: Sequence[SignalSession] = ()
        self._rendered: dict[str, bytes] = {".json": self.json.encode()}

    def content(self, suffix: str) -> bytes:
        """Return the report in the format of `.json`, `.html` or `.csv` (the orders)."""
        if suffix not in self._rendered:
            render: dict[str, Callable[[], str]] = {".html": self._html, ".csv": self._orders}
            self._rendered[suffix] = render[suffix]().encode()
        return self._rendered[suffix]

    def _html(self) -> str:
        curve = with_own(self.result, self.before)
        cache = self._folder / CACHE_FOLDER
        return page.render(self.result, curve=curve, signals=self.signals, cache_folder=cache)

    def _orders(self) -> str:
        return csv_tables.orders_csv(self.result)

    @property
    def _name(self) -> str:
        return page.file_name(self.result)

    @property
    def page(self) -> Path:
        """Where the page lies once it is saved."""
        return self._folder / f"{self._name}.html"

    def files(self) -> list[Path]:
        """Return where the result's files lie once they are saved; the positions are written last."""
        name = self._name
        tables = name.removesuffix("_paper_run")
        names = (f"{name}.json", f"{name}.html", f"{tables}_orders.csv", f"{tables}_positions.csv")
        return [self._folder / each for each in names]

    def save(self, outputs: Iterable[Path] = ()) -> tuple[list[Path], list[DataError]]:
        """Write the day's files and the extra outputs; one that fails does not keep back the others."""
        paths = self.files()
        files = [*self._contents(paths[:-1]), (paths[-1], self._positions)]
        written, failed = write_each(files, again=[self._again])
        beside, unwritten = write_each(self._contents(outputs))
        return [*written, *beside], [*failed, *unwritten]

    def _contents(self, paths: Iterable[Path]) -> list[tuple[Path, Callable[[], bytes]]]:
        return [(path, partial(self.content, path.suffix.lower())) for path in paths]

    @property
    def _again(self) -> Remedy:
        name = attempt_name(self.result.session, self.result.attempt or 1)
        return Remedy("Then make it again", ours("report", name))

    def _positions(self) -> bytes:
        return csv_tables.positions_csv(self.result).encode()


def with_own(result: RunResult, before: Sequence[SessionLine]) -> list[SessionLine]:
    """Return the sessions before a result's, and its own as the result has it, if it is whole and final.

    What the ledger learns of a session afterwards, or of later ones, does not change its page.

    :param before: the ledger's complete sessions of the same book, oldest first.
    """
    pnl = result.pnl
    if pnl is None or not pnl.complete or pnl.provisional:
        return list(before)
    if pnl.day_pnl is None or pnl.equity.closing is None:
        return list(before)
    opening, earned, closing = pnl.equity.opening, pnl.day_pnl, pnl.equity.closing
    came_in = Decimal(0) if result.is_old else days.inflow(opening, earned, closing)
    if pnl.equity.money is not None:
        came_in = pnl.equity.money.inflows
    day = days.Day(opening, earned, closing, Decimal(0), Decimal(0), came_in)
    last = before[-1].drawdown if before else Decimal(0)
    level = days.drawdown_level(None if last is None else 1 + last, day)
    drawdown = days.stated(None if level is None else level - 1)
    held = limits.exposure({each.symbol: each.market_value or Decimal(0) for each in pnl.positions})
    return [
        *before,
        SessionLine(
            session=result.session,
            attempts=(),
            complete=True,
            day_pnl=earned,
            total_pnl=pnl.total_pnl,
            closing=closing,
            daily_return=days.stated(days.unrounded_return(day)),
            drawdown=drawdown,
            marked=result.is_mark,
            benchmark=_line(result),
            long=held.long,
            short=held.short,
            gross_limit=result.limits.gross.limit if result.limits else None,
            opening=opening,
        ),
    ]


def _line(result: RunResult) -> Decimal | None:
    """Return what equity would be in the benchmark after a result's session, dollars and cents."""
    beside = result.benchmark
    return beside.equity if beside is not None and beside.through == result.session else None
