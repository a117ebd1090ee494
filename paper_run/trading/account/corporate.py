"""What companies did, as the broker lists it: a split and a rename are booked once the account shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import folding, holdings, splits
from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.commands import ours as command
from paper_run.model.findings import Finding
from paper_run.trading.account.listed_splits import in_turn, split_of
from paper_run.trading.account.our_shares import come, is_rename

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from paper_run.book.folding import Names
    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.ledger.broker import BrokerMoney, Paid
    from paper_run.model.broker import CorporateAction, MoneyActivity
    from paper_run.services.platform import Observations
    from paper_run.trading.account.listed_splits import Split
    from paper_run.trading.account.our_shares import OurShares, Strangers


def book_listed(
    books: Books,
    session: date,
    read: Observations,
    ours: OurShares,
    missing: Mapping[str, splits.Span],
    strangers: Strangers,
    booked_at: datetime,
) -> list[Finding]:
    """Book the splits and renames that have come and that the account shows.

    A split takes effect in the session of its ex-date, also when it is listed or applied later; the rows that
    were made without it are voided.

    To be called in a transaction of the ledger, with our fills and what else moved shares booked: a split is
    proven by what the account has beyond those.

    :param missing: by symbol, by how many shares fills of ours may put the broker ahead of the book: what
        they explain is no split yet. :param strangers: the account's trades that are none of ours.
    :param booked_at: UTC.
    """
    found: list[Finding] = []
    actions = [each for each in come(read, session) if each.kind != "spin_off"]
    pending: dict[str, list[Split]] = {}

    def book(split: Split) -> None:
        action = split.action
        note = f"{split.ratio} listed by the broker as {action.kind}, ex-date {split.effective}"
        voided = take_effect(books, ours.period, session, split.entries, booked_at, note)
        found.extend([_booked(split), *voided_closings(action.symbol, split.ratio, voided)])

    # The splits first, also of later dates: what a rename carries over is compared with what they made.
    for action in actions:
        names = ours.names()
        split = split_of(action, ours, names)
        if split is None or split.is_booked:
            continue
        from paper_run.trading.account import shown_splits

        account = shown_splits.account(split, books, ours, names, missing)
        if shown_splits.has_moved(split, account, strangers.of(split.shares, names)):
            book(split)
        else:
            pending.setdefault(split.shares, []).append(split)
    for several in filter(lambda each: len(each) > 1, pending.values()):
        names = ours.names()
        made = in_turn(several, ours, names)
        account = shown_splits.account(several[0], books, ours, names, missing)
        by_hand = strangers.of(several[0].shares, names)
        if shown_splits.have_moved(several, made[-1].qty, account, by_hand):
            for split in made:
                book(split._replace(qty=made[-1].qty))
    for action in filter(is_rename, actions):
        found += _renamed(action, books, session, ours, booked_at)
    return found


def take_effect(
    books: Books,
    period: BookPeriod,
    session: date,
    split: Sequence[holdings.Entry],
    booked_at: datetime,
    note: str,
) -> list[str]:
    """Book a split in the session that it says; void the rows from there on.

    :param split: see `listed_splits.Made`; it has one entry or more. :param booked_at: UTC.
    :return: the sessions that were valued whole without it, ISO dates: they have no closing any more.
    """
    voided = books.valuations.void(period.id, split[0].effective)
    books.append(period, session, split, booked_at, note=note)
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


def named(session: date, read: Observations, ours: OurShares, kept: BrokerMoney) -> list[Finding]:
    """Name what is no split: shares of other companies, and what the account tells of besides.

    Of what is listed: what was held then. Of what the account tells: what is held, for it is booked by hand,
    until it is.
    """
    if read.broker is None:
        return []
    undated = [each for each in read.broker.actions or () if each.ex_date is each.process_date is None]
    ended = read.proven_broker.ended_holdings if read.proven_broker else []
    found = [_not_booked(each) for each in spin_offs(session, read, ours).missing]
    if not (undated or ended):
        return found
    names = ours.names()
    for action in undated:
        if ours.qty(action.symbol, names):
            found.append(_other(action.symbol, f"The broker lists a {action.kind} of it without a date"))
    for each, paid in _unanswered(ended, ours, names, kept):
        if ours.qty(each.symbol or "", names):
            what = f"The account tells of {_told(each)}"
            found.append(_other(each.symbol or "", what, money.ZERO if paid is None else paid.dollars))
    return found


def gone(read: Observations, ours: OurShares, kept: BrokerMoney) -> dict[str, str]:
    """Return the symbols whose shares may be gone by a merger: why they have no value, a clause.

    The account tells of one, and has fewer than the book; what it paid for them is in the book already.
    """
    ended = read.proven_broker.ended_holdings if read.proven_broker else []
    if not ended:
        return {}
    names, found = ours.names(), {}
    for each, _ in _unanswered(ended, ours, names, kept):
        shares = names.now(each.symbol or "")
        qty, there = ours.qty(shares, names), ours.there(shares, names)
        if there is not None and there.copy_abs() < qty.copy_abs():
            instead = f"has {money.short(there)} shares instead of {money.short(qty)}"
            found[shares] = f"the account tells of {_told(each)}, and {instead}"
    return found


def _told(activity: MoneyActivity) -> str:
    told = ": ".join(filter(None, (activity.activity_type, activity.description)))
    return f"{told} ({activity.date or 'no date'})"


def _unanswered(
    ended: Sequence[MoneyActivity], ours: OurShares, names: Names, kept: BrokerMoney
) -> Iterator[tuple[MoneyActivity, Paid | None]]:
    """Yield what may have ended a holding, with what of it is other money, until a person says what is held.

    What was said before its money was in the book, and did not take that out, was of another one.
    """
    paid = kept.paid_for_holdings(ours.period) if ended else {}
    for each in ended:
        since, there = "" if each.date is None else each.date.isoformat(), paid.get(each.identity)
        said = (one for one in ours.of(each.symbol or "", names) if one.kind == "adjustment")
        if not any(one.effective >= since and one.id > (there.entry if there else 0) for one in said):
            yield each, there


def _other(symbol: str, what: str, paid: Decimal = money.ZERO) -> Finding:
    """Name what is not booked by itself.

    :param paid: what of it the book has as other money, signed dollars.
    """
    take = Remedy(
        "What you hold of it now, and at which price that came to be",
        command("resolve", "--position", f"{symbol}=QTY@PRICE"),
    )
    not_booked = "nothing of that is booked by itself"
    if paid:
        not_booked = (
            f"its {paid:+,.2f} dollars are in the book as other money until you say what became of the "
            "shares, which are not booked by themselves"
        )
    words = f"{symbol}: {what}; {not_booked}."
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
                    "If it did split, with M shares that became N",
                    command("resolve", "--split", symbol, "N:M"),
                ),
            ),
        )
        for symbol, since in suspects.items()
    ]


def _booked(split: Split) -> Finding:
    symbol, qty = split.action.symbol, money.short(split.qty)
    words = (
        f"{symbol} split {split.ratio} in {split.effective}: the broker lists it ({split.action.kind}) "
        f"and its account shows it; the book has {qty} shares of it now."
    )
    return Finding("split", "note", symbol, words, (_by_hand(symbol),))


def _by_hand(symbol: str) -> Remedy:
    """Return what a person may say of a holding that was changed by itself."""
    said = command("resolve", "--position", f"{symbol}=QTY@PRICE")
    return Remedy("If that is wrong, what you hold and at which price that came to be", said)


def _renamed(
    action: CorporateAction,
    books: Books,
    session: date,
    ours: OurShares,
    booked_at: datetime,
) -> list[Finding]:
    """Carry a holding over to its new symbol, once the account has it there and no more under the old one.

    It is said to wait where the book held it before: the symbol may be another company's by now, and then as
    many as the book has must be there.
    """
    names, old, new = ours.names(), action.symbol, action.new_symbol or action.symbol
    qty = names.held(names.now(old), ours.of(old, names)).get(old)
    if not qty:
        return []
    shares = names.now(new)
    there, is_waiting = ours.there(shares, names) or money.ZERO, names.now(old) == shares
    in_all = money.CONTEXT.add(qty, ours.qty(new, names))
    # It may have other shares than the book, as of a trade by hand: the name is another all the same.
    if ours.has(old) or not (there if is_waiting else splits.is_that(in_all, there)):
        return [_carried_over_later(action, qty)] if is_waiting else []
    entry = holdings.Entry("rename", old, qty, money.ZERO, session.isoformat(), new_symbol=new)
    note = f"listed by the broker as {action.kind}"
    books.append(ours.period, session, (entry,), booked_at, note=note)
    words = (
        f"{old} is {new} now: the broker lists it ({action.kind}) and its account shows it; "
        f"{money.short(qty)} shares are carried over at their cost, what {old} realized stays its own."
    )
    return [Finding("renamed", "note", old, words, (_by_hand(new),))]


def _carried_over_later(action: CorporateAction, qty: Decimal) -> Finding:
    old, new = action.symbol, action.new_symbol
    words = (
        f"{old} is listed as {new} from {action.ex_date or action.process_date} on ({action.kind}): its "
        f"{money.short(qty)} shares are carried over once the account shows them there."
    )
    remedies = (
        Remedy("Or take them out by hand", command("resolve", "--position", f"{old}=0@PRICE")),
        Remedy("And in", command("resolve", "--position", f"{new}=QTY@PRICE")),
    )
    return Finding("renamed", "note", old, words, remedies)


class SpunOff(NamedTuple):
    """Shares that came of others which the book held, and that it does not have.

    :ivar action: as it is listed. :ivar held: signed shares of the parent on that day.
    :ivar symbol: what they are called now. :ivar shares: how many came of them, signed.
    :ivar there: how many of the symbol the account has, signed; None: not known.
    """

    action: CorporateAction
    held: Decimal
    symbol: str
    shares: Decimal
    there: Decimal | None


class SpinOffs(NamedTuple):
    """The spin-offs that are listed and have come: those not in the book, and the symbols of all of them."""

    missing: tuple[SpunOff, ...] = ()
    children: frozenset[str] = frozenset()


NO_SPIN_OFFS = SpinOffs()


def spin_offs(session: date, read: Observations, ours: OurShares) -> SpinOffs:
    """Return what shares that the book held were given, until it has those."""
    listed = [each for each in come(read, session) if each.kind == "spin_off"]
    if not listed:
        return NO_SPIN_OFFS
    names = ours.names()
    found = (_given(each, ours, names) for each in listed)
    children = frozenset(each.new_symbol for each in listed if each.new_symbol is not None)
    return SpinOffs(tuple(each for each in found if each is not None), children)


def _given(action: CorporateAction, ours: OurShares, names: Names) -> SpunOff | None:
    day = action.ex_date or action.process_date
    if day is None or action.new_symbol is None:
        return None
    since = folding.start_of(max(day, ours.period.session).isoformat())
    held = names.held(names.now(action.symbol, since), ours.of(action.symbol, names), since)
    qty, given = money.total(held.values()), names.now(action.new_symbol, since)
    taken = (each for each in ours.of(action.new_symbol, names) if folding.place(each) > since)
    if not qty or any(names.of_entry(each) == given for each in taken):
        return None
    symbol = names.now(action.new_symbol)
    shares = splits.Ratio(action.new, action.old).applied(qty)
    return SpunOff(action, qty, symbol, shares, ours.there(symbol, names))


def _not_booked(each: SpunOff) -> Finding:
    action, shares = each.action, money.trimmed(each.shares)
    words = (
        f"{action.symbol} spun off {action.new_symbol} on {action.ex_date or action.process_date}, "
        f"{action.new} for {action.old}, so {shares} for {money.short(each.held)} shares: that is no split, "
        "and nothing of it is booked."
    )
    which, qty = "What came of them", each.shares
    if not each.there:
        which = "Once the account has them, what came of them"
    elif not splits.is_that(each.shares, each.there):
        which, qty = "What the account has of them", each.there
    if qty != qty.to_integral_value():
        which += ", with the fraction that is paid in cash"
    take = Remedy(
        f"{which}, at what they cost: 0, if the parent keeps its cost",
        command("resolve", "--position", f"{each.symbol}={money.trimmed(qty)}@0"),
    )
    return findings.warning("corporate_action", words, subject=action.symbol, remedies=(take,))
