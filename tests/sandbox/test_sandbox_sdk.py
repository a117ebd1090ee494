"""The public SDK reads the sandbox's broker: its models, which are none of ours, validate every answer."""

import importlib.util
import json
import subprocess
import sys

from support import sandbox_books as books
from support.chromium import unavailable

READS = """
import json, sys, warnings
warnings.simplefilter("ignore")
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.requests import CorporateActionsRequest
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import QueryOrderStatus
from alpaca.trading.models import NonTradeActivity, TradeActivity
from alpaca.trading.requests import GetOrdersRequest

url, key, secret = sys.argv[1:]
client = TradingClient(key, secret, url_override=url)
account = client.get_account()
orders = client.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500))
single = [client.get_order_by_client_id(order.client_order_id) for order in orders]
positions = client.get_all_positions()
activities = []
for entry in client.get("/account/activities", {"direction": "asc", "page_size": 100}):
    model = TradeActivity if entry["activity_type"] == "FILL" else NonTradeActivity
    # The SDK's models are those of the broker API, where an activity names its account too.
    activities.append(model(**entry, account_id=account.id))
found = CorporateActionsClient(key, secret, url_override=url).get_corporate_actions(
    CorporateActionsRequest(symbols=["SPLIT", "DIVIDEND"], start="2025-01-01", end="2025-12-31")
)
print(json.dumps({
    "status": account.status.value,
    "cash": account.cash,
    "equity": account.equity,
    "orders": {order.client_order_id: order.status.value for order in orders},
    "single": single == orders,
    "positions": {position.symbol: position.qty for position in positions},
    "activities": sorted(each.activity_type.value for each in activities),
    "actions": {name: [action.symbol for action in actions] for name, actions in found.data.items()},
}))
"""


def test_its_models_validate_every_answer(platform):
    """Account, orders as a list and singly, positions, activities of each kind, corporate actions."""
    if importlib.util.find_spec("alpaca") is None:
        unavailable("alpaca-py is not installed (pip install 'paper_run[ci]')")
    for _ in range(3):
        platform.run(
            *("AAPL", "DEAF", "CUTOFF", "SPLIT", "DIVIDEND", "PARTIAL", "LATE", "REFUSE", "CANCEL", "MSFT"),
            *("FEE", "INTEREST", "DEPOSIT"),
        )
    command = [sys.executable, "-c", READS, platform.sandbox.broker_url, *platform.sandbox.broker_keys]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert finished.returncode == 0, finished.stderr
    read = json.loads(finished.stdout)
    assert (read["status"], read["cash"]) == ("ACTIVE", str(books.cash(platform.sandbox)))
    assert read["equity"] == platform.broker("/v2/account")["equity"]
    assert read["single"] is True
    orders = platform.broker("/v2/orders?status=all&limit=500")
    assert read["orders"] == {order["client_order_id"]: order["status"] for order in orders}
    assert set(read["orders"].values()) >= {"filled", "expired", "rejected", "canceled", "accepted"}
    assert read["positions"] == {each["symbol"]: each["qty"] for each in platform.broker("/v2/positions")}
    listed = platform.broker("/v2/account/activities")
    assert read["activities"] == sorted(each["activity_type"] for each in listed)
    assert {"FILL", "DIV", "SPLIT", "FEE", "INT", "CSD"} == set(read["activities"])
    assert read["actions"] == {"forward_splits": ["SPLIT"], "cash_dividends": ["DIVIDEND"]}
