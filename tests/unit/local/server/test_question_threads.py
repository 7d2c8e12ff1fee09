"""Whoever waits for a turn holds a thread: there are more of these than may wait."""

from openbunker_local.lake.lanes import MOST_WAITING
from openbunker_local.runtime import Pace
from openbunker_local.server.server import QUESTION_THREADS


def test_a_question_that_is_one_too_many_has_a_thread_that_says_so() -> None:
    lanes, reading = 2, 1 + Pace().processes
    assert lanes * MOST_WAITING + reading + MOST_WAITING // 2 <= QUESTION_THREADS
