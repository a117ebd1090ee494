"""Exposure over the sessions: what is drawn, where it begins, and in words."""

import re
from decimal import Decimal

import pytest
from builders import documents
from builders.sessions import line
from builders.stated import index_page, render

from paper_run.model.history import SessionLine
from paper_run.report.html.exposure import described, exposure_curve


def sessions(*held: tuple[int, int] | None, limit: str | None = "150") -> list[SessionLine]:
    """Return sessions of 100,000 dollars and what was long and short of it, in percent."""
    return [
        line(
            f"2025-01-{day:02d}",
            "0",
            long=None if each is None else Decimal(each[0]) * 1000,
            short=None if each is None else Decimal(each[1]) * 1000,
            gross_limit=None if limit is None else Decimal(limit),
        )
        for day, each in enumerate(held, 2)
    ]


def downs(source: str, name: str) -> list[float]:
    """Return how far down the points of a series are drawn."""
    (path,) = re.findall(rf'class="[a-z ]*{name}" d="M(.*?)Z?"', source)
    return [float(each.split()[1]) for each in path.split("L")]


def test_gross_lies_above_the_limit_where_it_is_past_it() -> None:
    """To one scale: a percentage twice as far from zero is drawn twice as far from it."""
    source = exposure_curve(sessions((60, -20), (120, -78)))
    gross, (limit,) = (
        downs(source, "gross"),
        [float(each) for each in re.findall(r"M0 ([\d.]+)H1000", source)],
    )
    zero, long = downs(source, "long")[0], downs(source, "long")[1:-1]
    assert gross[0] > limit > gross[1]
    assert (zero - long[1]) == pytest.approx(2 * (zero - long[0]), abs=0.2)
    assert downs(source, "short")[1] > zero
    assert "198%" in source


def test_it_says_what_it_shows() -> None:
    """The last session, the highest, and the limit."""
    assert described(sessions((60, -20), (120, -78), (50, 0))) == (
        "Gross 50% of equity on 4 Jan 2025 (limit 150%): long 50%, short 0%. Highest 198% on 3 Jan 2025."
    )


def test_it_begins_where_its_data_begins_and_says_so() -> None:
    """Sessions of an older program have kept nothing: no zero is drawn for them."""
    curve = sessions(None, None, (60, 0), (70, 0))
    source = exposure_curve(curve)
    assert "It begins with 4 Jan 2025: what was held in earlier sessions was not kept." in source
    (path,) = re.findall(r'class="edge gross" d="M(.*?)"', source)
    assert path.count("L") == 1
    assert not path.startswith("0")
    assert "begins" not in exposure_curve(sessions((60, 0), (70, 0)))
    in_debt, *others = sessions((60, 0), (60, 0), (70, 0))
    source = exposure_curve([in_debt._replace(closing=Decimal(-1)), *others])
    assert "It begins with 3 Jan 2025: equity was not above zero before." in source


def test_one_session_is_no_curve() -> None:
    """Nor is none."""
    assert (
        exposure_curve(sessions((60, 0))) == exposure_curve(sessions(None, None)) == exposure_curve([]) == ""
    )
    assert described([]) == ""


@pytest.mark.parametrize(("limit", "is_drawn"), [("150", True), ("600", True), ("601", False), (None, False)])
def test_a_limit_far_above_leaves_room_for_the_curve(limit: str | None, is_drawn: bool) -> None:
    """It is only said then; without one the words say that."""
    source = exposure_curve(sessions((100, -100), (100, -100), limit=limit))
    assert ('class="edge limit"' in source) is is_drawn
    assert (f"limit {limit}%" if limit else "no limit") in source


def test_without_equity_there_is_no_percentage() -> None:
    """The session is left out."""
    curve = sessions((60, 0), (70, 0), (80, 0))
    curve[1] = curve[1]._replace(closing=Decimal(-5))
    (path,) = re.findall(r'class="edge gross" d="M(.*?)"', exposure_curve(curve))
    assert path.count("L") == 1


def test_it_stands_on_page_and_index() -> None:
    """Under the drawdown, with its legend; the page's own session as its record has it."""
    lines = [
        each._replace(long=Decimal(40000), short=Decimal(-10000), gross_limit=Decimal(150))
        for each in documents.curve(9)
    ]
    for source in (
        render(documents.good_day(), curve=lines),
        index_page(lines, curve=lines, label=None),
    ):
        assert "Exposure, in percent of equity" in source
        assert source.index("panel drawdown") < source.index("panel exposure")
    for source in (
        render(documents.good_day(), curve=documents.curve(9)),
        index_page(documents.curve(9), curve=documents.curve(9), label=None),
    ):
        assert "panel exposure" not in source
