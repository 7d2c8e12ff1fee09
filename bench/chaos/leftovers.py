"""What a crash at the worst moment may leave in a data folder, put there on purpose.

Only in a folder that no server holds. Adds, or moves: nothing that was answered is taken away.
"""

import gzip
import json
import time
from calendar import timegm
from pathlib import Path
from random import Random

from openbunker.core import layout
from openbunker_local import demo as demos
from openbunker_local.stream import frames

UNIQUE = "00000000-0000-4000-8000-{:012x}"


def tails(ghost: bytes) -> list[bytes]:
    """Return ends of a journal that no answer stands for; the last one lacks only its checksum."""
    frame = frames.frames([ghost])
    return [
        b"\0\0",
        bytes(4096),
        frame[:-3],
        b"\xff" * 100,
        frames.HEADER.pack(2_000_000_000, 0),
        frames.HEADER.pack(len(ghost), 0) + ghost,
    ]


def ghost_of(data: Path) -> bytes:
    """Return a line that a question would count, if anything made an event of it."""
    demo = json.loads((data / demos.FILE).read_text(encoding="utf-8"))
    now_ms = time.time_ns() // 1_000_000
    event = {
        "v": 1,
        "project_id": demo["project_id"],
        "event_id": "ghost",
        "dedupe_key": "ghost",
        "dialect": "eventbunker",
        "key_id": "ghost",
        "event_name": "ghost",
        "timestamp_ms": now_ms,
        "received_ms": now_ms,
        "properties": json.dumps({"number": -1, "block": 0}),
    }
    return json.dumps(event).encode() + b"\n"


def age(data: Path) -> None:
    """Move what was delivered into minutes an hour before: as if that time had passed."""
    objects = sorted((data / layout.HOT).glob("dt=*/hm=*/*" + layout.SUFFIX))
    for path in objects:
        day, minute = path.parts[-3].removeprefix("dt="), path.parts[-2].removeprefix("hm=")
        at_s = timegm(time.strptime(day + minute, "%Y-%m-%d%H%M"))
        folder = data / layout.hot_prefix((at_s - 3_600) * 1_000)
        folder.mkdir(parents=True, exist_ok=True)
        path.rename(folder / path.name)


def leave(data: Path, random: Random) -> int:
    """Put half-written files of each kind into a folder; return how many were touched."""
    journal, ghost = data / "stream" / "journal", ghost_of(data)
    torn = sorted(data.rglob("journal/*.journal"))
    for segment in torn:
        with segment.open("ab") as file:
            file.write(random.choice(tails(ghost)))
    unfinished = gzip.compress(ghost)
    stray = {
        journal / _segment(random): b"",
        **{journal / _segment(random): tail for tail in tails(ghost)},
        journal / "notes.txt": frames.frames([ghost]),
        data / "demo.json.tmp": b"{",
        **{part: unfinished[: random.randint(0, 400)] for part in _parts(data, random)},
    }
    for path, content in stray.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return len(torn) + len(stray)


def _parts(data: Path, random: Random) -> list[Path]:
    """Return names of objects that were never finished: beside real ones, and on their own."""
    real = sorted((data / "hot").rglob("*.json.gz"))
    beside = random.choice(real) if real else data / "hot/dt=2026-01-02/hm=0304/none.json.gz"
    alone = data / "hot" / "dt=2026-01-02" / "hm=0305" / f".{_unique(random)}.json.gz.part"
    spilled = data / "spill" / f".{_unique(random).replace('-', '')}.jsonl.part"
    return [beside.with_name(f".{beside.name}.part"), alone, spilled]


def _segment(random: Random) -> str:
    arrival_ms = time.time_ns() // 1_000_000 - random.randrange(60_000)
    return f"{arrival_ms}_{_unique(random)}.journal"


def _unique(random: Random) -> str:
    return UNIQUE.format(random.randrange(16**12))
