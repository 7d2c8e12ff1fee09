"""What others publish as their price of a million events. No rules but the sums.

Each is a list price beyond what is included. None of them is what we are: some are a part of it,
others a product with an interface and somebody who answers. What the pages said, and when, is in
`source`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from openbunker_local.costs.compaction import ORDINARY_BYTES
from openbunker_local.costs.prices import MILLION

GIB_OF_A_MILLION = MILLION * ORDINARY_BYTES / 1024**3
BASIN = "developers.cloudflare.com/basin/platform/pricing, updated 2026-10-01, read 2026-10-08"
WORKERS = "developers.cloudflare.com/workers/platform/pricing, a stored copy, read 2026-11-27"
ENGINE = (
    "developers.cloudflare.com/analytics/analytics-engine/pricing, a stored copy, read 2026-11-27"
)
POSTHOG = "flexprice.io/blog/posthog-pricing-guide, read 2026-11-27"
DATABUDDY = "pricing/data.ts of Databuddy's repository, 2025-08-29"
WEBSITE = "docs/COST.md of serverless-website-analytics, read 2026-11-20"


@dataclass(frozen=True, slots=True)
class Peer:
    """Dollars for a million events, from the highest to the lowest published step."""

    what: str
    most: float
    least: float
    source: str


def peers() -> Sequence[Peer]:
    """Return them, the cheapest first."""
    basin = GIB_OF_A_MILLION
    return (
        Peer("Cloudflare Basin Pipelines, JSON (R2 apart)", basin * 0.03, basin * 0.03, BASIN),
        Peer("Cloudflare Basin Pipelines, Iceberg (R2 apart)", basin * 0.06, basin * 0.06, BASIN),
        Peer("Cloudflare Workers, a request and 1 ms each; stores nothing", 0.32, 0.32, WORKERS),
        Peer("the same into Workers Analytics Engine", 0.57, 0.57, ENGINE),
        Peer("serverless-website-analytics on AWS, its worst case", 14.64, 14.64, WEBSITE),
        Peer("Databuddy", 35, 10, DATABUDDY),
        Peer("PostHog, product analytics", 50, 9, POSTHOG),
    )
