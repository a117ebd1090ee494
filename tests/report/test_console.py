"""The console: the day as the ADR prints it, and output that can't break the day off."""

import io
import os
import re
import subprocess
import sys
import threading
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import moved
from builders.days import DAYS, many_orders
from builders.documents import HOSTILE, changed, good_day, order
from builders.moments import NEW_YORK
from builders.screens import Screen, printed
from builders.settings import configured
from support.lines import assert_in_order

from paper_run.errors import DataError, DependencyError, Remedy
from paper_run.model.result_json import of_document
from paper_run.model.service import ServiceHealth
from paper_run.report import console, listing, terminal
from paper_run.report.console import Console
from paper_run.report.lines import error_block, exchange_line, order_line
from paper_run.report.terminal import Terminal
from paper_run.services.transport import Exchange

MOMENT = datetime(2025, 1, 17, 9, 0, tzinfo=NEW_YORK)
ROOT = Path(console.__file__).parents[2]
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def whole_day(document: dict[str, Any]) -> Any:
    """Return a function that shows all that a day shows."""
    result = of_document(document)
    settings = configured({"--as-of-date": ["2025-01-16"]})
    health = tuple(
        ServiceHealth(
            service=entry["service"],
            url=entry["url"],
            status=entry["status"],
            latency_ms=1,
            detail=entry["detail"],
        )
        for entry in document["health"]
    )

    def show(out: Console) -> None:
        out.header(settings, MOMENT)
        out.step(1, "Checking dependencies")
        out.health(health)
        out.notice("a notice")
        out.step(2, "Triggering orchestration run")
        with out.waiting("Waiting"):
            pass
        out.run_id(document["run_id"])
        out.step(3, "Waiting for completion")
        out.ended("completed", Decimal("4.213"))
        out.figures(result)
        out.saving(of_a_mark=False)
        out.saved(Path("/srv/2025-01-17_paper_run.json"))
        out.complete(result)

    return show


# As the ADR has it


def test_a_day_is_printed_as_the_adr_prints_it() -> None:
    """Headings, alignment, ticks, the path and the banners, line by line."""
    text = printed(whole_day(good_day()))
    assert_in_order(
        text,
        [
            r"={80}",
            r"  PAPER TRADING RUN - 2025-01-17 09:00:00 EST",
            r"={80}",
            "",
            r"Symbols:     AAPL, MSFT, GOOGL",
            r"Capital:     \$100,000\.00",
            r"Maximum per signal: \$20,000\.00",
            r"As Of Date:  2025-01-16",
            "",
            r"\[1/5\] Checking dependencies\.\.\.",
            r"  ✓ Signal Service \(http://localhost:8001\).*",
            r"  ✓ Execution Gateway \(http://localhost:8002\).*",
            r"  ✓ Orchestrator \(http://localhost:8003\).*",
            r"  a notice",
            "",
            r"\[2/5\] Triggering orchestration run\.\.\.",
            r"  Run ID: 550e8400-e29b-41d4-a716-446655440000",
            "",
            r"\[3/5\] Waiting for completion\.\.\.",
            r"  Status: completed \(4\.2s\)",
            "",
            r"\[4/5\] Calculating P&L\.\.\.",
            r"  Signals Generated:  3",
            r"  Orders Submitted:   3",
            r"  Orders Accepted:    3",
            r"  Orders Rejected:    0",
            r"  Total Notional:     \$59,623\.01",
            r"  Success Rate:       100%",
            "",
            r"\[5/5\] Saving results\.\.\.",
            r"  ✓ Saved to: /srv/2025-01-17_paper_run\.json",
            "",
            r"={80}",
            r"  PAPER RUN COMPLETE - Status: SUCCESS",
            r"={80}",
        ],
    )


def test_money_besides_trading_is_a_line() -> None:
    """What is nothing is left out; it is not taken for holdings that were taken over."""
    result = of_document(good_day())
    assert result.pnl is not None
    shown = printed(lambda screen: screen.figures(replace(result, pnl=moved.with_money(result.pnl))))
    line = "Besides Trading:    +$12.34 income and fees; +$4,139.90 in and out, no P&L; −$20.00 other, no P&L"
    assert line in shown
    assert "Taken Over" not in shown
    assert "Besides Trading" not in printed(lambda screen: screen.figures(result))


def test_a_default_date_is_not_shown() -> None:
    """The ADR's banner has no date of the signals unless one was given."""
    settings = configured()
    assert "As Of" not in printed(lambda out: out.header(settings, MOMENT))


def test_an_unfit_service_gets_a_cross() -> None:
    """With what is wrong behind it."""
    bad = ServiceHealth(
        service="orchestrator", url="http://x", status="degraded", latency_ms=1, detail="says: x"
    )
    assert printed(lambda out: out.health((bad,))) == "  ✕ Orchestrator (http://x) - says: x\n"


def test_an_unknown_run_id_is_said_to_be() -> None:
    """A lost answer has none."""
    assert printed(lambda out: out.run_id(None)) == "  Run ID: not known\n"


def test_sandbox_and_rehearsal_are_on_the_closing_banner() -> None:
    """Neither can be taken for the real thing, and a rehearsal's notional is labelled."""
    document = {**good_day(), "sandbox": True, "rehearsal": True}
    text = printed(whole_day(document))
    assert re.search(r"SANDBOX - simulated prices.*REHEARSAL.*PAPER RUN COMPLETE", text)
    assert "$59,623.01 (simulated)" in text


def test_doubt_and_warnings_are_shown_where_there_are_any() -> None:
    """Not on a good day."""
    document = deepcopy(good_day())
    document["results"]["num_orders_in_doubt"] = 1
    document["warnings"] = ["odd"]
    text = printed(lambda out: out.figures(of_document(document)))
    assert "  Orders In Doubt:    1\n" in text
    assert "  ! odd\n" in text
    assert "Doubt" not in printed(lambda out: out.figures(of_document(good_day())))


def test_many_orders_are_not_all_printed() -> None:
    """Fifty, and how many more there are."""
    text = printed(lambda out: out.figures(of_document(many_orders(60))))
    assert sum(line.startswith(("  BUY", "  SELL")) for line in text.splitlines()) == 50
    assert "10 more in the report" in text


def test_a_plan_says_what_would_be_sent_and_that_it_was_not() -> None:
    """The request, word for word."""
    text = printed(lambda out: out.plan("http://t5/run", {"symbols": ["AAPL"], "capital": "1.50"}, 2))
    assert "POST http://t5/run" in text
    assert '{"symbols": ["AAPL"], "capital": "1.50"}' in text
    assert "2 open positions" in text
    assert "Nothing was sent, traded or saved." in text


def test_several_sessions_are_summed_up() -> None:
    """From the first to the last, with what became of them."""
    tally = listing.Tally()
    tally.add(of_document(good_day()))
    tally.add(of_document({**good_day(), "session": "2025-01-21", "status": "partial"}))
    text = printed(lambda out: listing.sessions(out, tally, Path("/srv/reports")))
    assert "Played 2025-01-17 to 2025-01-21: 1 partial, 1 success." in text
    assert "$119,246.02" in text
    assert "6\n" in text
    assert "/srv/reports" in text


# Orders


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (
            order("AAPL", "buy", 133, "150.253712"),
            ["BUY", "AAPL", "133 @ $150.2537 (fill) = $19,983.74", "filled"],
        ),
        (
            order("MSFT", None, None, None, skip_reason="zero_weight"),
            ["MSFT", "no order: its weight is zero"],
        ),
        (order("MSFT", None, None, None), ["no order: no reason given"]),
        (
            order(
                "A",
                "sell",
                1250,
                None,
                notional=Decimal("20000.00"),
                price_source="estimated",
                status="dry_run",
            ),
            ["SELL", "1,250 = $20,000.00 estimated", "dry_run"],
        ),
        (order("A", "buy", 1, None, outcome="in_doubt", skip_reason="hung"), ["IN DOUBT: hung"]),
        (order("A", "buy", 1, None, outcome="accepted", status="filled", skip_reason="hung"), ["  filled"]),
        (order("A", "buy", 1, None, outcome="repeat", status="new"), ["new, the same order again"]),
        (order("A", "buy", 1, None, outcome="rejected", status=None), ["no status"]),
        (
            order(
                "A", "buy", 1, None, outcome="rejected", status="rejected", error_message="x", skip_reason="y"
            ),
            ["rejected: x"],
        ),
    ],
)
def test_an_order_is_a_line(given: dict[str, Any], parts: list[str]) -> None:
    """Side, symbol, quantity, price and where it comes from, notional, state and reason."""
    (made,) = of_document({"orders": [given]}).orders
    line = order_line(made)
    assert "\n" not in line
    position = 0
    for part in parts:
        assert part in line[position:]
        position = line.index(part, position) + len(part)
    assert line.endswith(parts[-1])


# Errors


def test_an_error_block_is_the_adrs() -> None:
    """What, why, numbered remedies, and the exit status; several errors in a row, one status."""
    one = DependencyError("A unavailable", "The A at URL is not responding.", remedies=("Check", "Start"))
    two = DataError("B is wrong")
    assert error_block([one, two], 1, width=None) == (
        "❌ ERROR: A unavailable\n\nThe A at URL is not responding.\n\n"
        "Troubleshooting:\n1. Check\n2. Start\n\n"
        "❌ ERROR: B is wrong\n\nExiting with code 1."
    )


def test_an_error_block_fits_its_columns() -> None:
    """Words are wrapped; a path stays whole, and so does a command, on a line of its own."""
    long = DataError(
        "/a/path/that/is/longer/than/its/columns is wrong",
        "One two three four five six seven.",
        details=("eight nine ten eleven twelve",),
        remedies=(
            Remedy("See", "short --it"),
            Remedy("Say it in words", "long --command --that --fits --not"),
            "One two three four five six seven.",
        ),
    )
    assert error_block([long], 3, 24).splitlines() == [
        *("❌ ERROR:", "/a/path/that/is/longer/than/its/columns", "is wrong", ""),
        *("One two three four five", "six seven.", "- eight nine ten eleven", "twelve", ""),
        *("Troubleshooting:", "1. See: short --it", "2. Say it in words:"),
        *("   long --command --that --fits --not", "3. One two three four", "   five six seven.", ""),
        "Exiting with code 3.",
    ]


def test_a_request_is_a_line() -> None:
    """Method, URL, status and milliseconds."""
    exchange = Exchange(method="GET", url="http://x/y", outcome="200", milliseconds=12)
    assert exchange_line(exchange) == "GET http://x/y -> 200 (12 ms)"


# Quiet, colour, encodings


def test_quiet_prints_nothing() -> None:
    """Not a byte on a good day."""
    assert printed(whole_day(good_day()), quiet=True) == ""


def test_colour_changes_nothing_but_the_colour() -> None:
    """Without its escapes the text is the same."""
    coloured, plain = (printed(whole_day(good_day()), colour=colour) for colour in (True, False))
    assert ESCAPES.search(coloured)
    assert ESCAPES.sub("", coloured) == plain
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("tty", "environment", "coloured"),
    [
        (True, {}, True),
        (True, {"TERM": "xterm-256color"}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {}, False),
        (False, {"TERM": "xterm-256color"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "0"}, False),
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_colour_is_for_a_terminal_that_wants_it(
    monkeypatch: pytest.MonkeyPatch, tty: bool, environment: dict[str, str], coloured: bool, name: str
) -> None:
    """Not when piped or on a dumb terminal, unless forced; never with NO_COLOR; no line is rewritten."""
    screen = Screen(tty=tty)
    monkeypatch.setattr(sys, name, screen)
    made = terminal.standard_output(environment) if name == "stdout" else terminal.standard_error(environment)
    made.line("words", paint="31")
    assert ("\x1b" in screen.getvalue()) is coloured
    assert "words" in screen.getvalue()
    assert made.live is (coloured and tty and environment.get("TERM") != "dumb")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("name", DAYS)
def test_a_poorer_encoding_does_not_stop_the_day(encoding: str, name: str) -> None:
    """Ticks and dashes become plain characters, anything else is escaped; nothing is raised."""
    document = DAYS[name]()
    document["warnings"] = [*document["warnings"], "株 Ω ä €"]
    text = printed(whole_day(document), encoding=encoding)
    text.encode(encoding)
    assert ("MARK COMPLETE" if name == "mark" else "PAPER RUN COMPLETE") in text
    if name == "good":
        assert "  + Saved to: /srv/2025-01-17_paper_run.json\n" in text


@pytest.mark.parametrize("colour", [True, False])
def test_text_of_a_service_cannot_drive_the_terminal(colour: bool) -> None:
    """Escapes, other control characters, line breaks and reversals in every field come out inert."""
    text = printed(whole_day(DAYS["hostile"]()), colour=colour)
    rest = ESCAPES.sub("", text)
    assert not [character for character in rest if character != "\n" and not character.isprintable()]
    assert HOSTILE not in text
    harmless = changed(DAYS["partial"](), parties=DAYS["apart"]()["parties"])
    lines = len(printed(whole_day(harmless)).splitlines())
    assert len(text.splitlines()) <= lines + 2


def test_an_error_of_a_service_cannot_drive_the_terminal() -> None:
    """The error block keeps its own lines, and its text is inert."""
    screen = Screen()
    error = DependencyError("A", f"says {HOSTILE}")
    Terminal(screen, colour=False).line(error_block([error], 1, width=None))
    shown = screen.getvalue()
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert shown.endswith("Exiting with code 1.\n")


# A reader that goes away


class Gone(Screen):
    """A pipe whose reader has left."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.attempts = 0

    def write(self, _text: str) -> int:
        self.attempts += 1
        raise self.error


@pytest.mark.parametrize(
    "error", [BrokenPipeError(32, "Broken pipe"), OSError(28, "No space left on device")]
)
def test_a_broken_pipe_does_not_break_the_day_off(error: Exception) -> None:
    """The first failed write is the last attempt, and nothing is raised."""
    screen = Gone(error)
    whole_day(good_day())(Console(Terminal(screen, colour=False)))
    assert screen.attempts == 1


def test_a_reader_that_left_leaves_the_exit_status_alone() -> None:
    """With `| head` the real program ends as the day ended, with nothing on stderr."""
    script = (
        "import os, sys; from paper_run.report.terminal import standard_output\n"
        "sys.stdin.read(); standard_output(os.environ).line('x' * 100); sys.exit(3)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.close()
        _, said = process.communicate(b"")
    assert (process.returncode, said) == (3, b"")


# Time that passes


def test_waiting_shows_the_seconds_on_a_terminal() -> None:
    """The line is written over while it lasts, and is gone afterwards."""
    screen = Screen(tty=True)
    out = Console(Terminal(screen, colour=True))
    with out.waiting("Waiting for the orchestrator"), screen.changed:
        assert screen.changed.wait_for(lambda: screen.getvalue().count("Waiting") >= 2, 60)
    shown = screen.getvalue()
    assert re.search(r"Waiting for the orchestrator\.\.\. \d+\.\d s", shown)
    assert shown.endswith("\r\x1b[K")
    assert "\n" not in shown


def test_waiting_ends_when_what_was_awaited_fails() -> None:
    """The ticker stops, and the failure goes on its way."""
    screen = Screen(tty=True)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), Console(Terminal(screen, colour=True)).waiting("x"):
        raise KeyboardInterrupt
    assert threading.active_count() == before


@pytest.mark.parametrize(("colour", "quiet"), [(False, False), (True, True), (False, True)])
def test_waiting_is_silent_where_nobody_watches(colour: bool, quiet: bool) -> None:
    """Piped, plain or quiet: no line, no ticker."""
    screen = Screen()
    before = threading.active_count()
    with Console(Terminal(screen, colour=colour), quiet=quiet).waiting("x"):
        assert threading.active_count() == before
    assert screen.getvalue() == ""


def test_lines_may_end_where_the_system_says() -> None:
    """A stream without an encoding takes UTF-8."""
    screen = io.StringIO()
    Terminal(screen, colour=False).line("✓")
    assert screen.getvalue() == f"✓{os.linesep[-1]}"
