"""A day with its ledger in PostgreSQL against a day with it in a file, psycopg's import included."""

import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import cpu_of, installed, medians, options, show
from serving import day, served

IN_FILE = "a day, the ledger in a file"
IN_DATABASE = "the same, in a database"
BUDGETS = {IN_DATABASE: 1.6}


def main() -> None:
    sys.path.append(str(Path(__file__).parents[1]))
    from support.postgres_server import Schema, made_server

    given = options(__doc__ or "", rounds=15).parse_args()
    server = made_server()
    try:
        with (
            installed(given.python) as python,
            tempfile.TemporaryDirectory() as made,
            served(python, (folder := Path(made)) / "one") as client,
            served(python, folder / "two") as other,  # of one ledger alone
        ):
            subprocess.run([python, "-m", "pip", "install", "-q", "psycopg[binary]>=3.2"], check=True)
            there = other | Schema(server).env
            day(python, folder / "database", there, "--new-ledger")
            what = {
                IN_FILE: lambda: cpu_of(day(python, folder / "file", client).used),
                IN_DATABASE: lambda: cpu_of(day(python, folder / "database", there).used),
            }
            show("A day with a database", medians(what, given.rounds), base=IN_FILE, budgets=BUDGETS)
    finally:
        server.remove()


if __name__ == "__main__":
    main()
