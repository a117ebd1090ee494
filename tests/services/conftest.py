"""A broker's server and a client of it, for every test of the services that asks for them."""

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
def transport() -> Iterator[Transport]:
    """A transport that retries at once."""
    made = Transport(pause=lambda _: None, reads_only=True)
    yield made
    made.close()


@pytest.fixture
def broker(server: BrokerServer, transport: Transport) -> Broker:
    return at(server.at, transport)
