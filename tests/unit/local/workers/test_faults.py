"""What fails on the server's side is told to the worker that asked, and ends its request."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

import pytest

from openbunker_local.sqlite import desk as tenants
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.workers import channel
from openbunker_local.workers.child import ALL, Child
from openbunker_local.workers.crew import Crew
from openbunker_local.workers.desk import Desk
from openbunker_local.workers.worker import Terms, Worker


class Broken:
    def answer(self, name: str, given: tuple[Any, ...]) -> Any:
        raise OSError(f"no {name}")


def test_a_part_that_raises_is_told_to_who_asked() -> None:
    crew = Crew(cast("Desk", Broken()), Terms(Path(), 1, 0, True, lambda _: None))
    worker, said = Worker(crew, cast("Any", None)), []
    worker.channel.send = lambda *message: said.append(message)  # type: ignore[method-assign]

    with pytest.raises(OSError, match="no keep"):  # and the loop tells it
        worker._told(7, "keep", (), 0)

    assert said == [(channel.FAILED, 7, "keep")]


@pytest.mark.parametrize("kind", [channel.TOLD, channel.FAILED])
def test_who_asked_goes_on_with_the_answer_or_with_the_fault(tmp_path: Path, kind: int) -> None:
    child = Child(SqliteKeyStore(tmp_path / tenants.FILE), ALL)
    said: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
    child.channel.send = lambda *message: said.put(message)  # type: ignore[method-assign]

    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(child._ask, "keep")
        _, number, *_ = said.get(timeout=10)
        child._hear((kind, number, "it"))
        if kind == channel.TOLD:
            assert asked.result(10) == "it"
        else:
            with pytest.raises(RuntimeError, match="it"):
                asked.result(10)
