"""The months as `history --monthly` shows them, against sums of the sessions themselves."""

import json
from collections import defaultdict
from decimal import Decimal

from builders.sessions import history, line
from hypothesis import given
from hypothesis import strategies as st
from support.schema import command_faults

from paper_run.report.months_table import json_text, months, table


def test_a_month_is_what_its_sessions_come_to() -> None:
    """Sums of what is valued; equity and total at the end; the deepest drawdown; dashes where nothing is."""
    lines = [
        line(
            "2025-01-30",
            "2000.00",
            total_pnl=Decimal(2000),
            closing=Decimal(102000),
            drawdown=Decimal("-0.02"),
        ),
        line(
            "2025-01-31",
            "-940.00",
            total_pnl=Decimal(1060),
            closing=Decimal(101060),
            daily_return=Decimal("-0.0098"),
            drawdown=Decimal("-0.01"),
        ),
        line("2025-02-03"),
        line("2025-03-03", "1.00", total_pnl=Decimal(1061), closing=Decimal(101061), drawdown=Decimal(0)),
        line("2025-03-04"),
    ]
    assert (
        table(months(lines))
        == """\
Month    Sessions                P&L  Return   Total P&L       Equity  Drawdown
-------------------------------------------------------------------------------
2025-01  2                +$1,060.00  +1.00%  +$1,060.00  $101,060.00    −2.00%
2025-02  1, 1 not valued           —       —           —            —         —
2025-03  2, 1 not valued      +$1.00   0.00%  +$1,061.00  $101,061.00     0.00%
-------------------------------------------------------------------------------
Sum      5, 2 not valued  +$1,061.00  +1.00%
"""
    )
    assert [each.month for each in months(lines, 2)] == ["2025-02", "2025-03"]


def test_nothing_is_added_up_over_a_reset() -> None:
    """A month in which a book ended has a row in each."""
    lines = [line("2025-01-30", "10.00"), line("2025-01-31", "5.00")._replace(book=2)]
    assert [(each.month, each.book, each.pnl) for each in months(lines)] == [
        ("2025-01", 1, Decimal("10.00")),
        ("2025-01", 2, Decimal("5.00")),
    ]
    assert "Book 2" in table(months(lines))


@given(st.integers(1, 70))
def test_months_add_up_to_the_sessions(number: int) -> None:
    """Whatever their number: nothing is lost or counted twice, and the JSON is as its schema has it."""
    lines = history(number)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in lines:
        sums[each.session[:7]] += each.day_pnl or 0
    found = months(lines)
    assert {each.month: each.pnl or 0 for each in found} == sums
    assert sum(each.sessions for each in found) == number
    text = json_text(found)
    assert command_faults("history_monthly", text) == []
    assert [each["month"] for each in json.loads(text)] == list(sums)


def test_a_return_that_is_not_defined_is_in_no_sum() -> None:
    """A session that opened from nothing has none, nor has its month, nor all of them together."""
    lines = [line("2025-01-30", "10.00", daily_return=None), line("2025-02-03", "1.00")]
    found = months(lines)
    assert [each.monthly_return for each in found] == [None, Decimal("0.00001")]
    assert json.loads(json_text(found))[0]["monthly_return"] is None
    assert table(found).splitlines()[-1].split() == ["Sum", "2", "+$11.00", "—"]
