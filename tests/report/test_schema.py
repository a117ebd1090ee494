"""docs/schema/paper_run.schema.json is the result document: every name, and documents of every kind."""

import itertools
import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from builders import moved
from builders.attempts import a_snapshot, run, signal
from builders.benchmarks import BENCHMARK
from builders.benchmarks import of as benchmark_after
from builders.costs import COSTS
from builders.documents import good_day
from builders.limits import LIMITS
from builders.moments import SESSION
from builders.parties import PARTIES
from builders.periods import PERIODS, of, sessions
from builders.results import ORDER, RESULT
from builders.signals import SIGNALS
from builders.stated import document
from builders.symbols import SYMBOLS
from jsonschema import Draft202012Validator
from support.answers import Answer, detail_text, plain_500
from support.command import reports, run_command
from support.odd_platform import RUN, RUNS, OddPlatform, Plan, still_running
from support.schema import SCHEMA, faults, objects

from paper_run.book.parties import Kind
from paper_run.errors import ExitStatus, OrchestrationError
from paper_run.model.attempt import Parameters
from paper_run.model.findings import warning
from paper_run.model.json_text import dumps
from paper_run.model.order import ARRIVAL, Outcome, PriceSource
from paper_run.model.periods import Periods
from paper_run.model.result import RunResult, RunStatus, label
from paper_run.model.result_json import decode, encode
from paper_run.model.service import ServiceHealth
from paper_run.services.health import SERVICES
from paper_run.trading.account.order_outcomes import NOT_KNOWN
from paper_run.trading.conclude import Known, conclude

# What documents of earlier versions do not have.
LATER = frozenset(
    {
        *("ledger", "findings", "sessions_a_year", "percent", "unknown_reason", "parties", "money"),
        *("base_account", "provisional", "limits", "arrival_price", "arrival_source", "arrival_time"),
        *("costs", "signals"),
        "periods",
        "benchmark",
        *("sharpe_standard_error", "sharpe_lower", "sharpe_upper", "probabilistic_sharpe"),
        *("skewness", "kurtosis"),
    }
)
MINIMAL = replace(RESULT, rehearsal=False, orders=(), health=(), findings=())
UNKNOWN = replace(
    MINIMAL,
    run_id=None,
    status="unknown",
    exit_status=ExitStatus.ORCHESTRATION,
    totals=NOT_KNOWN._replace(duration_seconds=Decimal(0)),
)
PREPARED = a_snapshot()._replace(
    parameters=Parameters(
        symbols=("AAPL",),
        capital=Decimal("100000.00"),
        max_position_size=Decimal("0.01"),
        as_of_date=SESSION,
    ),
    health=tuple(
        ServiceHealth(service=each.key, url="http://x", status="healthy", latency_ms=0, detail=None)
        for each in SERVICES
    ),
    known_runs=None,
    notices=(
        warning("setting", "PAPER_RUN_SYMBOL is set but means nothing here: was PAPER_RUN_SYMBOLS meant?"),
    ),
)
MAPPING = signal("a1b2", predicted_return=Decimal("-1E-9"), target_weight=Decimal("0.15"))
RUN_ENDED = run(
    MAPPING,
    run_id="550e8400",
    num_signals=1,
    num_orders_submitted=1,
    num_orders_accepted=1,
    num_orders_rejected=0,
    duration_seconds=None,
)


def known(**facts: Any) -> Known:
    """Return what is known of an attempt that began on a January morning in New York."""
    return Known(PREPARED, 1, datetime(2025, 1, 17, 14, 30, tzinfo=UTC))._replace(**facts)


KNOWN = {
    "begun": known(),
    "lost": known(status="unknown", failures=(OrchestrationError("The answer is lost", "It is."),)),
    "timeout": known(
        status="timeout",
        run_id="550e8400",
        orchestration=RUN_ENDED._replace(status="running", mappings=(), num_signals=None),
        waited=Decimal("300.001"),
    ),
    "interrupted": known(status="interrupted"),
    "placed nothing": known(status="failed", failures=(OrchestrationError("Refused"),)),
    "completed": known(orchestration=RUN_ENDED, run_id="550e8400"),
    "a repeat": known(orchestration=RUN_ENDED, repeats=("a1b2",)),
    "in doubt": known(
        orchestration=RUN_ENDED._replace(
            mappings=(MAPPING._replace(client_order_id=None, status="rejected"),)
        )
    ),
    "no order": known(
        orchestration=RUN_ENDED._replace(
            mappings=(MAPPING._replace(client_order_id=None, qty=None, side=None),)
        )
    ),
    "failed": known(orchestration=RUN_ENDED._replace(status="failed", mappings=(), error_message="no bar")),
    "rehearsal": known(
        snapshot=PREPARED._replace(rehearsal=True, sandbox=True), orchestration=RUN_ENDED, number=12
    ),
}


def written(result: RunResult) -> str:
    return encode(result)


def changed(path: tuple[str | int, ...], value: Any) -> str:
    """Return the full document with another value at a path."""
    content = deepcopy(document(RESULT))
    part: Any = content
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return dumps(content)


def test_it_is_a_schema() -> None:
    """Of draft 2020-12, versioned by the schema_version of the documents."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    version = document(RESULT)["schema_version"]
    assert SCHEMA["properties"]["schema_version"] == {"const": version}
    assert SCHEMA["$id"].endswith(f":{version}")


def test_every_object_is_strict() -> None:
    """Each object names all that it may hold, and all of it must be there but what came later."""
    found = list(objects())
    assert len(found) == 44
    for each in found:
        assert each["additionalProperties"] is False
        # What an attempt asks for names its symbols in any document.
        later = LATER if "capital" in each["properties"] else {*LATER, "symbols"}
        assert each.get("required", []) == [name for name in each["properties"] if name not in later]


def test_the_names_are_the_programs_in_its_order() -> None:
    """At the top and in each part, today's documents have the schema's names and no others."""
    sections = {"parties": PARTIES, "limits": LIMITS, "costs": COSTS, "signals": SIGNALS}
    sections |= {"periods": PERIODS, "benchmark": BENCHMARK, "symbols": SYMBOLS}
    content = document(replace(RESULT, **sections))  # type: ignore[arg-type]
    parts = SCHEMA["$defs"]
    assert list(content) == list(SCHEMA["properties"])
    assert list(content["symbols"]) == parts["symbols"]["required"]
    assert list(content["symbols"]["rows"][0]) == parts["symbol_row"]["required"]
    assert list(content["symbols"]["round_trips"]) == parts["round_trips"]["required"]
    assert list(content["symbols"]["round_trips"]["latest"][0]) == parts["round_trip"]["required"]
    assert list(content["symbols"]["rows"][0]["hit_rate"]) == parts["rate"]["required"]
    broker = content["parties"]["broker"]
    assert list(broker) == parts["broker"]["required"]
    assert list(broker["cash"]) == parts["cash_beside"]["required"]
    assert list(broker["equity"]) == parts["equity_beside"]["required"]
    assert list(broker["equity"]["items"][0]) == parts["party_item"]["required"]
    assert list(broker["positions"][0]) == parts["party_row"]["required"]
    assert list(broker["positions"][-1]["differences"][0]) == parts["broker_difference"]["required"]
    assert parts["party_item"]["properties"]["kind"]["enum"] == list(get_args(Kind))
    assert (
        list(document(_with_money())["pnl"]["equity"]["money"])
        == parts["bridge"]["properties"]["money"]["required"]
    )
    assert list(document(_with_money())["pnl"]["money"][0]) == parts["moved"]["required"]
    assert list(content["costs"]) == parts["costs"]["required"]
    assert list(content["costs"]["orders"][0]) == parts["order_cost"]["required"]
    assert list(content["costs"]["mean"]) == parts["costs"]["properties"]["mean"]["required"]
    assert list(content["signals"]) == parts["signals"]["required"]
    assert list(content["signals"]["quality"]) == parts["signals"]["properties"]["quality"]["required"]
    assert list(content["signals"]["quality"]["interval"]) == parts["interval"]["required"]
    assert list(content["signals"]["pairs"][0]) == parts["signal_pair"]["required"]
    for part, name in (("to_date", "period"), ("months", "period"), ("drawdowns", "drawdown")):
        assert list(content["periods"][part][0]) == list(parts[name]["properties"])
    assert list(content["benchmark"]) == parts["benchmark"]["required"]
    assert list(content["benchmark"]["figures"]) == parts["benchmark_figures"]["required"]
    assert list(content["periods"]) == parts["periods"]["required"]
    assert list(content["parameters"]) == parts["parameters"]["required"]
    assert list(content["results"]) == parts["results"]["required"]
    assert list(content["orders"][0]) == list(parts["order"]["properties"])
    assert list(content["health"][0]) == parts["health"]["required"]
    assert list(document(RESULT)["orders"][0]) == parts["order"]["required"]
    assert set(ORDER._fields) - set(parts["order"]["required"]) == set(ARRIVAL)


def _with_money() -> RunResult:
    result = decode(dumps(good_day()))
    assert result.pnl is not None
    return replace(result, pnl=moved.with_money(result.pnl))


def test_money_that_is_no_trading_stands_in_the_bridge() -> None:
    """Only in a book that has some, and it is read back as it was."""
    written = encode(_with_money())
    assert faults(written) == []
    assert decode(written) == _with_money()
    assert "money" not in document(decode(dumps(good_day())))["pnl"]["equity"]
    assert "money" not in document(decode(dumps(good_day())))["pnl"]


def test_money_that_no_activity_is_behind_has_none_of_an_activitys_words() -> None:
    """Each of its rows holds; a kind or a source that nobody knows does not."""
    result = _with_money()
    assert result.pnl is not None
    kinds = SCHEMA["$defs"]["moved"]["properties"]["kind"]["enum"]
    rows = [result.pnl.money[0]._replace(kind=kind) for kind in kinds]
    rows.append(rows[0]._replace(activity=None, activity_type=None, status=None, qty=None, symbol=None))
    assert faults(encode(replace(result, pnl=result.pnl._replace(money=tuple(rows))))) == []
    for odd in (rows[0]._replace(kind="gift"), rows[0]._replace(source="gateway")):
        assert faults(encode(replace(result, pnl=result.pnl._replace(money=(odd,)))))


def test_periods_of_any_age() -> None:
    """None yet, a fall that is under way or over, nothing left to compound; older documents have none."""
    nothing = Periods(None, PERIODS.to_date, (), (), None)
    for periods in (PERIODS, nothing, of([]), of(sessions(1)), of(sessions(400))):
        assert faults(encode(replace(RESULT, periods=periods))) == []
    assert "periods" not in document(RESULT)


def test_a_benchmark_of_any_age() -> None:
    """One that has not begun, one that has, and one with figures of risk; without one nothing is said."""
    for number in (1, 3, 51):
        assert faults(encode(replace(RESULT, benchmark=benchmark_after(number)))) == []
    assert "benchmark" not in document(RESULT)


def test_the_words_are_the_programs() -> None:
    """Statuses, outcomes, price sources, exit statuses, services, labels: each list is the program's own."""
    top, order = SCHEMA["properties"], SCHEMA["$defs"]["order"]["properties"]
    assert top["status"]["enum"] == list(get_args(RunStatus))
    assert top["exit_status"]["enum"] == sorted(ExitStatus)
    assert order["outcome"]["enum"] == [*get_args(Outcome), None]
    assert order["price_source"]["enum"] == [*get_args(PriceSource), None]
    assert SCHEMA["$defs"]["health"]["properties"]["service"]["enum"] == [each.key for each in SERVICES]
    either = itertools.product((False, True), repeat=3)
    labels = {label(sandbox=a, rehearsal=b, is_known=c) for a, b, c in either}
    assert set(top["label"]["enum"]) == labels


@pytest.mark.parametrize("status", [each for each in get_args(RunStatus) if each != "unknown"])
@pytest.mark.parametrize("sandbox", [False, True])
@pytest.mark.parametrize("rehearsal", [False, True])
def test_a_full_document_of_each_status(status: RunStatus, sandbox: bool, rehearsal: bool) -> None:
    """Simulated, rehearsed, both or neither."""
    result = replace(RESULT, status=status, sandbox=sandbox, rehearsal=rehearsal)
    assert faults(written(result)) == []


@pytest.mark.parametrize("sandbox", [False, True])
@pytest.mark.parametrize("rehearsal", [False, True])
def test_a_document_of_which_nothing_is_known(sandbox: bool, rehearsal: bool) -> None:
    """All counts and amounts are null, and there is no order."""
    assert faults(written(replace(UNKNOWN, sandbox=sandbox, rehearsal=rehearsal))) == []


@pytest.mark.parametrize("kind", KNOWN)
def test_whatever_is_known_of_a_trade_makes_a_document(kind: str) -> None:
    """From the moment before it is sent to its end, each way it can go."""
    assert faults(written(conclude(KNOWN[kind]).result)) == []


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_an_order_of_each_outcome(outcome: Outcome) -> None:
    """Only an accepted one has a notional."""
    notional = ORDER.notional if outcome == "accepted" else None
    assert (
        faults(written(replace(RESULT, orders=(ORDER._replace(outcome=outcome, notional=notional),)))) == []
    )


def test_amounts_of_any_length() -> None:
    """28 digits, very small ones and whole ones are numbers like any other."""
    prices = (Decimal("150.2512345678901234567890123"), Decimal("1E-12"), Decimal("1E+5"))
    for price in prices:
        order = ORDER._replace(price=price, filled_avg_price=price, filled_qty=price)
        assert faults(written(replace(RESULT, orders=(order,)))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("surprise",), None),
        (("parameters", "surprise"), 1),
        (("results", "surprise"), 1),
        (("orders", 0, "surprise"), 1),
        (("health", 0, "surprise"), 1),
        (("statistics", "sharpe"), 1),
        (("pnl",), {}),
        (("schema_version",), 2),
        (("kind",), "mark"),
        (("trade",), 0),
        (("session",), "17.01.2025"),
        (("timestamp",), "2025-01-17T09:00:00"),
        (("status",), "fine"),
        (("exit_status",), 4),
        (("label",), None),
        (("parameters", "capital"), "100000"),
        (("parameters", "capital"), 0),
        (("parameters", "symbols"), []),
        (("results", "num_orders_accepted"), None),
        (("results", "num_signals"), -1),
        (("results", "total_notional"), None),
        (("results", "success_rate"), Decimal("1.01")),
        (("results", "num_orders_submitted"), None),
        (("orders", 0, "outcome"), "rejected"),
        (("orders", 0, "price"), None),
        (("orders", 0, "price"), Decimal(0)),
        (("orders", 0, "price_source"), None),
        (("orders", 0, "qty"), "133"),
        (("health", 0, "service"), "postgres"),
        (("warnings",), [None]),
    ],
    ids=repr,
)
def test_a_document_that_is_none_is_refused(path: tuple[str | int, ...], value: Any) -> None:
    """A strange name at any level, a text for an amount, a word that is none, what contradicts itself."""
    assert faults(written(RESULT)) == []
    assert faults(changed(path, value))


@pytest.mark.parametrize("part", ["", "parameters", "results", "orders", "health"])
def test_a_missing_name_is_refused(part: str) -> None:
    """At every level each name must be there."""
    for name in _object(document(RESULT), part).keys() - LATER:
        content = deepcopy(document(RESULT))
        del _object(content, part)[name]
        assert faults(dumps(content)), name


def _object(content: dict[str, Any], part: str) -> dict[str, Any]:
    """Return the document itself, one of its objects, or the first of a list of them."""
    inner: Any = content[part] if part else content
    return inner[0] if isinstance(inner, list) else inner


def test_real_days_on_the_sandbox(tmp_path: Path) -> None:
    """Good, partial, refused, an order in doubt that is found later, and an attempt once more on purpose."""
    days = (
        ["--symbols", "AAPL", "MSFT", "GOOGL"],
        ["--symbols", "AAPL", "REJECT", "REFUSE", "PARTIAL", "LATE", "CANCEL", "NOPRICE"],
        ["--symbols", "AAPL", "DOUBT"],
        ["--symbols", "AAPL", "DOUBT", "--again"],
        ["--symbols", "AAPL", "HALT"],
    )
    for day in days:
        finished = run_command("--sandbox", "--output", "-", *day, cwd=tmp_path)
        assert faults(finished.stdout) == [], day
    texts = [path.read_text("utf-8") for path in (tmp_path / "reports" / "sandbox").glob("*_paper_run.json")]
    assert len(texts) == len(days)
    assert [faults(text) for text in texts] == [[]] * len(days)
    assert {json.loads(text)["status"] for text in texts} == {"success", "partial", "failed"}


LOST = Answer(status=504, process="before", body="Gateway Timeout")
ANSWERS: dict[str, tuple[Answer, Answer, list[list[str]]]] = {
    "unknown": (LOST, plain_500(), []),
    "unknown, then not placed": (plain_500(), plain_500(), [["--not-placed"]]),
    "unknown, then placed": (LOST, plain_500(), [["--placed"]]),
    "unknown, then placed by its orders": (LOST, plain_500(), [["--placed", "--order", "ORDER"]]),
    "refused": (detail_text(422, "no such symbol"), Answer(), []),
    "timeout": (Answer(edit=lambda run: run | {"status": "running", "mappings": []}), still_running(), []),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_days_that_went_wrong(tmp_path: Path, kind: str) -> None:
    """On another platform: lost, refused, too late, and what a person made of it afterwards."""
    answer, look, decisions = ANSWERS[kind]
    with OddPlatform() as platform:
        platform.orchestrator.always("POST", RUN, answer)
        platform.orchestrator.always("GET", RUNS + "*", look)
        run_command("-q", "--timeout", "1", cwd=tmp_path, platform=platform)
        (path,) = reports(tmp_path)
        assert faults(path.read_text("utf-8")) == []
        for decision in decisions:
            words = [next(iter(platform.gateway.orders)) if word == "ORDER" else word for word in decision]
            resolved = run_command(
                "resolve",
                json.loads(path.read_text("utf-8"))["session"],
                *words,
                cwd=tmp_path,
                platform=platform,
            )
            assert resolved.returncode == 0, resolved.stderr
            assert faults(path.read_text("utf-8")) == []


def test_days_with_every_oddity(tmp_path: Path) -> None:
    """A rehearsal, limit prices, no prices, orders that the gateway does not know, amounts of 28 digits."""
    with OddPlatform() as platform:
        platform.gateway.health["dry_run"] = True
        platform.plan["AAPL"] = Plan(price=None, limit_price=Decimal("9.5"), status="dry_run")
        platform.plan["MSFT"] = Plan(detail=None, mapping={"order_status": "dry_run"})
        run_command("-q", cwd=tmp_path, platform=platform)
        platform.plan["MSFT"] = Plan(detail=None)
        platform.gateway.health["dry_run"] = False
        platform.plan["AAPL"] = Plan(side=None, mapping={"skip_reason": "zero_weight", "order_qty": None})
        run_command("-q", "--symbols", "AAPL", "MSFT", "GOOGL", "BTC/USD", cwd=tmp_path, platform=platform)
    found = reports(tmp_path)
    assert [path.name[10:] for path in found] == ["-2_paper_run.json", "_paper_run.json"]
    assert [faults(path.read_text("utf-8")) for path in found] == [[], []]
