"""The conditions that leave out rows of erased customers. Builds trees; values are parameters.

Rows that are hidden are left out before anything else is done with them, also before the first of
several copies is chosen: an answer is what it would be if they had never come.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence

from sqlglot import exp

from openbunker.core.refused_rows import MAX_PAYLOAD_BYTES
from openbunker.erasure.hashing import digits_of, hash_of
from openbunker.erasure.mentions import MIN_PREFIX
from openbunker.erasure.model import Forgotten, Hidden
from openbunker.query.engine import Scalar

# Runs of the letters of base64 that may hold a name, three quarters of it: no shorter one is looked
# for, and a packed text has a longer one.
LEAST_RUN, LONGEST_RUN = 8, 24
# What a spelling of a name other than itself holds: escapes of JSON and of addresses, entities
# (not the next field of a form), signs that were no text, base64. And a number's other spelling.
_SIGNS = r"[\\%\x00-\x08\x0b\x0c\x0e-\x1f" + "\ufffd]"  # engines disagree on how to escape that
_UNCLEAR = rf"{_SIGNS}|&#|&\w*[^\w=]"
_EXPONENT = "[0-9][eE][0-9+-]"
# Our ids, and quoted words of small letters: hardly a text has base64 that looks so.
_PLAIN = "[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}|[\"'][a-z_]+[\"']"
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

    They are hidden when their key, or their text, names the customer. A text that is encoded, or
    was cut off, may spell her name in any way: all of those are hidden until compaction has looked
    into them, up to the time of the newest erasure.
    """
    found = [_not_hers(project_id, number, one, bind) for number, one in enumerate(hidden)]
    named = [one for one in hidden if one.identifier]  # of the others no text is looked into
    if named:
        latest = bind("hidden_until", max(one.until_ms for one in named))
        found.append(exp.Paren(this=exp.or_(_received_after(latest), _clear(named, bind))))
    return found


def _clear(named: Sequence[Hidden], bind: Bind) -> exp.Expression:
    """Return the condition that a text holds nothing that is encoded, and was not cut off."""
    shortest = min(len(one.identifier.encode()) for one in named)
    run = min(max(-(-shortest * 4 // 3), LEAST_RUN), LONGEST_RUN)
    signs = [_UNCLEAR, f"[A-Za-z0-9+/_-]{{{run}}}"]
    signs += [_EXPONENT] if any(one.identifier.isdigit() for one in named) else []
    unclear = bind("unclear", "|".join(signs))
    text = exp.RegexpReplace(
        this=exp.column("payload"),
        expression=bind("plain", _PLAIN),
        replacement=exp.Literal.string("-"),
    )
    whole = exp.column("payload_bytes") <= exp.Literal.number(MAX_PAYLOAD_BYTES)
    clear = exp.not_(exp.RegexpLike(this=text, expression=unclear))
    return exp.Paren(this=exp.and_(whole, clear))


def _not_hers(project_id: str, number: int, one: Hidden, bind: Bind) -> exp.Expression:
    later = _received_after(bind(f"hidden_until_{number}", one.until_ms))
    hashed = bind(f"hidden_hash_{number}", hash_of(project_id, one.identifier, one.column))
    whose = exp.Coalesce(this=exp.column("customer_hash"), expressions=[exp.Literal.string("")])
    if not one.identifier:  # the empty text stands everywhere, and names nobody there
        return exp.Paren(this=exp.or_(later, whose.neq(hashed)))
    texts = _long(number, one.identifier, bind) or _short(number, one.identifier, bind)
    if packed := _packed(one.identifier):
        in_base64 = bind(f"hidden_{number}_packed", packed)
        texts.append(exp.not_(exp.RegexpLike(this=exp.column("payload"), expression=in_base64)))
    return exp.Paren(this=exp.or_(later, exp.and_(whose.neq(hashed), *texts)))


def _long(number: int, name: str, bind: Bind) -> list[exp.Expression]:
    """Return the conditions for a name that is part of no other word, or is a number."""
    if len(name) < MIN_PREFIX and not name.isdigit():
        return []
    sign = bind(f"hidden_{number}", name)
    columns = ("payload", "message", "field") if len(name) >= MIN_PREFIX else ("payload",)
    return [_lacks(column, sign.copy()) for column in columns]


def _short(number: int, name: str, bind: Bind) -> list[exp.Expression]:
    """Return them for one that many a word holds: it is looked for as a value."""
    forms = (json.dumps(name, ensure_ascii=False), f"={name}", f"/{name}")
    signs = [bind(f"hidden_{number}_{at}", form) for at, form in enumerate(forms)]
    loose = [exp.Literal.string(reason) for reason in NO_JSON]
    is_json = exp.not_(exp.In(this=exp.column("reason"), expressions=loose))
    anywhere = _lacks("payload", bind(f"hidden_{number}", name))
    found: list[exp.Expression] = [_lacks("payload", sign) for sign in signs]
    return [*found, exp.Paren(this=exp.or_(is_json, anywhere))]


def _packed(name: str) -> str:
    """Return what finds a name in base64 where that is no run; nothing where it is one."""
    data = name.encode()
    if len(data) * 4 > (LEAST_RUN - 1) * 3:
        return ""
    found = []
    for before in range(3):
        letters = b64encode(bytes(before) + data).decode()
        within = letters[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        found += [within] if len(within) >= MIN_PREFIX - 1 else []
    return "|".join(one.replace("+", "[+-]").replace("/", "[/_]") for one in found)


def _received_after(until: exp.Expression) -> exp.Expression:
    return exp.GT(this=exp.column("received_ms"), expression=until)


def _lacks(column: str, text: exp.Expression) -> exp.Expression:
    value: exp.Expression = exp.column(column)
    if column == "field":
        value = exp.Coalesce(this=value, expressions=[exp.Literal.string("")])
    return exp.StrPosition(this=value, substr=text).eq(exp.Literal.number(0))
