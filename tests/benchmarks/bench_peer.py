"""A tear sheet of a year against QuantStats making its report of the same returns."""

import sys
import tempfile
from functools import partial
from pathlib import Path

from measuring import cpu_seconds, installed, medians, options, show

SESSIONS = 252
OURS = "`report --since`, the page and its JSON"
THEIRS = "QuantStats, its page"
IMPORT = "importing QuantStats"

PEER = """
import csv, sys, warnings
warnings.filterwarnings("ignore")
import matplotlib
matplotlib.use("Agg")
import pandas, quantstats
with open(sys.argv[1], encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
gains = [float(row["day_pnl"]) / (float(row["closing"]) - float(row["day_pnl"])) for row in rows]
returns = pandas.Series(gains, index=pandas.to_datetime([row["session"] for row in rows]))
quantstats.reports.html(returns, output=sys.argv[2], title="A year")
print(f"{quantstats.stats.sharpe(returns):.6f}")
"""


def main() -> None:
    parser = options(__doc__ or "", rounds=5)
    parser.add_argument("--peer", type=Path, required=True, help="a Python in which quantstats is installed")
    given = parser.parse_args()
    with installed(given.python) as python, tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        program = [python, "-m", "paper_run"]
        cpu_seconds([*program, "--sandbox", "--sessions", str(SESSIONS), "-q"], folder)
        history = folder / "reports" / "sandbox" / "history.csv"
        sheet = [*program, "report", "--sandbox", "--since", "2000-01-01", "-q"]
        peer = [given.peer.absolute(), "-c", PEER, history, folder / "peer.html"]
        run = partial(cpu_seconds, cwd=folder)
        what = {
            OURS: partial(run, sheet),
            IMPORT: partial(run, [given.peer.absolute(), "-c", "import quantstats"]),
            THEIRS: partial(run, peer),
        }
        show(f"A report of {SESSIONS} sessions", medians(what, given.rounds), base=OURS, budgets={})
        for file in (folder / "reports" / "sandbox" / "tearsheet.html", folder / "peer.html"):
            print(f"  {file.name}: {file.stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
