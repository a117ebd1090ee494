"""The book in the ledger: an older ledger's trades come into it, a replay of its entries is the same book."""

import sqlite3
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import attempts
from builders.attempts import a_snapshot, begun
from builders.moments import NOON, SESSION
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.book import folding, splits
from paper_run.book.holdings import Entry
from paper_run.book.marks import Mark
from paper_run.book.valuation import value
from paper_run.ledger import existing, rows
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.sqlite import database, schema, store
from paper_run.ledger.valuations import Closing
from paper_run.model.order import OrderState
from paper_run.model.place import Place
from paper_run.model.service import Position
from paper_run.report import csv_tables

TUESDAY = date(2025, 1, 21)
ENDED = ("filled", "canceled")
NOTHING = Closing({}, {})
"""A closing besides which nothing is kept."""


def order(**changes: Any) -> OrderState:
    """Return a buy order of 10 AAPL, filled at 100."""
    return attempts.order("a1", **{"filled_avg_price": Decimal(100), **changes})


def closed(ledger: Ledger, *states: OrderState, session: date = SESSION, **changes: Any) -> None:
    """Keep an attempt that was placed, with its orders."""
    row = begun(ledger, session, **changes)
    ledger.attempts.record(row, state="closed", document=row.document, in_doubt=0, states=states)


def older(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a ledger of the first version with one closed trade and its filled order."""
    monkeypatch.setattr(database, "MIGRATIONS", schema.MIGRATIONS[:1])
    connection = store.connect(path / database.FILE_NAME).connection
    columns = {
        **rows.snapshot_columns(a_snapshot()),
        "id": 1,
        "number": 1,
        "key": "k",
        "state": "closed",
        "started_at": NOON.isoformat(),
        "in_doubt": 0,
        "document": '{"status": "partial"}',
    }
    del columns["broker_before"], columns["arrivals"]
    marks = ", ".join(f":{name}" for name in columns)
    connection.execute(f"INSERT INTO trades ({', '.join(columns)}) VALUES ({marks})", columns)
    later = ("order_type", "time_in_force", "filled_at", "filled_dollars", "told_by")
    state = {name: value for name, value in rows.order_columns(order()).items() if name not in later}
    state["trade"] = 1
    marks = ", ".join(f":{name}" for name in state)
    connection.execute(f"INSERT INTO orders ({', '.join(state)}) VALUES ({marks})", state)
    connection.close()
    monkeypatch.undo()


def test_the_fills_of_an_older_ledger_come_into_the_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger without a book is upgraded: its attempt begins one, its fill is booked, its end is known."""
    older(tmp_path, monkeypatch)
    with Ledger(tmp_path) as ledger:
        opener = ledger.books.opens_with()
        assert opener == 1
        period = ledger.books.open_period(ledger.attempts.by_id(opener), NOON, priced=True)
        assert (period.base, period.session) == (Decimal(100000), SESSION)
        assert ledger.open_orders.book_fills(period, SESSION, NOON, ENDED, datetime.date) == []
        assert ledger.books.current(period).book.holdings["AAPL"].qty == 10
        (line,) = ledger.sessions.lines()
        assert line.attempts == ((1, "partial"),)


def test_an_older_ledger_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sessions have right dates until somebody says otherwise; each record of it can be read."""
    older(tmp_path, monkeypatch)
    before = SESSION - timedelta(days=1)
    with Ledger(tmp_path) as ledger:
        ledger.prove_whole()
        assert ledger.fences.traded_after(before) == [SESSION]
        assert ledger.fences.traded_after(SESSION) == []
        ledger.fences.set_aside(SESSION, "by jo")
        assert ledger.attempts.by_id(1).wrong_date == "by jo"
        assert ledger.fences.traded_after(before) == []


def test_an_older_ledger_that_may_only_be_read_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its copy is upgraded."""
    older(tmp_path, monkeypatch)
    content = (tmp_path / database.FILE_NAME).read_bytes()
    monkeypatch.setattr(existing, "may_write", lambda _: False)
    with existing.read(Place(tmp_path), NOON) as ledger:
        assert [line.session for line in ledger.sessions.lines()] == [str(SESSION)]
        assert ledger.name == str(tmp_path / database.FILE_NAME)
    assert (tmp_path / database.FILE_NAME).read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == [database.FILE_NAME]


@pytest.mark.parametrize("state", ["sent", "unsettled", "nothing"])
def test_a_trade_that_is_not_known_to_be_placed_begins_no_book(tmp_path: Path, state: str) -> None:
    """Its capital is nobody's base, and what it may have filled is in no book."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
        ledger.attempts.record(row, state=state, document=row.document, in_doubt=0)
        assert ledger.books.opens_with() is None


def test_a_rehearsal_begins_no_book(tmp_path: Path) -> None:
    """Nothing was executed."""
    with Ledger(tmp_path) as ledger:
        closed(ledger, order(), rehearsal=True)
        assert ledger.books.opens_with() is None
        assert ledger.open_orders.followed() == []


def test_a_wiped_account_begins_a_new_book(tmp_path: Path) -> None:
    """After the end of a book its orders are not followed; the next attempt is the new one's first."""
    with Ledger(tmp_path) as ledger:
        closed(ledger, order(status="new", filled_qty=None, filled_avg_price=None))
        first = ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        assert len(ledger.open_orders.followed()) == 1
        ledger.books.close_period("by ann")
        assert (ledger.books.period(), ledger.books.opens_with(), ledger.open_orders.followed()) == (
            None,
            None,
            [],
        )
        closed(ledger, order(client_order_id="b2"), session=TUESDAY)
        assert ledger.books.opens_with() == 2
        second = ledger.books.open_period(ledger.attempts.by_id(2), NOON, priced=True)
        assert second.id > first.id
        assert [period.session for period in ledger.books.periods()] == [SESSION, TUESDAY]


def test_holdings_from_before_wait_for_a_price_where_quotes_price_them(tmp_path: Path) -> None:
    """With a quote source the gateway's price is not what they are valued at, so it says nothing of them."""
    held = Position(
        symbol="XYZ",
        qty=Decimal(10),
        avg_entry_price=Decimal(90),
        current_price=Decimal(100),
        unrealized_pl=None,
        realized_pl=Decimal(7),
    )
    for priced, cost in ((True, 1000), (False, 0)):
        folder = tmp_path / str(priced)
        folder.mkdir()
        with Ledger(folder) as ledger:
            closed(ledger, positions=(held,))
            period = ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=priced)
            holding = ledger.books.current(period).book.holdings["XYZ"]
            assert (holding.qty, holding.cost, bool(holding.waiting)) == (10, cost, not priced)
            assert period.realized == {"XYZ": Decimal(7)}


@settings(max_examples=25)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["AAPL", "MSFT"]),
            st.integers(-50, 50).filter(bool),
            st.decimals("0.01", "999", places=4),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_replay_is_the_same_book(
    steps: list[tuple[str, int, Decimal, bool]], tmp_path_factory: Any
) -> None:
    """Gone on from where it was valued, or from all entries: the same book, digit for digit."""
    with Ledger(tmp_path_factory.mktemp("replay")) as ledger:
        closed(ledger)
        period = ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        day = SESSION
        for symbol, shares, price, is_valued in steps:
            qty = Decimal(shares)
            ledger.books.append(period, day, [Entry("fill", symbol, qty, qty * price)], NOON)
            if not is_valued:
                continue
            standing = ledger.books.current(period)
            marks = {name: Mark(price, "gateway", None) for name in standing.book.holdings}
            valued = value(standing.book, marks, period.base, ledger.books.opening(period, day))
            ledger.books.valuations.keep(period.id, day, standing.last, standing.book, valued, NOTHING)
            day = date.fromordinal(day.toordinal() + 1)
        entries, _ = ledger.books.entries_after(period)
        assert folding.fold(entries) == ledger.books.current(period).book


def test_the_files_table_is_the_historys(tmp_path: Path) -> None:
    """What is written without the csv module is what it would write: attempts, gaps, marks, more trades."""
    with Ledger(tmp_path) as ledger:
        assert csv_tables.history_file(ledger.sessions.table()) == csv_tables.history_csv([])
        failed = begun(ledger)
        ledger.attempts.record(failed, state="nothing", document="{}", status="failed", in_doubt=0)
        for number, status in ((1, "success"), (2, "partial")):
            row = begun(ledger, number=number)
            ledger.attempts.record(
                row, state="closed", document="{}", status=status, in_doubt=0, states=(order(),)
            )
        begun(ledger, TUESDAY)
        period = ledger.books.open_period(ledger.attempts.by_id(2), NOON, priced=True)
        ledger.open_orders.book_fills(period, SESSION, NOON, ENDED, datetime.date)
        standing = ledger.books.current(period)
        for day, marks in ((SESSION, {"AAPL": Mark(Decimal("99.5"), "gateway", None)}), (TUESDAY, {})):
            valued = value(standing.book, marks, period.base, ledger.books.opening(period, day))
            ledger.books.valuations.keep(period.id, day, standing.last, standing.book, valued, NOTHING)
        ledger.sessions.keep_mark(SESSION, "{}")
        lines = ledger.sessions.lines()
        assert csv_tables.history_file(ledger.sessions.table()) == csv_tables.history_csv(lines)
        assert [(line.attempts, line.day_pnl, line.marked) for line in lines] == [
            (((1, "success"), (2, "partial")), -5, True),
            (((1, "unknown"),), None, False),
        ]


def test_only_the_books_that_are_gone_on_from_are_kept(tmp_path: Path) -> None:
    """Forty sessions leave forty rows of figures, and the books of the last thirty."""
    with Ledger(tmp_path) as ledger:
        closed(ledger, order())
        period = ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        ledger.open_orders.book_fills(period, SESSION, NOON, ENDED, datetime.date)
        for number in range(40):
            day = date.fromordinal(SESSION.toordinal() + number)
            standing = ledger.books.current(period)
            marks = {"AAPL": Mark(Decimal(100 + number), "gateway", None)}
            valued = value(standing.book, marks, period.base, ledger.books.opening(period, day))
            ledger.books.valuations.keep(period.id, day, standing.last, standing.book, valued, NOTHING)
        figures = ledger.sessions.lines()
        assert [line.day_pnl for line in figures] == [0] + [10] * 39
        assert figures[-1].total_pnl == 390
    connection = sqlite3.connect(tmp_path / database.FILE_NAME)
    assert connection.execute("SELECT COUNT(*), COUNT(state) FROM sessions").fetchone() == (40, 30)
    connection.close()


def test_the_marks_of_an_older_ledger_are_given_to_their_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two books that were valued in a session the mark is of the one whose beginning it states."""
    monkeypatch.setattr(database, "MIGRATIONS", schema.MIGRATIONS[:3])
    connection = store.connect(tmp_path / database.FILE_NAME).connection
    connection.executescript("""
        INSERT INTO trades (id, session, number, key, state, rehearsal, in_doubt, sandbox, started_at,
            parameters, positions, health, notices, document, status) VALUES
            (1, '2025-01-17', 1, 'a', 'closed', 0, 0, 0, '', '{}', '[]', '[]', '[]', '{}', 'success'),
            (2, '2025-01-21', 1, 'b', 'closed', 0, 0, 0, '', '{}', '[]', '[]', '[]', '{}', 'success');
        INSERT INTO epochs VALUES (1, 1, '2025-01-17', '100000', '{}', 1, 'by us'),
            (2, 2, '2025-01-21', '100000', '{}', NULL, NULL);
        INSERT INTO sessions (epoch, session, entry, complete, opening, realized, gains, traded) VALUES
            (1, '2025-01-17', 0, 0, '0', '0', '0', '0'), (1, '2025-01-21', 0, 0, '0', '0', '0', '0'),
            (2, '2025-01-21', 0, 0, '0', '0', '0', '0');
        INSERT INTO marks VALUES ('2025-01-17', 'not JSON'),
            ('2025-01-21', '{"pnl": {"since": "2025-01-17"}}');
    """)
    connection.close()
    monkeypatch.undo()
    with Ledger(tmp_path) as ledger:
        lines = [(line.book, line.session, line.marked) for line in ledger.sessions.lines()]
        assert lines == [(1, str(SESSION), True), (1, str(TUESDAY), True), (2, str(TUESDAY), False)]
        assert [ledger.sessions.book(str(TUESDAY), trade) for trade in (None, 1)] == [1, 2]
        ledger.sessions.keep_mark(TUESDAY, "{}")
        assert ledger.sessions.book(str(TUESDAY), None) == 2


def held(
    symbol: str, qty: str, average: str | None, price: str | None, realized: str | None = None
) -> Position:
    """Return a position that was there before the first attempt."""
    amounts = (None if each is None else Decimal(each) for each in (average, price, realized))
    average_price, current, made = amounts
    return Position(symbol, Decimal(qty), average_price, current, None, made)


def entries(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Return what is booked: kind, symbol, shares, dollars."""
    period = ledger.books.period()
    assert period is not None
    return [
        (each.kind, each.symbol, each.qty, each.dollars) for each in ledger.books.entries_after(period)[0]
    ]


@pytest.mark.parametrize(
    ("position", "booked"),
    [
        (held("X", "10", "90", "100"), [("found", "X", 10, 900), ("gain", "X", 0, 100)]),
        (held("X", "-10", "90", "100"), [("found", "X", -10, -900), ("gain", "X", 0, -100)]),
        (held("X", "10", "100", "100"), [("found", "X", 10, 1000), ("gain", "X", 0, 0)]),
        (held("X", "10", None, "100"), [("found", "X", 10, 1000), ("gain", "X", 0, 0)]),
        (held("X", "10", "0", "0.5"), [("found", "X", 10, 5), ("gain", "X", 0, 0)]),
        (held("X", "10", "90", None), [("found", "X", 10, 900)]),
        (held("X", "10", "90", "0"), [("found", "X", 10, 900)]),
        (held("X", "10", "90", "-1"), [("found", "X", 10, 900)]),
        (held("X", "10", None, None), [("found", "X", 10, 0)]),
        (held("X", "0", "90", "100"), []),
    ],
)
def test_what_was_held_before_costs_what_it_was_worth(
    tmp_path: Path, position: Position, booked: list[tuple[Any, ...]]
) -> None:
    """At the party's average, and with a price what it was worth more; without one it waits."""
    with Ledger(tmp_path) as ledger:
        closed(ledger, positions=(position,))
        ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        assert entries(ledger) == booked
        notes = [tuple(row) for row in ledger.books._rows("SELECT note, session, booked_at FROM entries")]
        assert notes == [("held before the first attempt", "2025-01-17", NOON.isoformat())] * len(booked)


def test_what_stands_beside_the_book_is_not_taken_over(tmp_path: Path) -> None:
    """Unless it is what the attempt was about; what the gateway had realized of it is kept all the same."""
    with Ledger(tmp_path) as ledger:
        positions = tuple(held(name, "1", "1", None, "3") for name in ("AAPL", "BTCUSD", "XYZ"))
        closed(
            ledger, positions=(*positions, held("NONE", "1", "1", None), held("ZERO", "1", "1", None, "0"))
        )
        beside = {"AAPL", "BTCUSD"}
        period = ledger.books.open_period(
            ledger.attempts.by_id(1), NOON, priced=True, is_beside=beside.__contains__
        )
        assert [each[1] for each in entries(ledger)] == ["AAPL", "XYZ", "NONE", "ZERO"]
        assert period.realized == {"AAPL": 3, "BTCUSD": 3, "XYZ": 3}
        assert (period.id, period.attempt, period.session, period.base) == (1, 1, SESSION, 100_000)


def test_without_a_word_nothing_stands_beside_the_book(tmp_path: Path) -> None:
    """A coin is a holding like any other."""
    with Ledger(tmp_path) as ledger:
        closed(ledger, positions=(held("BTCUSD", "1", "1", None),))
        ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        assert [each[1] for each in entries(ledger)] == ["BTCUSD"]


def test_a_book_is_ended_with_all_that_was_traded(tmp_path: Path) -> None:
    """Nothing of it is followed; the next begins with an attempt after it, and a rehearsal is none."""
    with Ledger(tmp_path) as ledger:
        assert (ledger.books.period(), ledger.books.periods(), ledger.books.ended_with()) == (None, [], 0)
        closed(ledger, order(status="new"))
        closed(ledger, order(client_order_id="b2"), session=TUESDAY)
        ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        assert ledger.books.ended_with() == 0
        ledger.books.close_period("by ann")
        assert (ledger.books.ended_with(), ledger.books.opens_with()) == (2, None)
        (row,) = ledger.books._rows("SELECT last_trade, closed FROM epochs")
        assert tuple(row) == (2, "by ann")
        assert {row["followed"] for row in ledger.books._rows("SELECT followed FROM orders")} == {0}
        ledger.books.close_period("by jo")  # there is none to end
        assert len(ledger.books.periods()) == 1


def test_a_book_that_was_never_begun_can_be_ended(tmp_path: Path) -> None:
    """Its first attempt was placed, and nobody ever knew its orders: the next book begins after it."""
    with Ledger(tmp_path) as ledger:
        closed(ledger)
        ledger.books.close_period("by ann")
        (ended,) = ledger.books.periods()
        assert (ended.attempt, ended.session, ended.base, ended.realized) == (1, SESSION, 100_000, {})
        assert (ledger.books.period(), ledger.books.opens_with(), ledger.books.ended_with()) == (
            None,
            None,
            1,
        )


def test_entries_keep_what_they_say_of_themselves(tmp_path: Path) -> None:
    """When they took effect, of which order, by which ratio, and whether they restate it."""
    with Ledger(tmp_path) as ledger:
        closed(ledger, order())
        period = ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        split = Entry("split", "AAPL", Decimal(10), Decimal(0), "2025-01-16", ratio=splits.ratio("2:1"))
        ledger.books.append(period, TUESDAY, [split], NOON, note="2:1 by ann")
        fill = Entry("fill", "AAPL", Decimal("1E+1"), Decimal("2E+2"))
        ledger.books.append(period, TUESDAY, [fill], NOON, client_order_id="a1", restates=True)
        found, last = ledger.books.entries_after(period)
        assert found == [
            split._replace(id=1),
            fill._replace(id=2, effective="2025-01-21", order="a1", restates=True),
        ]
        assert last == 2
        assert ledger.books.entries_after(period, 1) == (found[1:], 2)
        assert ledger.books.entries_after(period, 2) == ([], 2)
        (row,) = ledger.books._rows("SELECT qty, dollars FROM entries WHERE id = 2")
        assert tuple(row) == ("10", "200")
        assert ledger.books.entries_since(period, "2025-01-20") == found[1:]
        assert ledger.books.entries_since(period, "2025-01-15") == found
        assert ledger.books.entries_since(period, "2025-01-16") == found[1:]
        assert ledger.books.entries_since(period, "2025-01-21") == []


def test_what_came_late_folds_the_book_anew(tmp_path: Path) -> None:
    """Friday's fill that is learned on Tuesday, after Tuesday's split was booked, is split too."""
    with Ledger(tmp_path) as ledger:
        closed(ledger)
        period = ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        split = Entry("split", "AAPL", Decimal(0), Decimal(0), ratio=splits.ratio("2:1"))
        ledger.books.append(period, TUESDAY, [split], NOON)
        standing = ledger.books.current(period)
        valued = value(standing.book, {}, period.base, None)
        ledger.books.valuations.keep(period.id, TUESDAY, standing.last, standing.book, valued, NOTHING)
        late = Entry("fill", "AAPL", Decimal(10), Decimal(1000), "2025-01-17")
        ledger.books.append(period, TUESDAY, [late], NOON)
        assert ledger.books.current(period).book.holdings["AAPL"].qty == 20
        assert ledger.books.current(period).last == 2


def test_splits_of_a_session_go_before_its_fills_also_from_a_kept_book(tmp_path: Path) -> None:
    """Tuesday's sale was booked before its split: 5 of 20, not of 10."""
    with Ledger(tmp_path) as ledger:
        closed(ledger)
        period = ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        ledger.books.append(period, SESSION, [Entry("fill", "AAPL", Decimal(10), Decimal(1000))], NOON)
        standing = ledger.books.current(period)
        marks = {"AAPL": Mark(Decimal(100), "gateway", None)}
        valued = value(standing.book, marks, period.base, None)
        ledger.books.valuations.keep(period.id, SESSION, standing.last, standing.book, valued, NOTHING)
        sale = Entry("fill", "AAPL", Decimal(-5), Decimal(-275))
        split = Entry("split", "AAPL", Decimal(0), Decimal(0), ratio=splits.ratio("2:1"))
        ledger.books.append(period, TUESDAY, [sale, split], NOON)
        holding = ledger.books.current(period).book.holdings["AAPL"]
        assert (holding.qty, holding.realized) == (15, 25)


def test_whether_the_last_session_was_valued_whole(tmp_path: Path) -> None:
    """This one's or a later one's, of the present book."""
    with Ledger(tmp_path) as ledger:
        assert not ledger.books.is_complete(SESSION)
        closed(ledger)
        period = ledger.books.open_period(ledger.attempts.by_id(1), NOON, priced=True)
        standing = ledger.books.current(period)
        valued = value(standing.book, {}, period.base, None)
        ledger.books.valuations.keep(period.id, SESSION, standing.last, standing.book, valued, NOTHING)
        assert [ledger.books.is_complete(each) for each in (SESSION - timedelta(1), SESSION, TUESDAY)] == [
            True,
            True,
            False,
        ]
        broken = value(standing.book, {}, period.base, None, unknown={"AAPL"})
        ledger.books.valuations.keep(period.id, TUESDAY, standing.last, standing.book, broken, NOTHING)
        assert not ledger.books.is_complete(SESSION)
        ledger.books._run("UPDATE sessions SET complete = 1")
        assert ledger.books.is_complete(SESSION)
        ledger.books.close_period("by ann")
        assert not ledger.books.is_complete(SESSION)
