"""Whose quantities are believed: the proven broker's, else the gateway's; and what a person may not take."""

from decimal import Decimal
from pathlib import Path

import pytest
from trading.broker_account import NUMBER, Both, position
from trading.valued_account import row

from paper_run.errors import DataError
from paper_run.model.broker import BrokerReading, ProvenAccount
from paper_run.trading.account import best_party


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def test_the_proven_brokers_word_comes_first(both: Both) -> None:
    """Its symbols are written as the book's; what it does not list it has none of."""
    both.holds("AAPL", "3")
    both.broker.positions = (position("BTCUSD", "2", "10", asset_class="crypto"),)
    best = best_party.of(both.observed(), {"BTC/USD"})
    assert best is not None
    assert (best.name, best.qty("BTC/USD"), best.qty("AAPL"), best.beside) == ("broker", 2, 0, frozenset())


def test_whoever_is_not_proven_or_was_not_read_is_not_believed(both: Both) -> None:
    """Another account, one that knows no order of ours, positions or an account that could not be read."""
    both.holds("AAPL", "3")
    both.broker.positions = (position("AAPL", "5", "10"),)
    read = both.observed()
    reading = read.broker
    assert isinstance(reading, BrokerReading)
    for broker, account in (
        (reading, ProvenAccount("PA000", "order")),
        (reading, None),
        (reading._replace(positions=None), ProvenAccount(NUMBER, "order")),
        (reading._replace(account=None), ProvenAccount(NUMBER, "order")),
        (None, ProvenAccount(NUMBER, "order")),
    ):
        read.broker, read.account = broker, account
        assert best_party.of(read, ()) == best_party.BestParty("gateway", {"AAPL": Decimal(3)})
    read.positions = None
    assert best_party.of(read, ()) is None


def test_a_contract_is_not_a_share(both: Both) -> None:
    """An option of the broker's is left out of `all`, and refused by its name; a share is booked."""
    both.both_buy("AAPL", "10", "100")
    option = "AAPL250117C00150000"
    both.broker.buys(option, "1", "100", asset_class="us_option")
    both.broker.buys("MSFT", "3", "20")
    with pytest.raises(DataError) as caught:
        both.by_hand(option)
    assert str(caught.value).startswith(f"--position: {option} is no share. The broker has 1 of it")
    figures = both.by_hand("all")
    assert {each.symbol for each in figures.valuation.positions} == {"AAPL", "MSFT"}
    assert row(figures, "MSFT").qty == 3
