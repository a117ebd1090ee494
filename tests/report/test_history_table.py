import json
from decimal import Decimal

from builders import documents
from builders.sessions import history, line
from hypothesis import given
from hypothesis import strategies as st

from paper_run.report.columns import WIDTH
from paper_run.report.history_table import json_text, table
from paper_run.report.text import printable

STATUSES = st.sampled_from(["success", "partial", "failed", "timeout", "unknown", "interrupted"])


def test_the_table_as_a_terminal_shows_it():
    """Words left, amounts right under each other, a true minus, dashes for what is not known, a sum below."""
    lines = [
        line("2025-01-02", "366.06", daily_return=Decimal("0.0036606")),
        line("2025-01-03", attempts=((1, "unknown"),)),
        line(
            "2025-01-06",
            "-1290.76",
            attempts=((1, "failed"), (2, "success")),
            total_pnl=Decimal("-924.70"),
            closing=Decimal("99075.30"),
            daily_return=Decimal("-0.01286"),
            drawdown=Decimal("-0.01286"),
        ),
        line("2025-01-07", attempts=(), marked=True),
    ]
    assert (
        table(lines)
        == """\
Session     Status                       Day P&L  Total P&L       Equity  Return  Drawdown
------------------------------------------------------------------------------------------
2025-01-02  success                     +$366.06   +$366.06  $100,366.06  +0.37%     0.00%
2025-01-03  unknown                            —          —            —       —         —
2025-01-06  1 failed, 2 success       −$1,290.76   −$924.70   $99,075.30  −1.29%    −1.29%
2025-01-07  mark                               —          —            —       —         —
------------------------------------------------------------------------------------------
Sum         4 sessions, 2 not valued    −$924.70
"""
    )


def test_many_trades_of_a_session_take_more_rows():
    """Long statuses are wrapped below each other: the table stays within its width and loses none."""
    lines = [*history(3), line("2025-01-07", "1", attempts=tuple((n, "interrupted") for n in range(1, 9)))]
    shown = table(lines)
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert all(f"{number} interrupted" in shown for number in range(1, 9))
    assert "Sum         4 sessions  " in shown


def test_amounts_without_room_keep_their_cents():
    """The rows of a book of a hundred billion add up too; the table is as wide as that takes."""
    lines = [
        line(
            "2025-01-02",
            "-99999999999.99",
            closing=Decimal("899999999999.99"),
            daily_return=Decimal("-0.1"),
            drawdown=Decimal("-0.1"),
            attempts=((1, "interrupted"), (2, "interrupted")),
        )
    ]
    assert "−$99,999,999,999.99  −$99,999,999,999.99  $899,999,999,999.99" in table(lines)


CENTS = st.decimals(-(10**8), 10**8, places=2)
LINES = st.lists(
    st.builds(
        lambda trades, pnl, ratio, marked: line(
            "2025-01-17",
            attempts=tuple(enumerate(trades, 1)),
            complete=pnl is not None,
            day_pnl=pnl,
            total_pnl=pnl,
            closing=None if pnl is None else abs(pnl),
            daily_return=None if pnl is None else ratio,
            drawdown=None if pnl is None else -abs(ratio),
            marked=marked,
        ),
        st.lists(STATUSES, max_size=9),
        st.none() | CENTS,
        st.decimals(-9, 9, places=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(LINES)
def test_any_history_is_aligned_and_fits(lines):
    """Whatever the amounts, rows end where the heading ends, within the width, and no hyphen is a minus."""
    head, rule, *rows = table(lines).rstrip("\n").split("\n")
    assert len(head) == len(rule) <= WIDTH
    *body, last_rule, last = rows[: rows.index(rule, 1) + 1] + rows[rows.index(rule, 1) + 1 :][:1]
    assert last_rule == rule
    assert last.startswith("Sum")
    for row in body:
        if row.startswith("2025"):
            assert len(row) == len(head)
        assert "-$" not in row


def test_hostile_text_cannot_drive_a_terminal():
    """Control and bidi characters of a status do not reach the terminal, and a row stays its rows."""
    shown = table([line(documents.HOSTILE, "1", attempts=((1, documents.HOSTILE),))])
    assert all(printable(row) == row for row in shown.split("\n"))
    assert "\x1b" not in shown


def test_the_json_has_exact_numbers():
    """Amounts are numbers with their digits, ratios with six; unknown is null; each attempt is an object."""
    lines = [
        line("2025-01-02", "0.10", closing=Decimal("1E+5"), daily_return=Decimal("-1.5E-6"), marked=True),
        line("2025-01-03", attempts=((1, "failed"), (2, "success"))),
    ]
    text = json_text(lines)
    assert '"closing": 100000,' in text
    assert '"daily_return": -0.000002,' in text
    assert text.endswith("]\n")
    assert json.loads(text, parse_float=Decimal) == [
        {
            "session": "2025-01-02",
            "trades": [{"trade": 1, "status": "success"}],
            "complete": True,
            "day_pnl": Decimal("0.10"),
            "total_pnl": Decimal("0.10"),
            "closing": 100000,
            "daily_return": Decimal("-0.000002"),
            "drawdown": 0,
            "marked": True,
            "book": 1,
            **dict.fromkeys(("benchmark", "long", "short", "gross_limit")),
        },
        {
            "session": "2025-01-03",
            "trades": [{"trade": 1, "status": "failed"}, {"trade": 2, "status": "success"}],
            "complete": False,
            **dict.fromkeys(("day_pnl", "total_pnl", "closing", "daily_return", "drawdown")),
            "marked": False,
            "book": 1,
            **dict.fromkeys(("benchmark", "long", "short", "gross_limit")),
        },
    ]


def test_the_json_of_no_sessions_is_an_empty_list():
    """A reader gets a list in any case."""
    assert json.loads(json_text([])) == []


@given(LINES)
def test_any_json_comes_back(lines):
    """Each amount is read back digit for digit."""
    for read, each in zip(json.loads(json_text(lines), parse_float=Decimal), lines, strict=True):
        assert read["day_pnl"] == each.day_pnl
        assert read["closing"] == each.closing
        assert [(trade["trade"], trade["status"]) for trade in read["trades"]] == list(each.attempts)
