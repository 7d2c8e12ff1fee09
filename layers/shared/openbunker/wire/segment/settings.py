"""What Segment's browser and mobile clients ask before they send. Part of that dialect.

Answers made of the request alone: no key is looked at and nothing is stored.
Contract: docs/wire/segment.md, "Browsers and apps".
"""

import re

from openbunker.web.http import Reply, Request

_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")


def project(request: Request) -> Reply:
    """Answer the settings of a project: no destinations, and this server as the address.

    The key is echoed and not looked up: a wrong one is told when it sends. A host that is none is
    left out, and the client's own `apiHost` always comes first.
    """
    key, host = request.path.split("/")[3], request.header("host") or ""
    own = {"apiKey": key, "protocol": _protocol(request)}
    if _HOST.fullmatch(host):
        own["apiHost"] = f"{host}/v1"
    body = {
        "integrations": {"Segment.io": own},
        "plan": {},
        "edgeFunction": {},
        "metrics": {"sampleRate": 0},
    }
    return Reply(200, body, {"cache-control": "no-store"})


def metrics(_request: Request) -> Reply:
    """Answer a client that counts its own calls for its vendor: heard, and not kept."""
    return Reply(200, {"success": True})


def _protocol(request: Request) -> str:
    """Return what the sender came by; a page that came by https may ask for nothing else."""
    page = (request.header("origin") or "").startswith("https://")
    return "https" if page or request.header("x-forwarded-proto") == "https" else "http"
