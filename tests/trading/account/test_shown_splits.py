"""Whether the account shows a listed split, beside whatever was traded: hypothesis looks for a wrong word."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from paper_run.book import splits
from paper_run.book.holdings import Entry
from paper_run.model.broker import CorporateAction
from paper_run.money import total
from paper_run.trading.account.listed_splits import Split
from paper_run.trading.account.our_shares import Stranger
from paper_run.trading.account.shown_splits import Account, has_moved

EX_DATE = date(2025, 1, 7)
held = st.integers(-20, 20).filter(bool).map(lambda number: Decimal(number * 12))
traded = st.integers(-20, 20).map(lambda number: Decimal(number * 12))
ratios = st.sampled_from(["2:1", "3:1", "3:2", "4:3", "1:2", "1:3", "1:4"]).map(splits.ratio)
by_hand = st.lists(traded.filter(bool), max_size=2)


def listed(ratio: splits.Ratio, before: Decimal, since: Decimal, adjusted: Decimal) -> Split:
    """Return a split of a book's shares of which more were traded since, some of them booked by hand."""
    action = CorporateAction("forward_split", "AAPL", None, ratio.became, ratio.shares, EX_DATE, EX_DATE)
    entry = Entry("split", "AAPL", ratio.applied(before) - before, Decimal(0), "2025-01-07", ratio=ratio)
    return Split(
        action=action,
        entries=(entry,),
        shares="AAPL",
        before=before,
        qty=ratio.applied(before) + since,
        traded=frozenset(),
        by_hand=adjusted,
        symbols=frozenset({"AAPL"}),
        is_booked=False,
        is_answered=False,
    )


@given(ratios, held, traded, traded, by_hand, by_hand, st.booleans(), st.booleans())
def test_what_was_traded_is_no_split_and_hides_none(
    ratio: splits.Ratio,
    before: Decimal,
    beside: Decimal,
    ours: Decimal,
    earlier: list[Decimal],
    later: list[Decimal],
    is_taken_over: bool,
    is_seen: bool,
) -> None:
    """The account had more or less than the book, and traded by hand before the split and after it.

    :param earlier: by hand, on the day of the last valuation; `is_seen`: before that. :param later: after the
        split; `is_taken_over`: a person has booked it.
    """
    had = before + beside
    seen = had if is_seen else had - total(earlier)
    assume(had and seen)
    strangers = [Stranger("AAPL", qty, EX_DATE - timedelta(days=1)) for qty in earlier]
    strangers += [Stranger("AAPL", qty, EX_DATE) for qty in later]
    adjusted = total(later) if is_taken_over else Decimal(0)
    split = listed(ratio, before, ours + adjusted, adjusted)
    since = ours + total(later)
    as_it_was = Account(had + since, (seen,), None)
    assert not has_moved(split, as_it_was, strangers)
    # It is one, unless what it made could have been there without it.
    became = ratio.applied(had)
    sums = {total(earlier[at:]) for at in range(len(earlier) + 1)}
    could_be = {qty + more for qty in (before, seen) for more in sums}
    assert has_moved(split, as_it_was._replace(now=became + since), strangers) is (became not in could_be)
    assert not has_moved(split, as_it_was._replace(now=None), strangers)


def test_missing_fills_of_ours_explain_what_they_may_have_made() -> None:
    """100 more may be an order of ours that still works; 150 more are not."""
    split = listed(splits.ratio("2:1"), Decimal(100), Decimal(0), Decimal(0))
    account = Account(Decimal(200), (Decimal(100),), splits.Span(Decimal(0), Decimal(100)))
    assert not has_moved(split, account, [])
    assert has_moved(split, account._replace(missing=splits.Span(Decimal(0), Decimal(99))), [])
    assert has_moved(split, account._replace(missing=None), [])
