"""A client of HTTP, and a broker's server with one that only reads, for the tests of the services."""

from collections.abc import Iterator

import pytest
from services.broker_client import at
from support.broker_server import BrokerServer, serving_broker

from paper_run.services.broker import Broker
from paper_run.services.transport import Transport


@pytest.fixture
def server() -> Iterator[BrokerServer]:
    with serving_broker() as made:
        yield made


@pytest.fixture
def client() -> Iterator[Transport]:
    """A transport that retries at once."""
    made = Transport(pause=lambda _: None)
    yield made
    made.close()


@pytest.fixture
def transport() -> Iterator[Transport]:
    """One that only reads."""
    made = Transport(pause=lambda _: None, reads_only=True)
    yield made
    made.close()


@pytest.fixture
def broker(server: BrokerServer, transport: Transport) -> Broker:
    return at(server.at, transport)
