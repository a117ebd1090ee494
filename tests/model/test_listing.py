"""The first few of many, and how many more there are."""

import pytest

from paper_run.model.findings import listed, unlisted


@pytest.mark.parametrize(
    ("number", "by", "shown"),
    [
        (0, ", ", ""),
        (2, ", ", "S0, S1"),
        (3, ", ", "S0, S1 and 1 more"),
        (1002, ", ", "S0, S1 and 1,000 more"),
        (2, "; ", "S0; S1"),
        (4, "; ", "S0; S1; and 2 more"),
    ],
)
def test_so_many_are_named_and_the_others_counted(number: int, by: str, shown: str) -> None:
    """All of them where they are no more than that; nothing of nothing."""
    assert listed([f"S{at}" for at in range(number)], 2, by=by) == shown


def test_where_the_others_are_is_said() -> None:
    """And nothing, where there are none."""
    assert unlisted(53, 50, "in orders.csv") == "and 3 more in orders.csv"
    assert unlisted(50, 50, "in orders.csv") == ""
