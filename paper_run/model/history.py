"""Sessions and ended books as the history, the index and the curves show them."""

from decimal import Decimal

from paper_run import NamedTuple


class SessionLine(NamedTuple):
    """A session as the history, the index and the curves show it; dollars and cents, ratios as such.

    Money is None in a session that could not be valued whole (or not at all); it is left out of curves.

    :ivar attempts: the number and the status of each attempt, rehearsals too, in order.
    :ivar daily_return: day_pnl / opening. :ivar drawdown: zero or negative, from the highest closing before;
        both unrounded: they are rounded once, where they are shown.
    :ivar marked: whether it was valued by a mark, which has files of its own.
    :ivar book: the number of its book, see `EndedBook`.
    :ivar benchmark: what equity would be in the benchmark, see `Benchmark`; None: it has not begun.
    :ivar long: market value of what was long, and `short` of what was short, zero or less; None: not known,
        as of sessions that an older program valued.
    :ivar gross_limit: past what it was warned of gross exposure, percent of equity; None: it never was.
    :ivar opening: the equity that it opened from.
    """

    session: str
    attempts: tuple[tuple[int, str], ...]
    complete: bool
    day_pnl: Decimal | None
    total_pnl: Decimal | None
    closing: Decimal | None
    daily_return: Decimal | None
    drawdown: Decimal | None
    marked: bool
    book: int = 1
    benchmark: Decimal | None = None
    long: Decimal | None = None
    short: Decimal | None = None
    gross_limit: Decimal | None = None
    opening: Decimal | None = None


class EndedBook(NamedTuple):
    """A book that a `resolve --reset` ended, and what it came to by itself; dollars and cents.

    :ivar number: 1 for the first. :ivar since: the session that it began with. :ivar ended: by whom and when.
    :ivar num_sessions: in how many it traded or was valued.
    :ivar valued: its last complete session; without one the figures are None.
    :ivar deepest: its deepest drawdown, a ratio, zero or negative; None where nothing was left.
    """

    number: int
    since: str
    ended: str
    num_sessions: int
    valued: str | None
    total_pnl: Decimal | None
    closing: Decimal | None
    deepest: Decimal | None


class AccountLine(NamedTuple):
    """An account as the table of several shows it.

    :ivar place: its folder, as it was typed. :ivar ledger: the ledger's id, "" where it can't be read.
    :ivar latest: the latest session of its present book, None while there is none. :ivar error: why it can't
        be read, "" where it can.
    """

    place: str
    ledger: str
    latest: SessionLine | None
    error: str = ""
