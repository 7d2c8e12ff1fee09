"""The conditions that leave out rows of erased customers. Builds trees; values are parameters.

Rows that are hidden are left out before anything else is done with them, also before the first of
several copies is chosen: an answer is what it would be if they had never come.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from openbunker.core.refused_rows import MAX_PAYLOAD_BYTES
from openbunker.erasure.hashing import digits_of, hash_of
from openbunker.erasure.mentions import MIN_PREFIX
from openbunker.erasure.model import MAX_IDENTIFIER, Forgotten, Hidden, weight
from openbunker.query.engine import Scalar

# What a spelling of a name other than itself begins with: in JSON, and in addresses.
ESCAPES = ("\\", "%")
# What was refused for these is kept as it came, which may be no JSON.
NO_JSON = ("malformed_json", "invalid_utf8", "invalid_encoding", "unsupported_encoding")
Bind = Callable[[str, Scalar], exp.Expression]


def shown(hidden: Sequence[Hidden], bind: Bind) -> list[exp.Expression]:
    """Return the conditions on rows of events, one a column in which somebody is hidden.

    A row without a value there meets no WHEN, so it is shown.
    """
    found: dict[str, exp.Case] = {}
    for number, one in enumerate(hidden):
        case = found.get(one.column) or _of(exp.column(one.column))
        until = bind(f"hidden_until_{number}", one.until_ms)
        later = exp.GT(this=exp.column("received_ms"), expression=until)
        found[one.column] = case.when(bind(f"hidden_{number}", one.identifier), later)
    return [*found.values()]


def shown_of_late(forgotten: Sequence[Forgotten], bind: Bind) -> list[exp.Expression]:
    """Return the same on rows that just arrived, for persons of whom a hash is left."""
    found: dict[str, exp.Case] = {}
    for number, one in enumerate(forgotten):
        case = found.get(one.column) or _of(_digits(one.column))
        until = bind(f"forgotten_until_{number}", one.until_ms)
        later = exp.GT(this=exp.column("received_ms"), expression=until)
        found[one.column] = case.when(
            bind(f"forgotten_{number}", digits_of(one.customer_hash)), later
        )
    return [*found.values()]


def _of(value: exp.Expression) -> exp.Case:
    return exp.Case(this=value).else_(exp.true())


def _digits(column: str) -> exp.Expression:
    """Return the digits of `erasure.hashing.hash_of` of a row's column; null without a value."""
    colon = exp.Literal.string(":")
    project, customer = exp.column("project_id"), exp.column(column)
    text = exp.DPipe(this=exp.DPipe(this=project, expression=colon), expression=customer)
    octets = exp.Encode(this=text, charset=exp.Literal.string("utf-8"))
    return exp.SHA2(this=octets, length=exp.Literal.number(256))


def shown_refused(project_id: str, hidden: Sequence[Hidden], bind: Bind) -> list[exp.Expression]:
    """Return the conditions on rows of what was refused.

    They are hidden when their key, or their text, names the customer. A text with escapes may spell
    her name in any way, and in one that is no whole JSON it may stand anywhere: all of those are
    hidden until compaction has looked into them.
    """
    if not any(one.identifier for one in hidden):  # no text is looked into
        return [_not_hers(project_id, at, one, bind, ([], [])) for at, one in enumerate(hidden)]
    escapes = [bind(f"escape_{at}", sign) for at, sign in enumerate(ESCAPES)]
    loose = [bind(f"loose_{at}", reason) for at, reason in enumerate(NO_JSON)]
    return [_not_hers(project_id, at, one, bind, (escapes, loose)) for at, one in enumerate(hidden)]


def _not_hers(
    project_id: str, number: int, one: Hidden, bind: Bind, shared: tuple[list[Any], list[Any]]
) -> exp.Expression:
    escapes, loose = shared
    until = bind(f"hidden_until_{number}", one.until_ms)
    later = exp.GT(this=exp.column("received_ms"), expression=until)
    hashed = bind(f"hidden_hash_{number}", hash_of(project_id, one.identifier, one.column))
    whose = exp.Coalesce(this=exp.column("customer_hash"), expressions=[exp.Literal.string("")])
    if not one.identifier:  # the empty text stands everywhere, and names nobody there
        return exp.Paren(this=exp.or_(later, whose.neq(hashed)))
    name = bind(f"hidden_{number}", one.identifier)
    written = _beginning(json.dumps(one.identifier, ensure_ascii=False))
    quoted = bind(f"hidden_{number}_quoted", written)
    whole = exp.and_(
        exp.not_(exp.In(this=exp.column("reason"), expressions=[one.copy() for one in loose])),
        exp.column("payload_bytes") <= exp.Literal.number(MAX_PAYLOAD_BYTES),  # else it was cut
    )
    spelled = [_lacks("payload", sign.copy()) for sign in (quoted, *escapes)]
    anywhere = _lacks("payload", name)
    # A number stands without quotes, and a short name within many a word of ours.
    plain = anywhere.copy() if one.identifier.isdigit() else exp.or_(whole, anywhere)
    told = [_lacks("message", name.copy())] if len(one.identifier) >= MIN_PREFIX else []
    return exp.Paren(this=exp.or_(later, exp.and_(whose.neq(hashed), *spelled, plain, *told)))


def _beginning(text: str) -> str:
    """Return as much of a text as a parameter holds: what begins so is hidden too."""
    while weight(text) > MAX_IDENTIFIER:
        text = text[: MAX_IDENTIFIER - weight(text)]
    return text


def _lacks(column: str, text: exp.Expression) -> exp.Expression:
    place = exp.StrPosition(this=exp.column(column), substr=text)
    return place.eq(exp.Literal.number(0))
