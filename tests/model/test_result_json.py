"""The JSON document: its names, their order, and the exact digits of every amount."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
from builders.moments import SESSION
from builders.results import ORDER, RESULT
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tree import ROOT

from paper_run import money
from paper_run.book.bridge import Bridge, Money
from paper_run.book.comparison import Difference, Theirs
from paper_run.book.drawdowns import Drawdown
from paper_run.book.execution import MeanCost
from paper_run.book.limits import Limit, Limits
from paper_run.book.periods import Period
from paper_run.book.signals import Interval, Quality
from paper_run.book.statistics import Statistic
from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.benchmark import Benchmark
from paper_run.model.costs import Costs, OrderCost
from paper_run.model.findings import Finding, warning
from paper_run.model.json_text import dumps, loads
from paper_run.model.order import ARRIVAL, Order
from paper_run.model.parties import BrokerParty, CashBeside, EquityBeside, Parties, PartyItem, PartyRow
from paper_run.model.periods import Periods
from paper_run.model.result import (
    HealthRow,
    MoneyRow,
    Pnl,
    PositionRow,
    Requested,
    RunResult,
    Statistics,
    Totals,
)
from paper_run.model.result_json import decode, encode
from paper_run.model.signals import SignalPair, Signals

# The names and their order, as DESIGN's "Files" has them.
TOP = [
    "schema_version",
    "kind",
    "run_id",
    "session",
    "trade",
    "timestamp",
    "status",
    "exit_status",
    "sandbox",
    "rehearsal",
    "parameters",
    "results",
    "orders",
    "pnl",
    "statistics",
    "health",
    "warnings",
    "errors",
]
RESULTS = [
    "num_signals",
    "num_orders_submitted",
    "num_orders_accepted",
    "num_orders_rejected",
    "num_orders_in_doubt",
    "num_orders_filled",
    "total_notional",
    "success_rate",
    "duration_seconds",
]
ORDERS = [
    "symbol",
    "side",
    "qty",
    "status",
    "client_order_id",
    "broker_order_id",
    "filled_qty",
    "filled_avg_price",
    "price",
    "price_source",
    "notional",
    "predicted_return",
    "rank",
    "target_weight",
    "skip_reason",
]
HEALTH = ["service", "url", "status", "latency_ms", "detail"]
PARAMETERS = ["symbols", "capital", "max_position_size", "as_of_date"]


def written(result: RunResult = RESULT) -> str:
    return encode(result)


def parsed(text: str) -> Any:
    """Read it as another program would, exactly, and in order."""
    return json.loads(text, parse_float=Decimal)


def test_the_names_are_those_of_the_design_in_its_order() -> None:
    """At the top, and in each part."""
    found = parsed(written())
    assert [name for name in found if name in TOP] == TOP
    assert set(found) - set(TOP) == {"label", "settled", "ledger", "findings"}
    assert list(found["parameters"]) == PARAMETERS
    assert list(found["results"]) == RESULTS
    assert list(found["health"][0]) == HEALTH


def test_an_order_has_the_names_of_the_design_in_its_order() -> None:
    """With what became of it, and the gateway's own reason, beside them."""
    (found,) = parsed(written())["orders"]
    assert [name for name in found if name in ORDERS] == ORDERS
    assert set(found) - set(ORDERS) == {"outcome", "error_message"}


def test_the_adrs_names_are_kept() -> None:
    """What ADR-0007 promised to those who parse the file is there, with its kind of value."""
    found = parsed(written())
    assert found["run_id"] == RESULT.run_id
    assert found["timestamp"] == "2025-01-17T09:00:00-05:00"
    assert found["status"] == "partial"
    assert found["parameters"]["symbols"] == ["BRK.B", "BTC/USD"]
    assert found["results"]["num_signals"] == 3
    assert found["results"]["num_orders_accepted"] == 1
    assert found["orders"][0]["qty"] == 133


def test_every_value_is_where_it_belongs() -> None:
    """Session, trade, exit status, flags, counts, health and words."""
    found = parsed(written())
    assert (found["schema_version"], found["kind"]) == (1, "run")
    assert (found["session"], found["trade"], found["exit_status"]) == ("2025-01-17", 2, 2)
    assert (found["sandbox"], found["rehearsal"]) == (False, True)
    assert found["parameters"]["as_of_date"] == "2025-01-17"
    results = found["results"]
    assert [results[name] for name in RESULTS[:6]] == [3, 2, 1, 1, 0, None]
    assert found["health"] == [
        {
            "service": "signal_service",
            "url": "http://x",
            "status": "healthy",
            "latency_ms": 12,
            "detail": None,
        }
    ]
    assert (found["warnings"], found["errors"]) == (["äöü — “quoted”"], ["first\nsecond"])
    assert findings.from_json(found["findings"]) == RESULT.findings
    assert found["ledger"] == "ab12cd34"
    for name in ORDERS:
        assert found["orders"][0][name] == getattr(ORDER, name)
    assert found["orders"][0]["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        ("1E+5", "100000"),
        ("0E-8", "0.00000000"),
        ("1E-7", "0.0000001"),
        ("20000.00", "20000.00"),
        ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
        ("-0.25", "-0.25"),
        ("1234567890123456789012345678", "1234567890123456789012345678"),
    ],
)
def test_an_amount_is_a_number_with_its_exact_digits(value: str, digits: str) -> None:
    """No quotes, no exponent, no digit of a binary float, no zero lost."""
    text = written(replace(RESULT, totals=RESULT.totals._replace(total_notional=Decimal(value))))
    assert re.search(rf'"total_notional": {re.escape(digits)},\n', text)


def test_a_whole_document_has_no_exponent() -> None:
    """Not one number of it."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"', "", written())
    assert not re.search(r"\d[eE]", text)


@pytest.mark.parametrize(
    ("sandbox", "rehearsal"), [(False, False), (True, False), (False, True), (True, True)]
)
def test_what_is_not_real_says_so(sandbox: bool, rehearsal: bool) -> None:
    """A sandbox's file says SANDBOX and simulated prices, a rehearsal's that it is one."""
    text = written(replace(RESULT, sandbox=sandbox, rehearsal=rehearsal))
    assert ("SANDBOX" in text and "simulated prices" in text) is sandbox
    assert ("REHEARSAL" in text) is rehearsal
    assert (parsed(text)["label"] is None) is not (sandbox or rehearsal)


def test_unknown_figures_are_null() -> None:
    """A rate of nothing, fills that could not be read, and a run without an id."""
    found = parsed(
        written(replace(RESULT, run_id=None, totals=RESULT.totals._replace(success_rate=None), orders=()))
    )
    assert (found["run_id"], found["results"]["success_rate"], found["results"]["num_orders_filled"]) == (
        None,
        None,
        None,
    )
    assert found["orders"] == []


def test_text_stays_text() -> None:
    """UTF-8 as it is, ending in one newline; the file can be encoded whatever the services said."""
    text = written()
    assert "äöü — “quoted”" in text
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    text.encode()


exact = st.builds(
    lambda sign, digits, exponent: Decimal((sign if digits else 0, tuple(map(int, str(digits))), exponent)),
    st.integers(0, 1),
    st.integers(0, 10**28 - 1),
    st.integers(-28, 5),
)


@settings(max_examples=50)
@given(exact, exact, st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_document_reads_back_as_it_was(notional: Decimal, price: Decimal, words: str) -> None:
    """Every amount and every text is the same, and writing it again gives the same bytes."""
    given_order = ORDER._replace(price=price, skip_reason=words)
    text = written(
        replace(
            RESULT,
            totals=RESULT.totals._replace(total_notional=notional),
            orders=(given_order,),
            findings=(warning("fill", words),),
        )
    )
    found = loads(text)
    assert found["results"]["total_notional"] == notional
    assert found["orders"][0]["price"] == price
    assert (found["orders"][0]["skip_reason"], found["warnings"]) == (words, [words])
    assert dumps(found) == text


@pytest.mark.parametrize("value", [Decimal("1E+5"), Decimal("12.50"), Decimal(0)])
def test_reading_back_is_exact(value: Decimal) -> None:
    """A number with a point is a Decimal again, digit for digit."""
    assert Decimal(loads(dumps({"x": value}))["x"]) == value
    assert str(loads('{"x": 12.50}')["x"]) == "12.50"


@pytest.mark.parametrize("value", [object(), {1, 2}, SESSION, Decimal, 0.1, float("nan"), float("inf")])
def test_only_json_values_have_a_place(value: Any) -> None:
    """A forgotten conversion is found here, not by the reader of the file."""
    with pytest.raises(TypeError):
        dumps({"x": value})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | exact | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_a_document_is_written_as_another_writer_does(content: dict[str, Any]) -> None:
    """Byte for byte, but for an amount: that one is given its digits by hand."""
    theirs = simplejson.dumps(
        content,
        indent=2,
        ensure_ascii=False,
        use_decimal=False,
        default=lambda value: simplejson.RawJSON(money.digits(value)),
    )
    assert dumps(content) == f"{theirs}\n"


@pytest.mark.parametrize("value", ["[]", "1", "null", "{"])
def test_only_an_object_is_a_document(value: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match=r".+"):
        loads(value)


# Whole results

AMOUNT = st.none() | exact
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS = st.none() | TEXT
COUNT = st.none() | st.integers(0, 10**6)
MONEY = st.none() | st.builds(Money, exact, exact, exact, exact)
BRIDGES = st.builds(Bridge, exact, AMOUNT, AMOUNT, exact, AMOUNT, AMOUNT, MONEY)
POSITIONS = st.builds(
    PositionRow,
    symbol=TEXT,
    price_source=WORDS,
    price_time=WORDS,
    price_age_seconds=COUNT,
    unpriced_reason=WORDS,
    orders_in_flight=st.booleans(),
    gateway=st.none() | st.builds(Theirs, exact, AMOUNT, AMOUNT, AMOUNT),
    differences=st.lists(
        st.builds(Difference, st.sampled_from(["gateway", "broker"]), TEXT, exact, exact, exact), max_size=2
    ).map(tuple),
    unknown_reason=WORDS,
    **dict.fromkeys(("qty", "avg_entry_price", "mark_price", "market_value", "realized_pnl"), AMOUNT),
    **dict.fromkeys(("unrealized_pnl", "total_pnl", "day_pnl"), AMOUNT),
)
MONEY_ROWS = st.builds(
    MoneyRow,
    day=TEXT,
    kind=st.sampled_from(["income", "flow", "other", "cash_in_lieu"]),
    what=TEXT,
    qty=AMOUNT,
    amount=exact,
    source=TEXT,
    **dict.fromkeys(("activity_type", "symbol", "status", "activity"), WORDS),
)
PNLS = st.builds(
    Pnl,
    method=st.just("average_cost"),
    complete=st.booleans(),
    since=TEXT,
    sessions_a_year=st.integers(1, 366),
    equity=BRIDGES,
    since_inception=BRIDGES,
    positions=st.lists(POSITIONS, max_size=3).map(tuple),
    money=st.lists(MONEY_ROWS, max_size=2).map(tuple),
    base_account=WORDS,
    provisional=st.booleans(),
    **dict.fromkeys(("base", "realized_pnl", "unrealized_pnl", "total_pnl", "day_pnl"), AMOUNT),
    **dict.fromkeys(("priced_so_far", "market_value", "exposure"), AMOUNT),
)
ORDERS_OF_ANY_KIND = st.builds(
    Order,
    symbol=TEXT,
    outcome=st.sampled_from([None, "accepted", "rejected", "in_doubt", "repeat"]),
    price_source=st.sampled_from([None, "fill", "limit", "quote", "estimated"]),
    rank=COUNT,
    **dict.fromkeys(("side", "status", "client_order_id", "broker_order_id"), WORDS),
    **dict.fromkeys(("skip_reason", "error_message"), WORDS),
    **dict.fromkeys(("qty", "filled_qty", "filled_avg_price", "price", "notional"), AMOUNT),
    **dict.fromkeys(("predicted_return", "target_weight"), AMOUNT),
    **dict.fromkeys(ARRIVAL, st.none()),
)
ARRIVED_ORDERS = st.builds(
    lambda order, *arrival: order._replace(**dict(zip(ARRIVAL, arrival, strict=True))),
    ORDERS_OF_ANY_KIND,
    exact,
    st.sampled_from(["quote", "trade"]),
    WORDS,
)
STATISTIC = st.none() | st.builds(Statistic, AMOUNT, st.integers(0, 999), st.integers(1, 60), AMOUNT)
REMEDIES = st.lists(st.builds(Remedy, TEXT, TEXT), max_size=2).map(tuple)
FINDINGS = st.builds(Finding, TEXT, st.sampled_from(["error", "warning", "note"]), TEXT, TEXT, REMEDIES)
REASONS = st.lists(TEXT, max_size=2).map(tuple)
DIFFERENCES = st.lists(
    st.builds(
        Difference, st.just("broker"), st.sampled_from(["qty", "avg_entry_price"]), exact, exact, exact
    ),
    max_size=2,
).map(tuple)
PARTY_ROWS = st.builds(PartyRow, TEXT, WORDS, *[AMOUNT] * 9, DIFFERENCES)
PARTY_ITEMS = st.lists(st.builds(PartyItem, TEXT, TEXT, AMOUNT, AMOUNT, WORDS), max_size=3).map(tuple)
PARTIES = st.builds(
    Parties,
    st.builds(
        BrokerParty,
        TEXT,
        st.sampled_from(["paper", "live"]),
        st.booleans(),
        st.builds(CashBeside, AMOUNT, AMOUNT, AMOUNT, REASONS),
        st.builds(EquityBeside, *[AMOUNT] * 5, PARTY_ITEMS, AMOUNT, AMOUNT, REASONS),
        st.lists(PARTY_ROWS, max_size=3).map(tuple),
    ),
)
LIMITS = st.builds(
    Limits,
    *(
        st.builds(
            *(Limit, st.just(name), AMOUNT, AMOUNT, AMOUNT, st.none() | st.booleans(), WORDS, WORDS),
            if_filled=st.booleans(),
        )
        for name in ("gross", "position", "day_loss", "drawdown")
    ),
    AMOUNT,
    AMOUNT,
)
FLAG = st.none() | st.booleans()
ORDER_COSTS = st.builds(OrderCost, TEXT, TEXT, TEXT, *[AMOUNT] * 6, FLAG, WORDS)
COSTS = st.builds(
    Costs,
    st.lists(ORDER_COSTS, max_size=3).map(tuple),
    *[AMOUNT] * 5,
    exact,
    st.integers(0, 99),
    *[AMOUNT] * 4,
    st.booleans(),
    st.builds(MeanCost, AMOUNT, AMOUNT, st.integers(0, 20), st.just(20)),
)
QUALITIES = st.builds(
    Quality,
    *[st.integers(0, 999)] * 3,
    AMOUNT,
    st.none() | st.builds(Interval, exact, exact),
    AMOUNT,
    st.integers(0, 999),
    *[AMOUNT] * 3,
    st.integers(0, 999),
)
SIGNAL_PAIRS = st.builds(SignalPair, TEXT, exact, exact, st.booleans())
SIGNALS = st.builds(Signals, QUALITIES, WORDS, st.lists(SIGNAL_PAIRS, max_size=3).map(tuple), AMOUNT, WORDS)
PERIOD_ROWS = st.lists(
    st.builds(Period, TEXT, TEXT, AMOUNT, AMOUNT, st.integers(0, 999), minimum=st.just(1), percent=AMOUNT),
    max_size=3,
).map(tuple)
DRAWDOWNS = st.lists(
    st.builds(Drawdown, TEXT, TEXT, WORDS, exact, st.integers(1, 999), st.integers(1, 999), AMOUNT),
    max_size=3,
).map(tuple)
PERIODS = st.builds(Periods, WORDS, PERIOD_ROWS, PERIOD_ROWS, PERIOD_ROWS, st.none() | DRAWDOWNS)
BENCHMARKS = st.builds(
    Benchmark,
    *(TEXT, WORDS, TEXT, AMOUNT, AMOUNT, WORDS, WORDS, st.integers(0, 9)),
    st.dictionaries(
        TEXT, st.builds(Statistic, AMOUNT, st.integers(0, 999), st.integers(1, 60), AMOUNT), max_size=3
    ),
)
RESULTS_OF_ANY_KIND = st.builds(
    RunResult,
    run_id=WORDS,
    session=TEXT,
    attempt=COUNT,
    timestamp=TEXT,
    status=TEXT,
    exit_status=st.integers(0, 3),
    sandbox=st.booleans(),
    rehearsal=st.booleans(),
    how_known=WORDS,
    parameters=st.builds(Requested, st.lists(TEXT, max_size=3).map(tuple), AMOUNT, AMOUNT, WORDS),
    totals=st.builds(Totals, *[COUNT] * 6, AMOUNT, AMOUNT, AMOUNT),
    orders=st.lists(ORDERS_OF_ANY_KIND | ARRIVED_ORDERS, max_size=3).map(tuple),
    pnl=st.none() | PNLS,
    statistics=st.builds(Statistics, *[STATISTIC] * len(Statistics._fields)),
    health=st.lists(st.builds(HealthRow, TEXT, WORDS, TEXT, COUNT, WORDS), max_size=2).map(tuple),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    ledger=TEXT,
    parties=st.none() | PARTIES,
    limits=st.none() | LIMITS,
    costs=st.none() | COSTS,
    signals=st.none() | SIGNALS,
    periods=st.none() | PERIODS,
    benchmark=st.none() | BENCHMARKS,
)


@settings(max_examples=60)
@given(RESULTS_OF_ANY_KIND)
def test_any_result_reads_back_as_it_was(result: RunResult) -> None:
    """Every field of it; and written again it is the same text."""
    text = encode(result)
    assert decode(text) == result
    assert encode(decode(text)) == text


GOLDEN = [
    *(ROOT / "tests" / "golden").rglob("*_paper_run.json"),
    *(ROOT / "tests" / "golden").rglob("*_mark.json"),
]


def as_written(path: Path) -> str:
    """Return a golden document with values where it has names for those that are new each time."""
    text = re.sub(r"(?m)^(  +\"\w+\": )<[^>]+>", r"\g<1>1", path.read_text("utf-8"))
    return text.replace('"ledger": 1', '"ledger": "ab12cd34"')


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_record_is_written_again_as_it_was(path: Path) -> None:
    """A key that is not touched keeps its text: none is lost, and no digit changes."""
    text = as_written(path)
    assert encode(decode(text)) == text


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_record_from_before_findings_had_codes(path: Path) -> None:
    """Its sentences are whole, without a code; it says of itself what it did, and no more."""
    content = loads(as_written(path))
    del content["findings"], content["ledger"]
    old = decode(dumps(content))
    assert old.is_old
    assert {each.code for each in old.findings} <= {"unclassified"}
    assert findings.texts(old.findings, "warning") == content["warnings"]
    assert loads(encode(old)) == content


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_record_without_a_broker_gets_none(path: Path) -> None:
    """It says nothing of parties, and is written again byte for byte, without them."""
    content = loads(as_written(path))
    assert content.pop("parties")["broker"]["equity"]["residual"] in (0, None)
    text = dumps(content)
    assert decode(text).parties is None
    assert encode(decode(text)) == text


@pytest.mark.parametrize(
    "part", [{}, {"broker": {}}, {"broker": 1}, {"broker": {"number": "1", "kind": "x"}}]
)
def test_parties_that_are_none_are_refused(part: Any) -> None:
    """An empty part is no broker's word."""
    with pytest.raises(ValueError, match="no record"):
        decode(json.dumps({"session": "2025-01-17", "parties": part or {"gateway": {}}}))


def test_what_is_no_record_is_refused() -> None:
    """In words; an amount is a number, a count a whole one."""
    for part in ({"results": {"num_signals": "3"}}, {"orders": [{"symbol": "A", "qty": "1"}]}, {"health": 1}):
        with pytest.raises(ValueError, match=r"no amount|no whole number|no record"):
            decode(json.dumps({"session": "2025-01-17", **part}))


def test_an_older_record_is_shown_whole() -> None:
    """Its sentences are findings without a code, errors first."""
    found = decode('{"warnings": ["w"], "errors": ["e"]}').findings
    assert [(each.code, each.severity, each.text) for each in found] == [
        ("unclassified", "error", "e"),
        ("unclassified", "warning", "w"),
    ]
