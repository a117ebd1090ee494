"""The book beside its benchmark on page and index: its figures, and its line in the curve."""

from decimal import Decimal

from builders import benchmarks, documents
from builders.stated import render
from report.seen_page import Page

from paper_run.report.html.benchmark import section
from paper_run.report.html.equity_curve import equity_curve


def test_its_figures_stand_beside_ours() -> None:
    """Each with its sessions; what needs more of them says how many."""
    rows = {row[0]: row[1:] for row in Page(section(benchmarks.BENCHMARK)).rows}
    assert rows["Return of SPY"] == [f"+{benchmarks.BENCHMARK.figures['return'].percent}%", "48"]
    assert rows["Beta"][1] == "48"
    few = section(benchmarks.of(10))
    assert few.count("needs 13 more sessions") == 5
    assert "SPY begins with its first price." in section(benchmarks.of(1))
    assert "1 session in which it may have split left out" in section(
        benchmarks.BENCHMARK._replace(left_out=1)
    )


def test_its_line_begins_where_its_data_begin() -> None:
    """Rebased to the equity there, and broken where a session has none; both lines fit the plot."""
    lines = [each._replace(benchmark=None) for each in documents.curve(20)]
    assert 'class="beside"' not in equity_curve(lines)
    height = lines[5].closing
    beside = [*lines[:5], *(each._replace(benchmark=height) for each in lines[5:12]), lines[12]]
    beside += [each._replace(benchmark=height * Decimal("1.5")) for each in lines[13:]]
    drawn = equity_curve(beside)
    path = drawn.split('<path class="beside" d="')[1].split('"')[0]
    assert path.count("M") == 2
    assert path.count("L") == 6 + 6
    assert all(0 <= float(each.split()[1]) <= 1000 for each in path.replace("L", "M").split("M")[1:])


def test_it_says_where_it_ends() -> None:
    """At the last session's price; without one there the session before."""
    said = section(benchmarks.BENCHMARK._replace(equity=None))
    assert "Of the last session it has no price: its figures end with the last one before." in said
    assert "begins with its first price" not in said


def test_without_one_nothing_is_said() -> None:
    """Of an older record, and where none is read."""
    assert section(None) == ""
    without = {name: each for name, each in documents.good_day().items() if name != "benchmark"}
    assert "benchmark" not in render(without)
    assert "Beside SPY" in render(documents.good_day())
