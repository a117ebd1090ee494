"""The broker (Alpaca's trading API): what the account itself says. It is only ever read."""

from __future__ import annotations

import time
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote, urlencode

from paper_run.model.broker import Activities, FillActivity, MoneyActivity, OrdersRead
from paper_run.services import alpaca, broker_wire, wire
from paper_run.services.answer import CallFailed, KeysRefused, NoAnswer, NotKnown, UnreadableAnswer, of_status
from paper_run.services.auth import UNAUTHORIZED
from paper_run.services.deadline import BEFORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from paper_run.model.broker import Account, BrokerOrder, BrokerPosition, CorporateAction
    from paper_run.model.service import ServiceUrl
    from paper_run.services.alpaca import Keys
    from paper_run.services.answer import Answer
    from paper_run.services.transport import Transport

T = TypeVar("T")

ORDERS_A_PAGE = 500
ACTIVITIES_A_PAGE = 100
_ACTIONS_A_PAGE = 1000
_ACTION_TYPES = "forward_split,reverse_split,unit_split,stock_dividend,spin_off,name_change"
_OVERLAP = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
_NO_TRADES = {"category": "non_trade_activity"}
_NO_SUCH_PARAMETER = frozenset({400, 422})
_UNKNOWN_ORDER = "404"
"""What the broker's own code begins with where there is no such order; any other 404 is somebody else's."""
_ANOTHER_PAIR = (
    "the keys are no pair of this host's (a live account's are refused at the paper host): correct "
    "ALPACA_API_KEY_ID, ALPACA_API_SECRET_KEY or ALPACA_BASE_URL, or set PAPER_RUN_BROKER=off for keys that "
    "are for quotes alone"
)


class Broker:
    """Reads from the broker, and from its market data what companies did; the keys go to these two alone.

    Each read ends within its `seconds`, all its pages together.

    :ivar data: the market data's host; None: it is not asked.
    :param transport: one that only reads. :param url: the trading host, without `/v2`.
    :param data: the market data's host. :param kind: whose money it is.
    :param now: a monotonic clock in seconds.
    :raises ValueError: the transport could send, or a key holds what no HTTP header can.
    """

    def __init__(
        self,
        transport: Transport,
        url: ServiceUrl,
        *,
        data: ServiceUrl,
        keys: Keys,
        kind: Literal["paper", "live"],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if not transport.reads_only:
            raise ValueError("a broker is only ever read: its transport must be one that sends nothing")
        self._transport = transport
        self.data: ServiceUrl | None = data
        self._headers = keys.headers()
        self._now = now
        self._kind = kind
        self.url = url

    def account(self, *, seconds: float = BEFORE) -> Account:
        """Return the account as it stands.

        :raises CallFailed: it could not be read; the broker's own reason is in it.
        """
        answer = self._get(self.url, "/v2/account", self._now() + seconds)
        return _read(answer, broker_wire.account)._replace(kind=self._kind)

    def orders(self, since: datetime, *, seconds: float = BEFORE) -> OrdersRead:
        """Return every order submitted after a moment, whatever became of it.

        The list has no page token: the next page begins a millisecond before the last stamp, and one with
        nothing new ends it.

        :param since: an aware time.
        :raises NotKnown: so many orders share a stamp, or lie out of order, that some may be missing.
        :raises CallFailed: a page could not be read.
        """
        deadline, after = self._now() + seconds, since
        found: dict[str, BrokerOrder] = {}
        while True:
            answer = self._get(self.url, f"/v2/orders?{_orders_after(after)}", deadline)
            page = _read(answer, lambda answer: _entries(answer, broker_wire.order))
            is_new = any(order.identity not in found for order in page)
            found.update((order.identity, order) for order in page)
            if not is_new and len(page) < ORDERS_A_PAGE:
                return OrdersRead(tuple(found.values()), wire.http_date(answer.own_date))
            stamps = [order.submitted_at for order in page if order.submitted_at is not None]
            if len(page) >= ORDERS_A_PAGE and (not is_new or stamps != sorted(stamps)):
                last = max([after, *stamps])
                raise NotKnown(
                    self.url.base,
                    f"lists more orders of {last:%Y-%m-%d %H:%M:%S} UTC than a page holds, or lists them out"
                    " of order: some may be missing",
                )
            after = max([after, *(stamp - _OVERLAP for stamp in stamps)])

    def order(self, client_order_id: str, *, seconds: float = BEFORE) -> BrokerOrder | None:
        """Return an order by our id for it; None if the broker does not know it: by itself no proof.

        :raises CallFailed: it could not be read, or another order came back.
        """
        path = f"/v2/orders:by_client_order_id?client_order_id={quote(client_order_id, safe='')}"
        answer = self._get(self.url, path, self._now() + seconds)
        if answer.status == 404 and (_code(answer) or "").startswith(_UNKNOWN_ORDER):
            return None
        order = _read(answer, lambda answer: broker_wire.order(wire.an_object(answer.json(), "the answer")))
        if order.client_order_id != client_order_id:
            raise UnreadableAnswer(self.url.base, f"answered with another order, {order.client_order_id}")
        return order

    def positions(self, *, seconds: float = BEFORE) -> tuple[BrokerPosition, ...]:
        """Return the open positions.

        :raises CallFailed: they could not be read.
        """
        answer = self._get(self.url, "/v2/positions", self._now() + seconds)
        return _read(answer, lambda answer: tuple(_entries(answer, broker_wire.position)))

    def activities(self, since: date, *, besides_fills: bool = False, seconds: float = BEFORE) -> Activities:
        """Return what happened in the account on that day (UTC) and later; what bears no date is among it.

        Ids sort by date, not by time of posting: one that is posted meanwhile may be missing, and is there
        when the same days are read again.

        :param besides_fills: ask for what is no trade alone; a server that knows no category tells all.
        :raises NotKnown: the pages do not go on. :raises CallFailed: one could not be read.
        """
        deadline, token = self._now() + seconds, ""
        found: dict[str, FillActivity | MoneyActivity] = {}
        category = _NO_TRADES if besides_fills else {}
        while True:
            asked = _activities(since, token, category)
            answer = self._get(self.url, f"/v2/account/activities?{asked}", deadline)
            if category and answer.status in _NO_SUCH_PARAMETER:
                category = {}
                continue
            page = _read(answer, lambda answer: _entries(answer, broker_wire.activity))
            is_new = any(each.identity not in found for each in page)
            found.update((each.identity, each) for each in page)
            if len(page) < ACTIVITIES_A_PAGE:
                break
            if not is_new:
                raise NotKnown(self.url.base, "answers the same activities again when asked for the next")
            token = page[-1].identity
        recent = [each for each in found.values() if (on := _on(each)) is None or on >= since]
        return Activities(
            fills=tuple(each for each in recent if isinstance(each, FillActivity)),
            money=tuple(each for each in recent if isinstance(each, MoneyActivity)),
        )

    def corporate_actions(
        self, symbols: Iterable[str], start: date, end: date, *, seconds: float = BEFORE
    ) -> tuple[CorporateAction, ...] | None:
        """Return what the companies of these stocks did, by the dates on which the broker processes it.

        None where the host of market data has no such list (404): it may be another one's than the broker's.

        What is no stock (a crypto pair) is not asked for. Of a stock that is called otherwise by one of them
        the new symbol is asked for too. The source may list an action late, or never.

        :param start: the first of the dates. :param end: the last.
        :raises NotKnown: the pages do not go on. :raises CallFailed: one could not be read.
        :raises ValueError: the market data's host is not to be asked.
        """
        if (data := self.data) is None:
            raise ValueError("the host of market data is not to be asked")
        deadline = self._now() + seconds
        asked, wanted = set[str](), list(dict.fromkeys(symbols))
        found: dict[CorporateAction, None] = {}
        while wanted:
            read = self._actions_of(data, wanted, f"start={start}&end={end}", deadline)
            if read is None:
                return None
            found.update(dict.fromkeys(read))
            asked |= {*wanted}
            renamed = (each.new_symbol for each in read if each.kind != "spin_off")
            wanted = [each for each in dict.fromkeys(renamed) if each is not None and each not in asked]
        return tuple(found)

    def _actions_of(
        self, data: ServiceUrl, symbols: Iterable[str], dates: str, deadline: float
    ) -> list[CorporateAction] | None:
        """Return all pages of the list of some symbols; None where the host has none."""
        found: list[CorporateAction] = []
        asked = f"types={_ACTION_TYPES}&{dates}&limit={_ACTIONS_A_PAGE}"
        for batch in alpaca.batches(symbols, asked):
            tokens = [""]
            while True:
                more = f"{asked}&page_token={quote(tokens[-1], safe='')}" if tokens[-1] else asked
                answer = self._get(data, f"/v1/corporate-actions?{alpaca.query(batch, more)}", deadline)
                if answer.status == 404:
                    return None
                actions, token = _read(answer, _actions)
                found += actions
                if not token:
                    break
                if token in tokens:
                    raise NotKnown(data.base, "names a page of corporate actions as its own next one")
                tokens.append(token)
        return found

    def _get(self, host: ServiceUrl, path: str, deadline: float) -> Answer:
        left = deadline - self._now()
        if left <= 0:
            raise NoAnswer(host.base, "was not asked any more, its time was over")
        try:
            answer = self._transport.get(host, path, seconds=left, headers=self._headers)
        except CallFailed as failure:
            failure.name(host.base)
            raise
        return answer._replace(url=host.base)  # a whole URL names a hundred symbols


def _read(answer: Answer, read: Callable[[Answer], T]) -> T:
    """Read an answer that must be a good one."""
    if answer.status != 200:
        raise _failure(answer)
    try:
        return read(answer)
    except wire.Unreadable as error:
        raise UnreadableAnswer(answer.url, f"answered 200 with what can't be read: {error}") from None


def _failure(answer: Answer) -> CallFailed:
    """Return what an answer that is no good one says, in the broker's own words and with its own code."""
    said, code = wire.reason(answer), _code(answer)
    words = " ".join(part for part in (said, f"(code {code})" if code else "") if part)
    reason = f"answered {answer.status}" + (f": {words}" if words else "")
    if answer.status in UNAUTHORIZED:
        return KeysRefused(answer.url, reason, fix=_ANOTHER_PAIR)
    return of_status(answer.status)(answer.url, reason)


def _code(answer: Answer) -> str | None:
    """Return the number that the broker's own errors bear."""
    try:
        body = answer.json()
    except UnreadableAnswer:
        return None
    code = body.get("code") if isinstance(body, dict) else None
    return str(code) if isinstance(code, int) and not isinstance(code, bool) else None


def _entries(answer: Answer, read: Callable[[dict[str, Any]], T]) -> list[T]:
    """Read a list without an envelope."""
    entries = wire.objects({"the answer": answer.json()}, "the answer")
    return [broker_wire.named(entry, read) for entry in entries]


def _actions(answer: Answer) -> tuple[list[CorporateAction], str | None]:
    """Read a page of corporate actions, and the token of the next."""
    body = wire.an_object(answer.json(), "the answer")
    return list(broker_wire.corporate_actions(body)), wire.optional_text(body, "next_page_token")


def _orders_after(after: datetime) -> str:
    moment = after.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return urlencode(
        {"status": "all", "after": moment, "direction": "asc", "limit": ORDERS_A_PAGE, "nested": "false"}
    )


def _activities(since: date, token: str, category: dict[str, str]) -> str:
    """Return the query: `after` may leave its own day out, so it names the one before."""
    asked = {"after": str(since - _DAY), "direction": "asc", "page_size": str(ACTIVITIES_A_PAGE)}
    return urlencode(asked | category | ({"page_token": token} if token else {}))


def _on(activity: FillActivity | MoneyActivity) -> date | None:
    if isinstance(activity, MoneyActivity):
        return activity.date
    return None if activity.time is None else activity.time.date()
