"""The day on the console: what happens as it happens, the summary, and the error block."""

from __future__ import annotations

import contextlib
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from paper_run.model import findings, remedies
from paper_run.model.commands import PLAIN, Invocation
from paper_run.model.listing import unlisted
from paper_run.report import text
from paper_run.report.lines import order_line, position_line
from paper_run.report.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from paper_run.errors import Remedy
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.findings import Finding
    from paper_run.model.result import RunResult
    from paper_run.model.service import ServiceHealth
    from paper_run.model.valued import NotKnown
    from paper_run.settings.config import Config

RULE = "=" * 80
_SHOWN_ORDERS = 50
_GREEN, _RED, _YELLOW, _BOLD = "32", "31", "33", "1"


class Console:
    """Follows a day (`Watch`) and prints it as ADR-0007 section 5 has it.

    :param quiet: print nothing but failures. :param invocation: what makes commands run as they stand.
    """

    def __init__(self, out: Terminal, *, quiet: bool = False, invocation: Invocation = PLAIN) -> None:
        self._out = out
        self._quiet = quiet
        self._invocation = invocation
        self._live = out.live and not quiet

    def header(self, config: Config, moment: datetime) -> None:
        """Print the banner and what is about to be traded.

        :param moment: the exchange's time.
        """
        self._line(RULE)
        self._line(f"  PAPER TRADING RUN - {text.moment(moment.isoformat(timespec='seconds'))}", paint=_BOLD)
        self._line(RULE)
        self._line()
        self._line(f"Symbols:     {', '.join(config.symbols)}")
        self._line(f"Capital:     {text.money(config.capital)}")
        self._line(f"Max Position: {text.money(config.max_position_size)}")
        if config.as_of_date:
            self._line(f"As Of Date:  {config.as_of_date}")
        for notice in config.notices:
            self._line(f"! {notice.text}", paint=_YELLOW)
        self._line()

    def mark_header(self, config: Config, moment: datetime) -> None:
        """Print the banner of a mark.

        :param moment: the exchange's time.
        """
        self._line(RULE)
        self._line(f"  MARK TO MARKET - {text.moment(moment.isoformat(timespec='seconds'))}", paint=_BOLD)
        self._line(RULE)
        for notice in config.notices:
            self._line(f"! {notice.text}", paint=_YELLOW)
        self._line()
        self.step(1, "Checking dependencies", of=3)

    def step(self, number: int, heading: str, *, of: int = 5) -> None:
        """Print the heading of one of the five steps of a day, or the three of a mark."""
        if number > 1:
            self._line()
        self._line(f"[{number}/{of}] {heading}...", paint=_BOLD)

    def notice(self, words: str) -> None:
        """Print a line that must not be missed."""
        self._line(f"  {words}", paint=_YELLOW)

    def health(self, services: tuple[ServiceHealth, ...]) -> None:
        """Print each service with a tick or a cross."""
        for service in services:
            tone: Literal["good", "bad"] = "good" if service.healthy else "bad"
            detail = f" - {service.detail}" if service.detail else ""
            self._signed(tone, f"{service.title} ({service.url}){detail}")

    def run_id(self, run_id: str | None) -> None:
        """Print the run's id."""
        self._line(f"  Run ID: {run_id or 'not known'}")

    def ended(self, status: str, seconds: Decimal) -> None:
        """Print how the orchestration ended."""
        self._line(f"  Status: {status} ({seconds:.1f}s)")

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

        self._line(f"  {positions} open positions could be read")
        self._line()
        self._line("[dry run] Would send, once:", paint=_BOLD)
        self._line(f"  POST {url}")
        self._line(f"  {json.dumps(body)}")
        self._line()
        self._line("Nothing was sent, traded or saved.")

    def figures(self, result: RunResult) -> None:
        """Print step 4: the counts, the notional and each order."""
        if result.is_mark:
            self.step(2, f"Valuing the session of {result.session}", of=3)
        else:
            self.step(4, "Calculating P&L")
            self._counts(result)
        self._pnl(result)
        if result.orders:
            self._line()
        for order in result.orders[:_SHOWN_ORDERS]:
            self._line(order_line(order))
        if others := unlisted(len(result.orders), _SHOWN_ORDERS, "in the report"):
            self._line(f"  {others}")
        for found in result.findings:
            # The error block says the one, the lines of the orders the other.
            if found.severity == "error" or (not others and findings.is_of_an_order(found)):
                continue
            sign = "!" if found.severity == "warning" else "·"
            self._line(f"  {sign} {found.text}", paint=_YELLOW if found.severity == "warning" else None)
            for remedy in found.remedies:
                shown = remedy._replace(command=self._invocation.whole(remedy.command))
                self._line(f"      {shown}")

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

    def _pnl(self, result: RunResult) -> None:
        """Print what the book says; where it says nothing, that."""
        pnl = result.pnl
        if pnl is None:
            self._figure("P&L", "not computed: nothing executed" if result.rehearsal else "not known")
            return
        day, equity = pnl.day_pnl, pnl.equity
        change = text.percentage(result.statistics.daily_return) if day is not None else None
        unrealized = text.signed_money(pnl.unrealized_pnl)
        if not pnl.complete:
            unrealized += f" (priced so far {text.signed_money(pnl.priced_so_far)})"
        self._figure("Realized P&L", text.signed_money(pnl.realized_pnl))
        self._figure("Unrealized P&L", unrealized)
        if found := pnl.since_inception.adjustments:
            self._figure("Taken Over", f"{text.signed_money(found)}, of holdings from before: no P&L")
        self._figure("Total P&L", text.signed_money(pnl.total_pnl))
        shown = f" ({text.signed_percent(change)})" if change is not None else ""
        self._figure("Day P&L", text.signed_money(day) + shown)
        self._figure("Equity", text.money(equity.closing))
        open_positions = [each for each in pnl.positions if each.qty != 0]
        unknown = sum(each.qty is None for each in open_positions)
        counted = text.count(len(open_positions) - unknown)
        self._figure("Positions", f"{counted} and {unknown:,} not known" if unknown else counted)
        for each in open_positions[:_SHOWN_ORDERS]:
            self._line(position_line(each))
        if others := unlisted(len(open_positions), _SHOWN_ORDERS, "in the report"):
            self._line(f"    {others}")

    def saving(self, *, of_a_mark: bool = False) -> None:
        """Print the heading of the last step."""
        last = 3 if of_a_mark else 5
        self.step(last, "Saving results", of=last)

    def saved(self, path: Path) -> None:
        """Print where a file lies."""
        self._signed("good", f"Saved to: {path}")

    def there(self, path: Path) -> None:
        """Print where a file lies already."""
        self._signed("good", f"There: {path}")

    def finding(self, name: str, words: str, fix: str) -> None:
        """Print one thing that was looked at, on a line; what is not well is printed even when quiet.

        :param fix: what to do about it; empty when it is well.
        """
        said = f"{name + ':':<19}{text.one_line(words)}"
        if fix:
            self._out.line(f"{text.SIGNS['bad']} {said} - fix: {text.one_line(fix)}", paint=_RED)
        else:
            self._line(f"{text.SIGNS['good']} {said}", paint=_GREEN)

    def mailed(self, subject: str) -> None:
        """Print which mail was sent."""
        self._signed("good", f"Mailed: {subject}")

    def complete(self, result: RunResult) -> None:
        """Print the closing banner."""
        what = "MARK" if result.is_mark else "PAPER RUN"
        label = f"{result.label} - " if result.label else ""
        self._line()
        self._line(RULE)
        self._line(f"  {label}{what} COMPLETE - Status: {result.status.upper()}", paint=_BOLD)
        self._line(RULE)

    def sessions(self, tally: Tally, folder: Path) -> None:
        """Print what several sandbox sessions came to."""
        became = ", ".join(f"{number} {status}" for status, number in sorted(tally.statuses.items()))
        self._line(f"SANDBOX - simulated prices. Played {tally.first} to {tally.last}: {became}.")
        self._line(f"  Orders Accepted:    {tally.accepted:,}")
        self._line(f"  Total Notional:     {text.money(tally.notional)}")
        self._line(f"  Total P&L:          {text.signed_money(tally.total_pnl)}")
        self._line(f"  Equity:             {text.money(tally.equity)}")
        self._signed("good", f"Saved to: {folder}")
        self._line(f"  All of them:  {folder / 'index.html'}")

    def outcome_unknown(
        self,
        attempts: Sequence[AttemptRow],
        doubtful: Sequence[AttemptRow],
        invocation: Invocation,
        not_known: Sequence[NotKnown] = (),
        taken_back: Sequence[Finding] = (),
    ) -> None:
        """Print what is not known, with the ready command for each.

        :param not_known: what is not known of fills. :param taken_back: fills of which the gateway now says
            less.
        """
        if not any((attempts, doubtful, not_known, taken_back)):
            self._line("Nothing is open: every outcome is known.")
        for row in attempts:
            run = f"run {row.run_id}" if row.run_id else "no run id known"
            started = text.moment(row.started_at.isoformat(timespec="seconds"))
            so_far = f"; {row.how_known}" if row.how_known else ""
            words = f"{row.name}: sent {started}, {run}; what came of it is not known{so_far}"
            self._line(words, paint=_YELLOW)
            self._remedies(remedies.say_what_came(row.name, row.run_id), invocation)
        for row in doubtful:
            self._line(f"{row.name}: has orders in doubt; each command asks for them", paint=_YELLOW)
        listed = {row.name for row in attempts}
        for each in not_known:
            if each.kind != "attempt" or each.name not in listed:
                self._line(f"{each.about}: {each.why}", paint=_YELLOW)
                self._remedies(each.remedies, invocation)
        for finding in taken_back:
            self._line(finding.text, paint=_YELLOW)
            self._remedies(finding.remedies, invocation)

    def _remedies(self, remedies: Iterable[Remedy], invocation: Invocation) -> None:
        for remedy in remedies:
            if remedy.command:
                self._line(f"  {remedy._replace(command=invocation.whole(remedy.command))}")

    def table(self, lines: str, *, is_sandbox: bool) -> None:
        """Print a table as it is, and that its prices are simulated if they are."""
        if is_sandbox:
            self._line("SANDBOX - simulated prices", paint=_YELLOW)
        for line in lines.splitlines():
            self._line(line)

    def say(self, words: str = "") -> None:
        """Print a line as it is."""
        self._line(words)

    def _figure(self, label: str, value: str) -> None:
        self._line(f"  {label + ':':<20}{value}")

    def _signed(self, tone: Literal["good", "bad"], words: str) -> None:
        self._line(f"  {text.SIGNS[tone]} {words}", paint=_GREEN if tone == "good" else _RED)

    def _line(self, words: str = "", *, paint: str | None = None) -> None:
        if not self._quiet:
            self._out.line(words, paint=paint)


class Tally:
    """What several days came to, P&L and equity after the last; dollars in cents."""

    def __init__(self) -> None:
        self.first = self.last = ""
        self.statuses: dict[str, int] = {}
        self.accepted = 0
        self.notional = Decimal(0)
        self.total_pnl: Decimal | None = None
        self.equity: Decimal | None = None

    def add(self, result: RunResult) -> None:
        """Add a day's result."""
        self.first = self.first or result.session
        self.last = result.session
        self.statuses[result.status] = self.statuses.get(result.status, 0) + 1
        self.accepted += result.totals.num_orders_accepted or 0
        self.notional += result.totals.total_notional or 0
        pnl = result.pnl
        self.total_pnl = pnl and pnl.total_pnl
        self.equity = pnl and pnl.equity.closing
