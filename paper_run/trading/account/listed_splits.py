"""The splits that the broker lists, beside the book: which have come, which its account shows, which wait."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import folding, holdings, splits
from paper_run.book.folding import Names
from paper_run.errors import Remedy
from paper_run.model.commands import ours as command
from paper_run.services.broker_reading import Companies
from paper_run.trading.account.our_shares import come

if TYPE_CHECKING:
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.valuations import PastValuation
    from paper_run.model.broker import CorporateAction
    from paper_run.model.calendar import Calendar
    from paper_run.services.platform import Observations
    from paper_run.trading.account.our_shares import OurShares

_AROUND = timedelta(days=10)
"""So far around the last valuation and the session the list is read; it may be late, or change a date."""
_SESSIONS = 5
"""So many of them a split is waited for before a person is offered to say what it was."""


class Waiting(NamedTuple):
    """A listed split that the account does not show.

    :ivar why: a clause, why the symbol has no price. :ivar since: the session it is listed for, an ISO date.
    :ivar traded: a clause, why what it realized is not known; empty if it was not traded since.
    :ivar remedies: what a person may do.
    """

    why: str
    since: str
    traded: str
    remedies: tuple[Remedy, ...]


class Listed(NamedTuple):
    """What the broker lists of a book's symbols.

    :ivar is_read: whether the list was read. :ivar waiting: by symbol, the split that is not booked yet.
    :ivar coming: the symbols that have split by now, which is after the session, or are called otherwise.
    """

    is_read: bool
    waiting: Mapping[str, Waiting]
    coming: frozenset[str] = frozenset()


class Split(NamedTuple):
    """A listed split of what the book held, whether or not it is in the book.

    :ivar entries: as it would be booked, one for each symbol under which the book held the shares; `qty` is
        what it adds. :ivar shares: what they are called last. :ivar before: how many there were when it took
        effect, signed. :ivar qty: the book's quantity with it.
    :ivar traded: the symbols under which they were traded since. :ivar by_hand: what of that a person has
        booked, signed shares. :ivar symbols: those under which the book has them, or was trading them since.
    :ivar is_booked: whether the book has it, whoever said so.
    :ivar is_answered: whether a person has said since how many shares there are, or the book began with them.
    """

    action: "CorporateAction"
    entries: tuple[holdings.Entry, ...]
    shares: str
    before: Decimal
    qty: Decimal
    traded: frozenset[str]
    by_hand: Decimal
    symbols: frozenset[str]
    is_booked: bool
    is_answered: bool

    @property
    def ratio(self) -> splits.Ratio:
        """By what it multiplied the shares."""
        return ratio_of(self.action)

    @property
    def effective(self) -> str:
        """The session in which it took effect, an ISO date."""
        return self.entries[0].effective

    @property
    def became(self) -> Decimal:
        """What the shares from before it became."""
        return money.total((self.before, *(each.qty for each in self.entries)))

    @property
    def since(self) -> Decimal:
        """What was traded since, signed shares."""
        return money.CONTEXT.subtract(self.qty, self.became)


def wanted(ledger: "Ledger", session: date, symbols: Iterable[str]) -> Companies | None:
    """Return what is asked of the list for these symbols; nothing where there are no splits.

    It is read from before the last valuation that compared it with the account, or from before what has been
    waited for since; also of what they were called before a rename since then.
    """
    if ledger.account.exchange == "24/7":
        return None
    period = ledger.books.period()
    kept = ledger.books.last_valuation(period) if period is not None else None
    since = [session.isoformat()]
    if kept is not None:
        since += [kept.unlisted or kept.session.isoformat(), *kept.suspects.values()]
    start, named = date.fromisoformat(min(since)) - _AROUND, [*symbols]
    if period is not None and (renames := ledger.books.renames(period, since=start)):
        # A list may have a split of before a rename by the name of then.
        named = sorted({each for symbol in named for each in Names(renames).kin(symbol)})
    return Companies(tuple(named), start, session + _AROUND)


def unlisted(
    kept: "PastValuation | None", shares: "OurShares", read: "Observations", session: date
) -> str | None:
    """Return since which session what is listed has not been compared with the account, or a rename waits.

    :param kept: the book as it was valued last. :return: an ISO date; None: it has been, and nothing waits.
    """
    proven = read.proven_broker
    if proven is not None and None not in (proven.actions, proven.positions) and not shares.is_renaming():
        return None
    if kept is None:
        return session.isoformat()
    return kept.unlisted or kept.session.isoformat()


def ratio_of(action: "CorporateAction") -> splits.Ratio:
    """Return the ratio of a split in whole numbers."""
    return splits.lowest(action.new, action.old)


def due(symbol: str, shares: "OurShares", read: "Observations", session: date) -> list[Split]:
    """Return the listed splits that have come and are not in the book, of the shares that are called so."""
    names = shares.names()
    made = (split_of(each, shares, names) for each in come(read, session))
    of_them = (each for each in made if each is not None and not each.is_booked)
    return [each for each in of_them if each.shares == names.now(symbol) or symbol in each.symbols]


def listed(
    shares: "OurShares",
    session: date,
    read: "Observations",
    missing: Mapping[str, splits.Span],
    calendar: "Calendar",
    today: date,
) -> Listed:
    """Return what the list says of what is not in the book yet.

    :param missing: by symbol, by how many shares fills of ours may put the broker ahead of the book.
    :param today: at the exchange; it may be later than the session.
    """
    if read.broker is None or read.broker.actions is None:
        return Listed(is_read=False, waiting={})
    waiting: dict[str, Waiting] = {}
    if actions := [each for each in come(read, session) if each.kind != "spin_off"]:
        names = shares.names()
        for action in actions:
            split = split_of(action, shares, names)
            if split is not None and not (split.is_booked or split.is_answered):
                waits = _waiting(split, shares, names, missing, session, read, calendar)
                for symbol in split.symbols:
                    first = waiting.get(symbol, waits)
                    traded = f"it was traded, and {waits.why}" * (symbol in split.traded)
                    waiting[symbol] = waits._replace(traded=traded or first.traded, since=first.since)
    coming = (
        {each.symbol, each.new_symbol or each.symbol}
        for each in read.broker.actions
        if (day := each.ex_date or each.process_date) and session < day <= today
    )
    return Listed(is_read=True, waiting=waiting, coming=frozenset().union(*coming))


def split_of(
    action: "CorporateAction", ours: "OurShares", names: Names, before: Sequence[holdings.Entry] = ()
) -> Split | None:
    """Return a listed split beside the book; None if it is none, or nothing was held when it took effect.

    :param before: other splits of the shares, as if the book had them.
    """
    ex_date, ratio = action.ex_date or action.process_date, ratio_of(action)
    if ex_date is None or ratio.is_none:
        return None
    begun, entries = ours.period.session, [*ours.of(action.symbol, names), *before]
    effective = max(ex_date, begun).isoformat()
    made = split_entries(action.symbol, ratio, effective, entries, names)
    if not made.entries:
        return None
    since = [each for each in entries if each.effective >= effective and names.of_entry(each) == made.shares]
    after = names.held(made.shares, [*entries, *made.entries])
    traded = frozenset(each.symbol for each in since if each.kind in holdings.TRADES)
    others = [each for each in ours.listed if each is not action]
    said = (each for each in since if each.kind in {"adjustment", "split"})
    return Split(
        action=action,
        entries=made.entries,
        shares=made.shares,
        before=made.before,
        qty=money.total(after.values()),
        traded=traded,
        by_hand=money.total(each.qty for each in since if each.kind == "adjustment"),
        symbols=frozenset((*after, *traded)),
        is_booked=any(_is_that(each, action) for each in entries if names.of_entry(each) == made.shares),
        is_answered=ex_date <= begun
        or any(not any(_is_that(each, other) for other in others) for each in said),
    )


def in_turn(pending: Iterable[Split], ours: "OurShares", names: Names) -> list[Split]:
    """Return splits of the same shares, each of what those before it made of them.

    :param pending: oldest first, each as if it were the only one.
    """
    made: list[Split] = []
    for each in pending:
        before = [entry for split in made for entry in split.entries]
        if (split := split_of(each.action, ours, names, before)) is not None:
            made.append(split)
    return made


class Made(NamedTuple):
    """A split as it is booked: an entry for each symbol under which the book held the shares.

    :ivar shares: what they are called last. :ivar before: how many there were, signed.
    """

    entries: tuple[holdings.Entry, ...]
    shares: str
    before: Decimal


def split_entries(
    symbol: str, ratio: splits.Ratio, effective: str, entries: Sequence[holdings.Entry], names: Names
) -> Made:
    """Return a split of the shares that were called so when it took effect; no entry if none was held.

    :param effective: its session, an ISO date. :param entries: the book's, of all names of the symbol.
    """
    next_id = max((each.id for each in entries), default=0) + 1
    entry = holdings.Entry("split", symbol, money.ZERO, money.ZERO, effective, ratio=ratio, id=next_id)
    until = folding.place(entry)
    shares = names.now(symbol, until)
    before = names.held(shares, entries, until)
    made = (
        entry._replace(symbol=each, qty=money.CONTEXT.subtract(ratio.applied(qty), qty))
        for each, qty in sorted(before.items())
    )
    return Made(tuple(made), shares, money.total(before.values()))


def _is_that(entry: holdings.Entry, action: "CorporateAction") -> bool:
    """Whether an entry is a listed split, however its date was put."""
    ex_date = action.ex_date or action.process_date
    if entry.ratio is None or ex_date is None or not entry.ratio.is_same(ratio_of(action)):
        return False
    return abs(date.fromisoformat(entry.effective) - ex_date) <= _AROUND


def _waiting(
    split: Split,
    ours: "OurShares",
    names: Names,
    missing: Mapping[str, splits.Span],
    session: date,
    read: "Observations",
    calendar: "Calendar",
) -> Waiting:
    there, since = ours.there(split.shares, names), split.effective
    symbol = max(split.symbols, default=split.action.symbol, key=lambda each: each == split.shares)
    if there is not None and splits.is_that(split.qty, there):
        which = "orders of ours" if missing.keys() & names.kin(split.shares) else "trades by hand"
        state = f"what the account has, {money.short(there)} shares, {which} may have made as well"
    elif there is not None:
        state = f"the account has {money.short(there)} shares instead of {money.short(split.qty)}"
    elif read.proven_broker is None:
        state = "no account at the broker is proven to be the book's"
    else:
        state = "the broker's positions could not be read"
    why = (
        f"a split {split.ratio} is pending at the broker: it is listed ({split.action.kind}) from {since} "
        f"on, and {state}"
    )
    remedies = [Remedy("It is booked by itself, once the account shows it")]
    if read.proven_broker is None or _sessions(date.fromisoformat(since), session, calendar) >= _SESSIONS:
        qty = money.trimmed(split.became if there is None else there)
        remedies = [
            Remedy(
                "If it split and the account never shows it (paper accounts may not)",
                command("resolve", "--split", symbol, str(split.ratio)),
            ),
            Remedy(
                "Or what you hold, and at which price a share of that came to be",
                command("resolve", "--position", f"{symbol}={qty}@PRICE"),
            ),
        ]
    return Waiting(why, since, "", tuple(remedies))


def _sessions(first: date, session: date, calendar: "Calendar") -> int:
    """Count the sessions after one until another, as far as it matters."""
    count = 0
    while first < session and count < _SESSIONS:
        first, count = calendar.next_session(first), count + 1
    return count
