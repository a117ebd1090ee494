"""What commands list on the console: files, checks, tables, sessions played, what is not known."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model import commands, findings
from paper_run.model.json_text import dumps
from paper_run.report import terminal, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from paper_run.errors import ExitStatus, Remedy
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.book_figures import NotKnown
    from paper_run.model.commands import Invocation
    from paper_run.model.findings import Finding
    from paper_run.model.result import RunResult
    from paper_run.report.console import Console


def there(console: Console, path: Path) -> None:
    """Print where a file lies already."""
    console.signed("good", f"There: {path}")


def check(console: Console, name: str, words: str, fix: str) -> None:
    """Print one thing that was looked at, on a line; what is not well is printed even when quiet.

    :param fix: what to do about it; empty when it is well.
    """
    said = f"{name + ':':<19}{text.one_line(words)}"
    if fix:
        console.say(
            f"{text.SIGNS['bad']} {said} - fix: {text.one_line(fix)}", paint=terminal.RED, even_quiet=True
        )
    else:
        console.say(f"{text.SIGNS['good']} {said}", paint=terminal.GREEN)


def checks_json(checks: Iterable[tuple[str, str, ExitStatus, str]], exit_status: ExitStatus) -> str:
    """Return what was looked at as JSON: of each name, words, exit status and fix, null when it is well."""
    rows = [
        {"name": name, "words": words, "exit_status": int(status), "fix": fix or None}
        for name, words, status, fix in checks
    ]
    return dumps({"checks": rows, "exit_status": int(exit_status)})


def table(console: Console, lines: str, *, is_sandbox: bool) -> None:
    """Print a table as it is, and that its prices are simulated if they are."""
    if is_sandbox:
        console.say("SANDBOX - simulated prices", paint=terminal.YELLOW)
    console.say(lines.removesuffix("\n"))


def sessions(console: Console, tally: Tally, folder: Path) -> None:
    """Print what several sandbox sessions came to."""
    became = ", ".join(f"{number} {status}" for status, number in sorted(tally.statuses.items()))
    console.say(f"SANDBOX - simulated prices. Played {tally.first} to {tally.last}: {became}.")
    console.say(f"  Orders Accepted:    {tally.accepted:,}")
    console.say(f"  Total Notional:     {text.money(tally.notional)}")
    console.say(f"  Total P&L:          {text.signed_money(tally.total_pnl)}")
    console.say(f"  Equity:             {text.money(tally.equity)}")
    console.signed("good", f"Saved to: {folder}")
    console.say(f"  All of them:  {folder / 'index.html'}")


class Open(NamedTuple):
    """What is not known.

    :ivar invocation: what makes the command for each run as it stands.
    :ivar not_known: what is not known of fills. :ivar taken_back: fills of which the gateway now says less.
    """

    attempts: Sequence[AttemptRow]
    doubtful: Sequence[AttemptRow]
    invocation: Invocation
    not_known: Sequence[NotKnown] = ()
    taken_back: Sequence[Finding] = ()


def outcome_unknown_json(found: Open) -> str:
    """Return what is not known as JSON, with the ready commands for each."""

    def whole(of: Iterable[Remedy]) -> list[dict[str, str]]:
        made = [each._replace(command=found.invocation.whole(each.command)) for each in of if each.command]
        return findings.remedies_to_json(made)

    return dumps(
        {
            "attempts": [
                {
                    "name": row.name,
                    "started_at": row.started_at.isoformat(timespec="seconds"),
                    "run_id": row.run_id,
                    "known_so_far": row.how_known or None,
                    "remedies": whole(commands.say_what_came(row.name, row.run_id)),
                }
                for row in found.attempts
            ],
            "orders_in_doubt": [row.name for row in found.doubtful],
            "fills": [
                {
                    "name": each.name,
                    "about": each.about,
                    "why": each.why,
                    "symbols": list(each.symbols),
                    "remedies": whole(each.remedies),
                }
                for each in found.not_known
            ],
            "taken_back": [
                {"subject": each.subject, "text": each.text, "remedies": whole(each.remedies)}
                for each in found.taken_back
            ],
        }
    )


def outcome_unknown(console: Console, found: Open) -> None:
    """Print what is not known, with the ready command for each."""
    attempts, doubtful, invocation, not_known, taken_back = found
    if not any((attempts, doubtful, not_known, taken_back)):
        console.say("Nothing is open: every outcome is known.")
    for row in attempts:
        run = f"run {row.run_id}" if row.run_id else "no run id known"
        started = text.moment(row.started_at.isoformat(timespec="seconds"))
        so_far = f"; {row.how_known}" if row.how_known else ""
        words = f"{row.name}: sent {started}, {run}; what came of it is not known{so_far}"
        console.say(words, paint=terminal.YELLOW)
        _remedies(console, commands.say_what_came(row.name, row.run_id), invocation)
    for row in doubtful:
        console.say(f"{row.name}: has orders in doubt; each command asks for them", paint=terminal.YELLOW)
    listed = {row.name for row in attempts}
    for each in not_known:
        if each.kind != "attempt" or each.name not in listed:
            console.say(f"{each.about}: {each.why}", paint=terminal.YELLOW)
            _remedies(console, each.remedies, invocation)
    for finding in taken_back:
        console.say(finding.text, paint=terminal.YELLOW)
        _remedies(console, finding.remedies, invocation)


def _remedies(console: Console, remedies: Iterable[Remedy], invocation: Invocation) -> None:
    for remedy in remedies:
        if remedy.command:
            console.say(f"  {remedy._replace(command=invocation.whole(remedy.command))}")


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
