"""Of damaged objects an erasure leaves what provably is not hers, and it ends."""

import gzip
import json
from base64 import b64encode
from typing import Any

import pytest

from openbunker.compaction import rewriting
from openbunker.compaction.erasing import SNAPSHOT_AGE_MS
from openbunker.compaction.planning import LATE_MS
from openbunker.compaction.salvage import readable
from openbunker.core import layout, records
from openbunker.core.event import Event
from openbunker.core.records import Record
from openbunker.core.times import DAY_MS, MINUTE_MS
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud
from tests.unit.compaction.test_erasing import NAME, erasure, hers, later
from tests.unit.compaction.test_quarantine import spoil

BEFORE_MS = NOW_MS - MINUTE_MS


def line(one: Event) -> bytes:
    found = records.encode(one)
    assert isinstance(found, Record)
    return found.data


def cut_off(data: bytes) -> bytes:
    """Return a stream that ends within its last line, as far as it can be told."""
    return data[:-12]


def altered(data: bytes) -> bytes:
    return data[:-6] + bytes([data[-6] ^ 1]) + data[-5:]


def scene(*lines: bytes, place: str = layout.HOT, at_ms: int = BEFORE_MS) -> tuple[Cloud, str]:
    """Return a cloud that an erasure waits in, and the key of a damaged object with these lines."""
    cloud = Cloud()
    cloud.deliver([event(90)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    cloud.erasures.add(erasure())
    prefix = layout.hot_prefix(at_ms) if place == layout.HOT else layout.refused_prefix(at_ms)
    key = f"{layout.DAMAGED}{prefix}x.json.gz"
    cloud.bucket.objects[key] = (gzip.compress(b"".join(lines)), NOW_MS)
    return cloud, key


def kept(cloud: Cloud, key: str) -> list[bytes] | None:
    found = cloud.bucket.objects.get(key)
    return gzip.decompress(found[0]).splitlines(keepends=True) if found else None


def end(cloud: Cloud) -> None:
    """Run until the erasure is marked."""
    assert cloud.run()["erasure"] == "done"
    later(cloud, 2 * SNAPSHOT_AGE_MS)
    cloud.run()
    assert not cloud.erasures.to_erase()


@pytest.mark.parametrize("damage", [cut_off, altered])
def test_of_a_broken_stream_only_rows_of_others_and_later_ones_stay(damage: Any) -> None:
    """A row of her project may be hers with a letter that has flipped."""
    others = [line(event(n, project_id="project-b", url=f"{n:0200}")) for n in range(400)]
    mine = [line(hers(500)), line(event(501)), line(event(502, received_ms=NOW_MS + 1))]
    cloud, key = scene(*mine, *others)
    cloud.bucket.objects[key] = (damage(cloud.bucket.objects[key][0]), NOW_MS)

    end(cloud)

    found = kept(cloud, key)
    assert found is not None
    assert found == [mine[2], *others][: len(found)]
    assert len(found) > 300
    (told,) = [one for one in cloud.lines if one.get("object") == key]
    assert (told["lines_kept"], told["unreadable"]) == (len(found), True)


def test_of_a_whole_stream_her_lines_go_and_what_may_name_her() -> None:
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in NAME)
    safe = [line(event(2)), b"no row at all\n", b'{"half": \n', b"[]\n"]
    unsafe = [line(hers(1)), b'{"x": "' + spelled.encode() + b'"\n', b'["%s]\n' % NAME.encode()]
    cloud, key = scene(*safe, *unsafe)
    end(cloud)
    assert kept(cloud, key) == safe


def test_what_was_refused_goes_by_its_own_rule() -> None:
    row = {"project_id": "project-a", "received_ms": BEFORE_MS, "message": "m"}
    texts = [json.dumps({**row, "payload": json.dumps({"who": who})}) for who in (NAME, "Bob")]
    hashed = json.dumps({**row, "payload": "{}", "customer_hash": erasure().customer_hash})
    lines = [f"{text}\n".encode() for text in (*texts, hashed, hashed[:-9])]
    cloud, key = scene(*lines, place=layout.REFUSED)
    end(cloud)
    assert kept(cloud, key) == [lines[1]]


def test_an_object_that_is_hers_alone_or_cannot_be_read_at_all_is_removed() -> None:
    for data in (gzip.compress(line(hers(1))), b"", b"no gzip"):
        cloud, key = scene(b"x")
        cloud.bucket.objects[key] = (data, NOW_MS)
        end(cloud)
        assert key not in cloud.bucket.objects


def test_what_came_when_no_row_of_hers_was_under_way_any_more_stays_as_it_is() -> None:
    for days, stays in ((0, False), (2, True)):
        cloud, key = scene(b"x", at_ms=NOW_MS + LATE_MS + days * DAY_MS)
        cloud.bucket.objects[key] = (b"no gzip", NOW_MS)
        end(cloud)
        assert (key in cloud.bucket.objects) == stays


def test_what_is_set_aside_after_the_batch_is_looked_into_before_it_is_told_done() -> None:
    cloud, _ = scene(line(event(2)))
    cloud.run()
    cloud.deliver([hers(7, received_ms=BEFORE_MS)], arrived_ms=cloud.now_ms)
    (late,) = [key for key in cloud.hot_keys() if f"{7:032x}".encode() in kept_data(cloud, key)]
    spoil(cloud, late)
    later(cloud, 30 * MINUTE_MS)
    cloud.run()
    assert layout.DAMAGED + late in cloud.bucket.objects
    later(cloud, 2 * SNAPSHOT_AGE_MS)
    cloud.run()

    assert not cloud.erasures.to_erase()
    assert layout.DAMAGED + late not in cloud.bucket.objects


def test_a_last_look_that_no_run_ends_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, _ = scene(line(event(2)))
    cloud.run()
    later(cloud, 2 * SNAPSHOT_AGE_MS)
    ordinary, late = gzip.compress(b"{}\n"), cloud.now_ms - MINUTE_MS
    for number in range(50):
        cloud.bucket.objects[f"{layout.ERRORS}x/{number:03}"] = (ordinary, late)
    monkeypatch.setattr(rewriting, "PAGE", 5)
    monkeypatch.setattr(rewriting, "MAX_OBJECTS", 10)

    runs = 0
    while cloud.erasures.to_erase() and runs < 10:
        runs += 1
        assert cloud.run()["erasure"] == "done"

    told = [one["erasing_objects"] for one in cloud.lines if "erasing_objects" in one]
    assert runs == 5
    assert told == [2, 10, 10, 10, 10, 10]  # the scene's, and then each once


def kept_data(cloud: Cloud, key: str) -> bytes:
    return gzip.decompress(cloud.bucket.objects[key][0])


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_what_firehose_could_not_process_is_looked_into(pack: Any) -> None:
    """Its lines hold rows in base64, and may be packed or not."""
    cloud, _ = scene()
    rows = [line(one) for one in (hers(1), event(2, project_id="project-b"))]
    told = [
        json.dumps({"errorCode": "none", "rawData": b64encode(one).decode()}).encode() + b"\n"
        for one in rows
    ]
    key = f"{layout.ERRORS}processing-failed/dt={layout.day(NOW_MS)}/x"
    cloud.bucket.objects[key] = (pack(b"".join(told)), NOW_MS)

    end(cloud)

    data, _ = cloud.bucket.objects[key]
    assert (gzip.decompress(data) if pack is gzip.compress else data) == told[1]


@pytest.mark.parametrize("name", [NAME, "1", "e"])
def test_of_a_pack_that_firehose_could_not_process_only_hers_goes(name: str) -> None:
    """It holds rows of many projects, and words of Firehose's that a name may stand in."""
    cloud, _ = scene()
    cloud.erasures.add(erasure(2, customer_identifier=name))
    others = [line(event(2, project_id="project-b", customer_identifier=NAME)), line(event(3))]
    whole = {"attemptsMade": 1, "errorCode": "none", "rawData": ""}

    def told(rows: list[bytes]) -> bytes:
        return json.dumps({**whole, "rawData": b64encode(b"".join(rows)).decode()}).encode() + b"\n"

    key = f"{layout.ERRORS}processing-failed/dt={layout.day(NOW_MS)}/x"
    cloud.bucket.objects[key] = (told([line(hers(1)), *others]) + told(others), NOW_MS)

    end(cloud)

    assert cloud.bucket.objects[key][0] == told(others) * 2


def test_what_can_be_read_is_the_beginning() -> None:
    text = b"".join(b"%d\n" % number for number in range(20_000))
    whole = gzip.compress(text[:9_000]) + gzip.compress(text[9_000:])
    assert readable(whole) == text
    for at in (0, 5, 700, len(whole) // 2, len(whole) - 1):
        found = readable(whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :])
        assert found[:300] == text[: len(found[:300])]
