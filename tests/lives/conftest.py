"""A fresh account for each life."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.life import Life
from support.mail_server import server  # noqa: F401 - a fixture for all


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    lived = Life(tmp_path)
    with lived.platform:
        yield lived
