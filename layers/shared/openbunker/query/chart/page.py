"""The page of a chart: one HTML text that fetches nothing. Holds no script and no style itself.

The answer stands in it as JSON that no parser of HTML can leave; the policy lets the two scripts
and two styles that lie beside this module run, by their hashes, and nothing else.
"""

import html
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from openbunker.query.chart.look import Look, Shape, Type
from openbunker.query.chart.shown import Shown
from openbunker.web import pages

CONTENT_TYPE = "text/html; charset=utf-8"
_STYLES = ("uplot.css", "chart.css", "drawing.css")
_START = "draw/page.js"

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
<main class="chart">
<h1>{title}</h1>
<div id="view" class="view" role="{role}" aria-label="{label}"></div>
<div id="legend" class="legend"></div>
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
        "ordered": shape.ordered,
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
        styles="\n".join(pages.element("style", text) for text in _styles()),
        scripts="\n".join(pages.element("script", text) for text in _scripts()),
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
    return pages.policy(_scripts(), _styles())


def library() -> str:
    """Return the script that `drawing` needs before it."""
    return _asset("uplot.js")


def styles() -> tuple[str, ...]:
    """Return how a drawing looks, in the colours of the page that it stands in."""
    return (_asset("uplot.css"), _asset("drawing.css"))


def drawing() -> dict[str, str]:
    """Return the modules that draw an answer, by name, for a page that joins them with its own."""
    folder = files(__package__).joinpath("draw")
    return {
        f"draw/{one.name}": one.read_text(encoding="utf-8")
        for one in folder.iterdir()
        if one.name.endswith(".js")
    }


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


@cache
def _scripts() -> tuple[str, ...]:
    return (library(), pages.joined(drawing(), _START))


@cache
def _styles() -> tuple[str, ...]:
    return tuple(map(_asset, _STYLES))
