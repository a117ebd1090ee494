"""Several accounts and what they come to: nothing is counted that is not there."""

from decimal import Decimal

from builders.sessions import line
from hypothesis import given
from hypothesis import strategies as st

from paper_run.model.history import AccountLine
from paper_run.report.accounts_table import in_all, json_text, table
from paper_run.report.columns import WIDTH

CENTS = st.none() | st.decimals(-(10**6), 10**6, places=2)
LINES = st.none() | st.builds(
    lambda session, pnl, status: line(session, None if pnl is None else str(pnl), attempts=((1, status),)),
    st.sampled_from(["2025-01-16", "2025-01-17"]),
    CENTS,
    st.sampled_from(["success", "unknown", "interrupted"]),
)
ACCOUNTS = st.lists(
    st.builds(
        lambda latest, error: AccountLine("reports", "l", None if error else latest, error),
        LINES,
        st.sampled_from(["", "", "There is none"]),
    ),
    min_size=1,
    max_size=8,
)


@given(ACCOUNTS)
def test_the_sum_is_that_of_the_rows(accounts: list[AccountLine]) -> None:
    """Equity of all that are valued, the day P&L of the newest session; each account is counted somewhere."""
    sums = in_all(accounts)
    lines = [each.latest for each in accounts if each.latest is not None]
    valued = [each for each in lines if each.complete]
    of_the_newest = [each for each in valued if each.session == sums.session]
    assert sums.closing == (sum(each.closing for each in valued) if valued else None)
    assert sums.day_pnl == (sum(each.day_pnl for each in of_the_newest) if of_the_newest else None)
    without = sum(each.latest is None for each in accounts)
    assert sum(sums.statuses.values()) + without == len(accounts)
    assert sums.not_valued == len(lines) - len(valued)
    assert sums.not_read == sum(bool(each.error) for each in accounts)
    assert sums.behind == sum(each.session != sums.session for each in lines) + without - sums.not_read
    shown = table(accounts)
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert len(json_text(accounts)) > 0


def test_a_session_of_several_attempts_counts_by_its_last() -> None:
    """Its row shows them all."""
    twice = AccountLine("a", "l", line("2025-01-17", "1", attempts=((1, "failed"), (2, "success"))))
    marked = AccountLine("b", "m", line("2025-01-17", "2", attempts=(), marked=True))
    shown = table([twice, marked]).splitlines()
    assert "1 failed, 2 success" in shown[2]
    assert "1 mark, 1 success" in shown[-1]
    assert in_all([twice, marked]).day_pnl == Decimal(3)


def test_the_name_of_a_folder_can_t_drive_a_terminal() -> None:
    """It is foreign text, as everything that somebody typed."""
    assert "\x1b" not in table([AccountLine("a\x1b[2J", "", None, "x")])
    assert "\\u001b" not in json_text([AccountLine("a\x1b[2J", "", None, "x")])
