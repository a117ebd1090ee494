"""Each session's row in a real ledger: what the next valuation goes on from, and which rows count."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from builders.attempts import begun
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.book import benchmark, periods
from paper_run.book.bridge import Money, Opening
from paper_run.book.days import Day, running, unrounded_return
from paper_run.book.drawdowns import fallen
from paper_run.book.holdings import Book, Entry, Holding, Lot
from paper_run.book.marks import Mark
from paper_run.book.splits import Seen
from paper_run.book.valuation import value
from paper_run.ledger import benchmarks
from paper_run.ledger.book import BookPeriod
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.periods import over_benchmark, over_periods
from paper_run.ledger.sqlite import database, store
from paper_run.ledger.sqlite.schema import MIGRATIONS
from paper_run.ledger.valuations import Closing, PastValuation, Valuations
from paper_run.model.periods import Periods

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2025, 1, day) for day in (6, 7, 8, 9))
NOW = datetime(2025, 1, 6, 17, 0, tzinfo=UTC)
NOTHING = Closing({}, {})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger with a book of 100,000 dollars that bought 10 AAPL at 100."""
    with with_book(tmp_path) as ledger:
        yield ledger


@contextmanager
def with_book(folder: Path) -> Iterator[Ledger]:
    with Ledger(folder) as ledger:
        row = begun(ledger, MONDAY)
        ledger.attempts.record(row, state="closed", document=row.document, in_doubt=0)
        period = ledger.books.open_period(ledger.attempts.by_id(1), NOW, priced=True)
        ledger.books.append(period, MONDAY, [Entry("fill", "AAPL", Decimal(10), Decimal(1000))], NOW)
        yield ledger


def period(ledger: Ledger) -> BookPeriod:
    found = ledger.books.period()
    assert found is not None
    return found


def valued(ledger: Ledger, session: date, price: str | None, closing: Closing = NOTHING) -> None:
    """Value a session at a price of AAPL, and keep it."""
    books, book = ledger.books, period(ledger)
    marks = {} if price is None else {"AAPL": Mark(Decimal(price), "gateway", None)}
    standing = books.current(book)
    worth = value(standing.book, marks, book.base, books.opening(book, session))
    books.valuations.keep(book.id, session, standing.last, standing.book, worth, closing)


def sessions(ledger: Ledger, column: str) -> list[Any]:
    return [row[0] for row in ledger.books._rows(f"SELECT {column} FROM sessions ORDER BY session")]


def test_a_book_is_gone_on_from_as_it_was_kept(ledger: Ledger) -> None:
    """Its holdings and cash, what each symbol was believed at, and what may have split."""
    seen = {
        "AAPL": Seen(Decimal("101.50"), "2025-01-06", Decimal(10), Decimal(9), Decimal(11)),
        "MSFT": Seen(Decimal(5), "2025-01-03", Decimal(1), None),
    }
    valued(ledger, MONDAY, "101.50", Closing(seen, {"MSFT": "2025-01-06", "A": "2025-01-03"}, is_closed=True))
    assert ledger.books.last_valuation(period(ledger)) == PastValuation(
        MONDAY,
        1,
        Book({"AAPL": Holding(Decimal(10), Decimal(1000))}, Decimal(-1000), Decimal(1000)),
        seen,
        {"AAPL": Decimal(15)},
        {"A": "2025-01-03", "MSFT": "2025-01-06"},
        is_closed=True,
    )
    (state,) = sessions(ledger, "state")
    assert list(json.loads(state)["suspects"]) == ["A", "MSFT"]
    valued(ledger, MONDAY, None)
    kept = ledger.books.last_valuation(period(ledger))
    assert kept is not None
    assert (kept.totals, kept.is_closed, kept.seen, kept.suspects) == ({"AAPL": None}, False, {}, {})


def test_a_holding_that_waits_for_a_price_is_kept_so(ledger: Ledger) -> None:
    """What it had cost by then is not its cost here; the row has it in cost and cash, as it always had."""
    found = Entry("found", "XYZ", Decimal(2), Decimal(30))
    ledger.books.append(period(ledger), MONDAY, [found], NOW)
    valued(ledger, MONDAY, "100")
    kept = ledger.books.last_valuation(period(ledger))
    assert kept is not None
    assert kept.book is not None
    assert kept.book.holdings["XYZ"] == Holding(Decimal(2), waiting=(Lot("XYZ", Decimal(2), Decimal(30)),))
    assert kept.book.cash == -1000
    (state,) = sessions(ledger, "state")
    assert json.loads(state)["cash"] == "-1030"
    assert json.loads(state)["holdings"]["XYZ"][:4] == ["2", "30", "0", True]


def test_the_last_session_before_a_date(ledger: Ledger) -> None:
    """Or of all; or all from one on, as far as their books are kept."""
    for session, price in ((MONDAY, "100"), (TUESDAY, "101"), (THURSDAY, "102")):
        valued(ledger, session, price)
    closings, book = ledger.books.valuations, period(ledger).id

    def before(text: str | None) -> date | None:
        kept = closings.last(book, text)
        return kept.session if kept else None

    assert before(None) == THURSDAY
    assert [before(f"2025-01-0{day}") for day in (6, 7, 8, 9)] == [None, MONDAY, TUESDAY, TUESDAY]
    assert [each.session for each in closings.from_session(book, "2025-01-07")] == [TUESDAY, THURSDAY]
    ledger.books._run("UPDATE sessions SET state = NULL WHERE session = '2025-01-09'")
    assert [each.session for each in closings.from_session(book, "2025-01-06")] == [MONDAY, TUESDAY]
    assert before(None) is None
    assert closings.last(book + 1) is None
    assert closings.from_session(book + 1, "2025-01-06") == []


def test_the_last_complete_closing(ledger: Ledger) -> None:
    """Of an earlier session; or of this one too."""
    for session, price in ((MONDAY, "100"), (TUESDAY, None), (WEDNESDAY, "102"), (THURSDAY, "103")):
        valued(ledger, session, price)
    closings, book = ledger.books.valuations, period(ledger).id

    def last(session: date, *, through: bool = False) -> str | None:
        row = closings.last_complete(book, session, through=through)
        return row["session"] if row else None

    assert [last(each) for each in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)] == [
        None,
        "2025-01-06",
        "2025-01-06",
        "2025-01-08",
    ]
    assert [last(each, through=True) for each in (MONDAY, TUESDAY, WEDNESDAY)] == [
        "2025-01-06",
        "2025-01-06",
        "2025-01-08",
    ]
    assert closings.last_complete(book + 1, THURSDAY) is None


def test_the_opening_is_the_last_complete_closing(ledger: Ledger) -> None:
    """With what was realized and unrealized then, each symbol's total, and its session."""
    valued(ledger, MONDAY, "101")
    assert ledger.books.opening(period(ledger), MONDAY) is None
    expected = Opening(
        Decimal(100010), Decimal(0), Decimal(10), {"AAPL": Decimal(10)}, Decimal(0), "2025-01-06"
    )
    assert ledger.books.opening(period(ledger), TUESDAY) == expected
    assert ledger.books.opening(period(ledger), MONDAY, through=True) == expected
    ledger.books._run("UPDATE sessions SET state = NULL, gains = '-7.00'")
    assert ledger.books.opening(period(ledger), TUESDAY) == expected._replace(
        totals=None, gains=Decimal("-7.00")
    )


def test_an_opening_whose_book_is_gone_counts_its_own_entries_alone(ledger: Ledger) -> None:
    """4 sold at 110 before it realized 40, 4 at 120 after it nothing of it."""
    ledger.books.append(period(ledger), MONDAY, [Entry("fill", "AAPL", Decimal(-4), Decimal(-440))], NOW)
    valued(ledger, MONDAY, "101")
    ledger.books.append(period(ledger), TUESDAY, [Entry("fill", "AAPL", Decimal(-4), Decimal(-480))], NOW)
    ledger.books._run("UPDATE sessions SET state = NULL, realized = '99.00'")
    opening = ledger.books.opening(period(ledger), TUESDAY)
    assert opening is not None
    assert (opening.realized, opening.unrealized) == (40, 6)


def test_the_days_for_the_statistics(ledger: Ledger) -> None:
    """The complete ones, with what was traded in each, what came in, and whether they span a gap."""
    valued(ledger, MONDAY, "100")
    ledger.books.append(period(ledger), TUESDAY, [Entry("fill", "AAPL", Decimal(1), Decimal(100))], NOW)
    valued(ledger, TUESDAY, None)
    valued(ledger, WEDNESDAY, "102", Closing({}, {}, spans=True))
    closings, book = ledger.books.valuations, period(ledger).id
    monday = Day(*map(Decimal, (100000, 0, 100000, 1000, 1000)))
    wednesday = Day(*map(Decimal, (100000, 22, 100022, 1122, 100)), spans=True)
    assert closings.days(book, WEDNESDAY) == [("2025-01-06", monday)]
    both = [("2025-01-06", monday), ("2025-01-08", wednesday)]
    assert closings.days(book, WEDNESDAY, through=True) == closings.days(book, THURSDAY) == both
    assert (closings.days(book, MONDAY), closings.days(book + 1, THURSDAY)) == ([], [])
    assert [closings.traded_before(book, each) for each in (MONDAY, TUESDAY, THURSDAY)] == [0, 1000, 1100]
    # What came in is no P&L; an older program's gain of an opening never came in.
    ledger.books._run("UPDATE sessions SET closing = '100522.00' WHERE session = '2025-01-08'")
    assert closings.days(book, THURSDAY)[1][1].inflow == 500
    ledger.books._run("UPDATE sessions SET gains = '500.00'")
    assert closings.days(book, THURSDAY)[1][1].inflow == 0


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("value"),
            st.sampled_from(["99", "101.37", "140", None]),
            st.booleans(),
            st.sampled_from(["400", "404", "150", "", None]),
        ),
        st.tuples(st.just("next"), st.sampled_from([1, 1, 9, 40])),
        st.tuples(st.just("provisional"), st.sampled_from(["98", "105"])),
        st.tuples(st.just("count")),
        st.tuples(st.just("void"), st.integers(0, 50)),
        st.tuples(st.just("forget"), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=60)
@given(STEPS)
def test_the_statistics_state_is_that_of_all_rows(steps: list[tuple[Any, ...]]) -> None:
    """After any sequence of marks, of rows voided or counted later, and of an older program's rows."""
    with TemporaryDirectory() as folder, with_book(Path(folder)) as ledger:
        closings, book, session = ledger.books.valuations, period(ledger).id, MONDAY
        for name, *given_ in steps:
            if name == "next":
                session += timedelta(days=given_[0])
            elif name == "value":
                price, spans, compared = given_
                mark = Mark(Decimal(compared), "trade", NOW) if compared else None
                seen = None if compared is None else ("SPY", mark)
                valued(ledger, session, price, Closing({}, {}, spans=spans, benchmark=seen))
            elif name == "provisional":
                seen = ("SPY", Mark(Decimal(410), "trade", NOW))
                valued(ledger, session, given_[0], Closing({}, {}, counts=False, benchmark=seen))
            elif name == "count":
                closings.count(book)
            elif name == "void":
                closings.void(book, (session - timedelta(days=given_[0])).isoformat())
            else:
                older = (session - timedelta(days=given_[0])).isoformat()
                ledger.books._run(
                    "UPDATE sessions SET running = NULL, drawdowns = NULL, beside = NULL WHERE session = ?",
                    older,
                )
            for through in (False, True):
                read = [day for _, day in closings.days(book, session, through=through)]
                assert closings.running(book, session, through=through) == running(read)
                assert over_periods(closings, book, session, through=through) == _read_whole(
                    closings.days(book, session, through=through), session
                )
                _assert_benchmark(closings, book, session, through=through)


def _assert_benchmark(closings: Valuations, book: int, session: date, *, through: bool) -> None:
    """The comparison is that of all rows, read anew."""
    end = (session + timedelta(days=int(through))).isoformat()
    read = benchmarks.readings(closings._rows, book, end)
    days = [(name, day, read[name]) for name, day in closings.days(book, session, through=through)]
    state, found = benchmark.through(days), over_benchmark(closings, book, session, 252, through=through)
    if not days or days[-1][2] is None:
        assert found is None
        return
    assert found is not None
    assert found.figures == benchmark.figures(state, 252)
    assert (found.since, found.equity) == ((None, None) if state is None else (state.since, state.line))
    assert found.price == days[-1][2].price


def _read_whole(days: list[tuple[str, Day]], session: date) -> Periods:
    """Return the periods of all sessions, read anew."""
    months = periods.months(days)
    return Periods(
        days[-1][0] if days else None,
        periods.to_date(session, months, days),
        periods.by_year(months),
        periods.by_month(months),
        fallen(days).stated(),
    )


def test_a_day_reads_the_sessions_of_its_own_month_alone(ledger: Ledger) -> None:
    """The months before are kept, however many sessions they had; a late one is read as it was written."""
    closings, book = ledger.books.valuations, period(ledger).id
    for day in range(0, 90, 3):
        valued(ledger, MONDAY + timedelta(days=day), str(100 + day % 7))
    last = MONDAY + timedelta(days=87)
    expected = over_periods(closings, book, last, through=True)
    assert [each.name for each in expected.months] == ["2025-01", "2025-02", "2025-03", "2025-04"]
    ledger.books._run("UPDATE sessions SET day_pnl = 'unreadable' WHERE session < '2025-03-31'")
    assert over_periods(closings, book, last, through=True) == expected
    valued(ledger, last + timedelta(days=1), "110")
    assert (
        over_periods(closings, book, last + timedelta(days=1), through=True).months[:3] == expected.months[:3]
    )


def test_what_changes_a_session_changes_its_month(ledger: Ledger) -> None:
    """A split that is said late voids from a session on; a wrong date takes one out; a reset begins anew."""
    closings, book = ledger.books.valuations, period(ledger).id
    for day in range(0, 90, 3):
        valued(ledger, MONDAY + timedelta(days=day), str(100 + day % 7))
    last = MONDAY + timedelta(days=87)

    def agrees() -> Periods:
        found = over_periods(closings, book, last, through=True)
        assert found == _read_whole(closings.days(book, last, through=True), last)
        return found

    before = agrees()
    ledger.fences.set_aside(date(2025, 2, 2), "a person")
    assert agrees().months[1].n == before.months[1].n - 1
    closings.void(book, "2025-02-11")
    assert [each.name for each in agrees().months] == ["2025-01", "2025-02"]
    valued(ledger, last, "110")
    assert [each.name for each in agrees().months] == ["2025-01", "2025-02", "2025-04"]
    ledger.books.close_period("a person")
    assert over_periods(closings, book + 1, last, through=True).months == ()


def test_an_older_programs_sessions_have_months_too(ledger: Ledger) -> None:
    """They are read once, and kept with the next session."""
    closings, book = ledger.books.valuations, period(ledger).id
    for day in range(0, 90, 3):
        valued(ledger, MONDAY + timedelta(days=day), str(100 + day % 7))
    last = MONDAY + timedelta(days=87)
    expected = over_periods(closings, book, last, through=True)
    ledger.books._run("DELETE FROM months")
    ledger.books._run("UPDATE sessions SET drawdowns = NULL, running = NULL")
    assert over_periods(closings, book, last, through=True) == expected
    valued(ledger, last + timedelta(days=1), "110")
    assert [row["month"] for row in ledger.books._rows("SELECT month FROM months ORDER BY month")] == [
        *("2025-01", "2025-02", "2025-03")
    ]


def test_a_day_reads_no_session_but_the_last(ledger: Ledger) -> None:
    """The state after the last complete session is enough, however many there were."""
    valued(ledger, MONDAY, "100")
    valued(ledger, TUESDAY, "101")
    closings, book = ledger.books.valuations, period(ledger).id
    before = closings.running(book, WEDNESDAY)
    assert before.sessions == 2
    ledger.books._run("UPDATE sessions SET day_pnl = 'unreadable' WHERE session = ?", MONDAY.isoformat())
    valued(ledger, WEDNESDAY, "102")
    assert closings.running(book, THURSDAY).sessions == 3


def test_a_session_with_a_wrong_date_is_in_no_later_state(ledger: Ledger) -> None:
    """Its row goes, and what came after it is made anew of the rows that stay."""
    for session, price in ((MONDAY, "100"), (TUESDAY, "120"), (WEDNESDAY, "121")):
        valued(ledger, session, price)
    ledger.fences.set_aside(TUESDAY, "a person")
    closings, book = ledger.books.valuations, period(ledger).id
    assert closings.running(book, THURSDAY) == running(day for _, day in closings.days(book, THURSDAY))


def test_what_is_kept_of_a_session(ledger: Ledger) -> None:
    """Dollars and cents as text, and the return, the drawdown and the height after it."""
    valued(ledger, MONDAY, "110")
    valued(ledger, TUESDAY, "88", Closing({}, {}, is_closed=True, spans=True))
    valued(ledger, WEDNESDAY, None)
    columns = "entry, complete, opening, realized, unrealized, gains, day_pnl, closing, exposure, traded"
    rows = [tuple(row) for row in ledger.books._rows(f"SELECT {columns} FROM sessions ORDER BY session")]
    assert rows == [
        (1, 1, "100000.00", "0.00", "100.00", "0", "100.00", "100100.00", "1100.00", "1000"),
        (1, 1, "100100.00", "0.00", "-120.00", "0", "-220.00", "99880.00", "880.00", "1000"),
        (1, 0, "99880.00", "0.00", None, "0", None, None, None, "1000"),
    ]
    columns = "total_pnl, daily_return, drawdown, closed, spans"
    rows = [tuple(row) for row in ledger.books._rows(f"SELECT {columns} FROM sessions ORDER BY session")]
    assert rows == [
        ("100.00", "0.001000", "0.000000", 0, 0),
        ("-120.00", "-0.002198", "-0.002198", 1, 1),
        (None, None, None, 0, 0),
    ]
    heights = sessions(ledger, "height")
    assert (heights[0], heights[2]) == ("1", None)
    assert abs(Decimal(heights[1]) - Decimal(99880) / Decimal(100100)) < Decimal("1E-26")


def test_a_first_session_may_lose(ledger: Ledger) -> None:
    """Its peak is the start: 100 of 100,000 are a drawdown of a thousandth."""
    valued(ledger, MONDAY, "90")
    (row,) = ledger.books._rows("SELECT drawdown, height FROM sessions")
    assert tuple(row) == ("-0.001000", "0.999")


def test_sessions_are_voided_from_one_on(ledger: Ledger) -> None:
    """Those that were whole are named; none of them is whole or stays any more."""
    for session, price in ((MONDAY, "100"), (TUESDAY, "101"), (WEDNESDAY, None), (THURSDAY, "102")):
        valued(ledger, session, price, Closing({}, {}, is_closed=True))
    assert ledger.books.valuations.void(period(ledger).id + 1, "2025-01-01") == []
    assert ledger.books.valuations.void(period(ledger).id, "2025-01-07") == ["2025-01-07", "2025-01-09"]
    assert (sessions(ledger, "complete"), sessions(ledger, "closed")) == ([1, 0, 0, 0], [1, 0, 0, 0])


def test_the_book_of_the_last_complete_session_is_kept_however_long_ago(ledger: Ledger) -> None:
    """Forty sessions without a price: what each symbol had closed at before them is still known."""
    days = [date.fromordinal(MONDAY.toordinal() + at) for at in range(43)]
    for at, session in enumerate(days):
        valued(ledger, session, "100" if at < 2 else None)
    kept = [state is not None for state in sessions(ledger, "state")]
    assert kept == [False, *[True] * 42]
    valued(ledger, date.fromordinal(days[-1].toordinal() + 1), "100")
    assert sum(state is not None for state in sessions(ledger, "state")) == 43
    valued(ledger, date.fromordinal(days[-1].toordinal() + 2), "100")
    assert [state is not None for state in sessions(ledger, "state")] == [*[False] * 15, *[True] * 30]


def test_what_an_older_program_kept(ledger: Ledger) -> None:
    """Prices and totals by symbol, no book; its suspects, if it had any, since that session."""
    older = {
        "cash": "0",
        "holdings": {"XYZ": ["100", "5", "0", None, "101", "7.00"], "A": [*"123", None, None, None]},
    }
    for suspects, expected in (({}, {}), ({"suspects": ["XYZ"]}, {"XYZ": "2025-01-06"})):
        valued(ledger, MONDAY, "100")
        ledger.books._run("UPDATE sessions SET state = ?", json.dumps(older | suspects))
        assert ledger.books.last_valuation(period(ledger)) == PastValuation(
            MONDAY,
            1,
            None,
            {"XYZ": Seen(Decimal(101), "2025-01-06", Decimal(100), None)},
            {"XYZ": Decimal("7.00"), "A": None},
            expected,
            is_closed=False,
        )


def test_money_that_is_no_trading_is_kept(ledger: Ledger) -> None:
    """The next session opens from all that had moved; what came in and what went out are kept apart."""
    moved = [
        Entry("income", "AAPL", Decimal(0), Decimal("7.50")),
        Entry("income", "account", Decimal(0), Decimal("-0.30")),
        Entry("flow", "account", Decimal(0), Decimal(1000)),
        Entry("flow", "account", Decimal(0), Decimal(-400)),
        Entry("other", "account", Decimal(0), Decimal("3.25")),
    ]
    books, book = ledger.books, period(ledger)
    books.append(book, MONDAY, moved, NOW)
    valued(ledger, MONDAY, "101.50")
    kept = books.last_valuation(book)
    assert kept is not None
    assert kept.book == books.current(book).book
    (opening, day_pnl, closing) = (
        Decimal(*sessions(ledger, name)) for name in ("opening", "day_pnl", "closing")
    )
    assert (opening, day_pnl, closing) == (100_000, Decimal("22.20"), Decimal("100625.45"))
    assert sessions(ledger, "inflow") == ["1003.25"]
    ((_, day),) = books.valuations.days(book.id, TUESDAY)
    assert day.capital == Decimal("101003.25")
    start = books.opening(book, TUESDAY)
    assert start is not None
    assert start.moved == Money(*map(Decimal, ("7.20", "600.00", "3.25", "1003.25")))
    books.append(book, TUESDAY, [Entry("flow", "account", Decimal(0), Decimal(-50))], NOW)
    valued(ledger, TUESDAY, "102")
    assert sessions(ledger, "day_pnl") == ["22.20", "5.00"]
    assert sessions(ledger, "inflow") == ["1003.25", "0.00"]
    first, second = ledger.sessions.lines()
    assert (first.daily_return, second.daily_return) == (
        unrounded_return(day),
        Decimal("5.00") / Decimal("100625.45"),
    )


def test_a_curve_of_many_sessions_has_the_best_and_the_worst_day(ledger: Ledger) -> None:
    """They are no extremes of the equity: a gain within a fall, and a loss within a rise."""
    equity = 100_000
    with ledger.transaction():
        for at in range(371):
            day_pnl = {100: 900, 300: -900}.get(at, -10 if at < 200 else 10)
            equity += day_pnl
            session = date.fromordinal(MONDAY.toordinal() + at).isoformat()
            ledger.books._run(
                "INSERT INTO sessions (epoch, session, entry, complete, opening, realized, unrealized, "
                "gains, day_pnl, closing, exposure, traded, total_pnl, daily_return, drawdown, height) "
                "VALUES (1, ?, 1, 1, '1', '0', '0', '0', ?, ?, '0', '0', '0', '0', '0', '1')",
                *(session, str(day_pnl), str(equity)),
            )
    drawn = ledger.sessions.curve(260, 1)
    assert len(drawn) <= 260
    assert {900, -900} <= {line.day_pnl for line in drawn}


# What was held


def test_a_session_keeps_what_was_long_and_short(ledger: Ledger) -> None:
    """With the limit that was in force; nothing of a session without a price."""
    short = Entry("fill", "MSFT", Decimal(-4), Decimal(-800))
    ledger.books.append(period(ledger), MONDAY, [short], NOW)
    books, book = ledger.books, period(ledger)
    prices = {"AAPL": Mark(Decimal(110), "gateway", None), "MSFT": Mark(Decimal("190.50"), "gateway", None)}
    for session, marks, limit in ((MONDAY, prices, Decimal(150)), (TUESDAY, {}, None)):
        now = books.current(book)
        worth = value(now.book, marks, book.base, books.opening(book, session))
        closing = Closing({}, {}, gross_limit=limit)
        books.valuations.keep(book.id, session, now.last, now.book, worth, closing)
    assert sessions(ledger, "long_value") == ["1100.00", None]
    assert sessions(ledger, "short_value") == ["-762.00", None]
    assert sessions(ledger, "gross_limit") == ["150", None]
    first, second = ledger.sessions.lines()
    assert (first.long, first.short, first.gross_limit) == (1100, -762, 150)
    assert (second.long, second.short, second.gross_limit) == (None, None, None)


def held(ledger: Ledger, exposures: list[tuple[int, int] | None]) -> None:
    """Write so many sessions with an equity of 100 dollars each, and what was long and short of it."""
    with ledger.transaction():
        for at, each in enumerate(exposures):
            session = date.fromordinal(MONDAY.toordinal() + at).isoformat()
            ledger.books._run(
                "INSERT INTO sessions (epoch, session, entry, complete, opening, realized, unrealized, "
                "gains, day_pnl, closing, exposure, traded, total_pnl, daily_return, drawdown, height, "
                "long_value, short_value) VALUES "
                "(1, ?, 1, 1, '1', '0', '0', '0', '0', '100', '0', '0', '0', '0', '0', '1', ?, ?)",
                *(session, None if each is None else str(each[0]), None if each is None else str(each[1])),
            )


@pytest.mark.parametrize(("number", "without"), [(261, 0), (400, 0), (400, 137), (400, 399), (300, 300)])
def test_a_curve_of_many_sessions_has_the_extremes_of_each_series(
    ledger: Ledger, number: int, without: int
) -> None:
    """Long, short and gross; and it begins where the first session has kept what it held."""
    dice = Random(number + without)
    rows = [None if at < without else (dice.randrange(500), -dice.randrange(500)) for at in range(number)]
    held(ledger, rows)
    curve = ledger.sessions.curve(260, 1)
    assert len(curve) <= 260
    drawn = [(int(line.long), int(line.short or 0)) for line in curve if line.long is not None]
    known = [each for each in rows if each is not None]
    assert drawn[:1] == known[:1]
    for series in (itemgetter(0), itemgetter(1), lambda each: each[0] - each[1]):
        for extreme in (min, max):
            assert extreme(map(series, drawn), default=None) == extreme(map(series, known), default=None)


def test_a_ledger_from_before_what_was_held_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sessions are as they were, and nothing is known of what they held."""
    before = next(at for at, script in enumerate(MIGRATIONS) if "long_value" in script)
    with monkeypatch.context() as older:
        older.setattr(database, "MIGRATIONS", MIGRATIONS[:before])
        connection = store.connect(tmp_path / database.FILE_NAME).connection
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(
        "INSERT INTO sessions (epoch, session, entry, complete, opening, realized, unrealized, gains, "
        "day_pnl, closing, exposure, traded, total_pnl, daily_return, drawdown, height) VALUES "
        "(1, '2025-01-06', 1, 1, '100', '0', '0', '0', '5', '105', '70', '0', '5', '0.05', '0', '1')"
    )
    connection.close()
    with Ledger(tmp_path) as ledger:
        (line,) = ledger.sessions.curve(260, 1)
        assert (line.closing, line.long, line.short, line.gross_limit) == (105, None, None, None)
