"""What a book keeps and asks for, in a file and in a schema alike."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

from builders.attempts import begun

from paper_run.book.holdings import Entry, Lot
from paper_run.book.marks import Mark
from paper_run.book.posted import Posted
from paper_run.book.valuation import value
from paper_run.ledger.book import BookPeriod
from paper_run.ledger.broker import Kept, words_of
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.valuations import Closing
from paper_run.model.broker import MoneyActivity

MONDAY, TUESDAY, WEDNESDAY = date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 8)
NOW = datetime(2025, 1, 6, 17, 0, tzinfo=UTC)


def opened(ledger: Ledger) -> BookPeriod:
    """Begin a book with 10 AAPL at 100."""
    row = begun(ledger, MONDAY)
    ledger.attempts.record(row, state="closed", document=row.document, in_doubt=0)
    period = ledger.books.open_period(ledger.attempts.by_id(1), NOW, priced=True)
    ledger.books.append(period, MONDAY, [Entry("fill", "AAPL", Decimal(10), Decimal(1000))], NOW)
    return period


def marked(ledger: Ledger, period: BookPeriod, session: date, **prices: str) -> None:
    books, now = ledger.books, ledger.books.current(period)
    marks = {symbol: Mark(Decimal(price), "gateway", None) for symbol, price in prices.items()}
    valued = value(now.book, marks, period.base, books.opening(period, session))
    books.valuations.keep(period.id, session, now.last, now.book, valued, Closing({}, {}, marks=marks))


def test_the_fees_of_a_session_are_those_of_its_date(ledger: Ledger) -> None:
    """Booked on Tuesday: one of Monday, corrected, and a rebate of Tuesday; a dividend is none."""
    period = opened(ledger)
    said = (
        ("FEE", MONDAY, "-0.30"),
        ("FEE", MONDAY, "-0.05"),
        ("PTR", TUESDAY, "0.10"),
        ("DIV", MONDAY, "7"),
    )
    for number, (kind, day, amount) in enumerate(said):
        name = f"20250106000000000::{min(number, 1)}" if kind == "FEE" else f"{day}::{kind}"
        activity = MoneyActivity(name, kind, day, Decimal(amount), "executed", None, None, None, None)
        posted = Posted("income", "account", Decimal(0), Decimal(amount))
        ledger.broker_money.keep(
            period, activity, Kept(posted, None, in_base=False, words=words_of(activity))
        )
        entry = Entry("income", "account", Decimal(0), Decimal(amount), str(day))
        ledger.books.append(period, TUESDAY, [entry], NOW, activity=name)
    fees, days = ledger.broker_money.fees, [str(day) for day in (MONDAY, TUESDAY, WEDNESDAY)]
    assert [fees(period, *each) for each in pairwise(days)] == [Decimal("0.35"), Decimal("-0.10")]
    assert fees(period, days[0], days[2]) == Decimal("0.25")


def test_what_was_paid_for_holdings_is_of_so_many_shares_only_where_an_option_took_them(
    ledger: Ledger,
) -> None:
    """A merger's is of all of them; what was taken out again is none, and a dividend neither.

    With the entry by which it came in, and of what was taken out the one by which it went.
    """
    period = opened(ledger)
    for kind, symbol in (("OPTRD", "AAPL"), ("EXTRD", "AAPL"), ("MA", "ACME"), ("DIV", "AAPL")):
        activity = MoneyActivity(kind, kind, MONDAY, Decimal(1100), "executed", None, None, None, None)
        activity = activity._replace(symbol=symbol, qty=Decimal(-50))
        ledger.broker_money.keep(period, activity, Kept(None, None, in_base=False, words=words_of(activity)))
        for dollars in (1100, -1100) if kind == "EXTRD" else (1000, 100):
            entry = Entry("other", "account", Decimal(0), Decimal(dollars))
            note = "it is a trade's" if dollars < 0 else None
            ledger.books.append(period, MONDAY, [entry], NOW, activity=kind, note=note)
    assert ledger.broker_money.paid_for_holdings(period) == {
        "OPTRD": ("AAPL", 1100, -50, 2),
        "MA": ("ACME", 1100, None, 6),
    }
    assert ledger.broker_money.taken_out(period) == {"AAPL": 5}


def test_shares_that_wait_are_kept_as_what_they_were_found(ledger: Ledger) -> None:
    """Beside those that a rename brings, and gone on from without reading all entries."""
    period = opened(ledger)
    ledger.books.append(period, MONDAY, [Entry("found", "OLD", Decimal(5), Decimal(250))], NOW)
    renamed = Entry("rename", "OLD", Decimal(5), Decimal(0), str(MONDAY), new_symbol="AAPL")
    ledger.books.append(period, MONDAY, [renamed], NOW)
    marked(ledger, period, MONDAY)
    kept = ledger.books.last_valuation(period)
    assert kept is not None
    assert kept.book is not None
    held = kept.book.holdings["AAPL"]
    assert (held.qty, held.cost, held.waiting) == (15, 1000, (Lot("OLD", Decimal(5), Decimal(250)),))
    assert kept.book == ledger.books.current(period).book


def test_a_day_opens_with_what_its_shares_had_won_by_another_name(ledger: Ledger) -> None:
    """10 at 100, 110 at the closing: 100 of total P&L are those of APPL, once AAPL is called so."""
    period = opened(ledger)
    marked(ledger, period, MONDAY, AAPL="110")
    renamed = Entry("rename", "AAPL", Decimal(10), Decimal(0), str(TUESDAY), new_symbol="APPL")
    ledger.books.append(period, TUESDAY, [renamed], NOW)
    opening = ledger.books.opening(period, TUESDAY)
    assert opening is not None
    assert opening.totals == {"AAPL": 0, "APPL": 100}
