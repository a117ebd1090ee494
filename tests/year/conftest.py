"""The year, played once for all who look at it."""

import pytest
from year.played import Year, play


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    return play(tmp_path_factory.mktemp("year"))
