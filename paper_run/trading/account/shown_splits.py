"""Whether the account at the broker shows splits that are listed, beside all that was traded since."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import splits
from paper_run.trading.account.believed import place_of

if TYPE_CHECKING:
    from paper_run.book.folding import Names
    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.trading.account.listed_splits import Split
    from paper_run.trading.account.our_shares import OurShares, Stranger


class Account(NamedTuple):
    """What the account has of shares now, signed, and had when they were valued last before a split.

    :ivar now: None: not known. :ivar missing: by how many fills of ours may put it ahead of the book; None:
        none may.
    """

    now: Decimal | None
    before: tuple[Decimal, ...]
    missing: splits.Span | None


def account(
    split: "Split",
    books: "Books",
    ours: "OurShares",
    names: "Names",
    missing: Mapping[str, splits.Span],
) -> Account:
    """Return what the account has of a split's shares, under whatever name, and had before it."""
    now = ours.there(split.shares, names)
    return Account(now, _seen(split, books, ours.period, names), _of(split, missing, names))


def has_moved(split: "Split", account: Account, by_hand: "Sequence[Stranger]") -> bool:
    """Whether the account's quantity, less what was traded since, has moved by a split.

    The account may have had other shares than the book before; then it is those that became more or fewer.
    Of few shares it may be that only a fraction came: nothing has moved then, until that is paid.

    What it traded by hand since is subtracted, in place of what a person has booked of that. What it traded
    by hand from the day of the last valuation on, before the split, that may have had already or not.
    """
    if account.now is None:
        return False
    since, split_day = split.since, date.fromisoformat(split.effective)
    if later := [each.qty for each in by_hand if each.day >= split_day]:
        since = money.total((since, *later, split.by_hand.copy_negate()))
    without = money.CONTEXT.add(split.before, since)
    span = account.missing
    if span is not None and span.low <= money.CONTEXT.subtract(account.now, without) <= span.high:
        return False
    earlier = [each.qty for each in by_hand if each.day < split_day]
    more = {money.total(earlier[start:]) for start in range(len(earlier) + 1)}
    had = {money.CONTEXT.add(qty, each) for qty in (split.before, *account.before) for each in more}
    now = money.CONTEXT.subtract(account.now, since)
    return now not in had and any(splits.is_that(split.ratio.applied(each), now) for each in had)


def have_moved(
    pending: "Sequence[Split]", qty: Decimal, account: Account, by_hand: "Sequence[Stranger]"
) -> bool:
    """Whether the account has what several splits made of the book's shares, one after the other.

    Those that undo each other leave the shares that there were: then nothing moves, and the book may have
    them. Where something was traded by hand since, or a person has said how many there are, they don't tell.

    :param pending: oldest first, each as if it were the only one. :param qty: what all of them made, signed
        shares. :param account: beside the first one.
    """
    first = pending[0]
    by_day = any(each.day >= date.fromisoformat(first.effective) for each in by_hand)
    if account.now is None or by_day or any(each.is_answered for each in pending):
        return False
    span, without = account.missing, money.CONTEXT.add(first.before, first.since)
    ahead = money.CONTEXT.subtract(account.now, without)
    if ahead and span is not None and span.low <= ahead <= span.high:
        return False
    return splits.is_that(qty, account.now)


def _seen(split: "Split", books: "Books", period: "BookPeriod", names: "Names") -> tuple[Decimal, ...]:
    """Return what the account had of the shares before a split, if it is known.

    That is what it had more than the book when they were valued last, and what the book had then.
    """
    kept = books.valuations.last(period.id, before=split.effective)
    if kept is None:
        return ()
    place = place_of(kept)
    seen = [each for symbol, each in kept.seen.items() if names.now(symbol, place) == split.shares]
    more = [money.CONTEXT.subtract(each.at_broker, each.ours) for each in seen if each.at_broker]
    return (money.total((split.before, *more)),) if more else ()


def _of(split: "Split", missing: Mapping[str, splits.Span], names: "Names") -> splits.Span | None:
    """Return by how many of its shares fills of ours may be missing, under whatever name they are ordered."""
    spans = [missing[symbol] for symbol in names.kin(split.shares) if symbol in missing]
    if not spans:
        return None
    return splits.Span(money.total(each.low for each in spans), money.total(each.high for each in spans))
