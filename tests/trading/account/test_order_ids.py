"""The ids that a gateway gives: recomputed from the fields of an order as the broker has it."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from builders.wire import STRATEGY
from hypothesis import given
from hypothesis import strategies as st
from support.broker_server import an_order
from support.odd_orchestrator import order_id_of

from paper_run.services.broker_wire import order
from paper_run.trading.account.order_ids import is_hash_of, possible

TAKEN = datetime(2025, 1, 17, 14, 30, tzinfo=UTC)


def at_broker(client_order_id: str, **changes: Any) -> Any:
    """Return buy 10 AAPL, as read from the broker."""
    stated = {"client_order_id": client_order_id, "created_at": TAKEN.isoformat()}
    return order(an_order(1, TAKEN.isoformat(), **(stated | changes)))


@given(
    symbol=st.sampled_from(["AAPL", "BRK.B"]),
    side=st.sampled_from(["buy", "sell"]),
    qty=st.integers(1, 10**9),
    days=st.integers(-1, 1),
    kind=st.sampled_from(["", "market|day|"]),
)
def test_an_order_is_recognised_by_its_own_fields(
    symbol: str, side: str, qty: int, days: int, kind: str
) -> None:
    """Both generations, and each date that the gateway may have had when the broker took the order."""
    identity = order_id_of(symbol, side, qty, (TAKEN + timedelta(days=days)).date(), kind)
    fields = {"symbol": symbol, "side": side, "qty": str(qty)}
    assert is_hash_of(at_broker(identity, **fields), STRATEGY)
    assert not is_hash_of(at_broker(identity, **fields), "another")


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"symbol": "MSFT"},
            {"symbol": None},
            {"side": "sell"},
            {"side": None},
            {"qty": "11"},
            {"qty": None},
        ),
        *({"qty": "10.5"}, {"limit_price": "100.25"}, {"stop_price": "100.25"}),
        *({"created_at": None, "submitted_at": None}, {"created_at": "2025-01-19T14:30:00Z"}),
    ],
)
def test_another_order_is_not(changes: dict[str, Any]) -> None:
    """Each field by itself, and a date that no gateway had."""
    identity = order_id_of("AAPL", "buy", 10, TAKEN.date())
    assert is_hash_of(at_broker(identity), STRATEGY)
    plain = an_order(1, TAKEN.isoformat(), client_order_id=identity)
    assert not is_hash_of(order(plain | changes), STRATEGY)


def test_a_limit_order_is_recognised_by_its_limit() -> None:
    """Prices, type and how long it is good are in the hash as well."""
    text = f"AAPL|buy|10|100.25|None|limit|gtc|{STRATEGY}|{TAKEN.date()}"
    identity = hashlib.sha256(text.encode()).hexdigest()[:24]
    fields = {"limit_price": "100.25", "type": "limit", "time_in_force": "gtc"}
    assert is_hash_of(at_broker(identity, **fields), STRATEGY)
    assert not is_hash_of(at_broker(identity, **(fields | {"limit_price": "100.26"})), STRATEGY)


def test_each_id_is_told_once() -> None:
    """A date that is given twice is one date."""
    ids = possible("AAPL", "buy", Decimal(10), STRATEGY, [TAKEN.date()] * 2)
    assert len(ids) == len(set(ids)) == 2
