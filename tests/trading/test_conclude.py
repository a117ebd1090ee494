"""The result from what is known of an attempt: counts, status, notional, and every problem in words."""

from decimal import Decimal
from typing import Any

import pytest
from builders.attempts import DOUBT, IDLE, a_snapshot, known, order, run, signal
from builders.moments import SESSION

from paper_run.errors import DependencyError, ExitStatus, OrchestrationError
from paper_run.model import findings
from paper_run.model.order import SignalOrder
from paper_run.model.result import RunStatus
from paper_run.model.result_rows import asked, health
from paper_run.trading.conclude import (
    Outcome,
    conclude,
    contradicts_itself,
    fits,
    placed_nothing,
    with_adopted,
)

BUY, SELL = "a" * 24, "b" * 24
SOLD = signal(SELL, symbol="MSFT", side="sell", qty=Decimal(5), rank=3)


def errors(outcome: Outcome) -> list[str]:
    return findings.texts(outcome.result.findings, "error")


def warnings(outcome: Outcome) -> list[str]:
    return findings.texts(outcome.result.findings, "warning")


def counted(outcome: Outcome) -> tuple[int | None, ...]:
    """Return signals, submitted, accepted, rejected, in doubt, filled."""
    return outcome.result.totals[:6]


# What is not known is not invented


@pytest.mark.parametrize("status", [None, "unknown", "interrupted", "timeout"])
def test_nothing_is_counted_while_the_run_is_not_known(status: RunStatus | None) -> None:
    """No zero stands for a number that nobody knows; without a word on it, the status is unknown."""
    lost = OrchestrationError("Lost")
    outcome = conclude(known(status=status, failures=(lost,)))
    assert set(counted(outcome)) == {None}
    assert (outcome.result.totals.total_notional, outcome.result.totals.success_rate) == (None, None)
    assert outcome.result.status == (status or "unknown")
    assert (outcome.result.run_id, outcome.result.orders) == (None, ())
    assert (outcome.result.exit_status, errors(outcome)) == (ExitStatus.ORCHESTRATION, ["Lost"])
    assert outcome.failures == (lost,)


def test_nothing_placed_is_known_to_be_nothing() -> None:
    """Provably nothing: that is a zero, and no rate of it."""
    outcome = conclude(known(status="failed", failures=(OrchestrationError("Refused"),)))
    assert counted(outcome) == (0, 0, 0, 0, 0, 0)
    assert (outcome.result.totals.total_notional, outcome.result.totals.success_rate) == (0, None)


def test_orders_that_were_not_all_read_have_no_filled_count() -> None:
    """One that could not be asked for might be filled."""
    mappings = (signal(BUY), SOLD)
    states = {BUY: order(BUY)}
    assert counted(conclude(known(run(*mappings), states=states)))[-1] is None
    states[SELL] = order(SELL, symbol="MSFT", side="sell", qty=Decimal(5), status="new", filled_qty=None)
    assert counted(conclude(known(run(*mappings), states=states)))[-1] == 1


# A run that is known


def test_a_success() -> None:
    """Every figure from the orders, the identity of the attempt from its row."""
    states = {BUY: order(BUY), SELL: order(SELL, symbol="MSFT", side="sell", qty=Decimal(5))}
    outcome = conclude(known(run(signal(BUY), IDLE, SOLD), states=states))
    result = outcome.result
    assert counted(outcome) == (3, 2, 2, 0, 0, 2)
    assert (result.totals.total_notional, result.totals.success_rate) == (
        Decimal("2253.75"),
        Decimal("1.0000"),
    )
    assert (result.status, result.exit_status) == ("success", ExitStatus.SUCCESS)
    assert (result.run_id, result.session, result.attempt) == ("run-1", str(SESSION), 2)
    assert result.timestamp == "2025-01-17T12:00:00-05:00"
    assert (result.totals.duration_seconds, result.findings) == (Decimal("4.25"), ())
    assert [each.symbol for each in result.orders] == ["AAPL", "GOOGL", "MSFT"]
    assert (result.parameters, result.health) == (asked(a_snapshot().parameters), health(a_snapshot().health))


@pytest.mark.parametrize(("stated", "shown"), [("4.25", "4.25"), (None, "9")])
def test_the_duration_is_the_orchestrators_or_the_time_waited(stated: str | None, shown: str) -> None:
    """Its own where it states one."""
    asked = run(signal(BUY), duration_seconds=None if stated is None else Decimal(stated))
    assert str(conclude(known(asked, waited=Decimal(9))).result.totals.duration_seconds) == shown


def test_a_run_that_goes_on_has_taken_as_long_as_was_waited() -> None:
    """Whatever it stated before."""
    outcome = conclude(known(run(), status="timeout", waited=Decimal(300)))
    assert outcome.result.totals.duration_seconds == 300


REFUSED = signal(BUY, status="rejected", broker_order_id="b-1")


@pytest.mark.parametrize(
    ("mappings", "status", "title"),
    [
        ((signal(BUY), DOUBT), "partial", "1 of 2 orders is in doubt"),
        ((DOUBT,), "failed", "The one order is in doubt"),
        ((signal(BUY, status="rejected"),), "failed", "The one order is in doubt"),
        ((REFUSED,), "failed", "The one order was not accepted"),
        ((signal(SELL), REFUSED), "partial", "1 of 2 orders was not accepted"),
        (
            (signal(SELL), REFUSED, DOUBT),
            "partial",
            "1 of 3 orders was not accepted, and 1 is in doubt",
        ),
    ],
)
def test_orders_that_were_not_accepted_make_it_fail(
    mappings: tuple[SignalOrder, ...], status: str, title: str
) -> None:
    """Partial where one was accepted; exit 2; the error says which one and why."""
    outcome = conclude(known(run(*mappings)))
    assert (outcome.result.status, outcome.result.exit_status) == (status, ExitStatus.ORCHESTRATION)
    (failure,) = outcome.failures
    assert failure.title == title
    assert errors(outcome) == [str(failure)]
    assert "buy 10 AAPL" in failure.details[0]


def test_a_run_that_ended_badly_is_no_success() -> None:
    """The orchestrator's own word counts, though each order was accepted."""
    outcome = conclude(known(run(signal(BUY), status="partial", error_message="half\n of it")))
    assert outcome.result.status == "partial"
    assert "half of it" in errors(outcome)[0]


def test_problems_of_a_run_whose_end_is_not_known_are_warnings() -> None:
    """A timeout has an error of its own; what is wrong with its orders is still told."""
    late = OrchestrationError("Late")
    outcome = conclude(known(run(DOUBT), status="timeout", failures=(late,)))
    assert outcome.failures == (late,)
    assert any("in doubt" in text for text in warnings(outcome))


def test_every_failure_counts_and_the_worst_decides() -> None:
    """A gateway that could not be read (1) beside an order that was not accepted (2)."""
    unreadable = DependencyError("Gateway")
    outcome = conclude(known(run(DOUBT), failures=(unreadable,)))
    assert outcome.result.exit_status == ExitStatus.ORCHESTRATION
    assert len(errors(outcome)) == 2
    assert errors(outcome)[0] == "Gateway"


def test_an_order_of_an_earlier_trade_is_a_repeat() -> None:
    """Listed, not counted again, neither in the counts nor in the notional."""
    mappings = (signal(BUY), SOLD)
    states = {BUY: order(BUY), SELL: order(SELL, symbol="MSFT", side="sell", qty=Decimal(5))}
    outcome = conclude(known(run(*mappings), states=states, repeats={BUY}))
    assert counted(outcome) == (2, 1, 1, 0, 0, 1)
    assert [each.outcome for each in outcome.result.orders] == ["repeat", "accepted"]
    assert outcome.result.totals.total_notional == Decimal("751.25")


def test_warnings_come_in_the_order_of_the_day() -> None:
    """What was noticed before, then while it ran, then what is odd about the answer."""
    odd = run(
        signal(BUY, symbol="TSLA"),
        signal(SELL, symbol="NVDA"),
        as_of_date="2025-01-16",
        error_message="a little\nsomething",
        num_orders_submitted=9,
    )
    before = a_snapshot(notices=(findings.warning("setting", "noticed"),))
    outcome = conclude(known(odd, snapshot=before, found=(findings.warning("looked_for", "meanwhile"),)))
    said = warnings(outcome)
    assert said[:2] == ["noticed", "meanwhile"]
    assert said[2] == "The orchestrator ran for 2025-01-16, not for 2025-01-17."
    assert said[3] == "The orchestrator traded symbols not asked for: NVDA, TSLA."
    assert said[4].startswith("The orchestrator completed the run but says: a little")
    assert "orders submitted is 9" in said[5]
    assert len(said) == 6


def test_a_date_that_is_not_said_is_not_odd() -> None:
    """Nor is an error message of a run that failed: that is the error."""
    outcome = conclude(known(run(status="failed", as_of_date=None, error_message="no bar")))
    assert warnings(outcome) == []
    assert "no bar" in errors(outcome)[0]


def test_signals_without_mappings_are_counted_as_stated() -> None:
    """A run may state how many signals there were and list none."""
    assert counted(conclude(known(run(num_signals=3))))[0] == 3
    assert counted(conclude(known(run(IDLE, num_signals=3))))[0] == 1


# Whether nothing was placed


@pytest.mark.parametrize(
    ("status", "mappings", "nothing"),
    [
        ("failed", (), True),
        ("failed", (IDLE,), True),
        ("failed", (IDLE, DOUBT), False),
        ("failed", (signal(BUY),), False),
        ("failed", (signal(None, qty=Decimal(0)),), False),
        ("completed", (), False),
        ("completed", (IDLE,), False),
        ("partial", (), False),
        ("running", (), False),
        ("cancelled", (), False),
    ],
)
def test_placed_nothing(status: str, mappings: tuple[SignalOrder, ...], nothing: bool) -> None:
    """Failed, and no mapping that has a quantity; completed, even with no order, closes the session."""
    assert placed_nothing(run(*mappings, status=status, **counts(0, 0, 0))) is nothing


def counts(submitted: int | None, accepted: int | None, rejected: int | None) -> dict[str, int | None]:
    """Return the orchestrator's own counts."""
    names = ("num_orders_submitted", "num_orders_accepted", "num_orders_rejected")
    return dict(zip(names, (submitted, accepted, rejected), strict=True))


NO_QTY = signal(BUY, qty=None)


@pytest.mark.parametrize(
    "theirs", [(2, 0, 0), (0, 1, 0), (0, 0, 1), (None, 0, 0), (0, None, 0), (0, 0, None)]
)
@pytest.mark.parametrize("mappings", [(), (IDLE,)])
def test_counts_that_no_mapping_shows_prove_nothing(
    theirs: tuple[int | None, ...], mappings: tuple[SignalOrder, ...]
) -> None:
    """A failed run that counts orders, or does not say that it has none, leaves open what it placed."""
    failed = run(*mappings, status="failed", **counts(*theirs))
    assert (placed_nothing(failed), contradicts_itself(failed)) == (False, True)


@pytest.mark.parametrize(
    ("status", "mappings", "theirs", "contradicts"),
    [
        ("failed", (), (0, 0, 0), False),
        ("failed", (IDLE,), (0, 0, 0), False),
        ("failed", (signal(BUY),), (0, 0, 0), False),
        ("failed", (DOUBT,), (0, 0, 0), False),
        ("failed", (NO_QTY,), (0, 0, 0), True),
        ("completed", (signal(BUY), NO_QTY), (2, 2, 0), True),
        ("completed", (), (None, None, None), True),
        ("completed", (IDLE,), (None, None, None), False),
        ("completed", (IDLE,), (0, 0, 0), False),
        ("completed", (), (1, 1, 0), True),
        ("partial", (), (0, 0, 0), False),
        ("completed", (signal(BUY),), (5, 5, 0), False),
        ("failed", (signal(BUY),), (2, 1, 0), True),
        ("failed", (signal(BUY), IDLE), (0, 2, 0), True),
        ("failed", (signal(BUY), DOUBT), (2, None, 1), False),
    ],
)
def test_a_run_that_leaves_open_what_it_placed(
    status: str, mappings: tuple[SignalOrder, ...], theirs: tuple[int | None, ...], contradicts: bool
) -> None:
    """It counts more than it shows, or has an order without a quantity; other differences are only said."""
    assert contradicts_itself(run(*mappings, status=status, **counts(*theirs))) is contradicts


def test_what_was_placed_before_is_nothing_new() -> None:
    """Each order an earlier attempt's: failed, exit 2, however well the run went; a rehearsal's is none."""
    outcome = conclude(known(run(signal(BUY)), repeats={BUY}, states={BUY: order(BUY)}))
    assert (outcome.result.status, outcome.result.exit_status) == ("failed", 2)
    assert "nothing_new" in {each.code for each in outcome.result.findings}
    rehearsed = conclude(known(run(signal(BUY)), repeats={BUY}, snapshot=a_snapshot(rehearsal=True)))
    assert (rehearsed.result.status, rehearsed.result.exit_status) == ("success", 0)
    some = conclude(known(run(signal(BUY), signal("b" * 24)), repeats={BUY}))
    assert some.result.status == "success"


# Orders in doubt that were found


def test_an_order_in_doubt_gets_the_id_it_was_found_under() -> None:
    """The first that fits, and no other; what has an id keeps it."""
    adopted = with_adopted(run(signal(BUY), DOUBT, IDLE), {"f" * 24: order("f" * 24)})
    assert [each.client_order_id for each in adopted.mappings] == [BUY, "f" * 24, None]


def test_one_order_settles_one_mapping() -> None:
    """Two equal orders in doubt, one found: the second stays in doubt; with two found, none does."""
    states = {"f" * 24: order("f" * 24)}
    ids = [each.client_order_id for each in with_adopted(run(DOUBT, DOUBT), states).mappings]
    assert ids == ["f" * 24, None]
    states["e" * 24] = order("e" * 24)
    ids = [each.client_order_id for each in with_adopted(run(DOUBT, DOUBT), states).mappings]
    assert ids == ["f" * 24, "e" * 24]


def test_without_a_spare_order_the_run_stays_the_same() -> None:
    """The states of the run's own orders are no news."""
    asked = run(signal(BUY), DOUBT)
    assert with_adopted(asked, {BUY: order(BUY)}) is asked
    assert with_adopted(asked, {}) is asked


@pytest.mark.parametrize("changes", [{"symbol": "MSFT"}, {"side": "sell"}, {"qty": Decimal(11)}])
def test_what_does_not_fit_settles_nothing(changes: dict[str, Any]) -> None:
    """Symbol, side and quantity must agree."""
    assert not fits(DOUBT, order(**changes))
    assert with_adopted(run(DOUBT), {BUY: order(**changes)}) == run(DOUBT)


def test_quantities_fit_as_values() -> None:
    """10 and 10.00 are the same; a mapping that has an id fits nothing."""
    assert fits(DOUBT, order(qty=Decimal("10.00")))
    assert not fits(signal(BUY), order(BUY))


def test_an_order_that_was_found_is_counted_and_valued() -> None:
    """No longer in doubt: accepted, filled, with its notional, and the day is a success after all."""
    outcome = conclude(known(run(DOUBT), states={"f" * 24: order("f" * 24)}))
    assert counted(outcome) == (1, 1, 1, 0, 0, 1)
    assert outcome.result.orders[0].client_order_id == "f" * 24
    assert (outcome.result.status, outcome.result.totals.total_notional) == ("success", Decimal("1502.50"))


def test_an_order_that_was_found_rejected_is_rejected() -> None:
    """The gateway knows it, and says no."""
    found = order("f" * 24, status="rejected", filled_qty=None, filled_avg_price=None)
    outcome = conclude(known(run(DOUBT), states={"f" * 24: found}))
    assert counted(outcome) == (1, 1, 0, 1, 0, 0)
