"""The JSON schema of a body of the query function, from the table it is read by. Pure.

Makes a pydantic model of each table, which knows how a schema is written; nothing is read by it.
"""

from dataclasses import MISSING, fields
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from openbunker.query.question.bodies import (
    Choice,
    Element,
    Flag,
    Kind,
    Many,
    Object,
    OrNull,
    Text,
    Told,
    Whole,
)
from scripts.openapi import parts
from scripts.openapi.parts import Json


def schema(body: Object[Any]) -> Json:
    """Return the schema of an object, whole."""
    return parts.inlined(_model(body).model_json_schema(mode="validation"))


def _model(body: Object[Any]) -> type[BaseModel]:
    made: Any = body.make  # a dataclass
    defaults = {one.name: one.default for one in fields(made)}
    members: dict[str, Any] = {
        name: (_type(one.kind), _field(one, defaults[name])) for name, one in body.elements.items()
    }
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    return create_model(made.__name__, __config__=config, __doc__=made.__doc__, **members)


def _field(element: Element, default: Any) -> Any:
    if element.required:
        return Field()
    return Field(default_factory=lambda: None) if default is MISSING else Field(default=default)


def _type(kind: Kind) -> Any:
    """Return the type of Python that pydantic writes as this kind."""
    found: Any
    match kind:
        case Choice(of):
            found = of
        case Flag():
            found = bool
        case Whole(least, most):
            found = Annotated[int, Field(ge=least, le=most)]
        case Text(most):
            found = Annotated[str, Field(max_length=most)]
        case OrNull(inner):
            found = _type(inner) | None
        case Many(inner, most, least):
            limits = Field(min_length=least or None, max_length=most)
            found = Annotated[tuple.__class_getitem__((_type(inner), ...)), limits]
        case Object():
            found = _model(kind)
        case Told(_, json):
            found = _type(json) if isinstance(json, Many) else json
        case _:
            raise TypeError(f"nobody has said how {kind} is written in a schema")
    return found
