"""What was refused on one machine: its stream, and how long it stays. Whole days, taken away in the
background.

The first start that knows of this takes nothing away for as long as it keeps: whoever relied on
rows that stay is told at the start, and has that time.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any

from openbunker.core import layout
from openbunker.core.times import DAY_MS
from openbunker_local.stream.stream import EmbeddedStream

STREAM = "openbunker-refused"
EVERY_SECONDS = 3600.0
_DAY = "dt="


def ends_ms(began_ms: int, days: int) -> int:
    """Return when the first rows are taken away."""
    return began_ms + days * DAY_MS


def take_away(data: Path, days: int, began_ms: int, now_ms: int) -> list[str]:
    """Remove the days that are over; return them. Raises OSError when one cannot be removed."""
    if now_ms < ends_ms(began_ms, days):
        return []
    first = layout.day(now_ms - days * DAY_MS)
    folders = sorted((data / layout.REFUSED).glob(f"{_DAY}*"))
    over = [one for one in folders if one.name.removeprefix(_DAY) < first]
    for folder in over:
        shutil.rmtree(folder)
    return [one.name.removeprefix(_DAY) for one in over]


class RefusedDays:
    """Takes away what is over, at the start and every hour, until it is closed.

    `forget` is told the first day that stays.
    """

    def __init__(
        self,
        data: Path,
        days: int,
        began_ms: int,
        *,
        forget: Callable[[str], None],
        now_ms: Callable[[], int],
        log: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._data, self._days, self._began_ms = data, days, began_ms
        self._forget = forget
        self._now_ms = now_ms
        self._log = log
        self._ending = Event()
        self._thread = Thread(target=self._run, name="refused days", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Take nothing more away."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def sweep(self) -> None:
        """Take away what is over now; what fails is logged, and tried again with the next one."""
        now_ms = self._now_ms()
        try:
            gone = take_away(self._data, self._days, self._began_ms, now_ms)
            if gone:
                self._forget(layout.day(now_ms - self._days * DAY_MS))
        except OSError as error:
            text = f"refused items that are over were not removed: {error.strerror or error}"
            self._log({"level": "ERROR", "unexpected": 1, "error": text})
        else:
            if gone:
                self._log({"refused_days_removed": gone})

    def _run(self) -> None:
        pause = 0.0
        while not self._ending.wait(pause):
            self.sweep()
            pause = EVERY_SECONDS


def refused_stream(data: Path, now_ms: Callable[[], int]) -> EmbeddedStream:
    """Open the stream of what was refused, in the data folder of an events' stream."""
    room = data / "stream" / "refused"
    return EmbeddedStream(
        data, stream=STREAM, prefix=layout.refused_prefix, room=room, now_ms=now_ms
    )
