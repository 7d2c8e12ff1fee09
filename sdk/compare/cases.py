"""One client in one situation, in a process of its own: `python cases.py CLIENT CASE URL [SPOOL]`.

Prints one line of JSON: what the client said. What arrived, the server counts.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

EVENTS = 3000


class Made(NamedTuple):
    """A client as the cases need it: track event `n`, and flush, which returns what it says."""

    track: Callable[[int, dict[str, Any]], Any]
    flush: Callable[[], Any]


def ours(url: str, queue: int, spool: str | None) -> Made:
    """Return openbunker-client."""
    from openbunker_client import Client

    client = Client("key", url, max_queue_size=queue, spool=spool)
    return Made(
        lambda n, more: client.track("e", {"n": n, **more}), lambda: brief(client.flush(60))
    )


def brief(report: Any) -> str:
    """Return the counts of a report that are not nought."""
    return " ".join(f"{name}={count}" for name, count in report._asdict().items() if count)


def posthog(url: str, queue: int, _spool: str | None) -> Made:
    """Return posthog."""
    from posthog import Posthog

    client = Posthog("key", host=url, max_queue_size=queue)
    return Made(
        lambda n, more: client.capture("e", distinct_id="u", properties={"n": n, **more}),
        lambda: client.flush(timeout_seconds=60),
    )


def segment(url: str, queue: int, _spool: str | None) -> Made:
    """Return segment-analytics-python."""
    from segment.analytics import Client

    client = Client("key", host=url, max_queue_size=queue)
    return Made(lambda n, more: client.track("u", "e", {"n": n, **more}), client.flush)


def rudder(url: str, queue: int, _spool: str | None) -> Made:
    """Return rudder-sdk-python."""
    from rudderstack.analytics import Client

    client = Client("key", host=url, max_queue_size=queue)
    return Made(lambda n, more: client.track("u", "e", {"n": n, **more}), client.flush)


CLIENTS = {
    "openbunker-client": (ours, "openbunker_client"),
    "posthog": (posthog, "posthog"),
    "segment-analytics-python": (segment, "segment.analytics"),
    "rudder-sdk-python": (rudder, "rudderstack.analytics"),
}


def main(name: str, case: str, url: str, spool: str | None = None) -> None:
    """Run one case."""
    logging.disable(logging.CRITICAL)
    if case == "gevent":
        from gevent import monkey

        monkey.patch_all()
    make, module = CLIENTS[name]
    if case == "import":
        start = time.perf_counter()
        __import__(module)
        say(round((time.perf_counter() - start) * 1000))
    made = make(url, 100 if case == "small_queue" else 10_000, spool)
    if case == "next_start":
        say(str(made.flush()))
    if case == "rate":
        say(rate(made))
    if case == "fork":
        made.track(EVENTS, {})
        if os.fork():
            os.wait()
            os._exit(0)
    answers = [made.track(n, nan_in(case, n)) for n in range(EVENTS)]
    if case == "os_exit":
        os._exit(0)
    if case == "exit":
        return
    said = made.flush()
    untold = sum(1 for one in answers if one is None or (isinstance(one, tuple) and not one[0]))
    say(str(said), untold)


def nan_in(case: str, n: int) -> dict[str, Any]:
    """Return what is more in event `n`: a NaN in one of them, where the case is about that."""
    return {"bad": float("nan")} if case == "nan" and n == EVENTS // 2 else {}


def rate(made: Made, events: int = 9_000) -> int:
    """Return how many events are tracked in a second of the calling thread's own CPU time."""
    start = time.thread_time()
    for n in range(events):
        made.track(n, {"value": 99.99, "currency": "EUR"})
    return round(events / (time.thread_time() - start))


def say(said: Any, refused: int = 0) -> None:
    """Print what there is to say, and end without any clearing up."""
    os.write(1, json.dumps({"said": said, "refused": refused}).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
