"""Where a twin's events lie: one data folder after another, a new one at each reset.

What was written before a reset lies in a folder that is closed and gone: no store, index or cache
of it can be asked any more.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Condition
from typing import Any

from openbunker.core.books import never
from openbunker.wiring import serving
from openbunker_local import demo as demos
from openbunker_local import runtime
from openbunker_local.demo import Demo
from openbunker_local.stream.disk import FolderInUse, FolderLock
from openbunker_local.stream.parts import Parts
from openbunker_local.testing.seen import SeenRefused, SeenSink, Sight

MARK = "twin"
PREFIX = "run-"
PRISTINE = f"{PREFIX}none"
# A test waits for what it has just sent.
DELIVER_SECONDS = 0.02
Log = Callable[[Mapping[str, Any]], None]


class NotATwin(Exception):
    """The folder holds something else than a twin's events."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What each of a twin's folders is made of."""

    root: Path
    demo: Demo
    parts: Parts
    log: Log


class Place:
    """The folder of the moment. Threads may share it: a reset waits for requests under way."""

    def __init__(self, ground: Ground, sight: Sight) -> None:
        self._ground = ground
        self._sight = sight
        self._open = ExitStack()
        self._turn = Condition()
        self._serving = 0
        self._resetting = False
        self._number = 0
        self._used = False
        self._lock = _claimed(ground.root)
        self.running = self._next()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Serve a request from one folder until the block ends."""
        with self._turn:
            self._turn.wait_for(lambda: not self._resetting)
            self._serving += 1
            self._used = True
        try:
            yield
        finally:
            with self._turn:
                self._serving -= 1
                self._turn.notify_all()

    def reset(self, also: Callable[[], None]) -> None:
        """Go on in an empty folder, once the requests under way are answered.

        `also` is done while nothing is served.
        """
        with self._turn:
            self._turn.wait_for(lambda: not self._resetting)
            self._resetting = True
            self._turn.wait_for(lambda: not self._serving)
        try:
            also()
            if self._used:
                try:
                    self._leave()
                finally:  # whatever became of the old folder, what comes is the new one's
                    self.running = self._next()
        finally:
            with self._turn:
                self._resetting = False
                self._turn.notify_all()

    def close(self) -> None:
        """Close the folder of the moment. It stays: whoever made the root takes it away."""
        self._open.close()
        self._lock.release()

    def _leave(self) -> None:
        leaving, self._open = self._open, ExitStack()
        leaving.close()
        shutil.rmtree(self._folder(), ignore_errors=True)
        pristine = self._ground.root / PRISTINE
        if not pristine.exists():  # new stores cost the disk ten times what their copies do
            with ExitStack() as made:
                made.enter_context(self._running(_with_demo(pristine, self._ground.demo)))
        shutil.copytree(pristine, self._ground.root / f"{PREFIX}{self._number + 1}")

    def _next(self) -> runtime.Runtime:
        self._number += 1
        self._used = False
        folder = _with_demo(self._folder(), self._ground.demo)
        running = self._open.enter_context(self._running(folder))
        self._watch()
        return running

    def _running(self, folder: Path) -> AbstractContextManager[runtime.Runtime]:
        ground = self._ground
        pace = runtime.Pace(late=True, deliver_seconds=DELIVER_SECONDS)
        return runtime.running(folder, ground.demo.base_url, ground.log, pace, ground.parts)

    def _watch(self) -> None:
        """Have everything seen that the services write."""
        services = serving.Installed.services
        assert services is not None
        assert services.refused is not None
        refused = SeenRefused(services.refused, self._sight)
        sink = SeenSink(services.sink, self._sight)
        seen = replace(services, sink=sink, together=never, refused=refused)
        serving.use(seen, None)

    def _folder(self) -> Path:
        return self._ground.root / f"{PREFIX}{self._number}"


def sweep(parent: Path, prefix: str) -> None:
    """Take away the folders of twins that were killed, which could not do it themselves."""
    for root in parent.glob(f"{prefix}*"):
        with suppress(OSError, FolderInUse):  # another user's, or a twin that lives
            if (root / MARK).exists():
                lock = FolderLock(root)
                shutil.rmtree(root, ignore_errors=True)
                lock.release()


def _with_demo(folder: Path, demo: Demo) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    demos.save(demo, folder)
    return folder


def _claimed(root: Path) -> FolderLock:
    """Make a root a twin's, and take away what an earlier twin has left. Raises NotATwin."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(root.iterdir()) and not (root / MARK).exists():
        raise NotATwin(f"{root} is not empty and no twin's: name a new folder")
    lock = FolderLock(root)
    (root / MARK).touch()  # who sees the mark sees the lock
    for left in root.glob(f"{PREFIX}*"):
        shutil.rmtree(left)
    return lock
