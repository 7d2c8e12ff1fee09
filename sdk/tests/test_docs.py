"""The pages' code is code, and uses what there is."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import openbunker_client
from openbunker_client import AsyncClient, Client
from openbunker_client.aio import Options

SDK = Path(__file__).parents[1]
PAGES = [SDK / "README.md", *sorted((SDK / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_can_be_pasted(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module == "openbunker_client":
                assert {alias.name for alias in node.names} <= set(openbunker_client.__all__)
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Client", "AsyncClient"}:
                given = {keyword.arg for keyword in node.keywords}
                assert given <= set(inspect.signature(Client).parameters), block


def test_the_table_of_settings_is_that_of_the_client() -> None:
    text = (SDK / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|([^|]*)\|", text, re.MULTILINE)
    told = {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}
    parameters = inspect.signature(Client).parameters
    assert set(parameters) <= set(told)
    for name in ("batch_size", "batch_timeout", "max_queue_size", "timeout", "max_retries"):
        assert told[name].strip().replace(",", "") == str(parameters[name].default)


def test_both_clients_have_the_same_surface() -> None:
    assert set(Options.__annotations__) == set(inspect.signature(Client).parameters) - {
        "client_id", "api_url",
    }  # fmt: skip
    public = {name for name in vars(Client) if not name.startswith("_")}
    assert public <= set(vars(AsyncClient))
    for name in ("track", "batch", "flush", "close", "receipt"):
        theirs = inspect.signature(getattr(AsyncClient, name)).parameters
        assert list(inspect.signature(getattr(Client, name)).parameters) == list(theirs)
