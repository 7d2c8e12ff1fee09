"""How long it takes an answered event to be in an answer, beside other events; loopback.

And beside heavy questions, where they are wanted: two other projects ask SQL that never ends, five
questions each at a time.
"""

import json
import tempfile
import threading
import time
from pathlib import Path

from rich.progress import Progress

from tests.support import heavy
from tests.support.server import RunningServer, call, running_server

PER_SECOND, PER_BATCH, PROBES, PAUSE_SECONDS = 500, 10, 100, 0.2
ASKERS, EACH = ("one", "two"), 5


def visible_ms(
    progress: Progress, per_second: int = PER_SECOND, *, beside_heavy: bool = False
) -> tuple[list[float], float]:
    """Return the milliseconds of each probe, sorted, and how many events a second there were."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        if not beside_heavy:
            return _probes(server, per_second, progress)
        projects = [heavy.another(server, name) for name in ASKERS]
        with heavy.asking(projects, EACH):
            found = _probes(server, per_second, progress)
            server.stop()
        return found


def _probes(
    server: RunningServer, per_second: int, progress: Progress
) -> tuple[list[float], float]:
    stop, sent = threading.Event(), [0]
    load = threading.Thread(target=_load, args=(server, per_second, stop, sent), daemon=True)
    started = time.perf_counter()
    load.start()
    task = progress.add_task("until visible", total=PROBES)
    times = []
    for number in range(PROBES):
        times.append(_probe(server, number))
        progress.advance(task)
        time.sleep(PAUSE_SECONDS)
    rate = sent[0] / (time.perf_counter() - started)
    stop.set()
    load.join()
    return sorted(times), rate


def _load(server: RunningServer, per_second: int, stop: threading.Event, sent: list[int]) -> None:
    """Send batches at an even pace; what was missed is made up for."""
    events = [
        {"type": "custom", "name": f"load_{n}", "properties": {"n": n}} for n in range(PER_BATCH)
    ]
    body, path = json.dumps(events), f"/batch?client_id={server.demo['client_id']}"
    connection, due = server.connect(), time.perf_counter()
    while not stop.is_set():
        assert call(connection, "POST", path, body).body["processed"] == PER_BATCH
        sent[0] += PER_BATCH
        due += PER_BATCH / per_second
        time.sleep(max(0.0, due - time.perf_counter()))
    connection.close()


def _probe(server: RunningServer, number: int) -> float:
    name = f"probe_{number}"
    headers = {"x-eventbunker-write-key": server.demo["write_key"]}
    wanted = {"field_name": "event_name", "op": "equals", "value": name}
    question = {"time_period": "minus_5_minutes", "filters": [wanted]}
    assert server.call("POST", "/post", {"event_name": name}, headers).status == 200
    answered = time.perf_counter()
    while server.ask(question)["rows"] != [[1]]:
        assert time.perf_counter() - answered < 30
    return (time.perf_counter() - answered) * 1e3
