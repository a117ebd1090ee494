"""A fresh platform, or a fresh day, for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from day.exchange_day import Day
from support.mail_server import server  # noqa: F401 - a fixture for all
from support.odd_platform import OddPlatform


@pytest.fixture
def platform() -> Iterator[OddPlatform]:
    with OddPlatform() as running:
        yield running


@pytest.fixture(scope="module")
def untouched() -> Iterator[OddPlatform]:
    """A platform that would answer, and must not be asked."""
    with OddPlatform() as platform:
        yield platform
        assert platform.requests == []


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    made = Day(tmp_path)
    with made.platform:
        yield made
