"""Fills that nobody has told of: no figure is stated, each command says so, until somebody tells."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from support.answers import Answer, plain_500
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell, told
from support.mail_server import MailServer, subjects
from support.odd_platform import ORDERS, RUN, RUNS

LOST = {"client_order_id": None, "order_status": "rejected", "skip_reason": "unexpected_error: ReadTimeout"}
"""The mapping of an order that may have been placed."""
NULLS = "realized_pnl unrealized_pnl total_pnl day_pnl market_value exposure"
SILENT: dict[str, Any] = {"filled": "0", "status": "pending_new", "detail": {"filled_avg_price": None}}
"""What a gateway without a webhook says of every order, for ever."""


def at_close(life: Life) -> None:
    """Let the session end: 16:05 in New York."""
    life.now = life.now.replace(hour=21, minute=5)


def next_morning(life: Life) -> None:
    life.next_session()
    life.now = life.now.replace(hour=15, minute=0)


def all_is_null(document: Any, *symbols: str) -> None:
    """Of these symbols nothing is stated, nor any total; what is wrong stands among the warnings."""
    assert document["pnl"]["complete"] is False
    assert figures(document["pnl"], NULLS) == (None,) * 6
    bridges = (document["pnl"]["equity"], document["pnl"]["since_inception"])
    assert {bridge[name] for bridge in bridges for name in ("realized", "closing", "unexplained")} == {None}
    for symbol in symbols:
        assert row(document, symbol)["qty"] is None
        assert row(document, symbol)["unknown_reason"]


def test_a_gateway_that_never_hears_of_a_fill(life: Life, server: MailServer) -> None:
    """Four sessions of orders that stay pending_new: from the first close on nothing is stated or "OK"."""
    life.env |= server.env | {"PAPER_RUN_EMAIL_ON": "problems"}
    for number in range(4):
        day = life.trade(AAPL=buy(10 + number, "100", **SILENT), MSFT=buy(5, "200", **SILENT))
        life.gateway.positions.clear()
        if number:
            all_is_null(day, "AAPL", "MSFT")
            assert says(told(day), "fills are not known", "webhook", "--filled QTY@PRICE", "--not-filled")
        else:  # placed a moment ago, they may well work
            assert (row_or_none(day, "AAPL"), day["pnl"]["complete"]) == (None, True)
        at_close(life)
        marked = life.mark(status=1)
        all_is_null(marked, "AAPL", "MSFT")
        assert (marked["status"], marked["exit_status"]) == ("partial", 1)
        assert says(told(marked), "fills are not known", "webhook", "after the close of 2025-01-06")
        assert "The fills of AAPL, MSFT are not known" in life.last.stderr
        next_morning(life)
    mailed = subjects(server)
    # Each run but the first, and each mark; EMAIL_ON=problems sends them all.
    assert len(mailed) == 7
    assert all("Check" in each or "Partial" in each or "PARTIAL" in each for each in mailed), mailed
    assert not any("OK" in each for each in mailed)
    assert [row["complete"] for row in life.rows("sessions")] == [0, 0, 0, 0]
    listed = life.run("resolve").stdout
    assert listed.count("--not-filled") == 8


def row_or_none(document: Any, symbol: str) -> Any:
    return next((each for each in document["pnl"]["positions"] if each["symbol"] == symbol), None)


def test_the_gateway_tells_at_last(life: Life) -> None:
    """What it tells of all orders ends it: the fills are booked then, and every figure is stated again."""
    life.trade(AAPL=buy(10, "100", **SILENT))
    life.gateway.positions.clear()
    at_close(life)
    all_is_null(life.mark(status=1), "AAPL")
    life.fill("AAPL", "10", "100", "filled")
    life.gateway.hold("AAPL", "10", "100", "103")
    marked = life.mark()
    assert figures(row(marked, "AAPL"), "qty total_pnl unknown_reason") == (*amounts("10 30"), None)
    assert figures(marked["pnl"], "complete day_pnl") == (True, 30)
    assert not says(told(marked), "not known")


def test_fifteen_minutes_into_a_session(life: Life) -> None:
    """An order from before the bell has until 09:45, one of the session 15 minutes; a limit order all day."""
    life.now = life.now.replace(hour=14, minute=0)  # 09:00 in New York
    waits = buy(10, "100", **SILENT)
    limit = buy(5, "50", limit_price=Decimal(49), **SILENT)
    day = life.trade(AAPL=waits, LIM=limit)
    life.gateway.positions.clear()
    assert (day["pnl"]["complete"], day["pnl"]["total_pnl"]) == (True, 0)
    life.now = life.now.replace(hour=14, minute=44)
    assert life.mark()["pnl"]["complete"] is True
    life.now = life.now.replace(hour=14, minute=45)
    marked = life.mark(status=1)
    all_is_null(marked, "AAPL")
    assert row_or_none(marked, "LIM") is None
    assert "15 minutes into an open session" in row(marked, "AAPL")["unknown_reason"]
    life.run("resolve", "--order", life.order_id("AAPL"), "--not-filled")
    # One placed at 10:00 has until 10:15.
    life.now = life.now.replace(hour=15, minute=0)
    life.trade("--again", MSFT=buy(7, "20", **SILENT))
    life.gateway.positions.clear()
    life.now += timedelta(minutes=14)
    assert life.mark()["pnl"]["complete"] is True
    life.now += timedelta(minutes=1)
    all_is_null(life.mark(status=1), "MSFT")


def test_a_limit_order_of_the_day_ends_with_it(life: Life) -> None:
    """A limit order may work all day, not after the close; one that is good till cancelled may."""
    limit = {**SILENT, "limit_price": Decimal(49)}
    good = {**limit, "detail": {"filled_avg_price": None, "time_in_force": "gtc"}}
    life.trade(DAY=buy(5, "50", **limit), GTC=buy(5, "50", **good))
    life.gateway.positions.clear()
    at_close(life)
    marked = life.mark(status=1)
    all_is_null(marked, "DAY")
    assert row_or_none(marked, "GTC") is None
    # An order from after the close has until the next session's.
    life.run("resolve", "--order", life.order_id("DAY"), "--not-filled")
    life.trade("--again", LATE=buy(5, "50", **limit))
    life.gateway.positions.clear()
    assert life.mark()["pnl"]["complete"] is True
    next_morning(life)
    assert life.trade(AAPL=NO_ORDER)["pnl"]["complete"] is True
    at_close(life)
    all_is_null(life.mark(status=1), "LATE")


def test_a_fill_without_a_price(life: Life) -> None:
    """Ten shares are there and nobody says for how much: no figure of them, and the run warns."""
    unpriced = {"status": "filled", "detail": {"filled_qty": "10", "filled_avg_price": None}}
    day = life.trade(WAIT=buy(10, None, **unpriced), AAPL=buy(1, "100"))
    all_is_null(day, "WAIT")
    assert figures(row(day, "AAPL"), "qty realized_pnl total_pnl") == amounts("1 0 0")
    assert says(told(day), "10 filled without a price", f"--order {life.order_id('WAIT')}")
    all_is_null(life.mark(status=1), "WAIT")
    # A person tells, and the book is whole.
    life.gateway.hold("WAIT", "10", "100", "104")
    marked = life.resolve("--order", life.order_id("WAIT"), "--filled", "10@100")
    assert figures(row(marked, "WAIT"), "qty avg_entry_price total_pnl") == amounts("10 100 40")
    assert life.mark()["pnl"]["total_pnl"] == 40


def test_an_order_that_cannot_be_read(life: Life) -> None:
    """GET order 500: the run is saved with exit 1, nothing is stated; so each mark, until it answers."""
    life.gateway.always("GET", ORDERS + "/*", plain_500())
    day = life.trade(AAPL=buy(10, "100"), status=1)
    all_is_null(day, "AAPL")
    assert life.entries("AAPL") == []
    all_is_null(life.mark(status=1), "AAPL")
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    all_is_null(day, "AAPL")
    assert says(told(day), "could not be read", life.order_id("AAPL"))
    life.gateway.always("GET", ORDERS + "/*", Answer())
    life.prices(AAPL="101")
    assert life.mark()["pnl"]["total_pnl"] == 10


def test_a_working_order_that_cannot_be_read_leaves_a_whole_valuation(life: Life) -> None:
    """What was valued whole before is not replaced by less: exit 1, and nothing is written."""
    gtc = {"limit_price": Decimal(99), "status": "new", "detail": {"time_in_force": "gtc", "filled_qty": "0"}}
    life.trade(AAPL=buy(10, None, **gtc), MSFT=buy(5, "200"))
    kept = life.rows("sessions")
    life.gateway.always("GET", f"{ORDERS}/{life.order_id('AAPL')}", plain_500())
    life.run("mark", status=1)
    assert "can't be valued anew" in life.last.stderr
    assert life.rows("sessions") == kept


def test_a_doubt_ends_with_a_persons_word(life: Life) -> None:
    """An order without an id is not known until it is said what it filled; then it is booked, no doubt."""
    day = life.trade(AAPL=buy(10, None, mapping=LOST), MSFT=buy(5, "200"), status=2)
    all_is_null(day, "AAPL")
    assert figures(row(day, "MSFT"), "qty total_pnl") == amounts("5 0")
    all_is_null(life.mark(status=1), "AAPL")
    listed = life.run("resolve").stdout
    assert "resolve --order AAPL@2025-01-06 --filled QTY@PRICE" in listed
    # Three sessions later it is still said, in each report.
    for _ in range(3):
        life.next_session()
        day = life.trade(MSFT=NO_ORDER)
        all_is_null(day, "AAPL")
        assert says(told(day), "AAPL@2025-01-06")
    life.gateway.hold("AAPL", "10", "100", "107")
    marked = life.resolve("--order", "AAPL@2025-01-06", "--filled", "10@100")
    assert figures(row(marked, "AAPL"), "qty avg_entry_price total_pnl") == amounts("10 100 70")
    (first,) = [each for each in life.rows("trades") if each["session"] == "2025-01-06"]
    assert (first["in_doubt"], "AAPL@2025-01-06 filled 10 at 100, said by" in first["settled"]) == (0, True)
    assert "Nothing is open" in life.run("resolve").stdout
    # The gateway is not asked for it, and the next session knows it.
    life.next_session()
    day = life.trade(AAPL=sell(10, "110"))
    assert figures(row(day, "AAPL"), "qty realized_pnl") == amounts("0 100")


def test_a_doubt_that_was_not_filled(life: Life) -> None:
    """Said so, it counts as rejected, and the symbol has figures again: none of it is held."""
    life.trade(AAPL=buy(10, None, mapping=LOST), MSFT=buy(5, "200"), status=2)
    marked = life.resolve("--order", "AAPL@2025-01-06", "--not-filled")
    assert (marked["pnl"]["complete"], marked["pnl"]["total_pnl"]) == (True, 0)
    outcomes = {each["symbol"]: each["outcome"] for each in marked["orders"]}
    assert outcomes == {"AAPL": "rejected", "MSFT": "accepted"}
    assert "Nothing is open" in life.run("resolve").stdout


def test_an_attempt_whose_outcome_is_not_known(life: Life) -> None:
    """Its answer is lost: the symbols that it asked for have no figures until it is settled."""
    life.trade(MSFT=buy(5, "200"), AAPL=buy(10, "100"))
    life.next_session()
    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", hang_up=True)])
    life.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    life.platform.plan = {"AAPL": buy(3, "100")}
    life.run("--symbols", "AAPL", status=2)
    marked = life.mark(status=1)
    all_is_null(marked, "AAPL")
    assert figures(row(marked, "MSFT"), "qty total_pnl") == amounts("5 0")
    assert says(told(marked), "resolve 2025-01-07 --placed")


def test_a_word_that_is_none(life: Life) -> None:
    """An order that is not ours, no quantity, no price, several things at once: exit 3, nothing booked."""
    life.trade(AAPL=buy(10, "100"))
    order, before = life.order_id("AAPL"), life.rows("entries")
    for words, said in (
        (("--order", "nobody", "--filled", "1@2"), "has no order"),
        (("--order", order, "--filled", "10"), "no quantity and price"),
        (("--order", order, "--filled", "0@5"), "no quantity and price"),
        (("--order", order, "--filled", "5@0"), "no quantity and price"),
        (("--order", order, "--filled", "-5@1"), "no quantity and price"),
        (("--order", order, "--filled", "1e3@1"), "no quantity and price"),
        (("--filled", "1@2"), "go with one --order"),
        (("--order", order, "--order", "b", "--not-filled"), "go with one --order"),
        (("--order", order, "--not-filled", "--filled", "1@2"), "goes with nothing else"),
        (("--order", order, "--not-filled", "--placed"), "goes with nothing else"),
        (("2025-01-06", "--order", order, "--not-filled"), "goes with nothing else"),
        (("--order", " ", "--not-filled"), "--order: ' ' is no id"),
        (("2025-01-06", "--placed", "--order", ""), "--order: '' is no id"),
        (("2025-01-06", "--placed", "--run-id", ""), "--run-id: '' is no id"),
        (("--position", "AAPL", "--position", "aapl=2@2"), "AAPL stands with a quantity and without"),
    ):
        life.run("resolve", *words, status=3)
        assert said in life.last.stderr, words
    assert life.rows("entries") == before


def test_only_the_newest_orders_are_read_again(life: Life) -> None:
    """Of 503 that work, 500 are read; the rest is counted in one warning, and mark --stale reads all."""
    gtc = {"limit_price": Decimal(9), "status": "new", "detail": {"time_in_force": "gtc", "filled_qty": "0"}}
    life.trade(**{f"A{number}": buy(1, None, **gtc) for number in range(503)})
    life.gateway.positions.clear()
    before = {number: life.reads_of(life.order_id(f"A{number}")) for number in (0, 2, 3, 502)}
    life.next_session()
    day = life.trade(AAPL=NO_ORDER)
    assert says(told(day), "3 more orders of earlier attempts were not read", "mark --stale")
    again = {number: life.reads_of(life.order_id(f"A{number}")) - reads for number, reads in before.items()}
    assert again == {0: 0, 2: 0, 3: 1, 502: 1}
    # What was not read is not known.
    assert [each["symbol"] for each in day["pnl"]["positions"] if each["qty"] is None] == ["A0", "A1", "A2"]
    marked = life.mark("--stale")
    assert not says(told(marked), "were not read")
    assert marked["pnl"]["complete"] is True
    assert life.reads_of(life.order_id("A0")) == before[0] + 1
