"""What the runtime's own Python runs: a handler, its events, a clock put forward. Standard library.

Reads one JSON document, writes one: an answer, or an error, for each event, up to the first that
lacks what it `must` have. What the function prints goes to the error output.
"""

import importlib
import json
import os
import sys
import time
import urllib.request
from typing import Any


class Context:
    """The context of a call: as much as our handlers read of it."""

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds are left."""
        return max(0, int((self._end - time.monotonic()) * 1000))


class Clock:
    """The system's clock, put forward."""

    def __init__(self) -> None:
        self.ahead = 0
        self._now, self._now_ns = time.time, time.time_ns

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self._now() + self.ahead

    def time_ns(self) -> int:
        """Return nanoseconds since the epoch."""
        return self._now_ns() + self.ahead * 1_000_000_000


def main() -> None:
    """Run the events of the document and write what came of them."""
    told: dict[str, Any] = json.load(sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr
    clock = Clock()
    time.time, time.time_ns = clock.time, clock.time_ns
    sys.path[:0] = told["path"]
    answers = []
    for call in told["calls"]:
        clock.ahead = call.get("ahead_seconds", 0)
        if "down" in call:  # said to what stands in front of the services
            address = os.environ["AWS_ENDPOINT_URL"] + "/_down?" + ",".join(call["down"])
            urllib.request.urlopen(address, timeout=10).close()
            continue
        try:
            handler = importlib.import_module("app").handler
            answer = handler(call["event"], Context(call.get("seconds", 10)))
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
            break
        answers.append({"answer": answer})
        if any(answer.get(name) != value for name, value in call.get("must", {}).items()):
            break  # the job has failed: what follows would only take time
    json.dump(answers, out)


main()
