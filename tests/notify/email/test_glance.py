"""The mail as the morning's glance: bars, periods, risk, what changed, the orders; in any mail program."""

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from builders import days, letters, limits, periods, stated
from builders.benchmarks import BENCHMARK
from builders.costs import COSTS, FILLED
from builders.documents import changed, good_day
from builders.sessions import line

from paper_run.book.days import Day
from paper_run.model.benchmark import to_json as benchmark_json
from paper_run.model.costs import to_json as costs_json
from paper_run.model.periods import to_json
from paper_run.model.result_json import of_document
from paper_run.report.summary.glance import NO_PAST, TALLEST, Past, glance
from paper_run.report.text import short_day, signed_percent

PAST = letters.past()
ATTACHED = letters.ATTACHMENTS


def text_of(document: dict[str, Any], past: Past = PAST) -> str:
    return stated.letter(document, occasion="run", attachments=ATTACHED, past=past).text


def bars(source: str) -> list[tuple[str, int]]:
    """Return each bar of the mail: which way, and how tall."""
    return [
        (way, int(size))
        for way, size in re.findall(r"border-(top|bottom):(\d+)px solid #[0-9a-f]{6}\"></td>", source)
    ]


def test_thirty_sessions_are_bars_of_table_cells() -> None:
    """Above zero in green, below in red, the largest as tall as there is room; their number in words."""
    letter = stated.letter(good_day(), occasion="run", past=PAST)
    drawn = bars(letter.html)
    assert len(drawn) == 30
    assert max(size for _, size in drawn) == TALLEST
    assert min(size for _, size in drawn) >= 1
    last = [each.day_pnl or 0 for each in PAST.lines[-30:]]
    assert sum(way == "bottom" for way, _ in drawn) == sum(pnl > 0 for pnl in last)
    assert not re.search(r"<(img|svg|style|script)\b", letter.html)
    won, lost = sum(pnl > 0 for pnl in last), sum(pnl < 0 for pnl in last)
    assert f"The last 30 valued sessions: {won} gained, {lost} lost." in " ".join(letter.text.split())


def test_fewer_sessions_are_fewer_bars() -> None:
    """One that moved nothing has none; without any nothing is said of them."""
    few = Past([line("2025-01-15", "10"), line("2025-01-16", "0"), line("2025-01-17", "-5")])
    seen = glance(of_document(good_day()), few)
    assert [tuple(each) for each in seen.bars] == [(TALLEST, 0), (0, 0), (0, TALLEST // 2)]
    assert seen.words.startswith("The last 3 valued sessions: 1 gained, 1 lost. Best +$10.00 on 15 Jan 2025")
    alone = glance(of_document(good_day()), Past(few.lines[-1:]))
    assert alone.words == "One session is valued so far, 17 Jan 2025: −$5.00."
    assert glance(of_document(good_day()), Past([line("2025-01-17", "0")])).bars == ()
    nothing = glance(of_document(good_day()), NO_PAST)
    assert (nothing.bars, nothing.words, nothing.periods, nothing.risk) == ((), "", (), ())


def with_periods(document: dict[str, Any], moves: list[tuple[str, str]]) -> dict[str, Any]:
    """The day with the periods that these sessions' P&L make, of 100,000 dollars."""
    opening, told = Decimal(100_000), []
    for session, earned in moves:
        pnl = Decimal(earned)
        told.append((session, Day(opening, pnl, opening + pnl, Decimal(0), Decimal(0))))
        opening += pnl
    return changed(document, periods=to_json(periods.of(told)))


def test_week_month_and_year_to_date() -> None:
    """Those of the result: sums of the sessions' P&L, and their returns compounded."""
    moves = [
        ("2024-12-31", "5000"),
        ("2025-01-02", "1050"),
        ("2025-01-10", "-2000"),
        ("2025-01-13", "300"),
        ("2025-01-17", "100"),
    ]
    last = [line("2025-01-17", "100", drawdown=Decimal("-0.0161"))]
    text = text_of(with_periods(good_day(), moves), Past(last))
    assert "\nWeek to date        +$400.00  +0.38%\n" in text
    assert "\nMonth to date       −$550.00  −0.52%\n" in text
    assert "\nYear to date        −$550.00  −0.52%\n" in text
    assert "\nDrawdown            −1.61%  deepest −1.42%\n" in text
    assert "Quarter to date" not in text


def test_a_session_that_is_not_valued_is_in_no_period() -> None:
    """The words say with which the bars end, and its drawdown is not known."""
    lines = [line("2025-01-15", "300"), line("2025-01-16", "-100")]
    day = with_periods(days.incomplete_day(), [("2025-01-15", "300"), ("2025-01-16", "-100")])
    text = " ".join(text_of(day, Past(lines)).split())
    assert "They end with 16 Jan 2025." in text
    assert "Drawdown not known deepest" in text
    early = with_periods(good_day(), [("2024-11-04", "300")])
    assert "Week to date not known" in " ".join(text_of(early, Past([line("2024-11-04", "300")])).split())


def test_what_is_at_risk_stands_beside_its_limit() -> None:
    """Amber past it, with a sign; a dash is "not known"."""
    day = limits.past_limits()
    letter = stated.letter(day, occasion="run", past=PAST)
    assert "\nGross exposure      198% !  if filled, limit 150%\n" in letter.text
    assert "\nLargest position    62% !  AAPL, if filled, limit 50%\n" in letter.text
    assert "\nNet exposure        59.8%  of equity\n" in letter.text
    assert "color:#835200" in letter.html.partition("Gross exposure")[2].partition("</td>")[0]
    lost = text_of(changed(good_day(), limits=limits.not_known()))
    assert "\nGross exposure      not known  a position has no market value\n" in lost
    within = text_of(changed(good_day(), limits=limits.stated(gross={"limit": None, "passed": None})))
    assert "\nGross exposure      59.8%  no limit\n" in within
    assert "\nLargest position    20% ✓  AAPL, limit 50%\n" in within


def test_what_changed_since_the_session_before() -> None:
    """Positions opened, closed, grown, reduced and turned; a limit newly passed; a new warning."""
    before = good_day()
    before["session"], before["findings"] = "2025-01-16", []
    for position, qty in zip(before["pnl"]["positions"], ("40", "0", "-48", "7"), strict=True):
        position["qty"] = Decimal(qty)
    before["limits"] = limits.stated()
    text = text_of(limits.past_limits(), Past(PAST.lines, of_document(before)))
    assert (
        "\nSince 16 Jan 2025\n- Opened: GOOGL −101\n- Grown: AAPL 40 to 133\n- Turned: MSFT −48 to 48\n"
        in text
    )
    assert "- Closed: NVDA 7\n- Newly past a limit: gross exposure 198% if filled (limit 150%)\n" in text
    assert "\nWarnings\n- New warning: Gross exposure is 198% if filled" in text
    before["limits"], before["findings"] = limits.past(), limits.past_limits()["findings"]
    text = text_of(limits.past_limits(), Past(PAST.lines, of_document(before)))
    assert "Newly past" not in text
    assert "- Warning: Gross exposure is 198%" in text


def test_nothing_changed() -> None:
    """It says so; without a session before it says nothing of that."""
    same = of_document(changed(good_day(), session="2025-01-16"))
    text = " ".join(text_of(good_day(), Past(PAST.lines, same)).split())
    assert "Since 16 Jan 2025 - Every position is as large as it was, and no limit is newly passed." in text
    assert "Since 16 Jan" not in text_of(good_day(), Past(PAST.lines))


def test_a_position_that_is_not_known_is_not_closed() -> None:
    """Nor opened once it is known again."""
    before = of_document(changed(days.not_known_day(), session="2025-01-16"))
    unknown = {each.symbol for each in (before.pnl.not_known if before.pnl else ())}
    assert unknown
    since = (
        text_of(good_day(), Past(PAST.lines, before)).partition("Since 16 Jan 2025")[2].partition("\n\n")[0]
    )
    known, _, rest = since.partition("- Not known: how many shares of ")
    assert not [symbol for symbol in unknown if symbol in known]
    assert unknown == set(rest.split(", "))


@pytest.mark.parametrize(("number", "more"), [(3, 0), (8, 0), (50, 42)])
def test_at_most_eight_orders(number: int, more: int) -> None:
    """The one that was rejected first, then the largest; the rest is counted."""
    text = text_of(days.many_orders(number))
    problems, own = (
        text.partition(f"{heading}\n")[2].partition("\n\n")[0]
        for heading in ("Orders to look at", "What was ordered")
    )
    assert len(re.findall("^- ", problems, re.MULTILINE)) == 1
    assert len(re.findall("^- (?:buy|sell) ", own, re.MULTILINE)) == min(8, number) - 1
    assert (f"{more} more in the attached CSV" in own) if more else ("more" not in own)
    amounts = [Decimal(each.replace(",", "")) for each in re.findall(r"= \$([\d,.]+)", own)]
    assert amounts == sorted(amounts, reverse=True)


def test_problems_take_the_orders_places() -> None:
    """Eight lines in all, the problems first."""
    text = text_of(letters.crowded_day())
    assert text.count("- Rejected: ") == 8
    section = text.partition("What was ordered\n")[2].partition("\n\n")[0]
    assert "- " not in section
    assert "more in the attached CSV" in section


LACKED = {
    "color-scheme": "keeps what was chosen where it is known; each cell has both its ground and its ink",
    "overflow-wrap": "breaks a long word where <wbr> and word-break are not known",
    "word-break": "breaks a long word where overflow-wrap is not known",
    "wbr": "where a long word may end; without it the word is as long as it is",
    "border-radius": "a circle; else a square",
    "white-space": "keeps a date or an amount on one line; else it may be broken",
    "table-layout": "columns of one width; else each is as wide as its cell says",
    "role": "tells a screen reader that a table is for layout",
    "body": "its ground and margin; else those of the first table",
}
"""What Gmail, Outlook, Apple Mail or Proton Mail lacks (caniemail 2.0.2), and why it is used all the same."""
KNOWN = {
    *("background-color", "border", "border-bottom", "border-top", "color", "font-family", "font-size"),
    *(
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "margin",
        "margin-top",
        "max-width",
        "padding",
    ),
    *("text-align", "width"),
}
"""What all four show."""


@pytest.mark.parametrize("name", letters.LETTERS)
def test_only_properties_that_four_mail_programs_know_or_can_lack(name: str) -> None:
    """Each is known to all of them, or has a reason why a program without it shows the same words."""
    source = letters.letter_named(name).html
    used = {
        declaration.partition(":")[0].strip()
        for style in map(unescape, re.findall(r'style="([^"]*)"', source))
        for declaration in style.split(";")
        if declaration
    }
    assert used <= KNOWN | LACKED.keys()
    assert len(source) <= 60_000


def test_no_line_ends_between_a_sign_and_its_amount() -> None:
    """A minus alone at the end of a line is a gain on the next."""
    letter = stated.letter(good_day(), occasion="run", past=PAST)
    told = unescape(letter.html).partition("The last 30 valued sessions")[2].partition("</td>")[0]
    assert len(re.findall(r'<span style="white-space:nowrap">[+−]\$[\d,.]+</span>', told)) == 2
    assert not re.findall(r"(?<!nowrap\">)[+−]\$", told)


def test_it_reads_without_its_styles() -> None:
    """Every figure is in words, and cells beside each other keep apart."""
    source = letters.letter_named("past-limits").html
    bare = re.sub(r' (?:style|bgcolor|width|height|align|valign)="[^"]*"', "", source)
    words = letters.Seen(bare).text
    assert "Week to date" in words
    assert words == letters.Seen(source).text
    for table in re.findall(r"<table[^>]*>(?:(?!<table).)*?</table>", bare, re.DOTALL):
        cells = [cell for cell in re.findall(r"<td>(.*?)</td>", table, re.DOTALL) if re.search(r"\w", cell)]
        if len(cells) > 2:
            assert 'cellpadding="4"' in table


def beside(**parts: Any) -> str:
    """What a letter says of cost and benchmark, its lines as one."""
    day = changed(good_day(), **{"limits": limits.stated(), "costs": None, "benchmark": None, **parts})
    text = " ".join(text_of(day).split())
    return text.partition("of equity ")[2].partition("Total notional ")[0].rstrip()


def test_what_trading_cost_stands_there() -> None:
    """Dollars and basis points of the orders that are known; a cost that is not known is not stated."""
    known = COSTS._replace(
        orders=(FILLED, FILLED), shortfall=Decimal("16.00"), shortfall_bps=Decimal("4.00"), num_known=2
    )
    assert beside(costs=costs_json(known)) == "Execution cost +$16.00 4.00 bp, 2 of 2 orders"
    waited = costs_json(known._replace(includes_wait=True))
    assert beside(costs=waited).endswith("2 of 2 orders, includes the wait for the open")
    assert beside(costs=costs_json(COSTS)) == "Execution cost not known +$8.00 so far, of 1 of 2 orders"
    none = COSTS._replace(num_known=0, known_so_far=Decimal(0))
    assert beside(costs=costs_json(none)) == "Execution cost not known 0 of 2 orders"
    assert beside(costs=costs_json(COSTS._replace(orders=()))) == beside() == ""


def test_how_the_book_does_beside_its_benchmark() -> None:
    """Since its data begin; what the benchmark did in the session only where it has that one's price."""
    whole = BENCHMARK._replace(through="2025-01-17")
    earned = BENCHMARK.figures["excess_return"].percent
    assert earned is not None
    told = f"Against SPY {signed_percent(earned.scaleb(-2))} since {short_day(BENCHMARK.since or '')}"
    daily = BENCHMARK.figures["daily_return"].percent
    assert daily is not None
    session = f"SPY {signed_percent(daily.scaleb(-2))} this session"
    assert beside(benchmark=benchmark_json(whole)) == f"{told} {session}"
    for ended in (whole._replace(price=None, equity=None), whole._replace(through="2025-01-16")):
        assert beside(benchmark=benchmark_json(ended)) == f"{told}, to its last price"
    for begun in (whole._replace(since=None), whole._replace(since=whole.through)):
        assert beside(benchmark=benchmark_json(begun)) == ""
