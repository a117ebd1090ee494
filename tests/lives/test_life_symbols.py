"""Each symbol's row of each session through the real command, against an oracle that reads everything."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from support.life import NO_ORDER, Life, amounts, buy, figures, row, sell

from paper_run.book import valuation
from paper_run.ledger.book import CurrentBook
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.sqlite.database import FILE_NAME
from paper_run.ledger.valuations import Closing
from paper_run.trading.valuing import symbol_rows

CENT = Decimal("0.01")
SUMS = (
    "since",
    "last",
    "sessions",
    "gains",
    "long",
    "short",
    "holding_pnl",
    "trading_pnl",
    "trips",
    "won",
    "profit",
    "loss",
)


def _whole(life: Life, book: int) -> list[dict[str, Any]]:
    found = [each for each in life.rows("sessions") if each["epoch"] == book and each["complete"]]
    return sorted(found, key=lambda each: str(each["session"]))


def _trips(life: Life, book: int) -> Iterator[tuple[str, Fraction]]:
    """Each time that a symbol was flat again, and the cash of the time between; splits change no cash."""
    held: dict[str, Fraction] = {}
    cash: dict[str, Fraction] = {}
    entries = [each for each in life.rows("entries") if each["epoch"] == book]
    entries.sort(key=lambda each: (each["effective"] or each["session"], each["ratio"] is None, each["id"]))
    for each in entries:
        symbol, qty, dollars = each["symbol"], Fraction(each["qty"]), Fraction(each["dollars"])
        before = held.get(symbol, Fraction(0))
        if each["ratio"] is not None:
            after, shares = map(Fraction, each["ratio"].split(":"))
            held[symbol] = before * after / shares
            continue
        if before and qty and (before > 0) != (qty > 0) and abs(qty) >= abs(before):
            part = dollars * -before / qty
            yield symbol, cash[symbol] - part
            held[symbol], cash[symbol] = before + qty, -(dollars - part)
            continue
        held[symbol], cash[symbol] = before + qty, cash.get(symbol, Fraction(0)) - dollars


def proved(life: Life, book: int = 1) -> dict[str, Any]:
    """Prove that the state of the last complete session is what all rows and all entries say; return it."""
    sessions = _whole(life, book)
    names = {each["session"] for each in sessions}
    days = [
        each for each in life.rows("symbol_sessions") if each["epoch"] == book and each["session"] in names
    ]
    expected: dict[str, dict[str, Any]] = {}
    for day in sorted(days, key=lambda each: str(each["session"])):
        held, traded = Decimal(day["holding_pnl"]), Decimal(day["trading_pnl"])
        assert held + traded == Decimal(day["day_pnl"])
        so_far = expected.setdefault(day["symbol"], dict.fromkeys(SUMS, 0) | {"since": day["session"]})
        so_far["last"] = day["session"]
        so_far["sessions"] += 1
        so_far["gains"] += Decimal(day["day_pnl"]) > 0
        so_far["long"] += Decimal(day["qty"]) > 0
        so_far["short"] += Decimal(day["qty"]) < 0
        so_far["holding_pnl"] += held
        so_far["trading_pnl"] += traded
    for symbol, earned in _trips(life, book):
        so_far = expected[symbol]
        so_far["trips"] += 1
        so_far["won"] += round(earned, 2) > 0
        so_far["profit" if earned > 0 else "loss"] += Decimal(str(float(round(earned, 2))))
    for each in sessions:
        own = [Decimal(day["day_pnl"]) for day in days if day["session"] == each["session"]]
        assert sum(own) == Decimal(each["day_pnl"]), each["session"]
    kept = json.loads(sessions[-1]["symbols"])
    assert kept.keys() == expected.keys()
    for symbol, written in kept.items():
        found = dict(zip(SUMS, written, strict=False))
        for name in ("since", "last"):
            assert found[name] == expected[symbol].pop(name)
        assert {name: Decimal(found[name]) for name in SUMS[2:]} == expected[symbol]
    return kept


def played(life: Life) -> None:
    """Three sessions: bought, added, flipped, closed; a mark in between."""
    life.prices(AAPL="101", MSFT="52")
    life.trade(AAPL=buy(10, "100"), MSFT=sell(20, "50"))
    life.prices(AAPL="103", MSFT="51")
    life.mark()
    life.next_session()
    life.prices(AAPL="99", MSFT="49")
    life.trade(AAPL=sell(15, "98"), MSFT=buy(20, "49.50"))
    life.next_session()
    life.prices(AAPL="97", MSFT="49")
    life.trade(AAPL=buy(5, "96"), MSFT=buy(8, "48"))


def test_each_symbol_has_a_row_a_session(life: Life) -> None:
    """Quantity, average, mark, P&L and its parts; a second valuation of a session takes the first's place."""
    played(life)
    kept = proved(life)
    rows = [
        (
            each["session"],
            each["symbol"],
            *(Decimal(each[name]) for name in ("qty", "holding_pnl", "trading_pnl")),
        )
        for each in life.rows("symbol_sessions")
    ]
    assert sorted(rows) == [
        ("2025-01-06", "AAPL", 10, 0, 30),
        ("2025-01-06", "MSFT", -20, 0, -20),
        ("2025-01-07", "AAPL", -5, -40, -15),
        ("2025-01-07", "MSFT", 0, 30, 0),
        ("2025-01-08", "AAPL", 0, 15, 0),
        ("2025-01-08", "MSFT", 8, 0, 8),
    ]
    assert kept["AAPL"][8:10] == [2, 1]
    trips = [
        (each["symbol"], each["side"], each["opened"], each["closed"], each["sessions"], Decimal(each["pnl"]))
        for each in life.rows("round_trips")
    ]
    assert sorted(trips) == [
        ("AAPL", "long", "2025-01-06", "2025-01-07", 1, Decimal(-20)),
        ("AAPL", "short", "2025-01-07", "2025-01-08", 1, Decimal(10)),
        ("MSFT", "short", "2025-01-06", "2025-01-07", 1, Decimal(10)),
    ]


def test_the_result_states_them(life: Life) -> None:
    """What is held first; totals, round trips, predictions and the last closings; in a mark as well."""
    played(life)
    document = life.mark()
    symbols = document["symbols"]
    assert [each["symbol"] for each in symbols["rows"]] == ["MSFT", "AAPL"]
    msft, aapl = symbols["rows"]
    assert (msft["qty"], msft["day_pnl"], msft["holding_pnl"], msft["trading_pnl"]) == (8, 8, 0, 8)
    assert (aapl["sessions"], aapl["long"], aapl["short"], aapl["trips"]) == (3, 1, 1, 2)
    assert aapl["history"] == [30, -25, -10]
    assert aapl["hit_rate"] == {"value": None, "n": 3, "minimum": 20}
    assert symbols["round_trips"]["n"] == 3
    assert symbols["round_trips"]["profit_factor"] == {"value": None, "n": 3, "minimum": 10}
    assert symbols["round_trips"]["latest"][0]["pnl"] == 10


def test_marking_again_and_booking_by_hand_are_counted_once(life: Life) -> None:
    """Each valuation writes the session anew: another price, a trade by hand, a closing moved."""
    played(life)
    life.prices(AAPL="95", MSFT="47")
    life.mark("--again")
    proved(life)
    life.resolve("--position", "MSFT=12@47.25")
    proved(life)
    life.next_session()
    life.prices(MSFT="48")
    life.trade(MSFT=sell(12, "48"))
    proved(life)


def test_a_split_said_late_leaves_nothing_of_the_voided_sessions(life: Life) -> None:
    """The sessions from the ex-date on are out; the present one goes on from the last right closing."""
    life.prices(AAPL="500", MSFT="50")
    life.trade(AAPL=buy(10, "500"), MSFT=buy(10, "50"))
    life.next_session()
    life.prices(AAPL="480")
    life.trade(MSFT=sell(10, "52"), AAPL=NO_ORDER)
    split = life.session
    life.next_session()
    life.prices(AAPL="121")
    life.says("AAPL", qty="40")
    life.trade(AAPL=NO_ORDER)
    life.resolve("--split", "AAPL", "4:1", "--ex-date", split)
    kept = proved(life)
    assert kept["AAPL"][2] == 2
    assert kept["MSFT"][8:10] == [1, 1]
    assert [each["session"] for each in life.rows("round_trips")] == [life.session]


def test_the_next_book_begins_with_nothing(life: Life) -> None:
    """After a reset each book has rows, sums and round trips of its own."""
    played(life)
    before = proved(life)
    life.next_session()
    life.gateway.orders.clear()
    life.gateway.positions.clear()
    life.run("resolve", "--reset")
    life.prices(MSFT="204")
    document = life.trade("--again", MSFT=buy(5, "200"))
    assert proved(life) == before
    assert proved(life, 2)["MSFT"][1:3] == [life.session, 1]
    assert document["symbols"]["round_trips"]["n"] == 0


def test_a_symbol_whose_fills_are_not_known_has_no_quantity(life: Life) -> None:
    """Its row has what it came to before, and nothing of now: neither shares nor P&L; it is not closed."""
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    document = life.trade(AAPL=sell(5, None, filled="5", status="filled"))
    (stated,) = document["symbols"]["rows"]
    assert [stated[name] for name in ("symbol", "qty", "total_pnl", "day_pnl")] == ["AAPL", None, None, None]
    assert (stated["sessions"], stated["long"]) == (1, 1)
    page = (life.reports / f"{life.session}_paper_run.html").read_text("utf-8")
    assert 'class="closed"' not in page.partition('id="symbols"')[2].partition("</table>")[0]
    life.fill("AAPL", "5", "101", "filled")
    assert life.mark()["symbols"]["rows"][0]["qty"] == 5


def test_a_session_without_a_price_is_in_no_sum(life: Life) -> None:
    """Its rows stand with what is known; the next complete one goes on from the one before."""
    life.prices(AAPL="101")
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    life.prices(AAPL=None)
    document = life.trade(status=0, AAPL=buy(5, "102"))
    assert row(document, "AAPL")["total_pnl"] is None
    assert document["symbols"]["rows"][0]["holding_pnl"] is None
    assert document["symbols"]["rows"][0]["sessions"] == 1
    life.next_session()
    life.prices(AAPL="105")
    life.trade(AAPL=sell(15, "104"))
    assert proved(life)["AAPL"][2] == 2


@pytest.mark.parametrize("what", ["states", "rows"])
def test_a_ledger_of_an_earlier_version_goes_on(life: Life, what: str) -> None:
    """Without a state everything is read once; without rows the sums begin now, and say since when."""
    played(life)
    with closing(sqlite3.connect(life.reports / FILE_NAME)) as connection:
        connection.execute("UPDATE sessions SET symbols = NULL")
        connection.execute("DELETE FROM round_trips")
        if what == "rows":
            connection.execute("DELETE FROM symbol_sessions")
        connection.commit()
    life.next_session()
    life.prices(MSFT="50")
    document = life.trade(MSFT=sell(8, "49"))
    assert document["symbols"]["round_trips"]["n"] == 4
    (msft,) = (each for each in document["symbols"]["rows"] if each["symbol"] == "MSFT")
    assert msft["since"] == (life.session if what == "rows" else "2025-01-06")
    if what == "states":
        proved(life)


def test_a_day_reads_the_rows_of_its_own_sessions_alone(life: Life) -> None:
    """In the tenth year as in the first: each query finds a book's rows by their session, none reads all."""
    played(life)
    asked: list[str] = []
    with Ledger(life.reports) as ledger:
        period = ledger.books.period()
        assert period is not None
        past = ledger.books.last_valuation(period)
        assert past is not None
        assert past.book is not None
        marks = {name: mark for name in past.written_marks if (mark := past.mark(name))}
        opening = ledger.books.opening(period, past.session)
        valued = valuation.value(past.book, marks, period.base, opening)
        connection = ledger.symbols._store.connection  # type: ignore[attr-defined]
        connection.set_trace_callback(asked.append)
        now = CurrentBook(past.book, past.entry)
        with ledger.transaction():
            symbol_rows.keep(ledger, period, past.session, now, valued, Closing({}, {}), None)
        assert symbol_rows.stated(ledger, period, past.session, valued) is not None
        connection.set_trace_callback(None)
        own = [each for each in asked if "symbol_sessions" in each or "round_trips" in each]
        assert len(own) > 6
        for query in own:
            for step in connection.execute(f"EXPLAIN QUERY PLAN {query}"):
                assert "SCAN" not in step["detail"], query
                if "SEARCH" in step["detail"]:
                    assert re.search(r"session[=<>]", step["detail"]), query
    proved(life)


def test_a_closed_symbol_has_the_same_day_in_both_tables(life: Life) -> None:
    """Nothing moved: its row of symbols says 0.00 as its position does, and no dash."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(10, "100"))
    life.next_session()
    life.trade(AAPL=sell(10, "101"))
    life.next_session()
    day = life.trade(MSFT=buy(1, "100"))
    names = "qty realized_pnl unrealized_pnl total_pnl day_pnl"
    (closed,) = [each for each in day["symbols"]["rows"] if each["symbol"] == "AAPL"]
    assert figures(closed, names) == figures(row(day, "AAPL"), names) == amounts("0 10 0 10 0")
    assert figures(closed, "holding_pnl trading_pnl") == amounts("0 0")
