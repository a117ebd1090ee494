"""What companies did, as the broker lists it: a split and a rename are booked once the account shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.book import folding, holdings, splits
from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.broker import comparable
from paper_run.model.commands import ours
from paper_run.model.findings import Finding
from paper_run.trading.listed_splits import at_broker, come, held, split_of, there_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.model.broker import CorporateAction
    from paper_run.services.platform import Observations
    from paper_run.trading.listed_splits import Split


_OTHERS = frozenset({"MA", "REORG", "VOF"})
"""What activities call mergers, reorganizations and voluntary offers: a holding that may end by them."""


def book_listed(
    books: Books,
    period: BookPeriod,
    session: date,
    read: Observations,
    missing: Mapping[str, splits.Span],
    booked_at: datetime,
) -> list[Finding]:
    """Book the splits and renames that have come and that the account shows.

    A split takes effect in the session of its ex-date, also when it is listed or applied later; the rows that
    were made without it are voided.

    To be called in a transaction of the ledger, with our fills booked.

    :param missing: by symbol, by how many shares fills of ours may put the broker ahead of the book: what
        they explain is no split yet. :param booked_at: UTC.
    """
    found: list[Finding] = []
    for action in come(read, session):
        if action.kind == "spin_off":
            continue
        entries, _ = books.entries_after(period)
        split = split_of(action, entries, period)
        if split is not None and not split.is_booked and _has_moved(split, books, period, read, missing):
            note = f"{split.ratio} listed by the broker as {action.kind}, ex-date {split.entry.effective}"
            voided = take_effect(books, period, session, split.entry, split.before, booked_at, note)
            found += [_booked(split), *voided_closings(action.symbol, split.ratio, voided)]
            entries, _ = books.entries_after(period)
        found += _renamed(action, books, period, session, entries, read, booked_at)
    return found


def take_effect(
    books: Books,
    period: BookPeriod,
    session: date,
    split: holdings.Entry,
    before: Decimal,
    booked_at: datetime,
    note: str,
) -> list[str]:
    """Book a split in the session that it says; void the rows from there on.

    :param before: what was held then, signed shares. :param booked_at: UTC.
    :return: the sessions that were valued whole without it, ISO dates: they have no closing any more.
    :raises ValueError: the entry has no ratio.
    """
    if split.ratio is None:
        raise ValueError("a split has a ratio")
    added = money.CONTEXT.subtract(split.ratio.applied(before), before)
    voided = books.valuations.void(period.id, split.effective)
    books.append(period, session, (split._replace(qty=added),), booked_at, note=note)
    return voided


def voided_closings(symbol: str, ratio: splits.Ratio, sessions: Sequence[str]) -> list[Finding]:
    """Say which closings a split takes out of the curve, if any."""
    if not sessions:
        return []
    which = " to ".join(dict.fromkeys((sessions[0], sessions[-1])))
    words = (
        f"The closings of {which} were made without the split {ratio} of {symbol}: they leave the curve and "
        "the statistics."
    )
    return [findings.warning("closings_voided", words, subject=symbol)]


def _has_moved(
    split: Split,
    books: Books,
    period: BookPeriod,
    read: Observations,
    missing: Mapping[str, splits.Span],
) -> bool:
    """Whether the account's quantity, less what was traded since, has moved by a split.

    The account may have had other shares than the book before; then it is those that became more or fewer.
    Of few shares it may be that only a fraction came: nothing has moved then, until that is paid.
    """
    there = there_of(split.action, read)
    if there is None:
        return False
    span = missing.get(split.entry.symbol)
    without = money.CONTEXT.add(split.before, split.since)
    if span is not None and span.low <= money.CONTEXT.subtract(there, without) <= span.high:
        return False
    kept = books.valuations.last(period.id, before=split.entry.effective)
    seen = kept.seen.get(split.entry.symbol) if kept is not None else None
    had = {split.before, *((seen.at_broker,) if seen is not None and seen.at_broker else ())}
    now = money.CONTEXT.subtract(there, split.since)
    return any(now != each and splits.is_that(split.ratio.applied(each), now) for each in had)


def named(books: Books, period: BookPeriod, session: date, read: Observations) -> list[Finding]:
    """Name what is no split: shares of other companies, and what the account tells of besides.

    Of what is listed: what was held then. Of what the account tells: what is held, for it is booked by hand.
    """
    if read.broker is None:
        return []
    spun_off = [each for each in come(read, session) if each.kind == "spin_off"]
    undated = [each for each in read.broker.actions or () if each.ex_date is each.process_date is None]
    activities = read.broker.activities.money if read.proven_broker and read.broker.activities else ()
    others = [each for each in activities if each.activity_type in _OTHERS and not each.is_canceled]
    if not (spun_off or undated or others):
        return []
    entries, _ = books.entries_after(period)
    found = [said for each in spun_off for said in _spun_off(each, entries, period)]
    for action in undated:
        if held(entries, action.symbol):
            found.append(_other(action.symbol, f"The broker lists a {action.kind} of it without a date"))
    for each in others:
        if each.symbol is not None and held(entries, each.symbol):
            told = ": ".join(filter(None, (each.activity_type, each.description)))
            found.append(_other(each.symbol, f"The account tells of {told} ({each.date or 'no date'})"))
    return found


def _other(symbol: str, what: str) -> Finding:
    take = Remedy(
        "What you hold of it now, and at which price that came to be",
        ours("resolve", "--position", f"{symbol}=QTY@PRICE"),
    )
    words = f"{symbol}: {what}; nothing of that is booked by itself."
    return findings.warning("corporate_action", words, subject=symbol, remedies=(take,))


def over(suspects: Mapping[str, str]) -> list[Finding]:
    """Say which symbols have not split after all.

    :param suspects: with the session since which they may have split, an ISO date.
    """
    return [
        Finding(
            "split_none",
            "note",
            symbol,
            f"{symbol} may have split since {since}; the broker lists no split of it and has our quantity, "
            "so its price is believed.",
            (
                Remedy(
                    "If it did split, with M shares that became N", ours("resolve", "--split", symbol, "N:M")
                ),
            ),
        )
        for symbol, since in suspects.items()
    ]


def _booked(split: Split) -> Finding:
    symbol, qty = split.action.symbol, money.short(split.qty)
    words = (
        f"{symbol} split {split.ratio} in {split.entry.effective}: the broker lists it ({split.action.kind}) "
        f"and its account shows it; the book has {qty} shares of it now."
    )
    return Finding("split", "note", symbol, words, (_by_hand(symbol),))


def _by_hand(symbol: str) -> Remedy:
    """Return what a person may say of a holding that was changed by itself."""
    command = ours("resolve", "--position", f"{symbol}=QTY@PRICE")
    return Remedy("If that is wrong, what you hold and at which price that came to be", command)


def _renamed(
    action: CorporateAction,
    books: Books,
    period: BookPeriod,
    session: date,
    entries: Sequence[holdings.Entry],
    read: Observations,
    booked_at: datetime,
) -> list[Finding]:
    """Carry a holding over to its new symbol, once the account has it there and no more under the old one."""
    old, new = action.symbol, action.new_symbol
    if new is None or new == old or not (qty := held(entries, old)):
        return []
    there = at_broker(read) or {}
    in_all = money.CONTEXT.add(qty, held(entries, new))
    if comparable(old) in there or not splits.is_that(in_all, there.get(comparable(new), money.ZERO)):
        words = (
            f"{old} is listed as {new} from {action.ex_date or action.process_date} on ({action.kind}): its "
            f"{money.short(qty)} shares are carried over once the account shows them there."
        )
        by_hand = [ours("resolve", "--position", each) for each in (f"{old}=0@PRICE", f"{new}=QTY@PRICE")]
        remedies = tuple(
            Remedy(text, command)
            for text, command in zip(("Or take them out by hand", "And in"), by_hand, strict=True)
        )
        return [Finding("renamed", "note", old, words, remedies)]
    entry = holdings.Entry("rename", old, qty, money.ZERO, session.isoformat(), new_symbol=new)
    note = f"listed by the broker as {action.kind}"
    books.append(period, session, (entry,), booked_at, note=note)
    words = (
        f"{old} is {new} now: the broker lists it ({action.kind}) and its account shows it; "
        f"{money.short(qty)} shares are carried over at their cost, what {old} realized stays its own."
    )
    return [Finding("renamed", "note", old, words, (_by_hand(new),))]


def _spun_off(
    action: CorporateAction, entries: Sequence[holdings.Entry], period: BookPeriod
) -> list[Finding]:
    """Name what shares that the book held were given, until it has those."""
    day = action.ex_date or action.process_date
    if day is None or action.new_symbol is None:
        return []
    since = max(day, period.session).isoformat()
    earlier = [each for each in entries if folding.place(each)[0] < since]
    qty = held(earlier, action.symbol)
    new = action.new_symbol
    if not qty or any(each.symbol == new and each.effective >= since for each in entries):
        return []
    shares = money.trimmed(splits.Ratio(action.new, action.old).applied(qty))
    words = (
        f"{action.symbol} spun off {new} on {day}, {action.new} for {action.old}, so {shares} for "
        f"{money.short(qty)} shares: that is no split, and nothing of it is booked."
    )
    take = Remedy(
        "What the account has of them, at what they cost: 0, if the parent keeps its cost",
        ours("resolve", "--position", f"{new}={shares}@0"),
    )
    return [findings.warning("corporate_action", words, subject=action.symbol, remedies=(take,))]
