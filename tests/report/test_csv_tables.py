import csv
import io
from decimal import Decimal

import pytest
from builders import days, documents
from builders.stated import orders_csv
from hypothesis import given
from hypothesis import strategies as st

from paper_run.report.csv_tables import ORDER_COLUMNS, cell
from paper_run.report.text import printable


def read(table):
    return list(csv.DictReader(io.StringIO(table, newline="")))


def test_the_table_has_one_header_and_one_row_an_order():
    """Columns are the order fields in a fixed order, a signal is a row too, lines end in CRLF."""
    table = orders_csv(days.partial_day())
    assert table.split("\r\n")[0] == (
        "session,trade,symbol,side,qty,status,client_order_id,broker_order_id,filled_qty,filled_avg_price,price,price_source,"
        "notional,predicted_return,rank,target_weight,skip_reason,error_message,outcome,label,"
        "arrival_price,arrival_source,arrival_time,arrival_notional,execution_cost,opportunity_cost,shortfall,shortfall_bps,"
        "includes_wait"
    )
    assert [row["symbol"] for row in read(table)] == [each["symbol"] for each in days.partial_day()["orders"]]
    assert table.endswith("\r\n")
    assert table.count("\n") == table.count("\r\n") == 10


def test_a_day_without_orders_is_a_header():
    """The table of an empty day still names its columns."""
    assert orders_csv(days.failed_run()) == ",".join(ORDER_COLUMNS) + "\r\n"


def test_every_figure_comes_back_exactly():
    """Python's csv reads each value back: decimals digit for digit, an absent one as an empty cell."""
    day = {"session": "2025-01-17", "trade": 2, "label": "SANDBOX - simulated prices", "sandbox": True}
    orders = days.partial_day()["orders"]
    for row, order in zip(read(orders_csv({**day, "orders": orders})), orders, strict=True):
        for name in ORDER_COLUMNS:
            value = {**order, **day}.get(name)
            assert row[name] == ("" if value is None else str(value))


def test_numbers_have_no_exponent_and_stay_numbers():
    """All digits are written out, a negative number has no apostrophe, an int is an int."""
    order = documents.order("X", "buy", 1, "2") | {
        "notional": Decimal("1E+5"),
        "predicted_return": Decimal("-1.5E-7"),
        "filled_qty": Decimal("0E-8"),
        "rank": 3,
    }
    row = read(orders_csv({"orders": [order]}))[0]
    assert row["notional"] == "100000"
    assert row["predicted_return"] == "-0.00000015"
    assert row["filled_qty"] == "0.00000000"
    assert row["rank"] == "3"


@pytest.mark.parametrize(
    "attack",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", " =1", "＝1", "-12.5", "=cmd|'/C calc'!A0", "'=1"],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(attack):
    """A text cell is never a formula, and taking one apostrophe away restores it."""
    assert cell(attack) == "'" + attack


@pytest.mark.parametrize("plain", ["AAPL", "BRK.A", "price_fetch_failed: -3", "a=b", "", "1"])
def test_other_text_is_written_as_it_is(plain):
    """Only the first character of a cell can make a formula."""
    assert cell(plain) == plain


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("=+-@'\t\r\n\",\x00\ud800")))
def test_any_text_round_trips_up_to_what_cannot_be_written(foreign):
    """Any reason comes back from Python's csv as printable text, in one cell of one row, and fits UTF-8."""
    table = orders_csv({"orders": [documents.order("X", None, None, None, skip_reason=foreign)]})
    table.encode("utf-8")
    (row,) = read(table)
    assert row["skip_reason"].removeprefix("'") == printable(foreign)
    assert row["outcome"] == ""


def test_a_hostile_day_stays_one_row_an_order():
    """Quotes, line breaks and delimiters in every field don't shift a column."""
    rows = read(orders_csv(days.hostile()))
    assert len(rows) == len(days.hostile()["orders"])
    assert {row["symbol"] for row in rows} == {printable(documents.HOSTILE)}
    assert all(None not in row for row in rows)
