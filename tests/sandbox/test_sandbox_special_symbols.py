"""Each special symbol does what the package's docstring says, alone and in company."""

from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from support import sandbox_books as books

import paper_run.sandbox
from paper_run.sandbox import Sandbox, market

TRADED = {
    *("REJECT", "REFUSE", "PARTIAL", "LATE", "CANCEL", "DOUBT", "NOPRICE"),
    *("DEAF", "CUTOFF", "SPLIT", "DIVIDEND", "FEE", "INTEREST", "DEPOSIT"),
}
FIRST, SECOND = date(2025, 1, 2), date(2025, 1, 3)


def test_every_special_symbol_is_documented():
    """The package's docstring has a line for each."""
    lines = paper_run.sandbox.__doc__.splitlines()
    for symbol in {*TRADED, "HALT"}:
        assert sum(line.startswith(f"{symbol} ") for line in lines) == 1


@pytest.mark.parametrize("session", range(4))
def test_special_symbols_rank_first_and_always_get_an_order(platform, session):
    """Whatever the other symbols and the day, each special one is bought and ranks before the rest."""
    for _ in range(session):
        platform.run("AAPL")
    lines = platform.run("AAPL", *sorted(TRADED), "MSFT", "GOOGL")["mappings"]
    count = len(TRADED)
    assert {line["symbol"] for line in lines[:count]} == TRADED
    assert {line["order_side"] for line in lines[:count]} == {"buy"}
    assert all(line["order_qty"] for line in lines[:count])
    assert lines[-1]["order_side"] == "sell"


@pytest.mark.parametrize("symbol", sorted(TRADED))
def test_a_special_symbol_alone_gets_an_order(platform, symbol):
    """One special symbol is enough for a run."""
    (line,) = platform.run(symbol)["mappings"]
    assert line["order_qty"] == 20000 // market.open_price(symbol, FIRST)


def test_reject(platform):
    """REJECT: T4's 422 becomes a mapping with a quantity, no id, and nothing is placed."""
    run = platform.run("REJECT", "AAPL")
    line = run["mappings"][0]
    assert (line["order_status"], line["skip_reason"]) == ("rejected", "submission_failed: 422")
    assert (line["client_order_id"], line["order_side"]) == (None, "buy")
    assert (run["status"], run["num_orders_rejected"], run["num_orders_accepted"]) == ("partial", 1, 1)
    assert "REJECT" not in platform.positions()
    assert platform.submit(symbol="REJECT", side="buy", qty=1).status == 422


def test_reject_alone_is_a_failed_run_that_plays_the_session(platform):
    """Every order rejected is `failed`; the session is over, for an order was sent."""
    assert platform.run("REJECT")["status"] == "failed"
    assert books.last_played(platform.sandbox) == FIRST


def test_refuse(platform):
    """REFUSE: T5 counts it as accepted; only GET order tells that the broker rejected it, and why."""
    run = platform.run("REFUSE")
    (line,) = run["mappings"]
    assert (line["order_status"], run["status"], run["num_orders_accepted"]) == (
        "pending_new",
        "completed",
        1,
    )
    order = platform.order(line["client_order_id"])
    assert (order["status"], order["filled_qty"], order["filled_avg_price"]) == ("rejected", "0", None)
    assert order["error_message"]
    assert order["broker_order_id"]
    assert platform.positions() == {}


def test_partial(platform):
    """PARTIAL: half fills, rounded down; when the next session opens the order expires with that half."""
    (line,) = platform.run("PARTIAL")["mappings"]
    half = str(line["order_qty"] // 2)
    order = platform.order(line["client_order_id"])
    assert (order["status"], order["filled_qty"]) == ("partially_filled", half)
    assert platform.positions()["PARTIAL"]["qty"] == half
    platform.run("AAPL")
    order = platform.order(line["client_order_id"])
    assert (order["status"], order["filled_qty"]) == ("expired", half)
    assert platform.positions()["PARTIAL"]["qty"] == half


def test_partial_of_odd_quantities(platform):
    """Three shares fill one; a single share fills whole, for at least one fills."""
    for qty, filled, status in ((3, "1", "partially_filled"), (1, "1", "filled")):
        order_id = platform.submit(symbol="PARTIAL", side="sell", qty=qty).body["client_order_id"]
        order = platform.order(order_id)
        assert (order["filled_qty"], order["status"]) == (filled, status)


def test_late(platform):
    """LATE: accepted and unfilled until the next session opens, then filled at that open."""
    (line,) = platform.run("LATE")["mappings"]
    order = platform.order(line["client_order_id"])
    assert (order["status"], order["filled_qty"], order["filled_at"]) == ("accepted", "0", None)
    assert platform.positions() == {}
    platform.run("AAPL")
    order = platform.order(line["client_order_id"])
    assert (order["status"], order["filled_qty"]) == ("filled", str(line["order_qty"]))
    assert Decimal(order["filled_avg_price"]) == market.fill_price("LATE", SECOND, "buy")
    assert order["filled_at"] == "2025-01-03T14:30:00.000000Z"
    assert platform.positions()["LATE"]["qty"] == str(line["order_qty"])


@pytest.mark.parametrize(("symbol", "force"), [("LATE", "gtc"), ("PARTIAL", "gtc"), ("AAPL", "day")])
def test_what_works_past_its_session_is_no_order_of_the_day(platform, symbol, force):
    """An order of the day has ended when its session has; these two are good till cancelled."""
    (line,) = platform.run(symbol)["mappings"]
    assert platform.order(line["client_order_id"])["time_in_force"] == force


def test_late_waits_through_failed_runs_and_the_same_session_again(platform, state_file, start):
    """Only the opening of a later session fills it."""
    (line,) = platform.run("LATE")["mappings"]
    platform.run("AAPL", as_of_date="2025-01-04")
    with Sandbox(state_file, again=True) as sandbox:
        start(sandbox).run("MSFT")
    assert platform.order(line["client_order_id"])["status"] == "accepted"


def test_cancel(platform):
    """CANCEL: canceled without a fill; T5 counts it as accepted."""
    run = platform.run("CANCEL")
    order = platform.order(run["mappings"][0]["client_order_id"])
    assert (order["status"], order["filled_qty"]) == ("canceled", "0")
    assert (run["num_orders_accepted"], platform.positions()) == (1, {})


def test_doubt(platform):
    """DOUBT: T5 reports a quantity without an id, yet the order exists under the id that can be computed."""
    run = platform.run("DOUBT", "AAPL")
    line = run["mappings"][0]
    assert (line["client_order_id"], line["order_status"], line["order_side"]) == (None, "rejected", "buy")
    prefix, _, rest = line["skip_reason"].partition("<Future")
    assert prefix == "unexpected_error: RetryError["
    assert rest.endswith("state=finished raised ReadTimeout>]")
    text = f"DOUBT|buy|{line['order_qty']}|None|None|alpha_baseline|2025-01-02"
    order = platform.order(sha256(text.encode()).hexdigest()[:24])
    assert (order["status"], order["qty"]) == ("filled", line["order_qty"])
    assert platform.positions()["DOUBT"]["qty"] == str(line["order_qty"])
    assert run["mappings"][1]["order_status"] == "pending_new"


def test_noprice(platform):
    """NOPRICE: filled, but without a current price, unrealized P&L or quote; totals leave it out."""
    platform.run("NOPRICE")
    envelope = platform.envelope()
    (position,) = envelope["positions"]
    assert (position["current_price"], position["unrealized_pl"]) == (None, None)
    assert envelope["total_unrealized_pl"] is None
    platform.run("AAPL", "NOPRICE")
    held = platform.positions()
    assert platform.envelope()["total_unrealized_pl"] == held["AAPL"]["unrealized_pl"] is not None
    for kind in ("quotes", "trades"):
        assert set(platform.quotes(kind, "AAPL,NOPRICE").body[kind]) == {"AAPL"}


def test_halt(platform):
    """HALT: 503 with the kill switch's object, nothing traded, nothing recorded."""
    reply = platform.post("AAPL", "HALT")
    assert reply.status == 503
    assert set(reply.body["detail"]) == {"error", "message", "engaged_by", "reason", "engaged_at"}
    assert (platform.positions(), platform.runs()["total"]) == ({}, 0)
    assert platform.submit(symbol="HALT", side="buy", qty=1).status == 503
