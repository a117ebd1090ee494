"""Our returns beside those of a benchmark, over the same sessions.

Source: docs/CONCEPTS, "Benchmark".
"""

from collections.abc import Iterable
from decimal import Decimal, localcontext

from paper_run import NamedTuple
from paper_run.book.days import CONTEXT, SUMS, Day, percentage, rounded, unrounded_return
from paper_run.book.periods import compounded
from paper_run.book.splits import is_beyond
from paper_run.book.statistics import Statistic
from paper_run.money import ZERO, cents

_ONE = Decimal(1)
_FOR_RISK = 20
_PERCENTAGES = ("return", "own_return", "excess_return", "daily_return", "alpha", "tracking_error")
_MINIMUM = {
    **dict.fromkeys(("return", "own_return", "excess_return", "daily_return"), 1),
    **dict.fromkeys(("beta", "alpha", "correlation", "tracking_error", "information_ratio"), _FOR_RISK),
}


class Reading(NamedTuple):
    """What was read of the benchmark with a valuation.

    :ivar price: dollars a share, a mark as a position's; None: there was none.
    """

    symbol: str
    price: Decimal | None


class Beside(NamedTuple):
    """The state after so many complete sessions; sums are of ratios, 40 digits.

    :ivar since: the session whose closing the comparison begins with, an ISO date; `base` is what equity was
        there, dollars. :ivar price: the benchmark's last, dollars a share.
    :ivar growth: what 1 has compounded to in it, and `own` in the book, over `sessions` intervals.
    :ivar pending: what 1 has compounded to in the book since `price`; `gap`: a session since had no price.
    :ivar left_out: how many intervals are in nothing, for the benchmark may have split.
    :ivar latest: its return of the last session; None: not known.
    :ivar pairs: how many single days have both returns; None where one of ours is not defined.
    :ivar ours: the sum of our returns in them, `theirs` of the benchmark's; then their squares and products.
    """

    symbol: str
    since: str
    base: Decimal
    price: Decimal
    growth: Decimal = _ONE
    own: Decimal | None = _ONE
    pending: Decimal | None = _ONE
    gap: bool = False
    sessions: int = 0
    left_out: int = 0
    latest: Decimal | None = None
    pairs: int | None = 0
    ours: Decimal = ZERO
    theirs: Decimal = ZERO
    our_squares: Decimal = ZERO
    their_squares: Decimal = ZERO
    products: Decimal = ZERO

    @property
    def line(self) -> Decimal | None:
        """What the equity where it began is worth in it, dollars and cents; None where it has no price."""
        if self.gap:
            return None
        return cents(CONTEXT.multiply(self.base, self.growth))

    def after(self, day: Day, price: Decimal | None) -> "Beside":
        """Return the state after one more session.

        :param price: the benchmark's, dollars a share; None: there was none.
        """
        earned = unrounded_return(day)
        pending = compounded((self.pending, None if earned is None else CONTEXT.add(_ONE, earned)))
        if price is None:
            return self._replace(pending=pending, gap=True, latest=None)
        fresh = self._replace(price=price, pending=_ONE, gap=False, latest=None)
        if is_beyond(self.price, price):
            return fresh._replace(left_out=self.left_out + 1)
        with localcontext(CONTEXT):
            moved = price / self.price - 1
            grown = fresh._replace(growth=self.growth * price / self.price)
        grown = grown._replace(own=compounded((self.own, pending)), sessions=self.sessions + 1)
        if self.gap or day.spans:
            return grown
        return grown._replace(latest=moved)._with_pair(earned, moved)

    def _with_pair(self, earned: Decimal | None, moved: Decimal) -> "Beside":
        if earned is None or self.pairs is None:
            return self._replace(pairs=None)
        return self._replace(
            pairs=self.pairs + 1,
            ours=SUMS.add(self.ours, earned),
            theirs=SUMS.add(self.theirs, moved),
            our_squares=SUMS.add(self.our_squares, SUMS.multiply(earned, earned)),
            their_squares=SUMS.add(self.their_squares, SUMS.multiply(moved, moved)),
            products=SUMS.add(self.products, SUMS.multiply(earned, moved)),
        )


def followed(state: Beside | None, session: str, day: Day, reading: Reading | None) -> Beside | None:
    """Return the state after a session, an ISO date; another benchmark begins anew.

    :param reading: None: no benchmark is read, so there is no state either.
    """
    if reading is None:
        return None
    if state is not None and state.symbol == reading.symbol:
        return state.after(day, reading.price)
    if reading.price is None:
        return None
    return Beside(reading.symbol, session, day.closing, reading.price)


def through(days: Iterable[tuple[str, Day, Reading | None]]) -> Beside | None:
    """Return the state after complete sessions, each by its ISO date, oldest first."""
    state = None
    for session, day, reading in days:
        state = followed(state, session, day, reading)
    return state


def figures(state: Beside | None, sessions_a_year: int) -> dict[str, Statistic]:
    """Return every figure by its name in the result document, a loss negative; None: nothing began yet.

    Jensen, "The Performance of Mutual Funds" (1968), for beta and alpha, and Grinold and Kahn, "Active
    Portfolio Management" (1999), for tracking error and information ratio; no risk-free rate.
    """
    if state is None:
        return {name: Statistic(None, 0, minimum) for name, minimum in _MINIMUM.items()}
    with localcontext(SUMS):
        found = _risk(state, sessions_a_year)
        if state.sessions:
            found["return"] = state.growth - 1
            found["own_return"] = None if state.own is None else state.own - 1
            found["excess_return"] = None if state.own is None else state.own - state.growth
        found["daily_return"] = state.latest
        n = dict.fromkeys(_MINIMUM, state.pairs or 0)
        n |= dict.fromkeys(("return", "own_return", "excess_return"), state.sessions)
        n["daily_return"] = int(state.latest is not None)
        return {
            name: Statistic(
                rounded(found.get(name)),
                n[name],
                minimum,
                percentage(found.get(name)) if name in _PERCENTAGES else None,
            )
            for name, minimum in _MINIMUM.items()
        }


def _risk(state: Beside, sessions_a_year: int) -> dict[str, Decimal | None]:
    """Return what is made of pairs of returns; what divides by no spread at all is not defined."""
    if state.pairs is None or state.pairs < _FOR_RISK:
        return {}
    n, year = state.pairs, Decimal(sessions_a_year)
    our_spread = max(ZERO, state.our_squares - state.ours**2 / n)
    their_spread = max(ZERO, state.their_squares - state.theirs**2 / n)
    together = state.products - state.ours * state.theirs / n
    apart = max(ZERO, our_spread + their_spread - 2 * together)
    error = (apart / (n - 1)).sqrt()
    found: dict[str, Decimal | None] = {"tracking_error": error * year.sqrt()}
    if error:
        found["information_ratio"] = (state.ours - state.theirs) / n / error * year.sqrt()
    if their_spread:
        beta = together / their_spread
        found["beta"] = beta
        a_session = (state.ours - beta * state.theirs) / n
        if a_session > -1:
            found["alpha"] = (1 + a_session) ** sessions_a_year - 1
        if our_spread:
            found["correlation"] = together / (our_spread * their_spread).sqrt()
    return found
