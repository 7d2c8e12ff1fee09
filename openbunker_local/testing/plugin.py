"""The pytest plugin: the fixture `openbunker`. Loaded in every pytest run of its environment.

So it imports nothing but pytest, which is there; the rest comes with the first test that asks.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from openbunker_local.testing.client import Twin


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a project may say of its twin."""
    parser.addini("openbunker_options", "options of `openbunker run --testing`", "args", [])


@pytest.fixture(scope="session")
def openbunker_twin(request: pytest.FixtureRequest) -> "Iterator[Twin]":
    """Start one twin for the session, for each worker of xdist one of its own."""
    from openbunker_local.testing.client import Twin  # noqa: PLC0415  # most runs ask for none

    twin = Twin(*request.config.getini("openbunker_options"))
    yield twin
    twin.close()


@pytest.fixture
def openbunker(openbunker_twin: "Twin") -> "Twin":
    """Return the twin, empty."""
    openbunker_twin.reset()
    return openbunker_twin
