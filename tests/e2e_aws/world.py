"""What the steps share: a deployed stack, its door, a project with its keys, and what was sent."""

import contextlib
import gzip
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openbunker_local.doctor.calls import Answer, Ask, Server
from tests.e2e_aws.athena import Athena
from tests.e2e_aws.emulator import environment
from tests.e2e_aws.relay import Relay
from tests.e2e_aws.report import StepFailed
from tests.e2e_aws.stack import ROOT, Stack, run

# How long a warm function may go on with what it knew of the bucket: where hot objects begin.
CACHED_SECONDS = 90.0
CLI = ROOT / ".venv/bin/openbunker"
QUERY, WRITE, DELETE = (f"x-eventbunker-{kind}-key" for kind in ("query", "write", "delete"))


@dataclass
class World:
    """One run. `stack` is the one that the door leads to; `names` are its resources'."""

    url: str
    relay: Relay
    athena: Athena
    parameters: Mapping[str, str]
    template: Path
    stack: Stack
    door: str = ""
    names: dict[str, str] = field(default_factory=dict)
    adopted: dict[str, str] = field(default_factory=dict)
    project: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    erasure: str = ""

    def enter(self, stack: Stack, adopted: Mapping[str, str] | None = None) -> None:
        """Let the door lead to a stack; `adopted` are stores that it uses and does not own."""
        self.stack, self.adopted = stack, dict(adopted or {})
        made = {name: physical for name, (_, physical) in stack.resources().items()}
        self.names = made | self.adopted

    def api(self) -> str:
        """Return the id of the API behind the door."""
        return self.names["Api"]

    def call(self, ask: Ask) -> Answer:
        """Return what the stack answers at its door."""
        return Server(self.door, time.monotonic).call(ask)

    def cli(self, *words: str) -> dict[str, Any]:
        """Run `openbunker` on the stack and return what it tells."""
        command = [str(CLI), *words, "--stack", self.stack.name, "--json"]
        found: dict[str, Any] = json.loads(run(command, environment(self.url)))
        return found

    def note(self, dialect: str, count: int) -> None:
        """Remember that events of a dialect were sent and taken."""
        self.sent[dialect] = self.sent.get(dialect, 0) + count

    @property
    def total(self) -> int:
        """How many events were sent and taken in all."""
        return sum(self.sent.values())

    def rows(self, **question: Any) -> list[list[Any]]:
        """Return the rows of a question about the last hours."""
        asked = {"time_period": "minus_24_hours", **question}
        got = self.call(Ask("POST", "/v1/query/json", {QUERY: self.keys["QUERY"]}, asked))
        if got.status != 200:
            raise StepFailed(f"a question was answered {got.status}: {got.text[:300]}")
        told: list[list[Any]] = got.json["rows"]
        return told

    def found(self) -> dict[str, int]:
        """Return how many events of each dialect a question finds."""
        counted = self.rows(group_by=["dialect"], computations=[{"function": "count"}])
        return {str(dialect): int(count) for dialect, count in counted}

    def objects(self, prefix: str) -> list[str]:
        """Return the keys of the bucket's objects that begin so."""
        pages = self.stack.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.names["Bucket"], Prefix=prefix)
        return [one["Key"] for page in found for one in page.get("Contents", ())]

    def put(self, key: str, data: bytes) -> None:
        """Write an object into the bucket."""
        self.stack.client("s3").put_object(Bucket=self.names["Bucket"], Key=key, Body=data)

    def forget_cold(self) -> None:
        """Let there be no cold table."""
        glue = self.stack.client("glue")
        with contextlib.suppress(glue.exceptions.EntityNotFoundException):
            glue.delete_table(DatabaseName=self.names["GlueDatabase"], Name="cold_events")

    def until(self, done: Callable[[], bool], what: str, seconds: float = 60) -> float:
        """Wait until something holds; return after how long. Fails the step when it never does."""
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > seconds:
                raise StepFailed(f"after {seconds:.0f} s still not: {what}")
            time.sleep(0.25)
        return time.monotonic() - began

    def all_found(self, what: str) -> str:
        """Fail unless every event that was sent is found once, by dialect; say how many."""
        found: dict[str, int] = {}

        def there() -> bool:
            found.clear()
            found.update(self.found())
            return found == self.sent

        try:
            self.until(there, what, CACHED_SECONDS)
        except StepFailed as error:
            raise StepFailed(f"{what}: found {found}, sent {self.sent}") from error
        return f"{self.total} sent, {sum(found.values())} found"


def mentions(world: World, prefix: str, text: str) -> list[str]:
    """Return the keys of the objects below a prefix that hold a text."""
    s3, found = world.stack.client("s3"), []
    for key in world.objects(prefix):
        data = s3.get_object(Bucket=world.names["Bucket"], Key=key)["Body"].read()
        plain = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        if text.encode() in plain:
            found.append(key)
    return found
