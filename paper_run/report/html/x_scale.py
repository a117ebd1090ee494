"""Where each session lies across the charts: one scale for all that stand under each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.report.text import day_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paper_run.model.history import SessionLine

SIDE = 1000
"""The width, and the height, of a chart's own coordinates."""


class XScale(NamedTuple):
    """Places from 0, which is the start, to SIDE; `step` is the least distance of two sessions."""

    places: Mapping[str, float]
    step: float


def x_scale(curve: Sequence[SessionLine]) -> XScale:
    """Return the places of the sessions that have a closing, by their names; the start lies a day before.

    They lie by date, so that a gap is a gap; by their number where a session is named after no date.
    """
    sessions = [line.session for line in curve if line.closing is not None]
    if not sessions:
        return XScale({}, SIDE)
    days = [day.toordinal() for session in sessions if (day := day_of(session))]
    at = days if len(days) == len(sessions) and days[-1] >= days[0] else list(range(1, len(sessions) + 1))
    first, width = at[0] - 1, at[-1] - at[0] + 1
    places = {session: (each - first) / width * SIDE for session, each in zip(sessions, at, strict=True)}
    return XScale(places, SIDE / width)
