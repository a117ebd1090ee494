"""Earlier trades of which not all is known: what a later command finds out, and what it leaves alone."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
from builders.attempts import a_snapshot, begun
from builders.documents import good_day
from builders.moments import NOON, SESSION
from builders.parties import PARTIES
from builders.served import Orders
from builders.wire import ORDERS, POSITIONS, RUNS, body, mapping, serve, serve_example
from support.odd_orchestrator import order_id_of

from paper_run.ledger.ledger import Ledger
from paper_run.model.attempt import AttemptRow
from paper_run.model.calendar import Calendar, ClosedDays
from paper_run.model.result_json import decode, encode, of_document
from paper_run.services.answer import Answer
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.services.platform import Platform
from paper_run.trading import earlier

RUN, BUY, SELL = "00d504c8-aaaa", "1e366bd01f5485826f316d84", "e71a1a289f6f2416b6f97e0b"
LATER = NOON + timedelta(hours=3)
CALENDAR = Calendar(lambda year: ClosedDays(year, {}, {}, "nobody"), exchange="XNYS")


def look_again(
    ledger: Ledger,
    platform: Platform,
    calendar: Calendar,
    now: datetime,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> list[AttemptRow]:
    """Look with a platform that is heard."""
    return earlier.look_again(ledger, platform, calendar, now, tell=tell, is_heard=True)


def a_run(run_id: str = RUN, day: date = SESSION, **changes: Any) -> dict[str, Any]:
    """Return a run of a session that bought MSFT and sold GOOGL."""
    named = {"run_id": run_id, "as_of_date": day.isoformat(), "started_at": f"{day}T12:00:01"}
    return body("run_normal", **{**named, **changes})


def a_doubt(symbol: str = "AAPL", qty: int = 10) -> dict[str, Any]:
    """Return the mapping of an order of which it is not known whether it was placed."""
    asked = {"symbol": symbol, "order_qty": qty, "order_side": "buy", "order_status": "rejected"}
    return mapping(**asked, client_order_id=None, skip_reason="unexpected_error: ConnectError")


def listed(*runs: dict[str, Any]) -> None:
    """Have the orchestrator list these runs and show each."""
    serve("GET", RUNS, {"runs": list(runs), "total": len(runs), "limit": 100, "offset": 0})
    for run in runs:
        serve("GET", f"{RUNS}/{run['run_id']}", run)


def silent(url: str) -> None:
    responses.add("GET", url, body=requests.ConnectionError("Connection refused"))


def orders_known() -> None:
    """Have the gateway know both orders of the run, filled, and its positions."""
    serve_example("GET", POSITIONS, "positions_empty")
    for identity, symbol, side in ((BUY, "MSFT", "buy"), (SELL, "GOOGL", "sell")):
        changes = {"client_order_id": identity, "symbol": symbol, "side": side}
        serve_example("GET", f"{ORDERS}/{identity}", "order_after_fill", **changes)


def answered(ledger: Ledger, run: dict[str, Any], *, state: str = "answered", **changes: Any) -> AttemptRow:
    """Have an attempt whose run is known and whose orders were not read."""
    row = begun(ledger, **changes)
    answer = json.dumps(run)
    return ledger.attempts.record(
        row,
        state=state,
        document=row.document,
        in_doubt=sum(
            each["order_qty"] is not None and not each["client_order_id"] for each in run["mappings"]
        ),
        run_id=run["run_id"],
        answer=answer,
        mappings=recorded_orchestration(answer).mappings,
    )


def outcome_unknown(ledger: Ledger, *, run_id: str | None = None, **changes: Any) -> AttemptRow:
    """Have an attempt whose answer was lost."""
    row = begun(ledger, **changes)
    return ledger.attempts.record(row, state="unsettled", document=row.document, in_doubt=0, run_id=run_id)


def document(row: AttemptRow) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(row.document, parse_float=Decimal)
    return read


def asked(url: str) -> int:
    return sum(call.request.url.startswith(url) for call in responses.calls)


def test_where_all_is_known_nothing_is_asked(ledger: Ledger, platform: Platform) -> None:
    """A settled ledger costs no request."""
    answered(ledger, a_run(), state="closed")
    assert look_again(ledger, platform, CALENDAR, LATER) == []
    assert len(responses.calls) == 0


# A run whose orders were not read


def test_orders_that_were_not_read_are_read(ledger: Ledger, platform: Platform) -> None:
    """The attempt is closed, its result is whole and says when its orders were read; the run is not asked."""
    row = answered(ledger, a_run())
    orders_known()
    (closed,) = look_again(ledger, platform, CALENDAR, LATER)
    assert (closed.id, closed.state) == (row.id, "closed")
    assert closed == ledger.attempts.by_id(row.id)
    assert closed.how_known == "its orders were read on 2025-01-17 15:00:00-05:00"
    result = document(closed)
    assert (result["status"], result["exit_status"], result["run_id"]) == ("success", 0, RUN)
    assert str(result["results"]["total_notional"]) == "60133.34"
    assert result["results"]["num_orders_filled"] == 2
    assert [(each["code"], each["text"]) for each in result["findings"]][:1] == [
        ("recovered", f"Outcome: {closed.how_known}.")
    ]
    assert [each["code"] for each in result["findings"]] == ["recovered", "order_oversized"]
    assert set(ledger.orders.order_states(closed)) == {BUY, SELL}
    assert closed.answer == row.answer
    assert asked(RUNS) == 0
    assert look_again(ledger, platform, CALENDAR, LATER) == []


def test_a_silent_gateway_leaves_orders_unread(ledger: Ledger, platform: Platform) -> None:
    """Nothing is recorded, nothing is invented: the next command asks again."""
    row = answered(ledger, a_run())
    silent(POSITIONS)
    for identity in (BUY, SELL):
        silent(f"{ORDERS}/{identity}")
    assert look_again(ledger, platform, CALENDAR, LATER) == []
    assert ledger.attempts.by_id(row.id) == row


def test_orders_that_cannot_be_read_are_said(ledger: Ledger, platform: Platform) -> None:
    """The gateway answers, but not with the order: the attempt is closed with exit 1 and the reason."""
    answered(ledger, a_run())
    orders_known()
    responses.replace("GET", f"{ORDERS}/{BUY}", json={"detail": "Order not found"}, status=404)
    (closed,) = look_again(ledger, platform, CALENDAR, LATER)
    result = document(closed)
    assert (closed.state, result["status"], result["exit_status"]) == ("closed", "success", 1)
    assert BUY in result["errors"][0]
    assert result["results"]["num_orders_filled"] is None


def test_a_silent_gateway_is_asked_once_for_all_trades(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """A service that does not answer is asked once and no more, whatever the number of attempts."""
    gateway.failing["*"] = requests.ReadTimeout("timed out")
    responses.add("GET", POSITIONS, body=requests.ReadTimeout("timed out"))
    calls = []
    for number in range(1, 5):
        answered(ledger, a_run(f"run-{number}", mappings=[mapping()]), number=number)
        before = len(responses.calls)
        look_again(ledger, platform, CALENDAR, LATER)
        calls.append(len(responses.calls) - before)
    assert calls[-1] <= 12, f"requests with 1, 2, 3, 4 trades: {calls}"


@pytest.mark.parametrize(
    "words",
    [
        {"error_message": "no answer from http://t3:8001"},
        {"error_message": "see https://ops:secret@host/x and mail ops@example.com"},
        {"signal_metadata": {"bucket": "s3://models", "author": "me@example.com"}},
    ],
)
def test_a_kept_answer_is_as_whole_as_it_came(words: dict[str, Any]) -> None:
    """URLs and addresses in it, written without blanks as T5 does: the same run is read from the ledger."""
    run = a_run(**words)
    run["mappings"][0]["skip_reason"] = "price_fetch_failed: http://t4:8002"
    run["mappings"][2]["skip_reason"] = "no_bar:me@example.com"
    compact = json.dumps(run, separators=(",", ":")).encode()
    read = recorded_orchestration(Answer("http://t5", 200, {}, compact, 1).kept())
    assert [(each.symbol, each.qty, each.client_order_id) for each in read.mappings] == [
        ("MSFT", 200, BUY),
        ("AAPL", None, None),
        ("GOOGL", 200, SELL),
    ]
    assert (read.run_id, read.status, read.num_signals) == (RUN, "completed", 3)


# An attempt whose answer was lost


@pytest.mark.parametrize("state", ["sent", "unsettled"])
def test_a_lost_run_is_adopted_when_it_is_found(ledger: Ledger, platform: Platform, state: str) -> None:
    """Also one of which the program never knew the end; run, answer, orders and result are recorded."""
    row = begun(ledger) if state == "sent" else outcome_unknown(ledger)
    listed(a_run())
    orders_known()
    (closed,) = look_again(ledger, platform, CALENDAR, LATER)
    assert (closed.id, closed.state, closed.run_id) == (row.id, "closed", RUN)
    assert closed.how_known == f"run {RUN} was found on 2025-01-17 15:00:00-05:00"
    assert recorded_orchestration(closed.answer or "").run_id == RUN
    assert ledger.attempts.knows_run(RUN)
    assert ledger.orders.owners([BUY, SELL]) == {BUY: row.id, SELL: row.id}
    assert document(closed)["status"] == "success"
    assert document(closed)["timestamp"] == "2025-01-17T12:00:00-05:00", "it traded when it was sent"


def test_a_lost_run_is_adopted_though_the_gateway_is_silent(ledger: Ledger, platform: Platform) -> None:
    """That it traded is known from then on; its orders are read by a later command."""
    row = outcome_unknown(ledger)
    listed(a_run())
    silent(POSITIONS)
    for identity in (BUY, SELL):
        silent(f"{ORDERS}/{identity}")
    (found,) = look_again(ledger, platform, CALENDAR, LATER)
    assert (found.id, found.state, found.run_id) == (row.id, "answered", RUN)
    assert document(found)["results"]["num_orders_filled"] is None
    for url in (POSITIONS, f"{ORDERS}/{BUY}", f"{ORDERS}/{SELL}"):
        responses.remove("GET", url)
    orders_known()
    (closed,) = look_again(ledger, platform, CALENDAR, LATER)
    assert (closed.state, document(closed)["results"]["num_orders_filled"]) == ("closed", 2)
    assert asked(RUNS) == 2


def test_how_a_lost_run_was_settled_is_still_said_when_its_orders_were_read(
    ledger: Ledger, platform: Platform
) -> None:
    """Every later report says how its outcome became known, not only that its orders were read."""
    row = outcome_unknown(ledger)
    listed(a_run())
    silent(POSITIONS)
    for identity in (BUY, SELL):
        silent(f"{ORDERS}/{identity}")
    look_again(ledger, platform, CALENDAR, LATER)
    for url in (POSITIONS, f"{ORDERS}/{BUY}", f"{ORDERS}/{SELL}"):
        responses.remove("GET", url)
    orders_known()
    look_again(ledger, platform, CALENDAR, LATER)
    assert any("was found on" in each["text"] for each in document(ledger.attempts.by_id(row.id))["findings"])


def test_a_lost_run_that_failed_opens_the_session_again(ledger: Ledger, platform: Platform) -> None:
    """Known by its id, failed with all counts 0: provably nothing was placed; the gateway is not asked."""
    none = dict.fromkeys(("num_orders_submitted", "num_orders_accepted", "num_orders_rejected"), 0)
    run = a_run(status="failed", mappings=[], num_signals=0, error_message="no bar", **none)
    outcome_unknown(ledger, run_id=run["run_id"])
    listed(run)
    (row,) = look_again(ledger, platform, CALENDAR, LATER)
    assert (row.state, ledger.fences.next_number(SESSION)) == ("nothing", 1)
    result = document(row)
    assert (result["status"], result["exit_status"], result["results"]["total_notional"]) == ("failed", 2, 0)
    assert "no bar" in result["errors"][0]
    assert asked(POSITIONS) == 0


def test_a_run_that_is_not_found_leaves_the_trade(ledger: Ledger, platform: Platform) -> None:
    """The list works and shows nothing that fits."""
    row = outcome_unknown(ledger)
    listed()
    assert look_again(ledger, platform, CALENDAR, LATER) == []
    assert ledger.attempts.by_id(row.id) == row


def test_two_lost_trades_do_not_get_one_run(ledger: Ledger, platform: Platform) -> None:
    """A run that could be either's is given to neither: a person must say."""
    lost = [outcome_unknown(ledger, rehearsal=True), outcome_unknown(ledger, number=2)]
    listed(a_run())
    orders_known()
    assert look_again(ledger, platform, CALENDAR, LATER) == []
    assert [ledger.attempts.by_id(row.id) for row in lost] == lost


def test_a_silent_orchestrator_is_asked_once(ledger: Ledger, platform: Platform) -> None:
    """However many trades are unsettled; what the gateway can tell is still asked for."""
    for number in (1, 2, 3):
        outcome_unknown(ledger, number=number, run_id=f"run-{number}" if number == 2 else None)
    answered(ledger, a_run(), number=4)
    silent(RUNS)
    silent(f"{RUNS}/run-2")
    orders_known()
    (closed,) = look_again(ledger, platform, CALENDAR, LATER)
    assert closed.number == 4
    assert asked(RUNS) == 1


def test_an_orchestrator_that_answers_500_is_asked_for_each(ledger: Ledger, platform: Platform) -> None:
    """Its list is broken for good in deployed generations; the other GET may work."""
    outcome_unknown(ledger)
    known = outcome_unknown(ledger, number=2, run_id=RUN)
    serve_example("GET", RUNS, "runs_list")
    serve("GET", f"{RUNS}/{RUN}", a_run())
    orders_known()
    assert [row.id for row in look_again(ledger, platform, CALENDAR, LATER)] == [known.id]


def test_an_order_of_an_earlier_trade_is_a_repeat(ledger: Ledger, platform: Platform) -> None:
    """Found later, an order that the session's first attempt owns stays its own and is not counted again."""
    first = answered(ledger, a_run("run-1"), state="closed")
    outcome_unknown(ledger, number=2)
    listed(a_run())
    orders_known()
    (row,) = look_again(ledger, platform, CALENDAR, LATER)
    result = document(row)
    outcomes = [order["outcome"] for order in result["orders"]]
    assert outcomes == ["repeat", None, "repeat"]
    assert result["results"]["num_orders_submitted"] == 0
    assert ledger.orders.owners([BUY]) == {BUY: first.id}


# Orders in doubt


def in_doubt(ledger: Ledger, day: date = SESSION, **changes: Any) -> AttemptRow:
    """Have a closed trade with 10 AAPL in doubt."""
    clock = a_snapshot().gateway_clock
    assert clock is not None
    run = a_run(f"run-of-{day}", day, mappings=[a_doubt()])
    return answered(
        ledger, run, state="closed", session=day, gateway_clock=clock + (day - SESSION), **changes
    )


@pytest.fixture
def gateway(platform: Platform) -> Orders:
    assert platform
    return Orders()


def doubted(day: date = SESSION, kind: str = "", *, symbol: str = "AAPL", qty: int = 10) -> str:
    """Return the id that the gateway gives the order in doubt."""
    return order_id_of(symbol, "buy", qty, day, kind)


@pytest.mark.parametrize("kind", ["", "market|day|"], ids=["2025", "2026"])
def test_an_order_in_doubt_is_adopted_when_the_gateway_has_it(
    ledger: Ledger, platform: Platform, gateway: Orders, kind: str
) -> None:
    """Counted, valued, owned; the result says how it was found, and nothing is asked for any more."""
    row = in_doubt(ledger)
    identity = gateway.has(doubted(kind=kind))
    (found,) = look_again(ledger, platform, CALENDAR, LATER)
    assert (found.id, found.state) == (row.id, "closed")
    assert identity in (found.how_known or "")
    result = document(found)
    assert (result["status"], result["exit_status"]) == ("success", 0)
    assert result["orders"][0]["client_order_id"] == identity
    assert result["results"]["num_orders_in_doubt"] == 0
    assert str(result["results"]["total_notional"]) == "1503.33"
    assert ledger.orders.owners([identity]) == {identity: row.id}
    assert ledger.attempts.doubtful() == []
    before = len(responses.calls)
    assert look_again(ledger, platform, CALENDAR, LATER) == []
    assert len(responses.calls) == before


def test_an_order_in_doubt_stays_so_while_the_gateway_has_none(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """Nothing is recorded; the next command asks again."""
    row = in_doubt(ledger)
    assert look_again(ledger, platform, CALENDAR, LATER) == []
    assert doubted() in gateway.asked
    assert ledger.attempts.by_id(row.id) == row
    assert ledger.attempts.doubtful() == [row]


def test_an_order_in_doubt_that_another_trade_of_the_session_owns_is_a_repeat(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """The session's first attempt placed the same order: for the gateway it is one; the doubt ends."""
    bought = mapping(symbol="AAPL", order_qty=10, client_order_id=gateway.has(doubted()))
    answered(ledger, a_run("run-0", mappings=[bought]), state="closed")
    in_doubt(ledger, number=2)
    (row,) = look_again(ledger, platform, CALENDAR, LATER)
    (order,) = [each for each in document(row)["orders"] if each["symbol"] == "AAPL"]
    assert (order["outcome"], order["client_order_id"]) == ("repeat", doubted())
    assert ledger.orders.owners([doubted()]) == {doubted(): 1}
    assert look_again(ledger, platform, CALENDAR, LATER) == []


def test_the_order_of_another_session_is_no_repeat(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """Yesterday's order of the same size is another one: the doubt stays."""
    yesterday = SESSION - timedelta(days=1)
    bought = mapping(symbol="AAPL", order_qty=10, client_order_id=gateway.has(doubted(yesterday)))
    answered(ledger, a_run("run-0", mappings=[bought]), session=yesterday, state="closed")
    row = in_doubt(ledger)
    assert look_again(ledger, platform, CALENDAR, LATER) == []
    assert ledger.attempts.by_id(row.id) == row


def test_what_was_there_before_is_named_as_a_strangers(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """It fits, nobody of ours owns it, and it was created before the POST."""
    row = in_doubt(ledger)
    gateway.has(doubted(), created_at="2025-01-17T16:00:00Z")
    told: list[str] = []
    assert look_again(ledger, platform, CALENDAR, LATER, tell=told.append) == []
    assert ledger.attempts.by_id(row.id) == row
    assert doubted() in told[0]


def test_orders_in_doubt_are_asked_for_however_old(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """A doubt never ends by itself."""
    days = [SESSION + timedelta(days=3 * day) for day in range(3)]
    for day in days:
        in_doubt(ledger, day)
        gateway.has(doubted(day), created_at=f"{day}T17:00:01Z")
    assert [row.session for row in look_again(ledger, platform, CALENDAR, LATER)] == days


def test_the_next_days_order_is_not_taken_for_this_days(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """The same order in doubt on two days in a row: each attempt gets its own, and only that."""
    days = [SESSION, SESSION + timedelta(days=1)]
    rows = [in_doubt(ledger, day) for day in days]
    for day in days:
        gateway.has(doubted(day), created_at=f"{day}T17:00:01Z")
    assert [row.id for row in look_again(ledger, platform, CALENDAR, LATER)] == [row.id for row in rows]
    assert [list(ledger.orders.order_states(row)) for row in rows] == [[doubted(day)] for day in days]


def test_the_next_days_order_does_not_settle_one_that_was_never_placed(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """Only the second day's order exists: it is that attempt's, and the first one stays in doubt."""
    next_day = SESSION + timedelta(days=1)
    first, second = in_doubt(ledger), in_doubt(ledger, next_day)
    identity = gateway.has(doubted(next_day), created_at=f"{next_day}T17:00:01Z")
    look_again(ledger, platform, CALENDAR, LATER)
    assert ledger.orders.owners([identity]) == {identity: second.id}
    assert [row.id for row in ledger.attempts.doubtful()] == [first.id]


def test_what_was_found_before_is_not_lost_when_more_is_found(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """Two in doubt, found one after the other: the result has both, and says both."""
    row = answered(ledger, a_run(mappings=[a_doubt(), a_doubt("MSFT", 3)]), state="closed")
    first = gateway.has(doubted())
    look_again(ledger, platform, CALENDAR, LATER)
    second = gateway.has(doubted(symbol="MSFT", qty=3), symbol="MSFT", qty=3)
    (found,) = look_again(ledger, platform, CALENDAR, LATER)
    assert found.id == row.id
    assert first in (found.how_known or "")
    assert second in (found.how_known or "")
    assert [order["client_order_id"] for order in document(found)["orders"]] == [first, second]
    assert document(found)["results"]["num_orders_filled"] == 2


def test_the_state_of_a_repeated_order_is_not_lost_when_more_is_found(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """An order that the session's first attempt owns keeps its fill in the second one's result."""
    first = gateway.has("c" * 24, symbol="MSFT", qty=3)
    repeated = mapping(symbol="MSFT", order_qty=3, client_order_id=first)
    answered(ledger, a_run("run-0", mappings=[repeated]))
    answered(ledger, a_run("run-1", mappings=[repeated, a_doubt()]), number=2)
    serve_example("GET", POSITIONS, "positions_empty")
    look_again(ledger, platform, CALENDAR, LATER)
    before = document(ledger.attempts.of_session(SESSION)[1])["orders"][0]
    assert (before["outcome"], before["status"]) == ("repeat", "filled")
    gateway.has(doubted())
    (found,) = look_again(ledger, platform, CALENDAR, LATER)
    assert document(found)["orders"][0] == before


def test_the_strategy_is_the_runs_or_else_the_health_reports(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """A run that does not name it: the orchestrator's health did."""
    row = answered(ledger, a_run(strategy_id=None, mappings=[a_doubt()]), state="closed")
    gateway.has(doubted())
    assert [found.id for found in look_again(ledger, platform, CALENDAR, LATER)] == [row.id]


def test_a_trade_without_an_answer_has_no_orders_in_doubt_to_ask_for(
    ledger: Ledger, platform: Platform
) -> None:
    """Of what was said by hand no answer may be kept."""
    row = begun(ledger)
    ledger.attempts.record(row, state="closed", document=row.document, in_doubt=1)
    assert look_again(ledger, platform, CALENDAR, LATER) == []
    assert len(responses.calls) == 0


def test_a_silent_gateway_is_not_asked_for_every_order_in_doubt(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """Twenty in doubt on a frozen gateway take as long as a few: everything ends in less than 10 s."""
    answered(ledger, a_run(mappings=[a_doubt(qty=qty) for qty in range(1, 21)]), state="closed")
    gateway.failing["*"] = requests.ReadTimeout("timed out")
    look_again(ledger, platform, CALENDAR, LATER)
    assert len(set(gateway.asked)) <= 16, "8 at once, 2 s each"


def test_the_account_stays_beside_the_valuation_that_stays(ledger: Ledger, platform: Platform) -> None:
    """A record that is stated anew keeps what the broker had with its P&L."""
    row = answered(ledger, a_run())
    valued = replace(decode(row.document), pnl=of_document(good_day()).pnl, parties=PARTIES)
    ledger.attempts.record(row, state="answered", document=encode(valued), in_doubt=0)
    orders_known()
    look_again(ledger, platform, CALENDAR, LATER)
    stated = decode(ledger.attempts.by_id(row.id).document)
    assert stated.totals.num_orders_submitted == 2
    assert (stated.pnl, stated.parties) == (valued.pnl, PARTIES)
