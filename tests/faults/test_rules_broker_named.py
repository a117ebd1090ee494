"""Rules 7 and 10: an order that a person names is asked of the gateway and of the proven broker."""

from collections.abc import Iterator

import pytest
from support.answers import Answer, plain_500
from support.desk import Desk
from support.desk_broker import DeskBroker, prove, serving_desk_broker
from support.odd_platform import ORDERS, RUN, RUNS


@pytest.fixture
def broker(desk: Desk) -> Iterator[DeskBroker]:
    """A lost answer in a second session, of which nobody can say what came; the account is proven.

    The broker could not be read before the POST, so that its orders prove nothing by themselves; the gateway
    was started anew without its memory.
    """
    with serving_desk_broker(desk) as made:
        assert desk.run().returncode == 0
        made.mirror()
        prove(desk)
        desk.next_session()
        desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
        desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
        made.always("GET", "/v2/orders", plain_500())
        assert desk.run("--timeout", "1").returncode == 2
        made.always("GET", "/v2/orders", Answer())
        made.mirror()
        desk.platform.gateway.orders.clear()
        assert desk.rows()[-1]["state"] == "unsettled"
        yield made


def of_the_lost_run(desk: Desk) -> list[str]:
    return [each["client_order_id"] for each in desk.platform.orchestrator.runs[-1]["mappings"]]


def naming(*identities: str) -> list[str]:
    return [word for identity in identities for word in ("--order", identity)]


def test_what_the_broker_alone_knows_is_the_attempts(desk: Desk, broker: DeskBroker) -> None:
    """The gateway answers 404 for each: they are owned, counted and booked all the same."""
    orders = of_the_lost_run(desk)
    booked = len(desk.rows("entries"))
    said = desk.resolve(desk.session, "--placed", *naming(*orders))
    assert said.returncode == 0, said.stderr
    result = desk.saved()
    assert (result["status"], [each["client_order_id"] for each in result["orders"]]) == ("success", orders)
    assert {each["status"] for each in result["orders"]} == {"filled"}
    desk.run("mark")
    assert len(desk.rows("entries")) == booked + len(orders)
    assert len(desk.platform.posts) == 2


def test_the_gateway_is_not_needed_at_all(desk: Desk, broker: DeskBroker) -> None:
    """It answers 500 for each; the broker tells."""
    desk.platform.gateway.always("GET", ORDERS + "/*", plain_500())
    assert desk.resolve(desk.session, "--placed", *naming(*of_the_lost_run(desk))).returncode == 0


def test_the_brokers_word_on_an_order_goes_before_the_gateways(desk: Desk, broker: DeskBroker) -> None:
    """The gateway knows it and never heard of its fill."""
    orders = of_the_lost_run(desk)
    gateway = desk.platform.gateway
    gateway.orders.update({each["client_order_id"]: told(each) for each in broker.orders})
    assert desk.resolve(desk.session, "--placed", *naming(*orders)).returncode == 0
    assert {each["status"] for each in desk.saved()["orders"]} == {"filled"}
    told_by = {row["client_order_id"]: row["told_by"] for row in desk.rows("orders")}
    assert {told_by[each] for each in orders} == {"broker"}


def told(order: dict[str, object]) -> dict[str, object]:
    """Return an order of the broker's as a gateway has it that hears of no fill."""
    unheard = {"status": "pending_new", "filled_qty": "0", "filled_avg_price": None, "broker_order_id": None}
    return order | unheard | {"qty": int(str(order["qty"])), "metadata": {}}


def test_an_order_from_before_the_post_is_not_the_attempts(desk: Desk, broker: DeskBroker) -> None:
    """Named by mistake: refused with what it is, and nothing is changed."""
    first = [each["client_order_id"] for each in desk.platform.orchestrator.runs[0]["mappings"]]
    before = broker.place("AAPL", 77, at=broker.desk.platform.orchestrator.now().replace(hour=14, minute=0))
    rows = desk.rows()
    said = desk.resolve(desk.session, "--placed", *naming(before))
    assert (said.returncode, f"order {before} is not of {desk.session}" in said.stderr) == (3, True)
    assert "buy 77 AAPL: it was created " in said.stderr
    said = desk.resolve(desk.session, "--placed", *naming(broker.place("TSLA")))
    assert (said.returncode, "buy 10 TSLA: " in said.stderr) == (3, True)
    said = desk.resolve(desk.session, "--placed", *naming(first[0]))
    assert (said.returncode, "belongs to another attempt" in said.stderr) == (3, True)
    assert desk.rows() == rows


def test_an_order_that_nobody_knows(desk: Desk, broker: DeskBroker) -> None:
    """Both are named; while the broker is silent its absence is not known, which is exit 1."""
    said = desk.resolve(desk.session, "--placed", *naming("f" * 24))
    assert (said.returncode, "nor the broker knows an order " + "f" * 24 in said.stderr) == (3, True)
    broker.always("GET", "*", plain_500())
    said = desk.resolve(desk.session, "--placed", *naming("f" * 24))
    assert (said.returncode, "does not know it, and the broker could not be asked" in said.stderr) == (
        1,
        True,
    )
