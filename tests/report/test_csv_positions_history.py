import csv
import io
from decimal import Decimal

from builders import days, documents
from builders.sessions import history, line
from builders.stated import positions_csv
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book.days import rounded
from paper_run.model.history import SessionLine
from paper_run.report.csv_tables import HISTORY_COLUMNS, POSITION_COLUMNS, history_csv
from paper_run.report.text import printable

AMOUNTS = st.none() | st.decimals(-(10**15), 10**15, places=4)
FOREIGN = st.text(st.characters(exclude_categories=()) | st.sampled_from("=+-@'\t\r\n\",\x00\ud800"))


def position(symbol, **fields):
    """Return an open position as a result document has it."""
    return {
        "symbol": symbol,
        "qty": Decimal("-12.5"),
        "avg_entry_price": Decimal("150.2537125"),
        "mark_price": Decimal("149.10"),
        "price_source": "quote",
        "price_time": "2025-01-17T15:59:58-05:00",
        "price_age_seconds": 62,
        "unpriced_reason": None,
        "market_value": Decimal("-1863.75"),
        "realized_pnl": Decimal("0.00"),
        "unrealized_pnl": Decimal("14.42"),
        "total_pnl": Decimal("14.42"),
        "day_pnl": Decimal("-3.10"),
        "orders_in_flight": False,
        "gateway": {
            "qty": Decimal("-12"),
            "avg_entry_price": Decimal("150.25"),
            "realized_pl": Decimal("1E+2"),
            "unrealized_pl": None,
        },
        "differences": [
            {
                "field": "qty",
                "ours": Decimal("-12.5"),
                "gateway": Decimal(-12),
                "difference": Decimal("-0.5"),
            },
            {
                "field": "realized_pl",
                "ours": Decimal(0),
                "gateway": Decimal(100),
                "difference": Decimal(-100),
            },
        ],
    } | fields


def document(*positions, **fields):
    return {
        "session": "2025-01-17",
        "kind": "run",
        "trade": 2,
        "sandbox": True,
        "pnl": {"positions": list(positions)},
    } | fields


def read(table):
    return list(csv.DictReader(io.StringIO(table, newline="")))


def number(cell):
    """The amount of a cell, None for an empty one."""
    return Decimal(cell) if cell else None


# Positions


def test_a_position_is_a_row_with_the_gateways_word_beside_ours():
    """Columns in their order, digits exact, a negative number still a number, true and false as words."""
    table = positions_csv(document(position("AAPL")))
    assert table == (
        "session,kind,trade,symbol,qty,avg_entry_price,mark_price,price_source,price_time,price_age_seconds,"
        "market_value,realized_pnl,unrealized_pnl,total_pnl,day_pnl,orders_in_flight,unpriced_reason,"
        "gateway_qty,gateway_avg_entry_price,gateway_realized_pl,gateway_unrealized_pl,differences,label,"
        "unknown_reason,broker_qty,broker_avg_entry_price,broker_price,broker_market_value,"
        "broker_price_effect,broker_differences\r\n"
        "2025-01-17,run,2,AAPL,-12.5,150.2537125,149.10,quote,2025-01-17T15:59:58-05:00,62,"
        "-1863.75,0.00,14.42,14.42,-3.10,false,,"
        "-12,150.25,100,,qty realized_pl,SANDBOX - simulated prices,,,,,,,\r\n"
    )


def test_what_is_not_known_is_an_empty_cell():
    """What a position has no price for, what the gateway does not list and a mark's trade are empty."""
    unpriced = position(
        "AAPL",
        mark_price=None,
        market_value=None,
        unrealized_pnl=None,
        unpriced_reason="crossed quote",
        orders_in_flight=True,
        gateway=None,
        differences=[],
    )
    (row,) = read(positions_csv(document(unpriced, kind="mark", trade=None, sandbox=False)))
    empty = {name for name, cell in row.items() if not cell}
    assert empty == {
        *("trade", "label", "mark_price", "market_value", "unrealized_pnl", "differences", "unknown_reason"),
        *("gateway_qty", "gateway_avg_entry_price", "gateway_realized_pl", "gateway_unrealized_pl"),
        *("broker_qty", "broker_avg_entry_price", "broker_price", "broker_market_value"),
        *("broker_price_effect", "broker_differences"),
    }
    assert row["orders_in_flight"] == "true"
    assert row["unpriced_reason"] == "crossed quote"


def test_a_symbol_that_is_not_known_says_why_and_has_no_figure():
    """Its quantity is an empty cell, not a zero: that would be a closed position."""
    rows = {row["symbol"]: row for row in read(positions_csv(days.not_known_day()))}
    row = rows["AAPL"]
    figures = (
        "qty",
        "avg_entry_price",
        "market_value",
        "realized_pnl",
        "unrealized_pnl",
        "total_pnl",
        "day_pnl",
    )
    assert {row[name] for name in figures} == {""}
    assert row["unknown_reason"] == "buy 133 AAPL still works 15 minutes into an open session"
    assert rows["NVDA"]["qty"] == "0"


def test_without_a_book_there_is_a_header():
    """A rehearsal has no book: its table names the columns and holds no row."""
    header = ",".join(POSITION_COLUMNS) + "\r\n"
    assert positions_csv(document(pnl=None)) == header
    assert positions_csv(document()) == header


@given(FOREIGN, FOREIGN, AMOUNTS, AMOUNTS)
def test_any_position_round_trips(symbol, reason, qty, price):
    """Python's csv reads each amount back digit for digit and each text as far as it can be written."""
    made = position(symbol, unpriced_reason=reason, qty=qty, mark_price=price)
    table = positions_csv(document(made, position("LAST")))
    table.encode("utf-8")
    row, last = read(table)
    assert row["symbol"].removeprefix("'") == printable(symbol)
    assert row["unpriced_reason"].removeprefix("'") == printable(reason)
    assert number(row["qty"]) == qty
    assert number(row["mark_price"]) == price
    assert last["symbol"] == "LAST"


def test_a_hostile_position_is_no_formula_and_stays_one_row():
    """Text that a spreadsheet would run is written with an apostrophe in front, wherever it comes from."""
    attack = position("=1+1", unpriced_reason="@SUM(A1)", price_time="+1", price_source=documents.HOSTILE)
    (row,) = read(positions_csv(document(attack)))
    assert [row[name] for name in ("symbol", "unpriced_reason", "price_time")] == [
        *("'=1+1", "'@SUM(A1)", "'+1"),
    ]
    assert row["price_source"] == printable(documents.HOSTILE)
    assert None not in row


# History


def test_a_session_is_a_row_with_each_trades_status():
    """The columns have their order, money its digits, what is not known an empty cell."""
    lines = [
        line("2025-01-02", "-20.50", drawdown=Decimal("-0.000205"), marked=True),
        line("2025-01-03", attempts=((1, "failed"), (2, "success")), book=2),
        line("2025-01-06", attempts=(), book=2),
    ]
    assert history_csv(lines) == (
        "session,statuses,complete,day_pnl,total_pnl,closing,daily_return,drawdown,marked,book\r\n"
        "2025-01-02,1:success,true,-20.50,-20.50,99979.50,-0.000205,-0.000205,true,1\r\n"
        "2025-01-03,1:failed 2:success,false,,,,,,false,2\r\n"
        "2025-01-06,,false,,,,,,false,2\r\n"
    )


def test_a_history_without_sessions_is_a_header():
    """The table of an empty history still names its columns."""
    assert history_csv([]) == ",".join(HISTORY_COLUMNS) + "\r\n"


SESSION_LINES = st.builds(
    SessionLine,
    session=FOREIGN,
    attempts=st.lists(st.tuples(st.integers(1, 99), FOREIGN), max_size=3).map(tuple),
    complete=st.booleans(),
    day_pnl=AMOUNTS,
    total_pnl=AMOUNTS,
    closing=AMOUNTS,
    daily_return=AMOUNTS,
    drawdown=AMOUNTS,
    marked=st.booleans(),
    book=st.integers(1, 9),
)


@given(st.lists(SESSION_LINES, max_size=5))
def test_any_history_round_trips(lines):
    """Each session is one row in its order, amounts digit for digit, ratios of six digits, truth in words."""
    table = history_csv(lines)
    table.encode("utf-8")
    rows = read(table)
    assert len(rows) == len(lines)
    for row, each in zip(rows, lines, strict=True):
        assert row["session"].removeprefix("'") == printable(each.session)
        for name in ("day_pnl", "total_pnl", "closing"):
            assert number(row[name]) == getattr(each, name)
        for name in ("daily_return", "drawdown"):
            assert number(row[name]) == rounded(getattr(each, name))
        assert int(row["book"]) == each.book
        assert (row["complete"], row["marked"]) == (str(each.complete).lower(), str(each.marked).lower())


def test_a_year_of_sessions_is_in_order():
    """Rows come as the lines do, one each."""
    lines = history(260)
    assert [row["session"] for row in read(history_csv(lines))] == [each.session for each in lines]
