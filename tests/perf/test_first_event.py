"""The first event of a hot function imports nothing: what it needs was loaded while it started."""

import json
import subprocess
import sys

PROBE = """
import json, sys
from openbunker.core import ids
from openbunker.ingest import keep_refused  # as `batch` has it loaded
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.wiring import hot

def sent(path, body):
    headers = {"x-eventbunker-write-key": "k", "databuddy-client-id": "k"}
    context = {"http": {"method": "POST", "path": path, "sourceIp": "203.0.113.7"}}
    return {"routeKey": f"POST {path}", "rawPath": path, "headers": headers,
            "requestContext": context, "body": json.dumps(body)}

key = Key(key_id="key", kind=KeyKind.WRITE, account_id="account", project_id="project")
services = Services(keys=MemoryKeyStore({hash_of("k"): key}), sink=MemorySink(),
                    now_ms=lambda: 1_795_000_000_000, new_ids=ids.new_ids, log=json.dumps)
before = set(sys.modules)
stored = {"type": "custom", "name": "signup", "properties": {"seats": 3}}
told = [serve(one, None, services)["body"] for one in (
    sent("/post", {"event_name": "signup", "seats": 3}),
    sent("/batch", [stored, {"type": "custom", "name": ""}]),
)]
print(json.dumps([told, sorted(set(sys.modules) - before)]))
"""


def test_a_first_event_loads_no_module() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    told, loaded = json.loads(done.stdout)
    assert "unique_req_id" in told[0]
    assert ['"success"' in told[1], '"error"' in told[1]] == [True, True]
    assert loaded == []
