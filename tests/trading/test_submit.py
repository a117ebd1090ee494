"""One trade: the POST, the wait, and the result that comes of it whatever happens."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
import responses
from builders.attempts import a_snapshot
from builders.moments import FakeTime
from builders.screens import RememberedProgress
from builders.served import platform_over
from builders.settings import configured
from builders.wire import (
    ORDERS,
    POSITIONS,
    RUN_URL,
    RUNS,
    body,
    mapping,
    serve,
    serve_example,
)
from urllib3.exceptions import NewConnectionError

from paper_run.errors import PaperRunError
from paper_run.ledger.ledger import Ledger
from paper_run.model import findings
from paper_run.model.calendar import Calendar
from paper_run.model.service import ServiceUrl
from paper_run.services.holidays import closed_days
from paper_run.services.platform import Platform
from paper_run.services.quotes import MarketData, Quote
from paper_run.services.transport import Transport
from paper_run.trading.submit import submit
from paper_run.trading.underway import Means

RUN_ID = "00d504c8-83dd-4784-8d6d-245572f180a9"
RUN = f"{RUNS}/{RUN_ID}"
BUY, SELL = "1e366bd01f5485826f316d84", "e71a1a289f6f2416b6f97e0b"
SHORT = {"client_order_id": SELL, "symbol": "GOOGL", "side": "sell"}
PREPARED = a_snapshot()._replace(
    parameters=a_snapshot().parameters._replace(
        max_position_size=Decimal(40000), as_of_date=date(2026, 11, 23)
    ),
    orchestrator_clock=None,
    gateway_clock=None,
)


class End(NamedTuple):
    """How an attempt ended: its result document, every number exact, and the failures shown with it."""

    result: dict[str, Any]
    failures: tuple[PaperRunError, ...]


class Day:
    """An attempt against `responses`, with time in the test's hands."""

    def __init__(self, folder: Path, transport: Transport) -> None:
        self.folder = folder
        self.time = FakeTime()
        self.progress = RememberedProgress()
        self.snapshot = PREPARED
        self.timeout = "300"
        self.transport = transport
        self.quotes: Market | None = None

    def trade(self) -> End:
        settings = configured({"--timeout": self.timeout})
        platform = platform_over(self.transport, self.quotes)
        with Ledger(self.folder) as ledger:
            calendar = Calendar(closed_days, exchange="24/7" if self.quotes else "XNYS")
            ended = submit(
                self.snapshot,
                Means(platform, ledger, self.time.clock, self.progress, calendar),
                number=1,
                timeout=settings.timeout,
            )
        assert self.posts() == 1, "one POST, whatever happens"
        return End(json.loads(ended.document, parse_float=Decimal), ended.failures)

    def result(self) -> dict[str, Any]:
        return self.trade().result

    @staticmethod
    def posts() -> int:
        return sum(call.request.method == "POST" for call in responses.calls)

    @staticmethod
    def looks() -> int:
        return sum(call.request.url == RUN for call in responses.calls)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """A day with a gateway that knows both orders of the observed run, filled."""
    spare = FakeTime()
    transport = Transport(now=spare.clock.monotonic, pause=spare.pause)
    with responses.mock:
        serve("GET", POSITIONS, {"positions": [held("MSFT"), held("GOOGL", "-")], "total_positions": 2})
        for identity, symbol, side in ((BUY, "MSFT", "buy"), (SELL, "GOOGL", "sell")):
            serve_example(
                "GET",
                f"{ORDERS}/{identity}",
                "order_after_fill",
                client_order_id=identity,
                symbol=symbol,
                side=side,
            )
        yield Day(tmp_path, transport)
    transport.close()
    responses.reset()


def held(symbol: str, sign: str = "") -> dict[str, Any]:
    """Return the position that the observed fill makes, still at the price of the fill; "-": short."""
    fill = body("order_after_fill")
    return {
        "symbol": symbol,
        "qty": sign + fill["filled_qty"],
        "avg_entry_price": fill["filled_avg_price"],
        "current_price": fill["filled_avg_price"],
        "unrealized_pl": "0",
        "realized_pl": "0",
        "updated_at": fill["updated_at"],
    }


def running(**changes: Any) -> dict[str, Any]:
    """Return the observed run while it is under way."""
    return body("run_normal", status="running", completed_at=None, duration_seconds=None, **changes)


class Market:
    """A quote source that quotes a narrow market of this very moment."""

    url = ServiceUrl(base="http://quotes.example.com")

    def __init__(self, time: FakeTime) -> None:
        self._time = time

    def latest(self, symbols: Iterable[str], *, seconds: float) -> MarketData:
        assert seconds > 0
        quote = Quote(Decimal("150.30"), Decimal("150.40"), self._time.clock.now())
        return MarketData(dict.fromkeys(symbols, quote), {}, ())


# A run that ends well


def test_a_completed_run_is_a_success(day: Day) -> None:
    """The observed run: two orders accepted and filled, valued at their fills, exit 0."""
    serve_example("POST", RUN_URL, "run_normal")
    outcome = day.trade()
    result = outcome.result
    assert (result["run_id"], result["status"], result["exit_status"]) == (RUN_ID, "success", 0)
    assert (result["session"], result["trade"]) == ("2025-01-17", 1)
    assert (result["sandbox"], result["rehearsal"]) == (False, False)
    counts = [value for name, value in result["results"].items() if name.startswith("num_")]
    assert counts == [3, 2, 2, 0, 0, 2]
    assert str(result["results"]["total_notional"]) == "60133.34"
    assert str(result["results"]["success_rate"]) == "1.0000"
    assert str(result["results"]["duration_seconds"]) == "0.37715"
    assert result["timestamp"] == "2025-01-17T12:00:00-05:00"
    assert [order["symbol"] for order in result["orders"]] == ["MSFT", "AAPL", "GOOGL"]
    assert (result["warnings"], result["errors"], outcome.failures) == ([], [], ())
    assert [service["service"] for service in result["health"]] == ["orchestrator"]
    assert result["parameters"]["symbols"] == ["AAPL", "MSFT", "GOOGL"]


def test_what_is_sent_is_what_was_asked_for(day: Day) -> None:
    """Symbols, date and amounts as text, with an idempotency key."""
    serve_example("POST", RUN_URL, "run_normal")
    day.trade()
    post = next(call.request for call in responses.calls if call.request.method == "POST")
    assert json.loads(post.body) == {
        "symbols": ["AAPL", "MSFT", "GOOGL"],
        "as_of_date": "2026-11-23",
        "capital": "100000",
        "max_position_size": "40000",
    }
    assert len(post.headers["Idempotency-Key"]) >= 16


def test_the_steps_are_shown_as_they_happen(day: Day) -> None:
    """Step 2, the run's id, step 3, and how it ended."""
    serve_example("POST", RUN_URL, "run_normal")
    day.trade()
    shown = [line for line in day.progress.shown if not line.startswith("wait")]
    assert shown == [
        "[2/5] Triggering orchestration run",
        f"run id: {RUN_ID}",
        "[3/5] Waiting for completion",
        "ended: completed 0.37715",
    ]


def test_a_day_without_orders_is_a_success(day: Day) -> None:
    """Completed with no order to submit: nothing is invented, and the rate is null."""
    responses.remove("GET", POSITIONS)
    serve("GET", POSITIONS, {"positions": [], "total_positions": 0})
    mappings = [
        mapping(
            client_order_id=None,
            order_qty=None,
            order_side=None,
            order_status=None,
            skip_reason="zero_weight",
        )
    ]
    serve_example(
        "POST",
        RUN_URL,
        "run_normal",
        mappings=mappings,
        num_signals=1,
        num_orders_submitted=0,
        num_orders_accepted=0,
    )
    result = day.result()
    assert (result["status"], result["exit_status"], result["results"]["success_rate"]) == (
        "success",
        0,
        None,
    )
    assert (
        result["results"]["total_notional"],
        result["results"]["num_orders_submitted"],
        result["results"]["num_orders_filled"],
    ) == (0, 0, 0)
    assert result["warnings"] == []


def test_what_was_noticed_before_is_kept_with_the_result(day: Day) -> None:
    """What was odd about the configuration is a warning of the report."""
    day.snapshot = PREPARED._replace(notices=(findings.warning("setting", "odd setting"),))
    serve_example("POST", RUN_URL, "run_normal")
    assert day.result()["warnings"] == ["odd setting"]


def test_a_rehearsal_is_labelled(day: Day) -> None:
    """With a gateway in DRY_RUN nothing executes: the notional is an estimate, and it is marked."""
    day.snapshot = PREPARED._replace(rehearsal=True, sandbox=True)
    for identity, symbol, side in ((BUY, "MSFT", "buy"), (SELL, "GOOGL", "sell")):
        url = f"{ORDERS}/{identity}"
        responses.remove("GET", url)
        serve_example("GET", url, "order_by_id", client_order_id=identity, symbol=symbol, side=side)
    serve_example("POST", RUN_URL, "run_normal")
    result = day.result()
    assert (result["rehearsal"], result["sandbox"], result["status"]) == (True, True, "success")
    assert [order["status"] for order in result["orders"]] == ["dry_run", None, "dry_run"]
    assert {order["price_source"] for order in result["orders"]} == {"estimated", None}
    assert (str(result["results"]["total_notional"]), result["results"]["num_orders_filled"]) == (
        "80000.00",
        0,
    )


# Waiting


def test_a_running_run_is_looked_at_ever_less_often(day: Day) -> None:
    """At 0.5 s, x1.5, at most 5 s, until it has ended; an id that is not known yet is no end."""
    serve("POST", RUN_URL, running())
    for _ in range(5):
        serve("GET", RUN, {"detail": "Run not found"}, 404)
    for _ in range(4):
        serve("GET", RUN, running())
    serve_example("GET", RUN, "run_normal", symbols=[], capital="0")
    result = day.result()
    assert day.time.pauses == [0.5, 0.75, 1.125, 1.6875, 2.53125, 3.796875, 5, 5, 5, 5]
    assert (result["status"], result["results"]["num_orders_accepted"]) == ("success", 2)
    assert result["warnings"] == []


def test_prices_are_of_the_end_of_the_wait(day: Day) -> None:
    """After minutes of waiting a quote of now is fresh, and no seconds old: the middle is the mark."""
    day.quotes = Market(day.time)
    serve("POST", RUN_URL, running())
    for _ in range(40):
        serve("GET", RUN, running())
    serve_example("GET", RUN, "run_normal", symbols=[], capital="0")
    result = day.result()
    assert sum(day.time.pauses) > 120
    prices = {
        (each["price_source"], each["mark_price"], each["price_age_seconds"])
        for each in result["pnl"]["positions"]
    }
    assert prices == {("quote", Decimal("150.35"), 0)}


def test_failed_looks_do_not_end_the_wait(day: Day) -> None:
    """500 and a broken connection are said once, and the run is looked at again."""
    serve("POST", RUN_URL, running())
    serve_example("GET", RUN, "runs_list")
    serve_example("GET", RUN, "runs_list")
    responses.add("GET", RUN, body=requests.ConnectionError("Connection reset by peer"))
    serve("GET", RUN, body("run_normal", run_id="another", status="failed"))
    serve_example("GET", RUN, "run_normal")
    result = day.result()
    assert (result["run_id"], result["status"], result["exit_status"]) == (RUN_ID, "success", 0)
    assert day.looks() == 5
    assert sum("500" in warning for warning in result["warnings"]) == 1


@pytest.mark.parametrize(("status", "ours", "code"), [("failed", "failed", 2), ("partial", "partial", 2)])
def test_a_run_may_end_badly(day: Day, status: str, ours: str, code: int) -> None:
    """What it became is read from the last look."""
    serve("POST", RUN_URL, running())
    accepted = 0 if status == "failed" else 1
    rejected = mapping(client_order_id="x", order_status="rejected")
    mappings = [rejected, mapping()][: accepted + 1]
    counts = {"num_orders_submitted": len(mappings), "num_orders_accepted": accepted}
    serve("GET", RUN, body("run_normal", status=status, mappings=mappings, **counts))
    serve_example("GET", f"{ORDERS}/x", "order_by_id", client_order_id="x", status="rejected")
    result = day.result()
    assert (result["status"], result["exit_status"]) == (ours, code)


def test_a_run_that_does_not_end_in_time_is_a_timeout(day: Day) -> None:
    """Exit 2 with the run's id; the wait ends at --timeout, and the session is not traded again."""
    day.timeout = "20"
    serve("POST", RUN_URL, running())
    serve("GET", RUN, running())
    outcome = day.trade()
    result = outcome.result
    assert (result["run_id"], result["status"], result["exit_status"]) == (RUN_ID, "timeout", 2)
    assert day.time.passed == 20
    assert result["results"]["duration_seconds"] == 20
    assert "20 s" in str(outcome.failures[0])
    assert RUN_ID in str(outcome.failures[0])
    assert day.progress.shown[-1].startswith("ended: ")
    assert day.progress.shown[-1].endswith(" 20")
    assert len(result["orders"]) == 3, "the orders it had placed by then are not lost"
    assert result["errors"] == [str(outcome.failures[0])]


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interruption_keeps_the_run_id(day: Day) -> None:
    """Ctrl-C during the wait: exit 130, the id of the run that goes on, and what to do."""
    serve("POST", RUN_URL, running())
    serve("GET", RUN, running())
    day.time.before_pause = lambda: interrupt() if len(day.time.pauses) == 2 else None
    outcome = day.trade()
    assert (outcome.result["run_id"], outcome.result["status"]) == (RUN_ID, "interrupted")
    assert outcome.result["exit_status"] == 130
    assert outcome.result["results"]["duration_seconds"] == Decimal("1.25")
    (failure,) = outcome.failures
    assert RUN_ID in str(failure)
    assert any(RUN_ID in remedy for remedy in map(str, failure.remedies))
    assert outcome.result["errors"] == [str(failure)]


def test_an_interrupted_post_has_no_run_id(day: Day) -> None:
    """Ctrl-C before the answer: the orchestrator may be trading, and that is what is said."""
    responses.add_callback("POST", RUN_URL, callback=lambda _request: interrupt())
    outcome = day.trade()
    assert (outcome.result["run_id"], outcome.result["status"], outcome.result["exit_status"]) == (
        None,
        "interrupted",
        130,
    )
    assert "may still be trading" in str(outcome.failures[0])


def test_an_interruption_while_the_orders_are_read_loses_nothing(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run has ended and is recorded as it ended; exit 130."""
    serve_example("POST", RUN_URL, "run_normal")
    monkeypatch.setattr(Platform, "observe", lambda *_args, **_more: interrupt())
    result = day.result()
    assert (result["run_id"], result["exit_status"]) == (RUN_ID, 130)
    assert len(result["orders"]) == 3


# Failures of the POST


@pytest.mark.parametrize(
    ("status", "value"), [(422, {"detail": "no"}), (429, {"detail": "no"}), (401, {"detail": "no"})]
)
def test_a_refused_post_failed(day: Day, status: int, value: Any) -> None:
    """Nothing was placed: failed, exit 2, with the service's reason; there is no run and no order."""
    serve("POST", RUN_URL, value, status)
    outcome = day.trade()
    assert (outcome.result["status"], outcome.result["exit_status"], outcome.result["run_id"]) == (
        "failed",
        2,
        None,
    )
    assert outcome.result["orders"] == []
    assert "no" in str(outcome.failures[0])
    assert f"{status}" in outcome.result["errors"][0]
    gets = [call.request.url for call in responses.calls if call.request.method == "GET"]
    assert gets == [POSITIONS], "only what the book is valued at"


@pytest.mark.parametrize(
    ("status", "value"),
    [(500, "Internal Server Error"), (200, "not JSON"), (200, {}), (307, ""), (504, "<html>")],
)
def test_a_lost_answer_is_unknown(day: Day, status: int, value: Any) -> None:
    """Whether it traded is not known: exit 2, never sent again, and no number is invented."""
    serve("POST", RUN_URL, value, status)
    outcome = day.trade()
    result = outcome.result
    assert (result["status"], result["exit_status"], result["run_id"]) == ("unknown", 2, None)
    assert result["orders"] == []
    figures = {name: value for name, value in result["results"].items() if name != "duration_seconds"}
    assert set(figures.values()) == {None}
    assert "not known" in outcome.failures[0].title


def test_a_broken_connection_is_a_lost_answer(day: Day) -> None:
    """A reset after the request may have been sent."""
    responses.add("POST", RUN_URL, body=requests.ConnectionError("Connection aborted"))
    assert day.result()["status"] == "unknown"


def test_a_refused_connection_is_a_dependency(day: Day) -> None:
    """The POST provably never left: failed, exit 1."""
    refused = requests.ConnectionError(NewConnectionError(None, "Connection refused"))  # type: ignore[arg-type]
    responses.add("POST", RUN_URL, body=refused)
    result = day.result()
    assert (result["status"], result["exit_status"]) == ("failed", 1)


# What came of the orders


def test_a_failed_run_says_why(day: Day) -> None:
    """The observed failure: exit 2 with the orchestrator's own words on one line."""
    serve_example("POST", RUN_URL, "run_unknown_symbol")
    outcome = day.trade()
    assert (outcome.result["status"], outcome.result["exit_status"]) == ("failed", 2)
    assert "Client error '400 Bad Request'" in outcome.result["errors"][0]
    assert "For more information" not in outcome.result["errors"][0]


def test_orders_in_doubt_are_named_as_such(day: Day) -> None:
    """The observed run with the gateway down: no proof of a refusal, so both are in doubt."""
    serve_example("POST", RUN_URL, "t4_down__run")
    result = day.result()
    assert (result["status"], result["exit_status"], result["results"]["num_orders_in_doubt"]) == (
        "failed",
        2,
        2,
    )
    assert str(result["results"]["success_rate"]) == "0.0000"
    doubts = [each for each in result["findings"] if each["code"] == "order_in_doubt"]
    assert [each["subject"] for each in doubts] == ["MSFT", "GOOGL"]


def test_an_answer_outlives_a_valuation_that_was_rolled_back(day: Day) -> None:
    """The ledger takes it with the orders only, and that is undone: it is written once more."""
    serve_example("POST", RUN_URL, "t4_down__run")
    Ledger(day.folder).close()
    with closing(sqlite3.connect(day.folder / "ledger.sqlite3")) as database:
        database.executescript(
            "CREATE TRIGGER not_at_first BEFORE UPDATE ON trades WHEN NEW.state = 'answered' "
            "BEGIN SELECT RAISE(ABORT, 'not now'); END;"
            "CREATE TRIGGER not_valued BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'not now'); END;"
        )

    assert sum("not now" in str(each.explanation) for each in day.trade().failures) == 1

    with Ledger(day.folder) as ledger:
        (row,) = ledger.attempts.of_session(PREPARED.session)
    assert row.state == "closed"
    assert json.loads(row.answer or "{}") == body("t4_down__run")


def test_a_rejected_order_makes_it_partial(day: Day) -> None:
    """The gateway's later word and reason count: partial, exit 2, half the orders accepted."""
    url = f"{ORDERS}/{SELL}"
    responses.remove("GET", url)
    serve_example(
        "GET",
        url,
        "order_by_id",
        **SHORT,
        status="rejected",
        error_message="not shortable",
    )
    serve_example("POST", RUN_URL, "run_normal")
    result = day.result()
    assert (result["status"], result["exit_status"], str(result["results"]["success_rate"])) == (
        "partial",
        2,
        "0.5000",
    )
    assert any("not shortable" in warning for warning in result["warnings"])
    assert str(result["results"]["total_notional"]) == "30066.67"
    assert any("orders accepted" in warning for warning in result["warnings"])


def test_counts_of_the_orchestrator_that_differ_are_said(day: Day) -> None:
    """Ours come from the mappings; theirs are shown where they differ."""
    serve_example("POST", RUN_URL, "run_normal", num_orders_submitted=5, num_signals=3)
    result = day.result()
    assert (result["status"], result["results"]["num_orders_submitted"]) == ("success", 2)
    (warning,) = result["warnings"]
    assert "5" in warning
    assert "submitted" in warning


def test_another_date_than_the_one_asked_for_is_said(day: Day) -> None:
    """The orchestrator ran for another date."""
    serve_example("POST", RUN_URL, "run_normal", as_of_date="2026-11-20")
    (warning,) = day.result()["warnings"]
    assert "2026-11-20" in warning
    assert "2026-11-23" in warning


def test_symbols_that_were_not_asked_for_are_said(day: Day) -> None:
    """Strangers among the mappings are named and counted."""
    day.snapshot = PREPARED._replace(parameters=PREPARED.parameters._replace(symbols=("AAPL",)))
    serve_example("POST", RUN_URL, "run_normal")
    result = day.result()
    (warning,) = result["warnings"]
    assert "GOOGL, MSFT" in warning
    assert result["results"]["num_orders_submitted"] == 2


def test_an_error_message_of_a_good_run_is_a_warning(day: Day) -> None:
    """Completed, all accepted, and yet the orchestrator says something."""
    serve_example("POST", RUN_URL, "run_normal", error_message="late data")
    result = day.result()
    assert result["status"] == "success"
    assert "late data" in result["warnings"][0]


def test_a_status_nobody_knows_is_said(day: Day) -> None:
    """A new word of the gateway's is taken as working, with a warning."""
    url = f"{ORDERS}/{SELL}"
    responses.remove("GET", url)
    serve_example("GET", url, "order_by_id", **SHORT, status="pondering")
    serve_example("POST", RUN_URL, "run_normal")
    result = day.result()
    assert result["status"] == "success"
    assert any("pondering" in warning for warning in result["warnings"])


# The gateway after the attempt


def test_a_gateway_that_fails_after_the_trade_is_exit_1(day: Day) -> None:
    """The attempt stands and is saved; the fills are not known, so neither is their number."""
    for url in (POSITIONS, f"{ORDERS}/{BUY}"):
        responses.remove("GET", url)
        serve("GET", url, {"detail": "no database"}, 500)
    serve_example("POST", RUN_URL, "run_normal")
    outcome = day.trade()
    result = outcome.result
    assert (result["status"], result["exit_status"]) == ("success", 1)
    assert (result["results"]["num_orders_accepted"], result["results"]["num_orders_filled"]) == (2, None)
    assert "no database" in str(outcome.failures[0])
    assert [order["price_source"] for order in result["orders"]] == ["estimated", None, "fill"]


def test_a_bad_run_beats_a_gateway_that_fails(day: Day) -> None:
    """2 beats 1."""
    responses.remove("GET", POSITIONS)
    serve("GET", POSITIONS, "oops", 500)
    serve_example("POST", RUN_URL, "run_normal", status="partial")
    result = day.result()
    assert (result["status"], result["exit_status"]) == ("partial", 2)
    assert any("partial" in error for error in result["errors"])
    assert any("positions" in error for error in result["errors"])


@pytest.mark.parametrize("value", ["1E+30", "1E+29"])
def test_figures_beyond_all_reason_still_end_in_a_record(day: Day, value: str) -> None:
    """No amount that the wire lets through may cost the record of an attempt."""
    url = f"{ORDERS}/{BUY}"
    responses.remove("GET", url)
    serve_example("GET", url, "order_after_fill", qty=value, filled_qty=value, filled_avg_price=value)
    serve_example("POST", RUN_URL, "run_normal", mappings=[mapping(order_qty=value)])
    assert day.result()["run_id"] == RUN_ID
