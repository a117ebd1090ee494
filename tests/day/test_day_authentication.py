"""A gateway that asks for authentication: said to be that, with the fix, wherever it is read."""

from typing import Any

import pytest
from day.exchange_day import Day
from support.command import Finished
from support.faulty_http import Answer
from support.odd_platform import ORDERS, POSITIONS

CLOSE = "2026-11-25 21:10"
# As the later generation answers, to a reader without a token, with a wrong one, and to another service.
REFUSALS = (
    (401, {"error": "authentication_required", "message": "Authentication required"}),
    (401, {"error": "invalid_internal_token", "message": "Invalid internal token"}),
    (403, {"error": "permission_denied", "message": "Permission view_positions required"}),
)


def refuse(day: Day, path: str, status: int = 401, detail: Any = REFUSALS[0][1]) -> None:
    day.platform.gateway.always("GET", path, Answer(status=status, body={"detail": detail}))


def says_so(said: Finished) -> None:
    """The fault and its fix, and nothing of a database that is well."""
    assert "The gateway asks for authentication" in said.stderr
    assert "API_AUTH_MODE=log_only" in said.stderr
    assert "database" not in said.stderr


@pytest.mark.parametrize(("status", "detail"), REFUSALS)
def test_before_the_trade_nothing_is_sent(day: Day, status: int, detail: dict[str, str]) -> None:
    """Exit 1 with the gateway's own words; nothing was sent."""
    refuse(day, POSITIONS, status, detail)
    said = day.must(status=1)
    says_so(said)
    assert f"answered {status}: {detail['error']}; {detail['message']}" in said.stderr
    assert "Nothing was sent." in said.stderr
    assert day.platform.posts == []
    says_so(day.must("--dry-run", status=1))


@pytest.mark.parametrize("path", [POSITIONS, f"{ORDERS}/*"])
def test_after_the_trade_everything_else_is_saved(day: Day, path: str) -> None:
    """Exit 1: it traded, and what could not be read is said with the fix; a mark says the same."""
    day.at_post(lambda: refuse(day, path))
    said = day.must(status=1)
    says_so(said)
    assert "after the attempt" in said.stderr
    assert day.platform.executed == 1
    if path == POSITIONS:
        says_so(day.at(CLOSE).must("mark", status=1))


def test_a_person_who_changes_the_book_is_told(day: Day) -> None:
    """`resolve --position` needs the gateway's quantity."""
    day.must()
    refuse(day, POSITIONS)
    says_so(day.must("resolve", "--position", "AAPL", status=1))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("name", "title"),
    [("signal", "Signal Service"), ("gateway", "Execution Gateway"), ("orchestrator", "Orchestrator")],
)
def test_a_health_page_that_wants_a_login_is_told_apart(day: Day, name: str, title: str, status: int) -> None:
    """Something in front of it asks who is there: nothing is wrong with what is behind."""
    answer = Answer(status=status, body={"detail": "Not authenticated"})
    day.platform.services[name].always("GET", "/health", answer)
    said = day.must(status=1)
    assert f"{title} asks for authentication" in said.stderr
    assert f"answered {status}: Not authenticated" in said.stderr
    assert "database" not in said.stderr
    assert day.platform.posts == []
