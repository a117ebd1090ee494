"""The broker that the sandbox serves: it has the gateway's orders, and what the gateway never hears of."""

import sqlite3
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

import pytest
from support import sandbox_books as books

from paper_run.sandbox import Sandbox, market

DEFAULT = ("AAPL", "MSFT", "GOOGL")
EVERYTHING = (
    "AAPL",
    "DEAF",
    "CUTOFF",
    "SPLIT",
    "DIVIDEND",
    "FEE",
    "INTEREST",
    "DEPOSIT",
    "PARTIAL",
    "LATE",
    "DOUBT",
    "NOPRICE",
    "MSFT",
    "REFUSE",
)
KEYS = {"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"}
PATHS = (
    *("/v2/account", "/v2/orders", "/v2/orders:by_client_order_id?client_order_id=x", "/v2/positions"),
    *("/v2/account/activities", "/v1/corporate-actions"),
)


def play(platform, *symbols, sessions=1):
    for _ in range(sessions):
        platform.run(*symbols)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("keys", [{}, {"APCA-API-KEY-ID": "key"}, KEYS | {"APCA-API-KEY-ID": ""}])
def test_a_pair_of_keys_is_demanded(platform, request_of, path, keys):
    """Without a whole pair 401; any pair is accepted."""
    reply = request_of("GET", platform.sandbox.broker_url + path, None, keys)
    assert (reply.status, reply.body["code"]) == (401, 40110000)
    assert request_of("GET", platform.sandbox.broker_url + path, None, KEYS).status in (200, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_can_only_be_read(platform, request_of, method):
    """Orders reach the broker by the gateway alone."""
    for path in PATHS:
        assert request_of(method, platform.sandbox.broker_url + path, {}, KEYS).status == 405


def test_an_account_that_has_not_traded(platform):
    """Its cash is its equity, and there is nothing in it."""
    account = platform.broker("/v2/account")
    named = {name: account[name] for name in ("status", "currency", "cash", "equity", "last_equity")}
    assert named == {
        "status": "ACTIVE",
        "currency": "USD",
        "cash": "100000",
        "equity": "100000",
        "last_equity": "100000",
    }
    assert (account["trading_blocked"], account["account_blocked"]) == (False, False)
    assert [platform.broker(path) for path in ("/v2/orders", "/v2/positions", "/v2/account/activities")] == [
        []
    ] * 3


def test_each_account_has_an_id_of_its_own(platform, state_file, tmp_path, start):
    """It stays with the state file; another file is another account."""
    ours = platform.broker("/v2/account")["id"]
    with Sandbox(state_file) as again, Sandbox(tmp_path / "other.sqlite3") as other:
        assert start(again).broker("/v2/account")["id"] == ours
        assert start(other).broker("/v2/account")["id"] != ours


def test_it_has_the_gateways_orders_under_their_own_ids(platform):
    """Id, fill and price are the gateway's; a status is one of the broker's own vocabulary."""
    lines = platform.mappings(*DEFAULT, "PARTIAL", "REFUSE", "CANCEL")
    listed = {order["symbol"]: order for order in platform.broker("/v2/orders?status=all&limit=500")}
    placed = {symbol: line["client_order_id"] for symbol, line in lines.items() if line["client_order_id"]}
    assert {symbol: order["client_order_id"] for symbol, order in listed.items()} == placed
    for symbol, order_id in placed.items():
        gateway, broker = platform.order(order_id), listed[symbol]
        same = (
            "status",
            "filled_qty",
            "filled_avg_price",
            "side",
            "time_in_force",
            "filled_at",
            "created_at",
        )
        assert [broker[name] for name in same] == [gateway[name] for name in same]
        assert (broker["id"], broker["qty"]) == (gateway["broker_order_id"], str(gateway["qty"]))
        single = platform.broker(f"/v2/orders:by_client_order_id?client_order_id={order_id}")
        assert single == broker
    assert listed["REFUSE"]["failed_at"]
    assert listed["CANCEL"]["canceled_at"]
    platform.run("AAPL")
    order = platform.broker(f"/v2/orders:by_client_order_id?client_order_id={placed['PARTIAL']}")
    assert (order["status"], bool(order["expired_at"])) == ("expired", True)


def test_an_order_that_nobody_placed_is_a_404(platform, request_of):
    """With the broker's code; one that the broker refused (422) is none either."""
    url = platform.sandbox.broker_url + "/v2/orders:by_client_order_id?client_order_id=" + "0" * 24
    reply = request_of("GET", url, None, KEYS)
    assert (reply.status, reply.body["code"]) == (404, 40410000)
    platform.run("REJECT")
    assert platform.broker("/v2/orders?status=all") == []


def test_orders_are_paged_by_when_they_were_submitted(platform):
    """`after` and `until` are exclusive; oldest or newest first; open, closed or all."""
    play(platform, "AAPL", "MSFT", "LATE", sessions=3)
    whole = platform.broker("/v2/orders?status=all&direction=asc&limit=500")
    stamps = [order["submitted_at"] for order in whole]
    assert stamps == sorted(set(stamps))
    assert platform.broker("/v2/orders?status=all&limit=500") == whole[::-1]
    paged, after = [], "2025-01-01"
    while page := platform.broker(f"/v2/orders?status=all&direction=asc&limit=2&after={after}"):
        paged += page
        after = page[-1]["submitted_at"]
    assert paged == whole
    until = platform.broker(f"/v2/orders?status=all&direction=asc&until={stamps[3]}")
    assert until == whole[:3]
    is_open = [order["status"] == "accepted" for order in whole]
    assert sum(is_open) == 1
    assert platform.broker("/v2/orders") == [order for order in whole if order["status"] == "accepted"]
    assert len(platform.broker("/v2/orders?status=closed&limit=500")) == len(whole) - 1
    named = platform.broker("/v2/orders?status=all&symbols=MSFT,LATE")
    assert {order["symbol"] for order in named} == {"MSFT", "LATE"}


@pytest.mark.parametrize(
    "query",
    [
        *(
            "orders?limit=501",
            "orders?limit=0",
            "orders?status=any",
            "orders?after=soon",
            "orders?direction=up",
        ),
        *(
            "account/activities?category=gifts",
            "account/activities?category=trade_activity&activity_types=FILL",
            "account/activities?page_size=101",
            "account/activities?page_token=x",
            "account/activities?until=?",
        ),
    ],
)
def test_a_query_that_it_does_not_know_is_refused(platform, request_of, query):
    """422 with a message that names the parameter."""
    reply = request_of("GET", f"{platform.sandbox.broker_url}/v2/{query}", None, KEYS)
    assert reply.status == 422
    assert query.partition("?")[2].partition("=")[0] in reply.body["message"]


def test_positions_are_a_list_at_the_last_close(platform):
    """Shorts have a negative quantity; NOPRICE has no current price here either, only a value."""
    play(platform, *DEFAULT, "NOPRICE", sessions=2)
    held = books.positions(platform.sandbox)
    listed = {position["symbol"]: position for position in platform.broker("/v2/positions")}
    assert set(listed) == {symbol for symbol, position in held.items() if position.qty}
    assert {position["side"] for position in listed.values()} == {"long", "short"}
    for symbol, shown in listed.items():
        price = market.close_price(symbol, books.last_played(platform.sandbox))
        assert Decimal(shown["qty"]) == held[symbol].qty
        assert (Decimal(shown["qty"]) < 0) is (shown["side"] == "short")
        assert shown["current_price"] == (None if symbol == "NOPRICE" else str(price))
        assert Decimal(shown["market_value"]) == held[symbol].qty * price
        assert Decimal(shown["unrealized_pl"]) == held[symbol].unrealized(price)


def assert_ties_out(platform):
    """Cash, positions and equity are what the activities and the last close make of 100,000 dollars."""
    activities = platform.broker("/v2/account/activities?direction=asc")
    account, positions = platform.broker("/v2/account"), platform.broker("/v2/positions")
    assert len(activities) < 100
    cash, shares = Decimal(100000), {}
    for each in activities:
        symbol, qty = each.get("symbol"), Decimal(each.get("qty", 0))
        if each["activity_type"] == "FILL":
            qty = qty if each["side"] == "buy" else -qty
            cash -= qty * Decimal(each["price"])
        else:
            cash += Decimal(each["net_amount"])
            qty = qty if each["activity_type"] == "SPLIT" else Decimal(0)
        shares[symbol] = shares.get(symbol, Decimal(0)) + qty
    cash -= Decimal(account["accrued_fees"])
    assert Decimal(account["cash"]) == cash
    held = {each["symbol"]: Decimal(each["qty"]) for each in positions}
    assert held == {symbol: qty for symbol, qty in shares.items() if qty}
    worth = cash + sum(Decimal(each["market_value"]) for each in positions)
    assert Decimal(account["equity"]) == worth
    sides = (account["long_market_value"], account["short_market_value"])
    assert cash + sum(map(Decimal, sides)) == worth
    return worth


def test_everything_ties_out_whatever_misbehaves(platform):
    """Four sessions of every special symbol; each `last_equity` is the equity at the close before."""
    before = Decimal(100000)
    for _ in range(4):
        platform.run(*EVERYTHING)
        assert Decimal(platform.broker("/v2/account")["last_equity"]) == before
        before = assert_ties_out(platform)


def test_its_date_is_the_simulated_clocks(platform, request_of):
    """No earlier than the orders that are there, no later than those of the next session."""
    dates = []
    for _ in range(2):
        reply = request_of("GET", platform.sandbox.broker_url + "/v2/account", None, KEYS)
        dates.append(parsedate_to_datetime(reply.headers["date"]))
        platform.run("AAPL")
    first, second = (
        datetime.fromisoformat(order["created_at"])
        for order in platform.broker("/v2/orders?status=all&direction=asc")
    )
    assert dates[0] <= first <= dates[1] <= second
    quotes = request_of("GET", platform.sandbox.quotes_url + "/v2/stocks/quotes/latest", None, KEYS)
    assert parsedate_to_datetime(quotes.headers["date"]).year > 2025


def test_each_fill_is_an_activity(platform):
    """One for each order that filled, the late one too, with what it leaves."""
    play(platform, "AAPL", "PARTIAL", "LATE")
    play(platform, "AAPL")
    orders = {each["id"]: each for each in platform.broker("/v2/orders?status=all&limit=500")}
    fills = platform.broker("/v2/account/activities?activity_types=FILL&direction=asc")
    assert fills == platform.broker("/v2/account/activities?category=trade_activity&direction=asc")
    assert platform.broker("/v2/account/activities?category=non_trade_activity") == []
    filled = {order_id for order_id, order in orders.items() if order["filled_qty"] != "0"}
    assert {fill["order_id"] for fill in fills} == filled
    for fill in fills:
        order = orders[fill["order_id"]]
        assert (fill["qty"], fill["price"]) == (order["filled_qty"], order["filled_avg_price"])
        assert Decimal(fill["leaves_qty"]) == Decimal(order["qty"]) - Decimal(order["filled_qty"])
        assert fill["type"] == ("partial_fill" if order["symbol"] == "PARTIAL" else "fill")
        assert fill["transaction_time"] == order["filled_at"]
    # 14:30 in UTC is 9:30 in New York, which the ids go by.
    assert {fill["id"][:12] for fill in fills} == {"202501020930", "202501030930"}


def test_activities_are_paged_by_the_last_id(platform):
    """A page shorter than asked for is the last; `after` is exclusive, and a date is its 00:00."""
    play(platform, *EVERYTHING, sessions=3)
    whole = platform.broker("/v2/account/activities?direction=asc")
    assert [each["id"] for each in whole] == sorted({each["id"] for each in whole})
    assert platform.broker("/v2/account/activities") == whole[::-1]
    paged, token = [], ""
    while True:
        page = platform.broker(f"/v2/account/activities?direction=asc&page_size=4{token}")
        paged += page
        if len(page) < 4:
            break
        token = f"&page_token={page[-1]['id']}"
    assert paged == whole
    that_day = platform.broker("/v2/account/activities?direction=asc&after=2025-01-06")
    assert {each["activity_type"] for each in that_day} == {"FILL"}
    assert all(each["transaction_time"] >= "2025-01-06" for each in that_day)
    earlier = platform.broker("/v2/account/activities?direction=asc&until=2025-01-06")
    moved = [each for each in whole if each.get("date") == "2025-01-06"]
    assert {each["activity_type"] for each in moved} == {"SPLIT", "DIV", "INT", "CSD"}
    assert [*earlier, *moved, *that_day] == whole


def test_deaf(platform):
    """DEAF: filled at the broker; at the gateway pending for ever, without a position."""
    line = platform.mappings("DEAF", "AAPL")["DEAF"]
    assert (line["order_status"], bool(line["broker_order_id"])) == ("pending_new", True)
    platform.run("AAPL")
    order = platform.order(line["client_order_id"])
    assert (order["status"], order["filled_qty"], order["filled_avg_price"]) == ("pending_new", "0", None)
    assert (order["filled_at"], order["broker_order_id"]) == (None, line["broker_order_id"])
    assert set(platform.positions()) == {"AAPL"}
    url = f"/v2/orders:by_client_order_id?client_order_id={line['client_order_id']}"
    truth = platform.broker(url)
    assert (truth["status"], truth["filled_qty"]) == ("filled", str(line["order_qty"]))
    assert truth["id"] == line["broker_order_id"]
    again = platform.submit(symbol="DEAF", side="buy", qty=1)
    assert again.body["status"] == "pending_new"


def test_cutoff(platform):
    """CUTOFF: rejected without a broker's id at the gateway, and filled at the broker under the same id."""
    run = platform.run("CUTOFF", "AAPL")
    line = run["mappings"][0]
    assert (line["symbol"], line["client_order_id"], line["order_status"]) == ("CUTOFF", None, "rejected")
    assert line["skip_reason"] == "submission_failed: 500"
    (truth,) = (each for each in platform.broker("/v2/orders?status=all") if each["symbol"] == "CUTOFF")
    assert (truth["status"], truth["filled_qty"]) == ("filled", str(line["order_qty"]))
    order = platform.order(truth["client_order_id"])
    assert (order["status"], order["broker_order_id"], order["filled_qty"]) == ("rejected", None, "0")
    assert order["error_message"].startswith("Unexpected error: ('Connection aborted.'")
    assert set(platform.positions()) == {"AAPL"}


def test_split(platform):
    """SPLIT: at the third session's open the held shares double and the prices halve, each once."""
    play(platform, "SPLIT", sessions=2)
    before = {each["symbol"]: each for each in platform.broker("/v2/positions")}["SPLIT"]
    assert platform.broker("/v2/account/activities?activity_types=SPLIT") == []
    (line,) = platform.run("SPLIT")["mappings"]
    after = platform.positions()["SPLIT"]
    assert Decimal(after["qty"]) == 2 * Decimal(before["qty"]) + line["order_qty"]
    (entered,) = platform.broker("/v2/account/activities?activity_types=SPLIT")
    assert (entered["qty"], entered["net_amount"], entered["date"]) == (before["qty"], "0", "2025-01-06")
    halved = Decimal(after["current_price"]) / Decimal(before["current_price"])
    assert Decimal("0.4") < halved < Decimal("0.6")
    platform.run("SPLIT")
    assert len(platform.broker("/v2/account/activities?activity_types=SPLIT")) == 1


def test_dividend(platform):
    """DIVIDEND: 0.25 on each share held before the third session, in cash, once; its own trade gets none."""
    play(platform, "DIVIDEND", sessions=2)
    (held,) = platform.broker("/v2/positions")
    cash = books.cash(platform.sandbox)
    play(platform, "AAPL", sessions=2)
    (paid,) = platform.broker("/v2/account/activities?activity_types=DIV")
    assert Decimal(paid["net_amount"]) == Decimal(held["qty"]) * Decimal("0.25")
    assert (paid["qty"], paid["per_share_amount"], paid["status"]) == (held["qty"], "0.25", "executed")
    spent = sum(
        Decimal(fill["qty"]) * Decimal(fill["price"]) * (1 if fill["side"] == "buy" else -1)
        for fill in platform.broker("/v2/account/activities?activity_types=FILL&after=2025-01-04")
    )
    assert books.cash(platform.sandbox) == cash + Decimal(paid["net_amount"]) - spent


def test_fee(platform):
    """FEE: a cent a share, off the balances in its session, and charged when the next one begins."""
    for charged in range(3):
        play(platform, "FEE", "AAPL")
        fees = platform.broker("/v2/account/activities?activity_types=FEE&direction=asc")
        fills = platform.broker("/v2/account/activities?activity_types=FILL&direction=asc")
        costs = [Decimal(each["qty"]) / 100 for each in fills if each["symbol"] == "FEE"]
        assert [-Decimal(each["net_amount"]) for each in fees] == costs[:charged]
        account = platform.broker("/v2/account")
        assert Decimal(account["accrued_fees"]) == costs[charged] > 0
        assert Decimal(account["cash"]) == books.cash(platform.sandbox)
    assert [each["date"] for each in fees] == ["2025-01-02", "2025-01-03"]
    assert all("symbol" not in each and "qty" not in each for each in fees)
    # By its id it stands before the fills of its day, though it was posted after them.
    assert [each["activity_type"] for each in platform.broker("/v2/account/activities?direction=asc")][
        :2
    ] == [
        "FEE",
        "FILL",
    ]


def test_interest_and_a_deposit(platform):
    """INTEREST and DEPOSIT: once, with the third session, in cash, if they were held before it."""
    play(platform, "INTEREST", "DEPOSIT", sessions=2)
    play(platform, "AAPL", sessions=2)
    moved = platform.broker("/v2/account/activities?category=non_trade_activity&direction=asc")
    assert sorted((each["activity_type"], each["net_amount"], each["date"]) for each in moved) == [
        ("CSD", "1000", "2025-01-06"),
        ("INT", "4.17", "2025-01-06"),
    ]
    assert_ties_out(platform)


def test_without_their_symbols_nothing_is_posted(platform):
    """Who holds none of them pays no fee, and gets neither interest nor cash."""
    play(platform, *DEFAULT, sessions=4)
    assert platform.broker("/v2/account/activities?category=non_trade_activity") == []
    assert platform.broker("/v2/account")["accrued_fees"] == "0"


def test_a_short_position_owes_them(platform):
    """Its shares double too, and it pays the dividend; whoever holds nothing gets nothing."""
    for symbol in ("SPLIT", "DIVIDEND"):
        platform.submit(symbol=symbol, side="sell", qty=7)
    play(platform, "AAPL", sessions=3)
    assert platform.positions()["SPLIT"]["qty"] == "-14"
    (paid,) = platform.broker("/v2/account/activities?activity_types=DIV")
    assert (paid["net_amount"], paid["qty"]) == ("-1.75", "-7")


def test_the_session_played_again_brings_them_once(platform, state_file, start):
    """Also when its first order comes from somebody else, before the run."""
    play(platform, "SPLIT", "DIVIDEND", sessions=2)
    held = books.positions(platform.sandbox)["SPLIT"].qty
    platform.submit(symbol="SPLIT", side="sell", qty=1)
    play(platform, "AAPL")
    with Sandbox(state_file, again=True) as sandbox:
        start(sandbox).run("MSFT")
    assert books.positions(platform.sandbox)["SPLIT"].qty == 2 * held - 1
    assert len(platform.broker("/v2/account/activities?activity_types=SPLIT,DIV")) == 2


def test_corporate_actions_are_listed(platform):
    """By symbol, by type, and by the date on which they are processed."""
    listed = platform.broker("/v1/corporate-actions?symbols=SPLIT,DIVIDEND,AAPL")
    assert listed["next_page_token"] is None
    (split,), (dividend,) = (
        listed["corporate_actions"][name] for name in ("forward_splits", "cash_dividends")
    )
    assert (split["symbol"], split["new_rate"], split["old_rate"], split["ex_date"]) == (
        "SPLIT",
        2,
        1,
        "2025-01-06",
    )
    assert (dividend["symbol"], dividend["rate"]) == ("DIVIDEND", 0.25)
    for query, names in (
        ("symbols=AAPL", set()),
        ("types=forward_split,reverse_split", {"forward_splits"}),
        ("start=2025-01-06&end=2025-01-06", {"forward_splits", "cash_dividends"}),
        ("start=2025-01-07", set()),
        ("end=2025-01-05", set()),
    ):
        assert set(platform.broker(f"/v1/corporate-actions?{query}")["corporate_actions"]) == names


def test_a_state_file_from_before_there_was_a_broker(state_file, start):
    """It gets what the broker needs when it is opened, and plays on; its last equity is not known yet."""
    with Sandbox(state_file) as sandbox:
        start(sandbox).run(*DEFAULT)
    connection = sqlite3.connect(state_file)
    connection.execute("DROP TABLE broker")
    connection.execute("DROP TABLE activities")
    connection.commit()
    connection.close()
    with Sandbox(state_file) as sandbox:
        platform = start(sandbox)
        account = platform.broker("/v2/account")
        assert account["last_equity"] is None
        platform.run(*DEFAULT)
        assert platform.broker("/v2/account")["last_equity"] == account["equity"]
        assert_ties_out(platform)
