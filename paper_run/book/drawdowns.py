"""The falls of compounded equity below its peak: the five deepest, and the one that is under way.

Source: docs/CONCEPTS, "Drawdowns".
"""

from collections.abc import Iterable
from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book.days import Day, drawdown_level, fall, percentage

MOST = 5
_ONE = Decimal(1)
# Equity that is back where it was differs in the last digit of a division: that is no fall.
_LEAST = Decimal(10) ** -20


class Drawdown(NamedTuple):
    """A fall, sessions by their ISO dates.

    :ivar peak: the last session at the peak, "" where that is the book's start.
    :ivar trough: the session of the lowest point.
    :ivar recovery: the first one that is back at the peak; None: not yet.
    :ivar depth: a ratio below zero; all its digits in the state, six places where it is stated.
    :ivar sessions: how many from the peak to the recovery, or so far. :ivar falling: how many to the trough.
    :ivar percent: `depth` in percent as it is shown, where it is stated: see `statistics.Statistic`.
    """

    peak: str
    trough: str
    recovery: str | None
    depth: Decimal
    sessions: int
    falling: int
    percent: Decimal | None = None


class Drawdowns(NamedTuple):
    """The state after so many complete sessions.

    :ivar level: compounded equity / its peak; None once there is nothing to compound.
    :ivar peak: the last session at the peak. :ivar now: the fall that is under way.
    :ivar ended: the deepest of those that are over, in the sequence in which they ended.
    """

    level: Decimal | None = _ONE
    peak: str = ""
    now: Drawdown | None = None
    ended: tuple[Drawdown, ...] = ()

    def after(self, session: str, day: Day) -> "Drawdowns":
        """Return the state after one more session, an ISO date."""
        level = drawdown_level(self.level, day)
        if level is None:
            return self._replace(level=None)
        now = self.now
        if _ONE - level < _LEAST:
            if now is None:
                return self._replace(level=_ONE, peak=session)
            over = now._replace(recovery=session, sessions=now.sessions + 1)
            return Drawdowns(_ONE, session, None, _deepest((*self.ended, over)))
        depth = level - _ONE
        if now is None:
            return self._replace(level=level, now=Drawdown(self.peak, session, None, depth, 1, 1))
        now = now._replace(sessions=now.sessions + 1)
        if depth < now.depth:
            now = now._replace(trough=session, depth=depth, falling=now.sessions)
        return self._replace(level=level, now=now)

    def stated(self) -> tuple[Drawdown, ...] | None:
        """Return the five deepest, the deepest first, at six places; None: there is nothing to compound.

        None too where one is too large to be stated: it left nothing.
        """
        if self.level is None:
            return None
        falls = self.ended if self.now is None else (*self.ended, self.now)
        found = []
        for each in sorted(falls, key=lambda each: each.depth)[:MOST]:
            if (depth := fall(_ONE + each.depth)) is None:
                return None
            if depth:
                found.append(each._replace(depth=depth, percent=percentage(each.depth)))
        return tuple(found)


NONE_YET = Drawdowns()


def fallen(days: Iterable[tuple[str, Day]]) -> Drawdowns:
    """Return the state after complete sessions, each by its ISO date, oldest first."""
    state = NONE_YET
    for session, day in days:
        state = state.after(session, day)
    return state


def _deepest(found: tuple[Drawdown, ...]) -> tuple[Drawdown, ...]:
    if len(found) <= MOST:
        return found
    least = max(found, key=lambda each: each.depth)
    return tuple(each for each in found if each is not least)
