"""A full day, with the services already up in another process, against importing the four packages."""

import functools
import itertools
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import cpu_of, cpu_seconds, installed, medians, options, show
from serving import day, served, with_broker

IMPORTS = "import click, requests, tenacity, jinja2"
USUAL = "a day"
WITH_BROKER = "the same with broker and quotes"
MAILED = "the same with its e-mail, to a server on loopback"
PUSHED = "the same with a push, to a receiver on loopback"
NEW = "a day in a new reports folder"
BUDGETS = {USUAL: 1.25, WITH_BROKER: 1.35, MAILED: 1.45, NEW: 1.6}


sys.path.append(str(Path(__file__).parents[1]))


def _mail_server() -> Any:
    """Return the tests' mail server, without TLS: what that costs is OpenSSL's, and its certificates'."""
    from support.mail_server import MailServer

    return MailServer(security="none", user=None)


def _receiver() -> Any:
    from support.socket_server import answer, serving

    return serving(answer())


def main() -> None:
    given = options(__doc__ or "", rounds=15).parse_args()
    with (
        installed(given.python) as python,
        tempfile.TemporaryDirectory() as made,
        served(python, (folder := Path(made)) / "served") as client,
        served(python, folder / "with-broker") as account,  # of one ledger alone
        _mail_server() as mail,
        _receiver() as receiver,
    ):
        push = {"PAPER_RUN_NOTIFY": f"json://127.0.0.1:{receiver.port}/", "PAPER_RUN_NOTIFY_ON": "always"}
        numbers = itertools.count()

        def anew() -> float:
            return cpu_of(day(python, folder / f"new-{next(numbers)}", client).used)

        what = {
            IMPORTS: functools.partial(cpu_seconds, [python, "-c", IMPORTS], folder),
            USUAL: lambda: cpu_of(day(python, folder / "usual", client).used),
            WITH_BROKER: lambda: cpu_of(day(python, folder / "broker", with_broker(account)).used),
            MAILED: lambda: cpu_of(day(python, folder / "mailed", client | mail.env).used),
            PUSHED: lambda: cpu_of(day(python, folder / "pushed", client | push).used),
            NEW: anew,
        }
        show("A day", medians(what, given.rounds), base=IMPORTS, budgets=BUDGETS)


if __name__ == "__main__":
    main()
