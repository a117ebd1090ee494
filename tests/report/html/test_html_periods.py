"""The periods on page and index: to date, months by years, and the deepest drawdowns."""

from datetime import date

from builders import documents, periods
from builders.stated import render
from report.seen_page import Page

from paper_run.model.periods import Periods
from paper_run.report import text
from paper_run.report.html.periods import section
from paper_run.report.text import MONTHS

TO_DATE = 4


def rows(of: Periods) -> list[list[str]]:
    """Return the rows of all its tables, without the blanks between the words."""
    return [[" ".join(cell.split()) for cell in row] for row in Page(section(of)).rows]


def test_months_stand_beside_their_years() -> None:
    """The newest year first; each month has its return, its P&L and its sessions, and a loss its own look."""
    found = periods.of(periods.sessions(60))
    heads, *years = rows(found)[:3]
    assert heads == ["Year", *(each[:3] for each in MONTHS), "Year"]
    assert [each[0] for each in years] == ["2025", "2024"]
    assert (years[1][1:10], years[0][2:13]) == ([""] * 9, [""] * 11)
    january, whole = found.months[-1], found.years[-1]
    assert years[0][1] == years[0][13]
    assert years[0][1].startswith(text.signed_percent(january.percent / 100))
    assert years[0][1].endswith(f"· {january.n}")
    assert january[2:5] == whole[2:5]
    losses = [each for each in found.months if each.pnl and each.pnl < 0]
    assert losses
    assert section(found).count('<td class="loss"') == len([*losses, *(y for y in found.years if y.pnl < 0)])


def test_a_drawdown_has_its_dates_and_its_length() -> None:
    """The deepest first; one that is under way says so, and one from the start has no session."""
    found = periods.of(periods.sessions(51))
    assert found.drawdowns is not None
    table = rows(found)
    at = next(n for n, row in enumerate(table) if row[0] == "Deepest drawdowns")
    assert table[at] == ["Deepest drawdowns", "From", "Trough", "Recovered", "To the trough", "In all"]
    assert len(table[at + 1 :]) == len(found.drawdowns)
    under_way = next(row for row in table[at + 1 :] if row[3] == "not yet")
    assert under_way[5].endswith(" so far")
    first = periods.of([(name, day._replace(day_pnl=-day.opening / 10)) for name, day in periods.sessions(1)])
    assert rows(first)[-1] == [
        "−10.00%",
        "the start",
        "17 Jan 2025",
        "not yet",
        "1 session",
        "1 session so far",
    ]
    up = periods.of([(name, day._replace(day_pnl=day.opening / 10)) for name, day in periods.sessions(1)])
    assert "There was no drawdown." in section(up)
    assert "Nothing was left to compound" in section(up._replace(drawdowns=None))


def test_what_has_no_session_says_what_it_needs() -> None:
    """A dash, and never zero."""
    found = section(periods.of([], date(2025, 1, 17)))
    assert found.count("needs 1 more session") == found.count('<dd class="absent">—</dd>') == TO_DATE
    assert "<table" not in found


def test_a_record_of_an_older_program_has_none() -> None:
    """Nothing is shown, and nothing explained."""
    assert section(None) == ""
    older = {name: value for name, value in documents.good_day().items() if name != "periods"}
    assert "Periods" not in render(older)
    assert "Periods" in render(documents.good_day())
