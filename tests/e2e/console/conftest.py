"""One browser and one server for the tests of a file; each page has a profile of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.browser import Chrome, Page, chrome
from tests.support.server import RunningServer, running_server

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chrome(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture
def console(browser: Chrome, server: RunningServer) -> Iterator[Opened]:
    """Return what opens the console, signed in; each page is held to have made no complaint, and to
    have asked nobody but the server.
    """
    pages: list[Page] = []

    def opened(query: str = "", width: int = 1280, *, dark: bool = False, key: str = "") -> Page:
        page = browser.page(width, 800, dark=dark)
        pages.append(page)
        return page.open(f"{server.url}/{query}#key={key or server.demo['query_key']}")

    yield opened
    for page in pages:
        page.run("1")  # what was said meanwhile is heard
        assert not page.wrong
        assert {url.split("/")[2] for url in page.asked} == {server.url.split("/")[2]}
