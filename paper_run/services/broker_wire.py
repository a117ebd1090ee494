"""Reading the broker's wire: each entry of its answers to one of our values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from paper_run import money
from paper_run.model.broker import (
    Account,
    BrokerOrder,
    BrokerPosition,
    CorporateAction,
    FillActivity,
    MoneyActivity,
)
from paper_run.services import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paper_run.model.broker import ActionKind
    from paper_run.services.answer import Answer

T = TypeVar("T")

_ONE = Decimal(1)


def named(entry: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> T:
    """Read an entry of a list.

    :raises Unreadable: as `read` does, and says of which symbol, where there is one.
    """
    try:
        return read(entry)
    except wire.Unreadable as error:
        symbol = entry.get("symbol")
        raise wire.Unreadable(f"{symbol[:32]}: {error}" if isinstance(symbol, str) else str(error)) from None


def account(answer: Answer) -> Account:
    """Read the account; whose it is must be there, and each amount that is there must be one.

    :raises Unreadable: something is not.
    """
    body = wire.an_object(answer.json(), "the answer")
    return Account(
        number=wire.text(body, "account_number"),
        status=wire.text(body, "status").upper(),
        identity=_word(body, "id"),
        currency=_word(body, "currency"),
        cash=_amount(body, "cash"),
        accrued_fees=_amount(body, "accrued_fees"),
        equity=_amount(body, "equity"),
        trading_blocked=wire.flag(body, "trading_blocked"),
        account_blocked=wire.flag(body, "account_blocked"),
        trade_suspended_by_user=wire.flag(body, "trade_suspended_by_user"),
        as_of=wire.http_date(answer.own_date),
        latency_ms=answer.milliseconds,
    )


def order(entry: dict[str, Any]) -> BrokerOrder:
    """Read an order; its ids and its status must be there.

    :raises Unreadable: one is not, or an amount is none.
    """
    return BrokerOrder(
        identity=wire.text(entry, "id"),
        client_order_id=wire.text(entry, "client_order_id"),
        status=wire.text(entry, "status").lower(),
        symbol=_word(entry, "symbol"),
        asset_class=_lower(entry, "asset_class"),
        side=_lower(entry, "side"),
        qty=_quantity(entry, "qty"),
        filled_qty=_quantity(entry, "filled_qty"),
        filled_avg_price=_price(entry, "filled_avg_price"),
        order_type=_lower(entry, "type") or _lower(entry, "order_type"),
        time_in_force=_lower(entry, "time_in_force"),
        limit_price=_amount(entry, "limit_price"),
        stop_price=_amount(entry, "stop_price"),
        created_at=wire.moment(entry, "created_at"),
        submitted_at=wire.moment(entry, "submitted_at"),
        filled_at=wire.moment(entry, "filled_at"),
        replaced_by=_word(entry, "replaced_by"),
    )


def position(entry: dict[str, Any]) -> BrokerPosition:
    """Read a position; its symbol and its signed quantity must be there.

    :raises Unreadable: one is not, an amount is none, or its side contradicts the quantity's sign.
    """
    symbol, qty, side = wire.text(entry, "symbol"), wire.amount(entry, "qty"), _lower(entry, "side")
    if (side, qty > 0) in (("short", True), ("long", False)) and qty:
        raise wire.Unreadable(f"{symbol} is {side} with a qty of {money.digits(qty)}")
    return BrokerPosition(
        symbol=symbol,
        qty=qty,
        asset_class=_lower(entry, "asset_class"),
        avg_entry_price=_amount(entry, "avg_entry_price"),
        market_value=_amount(entry, "market_value"),
        current_price=_price(entry, "current_price"),
    )


def activity(entry: dict[str, Any]) -> FillActivity | MoneyActivity:
    """Read an activity: a fill, or whatever else it is.

    :raises Unreadable: what it needs is not there, or an amount is none.
    """
    kind = wire.text(entry, "activity_type").upper()
    if kind != "FILL":
        return _money_activity(entry, kind)
    qty, price = _quantity(entry, "qty"), _price(entry, "price")
    if not qty or price is None:
        raise wire.Unreadable("a fill has no qty or no price")
    return FillActivity(
        identity=wire.text(entry, "id"),
        order_id=wire.text(entry, "order_id"),
        symbol=wire.text(entry, "symbol"),
        side=wire.text(entry, "side").lower(),
        qty=qty,
        price=price,
        time=wire.moment(entry, "transaction_time"),
    )


def corporate_actions(body: dict[str, Any]) -> Iterator[CorporateAction]:
    """Read the lists that are known here; the source may leave any of them out.

    :raises Unreadable: an entry has no symbol or no ratio, or a date that is none.
    """
    if "corporate_actions" not in body:
        raise wire.Unreadable("corporate_actions is missing")
    listed = body["corporate_actions"]
    lists = wire.an_object({} if listed is None else listed, "corporate_actions")
    for name, read in _ACTIONS.items():
        if lists.get(name) is not None:
            yield from (named(entry, read) for entry in wire.objects(lists, name))


def _money_activity(entry: dict[str, Any], kind: str) -> MoneyActivity:
    return MoneyActivity(
        identity=wire.text(entry, "id"),
        activity_type=kind,
        date=wire.day(entry, "date"),
        net_amount=_amount(entry, "net_amount"),
        status=_lower(entry, "status"),
        symbol=_word(entry, "symbol"),
        qty=_amount(entry, "qty"),
        price=_amount(entry, "price"),
        description=_word(entry, "description"),
    )


def _split(kind: ActionKind) -> Callable[[dict[str, Any]], CorporateAction]:
    return lambda entry: _action(entry, kind, symbol="symbol")


def _unit_split(entry: dict[str, Any]) -> CorporateAction:
    return _action(
        entry, "unit_split", symbol="old_symbol", new_symbol="new_symbol", ex_date="effective_date"
    )


def _spin_off(entry: dict[str, Any]) -> CorporateAction:
    return _action(entry, "spin_off", symbol="source_symbol", new_symbol="new_symbol", old_rate="source_rate")


def _stock_dividend(entry: dict[str, Any]) -> CorporateAction:
    """Read a dividend in shares: its rate is what each share is given, so 1 becomes 1 + rate."""
    rates = {"old_rate": _ONE, "new_rate": money.total((_ONE, _rate(entry, "rate")))}
    return _action({**entry, **rates}, "stock_dividend", symbol="symbol")


def _name_change(entry: dict[str, Any]) -> CorporateAction:
    rates = {"old_rate": _ONE, "new_rate": _ONE}
    return _action({**entry, **rates}, "name_change", symbol="old_symbol", new_symbol="new_symbol")


def _action(
    entry: dict[str, Any],
    kind: ActionKind,
    *,
    symbol: str,
    new_symbol: str = "",
    old_rate: str = "old_rate",
    ex_date: str = "ex_date",
) -> CorporateAction:
    """Read an action whose fields have these names."""
    return CorporateAction(
        kind=kind,
        symbol=wire.text(entry, symbol),
        new_symbol=wire.text(entry, new_symbol) if new_symbol else None,
        new=_rate(entry, "new_rate"),
        old=_rate(entry, old_rate),
        ex_date=wire.day(entry, ex_date),
        process_date=wire.day(entry, "process_date"),
    )


_ACTIONS: dict[str, Callable[[dict[str, Any]], CorporateAction]] = {
    "forward_splits": _split("forward_split"),
    "reverse_splits": _split("reverse_split"),
    "unit_splits": _unit_split,
    "stock_dividends": _stock_dividend,
    "spin_offs": _spin_off,
    "name_changes": _name_change,
}


def _word(entry: dict[str, Any], key: str) -> str | None:
    """Return a text; an empty one says nothing."""
    return wire.optional_text(entry, key) or None


def _lower(entry: dict[str, Any], key: str) -> str | None:
    word = _word(entry, key)
    return None if word is None else word.lower()


def _amount(entry: dict[str, Any], key: str) -> Decimal | None:
    """Return an amount; an empty text says nothing."""
    return None if entry.get(key) == "" else wire.optional_amount(entry, key)


def _quantity(entry: dict[str, Any], key: str) -> Decimal | None:
    """Return a number of shares, which has no sign where a side says it."""
    value = _amount(entry, key)
    if value is not None and value < 0:
        raise wire.Unreadable(f"{key} is below zero")
    return value


def _price(entry: dict[str, Any], key: str) -> Decimal | None:
    """Return a price; this wire writes 0 for one that there is not yet."""
    value = _amount(entry, key)
    return value if value is not None and value > 0 else None


def _rate(entry: dict[str, Any], key: str) -> Decimal:
    value = wire.amount(entry, key)
    if value <= 0:
        raise wire.Unreadable(f"{key} is not above zero")
    return value
