"""What PostHog's bodies hide: no key is kept of a refused request, whatever form it came in."""

import base64
import gzip
import json
from urllib.parse import quote

import pytest

from openbunker.core import ids, refused_rows
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.refused import MemoryRefusedSink
from openbunker.wire.posthog.body import kept, opened

KEY = "wk-of-nobody-else"
BODY = json.dumps({"api_key": KEY, "batch": {"token": KEY}}).encode()
ZIPPED = gzip.compress(BODY)
BASE64 = base64.b64encode(BODY)
FORMS = {
    "plain": BODY,
    "gzip": ZIPPED,
    "form": b"data=" + quote(BASE64).encode(),
    "form without escapes": b"ver=1&data=" + BASE64,
    "form of JSON": b"data=" + quote(BODY).encode(),
    "base64": BASE64,
}


def kept_of(body: bytes, query: str = "") -> list[str]:
    """Return what is kept of a request that is refused as a whole."""
    key = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p")
    sink = MemoryRefusedSink()
    services = Services(
        keys=MemoryKeyStore({hash_of(KEY): key}),
        sink=MemorySink(),
        now_ms=lambda: 0,
        new_ids=ids.new_ids,
        log=lambda _line: None,
        refused=sink,
    )
    event = {
        "rawPath": "/e/",
        "rawQueryString": query,
        "headers": {"content-type": "text/plain"},
        "requestContext": {"http": {"method": "POST"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    assert serve(event, None, services)["statusCode"] == 400
    return [refused_rows.decode(record.data).payload for record in sink.records]


@pytest.mark.parametrize("form", FORMS)
def test_a_body_is_kept_as_json_without_its_keys(form: str) -> None:
    assert opened(FORMS[form]) == BODY
    (payload,) = kept_of(FORMS[form])
    assert set(json.loads(payload)) == {"api_key", "batch"}
    assert KEY not in payload


@pytest.mark.parametrize("broken", [ZIPPED[:-9], BASE64[:-30] + b"!", b"data=" + BASE64[4:]])
def test_a_body_that_cannot_be_opened_is_not_kept(broken: bytes) -> None:
    """Its key would be there for whoever mends it."""
    payload = "".join(kept_of(broken, f"token={KEY}"))
    assert KEY not in payload
    assert KEY.encode() not in base64.b64decode(payload + "==")


def test_what_is_no_json_is_not_kept() -> None:
    assert kept(b"\x1f\x8bnothing") == kept(b"data=") == b""
