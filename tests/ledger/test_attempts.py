"""The ledger: each attempt from before it is sent, every value as it was, all of a record or nothing."""

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders.attempts import a_snapshot, begun, close, order, signal
from builders.moments import SESSION
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paper_run import money
from paper_run.errors import DataError, ExitStatus, OrchestrationError, PaperRunError, Remedy
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.sqlite import database
from paper_run.model.attempt import Parameters, Snapshot
from paper_run.model.broker import BrokerBefore, HeldBefore, OrderIds
from paper_run.model.findings import Finding
from paper_run.model.order import OrderState
from paper_run.model.service import Position, ServiceHealth

NEXT = SESSION + timedelta(days=3)
URL = "http://t5.test:8003"


# What goes in comes out

NASTY = "'\";--\n\r\t\0\x1b[31m</script>é漢\U0001f4a3\u202e%s{}:1?"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.just(NASTY)
amounts = st.builds(
    lambda digits, exponent, sign: Decimal((sign, digits, exponent)),
    st.lists(st.integers(0, 9), min_size=1, max_size=28).map(tuple),
    st.integers(-40, 2),
    st.integers(0, 1),
)
some_amounts = st.none() | amounts
dates = st.dates(date(1990, 1, 1), date(2100, 1, 1))
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))]))
healths = st.builds(
    ServiceHealth,
    service=texts,
    url=texts,
    status=texts,
    latency_ms=st.integers(0, 10**6),
    detail=st.none() | texts,
    dry_run=st.booleans(),
    sandbox_session=st.none() | dates,
    clock=st.none() | texts,
    date_header=st.none() | texts,
    strategy=st.none() | texts,
    own_date=st.none(),
    fix=st.just(""),  # what helps now is nothing to be kept
    refusal=st.none(),
)
positions = st.builds(
    Position,
    symbol=texts,
    qty=amounts,
    avg_entry_price=some_amounts,
    current_price=some_amounts,
    unrealized_pl=some_amounts,
    realized_pl=some_amounts,
    updated_at=st.none(),
)
found = st.builds(
    Finding,
    code=texts,
    severity=st.sampled_from(["error", "warning", "note"]),
    subject=texts,
    text=texts,
    remedies=st.lists(st.builds(Remedy, texts, texts), max_size=2).map(tuple),
)
snapshots = st.builds(
    Snapshot,
    session=dates,
    parameters=st.builds(
        Parameters,
        symbols=st.lists(texts, min_size=1, max_size=3).map(tuple),
        capital=amounts,
        max_position_size=amounts,
        as_of_date=dates,
    ),
    health=st.lists(healths, max_size=3).map(tuple),
    positions=st.lists(positions, max_size=3).map(tuple),
    sandbox=st.booleans(),
    rehearsal=st.booleans(),
    known_runs=st.none() | st.lists(texts, max_size=3).map(tuple),
    orchestrator_clock=st.none() | texts,
    gateway_clock=st.none() | moments,
    notices=st.lists(found, max_size=3).map(tuple),
    broker=st.none()
    | st.builds(
        BrokerBefore,
        number=st.none() | texts,
        orders=st.none() | st.lists(st.builds(OrderIds, texts, texts), max_size=3).map(tuple),
        as_of=st.none() | moments,
        cash=some_amounts,
        accrued_fees=some_amounts,
        positions=st.none()
        | st.lists(
            st.builds(
                HeldBefore, texts, amounts, st.none() | texts, some_amounts, some_amounts, some_amounts
            ),
            max_size=3,
        ).map(tuple),
        money=st.none() | st.lists(texts, max_size=3).map(tuple),
    ),
)
order_states = st.builds(
    OrderState,
    client_order_id=texts,
    symbol=texts,
    side=texts,
    qty=amounts,
    status=texts,
    broker_order_id=st.none() | texts,
    limit_price=some_amounts,
    filled_qty=some_amounts,
    filled_avg_price=some_amounts,
    error_message=st.none() | texts,
    created_at=st.none() | texts,
    order_type=st.none(),  # of an order that stands there now, in no record
    time_in_force=st.none(),
    filled_at=st.none(),
    filled_dollars=st.none(),
    told_by=st.none(),
)
at_ease = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


def shown(value: Decimal | None) -> str | None:
    return None if value is None else money.digits(value)


@at_ease
@given(snapshot=snapshots, number=st.integers(1, 10**6), key=texts, started_at=moments, document=texts)
def test_what_is_known_before_the_post_is_kept_as_it_is(
    tmp_path: Path, snapshot: Snapshot, number: int, key: str, started_at: datetime, document: str
) -> None:
    """Every field, whatever text is in it; amounts digit for digit; "not known" is not "none"."""
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    with Ledger(tmp_path) as ledger:
        written = ledger.attempts.begin(
            snapshot, number=number, key=key, started_at=started_at, document=document
        )
    with Ledger(tmp_path) as ledger:
        read = ledger.attempts.numbered(snapshot.session, number)
    assert read == written
    assert read is not None
    assert read.snapshot == snapshot
    assert (read.session, read.number, read.key) == (snapshot.session, number, key)
    assert (read.started_at, read.document, read.state) == (started_at, document, "sent")
    assert (read.run_id, read.answer, read.how_known) == (None, None, None)
    for ours, theirs in zip(read.snapshot.positions, snapshot.positions, strict=True):
        for name in ("qty", "avg_entry_price", "current_price", "unrealized_pl", "realized_pl"):
            assert shown(getattr(ours, name)) == shown(getattr(theirs, name))
    for name in ("capital", "max_position_size"):
        assert shown(getattr(read.snapshot.parameters, name)) == shown(getattr(snapshot.parameters, name))


@at_ease
@given(states=st.lists(order_states, max_size=4, unique_by=lambda each: each.client_order_id), data=st.data())
def test_what_becomes_known_is_kept_as_it_is(
    tmp_path: Path, states: list[OrderState], data: st.DataObject
) -> None:
    """Run id, answer, how its outcome became known, the result, every order with all its digits."""
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    facts = {name: data.draw(texts, name) for name in ("run_id", "answer", "how_known", "document")}
    with Ledger(tmp_path) as ledger:
        row = close(ledger, begun(ledger), states=states, **facts)
        assert row == ledger.attempts.by_id(row.id)
        assert {name: getattr(row, name) for name in facts} == facts
        kept = ledger.orders.order_states(row)
    assert kept == {each.client_order_id: each for each in states}
    for each in states:
        for name in ("qty", "limit_price", "filled_qty", "filled_avg_price"):
            assert shown(getattr(kept[each.client_order_id], name)) == shown(getattr(each, name))


def test_twenty_eight_digits_survive(ledger: Ledger) -> None:
    """None is lost to a float or to a context of 28 digits."""
    price = Decimal("150.2512345678901234567890123")
    row = close(ledger, begun(ledger), states=[order(filled_avg_price=price, qty=Decimal("0.000000001"))])
    kept = ledger.orders.order_states(row)["a" * 24]
    assert (str(kept.filled_avg_price), format(kept.qty, "f")) == (str(price), "0.000000001")


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
def test_a_trade_is_on_disk_before_it_is_sent(ledger: Ledger, tmp_path: Path) -> None:
    """Another connection sees the row as soon as the method returns: it is committed."""
    row = begun(ledger)
    with Ledger(tmp_path) as other:
        assert other.attempts.of_session(SESSION) == [row]


def test_what_is_not_told_again_is_kept(ledger: Ledger) -> None:
    """A later record without run id, answer or settlement leaves those that are known."""
    row = close(ledger, begun(ledger), "unsettled", run_id="r", answer="{}", how_known="so")
    row = close(ledger, row)
    assert (row.state, row.run_id, row.answer, row.how_known) == ("closed", "r", "{}", "so")


# Names and keys


def test_a_trade_has_a_number_of_its_own(ledger: Ledger) -> None:
    """Two rows of one session and number can't be, whatever asks for it; the first stays as it is."""
    first = begun(ledger)
    with pytest.raises(OrchestrationError):
        begun(ledger)
    begun(ledger, number=2)
    begun(ledger, NEXT)
    assert ledger.attempts.numbered(SESSION, 1) == first
    assert len(ledger.attempts.of_session(SESSION)) == 2


def test_two_trades_never_share_a_key(ledger: Ledger) -> None:
    """The Idempotency-Key is the row's own."""
    begun(ledger, key="same")
    with pytest.raises(PaperRunError):
        begun(ledger, NEXT, key="same")


def test_an_unknown_state_is_refused(ledger: Ledger) -> None:
    """The five words of the schema and no other."""
    row = begun(ledger)
    with pytest.raises(DataError):
        close(ledger, row, "done")
    assert ledger.attempts.by_id(row.id) == row


def test_the_latest_trade_is_the_one_sent_last(ledger: Ledger) -> None:
    """By session, then number, then attempt."""
    assert ledger.attempts.latest() is None
    close(ledger, begun(ledger, NEXT), "nothing")
    again = begun(ledger, NEXT)
    begun(ledger)
    begun(ledger, number=2)
    latest = ledger.attempts.latest()
    assert latest is not None
    assert latest.id == again.id


def test_a_trade_that_is_not_there_is_none(ledger: Ledger) -> None:
    """Neither of another number nor of another session."""
    begun(ledger)
    assert ledger.attempts.numbered(SESSION, 2) is None
    assert ledger.attempts.numbered(NEXT, 1) is None
    assert ledger.attempts.of_session(NEXT) == []


def test_a_name_has_its_number_from_the_second_on(ledger: Ledger) -> None:
    """As commands and files have it."""
    assert [begun(ledger, number=number).name for number in (1, 2, 12)] == [
        "2025-01-17",
        "2025-01-17-2",
        "2025-01-17-12",
    ]


# What is still to be found out


def test_unfinished_trades_are_those_of_which_not_all_is_known(ledger: Ledger) -> None:
    """Sent, unsettled, or answered without its orders, oldest first; of these the first two are unsettled."""
    states = ["sent", "unsettled", "answered", "closed", "nothing"]
    for number, state in enumerate(states, 1):
        row = begun(ledger, number=number)
        if state != "sent":
            close(ledger, row, state)
    begun(ledger, SESSION - timedelta(days=1))
    assert [(row.session.day, row.state) for row in ledger.attempts.incomplete()] == [
        (16, "sent"),
        (17, "sent"),
        (17, "unsettled"),
        (17, "answered"),
    ]
    assert [row.outcome_unknown for row in ledger.attempts.incomplete()] == [True, True, True, False]


def test_orders_in_doubt_are_remembered(ledger: Ledger) -> None:
    """Closed trades, oldest first, as long as an order is in doubt, however many sessions ago."""
    days = [SESSION + timedelta(days=day) for day in range(3)]
    doubted = [close(ledger, begun(ledger, day), in_doubt=1) for day in days[:2]]
    assert [row.id for row in ledger.attempts.doubtful()] == [row.id for row in doubted]
    close(ledger, begun(ledger, days[2]))
    assert [row.id for row in ledger.attempts.doubtful()] == [row.id for row in doubted]
    for each in doubted:
        close(ledger, ledger.attempts.by_id(each.id))
    assert ledger.attempts.doubtful() == []


@pytest.mark.parametrize("state", ["unsettled", "answered", "nothing"])
def test_orders_in_doubt_are_those_of_closed_trades(ledger: Ledger, state: str) -> None:
    """The others are looked at as a whole, or have no order."""
    close(ledger, begun(ledger), state, in_doubt=1)
    assert ledger.attempts.doubtful() == []


# Runs and orders have one owner


def test_a_run_is_known_once_a_trade_owns_it(ledger: Ledger) -> None:
    """Whatever the attempt's state."""
    row = begun(ledger)
    assert not ledger.attempts.knows_run("r")
    close(ledger, row, "unsettled", run_id="r")
    assert ledger.attempts.knows_run("r")
    assert not ledger.attempts.knows_run("R")


def test_an_order_belongs_to_the_trade_that_named_it_first(ledger: Ledger) -> None:
    """The same id in a later trade is the same order: its state is updated, its owner is not."""
    first = close(ledger, begun(ledger), mappings=[signal()], states=[order(status="new", filled_qty=None)])
    second = close(ledger, begun(ledger, number=2), mappings=[signal()], states=[order(status="filled")])
    assert ledger.orders.owners(["a" * 24, "b" * 24]) == {"a" * 24: first.id}
    assert ledger.orders.order_states(second) == {}
    assert ledger.orders.order_states(first)["a" * 24].status == "filled"


def test_an_order_is_owned_before_it_is_read(ledger: Ledger) -> None:
    """From the orchestrator's answer alone; its state is not known until the gateway was asked."""
    row = close(ledger, begun(ledger), "answered", mappings=[signal()])
    assert ledger.orders.owners(["a" * 24]) == {"a" * 24: row.id}
    assert ledger.orders.order_states(row) == {}
    row = close(ledger, row, mappings=[signal()], states=[order()])
    assert ledger.orders.order_states(row) == {"a" * 24: order()}


def test_what_is_no_order_is_owned_by_nobody(ledger: Ledger) -> None:
    """A signal without an order, or one that got no id."""
    mappings = [signal(None), signal("b" * 24, qty=None), signal("c" * 24, side=None)]
    close(ledger, begun(ledger), mappings=mappings)
    assert ledger.orders.owners(["b" * 24, "c" * 24, ""]) == {}


# All or nothing


@pytest.mark.parametrize("where", ["mappings", "states"])
def test_a_record_that_fails_leaves_the_row_as_it_was(ledger: Ledger, where: str) -> None:
    """An error after the first order: neither row nor order is changed, and it can be tried again."""
    row = begun(ledger)

    def broken() -> Iterator[Any]:
        yield signal() if where == "mappings" else order()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        close(ledger, row, run_id="r", **{where: broken()})
    assert ledger.attempts.by_id(row.id) == row
    assert ledger.orders.owners(["a" * 24]) == {}
    assert not ledger.attempts.knows_run("r")
    assert close(ledger, row, run_id="r", mappings=[signal()]).state == "closed"
    assert ledger.orders.owners(["a" * 24]) == {"a" * 24: row.id}


def test_a_record_that_is_interrupted_leaves_the_row_as_it_was(ledger: Ledger) -> None:
    """Ctrl-C in the middle."""
    row = begun(ledger)

    def interrupted() -> Iterator[OrderState]:
        yield order()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        close(ledger, row, states=interrupted())
    assert ledger.attempts.by_id(row.id) == row
    assert ledger.orders.order_states(row) == {}


def test_a_record_that_another_program_keeps_out_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locked: an error that names it; afterwards the same record goes through."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
        other = sqlite3.connect(tmp_path / database.FILE_NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DataError, match="locked"):
            close(ledger, row)
        assert ledger.attempts.by_id(row.id) == row
        other.close()
        assert close(ledger, row).state == "closed"


# Whose it is


def test_a_ledger_belongs_to_nobody_before_its_first_trade(ledger: Ledger, tmp_path: Path) -> None:
    """Then it is the sandbox's or real for good."""
    assert ledger.account.is_sandbox is None
    ledger.account.belongs_to(sandbox=True, orchestrator_url="http://127.0.0.1:1", strategy=None)
    assert ledger.account.is_sandbox is True
    (tmp_path / "real").mkdir()
    with Ledger(tmp_path / "real") as real:
        real.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy="alpha")
    with Ledger(tmp_path / "real") as real:
        assert real.account.is_sandbox is False


def mixed(ledger: Ledger, **changes: Any) -> DataError:
    """Be another account than the ledger's."""
    with pytest.raises(DataError) as caught:
        ledger.account.belongs_to(
            **{"sandbox": False, "orchestrator_url": URL, "strategy": "alpha", **changes}
        )
    assert caught.value.exit_status is ExitStatus.DATA
    assert ledger.name in caught.value.title
    assert any("--reports-dir" in remedy for remedy in map(str, caught.value.remedies))
    return caught.value


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
def test_another_account_is_refused(ledger: Ledger) -> None:
    """Exit 3 with both values and the fix; and nothing of the other is remembered."""
    ledger.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy="alpha")
    url = mixed(ledger, orchestrator_url="http://other:1")
    assert f"orchestrator url is {URL}" in url.explanation
    assert "http://other:1" in url.explanation
    strategy = mixed(ledger, strategy="beta")
    assert "strategy is alpha" in strategy.explanation
    assert "beta" in strategy.explanation
    ledger.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy="alpha")


def test_sandbox_and_real_are_never_mixed(ledger: Ledger, tmp_path: Path) -> None:
    """In either direction; the error says which of the two the ledger is."""
    ledger.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy="alpha")
    real = mixed(ledger, sandbox=True)
    assert "belongs to a real platform, and this is a sandbox" in real.title
    (tmp_path / "play").mkdir()
    with Ledger(tmp_path / "play") as play:
        play.account.belongs_to(sandbox=True, orchestrator_url="http://127.0.0.1:1", strategy="alpha")
        error = mixed(play)
    assert "belongs to a sandbox, and this is a real platform" in error.title


def test_a_sandbox_may_be_anywhere(ledger: Ledger) -> None:
    """Its ports change with each run, and its strategy is its own."""
    ledger.account.belongs_to(sandbox=True, orchestrator_url="http://127.0.0.1:1", strategy="a")
    ledger.account.belongs_to(sandbox=True, orchestrator_url="http://127.0.0.1:2", strategy="b")


def test_a_strategy_that_is_not_told_is_learnt_later(ledger: Ledger) -> None:
    """An orchestrator may not tell it; once it does, it is held to it."""
    ledger.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy=None)
    ledger.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy="alpha")
    ledger.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy=None)
    mixed(ledger, strategy="beta")


def test_a_look_claims_nothing(ledger: Ledger) -> None:
    """A plan or a list proves whose the ledger is, and makes it nobody's."""
    ledger.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy="alpha", claim=False)
    assert ledger.account.is_sandbox is None
    ledger.account.belongs_to(sandbox=True, orchestrator_url=URL, strategy=None)
    assert mixed(ledger, claim=False)


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
def test_another_url_is_refused_before_anything_is_asked(ledger: Ledger) -> None:
    """Of a real platform's ledger; of one without an account any may be the first."""
    ledger.account.refuse_other_url("http://other:1")
    ledger.account.belongs_to(sandbox=False, orchestrator_url=URL, strategy=None)
    ledger.account.refuse_other_url(URL)
    with pytest.raises(DataError, match="another account"):
        ledger.account.refuse_other_url("http://other:1")


def test_the_row_of_a_trade_can_be_found_by_its_id(ledger: Ledger) -> None:
    """Also where several attempts have one name."""
    first = close(ledger, begun(ledger), "nothing")
    second = begun(ledger)
    assert [ledger.attempts.by_id(row.id) for row in (first, second)] == [first, second]
    assert a_snapshot() == first.snapshot == second.snapshot._replace()
