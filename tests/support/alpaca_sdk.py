"""Run by itself: the public SDK's own answers (`answers`), or its requests (`requests URL KEY SECRET`).

It knows nothing of paper_run. It is a program of its own because the SDK warns of its own deprecations.
"""

import json
import sys
from datetime import UTC, date, datetime
from uuid import UUID

from alpaca.common.enums import Sort
from alpaca.data.enums import CorporateActionsType
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.models import corporate_actions as actions
from alpaca.data.requests import CorporateActionsRequest
from alpaca.trading import enums, models
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import GetOrdersRequest

AT = datetime(2025, 1, 17, 14, 30, 0, 123456, tzinfo=UTC)
DAY = date(2025, 1, 17)
ACCOUNT = UUID(int=1)


def answers() -> dict[str, object]:
    """Return one of each model, and one for each word that the SDK knows."""
    account = models.TradeAccount(
        id=ACCOUNT,
        account_number="PA3SDK",
        status=enums.AccountStatus.ACTIVE,
        currency="USD",
        cash="63870.25",
        accrued_fees="0.13",
        equity="100012.345",
        last_equity="100000",
        portfolio_value="100012.345",
        long_market_value="36142.095",
        short_market_value="0",
        trading_blocked=False,
        account_blocked=False,
        trade_suspended_by_user=False,
        shorting_enabled=True,
        created_at=AT,
    )
    orders = [_order(number, status) for number, status in enumerate(enums.OrderStatus)]
    activities = [_activity(number, kind) for number, kind in enumerate(enums.ActivityType)]
    return {
        "account": _dumped(account),
        "orders": list(map(_dumped, orders)),
        "positions": [
            _dumped(_position("AAPL", enums.AssetClass.US_EQUITY, "-7")),
            _dumped(_position("BTCUSD", enums.AssetClass.CRYPTO, "0.123456789")),
            _dumped(_position("AAPL250117C00150000", enums.AssetClass.US_OPTION, "2")),
        ],
        "activities": list(map(_dumped, activities)),
        "corporate_actions": {name: [_dumped(each)] for name, each in _actions().items()},
        "words": {
            "order statuses": [each.value for each in enums.OrderStatus],
            "activity types": [each.value for each in enums.ActivityType],
            "account statuses": [each.value for each in enums.AccountStatus],
            "asset classes": [each.value for each in enums.AssetClass],
        },
    }


def requests(url: str, key: str, secret: str) -> dict[str, object]:
    """Ask a host for what the client reads, and return what the SDK made of its answers."""
    client = TradingClient(key, secret, paper=True, url_override=url)
    after = GetOrdersRequest(
        status=enums.QueryOrderStatus.ALL,
        after=AT.replace(hour=0),
        direction=Sort.ASC,
        limit=500,
        nested=False,
    )
    account, orders = client.get_account(), client.get_orders(after)
    positions = client.get_all_positions()
    order = client.get_order_by_client_id(orders[0].client_order_id)
    kinds = ("FORWARD_SPLIT", "REVERSE_SPLIT", "UNIT_SPLIT", "STOCK_DIVIDEND", "SPIN_OFF", "NAME_CHANGE")
    asked = CorporateActionsRequest(
        symbols=["NVDA", "FB"],
        types=[CorporateActionsType[kind] for kind in kinds],
        start=DAY,
        end=DAY,
        limit=1000,
    )
    listed = CorporateActionsClient(key, secret, url_override=url).get_corporate_actions(asked)
    return {
        "account_number": account.account_number,
        "orders": len(orders),
        "order": order.client_order_id,
        "positions": [each.symbol for each in positions],
        "actions": sorted(listed.data),
    }


def _dumped(model: object) -> object:
    """Return a model as the wire has it: what the SDK adds of its own is no part of that."""
    return json.loads(model.model_dump_json(exclude={"corporate_action_type"}))


def _order(number: int, status: enums.OrderStatus) -> models.Order:
    filled = status is enums.OrderStatus.FILLED
    return models.Order(
        id=UUID(int=number + 10),
        client_order_id=f"{number:024x}",
        created_at=AT,
        updated_at=AT,
        submitted_at=AT,
        filled_at=AT if filled else None,
        replaced_by=UUID(int=999) if status is enums.OrderStatus.REPLACED else None,
        symbol="BTC/USD" if number == 1 else "AAPL",
        asset_class=enums.AssetClass.CRYPTO if number == 1 else enums.AssetClass.US_EQUITY,
        qty="10",
        filled_qty="10" if filled else "0",
        filled_avg_price="150.123456789" if filled else None,
        order_class=enums.OrderClass.SIMPLE,
        order_type=enums.OrderType.LIMIT,
        type=enums.OrderType.LIMIT,
        side=enums.OrderSide.SELL,
        time_in_force=enums.TimeInForce.DAY,
        limit_price="150.1",
        status=status,
        extended_hours=False,
    )


def _position(symbol: str, asset_class: enums.AssetClass, qty: str) -> models.Position:
    return models.Position(
        asset_id=UUID(int=5),
        symbol=symbol,
        exchange=enums.AssetExchange.NASDAQ,
        asset_class=asset_class,
        avg_entry_price="150.123456789",
        qty=qty,
        side=enums.PositionSide.SHORT if qty.startswith("-") else enums.PositionSide.LONG,
        market_value="-1050.7",
        cost_basis="-1050.86",
        unrealized_pl="0.16",
        current_price="150.1",
        lastday_price="149",
    )


def _activity(number: int, kind: enums.ActivityType) -> models.BaseActivity:
    identity = f"20250117000000000::{UUID(int=number)}"
    if kind.is_trade_activity():
        return models.TradeActivity(
            id=identity,
            account_id=ACCOUNT,
            activity_type=kind,
            transaction_time=AT,
            type=enums.TradeActivityType.PARTIAL_FILL,
            price=150.25,
            qty=3,
            side=enums.OrderSide.BUY,
            symbol="AAPL",
            leaves_qty=7,
            cum_qty=3,
            order_id=UUID(int=10),
            order_status=enums.OrderStatus.PARTIALLY_FILLED,
        )
    return models.NonTradeActivity(
        id=identity,
        account_id=ACCOUNT,
        activity_type=kind,
        date=DAY,
        net_amount=-1.02,
        description="",
        status=enums.NonTradeActivityStatus.EXECUTED,
        symbol="AAPL",
        qty=3,
        per_share_amount=0.34,
    )


def _actions() -> dict[str, object]:
    old = {"old_cusip": "1", "new_cusip": "2"}
    base = {"id": ACCOUNT, "process_date": DAY, "corporate_action_type": ""}
    return {
        "forward_splits": actions.ForwardSplit(
            **base, symbol="NVDA", cusip="1", new_rate=10, old_rate=1, ex_date=DAY
        ),
        "reverse_splits": actions.ReverseSplit(
            **base, **old, symbol="NVDA", new_rate=1, old_rate=10, ex_date=DAY
        ),
        "unit_splits": actions.UnitSplit(
            **base,
            **old,
            old_symbol="NVDA",
            new_symbol="NVD",
            old_rate=1,
            new_rate=0.5,
            alternate_symbol="NVDW",
            alternate_cusip="3",
            alternate_rate=1,
            effective_date=DAY,
        ),
        "stock_dividends": actions.StockDividend(**base, symbol="NVDA", cusip="1", rate=0.05, ex_date=DAY),
        "spin_offs": actions.SpinOff(
            **base,
            source_symbol="NVDA",
            source_cusip="1",
            source_rate=4,
            new_symbol="NVS",
            new_cusip="2",
            new_rate=1,
            ex_date=DAY,
        ),
        "name_changes": actions.NameChange(**base, **old, old_symbol="FB", new_symbol="META"),
    }


if __name__ == "__main__":
    done = answers() if sys.argv[1] == "answers" else requests(*sys.argv[2:])
    json.dump(done, sys.stdout)
