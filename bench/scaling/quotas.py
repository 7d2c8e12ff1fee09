"""AWS's limits and the template's, with the page that each is from. No rules.

As AWS's pages stood on 2026-11-20. All but what S3 and an item of DynamoDB take can be raised on
request; nobody publishes how far.
"""

from dataclasses import dataclass, replace

from bench.costs.template import parameter

MIB = 1024**2
# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
GATEWAY_RATE, GATEWAY_BURST = 10_000, 5_000
# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and /scaling-behavior.html: calls
# at once, calls a second of one environment, and how many environments come in ten seconds.
ENVIRONMENTS, CALLS_OF_ONE, GROWTH = 1_000, 10, 1_000
# docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html, by partitioned prefix
PUTS, GETS = 3_500, 5_500
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html: 3,000
# units of one partition, so of one item, and half a unit a read that may be a moment old.
READS_OF_ONE_ITEM = 6_000
# docs.aws.amazon.com/general/latest/gr/athena.html: StartQueryExecution a second, at the least
QUESTIONS_STARTED = 20
# template.yaml's throttle of a route lets so many through at once.
ROUTE_BURST, BATCH_BURST = 2_000, 400


@dataclass(frozen=True, slots=True)
class Limits:
    """What a second may bring: at a route, at the gateway, in the functions, to the stream."""

    route: float
    route_burst: float
    gateway: float
    environments: float
    stream_calls: float
    stream_bytes: float

    def times(self, factor: float) -> "Limits":
        """Return as many times as much of everything."""
        names = self.__dataclass_fields__
        return replace(self, **{name: getattr(self, name) * factor for name in names})

    def at_least(self, other: "Limits") -> "Limits":
        """Return the greater one of each."""
        names = self.__dataclass_fields__
        return replace(self, **{n: max(getattr(self, n), getattr(other, n)) for n in names})


def shipped(batch: int, *, large: bool = True) -> Limits:
    """Return the limits of a stack with the template's defaults, in an account with AWS's.

    `large` are us-east-1, us-west-2 and eu-west-1, whose streams take more
    (docs.aws.amazon.com/firehose/latest/dev/limits.html).
    """
    single = batch == 1
    return Limits(
        route=parameter("IngestRate" if single else "BatchRate"),
        route_burst=ROUTE_BURST if single else BATCH_BURST,
        gateway=GATEWAY_RATE,
        environments=ENVIRONMENTS,
        stream_calls=2_000 if large else 1_000,
        stream_bytes=(5 if large else 1) * MIB,
    )
