"""What functions in containers talk to, and the two files by which SAM leads them there.

Tables, queue, bucket and Athena are moto's, which runs no SQL; the stream is the embedded one
behind Firehose's own API.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from openbunker.keys.model import Key, KeyKind
from scripts.sam_local.engine import Engine
from tests.support import backends
from tests.support.delivered import Delivered, delivering_stream

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / "events" / "env.local.json"
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
TEMPLATE = BUILT.with_name("template.local.yaml")
# SAM hands a function such variables alone as its template declares.
FIRST_VARIABLE = "        OPENBUNKER_STACK:\n"
# The README's keys: those of events/keys.json, and one that speaks every dialect.
EVERY_DIALECT = "demo-write-key-any"
CURLS = {
    "WRITE_KEY": EVERY_DIALECT,
    "CLIENT_ID": "demo-write-key-databuddy",
    "PROJECT_KEY": "demo-write-key-nanosights",
    "TRACIFY_TOKEN": "demo-write-key-tracify",
    "QUERY_KEY": "demo-query-key",
    "DELETE_KEY": "demo-delete-key",
    "SITE_ORIGIN": "https://shop.example",
}


@dataclass(frozen=True, slots=True)
class StandIns:
    """What runs: the stream with what it was given, moto's address here, and the curls' words."""

    stream: Delivered
    moto_url: str
    variables: Mapping[str, str]


@contextmanager
def stand_ins(engine: Engine) -> Iterator[StandIns]:
    """Run them where containers reach them, and write SAM's files, until the block ends."""
    any_dialect = Key(
        key_id="key_demo_any", kind=KeyKind.WRITE, account_id="acc_demo", project_id="prj_demo"
    )
    name, here, there = backends.NAMES["OPENBUNKER_STREAM"], engine.listens, engine.reached_as
    with (
        TemporaryDirectory(prefix="openbunker-sam-local-") as folder,
        backends.key_table_and_athena(here, {EVERY_DIALECT: any_dialect}) as moto_url,
        delivering_stream(Path(folder), name, here) as stream,
    ):
        backends.create_spill(moto_url)
        told = environment(stream.url.replace(here, there), moto_url.replace(here, there))
        ENVIRONMENT.write_text(json.dumps({"Parameters": told}, indent=2) + "\n", "utf-8")
        TEMPLATE.write_text(declaring(BUILT.read_text("utf-8"), told), "utf-8")
        (site,) = backends.demo_keys()[CURLS["TRACIFY_TOKEN"]].sites
        yield StandIns(stream, moto_url, {**CURLS, "CUSTOMER_SITE_ID": site})


def environment(stream_url: str, moto_url: str) -> dict[str, str]:
    """Return what leads a function to stand-ins. Nothing refused is kept."""
    told = backends.environ(stream_url, moto_url)
    workgroup = {"OPENBUNKER_COMPACTION_WORKGROUP": told["OPENBUNKER_ATHENA_WORKGROUP"]}
    own = {name: value for name, value in told.items() if name not in backends.CREDENTIALS}
    return {**own, **workgroup, "OPENBUNKER_REFUSED_STREAM": "", "OPENBUNKER_EDGE_SECRET": ""}


def declaring(template: str, variables: Mapping[str, str]) -> str:
    """Return a built template whose functions all declare AWS's endpoints, empty."""
    before, first, after = template.partition(FIRST_VARIABLE)
    if not first:
        raise ValueError(f"{BUILT} is not as `sam build` writes it: build it again")
    endpoints = (name for name in variables if name.startswith("AWS_ENDPOINT_URL_"))
    declared = "".join(f"        {name}: ''\n" for name in endpoints)
    return before + declared + first + after
