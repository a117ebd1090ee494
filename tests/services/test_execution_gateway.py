"""The execution gateway's answers: positions and orders."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import responses
from builders.wire import GATEWAY, ORDERS, POSITIONS, body, content, example, serve, serve_example
from support.socket_server import refusing

from paper_run.model.service import ServiceUrl
from paper_run.services.answer import CallFailed, NeverSent, UnreadableAnswer
from paper_run.services.execution_gateway import ExecutionGateway, Unauthorized
from paper_run.services.transport import Transport

ORDER_ID = "1e366bd01f5485826f316d84"
ORDER = f"{ORDERS}/{ORDER_ID}"


@pytest.fixture
def gateway() -> Iterator[ExecutionGateway]:
    client = Transport()
    with responses.mock:
        yield ExecutionGateway(client, ServiceUrl(base=GATEWAY))
    client.close()
    responses.reset()


def position(**changes: Any) -> dict[str, Any]:
    return {**example("positions_mixed")["body"]["positions"][0], **changes}


# Positions


def test_observed_positions_keep_their_digits(gateway: ExecutionGateway) -> None:
    """Signed and fractional quantities, nulls and every decimal."""
    serve_example("GET", POSITIONS, "positions_mixed")
    found = {each.symbol: each for each in gateway.positions(seconds=1)}
    assert list(found) == ["AAPL", "AMZN", "MSFT", "NVDA", "TSLA"]
    assert str(found["AMZN"].qty) == "10.5"
    assert str(found["AMZN"].avg_entry_price) == "131.123456789"
    assert str(found["MSFT"].qty) == "-50"
    assert found["MSFT"].unrealized_pl is None
    assert str(found["MSFT"].realized_pl) == "-12.34"
    assert str(found["NVDA"].qty) == "-0.25"
    assert found["TSLA"].current_price is None


def test_no_positions_are_an_empty_list(gateway: ExecutionGateway) -> None:
    """An empty envelope is no error."""
    serve_example("GET", POSITIONS, "positions_empty")
    assert gateway.positions(seconds=1) == ()


@pytest.mark.parametrize(
    ("qty", "exact"),
    [("1E+5", "100000"), ("0E-8", "0"), (7, "7"), ("0." + "1" * 28, "0." + "1" * 28), ("-1.50", "-1.50")],
)
def test_a_quantity_comes_as_text_or_number(gateway: ExecutionGateway, qty: Any, exact: str) -> None:
    """Exponents, 28 digits and whole numbers are read exactly."""
    serve("GET", POSITIONS, {"positions": [position(qty=qty)]})
    assert gateway.positions(seconds=1)[0].qty == Decimal(exact)


def test_a_number_never_passes_through_binary_float(gateway: ExecutionGateway) -> None:
    """A bare JSON number keeps all its digits too."""
    text = json.dumps({"positions": [position(qty="#")]}).replace('"#"', "0.1234567890123456789012345678")
    serve("GET", POSITIONS, text)
    assert str(gateway.positions(seconds=1)[0].qty) == "0.1234567890123456789012345678"


@pytest.mark.parametrize("name", ["current_price", "unrealized_pl", "realized_pl", "avg_entry_price"])
def test_the_gateways_opinions_may_be_null(gateway: ExecutionGateway, name: str) -> None:
    """Only symbol and quantity are needed."""
    serve("GET", POSITIONS, {"positions": [position(**{name: None})]})
    assert getattr(gateway.positions(seconds=1)[0], name) is None


@pytest.mark.parametrize(
    "value",
    [
        [],
        [position()],
        {},
        {"positions": None},
        {"positions": {}},
        {"positions": [1]},
        {"positions": [position(symbol=None)]},
        {"positions": [position(qty=None)]},
        {"positions": [position(qty="NaN")]},
        {"positions": [position(qty=True)]},
        '{"positions": [{"symbol": "A", "qty": NaN}]}',
        '{"positions": [{"symbol": "A", "qty": %s}]}' % ("9" * 5000),
        '{"positions": ' + "[" * 50_000,
        "",
        "<html>",
    ],
    ids=lambda value: content(value)[:60].decode(),
)
def test_positions_that_are_no_envelope_of_positions_are_unreadable(
    gateway: ExecutionGateway, value: Any
) -> None:
    """A list instead of the envelope, a missing field, NaN, no JSON: one error that names the URL."""
    serve("GET", POSITIONS, value)
    with pytest.raises(UnreadableAnswer) as caught:
        gateway.positions(seconds=1)
    assert caught.value.url == POSITIONS


@pytest.mark.parametrize(
    ("value", "status", "words"),
    [
        ("Internal Server Error", 500, "answered 500: Internal Server Error"),
        ({"detail": "no database"}, 503, "answered 503: no database"),
        ({"detail": {"error": "auth", "message": "token"}}, 401, "token"),
        ("", 500, "answered 500"),
    ],
)
def test_unreadable_positions_carry_the_gateways_reason(
    gateway: ExecutionGateway, value: Any, status: int, words: str
) -> None:
    """Whatever the error body's shape."""
    serve("GET", POSITIONS, value, status)
    with pytest.raises(CallFailed, match=words):
        gateway.positions(seconds=0.3)


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (401, "authentication_required", "Authentication required"),
        (401, "invalid_internal_token", "Invalid internal token"),
        (403, "permission_denied", "Permission view_positions required"),
    ],
)
def test_a_gateway_that_asks_for_authentication_is_told_apart(
    gateway: ExecutionGateway, status: int, error: str, message: str
) -> None:
    """The observed answers of the later generation, to positions and to an order."""
    for url, read in (
        (POSITIONS, lambda: gateway.positions(seconds=1)),
        (ORDER, lambda: gateway.order(ORDER_ID, seconds=1)),
    ):
        serve("GET", url, {"detail": {"error": error, "message": message}}, status=status)
        with pytest.raises(Unauthorized) as caught:
            read()
        assert caught.value.reason == f"answered {status}: {error}; {message}"


def test_a_gateway_that_is_down_is_said_to_be() -> None:
    """The failure of the transport comes through as it is."""
    transport = Transport(pause=lambda _: None)
    with pytest.raises(NeverSent):
        ExecutionGateway(transport, refusing()).positions(seconds=0.05)
    transport.close()


# Orders


def test_an_observed_order_is_read(gateway: ExecutionGateway) -> None:
    """Before its fill: no price, nothing filled."""
    serve_example("GET", ORDER, "order_by_id")
    found = gateway.order(ORDER_ID, seconds=1)
    assert found is not None
    assert (found.symbol, found.side, found.qty, found.status) == ("MSFT", "buy", 200, "dry_run")
    assert (found.filled_qty, found.filled_avg_price, found.limit_price) == (0, None, None)
    assert (found.broker_order_id, found.error_message) == (None, None)


def test_an_observed_fill_keeps_its_digits(gateway: ExecutionGateway) -> None:
    """Cumulative quantity and average price, exact."""
    serve_example(
        "GET", ORDER, "order_after_fill", limit_price="151.00", error_message="late", status="FILLED"
    )
    found = gateway.order(ORDER_ID, seconds=1)
    assert found is not None
    assert (str(found.filled_qty), str(found.filled_avg_price)) == ("200", "150.333333")
    assert (str(found.limit_price), found.broker_order_id, found.error_message) == ("151.00", "b-1", "late")
    assert found.status == "filled"


def test_an_unknown_order_is_none(gateway: ExecutionGateway) -> None:
    """The observed 404 is an answer, not a failure."""
    serve_example("GET", ORDER, "order_unknown")
    assert gateway.order(ORDER_ID, seconds=1) is None


def test_an_id_cannot_lead_to_another_path(gateway: ExecutionGateway) -> None:
    """A slash, a question mark or dots in an id are quoted."""
    odd = "../positions?x=1#y"
    serve("GET", f"{ORDERS}/..%2Fpositions%3Fx%3D1%23y", body("order_by_id", client_order_id=odd))
    found = gateway.order(odd, seconds=1)
    assert found is not None
    assert found.client_order_id == odd


def test_another_order_in_the_answer_is_unreadable(gateway: ExecutionGateway) -> None:
    """The fills of another order are never taken for this one's."""
    serve_example("GET", ORDER, "order_by_id", client_order_id="deadbeef")
    with pytest.raises(UnreadableAnswer, match="another order, deadbeef"):
        gateway.order(ORDER_ID, seconds=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in ("client_order_id", "symbol", "side", "qty", "status")),
        *(
            ("qty", "many"),
            ("filled_qty", "NaN"),
            ("filled_avg_price", "x"),
            ("limit_price", True),
            ("side", 1),
        ),
    ],
)
def test_an_order_without_its_fields_is_unreadable(gateway: ExecutionGateway, name: str, value: Any) -> None:
    """The error names the field: a fill that can't be read is never a fill of nothing."""
    serve_example("GET", ORDER, "order_after_fill", **{name: value})
    with pytest.raises(UnreadableAnswer, match=name):
        gateway.order(ORDER_ID, seconds=1)


@pytest.mark.parametrize(
    "name", ["limit_price", "filled_qty", "filled_avg_price", "broker_order_id", "error_message"]
)
def test_an_orders_other_fields_may_be_null(gateway: ExecutionGateway, name: str) -> None:
    """What is not known is None."""
    serve_example("GET", ORDER, "order_after_fill", **{name: None})
    found = gateway.order(ORDER_ID, seconds=1)
    assert found is not None
    assert getattr(found, name) is None


@pytest.mark.parametrize(("value", "status"), [("oops", 500), ("", 401), ("[]", 200), ("", 200)])
def test_an_order_that_cannot_be_read_is_a_failure(
    gateway: ExecutionGateway, value: str, status: int
) -> None:
    """Only a 404 means that the gateway does not know it."""
    serve("GET", ORDER, value, status)
    with pytest.raises(CallFailed):
        gateway.order(ORDER_ID, seconds=1)
