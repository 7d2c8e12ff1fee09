"""Golden wire cases: one JSON object a line in `<dialect>/*.jsonl`, and how to replay them.

A case says what is sent, what is answered and what is stored; adding one needs no code. The same
files are replayed in process and against a running server. The form is told in README.md.
"""

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from openbunker.ingest.burst import BURST_SECONDS, Buckets
from openbunker.ingest.event_names import NameBudget
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.keys.projects import month

HERE = Path(__file__).parent
SOURCE_IP = "203.0.113.77"
NOW_MS = 1_790_000_000_000  # whoever replays a case in process does so at this time

_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    # What some clients mean by "deflate": no zlib header.
    "raw-deflate": lambda data: zlib.compress(data, wbits=-zlib.MAX_WBITS),
}
_HEX = "[0-9a-f]"
_PLACEHOLDERS = {
    "<hex32>": f"{_HEX}{{32}}",
    "<hex64>": f"{_HEX}{{64}}",
    "<uuid>": f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",
    "<int>": "[0-9]+",
    "<text>": "(?s:.+)",
}
_PLACEHOLDER = re.compile("|".join(_PLACEHOLDERS))


@dataclass(frozen=True)
class Case:
    """One golden case. `faults` names what must fail while it is replayed (in process only)."""

    id: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer_headers: Mapping[str, str]
    answer: Any
    stored: tuple[Mapping[str, Any], ...]
    faults: Mapping[str, Any]

    def gateway_event(self, payload: str) -> dict[str, Any]:
        """Return the case as API Gateway hands it over in a payload format."""
        common = {
            "version": payload,
            "headers": dict(self.headers),
            "body": base64.b64encode(self.body).decode(),
            "isBase64Encoded": True,
        }
        if payload == "2.0":
            http = {"method": self.method, "path": self.path, "sourceIp": SOURCE_IP}
            context: dict[str, Any] = {"http": http}
            return {
                **common,
                "rawPath": self.path,
                "rawQueryString": self.query,
                "requestContext": context,
            }
        return {
            **common,
            "httpMethod": self.method,
            "path": self.path,
            "queryStringParameters": dict(parse_qsl(self.query)) or None,
            "requestContext": {"identity": {"sourceIp": SOURCE_IP}},
        }


@cache
def load(dialect: str) -> tuple[Case, ...]:
    """Return the cases of a dialect, in the order of their files and lines."""
    cases = []
    for file in sorted((HERE / dialect).glob("*.jsonl")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if line.strip():
                cases.append(_case(json.loads(line), f"{dialect}/{file.stem}:{number}"))
    return tuple(cases)


def every() -> tuple[Case, ...]:
    """Return the cases of all dialects."""
    return tuple(case for dialect in dialects() for case in load(dialect))


def dialects() -> list[str]:
    """Return the names of the dialects that have cases."""
    return sorted(folder.name for folder in HERE.iterdir() if any(folder.glob("*.jsonl")))


def keys() -> dict[str, Key]:
    """Return the keys that the cases use, by key text."""
    found = {}
    for entry in json.loads((HERE / "keys.json").read_text()):
        text = entry.pop("text")
        lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
        found[text] = Key(**{**entry, **lists, "kind": KeyKind(entry["kind"])})
    return found


def key_store(case: Case | None = None) -> MemoryKeyStore:
    """Return a store that knows the keys of the cases, and the limits that a case speaks of."""
    store = MemoryKeyStore({hash_of(text): key for text, key in keys().items()})
    if case and "limits" in case.faults:
        over = case.faults["limits"] == "over_quota"
        limits = {"over_month": month(NOW_MS)} if over else {"events_per_second": 1}
        for project in {key.project_id for key in keys().values()}:
            store.change_project(project, limits)
    return store


def buckets(case: Case) -> Buckets:
    """Return the buckets of a process: empty where a case comes too fast, at the time 0."""
    found = Buckets()
    if case.faults.get("limits") == "rate_limited":
        for key in keys().values():
            found.take(key.key_id, 2 * BURST_SECONDS, 1, 0.0)
    return found


def names_used(case: Case) -> NameBudget:
    """Return what a process remembers that has stored `faults.names` names for every project."""
    budget = NameBudget()
    names = [f"n{number}" for number in range(case.faults.get("names", 0))]
    for project in {key.project_id for key in keys().values() if names}:
        budget.count(project, names)
    return budget


def differences(
    expected: Any, actual: Any, is_now: Callable[[int], bool], at: str = ""
) -> Iterator[str]:
    """Yield a text for every place where an answer is not as expected, placeholders considered."""
    if expected == "<now>":
        if not (isinstance(actual, int) and is_now(actual)):
            yield f"{at}: {actual!r} is not the time of receipt"
    elif isinstance(expected, dict) and isinstance(actual, dict):
        if set(expected) != set(actual):
            yield f"{at}: fields {sorted(actual)}, expected {sorted(expected)}"
        for name in expected.keys() & actual.keys():
            yield from differences(expected[name], actual[name], is_now, f"{at}.{name}")
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{at}: {len(actual)} elements, expected {len(expected)}"
        for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
            yield from differences(one, other, is_now, f"{at}[{index}]")
    elif not _same(expected, actual):
        yield f"{at}: {actual!r}, expected {expected!r}"


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, str) and isinstance(actual, str) and _PLACEHOLDER.search(expected):
        return re.fullmatch(_pattern(expected), actual) is not None
    return type(expected) is type(actual) and bool(expected == actual)


def _pattern(expected: str) -> str:
    literal = _PLACEHOLDER.split(expected)
    holes = [_PLACEHOLDERS[hole] for hole in _PLACEHOLDER.findall(expected)]
    parts = [re.escape(literal[0])]
    for hole, text in zip(holes, literal[1:], strict=True):
        parts += [hole, re.escape(text)]
    return "".join(parts)


def _case(entry: Mapping[str, Any], place: str) -> Case:
    request, answer = entry["request"], entry["answer"]
    return Case(
        id=f"{place} {entry['name']}",
        method=request.get("method", "POST"),
        path=request["path"],
        query=urlencode(request.get("query", {})),
        headers=_headers(request),
        body=_body(request),
        status=answer["status"],
        answer_headers=answer.get("headers", {}),
        answer=_expanded(answer.get("body")),
        stored=tuple(_expanded(entry.get("stored", []))),
        faults=entry.get("faults", {}),
    )


def _headers(request: Mapping[str, Any]) -> dict[str, str]:
    headers = {"Content-Type": "application/json", **request.get("headers", {})}
    if "encoding" in request:
        headers["Content-Encoding"] = request["encoding"].removeprefix("raw-")
    return headers


def _body(request: Mapping[str, Any]) -> bytes:
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"])
    body = request.get("body", "")
    text = body if isinstance(body, str) else json.dumps(_expanded(body))
    data = text.encode().ljust(request.get("pad_to", 0))
    return _COMPRESS[request["encoding"]](data) if "encoding" in request else data


def _expanded(value: Any) -> Any:
    """Return the value with every `{"$times": n, "of": x}` in a list replaced by n times x."""
    if isinstance(value, dict):
        if "$text" in value:
            return value["$text"] * value["times"]
        return {name: _expanded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        found: list[Any] = []
        for inner in value:
            times = inner.get("$times") if isinstance(inner, dict) else None
            found += [_expanded(inner["of"])] * times if times else [_expanded(inner)]
        return found
    return value
