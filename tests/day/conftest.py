"""A fresh platform for each test of the day."""

from collections.abc import Iterator

import pytest
from support.mail_server import server  # noqa: F401 - a fixture for all
from support.odd_platform import OddPlatform


@pytest.fixture
def platform() -> Iterator[OddPlatform]:
    with OddPlatform() as running:
        yield running
