"""The exit statuses and the one tree of errors."""

import ast
import itertools

import pytest
from support.tree import ROOT

from paper_run.errors import (
    DataError,
    DependencyError,
    ExitStatus,
    Interrupted,
    OrchestrationError,
    PaperRunError,
    Remedy,
    SeveralErrors,
    worst,
)

STRONGEST_FIRST = (130, 2, 1, 3, 0)


@pytest.mark.parametrize(
    ("name", "number"),
    [("SUCCESS", 0), ("DEPENDENCY", 1), ("ORCHESTRATION", 2), ("DATA", 3), ("INTERRUPTED", 130)],
)
def test_each_status_has_its_number(name: str, number: int) -> None:
    """The shell gets 0, 1, 2, 3 or 130."""
    assert ExitStatus[name] == number


@pytest.mark.parametrize(
    ("kind", "number"), [(DataError, 3), (DependencyError, 1), (OrchestrationError, 2), (Interrupted, 130)]
)
def test_each_error_carries_its_exit_status(kind: type[PaperRunError], number: int) -> None:
    """Input is 3, a dependency 1, the orchestration 2, an interruption 130."""
    assert kind("what").exit_status == number
    assert issubclass(kind, PaperRunError)


@pytest.mark.parametrize(("stronger", "weaker"), list(itertools.combinations(STRONGEST_FIRST, 2)))
def test_the_stronger_status_wins_in_either_order(stronger: int, weaker: int) -> None:
    """130 beats 2 beats 1 beats 3 beats 0."""
    pair = (ExitStatus(stronger), ExitStatus(weaker))
    assert worst(pair) == worst(reversed(pair)) == stronger


def test_no_failure_at_all_is_success() -> None:
    """Nothing that failed is status 0."""
    assert worst(()) is ExitStatus.SUCCESS


def test_an_error_reads_as_title_and_explanation() -> None:
    """The text is the title, and the explanation behind it when there is one."""
    assert str(DataError("A is wrong")) == "A is wrong"
    error = DataError("A is wrong", "Because.", remedies=("Try B",))
    assert str(error) == "A is wrong. Because."
    assert (error.title, error.explanation, error.remedies) == ("A is wrong", "Because.", (Remedy("Try B"),))


def test_several_errors_name_each_and_end_as_the_worst() -> None:
    """All of them are kept and named; the exit status is that of the strongest."""
    errors = (DataError("first"), OrchestrationError("second"), DependencyError("third"))
    several = SeveralErrors(errors)
    assert several.errors == errors
    assert several.exit_status == 2
    assert str(several) == "first; second; third"


def test_each_error_says_what_to_do() -> None:
    """What a person can correct or wait for is made with a remedy, wherever it is made.

    An `OrchestrationError` may also be what a record states, with nothing left to do.
    """
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "paper_run").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"DataError", "DependencyError"}
        and not any(each.arg == "remedies" for each in node.keywords)
    ]
    assert silent == []
