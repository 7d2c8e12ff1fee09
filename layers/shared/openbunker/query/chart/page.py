"""The page of a chart: one HTML text that fetches nothing. Holds no script and no style itself.

The answer stands in it as JSON that no parser of HTML can leave; the policy lets the two scripts
and two styles that lie beside this module run, by their hashes, and nothing else.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from openbunker.query.chart.look import Look, Shape, Type
from openbunker.query.chart.shown import Shown

CONTENT_TYPE = "text/html; charset=utf-8"
_SCRIPTS, _STYLES = ("uplot.js", "chart.js"), ("uplot.css", "chart.css")

_PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
{styles}
</head>
<body>
<main>
<h1>{title}</h1>
<div id="view" role="{role}" aria-label="{label}"></div>
<div id="legend"></div>
{cut}
<p id="note" hidden></p>
<details id="data" hidden><summary>Data</summary></details>
<p><span id="when"></span> {fresh}</p>
</main>
<script type="application/json" id="answer">{answer}</script>
{scripts}
</body>
</html>
"""


def page(look: Look, kind: Type, shape: Shape, shown: Shown, fresh_to: str | None) -> str:
    """Return the page of an answer; what it lacks and `fresh_to` are told below the chart."""
    rows = shown.rows
    title = look.title or _title(shape)
    chart = {
        "type": kind,
        "theme": look.theme,
        "date": shape.date,
        "timezone": shape.timezone,
        "computed": list(range(shape.computed, len(shape.columns))),
        "additive": shape.additive and shown.whole,
        "complete": not shown.lacks,
    }
    answer = {"chart": chart, "columns": list(shape.columns), "rows": rows}
    return _PAGE.format(
        theme=look.theme,
        policy=policy(),
        title=html.escape(title),
        role="img" if kind in (Type.LINE, Type.BAR) else "group",
        label=html.escape(f"{title}: {kind} of {len(rows)} rows"),
        fresh=f"Fresh to {html.escape(fresh_to)}" if fresh_to else "",
        cut=f'<p id="cut" role="status">{html.escape(shown.note)}</p>' if shown.note else "",
        answer=_json(answer),
        styles="\n".join(f"<style>{_asset(name)}</style>" for name in _STYLES),
        scripts="\n".join(f"<script>{_asset(name)}</script>" for name in _SCRIPTS),
    )


def headers() -> dict[str, str]:
    """Return the headers of a page. It may be framed by anyone: it holds what its caller asked."""
    return {
        "content-type": CONTENT_TYPE,
        "content-security-policy": policy(),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }


@cache
def policy() -> str:
    """Return the content security policy: our scripts and styles by hash, nothing else."""
    scripts, styles = (" ".join(map(_hash, names)) for names in (_SCRIPTS, _STYLES))
    rules = f"script-src {scripts}; style-src {styles}; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; {rules}"


def _title(shape: Shape) -> str:
    computed = ", ".join(shape.columns[shape.computed :])
    groups = ", ".join(shape.columns[: shape.computed])
    return f"{computed} by {groups}" if groups else computed


def _json(value: Mapping[str, Any]) -> str:
    # `<` ends scripts and begins comments; the other two end lines in old scripts.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(name: str) -> str:
    digest = hashlib.sha256(_asset(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
