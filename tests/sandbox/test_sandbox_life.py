"""Sixty sessions in a row, recomputed independently from the fills alone."""

import http.client
import json
from collections import Counter
from decimal import Decimal, localcontext
from fractions import Fraction
from urllib.parse import urlsplit

import pytest
from support import sandbox_books as books

from paper_run.sandbox import Sandbox, market
from paper_run.sandbox.exchange_days import FIRST_SESSION, next_session

SESSIONS = 60
DEFAULT = ["AAPL", "MSFT", "GOOGL"]


class Book:
    """Average cost in exact fractions, written without looking at the sandbox's."""

    def __init__(self):
        self.qty, self.average, self.realized = Fraction(0), Fraction(0), Fraction(0)

    def fill(self, qty, price):
        """Book one fill; return what kind it was."""
        old = self.qty
        self.qty += qty
        if old * qty >= 0:
            self.average = (abs(old) * self.average + abs(qty) * price) / abs(self.qty)
            return "add" if old else "open"
        closed = min(abs(old), abs(qty))
        self.realized += closed * (price - self.average) * (1 if old > 0 else -1)
        if abs(qty) > abs(old):
            self.average = price
            return "flip"
        return "close" if self.qty == 0 else "partial close"


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """Play the sessions on one connection; keep each run with the orders read right after it."""
    played = []
    with Sandbox(tmp_path_factory.mktemp("life") / "state.sqlite3") as sandbox:
        t5 = http.client.HTTPConnection(urlsplit(sandbox.orchestrator_url).netloc)
        t4 = http.client.HTTPConnection(urlsplit(sandbox.execution_gateway_url).netloc)

        def read(connection, method, path, body=None):
            connection.request(method, path, body)
            return json.loads(connection.getresponse().read())

        for _ in range(SESSIONS):
            session = sandbox.session
            run = read(t5, "POST", "/api/v1/orchestration/run", json.dumps({"symbols": DEFAULT}))
            ids = [line["client_order_id"] for line in run["mappings"] if line["client_order_id"]]
            orders = [read(t4, "GET", f"/api/v1/orders/{order_id}") for order_id in ids]
            played.append((session, run, orders, read(t4, "GET", "/api/v1/positions")))
        final = (books.cash(sandbox), books.positions(sandbox))
        t5.close()
        t4.close()
    return played, final


def test_sessions_are_played_in_order_and_all_complete(life):
    """Sixty runs play the sixty sessions from the first one on, every order filled."""
    day = FIRST_SESSION
    for session, run, orders, _ in life[0]:
        assert (session, run["as_of_date"], run["status"]) == (day, day.isoformat(), "completed")
        assert [order["status"] for order in orders] == ["filled", "filled"]
        day = next_session(day)


def test_the_gateways_book_is_the_one_of_the_fills(life):
    """After each session quantities, averages, realized and unrealized P&L are recomputed exactly."""
    books = {symbol: Book() for symbol in DEFAULT}
    kinds, cash = Counter(), Fraction(100000)
    for session, _, orders, envelope in life[0]:
        for order in orders:
            qty = Fraction(order["filled_qty"]) * (1 if order["side"] == "buy" else -1)
            price = Fraction(order["filled_avg_price"])
            kinds[books[order["symbol"]].fill(qty, price)] += 1
            cash -= qty * price
        shown = {position["symbol"]: position for position in envelope["positions"]}
        assert set(shown) == {symbol for symbol, book in books.items() if book.qty}
        for symbol, position in shown.items():
            book, close = books[symbol], Fraction(market.close_price(symbol, session))
            for name, expected in (
                ("qty", book.qty),
                ("avg_entry_price", book.average),
                ("current_price", close),
                ("unrealized_pl", book.qty * (close - book.average)),
                ("realized_pl", book.realized),
            ):
                assert abs(Fraction(position[name]) - expected) < Fraction(1, 10**20), (session, symbol, name)
    assert Fraction(life[1][0]) == cash
    assert min(kinds[kind] for kind in ("open", "add", "partial close", "flip")) > 0


def test_cash_and_positions_explain_the_pnl(life):
    """At the end cash + market value = start + realized + unrealized."""
    cash, positions = life[1]
    last = life[0][-1][0]
    with localcontext() as context:
        context.prec = 50
        value = sum(position.qty * market.close_price(symbol, last) for symbol, position in positions.items())
        realized = sum(position.realized for position in positions.values())
        unrealized = sum(
            position.unrealized(market.close_price(symbol, last)) for symbol, position in positions.items()
        )
        assert abs(cash + value - 100000 - realized - unrealized) < Decimal("1e-30")


def test_exposure_stays_sane(life):
    """No position ever grows beyond ten times the cap of one order."""
    for _, _, _, envelope in life[0]:
        for position in envelope["positions"]:
            assert abs(Decimal(position["qty"]) * Decimal(position["current_price"])) < 10 * 20000
