"""The services for every test that asks for them: each answer is the test's own."""

from collections.abc import Iterator

import pytest
import responses
from builders.served import services

from paper_run.services.platform import Platform


@pytest.fixture
def platform() -> Iterator[Platform]:
    with responses.mock, services() as running:
        yield running
    responses.reset()
