"""A symbol of the book beside its price, and what speaks for a split that the book does not know of."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book import folding, marks, splits
from paper_run.book.holdings import TRADES, Entry, Holding
from paper_run.model.order import GATEWAY


class Today(NamedTuple):
    """A symbol as it was valued last in this session: as it was believed, and its price, if it had one."""

    seen: splits.Seen
    mark: marks.Mark | None


class Symbol(NamedTuple):
    """A symbol of the book.

    :ivar last: as it was believed last, before this session. :ivar was: the same, at what a share of before
        all that came since was worth. :ivar since: its entries since then.
    :ivar today: as it was believed last in this session, if nobody has said anything of it since.
    :ivar else_at_broker: the broker's price, where the one that goes first may be of before a split.
    :ivar is_earlier: whether its price is that of an earlier valuation of this session.
    :ivar theirs: the gateway's quantity, None where it is not known. :ivar at_broker: likewise the broker's.
    :ivar missing: by how many shares fills of ours may be missing that the gateway has counted.
    """

    name: str
    held: Holding
    mark: marks.Mark | str
    last: splits.Seen | None
    was: splits.Seen | None
    today: splits.Seen | None
    since: Sequence[Entry]
    theirs: Decimal | None
    at_broker: Decimal | None
    missing: splits.Span | None
    else_at_broker: marks.Mark | None = None
    is_earlier: bool = False

    @property
    def traded(self) -> list[Decimal]:
        """What it was traded at since, dollars, at what each split behind a trade made of that price."""
        prices: list[Decimal] = []
        for each in sorted(self.since, key=folding.place):
            if each.ratio is not None:
                prices = [each.ratio.price(before) for before in prices]
            elif each.price is not None and each.price > 0:
                prices.append(each.price)
        return prices

    @property
    def is_traded(self) -> bool:
        """Whether it was bought or sold after it was believed last, also later in that session."""
        before = self.last or self.today
        moved = before is not None and before.ours != self.held.qty and not self.said
        if self.last is None and self.today is not None:
            return moved
        return moved or any(each.kind in TRADES for each in self.since)

    @property
    def said(self) -> list[splits.Ratio]:
        """The splits that were said since."""
        return [each.ratio for each in self.since if each.ratio is not None]

    def suspicion(self, *, moved_today: bool) -> splits.Suspicion | None:
        """Say what speaks for a split that the book does not know of; a person's word ends it.

        :param moved_today: whether something of it was booked after it was believed last in this session.
        """
        found = None
        marked = [self.mark.price] if isinstance(self.mark, marks.Mark) else []
        if self.was is not None and not any(_says_quantity(each) for each in self.since):
            now = splits.Now(
                [*self.traded, *marked],
                self.said,
                self.held.qty,
                self.theirs,
                is_traded=bool(self.traded),
                missing=self.missing,
                at_broker=self.at_broker,
            )
            found = splits.suspicion(self.was, now)
        if found is None and self.today is not None and isinstance(self.mark, marks.Mark):
            found = splits.late_price(self.today.price, self.mark.price, is_traded=moved_today)
        return found

    def judged(
        self, *, has_split: Callable[[], bool], moved_today: bool
    ) -> tuple["Symbol", splits.Suspicion | None]:
        """Return it at the price that is to be believed, with what speaks for a split of it then.

        Where it has split the gateway may go on with the price of before: the broker's is the next to ask.

        :param moved_today: see `suspicion`. :param has_split: whether the book has a split of it.
        """
        found = self.suspicion(moved_today=moved_today)
        is_believed = isinstance(self.mark, marks.Mark) and (found is None or self.mark.source != GATEWAY)
        if is_believed or self.else_at_broker is None or not has_split():
            return self, found
        other = self._replace(mark=self.else_at_broker)
        return (self, found) if other.suspicion(moved_today=moved_today) else (other, None)

    @property
    def agrees(self) -> bool:
        """Whether the broker has our quantity."""
        return self.at_broker == self.held.qty

    def seen(self, session: str, price: Decimal | None) -> splits.Seen | None:
        """Return what it is compared with next: at its price, else as before, else at a trade's."""
        before = self.last or self.today
        if price is None and before is None and self.traded:
            price = self.traded[-1]
        return (
            before
            if price is None
            else splits.Seen(price, session, self.held.qty, self.theirs, self.at_broker)
        )


def _says_quantity(entry: Entry) -> bool:
    """Whether an entry says by itself how many shares there are: booked by hand, or of an older program."""
    return entry.kind == "adjustment" or (entry.kind == "split" and entry.ratio is None)
