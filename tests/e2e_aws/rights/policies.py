"""Rights out of the policies of a role as deployed, and what they allow. Knows no call.

A right is one action on one resource under one statement's condition: the smallest thing that can
be taken away. Only what our policies use is known here; anything else is an error, never allowed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Right:
    """An action on resources by a pattern, where a condition holds: its operator, key, patterns."""

    action: str
    resource: str
    condition: tuple[str, str, tuple[str, ...]] | None = None

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


@dataclass(frozen=True)
class Wanted:
    """What a call needs: an action on a resource, with the values that conditions look at."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


def of_role(iam: Any, role: str) -> list[Right]:
    """Return the rights of a role's own policies. `iam` is boto3's client."""
    found: list[Right] = []
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        found += rights(document)
    return found


def rights(document: Mapping[str, Any]) -> Iterator[Right]:
    """Yield the rights of a policy. Raises ValueError for what is not understood."""
    for statement in document["Statement"]:
        if statement["Effect"] != "Allow" or set(statement) - {
            *("Effect", "Action", "Resource", "Condition", "Sid"),
        }:
            raise ValueError(f"not understood: {statement}")
        condition = _condition(statement.get("Condition"))
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield Right(action, resource, condition)


def allowing(held: Sequence[Right], wanted: Wanted) -> list[Right]:
    """Return those rights each of which allows what is wanted."""
    return [
        one
        for one in held
        if one.action == wanted.action
        and _like(one.resource, wanted.resource)
        and _holds(one.condition, wanted.context)
    ]


def _holds(
    condition: tuple[str, str, tuple[str, ...]] | None, context: Mapping[str, Sequence[str]]
) -> bool:
    if condition is None:
        return True
    operator, key, patterns = condition
    values = context.get(key, ())
    fits = [any(_like(pattern, value) for pattern in patterns) for value in values]
    # Without the key StringLike is false, and what is said of all values is true.
    return all(fits) and (bool(values) or operator.startswith("ForAllValues:"))


def _condition(told: Mapping[str, Any] | None) -> tuple[str, str, tuple[str, ...]] | None:
    if told is None:
        return None
    ((operator, keys),) = told.items()
    ((key, patterns),) = keys.items()
    if operator not in ("StringLike", "ForAllValues:StringLike"):
        raise ValueError(f"not understood: {told}")
    return operator, key, tuple(_listed(patterns))


def _listed(found: Any) -> list[str]:
    return [found] if isinstance(found, str) else [*found]


@lru_cache(maxsize=1000)
def _pattern(text: str) -> re.Pattern[str]:
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in text)
    return re.compile("".join(parts), re.DOTALL)


def _like(pattern: str, text: str) -> bool:
    return bool(_pattern(pattern).fullmatch(text))
