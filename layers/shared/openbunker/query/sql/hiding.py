"""The conditions that leave out rows of erased customers. Builds trees; values are parameters.

Rows that are hidden are left out before anything else is done with them, also before the first of
several copies is chosen: an answer is what it would be if they had never come.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from openbunker.core.refused_rows import MAX_PAYLOAD_BYTES
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.mentions import MIN_PREFIX
from openbunker.erasure.model import Forgotten, Hidden
from openbunker.query.engine import Scalar

# What a spelling of a name other than itself begins with: in JSON, and in addresses.
ESCAPES = ("\\", "%")
# What was refused for these is kept as it came, which may be no JSON.
NO_JSON = ("malformed_json", "invalid_utf8", "invalid_encoding", "unsupported_encoding")
Bind = Callable[[str, Scalar], exp.Expression]


def shown(hidden: Sequence[Hidden], bind: Bind) -> list[exp.Expression]:
    """Return the condition on rows of events, none when nobody is hidden.

    A row without a customer meets no WHEN, so it is shown.
    """
    if not hidden:
        return []
    found = exp.Case(this=exp.column("customer_identifier")).else_(exp.true())
    for number, one in enumerate(hidden):
        until = bind(f"hidden_until_{number}", one.until_ms)
        later = exp.GT(this=exp.column("received_ms"), expression=until)
        found = found.when(bind(f"hidden_{number}", one.customer_identifier), later)
    return [found]


def shown_of_late(forgotten: Sequence[Forgotten], bind: Bind) -> list[exp.Expression]:
    """Return the condition on rows that just arrived, for customers of whom a hash is left."""
    if not forgotten:
        return []
    found = exp.Case(this=_customer_hash()).else_(exp.true())
    for number, one in enumerate(forgotten):
        until = bind(f"forgotten_until_{number}", one.until_ms)
        later = exp.GT(this=exp.column("received_ms"), expression=until)
        found = found.when(bind(f"forgotten_{number}", one.customer_hash), later)
    return [found]


def _customer_hash() -> exp.Expression:
    """Return `erasure.hashing.hash_of` of a row; null without a customer."""
    colon = exp.Literal.string(":")
    project, customer = exp.column("project_id"), exp.column("customer_identifier")
    text = exp.DPipe(this=exp.DPipe(this=project, expression=colon), expression=customer)
    octets = exp.Encode(this=text, charset=exp.Literal.string("utf-8"))
    return exp.SHA2(this=octets, length=exp.Literal.number(256))


def shown_refused(project_id: str, hidden: Sequence[Hidden], bind: Bind) -> list[exp.Expression]:
    """Return the conditions on rows of what was refused.

    They are hidden when their key, or their text, names the customer. A text with escapes may spell
    her name in any way, and in one that is no whole JSON it may stand anywhere: all of those are
    hidden until compaction has looked into them.
    """
    if not hidden:
        return []
    escapes = [bind(f"escape_{at}", sign) for at, sign in enumerate(ESCAPES)]
    loose = [bind(f"loose_{at}", reason) for at, reason in enumerate(NO_JSON)]
    return [_not_hers(project_id, at, one, bind, (escapes, loose)) for at, one in enumerate(hidden)]


def _not_hers(
    project_id: str, number: int, one: Hidden, bind: Bind, shared: tuple[list[Any], list[Any]]
) -> exp.Expression:
    escapes, loose = shared
    until = bind(f"hidden_until_{number}", one.until_ms)
    later = exp.GT(this=exp.column("received_ms"), expression=until)
    hashed = bind(f"hidden_hash_{number}", hash_of(project_id, one.customer_identifier))
    name = bind(f"hidden_{number}", one.customer_identifier)
    quoted = bind(
        f"hidden_{number}_quoted", json.dumps(one.customer_identifier, ensure_ascii=False)
    )
    whose = exp.Coalesce(this=exp.column("customer_hash"), expressions=[exp.Literal.string("")])
    whole = exp.and_(
        exp.not_(exp.In(this=exp.column("reason"), expressions=[one.copy() for one in loose])),
        exp.column("payload_bytes") <= exp.Literal.number(MAX_PAYLOAD_BYTES),  # else it was cut
    )
    spelled = [_lacks("payload", sign.copy()) for sign in (quoted, *escapes)]
    anywhere = _lacks("payload", name)
    # A number stands without quotes, and a short name within many a word of ours.
    plain = anywhere.copy() if one.customer_identifier.isdigit() else exp.or_(whole, anywhere)
    told = [_lacks("message", name.copy())] if len(one.customer_identifier) >= MIN_PREFIX else []
    return exp.Paren(this=exp.or_(later, exp.and_(whose.neq(hashed), *spelled, plain, *told)))


def _lacks(column: str, text: exp.Expression) -> exp.Expression:
    place = exp.StrPosition(this=exp.column(column), substr=text)
    return place.eq(exp.Literal.number(0))
