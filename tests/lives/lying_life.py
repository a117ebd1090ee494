"""A life from a seed: the broker tells the truth, the gateway lies, answers are lost, reads fail."""

import itertools
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lives.exact_book import ExactBook, cents
from lives.true_broker import Fate, TrueBroker, TrueOrder
from support.answers import Answer, kill_switch, plain_500
from support.command import run_command
from support.life import Life
from support.odd_account import Held, decimal
from support.odd_platform import ORDERS, POSITIONS, RUN, RUNS, Plan

SYMBOLS = ("AAPL", "MSFT", "NVDA", "GOOG", "TSLA")
UNHEARD: dict[str, Any] = {"status": "pending_new", "filled_qty": "0", "filled_avg_price": None}
BROKEN = UNHEARD | {
    "status": "rejected",
    "broker_order_id": None,
    "error_message": "Unexpected error: ('Connection aborted.', ConnectionResetError(104))",
}
"""What the gateway says when its connection to the broker broke, whether or not the order was taken."""
OF_BROKER = {
    "account": "/v2/account",
    "orders": "/v2/orders*",
    "activities": "/v2/account/activities",
    "positions": "/v2/positions",
    "all of it": "*",
}
LOST = (
    Answer(process="before", hang_up=True),
    Answer(process="before", reset=True),
    Answer(process="before", truncate=40),
    Answer(process="before", status=500, body="Internal Server Error"),
)


class LyingLife:
    """Sessions played one after another, with all that is stated compared after each command.

    :ivar counts: what happened in it, so that it can be seen that there was something to prove.
    """

    def __init__(self, life: Life, seed: int) -> None:
        self.draw = random.Random(seed)
        self.life = life
        # A list of activities that can't be read leaves the average alone, which then has all its digits.
        self.is_rounded = self.draw.random() < 0.4
        self.broker = TrueBroker(life.platform, 8 if self.is_rounded else 20)
        life.platform.broker = self.broker
        self.broker.up()
        life.give_keys(self.broker)
        self.book = ExactBook(self.broker)
        self.prices = {symbol: Decimal(self.draw.randint(2000, 60000)) / 100 for symbol in SYMBOLS}
        self.counts: Counter[str] = Counter()
        self.posts_of: Counter[str] = Counter()
        self.is_list_broken = self.draw.random() < 0.6
        self.is_corrected = False
        """Whether the broker has taken something back that no command has seen yet."""

    def play(self, sessions: int) -> None:
        for number in range(sessions):
            if number:
                self.night()
            self.session(is_first=not number)
        for order in self.broker.taken:
            if order.works:
                self.broker.ends(order, "canceled")
        self.night()
        self.life.gateway._scripts.clear()
        self.trade({}, failing=None)
        self.command(("mark",), failing=None, must_be_whole=True)

    # the market, and the broker

    def night(self) -> None:
        """End what is of the day alone, let the others go on, move every price."""
        self.life.next_session()
        for symbol, price in self.prices.items():
            moved = price * Decimal(self.draw.randint(930, 1070)) / 1000
            self.prices[symbol] = round(moved, 2)
            self.broker.prices[symbol] = self.prices[symbol]
        for order in self.broker.taken:
            if order.works and order.told["time_in_force"] == "day":
                self.broker.ends(order, "expired")
                self.counts["expired"] += 1

    def goes_on(self) -> None:
        """Let working orders fill, end or be replaced, and now and then take a fill back."""
        self.life.now += timedelta(minutes=20)
        for order in [each for each in self.broker.taken if each.works]:
            what = self.draw.choices(("fills", "waits", "ends", "is replaced"), (5, 3, 1, 1))[0]
            if what == "fills":
                self.broker.executes(order, self.draw.randint(1, order.left), self._near(order))
            elif what == "ends":
                self.broker.ends(order, "canceled")
            elif what == "is replaced" and order.told["time_in_force"] == "gtc":
                self.broker.replaces(order, self.draw.randint(1, 200))
            self.counts[what] += 1
        if self.draw.random() < 0.3:
            self._takes_back()

    def _takes_back(self) -> None:
        done = [
            each
            for each in self.broker.taken
            if each.executions and not each.works and each.told["replaced_by"] is None and self._is_new(each)
        ]
        if not done:
            return
        order = self.draw.choice(done)
        number = self.draw.randrange(len(order.executions))
        if self.draw.random() < 0.5:
            self.broker.corrects(order, number, self._near(order))
            self.counts["corrected"] += 1
        else:
            self.broker.busts(order, number)
            self.counts["busted"] += 1
        self.is_corrected = True

    def _is_new(self, order: TrueOrder) -> bool:
        """Whether an order is so young that it is surely read again."""
        return order.told["submitted_at"][:10] >= (self.life.now - timedelta(days=3)).date().isoformat()

    def _near(self, order: TrueOrder) -> Decimal:
        return self._about(order.told["symbol"])

    def _about(self, symbol: str) -> Decimal:
        return round(self.prices[symbol] * Decimal(self.draw.randint(9900, 10100)) / 10000, 4)

    # a session

    def session(self, *, is_first: bool) -> None:
        draw = self.draw
        if not is_first:
            self._lies()
        if not is_first and draw.random() < 0.5:
            self.command(("mark",), failing=self._failing())
            self.goes_on()
        failing = None if is_first else self._failing()
        self.trade(
            self._plans(is_first=is_first, is_heard=failing is None), failing=failing, is_safe=is_first
        )
        for _ in range(draw.randint(0, 2)):
            self.goes_on()
            what = draw.choices((("mark",), ("resolve",), ("run",)), (6, 1, 2))[0]
            failing = self._failing()
            if what == ("run",):
                self.trade(self._plans(is_first=False, is_heard=failing is None), failing=failing)
            else:
                self.command(what, failing=failing)

    def _failing(self) -> str | None:
        """Draw what of the broker can't be read; what it has taken back is always seen."""
        if self.is_corrected or self.draw.random() < 0.7:
            return None
        names = [each for each in OF_BROKER if not (self.is_rounded and each == "activities")]
        return self.draw.choice(names)

    def _plans(self, *, is_first: bool, is_heard: bool) -> dict[str, Plan]:
        """Plan orders of symbols of which none works, each with its fate and with what the gateway says."""
        working = {each.told["symbol"] for each in self.broker.taken if each.works}
        free = [symbol for symbol in SYMBOLS if symbol not in working]
        chosen = self.draw.sample(free, min(len(free), self.draw.randint(1, 3)))
        return {symbol: self._plan(symbol, is_first=is_first, is_heard=is_heard) for symbol in chosen}

    def _plan(self, symbol: str, *, is_first: bool, is_heard: bool) -> Plan:
        draw = self.draw
        qty, side = draw.randint(1, 300), draw.choice(("buy", "sell"))
        fate, tif = self._fate(symbol, qty), draw.choice(("day", "gtc"))
        if is_first:
            fate = Fate([(qty, self._about(symbol))])
        self.broker.fates[symbol] = fate
        filled = sum(each for each, _ in fate.executed)
        average = (
            sum((each * price for each, price in fate.executed), Decimal(0)) / filled if filled else None
        )
        truth: dict[str, Any] = {
            "status": fate.status,
            "filled_qty": str(filled),
            "filled_avg_price": None if average is None else str(average),
        }
        lie = self._lie(qty, truth, is_heard=is_heard and not is_first)
        if not fate.is_taken:
            lie = BROKEN
        self.counts[f"{fate.status}{'' if fate.is_taken else ' never'}"] += 1
        limit = self.prices[symbol] * 2 if tif == "gtc" and draw.random() < 0.5 else None
        return Plan(
            side=side,
            qty=qty,
            price=average,
            filled=Decimal(filled),
            limit_price=limit,
            status=fate.status,
            mapping={"order_status": lie["status"]} if lie is BROKEN else {},
            detail={"time_in_force": tif} | lie,
        )

    def _fate(self, symbol: str, qty: int) -> Fate:
        parts = self._parts(symbol, qty)
        some = self._parts(symbol, self.draw.randint(1, qty))
        return self.draw.choices(
            (
                Fate(parts),
                Fate(some, "partially_filled" if sum(each for each, _ in some) < qty else "filled"),
                Fate((), "new"),
                Fate((), "canceled"),
                Fate(some, "canceled"),
                Fate((), "rejected"),
                Fate((), "new", is_taken=False),
            ),
            (8, 4, 3, 1, 2, 1, 2),
        )[0]

    def _parts(self, symbol: str, qty: int) -> list[tuple[int, Decimal]]:
        cuts = sorted({0, qty, *(self.draw.randint(0, qty) for _ in range(self.draw.randint(0, 2)))})
        return [(upper - lower, self._about(symbol)) for lower, upper in itertools.pairwise(cuts)]

    def _lie(self, qty: int, truth: dict[str, Any], *, is_heard: bool) -> dict[str, Any]:
        """Draw what the gateway says of an order; another fill only where the broker is heard, too."""
        lies: list[dict[str, Any]] = [UNHEARD, BROKEN]
        if is_heard:
            lies += [
                truth,
                {"status": "filled", "filled_qty": str(qty * 2), "filled_avg_price": "1.01"},
                {"status": "partially_filled", "filled_qty": "1", "filled_avg_price": "7777.77"},
                {"status": "canceled", "filled_qty": "0", "filled_avg_price": None},
                {"status": "filled", "filled_qty": str(qty), "filled_avg_price": None},
                truth | {"broker_order_id": "another"},
            ]
        return self.draw.choice(lies)

    def _lies(self) -> None:
        """Draw what the gateway says of everything else: deaf, without its memory, other positions."""
        draw, gateway = self.draw, self.life.gateway
        gateway.is_deaf = draw.random() < 0.4
        gateway._scripts.clear()
        gateway.says.clear()
        if draw.random() < 0.15:
            self.counts["memory gone"] += 1
            gateway.orders.clear()
            gateway.positions.clear()
        for symbol in list(gateway.positions):
            price = str(self.prices[symbol])
            told = {"current_price": price}
            if draw.random() < 0.3:
                told |= {"qty": str(draw.randint(1, 9) * 7919 + 3), "avg_entry_price": "0.01"}
            gateway.says[symbol] = told if draw.random() < 0.9 else None
        for identity, order in gateway.orders.items():
            told_by_broker = next(
                (each for each in self.broker.taken if each.told["client_order_id"] == identity), None
            )
            if told_by_broker is not None and draw.random() < 0.3:
                order |= {"status": "filled", "filled_qty": str(order["qty"] * 3), "filled_avg_price": "3.33"}
        if draw.random() < 0.1:
            gateway.always("GET", ORDERS + "/*", plain_500())
        if draw.random() < 0.07:
            gateway.always("GET", POSITIONS, plain_500())

    # commands

    def trade(self, plans: dict[str, Plan], *, failing: str | None, is_safe: bool = False) -> None:
        """Run the day; its answer may be lost, or the orchestrator refuse."""
        self.life.platform.plan = plans
        orchestrator = self.life.platform.orchestrator
        orchestrator._scripts.clear()
        if self.is_list_broken:
            orchestrator.always("GET", RUNS + "*", plain_500())
        fate = self.draw.random() if plans and not is_safe else 1.0
        if fate < 0.12 and failing is None:
            self._is_found_by_its_orders(plans)
            orchestrator.script("POST", RUN, [self.draw.choice(LOST)])
            self.counts["lost"] += 1
        elif fate < 0.17:
            orchestrator.script("POST", RUN, [kill_switch("a test")])
            self.counts["refused"] += 1
        symbols = tuple(plans) or SYMBOLS[:1]
        if not plans:
            self.life.platform.plan = {SYMBOLS[0]: Plan(side=None, mapping={"skip_reason": "zero_weight"})}
        before, executed = len(self.life.platform.posts), self.life.platform.executed
        self.command(("--symbols", *symbols, "--timeout", "1"), failing=failing)
        assert len(self.life.platform.posts) - before <= 1
        self.posts_of[self.life.session] += self.life.platform.executed - executed
        assert self.posts_of[self.life.session] <= 1, self.posts_of

    def _is_found_by_its_orders(self, plans: dict[str, Plan]) -> None:
        """Have the broker take each order, at the market as an orchestrator wants it: its id proves whose."""
        for symbol, plan in plans.items():
            plans[symbol] = replace(plan, limit_price=None)
            self.broker.fates[symbol].is_taken = True

    def command(self, args: tuple[str, ...], *, failing: str | None, must_be_whole: bool = False) -> None:
        """Run a command and compare what it states."""
        self.broker._scripts.clear()
        if failing is not None:
            self.broker.always("GET", OF_BROKER[failing], plain_500())
            self.counts["broker unread"] += 1
        reports = self.life.reports
        posts = len(self.life.platform.posts)
        seen = {path: path.stat().st_mtime_ns for path in reports.glob("*.json")}
        done = run_command(*args, cwd=self.life.folder, platform=self.life.platform, env=self.life.env)
        said = f"{args} with {failing} of the broker unread\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr, said
        assert done.returncode in (0, 1, 2, 3), said
        is_run, has_posted = args[0] == "--symbols", len(self.life.platform.posts) > posts
        if (is_run and not has_posted) or "keeps the closing that it was marked at" in done.stdout:
            return  # a record is shown once more, and nothing is valued
        written = [path for path in reports.glob("*.json") if seen.get(path) != path.stat().st_mtime_ns]
        # Before the session's run a mark is of the one before, and later commands say more of earlier runs.
        kind = "_mark.json" if args[0] == "mark" else f"{self.life.session}_paper_run.json"
        current = [path for path in written if path.name.endswith(kind) and args[0] != "resolve"]
        if current and failing in (None, "activities", "positions"):
            self.book.look()
            self.is_corrected = False
        for path in current:
            self.compare(self.life.result(path, path.name[:10]), said, must_be_whole=must_be_whole)
        assert current or not must_be_whole, said
        self.counts["compared"] += len(current)

    # what must be true

    def compare(self, document: Any, said: str, *, must_be_whole: bool) -> None:
        pnl = document["pnl"]
        if pnl is None:
            return
        truth, exact = self.broker.held().positions, self.book.positions()
        stated = {each["symbol"]: each for each in pnl["positions"]}
        for symbol, row in stated.items():
            if row["qty"] is None:
                self.counts["null"] += 1
                continue
            held = truth.get(symbol, Held())
            must(Fraction(row["qty"]) == held.qty, f"{symbol}: {row['qty']} stated, {held.qty} held", said)
            self._compare_row(symbol, row, exact.get(symbol, Held()), said)
        missing = [symbol for symbol, held in truth.items() if held.qty and symbol not in stated]
        problems = [each for each in document["findings"] if each["severity"] != "note"]
        must(not missing or problems, f"{missing} held, not stated, and nothing is said", said)
        if not pnl["complete"]:
            must(problems, "figures are not known, and nothing is said", said)
            must(not must_be_whole, "figures are not known at the end", said)
        else:
            must(not missing, f"{missing} held, not stated, and all is said to be known", said)
            gained = sum(each["realized_pnl"] + each["unrealized_pnl"] for each in stated.values())
            closing = pnl["equity"]["closing"]
            must(closing == pnl["base"] + gained, f"{closing} is not {pnl['base']} + {gained}", said)
        self._compare_parties(document, problems, said, must_be_whole=must_be_whole)

    def _compare_row(self, symbol: str, row: Any, ours: Held, said: str) -> None:
        realized, unrealized = row["realized_pnl"], row["unrealized_pnl"]
        true = cents(ours.realized)
        must(realized in (None, true), f"{symbol}: realized {realized} stated, {true} is true", said)
        if not ours.qty:
            return
        average = row["avg_entry_price"]
        near = average is None or abs(Fraction(average) - ours.average) < Fraction(1, 10**8)
        must(near, f"{symbol}: average {average} stated, {decimal(ours.average)} is true", said)
        if unrealized is not None:
            true = cents(ours.qty * Fraction(row["mark_price"]) - ours.cost)
            must(unrealized == true, f"{symbol}: unrealized {unrealized} stated, {true} is true", said)

    def _compare_parties(self, document: Any, problems: list[Any], said: str, *, must_be_whole: bool) -> None:
        told = document.get("parties", {}).get("broker")
        if told is None:
            must(not must_be_whole, "the broker is not stated at the end", said)
            return
        cash, equity = told["cash"], told["equity"]
        if cash["ours"] is not None:
            true = cents(Fraction(document["pnl"]["base"]) + self.book.cash())
            must(cash["ours"] == true, f"cash {cash['ours']} stated, {true} is true", said)
        lefts = ((equity["residual"], equity["reasons"]), (cash["unexplained"], cash["reasons"]))
        for left, reasons in lefts:
            must(left in (0, None), f"{left} is left", said)
            must(left == 0 or (reasons and problems), "what is left is not known, and nothing is said", said)
        if must_be_whole:
            must(told["proven"], "the account is not proven at the end", said)
            must([left for left, _ in lefts] == [0, 0], f"{lefts} is left at the end", said)


def must(holds: object, what: str, said: str) -> None:
    """Fail unless it holds, with what is wrong and all that the command has said."""
    assert holds, f"{what}\n{said}"
