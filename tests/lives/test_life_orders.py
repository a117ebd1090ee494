"""What an attempt says of its signals and orders: failed ones, too large ones, their notional, repeats."""

from decimal import Decimal
from typing import Any

import pytest
from support.life import NO_ORDER, Life, buy, says
from support.mail_server import MailServer, subjects
from support.odd_platform import Plan
from support.odd_services import utc_text

from paper_run.ledger.open_orders import MOST_READ

WORKS: dict[str, Any] = {"filled": "0", "status": "new", "detail": {"filled_avg_price": None}}


def failed(reason: str) -> Plan:
    """Plan a signal that comes to no order."""
    return Plan(side=None, mapping={"skip_reason": reason})


def test_a_day_on_which_every_signal_failed(life: Life, server: MailServer) -> None:
    """It traded nothing, and not because there was nothing to do: the mail says Check and each reason."""
    life.env |= server.env | {"PAPER_RUN_EMAIL_ON": "problems"}
    down = failed("price_fetch_failed: HTTP 500")
    day = life.trade(AAPL=down, MSFT=failed("price_unavailable: no bar"))
    assert (day["status"], day["exit_status"], day["results"]["num_orders_submitted"]) == ("success", 0, 0)
    (found,) = [each for each in day["findings"] if each["code"] == "signals_failed"]
    assert found["severity"] == "warning"
    for words in (
        "All signals failed",
        "AAPL (price_fetch_failed: HTTP 500)",
        "MSFT (price_unavailable: no bar)",
    ):
        assert words in found["text"]
    (subject,) = subjects(server)
    assert "Check" in subject
    assert "OK" not in subject
    assert "called for" not in life.last.stdout


def test_one_of_two_signals_failed(life: Life, server: MailServer) -> None:
    """The other one is traded; the one that failed is named, in the mail too."""
    life.env |= server.env | {"PAPER_RUN_EMAIL_ON": "problems"}
    day = life.trade(AAPL=failed("price_fetch_failed: HTTP 500"), MSFT=buy(5, "200"))
    assert says(day["warnings"], "1 of 2 signals failed", "AAPL (price_fetch_failed: HTTP 500)")
    (subject,) = subjects(server)
    assert "Check" in subject


def test_signals_that_call_for_nothing_are_no_failure(life: Life, server: MailServer) -> None:
    """A weight of zero, or less than a share of it: nothing to do, nothing to mail."""
    life.env |= server.env | {"PAPER_RUN_EMAIL_ON": "problems"}
    day = life.trade(AAPL=NO_ORDER, MSFT=failed("qty_less_than_one_share"))
    assert day["warnings"] == []
    assert subjects(server) == []


@pytest.mark.parametrize(
    ("qty", "price", "is_large"),
    [(50, "400", False), (50, "402", True), (51, "400", True), (200, "400", True)],
)
def test_an_order_larger_than_the_maximum_position(life: Life, qty: int, price: str, is_large: bool) -> None:
    """20,000 dollars are allowed: 50 shares at 400, not at 402; and 200 are what sizing at 100 gives."""
    day = life.trade(AAPL=buy(qty, price), MSFT=buy(5, "200"))
    assert (
        says(day["warnings"], "Larger than the maximum position of 20,000.00", f"buy {qty} AAPL") is is_large
    )
    assert not says(day["warnings"], "MSFT")
    assert says(life.mark()["warnings"], "Larger than the maximum position") is is_large


def test_a_mark_takes_each_trades_own_maximum(life: Life) -> None:
    """24,000 dollars were allowed, and 10,000 to the next attempt; the day after it is no news."""
    life.trade("--max-position-size", "25000", AAPL=buy(60, "400"), MSFT=buy(110, "100"))
    life.trade("--again", "--max-position-size", "10000", AAPL=buy(26, "400"), MSFT=buy(20, "100"))
    large = [each for each in life.mark()["warnings"] if "Larger than the maximum position" in each]
    assert large == ["Larger than the maximum position of 10,000.00 dollars: buy 26 AAPL, 10,400.00 dollars."]
    life.next_session()
    for symbol, price in (("AAPL", "400"), ("MSFT", "100")):
        life.prices(**{symbol: price})
    life.trade(NVDA=NO_ORDER)
    assert not says(life.mark()["warnings"], "Larger than the maximum position")


def quoted(life: Life, **prices: str) -> None:
    """Have the quote source quote these prices, a cent apart, a moment ago."""
    life.env["PAPER_RUN_QUOTES_URL"] = life.platform.quotes.url
    life.env |= {"ALPACA_API_KEY_ID": "key", "ALPACA_API_SECRET_KEY": "secret"}
    for symbol, price in prices.items():
        bid = Decimal(price) - Decimal("0.01")
        asked = {"t": utc_text(life.now), "bp": float(bid), "ap": float(bid + Decimal("0.02"))}
        life.platform.quotes.quotes[symbol] = asked | {"bs": 1, "as": 1}


def notional(document: Any, symbol: str) -> tuple[Any, ...]:
    (order,) = [each for each in document["orders"] if each["symbol"] == symbol]
    return order["price_source"], order["price"], order["notional"]


def test_attempt_and_mark_state_the_same_notional(life: Life) -> None:
    """An order that works is as large as at the attempt's own quote, whatever the quote is at the mark."""
    quoted(life, AAPL="150")
    day = life.trade(AAPL=buy(10, None, **WORKS))
    assert notional(day, "AAPL") == ("quote", 150, 1500)
    quoted(life, AAPL="165")
    marked = life.mark()
    assert notional(marked, "AAPL") == ("quote", 150, 1500)
    assert day["results"]["total_notional"] == marked["results"]["total_notional"] == 1500
    # A fill is better than a quote.
    life.fill("AAPL", "10", "151", "filled")
    assert notional(life.mark(), "AAPL") == ("fill", 151, 1510)


def test_without_a_quote_both_estimate(life: Life) -> None:
    """Capital x weight, capped at the maximum position, marked as such, in attempt and mark."""
    day = life.trade(AAPL=buy(10, None, **WORKS))
    assert notional(day, "AAPL") == notional(life.mark(), "AAPL") == ("estimated", None, 20000)


def test_a_second_rehearsals_repeats_are_no_warning(life: Life) -> None:
    """The gateway knows each order from the first one: they are listed as repeats, and all is well."""
    life.gateway.health["dry_run"] = True
    plans = {"AAPL": buy(10, "100", status="dry_run"), "MSFT": buy(5, "200", status="dry_run")}
    first = life.trade(**plans)
    second = life.trade(**plans)
    assert [each["outcome"] for each in first["orders"]] == ["accepted"] * 2
    assert [each["outcome"] for each in second["orders"]] == ["repeat"] * 2
    assert (second["status"], second["warnings"], second["trade"]) == ("success", [], 2)


def test_a_day_of_more_orders_than_are_read_again_reads_each_of_its_own(life: Life) -> None:
    """None of its own is one of an earlier attempt's: no warning says that some were not read."""
    plans = {f"S{at:03}": buy(1, "10") for at in range(MOST_READ + 1)}
    day = life.trade(**plans)
    assert (day["results"]["num_orders_filled"], day["findings"]) == (len(plans), [])
    assert len(day["pnl"]["positions"]) == len(plans)
