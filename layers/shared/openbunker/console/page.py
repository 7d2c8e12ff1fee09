"""The page as one text, and the answer that carries it. Asks nobody; holds no key and no event.

One text because each request is an invocation on AWS: the page, its styles and all its modules come
compressed in one answer, and a browser that has them is told so in a few bytes.
"""

import gzip
import hashlib
import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from openbunker.console.facts import facts
from openbunker.query.chart import page as chart
from openbunker.web import pages
from openbunker.web.http import Reply, Request

PATH = "/"
_START = "app/main.js"
# What each bare name in an `import` stands for.
_LIBRARY = {"preact": "preact.mjs", "preact/hooks": "hooks.mjs", "htm": "htm.mjs"}
_STYLES = ("tokens.css", "page.css", "parts.css", "live.css", "explore.css", "system.css")
_RULES = ("connect-src 'self'", "img-src data:", "frame-ancestors 'none'")
_TRUSTED = "require-trusted-types-for 'script'; trusted-types 'none'"
# A browser asks for an icon; one in the page is not another request.
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%230b6e99'/%3E"
    "%3Cpath d='M4 11V5m4 6V8m4 3V3' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>openbunker</title>
<link rel="icon" href="{icon}">
{styles}
</head>
<body>
<div id="app"><noscript>The console is drawn by a script, and scripts are off here.</noscript></div>
<script type="application/json" id="facts">{facts}</script>
{scripts}
</body>
</html>
"""


def answer(request: Request) -> Reply:
    """Return the page, or that the browser has it still."""
    headers = _headers()
    if request.header("if-none-match") == headers["etag"]:
        return Reply(304, None, headers)
    if "gzip" in (request.header("accept-encoding") or "").lower():
        return Reply(200, None, headers | {"content-encoding": "gzip"}, data=_compressed())
    return Reply(200, None, headers, text=page())


@cache
def page() -> str:
    """Return the page."""
    told = json.dumps(facts(), ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return _PAGE.format(
        icon=_ICON,
        facts=told,
        styles="\n".join(pages.element("style", text) for text in _styles()),
        scripts="\n".join(pages.element("script", text) for text in _scripts()),
    )


@cache
def _headers() -> dict[str, str]:
    digest = hashlib.sha256(page().encode()).hexdigest()
    return {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": pages.policy(_scripts(), _styles(), *_RULES, _TRUSTED),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "vary": "accept-encoding",
        "cache-control": "no-cache",
        "etag": f'"{digest[:32]}"',
    }


@cache
def _compressed() -> bytes:
    return gzip.compress(page().encode(), 9, mtime=0)


@cache
def _scripts() -> tuple[str, ...]:
    return (chart.library(), pages.joined(_modules() | chart.drawing(), _START))


@cache
def _styles() -> tuple[str, ...]:
    own = (_text(files(__package__).joinpath("style", name)) for name in _STYLES)
    return (*chart.styles(), *own)


def _modules() -> dict[str, str]:
    """Return all modules that may be imported, by name: ours by path, the library's as it is."""
    here = files(__package__)
    found = {name: _text(here.joinpath("vendor", file)) for name, file in _LIBRARY.items()}
    return found | dict(_below(here.joinpath("app"), "app"))


def _below(folder: Traversable, name: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for one in folder.iterdir():
        path = f"{name}/{one.name}"
        found += _below(one, path) if one.is_dir() else [(path, _text(one))]
    return found


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
