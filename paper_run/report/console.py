"""The day on the console: what happens as it happens, the summary, and the error block."""

from __future__ import annotations

import contextlib
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from paper_run.model import findings
from paper_run.model.commands import PLAIN, Invocation
from paper_run.model.findings import counted, unlisted
from paper_run.report import terminal, text
from paper_run.report.lines import fitted, limits_line, moved_line, order_line, position_line
from paper_run.report.summary.figures import base_is, beside, last_known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from paper_run.errors import Remedy
    from paper_run.model.history import SessionLine
    from paper_run.model.result import RunResult
    from paper_run.model.service import ServiceHealth
    from paper_run.settings.config import Config

_WIDE = 80
_SHOWN_ORDERS = 50


class Console:
    """Follows a day, as its `Progress`, and prints its five steps.

    :param quiet: print nothing but failures. :param invocation: what makes commands run as they stand.
    :param width: how many columns a finding's line may have, None for as many as it takes.
    """

    def __init__(
        self,
        out: terminal.Terminal,
        *,
        quiet: bool = False,
        invocation: Invocation = PLAIN,
        width: int | None = None,
    ) -> None:
        self._out = out
        self._width = width
        self._rule = "=" * min(_WIDE, width or _WIDE)
        self._quiet = quiet
        self._invocation = invocation
        self._live = out.live and not quiet

    def header(self, config: Config, moment: datetime) -> None:
        """Print the banner and what is about to be traded.

        :param moment: the exchange's time.
        """
        self._banner(f"PAPER TRADING RUN - {text.moment(moment.isoformat(timespec='seconds'))}")
        self.say()
        self.say(f"Symbols:     {', '.join(config.symbols)}")
        self.say(f"Capital:     {text.money(config.capital)}")
        self.say(f"Maximum per signal: {text.money(config.max_position_size)}")
        if config.as_of_date:
            self.say(f"As Of Date:  {config.as_of_date}")
        self._notices(config)

    def mark_header(self, config: Config, moment: datetime, change: str) -> None:
        """Print the banner of a mark.

        :param moment: the exchange's time. :param change: what a person changes in the book first.
        """
        what = f"RESOLVE: {change}" if change else "MARK TO MARKET"
        self._banner(f"{what} - {text.moment(moment.isoformat(timespec='seconds'))}")
        self._notices(config)
        self.step(1, "Checking dependencies", of=3)

    def step(self, number: int, heading: str, *, of: int = 5) -> None:
        """Print the heading of one of the five steps of a day, or the three of a mark."""
        if number > 1:
            self.say()
        self.say(f"[{number}/{of}] {heading}...", paint=terminal.BOLD)

    def notice(self, words: str) -> None:
        """Print a line that must not be missed."""
        self.say(f"  {words}", paint=terminal.YELLOW)

    def advice(self, words: str, remedy: Remedy) -> None:
        """Print a line that must not be missed, and what to do about it."""
        self.notice(words)
        self._remedy(remedy)

    def health(self, services: tuple[ServiceHealth, ...]) -> None:
        """Print each service with a tick or a cross."""
        for service in services:
            tone: Literal["good", "bad"] = "good" if service.healthy else "bad"
            detail = f" - {service.detail}" if service.detail else ""
            self.signed(tone, f"{service.title} ({service.url}){detail}")

    def run_id(self, run_id: str | None) -> None:
        """Print the run's id."""
        self.say(f"  Run ID: {run_id or 'not known'}")

    def ended(self, status: str, seconds: Decimal) -> None:
        """Print how the orchestration ended."""
        self.say(f"  Status: {status} ({seconds:.1f}s)")

    @contextlib.contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show the seconds that pass, on a terminal; nothing at all where nobody watches."""
        if not self._live:
            yield
            return
        started, over, drawn = time.monotonic(), threading.Event(), threading.Event()

        def tick() -> None:
            while not over.wait(0.5 if time.monotonic() - started < 1 else 0.1):
                self._out.rewrite(f"  {what}... {time.monotonic() - started:.1f} s")
                drawn.set()

        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
        try:
            yield
        finally:
            over.set()
            ticker.join()
            if drawn.is_set():
                self._out.rewrite("")

    def plan(self, url: str, body: Mapping[str, Any], positions: int) -> None:
        """Print what would be sent, and that it was not."""
        import json

        self.say(f"  {counted(positions, 'open position')} could be read")
        self.say()
        self.say("[dry run] Would send, once:", paint=terminal.BOLD)
        self.say(f"  POST {url}")
        self.say(f"  {json.dumps(body)}")
        self.say()
        self.say("Nothing was sent, traded or saved.")

    def figures(self, result: RunResult, before: Sequence[SessionLine] = ()) -> None:
        """Print step 4: the counts, the notional and each order.

        :param before: the complete sessions of its book before its own, oldest first.
        """
        if result.is_mark:
            self.step(2, f"Valuing the session of {result.session}", of=3)
        else:
            self.step(4, "Calculating P&L")
            self._counts(result)
        self._pnl(result, before)
        if result.orders:
            self.say()
        for order in result.orders[:_SHOWN_ORDERS]:
            self.say(order_line(order))
        if others := unlisted(len(result.orders), _SHOWN_ORDERS, "in the report"):
            self.say(f"  {others}")
        for found in result.findings:
            # The error block says the one, the lines of the orders the other.
            if found.severity == "error" or (not others and findings.is_of_an_order(found)):
                continue
            sign = "!" if found.severity == "warning" else "·"
            paint = terminal.YELLOW if found.severity == "warning" else None
            for line in fitted(f"  {sign} {found.text}", self._width, indent="    "):
                self.say(line, paint=paint)
            for remedy in found.remedies:
                self._remedy(remedy)

    def _counts(self, result: RunResult) -> None:
        totals = result.totals
        self._figure("Signals Generated", text.count(totals.num_signals))
        self._figure("Orders Submitted", text.count(totals.num_orders_submitted))
        self._figure("Orders Accepted", text.count(totals.num_orders_accepted))
        self._figure("Orders Rejected", text.count(totals.num_orders_rejected))
        if totals.num_orders_in_doubt:
            self._figure("Orders In Doubt", text.count(totals.num_orders_in_doubt))
        simulated = " (simulated)" if result.rehearsal else ""
        self._figure("Total Notional", text.money(totals.total_notional) + simulated)
        self._figure("Success Rate", text.percent(totals.success_rate))

    def _pnl(self, result: RunResult, before: Sequence[SessionLine]) -> None:
        """Print what the book says; where it says nothing, that."""
        pnl = result.pnl
        if pnl is None:
            self._figure("P&L", "not computed: nothing executed" if result.executed_nothing else "not known")
            if before and not result.executed_nothing:
                self._figure("Equity", f"{text.ABSENT} ({last_known(result, before)})")
            return
        day, equity = pnl.day_pnl, pnl.equity
        change = text.percentage(result.statistics.daily_return) if day is not None else None
        unrealized = text.signed_money(pnl.unrealized_pnl)
        if not pnl.complete:
            unrealized += f" (priced so far {text.signed_money(pnl.priced_so_far)})"
        self._figure("Realized P&L", text.signed_money(pnl.realized_pnl))
        self._figure("Unrealized P&L", unrealized)
        if found := pnl.since_inception.taken_over:
            self._figure("Taken Over", f"{text.signed_money(found)}, of holdings from before: no P&L")
        self._figure("Total P&L", text.signed_money(pnl.total_pnl))
        shown = f" ({text.signed_percent(change)})" if change is not None else ""
        self._figure("Day P&L", text.signed_money(day) + shown)
        if moved := moved_line(equity):
            self._figure("Besides Trading", moved)
        known = "" if pnl.complete else f" ({last_known(result, before)})"
        self._figure("Equity", text.money(equity.closing) + known)
        self._figure("Base", base_is(pnl))
        self._beside(result)
        if result.parties is not None:
            from paper_run.report.broker_block import broker_block

            for line in broker_block(result.parties.broker, most=_SHOWN_ORDERS):
                self.say(line)
        open_positions = [each for each in pnl.positions if each.qty != 0]
        unknown = sum(each.qty is None for each in open_positions)
        counted = text.count(len(open_positions) - unknown)
        self._figure("Positions", f"{counted} and {unknown:,} not known" if unknown else counted)
        for each in open_positions[:_SHOWN_ORDERS]:
            self.say(position_line(each))
        if others := unlisted(len(open_positions), _SHOWN_ORDERS, "in the report"):
            self.say(f"    {others}")

    def _beside(self, result: RunResult) -> None:
        """Print what trading cost, how the benchmark did, and what is at risk, as far as they are stated."""
        for figure in beside(result):
            self._figure(figure.label, f"{figure.shown} ({figure.aside})")
        if result.limits is not None:
            self._figure("Limits", limits_line(result.limits))

    def saving(self, *, of_a_mark: bool) -> None:
        """Print the heading of the last step."""
        last = 3 if of_a_mark else 5
        self.step(last, "Saving results", of=last)

    def saved(self, path: Path) -> None:
        """Print where a file lies."""
        self.signed("good", f"Saved to: {path}")

    def sent(self, how: str, subject: str) -> None:
        """Print which message was sent, and how in a word or two."""
        self.signed("good", f"{how}: {subject}")

    def complete(self, result: RunResult, *, of_a_change: bool = False) -> None:
        """Print the closing banner.

        :param of_a_change: whether it is a mark that goes with a change of the book.
        """
        what = "RESOLVE" if of_a_change else "MARK" if result.is_mark else "PAPER RUN"
        label = f"{result.label} - " if result.label else ""
        status = result.status.upper()
        if result.limits is not None and result.limits.passed:
            from paper_run.report.summary import headline

            status += f", but {headline.passed_limits(result)}"
        self.say()
        self._banner(f"{label}{what} COMPLETE - Status: {status}")

    def say(self, words: str = "", *, paint: str | None = None, even_quiet: bool = False) -> None:
        """Print a line as it is."""
        if even_quiet or not self._quiet:
            self._out.line(words, paint=paint)

    def signed(self, tone: Literal["good", "bad"], words: str) -> None:
        """Print a line with a tick or a cross."""
        self.say(f"  {text.SIGNS[tone]} {words}", paint=terminal.GREEN if tone == "good" else terminal.RED)

    def _banner(self, words: str) -> None:
        self.say(self._rule)
        self.say(f"  {words}", paint=terminal.BOLD)
        self.say(self._rule)

    def _notices(self, config: Config) -> None:
        for notice in config.notices:
            self.say(f"! {notice.text}", paint=terminal.YELLOW)
        self.say()

    def _remedy(self, remedy: Remedy) -> None:
        self.say(f"      {remedy._replace(command=self._invocation.whole(remedy.command))}")

    def _figure(self, label: str, value: str) -> None:
        self.say(f"  {label + ':':<20}{value}")
