"""An erasure over a million objects of a bucket in memory ends, in runs of bounded work."""

import pytest

from tests.unit.compaction.test_erasing_at_size import hold_bounded_work

pytestmark = pytest.mark.slow


def test_a_million_objects_are_looked_into_once() -> None:
    hold_bounded_work(1_000_000)
