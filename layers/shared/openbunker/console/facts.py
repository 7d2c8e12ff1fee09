"""What the page knows of the server without asking: reasons, and how each dialect is sent to.

Read from where the server itself goes by them, so that the page repeats nothing.
"""

from typing import Any

from openbunker.core.reasons import FACTS
from openbunker.wire.dialect import Dialect
from openbunker.wire.registry import DIALECTS


def facts() -> dict[str, Any]:
    """Return them as JSON: `reasons` by code, `dialects` by name."""
    return {
        "reasons": {
            reason.value: {"advice": told.advice, "retryable": told.retryable}
            for reason, told in FACTS.items()
        },
        "dialects": {dialect.name: _sent(dialect) for dialect in DIALECTS},
    }


def _sent(dialect: Dialect) -> dict[str, Any]:
    """Return where a dialect has its key, and what holds the items of each of its routes."""
    return {
        "key_header": next(iter(dialect.key_headers), None),
        "key_query": next(iter(dialect.key_query), None),
        "key_member": next(iter(dialect.key_members), None),
        "bodies": {
            path: {"member": body.member, "list": not (body.most == 1 or body.either)}
            for path, body in dialect.bodies.items()
        },
    }
