"""Token buckets: what passes at once, what passes in the long run, and how many there are."""

from hypothesis import given
from hypothesis import strategies as st

from openbunker.ingest.burst import BURST_SECONDS, Buckets

REQUESTS = st.lists(
    st.tuples(st.floats(0, 3), st.integers(1, 50)), min_size=1, max_size=100
)  # (seconds since the one before, items)


@given(REQUESTS, st.integers(1, 20))
def test_no_more_than_the_rate_passes_in_the_long_run(
    requests: list[tuple[float, int]], per_second: int
) -> None:
    """What passed is at most the bucket, the rate over the time, and what the last one owes."""
    buckets, now, passed, last = Buckets(), 0.0, 0, 0
    for pause, count in requests:
        now += pause
        if buckets.take("key", count, per_second, now) == 0:
            passed, last = passed + count, count
    assert passed <= per_second * (BURST_SECONDS + now) + last


@given(REQUESTS, st.integers(1, 20))
def test_who_waits_as_long_as_told_passes(
    requests: list[tuple[float, int]], per_second: int
) -> None:
    buckets, now = Buckets(), 0.0
    for pause, count in requests:
        now += pause
        wait = buckets.take("key", count, per_second, now)
        if wait:
            now += wait + 0.001  # whole seconds, but for what floats round off
            assert buckets.take("key", count, per_second, now) == 0


def test_a_sender_within_the_rate_never_waits() -> None:
    buckets = Buckets()
    assert not any(buckets.take("key", 5, 5, float(second)) for second in range(1000))


def test_a_request_larger_than_the_bucket_passes_and_is_paid_back() -> None:
    buckets = Buckets()
    assert buckets.take("key", 1_000, 1, 0.0) == 0
    assert buckets.take("key", 1, 1, 0.0) == 1_000 - BURST_SECONDS
    assert buckets.take("key", 1, 1, 991.0) == 0


def test_keys_do_not_share_a_bucket() -> None:
    buckets = Buckets()
    buckets.take("greedy", 1_000, 1, 0.0)
    assert buckets.take("other", 1, 1, 0.0) == 0


def test_there_are_only_so_many_buckets() -> None:
    buckets = Buckets(most=10)
    for number in range(100):
        buckets.take(f"key-{number}", 1, 1, 0.0)
    assert len(buckets) == 10
