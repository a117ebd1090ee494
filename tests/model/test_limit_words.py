"""The limits in words, and as a document has them."""

from decimal import Decimal
from typing import Any

import pytest
from builders import limits as builders

from paper_run.book.limits import of_ratio
from paper_run.model.limits import figure, found, from_json, shown, to_json, words


@pytest.mark.parametrize(
    ("percent", "limit", "said"),
    [
        ("197.7512", "150", "198%"),
        ("150.3000", "150", "150.3%"),
        ("150.0001", "150", "150.0001%"),
        ("149.9600", "150", "150%"),
        ("62.0450", "50", "62%"),
        ("12.3600", "10", "12.4%"),
        ("3.0040", "3", "3.004%"),
        ("3.6149", "3", "3.61%"),
        ("0.0000", "3", "0%"),
        ("12345.6", "150", "12,346%"),
        ("150", None, "150%"),
        ("2.5", None, "2.5%"),
        ("-0.8541", None, "−0.85%"),
        ("-0.0001", None, "0%"),
    ],
)
def test_a_percentage_is_short_and_told_from_its_limit(percent: str, limit: str | None, said: str) -> None:
    """Three digits, and more where it would look like the limit that it is past."""
    assert shown(Decimal(percent), None if limit is None else Decimal(limit)) == said


def test_a_limit_that_is_passed_is_a_finding() -> None:
    """With its own code; it wants a look and says which variable sets the limit."""
    past = found(builders.LIMITS)
    assert [(each.code, each.severity, each.subject) for each in past] == [
        ("limit_passed", "warning", ""),
        ("limit_passed", "warning", "AAPL"),
    ]
    assert [each.text for each in past] == [
        "Gross exposure is 198% if filled, past the limit of 150% of equity (PAPER_RUN_WARN_GROSS).",
        "Largest position AAPL is 62% if filled, past the limit of 50% of equity (PAPER_RUN_WARN_POSITION).",
    ]


def test_a_figure_beside_its_limit() -> None:
    """As the headline has it; one that is not known says so, and one of no equity is in dollars."""
    assert words(builders.LIMITS.gross) == "gross exposure 198% if filled (limit 150%)"
    assert words(builders.LIMITS.drawdown) == "drawdown 1.23% (limit 10%)"
    assert words(of_ratio("drawdown", None, None, reason="")) == "drawdown not known (no limit)"
    without = builders.LIMITS.gross._replace(percent=None, passed=True, amount=Decimal(1234))
    assert figure(without) == "$1,234.00"


@pytest.mark.parametrize("content", [builders.stated(), builders.past(), builders.not_known()])
def test_a_document_is_read_back(content: Any) -> None:
    """Each field of it."""
    assert to_json(from_json(content)) == content
