"""Random companies: splits and renames, listed and applied when it suits them; the book is the account."""

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from trading.broker_account import Both, position
from trading.valued_account import FIRST

from paper_run.book import splits
from paper_run.model.book_figures import BookFigures
from paper_run.model.broker import Activities, BrokerOrder, CorporateAction, FillActivity, OrdersRead
from paper_run.money import ZERO, product
from paper_run.services.platform import Observations
from paper_run.trading.valuing import value_session

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
    by_hand: Decimal = ZERO
    dollars: Decimal = ZERO
    fills: list[FillActivity] = field(default_factory=list)

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
                each.base = self.qty + self.by_hand
                self.qty, self.by_hand = each.ratio.applied(self.qty), each.ratio.applied(self.by_hand)
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
        self._fill(session, qty)
        self.qty += qty

    def trade_by_hand(self, session: int, qty: Decimal, day: date) -> None:
        """Have somebody trade it in the account, which tells of that; nobody sells what they have not."""
        if not qty or self.by_hand + qty < 0:
            return
        self._fill(session, qty)
        self.by_hand += qty
        fill = FillActivity(
            identity=f"{day:%Y%m%d}{len(self.fills):04}",
            order_id=f"by-hand-{len(self.fills)}",
            symbol=self.name(session),
            side="buy" if qty > 0 else "sell",
            qty=abs(qty),
            price=self.price(session),
            time=datetime(day.year, day.month, day.day, 15, tzinfo=UTC),
        )
        self.fills.append(fill)

    def _fill(self, session: int, qty: Decimal) -> None:
        name = self.name(session)
        self.shares[name] = self.shares.get(name, ZERO) + qty
        self.dollars += product(qty, self.price(session))

    def orders(self) -> tuple[BrokerOrder, ...]:
        """Return the orders of what was traded by hand."""
        none = dict.fromkeys(BrokerOrder._fields)
        made = ({"identity": each.order_id, "client_order_id": each.order_id} for each in self.fills)
        return tuple(BrokerOrder(**none | each) for each in made)  # type: ignore[arg-type]

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
        read.broker = read.broker._replace(
            actions=self.company.actions(self.number, self.dates),
            orders=OrdersRead(self.company.orders(), None),
            activities=Activities(tuple(self.company.fills), ()),
        )
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
        session, listed = draw(st.integers(1, EVENTS)), draw(st.integers(0, 2))
        applied = 0 if listed else draw(st.integers(0, 2))
        made.append(Event(session, ratio, listed, applied, under_new_name=draw(st.booleans())))
    return sorted(made, key=lambda each: each.session)


trades = st.lists(
    st.integers(-3, 6).map(lambda number: Decimal(number * 12)), min_size=EVENTS, max_size=EVENTS
)


by_hand = st.lists(st.sampled_from([0, 0, 0, 7, -7, 17]).map(Decimal), min_size=SESSIONS, max_size=SESSIONS)


ONCE_BY_THE_SECOND_NAME = [ZERO, Decimal(12), ZERO, ZERO, ZERO]
NOBODY = [ZERO] * SESSIONS


@settings(max_examples=30)
@given(events(), trades, by_hand, st.booleans())
@example(
    [
        Event(1, None, 0, 0, under_new_name=False),
        Event(2, None, 0, 1, under_new_name=False),
        Event(2, splits.ratio("2:1"), 1, 0, under_new_name=False),
    ],
    ONCE_BY_THE_SECOND_NAME,
    NOBODY,
    False,
)
@example(
    [Event(1, None, 0, 1, under_new_name=False), Event(2, None, 0, 1, under_new_name=False)],
    ONCE_BY_THE_SECOND_NAME,
    NOBODY,
    False,
)
@example(
    [
        Event(2, None, 1, 1, under_new_name=False),
        Event(2, splits.ratio("2:1"), 2, 0, under_new_name=False),
    ],
    ONCE_BY_THE_SECOND_NAME,
    NOBODY,
    False,
)
@example(
    [
        Event(1, None, 1, 0, under_new_name=False),
        Event(1, splits.ratio("2:1"), 2, 0, under_new_name=False),
    ],
    [Decimal(12), ZERO, ZERO, ZERO, ZERO],
    NOBODY,
    False,
)
def test_the_book_is_the_account(
    happens: list[Event], traded: list[Decimal], others: list[Decimal], is_first: bool
) -> None:
    """Nobody wins or loses by a split or a rename: each whole valuation says so, the last is whole.

    :param others: what is traded by hand in each session, before it is valued (`is_first`) or after that.
    """
    with tempfile.TemporaryDirectory() as folder:
        account = Random(Path(folder))
        account.company, account.dates = Company(happens), [FIRST]
        while len(account.dates) < SESSIONS:
            account.dates.append(account.calendar.next_session(account.dates[-1]))
        for number, session in enumerate(account.dates):
            account.number, account.session = number, session
            account.company.opens(number)
            qty = Decimal(120) if not number else traded[number - 1] if number <= EVENTS else ZERO
            for is_mark in (False, True):
                if is_mark is not is_first:
                    account.company.trade_by_hand(number, others[number], session)
                figures = account.mark() if is_mark else _played(account, qty)
                if figures.valuation.complete:
                    assert figures.valuation.total_pnl == 0
        last = account.mark()
        if account.company.fills:
            return  # a suspicion stays while the account has another quantity
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
