"""The parts of the OpenAPI document: schemas of bodies and fields, responses with their codes.

Pure. Knows how openbunker describes fields and refusals, and no route; those are in `openapi`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import FACTS, Reason
from openbunker.web.guard import plain_refusal
from openbunker.web.http import (
    ACCEPTED_ENCODINGS,
    EVENT_ID_HEADER,
    NOTICE_HEADER,
    REASON_HEADER,
    REFUSED_ID_HEADER,
    WAIT_HEADER,
    WAIT_IGNORED,
    Reply,
)
from openbunker.wire.calendar import MAX_MS
from openbunker.wire.dialect import Body
from openbunker.wire.fields import Field
from openbunker_local.server import waiting

Json = dict[str, Any]
SAMPLE_TEXT = "text for people"
WAITED = [waiting.VISIBLE, waiting.NOT_YET, waiting.TOO_MANY, WAIT_IGNORED]

_KINDS = {"string": "string", "number": "number", "time": "integer", "object": "object"}


def request_body(schema: Json) -> Json:
    """Return the request body of a schema."""
    # Any content type is read as JSON: browsers send beacons as text.
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def body_schema(body: Body | None) -> Json:
    """Return the schema of what a route takes; of an unknown body only that it is JSON."""
    if body is None:
        return {"type": ["object", "array"]}
    event = _object(body.fields)
    if body.most == 1:
        return event
    events: Json = {"type": "array", "items": event, "maxItems": body.most}
    if body.member:
        return {"type": "object", "required": [body.member], "properties": {body.member: events}}
    return {"anyOf": [event, events]} if body.either else events


def _object(fields: Sequence[Field]) -> Json:
    return {
        "type": "object",
        "required": [field.name for field in fields if field.required],
        "properties": {field.name: _field(field) for field in fields},
    }


def _field(field: Field) -> Json:
    """Return the schema of a field; JSON Schema counts characters, the field UTF-16 units."""
    kind = _KINDS[field.kind]
    told: Json = {"type": [kind, "null"] if field.nullable else kind}
    if field.kind == "time":
        told |= {"minimum": -MAX_MS, "maximum": MAX_MS}
    if field.least:
        told["minLength"] = field.least
    if field.most is not None:
        told["maxLength"] = field.most
    return told


def plain(reasons: Sequence[Reason]) -> list[tuple[Reason, Reply]]:
    """Return the refusals of where no vendor's shape applies."""
    return [(reason, plain_refusal(RequestRefused(reason, SAMPLE_TEXT))) for reason in reasons]


def responses(replies: Sequence[tuple[Reason, Reply]], success: Json | None = None) -> Json:
    """Return the responses by status: each with its codes, headers and the shape of its body."""
    found: Json = {"200": success} if success else {}
    for status in sorted({reply.status for _, reply in replies} - {200}):
        here = [(reason, reply) for reason, reply in replies if reply.status == status]
        found[str(status)] = _refused(here)
    return found


def _refused(replies: Sequence[tuple[Reason, Reply]]) -> Json:
    codes = list(dict.fromkeys(reason.value for reason, _ in replies))
    advice = "; ".join(f"`{code}`: {FACTS[Reason(code)].advice}" for code in codes)
    headers = {REASON_HEADER: header({"enum": codes}, required=True)}
    if not all(reason.facts.retryable for reason, _ in replies):
        headers[REFUSED_ID_HEADER] = header({"type": "string"}, required=False)
    if any(reason.facts.retryable for reason, _ in replies):
        always = all(reason.facts.retryable for reason, _ in replies)
        headers["retry-after"] = header({"type": "integer"}, required=always)
    if Reason.UNSUPPORTED_ENCODING.value in codes:
        headers["accept-encoding"] = header({"const": ACCEPTED_ENCODINGS}, required=False)
    if Reason.METHOD_NOT_ALLOWED.value in codes:
        headers["allow"] = header({"type": "string"}, required=False)
    return {"description": advice, "headers": headers, **_json(_shape(replies))}


def _shape(replies: Sequence[tuple[Reason, Reply]]) -> Json:
    """Return a schema of the bodies that were seen; a member that some lack is not required."""
    bodies = [reply.body or {} for _, reply in replies]
    names = list(dict.fromkeys(name for body in bodies for name in body))
    kinds = {
        bool: "boolean",
        str: "string",
        int: "integer",
        list: "array",
        dict: "object",
        type(None): "null",
    }
    told: Json = {"type": "object"}
    told["required"] = [name for name in names if all(name in body for body in bodies)]
    told["properties"] = {
        name: {"type": sorted({kinds[type(body[name])] for body in bodies if name in body})}
        for name in names
    }
    return told


def accepted(replies: Sequence[tuple[Reason, Reply]], own: Sequence[str] = ()) -> Json:
    """Return the answer 200, which in some dialects is a refusal too; with a dialect's headers."""
    codes = [reason.value for reason, reply in replies if reply.status == 200]
    told = success({"type": "object"})
    names = (EVENT_ID_HEADER, REFUSED_ID_HEADER, NOTICE_HEADER, *own)
    told["headers"] = {name: header({"type": "string"}, required=False) for name in names}
    told["headers"][WAIT_HEADER] = header({"enum": WAITED}, required=False)
    # Of a list whose events were stored in part, the header names the telling reason.
    reasons = codes or [reason.value for reason, _ in replies]
    told["headers"][REASON_HEADER] = header({"enum": reasons}, required=False)
    return told


def success(schema: Json) -> Json:
    """Return the answer 200 with a body of a schema."""
    return {"description": "Done", **_json(schema)}


def _json(schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}}


def header(schema: Json, *, required: bool) -> Json:
    """Return a response header."""
    return {"required": required, "schema": schema}


def inlined(schema: Mapping[str, Any]) -> Json:
    """Return a schema of pydantic's with its definitions where they are used; none is recursive."""
    definitions = schema.get("$defs", {})

    def resolved(value: Any) -> Any:
        if isinstance(value, list):
            return [resolved(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        found = dict(_members(value, definitions))
        return {name: resolved(inner) for name, inner in found.items()}

    return {name: resolved(value) for name, value in schema.items() if name != "$defs"}


def _members(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "$ref" in value:
        yield from definitions[value["$ref"].rpartition("/")[2]].items()
    yield from ((name, inner) for name, inner in value.items() if name != "$ref")
