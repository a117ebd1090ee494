"""What a person books: the figures that it makes, and the words in which it is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from builders.attempts import begun, order
from trading.valued_account import FIRST, Account, row

from paper_run.errors import DataError, DependencyError, PaperRunError, Remedy
from paper_run.model.commands import ours
from paper_run.model.service import Refusal
from paper_run.trading.account.adjustments import Change

CORRECT = Remedy("Correct the ratio, or its day with --ex-date, and run again; nothing was booked.")


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """Return an account that bought 10 AAPL at 100, a night ago."""
    account = Account(tmp_path)
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    return account


def refused(account: Account, ratio: str, ex_date: date | None = None) -> PaperRunError:
    """Return why a split of AAPL is refused."""
    with pytest.raises(DataError) as caught:
        account.split("AAPL", ratio, ex_date)
    return caught.value


def words(error: PaperRunError) -> str:
    """Return all that is said, in one line."""
    return " ".join(str(error).split())


@pytest.mark.parametrize(
    ("held", "price", "was_now", "theirs"),
    [
        ("10", "99", "Its price was 100 and is 99", "the gateway has 10"),
        ("10", None, "Its price was 100 and is not known", "the gateway has 10"),
        ("0", None, "Its price was 100 and is not known", "the gateway lists none"),
        ("25", None, "Its price was 100 and is not known", "the gateway has 25"),
    ],
)
def test_why_a_split_is_refused(
    account: Account, held: str, price: str | None, was_now: str, theirs: str
) -> None:
    """The price before and now, what it would be near, what the book would have, and what the gateway has."""
    account.held["AAPL"] = Decimal(held)
    account.prices["AAPL"] = None if price is None else Decimal(price)
    error = refused(account, "2:1")
    assert "--split: nothing speaks for a split of AAPL in 2025-01-07" in words(error)
    assert (
        f"{was_now}; that does not fit a split of 2:1, after which it is near 50. The book would have 20 "
        f"shares, and {theirs}."
    ) in words(error)
    assert error.remedies == (CORRECT,)


def test_a_split_is_refused_while_the_gateway_cannot_be_read(account: Account) -> None:
    """No price and no position speak for it; 1:1 needs neither."""
    account.unreadable = True
    assert "is not known; that does not fit" in words(refused(account, "2:1"))
    assert "the gateway lists none" in words(refused(account, "2:1"))
    account.split("AAPL", "1:1")
    account.unreadable = False
    assert row(account.mark(), "AAPL").qty == 10


def test_a_split_of_what_never_had_a_price_goes_by_its_cost(tmp_path: Path) -> None:
    """Bought at 100 and never valued: 50 is half of what it had cost."""
    account = Account(tmp_path)
    account.prices["AAPL"] = None
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    assert "Its price was 100 and is not known" in words(refused(account, "2:1"))
    account.prices["AAPL"] = Decimal(50)
    assert row(account.split("AAPL", "2:1"), "AAPL").qty == 20


@pytest.mark.parametrize(
    ("ex_date", "is_so"),
    [(date(2025, 1, 5), False), (FIRST, True), (date(2025, 1, 7), True), (date(2025, 1, 8), False)],
)
def test_a_split_is_of_a_day_of_the_book(account: Account, ex_date: date, is_so: bool) -> None:
    """From its first session to the present one; on the first nothing was held before the attempt."""
    account.prices["AAPL"] = Decimal(50)
    if not is_so:
        error = refused(account, "2:1", ex_date)
        assert f"--ex-date: {ex_date} is not in the book" in words(error)
        assert "Allowed: from 2025-01-06, when it began, to 2025-01-07." in words(error)
        assert error.remedies == (Remedy("Correct --ex-date and run again; nothing was booked."),)
    elif ex_date == FIRST:
        error = refused(account, "2:1", ex_date)
        assert "--split: the book holds no AAPL" in words(error)
        assert "Allowed: a symbol that it held when the split took effect, which is before" in words(error)
        assert error.remedies == (Remedy("Nothing was booked. See what it holds", ours("mark")),)
    else:
        assert row(account.split("AAPL", "2:1", ex_date), "AAPL").qty == 20


@pytest.mark.parametrize("ratio", ["1:1", "2:1"])
def test_of_what_the_book_never_held_nothing_is_said(account: Account, ratio: str) -> None:
    """Neither that it split nor that it did not."""
    with pytest.raises(DataError, match="--split: the book holds no MSFT"):
        account.split("MSFT", ratio)


def test_a_split_takes_effect_where_it_was_suspected(account: Account) -> None:
    """Two sessions later, without a date: the sale of then is of the new shares."""
    account.prices["AAPL"] = Decimal(50)
    account.trade(("AAPL", "-4", "50"))
    account.next_session(days=2)
    resolved = account.split("AAPL", "2:1")
    assert row(resolved, "AAPL").qty == 16
    entry = account.ledger.books.entries_after(account.ledger.books.period())[0][-1]  # type: ignore[arg-type]
    assert (entry.kind, entry.effective, entry.qty, str(entry.ratio)) == ("split", "2025-01-07", 10, "2:1")
    # 4 of 20 that cost 50 each were sold at 50.
    assert row(resolved, "AAPL").realized_pnl == 0


def test_trades_by_hand(account: Account) -> None:
    """10 at 100 to 4 at 110: 6 x 10 are won; 5 MSFT from nothing at 20; what is right already stays."""
    account.prices |= {"AAPL": Decimal(110), "MSFT": Decimal(20)}
    account.held |= {"AAPL": Decimal(4), "MSFT": Decimal(5)}
    resolved = account.by_hand(trades=(("AAPL", "4", "110"), ("MSFT", "5", "20")))
    assert [(each.symbol, each.qty, each.realized_pnl) for each in resolved.valuation.positions] == [
        ("AAPL", 4, 60),
        ("MSFT", 5, 0),
    ]
    notes = [each["note"] for each in account.ledger.books._rows("SELECT note FROM entries ORDER BY id")]
    assert notes == [None, "by ann", "by ann"]
    again = account.by_hand(trades=(("AAPL", "4", "500"),))
    assert row(again, "AAPL").realized_pnl == 60


def test_what_differs_is_booked_at_the_mark(account: Account) -> None:
    """AAPL 10 to 19, and 3 MSFT that nobody ordered: both at the current price, no P&L moves."""
    account.holds("AAPL", "19", "110")
    account.holds("MSFT", "3", "20")
    resolved = account.by_hand("all")
    assert [(each.symbol, each.qty, each.total_pnl) for each in resolved.valuation.positions] == [
        ("AAPL", 19, 100),
        ("MSFT", 3, 0),
    ]
    entries = account.ledger.books.entries_after(account.ledger.books.period())[0][-2:]  # type: ignore[arg-type]
    assert [(each.symbol, each.qty, each.dollars) for each in entries] == [("AAPL", 9, 990), ("MSFT", 3, 60)]
    account.holds("AAPL", "0")
    account.holds("MSFT", "1")
    one = account.by_hand("MSFT")
    assert (row(one, "MSFT").qty, row(one, "AAPL").qty) == (1, 19)


def test_nothing_to_book(account: Account) -> None:
    """Of one, of several, of all."""
    for adjust, named in ((("AAPL", "MSFT"), "AAPL, MSFT"), (("all",), "every symbol")):
        with pytest.raises(DataError) as caught:
            account.by_hand(*adjust)
        assert "--position: there is no difference to book" in words(caught.value)
        assert f"The gateway has the book's quantity of {named}." in words(caught.value)
        assert caught.value.remedies == (Remedy("Nothing was booked. See where they differ", ours("mark")),)


def test_no_price_to_book_a_difference_at(account: Account) -> None:
    """The gateway's quantity, ours, and how to say the price."""
    account.holds("AAPL", "1.2E+1")
    account.prices["AAPL"] = None
    with pytest.raises(DataError) as caught:
        account.by_hand("AAPL")
    assert "--position: AAPL has no price to book its difference at" in words(caught.value)
    assert "The gateway has 12, the book 10." in words(caught.value)
    assert caught.value.remedies == (
        Remedy("Nothing was booked. Once it has a price, say it again."),
        Remedy("Or say at which price it was traded", ours("resolve", "--position", "AAPL=12@PRICE")),
    )


def test_no_quantity_to_book(account: Account) -> None:
    """The gateway's positions could not be read."""
    account.unreadable = True
    for account.refusal, code in ((None, "positions_unreadable"), (Refusal("unsigned"), "authentication")):
        with pytest.raises(DependencyError) as caught:
            account.by_hand("AAPL")
        assert caught.value.code == code


def test_a_change_is_nothing_until_it_is_said() -> None:
    """No symbol, no attempt, no split, no word."""
    assert tuple(Change()) == ((), (), None, None, "")


@pytest.mark.parametrize(("sessions", "which"), [(1, "2025-01-07"), (2, "2025-01-07 to 2025-01-08")])
def test_a_split_said_late_says_which_closings_it_voids(account: Account, sessions: int, which: str) -> None:
    """5:4 on Tuesday, said in the session after: the closings from there on were made without it."""
    account.prices["AAPL"] = Decimal("80.90")
    for _ in range(sessions):
        account.mark()
        account.next_session()
    found = account.split("AAPL", "5:4", date(2025, 1, 7))
    (said,) = [each for each in found.remarks if each.code == "closings_voided"]
    assert (said.severity, said.subject) == ("warning", "AAPL")
    assert said.text == (
        f"The closings of {which} were made without the split 5:4 of AAPL: they leave the curve and the "
        "statistics."
    )
    # 12.5 shares of 80.90 that cost 1000, since Monday's closing at cost
    assert (row(found, "AAPL").day_pnl, found.valuation.day_pnl) == (Decimal("11.25"), Decimal("11.25"))


def test_a_split_of_a_book_that_was_never_valued(tmp_path: Path) -> None:
    """Its attempt was placed and nothing was booked yet: the book holds nothing that could have split."""
    account = Account(tmp_path)
    placed = begun(account.ledger, account.session)
    account.ledger.attempts.record(
        placed, state="closed", document=placed.document, in_doubt=0, states=[order()]
    )
    assert "--split: the book holds no AAPL" in words(refused(account, "2:1"))


def test_a_split_goes_behind_the_session_that_was_valued_last(account: Account) -> None:
    """A clock that is a day back says it of the session that the book stands in."""
    account.prices["AAPL"] = Decimal(100)
    account.next_session()
    account.mark()
    account.session = date(2025, 1, 7)
    account.prices["AAPL"] = Decimal(50)
    account.split("AAPL", "2:1")
    entry = account.ledger.books.entries_after(account.ledger.books.period())[0][-1]  # type: ignore[arg-type]
    assert (entry.kind, entry.effective) == ("split", "2025-01-08")


def test_a_price_that_was_believed_since_speaks_for_a_split(account: Account) -> None:
    """80.90 on Tuesday, and on Wednesday none: 5:4 on Tuesday is booked, 5:4 on Wednesday is not."""
    account.prices["AAPL"] = Decimal("80.90")
    account.mark()
    account.next_session()
    account.prices["AAPL"] = None
    assert "Its price was 80.9 and is not known" in words(refused(account, "5:4", date(2025, 1, 8)))
    assert row(account.split("AAPL", "5:4", date(2025, 1, 7)), "AAPL").qty == Decimal("12.5")


def test_two_splits_of_a_session_go_one_after_the_other(account: Account) -> None:
    """10 become 20, and these 40: each adds what was held then."""
    account.prices["AAPL"] = Decimal(25)
    account.split("AAPL", "2:1")
    assert row(account.split("AAPL", "2:1"), "AAPL").qty == 40
    entries = account.ledger.books.entries_after(account.ledger.books.period())[0][-2:]  # type: ignore[arg-type]
    assert [each.qty for each in entries] == [10, 20]


def test_a_difference_is_not_booked_while_an_order_works(account: Account) -> None:
    """3 MSFT at the gateway, and an order of ours in it: refused by name, left out of all."""
    placed = begun(account.ledger, account.session)
    works = order(symbol="MSFT", status="new", filled_qty=None, filled_avg_price=None)
    account.ledger.attempts.record(
        placed, state="closed", document=placed.document, in_doubt=0, states=[works]
    )
    account.holds("MSFT", "3", "20")
    with pytest.raises(DataError) as caught:
        account.by_hand("MSFT")
    assert words(caught.value) == (
        "--position: an order of ours in MSFT still works. What it fills comes into the book by itself, and "
        "the gateway may count it already."
    )
    again = Remedy("Once it has ended, say it again if they still differ; nothing was booked.")
    assert caught.value.remedies == (again,)
    with pytest.raises(DataError, match="The gateway has the book's quantity of every symbol"):
        account.by_hand("all")


def test_a_split_moves_no_money(account: Account) -> None:
    """2:1 adds 10 shares and no dollar, 1:1 nothing at all; all is explained."""
    account.prices["AAPL"] = Decimal(50)
    for ratio, added in (("2:1", 10), ("1:1", 0)):
        resolved = account.split("AAPL", ratio)
        entry = account.ledger.books.entries_after(account.ledger.books.period())[0][-1]  # type: ignore[arg-type]
        assert (entry.qty, entry.dollars, str(entry.ratio)) == (added, 0, ratio)
        (kept,) = account.ledger.books._rows("SELECT note FROM entries ORDER BY id DESC LIMIT 1")
        assert kept["note"] == f"{ratio} by ann"
        assert (resolved.valuation.session.unexplained, resolved.valuation.total_pnl) == (0, 0)
