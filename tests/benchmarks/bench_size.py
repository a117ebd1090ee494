"""A day of hundreds of orders and positions against one of a few; and the memory that thousands take."""

import math
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from measuring import cpu_of, installed, medians, options, show
from serving import Day, day, served

FEW = "three symbols"
MANY_ORDERS = 500
MOST_ORDERS = 5000
BUDGET = 3.0
MEMORY_BUDGET = 150.0
# The sandbox buys a third of the symbols and sells another; capital enough for a share of each.
CAPITAL = "100000000"
PATIENCE = "900"


def main() -> None:
    parser = options(__doc__ or "", rounds=7)
    parser.add_argument(
        "--most", type=int, default=MOST_ORDERS, help="orders of the largest day (default %(default)s)"
    )
    given = parser.parse_args()
    with installed(given.python) as python, tempfile.TemporaryDirectory() as made, ExitStack() as platforms:
        days: dict[str, Callable[[], Day]] = {}
        for name, symbols in (
            (FEW, 3),
            (f"{MANY_ORDERS:,} orders", _symbols(MANY_ORDERS)),
            (f"{given.most:,} orders", _symbols(given.most)),
        ):
            days[name] = _days(python, Path(made, str(symbols)), symbols, platforms)
        few, many, most = days
        last: dict[str, Day] = {}

        def cpu(name: str) -> float:
            last[name] = days[name]()
            return cpu_of(last[name].used)

        found = medians({name: partial(cpu, name) for name in (few, many)}, given.rounds)
        show("A day", found, base=few, budgets={many: BUDGET})
        # The first has as many positions as orders; the next finds a book with all of them, and adds to it.
        last[most] = days[most]()
        last[f"{most}, next day"] = days[most]()
        for name, ran in last.items():
            _describe(name, ran)
        peak = last[most].used.ru_maxrss / 1024
        verdict = "within" if peak <= MEMORY_BUDGET else "OVER"
        print(f"Memory of {most} and positions: {peak:.0f} MiB   budget {MEMORY_BUDGET:g} MiB   {verdict}")


def _symbols(orders: int) -> int:
    return 3 * math.ceil(orders / 2)


def _days(python: Path, folder: Path, symbols: int, platforms: ExitStack) -> Callable[[], Day]:
    """Return what runs one more day of a book of its own, with so many symbols."""
    client = platforms.enter_context(served(python, folder / "served"))
    client["PAPER_RUN_SYMBOLS"] = ",".join(f"S{number:05d}" for number in range(symbols))
    client["PAPER_RUN_CAPITAL"] = CAPITAL
    return lambda: day(python, folder / "reports", client, "--timeout", PATIENCE)


def _describe(name: str, ran: Day) -> None:
    """Print how large a day really was, and the most memory that it took."""
    orders, positions = ran.result["results"]["num_orders_submitted"], ran.result["pnl"]["positions"]
    print(
        f"  {name:<24} {orders:>6,} orders {len(positions):>6,} positions"
        f" {cpu_of(ran.used):7.2f} s of CPU {ran.used.ru_maxrss / 1024:7.1f} MiB at most"
    )


if __name__ == "__main__":
    main()
