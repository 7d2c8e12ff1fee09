"""A snapshot as Lambda's own runtime client takes one: hooks run, and nothing old is served."""

from pathlib import Path
from typing import Any

import pytest

from bench.awslambda.lambda_runtime import client_folder
from bench.awslambda.worker import Function, Worker
from tests.support import backends

SHARED = Path(__file__).resolve().parents[2] / "layers" / "shared"
PRIMED = """
from openbunker.wiring import hot
before = hot.current()  # in the snapshot

def handler(event, context):
    now = hot.current()
    event_id, = now.new_ids(0, 1)
    return {"anew": now is not before, "keys": now.keys is not before.keys, "id": event_id}
"""


def restored(tmp_path: Path, target: str, kind: str) -> dict[str, Any]:
    (tmp_path / "app.py").write_text(PRIMED)
    environ = {**backends.environ("http://127.0.0.1:9", "http://127.0.0.1:9")}
    environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = kind
    path = [tmp_path, SHARED, client_folder(target)]
    with Worker(Function(python=target, path=path, environ=environ, flags=("-S",))) as worker:
        return worker.invoke({})


@pytest.mark.parametrize(("kind", "anew"), [("snap-start", True), ("on-demand", False)])
def test_a_restored_copy_has_its_own_clients_and_an_empty_key_cache(
    tmp_path: Path, target: str, kind: str, anew: bool
) -> None:
    """Without snapshots, what was built first is kept."""
    answer = restored(tmp_path, target, kind)
    assert (answer["anew"], answer["keys"]) == (anew, anew)


def test_two_restored_copies_give_different_ids(tmp_path: Path, target: str) -> None:
    """Of the same millisecond."""
    assert len({restored(tmp_path, target, "snap-start")["id"] for _ in range(2)}) == 2
