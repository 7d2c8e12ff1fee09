"""A minute of traffic against the limits of a stack, a tenth of a second at a time.

A request passes the route's and the account's throttle (else 429), finds an environment (else 503),
and calls the stream; what the stream does not take goes to the spill and was accepted all the same.
An environment whose call the stream refuses is busy for as long as the sink tries.
"""

from collections import deque
from dataclasses import dataclass
from random import Random

from bench.scaling.quotas import CALLS_OF_ONE, GATEWAY_BURST, GATEWAY_RATE, Limits
from openbunker.sinks.firehose import BUDGET_SECONDS

TICK, SECONDS = 0.1, 60
TICKS = round(SECONDS / TICK)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which part of the requests ended how. They add up to 1."""

    stored: float
    spilled: float
    turned_away: float
    throttled: float


class Bucket:
    """What a limit lets through: so much a second, and what was saved, up to a burst."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, max(burst, rate * TICK)
        self._level = self._burst

    def take(self, wanted: float) -> float:
        """Return how much of what is wanted there is, and take it."""
        taken = min(wanted, self._level)
        self._level -= taken
        return taken

    def refill(self) -> None:
        """Let a tick pass."""
        self._level = min(self._burst, self._level + self._rate * TICK)


def simulate(rate: float, request_bytes: float, limits: Limits, chance: Random) -> Outcome:
    """Return what becomes of so many requests a second, each of so many bytes for the stream."""
    route = Bucket(limits.route, limits.route_burst)
    gateway = Bucket(limits.gateway, limits.gateway * GATEWAY_BURST / GATEWAY_RATE)
    calls = Bucket(limits.stream_calls, limits.stream_calls)
    content = Bucket(limits.stream_bytes, limits.stream_bytes)
    trying = deque([0.0] * round(BUDGET_SECONDS / TICK), maxlen=round(BUDGET_SECONDS / TICK))
    came = stored = spilled = turned_away = throttled = 0.0
    for _ in range(TICKS):
        arrived = max(0.0, chance.gauss(rate * TICK, (rate * TICK) ** 0.5))
        passed = gateway.take(route.take(arrived))
        free = max(0.0, limits.environments - sum(trying)) * CALLS_OF_ONE * TICK
        served = min(passed, free)
        put = min(served, calls.take(content.take(served * request_bytes) / request_bytes))
        trying.append(served - put)
        came, stored, spilled = came + arrived, stored + put, spilled + served - put
        turned_away, throttled = turned_away + arrived - passed, throttled + passed - served
        for bucket in (route, gateway, calls, content):
            bucket.refill()
    return Outcome(stored / came, spilled / came, turned_away / came, throttled / came)
