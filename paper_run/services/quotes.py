"""Market quotes from Alpaca's market data API: the latest quote and the latest trade of each stock."""

from __future__ import annotations

import re
import time
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.model.findings import listed
from paper_run.services import alpaca, wire
from paper_run.services.answer import CallFailed, NoAnswer, UnreadableAnswer, of_status
from paper_run.services.deadline import gather, result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from paper_run.model.service import ServiceUrl
    from paper_run.services.alpaca import Keys
    from paper_run.services.answer import Answer
    from paper_run.services.transport import Transport

FEED = "iex"
MOST_REQUESTS = 32
"""How often a batch is asked for in all, with odd symbols taken out: enough to find two without a hint."""
_NAMED = 3
_PARAMETERS = f"feed={FEED}"


class Quote(NamedTuple):
    """The best bid and ask in dollars, None where there is none; the time is UTC."""

    bid: Decimal | None
    ask: Decimal | None
    time: datetime | None


class Trade(NamedTuple):
    """The last trade's price in dollars, None when it can't be read; the time is UTC."""

    price: Decimal | None
    time: datetime | None


class MarketData(NamedTuple):
    """What the source has, by symbol, and a clause for each thing that could not be read.

    A symbol of which the source has nothing is in neither.
    """

    quotes: dict[str, Quote]
    trades: dict[str, Trade]
    problems: tuple[str, ...]


class Quotes:
    """Reads from the source; the keys go to its own host alone.

    :param transport: for a source on the internet one that minds the environment's proxies.
    :param now: a monotonic clock in seconds.
    :raises ValueError: a key holds what no HTTP header can.
    """

    def __init__(
        self,
        transport: Transport,
        url: ServiceUrl,
        keys: Keys,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._headers = keys.headers()
        self._now = now
        self.url = url

    def latest(self, symbols: Iterable[str], *, seconds: float) -> MarketData:
        """Ask for quotes and trades at the same time, within `seconds` in all; crypto pairs are not asked.

        :raises CallFailed: nothing at all could be read; the source's own reason is in it.
        """
        deadline = self._now() + seconds
        calls = [
            partial(self._parts, kind, batch, deadline)
            for batch in alpaca.batches(symbols, _PARAMETERS)
            for kind in _READERS
        ]
        parts = [part for batch in gather(calls) for part in result_of(batch)]
        if parts and all(part.is_failed for part in parts):
            raise next(part.outcome for part in parts if isinstance(part.outcome, CallFailed))
        return _market_data(parts)

    def _parts(self, kind: str, batch: tuple[str, ...], deadline: float) -> list[_Part]:
        """Ask for a batch; where one symbol spoils it, for the rest without that one, or for the halves."""
        parts: list[_Part] = []
        waiting = deque([batch])
        requests = 0
        while waiting:
            symbols = waiting.popleft()
            requests += 1
            try:
                parts.append(_Part(kind, symbols, self._entries(kind, symbols, deadline)))
            except _Refused as refusal:
                odd = symbols if len(symbols) == 1 else tuple(filter(refusal.names, symbols))
                rest = tuple(symbol for symbol in symbols if symbol not in odd)
                if requests + len(waiting) + 2 > MOST_REQUESTS:
                    odd, rest = symbols, ()
                if odd:
                    parts.append(_Part(kind, odd, refusal))
                half = len(rest) // 2
                waiting.extend(filter(None, (rest,) if odd else (rest[:half], rest[half:])))
            except CallFailed as failure:
                parts.append(_Part(kind, symbols, failure))
        return parts

    def _entries(self, kind: str, symbols: tuple[str, ...], deadline: float) -> dict[str, Any]:
        left = round(deadline - self._now(), 1)
        if left <= 0:
            raise NoAnswer(self.url.base, "was not asked any more, its time was over")
        path = f"/v2/stocks/{kind}/latest?{alpaca.query(symbols, _PARAMETERS)}"
        try:
            answer = self._transport.get(self.url, path, seconds=left, headers=self._headers)
            if answer.status != 200:
                raise self._failure(answer)
            # NaN is no JSON, but one odd price must not unprice all others: as a text it is no amount.
            return _envelope(answer.json(constant=str), kind)
        except wire.Unreadable as error:
            raise UnreadableAnswer(self.url.base, f"answered 200 without readable {kind} ({error})") from None
        except CallFailed as failure:
            # The whole URL names a hundred symbols.
            failure.name(self.url.base)
            raise

    def _failure(self, answer: Answer) -> CallFailed:
        said = wire.reason(answer)
        reason = wire.refusal(answer)
        if answer.status in (400, 422) and (not said or "symbol" in said.lower()):
            return _Refused(answer.url, reason, said)
        return of_status(answer.status)(answer.url, reason)


class _Refused(UnreadableAnswer):
    """The source was reached and refuses a batch, for a symbol in it as far as can be told."""

    def __init__(self, url: str, reason: str, said: str) -> None:
        super().__init__(url, reason)
        self.said = said
        after = re.search(r"invalid symbols?\b(.*)", said, re.IGNORECASE | re.DOTALL)
        words = re.split(r"[\s,;:'\"\[\]]+", after[1]) if after else []
        self._named = {form for word in words for form in (word, word.rstrip("."))}

    def names(self, symbol: str) -> bool:
        """Tell whether it is this symbol that the source calls invalid."""
        return symbol in self._named


class _Part(NamedTuple):
    """What came of asking for some symbols: the entries by symbol, or why there are none."""

    kind: str
    symbols: tuple[str, ...]
    outcome: dict[str, Any] | CallFailed

    @property
    def is_failed(self) -> bool:
        """Whether it says nothing of the source's data; a refusal of odd symbols in so many words does."""
        if isinstance(self.outcome, _Refused):
            return not self.outcome.said
        return isinstance(self.outcome, CallFailed)


def _envelope(body: object, kind: str) -> dict[str, Any]:
    """Return the entries by symbol; where there is none the source may say null."""
    envelope = wire.an_object(body, "the answer")
    if kind not in envelope:
        raise wire.Unreadable(f"{kind} is missing")
    return wire.an_object({} if envelope[kind] is None else envelope[kind], kind)


def _market_data(parts: list[_Part]) -> MarketData:
    """Read the entries of the symbols that were asked for, and put the rest into words."""
    read: dict[str, dict[str, Any]] = {kind: {} for kind in _READERS}
    failed: dict[tuple[str, str], list[str]] = {}
    for kind, symbols, outcome in parts:
        if isinstance(outcome, CallFailed):
            failed.setdefault((kind, outcome.reason), []).extend(symbols)
            continue
        for symbol in symbols:
            if outcome.get(symbol) is None:
                continue
            try:
                read[kind][symbol] = _READERS[kind](outcome[symbol])
            except wire.Unreadable as error:
                failed.setdefault((kind, f"answered one that can't be read ({error})"), []).append(symbol)
    problems = tuple(
        f"the {kind} of {listed(symbols, _NAMED)}: it {reason}" for (kind, reason), symbols in failed.items()
    )
    return MarketData(read["quotes"], read["trades"], problems)


def _quote(value: object) -> Quote:
    entry = wire.an_object(value, "the quote")
    if "bp" not in entry and "ap" not in entry:
        raise wire.Unreadable("bp and ap are missing")
    return Quote(_price(entry, "bp"), _price(entry, "ap"), _moment(entry))


def _trade(value: object) -> Trade:
    entry = wire.an_object(value, "the trade")
    if "p" not in entry:
        raise wire.Unreadable("p is missing")
    return Trade(_price(entry, "p"), _moment(entry))


_READERS: dict[str, Callable[[object], Quote | Trade]] = {"quotes": _quote, "trades": _trade}


def _price(entry: dict[str, Any], key: str) -> Decimal | None:
    """Return a price in dollars; a side without a quote has price 0 on this wire, which is none."""
    value = wire.opinion(entry, key)
    return value if value is not None and value > 0 else None


def _moment(entry: dict[str, Any]) -> datetime | None:
    """Return the time in UTC, its nanoseconds cut to microseconds; the year 1 is a time never set."""
    value = entry.get("t")
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not 1970 <= moment.year < 9999:
            return None
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
