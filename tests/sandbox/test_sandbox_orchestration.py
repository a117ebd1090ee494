"""What an orchestration does: sizing, fills, idempotency, and when it plays the session."""

from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import pytest
from support import sandbox_books as books

from paper_run.sandbox import Sandbox, market
from paper_run.sandbox.assembly import NAMES
from paper_run.sandbox.exchange_days import close_time, next_session

DEFAULT = ("AAPL", "MSFT", "GOOGL")
FIRST, SECOND = date(2025, 1, 2), date(2025, 1, 3)


def take_down(platform, service):
    """Close the port of one service, once all of them are listened at; the others run on."""
    assert platform.health()["status"] == "healthy"
    platform.sandbox._servers._servers[NAMES.index(service)].hang_up()


def traded(mappings):
    return [line for line in mappings if line["order_qty"]]


def test_orders_are_sized_by_capital_and_cap_at_the_open(platform):
    """qty is the whole shares that min(capital x |weight|, cap) buys at the session's open."""
    for fields, session, dollars in (
        ({}, FIRST, 20000),
        ({"capital": "7777.77"}, SECOND, Decimal("7777.77")),
        ({"capital": 50000, "max_position_size": "1234.5"}, date(2025, 1, 6), Decimal("1234.5")),
    ):
        lines = traded(platform.run(*DEFAULT, **fields)["mappings"])
        assert len(lines) == 2
        for line in lines:
            assert line["order_qty"] == dollars // market.open_price(line["symbol"], session)
            assert line["order_side"] == ("buy" if line["target_weight"] > 0 else "sell")


def test_orders_fill_at_the_sessions_open_with_slippage(platform):
    """Each order is filled in full at the market's published fill price of that session."""
    for line in traded(platform.run(*DEFAULT)["mappings"]):
        order = platform.order(line["client_order_id"])
        assert (order["status"], order["filled_qty"]) == ("filled", str(line["order_qty"]))
        expected = market.fill_price(line["symbol"], FIRST, line["order_side"])
        assert Decimal(order["filled_avg_price"]) == expected
        assert order["broker_order_id"] == line["broker_order_id"] is not None


def test_positions_and_trades_stand_at_the_close_of_the_session_played(platform):
    """After a run current price and last trade are that session's close; quotes are of the next morning."""
    platform.run(*DEFAULT)
    for symbol, position in platform.positions().items():
        close = market.close_price(symbol, FIRST)
        assert Decimal(position["current_price"]) == close
        expected = Decimal(position["qty"]) * (close - Decimal(position["avg_entry_price"]))
        assert Decimal(position["unrealized_pl"]) == expected != 0
        quote = platform.quotes("quotes", symbol).body["quotes"][symbol]
        sides = (Decimal(str(quote["bp"])), Decimal(str(quote["ap"])))
        assert sides == market.quote(symbol, next_session(FIRST))
        assert datetime.fromisoformat(quote["t"]).date() == next_session(FIRST)
        trade = platform.quotes("trades", symbol).body["trades"][symbol]
        assert Decimal(str(trade["p"])) == close
        assert datetime.fromisoformat(trade["t"]) == close_time(FIRST)


def test_the_totals_of_the_envelope_are_the_sums_of_its_positions(platform):
    """total_unrealized_pl and total_realized_pl add up, after closes and flips too."""
    for _ in range(8):
        platform.run(*DEFAULT)
    envelope = platform.envelope()
    for name in ("unrealized_pl", "realized_pl"):
        summed = sum(Decimal(position[name]) for position in envelope["positions"])
        assert abs(Decimal(envelope[f"total_{name}"]) - summed) < Decimal("1e-15")
    assert Decimal(envelope["total_realized_pl"]) != 0


def test_an_order_id_is_the_hash_of_the_contract(platform):
    """The id is the first 24 hex digits of SHA-256 over the order and the simulated date."""
    for session in (FIRST, SECOND):
        for line in traded(platform.run(*DEFAULT)["mappings"]):
            order = f"{line['symbol']}|{line['order_side']}|{line['order_qty']}|None|None"
            text = f"{order}|alpha_baseline|{session}"
            assert line["client_order_id"] == sha256(text.encode()).hexdigest()[:24]


def test_the_same_order_again_places_nothing_more(platform):
    """T4 answers the second time with the same order, and neither cash nor position moves."""
    first = platform.submit(symbol="AAPL", side="buy", qty=10).body
    cash, positions = books.cash(platform.sandbox), books.positions(platform.sandbox)
    second = platform.submit(symbol="AAPL", side="buy", qty=10).body
    assert second["client_order_id"] == first["client_order_id"]
    assert (second["status"], first["status"]) == ("filled", "pending_new")
    assert (books.cash(platform.sandbox), books.positions(platform.sandbox)) == (
        cash,
        positions,
    )
    assert cash == 100000 - 10 * market.fill_price("AAPL", FIRST, "buy")
    assert (
        platform.submit(symbol="AAPL", side="buy", qty=11).body["client_order_id"] != first["client_order_id"]
    )


def test_playing_a_session_again_repeats_its_orders_and_places_nothing(platform, state_file, start):
    """With `again` the next run trades in the session played last; the same orders are the same orders."""
    first = platform.run(*DEFAULT)
    cash = books.cash(platform.sandbox)
    with Sandbox(state_file, again=True) as sandbox:
        other = start(sandbox)
        assert (sandbox.session, books.last_played(sandbox), other.health()["session"]) == (
            FIRST,
            FIRST,
            "2025-01-02",
        )
        second = other.run(*DEFAULT)
        assert [line["client_order_id"] for line in second["mappings"]] == [
            line["client_order_id"] for line in first["mappings"]
        ]
        assert {line["order_status"] for line in traded(second["mappings"])} == {"filled"}
        assert second["run_id"] != first["run_id"]
        assert second["started_at"] >= first["completed_at"]
        assert (books.cash(sandbox), sandbox.session, books.last_played(sandbox)) == (
            cash,
            SECOND,
            FIRST,
        )


def test_again_with_another_capital_is_another_trade(platform, state_file, start):
    """A different quantity is another order, placed in the same session at the same open."""
    platform.run(*DEFAULT)
    held = books.positions(platform.sandbox)
    with Sandbox(state_file, again=True) as sandbox:
        for line in traded(start(sandbox).run(*DEFAULT, capital="5000")["mappings"]):
            signed = line["order_qty"] if line["order_side"] == "buy" else -line["order_qty"]
            assert books.positions(sandbox)[line["symbol"]].qty == held[line["symbol"]].qty + signed


def test_again_on_a_fresh_sandbox_plays_the_first_session(state_file):
    """There is nothing to play again yet."""
    with Sandbox(state_file, again=True) as sandbox:
        assert (sandbox.session, books.last_played(sandbox)) == (FIRST, None)


def test_one_symbol_is_bought(platform):
    """With a single symbol there is nothing to sell short."""
    (line,) = platform.run("XYZ")["mappings"]
    assert (line["order_side"], line["target_weight"], line["rank"]) == ("buy", 1.0, 1)


@pytest.mark.parametrize(("count", "top", "bottom"), [(2, 1, 1), (5, 1, 1), (6, 2, 2), (10, 3, 3)])
def test_a_third_is_bought_and_a_third_sold_short(platform, count, top, bottom):
    """The best third is bought, the worst third sold, the rest is skipped as zero_weight."""
    lines = platform.run(*(f"S{n}" for n in range(count)))["mappings"]
    sides = [line["order_side"] for line in lines]
    assert sides == ["buy"] * top + [None] * (count - top - bottom) + ["sell"] * bottom
    assert {line["skip_reason"] for line in lines if not line["order_side"]} <= {"zero_weight"}


def test_less_than_one_share_is_skipped_and_the_session_is_played(platform):
    """A capital below any price completes without an order."""
    run = platform.run(*DEFAULT, capital="5")
    reasons = [line["skip_reason"] for line in run["mappings"]]
    assert reasons == ["qty_less_than_one_share", "zero_weight", "qty_less_than_one_share"]
    assert (run["status"], run["num_orders_submitted"], run["num_orders_rejected"]) == ("completed", 0, 0)
    assert books.last_played(platform.sandbox) == FIRST


@pytest.mark.parametrize("zero", [0, "0", "0.00", 0.0])
def test_zero_means_the_servers_own_defaults(platform, zero):
    """A capital and a cap of 0 trade 100,000 and 20,000."""
    run = platform.run(*DEFAULT, capital=zero, max_position_size=zero)
    assert run["capital"] == "100000"
    for line in traded(run["mappings"]):
        assert line["order_qty"] == 20000 // market.open_price(line["symbol"], FIRST)


def test_capital_is_echoed_as_a_string_as_sent(platform):
    """Strings and numbers keep their digits and their exponent."""
    sent = ["100000.00", "1E+5", 1000, 2500.75]
    echoed = [platform.run("AAPL", capital=capital)["capital"] for capital in sent]
    assert echoed == ["100000.00", "1E+5", "1000", "2500.75"]


@pytest.mark.parametrize("fields", [{"capital": "-1"}, {"max_position_size": -5}])
def test_a_negative_amount_is_a_plain_500(platform, fields):
    """The real T5 breaks on it; nothing is traded and the session stays."""
    reply = platform.post(*DEFAULT, **fields)
    assert (reply.status, reply.body) == (500, "Internal Server Error")
    assert reply.headers["content-type"].startswith("text/plain")
    assert (books.last_played(platform.sandbox), books.positions(platform.sandbox)) == (
        None,
        {},
    )


def test_a_capital_that_overflows_t5s_table_trades_and_then_breaks(platform):
    """A 500 is not "no orders": they are placed, the session is played, and no run is recorded."""
    reply = platform.post(*DEFAULT, capital="1e999999", max_position_size="30000")
    assert (reply.status, reply.body) == (500, "Internal Server Error")
    assert len(platform.positions()) == 2
    assert (books.last_played(platform.sandbox), platform.runs()["total"]) == (FIRST, 0)


def test_dry_run_is_ignored(platform):
    """The field changes nothing: orders are placed."""
    assert len(traded(platform.run(*DEFAULT, dry_run=True)["mappings"])) == 2
    assert len(platform.positions()) == 2


def test_a_session_is_consumed_by_trading_only(platform):
    """Refusals of T3, bad dates, bad bodies and the kill switch leave the session to be played."""
    assert platform.run(*DEFAULT, as_of_date="2025-01-03")["status"] == "failed"
    assert platform.post(*DEFAULT, as_of_date="tomorrow").status == 400
    assert platform.post().status == 422
    assert platform.post("AAPL", "HALT").status == 503
    assert (
        platform.sandbox.session,
        books.last_played(platform.sandbox),
        books.cash(platform.sandbox),
    ) == (
        FIRST,
        None,
        100000,
    )
    assert platform.run(*DEFAULT, as_of_date="2024-12-31")["status"] == "completed"
    assert (platform.sandbox.session, books.last_played(platform.sandbox)) == (SECOND, FIRST)
    assert platform.health()["session"] == "2025-01-03"


def test_an_earlier_as_of_date_moves_the_signals_and_not_the_session(platform):
    """The gateway executes in the pending session whatever the signals' date says."""
    run = platform.run(*DEFAULT, as_of_date="2024-12-31")
    assert run["as_of_date"] == "2024-12-31"
    for line in traded(run["mappings"]):
        expected = market.fill_price(line["symbol"], FIRST, line["order_side"])
        assert Decimal(platform.order(line["client_order_id"])["filled_avg_price"]) == expected


def test_without_t3_health_is_degraded_and_a_run_fails(platform):
    """T5 really asks T3: its flag turns false, the run fails without mappings, the session stays."""
    take_down(platform, NAMES[0])
    health = platform.health()
    assert (health["status"], health["signal_service_healthy"]) == ("degraded", False)
    assert health["execution_gateway_healthy"] is True
    run = platform.run(*DEFAULT)
    assert (run["status"], run["mappings"], run["signal_metadata"]) == ("failed", [], None)
    assert run["error_message"]
    assert books.last_played(platform.sandbox) is None


def test_without_t4_health_is_degraded_and_every_order_fails(platform, examples):
    """T5 really asks T4: quantities without ids, as in the real T5's answer; that session is over."""
    take_down(platform, NAMES[1])
    health = platform.health()
    assert (health["status"], health["execution_gateway_healthy"]) == ("degraded", False)
    assert health["signal_service_healthy"] is True
    run = platform.run(*DEFAULT)
    example = examples["t4_down__run"]["body"]
    for name in ("status", "num_orders_submitted", "num_orders_accepted", "num_orders_rejected"):
        assert run[name] == example[name]
    for got, real in zip(run["mappings"], example["mappings"], strict=True):
        assert [(name, value is None) for name, value in got.items()] == [
            (name, value is None) for name, value in real.items()
        ]
    assert "raised ConnectError" in run["mappings"][0]["skip_reason"]
    assert (books.last_played(platform.sandbox), books.positions(platform.sandbox)) == (
        FIRST,
        {},
    )
