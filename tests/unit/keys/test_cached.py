"""The cache's promises on a scripted clock: revocation, misses, emergencies, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.keys.cached import (
    MAX_HITS,
    MAX_MISSES,
    NEGATIVE_SECONDS,
    PAUSE_SECONDS,
    POSITIVE_SECONDS,
    STALE_SECONDS,
    CachedKeyStore,
)
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind

KEY = Key(key_id="key_1", kind=KeyKind.WRITE, account_id="acc", project_id="prj")
RANDOMS = st.floats(0, 1, exclude_max=True)


class Cached:
    """A cache over a memory store, and the clock that both live by."""

    def __init__(self, random: float = 0.0) -> None:
        self.now = 1000.0
        self.store = MemoryKeyStore({"good": KEY})
        self.cache = CachedKeyStore(self.store, lambda: self.now, lambda: random)

    def after(self, seconds: float) -> "Cached":
        self.now += seconds
        return self

    def find(self, key_hash: str) -> Key | None:
        return self.cache.find(key_hash)


@given(RANDOMS)
def test_a_revoked_key_stops_within_its_life(random: float) -> None:
    """Whatever the jitter, 60 seconds after the last read of the store the key is gone."""
    cached = Cached(random)
    assert cached.find("good") == KEY
    cached.store.keys.clear()
    assert cached.after(POSITIVE_SECONDS).find("good") is None


@given(RANDOMS)
def test_a_good_key_is_read_once_in_most_of_its_life(random: float) -> None:
    """Jitter takes a fifth at most, so 47 seconds of requests cost one read."""
    cached = Cached(random)
    for _ in range(48):
        assert cached.find("good") == KEY
        cached.after(1)
    assert cached.store.reads == 1


def test_a_new_key_works_within_ten_seconds_of_being_missed() -> None:
    """A miss is remembered, but briefly: somebody is pasting a fresh key right now."""
    cached = Cached()
    assert cached.find("new") is None
    cached.store.add("new", KEY)
    assert cached.after(NEGATIVE_SECONDS - 0.1).find("new") is None
    assert cached.after(0.2).find("new") == KEY


def test_a_good_key_lives_on_while_the_store_is_down() -> None:
    """For ten minutes after it was last read as good; then nobody can say."""
    cached = Cached()
    cached.find("good")
    cached.store.down = True
    assert cached.after(POSITIVE_SECONDS + 1).find("good") == KEY
    assert cached.after(STALE_SECONDS - POSITIVE_SECONDS - 2).find("good") == KEY
    cached.after(2)
    with pytest.raises(KeyStoreUnavailable):
        cached.find("good")


def test_using_a_stale_key_does_not_lengthen_its_life() -> None:
    """The ten minutes count from the last answer of the store, not from the last use."""
    cached = Cached()
    cached.find("good")
    cached.store.down = True
    for _ in range(int(STALE_SECONDS) - 1):
        assert cached.after(1).find("good") == KEY
    cached.after(1)
    with pytest.raises(KeyStoreUnavailable):
        cached.find("good")


@pytest.mark.parametrize("missed_before", [False, True])
def test_an_unknown_key_is_never_accepted_on_an_error(missed_before: bool) -> None:
    """Neither one never seen nor one whose miss has run out."""
    cached = Cached()
    if missed_before:
        assert cached.find("stranger") is None
    cached.store.down = True
    cached.after(NEGATIVE_SECONDS + 1)
    with pytest.raises(KeyStoreUnavailable):
        cached.find("stranger")


def test_a_key_that_was_revoked_before_the_store_went_down_stays_revoked() -> None:
    """The last answer counts: good, then gone, then no answer is not good again."""
    cached = Cached()
    cached.find("good")
    cached.store.keys.clear()
    assert cached.after(POSITIVE_SECONDS).find("good") is None
    cached.store.down = True
    cached.after(NEGATIVE_SECONDS + 1)
    with pytest.raises(KeyStoreUnavailable):
        cached.find("good")


def test_a_flood_of_misses_is_bounded_and_pushes_no_good_key_out() -> None:
    """Random keys fill their own small room: the good key is still served from memory."""
    cached = Cached()
    cached.find("good")
    for number in range(5 * MAX_MISSES):
        assert cached.find(f"random-{number}") is None
    reads = cached.store.reads
    assert cached.find("good") == KEY
    assert cached.store.reads == reads
    kept = len(cached.cache._hits.entries) + len(cached.cache._misses.entries)
    assert kept <= MAX_MISSES + 1


def test_good_keys_are_bounded_too() -> None:
    """The oldest goes first."""
    cached = Cached()
    for number in range(MAX_HITS + 10):
        cached.store.add(f"k{number}", KEY)
        cached.find(f"k{number}")
    reads = cached.store.reads
    assert cached.find(f"k{MAX_HITS + 9}") == KEY
    assert cached.store.reads == reads
    cached.find("k0")
    assert cached.store.reads == reads + 1


def test_a_cleared_cache_asks_again() -> None:
    """A restored snapshot must not serve keys of long ago."""
    cached = Cached()
    cached.find("good")
    cached.store.keys.clear()
    cached.cache.clear()
    assert cached.find("good") is None


@given(RANDOMS)
def test_a_deleted_project_stops_within_the_same_life(random: float) -> None:
    cached = Cached(random)
    assert not cached.cache.project("prj").deleted
    cached.store.change_project("prj", {"status": "DELETED"})
    assert cached.after(POSITIVE_SECONDS).cache.project("prj").deleted


def test_a_projects_state_lives_on_while_the_store_is_down_and_one_never_seen_does_not() -> None:
    cached = Cached()
    cached.store.change_project("prj", {"monthly_events": 5})
    cached.cache.project("prj")
    cached.store.down = True
    assert cached.after(STALE_SECONDS - 1).cache.project("prj").monthly_events == 5
    with pytest.raises(KeyStoreUnavailable):
        cached.cache.project("another")
    with pytest.raises(KeyStoreUnavailable):
        cached.after(1).cache.project("prj")


def test_a_store_that_is_down_is_asked_once_in_a_pause() -> None:
    """Each ask costs a timeout: a thousand requests a second must not pay it each."""
    cached = Cached()
    cached.find("good")
    cached.store.down = True
    cached.after(POSITIVE_SECONDS)
    reads = cached.store.reads
    for _ in range(1000):
        assert cached.find("good") == KEY
    assert cached.store.reads == reads + 1
    cached.after(PAUSE_SECONDS).find("good")
    assert cached.store.reads == reads + 2


def test_projects_are_bounded_too() -> None:
    cached = Cached()
    for number in range(MAX_HITS + 10):
        cached.cache.project(f"p{number}")
    assert len(cached.cache._projects.entries) == MAX_HITS
