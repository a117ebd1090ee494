"""The life of an account, session by session: trades planned, the gateway made to say things, marks."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.broker_server import KEY, SECRET, BrokerServer
from support.command import Finished, run_command
from support.desk import read_rows
from support.faulty_http import Request, exact
from support.odd_broker import OddBroker
from support.odd_platform import ORDERS, OddPlatform, Plan
from support.schema import faults

FIRST = datetime(2025, 1, 6, 15, 0, tzinfo=UTC)
"""A Monday, 10:00 in New York, in session hours."""
NO_ORDER = Plan(side=None, mapping={"skip_reason": "zero_weight"})
_DAY = timedelta(days=1)


class Life:
    """Real commands in a folder of their own, against a platform that says it is a sandbox.

    So its sessions pass as fast as a test plays them; all its services go by the same simulated time, `now`.

    :ivar env: further environment of every command. :ivar said: what every command said.
    :ivar ties_out: whether nothing may be unexplained.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = FIRST
        self.platform = OddPlatform(now=lambda: self.now)
        self.gateway = self.platform.gateway
        self.env: dict[str, str] = {}
        self.said: list[Finished] = []
        self.ties_out = True
        self._tell_session()

    # time

    @property
    def session(self) -> str:
        """The session that the platform plays."""
        return self.now.date().isoformat()

    def next_session(self) -> None:
        """Let a night go by, and a weekend."""
        self.now += _DAY
        while self.now.weekday() >= 5:
            self.now += _DAY
        self._tell_session()

    def _tell_session(self) -> None:
        for service in self.platform.services.values():
            service.health |= {"sandbox": True, "session": self.session}

    # commands

    def trade(self, *args: str, status: int = 0, **plans: Plan) -> Any:
        """Trade these symbols as planned, capital 100,000 unless given; return the JSON result."""
        self.platform.plan = plans
        self.run("--symbols", *plans, *args, status=status)
        return self.result(max(self._files("_paper_run.json"), key=_age))

    def mark(self, *args: str, status: int = 0) -> Any:
        """Value the session; return the JSON result."""
        return self._marked("mark", *args, status=status)

    def resolve(self, *args: str, status: int = 0) -> Any:
        """Change the book by hand; return the JSON result of the mark that goes with it."""
        return self._marked("resolve", *args, status=status)

    def _marked(self, *args: str, status: int) -> Any:
        before = {path: _age(path) for path in self._files("_mark.json")}
        self.run(*args, status=status)
        written = [path for path in self._files("_mark.json") if before.get(path) != _age(path)]
        assert len(written) == 1, (written, self.said[-1])
        return self.result(written[0])

    def run(self, *args: str, status: int = 0) -> Finished:
        """Run a command that must end with this exit status; without a failure nothing is on stderr."""
        finished = run_command(*args, cwd=self.folder, platform=self.platform, env=self.env)
        self.said.append(finished)
        assert finished.returncode == status, finished.stdout + finished.stderr
        assert "Traceback" not in finished.stdout + finished.stderr
        assert status or not finished.stderr or "-v" in args, finished.stderr
        return finished

    @property
    def last(self) -> Finished:
        """What the last command said."""
        return self.said[-1]

    # the broker

    def with_broker(self, *, with_list: bool = False) -> OddBroker:
        """Have the account told by its broker too, and the commands have its keys.

        :param with_list: whether it is the host of market data too, so that corporate actions are read.
        """
        broker = self.platform.with_broker()
        self.give_keys(broker)
        if with_list:
            self.env["PAPER_RUN_QUOTES_URL"] = broker.url
        return broker

    def give_keys(self, broker: BrokerServer) -> None:
        """Have the commands read a broker."""
        self.env |= {"ALPACA_API_KEY_ID": KEY, "ALPACA_API_SECRET_KEY": SECRET, "ALPACA_BASE_URL": broker.url}

    def take_keys(self) -> None:
        """Have the commands know no broker."""
        for name in ("ALPACA_API_KEY_ID", "ALPACA_API_SECRET_KEY", "ALPACA_BASE_URL"):
            self.env.pop(name, None)

    # what it left

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def _files(self, ending: str) -> list[Path]:
        return list(self.reports.glob(f"*{ending}"))

    def result(self, path: Path, session: str = "") -> Any:
        """Return a JSON result, of this session unless given, of which all holds that must of every one."""
        text = path.read_text("utf-8")
        assert faults(text) == []
        document = exact(text)
        assert document["session"] == (session or self.session)
        if document["pnl"] is not None:
            _adds_up(document["pnl"], ties_out=self.ties_out)
        return document

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return what the ledger has in a table, in the order of its rows."""
        return read_rows(self.reports / "ledger.sqlite3", table)

    def entries(self, symbol: str) -> list[tuple[str, str, Decimal, Decimal]]:
        """Return what the book has of a symbol: session, kind, signed shares, signed dollars."""
        return [
            (row["session"], row["kind"], Decimal(row["qty"]), Decimal(row["dollars"]))
            for row in self.rows("entries")
            if row["symbol"] == symbol
        ]

    def edit_book(self, symbol: str, *, cost: Decimal) -> None:
        """Spoil the ledger: add to the cost of a holding where the book goes on from."""
        with contextlib.closing(sqlite3.connect(self.reports / "ledger.sqlite3")) as connection:
            query = "SELECT rowid, state FROM sessions ORDER BY session DESC LIMIT 1"
            row, state = connection.execute(query).fetchone()
            kept = json.loads(state)
            kept["holdings"][symbol][1] = str(Decimal(kept["holdings"][symbol][1]) + cost)
            connection.execute("UPDATE sessions SET state = ? WHERE rowid = ?", (json.dumps(kept), row))
            connection.commit()

    def forget_arrivals(self) -> None:
        """Have the ledger be as an older program left it, which read no arrival prices."""
        with contextlib.closing(sqlite3.connect(self.reports / "ledger.sqlite3")) as connection:
            connection.execute("UPDATE trades SET arrivals = NULL")
            connection.execute("DELETE FROM session_costs")
            connection.execute("DELETE FROM session_signals")
            connection.commit()

    # the gateway

    def prices(self, **prices: str | None) -> None:
        """Have the gateway say these current prices, whatever was filled."""
        for symbol, price in prices.items():
            self.says(symbol, current_price=price)

    def says(self, symbol: str, **fields: Any) -> None:
        """Have the gateway say this of a position besides what it said already."""
        self.gateway.says[symbol] = {**(self.gateway.says.get(symbol) or {}), **fields}

    def order_id(self, symbol: str) -> str:
        """Return the id of the symbol's latest order."""
        return next(key for key in reversed(self.gateway.orders) if self._order(key)["symbol"] == symbol)

    def fill(self, symbol: str, qty: str, price: str | None, status: str = "partially_filled") -> None:
        """Have the symbol's latest order be filled so far, all of it together at this average price."""
        order = self._order(self.order_id(symbol))
        order |= {"filled_qty": qty, "filled_avg_price": price, "status": status}

    def _order(self, identity: str) -> dict[str, Any]:
        return self.gateway.orders[identity]

    def reads_of(self, identity: str) -> int:
        """Return how often an order was asked for so far."""
        return len([each for each in self.platform.requests if each.path == f"{ORDERS}/{identity}"])

    def requests_of(self, service: str) -> list[Request]:
        """Return what a service was asked so far."""
        return [each for each in self.platform.requests if each.service == service]


def buy(qty: int, price: str | None, **changes: Any) -> Plan:
    """Plan to buy, filled whole at this price unless changed."""
    return _plan("buy", qty, price, changes)


def sell(qty: int, price: str | None, **changes: Any) -> Plan:
    """Plan to sell, filled whole at this price unless changed."""
    return _plan("sell", qty, price, changes)


def _plan(side: str, qty: int, price: str | None, changes: dict[str, Any]) -> Plan:
    filled = changes.pop("filled", None)
    return Plan(
        side=side,
        qty=qty,
        price=None if price is None else Decimal(price),
        filled=None if filled is None else Decimal(filled),
        **changes,
    )


def row(document: Any, symbol: str) -> Any:
    """Return a symbol's position in a result."""
    (found,) = [each for each in document["pnl"]["positions"] if each["symbol"] == symbol]
    return found


def figures(source: Any, names: str) -> tuple[Any, ...]:
    """Return some figures of an object by their names."""
    return tuple(source[name] for name in names.split())


def amounts(text: str) -> tuple[Any, ...]:
    """Return these amounts, `-` for none."""
    return tuple(None if word == "-" else Decimal(word) for word in text.split())


def differences(document: Any, symbol: str) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Return where the gateway differs on a symbol: ours, the gateway's, the difference, by field."""
    return {
        each["field"]: (each["ours"], each["gateway"], each["difference"])
        for each in row(document, symbol)["differences"]
    }


def says(texts: Iterable[str], *words: str) -> bool:
    """Tell whether one of the texts has all these words in it."""
    return any(all(word in text for word in words) for text in texts)


def told(document: Any) -> list[str]:
    """Return what a result has found out, each sentence with the commands that go with it."""
    return [
        " ".join([each["text"], *(remedy["command"] for remedy in each["remedies"])])
        for each in document["findings"]
    ]


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns


_FIGURES = (
    *("avg_entry_price", "mark_price", "market_value", "realized_pnl", "unrealized_pnl", "total_pnl"),
    "day_pnl",
)


def _adds_up(pnl: Any, *, ties_out: bool) -> None:
    """Prove what holds of every valuation: rows add up to totals, bridges to closings."""
    rows = pnl["positions"]
    unknown = [each for each in rows if each["qty"] is None]
    for each in unknown:
        assert not any(each[name] is not None for name in _FIGURES), each
        assert each["unknown_reason"]
    if unknown:
        assert not pnl["complete"]
        assert (pnl["realized_pnl"], pnl["equity"]["realized"], pnl["equity"]["closing"]) == (
            None,
            None,
            None,
        )
    else:
        assert sum(each["realized_pnl"] for each in rows) == pnl["realized_pnl"]
    assert sum(each["unrealized_pnl"] or 0 for each in rows) == pnl["priced_so_far"]
    if not pnl["complete"]:
        return
    for name in ("market_value", "unrealized_pnl", "total_pnl"):
        assert sum(each[name] for each in rows) == pnl[name], name
    for bridge in (pnl["equity"], pnl["since_inception"]):
        moved = bridge["realized"] + bridge["unrealized_change"] + bridge["adjustments"]
        assert bridge["opening"] + moved == bridge["closing"]
        assert not ties_out or bridge["unexplained"] == 0
    assert pnl["equity"]["closing"] == pnl["since_inception"]["closing"]
    assert pnl["day_pnl"] == (
        pnl["equity"]["closing"] - pnl["equity"]["opening"] - pnl["equity"]["adjustments"]
    )
    assert all(each["qty"] or not each["market_value"] for each in rows)
