"""The conditions that leave out rows of erased customers. Builds trees; values are parameters.

Rows that are hidden are left out before anything else is done with them, also before the first of
several copies is chosen: an answer is what it would be if they had never come.
"""

from collections.abc import Callable, Sequence

from sqlglot import exp

from openbunker.erasure.lines import quoted
from openbunker.erasure.model import Forgotten, Hidden
from openbunker.query.engine import Scalar

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


def shown_refused(hidden: Sequence[Hidden], bind: Bind) -> list[exp.Expression]:
    """Return the conditions on rows of what was refused.

    Whose they are was never believed, so they are hidden when their text names the customer.
    """
    found: list[exp.Expression] = []
    for number, one in enumerate(hidden):
        until = bind(f"hidden_until_{number}", one.until_ms)
        later = exp.GT(this=exp.column("received_ms"), expression=until)
        without: list[exp.Expression] = []
        for form, name in enumerate(quoted(one.customer_identifier)):
            text = bind(f"hidden_{number}_{form}", name)
            place = exp.StrPosition(this=exp.column("payload"), substr=text)
            without.append(place.eq(exp.Literal.number(0)))
        found.append(exp.Paren(this=exp.or_(later, exp.and_(*without))))
    return found
