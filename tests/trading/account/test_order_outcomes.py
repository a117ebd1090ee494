"""What became of the orders: counts, notional and status, computed from the mappings alone."""

from decimal import Decimal
from typing import Any

import pytest
from builders import attempts
from builders.wire import answered, observed
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.model import order
from paper_run.model.order import Orchestration, Order, OrderState, SignalOrder
from paper_run.model.result import Totals
from paper_run.services.orchestrator import read_orchestration
from paper_run.trading.account import order_outcomes

PARAMETERS = attempts.a_snapshot().parameters._replace(symbols=("AAPL", "MSFT"))
WORKING = (
    *("dry_run", "pending_new", "new", "accepted", "partially_filled", "filled", "replaced", "done_for_day"),
    *("pending_cancel", "stopped", "suspended", "submitted", "submitted_unconfirmed", "scheduled"),
)
ENDED = ("canceled", "cancelled", "expired")
REFUSED = ("rejected", "failed", "blocked_kill_switch", "blocked_circuit_breaker", "blocked_something_new")


def signal(**fields: Any) -> SignalOrder:
    """Return a signal with a buy order of 10 AAPL that the gateway took."""
    return attempts.signal("id-1", **{"target_weight": Decimal("0.1"), **fields})


def no_order(**fields: Any) -> SignalOrder:
    """Return a signal that led to no order."""
    nothing = dict.fromkeys(("client_order_id", "qty", "side", "status"))
    return signal(**({**nothing, "skip_reason": "zero_weight"} | fields))


def state(**fields: Any) -> OrderState:
    """Return what the gateway says of the order above."""
    return attempts.order("id-1", **fields)


def row(mapping: SignalOrder, *states: OrderState) -> Order:
    """Return the row that a single mapping becomes."""
    (only,) = order_outcomes.order_rows(
        [mapping], {each.client_order_id: each for each in states}, PARAMETERS
    )
    return only


def counted(totals: Totals) -> tuple[int | None, ...]:
    """Return signals, submitted, accepted, rejected, in doubt, filled."""
    return totals[:6]


def tally(*rows: Order, complete: bool = True) -> Totals:
    return order_outcomes.totals(rows, signals=len(rows), states_complete=complete)


# Outcomes


@pytest.mark.parametrize("status", [*WORKING, "some_new_word", None])
def test_an_order_that_is_working_or_done_is_accepted(status: str | None) -> None:
    """Every status that is no refusal counts as accepted once there is an order id."""
    assert row(signal(status=status)).outcome == "accepted"


@pytest.mark.parametrize("status", REFUSED)
@pytest.mark.parametrize("filled", [None, Decimal(0)])
def test_a_refused_order_is_rejected(status: str, filled: Decimal | None) -> None:
    """rejected, failed and every blocked_* are rejections once the gateway's own word was read."""
    read = state(status=status, broker_order_id=None, filled_qty=filled, filled_avg_price=None)
    assert row(signal(status=status, filled_qty=filled), read).outcome == "rejected"


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_a_refusal_that_the_gateway_could_not_be_asked_about_is_in_doubt(status: str) -> None:
    """It may have an error beside it: then it proves nothing."""
    assert row(signal(status=status)).outcome == "in_doubt"
    assert row(signal(status=status, broker_order_id="b-1")).outcome == "rejected"


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize(
    ("filled", "outcome"),
    [(None, "rejected"), ("0", "rejected"), ("-1", "rejected"), ("0.5", "accepted"), ("10", "accepted")],
)
def test_an_ended_order_is_rejected_only_without_a_fill(
    status: str, filled: str | None, outcome: str
) -> None:
    """canceled, cancelled and expired are rejections unless something was filled before."""
    qty = None if filled is None else Decimal(filled)
    assert row(signal(status=status, filled_qty=qty)).outcome == outcome
    assert row(signal(), state(status=status, filled_qty=qty)).outcome == outcome


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        (None, "submission_failed: 422", "rejected"),
        ("rejected", "submission_failed: 400", "rejected"),
        ("rejected", "submission_failed: 503", "in_doubt"),
        ("rejected", "submission_failed: 4223", "in_doubt"),
        ("rejected", "unexpected_error: RetryError[...]", "in_doubt"),
        ("rejected", None, "in_doubt"),
        ("blocked_kill_switch", None, "rejected"),
        ("canceled", None, "rejected"),
        ("accepted", None, "in_doubt"),
        (None, None, "in_doubt"),
    ],
)
def test_without_an_id_only_a_proof_makes_it_rejected(
    status: str | None, reason: str | None, outcome: str
) -> None:
    """A 4xx proves a refusal; the orchestrator's `rejected` does not: the gateway may yet place it."""
    assert row(signal(client_order_id=None, status=status, skip_reason=reason)).outcome == outcome


def test_an_ended_order_with_a_fill_is_not_rejected_for_want_of_an_id() -> None:
    """Canceled with a fill proves no rejection, whether or not an id came with it."""
    given = signal(client_order_id=None, status="canceled", filled_qty=Decimal(5))
    assert row(given).outcome == "in_doubt"


@pytest.mark.parametrize("mapping", [no_order(), signal(qty=None), signal(side=None), signal(qty=Decimal(0))])
def test_a_signal_without_side_or_quantity_is_no_order(mapping: SignalOrder) -> None:
    """It is listed, and counted among the signals alone."""
    only = row(mapping)
    assert (only.outcome, only.notional) == (None, None)
    assert counted(tally(only)) == (1, 0, 0, 0, 0, 0)


def test_the_same_id_again_is_a_repeat() -> None:
    """An id that comes twice is one order: listed twice, counted and valued once."""
    rows = order_outcomes.order_rows(
        [signal(), signal(), signal(client_order_id="id-2")], {"id-1": state()}, PARAMETERS
    )
    assert [each.outcome for each in rows] == ["accepted", "repeat", "accepted"]
    assert [each.notional for each in rows] == [Decimal("1502.50"), None, Decimal("10000.00")]
    assert tally(*rows).num_orders_submitted == 2


def test_orders_without_an_id_are_no_repeats_of_each_other() -> None:
    """Two orders in doubt are two."""
    rows = order_outcomes.order_rows([signal(client_order_id=None)] * 2, {}, PARAMETERS)
    assert [each.outcome for each in rows] == ["in_doubt", "in_doubt"]


def test_what_the_gateway_says_now_goes_before_the_mapping() -> None:
    """Status, fills, price and broker's id come from the order's latest state."""
    given = signal(
        status="pending_new", filled_qty=Decimal(1), filled_avg_price=Decimal(1), broker_order_id="old"
    )
    only = row(given, state(error_message="late"))
    assert (only.status, only.filled_qty, only.filled_avg_price) == ("filled", 10, Decimal("150.25"))
    assert (only.broker_order_id, only.error_message) == ("b-1", "late")
    fallback = row(given, state(filled_qty=None, filled_avg_price=None, broker_order_id=None))
    assert (fallback.filled_qty, fallback.filled_avg_price, fallback.broker_order_id) == (1, 1, "old")


# Notional


@pytest.mark.parametrize(
    ("states", "price", "source", "notional"),
    [
        ([state(limit_price=Decimal(140))], "150.25", "fill", "1502.50"),
        ([state(filled_avg_price=None, limit_price=Decimal("140.123456"))], "140.123456", "limit", "1401.23"),
        ([state(filled_avg_price=Decimal(0), limit_price=Decimal(0))], None, "estimated", "10000.00"),
        ([], None, "estimated", "10000.00"),
    ],
)
def test_the_price_is_the_first_that_exists(
    states: list[OrderState], price: str | None, source: str, notional: str
) -> None:
    """Fill price, else limit price, else an estimate from capital and weight that has no price."""
    only = row(signal(), *states)
    assert (only.price, only.price_source) == (None if price is None else Decimal(price), source)
    assert str(only.notional) == notional


@pytest.mark.parametrize(("weight", "notional"), [("-0.1", "10000.00"), ("1", "20000.00"), ("0", "0.00")])
def test_an_estimate_is_capped_at_the_maximum_position(weight: str, notional: str) -> None:
    """Capital times |weight|, never more than the maximum position; a sell counts as much as a buy."""
    only = row(signal(side="sell", target_weight=Decimal(weight)))
    assert (str(only.notional), only.price_source) == (notional, "estimated")


def test_without_price_and_weight_there_is_no_notional() -> None:
    """No number is invented."""
    only = row(signal(target_weight=None))
    assert (only.notional, only.price, only.price_source) == (None, None, None)


@pytest.mark.parametrize("status", ["rejected", "canceled"])
def test_only_an_accepted_order_has_a_notional(status: str) -> None:
    """A rejected order adds nothing, whatever its limit price."""
    assert row(signal(), state(status=status, filled_qty=None, limit_price=Decimal(9))).notional is None
    assert row(signal(client_order_id=None)).notional is None


def test_a_notional_is_exact_before_it_is_rounded() -> None:
    """28 digits times a quantity round to the cent once, half to even."""
    price = Decimal("0.1234567890123456789012345678")
    assert str(row(signal(qty=Decimal(1000001)), state(filled_avg_price=price)).notional) == "123456.91"
    assert str(row(signal(qty=Decimal(1)), state(filled_avg_price=Decimal("0.125"))).notional) == "0.12"


wire_amounts = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(0, 10**28), st.integers(-28, 2)
)
mappings = st.builds(
    signal,
    client_order_id=st.sampled_from([None, "id-1", "id-2", "id-3"]),
    side=st.sampled_from([None, "buy", "sell"]),
    qty=st.none() | wire_amounts,
    status=st.sampled_from([None, *WORKING, *ENDED, *REFUSED, "odd"]),
    filled_qty=st.none() | wire_amounts,
    filled_avg_price=st.none() | wire_amounts,
    target_weight=st.none() | wire_amounts,
    skip_reason=st.sampled_from([None, "submission_failed: 422", "unexpected_error: x"]),
)


@settings(max_examples=50)
@given(st.lists(mappings, max_size=6))
def test_every_submitted_order_is_one_thing_alone(given_mappings: list[SignalOrder]) -> None:
    """Submitted is accepted, rejected and in doubt together; only accepted orders have a notional."""
    rows = order_outcomes.order_rows(given_mappings, {}, PARAMETERS)
    _, submitted, *parts, _ = counted(tally(*rows))
    assert submitted == sum(part for part in parts if part is not None)
    known = [mapping for mapping in given_mappings if mapping.side and mapping.qty]
    repeats = sum(each.outcome == "repeat" for each in rows)
    assert submitted is not None
    assert submitted + repeats == len(known)
    for each in rows:
        if each.notional is not None:
            assert each.outcome == "accepted"
            assert each.notional >= 0
            assert each.notional.as_tuple().exponent == -2


# Counts and status


def test_the_counts_come_from_the_rows() -> None:
    """One of each kind; filled counts accepted orders that are filled."""
    rows = order_outcomes.order_rows(
        [
            signal(client_order_id="a", status="filled"),
            signal(client_order_id="b", status="partially_filled"),
            signal(client_order_id="c", status="rejected", broker_order_id="b-1"),
            signal(client_order_id=None),
            no_order(),
        ],
        {},
        PARAMETERS,
    )
    assert counted(tally(*rows)) == (5, 4, 2, 1, 1, 1)


def test_filled_is_not_known_when_an_order_could_not_be_read() -> None:
    """An unknown number is null, not 0."""
    assert tally(row(signal()), complete=False).num_orders_filled is None


def run(status: str, **fields: Any) -> Orchestration:
    return read_orchestration(answered({"run_id": "r", "status": status, **fields}))


def stated(submitted: int, accepted: int, in_doubt: int = 0) -> Totals:
    return Totals(
        num_signals=3,
        num_orders_submitted=submitted,
        num_orders_accepted=accepted,
        num_orders_rejected=submitted - accepted - in_doubt,
        num_orders_in_doubt=in_doubt,
    )


@pytest.mark.parametrize(
    ("theirs", "submitted", "accepted", "ours"),
    [
        ("completed", 2, 2, "success"),
        ("completed", 0, 0, "success"),
        ("completed", 2, 1, "partial"),
        ("completed", 2, 0, "failed"),
        ("partial", 2, 2, "partial"),
        ("partial", 2, 0, "failed"),
        ("failed", 2, 1, "partial"),
        ("failed", 0, 0, "failed"),
        ("some_new_word", 2, 2, "partial"),
        ("some_new_word", 0, 0, "failed"),
        ("another_new_word", 2, 2, "partial"),
    ],
)
def test_success_needs_completed_and_every_order_accepted(
    theirs: str, submitted: int, accepted: int, ours: str
) -> None:
    """Completed and all accepted, even if that is none; else some accepted is partial, none is failed."""
    assert order_outcomes.run_status(run(theirs), stated(submitted, accepted)) == ours


@pytest.mark.parametrize(("accepted", "ours"), [(1, "partial"), (0, "failed")])
def test_an_order_in_doubt_is_no_success(accepted: int, ours: str) -> None:
    """It is not accepted, nor rejected."""
    tally = stated(accepted + 1, accepted, in_doubt=1)
    assert order_outcomes.run_status(run("completed"), tally) == ours


def test_counts_that_differ_from_the_orchestrators_are_said() -> None:
    """Each of the four counts is compared; one that is missing or equal is not mentioned."""
    mine = stated(2, 1)
    said = order_outcomes.differences(
        run("completed", num_signals=4, num_orders_submitted=2, num_orders_accepted=2, num_orders_rejected=0),
        mine,
    )
    assert len(said) == 3
    assert ["signals" in said[0].text, "accepted" in said[1].text, "rejected" in said[2].text] == [True] * 3
    assert "4" in said[0].text
    assert "3" in said[0].text
    assert order_outcomes.differences(run("completed"), mine) == ()


def test_the_observed_runs_are_counted_as_the_design_says() -> None:
    """Two accepted orders; with the gateway down both are in doubt, which explains what T5 counts."""
    normal = read_orchestration(observed("run_normal"))
    rows = order_outcomes.order_rows(normal.mappings, {}, PARAMETERS)
    assert counted(tally(*rows)) == (3, 2, 2, 0, 0, 0)
    assert order_outcomes.differences(normal, tally(*rows)) == ()
    assert [str(each.notional) for each in rows] == ["20000.00", "None", "20000.00"]
    down = read_orchestration(observed("t4_down__run"))
    rows = order_outcomes.order_rows(down.mappings, {}, PARAMETERS)
    assert counted(tally(*rows)) == (3, 2, 0, 0, 2, 0)
    assert order_outcomes.differences(down, tally(*rows)) == ()
    refused = down._replace(mappings=[])  # nothing explains it then
    assert len(order_outcomes.differences(refused, tally(*rows))) == 2


# Words


@pytest.mark.parametrize(
    ("mapping", "code", "words"),
    [
        (
            signal(status="rejected", skip_reason="halted", broker_order_id="b-1"),
            "order_rejected",
            "buy 10 AAPL was not accepted (rejected): halted",
        ),
        (
            signal(client_order_id=None, qty=Decimal("1E+5")),
            "order_in_doubt",
            "buy 100000 AAPL is in doubt: it got no order id",
        ),
        (signal(status="odd"), "order_status", "buy 10 AAPL has a status that is not known here, 'odd'"),
    ],
)
def test_a_problem_is_said_in_words(mapping: SignalOrder, code: str, words: str) -> None:
    """Side, quantity, symbol, what happened and the reason given; its code and its symbol for programs."""
    found = order_outcomes.problem(row(mapping))
    assert found is not None
    assert (found.code, found.severity, found.subject) == (code, "warning", "AAPL")
    assert found.text.startswith(words)


@pytest.mark.parametrize(
    "mapping",
    [signal(), no_order(), signal(status=None), no_order(status="odd"), signal(qty=None, status="odd")],
)
def test_nothing_is_said_of_an_order_without_a_problem(mapping: SignalOrder) -> None:
    """An accepted order with a known status, and a signal without an order, are no problem."""
    assert order_outcomes.problem(row(mapping)) is None


@pytest.mark.parametrize("status", WORKING)
def test_no_word_of_the_gateways_vocabulary_is_unknown(status: str) -> None:
    """The status vocabulary of the contract is known, word for word."""
    assert order_outcomes.problem(row(signal(status=status, filled_qty=Decimal(1)))) is None


def test_the_gateways_reason_goes_before_the_orchestrators() -> None:
    """The order's own error message is the better reason."""
    only = row(
        signal(skip_reason="theirs"), state(status="rejected", error_message="insufficient buying power")
    )
    assert "insufficient buying power" in str(order_outcomes.problem(only))


# What has ended, and what reached the broker


@pytest.mark.parametrize(
    "status",
    [*REFUSED[:4], *ENDED, "filled", "replaced", "dry_run"],
)
def test_nothing_more_fills_after_a_word_that_ends_an_order(status: str) -> None:
    """Each of them is a final one."""
    assert status in order_outcomes.FINAL


@pytest.mark.parametrize("status", ["new", "accepted", "partially_filled", "pending_cancel", "done_for_day"])
def test_a_working_order_is_not_final(status: str) -> None:
    """It is read again."""
    assert status not in order_outcomes.FINAL


@pytest.mark.parametrize(
    ("fields", "executed"),
    [
        ({"status": "dry_run"}, False),
        ({"status": "dry_run", "broker_order_id": "b-1"}, True),
        ({"status": "rejected"}, False),
        ({"status": "failed"}, False),
        ({"status": "canceled"}, False),
        ({"status": "canceled", "filled_qty": Decimal("0.5")}, True),
        ({"status": "canceled", "filled_qty": Decimal(-1)}, False),
        ({"status": "blocked_kill_switch"}, False),
        ({"status": None}, False),
        ({"status": "filled"}, True),
        ({"status": "pending_new"}, True),
        ({"status": "accepted"}, True),
        ({"status": "word_of_next_year"}, True),
        ({"status": "accepted", "client_order_id": None}, False),
    ],
)
def test_what_reached_the_broker(fields: dict[str, Any], executed: bool) -> None:
    """A broker's id, a fill, or a word of a working or filled order that the gateway knows."""
    assert order_outcomes.is_executed(row(signal(**fields))) is executed


@pytest.mark.parametrize("word", ["rejected", "failed"])
@pytest.mark.parametrize(
    ("said", "reason", "outcome"),
    [
        ({"broker_order_id": None, "error_message": "Broker connection error"}, None, "in_doubt"),
        ({"broker_order_id": None, "error_message": "no"}, "submission_failed: 503", "in_doubt"),
        ({"broker_order_id": None, "error_message": "no"}, "submission_failed: 422", "rejected"),
        ({"broker_order_id": "b-1", "error_message": "no"}, None, "rejected"),
        ({"broker_order_id": None, "error_message": None}, None, "rejected"),
        ({"broker_order_id": None, "error_message": ""}, None, "rejected"),
    ],
)
def test_a_refusal_with_an_error_and_without_a_brokers_id_is_in_doubt(
    word: str, said: dict[str, Any], reason: str | None, outcome: str
) -> None:
    """The broker may have taken it, unless a 4xx, a broker's id or the plain word prove that it did not."""
    unfilled = {"status": word, "filled_qty": Decimal(0), "filled_avg_price": None}
    found = row(signal(status=word, skip_reason=reason), state(**unfilled, **said))
    assert found.outcome == outcome
    if outcome == "in_doubt":
        assert "without a broker's id" in str(order_outcomes.problem(found))


# Prices and words at their edges


@pytest.mark.parametrize(
    ("said", "quote", "price", "source", "notional"),
    [
        (
            {"filled_avg_price": Decimal("0.25"), "limit_price": Decimal("0.5")},
            "0.75",
            "0.25",
            "fill",
            "2.50",
        ),
        ({"filled_avg_price": None, "limit_price": Decimal("0.5")}, "0.75", "0.5", "limit", "5.00"),
        ({"filled_avg_price": None, "limit_price": None}, "0.75", "0.75", "quote", "7.50"),
        ({"filled_avg_price": None, "limit_price": None}, "0", None, "estimated", "10000.00"),
        ({"filled_avg_price": None, "limit_price": None}, "-0.5", None, "estimated", "10000.00"),
        (
            {"filled_avg_price": Decimal("-0.5"), "limit_price": Decimal("-0.5")},
            "0.75",
            "0.75",
            "quote",
            "7.50",
        ),
    ],
)
def test_a_share_may_cost_less_than_a_dollar(
    said: dict[str, Any], quote: str, price: str | None, source: str, notional: str
) -> None:
    """10 at a quarter filled, at half a dollar limited, at 75 cents in the market; zero is no price."""
    (only,) = order_outcomes.order_rows(
        [signal()], {"id-1": state(**said)}, PARAMETERS, quotes={"AAPL": Decimal(quote), "MSFT": Decimal(9)}
    )
    assert (only.price, only.price_source) == (None if price is None else Decimal(price), source)
    assert str(only.notional) == notional


def test_a_fraction_of_a_share_is_an_order_and_a_fill() -> None:
    """Half a share ordered and a quarter filled; before the cancelation it was executed."""
    given = signal(qty=Decimal("0.5"), filled_qty=Decimal("0.25"), status="canceled")
    assert (row(given).outcome, order_outcomes.is_executed(row(given))) == ("accepted", True)
    assert not order_outcomes.is_executed(row(signal(filled_qty=Decimal(0), status="canceled")))
    assert row(signal(qty=Decimal("-0.5"))).outcome is None


def test_a_signal_that_is_no_order_may_have_a_fill_or_a_limit() -> None:
    """They are told of it, whatever it is; a notional it has none."""
    filled = row(no_order(client_order_id="id-1", filled_avg_price=Decimal("1.50")))
    assert (filled.price, filled.price_source, filled.notional) == (Decimal("1.50"), "fill", None)
    limited = row(no_order(client_order_id="id-1"), state(limit_price=Decimal(2), filled_avg_price=None))
    assert (limited.price, limited.price_source, limited.notional) == (2, "limit", None)


def test_a_signal_that_is_no_order_takes_no_quote() -> None:
    """Nothing is ordered, so nothing has a price."""
    (only,) = order_outcomes.order_rows([no_order()], {}, PARAMETERS, quotes={"AAPL": Decimal(9)})
    assert (only.price, only.price_source, only.notional) == (None, None, None)


def test_an_id_that_an_earlier_trade_owns_is_a_repeat() -> None:
    """It is listed, and not counted; it still takes part in nothing else."""
    only, other = order_outcomes.order_rows(
        [signal(), signal(client_order_id="id-2")], {}, PARAMETERS, repeats=("id-1",)
    )
    assert (only.outcome, only.notional, other.outcome) == ("repeat", None, "accepted")


@pytest.mark.parametrize("status", ["rejected", "failed", "canceled", "cancelled", "expired"])
def test_each_word_of_a_refusal_or_an_end_proves_that_nothing_was_executed(status: str) -> None:
    """Without a fill and without a broker's id; a fill, or the broker's id, prove the opposite."""
    assert not order_outcomes.is_executed(row(signal(status=status)))
    assert order_outcomes.is_executed(row(signal(status=status, broker_order_id="b-1")))
    assert order_outcomes.is_executed(row(signal(status=status, filled_qty=Decimal("0.5"))))
    assert (
        order_outcomes.problem(row(signal(status=status, filled_qty=Decimal("0.5")))) is None
        or status in REFUSED
    )


def test_the_words_that_end_an_order() -> None:
    """All of them, and no other: after any other word it is read again."""
    assert sorted(order_outcomes.FINAL) == [
        *("blocked_circuit_breaker", "blocked_kill_switch", "canceled", "cancelled", "dry_run", "expired"),
        *("failed", "filled", "not_placed", "rejected", "replaced"),
    ]
    assert sorted(order_outcomes.KNOWN - order_outcomes.FINAL) == [
        *("accepted", "accepted_for_bidding", "calculated", "done_for_day", "held", "new"),
        *("partially_filled", "pending_cancel", "pending_new", "pending_replace", "pending_review"),
        *("scheduled", "stopped", "submitted", "submitted_unconfirmed", "suspended"),
    ]
    assert order_outcomes.FINAL < order_outcomes.KNOWN
    assert sorted(order_outcomes.REFUSED) == ["failed", "rejected"]
    assert sorted(order_outcomes.ENDED) == ["canceled", "cancelled", "expired", "not_placed"]


@pytest.mark.parametrize("broker", [{"broker_order_id": "b-0"}, {}])
def test_a_brokers_id_of_the_mapping_proves_a_refusal_too(broker: dict[str, Any]) -> None:
    """Whichever of the two has it."""
    given = signal(status="rejected", **broker)
    said = state(status="rejected", filled_qty=None, broker_order_id=None, error_message="no")
    assert row(given, said).outcome == ("rejected" if broker else "in_doubt")


def test_without_signals_there_are_no_rows() -> None:
    """And of a repeat with a word that nobody knows nothing is said twice."""
    assert order_outcomes.order_rows([], {}, PARAMETERS) == ()
    (repeat,) = order_outcomes.order_rows([signal(status="odd")], {}, PARAMETERS, repeats=["id-1"])
    assert order_outcomes.problem(repeat) is None


def test_only_an_order_that_was_accepted_counts_as_filled() -> None:
    """Not one of an earlier attempt, nor one in doubt, whatever its word."""
    rows = order_outcomes.order_rows(
        [signal(), signal(client_order_id=None, status="filled"), signal(client_order_id="id-2")],
        {"id-1": state(), "id-2": state(client_order_id="id-2")},
        PARAMETERS,
        repeats=["id-1"],
    )
    assert counted(tally(*rows)) == (3, 2, 1, 0, 1, 1)


def test_a_row_keeps_all_that_the_signal_said() -> None:
    """Prediction, rank, weight and the reason for which there is no order."""
    only = row(
        signal(rank=3, skip_reason="why", target_weight=Decimal("0.2"), predicted_return=Decimal("0.03"))
    )
    assert (only.symbol, only.side, only.qty, only.rank) == ("AAPL", "buy", 10, 3)
    assert (only.skip_reason, only.target_weight, only.predicted_return) == (
        *("why", Decimal("0.2")),
        Decimal("0.03"),
    )
    assert (only.client_order_id, only.broker_order_id, only.error_message) == ("id-1", None, None)


# What is said of all of them


@pytest.mark.parametrize(
    ("reason", "failed"),
    [
        (None, False),
        ("", False),
        ("zero_weight", False),
        ("zero_weight: 0.0", False),
        (" zero_weight ", False),
        ("qty_less_than_one_share", False),
        ("qty_less_than_one_share: 0.4", False),
        ("no_price", True),
        ("price: zero_weight", True),
        ("a reason of next year", True),
    ],
)
def test_a_reason_that_is_no_failure(reason: str | None, failed: bool) -> None:
    """A weight of zero, and less than a share, call for no order; any other reason is a failure."""
    assert order.has_failed(reason) is failed
    rows = [row(no_order(skip_reason=reason)), row(no_order())]
    assert (order_outcomes.failed_signals(rows) is not None) is failed


def test_the_signals_that_failed_are_named() -> None:
    """Symbol and reason of the first five, on one line; how many of how many."""
    rows = [row(no_order(symbol=f"S{at}", skip_reason=f"no\n price  {at}")) for at in range(6)]
    found = order_outcomes.failed_signals([*rows, row(signal(skip_reason="no price"))])
    assert found is not None
    assert (found.code, found.severity, found.subject) == ("signals_failed", "warning", "S0")
    named = "; ".join(f"S{at} (no price {at})" for at in range(5))
    assert found.text == (
        f"6 of 7 signals failed, so that nothing was ordered for them: {named}; and 1 more."
    )
    whole = order_outcomes.failed_signals(rows[:5])
    assert whole is not None
    assert whole.text == f"All signals failed, so that nothing was ordered for them: {named}."
    assert order_outcomes.failed_signals([row(signal(skip_reason="no price"))]) is None


@pytest.mark.parametrize(
    ("price", "is_so"), [("2000", False), ("2000.0005", False), ("2000.001", True), ("1999", False)]
)
def test_an_order_is_larger_than_the_maximum_by_a_cent(price: str, is_so: bool) -> None:
    """10 at 2000.001 are 20,000.01; what rounds to 20,000.00 is no more."""
    rows = [row(no_order()), row(signal(), state(filled_avg_price=Decimal(price)))]
    found = order_outcomes.oversized(rows, Decimal(20000))
    assert (found is not None) is is_so
    if found is not None:
        assert (found.code, found.severity, found.subject) == ("order_oversized", "warning", "AAPL")
        assert found.text == (
            "Larger than the maximum position of 20,000.00 dollars: buy 10 AAPL, 20,000.01 dollars."
        )


def test_of_many_large_orders_five_are_named() -> None:
    """The quantity without an exponent."""
    rows = order_outcomes.order_rows(
        [signal(symbol=f"S{at}", qty=Decimal("1E+1"), client_order_id=f"id-{at}") for at in range(7)],
        {},
        PARAMETERS,
        quotes={f"S{at}": Decimal(3000) for at in range(7)},
    )
    found = order_outcomes.oversized(rows, Decimal(20000))
    assert found is not None
    named = "; ".join(f"buy 10 S{at}, 30,000.00 dollars" for at in range(5))
    assert found.text == f"Larger than the maximum position of 20,000.00 dollars: {named}; and 2 more."
    assert found.subject == "S0"


def test_the_counts_that_differ_in_full() -> None:
    """Each in its own words; repeats count as submitted and accepted there."""
    theirs = run(
        "completed", num_signals=4, num_orders_submitted=5, num_orders_accepted=6, num_orders_rejected=7
    )
    mine = stated(2, 1, in_doubt=1)
    stand = "its signals and orders as they stand make"
    found = order_outcomes.differences(theirs, mine, repeats=2)
    assert [each.text for each in found] == [
        f"The orchestrator's count of signals is 4; {stand} 3.",
        f"The orchestrator's count of orders submitted is 5; {stand} 4.",
        f"The orchestrator's count of orders accepted is 6; {stand} 3.",
        f"The orchestrator's count of orders rejected is 7; {stand} 0.",
    ]
    assert {(each.code, each.severity) for each in found} == {("orchestrator_differs", "warning")}
    assert len(order_outcomes.differences(theirs, mine)) == 4
    same = run("completed", num_orders_submitted=2, num_orders_accepted=1)
    assert order_outcomes.differences(same, mine) == ()
    unknown = [
        each.text.rpartition(" ")[2] for each in order_outcomes.differences(theirs, order_outcomes.NOT_KNOWN)
    ]
    assert unknown == ["None."] * 4


def test_of_a_run_that_is_not_known_no_count_is() -> None:
    """No zero is invented."""
    assert set(order_outcomes.NOT_KNOWN) == {None}


def test_the_quotes_that_a_result_states() -> None:
    """Only those that an order's notional was reckoned at."""
    stated = row(signal())
    rows = [
        stated._replace(symbol="AAPL", price=Decimal(9), price_source="quote"),
        stated._replace(symbol="MSFT", price=Decimal(8), price_source="limit"),
        stated._replace(symbol="TSLA", price=None, price_source="quote"),
        stated._replace(symbol="NVDA", price=None, price_source=None),
    ]
    assert order_outcomes.stated_quotes(rows) == {"AAPL": Decimal(9)}
    assert order_outcomes.stated_quotes([]) == {}


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (
            row(signal(status="rejected", broker_order_id="b-1", skip_reason="two\n lines")),
            "buy 10 AAPL was not accepted (rejected): two lines",
        ),
        (row(signal(status="rejected", broker_order_id="b-1")), "buy 10 AAPL was not accepted (rejected)"),
        (
            row(signal(client_order_id=None, status=None, skip_reason="submission_failed: 422")),
            "buy 10 AAPL was not accepted (no status): submission_failed: 422",
        ),
        (
            row(signal(client_order_id=None)),
            "buy 10 AAPL is in doubt: it got no order id and may have been placed",
        ),
        (
            row(signal(), state(status="failed", filled_qty=None, broker_order_id=None, error_message="x")),
            "buy 10 AAPL is in doubt: it is failed without a broker's id and may have been placed: x",
        ),
        (
            row(signal(status="odd")),
            "buy 10 AAPL has a status that is not known here, 'odd'; taken as working",
        ),
    ],
)
def test_a_problem_in_full(order: Order, text: str) -> None:
    """The whole sentence."""
    found = order_outcomes.problem(order)
    assert found is not None
    assert (found.severity, found.subject, found.text) == ("warning", "AAPL", text)


def test_a_problem_of_an_order_without_a_quantity_names_its_symbol() -> None:
    """There is no side and no number to say."""
    found = order_outcomes.problem(row(signal(status="rejected", broker_order_id="b-1"))._replace(qty=None))
    assert found is not None
    assert found.text == "AAPL was not accepted (rejected)"


def test_an_order_that_the_gateway_knows_in_the_place_of_a_mapping() -> None:
    """Its figures are the gateway's; of its signal nothing is known."""
    assert order_outcomes.signal_of(state()) == SignalOrder(
        symbol="AAPL",
        predicted_return=None,
        rank=None,
        target_weight=None,
        client_order_id="id-1",
        qty=Decimal(10),
        side="buy",
        broker_order_id="b-1",
        status="filled",
        filled_qty=Decimal(10),
        filled_avg_price=Decimal("150.25"),
        skip_reason=None,
    )
