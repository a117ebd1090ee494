"""Histories as they come to be: `SessionLine`s of days with gaps, losses, rehearsals and prices missing."""

from datetime import date, timedelta
from decimal import Decimal

from paper_run.book.days import downsampled
from paper_run.model.history import SessionLine

CAPITAL = Decimal(100000)
CENT = Decimal("0.01")
HOLIDAYS = {date(2025, 1, 9), date(2025, 1, 20), date(2025, 2, 17), date(2025, 4, 18), date(2025, 12, 25)}


def line(session: str, day_pnl: str | None = None, **fields: object) -> SessionLine:
    """Return a session that traded once and went well; without a P&L it could not be valued."""
    known = None if day_pnl is None else Decimal(day_pnl)
    made = {
        "session": session,
        "attempts": ((1, "success"),),
        "complete": known is not None,
        "day_pnl": known,
        "total_pnl": known,
        "closing": None if known is None else CAPITAL + known,
        "daily_return": None if known is None else known / CAPITAL,
        "drawdown": None if known is None else min(known / CAPITAL, Decimal(0)),
        "marked": False,
        "opening": None if known is None else CAPITAL,
    }
    return SessionLine(**(made | fields))  # type: ignore[arg-type]


def held(at: int, closing: Decimal) -> dict[str, Decimal]:
    """Return what a session kept of what it held: up to 180 percent of its closing."""
    long, short = Decimal(at * 37 % 100), Decimal(at * 53 % 80)
    return {"long": closing * long / 100, "short": closing * -short / 100, "gross_limit": Decimal(150)}


def history(number: int, *, first: date = date(2025, 1, 2)) -> list[SessionLine]:
    """Return so many sessions: workdays but holidays, every 5th marked, some unvalued, some traded twice."""
    lines: list[SessionLine] = []
    day, closing, peak, state = first, CAPITAL, CAPITAL, 12345
    while len(lines) < number:
        if day.weekday() >= 5 or day in HOLIDAYS:
            day += timedelta(days=1)
            continue
        at = len(lines)
        state = (state * 1103515245 + 12345) % 2**31
        pnl = (Decimal(state % 200_000 - 96_000) / 100 + (Decimal(-900) if 60 < at < 75 else 0)).quantize(
            CENT
        )
        trades = ((1, "success"),)
        if at % 17 == 3:
            trades = ((1, "failed"), (2, "success"))
        if at % 29 == 7:
            trades = ((1, "success"), (2, "success"), (3, "partial"), (4, "unknown"))
        if at % 41 == 20:
            lines.append(line(day.isoformat(), attempts=((1, "timeout"),)))
        else:
            opening, closing = closing, closing + pnl
            peak = max(peak, closing)
            lines.append(
                line(
                    day.isoformat(),
                    str(pnl),
                    attempts=trades,
                    total_pnl=closing - CAPITAL,
                    closing=closing,
                    daily_return=pnl / opening,
                    drawdown=closing / peak - 1,
                    marked=at % 5 == 0,
                    **({} if at < 4 else held(at, closing)),
                )
            )
        day += timedelta(days=1)
    return lines


HISTORIES = {
    "none": list,
    "one": lambda: history(1),
    "unvalued": lambda: [line("2025-01-02", attempts=((1, "unknown"), (2, "failed"), (3, "dry_run")))],
    "few": lambda: history(8),
    "ends-unvalued": lambda: history(21),
    "weekends": lambda: [line(f"2025-03-{day:02d}", str(day * 7 - 100)) for day in range(1, 20)],
    "losses": lambda: [
        line(f"2025-01-{day:02d}", str(-(day**3))) for day in range(1, 29) if date(2025, 1, day).weekday() < 5
    ],
    "quarter": lambda: history(65),
    "year": lambda: history(260),
}


def thin(lines: list[SessionLine]) -> list[SessionLine]:
    """Return the sessions that the ledger has a page draw of many: at most 260."""
    valued = [line for line in lines if line.closing is not None]
    closings, falls, days = (
        [float(getattr(line, name) or 0) for line in valued] for name in ("closing", "drawdown", "day_pnl")
    )
    return [valued[at] for at in downsampled((closings, falls, days), (closings, days), 260)]
