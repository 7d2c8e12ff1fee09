"""Pages that fetch nothing: ES modules joined into one script, and the policy that lets it run.

One answer instead of one per module: behind a gateway each request is an invocation. Only the plain
forms of `import` and `export` are understood (docs/decisions/0064). Knows no page of its own.
"""

import base64
import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";?', re.MULTILINE)
_DECLARED = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_LISTED = re.compile(r"(?:^|(?<=[;}]))export\s*\{([^}]*)\};?", re.MULTILINE)
_DEFAULT = re.compile(r"(?:^|(?<=[;}]))export default ", re.MULTILINE)
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*\n?", re.MULTILINE)
_LEFT = re.compile(r"(?:^|[;}])\s*(?:import|export)[\s{*\"]", re.MULTILINE)
_END_OF_ELEMENT = re.compile(r"</(?:script|style)|<!--", re.IGNORECASE)


def joined(modules: Mapping[str, str], start: str) -> str:
    """Return one script that runs the module `start` and all that it imports, each once.

    `modules` are texts by name; an import names one by its path from the module that imports it, or
    by its whole name. Raises ValueError for a circle, for a name that is not exported, and for a
    form that is not understood.
    """
    in_order: list[str] = []
    _visit(start, modules, (), in_order)
    exported = {name: _exports(_plain(modules[name])) for name in in_order}
    parts = [_function(name, modules[name], exported) for name in in_order]
    return '"use strict";\n(() => {\nconst made = {};\n' + "\n".join(parts) + "\n})();\n"


def policy(scripts: Iterable[str], styles: Iterable[str], *more: str) -> str:
    """Return a content security policy: these scripts and styles by their hashes, and `more`."""
    allowed = (f"script-src {_hashes(scripts)}", f"style-src {_hashes(styles)}")
    return "; ".join(
        ["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'", *more]
    )


def element(name: str, text: str) -> str:
    """Return a script or style element. Raises ValueError for a text that would end it."""
    if found := _END_OF_ELEMENT.search(text):
        raise ValueError(f"{found[0]!r} cannot stand in a {name}")
    return f"<{name}>{text}</{name}>"


def _visit(name: str, modules: Mapping[str, str], path: Sequence[str], done: list[str]) -> None:
    """Add a module to `done`, after those that it imports and that are not there yet."""
    if name in path:
        raise ValueError(f"a circle of imports: {' -> '.join([*path, name])}")
    if name not in modules:
        raise ValueError(f"{path[-1] if path else 'nobody'} imports {name}, which is not there")
    if name in done:
        return
    for _, wanted in _IMPORT.findall(modules[name]):
        _visit(_resolved(wanted, name), modules, [*path, name], done)
    done.append(name)


def _resolved(wanted: str, importer: str) -> str:
    if not wanted.startswith("."):
        return wanted
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), wanted))


def _plain(text: str) -> str:
    return _SOURCE_MAP.sub("", text)


def _exports(text: str) -> dict[str, str]:
    """Return what a module exports: the names within it by the names outside."""
    found = {name: name for name in _DECLARED.findall(text)}
    for listed in _LISTED.findall(text):
        found |= {new: old for old, new in _pairs(listed)}
    return found | ({"default": "exported_default"} if _DEFAULT.search(text) else {})


def _function(name: str, text: str, exported: Mapping[str, Mapping[str, str]]) -> str:
    """Return a module as a function that is called once and gives back what it exports."""
    text = _IMPORT.sub(lambda found: _destructured(found, name, exported), _plain(text))
    text = _DEFAULT.sub("const exported_default = ", _LISTED.sub("", _DECLARED.sub("", text)))
    if left := _LEFT.search(text):
        raise ValueError(f"{name}: {text[left.start() :].strip()[:60]!r} is not understood")
    given = ", ".join(f"{new}: {old}" for new, old in exported[name].items())
    return f'made["{name}"] = (() => {{\n{text}\nreturn {{ {given} }};\n}})();'


def _destructured(
    found: re.Match[str], importer: str, exported: Mapping[str, Mapping[str, str]]
) -> str:
    pairs, module = list(_pairs(found[1])), _resolved(found[2], importer)
    if missing := [old for old, _ in pairs if old not in exported[module]]:
        raise ValueError(f"{importer} imports {missing[0]}, which {module} does not export")
    names = ", ".join(f"{old}: {new}" for old, new in pairs)
    return f'const {{ {names} }} = made["{module}"];'


def _pairs(listed: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the new name of each entry of a list in braces."""
    for entry in filter(None, map(str.strip, listed.split(","))):
        old, _, new = entry.partition(" as ")
        yield old.strip(), (new or old).strip()


def _hashes(texts: Iterable[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
