"""What the answer to the one POST proves."""

import pytest
from builders.wire import ORCHESTRATOR, answered, body, example, observed

from paper_run.model.service import ServiceUrl
from paper_run.services.answer import Answer, NeverSent, NoAnswer, UnreadableAnswer
from paper_run.trading.response import Lost, PlacedNothing, Run, Verdict, judge_answer, judge_failure

URL = ServiceUrl(base=ORCHESTRATOR)
KILL_SWITCH = {
    "error": "kill_switch_engaged",
    "message": "Trading is halted",
    "engaged_by": "ops@example.com",
    "reason": "fire drill",
    "engaged_at": "2026-01-05T14:00:00Z",
}


def judge(answer: Answer) -> Verdict:
    return judge_answer(answer, URL, knew_run=lambda _: False)


@pytest.mark.parametrize("name", ["run_normal", "t4_down__run", "run_unknown_symbol"])
def test_a_200_with_a_run_is_that_run(name: str) -> None:
    """Whatever its status, a readable answer is a run."""
    verdict = judge(observed(name))
    assert isinstance(verdict, Run)
    assert verdict.orchestration.run_id == example(name)["body"]["run_id"]


@pytest.mark.parametrize("status", [401, 403, 404, 405, 413, 415, 422, 429])
def test_an_answer_from_before_the_work_placed_nothing(status: int) -> None:
    """These statuses come before anything is traded: exit 2, the service's own reason, and what to try."""
    verdict = judge(answered({"detail": "not like this"}, status))
    assert isinstance(verdict, PlacedNothing)
    assert verdict.error.exit_status == 2
    assert "not like this" in verdict.error.explanation
    assert str(status) in verdict.error.explanation
    assert ORCHESTRATOR in verdict.error.explanation
    assert verdict.error.remedies


def test_a_422_names_each_fault() -> None:
    """The observed 422 is told with its field and message."""
    verdict = judge(observed("run_empty_symbols"))
    assert isinstance(verdict, PlacedNothing)
    assert "body.symbols: List should have at least 1 item" in verdict.error.explanation


def test_a_400_that_names_the_date_format_placed_nothing() -> None:
    """The observed 400 is a check before the work."""
    verdict = judge(observed("run_asof_bad"))
    assert isinstance(verdict, PlacedNothing)
    assert "Invalid date format" in verdict.error.explanation


def test_a_kill_switch_placed_nothing() -> None:
    """A 503 whose detail object is a kill switch: exit 2, with who, why and the service's words."""
    verdict = judge(answered({"detail": KILL_SWITCH}, 503))
    assert isinstance(verdict, PlacedNothing)
    assert verdict.error.exit_status == 2
    assert "kill switch" in verdict.error.title
    assert "ops@example.com" in verdict.error.explanation
    assert "fire drill" in verdict.error.explanation


@pytest.mark.parametrize("error", ["kill_switch_engaged", "KILL SWITCH", "kill-switch", "killswitch"])
def test_a_kill_switch_is_known_by_its_name(error: str) -> None:
    """The name alone is enough, however it is written."""
    verdict = judge(answered({"detail": {"error": error, "message": "halted"}}, 503))
    assert isinstance(verdict, PlacedNothing)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("Internal Server Error", 500),
        ({"detail": "Invalid date format"}, 500),
        ({"detail": "numeric field overflow"}, 400),
        ({"detail": "database down"}, 503),
        ({"detail": "the kill_switch is engaged"}, 503),
        ({"detail": {"error": "database", "message": "connection lost"}}, 503),
        ([KILL_SWITCH], 503),
        ("kill_switch", 503),
        ({"detail": KILL_SWITCH}, 500),
        ("<html>504 Gateway Time-out</html>", 504),
        ("", 502),
        ("", 307),
        ({}, 409),
        ({}, 408),
        ({}, 402),
        ({}, 418),
        (body("run_normal"), 201),
        (body("run_normal"), 202),
        ("", 204),
    ],
)
def test_everything_else_is_a_lost_answer(value: object, status: int) -> None:
    """5xx, 3xx, other 4xx and other 2xx do not prove that nothing was placed."""
    verdict = judge(answered(value, status))
    assert isinstance(verdict, Lost)
    assert str(status) in verdict.reason


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"run_id": "r"}',
        b'{"run_id": "r", "status": 1}',
        b'{"run_id": null, "status": "completed"}',
        b'{"run_id": "r", "status": "completed", "mappings": [1]}',
        b'{"run_id": "r", "status": "completed", "mappings": [{"symbol": "A", "order_qty": NaN}]}',
        b"\xff\xfe",
        b'{"run_id": "r", "status": "completed", "x": ' + b"[" * 100_000,
        b'{"run_id": "r", "status": "completed", "x": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda value: value[:40].decode("latin-1"),
)
def test_a_200_that_cannot_be_read_is_a_lost_answer(value: bytes) -> None:
    """Orders may have been placed behind it, so it is neither a success nor a refusal."""
    assert isinstance(judge(answered(value)), Lost)


@pytest.mark.parametrize("depth", [100, 500, 700, 900, 950])
@pytest.mark.parametrize(
    "shape", ['{"detail":%s}', '{"detail":{"error":%s}}', '{"detail":[{"loc":%s,"msg":%s}]}']
)
def test_a_deeply_nested_body_is_judged_like_any_other(depth: int, shape: str) -> None:
    """No body of the orchestrator breaks the judgement off, however deep it goes."""
    nested = "[" * depth + "1" + "]" * depth
    value = shape.replace("%s", nested).encode()
    assert isinstance(judge(answered(value, 503)), Lost)


def test_a_post_that_never_left_placed_nothing() -> None:
    """A refused connection is a dependency that is down: exit 1."""
    verdict = judge_failure(NeverSent(ORCHESTRATOR, "refused the connection"), URL, knew_run=lambda _: False)
    assert isinstance(verdict, PlacedNothing)
    assert verdict.error.exit_status == 1
    assert "refused the connection" in verdict.error.explanation
    assert ORCHESTRATOR in verdict.error.explanation


@pytest.mark.parametrize("kind", [NoAnswer, UnreadableAnswer])
def test_a_post_without_an_answer_is_lost(kind: type[NoAnswer]) -> None:
    """What may have arrived may have been acted upon."""
    assert judge_failure(kind(ORCHESTRATOR, "broke off"), URL, knew_run=lambda _: False) == Lost("broke off")
