"""What doctor looks at on Alpaca's hosts: the quotes, and the account at the broker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from paper_run.app.checks import Check, fix_of
from paper_run.errors import ExitStatus
from paper_run.services.answer import CallFailed
from paper_run.services.deadline import AFTER, gather
from paper_run.settings.broker import says_unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paper_run.services.broker import Broker
    from paper_run.services.platform import Platform
    from paper_run.services.quotes import Quotes
    from paper_run.settings.broker import BrokerSettings
    from paper_run.settings.config import Config


def examine(config: Config, platform: Platform) -> Iterator[Check]:
    """Ask the quote source and the broker at the same time, those of them that are to be read.

    :raises Exception: a fault of our own; what fails there is a check.
    """
    for notice in config.notices:
        if says_unread(notice):
            yield Check("Broker", notice.text, ExitStatus.DATA, fix_of(notice.remedies))
    calls: list[Callable[[], Check]] = []
    if platform.quotes is not None:
        calls.append(partial(_quotes, platform.quotes, config.symbols[0]))
    if platform.broker is not None and config.broker is not None:
        calls.append(partial(_broker, platform.broker, config.broker))
    for found in gather(calls):
        if isinstance(found, Exception):
            raise found
        yield found


def _quotes(quotes: Quotes, symbol: str) -> Check:
    try:
        seen = quotes.latest((symbol,), seconds=AFTER)
    except CallFailed as error:
        fix = "check ALPACA_API_KEY_ID, ALPACA_API_SECRET_KEY and PAPER_RUN_QUOTES_URL"
        return Check("Quotes", f"{quotes.url}: it {error.reason}", ExitStatus.DEPENDENCY, error.fix or fix)
    found = "has" if symbol in {*seen.quotes, *seen.trades} else "answers, but has nothing of"
    return Check("Quotes", f"{quotes.url} {found} {symbol}")


def _broker(broker: Broker, settings: BrokerSettings) -> Check:
    """Look at the account as it stands."""
    try:
        account = broker.account(seconds=AFTER)
    except CallFailed as error:
        fix = error.fix or "look at the host in ALPACA_BASE_URL, or set PAPER_RUN_BROKER=off"
        return Check("Broker", f"{broker.url}: it {error.reason}", ExitStatus.DEPENDENCY, fix)
    words = f"{broker.url} has the {settings.kind} account {account.number}"
    if account.faults:
        fix = "see in the broker's dashboard what it asks for; until then it may take no order"
        return Check("Broker", f"{words}: {'; '.join(account.faults)}", ExitStatus.DEPENDENCY, fix)
    missing = f"; it does not tell its {' and its '.join(account.missing)}" if account.missing else ""
    return Check("Broker", f"{words}, {account.status} ({account.latency_ms} ms){missing}")
