"""Bits flip in every kind of stored file: nothing wrong is answered, nothing lost in silence.

A damaged folder is started and asked everything; what it says is held against what it was told.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from openbunker.core.errors import OpenbunkerError
from openbunker_local import runtime
from openbunker_local.books import compare
from openbunker_local.cold import manifest, stored
from openbunker_local.cold.manifest import ManifestUnreadable
from openbunker_local.compaction import job
from openbunker_local.runtime import Runtime
from openbunker_local.sqlite import audit as sqlite_audit
from openbunker_local.stream import spill
from openbunker_local.stream.folder import FolderNewer
from tests.support import folder
from tests.support.folder import Answer, Clock, call, filled

PERIOD = {"from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00Z"}
# What a server says when it does not start: it names the file, and nothing was answered.
REFUSED = (OSError, FolderNewer, OpenbunkerError)


def flip(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content))]


def zero(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content))
    size = min(len(content) - start, random.randint(1, 200))
    return content[:start] + bytes(size) + content[start + size :]


DAMAGES = {"flip": flip, "cut": cut, "zero": zero}
EACH = 4  # of a kind and a damage, in make e2e
KINDS = {
    "hot": "hot/*/*/*.gz",
    "refused": "refused/*/*/*.gz",
    "cold": "cold/dt=*/*.parquet",
    "manifest": "cold/manifest.json",
    "journal": "stream/journal/*.journal",
    "books": "books/stream/journal/*.journal",
    "entries": "books/hot/*/*/*.gz",
    "index": "stream/index/*/*.idx",
    "spill": "spill/*",
    "keys": "keys.sqlite",
    "erasures": "erasures.sqlite",
    "usage": "usage.sqlite",
    "demo": "demo.json",
    "format": "format.json",
}


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    with pytest.MonkeyPatch.context() as patch:
        yield Clock(patch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> tuple[Path, list[str]]:
    data = tmp_path_factory.mktemp("whole") / "data"
    return data, filled(data, clock)


def settle(data: Path, parts: Runtime) -> None:
    """Return when what was spilled and what lay in the journal is in objects."""
    for _ in range(20_000):  # bounded by looks, not by a clock
        if not spill.files(data):
            break
    parts.stream.flush()


class Asked:
    """The answers of a folder, and whether something of them is told to be missing."""

    def __init__(self, data: Path, parts: Runtime, lines: list[Mapping[str, Any]]) -> None:
        settle(data, parts)
        key = {"x-eventbunker-query-key": parts.demo.query_key}
        question = {"time_period": PERIOD}

        def asked(path: str, body: dict[str, Any]) -> Answer:
            return call("POST", path, body, key)

        self.count = asked("/v1/query/json", question)
        self.listing = asked("/v1/query/json", {**question, "select": ["event_id"], "limit": 100})
        sql = {**question, "sql": "SELECT count(*) AS n FROM events"}
        self.sql = asked("/v1/query/sql", sql)
        self.receipts = [call("GET", f"/v1/receipts/{one}", None, key) for one in Asked.ids]
        self.health = parts.health()
        self.lines = lines

    ids: tuple[str, ...] = ()

    def all(self) -> list[Answer]:
        return [self.count, self.listing, self.sql, *self.receipts]


# Each kind by one damage, each damage to some kinds; make e2e has all of them, several times.
ONE_EACH = [(kind, [*DAMAGES][number % len(DAMAGES)]) for number, kind in enumerate(KINDS)]


@pytest.mark.parametrize(("kind", "damage"), ONE_EACH)
def test_no_damage_is_a_wrong_answer(
    tmp_path: Path, whole: tuple[Path, list[str]], kind: str, damage: str
) -> None:
    hold_damage(tmp_path, whole, kind, damage, range(1))


def hold_damage(
    tmp_path: Path, whole: tuple[Path, list[str]], kind: str, damage: str, seeds: range
) -> None:
    """Damage a file of a kind in a copy of the folder, by each seed, and hold the laws."""
    source, names = whole
    for seed in seeds:
        random = Random(f"{kind} {damage} {seed}")
        data = tmp_path / str(seed)
        shutil.copytree(source, data)
        path = random.choice(sorted(data.glob(KINDS[kind])))
        before = path.read_bytes()
        path.write_bytes(DAMAGES[damage](before, random))
        if path.read_bytes() != before:
            hold(data, path, kind, names, damage)


def hold(data: Path, path: Path, kind: str, names: list[str], damage: str) -> None:
    """Start a folder, ask it, work on it, and hold the laws."""
    lines: list[Mapping[str, Any]] = []
    spoilt = path.read_bytes()
    Asked.ids = tuple(names)
    try:
        with runtime.running(data, "http://127.0.0.1:1", lines.append) as parts:
            asked = Asked(data, parts, lines)
    except REFUSED as error:
        newer = kind == "usage" and "newer release" in str(error)
        assert newer or kind in ("keys", "erasures", "demo", "format"), error
        return
    told = asked.health["status"] == "degraded"
    for answer in asked.all():
        assert str(data) not in answer.text
        assert answer.status in (200, 503), (kind, answer)
    hold_rows(asked, kind, names, told=told, damage=damage)
    audit = audited(data)
    assert audit or not told or kind == "manifest", asked.health
    keep_on_working(data, path, spoilt)


def hold_rows(asked: Asked, kind: str, names: list[str], *, told: bool, damage: str) -> None:
    """Whatever is answered is all of it, or says that it is not."""
    found = (
        (asked.count, lambda body: body["rows"][0][0]),
        (asked.listing, lambda body: len({row[0] for row in body["rows"]} & {*names})),
        (asked.sql, lambda body: body["rows"][0][0]),
    )
    for answer, number in found:
        if answer.status == 200:
            assert number(answer.body) <= len(names), answer
            missing = number(answer.body) < len(names)
            silent = missing and answer.body["complete"]
            torn = kind in ("journal", "spill") and damage != "flip"  # as a crash leaves an end
            assert not silent or torn, (kind, answer)
            assert not missing or told, asked.health
    if told:
        assert [one for one in asked.lines if one.get("health") == "degraded"]


def audited(data: Path) -> bool:
    """Return whether an audit by hand finds something: a loss, or a file that is damaged."""
    try:
        lines = compare.reconcile(data)
        files = stored.problems(data, manifest.load(data))
        bad = {**files, **stored.set_aside(data), **sqlite_audit.problems(data)}
        return bool(bad) or not all(line.closes for line in lines)
    except (OpenbunkerError, ManifestUnreadable, ValueError):
        return True


def keep_on_working(data: Path, path: Path, spoilt: bytes) -> None:
    """Compact and erase twice: the damaged bytes lie somewhere afterwards."""
    if path.suffix not in (".gz", ".parquet", ".journal", ".frames"):
        return
    name = path.relative_to(data).as_posix()
    is_cold = name in manifest.load(data).done  # its rows lie in a whole file
    for _ in range(2):
        job.work(data, folder.START_MS * 2, folder.START_MS * 2)
    aside = [one.read_bytes() for one in data.rglob("damaged/*")]
    assert is_cold or not spoilt or (path.exists() and path.read_bytes() == spoilt) or aside, path


def test_the_whole_folder_is_answered_whole(tmp_path: Path, whole: tuple[Path, list[str]]) -> None:
    source, names = whole
    data = tmp_path / "data"
    shutil.copytree(source, data)
    Asked.ids = tuple(names)
    with runtime.running(data, "http://127.0.0.1:1", lambda _: None) as parts:
        asked = Asked(data, parts, [])
    assert [one.status for one in asked.all()] == [200] * (3 + len(names))
    assert asked.count.body["rows"] == asked.sql.body["rows"] == [[len(names)]]
    assert {row[0] for row in asked.listing.body["rows"]} == {*names}
    assert all(one.body["complete"] for one in (asked.count, asked.listing, asked.sql))
    assert asked.health["status"] == "ok", asked.health
    assert not audited(data)
