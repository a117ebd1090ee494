"""`resolve`: what is not known, and what a person says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import connect, output, said
from paper_run.cli import flags as given
from paper_run.cli import mark as marking
from paper_run.cli.output import written_files
from paper_run.cli.parsing import common_options, exchange_option, ledger_option, service_urls
from paper_run.errors import DataError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.trading.adjustments import Change


@click.command(short_help="List what is not settled, or settle it.")
@click.argument("trade", metavar="[SESSION[-n]]", required=False)
@click.option("--placed", is_flag=True, help="It did trade.")
@click.option("--not-placed", is_flag=True, help="It did not: the session is open again.")
@click.option("--run-id", metavar="ID", help="With --placed: the orchestrator's run.")
@click.option(
    "--order",
    "orders",
    multiple=True,
    metavar="NAME",
    help="With --placed: an order's id; repeatable. Else an order as resolve lists it.",
)
@click.option("--filled", metavar="QTY@PRICE", help="With --order: all that it has filled, and the average.")
@click.option("--not-filled", is_flag=True, help="With --order: it has filled nothing.")
@click.option(
    "--position",
    multiple=True,
    metavar="SYMBOL[=QTY@PRICE]|all",
    help="Bring the book to the gateway's quantity, or to QTY by a trade at PRICE; repeatable.",
)
@click.option("--split", nargs=2, metavar="SYMBOL N:M", help="Book a split: M shares became N.")
@click.option("--ex-date", metavar="DATE", help="With --split: the first session with it.")
@click.option("--wrong-date", is_flag=True, help="Its session is yet to come: open it again for that day.")
@click.option("--reset", is_flag=True, help="The account was wiped: end this book, begin a new one.")
@exchange_option
@service_urls
@ledger_option
@common_options
def resolve(trade: str | None, **flags: Any) -> ExitStatus:
    """List the trades of which it is not known what came of them, or say what came of one."""
    from paper_run.app import mark, recover
    from paper_run.app.finish import deliver
    from paper_run.app.workspace import PATIENCE
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.notify.outbox import Outbox
    from paper_run.report.publisher import Filing
    from paper_run.trading import preflight, verdicts

    change = said.change(trade, flags)
    if change is not None:
        return change_book(change, flags)
    if flags["wrong_date"]:
        return set_aside(trade, flags)
    decision = said.decision(trade, flags)
    with connect.connected(given.settings(flags), flags) as (settings, platform):
        console, clock = output.console(flags), output.clock()
        existing.require_ledger(settings.reports_dir)
        pause = platform.deadline.uncounted(clock.pause)
        with (
            lock.held(settings.reports_dir, now=clock.now(), patience=PATIENCE, pause=pause),
            existing.existing_ledger(settings.reports_dir) as ledger,
        ):
            outbox = Outbox(ledger, settings.mail, clock.now, settings.invocation, platform.deadline)
            filing = Filing(ledger, settings.reports_dir)
            ledger.account.refuse_another(settings.ledger)
            unheard = preflight.unheard(ledger, platform)
            is_heard = unheard is None
            recover.settle_earlier(ledger, platform, settings, clock, console, outbox, is_heard=is_heard)
            if unheard is not None:
                console.notice(unheard)
            if trade is None or decision is None:
                unsettled = [row for row in ledger.attempts.unfinished() if row.unsettled]
                console.unsettled(
                    unsettled,
                    ledger.attempts.doubtful(),
                    settings.invocation._replace(ledger=ledger.account.identity),
                    mark.open_fills(ledger, platform, settings, clock.now()),
                    ledger.following.taken_back(),
                )
                return written_files(console, (), deliver(filing, outbox, console))
            row = verdicts.settle(
                verdicts.named(ledger, trade),
                decision._replace(unheard=unheard is not None),
                ledger,
                platform,
                clock.now(),
                timeout=settings.timeout,
            )
            outbox.settled(row)
            written, unwritten = filing.save([filing.reports(row.document)])
            unsent = deliver(filing, outbox, console)
    console.say(f"The trade {row.name} is settled: {row.settled}.")
    return written_files(console, written, [*unwritten, *unsent])


def change_book(change: Change, flags: Mapping[str, Any]) -> ExitStatus:
    """Change the book by hand, and value it; or end it."""
    from paper_run.settings import config
    from paper_run.trading import verdicts

    if flags["reset"]:
        return _reset(flags)
    note = verdicts.by_whom(output.clock().now(), config.exchange(given.sources(flags)))
    return marking.valued(flags, change=change._replace(note=note))


def _reset(flags: Mapping[str, Any]) -> ExitStatus:
    """End the book, say what ended with it, and make the files anew that it has changed."""
    from paper_run.app.workspace import PATIENCE
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.report.publisher import Filing
    from paper_run.trading import verdicts

    folder, clock, console = given.reports_folder(flags), output.clock(), output.console(flags)
    with (
        lock.held(folder, now=clock.now(), patience=PATIENCE, pause=clock.pause),
        existing.existing_ledger(folder) as ledger,
    ):
        ledger.account.refuse_another(flags["ledger"] or "")
        by = verdicts.by_whom(clock.now(), ledger.account.exchange)
        ended = verdicts.end_book(ledger, by)
        filing = Filing(ledger, folder)
        written, unwritten = filing.save([filing.reports(row.document) for row in ended.trades])
    console.say(f"The book was ended {by}. The next trade begins a new one, with the holdings that it finds.")
    for order in ended.orders:
        console.say(f"  No longer followed: {order}")
    for doubt in ended.doubts:
        console.say(f"  No longer looked for: {doubt}")
    for path in written:
        console.saved(path)
    return output.ended(unwritten)


def set_aside(session: str | None, flags: Mapping[str, Any]) -> ExitStatus:
    """Open a session again whose date is yet to come."""
    from paper_run.app import wrong_date
    from paper_run.app.workspace import PATIENCE
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.trading import trading_days

    if session is None or any(flags[name] for name in said.SETTLING):
        raise DataError(
            "--wrong-date goes with a session and nothing else", "Allowed: resolve SESSION --wrong-date."
        )
    clock = output.clock()
    with connect.connected(given.settings(flags), flags) as (settings, platform):
        existing.require_ledger(settings.reports_dir)
        with (
            lock.held(settings.reports_dir, now=clock.now(), patience=PATIENCE, pause=clock.pause),
            existing.existing_ledger(settings.reports_dir) as ledger,
        ):
            ledger.account.refuse_another(settings.ledger)
            calendar = trading_days.calendar(ledger, settings)
            day = wrong_date.set_aside(ledger, platform, calendar, session, clock.now())
    output.console(flags).say(
        f"The session {day} is set aside: on that day it is traded as if it had not been. "
        "What was placed stays in the record and in the book."
    )
    return ExitStatus.SUCCESS
