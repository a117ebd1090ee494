"""The year, played once for all who look at it."""

import pytest
from browser.conftest import browser, screenshots  # noqa: F401 - fixtures
from year.played import Year, play


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    return play(tmp_path_factory.mktemp("year"))
