"""One start of one function: until it is ready, its first event, and the events after it.

Counts wall time, the CPU of the process and its memory. Knows no function.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from statistics import median
from typing import Any

from bench.awslambda.worker import Function, Worker, WorkerFailed

WARM_EVENTS = 30


@dataclass(frozen=True, slots=True)
class Start:
    """Milliseconds of wall time and of CPU from spawn to ready, for the first event, and warm.

    `megabytes` is the most that the process held.
    """

    ready_ms: float
    ready_cpu: float
    first_ms: float
    first_cpu: float
    warm_ms: float
    megabytes: float


def start(function: Function, event: Mapping[str, Any]) -> Start:
    """Start a function and send it one event again and again.

    Raises WorkerFailed, also when the function answers that it failed.
    """
    with Worker(function) as worker:
        ready_cpu = worker.cpu_seconds()
        first = _timed(worker, event)
        first_cpu = worker.cpu_seconds() - ready_cpu
        warm = median(_timed(worker, event) for _ in range(WARM_EVENTS))
        return Start(
            worker.init_seconds * 1000, ready_cpu * 1000, first, first_cpu * 1000, warm,
            worker.most_megabytes(),
        )  # fmt: skip


def _timed(worker: Worker, event: Mapping[str, Any]) -> float:
    asked = time.perf_counter()
    answer = worker.invoke(event)
    took = (time.perf_counter() - asked) * 1000
    if answer.get("statusCode", 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise WorkerFailed(f"what was measured is a failure: {answer}\n{worker.output()}")
    return took
