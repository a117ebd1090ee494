"""The exchange: its name, and the days of a year on which it is closed."""

from collections.abc import Mapping
from datetime import date, time
from typing import Literal

from paper_run import NamedTuple

ExchangeName = Literal["XNYS", "24/7"]


class ClosedDays(NamedTuple):
    """A year's holidays by name, and the close of each half day on New York's clock.

    A holiday that falls on a weekend may be among them or not.

    :ivar source: the package that said so and its version, to be compared with `source()`.
    """

    year: int
    holidays: Mapping[date, str]
    half_days: Mapping[date, time]
    source: str
