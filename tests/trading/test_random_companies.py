"""Random companies: splits and renames, listed and applied when it suits them; the book is the account."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from trading.account import FIRST
from trading.broker_account import Both, position

from paper_run.book import splits
from paper_run.model.book_figures import BookFigures
from paper_run.model.broker import CorporateAction
from paper_run.money import ZERO, product
from paper_run.services.platform import Observations
from paper_run.trading import value_session

NAMES = ("FB", "META", "MVRS", "NEW")
SESSIONS = 8
EVENTS = 5
"""What happens does so in the first of the sessions; then it is all listed and applied."""


@dataclass
class Event:
    """A split or a rename, on the first moment of a session; both numbers count sessions from that on.

    :ivar listed: when the broker lists it. :ivar applied: when the account shows it.
    """

    session: int
    ratio: splits.Ratio | None
    listed: int
    applied: int
    under_new_name: bool
    base: Decimal = ZERO

    @property
    def is_rename(self) -> bool:
        return self.ratio is None


@dataclass
class Company:
    """What is true of it, and what list and account show of that."""

    events: list[Event]
    shares: dict[str, Decimal] = field(default_factory=dict)
    qty: Decimal = ZERO
    dollars: Decimal = ZERO

    def name(self, session: int) -> str:
        return NAMES[len([each for each in self.events if each.is_rename and each.session <= session])]

    def price(self, session: int) -> Decimal:
        worth = Decimal(1200)
        for each in self.events:
            if each.ratio is not None and each.session <= session:
                worth = each.ratio.price(worth)
        return worth

    def opens(self, session: int) -> None:
        """Let a night go by."""
        for each in self.events:
            if each.session == session and each.ratio is not None:
                each.base = self.qty
                self.qty = each.ratio.applied(self.qty)
            if each.session + each.applied == session:
                self._show(each)

    def _show(self, event: Event) -> None:
        """Have the account show an event: a split to what was held when it took effect."""
        if event.ratio is not None:
            name = max(self.shares, key=lambda each: abs(self.shares[each]), default=NAMES[0])
            self.shares[name] = self.shares.get(name, ZERO) + event.ratio.applied(event.base) - event.base
            return
        old, new = self.name(event.session - 1), self.name(event.session)
        self.shares[new] = self.shares.get(new, ZERO) + self.shares.pop(old, ZERO)

    def trade(self, session: int, qty: Decimal) -> None:
        name = self.name(session)
        self.shares[name] = self.shares.get(name, ZERO) + qty
        self.qty += qty
        self.dollars += product(qty, self.price(session))

    def actions(self, session: int, dates: list[date]) -> tuple[CorporateAction, ...]:
        """Return what is listed by a session."""
        found = []
        for each in self.events:
            if each.session + each.listed > session:
                continue
            day, old, new = dates[each.session], self.name(each.session - 1), self.name(each.session)
            if each.ratio is None:
                found.append(CorporateAction("name_change", old, new, Decimal(1), Decimal(1), None, day))
            else:
                name = new if each.under_new_name else old
                found.append(
                    CorporateAction(
                        "forward_split", name, None, each.ratio.became, each.ratio.shares, day, day
                    )
                )
        return tuple(found)


class Random(Both):
    """A book beside such a company's account."""

    company: Company
    number: int
    dates: list[date]

    def observed(self) -> Observations:
        now = self.company.price(self.number)
        self.broker.positions = tuple(
            position(name, str(qty), str(now)) for name, qty in self.company.shares.items() if qty
        )
        self.broker.cash = Decimal(100_000) - self.company.dollars
        self.held.clear()
        read = super().observed()
        assert read.broker is not None
        read.broker = read.broker._replace(actions=self.company.actions(self.number, self.dates))
        return read


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Draw at most one split and two renames; a split is listed in time, or else applied in time."""
    made = []
    sessions = draw(st.lists(st.integers(1, EVENTS), min_size=0, max_size=2, unique=True))
    for session in sessions:
        listed, applied = draw(st.integers(0, 1)), draw(st.integers(0, 2))
        made.append(Event(session, None, listed, applied, under_new_name=False))
    # The account follows the renames in their order.
    renames = sorted(made, key=lambda each: each.session)
    for first, second in pairwise(renames):
        second.applied = max(second.applied, first.session + first.applied - second.session)
    if draw(st.booleans()):
        ratio = splits.ratio(draw(st.sampled_from(["2:1", "3:1", "1:2", "1:4"])))
        session, listed = draw(st.integers(1, EVENTS)), draw(st.integers(0, 1))
        applied = 0 if listed else draw(st.integers(0, 2))
        made.append(Event(session, ratio, listed, applied, under_new_name=draw(st.booleans())))
    return sorted(made, key=lambda each: each.session)


trades = st.lists(
    st.integers(-3, 6).map(lambda number: Decimal(number * 12)), min_size=EVENTS, max_size=EVENTS
)


@settings(max_examples=30, deadline=None)
@given(events(), trades)
def test_the_book_is_the_account(happens: list[Event], traded: list[Decimal]) -> None:
    """Nobody wins or loses by a split or a rename: each whole valuation says so, the last is whole."""
    with tempfile.TemporaryDirectory() as folder:
        account = Random(Path(folder))
        account.company, account.dates = Company(happens), [FIRST]
        while len(account.dates) < SESSIONS:
            account.dates.append(account.calendar.next_session(account.dates[-1]))
        for number, session in enumerate(account.dates):
            account.number, account.session = number, session
            account.company.opens(number)
            qty = Decimal(120) if not number else traded[number - 1] if number <= EVENTS else ZERO
            figures = _played(account, qty)
            for each in (figures, account.mark()):
                if each.valuation.complete:
                    assert each.valuation.total_pnl == 0
        last = account.mark()
        assert last.valuation.complete
        held = {each.symbol: each.holding.qty for each in last.valuation.positions if each.holding.qty}
        name = account.company.name(SESSIONS)
        assert held == ({name: account.company.qty} if account.company.qty else {})


def _played(account: Random, qty: Decimal) -> BookFigures:
    if not qty or account.company.qty + qty <= 0:
        return account.value(value_session.AN_ATTEMPT)
    account.company.trade(account.number, qty)
    name = account.company.name(account.number)
    return account.trade((name, str(qty), str(account.company.price(account.number))))
