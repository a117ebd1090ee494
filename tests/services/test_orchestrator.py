"""The orchestrator: what is sent to it, and its runs as they are read."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import responses
from builders.wire import (
    ORCHESTRATOR,
    RUN_URL,
    RUNS,
    answered,
    body,
    example,
    mapping,
    observed,
    serve,
    serve_example,
)
from support.socket_server import refusing

from paper_run.model.attempt import Parameters
from paper_run.model.service import ServiceUrl
from paper_run.services.answer import NoAnswer, UnreadableAnswer
from paper_run.services.orchestrator import Orchestrator, read_orchestration, request_body
from paper_run.services.transport import Transport

RUN_ID = "00d504c8-83dd-4784-8d6d-245572f180a9"
RUN = f"{RUNS}/{RUN_ID}"
PARAMETERS = Parameters(
    symbols=("AAPL", "BTC/USD"),
    capital=Decimal("100000.50"),
    max_position_size=Decimal("20000"),
    as_of_date=date(2025, 1, 17),
)


@pytest.fixture
def orchestrator() -> Iterator[Orchestrator]:
    client = Transport(pause=lambda _: None)
    with responses.mock:
        yield Orchestrator(client, ServiceUrl(base=ORCHESTRATOR))
    client.close()
    responses.reset()


def read(**changes: Any) -> Any:
    """Return the observed run with some fields changed, as it is read."""
    return read_orchestration(answered(body("run_normal", **changes)))


# What is sent


def test_amounts_are_sent_as_text_exactly_as_given() -> None:
    """Symbols, the date always, and the amounts as strings, digit for digit, without an exponent."""
    assert request_body(PARAMETERS) == {
        "symbols": ["AAPL", "BTC/USD"],
        "as_of_date": "2025-01-17",
        "capital": "100000.50",
        "max_position_size": "20000",
    }


def test_the_post_carries_the_idempotency_key(orchestrator: Orchestrator) -> None:
    """One request, with the key and the body; the answer comes back as it is."""
    serve_example("POST", RUN_URL, "run_normal")
    answer = orchestrator.run(PARAMETERS, idempotency_key="key-1", seconds=1)
    (call,) = responses.calls
    assert call.request.headers["Idempotency-Key"] == "key-1"
    assert json.loads(call.request.body) == request_body(PARAMETERS)
    assert answer.status == 200
    assert read_orchestration(answer).run_id == RUN_ID


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_the_post_is_not_repeated(orchestrator: Orchestrator, status: int) -> None:
    """Whatever the answer, it is sent once."""
    serve("POST", RUN_URL, {"detail": "busy"}, status)
    assert orchestrator.run(PARAMETERS, idempotency_key="k", seconds=1).status == status
    assert len(responses.calls) == 1


# A run by its id


def test_a_run_is_read_by_its_id(orchestrator: Orchestrator) -> None:
    """The GET has the POST's shape, with symbols and capital blank."""
    serve_example("GET", RUN, "run_normal", symbols=[], capital="0")
    found = orchestrator.run_by_id(RUN_ID, seconds=1)
    assert found is not None
    assert read_orchestration(found) == read()


def test_a_run_that_is_not_known_yet_is_none(orchestrator: Orchestrator) -> None:
    """The orchestrator writes its row when a run is over: until then the observed 404 is no failure."""
    serve_example("GET", RUN, "run_by_unknown_id")
    assert orchestrator.run_by_id(RUN_ID, seconds=1) is None


def test_a_run_that_cannot_be_read_is_a_failure_with_its_reason(orchestrator: Orchestrator) -> None:
    """Deployed generations answer 500 here; it is asked once and said."""
    serve_example("GET", RUN, "runs_list")
    with pytest.raises(UnreadableAnswer, match="answered 500: Internal Server Error"):
        orchestrator.run_by_id(RUN_ID, seconds=1)
    assert len(responses.calls) == 1


def test_an_orchestrator_that_is_down_is_a_failure() -> None:
    """A look that fails raises what the transport says, at once."""
    client = Transport(pause=lambda _: pytest.fail("it is not retried"))
    with pytest.raises(Exception, match="refused") as caught:
        Orchestrator(client, refusing()).run_by_id("x", seconds=5)
    client.close()
    assert not isinstance(caught.value, NoAnswer)


def test_an_id_cannot_lead_to_another_path(orchestrator: Orchestrator) -> None:
    """An id that came over the wire is quoted."""
    serve("GET", f"{RUNS}/..%2F..%2Fx%3Fy", "", 404)
    assert orchestrator.run_by_id("../../x?y", seconds=1) is None


# The list of runs

LISTED = {
    "runs": [
        {
            "run_id": RUN_ID,
            "status": "COMPLETED",
            "strategy_id": "alpha_baseline",
            "as_of_date": "2026-11-23",
            "num_signals": 3,
            "num_orders_submitted": 2,
            "started_at": "2026-11-23T00:00:39.496240",
            "completed_at": None,
        },
        {"run_id": "other", "status": None},
    ],
    "total": 2,
    "limit": 100,
    "offset": 0,
}


def test_the_list_of_runs_is_read(orchestrator: Orchestrator) -> None:
    """Id, status, date, start and how many orders it says it submitted; all but the id may be missing."""
    serve("GET", RUNS, LISTED)
    first, second = orchestrator.runs(seconds=1)
    assert (first.run_id, first.status, first.as_of_date, first.orders) == (
        RUN_ID,
        "completed",
        "2026-11-23",
        2,
    )
    assert first.started_at == "2026-11-23T00:00:39.496240"
    assert (second.run_id, second.started_at, second.orders) == ("other", None, None)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("Internal Server Error", 500),
        ("", 404),
        ([], 200),
        ({"runs": None}, 200),
        ({"runs": [{}]}, 200),
        ({"runs": [{"run_id": 5}]}, 200),
        ("nope", 200),
    ],
)
def test_a_list_that_cannot_be_read_is_a_failure(orchestrator: Orchestrator, value: Any, status: int) -> None:
    """In deployed generations it answers 500: asked once, raised, and never taken for an empty list."""
    serve("GET", RUNS, value, status)
    with pytest.raises(UnreadableAnswer):
        orchestrator.runs(seconds=1)
    assert len(responses.calls) == 1


# Reading


def test_the_observed_run_is_read_whole() -> None:
    """Id, status, counts, duration and every mapping, exact."""
    run = read_orchestration(observed("run_normal"))
    assert (run.run_id, run.status, run.as_of_date) == (RUN_ID, "completed", "2026-11-23")
    assert (run.num_signals, run.num_orders_submitted, run.num_orders_accepted, run.num_orders_rejected) == (
        3,
        2,
        2,
        0,
    )
    assert (str(run.duration_seconds), run.error_message) == ("0.37715", None)
    first, second, _ = run.mappings
    assert (first.symbol, first.side, first.qty, first.status) == ("MSFT", "buy", 200, "dry_run")
    assert str(first.predicted_return) == "0.028138855729595295"
    assert (str(first.target_weight), first.rank) == ("1.0", 1)
    assert first.client_order_id == "1e366bd01f5485826f316d84"
    assert (second.side, second.qty, second.client_order_id) == (None, None, None)
    assert second.skip_reason == "zero_weight"


@pytest.mark.parametrize("name", ["t4_down__run", "run_unknown_symbol"])
def test_the_observed_failures_are_read_with_their_reasons(name: str) -> None:
    """Status failed, with the error or the skip reasons."""
    run = read_orchestration(observed(name))
    assert run.status == "failed"
    reasons = [str(each.skip_reason) for each in run.mappings] + [str(run.error_message)]
    assert any(each in reason for reason in reasons for each in ("ConnectError", "400 Bad Request"))
    assert not any("RetryError" in reason or " at 0x" in reason for reason in reasons)


@pytest.mark.parametrize("name", [name for name in mapping() if name != "symbol"])
@pytest.mark.parametrize("absent", [False, True])
def test_every_field_of_a_mapping_may_be_null(name: str, absent: bool) -> None:
    """Null or absent, one at a time: the rest is read as before."""
    changed = mapping(**{name: None})
    if absent:
        del changed[name]
    (found,) = read(mappings=[changed]).mappings
    ours = {"order_qty": "qty", "order_side": "side", "order_status": "status"}.get(name, name)
    assert getattr(found, ours) is None
    assert found.symbol == "MSFT"


def test_all_fields_of_a_mapping_may_be_null_at_once() -> None:
    """A symbol is all that is needed."""
    (found,) = read(mappings=[dict.fromkeys(mapping()) | {"symbol": "AAPL"}]).mappings
    assert found.symbol == "AAPL"
    assert found.qty is None


@pytest.mark.parametrize("name", [name for name in body("run_normal") if name not in ("run_id", "status")])
def test_every_field_of_a_run_may_be_null(name: str) -> None:
    """All but its id and status."""
    run = read(**{name: None})
    assert run.run_id == RUN_ID
    if name == "mappings":
        assert run.mappings == ()
    elif hasattr(run, name):
        assert getattr(run, name) is None


@pytest.mark.parametrize(
    ("qty", "exact"), [(200, "200"), ("200", "200"), ("1E+5", "100000"), ("0E-8", "0"), ("12.5", "12.5")]
)
def test_a_quantity_comes_as_text_or_number(qty: Any, exact: str) -> None:
    """Either form, exponents included."""
    (found,) = read(mappings=[mapping(order_qty=qty)]).mappings
    assert found.qty == Decimal(exact)


@pytest.mark.parametrize("quoted", [True, False])
def test_28_digits_stay_28_digits(quoted: bool) -> None:
    """Text and bare number alike, never through a binary float."""
    digits = "0.1234567890123456789012345678"
    written = json.dumps(body("run_normal", mappings=[mapping(filled_avg_price="#")]))
    text = written.replace('"#"', f'"{digits}"' if quoted else digits)
    (found,) = read_orchestration(answered(text)).mappings
    assert str(found.filled_avg_price) == digits


def test_words_are_read_in_any_case_and_fields_in_any_order() -> None:
    """COMPLETED, Buy and FILLED mean the same; unknown fields are ignored."""
    given = dict(reversed(mapping(order_side="Buy", order_status="FILLED", extra={"a": 1}).items()))
    run = read(status="COMPLETED", mappings=[given], brand_new=[1])
    assert run.status == "completed"
    assert (run.mappings[0].side, run.mappings[0].status) == ("buy", "filled")


def test_an_empty_order_id_is_no_id() -> None:
    """An empty text names no order."""
    (found,) = read(mappings=[mapping(client_order_id="")]).mappings
    assert found.client_order_id is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_signals", "three"), ("num_orders_accepted", -0.5), ("duration_seconds", "long"), ("rank", [])],
)
def test_a_count_that_cannot_be_read_is_not_known(name: str, value: Any) -> None:
    """The orchestrator's own counts decide nothing, so they may be nonsense."""
    run = read(**{name: value}, mappings=[mapping(rank=[])])
    assert getattr(run, name, None) is None
    assert run.mappings[0].rank is None


@pytest.mark.parametrize(
    "changes",
    [
        {"run_id": None},
        {"run_id": ""},
        {"run_id": 7},
        {"status": None},
        {"status": []},
        {"as_of_date": 20250117},
        {"error_message": {}},
        {"mappings": {}},
        {"mappings": [None]},
        {"mappings": [mapping(symbol=None)]},
        {"mappings": [mapping(order_qty="NaN")]},
        {"mappings": [mapping(order_qty="1E+999999")]},
        {"mappings": [mapping(order_qty=[])]},
        {"mappings": [mapping(order_side=1)]},
        {"mappings": [mapping(order_status=True)]},
        {"mappings": [mapping(client_order_id=5)]},
    ],
    ids=str,
)
def test_a_run_that_cannot_be_told_is_unreadable(changes: dict[str, Any]) -> None:
    """Id, status and each order must be certain; the error names the URL."""
    with pytest.raises(UnreadableAnswer, match="can't be read") as caught:
        read(**changes)
    assert caught.value.url == RUN_URL


@pytest.mark.parametrize(
    "fragment",
    ["NaN", "Infinity", "-Infinity", "9" * 5000, "[" * 50_000, '{"a":' * 50_000, "tru", "'x'"],
    ids=lambda value: value[:12],
)
def test_what_no_json_should_hold_is_unreadable(fragment: str) -> None:
    """NaN, infinities, whole numbers of 5,000 digits and absurd nesting, anywhere in the body."""
    text = json.dumps(body("run_normal", signal_metadata="#")).replace('"#"', fragment)
    with pytest.raises(UnreadableAnswer):
        read_orchestration(answered(text))


@pytest.mark.parametrize("value", [[], "text", None, 3, [example("run_normal")["body"]]])
def test_a_run_is_an_object(value: Any) -> None:
    """Anything else is unreadable."""
    with pytest.raises(UnreadableAnswer):
        read_orchestration(answered(json.dumps(value)))
