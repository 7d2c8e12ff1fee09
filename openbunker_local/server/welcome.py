"""What a browser sees at `/`: that this is openbunker, and where to go on. No script, no key."""

from openbunker_local.server.gateway import HttpResponse

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>openbunker</title>
<h1>openbunker is running</h1>
<p>It takes events by POST. <code>openbunker demo</code> prints a curl for each of its dialects.</p>
<ul>
<li><a href="/health">/health</a>: how it is</li>
<li><a href="/openapi.json">/openapi.json</a>: its routes</li>
</ul>
</html>
"""
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


def page() -> HttpResponse:
    """Return the page."""
    return HttpResponse(200, dict(_HEADERS), _PAGE.encode())
