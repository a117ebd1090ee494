"""A desk for each test of the fault suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    with desk.platform:
        yield desk
