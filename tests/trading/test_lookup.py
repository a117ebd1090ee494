"""Looking for what a lost answer left: what may be adopted, and everything that may not."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
import responses
from builders.attempts import T4_BEFORE, T5_BEFORE, a_snapshot, signal
from builders.moments import NEW_YORK, SESSION
from builders.served import Orders
from builders.wire import RUNS, STRATEGY, body, mapping, serve, serve_example
from hypothesis import given
from hypothesis import strategies as st

from paper_run.model.attempt import Snapshot
from paper_run.model.calendar import exchange_time, not_before
from paper_run.model.order import OrderState
from paper_run.services.platform import Platform
from paper_run.trading.lookup import Found, NotFound, adoptable, doubtful_ids, look, possible_ids

SYMBOLS = ("AAPL", "MSFT", "GOOGL")
OURS, OTHER = "0" * 8 + "-aaaa", "0" * 8 + "-bbbb"


# Which of two times came first


@pytest.mark.parametrize(
    ("moment", "clock", "after"),
    [
        ("2025-01-17T12:00:01", "2025-01-17T12:00:00", True),
        ("2025-01-17T12:00:00", "2025-01-17T12:00:01", False),
        ("2025-01-17T12:00:00.3", "2025-01-17T12:00:00.3", True),
        ("2025-01-17T12:00:00.299", "2025-01-17T12:00:00.300", False),
        ("2025-01-17T12:00:00", "2025-01-17T12:00:00.900", True),
        ("2025-01-17T11:59:59", "2025-01-17T12:00:00.900", False),
        ("2025-01-17T17:00:01Z", "2025-01-17T12:00:00-05:00", True),
        ("2025-01-17T16:59:59Z", "2025-01-17T12:00:00-05:00", False),
        ("2025-01-17T12:00:01Z", "2025-01-17T12:00:00", False),
        ("2025-01-17T12:00:01", "2025-01-17T12:00:00Z", False),
        (None, "2025-01-17T12:00:00", False),
        ("2025-01-17T12:00:01", None, False),
        (None, None, False),
        ("soon", "2025-01-17T12:00:00", False),
        ("2025-01-17T12:00:01", "a while ago", False),
    ],
)
def test_not_before(moment: str | None, clock: str | None, after: bool) -> None:
    """Times of one service: both naive or both with a zone; whole seconds where it has no more; else no."""
    assert not_before(moment, clock) is after


@given(st.datetimes(), st.timedeltas(timedelta(0), timedelta(days=999)))
def test_what_began_later_is_never_before(clock: datetime, later: timedelta) -> None:
    """Whatever the precision that a run's start is written with: no run of ours is missed."""
    try:
        began = clock + later
    except OverflowError:
        return
    for written in (began.isoformat(), began.isoformat(timespec="seconds")):
        assert not_before(written, clock.isoformat())


# The ids that an order in doubt may have


def contract_ids(symbol: str, side: str, qty: int, day: date) -> set[str]:
    """Return the two ids of CONTRACT, POST orders: the first 24 hex digits of a SHA-256."""
    of_2025 = f"{symbol}|{side}|{qty}|None|None|{STRATEGY}|{day.isoformat()}"
    of_2026 = f"{symbol}|{side}|{qty}|None|None|market|day|{STRATEGY}|{day.isoformat()}"
    return {hashlib.sha256(text.encode()).hexdigest()[:24] for text in (of_2025, of_2026)}


@given(
    symbol=st.sampled_from(["AAPL", "BRK.B", "BTC/USD"]),
    side=st.sampled_from(["buy", "sell"]),
    qty=st.integers(1, 10**9),
    shift=st.integers(0, 1),
)
def test_the_ids_are_those_of_the_contract(symbol: str, side: str, qty: int, shift: int) -> None:
    """Both generations, on the day of the POST and on the next if it passes midnight."""
    asked = signal(None, symbol=symbol, side=side, qty=Decimal(qty))
    ids = possible_ids(asked, a_snapshot(), STRATEGY)
    assert contract_ids(symbol, side, qty, SESSION + timedelta(days=shift)) <= set(ids)
    assert len(ids) == len(set(ids))


def test_an_observed_id_is_found() -> None:
    """The order of the observed run: 200 MSFT bought on 2026-11-23."""
    day = date(2026, 11, 23)
    asked = signal(None, symbol="MSFT", qty=Decimal("200.00"))
    clock = datetime(2026, 11, 23, 0, 0, 38, tzinfo=UTC)
    ids = possible_ids(asked, a_snapshot(day, gateway_clock=clock), STRATEGY)
    assert mapping()["client_order_id"] in ids


ZONES = [
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "Pacific/Kiritimati",
    "Pacific/Honolulu",
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_the_ids_cover_the_gateways_own_date(zone: str, hour: int) -> None:
    """2025's gateway takes its local date, wherever it stands and whenever the POST is sent."""
    clock = datetime(2025, 1, 17, hour, 30, tzinfo=UTC)
    snapshot = a_snapshot(exchange_time(clock, "XNYS").date(), gateway_clock=clock)
    ids = possible_ids(signal(None), snapshot, STRATEGY)
    assert contract_ids("AAPL", "buy", 10, clock.astimezone(ZoneInfo(zone)).date()) <= set(ids)


@pytest.mark.parametrize("qty", [None, Decimal("0.5")])
def test_what_the_gateway_cannot_have_has_no_id(qty: Decimal | None) -> None:
    """Its quantities are whole numbers."""
    assert possible_ids(signal(None, qty=qty), a_snapshot(), STRATEGY) == []


def test_without_the_gateways_clock_the_session_is_the_day() -> None:
    """The ids can still be told."""
    assert contract_ids("AAPL", "buy", 10, SESSION) <= set(
        possible_ids(signal(None), a_snapshot(gateway_clock=None), STRATEGY)
    )


# Orders in doubt


class Gateway(Orders):
    """The gateway's orders, and a look for those in doubt."""

    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self.platform = platform
        self.owned: set[str] = set()

    def find(self, *mappings: Any, strategy: str | None = STRATEGY, **changes: Any) -> list[OrderState]:
        before = a_snapshot(**changes)
        wanted = doubtful_ids(mappings or (signal(None),), before, strategy)
        seen = self.platform.find_orders(wanted, seconds=1, asked={})
        return list(adoptable(wanted, seen.states, before.gateway_clock, None, self.owned).values())


@pytest.fixture
def gateway(platform: Platform) -> Gateway:
    return Gateway(platform)


IDS = sorted(contract_ids("AAPL", "buy", 10, SESSION))


@pytest.mark.parametrize("identity", IDS)
def test_an_order_in_doubt_is_found_by_its_computed_id(gateway: Gateway, identity: str) -> None:
    """In either generation, with its state as the gateway has it."""
    gateway.has(identity)
    (found,) = gateway.find()
    assert (found.client_order_id, found.symbol, found.side, found.qty) == (identity, "AAPL", "buy", 10)
    assert found.filled_avg_price == Decimal("150.333333")


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "MSFT"},
        {"side": "sell"},
        {"qty": 11},
        {"client_order_id": "f" * 24},
        {"created_at": "2025-01-17T16:59:58.900000Z"},
        {"created_at": "2025-01-17T11:59:59-04:59"},
        {"created_at": "2025-01-16T17:00:01"},
        {"created_at": None},
        {"created_at": "just now"},
    ],
    ids=lambda changes: "-".join(map(str, *changes.items())),
)
def test_an_order_that_does_not_fit_is_not_taken(gateway: Gateway, changes: dict[str, Any]) -> None:
    """Another symbol, side or quantity, another order, or one from before the POST."""
    gateway.has(IDS[0], **changes)
    assert gateway.find() == []
    assert IDS[0] in gateway.asked


@pytest.mark.parametrize(
    "created", ["2025-01-17T17:00:00Z", "2025-01-17T17:00:00.4", "2025-01-17T12:00:01-05:00"]
)
def test_an_order_created_at_the_clocks_second_fits(gateway: Gateway, created: str) -> None:
    """An HTTP Date has whole seconds; a time without a zone is UTC."""
    gateway.has(IDS[0], created_at=created)
    assert len(gateway.find()) == 1


def test_a_time_in_whole_seconds_fits_a_finer_clock(gateway: Gateway) -> None:
    """An order of the same second is not lost because one of the two times was cut off."""
    gateway.has(IDS[0], created_at="2025-01-17T17:00:00Z")
    assert len(gateway.find(gateway_clock=T4_BEFORE + timedelta(seconds=0.9))) == 1


def test_an_order_that_a_trade_owns_is_not_taken(gateway: Gateway) -> None:
    """An earlier attempt of the day asked for the same."""
    gateway.owned.add(gateway.has(IDS[0]))
    assert gateway.find() == []


@pytest.mark.parametrize(
    "asked", [signal("a" * 24), signal(None, qty=None)], ids=["it has an id", "it was never an order"]
)
def test_only_orders_in_doubt_are_asked_for(gateway: Gateway, asked: Any) -> None:
    """Neither one that has its id nor a signal without an order."""
    gateway.has(IDS[0])
    assert gateway.find(asked) == []
    assert gateway.asked == []


@pytest.mark.parametrize(
    "changes", [{"strategy": None}, {"gateway_clock": None}], ids=["no strategy", "no clock"]
)
def test_what_cannot_be_computed_or_compared_is_not_asked_for(
    gateway: Gateway, changes: dict[str, Any]
) -> None:
    """Without the strategy there is no id, without the clock no "after the POST"."""
    gateway.has(IDS[0])
    assert gateway.find(**changes) == []
    assert gateway.asked == []


@pytest.mark.parametrize(
    "failure", [500, 503, 200, requests.ConnectionError("reset")], ids=["500", "503", "garbage", "reset"]
)
def test_an_order_that_cannot_be_read_keeps_no_other_back(gateway: Gateway, failure: Any) -> None:
    """It stays in doubt; the next one is found."""
    gateway.failing[IDS[0]] = failure
    sold = min(contract_ids("MSFT", "sell", 3, SESSION))
    gateway.has(sold, symbol="MSFT", side="sell", qty=3)
    found = gateway.find(signal(None), signal(None, symbol="MSFT", side="sell", qty=Decimal(3)))
    assert [each.client_order_id for each in found] == [sold]


def test_the_same_order_twice_is_one_order(gateway: Gateway) -> None:
    """The gateway is idempotent: two equal orders in doubt are one id."""
    gateway.has(IDS[0])
    assert len(gateway.find(signal(None), signal(None))) == 1


def test_an_error_of_ours_is_not_hidden(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only failed calls leave an order in doubt."""

    def broken(*_args: Any, **_more: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(gateway.platform.execution_gateway, "order", broken)
    with pytest.raises(ZeroDivisionError):
        gateway.find()


# A look for the run


def listed(run_id: str = OURS, **changes: Any) -> dict[str, Any]:
    """Return an entry of the list of runs: one that began after the POST, with the signals of the session."""
    entry = {
        "run_id": run_id,
        "status": "completed",
        "strategy_id": STRATEGY,
        "as_of_date": "2025-01-17",
        "num_orders_submitted": 2,
        "started_at": "2025-01-17T12:00:01.5",
    }
    return {**entry, **changes}


def ended(run_id: str = OURS, **changes: Any) -> dict[str, Any]:
    """Return a run as GET runs/{id} has it, with orders for MSFT and GOOGL."""
    blanked = {"run_id": run_id, "as_of_date": "2025-01-17", "symbols": [], "capital": "0"}
    return body("run_normal", **{**blanked, **changes})


def serve_list(*entries: dict[str, Any]) -> None:
    total = {"total": len(entries), "limit": 100, "offset": 0}
    serve("GET", RUNS, {"runs": list(entries), **total})


def seen(
    platform: Platform, run_id: str | None = None, *, known: str | None = None, **changes: Any
) -> Found | NotFound:
    """Look once; `known` is a run that the ledger owns."""
    return look(a_snapshot(**changes), run_id, platform.orchestrator, lambda each: each == known)


def not_found(found: Found | NotFound) -> NotFound:
    assert isinstance(found, NotFound)
    assert found.reason
    return found


def test_a_run_whose_id_was_seen_is_asked_for_by_it(platform: Platform) -> None:
    """The list is not needed; the answer is kept as it came."""
    serve("GET", f"{RUNS}/{OURS}", ended())
    found = seen(platform, OURS)
    assert isinstance(found, Found)
    assert found.orchestration.run_id == OURS
    assert [each.symbol for each in found.orchestration.mappings] == ["MSFT", "AAPL", "GOOGL"]
    assert f'"run_id": "{OURS}"' in found.answer
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("value", "status"),
    [({"detail": "Run not found"}, 404), (ended(status="running"), 200), (ended(OTHER), 200)],
    ids=["not written yet", "running", "another run"],
)
def test_a_run_whose_id_was_seen_may_not_have_ended(platform: Platform, value: Any, status: int) -> None:
    """The orchestrator writes it when it is over; it did answer."""
    serve("GET", f"{RUNS}/{OURS}", value, status)
    found = not_found(seen(platform, OURS))
    assert OURS in found.reason
    assert not found.silent
    assert not found.broken


def test_the_one_run_that_fits_is_adopted(platform: Platform) -> None:
    """Unknown before, begun after, of the same date, with symbols of ours."""
    serve_list(listed())
    serve("GET", f"{RUNS}/{OURS}", ended())
    found = seen(platform)
    assert isinstance(found, Found)
    assert found.orchestration.run_id == OURS


def test_no_snapshot_of_the_runs_is_no_obstacle(platform: Platform) -> None:
    """Where the list could not be read before the POST, the other conditions decide."""
    serve_list(listed())
    serve("GET", f"{RUNS}/{OURS}", ended())
    assert isinstance(seen(platform, known_runs=None), Found)


UNFIT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "in the snapshot": ({}, {"known_runs": (OTHER, OURS)}),
    "of another strategy": ({"strategy_id": "mean_reversion"}, {}),
    "of no strategy": ({"strategy_id": None}, {}),
    "of another date": ({"as_of_date": "2025-01-16"}, {}),
    "without a date": ({"as_of_date": None}, {}),
    "begun before": ({"started_at": "2025-01-17T12:00:00.2"}, {}),
    "begun in another zone": ({"started_at": "2025-01-17T12:00:01Z"}, {}),
    "begun nobody knows when": ({"started_at": None}, {}),
    "when the clock is not known": ({}, {"orchestrator_clock": None}),
}


@pytest.mark.parametrize("why", UNFIT)
def test_a_run_that_does_not_fit_is_not_adopted(platform: Platform, why: str) -> None:
    """Each condition alone is enough to leave it; it is not even asked for."""
    entry, snapshot = UNFIT[why]
    serve_list(listed(**entry))
    serve("GET", f"{RUNS}/{OURS}", ended())
    found = not_found(seen(platform, **snapshot))
    assert (found.silent, found.broken) == (False, False)
    assert "no run" in found.reason
    assert len(responses.calls) == 1


def test_a_run_of_the_ledger_is_not_adopted_again(platform: Platform) -> None:
    """Some trade of ours owns it."""
    serve_list(listed())
    serve("GET", f"{RUNS}/{OURS}", ended())
    not_found(seen(platform, known=OURS))
    assert len(responses.calls) == 1


def test_the_snapshot_leaves_one_of_two(platform: Platform) -> None:
    """The other was there before."""
    serve_list(listed(), listed(OTHER))
    serve("GET", f"{RUNS}/{OURS}", ended())
    found = seen(platform, known_runs=(OTHER,))
    assert isinstance(found, Found)
    assert found.orchestration.run_id == OURS


def test_of_two_that_fit_none_is_adopted(platform: Platform) -> None:
    """Both are named."""
    serve_list(listed(), listed(OTHER))
    for run_id in (OURS, OTHER):
        serve("GET", f"{RUNS}/{run_id}", ended(run_id))
    found = not_found(seen(platform))
    assert OURS in found.reason
    assert OTHER in found.reason


def test_a_run_with_symbols_of_somebody_else_is_not_ours(platform: Platform) -> None:
    """One order for a symbol that was not asked for: it does not count, so that ours can be found."""
    serve_list(listed(OTHER), listed())
    serve("GET", f"{RUNS}/{OTHER}", ended(OTHER, mappings=[mapping(), mapping(symbol="TSLA")]))
    serve("GET", f"{RUNS}/{OURS}", ended())
    found = seen(platform)
    assert isinstance(found, Found)
    assert found.orchestration.run_id == OURS
    responses.remove("GET", RUNS)
    serve_list(listed(OTHER))
    assert "no run" in not_found(seen(platform)).reason


UNLIKE: dict[str, dict[str, Any]] = {
    "fewer symbols": {"mappings": [mapping()]},
    "no orders": {
        "mappings": [mapping(symbol=each, order_qty=None, client_order_id=None) for each in SYMBOLS],
    },
    "failed, without a mapping": {"status": "failed", "mappings": []},
    "failed, its mappings null": {"status": "failed", "mappings": None},
    "an order without a quantity": {"mappings": [mapping(symbol=each, order_qty=None) for each in SYMBOLS]},
}


@pytest.mark.parametrize("why", UNLIKE)
def test_a_run_that_shows_no_order_of_exactly_our_symbols_is_not_ours(platform: Platform, why: str) -> None:
    """It proves nothing about what our own POST placed."""
    serve_list(listed())
    serve("GET", f"{RUNS}/{OURS}", ended(**{"num_orders_submitted": 0, **UNLIKE[why]}))
    assert "no run" in not_found(seen(platform)).reason


def test_a_run_of_the_answer_that_contradicts_itself_is_not_taken(platform: Platform) -> None:
    """It counts orders and shows none: what it placed is not known."""
    serve("GET", f"{RUNS}/{OURS}", ended(status="failed", num_orders_submitted=2, mappings=None))
    assert OURS in not_found(seen(platform, OURS)).reason


def test_a_run_that_goes_on_is_waited_for(platform: Platform) -> None:
    """The only one that fits has not ended: nothing is adopted, and it is named."""
    serve_list(listed(status="running"))
    serve("GET", f"{RUNS}/{OURS}", ended(status="running", mappings=[]))
    assert OURS in not_found(seen(platform)).reason


def test_one_that_ended_beside_one_that_goes_on_is_not_adopted(platform: Platform) -> None:
    """The other may be ours as well."""
    serve_list(listed(), listed(OTHER, status="running"))
    serve("GET", f"{RUNS}/{OURS}", ended())
    serve("GET", f"{RUNS}/{OTHER}", ended(OTHER, status="running", mappings=[]))
    assert "more than one" in not_found(seen(platform)).reason


def test_many_candidates_are_not_all_asked_for(platform: Platform) -> None:
    """So many that fit can't be told apart; the look stays short."""
    names = [f"run-{number}" for number in range(40)]
    serve_list(*(listed(name) for name in names))
    for name in names:
        strange = [mapping(symbol="TSLA")] if name != names[0] else [mapping()]
        serve("GET", f"{RUNS}/{name}", ended(name, mappings=strange))
    assert "more than one" in not_found(seen(platform)).reason
    assert len(responses.calls) < 10


def test_an_empty_list_is_none(platform: Platform) -> None:
    """It works, and shows nothing."""
    serve_list()
    found = not_found(seen(platform))
    assert (found.silent, found.broken) == (False, False)


def test_a_list_that_answers_500_is_broken(platform: Platform) -> None:
    """As in deployed generations: it answered, so it is not silent; its own words are told."""
    serve_example("GET", RUNS, "runs_list")
    found = not_found(seen(platform))
    assert (found.silent, found.broken) == (False, True)
    assert "500" in found.reason
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    "value", [{"runs": None}, [], "nonsense", {"runs": [{"status": "completed"}]}], ids=repr
)
def test_a_list_that_cannot_be_read_is_broken(platform: Platform, value: Any) -> None:
    """Nothing is adopted from it."""
    serve("GET", RUNS, value)
    found = not_found(seen(platform))
    assert (found.silent, found.broken) == (False, True)


@pytest.mark.parametrize("run_id", [None, OURS])
def test_an_orchestrator_that_does_not_answer_is_silent(platform: Platform, run_id: str | None) -> None:
    """Asked once, for two seconds; nothing is known."""
    for url in (RUNS, f"{RUNS}/{OURS}"):
        responses.add("GET", url, body=requests.ConnectionError("Connection refused"))
    found = not_found(seen(platform, run_id))
    assert (found.silent, found.broken) == (True, False)
    assert len(responses.calls) == 1


def test_a_candidate_that_cannot_be_read_ends_the_look(platform: Platform) -> None:
    """Nothing is adopted while one that fits can't be told."""
    serve_list(listed(), listed(OTHER))
    serve("GET", f"{RUNS}/{OURS}", ended())
    serve("GET", f"{RUNS}/{OTHER}", "Internal Server Error", 500)
    assert not_found(seen(platform)).broken


@pytest.mark.parametrize(("strategies", "fits"), [((STRATEGY, STRATEGY), True), ((STRATEGY, "other"), False)])
def test_where_no_service_names_its_strategy_the_list_must_know_but_one(
    platform: Platform, strategies: tuple[str, str], fits: bool
) -> None:
    """With two of them nobody can tell whose run it is."""
    old = listed(OTHER, strategy_id=strategies[1], started_at="2025-01-16T12:00:00")
    serve_list(listed(strategy_id=strategies[0]), old)
    serve("GET", f"{RUNS}/{OURS}", ended())
    health = tuple(each._replace(strategy=None) for each in a_snapshot().health)
    assert isinstance(seen(platform, health=health), Found) is fits


def test_a_failed_run_with_orders_that_fits_is_adopted_too(platform: Platform) -> None:
    """That it failed is what has to be known."""
    serve_list(listed(status="failed"))
    serve("GET", f"{RUNS}/{OURS}", ended(status="failed"))
    found = seen(platform)
    assert isinstance(found, Found)
    assert found.orchestration.status == "failed"


def test_the_signals_date_is_the_one_that_was_sent(platform: Platform) -> None:
    """With --as-of-date the run's date is that one, not the session."""
    before = date(2025, 1, 16)
    parameters = a_snapshot().parameters._replace(as_of_date=before)
    serve_list(listed(as_of_date="2025-01-16"), listed(OTHER))
    serve("GET", f"{RUNS}/{OURS}", ended())
    found = seen(platform, parameters=parameters)
    assert isinstance(found, Found)
    assert found.orchestration.run_id == OURS


def test_the_clocks_of_the_examples_are_what_they_seem() -> None:
    """T5's naive New York noon and T4's 17:00 UTC are one moment here."""
    assert T4_BEFORE.astimezone(NEW_YORK).isoformat()[:19] == T5_BEFORE[:19]
    snapshot: Snapshot = a_snapshot()
    assert snapshot.session == SESSION
